//! What a frame asks of the world that is no leg: its request, the time it may take, its one answer.
//! What the world does is not here, nor which statements ask.

use std::collections::VecDeque;
use std::sync::Arc;

use super::frames::Sleep;
use super::port::{LegNotice, LegRequest};
use super::session::Session;
use super::shared::Shared;
use super::timers::TimerId;
use crate::base::id::RequestId;
use crate::base::time::Micros;
use crate::base::value::Value;
use crate::call::audio::AudioSource;
use crate::call::leg::Name;
use crate::call::spec::{Completion, ServiceSpec};

/// From one key to the next: long enough for machines that listen (ITU-T Q.24 asks for 40 ms of
/// tone and 40 ms of pause).
const KEY_SPACING: Micros = Micros::from_ms(250);

/// Services during which the caller is with somebody: keys pressed there were not for the flow.
const ENGAGING: [&str; 5] = ["voicemail", "ring", "park", "conference", "transfer"];

/// Outcomes by which somebody had the call: their answer is the caller's.
const ANSWERED: [&str; 3] = ["answered", "bridged", "ended"];

/// A service under way.
#[derive(Debug)]
pub struct Service {
    pub request: RequestId,
    /// When it is late.
    pub timer: TimerId,
    /// The outcome it has then.
    late: &'static str,
    verb: &'static str,
    /// The caller hears something meanwhile, which ends with it.
    heard: bool,
}

/// Keys on their way to the caller's side.
#[derive(Debug)]
pub struct Sending {
    left: VecDeque<char>,
    pub timer: TimerId,
}

impl Session {
    /// Begins a service, after what the caller is to hear before it.
    pub fn begin_service(&mut self, shared: &mut Shared, step: &Name, mut spec: ServiceSpec) -> Sleep {
        match spec.first.take().filter(|prompts| !prompts.is_empty()) {
            Some(prompts) => {
                let request = shared.request(self.id, self.subject, LegRequest::Play(prompts));
                Sleep::BeforeService { request, step: step.clone(), spec: Box::new(spec) }
            }
            None => self.ask_service(shared, step, spec),
        }
    }

    pub fn ask_service(&mut self, shared: &mut Shared, step: &Name, mut spec: ServiceSpec) -> Sleep {
        let meanwhile = spec.meanwhile.take().filter(|_| self.subject_is_up());
        let heard = meanwhile.is_some();
        if let Some(prompts) = meanwhile {
            shared.notice(self.subject, LegNotice::Background(prompts));
        }
        let timer = shared.set_timer(self.id, Micros::from_ms(spec.deadline_ms));
        let (late, verb) = (spec.late, spec.verb);
        let request = shared.serve(self.id, step, spec);
        Sleep::Serving(Service { request, timer, late, verb, heard })
    }

    /// The world's answer. One for a service that nobody waits for any more has found no request.
    pub fn served(&mut self, shared: &mut Shared, request: RequestId, outcome: Arc<str>, value: Option<Value>) {
        let waited = self.run.as_ref().is_some_and(|r| r.sleep.serves(request));
        if waited {
            self.service_ended(shared, outcome, value);
        }
    }

    /// A service took too long. False if the timer is not that of one.
    pub fn service_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        let late = match self.run.as_ref().map(|r| &r.sleep) {
            Some(Sleep::Serving(service)) if service.timer == timer => {
                shared.forget(service.request);
                service.late
            }
            _ => return false,
        };
        self.service_ended(shared, Arc::from(late), None);
        true
    }

    fn service_ended(&mut self, shared: &mut Shared, outcome: Arc<str>, value: Option<Value>) {
        let Some(Sleep::Serving(service)) = self.run.as_ref().map(|r| &r.sleep) else { return };
        let (heard, engaging, timer) = (service.heard, ENGAGING.contains(&service.verb), service.timer);
        if heard {
            shared.notice(self.subject, LegNotice::StopPlay);
        }
        if engaging {
            self.typed.clear();
        }
        let answers = engaging && ANSWERED.contains(&outcome.as_ref()) && !self.subject_is_up();
        let served = Completion::Served { outcome, value };
        match answers.then(|| self.answer_subject(shared)).flatten() {
            Some(request) => {
                shared.timers.cancel(timer);
                if let Some(run) = &mut self.run {
                    run.sleep = Sleep::Joining { request, served };
                }
            }
            None => self.wake(shared, served),
        }
    }

    /// Hold music begins or ends.
    pub fn hold_subject(&mut self, shared: &mut Shared, on: bool) {
        let source = if on { AudioSource::DefaultMusic } else { AudioSource::Silence };
        shared.notice(self.subject, LegNotice::Background([source].into()));
    }

    /// Sends the first key; the others follow by time.
    pub fn begin_sending(&mut self, shared: &mut Shared, keys: &str) -> Sleep {
        let mut left: VecDeque<char> = keys.chars().collect();
        let Some(first) = left.pop_front() else { return Sleep::Ready(Completion::Done) };
        shared.notice(self.subject, LegNotice::Key(first));
        Sleep::Sending(Sending { left, timer: shared.set_timer(self.id, KEY_SPACING) })
    }

    /// The next key is due. False if the timer is another's.
    pub fn sending_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        let (id, subject) = (self.id, self.subject);
        let Some(Sleep::Sending(sending)) = self.run.as_mut().map(|r| &mut r.sleep) else { return false };
        if sending.timer != timer {
            return false;
        }
        match sending.left.pop_front() {
            Some(key) => {
                sending.timer = shared.set_timer(id, KEY_SPACING);
                shared.notice(subject, LegNotice::Key(key));
            }
            None => self.wake(shared, Completion::Done),
        }
        true
    }
}

impl Sleep {
    fn serves(&self, wanted: RequestId) -> bool {
        matches!(self, Sleep::Serving(service) if service.request == wanted)
    }

    /// The call is over or elsewhere: nobody waits for the world any more.
    pub fn forget(&self, shared: &mut Shared) {
        if let Sleep::Serving(service) = self {
            shared.forget(service.request);
        }
    }
}
