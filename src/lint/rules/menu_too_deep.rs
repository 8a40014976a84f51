//! `menu-too-deep`: nobody has to go through more than three menus.

use std::collections::VecDeque;

use crate::base::diagnostic::Diagnostic;
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

/// Searches menu by menu: what is reached with none, with one and so on. A menu that is first reached
/// after [`MOST`] others is too deep; what lies behind it is as deep and needs no finding of its own.
fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let is_menu = |id: NodeId| nodes::act(graph, id).is_some_and(|act| act.decl.verb == "menu");
    if graph.ids().filter(|id| is_menu(*id)).count() <= MOST {
        return;
    }
    let ways = context.ways(graph);
    let mut reached = Reached { from: vec![None; graph.nodes.len()] };
    let mut begins = vec![(graph.entry, None)];
    let mut menus = Vec::new();
    for _ in 0..=MOST {
        menus.clear();
        let mut queue: VecDeque<NodeId> = begins.drain(..).filter_map(|(to, from)| reached.add(to, from)).collect();
        while let Some(id) = queue.pop_front() {
            if is_menu(id) {
                menus.push(id);
                continue;
            }
            queue.extend(ways.after.each(id).filter_map(|to| reached.add(to, Some(id))));
        }
        begins.extend(menus.iter().flat_map(|m| ways.after.each(*m).map(|to| (to, Some(*m)))));
    }
    menus.sort_unstable();
    for (nth, id) in menus.into_iter().enumerate() {
        let Some(place) = graph.place(id) else { continue };
        let message = format!("a caller goes through {MOST} menus before this one");
        found.push(
            Diagnostic::warning(RULE.name, place.span, message)
                .label(format!("menu number {} on every way", MOST + 1))
                .help("merge menus, or bring what callers want nearer to the entry")
                .path(nodes::path(graph, nth, || reached.path(id))),
        );
    }
}

/// From where each node was first come to.
struct Reached {
    from: Vec<Option<Option<NodeId>>>,
}

impl Reached {
    /// The node, if it is new.
    fn add(&mut self, to: NodeId, from: Option<NodeId>) -> Option<NodeId> {
        match self.from.get_mut(to.index()) {
            Some(entry @ None) => {
                *entry = Some(from);
                Some(to)
            }
            _ => None,
        }
    }

    fn path(&self, id: NodeId) -> Vec<NodeId> {
        let mut path = vec![id];
        let mut at = id;
        while let Some(from) = self.from.get(at.index()).copied().flatten().flatten() {
            path.push(from);
            at = from;
        }
        path.reverse();
        path
    }
}
