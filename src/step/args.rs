//! What a statement was given: its subject and settings, compiled, and how it reads them when it
//! runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::span::Span;
use crate::base::value::Value;
use crate::call::audio::{AudioSource, Prompt};
use crate::call::leg::Name;
use crate::call::spec::Prompts;
use crate::expr::{Expr, Template};

use super::cx::{FrameEnv, Last, StepCx};
use super::decl::{Decl, TargetKind};

/// A value that is known, or computed when the statement runs.
#[derive(Clone, Debug)]
pub enum Operand {
    Const(Value),
    Expr(Expr),
    Template(Template),
}

/// A prompt in each language it exists in; `""` is the one without a language.
#[derive(Clone, Debug)]
pub struct PromptRef {
    pub name: Arc<str>,
    pub recordings: BTreeMap<Arc<str>, Arc<Prompt>>,
}

/// A setting's value.
#[derive(Clone, Debug)]
pub enum Arg {
    Value(Operand),
    Prompts(Box<[PromptRef]>),
    /// One of the words that the setting knows.
    Word(&'static str),
}

/// Where a transfer goes, or what a policy is asked about.
#[derive(Clone, Debug)]
pub struct TargetArg {
    pub kind: TargetKind,
    pub value: TargetValue,
    /// Whether the caller's own words can decide it.
    pub tainted: bool,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum TargetValue {
    /// A user, agent or queue.
    Named(Name),
    /// A number, an outside number or an extension.
    Dialled(Operand),
}

/// A statement's subject.
#[derive(Clone, Debug)]
pub enum SubjectArg {
    None,
    Prompts(Box<[PromptRef]>),
    Value(Operand),
    /// The name of something of the site.
    Named(Name),
    Word(&'static str),
    /// `collect`: set when the outcome is `ok`.
    Variable(crate::expr::Slot),
    Target(TargetArg),
    Ask {
        policy: Name,
        target: TargetArg,
    },
    Pair {
        name: Arc<str>,
        value: Operand,
    },
}

/// Everything a statement was given.
#[derive(Clone, Debug)]
pub struct Args {
    pub subject: SubjectArg,
    /// By the place of the setting in the declaration; defaults are filled in.
    pub settings: Box<[Option<Arg>]>,
    /// `menu`: the key labels of its arms, in order.
    pub patterns: Arc<[Arc<str>]>,
    /// `menu` with an arm `extension(to)`: the site's directory.
    pub extensions: Arc<[Arc<str>]>,
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
        let (at, _) = self.decl.setting(key)?;
        self.args.settings.get(at)?.as_ref()
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

    pub fn prompts(&self, key: &str) -> Option<Prompts> {
        match self.arg(key) {
            Some(Arg::Prompts(list)) => Some(self.in_language(list)),
            _ => None,
        }
    }

    /// The prompts in the call's language, else those without one, else in any: the compiler has
    /// proved that every language the flow can set is there.
    pub fn in_language(&self, list: &[PromptRef]) -> Prompts {
        let language = self.cx.language();
        list.iter()
            .filter_map(|p| {
                let found = p.recordings.get(language).or_else(|| p.recordings.get(""));
                found.or_else(|| p.recordings.values().next())
            })
            .map(|prompt| AudioSource::Prompt(Arc::clone(prompt)))
            .collect()
    }
}

impl Operand {
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
