//! `dead-air`: a caller never hears nothing for more than four seconds.

use std::collections::BTreeSet;

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::base::value::Value;
use crate::graph::analyze::Search;
use crate::graph::ways::Ways;
use crate::graph::{Act, FlowGraph, NodeId, Op};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::{Operand, SubjectArg};

pub const RULE: Rule = Rule {
    name: "dead-air",
    group: Group::Experience,
    what: "A caller who was answered never hears nothing for more than four seconds.",
    why: "After a few seconds of silence callers believe that the line is dead, and hang up. Silence that only a `retry` makes is information.",
    remedy: "Play something first, or wait less.",
    good: example!("dead-air", "good"),
    bad: example!("dead-air", "bad"),
    found: Found::OnGraph(search),
};

/// The longest silence that nobody minds.
const LIMIT_MS: u64 = 4_000;
/// Silence is added up in units of this length, rounded down: what is reported is never too much.
const UNIT_MS: u64 = 500;
/// Silence of so many units, or more, is too long.
const TOO_LONG: usize = 8;

/// How long the caller hears nothing; `None` where something is heard or keys are awaited.
fn silence_ms(graph: &FlowGraph, id: NodeId) -> Option<u64> {
    match graph.node(id)? {
        Op::Act(act) if act.decl.effects.speaks || act.decl.effects.ends => None,
        Op::Act(act) if act.decl.verb == "http" && nodes::setting(act, "silence").is_some() => None,
        Op::Act(act) => Some(waits_ms(act)),
        Op::Fall | Op::Back => None,
        _ if nodes::leaves_flow(graph, id) => None,
        _ => Some(0),
    }
}

/// How long the statement lets the caller wait and plays nothing, at worst.
fn waits_ms(act: &Act) -> u64 {
    match (act.decl.verb, &act.args.subject) {
        ("wait", SubjectArg::Value(Operand::Const(value))) => nodes::duration_ms(value).unwrap_or(0),
        ("http" | "lookup", _) if nodes::setting(act, "silence").is_none() => {
            one_try_ms(act).saturating_mul(retries(act).saturating_add(1))
        }
        _ => 0,
    }
}

fn one_try_ms(act: &Act) -> u64 {
    nodes::known(act, "timeout").and_then(nodes::duration_ms).unwrap_or(0)
}

fn retries(act: &Act) -> u64 {
    match nodes::known(act, "retry") {
        Some(Value::Int(n)) => u64::try_from(*n).unwrap_or(0),
        _ => 0,
    }
}

/// The silence that only further tries make: a service that does not answer twice is rare.
fn retried_ms(graph: &FlowGraph, id: NodeId) -> u64 {
    match nodes::act(graph, id) {
        Some(act) if waits_ms(act) > 0 => one_try_ms(act).saturating_mul(retries(act)),
        _ => 0,
    }
}

/// Where nothing is heard in the background: what can run after an answer, after words and after
/// `unhold`, and not beyond music.
fn without_music(graph: &FlowGraph, ways: &Ways, heard: &Search, entered: bool) -> Search {
    let begins = |id: NodeId| match nodes::act(graph, id) {
        Some(act) => (act.decl.effects.speaks && !nodes::is_background(act)) || act.decl.verb == "unhold",
        None => false,
    };
    let runs = |id: NodeId| heard.reached(id);
    // The first nodes after the answer come from where nothing was heard.
    let answered = graph.ids().filter(|id| !runs(*id)).flat_map(|id| ways.after.each(id));
    let answers = graph.ids().filter(|id| nodes::act(graph, *id).is_some_and(|act| act.decl.effects.answers));
    let after = graph.ids().filter(|id| runs(*id) && begins(*id)).chain(answers);
    let after = after.flat_map(|id| ways.after.each(id)).chain(answered).filter(|id| runs(*id));
    Search::run(graph, after.chain(entered.then_some(graph.entry)), |id| match nodes::act(graph, id) {
        Some(act) if nodes::is_background(act) => Vec::new(),
        _ => ways.after.at(id).to_vec(),
    })
}

fn units(ms: u64) -> usize {
    // A limit that is just reached is not passed.
    if ms > LIMIT_MS { TOO_LONG + 1 } else { usize::try_from(ms / UNIT_MS).unwrap_or(TOO_LONG) }
}

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let waits: Vec<NodeId> = nodes::acts(graph).filter(|(_, act)| waits_ms(act) > 0).map(|(id, _)| id).collect();
    // A flow of a site without recordings that never says a word and asks no service is a bench.
    let (speaks, asks) = (|act: &Act| act.decl.effects.speaks, |act: &Act| matches!(act.decl.verb, "http" | "lookup"));
    let is_bench = || !nodes::acts(graph).any(|(_, act)| speaks(act) || asks(act));
    if waits.is_empty() || (context.site.prompts.is_empty() && is_bench()) {
        return;
    }
    let entry = context.entry(&graph.name);
    let ways = context.ways(graph);
    let without;
    let mut heard = context.answered(graph);
    if nodes::acts(graph).any(|(_, act)| nodes::is_background(act)) {
        without = without_music(graph, ways, heard, entry.answered);
        heard = &without;
    }
    let begins: Vec<NodeId> = waits.into_iter().filter(|id| heard.reached(*id)).collect();
    // Places: a node and the units of silence once it is over.
    let count = graph.nodes.len();
    let place = |id: NodeId, silent: usize| id.index() + silent.min(TOO_LONG + 1) * count;
    let alone = |id: NodeId| place(id, units(silence_ms(graph, id).unwrap_or(0)));
    let reached = Search::over((TOO_LONG + 2) * count, begins.iter().map(|id| alone(*id)), |at| {
        let (silent, id) = (at / count, NodeId::from_index(at % count));
        if silent > TOO_LONG {
            return Vec::new();
        }
        let on = |next: NodeId| Some(place(next, silent + units(silence_ms(graph, next)?)));
        ways.after.each(id).filter_map(on).collect()
    });
    let mut shown: BTreeSet<NodeId> = BTreeSet::new();
    for id in graph.ids().filter(|id| reached.reached_place(place(*id, TOO_LONG + 1))) {
        let since: Vec<NodeId> =
            reached.path_to(place(id, TOO_LONG + 1)).into_iter().map(|at| NodeId::from_index(at % count)).collect();
        let (Some(first), Some(at)) = (since.first().copied(), graph.place(id)) else { continue };
        if !within_bounds(graph, &since) || !shown.insert(first) {
            continue;
        }
        let silent = since.iter().filter_map(|id| silence_ms(graph, *id)).fold(0, u64::saturating_add);
        let message = format!("the caller hears nothing for {}", crate::syntax::duration::print(silent));
        let sure = silent.saturating_sub(since.iter().map(|id| retried_ms(graph, *id)).sum());
        let severity = if sure > LIMIT_MS { Severity::Warning } else { Severity::Info };
        let mut diagnostic = Diagnostic::new(RULE.name, severity, at.span, message)
            .label(if since.len() > 1 { "still silent here" } else { "silence" })
            .help("play something before it, let the caller hear music, or wait less");
        if let Some(begin) = graph.place(first).filter(|_| first != id) {
            diagnostic = diagnostic.also(begin.span, "silent from here on");
        }
        let path = || heard.path(first).into_iter().chain(since.into_iter().skip(1)).collect();
        found.push(diagnostic.path(nodes::path(graph, shown.len() - 1, path)));
    }
}

/// Whether a path enters no step more often than its bound allows; the step that it begins in was
/// entered as well.
fn within_bounds(graph: &FlowGraph, path: &[NodeId]) -> bool {
    let bound = |id: NodeId| match graph.node(id) {
        Some(Op::Enter { bound: Some((visits, _)), .. }) => usize::try_from(*visits).ok(),
        _ => None,
    };
    let begin = path.first().and_then(|id| graph.step(graph.place(*id)?.step)).map(|step| step.node);
    let own = begin.filter(|node| path.first() != Some(node));
    let mut entries: Vec<NodeId> =
        own.into_iter().chain(path.iter().copied()).filter(|id| bound(*id).is_some()).collect();
    entries.sort_unstable();
    entries.chunk_by(|a, b| a == b).all(|same| same.first().and_then(|id| bound(*id)).is_none_or(|n| same.len() <= n))
}
