//! Changes that make a subflow of a step, and steps of a subflow.

use std::collections::BTreeSet;

use strowger::syntax::ast::*;

use super::{arrow, is_bound};
use crate::trust::Dice;
use crate::trust::plants::name;
use crate::trust::tree::{self, Visitor};

/// What decides whether a block can stand in another flow.
#[derive(Default)]
struct Holds {
    /// Expressions, which can fail and read variables.
    code: bool,
    /// `-> flow`, which no subflow may have.
    flow: bool,
    /// `set` and `collect`, which write variables.
    writes: bool,
    /// Arms of time, in which nothing returns.
    timed: bool,
    /// Arms that leave failures to the header.
    open: bool,
    steps: BTreeSet<String>,
}

impl Visitor for Holds {
    fn code(&mut self, _: &mut String) {
        self.code = true;
    }

    fn goto(&mut self, goto: &mut Goto) {
        match &goto.target {
            GotoTarget::Step(step) => drop(self.steps.insert(step.value.clone())),
            GotoTarget::Flow { .. } => self.flow = true,
            GotoTarget::Next => {}
        }
    }

    fn statement(&mut self, statement: &mut Statement) {
        match &statement.kind {
            StatementKind::Set { .. } | StatementKind::Return { .. } => self.writes = true,
            StatementKind::Action(action) => {
                self.writes |= action.verb.value == "collect";
                let is = |arm: &Arm| arm.labels.iter().any(|l| l.kind == LabelKind::Outcome("otherwise".to_owned()));
                self.open |= action.arms.as_ref().is_some_and(|arms| !arms.iter().any(is));
            }
            _ => {}
        }
    }

    fn arm(&mut self, arm: &mut Arm) {
        self.timed |= arm.labels.iter().any(|l| matches!(l.kind, LabelKind::Every(_) | LabelKind::After(_)));
    }
}

fn holds(step: &Step) -> Holds {
    let mut holds = Holds::default();
    tree::step(&mut Step { visits: None, ..step.clone() }, &mut holds);
    holds
}

/// Whether time begins a block of the step.
pub fn is_timed(step: &Step) -> bool {
    holds(step).timed
}

/// What a block does instead of going to a step.
struct Instead<'a>(&'a dyn Fn(&str) -> Option<Vec<Statement>>);

impl Visitor for Instead<'_> {
    fn arm(&mut self, arm: &mut Arm) {
        if let Body::Goto(Goto { target: GotoTarget::Step(to), span }) = &arm.body
            && let Some(statements) = (self.0)(&to.value)
        {
            arm.body = Body::Block(Block { statements, span: *span });
        }
    }

    fn statement(&mut self, statement: &mut Statement) {
        if let StatementKind::If(branch) = &mut statement.kind {
            for body in std::iter::once(&mut branch.then).chain(&mut branch.otherwise) {
                if let Body::Goto(Goto { target: GotoTarget::Step(to), span }) = body
                    && let Some(statements) = (self.0)(&to.value)
                {
                    *body = Body::Block(Block { statements, span: *span });
                }
            }
        }
    }

    fn block(&mut self, block: &mut Block) {
        let to = |s: &Statement| match &s.kind {
            StatementKind::Goto(Goto { target: GotoTarget::Step(to), .. }) => (self.0)(&to.value),
            _ => None,
        };
        block.statements = block.statements.drain(..).flat_map(|s| to(&s).unwrap_or_else(|| vec![s])).collect();
    }
}

/// What of a header is said to a subflow as well, if it reads nothing of the flow.
fn shared(flow: &Flow) -> Option<Vec<Header>> {
    let keeps = |h: &&Header| matches!(h, Header::Default { .. } | Header::Constant(_));
    let header: Vec<Header> = flow.header.iter().filter(keeps).cloned().collect();
    let mut holds = Holds::default();
    let bare = Flow { params: Vec::new(), results: None, header: header.clone(), steps: Vec::new(), ..flow.clone() };
    tree::flow(&mut bare.clone(), &mut holds);
    (!holds.code).then_some(header)
}

fn statement(kind: StatementKind) -> Statement {
    Statement { doc: None, kind, span: Default::default() }
}

fn give(outcome: &str) -> Statement {
    statement(StatementKind::Return { outcome: name(outcome), value: None })
}

/// A step's statements become a subflow that returns where they went on to.
pub fn outline(file: &mut File, dice: &mut Dice) {
    let mut made = Vec::new();
    for (number, flow) in tree::flows(file).enumerate().filter(|(_, flow)| flow.results.is_none()) {
        let Some(header) = shared(flow) else { continue };
        let catches = flow.header.iter().any(|h| matches!(h, Header::Failed(_)));
        let fit = |step: &&mut Step| {
            let holds = holds(step);
            let stays = holds.code || holds.flow || holds.writes || holds.timed || catches && holds.open;
            !stays && !holds.steps.is_empty()
        };
        let mut steps: Vec<&mut Step> = flow.steps.iter_mut().filter(fit).collect();
        let Some(at) = (0..steps.len()).nth(dice.below(steps.len())) else { continue };
        let (step, called) = (&mut steps[at], format!("made_{number}"));
        let to = holds(step).steps;
        let body = std::mem::replace(&mut step.body, Block { statements: Vec::new(), span: Default::default() });
        let mut only = Step { visits: None, body, name: name("only"), ..(*step).clone() };
        tree::step(&mut only, &mut Instead(&|to| Some(vec![give(&format!("to_{to}"))])));
        let arms = to.iter().map(|to| Arm {
            doc: None,
            labels: vec![Label {
                kind: LabelKind::Outcome(format!("to_{to}")),
                binding: None,
                span: Default::default(),
            }],
            body: Body::Goto(arrow(to)),
            span: Default::default(),
        });
        let run = Action {
            verb: name("run"),
            subject: Subject::Run { flow: name(&called), args: Vec::new() },
            settings: Vec::new(),
            arms: Some(arms.collect()),
        };
        step.body.statements = vec![statement(StatementKind::Action(run))];
        made.push(Flow {
            doc: None,
            name: name(&called),
            params: Vec::new(),
            results: Some(to.iter().map(|to| ResultDecl { name: name(&format!("to_{to}")), value: None }).collect()),
            header,
            steps: vec![only],
            span: Default::default(),
        });
    }
    file.items.extend(made.into_iter().map(Item::Flow));
}

/// Whether a subflow is no more than its steps.
fn is_plain(flow: &Flow) -> bool {
    flow.results.is_some()
        && flow.params.is_empty()
        && flow.header.is_empty()
        && flow.steps.iter().all(|step| step.visits.is_none() && !holds(step).code)
}

/// The subflow that a step runs at its end and the arms of that, if its steps can stand in the flow.
fn last_run<'a>(step: &'a Step, subflows: &'a [Flow]) -> Option<(&'a Flow, &'a [Arm])> {
    let StatementKind::Action(Action { subject: Subject::Run { flow, .. }, arms: Some(arms), .. }) =
        &step.body.statements.last()?.kind
    else {
        return None;
    };
    let binds = arms.iter().flat_map(|arm| &arm.labels).any(|label| label.binding.is_some());
    let found = subflows.iter().find(|one| one.name.value == flow.value)?;
    (!binds && !is_bound(step)).then_some((found, arms))
}

/// What a subflow's steps are called in the flow.
fn inside(number: usize, step: &str) -> String {
    format!("in_{number}_{step}")
}

/// The steps of a subflow stand in the flow that ran it; what it returned is what the arms did.
pub fn inline(file: &mut File, _: &mut Dice) {
    let subflows: Vec<Flow> = tree::flows(file).filter(|flow| is_plain(flow)).map(|flow| flow.clone()).collect();
    let mut number = 0;
    for flow in tree::flows(file) {
        let defaults = flow.header.iter().any(|h| matches!(h, Header::Default { .. } | Header::Failed(_)));
        if defaults || flow.results.is_some() {
            continue;
        }
        let mut more = Vec::new();
        // Only a call comes to the first step for certain.
        for step in flow.steps.iter_mut().take(1) {
            let Some((subflow, arms)) = last_run(step, &subflows) else { continue };
            more.extend(subflow.steps.iter().map(|one| placed(one, number, arms)));
            let first = inside(number, &subflow.steps[0].name.value);
            step.body.statements.pop();
            step.body.statements.push(statement(StatementKind::Goto(arrow(&first))));
            number += 1;
        }
        flow.steps.extend(more);
    }
    let mut run = BTreeSet::new();
    tree::each_action(file, &mut |action| {
        if let Subject::Run { flow, .. } = &action.subject {
            run.insert(flow.value.clone());
        }
    });
    let plain: BTreeSet<&str> = subflows.iter().map(|f| f.name.value.as_str()).collect();
    if number > 0 {
        file.items.retain(|item| match item {
            Item::Flow(flow) => !plain.contains(flow.name.value.as_str()) || run.contains(&flow.name.value),
            Item::Constant(_) => true,
        });
    }
}

/// A step of a subflow as it stands in the flow.
fn placed(step: &Step, number: usize, arms: &[Arm]) -> Step {
    struct Names(usize);
    impl Visitor for Names {
        fn goto(&mut self, goto: &mut Goto) {
            if let GotoTarget::Step(to) = &mut goto.target {
                to.value = inside(self.0, &to.value);
            }
        }
    }
    struct Returns<'a>(&'a [Arm]);
    impl Visitor for Returns<'_> {
        fn block(&mut self, block: &mut Block) {
            let stands_for = |s: Statement| match &s.kind {
                StatementKind::Return { outcome, .. } => self.given(&outcome.value),
                _ => vec![s],
            };
            block.statements = block.statements.drain(..).flat_map(stands_for).collect();
        }
    }
    impl Returns<'_> {
        fn given(&self, outcome: &str) -> Vec<Statement> {
            let is = |arm: &&Arm, word: &str| arm.labels.iter().any(|l| l.kind == LabelKind::Outcome(word.to_owned()));
            let named = self.0.iter().find(|arm| is(arm, outcome));
            match &named.or(self.0.iter().find(|arm| is(arm, "otherwise"))).unwrap().body {
                Body::Goto(goto) => vec![statement(StatementKind::Goto(goto.clone()))],
                Body::Block(block) => block.statements.clone(),
            }
        }
    }
    let mut step = step.clone();
    tree::step(&mut step, &mut Names(number));
    tree::step(&mut step, &mut Returns(arms));
    step.name.value = inside(number, &step.name.value);
    step
}
