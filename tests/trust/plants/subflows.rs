//! Defects of subflows: of what they declare, what they are given, and how they end.

use strowger::syntax::ast::*;

use super::news::{branch_off, read};
use super::{Pick, name};
use crate::trust::tree;

fn is_subflow(flow: &Flow) -> bool {
    flow.results.is_some()
}

/// The flows that a file has under a name of its own: `run` of any other runs what another file has.
fn subflows(tree: &mut File) -> Vec<Flow> {
    tree::flows(tree).filter(|flow| is_subflow(flow)).map(|flow| flow.clone()).collect()
}

/// Each `run` of a subflow of the same file, with what it runs.
fn each_run(tree: &mut File, f: &mut dyn FnMut(&mut Action, &Flow)) {
    let known = subflows(tree);
    tree::each_action(tree, &mut |action| {
        let Subject::Run { flow, .. } = &action.subject else { return };
        if let Some(subflow) = known.iter().find(|one| one.name.value == flow.value) {
            f(action, subflow);
        }
    });
}

pub fn outcome_never_returned(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree) {
        if let Some(results) = &mut flow.results
            && pick.here()
        {
            results.push(ResultDecl { name: name("planted"), value: None });
        }
    }
}

pub fn goes_elsewhere(tree: &mut File, pick: &mut Pick) {
    let mut hit = false;
    for flow in tree::flows(tree).filter(|flow| is_subflow(flow)) {
        hit |= branch_off(flow, pick, "flow planted");
    }
    if hit {
        tree.items.extend(read("flow planted { step s { hangup } }").into_iter().map(Item::Flow));
    }
}

/// Puts statements before those of the first step, and entries into the header.
fn begin_with(flow: &mut Flow, header: &str, statements: &str) {
    let mut more = read(&format!("flow f {{ {header} step s {{ {statements} }} }}")).remove(0);
    flow.header.append(&mut more.header);
    flow.steps[0].body.statements.splice(0..0, more.steps.remove(0).body.statements);
}

pub fn flow_returns(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree).filter(|flow| !is_subflow(flow)) {
        if pick.here() {
            begin_with(flow, "", "if (caller.anonymous) { return planted }");
        }
    }
}

pub fn returns_unknown(tree: &mut File, pick: &mut Pick) {
    tree::each_statement(tree, &mut |statement| {
        if let StatementKind::Return { outcome, .. } = &mut statement.kind
            && pick.here()
        {
            outcome.value.push('x');
        }
    });
}

pub fn failure_unhandled(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree).filter(|flow| is_subflow(flow)) {
        if pick.here() {
            flow.header.retain(|h| !matches!(h, Header::Failed(_)));
            begin_with(flow, "var planted = 1", "set planted = (10 / planted)");
        }
    }
}

pub fn too_deep(tree: &mut File, pick: &mut Pick) {
    let mut hit = false;
    for flow in tree::flows(tree) {
        if pick.here() {
            begin_with(flow, "", "run planted_1 { otherwise -> next }");
            hit = true;
        }
    }
    if hit {
        for n in 1..=9 {
            let below = if n < 9 { format!("run planted_{} {{ ok -> next }}", n + 1) } else { String::new() };
            let text = format!("subflow planted_{n} -> ok {{ step s {{ {below} return ok }} }}");
            tree.items.extend(read(&text).into_iter().map(Item::Flow));
        }
    }
}

pub fn runs_itself(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree).filter(|flow| is_subflow(flow) && flow.params.is_empty()) {
        if pick.here() {
            let run = format!("run {} {{ otherwise -> next }}", flow.name.value);
            begin_with(flow, "", &run);
        }
    }
}

/// `run` names something of another kind.
pub fn runs_flow(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree).filter(|flow| !is_subflow(flow)) {
        if pick.here() {
            let run = format!("run {} {{ otherwise -> next }}", flow.name.value);
            begin_with(flow, "", &run);
        }
    }
}

pub fn wrong_argument(tree: &mut File, pick: &mut Pick) {
    each_run(tree, &mut |action, subflow| {
        let Subject::Run { args, .. } = &mut action.subject else { return };
        for arg in args {
            let is = |p: &&Param| p.name.value == arg.name.value;
            let ty = subflow.params.iter().find(is).map(|p| p.type_name.value.as_str());
            if ty.is_some_and(|ty| ty != "bool") && pick.here() {
                arg.value.value = ValueKind::Bool(true);
            }
        }
    });
}

pub fn argument_forgotten(tree: &mut File, pick: &mut Pick) {
    each_run(tree, &mut |action, subflow| {
        let Subject::Run { args, .. } = &mut action.subject else { return };
        for at in 0..args.len() {
            let is = |p: &&Param| p.name.value == args[at].name.value;
            if subflow.params.iter().find(is).is_some_and(|p| p.default.is_none()) && pick.here() {
                args.remove(at);
                return;
            }
        }
    });
}

pub fn outcome_unhandled(tree: &mut File, pick: &mut Pick) {
    each_run(tree, &mut |action, _| {
        let Some(arms) = &mut action.arms else { return };
        let whole = |arm: &Arm| arm.labels.iter().any(|l| l.kind == LabelKind::Outcome("otherwise".to_owned()));
        for at in 0..arms.len() {
            // `otherwise` takes what no other arm does, and may be the arm of nothing.
            if !arms.iter().any(whole) && pick.here() {
                arms.remove(at);
                return;
            }
        }
    });
}
