//! `time-to-first-choice`: a caller can choose within 20 seconds and talk within 60.

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::graph::{FlowGraph, NodeId, Op};
use crate::lint::Context;
use crate::lint::longest::Longest;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "time-to-first-choice",
    group: Group::Experience,
    what: "A caller listens for at most 20 seconds before the first choice, and 60 before a person.",
    why: "Callers wait for the first moment at which they can do something; those who cannot hang up.",
    remedy: "Shorten the recordings, or ask first and explain later.",
    good: example!("time-to-first-choice", "good"),
    bad: example!("time-to-first-choice", "bad"),
    found: Found::OnGraph(search),
};

/// Words before the first choice, the first menu's own included.
const TO_CHOICE_MS: u64 = 20_000;
/// Words before somebody rings.
const TO_PERSON_MS: u64 = 60_000;

/// Where a way comes to what callers wait for.
type Stops<'a> = &'a dyn Fn(NodeId) -> bool;

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let words = |id: NodeId| nodes::act(graph, id).map_or(0, nodes::words_ms);
    // No path through a flow is longer than all of its words.
    let all = graph.ids().map(words).fold(0, u64::saturating_add);
    if all <= TO_CHOICE_MS {
        return;
    }
    let asks = |id: NodeId| nodes::act(graph, id).is_some_and(nodes::asks_caller);
    let person = |id: NodeId| matches!(graph.node(id), Some(Op::Act(act)) if nodes::reaches_person(act));
    let limits: [(u64, Stops<'_>, &str, &str); 2] = [
        (TO_CHOICE_MS, &asks, "the first choice", "ask first and explain later, or shorten the recordings"),
        (TO_PERSON_MS, &person, "a person is called", "shorten the recordings on this path"),
    ];
    for (limit, stops, what, help) in limits {
        let longest = Longest::search(graph, context.ways(graph), words, stops);
        let ends = graph.ids().filter(|id| stops(*id));
        let worst =
            ends.filter_map(|id| Some((longest.total(id)?, id))).max_by_key(|(ms, id)| (*ms, std::cmp::Reverse(*id)));
        let Some((ms, id)) = worst.filter(|(ms, _)| *ms > limit) else { continue };
        let Some(place) = graph.place(id) else { continue };
        let message = format!("a caller listens for {} before {what}", nodes::seconds(ms));
        found.push(
            Diagnostic::new(RULE.name, Severity::Info, place.span, message)
                .label(format!("at most {} are bearable", nodes::seconds(limit)))
                .help(help)
                .path(nodes::path(graph, 0, || longest.path(id))),
        );
    }
}
