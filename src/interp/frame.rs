//! The frame of one flow in one call.

use std::sync::Arc;

use crate::base::limits::FRAME_STEPS_PER_TURN;
use crate::base::value::Value;
use crate::call::leg::Name;
use crate::call::spec::Completion;
use crate::graph::{Act, Exit, FlowGraph, GotoFlow, NodeId, Op, Switch};
use crate::step::args::{Failure, Operand, Request};
use crate::step::cx::{Exec, FrameEnv, Last, StepCx};
use crate::step::decl::Work;
use crate::step::outcomes::FAILED;

use super::activation::{Activation, StartError};
use super::trace::{Here, Taken, Traced, Way};

/// What a frame wants after a turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Run {
    /// An act is under way: call [`Frame::complete`] when it is done.
    Sleep,
    /// The turn's steps are used up: call [`Frame::run`] again when others had their turn.
    Yield,
    /// The flow is over for this call.
    Ended(EndReason),
    /// The flow is over and another begins: make a frame of it with these arguments.
    GotoFlow { flow: Name, args: Vec<(Name, Value)> },
}

/// Why a flow is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// A statement ended it: `hangup`, `reject`, or a transfer that was answered.
    Done,
    /// Something failed and no arm and no `failed` of the flow takes it; in words for the record.
    Failed(String),
    /// The flow took more than its `max_steps`.
    MaxSteps,
}

/// A flow that runs for one call, with the subflows it is in.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What runs.
    pub(super) top: Activation,
    /// The flow, and the subflows that were run below it and wait: each stands at its `run`.
    pub(super) callers: Vec<Activation>,
    steps_taken: u32,
    /// A statement sleeps on its completion.
    pub(super) waiting: bool,
    /// The statement that goes on waiting while a block runs that time began.
    pub(super) held: Option<NodeId>,
    pub(super) last: Last,
    trace: Option<Vec<Traced>>,
}

/// What one op did.
pub(super) enum Flow {
    Next(NodeId),
    /// Another activation is at work, and stands where it goes on.
    Switched,
    Stop(Run),
}

impl Frame {
    /// A frame at the entry of a flow.
    ///
    /// # Errors
    ///
    /// Arguments that do not fit the flow's parameters.
    pub fn new(graph: Arc<FlowGraph>, args: &[(Name, Value)]) -> Result<Frame, StartError> {
        if graph.is_subflow() {
            return Err(StartError::Subflow);
        }
        let top = Activation::new(graph, args, Arc::from([]))?;
        Ok(Frame {
            top,
            callers: Vec::new(),
            steps_taken: 0,
            waiting: false,
            held: None,
            last: Last::default(),
            trace: None,
        })
    }

    /// The flow, also while a subflow of it runs.
    pub fn graph(&self) -> &Arc<FlowGraph> {
        &self.callers.first().unwrap_or(&self.top).graph
    }

    /// The flow or subflow that runs.
    pub fn flow_at_hand(&self) -> &Name {
        &self.top.graph.name
    }

    pub fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Ops run so far.
    pub fn steps_taken(&self) -> u32 {
        self.steps_taken
    }

    /// A variable's value, for tests and `strowger run`.
    pub fn variable(&self, name: &str) -> Option<&Value> {
        let at = self.top.graph.variables.iter().position(|v| v.name.as_ref() == name)?;
        self.top.slots.get(at)
    }

    /// The statement at hand: the one that waits, or that runs next.
    pub fn here(&self) -> Here<'_> {
        let (graph, pc) = (&self.top.graph, self.top.pc);
        let place = graph.place(pc);
        Here {
            flow: &graph.name,
            step: graph.step_name(pc),
            verb: place.map_or("", |p| p.verb),
            span: place.map_or(graph.about.span, |p| p.span),
        }
    }

    /// The step at hand.
    pub fn step_at_hand(&self) -> Option<&Name> {
        let place = self.top.graph.place(self.top.pc)?;
        self.top.graph.step(place.step).map(|s| &s.name)
    }

    /// Notes every way taken from now on, until [`Frame::take_trace`].
    pub fn record_trace(&mut self) {
        self.trace.get_or_insert_default();
    }

    /// What was noted since the last time, in order: a stretch for each time that another flow or
    /// subflow went on.
    pub fn take_trace(&mut self) -> Vec<Traced> {
        self.trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn note(&mut self, taken: Taken) {
        self.note_way(taken, false);
    }

    /// Notes the way, and the last outcome with it if that led there.
    fn note_way(&mut self, taken: Taken, by_outcome: bool) {
        let Some(trace) = &mut self.trace else { return };
        let way = Way { taken, outcome: by_outcome.then(|| Arc::clone(&self.last.outcome)) };
        match trace.last_mut().filter(|t| Arc::ptr_eq(&t.graph, &self.top.graph)) {
            Some(stretch) => stretch.ways.push(way),
            None => trace.push(Traced { graph: Arc::clone(&self.top.graph), ways: vec![way] }),
        }
    }

    /// Every policy in scope at the statement at hand.
    pub fn guards_in_scope(&self) -> Arc<[Name]> {
        self.top.guards_in_scope()
    }

    /// Runs until the flow waits, ends, or has used up its turn. A frame that waits stays asleep.
    pub fn run(&mut self, cx: &mut dyn StepCx) -> Run {
        if self.waiting {
            return Run::Sleep;
        }
        // The graph outlives the turn in a local, so that ops are borrowed while the frame changes.
        let mut graph = Arc::clone(&self.top.graph);
        // A subflow's steps count in the limit of the flow that runs it.
        let max_steps = self.graph().limits.max_steps;
        for _ in 0..FRAME_STEPS_PER_TURN {
            if self.steps_taken >= max_steps {
                return Run::Ended(EndReason::MaxSteps);
            }
            self.steps_taken += 1;
            let Some(op) = graph.node(self.top.pc) else { return broken() };
            match self.step(&graph, op, cx) {
                Flow::Next(next) => self.top.pc = next,
                Flow::Switched => graph = Arc::clone(&self.top.graph),
                Flow::Stop(run) => return run,
            }
        }
        Run::Yield
    }

    fn step(&mut self, graph: &FlowGraph, op: &Op, cx: &mut dyn StepCx) -> Flow {
        match op {
            Op::Set { slot, value, next } => {
                self.note(Taken::Statement(self.top.pc));
                match self.eval(value, cx) {
                    Ok(value) => {
                        self.top.store(*slot, value);
                        Flow::Next(*next)
                    }
                    Err(failure) => self.fail(graph, failure),
                }
            }
            Op::If { condition, then, otherwise } => match self.eval(condition, cx) {
                Ok(Value::Bool(yes)) => {
                    self.note(Taken::Branch(self.top.pc, yes));
                    Flow::Next(if yes { *then } else { *otherwise })
                }
                Ok(_) => self.fail(graph, Failure("the condition is neither true nor false".to_owned())),
                Err(failure) => self.fail(graph, failure),
            },
            Op::Enter { step, bound, next } => {
                self.leave_queue(cx);
                if let Some(info) = graph.step(*step) {
                    cx.entered(&graph.name, &info.name);
                }
                self.enter(step.index(), *bound, *next)
            }
            Op::Switch(switch) => self.switch(graph, switch, cx),
            Op::Guard { policy, next } => {
                self.note(Taken::Statement(self.top.pc));
                if !self.top.guards.contains(policy) {
                    self.top.guards.push(*policy);
                }
                Flow::Next(*next)
            }
            Op::Act(act) => self.begin(act, cx),
            Op::GotoFlow(goto) => {
                self.leave_queue(cx);
                self.goto_flow(graph, goto, cx)
            }
            Op::Run(run) => self.run_subflow(graph, run, cx),
            Op::Return { outcome, value } => self.give(graph, *outcome, value.as_ref(), cx),
            Op::Split(split) => self.split(graph, split, cx),
            Op::Language { value, next } => match self.eval(value, cx) {
                Ok(value) => {
                    self.note(Taken::Statement(self.top.pc));
                    cx.set_language(value.as_str().unwrap_or_default());
                    Flow::Next(*next)
                }
                Err(failure) => self.fail(graph, failure),
            },
            Op::Back => match self.held.take() {
                Some(node) => {
                    self.back_to(node);
                    Flow::Stop(Run::Sleep)
                }
                None => Flow::Stop(broken()),
            },
            Op::Fall | Op::Hole(_) => Flow::Stop(broken()),
        }
    }

    /// An arrow out of a block that time began gives up the place in the queue.
    fn leave_queue(&mut self, cx: &mut dyn StepCx) {
        if self.held.take().is_some() {
            cx.leave_queue();
        }
    }

    pub(super) fn eval(&self, operand: &Operand, cx: &dyn StepCx) -> Result<Value, Failure> {
        operand.eval(&FrameEnv { slots: &self.top.slots, last: &self.last, cx })
    }

    fn enter(&mut self, step: usize, bound: Option<(u32, NodeId)>, next: NodeId) -> Flow {
        self.top.guards.clear();
        let Some(visits) = self.top.visits.get_mut(step) else { return Flow::Stop(broken()) };
        *visits = visits.saturating_add(1);
        match bound {
            Some((most, otherwise)) if *visits > most => {
                self.note(Taken::Bound(self.top.pc));
                Flow::Next(otherwise)
            }
            _ => {
                self.note(Taken::Step(self.top.pc));
                Flow::Next(next)
            }
        }
    }

    fn switch(&mut self, graph: &FlowGraph, switch: &Switch, cx: &dyn StepCx) -> Flow {
        let value = match self.eval(&switch.on, cx) {
            Ok(value) => value,
            Err(failure) => return self.fail(graph, failure),
        };
        let same = |case: &Value| match (case, &value) {
            (Value::Text(label), other) => other.as_str() == Some(label),
            (Value::Int(label), Value::Float(n)) => same_number(*label, *n),
            (label, other) => label == other,
        };
        let exit = switch.cases.iter().find(|(case, _)| same(case)).map(|(_, exit)| *exit).or(switch.otherwise);
        match exit {
            Some(exit) => {
                self.note(Taken::Arm(self.top.pc, exit.arm));
                Flow::Next(exit.node)
            }
            None => self.fail(graph, Failure("no label of the switch is equal to the value".to_owned())),
        }
    }

    fn begin(&mut self, act: &Act, cx: &mut dyn StepCx) -> Flow {
        self.note(Taken::Statement(self.top.pc));
        let Work::Act { exec, .. } = act.decl.work else { return Flow::Stop(broken()) };
        let result = self.request(act, cx, exec);
        self.after(act, result)
    }

    fn request<T>(&self, act: &Act, cx: &mut dyn StepCx, call: impl FnOnce(&mut Request<'_>) -> T) -> T {
        let guards = || self.top.guards_in_scope();
        let (slots, last) = (&*self.top.slots, &self.last);
        call(&mut Request { decl: act.decl, args: &act.args, slots, last, guards: &guards, cx })
    }

    /// The exchange's answer to the act that the frame sleeps on. A frame that does not wait
    /// ignores it: the exchange drops late completions by their generation.
    pub fn complete(&mut self, completion: Completion, cx: &mut dyn StepCx) -> Run {
        if !self.waiting {
            return self.run(cx);
        }
        self.waiting = false;
        let graph = Arc::clone(&self.top.graph);
        let Some(Op::Act(act)) = graph.node(self.top.pc) else { return broken() };
        let Work::Act { complete, .. } = act.decl.work else { return broken() };
        let result = self.request(act, cx, |request| complete(request, completion));
        match self.after(act, result) {
            Flow::Next(next) => {
                self.top.pc = next;
                self.run(cx)
            }
            Flow::Switched => self.run(cx),
            Flow::Stop(run) => run,
        }
    }

    fn after(&mut self, act: &Act, result: Result<Exec, Failure>) -> Flow {
        match result {
            Ok(Exec::Sleep) => {
                self.waiting = true;
                Flow::Stop(Run::Sleep)
            }
            Ok(Exec::End) => Flow::Stop(Run::Ended(EndReason::Done)),
            Ok(Exec::Next) => match act.next {
                Some(next) => Flow::Next(next),
                None => Flow::Stop(broken()),
            },
            Ok(Exec::Outcome { name, value }) => self.outcome(act, &name, value),
            Err(failure) => {
                self.last.outcome = Arc::from(FAILED);
                match act.failed {
                    Some(exit) => self.take(exit, None),
                    None => Flow::Stop(Run::Ended(EndReason::Failed(failure.0))),
                }
            }
        }
    }

    fn outcome(&mut self, act: &Act, name: &Arc<str>, value: Option<Value>) -> Flow {
        self.last.outcome = Arc::clone(name);
        let key = act.args.patterns.iter().position(|p| p == name);
        if let Some(exit) = key.and_then(|at| act.keys.get(at).copied().flatten()) {
            if let Some(Value::Digits(keys)) = &value {
                self.last.digits = Arc::clone(keys);
            }
            return self.take(exit, value);
        }
        let known = act.decl.outcome(name);
        if known.is_some_and(|(_, o)| o.terminal) {
            return Flow::Stop(Run::Ended(EndReason::Done));
        }
        if let Some(reason) = value.as_ref().and_then(Value::as_str).filter(|_| name.as_ref() == "denied") {
            self.last.reason = Arc::from(reason);
        }
        if let (Some(slot), Some(value)) = (act.into.filter(|_| name.as_ref() == "ok"), &value) {
            if let Value::Digits(digits) = value {
                self.last.digits = Arc::clone(digits);
            }
            self.top.store(slot, value.clone());
        }
        // An outcome that the declaration does not know here is a failure of the statement.
        let exit = known.and_then(|(at, _)| act.exits.get(at).copied().flatten()).or(act.failed);
        match exit {
            Some(exit) => self.take(exit, value),
            None => Flow::Stop(Run::Ended(EndReason::Failed(format!(
                "`{}` ended in `{name}` and the flow has no `failed`",
                act.decl.verb
            )))),
        }
    }

    /// Goes on with the arm of the last outcome.
    pub(super) fn take(&mut self, exit: Exit, value: Option<Value>) -> Flow {
        self.note_way(Taken::Arm(self.top.pc, exit.arm), true);
        if let Some(slot) = exit.bind {
            // `refused(reason)` also takes outcomes that carry no value.
            self.top.store(slot, value.unwrap_or_else(|| Value::text("")));
        }
        Flow::Next(exit.node)
    }

    fn goto_flow(&mut self, graph: &FlowGraph, goto: &GotoFlow, cx: &dyn StepCx) -> Flow {
        self.note(Taken::Statement(self.top.pc));
        match self.arguments(&goto.args, cx) {
            Ok(args) => Flow::Stop(Run::GotoFlow { flow: Arc::clone(&goto.flow), args }),
            Err(failure) => self.fail(graph, failure),
        }
    }

    /// The values of arguments, by the names of parameters.
    pub(super) fn arguments(&self, args: &[(Name, Operand)], cx: &dyn StepCx) -> Result<Vec<(Name, Value)>, Failure> {
        args.iter().map(|(name, operand)| Ok((Arc::clone(name), self.eval(operand, cx)?))).collect()
    }

    /// An expression failed outside a statement with arms: the flow's `failed`.
    pub(super) fn fail(&mut self, graph: &FlowGraph, failure: Failure) -> Flow {
        self.last.outcome = Arc::from(FAILED);
        match graph.failed {
            Some(node) => {
                self.note(Taken::Arm(self.top.pc, Exit::HEADER));
                Flow::Next(node)
            }
            None => Flow::Stop(Run::Ended(EndReason::Failed(failure.0))),
        }
    }
}

/// A graph that the checks would have refused.
pub(super) fn broken() -> Run {
    Run::Ended(EndReason::Failed("the flow has nothing to go on with".to_owned()))
}

/// Whether a whole number and a fraction are the same number.
fn same_number(whole: i64, n: f64) -> bool {
    // Beyond 2^53 a float has no exact whole numbers, so only smaller ones can be equal.
    const EXACT: i64 = 1 << 53;
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "below 2^53 the conversion is exact, and so is the comparison"
    )]
    let same = whole.abs() <= EXACT && whole as f64 == n;
    same
}
