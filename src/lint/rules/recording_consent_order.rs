//! `recording-consent-order`: a caller is told of the recording before it begins.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze::{self, Search};
use crate::graph::subflow;
use crate::graph::{Act, FlowGraph, NodeId, Op};
use crate::lint::Context;
use crate::lint::context::goal;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, Whole, example};
use crate::step::args::{Operand, PromptArg, SubjectArg};

pub const RULE: Rule = Rule {
    name: "recording-consent-order",
    group: Group::Suspicious,
    what: "A caller is told of the recording before it begins, on every path.",
    why: "What is recorded before the notice was recorded without consent, and in many places must not be kept. Speech is read in English only; a recorded prompt, and words in other languages, are taken for the notice.",
    remedy: "Write `record start notice ..`, which plays the notice to its end first.",
    good: example!("recording-consent-order", "good"),
    bad: example!("recording-consent-order", "bad"),
    found: Found::OnSite(search),
};

/// What notices of a recording have in them, in English.
const NOTICE_WORDS: [&str; 5] = ["record", "monitor", "tape", "quality", "training"];

/// Statements between the beginning of a recording and its notice that are looked through.
const FARTHEST: usize = 32;

/// A call is untold in the flow that it goes to and in what it runs as it was before: each flow is
/// searched from its entry if a call can come there so.
fn search(context: &Context<'_>, whole: &Whole<'_>, found: &mut Vec<Diagnostic>) {
    let unannounced = |act: &Act| starts(act) && !has_notice(act);
    if !whole.graphs.iter().flat_map(nodes::acts).any(|(_, act)| unannounced(act)) {
        return;
    }
    let index: BTreeMap<&str, usize> = whole.graphs.iter().enumerate().map(|(at, g)| (g.name.as_ref(), at)).collect();
    // A call that comes answered may have been told where this site does not see it.
    let begins = |g: &FlowGraph| !g.is_subflow() && context.entry(&g.name).unanswered;
    let mut entered: BTreeSet<usize> =
        whole.graphs.iter().enumerate().filter(|(_, g)| begins(g)).map(|(at, _)| at).collect();
    let mut waiting: VecDeque<usize> = entered.iter().copied().collect();
    while let Some(graph) = waiting.pop_front().and_then(|at| whole.graphs.get(at)) {
        let untold = while_untold(context, graph, true);
        for id in graph.ids().filter(|id| untold.reached(*id)) {
            let goal = graph.node(id).and_then(|op| goal(graph, op)).and_then(|name| index.get(name.as_ref()));
            if let Some(to) = goal.copied().filter(|to| entered.insert(*to)) {
                waiting.push_back(to);
            }
        }
    }
    for (at, graph) in whole.graphs.iter().enumerate() {
        let begun: Vec<NodeId> = nodes::acts(graph).filter(|(_, act)| unannounced(act)).map(|(id, _)| id).collect();
        if !begun.is_empty() {
            report(context, graph, &begun, &while_untold(context, graph, entered.contains(&at)), found);
        }
    }
}

/// Where a call comes before anything was said that can be the notice.
fn while_untold(context: &Context<'_>, graph: &FlowGraph, entered: bool) -> Search {
    let english = speaks_english(context, graph);
    let ways = context.ways(graph);
    Search::run(graph, entered.then_some(graph.entry), |id| match graph.node(id) {
        Some(Op::Act(act)) if has_notice(act) || (says(act) && !is_other_talk(act, english)) => Vec::new(),
        Some(Op::Run(_)) => {
            let mut silent = Vec::new();
            subflow::add_silent_successors(graph, id, &mut silent);
            silent.extend(analyze::header_failed(graph, id));
            silent
        }
        _ if nodes::leaves_flow(graph, id) => Vec::new(),
        _ => ways.after.at(id).to_vec(),
    })
}

fn report(context: &Context<'_>, graph: &FlowGraph, begun: &[NodeId], untold: &Search, found: &mut Vec<Diagnostic>) {
    let some_english = context.languages_of(graph).is_none_or(|all| all.keys().any(|l| nodes::is_english(l)));
    for (nth, id) in begun.iter().copied().enumerate() {
        let late = notice_after(graph, id).filter(|_| some_english);
        let Some(place) = graph.place(id).filter(|_| untold.reached(id) || late.is_some()) else { continue };
        let message = if late.is_some() {
            "the caller is told of the recording after it has begun"
        } else {
            "the recording begins before the caller was told of it"
        };
        let mut diagnostic = Diagnostic::warning(RULE.name, place.span, message)
            .label("recorded from here on")
            .help("write `record start notice ..`: the notice is heard to its end before anything is recorded");
        if let Some(place) = late.and_then(|id| graph.place(id)) {
            diagnostic = diagnostic.also(place.span, "the notice comes here");
        }
        let path = || if untold.reached(id) { untold.path(id) } else { context.ways(graph).reachable.path(id) };
        found.push(diagnostic.path(nodes::path(graph, nth, path)));
    }
}

/// Whether every caller hears English here.
fn speaks_english(context: &Context<'_>, graph: &FlowGraph) -> bool {
    context.languages_of(graph).is_none_or(|all| all.keys().all(|language| nodes::is_english(language)))
}

/// Speech that is known, in English, and says nothing of a recording. A recorded prompt may say it,
/// whatever its name.
fn is_other_talk(act: &Act, english: bool) -> bool {
    english && nodes::known_words(act).is_some_and(|words| !NOTICE_WORDS.iter().any(|w| words.contains(w)))
}

fn starts(act: &Act) -> bool {
    act.decl.verb == "record" && matches!(act.args.subject, SubjectArg::Word("start"))
}

fn has_notice(act: &Act) -> bool {
    act.decl.verb == "record" && !nodes::prompts(act, "notice").is_empty()
}

fn says(act: &Act) -> bool {
    act.decl.effects.speaks && !nodes::is_background(act)
}

/// The next words after this statement, if they say that the call is recorded.
fn notice_after(graph: &FlowGraph, id: NodeId) -> Option<NodeId> {
    let mut next = nodes::act(graph, id)?.next?;
    // What the caller does not hear may stand between the two.
    for _ in 0..FARTHEST {
        next = match graph.node(next)? {
            Op::Act(act) if !act.decl.effects.speaks => act.next?,
            Op::Set { next, .. } | Op::Language { next, .. } | Op::Guard { next, .. } => *next,
            Op::Enter { next, bound: None, .. } => *next,
            _ => break,
        };
    }
    let act = nodes::act(graph, next).filter(|act| matches!(act.decl.verb, "play" | "say"))?;
    let tells = |text: &str| text.to_ascii_lowercase().contains("record");
    let spoken = |text: &Operand| matches!(text, Operand::Const(value) if value.as_str().is_some_and(tells));
    let is_notice = match &act.args.subject {
        SubjectArg::Value(text) => spoken(text),
        _ => nodes::spoken(act).iter().any(|prompt| match prompt {
            PromptArg::Recorded(recorded) => tells(&recorded.name),
            PromptArg::Spoken(speech) => spoken(&speech.text),
        }),
    };
    is_notice.then_some(next)
}
