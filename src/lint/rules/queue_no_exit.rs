//! `queue-no-exit`: a caller in a queue can leave it.

use crate::base::diagnostic::Diagnostic;
use crate::graph::{Act, FlowGraph, NodeId, Op};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::outcomes::FAILED;

pub const RULE: Rule = Rule {
    name: "queue-no-exit",
    group: Group::Suspicious,
    what: "A caller in a queue gets out of it: within half an hour, by a key, or when it is full.",
    why: "A queue whose way out leads back into it, or only after an hour, keeps callers until they hang up.",
    remedy: "Shorten `max_wait`, and let its outcomes lead to somebody else, a message or a callback.",
    good: example!("queue-no-exit", "good"),
    bad: example!("queue-no-exit", "bad"),
    found: Found::OnGraph(search),
};

/// Statements that are followed from an outcome back to the queue; a longer way has a fork or a person on it.
const FARTHEST: usize = 256;

/// What a caller can be asked to wait for without a key to leave by.
const LIMIT_MS: u64 = 30 * 60 * 1_000;

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let queued = nodes::acts(graph).filter_map(|(id, act)| Some((id, act, nodes::queue(graph, id)?)));
    for (nth, (id, act, (name, span))) in queued.enumerate() {
        let own = || context.site.queues.get(name).map(|q| q.max_wait_ms);
        let longest = nodes::known(act, "max_wait").and_then(nodes::duration_ms).or_else(own);
        let by_key = act.keys.iter().any(Option::is_some);
        if let Some(wait) = longest.filter(|ms| *ms > LIMIT_MS && !by_key) {
            let wait = crate::syntax::duration::print(wait);
            let message = format!("a caller can be kept in queue `{name}` for {wait} and has no way out of it");
            found.push(
                Diagnostic::warning(RULE.name, span, message)
                    .label("no key leaves it")
                    .help("write a shorter `max_wait`, and offer a message or somebody else after it"),
            );
        }
        if let Some((outcome, path)) = leads_back(graph, id, act) {
            let message = format!("`{outcome}` of queue `{name}` leads back into it");
            found.push(
                Diagnostic::warning(RULE.name, span, message)
                    .label("the caller is offered nothing else")
                    .help(format!("let `{outcome}` lead to somebody else, a message, or the end"))
                    .path(nodes::path(graph, nth, || path)),
            );
        }
    }
}

/// The first outcome after which the call comes to this very statement again before it meets a choice,
/// a person or an end.
fn leads_back(graph: &FlowGraph, id: NodeId, act: &Act) -> Option<(&'static str, Vec<NodeId>)> {
    for (outcome, exit) in nodes::failing_exits(act) {
        if act.decl.outcome(outcome).is_some_and(|(_, o)| o.group == Some(FAILED)) {
            continue;
        }
        // Only a way without a fork surely leads back.
        let mut path = vec![id, exit.node];
        let mut at = exit.node;
        while path.len() <= FARTHEST {
            if at == id {
                return Some((outcome, path));
            }
            let next = match graph.node(at) {
                Some(Op::Enter { next, .. }) => Some(*next),
                Some(Op::Act(act)) if !act.decl.effects.ends => act.next,
                Some(Op::Set { next, .. } | Op::Guard { next, .. }) => Some(*next),
                _ => None,
            };
            let Some(next) = next else { break };
            path.push(next);
            at = next;
        }
    }
    None
}
