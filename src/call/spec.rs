//! What a statement asks of the call: filled in by `step`, carried out by the exchange.

use std::sync::Arc;

use super::audio::AudioSource;
use super::leg::Name;
use crate::base::limits::MAX_DURATION;
use crate::base::time::Micros;
use crate::base::value::Value;

/// Facts for a telephone's screen, by name.
pub type ScreenFacts = Arc<[(Name, Arc<str>)]>;

/// Prompts in the order they are heard.
pub type Prompts = Arc<[AudioSource]>;

/// Collect keys: the work of `menu` and `collect`. Completes as [`Collected`].
#[derive(Clone, Debug, PartialEq)]
pub struct CollectSpec {
    pub prompt: Prompts,
    /// Played instead of going straight to the prompt after a wrong entry.
    pub invalid: Option<Prompts>,
    /// The same after silence.
    pub silent: Option<Prompts>,
    pub accept: Accept,
    /// Ends an entry; not part of it.
    pub end: Option<char>,
    /// From the end of the prompt to the first key.
    pub timeout_ms: u64,
    /// From one key to the next.
    pub inter_digit_ms: u64,
    pub tries: u32,
    /// A key stops the prompt.
    pub barge_in: bool,
    /// What is entered is a secret.
    pub hidden: bool,
}

/// Which entries are right.
#[derive(Clone, Debug, PartialEq)]
pub enum Accept {
    /// `collect`: any digits, so many.
    Digits { min: u32, max: u32 },
    /// `menu`: one of these patterns (`1`, `*`, `10xx`; `x` is any digit), or an extension of the
    /// site's directory where `extensions` are given.
    Keys { patterns: Arc<[Arc<str>]>, extensions: Arc<[Arc<str>]> },
}

/// How a collection ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Collected {
    /// `collect`: the digits.
    Digits(Arc<str>),
    /// `menu`: the pattern (by index) that matched, and the keys pressed.
    Key { pattern: usize, keys: Arc<str> },
    /// `menu`: an extension of the directory was dialled.
    Extension(Arc<str>),
    /// The last try ended in silence.
    Timeout,
    /// The last try was wrong.
    Invalid,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransferMode {
    Blind,
    Attended,
}

impl TransferMode {
    pub fn name(self) -> &'static str {
        match self {
            TransferMode::Blind => "blind",
            TransferMode::Attended => "attended",
        }
    }
}

/// Where a transfer goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    User(Name),
    /// As `user`, but the agent must also be available.
    Agent(Name),
    /// An entry of the site's directory.
    Extension(Arc<str>),
    /// Looked up in the site first; may stay inside.
    Number {
        number: Arc<str>,
        tainted: bool,
    },
    /// Always leaves by a trunk.
    Pstn {
        number: Arc<str>,
        tainted: bool,
    },
    Queue(QueueEntry),
}

/// How a call joins a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueEntry {
    pub queue: Name,
    /// `None`: the queue's own.
    pub max_wait_ms: Option<u64>,
    /// 1 (first) to 9.
    pub priority: u8,
    /// Time already waited in another queue counts.
    pub keep_wait: bool,
    /// Agents who are offered the call before others.
    pub prefer: Arc<[Name]>,
    /// Skills that the agent must have, every one.
    pub skills: Arc<[Name]>,
    /// `None`: the queue's own music.
    pub hold_audio: Option<Prompts>,
    pub meanwhile: Meanwhile,
}

/// What an author lets happen while the caller waits in a queue.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Meanwhile {
    /// Arms that time takes; the caller keeps the place.
    pub timed: Arc<[Timed]>,
    /// Keys that leave the queue, each one key or `x` for any digit.
    pub keys: Arc<[Arc<str>]>,
}

/// `every 45s`, `after 2m`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timed {
    /// Again and again; otherwise once.
    pub repeats: bool,
    pub after_ms: u64,
}

impl QueueEntry {
    /// As the queue itself would have it.
    pub fn to(queue: Name) -> Self {
        Self {
            queue,
            max_wait_ms: None,
            priority: 5,
            keep_wait: true,
            prefer: Arc::from([]),
            skills: Arc::from([]),
            hold_audio: None,
            meanwhile: Meanwhile::default(),
        }
    }
}

/// Something that the world does for a call and that is no leg: ask a web service, take a message.
/// Completes once, as [`Completion::Served`].
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceSpec {
    /// The statement that asks.
    pub verb: &'static str,
    /// What it is about, in a word: a mailbox, a number, `get https://..`.
    pub subject: Arc<str>,
    /// The settings that have a value. Secrets are among them: never log it whole.
    pub settings: Box<[(&'static str, Value)]>,
    /// What the caller hears before.
    pub first: Option<Prompts>,
    /// What the caller hears while the world is at it.
    pub meanwhile: Option<Prompts>,
    /// The legs that the world places for it.
    pub outbound: Outbound,
    /// How it ends where nothing goes wrong: what a test assumes that says nothing else.
    pub usual: &'static str,
    /// No answer in this time is the outcome `late`.
    pub deadline_ms: u64,
    pub late: &'static str,
}

/// Legs of a service that may leave the building: a policy decides on each before the world is asked.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Outbound {
    pub reaches: Box<[Reach]>,
    /// Every policy in scope; all must allow each leg that leaves.
    pub guards: Arc<[Name]>,
    /// No leg is placed now: the policies are asked again when one is.
    pub later: bool,
}

/// A target of a service that may be outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    /// Looked up in the site first; may stay inside.
    Number { number: Arc<str>, tainted: bool },
    /// Always outside: a number of the telephone network, a SIP address.
    Outside { number: Arc<str>, tainted: bool },
    /// Who is on duty; some are there by a number only.
    Rota(Name),
}

/// Which number the target sees.
#[derive(Clone, Debug, PartialEq)]
pub enum CallerId {
    /// The caller's own.
    Caller,
    /// The trunk's `caller_id`.
    Company,
}

/// Give the call to somebody else: the work of `transfer`.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferSpec {
    pub mode: TransferMode,
    pub target: Target,
    pub ring_ms: u64,
    pub caller_id: CallerId,
    /// What the caller hears while the target rings; `None` is ringback.
    pub hold_audio: Option<Prompts>,
    pub max_duration_ms: u64,
    /// The flow goes on when the far end leaves.
    pub resume: bool,
    /// What the target is asked before it has the caller.
    pub gate: Gate,
    /// Facts for the screen of a user of the site.
    pub context: ScreenFacts,
    /// A recording of the call ends when the target is joined.
    pub stops_recording: bool,
    /// Every policy in scope; all must allow an outside leg.
    pub guards: Arc<[Name]>,
}

impl TransferSpec {
    /// How long the two it joins may talk.
    pub fn longest_talk(&self) -> Micros {
        Micros::from_ms(self.max_duration_ms).min(MAX_DURATION)
    }
}

/// What `record` does to the recording of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordAct {
    Start,
    Stop,
    Pause,
    Resume,
}

/// What must be passed by who answers, before the caller is there.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Gate {
    /// Heard by the target alone.
    pub brief: Option<Prompts>,
    /// The key that must be pressed.
    pub accept: Option<char>,
    /// A machine that answers declines.
    pub machine_declines: bool,
}

impl Gate {
    pub fn asks(&self) -> bool {
        self.brief.is_some() || self.accept.is_some() || self.machine_declines
    }
}

impl Target {
    /// In words, as it was asked for: `user us_ravi`, `number +442079460000`.
    pub fn describe(&self) -> Arc<str> {
        let (kind, name) = match self {
            Target::User(name) => ("user", name),
            Target::Agent(name) => ("agent", name),
            Target::Extension(name) => ("extension", name),
            Target::Number { number, .. } => ("number", number),
            Target::Pstn { number, .. } => ("pstn", number),
            Target::Queue(entry) => ("queue", &entry.queue),
        };
        Arc::from(format!("{kind} {name}"))
    }
}

/// Why a call is refused before it was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RejectReason {
    Busy,
    Declined,
    NotFound,
}

/// How a waiting statement ended: what the exchange tells the frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Completion {
    /// `answer`, `play`, `wait`: done.
    Done,
    Collected(Collected),
    /// `transfer` and its kind: an outcome of the statement by name, such as `no_answer`, and the
    /// value it binds, such as the reason of `denied`.
    Outcome {
        name: &'static str,
        value: Option<Arc<str>>,
    },
    /// A service of the world: an outcome of the statement, and the value it binds.
    Served {
        outcome: Arc<str>,
        value: Option<Value>,
    },
    /// In a queue: the caller pressed the key of this arm, by its place, and has left.
    QueueKey {
        pattern: usize,
        key: char,
    },
}
