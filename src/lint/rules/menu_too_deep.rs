//! `menu-too-deep`: nobody has to go through more than three menus.

use std::collections::{BTreeMap, VecDeque};

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Span;
use crate::graph::{FlowGraph, NodeId, Op, analyze, subflow};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, Whole, example};

pub const RULE: Rule = Rule {
    name: "menu-too-deep",
    group: Group::Experience,
    what: "Nobody has to go through more than three menus.",
    why: "Each menu costs half a minute and some of the callers.",
    remedy: "Bring what callers want nearer to the entry, or ask by `collect`.",
    good: example!("menu-too-deep", "good"),
    bad: example!("menu-too-deep", "bad"),
    found: Found::OnSite(search),
};

/// Menus that a caller may have to go through.
const MOST: usize = 3;

/// For each outcome of a subflow, by its place: the fewest menus on a way to it; `None`: there is no way.
type Through = BTreeMap<usize, Vec<Option<usize>>>;

/// Looks at what runs others first, because a subflow begins where it is run: as deep as its nearest caller is.
fn search(context: &Context<'_>, whole: &Whole<'_>, found: &mut Vec<Diagnostic>) {
    let menus: usize = whole.graphs.iter().map(count_menus).sum();
    if menus <= MOST {
        return;
    }
    let by_name = subflow::by_name(whole.graphs);
    let mut through = Through::new();
    for at in &context.calls.order {
        let Some(graph) = whole.graphs.get(*at).filter(|g| g.is_subflow()) else { continue };
        let levels = Levels::of(context, graph, 0, &by_name, &through);
        through.insert(*at, levels.to_returns(graph));
    }
    // By subflow: menus before it, and where it is run after so few.
    let mut begins: BTreeMap<usize, (usize, Span)> = BTreeMap::new();
    for at in context.calls.order.iter().rev() {
        let Some(graph) = whole.graphs.get(*at) else { continue };
        let begin = begins.get(at).copied();
        let before = begin.map_or(0, |(menus, _)| menus);
        let runs = !context.calls.callees(*at).is_empty();
        if before > MOST || (!runs && before + count_menus(graph) <= MOST) {
            continue;
        }
        let levels = Levels::of(context, graph, before, &by_name, &through);
        for id in graph.ids() {
            let (Some(menus), Some(Op::Run(run)), Some(place)) = (levels.at(id), graph.node(id), graph.place(id))
            else {
                continue;
            };
            let Some(callee) = graph.subflow_name(run).and_then(|n| by_name.get(n.as_ref())) else { continue };
            let nearest = begins.entry(*callee).or_insert((menus, place.span));
            if menus < nearest.0 {
                *nearest = (menus, place.span);
            }
        }
        report(graph, &levels, begin.map(|(_, span)| span), found);
    }
}

/// A menu that is first reached after [`MOST`] others is too deep; what lies behind it is as deep and
/// needs no finding of its own.
fn report(graph: &FlowGraph, levels: &Levels, run: Option<Span>, found: &mut Vec<Diagnostic>) {
    let too_deep = graph.ids().filter(|id| is_menu(graph, *id) && levels.at(*id) == Some(MOST));
    for (nth, id) in too_deep.enumerate() {
        let Some(place) = graph.place(id) else { continue };
        let message = format!("a caller goes through {MOST} menus before this one");
        let diagnostic = Diagnostic::warning(RULE.name, place.span, message)
            .label(format!("menu number {} on every way", MOST + 1))
            .help("merge menus, or bring what callers want nearer to the entry")
            .path(nodes::path(graph, nth, || levels.path(id)));
        found.push(match run {
            Some(span) => diagnostic.also(span, "run here, after other menus"),
            None => diagnostic,
        });
    }
}

fn is_menu(graph: &FlowGraph, id: NodeId) -> bool {
    nodes::act(graph, id).is_some_and(|act| act.decl.verb == "menu")
}

fn count_menus(graph: &FlowGraph) -> usize {
    nodes::acts(graph).filter(|(_, act)| act.decl.verb == "menu").count()
}

/// The fewest menus before each node, up to [`MOST`], and from where it was so come to.
struct Levels {
    reached: Vec<Option<(usize, Option<NodeId>)>>,
}

impl Levels {
    /// Searches menu by menu: what is reached with none, with one and so on.
    fn of(
        context: &Context<'_>,
        graph: &FlowGraph,
        before: usize,
        by_name: &BTreeMap<&str, usize>,
        through: &Through,
    ) -> Levels {
        let ways = context.ways(graph);
        let mut levels = Levels { reached: vec![None; graph.nodes.len()] };
        let mut waiting: BTreeMap<usize, VecDeque<(NodeId, Option<NodeId>)>> = BTreeMap::new();
        waiting.entry(before).or_default().push_back((graph.entry, None));
        while let Some((level, mut queue)) = waiting.pop_first() {
            while let Some((id, from)) = queue.pop_front() {
                match levels.reached.get_mut(id.index()) {
                    Some(entry @ None) => *entry = Some((level, from)),
                    _ => continue,
                }
                let callee = match graph.node(id) {
                    Some(Op::Run(run)) => {
                        let at = graph.subflow_name(run).and_then(|n| by_name.get(n.as_ref()));
                        at.and_then(|at| through.get(at)).map(|menus| (run, menus))
                    }
                    _ => None,
                };
                if let Some((run, menus)) = callee {
                    for (exit, more) in run.exits.iter().zip(menus) {
                        let (Some(exit), Some(more)) = (exit, more) else { continue };
                        let goal = (exit.node, Some(id));
                        match more {
                            0 => queue.push_back(goal),
                            more => waiting.entry(level + more).or_default().push_back(goal),
                        }
                    }
                    queue.extend(analyze::header_failed(graph, id).map(|to| (to, Some(id))));
                } else if is_menu(graph, id) {
                    if level < MOST {
                        waiting.entry(level + 1).or_default().extend(ways.after.each(id).map(|to| (to, Some(id))));
                    }
                } else {
                    queue.extend(ways.after.each(id).map(|to| (to, Some(id))));
                }
            }
        }
        levels
    }

    fn at(&self, id: NodeId) -> Option<usize> {
        self.reached.get(id.index()).copied().flatten().map(|(level, _)| level)
    }

    /// Of a subflow: the fewest menus before each outcome.
    fn to_returns(&self, graph: &FlowGraph) -> Vec<Option<usize>> {
        let mut fewest = vec![None; graph.results.as_ref().map_or(0, |r| r.len())];
        for id in graph.ids() {
            let (Some(Op::Return { outcome, .. }), Some(level)) = (graph.node(id), self.at(id)) else { continue };
            if let Some(entry) = fewest.get_mut(usize::from(*outcome)) {
                *entry = Some(entry.map_or(level, |least: usize| least.min(level)));
            }
        }
        fewest
    }

    fn path(&self, id: NodeId) -> Vec<NodeId> {
        let mut path = vec![id];
        let mut at = id;
        while let Some(from) = self.reached.get(at.index()).copied().flatten().and_then(|(_, from)| from) {
            path.push(from);
            at = from;
        }
        path.reverse();
        path
    }
}
