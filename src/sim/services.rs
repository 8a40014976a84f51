//! The services of a virtual world: each answers as a script says, else as if nothing went wrong.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::moment::Moment;
use super::world::{Event, LATENCY, World};
use crate::base::id::{CallId, RequestId};
use crate::base::time::Micros;
use crate::base::value::{Type, Value};
use crate::call::leg::Name;
use crate::call::spec::ServiceSpec;
use crate::exchange::Input;
use crate::policy::GuardToken;
use crate::step::registry;

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

/// What the services of a world answer, and who waits for them.
#[derive(Debug, Default)]
pub struct Services {
    pub mocks: Vec<Mock>,
    open: BTreeMap<RequestId, (CallId, &'static str)>,
}

impl Services {
    /// What is said about this request itself comes before what is said about its verb.
    fn answer(&mut self, step: &str, spec: &ServiceSpec) -> Answer {
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
        Answer::Gives { outcome: Arc::from(spec.usual), value: None, after: LATENCY }
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
        if let Answer::Gives { outcome, value, after } = self.services.answer(step, spec) {
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
