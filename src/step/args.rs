//! What a statement was given: its subject and settings, compiled, and how it reads them when it
//! runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::span::Span;
use crate::base::value::{Type, Value};
use crate::call::audio::{AudioSource, Prompt, Speech};
use crate::call::leg::Name;
use crate::call::spec::{Prompts, ScreenFacts, Timed};
use crate::expr::{Expr, Template};

use super::cx::{FrameEnv, Last, StepCx};
use super::decl::{Decl, TargetKind};

/// A value that is known, or computed when the statement runs.
#[derive(Clone, Debug)]
pub enum Operand {
    Const(Value),
    Expr(Arc<Expr>),
    Template(Template),
}

/// A prompt in each language it exists in; `""` is the one without a language.
#[derive(Clone, Debug)]
pub struct PromptRef {
    pub name: Arc<str>,
    /// Where the flow names it.
    pub span: Span,
    pub recordings: BTreeMap<Arc<str>, Arc<Prompt>>,
}

/// What is spoken where a prompt could stand.
#[derive(Clone, Debug)]
pub struct SpokenRef {
    pub text: Operand,
    /// `None`: the speech program's own.
    pub voice: Option<Arc<str>>,
}

/// One thing to hear.
#[derive(Clone, Debug)]
pub enum PromptArg {
    Recorded(PromptRef),
    Spoken(SpokenRef),
}

/// A setting's value.
#[derive(Clone, Debug)]
pub enum Arg {
    Value(Operand),
    Prompts(Box<[PromptArg]>),
    /// One of the words that the setting knows.
    Word(&'static str),
    /// The name of something of the site.
    Named(Name),
}

/// Where a transfer goes, or what a policy is asked about.
#[derive(Clone, Debug)]
pub struct TargetArg {
    pub kind: TargetKind,
    pub value: TargetValue,
    /// Whether the caller's own words can decide it.
    pub tainted: bool,
    pub span: Span,
    /// Where its text is written, if it is one: here, or in a constant.
    pub written: Option<Span>,
}

#[derive(Clone, Debug)]
pub enum TargetValue {
    /// A user, agent, queue, group, rota, device, mailbox or room.
    Named(Name),
    /// A number, an outside number, an extension or a SIP address.
    Dialled(Operand),
}

/// A statement's subject.
#[derive(Clone, Debug)]
pub enum SubjectArg {
    None,
    Prompts(Box<[PromptArg]>),
    Value(Operand),
    /// The name of something of the site.
    Named(Name),
    Word(&'static str),
    /// `collect`: set when the outcome is `ok`.
    Variable(crate::expr::Slot),
    Target(TargetArg),
    /// `ring`: one after the other, or all at once.
    Targets {
        in_turn: bool,
        targets: Box<[TargetArg]>,
    },
    /// A number to call back; the caller's own needs no type.
    Phone {
        number: Operand,
        is_caller: bool,
    },
    /// `get "https://.."`
    Web {
        method: &'static str,
        url: Operand,
    },
    Ask {
        policy: Name,
        target: TargetArg,
    },
    Pair {
        name: Arc<str>,
        value: Operand,
    },
}

impl SubjectArg {
    /// The targets that a leg may be placed to.
    pub fn targets(&self) -> &[TargetArg] {
        match self {
            SubjectArg::Target(target) => std::slice::from_ref(target),
            SubjectArg::Targets { targets, .. } => targets,
            _ => &[],
        }
    }

    /// The same, and the one that a policy is asked about.
    pub fn all_targets(&self) -> &[TargetArg] {
        match self {
            SubjectArg::Ask { target, .. } => std::slice::from_ref(target),
            _ => self.targets(),
        }
    }

    pub fn targets_mut(&mut self) -> &mut [TargetArg] {
        match self {
            SubjectArg::Target(target) | SubjectArg::Ask { target, .. } => std::slice::from_mut(target),
            SubjectArg::Targets { targets, .. } => targets,
            _ => &mut [],
        }
    }

    /// What of it is computed when the statement runs.
    pub fn operands(&self) -> Vec<&Operand> {
        match self {
            SubjectArg::Value(value) | SubjectArg::Pair { value, .. } => vec![value],
            SubjectArg::Phone { number, .. } => vec![number],
            SubjectArg::Web { url, .. } => vec![url],
            SubjectArg::Prompts(list) => list.iter().filter_map(PromptArg::operand).collect(),
            SubjectArg::Ask { target, .. } => target.operand().into_iter().collect(),
            SubjectArg::Target(_) | SubjectArg::Targets { .. } => {
                self.targets().iter().filter_map(TargetArg::operand).collect()
            }
            SubjectArg::None | SubjectArg::Named(_) | SubjectArg::Word(_) | SubjectArg::Variable(_) => Vec::new(),
        }
    }
}

impl TargetArg {
    pub fn operand(&self) -> Option<&Operand> {
        match &self.value {
            TargetValue::Dialled(value) => Some(value),
            TargetValue::Named(_) => None,
        }
    }
}

impl PromptArg {
    pub fn operand(&self) -> Option<&Operand> {
        match self {
            PromptArg::Spoken(spoken) => Some(&spoken.text),
            PromptArg::Recorded(_) => None,
        }
    }
}

impl Arg {
    /// What of it is computed when the statement runs.
    pub fn operands(&self) -> Vec<&Operand> {
        match self {
            Arg::Value(value) => vec![value],
            Arg::Prompts(list) => list.iter().filter_map(PromptArg::operand).collect(),
            Arg::Word(_) | Arg::Named(_) => Vec::new(),
        }
    }
}

/// Everything a statement was given.
#[derive(Clone, Debug)]
pub struct Args {
    pub subject: SubjectArg,
    /// `transfer attended`
    pub attended: bool,
    /// The type of the variable that the statement sets.
    pub into: Option<Type>,
    /// By the place of the setting in the declaration; defaults are filled in.
    pub settings: Box<[Option<Arg>]>,
    /// The key labels of its arms, in order.
    pub patterns: Arc<[Arc<str>]>,
    /// In a queue: the arms that time takes, in order.
    pub timed: Arc<[Timed]>,
    /// `menu` with an arm `extension(to)`: the site's directory.
    pub extensions: Arc<[Arc<str>]>,
}

impl Args {
    /// What was written for a setting, or its default.
    pub fn setting(&self, decl: &Decl, key: &str) -> Option<&Arg> {
        let (at, _) = decl.setting(key)?;
        self.settings.get(at)?.as_ref()
    }

    /// Every recording that the statement names.
    pub fn prompts(&self) -> impl Iterator<Item = &PromptRef> {
        let subject = match &self.subject {
            SubjectArg::Prompts(list) => Some(list),
            _ => None,
        };
        let settings = self.settings.iter().flatten().filter_map(|arg| match arg {
            Arg::Prompts(list) => Some(list),
            _ => None,
        });
        subject.into_iter().chain(settings).flat_map(|list| list.iter()).filter_map(|prompt| match prompt {
            PromptArg::Recorded(recorded) => Some(recorded),
            PromptArg::Spoken(_) => None,
        })
    }
}

/// Why a statement could not run: the outcome `failed`, with words for the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure(pub String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// A statement that runs: what it was given, and the call.
pub struct Request<'a> {
    pub decl: &'static Decl,
    pub args: &'a Args,
    pub slots: &'a [Value],
    pub last: &'a Last,
    /// Every policy in scope.
    pub guards: &'a dyn Fn() -> Arc<[Name]>,
    pub cx: &'a mut dyn StepCx,
}

impl Request<'_> {
    pub fn eval(&self, operand: &Operand) -> Result<Value, Failure> {
        let env = FrameEnv { slots: self.slots, last: self.last, cx: &*self.cx };
        operand.eval(&env)
    }

    fn arg(&self, key: &str) -> Option<&Arg> {
        self.args.setting(self.decl, key)
    }

    fn value(&self, key: &str) -> Result<Option<Value>, Failure> {
        match self.arg(key) {
            Some(Arg::Value(operand)) => self.eval(operand).map(Some),
            _ => Ok(None),
        }
    }

    pub fn required(&self, key: &str) -> Result<Value, Failure> {
        self.value(key)?.ok_or_else(|| Failure(format!("`{key}` has no value")))
    }

    /// A duration in milliseconds; a negative one is zero.
    pub fn duration_ms(&self, key: &str) -> Result<u64, Failure> {
        duration_ms(key, &self.required(key)?)
    }

    pub fn optional_duration_ms(&self, key: &str) -> Result<Option<u64>, Failure> {
        self.value(key)?.map(|v| duration_ms(key, &v)).transpose()
    }

    /// A whole number within the setting's bounds.
    pub fn count(&self, key: &str) -> Result<u32, Failure> {
        let value = self.required(key)?;
        let bounds = match self.decl.setting(key).map(|(_, s)| s.kind) {
            Some(super::decl::Kind::Count { min, max }) => min..=max,
            _ => 0..=i64::from(u32::MAX),
        };
        match value {
            Value::Int(n) if bounds.contains(&n) => {
                u32::try_from(n).map_err(|_| Failure(format!("`{key}` is {n}, which is out of bounds")))
            }
            Value::Int(n) => Err(Failure(format!("`{key}` is {n}, not from {} to {}", bounds.start(), bounds.end()))),
            other => Err(unfit(key, "a whole number", &other)),
        }
    }

    pub fn flag(&self, key: &str) -> Result<bool, Failure> {
        match self.required(key)? {
            Value::Bool(b) => Ok(b),
            other => Err(unfit(key, "true or false", &other)),
        }
    }

    pub fn key(&self, key: &str) -> Result<Option<char>, Failure> {
        let Some(value) = self.value(key)? else { return Ok(None) };
        let single = value.as_str().and_then(|s| {
            let mut chars = s.chars();
            chars.next().filter(|_| chars.next().is_none())
        });
        match single {
            Some(c) if is_key(c) => Ok(Some(c)),
            _ => Err(unfit(key, "one key", &value)),
        }
    }

    pub fn word(&self, key: &str) -> Option<&'static str> {
        match self.arg(key) {
            Some(Arg::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// A text, if it has a value.
    pub fn text(&self, key: &str) -> Result<Option<Arc<str>>, Failure> {
        let Some(value) = self.value(key)? else { return Ok(None) };
        match value.as_str() {
            Some(text) => Ok(Some(Arc::from(text))),
            None => Err(unfit(key, "a text", &value)),
        }
    }

    /// Names or texts in order; none where nothing is written.
    pub fn names(&self, key: &str) -> Result<Arc<[Name]>, Failure> {
        match self.value(key)? {
            None => Ok(Arc::from([])),
            Some(Value::List(items)) => Ok(items.iter().filter_map(Value::as_str).map(Name::from).collect()),
            Some(other) => Err(unfit(key, "a list", &other)),
        }
    }

    /// The facts of `context`, in the order of their names.
    pub fn context(&self) -> Result<ScreenFacts, Failure> {
        match self.value("context")? {
            None => Ok(Arc::from([])),
            Some(Value::Map(facts)) => {
                if facts.iter().any(|(_, value)| matches!(value, Value::Secret(_))) {
                    return Err(Failure("a secret cannot be shown on a screen".to_owned()));
                }
                Ok(facts.iter().map(|(name, value)| (Arc::clone(name), Arc::from(value.to_string()))).collect())
            }
            Some(other) => Err(unfit("context", "a map", &other)),
        }
    }

    pub fn is_written(&self, key: &str) -> bool {
        self.arg(key).is_some()
    }

    pub fn prompts(&self, key: &str) -> Result<Option<Prompts>, Failure> {
        match self.arg(key) {
            Some(Arg::Prompts(list)) => self.in_language(list).map(Some),
            _ => Ok(None),
        }
    }

    /// The prompts in the call's language, else those without one, else in any: the compiler has
    /// proved that every language the flow can set is there. Speech is in the call's language.
    pub fn in_language(&self, list: &[PromptArg]) -> Result<Prompts, Failure> {
        let mut sources = Vec::with_capacity(list.len());
        for item in list {
            match item {
                PromptArg::Recorded(recorded) => sources.extend(self.recording(recorded)),
                PromptArg::Spoken(spoken) => sources.push(self.speech(&spoken.text, spoken.voice.clone())?),
            }
        }
        Ok(sources.into())
    }

    fn recording(&self, prompt: &PromptRef) -> Option<AudioSource> {
        let recordings = &prompt.recordings;
        let found = recordings.get(self.cx.language()).or_else(|| recordings.get(""));
        found.or_else(|| recordings.values().next()).map(|p| AudioSource::Prompt(Arc::clone(p)))
    }

    /// Words to speak in the call's language.
    pub fn speech(&self, text: &Operand, voice: Option<Arc<str>>) -> Result<AudioSource, Failure> {
        let value = self.eval(text)?;
        if matches!(value, Value::Secret(_)) {
            return Err(Failure("a secret cannot be spoken".to_owned()));
        }
        let language = Arc::from(self.cx.language());
        Ok(AudioSource::Speech(Arc::new(Speech { text: Arc::from(value.to_string()), voice, language })))
    }

    /// Every setting that has a value, for who carries the statement out.
    pub fn facts(&self) -> Result<Vec<(&'static str, Value)>, Failure> {
        let mut facts = Vec::new();
        for (setting, arg) in self.decl.settings.iter().zip(&self.args.settings) {
            let value = match arg {
                Some(Arg::Value(operand)) => self.eval(operand)?,
                Some(Arg::Word(word)) => Value::text(word),
                Some(Arg::Named(name)) => Value::Text(Arc::clone(name)),
                Some(Arg::Prompts(_)) | None => continue,
            };
            facts.push((setting.key, value));
        }
        Ok(facts)
    }
}

impl Operand {
    /// Whether computing it can fail; limits of size apart, and variables that have no value yet.
    pub fn can_fail(&self) -> bool {
        match self {
            Operand::Const(_) => false,
            Operand::Expr(expr) => expr.can_fail(),
            Operand::Template(template) => template.can_fail(),
        }
    }

    pub fn eval(&self, env: &FrameEnv<'_>) -> Result<Value, Failure> {
        match self {
            Operand::Const(value) => Ok(value.clone()),
            Operand::Expr(expr) => expr.eval(env).map_err(|e| Failure(e.to_string())),
            Operand::Template(template) => {
                template.render(env).map(|s| Value::Text(s.into())).map_err(|e| Failure(e.to_string()))
            }
        }
    }
}

/// Whether this is a key of a telephone.
pub fn is_key(c: char) -> bool {
    matches!(c, '0'..='9' | '*' | '#')
}

pub fn duration_ms(key: &str, value: &Value) -> Result<u64, Failure> {
    match value {
        Value::Duration(ms) => Ok(u64::try_from(*ms).unwrap_or(0)),
        other => Err(unfit(key, "a duration", other)),
    }
}

fn unfit(key: &str, wanted: &str, value: &Value) -> Failure {
    let have = value.type_of().map_or("no value", |t| t.name());
    Failure(format!("`{key}` needs {wanted}, but has {have}"))
}
