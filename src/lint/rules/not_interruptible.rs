//! `not-interruptible`: a key stops a long prompt.

use crate::base::diagnostic::Diagnostic;
use crate::graph::FlowGraph;
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "not-interruptible",
    group: Group::Experience,
    what: "A key stops a prompt of more than ten seconds.",
    why: "Whoever calls again knows the words, and has to sit through them.",
    remedy: "Leave `barge_in false` out, or shorten the recording.",
    good: example!("not-interruptible", "good"),
    bad: example!("not-interruptible", "bad"),
    found: Found::OnGraph(search),
};

/// What callers bear with: notices that must be heard whole are seldom longer.
const LIMIT_MS: u64 = 10_000;

fn search(_: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    for (id, act) in nodes::acts(graph).filter(|(_, act)| nodes::is_flag(act, "barge_in", false)) {
        let length = nodes::words_ms(act);
        let Some(place) = graph.place(id).filter(|_| length > LIMIT_MS) else { continue };
        let message = format!("{} of words that no key stops", nodes::seconds(length));
        found.push(
            Diagnostic::warning(RULE.name, place.span, message)
                .label("`barge_in false`")
                .help("leave `barge_in false` out, or shorten the recording"),
        );
    }
}
