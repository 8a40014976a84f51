//! `silent-failure`: a caller who could not be connected is told so before the call ends.

use crate::base::diagnostic::Diagnostic;
use crate::graph::{Act, FlowGraph};
use crate::lint::Context;
use crate::lint::cut_off::{self, CutOff};
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "silent-failure",
    group: Group::Experience,
    what: "A caller who could not be connected hears something before the call ends.",
    why: "A line that goes dead after ringing is taken for a fault: the caller calls again, and again.",
    remedy: "Play a few words before `hangup`, or offer somebody else.",
    good: example!("silent-failure", "good"),
    bad: example!("silent-failure", "bad"),
    found: Found::OnGraph(search),
};

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let places = |act: &Act| act.decl.effects.places_leg;
    for CutOff { id, act, outcome, exit, others, path } in
        cut_off::all(context, graph, places, |act| nodes::failing_exits(act).collect())
    {
        let Some(place) = graph.place(id) else { continue };
        let more = if others > 0 { format!(" (and {others} more outcomes)") } else { String::new() };
        let message = format!("on `{outcome}`{more} the call ends without a word");
        let arm = act.labels.get(usize::from(exit.arm)).map_or(place.span, |(_, span)| *span);
        let mut diagnostic = Diagnostic::warning(RULE.name, arm, message)
            .label("the caller hears nothing and is cut off")
            .help("play a few words before `hangup`, or offer somebody else");
        if arm != place.span {
            diagnostic = diagnostic.also(place.span, "this can fail");
        }
        found.push(diagnostic.path(path));
    }
}
