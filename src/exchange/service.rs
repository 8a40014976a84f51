//! What a frame asks of the world that is no leg: its request, the time it may take, its one answer.
//! What the world does is not here, nor which statements ask.

use std::collections::VecDeque;
use std::sync::Arc;

use super::frames::Sleep;
use super::guard::{self, Permitted};
use super::port::{LegNotice, LegRequest};
use super::session::{Attempt, Session};
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::{By, Failure};
use crate::base::id::RequestId;
use crate::base::time::Micros;
use crate::base::value::Value;
use crate::call::audio::AudioSource;
use crate::call::leg::Name;
use crate::call::spec::{Completion, Outbound, Reach, ServiceSpec};
use crate::policy::GuardToken;
use crate::schedule::Member;

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
    /// It may place a leg outside.
    reaches_outside: bool,
    /// The caller hears something meanwhile, which ends with it.
    heard: bool,
}

/// Keys on their way to the caller's side.
#[derive(Debug)]
pub struct Sending {
    left: VecDeque<char>,
    pub timer: TimerId,
}

/// A service whose legs outside are allowed, and whose decisions are on their way to disk.
#[derive(Debug)]
pub struct Permitting {
    pub request: RequestId,
    step: Name,
    spec: ServiceSpec,
    tokens: Vec<GuardToken>,
}

/// The service that gives the call away; what it reaches outside counts as a move of the call.
const MOVES: &str = "transfer";
/// Outcomes of it after which the target has had the call.
const HAD_THE_CALL: [&str; 2] = ["bridged", "ended"];

impl Session {
    /// Begins a service: the policies in scope come first, then what the caller is to hear before it.
    pub fn begin_service(&mut self, shared: &mut Shared, by: &By, step: &Name, spec: ServiceSpec) -> Sleep {
        let permitted = self.leaving(shared, &spec.outbound, by).and_then(|numbers| {
            if numbers.is_empty() {
                Ok(None)
            } else {
                guard::permit(self, shared, &spec.outbound, &numbers, by).map(Some)
            }
        });
        match permitted {
            Ok(None) => self.after_gates(shared, step, spec, Vec::new()),
            Ok(Some(Permitted { tokens, decisions })) => {
                let request = guard::put_on_record(self, shared, decisions);
                Sleep::Permitting(Box::new(Permitting { request, step: step.clone(), spec, tokens }))
            }
            Err(failure) => {
                self.note_failure(&failure);
                let value = failure.value.map(Value::Text);
                Sleep::Ready(Completion::Served { outcome: as_promised(&spec.outbound, failure.outcome), value })
            }
        }
    }

    /// The numbers that a service calls outside, and whether the caller's own words chose them.
    fn leaving(&self, shared: &Shared, outbound: &Outbound, by: &By) -> Result<Vec<(Arc<str>, bool)>, Failure> {
        let mut numbers = Vec::new();
        for reach in &outbound.reaches {
            match reach {
                Reach::Number { number, tainted } => {
                    if self.leaves(shared, number, by) {
                        numbers.push((number.clone(), *tainted));
                    }
                }
                Reach::Outside { number, tainted } => numbers.push((number.clone(), *tainted)),
                Reach::Rota(name) => {
                    let rota = self.plan.site.declared.rotas.get(name).ok_or(Failure::new("error"))?;
                    let on_duty = rota.on_duty(shared.now.wall);
                    numbers.extend(on_duty.into_iter().filter_map(|member| match member {
                        Member::Number(number) => Some((number, false)),
                        Member::User(_) => None,
                    }));
                }
            }
        }
        Ok(numbers)
    }

    /// The decisions are on disk, or could not be put there: then there is no leg.
    pub fn permitted(&mut self, shared: &mut Shared, on_disk: bool) {
        let Some(run) = &mut self.run else { return };
        let permitting = match std::mem::replace(&mut run.sleep, Sleep::Awake) {
            Sleep::Permitting(permitting) => *permitting,
            other => {
                run.sleep = other;
                return;
            }
        };
        if !on_disk {
            self.wake(shared, Completion::Served { outcome: Arc::from("error"), value: None });
            return;
        }
        let Permitting { step, spec, tokens, .. } = permitting;
        for token in &tokens {
            let number = Arc::from(token.target().canonical());
            self.moves.attempts.push(Attempt { number, answered: false });
        }
        if spec.verb == MOVES {
            self.moves.outside = self.moves.outside.saturating_add(1);
        }
        let sleep = self.after_gates(shared, &step, spec, tokens);
        if let Some(run) = &mut self.run {
            run.sleep = sleep;
        }
    }

    /// Every gate has passed.
    fn after_gates(
        &mut self,
        shared: &mut Shared,
        step: &Name,
        mut spec: ServiceSpec,
        tokens: Vec<GuardToken>,
    ) -> Sleep {
        match spec.first.take().filter(|prompts| !prompts.is_empty()) {
            Some(prompts) => {
                let request = shared.request(self.id, self.subject, LegRequest::Play(prompts));
                Sleep::BeforeService { request, step: step.clone(), spec: Box::new(spec), tokens }
            }
            None => self.ask_service(shared, step, spec, tokens),
        }
    }

    pub fn ask_service(
        &mut self,
        shared: &mut Shared,
        step: &Name,
        mut spec: ServiceSpec,
        tokens: Vec<GuardToken>,
    ) -> Sleep {
        let meanwhile = spec.meanwhile.take().filter(|_| self.subject_is_up());
        let heard = meanwhile.is_some();
        if let Some(prompts) = meanwhile {
            shared.notice(self.subject, LegNotice::Background(prompts));
        }
        let timer = shared.set_timer(self.id, Micros::from_ms(spec.deadline_ms));
        let (late, verb) = (spec.late, spec.verb);
        let reaches_outside = !tokens.is_empty();
        let request = shared.serve(self.id, step, spec, tokens);
        Sleep::Serving(Service { request, timer, late, verb, reaches_outside, heard })
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
        // One transfer at a time: what it reached outside is the last number that was tried.
        let had_the_call = service.verb == MOVES && HAD_THE_CALL.contains(&outcome.as_ref());
        if service.reaches_outside
            && had_the_call
            && let Some(attempt) = self.moves.attempts.last_mut()
        {
            attempt.answered = true;
        }
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

/// A refusal in the words of the statement: a call that is only promised has no line to be out of reach.
fn as_promised(outbound: &Outbound, outcome: &'static str) -> Arc<str> {
    Arc::from(if outbound.later && outcome == "unreachable" { "not_found" } else { outcome })
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
