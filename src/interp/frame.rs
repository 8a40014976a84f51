//! The frame of one flow in one call.

use std::sync::Arc;

use crate::base::limits::FRAME_STEPS_PER_TURN;
use crate::base::value::{Type, Value};
use crate::call::leg::Name;
use crate::call::spec::Completion;
use crate::expr::Slot;
use crate::graph::{Act, Exit, FlowGraph, GotoFlow, NodeId, Op, Switch};
use crate::step::args::{Failure, Operand, Request};
use crate::step::cx::{Exec, FrameEnv, Last, StepCx};
use crate::step::decl::Work;
use crate::step::outcomes::FAILED;

use super::trace::{Here, Taken};

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

/// Why a flow could not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The flow has errors; a flow that lints clean never gives this.
    Incomplete,
    /// A parameter without a default was not given.
    Missing(Name),
    /// The flow has no parameter of that name.
    Unknown(Name),
    /// The value has another type than the parameter.
    WrongType(Name),
}

/// One flow that runs for one call. The `Arc` keeps its revision alive across a reload.
#[derive(Clone, Debug)]
pub struct Frame {
    graph: Arc<FlowGraph>,
    pc: NodeId,
    slots: Box<[Value]>,
    /// Arrivals by step.
    visits: Box<[u32]>,
    steps_taken: u32,
    /// Policies of `guard` statements in reach, by their place in the graph.
    guards: Vec<u16>,
    /// A statement sleeps on its completion.
    waiting: bool,
    last: Last,
    trace: Option<Vec<Taken>>,
}

/// What one op did.
enum Flow {
    Next(NodeId),
    Stop(Run),
}

impl Frame {
    /// A frame at the entry of a flow.
    ///
    /// # Errors
    ///
    /// Arguments that do not fit the flow's parameters.
    pub fn new(graph: Arc<FlowGraph>, args: &[(Name, Value)]) -> Result<Frame, StartError> {
        if !graph.complete {
            return Err(StartError::Incomplete);
        }
        let mut slots: Box<[Value]> = graph.variables.iter().map(|v| v.initial.clone()).collect();
        if let Some((name, _)) = args.iter().find(|(n, _)| !graph.params.iter().any(|p| p.name == *n)) {
            return Err(StartError::Unknown(Arc::clone(name)));
        }
        for param in &graph.params {
            let given = args.iter().find(|(n, _)| *n == param.name).map(|(_, v)| v);
            let Some(value) = given.or(Some(&param.default)).filter(|v| **v != Value::Unset) else {
                return Err(StartError::Missing(Arc::clone(&param.name)));
            };
            if !fits(value, param.ty) {
                return Err(StartError::WrongType(Arc::clone(&param.name)));
            }
            if let Some(place) = slots.get_mut(usize::from(param.slot.0)) {
                *place = value.clone();
            }
        }
        let visits = vec![0; graph.steps.len()].into();
        let pc = graph.entry;
        Ok(Frame {
            graph,
            pc,
            slots,
            visits,
            steps_taken: 0,
            guards: Vec::new(),
            waiting: false,
            last: Last::default(),
            trace: None,
        })
    }

    pub fn graph(&self) -> &Arc<FlowGraph> {
        &self.graph
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
        let at = self.graph.variables.iter().position(|v| v.name.as_ref() == name)?;
        self.slots.get(at)
    }

    /// The statement at hand: the one that waits, or that runs next.
    pub fn here(&self) -> Here<'_> {
        let place = self.graph.place(self.pc);
        Here {
            flow: &self.graph.name,
            step: self.graph.step_name(self.pc),
            verb: place.map_or("", |p| p.verb),
            span: place.map_or(self.graph.about.span, |p| p.span),
        }
    }

    /// The step at hand.
    pub fn step_at_hand(&self) -> Option<&Name> {
        let place = self.graph.place(self.pc)?;
        self.graph.step(place.step).map(|s| &s.name)
    }

    /// Notes every way taken from now on, until [`Frame::take_trace`].
    pub fn record_trace(&mut self) {
        self.trace.get_or_insert_default();
    }

    /// What was noted since the last time.
    pub fn take_trace(&mut self) -> Vec<Taken> {
        self.trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn note(&mut self, taken: Taken) {
        if let Some(trace) = &mut self.trace {
            trace.push(taken);
        }
    }

    /// Every policy in scope at the statement at hand.
    pub fn guards_in_scope(&self) -> Arc<[Name]> {
        guards_in_scope(&self.graph, &self.guards)
    }

    /// Runs until the flow waits, ends, or has used up its turn. A frame that waits stays asleep.
    pub fn run(&mut self, cx: &mut dyn StepCx) -> Run {
        if self.waiting {
            return Run::Sleep;
        }
        // The graph outlives the turn in a local, so that ops are borrowed while the frame changes.
        let graph = Arc::clone(&self.graph);
        for _ in 0..FRAME_STEPS_PER_TURN {
            if self.steps_taken >= graph.limits.max_steps {
                return Run::Ended(EndReason::MaxSteps);
            }
            self.steps_taken += 1;
            let Some(op) = graph.node(self.pc) else { return broken() };
            match self.step(&graph, op, cx) {
                Flow::Next(next) => self.pc = next,
                Flow::Stop(run) => return run,
            }
        }
        Run::Yield
    }

    fn step(&mut self, graph: &FlowGraph, op: &Op, cx: &mut dyn StepCx) -> Flow {
        match op {
            Op::Set { slot, value, next } => {
                self.note(Taken::Statement(self.pc));
                match self.eval(value, cx) {
                    Ok(value) => {
                        self.store(graph, *slot, value);
                        Flow::Next(*next)
                    }
                    Err(failure) => self.fail(graph, failure),
                }
            }
            Op::If { condition, then, otherwise } => match self.eval(condition, cx) {
                Ok(Value::Bool(yes)) => {
                    self.note(Taken::Branch(self.pc, yes));
                    Flow::Next(if yes { *then } else { *otherwise })
                }
                Ok(_) => self.fail(graph, Failure("the condition is neither true nor false".to_owned())),
                Err(failure) => self.fail(graph, failure),
            },
            Op::Enter { step, bound, next } => {
                if let Some(info) = graph.step(*step) {
                    cx.entered(&info.name);
                }
                self.enter(step.index(), *bound, *next)
            }
            Op::Switch(switch) => self.switch(graph, switch, cx),
            Op::Guard { policy, next } => {
                self.note(Taken::Statement(self.pc));
                if !self.guards.contains(policy) {
                    self.guards.push(*policy);
                }
                Flow::Next(*next)
            }
            Op::Act(act) => self.begin(graph, act, cx),
            Op::GotoFlow(goto) => self.goto_flow(graph, goto, cx),
            Op::Fall | Op::Back | Op::Hole(_) => Flow::Stop(broken()),
        }
    }

    fn eval(&self, operand: &Operand, cx: &dyn StepCx) -> Result<Value, Failure> {
        operand.eval(&FrameEnv { slots: &self.slots, last: &self.last, cx })
    }

    /// Sets a variable; what a caller keyed becomes a secret where the variable is one.
    fn store(&mut self, graph: &FlowGraph, slot: Slot, value: Value) {
        let at = usize::from(slot.0);
        let is_secret = graph.variables.get(at).is_some_and(|v| v.ty == Some(Type::Secret));
        let value = match value {
            Value::Digits(digits) if is_secret => Value::Secret(digits),
            other => other,
        };
        if let Some(place) = self.slots.get_mut(at) {
            *place = value;
        }
    }

    fn enter(&mut self, step: usize, bound: Option<(u32, NodeId)>, next: NodeId) -> Flow {
        self.guards.clear();
        let Some(visits) = self.visits.get_mut(step) else { return Flow::Stop(broken()) };
        *visits = visits.saturating_add(1);
        match bound {
            Some((most, otherwise)) if *visits > most => {
                self.note(Taken::Bound(self.pc));
                Flow::Next(otherwise)
            }
            _ => {
                self.note(Taken::Step(self.pc));
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
                self.note(Taken::Arm(self.pc, exit.arm));
                Flow::Next(exit.node)
            }
            None => self.fail(graph, Failure("no label of the switch is equal to the value".to_owned())),
        }
    }

    fn begin(&mut self, graph: &FlowGraph, act: &Act, cx: &mut dyn StepCx) -> Flow {
        self.note(Taken::Statement(self.pc));
        let Work::Act { exec, .. } = act.decl.work else { return Flow::Stop(broken()) };
        let result = self.request(graph, act, cx, exec);
        self.after(graph, act, result)
    }

    fn request<T>(
        &self,
        graph: &FlowGraph,
        act: &Act,
        cx: &mut dyn StepCx,
        call: impl FnOnce(&mut Request<'_>) -> T,
    ) -> T {
        let guards = || guards_in_scope(graph, &self.guards);
        let (slots, last) = (&*self.slots, &self.last);
        call(&mut Request { decl: act.decl, args: &act.args, slots, last, guards: &guards, cx })
    }

    /// The exchange's answer to the act that the frame sleeps on. A frame that does not wait
    /// ignores it: the exchange drops late completions by their generation.
    pub fn complete(&mut self, completion: Completion, cx: &mut dyn StepCx) -> Run {
        if !self.waiting {
            return self.run(cx);
        }
        self.waiting = false;
        let graph = Arc::clone(&self.graph);
        let Some(Op::Act(act)) = graph.node(self.pc) else { return broken() };
        let Work::Act { complete, .. } = act.decl.work else { return broken() };
        let result = self.request(&graph, act, cx, |request| complete(request, completion));
        match self.after(&graph, act, result) {
            Flow::Next(next) => {
                self.pc = next;
                self.run(cx)
            }
            Flow::Stop(run) => run,
        }
    }

    fn after(&mut self, graph: &FlowGraph, act: &Act, result: Result<Exec, Failure>) -> Flow {
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
            Ok(Exec::Outcome { name, value }) => self.outcome(graph, act, &name, value),
            Err(failure) => {
                self.last.outcome = Arc::from(FAILED);
                match act.failed {
                    Some(exit) => self.take(graph, exit, None),
                    None => Flow::Stop(Run::Ended(EndReason::Failed(failure.0))),
                }
            }
        }
    }

    fn outcome(&mut self, graph: &FlowGraph, act: &Act, name: &Arc<str>, value: Option<Value>) -> Flow {
        self.last.outcome = Arc::clone(name);
        let key = act.args.patterns.iter().position(|p| p == name);
        if let Some(exit) = key.and_then(|at| act.keys.get(at).copied().flatten()) {
            if let Some(Value::Digits(keys)) = &value {
                self.last.digits = Arc::clone(keys);
            }
            return self.take(graph, exit, value);
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
            self.store(graph, slot, value.clone());
        }
        // An outcome that the declaration does not know here is a failure of the statement.
        let exit = known.and_then(|(at, _)| act.exits.get(at).copied().flatten()).or(act.failed);
        match exit {
            Some(exit) => self.take(graph, exit, value),
            None => Flow::Stop(Run::Ended(EndReason::Failed(format!(
                "`{}` ended in `{name}` and the flow has no `failed`",
                act.decl.verb
            )))),
        }
    }

    fn take(&mut self, graph: &FlowGraph, exit: Exit, value: Option<Value>) -> Flow {
        self.note(Taken::Arm(self.pc, exit.arm));
        if let Some(slot) = exit.bind {
            // `refused(reason)` also takes outcomes that carry no value.
            self.store(graph, slot, value.unwrap_or_else(|| Value::text("")));
        }
        Flow::Next(exit.node)
    }

    fn goto_flow(&mut self, graph: &FlowGraph, goto: &GotoFlow, cx: &dyn StepCx) -> Flow {
        self.note(Taken::Statement(self.pc));
        let mut args = Vec::with_capacity(goto.args.len());
        for (name, operand) in &goto.args {
            match self.eval(operand, cx) {
                Ok(value) => args.push((Arc::clone(name), value)),
                Err(failure) => return self.fail(graph, failure),
            }
        }
        Flow::Stop(Run::GotoFlow { flow: Arc::clone(&goto.flow), args })
    }

    /// An expression failed outside a statement with arms: the flow's `failed`.
    fn fail(&mut self, graph: &FlowGraph, failure: Failure) -> Flow {
        self.last.outcome = Arc::from(FAILED);
        match graph.failed {
            Some(node) => {
                self.note(Taken::Arm(self.pc, Exit::HEADER));
                Flow::Next(node)
            }
            None => Flow::Stop(Run::Ended(EndReason::Failed(failure.0))),
        }
    }
}

/// A graph that the checks would have refused.
fn broken() -> Run {
    Run::Ended(EndReason::Failed("the flow has nothing to go on with".to_owned()))
}

fn guards_in_scope(graph: &FlowGraph, active: &[u16]) -> Arc<[Name]> {
    if active.is_empty() {
        return Arc::clone(&graph.guards);
    }
    let own = active.iter().filter_map(|at| graph.step_guards.get(usize::from(*at)));
    let mut all: Vec<Name> = graph.guards.to_vec();
    for policy in own {
        if !all.contains(policy) {
            all.push(Arc::clone(policy));
        }
    }
    all.into()
}

fn fits(value: &Value, want: Option<Type>) -> bool {
    let textual = matches!(value.type_of(), Some(Type::Text | Type::Digits | Type::Phone | Type::Extension));
    match want {
        None => true,
        Some(Type::Text) => textual,
        Some(ty) => value.type_of() == Some(ty),
    }
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
