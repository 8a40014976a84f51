//! The services of a virtual world: each answers as a script says, else as if nothing went wrong.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::moment::Moment;
use super::world::{Event, LATENCY, World};
use crate::base::id::{CallId, RequestId};
use crate::base::time::{Micros, Mono};
use crate::base::value::{Type, Value};
use crate::call::leg::Name;
use crate::call::spec::ServiceSpec;
use crate::exchange::Input;
use crate::policy::GuardToken;
use crate::step::registry;

/// The statement that asks a credential store.
const VERIFY: &str = "verify";

/// How a service answers.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    Gives {
        outcome: Arc<str>,
        value: Option<Value>,
        after: Micros,
    },
    /// Not at all: the statement waits until it is late.
    Never,
}

/// Which requests an answer is for, besides the verb.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum About {
    Anything,
    /// A mailbox, a credential store, `get https://..`.
    Subject(Arc<str>),
    /// Asked by this step.
    Step(Name),
}

/// Answers for one verb.
#[derive(Clone, PartialEq, Debug)]
pub struct Mock {
    pub verb: &'static str,
    pub about: About,
    /// Used up in order, each once.
    pub first: VecDeque<Answer>,
    /// What comes after those; `None` is the answer of a world where nothing goes wrong.
    pub then: Option<Answer>,
    /// How often it was asked for.
    pub asked: u32,
}

impl Mock {
    /// It answers this, every time.
    pub fn always(verb: &'static str, about: About, answer: Answer) -> Mock {
        Mock { verb, about, first: VecDeque::new(), then: Some(answer), asked: 0 }
    }
}

/// As it is written: `verify members`, `http in tell`.
impl std::fmt::Display for Mock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.about {
            About::Anything => f.write_str(self.verb),
            About::Subject(subject) => write!(f, "{} {subject}", self.verb),
            About::Step(step) => write!(f, "{} in {step}", self.verb),
        }
    }
}

/// A credential store of a test: it counts wrong PINs and locks as the site says.
#[derive(Clone, Debug)]
pub struct Store {
    /// By whose they are.
    pub pins: BTreeMap<String, String>,
    pub max_wrong: u32,
    pub locked_for: Micros,
    tries: BTreeMap<String, Tries>,
}

/// Wrong PINs in a row, and until when there are no more tries.
#[derive(Clone, Copy, Debug, Default)]
struct Tries {
    wrong: u32,
    locked_until: Option<Mono>,
}

impl Store {
    pub fn new(pins: BTreeMap<String, String>, max_wrong: u32, locked_for: Micros) -> Store {
        Store { pins, max_wrong, locked_for, tries: BTreeMap::new() }
    }

    /// The outcome of `verify`. The PIN that is wrong once too often locks.
    fn verify(&mut self, subject: &str, pin: &str, now: Mono) -> &'static str {
        let tries = self.tries.entry(subject.to_owned()).or_default();
        match tries.locked_until {
            Some(until) if now < until => return "locked",
            Some(_) => *tries = Tries::default(),
            None => {}
        }
        if self.pins.get(subject).is_some_and(|right| right == pin) {
            *tries = Tries::default();
            return "ok";
        }
        tries.wrong = tries.wrong.saturating_add(1);
        if tries.wrong < self.max_wrong {
            return "wrong";
        }
        tries.locked_until = Some(now + self.locked_for);
        "locked"
    }
}

/// What the services of a world answer, and who waits for them.
#[derive(Debug, Default)]
pub struct Services {
    pub mocks: Vec<Mock>,
    /// Credential stores whose PINs are known.
    pub stores: BTreeMap<Name, Store>,
    open: BTreeMap<RequestId, (CallId, &'static str)>,
}

impl Services {
    /// Nobody is left who waits for an answer.
    pub(super) fn forget_all(&mut self) {
        self.open.clear();
    }

    /// What is said about this request itself comes before what is said about its verb.
    fn answer(&mut self, step: &str, spec: &ServiceSpec, now: Mono) -> Answer {
        let fits = |mock: &Mock, exact: bool| {
            mock.verb == spec.verb
                && match &mock.about {
                    About::Anything => !exact,
                    About::Subject(subject) => exact && *subject == spec.subject,
                    About::Step(name) => exact && name.as_ref() == step,
                }
        };
        for exact in [true, false] {
            for mock in self.mocks.iter_mut().filter(|m| fits(m, exact)) {
                if let Some(answer) = mock.first.pop_front().or_else(|| mock.then.clone()) {
                    mock.asked = mock.asked.saturating_add(1);
                    return answer;
                }
            }
        }
        let store = self.stores.get_mut(&spec.subject).filter(|_| spec.verb == VERIFY);
        let outcome = store.map_or(spec.usual, |s| s.verify(&setting(spec, "subject"), &setting(spec, "pin"), now));
        Answer::Gives { outcome: Arc::from(outcome), value: None, after: LATENCY }
    }
}

/// What was keyed, or whose it is, as digits.
fn setting(spec: &ServiceSpec, key: &str) -> String {
    let value = spec.settings.iter().find(|(name, _)| *name == key).map(|(_, value)| value);
    match value {
        Some(Value::Secret(secret)) => secret.to_string(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

impl World {
    pub(super) fn serve(
        &mut self,
        request: RequestId,
        call: CallId,
        step: &str,
        spec: &ServiceSpec,
        tokens: &[GuardToken],
    ) {
        let reached = |token: &GuardToken| (Arc::from(token.target().canonical()), token.decision().to_string());
        let outside = tokens.iter().map(reached).collect();
        self.note(Moment::Asks { call, verb: spec.verb, subject: spec.subject.clone(), outside });
        self.services.open.insert(request, (call, spec.verb));
        if let Answer::Gives { outcome, value, after } = self.services.answer(step, spec, self.now.mono) {
            let value = value.or_else(|| usual_value(spec.verb, &outcome));
            self.later(after, Event::Served { request, outcome, value });
        }
    }

    pub(super) fn forget_service(&mut self, request: RequestId) {
        if let Some((call, verb)) = self.services.open.remove(&request) {
            self.note(Moment::Forgets { call, verb });
        }
    }

    /// A service has its answer; one that nobody waits for any more is given all the same.
    pub(super) fn served(&mut self, request: RequestId, outcome: Arc<str>, value: Option<Value>) {
        if let Some((call, verb)) = self.services.open.remove(&request) {
            self.note(Moment::Gets { call, verb, outcome: outcome.clone() });
        }
        self.give(Input::Served { request, outcome, value });
    }
}

/// A value of the type that the outcome carries, where a script gives none.
fn usual_value(verb: &str, outcome: &str) -> Option<Value> {
    let (_, outcome) = registry::find(verb)?.outcome(outcome)?;
    match outcome.binds? {
        Type::Map => Some(Value::Map(Arc::from([]))),
        Type::Number => Some(Value::Int(USUAL_STATUS)),
        _ => Some(Value::text("")),
    }
}

/// The status of a request that a web service rejects, where a script names none.
const USUAL_STATUS: i64 = 400;
