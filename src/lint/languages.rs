//! Which languages a call can have in each flow: those of headers, and those that `set language`
//! gives, carried by arrows and by what flows run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::base::span::Span;
use crate::base::value::Value;
use crate::graph::subflow::Calls;
use crate::graph::{FlowGraph, Op};
use crate::site::model::Site;
use crate::step::args::Operand;

use super::context::goal;

/// Languages, and where each comes from; no place where it is the language of flows that name none.
pub type Languages = BTreeMap<Arc<str>, Option<Span>>;

/// The language of a call whose flows name none (language.md §7).
const DEFAULT: &str = "en";

/// By flow, in the order of `graphs`. Neither misses one that a call can have, nor tells statements
/// of one flow apart. `starts` says whether calls can begin with a flow.
pub(super) fn languages(
    site: &Site,
    graphs: &[FlowGraph],
    by_name: &BTreeMap<&str, usize>,
    calls: &Calls,
    starts: impl Fn(&FlowGraph) -> bool,
) -> Vec<Languages> {
    let own: Vec<Languages> = graphs.iter().map(|graph| set_by(site, graph)).collect();
    let mut all: Vec<Languages> = own.clone();
    // What a subflow sets stays when it returns: callees first.
    for index in &calls.order {
        let below: Vec<Languages> =
            calls.callees(*index).iter().filter_map(|(callee, _)| all.get(*callee).cloned()).collect();
        if let Some(languages) = all.get_mut(*index) {
            below.into_iter().for_each(|more| add(languages, &more));
        }
    }
    for (graph, languages) in graphs.iter().zip(&mut all) {
        match &graph.about.language {
            Some(language) => drop(languages.insert(Arc::clone(language), Some(graph.about.span))),
            None if starts(graph) => drop(languages.entry(Arc::from(DEFAULT)).or_insert(None)),
            None => {}
        }
    }
    let mut waiting: VecDeque<usize> = (0..graphs.len()).collect();
    // A flow waits again only when it has one language more.
    while let Some(index) = waiting.pop_front() {
        let (Some(graph), Some(here)) = (graphs.get(index), all.get(index).cloned()) else { continue };
        let goals: BTreeSet<usize> =
            graph.nodes.iter().filter_map(|op| by_name.get(goal(graph, op)?.as_ref()).copied()).collect();
        for to in goals.into_iter().filter(|to| *to != index) {
            let Some(there) = graphs.get(to).filter(|g| g.about.language.is_none()).and(all.get_mut(to)) else {
                continue;
            };
            let before = there.len();
            add(there, &here);
            if there.len() > before {
                waiting.push_back(to);
            }
        }
    }
    all
}

fn add(languages: &mut Languages, more: &Languages) {
    for (language, place) in more {
        languages.entry(Arc::clone(language)).or_insert(*place);
    }
}

/// What the flow's own statements set; any language of the site where that is computed.
fn set_by(site: &Site, graph: &FlowGraph) -> Languages {
    let mut found = Languages::new();
    for id in graph.ids() {
        let (Some(Op::Language { value, .. }), Some(place)) = (graph.node(id), graph.place(id)) else { continue };
        match value {
            Operand::Const(Value::Text(language)) => drop(found.insert(Arc::clone(language), Some(place.span))),
            _ => {
                let known = site.prompts.values().flat_map(BTreeMap::keys).filter(|l| !l.is_empty());
                for language in known {
                    found.insert(Arc::clone(language), Some(place.span));
                }
            }
        }
    }
    found
}
