//! What a statement asks of the call, carried out for a live call: the implementation of [`StepCx`].

use std::sync::Arc;

use super::frames::Sleep;
use super::guard;
use super::outcome::as_declared;
use super::port::{LegNotice, LegRequest, Output};
use super::session::Session;
use super::shared::Shared;
use super::transfer::{By, Started};
use crate::base::time::Micros;
use crate::base::value::Value;
use crate::call::cause::{Cause, CauseKind};
use crate::call::collect::{Act, Collect};
use crate::call::leg::Name;
use crate::call::record::HangupBy;
use crate::call::spec::{CollectSpec, Completion, Prompts, RecordAct, RejectReason, ServiceSpec, TransferSpec};
use crate::expr::{BuiltIn, RootPath};
use crate::graph::FlowGraph;
use crate::schedule::State;
use crate::step::args::Failure;
use crate::step::cx::StepCx;

/// The language of a call whose flows name none (language.md §7).
const DEFAULT_LANGUAGE: &str = "en";

/// The call, while its frame runs.
pub struct CallCx<'a> {
    session: &'a mut Session,
    shared: &'a mut Shared,
    /// The flow that has the call, also while a subflow runs.
    graph: &'a FlowGraph,
    /// The flow or subflow that runs.
    flow: Name,
    step: Name,
    sleep: Sleep,
}

impl<'a> CallCx<'a> {
    /// The flow or subflow that runs and its step are where it is now.
    pub fn new(
        session: &'a mut Session,
        shared: &'a mut Shared,
        graph: &'a FlowGraph,
        (flow, step): (Name, Name),
    ) -> Self {
        Self { session, shared, graph, flow, step, sleep: Sleep::Awake }
    }

    /// What the frame waits for, after it returned.
    pub fn into_sleep(self) -> Sleep {
        self.sleep
    }
}

impl StepCx for CallCx<'_> {
    fn entered(&mut self, flow: &Name, step: &Name) {
        self.flow = flow.clone();
        self.step = step.clone();
    }

    fn chance(&mut self, below: u32) -> u32 {
        self.shared.chance(below)
    }

    fn set_language(&mut self, language: &str) {
        self.session.diary.language = Some(Arc::from(language));
    }

    fn is_answered(&self) -> bool {
        self.session.subject_is_up()
    }

    fn answer(&mut self) {
        self.sleep = match self.session.answer_subject(self.shared) {
            Some(request) => Sleep::Answering(request),
            None => Sleep::Ready(Completion::Done),
        };
    }

    fn reject(&mut self, reason: RejectReason) {
        let cause = match reason {
            RejectReason::Busy => CauseKind::Busy,
            RejectReason::Declined => CauseKind::Declined,
            RejectReason::NotFound => CauseKind::InvalidNumber,
        };
        let cause = Cause::new(cause);
        if !self.session.hand_back(self.shared, Some(cause)) {
            self.session.end(self.shared, cause, HangupBy::Flow);
        }
        self.sleep = Sleep::Over;
    }

    fn hangup(&mut self) {
        // A caller who was never answered is told so in the phone network's way.
        let answered = self.session.subject_is_up();
        let cause = if answered { CauseKind::Normal } else { CauseKind::Declined };
        if !self.session.hand_back(self.shared, None) {
            self.session.end(self.shared, Cause::new(cause), HangupBy::Flow);
        }
        self.sleep = Sleep::Over;
    }

    fn play(&mut self, prompts: Prompts, barge_in: bool) {
        if prompts.is_empty() {
            self.sleep = Sleep::Ready(Completion::Done);
            return;
        }
        let request = self.shared.request(self.session.id, self.session.subject, LegRequest::Play(prompts));
        self.sleep = Sleep::Playing { request, barge_in };
    }

    fn collect(&mut self, spec: CollectSpec) {
        if spec.hidden {
            self.shared.hide_typed(self.session.typed.len(), spec.end);
        }
        let (collect, act) = Collect::start(spec);
        let (mut playing, mut timer) = (None, None);
        match act {
            Act::Play(prompts) => {
                let op = LegRequest::Play(prompts);
                playing = Some(self.shared.request(self.session.id, self.session.subject, op));
            }
            Act::Wait { timeout_ms } => {
                timer = Some(self.shared.set_timer(self.session.id, Micros::from_ms(timeout_ms)));
            }
            Act::Continue | Act::Finish(_) => {}
        }
        self.sleep = Sleep::Collecting { collect: Box::new(collect), playing, timer };
    }

    fn wait(&mut self, duration_ms: u64) {
        self.sleep = Sleep::Waiting(self.shared.set_timer(self.session.id, Micros::from_ms(duration_ms)));
    }

    fn transfer(&mut self, spec: TransferSpec) {
        if self.session.moves.by_flow >= self.graph.limits.max_legs {
            self.sleep = Sleep::Ready(Completion::Outcome { name: "limit", value: None });
            return;
        }
        let by = By::Flow { flow: self.flow.clone(), step: self.step.clone() };
        let target = spec.target.clone();
        let id = self.shared.new_transfer_id();
        self.sleep = match self.session.start_transfer(self.shared, id, spec, by) {
            Ok(Started::Pending) => Sleep::Transferring,
            Ok(Started::Flow(flow)) => Sleep::Goto(flow),
            Err(failure) => {
                self.session.note_failure(&failure);
                let name = as_declared(&target, failure.outcome);
                Sleep::Ready(Completion::Outcome { name, value: failure.value })
            }
        };
    }

    fn record(&mut self, act: RecordAct, notice: Option<Prompts>) {
        self.sleep = self.session.begin_record(self.shared, act, notice);
    }

    fn service(&mut self, spec: ServiceSpec) {
        let by = By::Flow { flow: self.flow.clone(), step: self.step.clone() };
        self.sleep = self.session.begin_service(self.shared, &by, &self.step, spec);
    }

    fn background(&mut self, prompts: Prompts) {
        self.shared.notice(self.session.subject, LegNotice::Background(prompts));
    }

    fn hold(&mut self, on: bool) {
        self.session.hold_subject(self.shared, on);
    }

    fn send_keys(&mut self, keys: &str) {
        self.sleep = self.session.begin_sending(self.shared, keys);
    }

    fn notify(&mut self, channel: &Name, text: &str) {
        let text: Arc<str> = Arc::from(text);
        self.session.diary.note(channel, &text);
        self.shared.out.push(Output::Note { call: self.session.id, channel: channel.clone(), text });
    }

    fn phone(&self, dialled: &str) -> Option<Arc<str>> {
        guard::phone(self.session, &self.graph.guards, dialled)
    }

    fn leave_queue(&mut self) {
        self.session.leave_queue(self.shared);
    }

    fn ask_guard(&mut self, policy: Name, number: Arc<str>, tainted: bool) {
        let by = By::Flow { flow: self.flow.clone(), step: self.step.clone() };
        let asked = guard::ask(self.session, self.shared, &by, &policy, &number, tainted);
        let request = guard::put_on_record(self.session, self.shared, vec![asked.record]);
        self.sleep = Sleep::Asking { request, answer: asked.answer };
    }

    fn tag(&mut self, name: &str, value: &Value) {
        self.session.diary.tags.insert(Arc::from(name), Arc::from(value.to_string().as_str()));
    }

    fn hours(&self, name: &str) -> Option<State> {
        self.session.plan.site.declared.hours.get(name).map(|hours| hours.state(self.shared.now.wall))
    }

    fn row(&self, table: &str, key: &Value) -> Result<Option<Value>, Failure> {
        match self.session.plan.site.declared.tables.get(table) {
            Some(table) => Ok(table.row(key)),
            None => Err(Failure(format!("the site has no table `{table}` any more"))),
        }
    }

    fn root(&self, path: &RootPath) -> Value {
        match path.id {
            BuiltIn::SessionFlow => Value::Text(self.flow.clone()),
            BuiltIn::SessionStep => Value::Text(self.step.clone()),
            _ => super::names::root(self.session, self.shared, path),
        }
    }

    fn language(&self) -> &str {
        self.session.diary.language.as_deref().unwrap_or(DEFAULT_LANGUAGE)
    }
}
