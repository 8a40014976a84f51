//! Defects that need steps and flows of their own.

use strowger::base::span::FileId;
use strowger::syntax::ast::*;
use strowger::syntax::parse::parse_flow;

use super::Pick;
use crate::trust::tree::{self, Visitor};

/// The flows of a text.
pub(super) fn read(text: &str) -> Vec<Flow> {
    let (mut file, found) = parse_flow(FileId(0), text);
    assert_eq!(found, [], "{text}");
    tree::flows(&mut file).map(|flow| flow.clone()).collect()
}

/// Puts a branch before the first statement of each step of a flow, one at a time; true if it did.
pub(super) fn branch_off(flow: &mut Flow, pick: &mut Pick, to: &str) -> bool {
    let text = format!("flow f {{ step s {{ if (caller.anonymous) -> {to}  hangup }} }}");
    let branch = read(&text)[0].steps[0].body.statements[0].clone();
    for step in &mut flow.steps {
        if pick.here() {
            step.body.statements.insert(0, branch);
            return true;
        }
    }
    false
}

pub fn silent_cycle(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree) {
        if branch_off(flow, pick, "planted") {
            let text = "flow f { step planted visits 3 otherwise -> over { answer  wait 1s  -> planted }  step over { hangup } }";
            flow.steps.extend(read(text).remove(0).steps);
        }
    }
}

pub fn flows_in_a_ring(tree: &mut File, pick: &mut Pick) {
    let mut ring = None;
    for flow in tree::flows(tree).filter(|f| f.params.is_empty() && f.results.is_none()) {
        if branch_off(flow, pick, "flow planted") {
            ring = Some(flow.name.value.clone());
            let asks = |s: &Statement| matches!(&s.kind, StatementKind::Action(a) if matches!(a.verb.value.as_str(), "menu" | "collect"));
            let mut one = File { items: vec![Item::Flow(flow.clone())] };
            tree::each_statement(&mut one, &mut |s| {
                if asks(s) {
                    pick.equivalent = Some("a key is pressed on the way round");
                }
            });
        }
    }
    if let Some(name) = ring {
        let text = format!("flow planted {{ step s {{ answer  wait 1s  -> flow {name} }} }}");
        tree.items.extend(read(&text).into_iter().map(Item::Flow));
    }
}

pub fn no_owner(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree) {
        let is = |h: &Header| matches!(h, Header::Setting(setting) if setting.key.value == "owner");
        if flow.header.iter().any(is) && pick.here() {
            flow.header.retain(|h| !is(h));
            if flow.results.is_some() {
                pick.equivalent = Some("a subflow belongs to the flows that run it");
            } else if flow.doc.is_none() {
                pick.equivalent = Some("the flow lacks a text as well, and is reported for that");
            }
        }
    }
}

/// A step of another name that does what a step of some size does.
pub fn step_written_twice(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree) {
        for at in 0..flow.steps.len() {
            // What is only called something else is counted by the rule's own measure of size.
            if size(&flow.steps[at]) > 2 && pick.here() {
                let mut again = flow.steps[at].clone();
                again.name.value = "planted".to_owned();
                flow.steps.push(again);
            }
        }
    }
}

/// Statements and arms of a step.
fn size(step: &Step) -> usize {
    struct Count(usize);
    impl Visitor for Count {
        fn statement(&mut self, _: &mut Statement) {
            self.0 += 1;
        }
        fn arm(&mut self, _: &mut Arm) {
            self.0 += 1;
        }
    }
    let mut count = Count(0);
    tree::step(&mut step.clone(), &mut count);
    count.0
}

pub fn too_many_steps(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree) {
        if pick.here() {
            let more = (0..200).map(|n| format!("step planted_{n} {{ hangup }}")).collect::<Vec<_>>().join(" ");
            flow.steps.extend(read(&format!("flow f {{ {more} }}")).remove(0).steps);
        }
    }
}

/// Half a minute and more of words before anything can be chosen.
pub fn long_speech(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree) {
        if pick.here() {
            let words = "All our lines are busy. ".repeat(40);
            let text = format!(
                "flow f {{ step s {{ answer  menu say \"{words}\" {{ 1 -> next  otherwise -> next }} hangup }} }}"
            );
            let mut statements = read(&text).remove(0).steps.remove(0).body.statements;
            statements.pop();
            flow.steps[0].body.statements.splice(0..0, statements);
        }
    }
}
