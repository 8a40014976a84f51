//! `time-to-first-choice`: a caller can choose within 20 seconds and talk within 60.

use std::collections::BTreeMap;

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::graph::{Act, FlowGraph, NodeId, Op, subflow};
use crate::lint::Context;
use crate::lint::longest::Longest;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, Whole, example};

pub const RULE: Rule = Rule {
    name: "time-to-first-choice",
    group: Group::Experience,
    what: "A caller listens for at most 20 seconds before the first choice, and 60 before a person.",
    why: "Callers wait for the first moment at which they can do something; those who cannot hang up.",
    remedy: "Shorten the recordings, or ask first and explain later.",
    good: example!("time-to-first-choice", "good"),
    bad: example!("time-to-first-choice", "bad"),
    found: Found::OnSite(search),
};

/// Words before the first choice, the first menu's own included.
const TO_CHOICE_MS: u64 = 20_000;
/// Words before somebody rings.
const TO_PERSON_MS: u64 = 60_000;

/// What callers wait for.
struct Goal {
    limit_ms: u64,
    is_it: fn(&Act) -> bool,
    what: &'static str,
    help: &'static str,
}

const GOALS: [Goal; 2] = [
    Goal {
        limit_ms: TO_CHOICE_MS,
        is_it: nodes::asks_caller,
        what: "the first choice",
        help: "ask first and explain later, or shorten the recordings",
    },
    Goal {
        limit_ms: TO_PERSON_MS,
        is_it: nodes::reaches_person,
        what: "a person is called",
        help: "shorten the recordings on this path",
    },
];

/// What running a subflow comes to.
#[derive(Clone, Copy, Default)]
struct Run {
    /// The most words on a way through it that does not come to the goal; `None`: there is no such way.
    through_ms: Option<u64>,
    /// The most words before the goal, if it is in it.
    goal_ms: Option<u64>,
}

/// Looks at subflows first: their words are heard where they are run.
fn search(context: &Context<'_>, whole: &Whole<'_>, found: &mut Vec<Diagnostic>) {
    let words =
        |graph: &FlowGraph| nodes::acts(graph).map(|(_, act)| nodes::words_ms(act)).fold(0, u64::saturating_add);
    let each: Vec<u64> = whole.graphs.iter().map(words).collect();
    let by_name = subflow::by_name(whole.graphs);
    for goal in &GOALS {
        let mut runs: BTreeMap<usize, Run> = BTreeMap::new();
        for at in &context.calls.order {
            let (Some(graph), Some(own)) = (whole.graphs.get(*at), each.get(*at)) else { continue };
            let below = context.calls.callees(*at).iter().filter_map(|(callee, _)| runs.get(callee));
            let below = below.map(|run| run.through_ms.max(run.goal_ms).unwrap_or(0)).max().unwrap_or(0);
            // No path through a flow is longer than all of its words, and those of what it runs.
            let count = u64::try_from(graph.nodes.len()).unwrap_or(u64::MAX);
            if !graph.is_subflow() && own.saturating_add(below.saturating_mul(count)) <= goal.limit_ms {
                continue;
            }
            let callee = |id: NodeId| match graph.node(id) {
                Some(Op::Run(run)) => {
                    by_name.get(graph.subflow_name(run)?.as_ref()).and_then(|at| runs.get(at)).copied()
                }
                _ => None,
            };
            let run = one(context, graph, goal, callee, found);
            runs.insert(*at, run);
        }
    }
}

/// Reports the longest way of a flow to the goal, if it is too long.
fn one(
    context: &Context<'_>,
    graph: &FlowGraph,
    goal: &Goal,
    callee: impl Fn(NodeId) -> Option<Run>,
    found: &mut Vec<Diagnostic>,
) -> Run {
    let is_it = |id: NodeId| nodes::act(graph, id).is_some_and(goal.is_it);
    let words = |id: NodeId| match callee(id) {
        Some(run) => run.through_ms.unwrap_or(0),
        None => nodes::act(graph, id).map_or(0, nodes::words_ms),
    };
    let stops = |id: NodeId| is_it(id) || callee(id).is_some_and(|run| run.through_ms.is_none());
    let longest = Longest::search(graph, context.ways(graph), words, stops);
    let in_callee = |id: NodeId| {
        // What is too long by itself is told in the subflow.
        let run = callee(id)?.goal_ms.filter(|ms| *ms <= goal.limit_ms)?;
        Some(longest.total(id)?.saturating_sub(words(id)).saturating_add(run))
    };
    let ends = graph.ids().filter_map(|id| Some((if is_it(id) { longest.total(id)? } else { in_callee(id)? }, id)));
    let worst = ends.max_by_key(|(ms, id)| (*ms, std::cmp::Reverse(*id)));
    if let Some((ms, id)) = worst.filter(|(ms, _)| *ms > goal.limit_ms)
        && let Some(place) = graph.place(id)
    {
        let message = format!("a caller listens for {} before {}", nodes::seconds(ms), goal.what);
        found.push(
            Diagnostic::new(RULE.name, Severity::Info, place.span, message)
                .label(format!("at most {} are bearable", nodes::seconds(goal.limit_ms)))
                .help(goal.help)
                .path(nodes::path(graph, 0, || longest.path(id))),
        );
    }
    let returns = graph.ids().filter(|id| matches!(graph.node(*id), Some(Op::Return { .. })));
    Run { through_ms: returns.filter_map(|id| longest.total(id)).max(), goal_ms: worst.map(|(ms, _)| ms) }
}
