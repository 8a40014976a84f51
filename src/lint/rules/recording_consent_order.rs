//! `recording-consent-order`: a caller is told of the recording before it begins.

use crate::base::diagnostic::Diagnostic;
use crate::graph::analyze::Search;
use crate::graph::{Act, FlowGraph, NodeId, Op};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::{Operand, PromptArg, SubjectArg};

pub const RULE: Rule = Rule {
    name: "recording-consent-order",
    group: Group::Suspicious,
    what: "A caller is told of the recording before it begins, on every path.",
    why: "What is recorded before the notice was recorded without consent, and in many places must not be kept.",
    remedy: "Write `record start notice ..`, which plays the notice to its end first.",
    good: example!("recording-consent-order", "good"),
    bad: example!("recording-consent-order", "bad"),
    found: Found::OnGraph(search),
};

/// Statements between the beginning of a recording and its notice that are looked through.
const FARTHEST: usize = 32;

fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let unannounced = |id: &NodeId| nodes::act(graph, *id).is_some_and(|act| starts(act) && !has_notice(act));
    let starts: Vec<NodeId> = graph.ids().filter(unannounced).collect();
    if starts.is_empty() {
        return;
    }
    // Any words before it may be the notice; without words there was none. What a subflow says is not
    // seen, nor what was said to a call that comes answered.
    let begins = context.entry(&graph.name).unanswered.then_some(graph.entry);
    let ways = context.ways(graph);
    let untold = Search::run(graph, begins.filter(|_| !graph.is_subflow()), |id| match graph.node(id) {
        Some(Op::Act(act)) if says(act) || has_notice(act) => Vec::new(),
        _ if nodes::leaves_flow(graph, id) => Vec::new(),
        _ => ways.after.at(id).to_vec(),
    });
    for (nth, id) in starts.into_iter().enumerate() {
        let late = notice_after(graph, id);
        let Some(place) = graph.place(id).filter(|_| untold.reached(id) || late.is_some()) else { continue };
        let message = if late.is_some() {
            "the caller is told of the recording after it has begun"
        } else {
            "the recording begins before the caller was told anything"
        };
        let mut diagnostic = Diagnostic::warning(RULE.name, place.span, message)
            .label("recorded from here on")
            .help("write `record start notice ..`: the notice is heard to its end before anything is recorded");
        if let Some(place) = late.and_then(|id| graph.place(id)) {
            diagnostic = diagnostic.also(place.span, "the notice comes here");
        }
        let path = || if untold.reached(id) { untold.path(id) } else { ways.reachable.path(id) };
        found.push(diagnostic.path(nodes::path(graph, nth, path)));
    }
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
