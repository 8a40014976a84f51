//! Defects that need steps and flows of their own.

use strowger::base::span::FileId;
use strowger::syntax::ast::*;
use strowger::syntax::parse::parse_flow;

use super::Pick;
use crate::trust::tree;

/// The flows of a text.
fn read(text: &str) -> Vec<Flow> {
    let (mut file, found) = parse_flow(FileId(0), text);
    assert_eq!(found, [], "{text}");
    tree::flows(&mut file).map(|flow| flow.clone()).collect()
}

/// Puts a branch before the first statement of each step of a flow, one at a time; true if it did.
fn branch_off(flow: &mut Flow, pick: &mut Pick, to: &str) -> bool {
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
        }
    }
}
