//! Defects of paths: bounds, guards, answers and ends that are not where they must be.

use strowger::syntax::ast::*;

use super::{Pick, name, target};
use crate::trust::tree;

pub fn no_visits(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        if step.visits.is_none() || !pick.here() {
            return;
        }
        step.visits = None;
    });
    if pick.was_hit() && !tree::flows(tree).any(|f| goes_round(f)) {
        pick.equivalent = Some("no cycle has lost its bound");
    }
}

/// A bound that leads back to its own step.
pub fn bound_leads_back(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        let own = step.name.value.clone();
        if let Some((_, goto)) = &mut step.visits
            && pick.here()
        {
            goto.target = GotoTarget::Step(name(&own));
        }
    });
}

pub fn no_visit_at_all(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        if let Some((count, _)) = &mut step.visits
            && pick.here()
        {
            count.value = 0;
        }
    });
}

/// Whether steps form a cycle without `visits`, by their arrows alone.
fn goes_round(flow: &Flow) -> bool {
    let mut file = File { items: vec![Item::Flow(flow.clone())] };
    let mut arrows: Vec<Vec<String>> = Vec::new();
    tree::each_step(&mut file, &mut |step| {
        let mut inner = flow.clone();
        step.visits.clone_into(&mut inner.steps[0].visits);
        inner.header.clear();
        inner.steps = vec![step.clone()];
        let mut to = Vec::new();
        let mut one = File { items: vec![Item::Flow(inner)] };
        tree::each_goto(&mut one, &mut |goto| {
            if let GotoTarget::Step(step) = &goto.target {
                to.push(step.value.clone());
            }
        });
        arrows.push(to);
    });
    // What leads nowhere but to steps that were taken away is taken away.
    let mut left: Vec<usize> = (0..flow.steps.len()).filter(|n| flow.steps[*n].visits.is_none()).collect();
    loop {
        let stays = |n: &usize| left.iter().any(|m| arrows[*n].contains(&flow.steps[*m].name.value));
        let next: Vec<usize> = left.iter().copied().filter(stays).collect();
        if next.len() == left.len() {
            return !left.is_empty();
        }
        left = next;
    }
}

pub fn no_guard(tree: &mut File, pick: &mut Pick) {
    let mut bare = Vec::new();
    for (at, flow) in tree::flows(tree).enumerate() {
        let guards = flow.header.iter().filter(|h| matches!(h, Header::Guard(_))).count();
        if guards == 1 && pick.here() {
            flow.header.retain(|h| !matches!(h, Header::Guard(_)));
            bare.push(at);
        }
    }
    let flow = bare.first().and_then(|at| tree::flows(tree).nth(*at)).map(|f| f.clone());
    if let Some(flow) = flow {
        let mut leaves = false;
        tree::each_action(&mut File { items: vec![Item::Flow(flow)] }, &mut |action| {
            leaves |= target(action).is_some_and(|t| matches!(t.kind.value.as_str(), "number" | "pstn"));
        });
        if !leaves {
            pick.equivalent = Some("the flow places no outside leg");
        }
    }
}

/// `guard` of a step stands behind what it was to guard.
pub fn guard_too_late(tree: &mut File, pick: &mut Pick) {
    tree::each_block(tree, &mut |block| {
        let is = |s: &Statement, verb: &str| matches!(&s.kind, StatementKind::Action(a) if a.verb.value == verb);
        for at in 1..block.statements.len() {
            if is(&block.statements[at - 1], "guard") && is(&block.statements[at], "transfer") && pick.here() {
                block.statements.swap(at - 1, at);
            }
        }
    });
}

fn is_heard(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Action(a) if matches!(a.verb.value.as_str(), "play" | "menu" | "collect"))
}

fn is_answer(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Action(a) if a.verb.value == "answer")
}

pub fn play_first(tree: &mut File, pick: &mut Pick) {
    tree::each_block(tree, &mut |block| {
        for at in 1..block.statements.len() {
            if is_answer(&block.statements[at - 1]) && is_heard(&block.statements[at]) && pick.here() {
                block.statements.swap(at - 1, at);
            }
        }
    });
}

/// Whether a flow has such a statement.
fn has(flow: &Flow, is: fn(&Statement) -> bool) -> bool {
    let mut found = false;
    tree::each_statement(&mut File { items: vec![Item::Flow(flow.clone())] }, &mut |s| found |= is(s));
    found
}

/// Does something to each flow by itself.
fn each_flow(tree: &mut File, f: &mut dyn FnMut(&Flow, &mut File)) {
    for flow in tree::flows(tree) {
        let mut one = File { items: vec![Item::Flow(flow.clone())] };
        f(flow, &mut one);
        if let Some(Item::Flow(changed)) = one.items.pop() {
            *flow = changed;
        }
    }
}

pub fn no_answer(tree: &mut File, pick: &mut Pick) {
    each_flow(tree, &mut |flow, one| {
        tree::each_block(one, &mut |block| {
            if let Some(at) = block.statements.iter().position(is_answer)
                && pick.here()
            {
                block.statements.remove(at);
                if !has(flow, is_heard) {
                    pick.equivalent = Some("nothing is played to the caller");
                }
            }
        });
    });
}

pub fn refuses_in_the_end(tree: &mut File, pick: &mut Pick) {
    each_flow(tree, &mut |flow, one| {
        tree::each_action(one, &mut |action| {
            if has(flow, is_answer) && action.verb.value == "hangup" && pick.here() {
                action.verb.value = "reject".to_owned();
                action.subject = Subject::Value(Value::new(ValueKind::Name("busy".to_owned()), Default::default()));
            }
        });
    });
}

/// The last statement of a step is forgotten.
pub fn no_end(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        if pick.here() {
            step.body.statements.pop();
        }
    });
}

/// An arm of a step's last statement goes on where nothing follows.
pub fn arm_leads_nowhere(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        let Some(Statement { kind: StatementKind::Action(action), .. }) = step.body.statements.last_mut() else {
            return;
        };
        for arm in action.arms.iter_mut().flatten() {
            if pick.here() {
                arm.body = Body::Block(Block { statements: Vec::new(), span: Default::default() });
            }
        }
    });
}

/// A step that only leads to itself.
pub fn trap(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        if pick.here() {
            let target = GotoTarget::Step(step.name.clone());
            let kind = StatementKind::Goto(Goto { target, span: Default::default() });
            step.body.statements = vec![Statement { doc: None, kind, span: Default::default() }];
            step.visits = None;
        }
    });
}

pub fn first_value_forgotten(tree: &mut File, pick: &mut Pick) {
    each_flow(tree, &mut |flow, one| {
        tree::each_header(one, &mut |header| {
            for entry in header {
                if let Header::Variable { type_name, value, .. } = entry
                    && value.is_some()
                    && pick.here()
                {
                    *value = None;
                    type_name.get_or_insert_with(|| name("text"));
                    if has(flow, |s| matches!(s.kind, StatementKind::Set { .. })) {
                        pick.equivalent = Some("the flow sets it before it is used");
                    }
                }
            }
        });
    });
}
