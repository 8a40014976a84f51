//! What a statement says of itself: its subject, settings, outcomes, preconditions and effects.
//!
//! Values only: nothing here looks at a flow. Everything that reads flows reads these tables.

use crate::base::value::Type;
use crate::call::spec::Completion;

use super::args::{Failure, Request};
use super::cx::Exec;

/// One statement of the language.
#[derive(Debug)]
pub struct Decl {
    pub verb: &'static str,
    /// One sentence for completion and hover.
    pub summary: &'static str,
    /// What an author must know beyond the tables.
    pub docs: &'static str,
    /// A flow that uses the statement and lints clean.
    pub example: &'static str,
    pub subject: Subject,
    /// In the order that `fmt` writes them.
    pub settings: &'static [Setting],
    /// The closed set of ways it can end, in the order that messages list them.
    pub outcomes: &'static [Outcome],
    pub needs: Needs,
    pub effects: Effects,
    pub work: Work,
}

/// What stands after the verb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    None,
    /// One or several prompts.
    Prompts,
    Duration,
    /// A variable that the statement sets, to one of these types.
    Variable(&'static [Type]),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A text that is spoken.
    Text,
    /// Keys of a telephone, as a text.
    Keys,
    /// One recording, heard over and over.
    Music,
    /// The name of something of this kind.
    Named(Named),
    /// A telephone number that is called back.
    Phone,
    /// `[together | in_turn] user a, user b`
    Ring,
    /// `get "https://.."`
    Web,
    /// `blind to user x`
    Transfer,
    /// `POLICY` or `POLICY to TARGET`
    Guard,
    /// A name and a value.
    Pair,
    /// Has its own shape in the grammar: `if`, `set`, `switch`, the arrow.
    Shape,
}

/// What a bare name can be the name of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named {
    Queue,
    /// A user's or a queue's box of messages, or one of its own.
    Mailbox,
    /// A store of PINs.
    Credentials,
    /// A place where a call is parked.
    Slot,
    /// A conference room.
    Room,
    /// Whom a notice goes to.
    Channel,
    Hours,
    /// Who is on duty, in order.
    Rota,
    /// Users who ring as one.
    Group,
    Device,
    /// Rows that `lookup` finds.
    Table,
}

impl Named {
    pub fn word(self) -> &'static str {
        match self {
            Named::Queue => "queue",
            Named::Mailbox => "mailbox",
            Named::Credentials => "credential store",
            Named::Slot => "parking slot",
            Named::Room => "conference room",
            Named::Channel => "channel",
            Named::Hours => "opening hours",
            Named::Rota => "rota",
            Named::Group => "group",
            Named::Device => "device",
            Named::Table => "table",
        }
    }

    /// The key of the site file that declares such names; `None` where none does.
    pub fn key(self) -> Option<&'static str> {
        match self {
            Named::Queue => Some("queues"),
            Named::Credentials => Some("credentials"),
            Named::Hours => Some("hours"),
            Named::Rota => Some("rotas"),
            Named::Group => Some("groups"),
            Named::Table => Some("tables"),
            Named::Mailbox | Named::Slot | Named::Room | Named::Channel | Named::Device => None,
        }
    }
}

/// One setting: a key and a value.
#[derive(Debug)]
pub struct Setting {
    pub key: &'static str,
    pub kind: Kind,
    pub default: Preset,
    pub doc: &'static str,
    /// Only with these targets; empty: with all.
    pub targets: &'static [TargetKind],
}

impl Setting {
    pub const fn new(key: &'static str, kind: Kind, default: Preset, doc: &'static str) -> Self {
        Self { key, kind, default, doc, targets: &[] }
    }

    pub const fn only_for(mut self, targets: &'static [TargetKind]) -> Self {
        self.targets = targets;
        self
    }
}

/// What a setting is when nothing is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Preset {
    /// Leaving it out has a meaning of its own, which the setting's text tells.
    None,
    /// It must be written.
    Required,
    Ms(u64),
    Count(i64),
    Bool(bool),
    Text(&'static str),
    Word(&'static str),
}

/// What a setting's value must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Duration,
    /// A whole number within these bounds, both included.
    Count {
        min: i64,
        max: i64,
    },
    Bool,
    Text,
    /// One key of a telephone: `0` to `9`, `*`, `#`.
    Key,
    Prompts,
    Word(&'static [&'static str]),
    Map,
    /// Skills that users of the site have, as names or texts, in order.
    Skills,
    /// Users of the site, in order.
    Users,
    /// A text that is spoken, with or without `say` before it; prompts stand in a list.
    Spoken,
    /// Keys that were collected, secret or not.
    Pin,
    /// What is sent to a web service: the one place besides a PIN that takes a secret.
    Body,
    /// Where a secret is kept: `env:NAME` or `file:PATH`.
    Reference,
    /// The name of something of this kind.
    Named(Named),
}

impl Kind {
    /// In the words of an author.
    pub fn describe(self) -> String {
        match self {
            Kind::Duration => "a duration such as `5s`".to_owned(),
            Kind::Count { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Bool => "`true` or `false`".to_owned(),
            Kind::Text => "a text".to_owned(),
            Kind::Key => "one key, such as `\"#\"`".to_owned(),
            Kind::Prompts => "a prompt such as `\"welcome\"`".to_owned(),
            Kind::Word(words) => one_of(words),
            Kind::Skills => "a list such as `[a, b]`".to_owned(),
            Kind::Users => "a list of users such as `[us_dana, us_ravi]`".to_owned(),
            Kind::Spoken => {
                "a text to speak such as `\"Caller ${caller.name}\"`, or a list of prompts such as `[\"welcome\"]`"
                    .to_owned()
            }
            Kind::Pin => "a variable with digits such as `(pin)`".to_owned(),
            Kind::Body => "a map such as `(#{a: 1})`, or a text".to_owned(),
            Kind::Reference => "a reference such as `\"env:NAME\"` or `\"file:PATH\"`".to_owned(),
            Kind::Named(what) => format!("the name of a {}", what.word()),
            Kind::Map => "a map such as `(#{a: 1})`".to_owned(),
        }
    }
}

/// `` `a`, `b` or `c` ``
pub fn one_of(words: &[&str]) -> String {
    let mut out = String::new();
    for (i, word) in words.iter().enumerate() {
        if i > 0 {
            out.push_str(if i + 1 == words.len() { " or " } else { ", " });
        }
        out.push('`');
        out.push_str(word);
        out.push('`');
    }
    out
}

/// One way a statement can end.
#[derive(Debug)]
pub struct Outcome {
    pub name: &'static str,
    /// The group whose arm also takes it, or the outcome whose arm does: `closed` takes `holiday`.
    pub group: Option<&'static str>,
    /// The type of the value it carries.
    pub binds: Option<Type>,
    /// The flow ends with it: it has no arm.
    pub terminal: bool,
    /// What it carries was written by others: it is never a number to dial nor a header.
    pub tainted: bool,
    pub when: When,
}

/// Under which circumstances an outcome can occur.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    Always,
    /// With these targets.
    Target(&'static [TargetKind]),
    /// Where the leg may leave the building.
    OutsideLeg,
    /// With `resume true`.
    Resume,
    /// Without it.
    NoResume,
    /// `guard POLICY to TARGET`
    Ask,
    /// Where an arm `extension(to)` is written.
    ExtensionArm,
}

/// What must hold before the statement runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    Nothing,
    /// The caller can hear: the call is answered.
    Answered,
    /// The call is not answered yet.
    Unanswered,
}

/// What the statement does, as the analyses see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effects {
    /// The call is answered when it goes on.
    pub answers: bool,
    /// The flow is over: nothing follows.
    pub ends: bool,
    /// It may place a leg.
    pub places_leg: bool,
    /// It waits for the caller or for somebody else, so that time passes.
    pub waits: bool,
    /// The caller hears something.
    pub speaks: bool,
}

impl Effects {
    pub const NONE: Effects = Effects { answers: false, ends: false, places_leg: false, waits: false, speaks: false };
}

pub type ExecFn = fn(&mut Request<'_>) -> Result<Exec, Failure>;
pub type CompleteFn = fn(&mut Request<'_>, Completion) -> Result<Exec, Failure>;

/// How a statement is carried out.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// It asks something of the call.
    Act { exec: ExecFn, complete: CompleteFn },
    /// It is an op of the flow graph and asks nothing of the call.
    Control,
}

/// What a transfer, a ring or a question to a policy can be aimed at (language.md §5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TargetKind {
    User,
    Agent,
    Queue,
    Number,
    Pstn,
    Extension,
    Group,
    Rota,
    Device,
    Sip,
    Voicemail,
    Conference,
    Flow,
}

impl TargetKind {
    pub const ALL: [TargetKind; 13] = [
        TargetKind::User,
        TargetKind::Agent,
        TargetKind::Queue,
        TargetKind::Number,
        TargetKind::Pstn,
        TargetKind::Extension,
        TargetKind::Group,
        TargetKind::Rota,
        TargetKind::Device,
        TargetKind::Sip,
        TargetKind::Voicemail,
        TargetKind::Conference,
        TargetKind::Flow,
    ];

    pub fn name(self) -> &'static str {
        match self {
            TargetKind::User => "user",
            TargetKind::Agent => "agent",
            TargetKind::Queue => "queue",
            TargetKind::Number => "number",
            TargetKind::Pstn => "pstn",
            TargetKind::Extension => "extension",
            TargetKind::Group => "group",
            TargetKind::Rota => "rota",
            TargetKind::Device => "device",
            TargetKind::Sip => "sip",
            TargetKind::Voicemail => "voicemail",
            TargetKind::Conference => "conference",
            TargetKind::Flow => "flow",
        }
    }

    pub fn from_name(name: &str) -> Option<TargetKind> {
        TargetKind::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// Kinds of target, each there or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TargetKinds(u16);

impl TargetKinds {
    pub fn has(self, kind: TargetKind) -> bool {
        TargetKind::ALL.iter().position(|k| *k == kind).is_some_and(|at| self.0 >> at & 1 == 1)
    }

    fn has_any(self, kinds: &[TargetKind]) -> bool {
        kinds.iter().any(|kind| self.has(*kind))
    }
}

impl FromIterator<TargetKind> for TargetKinds {
    fn from_iter<I: IntoIterator<Item = TargetKind>>(kinds: I) -> Self {
        let bit = |kind| TargetKind::ALL.iter().position(|k| *k == kind).map_or(0, |at| 1_u16 << at);
        Self(kinds.into_iter().fold(0, |all, kind| all | bit(kind)))
    }
}

/// The ways a statement can end in one place of a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Circumstances {
    /// The kind of its one target.
    pub target: Option<TargetKind>,
    /// The kinds of all its targets; `ring` can have several.
    pub targets: TargetKinds,
    /// The leg may leave the building.
    pub outside: bool,
    pub resume: bool,
    /// `guard POLICY to TARGET`
    pub ask: bool,
    pub extension_arm: bool,
}

impl Decl {
    pub fn setting(&self, key: &str) -> Option<(usize, &'static Setting)> {
        self.settings.iter().enumerate().find(|(_, s)| s.key == key)
    }

    /// The settings that must be written.
    pub fn required(&self) -> impl Iterator<Item = &'static Setting> {
        self.settings.iter().filter(|s| s.default == Preset::Required)
    }

    /// The outcome of that name, by its place in the table.
    pub fn outcome(&self, name: &str) -> Option<(usize, &'static Outcome)> {
        self.outcomes.iter().enumerate().find(|(_, o)| o.name == name)
    }

    pub fn has_group(&self, name: &str) -> bool {
        self.outcomes.iter().any(|o| o.group == Some(name))
    }
}

impl Outcome {
    pub const fn new(name: &'static str, when: When) -> Self {
        Self { name, group: None, binds: None, terminal: false, tainted: false, when }
    }

    pub const fn of(mut self, group: &'static str) -> Self {
        self.group = Some(group);
        self
    }

    pub const fn binding(mut self, value: Type) -> Self {
        self.binds = Some(value);
        self
    }

    /// What it carries comes from outside the site.
    pub const fn tainted(mut self) -> Self {
        self.tainted = true;
        self
    }

    pub const fn terminal(mut self) -> Self {
        self.terminal = true;
        self
    }

    /// Whether it can occur there.
    pub fn possible(&self, at: &Circumstances) -> bool {
        match self.when {
            When::Always => true,
            When::Target(kinds) => at.targets.has_any(kinds),
            When::OutsideLeg => at.outside,
            When::Resume => at.resume,
            When::NoResume => !at.resume,
            When::Ask => at.ask,
            When::ExtensionArm => at.extension_arm,
        }
    }
}
