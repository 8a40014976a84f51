//! `menu-too-wide`: a menu has at most five choices.

use std::collections::BTreeSet;

use crate::base::diagnostic::Diagnostic;
use crate::graph::FlowGraph;
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "menu-too-wide",
    group: Group::Experience,
    what: "A menu has at most five choices; `0`, `*` and `#` do not count.",
    why: "Callers have forgotten the first choice when they hear the sixth.",
    remedy: "Offer the most wanted choices, and put the others behind one of them.",
    good: example!("menu-too-wide", "good"),
    bad: example!("menu-too-wide", "bad"),
    found: Found::OnGraph(search),
};

/// Choices that a caller can keep in mind while listening.
const MOST: usize = 5;
/// The keys that mean the same in every menu: an operator, back, again.
const SAME_EVERYWHERE: [&str; 3] = ["0", "*", "#"];

fn search(_: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    for (id, act) in nodes::acts(graph).filter(|(_, act)| act.decl.verb == "menu") {
        // Keys of one arm are one choice.
        let choices = act.args.patterns.iter().zip(&act.keys).filter(|(p, _)| !SAME_EVERYWHERE.contains(&p.as_ref()));
        let arms: BTreeSet<u16> = choices.filter_map(|(_, exit)| exit.map(|e| e.arm)).collect();
        let Some(place) = graph.place(id).filter(|_| arms.len() > MOST) else { continue };
        let message = format!("this menu has {} choices", arms.len());
        found.push(
            Diagnostic::warning(RULE.name, place.span, message)
                .label(format!("callers keep {MOST} in mind"))
                .help("put the choices that few callers want into a menu of their own"),
        );
    }
}
