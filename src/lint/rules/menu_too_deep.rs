//! `menu-too-deep`: nobody has to go through more than three menus.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze::{self, Search};
use crate::graph::{FlowGraph, NodeId};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};

pub const RULE: Rule = Rule {
    name: "menu-too-deep",
    group: Group::Experience,
    what: "Nobody has to go through more than three menus.",
    why: "Each menu costs half a minute and some of the callers.",
    remedy: "Bring what callers want nearer to the entry, or ask by `collect`.",
    good: example!("menu-too-deep", "good"),
    bad: example!("menu-too-deep", "bad"),
    found: Found::OnGraph(search),
};

/// Menus that a caller may have to go through.
const MOST: usize = 3;

/// Over nodes, each with the menus that were gone through before it, up to [`MOST`]. A menu is too
/// deep if it is reached after so many and never after fewer.
fn search(_: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let is_menu = |id: NodeId| nodes::act(graph, id).is_some_and(|act| act.decl.verb == "menu");
    if graph.ids().filter(|id| is_menu(*id)).count() <= MOST {
        return;
    }
    let count = graph.nodes.len();
    let reached = Search::over((MOST + 1) * count, [graph.entry.index()], |at| {
        let (depth, id) = (at / count, NodeId::from_index(at % count));
        let depth = depth + usize::from(is_menu(id));
        if depth > MOST {
            return Vec::new();
        }
        analyze::successors(graph, id).into_iter().map(|next| next.index() + depth * count).collect()
    });
    let at_depth = |id: NodeId, depth: usize| reached.reached_place(id.index() + depth * count);
    let deep = |id: &NodeId| is_menu(*id) && at_depth(*id, MOST) && !(0..MOST).any(|depth| at_depth(*id, depth));
    for (nth, id) in graph.ids().filter(deep).enumerate() {
        let Some(place) = graph.place(id) else { continue };
        let message = format!("a caller goes through {MOST} menus before this one");
        let path = || reached.path_to(id.index() + MOST * count).into_iter();
        let path = || path().map(|at| NodeId::from_index(at % count)).collect();
        found.push(
            Diagnostic::warning(RULE.name, place.span, message)
                .label(format!("menu number {} on every way", MOST + 1))
                .help("merge menus, or bring what callers want nearer to the entry")
                .path(nodes::path(graph, nth, path)),
        );
    }
}
