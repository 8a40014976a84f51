//! Flows at work in a call: runs a frame until it sleeps, and wakes it when its act completes.

use std::sync::Arc;

use super::cx::CallCx;
use super::outcome::Failure;
use super::port::LegNotice;
use super::service::{Permitting, Sending, Service};
use super::session::{Session, State};
use super::shared::Shared;
use super::timers::TimerId;
use crate::base::id::RequestId;
use crate::base::time::Micros;
use crate::base::value::Value;
use crate::call::cause::{Cause, CauseKind};
use crate::call::collect::{Act, Collect};
use crate::call::leg::Name;
use crate::call::record::{HangupBy, IntervalKind};
use crate::call::spec::{Completion, RecordAct, ServiceSpec};
use crate::graph::FlowGraph;
use crate::interp::{EndReason, Frame, Run, StartError};
use crate::policy::GuardToken;

/// What a frame waits for.
#[derive(Debug)]
pub enum Sleep {
    /// Nothing: it runs, or has just been made.
    Awake,
    /// The act was done before the statement returned.
    Ready(Completion),
    /// The number that the flow transfers to is that of another flow.
    Goto(Name),
    /// The flow ended the call.
    Over,
    Answering(RequestId),
    Playing {
        request: RequestId,
        barge_in: bool,
    },
    Collecting {
        collect: Box<Collect>,
        playing: Option<RequestId>,
        timer: Option<TimerId>,
    },
    Waiting(TimerId),
    /// A policy was asked; what it said is on its way to disk.
    Asking {
        request: RequestId,
        answer: Completion,
    },
    /// The transfer is the session's.
    Transferring,
    /// The policies allow what a service reaches outside; what they said is on its way to disk.
    Permitting(Box<Permitting>),
    /// The caller hears what comes before a service.
    BeforeService {
        request: RequestId,
        step: Name,
        spec: Box<ServiceSpec>,
        tokens: Vec<GuardToken>,
    },
    /// The caller hears that the call is recorded.
    BeforeRecording {
        request: RequestId,
        act: RecordAct,
    },
    /// The world is at it.
    Serving(Service),
    /// Somebody took the call of a caller who was not answered, who is answered now.
    Joining {
        request: RequestId,
        served: Completion,
    },
    /// Keys are sent, one after the other.
    Sending(Sending),
}

/// A flow that runs in a call.
#[derive(Debug)]
pub struct FlowRun {
    pub flow: Name,
    pub frame: Frame,
    pub sleep: Sleep,
}

/// What a caller may be told when a policy's answer could not be put on record.
const NOT_RECORDED: &str = "That number cannot be reached just now.";
/// Keys kept for the next collection; more are dropped: nobody types a longer entry ahead.
const MAX_TYPED_AHEAD: usize = 32;

impl FlowRun {
    pub fn new(graph: &Arc<FlowGraph>, args: &[(Name, Value)]) -> Result<Self, StartError> {
        let frame = Frame::new(graph.clone(), args)?;
        Ok(Self { flow: graph.name.clone(), frame, sleep: Sleep::Awake })
    }

    /// The step at hand.
    pub fn step_name(&self) -> Name {
        Name::from(self.frame.here().step)
    }

    pub fn timer(&self) -> Option<TimerId> {
        match &self.sleep {
            Sleep::Collecting { timer, .. } => *timer,
            Sleep::Waiting(timer) => Some(*timer),
            Sleep::Serving(service) => Some(service.timer),
            Sleep::Sending(sending) => Some(sending.timer),
            _ => None,
        }
    }
}

impl Session {
    /// Begins a flow for the subject; a name without a flow is an error of ours.
    pub fn start_flow(&mut self, shared: &mut Shared, flow: &Name, args: &[(Name, Value)]) {
        let run = match self.plan.flows.get(flow).map(|graph| FlowRun::new(graph, args)) {
            Some(Ok(mut run)) => {
                if shared.noted.trace.is_some() {
                    run.frame.record_trace();
                }
                run
            }
            Some(Err(error)) => {
                self.flow_ended(shared, flow, EndReason::Failed(error.to_string()));
                return;
            }
            None => {
                self.flow_ended(shared, flow, EndReason::Failed("there is no such flow".to_owned()));
                return;
            }
        };
        self.diary.flows.push(flow.clone());
        if let Some(language) = &run.frame.graph().about.language {
            self.diary.language = Some(language.clone());
        }
        self.moves.by_flow = 0;
        self.run = Some(run);
        self.begin_flow_limit(shared);
        self.state = State::Flow;
        if self.subject_is_up() {
            self.diary.enter(IntervalKind::Flow, shared.now.wall);
        }
        self.run_flow(shared, None);
    }

    /// Runs the flow until it sleeps: from the start, or from the act that is complete.
    pub fn run_flow(&mut self, shared: &mut Shared, completion: Option<Completion>) {
        let mut completion = completion;
        loop {
            let Some(mut run) = self.run.take() else { return };
            let graph = run.frame.graph().clone();
            let at = run.frame.step_at_hand().cloned().unwrap_or_default();
            let at = (run.frame.flow_at_hand().clone(), at);
            let mut cx = CallCx::new(self, shared, &graph, at);
            let step = match completion.take() {
                Some(done) => run.frame.complete(done, &mut cx),
                None => run.frame.run(&mut cx),
            };
            run.sleep = cx.into_sleep();
            shared.trace_frame(self.id, &mut run.frame);
            match step {
                Run::Sleep => match std::mem::replace(&mut run.sleep, Sleep::Awake) {
                    Sleep::Ready(done) => completion = Some(done),
                    // An arm that time began has come to its end: the caller waits on.
                    Sleep::Awake if self.is_queued() => {
                        run.sleep = Sleep::Transferring;
                        self.run = Some(run);
                        self.queue_music_again(shared);
                        return;
                    }
                    Sleep::Over => return,
                    Sleep::Goto(next) => {
                        self.start_flow(shared, &next, &[]);
                        return;
                    }
                    sleep => {
                        run.sleep = sleep;
                        self.run = Some(run);
                        self.slept(shared);
                        return;
                    }
                },
                Run::Yield => {
                    self.run = Some(run);
                    shared.yielded.push_back(self.id);
                    return;
                }
                // The statement itself has said what becomes of the call.
                Run::Ended(_) if matches!(run.sleep, Sleep::Over) => return,
                Run::Ended(ended) => {
                    self.flow_ended(shared, &graph.name, ended);
                    return;
                }
                Run::GotoFlow { flow, args } => {
                    if self.hop(shared) {
                        self.start_flow(shared, &flow, &args);
                    }
                    return;
                }
            }
            self.run = Some(run);
        }
    }

    /// A flow keeps a call no longer than its `max_duration`; talking is bounded by itself.
    pub fn begin_flow_limit(&mut self, shared: &mut Shared) {
        self.end_flow_limit(shared);
        if let Some(run) = &self.run {
            let limit = Micros::from_ms(run.frame.graph().limits.max_duration_ms);
            self.flow_limit = Some(shared.set_timer(self.id, limit));
        }
    }

    pub fn end_flow_limit(&mut self, shared: &mut Shared) {
        if let Some(timer) = self.flow_limit.take() {
            shared.timers.cancel(timer);
        }
    }

    /// The flow has had the call for too long. False if the timer is another's.
    pub fn flow_limit_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        if self.flow_limit != Some(timer) {
            return false;
        }
        self.flow_limit = None;
        let flow = self.flow_name().cloned().unwrap_or_default();
        self.flow_ended(shared, &flow, EndReason::Failed("it took more than its `max_duration`".to_owned()));
        true
    }

    /// Counts a move of the call; above the site's limit the call ends, so that flows that send
    /// it round and round cannot keep it for ever.
    fn hop(&mut self, shared: &mut Shared) -> bool {
        if self.moves.hops < self.plan.site.limits.max_hops {
            self.moves.hops = self.moves.hops.saturating_add(1);
            return true;
        }
        let failure = Failure::new("loop");
        self.note_failure(&failure);
        if !self.hand_back(shared, None) {
            self.fall_back(shared, &failure);
        }
        false
    }

    /// The frame fell asleep: a transferor that waits for the fate of its REFER learns that the
    /// flow has taken the call, and keys pressed ahead are used.
    fn slept(&mut self, shared: &mut Shared) {
        let takes_care = matches!(
            self.run.as_ref().map(|r| &r.sleep),
            Some(
                Sleep::Playing { .. }
                    | Sleep::Collecting { .. }
                    | Sleep::Waiting(_)
                    | Sleep::Permitting(_)
                    | Sleep::BeforeService { .. }
                    | Sleep::BeforeRecording { .. }
                    | Sleep::Serving(_)
                    | Sleep::Sending(_)
            )
        );
        if takes_care {
            self.taken_by_flow(shared);
        }
        while matches!(self.run.as_ref().map(|r| &r.sleep), Some(Sleep::Collecting { .. })) {
            let Some(key) = self.typed.pop_front() else { return };
            self.collect_key(shared, key);
        }
    }

    /// The flow came to its end without giving the call away.
    fn flow_ended(&mut self, shared: &mut Shared, flow: &Name, ended: EndReason) {
        let reason = match ended {
            EndReason::Done => None,
            EndReason::Failed(reason) => Some(reason),
            EndReason::MaxSteps => Some("the flow took more than its `max_steps`".to_owned()),
        };
        let failed = reason.is_some();
        let cause = if failed { CauseKind::Error } else { CauseKind::Normal };
        if let Some(reason) = reason {
            self.diary.tags.insert(Arc::from("flow_error"), Arc::from(format!("{flow}: {reason}").as_str()));
        }
        if self.hand_back(shared, failed.then_some(Cause::new(cause))) {
            return;
        }
        self.end(shared, Cause::new(cause), HangupBy::Flow);
    }

    /// A request of the frame is done.
    pub fn frame_done(&mut self, shared: &mut Shared, request: RequestId, result: Result<(), Cause>) {
        let Some(run) = &mut self.run else { return };
        // Only we stop what plays, and then the frame waits for it no more; or the leg is over, and
        // its end follows. A flow that went on here would act for a caller who has gone.
        let stopped = matches!(result, Err(Cause { kind: CauseKind::Cancelled, .. }));
        let completion = match &mut run.sleep {
            Sleep::Playing { .. }
            | Sleep::Collecting { .. }
            | Sleep::BeforeService { .. }
            | Sleep::BeforeRecording { .. }
                if stopped =>
            {
                return;
            }
            Sleep::Answering(waited) if *waited == request => Completion::Done,
            Sleep::Joining { request: waited, served } if *waited == request => served.clone(),
            // What cannot be played is passed over: silence is better than a lost call.
            Sleep::Playing { request: waited, .. } if *waited == request => Completion::Done,
            Sleep::Collecting { collect, playing, .. } if *playing == Some(request) => {
                *playing = None;
                let act = collect.played();
                self.collect_act(shared, act);
                return;
            }
            Sleep::BeforeService { request: waited, .. } if *waited == request => {
                self.first_heard(shared);
                return;
            }
            Sleep::BeforeRecording { request: waited, act } if *waited == request => {
                let act = *act;
                self.notice_played(shared, act, result);
                Completion::Done
            }
            Sleep::Permitting(permitting) if permitting.request == request => {
                self.permitted(shared, result.is_ok());
                return;
            }
            Sleep::Asking { request: waited, answer } if *waited == request => match result {
                Ok(()) => answer.clone(),
                Err(_) => Completion::Outcome { name: "denied", value: Some(Arc::from(NOT_RECORDED)) },
            },
            _ => return,
        };
        self.wake(shared, completion);
    }

    /// Completes the act that the frame sleeps on.
    pub fn wake(&mut self, shared: &mut Shared, completion: Completion) {
        if let Some(run) = &mut self.run {
            if let Some(timer) = run.timer() {
                shared.timers.cancel(timer);
            }
            run.sleep = Sleep::Awake;
            self.run_flow(shared, Some(completion));
        }
    }

    /// A timer of the frame fired. Returns false if it was not the frame's.
    pub fn frame_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        match self.run.as_mut().map(|r| &mut r.sleep) {
            Some(Sleep::Waiting(waited)) if *waited == timer => self.wake(shared, Completion::Done),
            Some(Sleep::Collecting { collect, timer: waited, .. }) if *waited == Some(timer) => {
                *waited = None;
                let act = collect.timeout();
                self.collect_act(shared, act);
            }
            _ => return self.service_timer(shared, timer) || self.sending_timer(shared, timer),
        }
        true
    }

    /// What comes before a service was heard: the service begins.
    fn first_heard(&mut self, shared: &mut Shared) {
        let Some(mut run) = self.run.take() else { return };
        run.sleep = match std::mem::replace(&mut run.sleep, Sleep::Awake) {
            Sleep::BeforeService { step, spec, tokens, .. } => self.ask_service(shared, &step, *spec, tokens),
            other => other,
        };
        self.run = Some(run);
    }

    /// The subject pressed a key while a flow has the call.
    pub fn frame_key(&mut self, shared: &mut Shared, key: char) {
        let subject = self.subject;
        let Some(run) = &self.run else { return };
        match &run.sleep {
            Sleep::Collecting { .. } => self.collect_key(shared, key),
            Sleep::Playing { barge_in, .. } => {
                let stops = *barge_in;
                self.type_ahead(key);
                if stops {
                    shared.notice(subject, LegNotice::StopPlay);
                    self.wake(shared, Completion::Done);
                }
            }
            _ => self.type_ahead(key),
        }
    }

    fn type_ahead(&mut self, key: char) {
        if self.typed.len() < MAX_TYPED_AHEAD {
            self.typed.push_back(key);
        }
    }

    fn collect_key(&mut self, shared: &mut Shared, key: char) {
        let Some(Sleep::Collecting { collect, .. }) = self.run.as_mut().map(|r| &mut r.sleep) else { return };
        let act = collect.key(key);
        self.collect_act(shared, act);
    }

    /// Carries out what the collection wants; every act ends what the one before it began.
    fn collect_act(&mut self, shared: &mut Shared, act: Act) {
        if act == Act::Continue {
            return;
        }
        let (id, subject) = (self.id, self.subject);
        let Some(Sleep::Collecting { playing, timer, .. }) = self.run.as_mut().map(|r| &mut r.sleep) else { return };
        if playing.take().is_some() {
            shared.notice(subject, LegNotice::StopPlay);
        }
        if let Some(timer) = timer.take() {
            shared.timers.cancel(timer);
        }
        match act {
            Act::Play(prompts) => {
                *playing = Some(shared.request(id, subject, super::port::LegRequest::Play(prompts)));
            }
            Act::Wait { timeout_ms } => *timer = Some(shared.set_timer(id, Micros::from_ms(timeout_ms))),
            Act::Finish(collected) => self.wake(shared, Completion::Collected(collected)),
            Act::Continue => {}
        }
    }
}
