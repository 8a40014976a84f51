//! `wait-without-timeout`: who is parked or queued waits only as long as somebody has decided.

use crate::base::diagnostic::Diagnostic;
use crate::graph::FlowGraph;
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "wait-without-timeout",
    group: Group::Suspicious,
    what: "A parked call comes back after a time that the flow says, and a caller in a queue after one that the flow or the site says.",
    why: "Without `timeout` a parked call stays as long as a flow may run: a caller whom everybody forgot hears music for hours. A queue has a limit by default, which nobody chose.",
    remedy: "Write `timeout` at `park`, and `max_wait` at the statement or at the queue in `strowger.yaml`; let its arm go to somebody.",
    good: example!("wait-without-timeout", "good"),
    bad: example!("wait-without-timeout", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let parks = nodes::acts(graph).filter(|(_, act)| act.decl.verb == "park");
    for (id, _) in parks.filter(|(_, act)| nodes::setting(act, "timeout").is_none()) {
        let Some(place) = graph.place(id) else { continue };
        let longest = crate::syntax::duration::print(graph.limits.max_duration_ms);
        found.push(
            Diagnostic::warning(RULE.name, place.span, format!("a parked caller can be left here for {longest}"))
                .label("no `timeout`")
                .help("write `timeout 2m`, and let its arm go to somebody"),
        );
    }
    queued_for_ever(context, graph, found);
}

/// Queues whose longest wait stands neither in the flow nor in the site file.
fn queued_for_ever(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    for (id, act) in nodes::acts(graph) {
        let Some((name, span)) = nodes::queue(graph, id) else { continue };
        let Some(queue) = context.site.queues.get(name) else { continue };
        if queue.says_max_wait || nodes::setting(act, "max_wait").is_some() {
            continue;
        }
        let wait = crate::syntax::duration::print(queue.max_wait_ms);
        let message = format!("nothing says how long a caller waits in queue `{name}`: it is {wait} by default");
        found.push(
            Diagnostic::warning(RULE.name, span, message)
                .label("no `max_wait`")
                .help("write `max_wait 5m` here, or `max_wait: 5m` at the queue in `strowger.yaml`"),
        );
    }
}
