//! `silent-failure`: a caller who could not be connected is told so before the call ends.

use crate::base::diagnostic::Diagnostic;
use crate::graph::{Act, FlowGraph};
use crate::lint::Context;
use crate::lint::cut_off::{self, Words};
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
    for cut in cut_off::all(context, graph, places, |act| nodes::failing_exits(act).collect()) {
        let more = if cut.others > 0 { format!(" (and {} more outcomes)", cut.others) } else { String::new() };
        let message = format!("on `{}`{more} the call ends without a word", cut.outcome);
        let help = "play a few words before `hangup`, or offer somebody else";
        found.extend(cut.finding(
            graph,
            &RULE,
            Words { message, label: "the caller hears nothing and is cut off", help },
        ));
    }
}
