//! What several rules ask of a node, and the searches that they share. Rules look first and search
//! only when there is something to show, so that a clean flow costs one pass.

use crate::base::span::Span;
use crate::base::value::Value;
use crate::call::audio::{self, Prompt};
use crate::call::leg::Name;
use crate::expr::{Read, Slot};
use crate::graph::analyze::{self, Search};
use crate::graph::ways::{Edges, Ways};
use crate::graph::{Act, Exit, FlowGraph, NodeId, Op, StepInfo};
use crate::step::args::{Arg, Operand, PromptArg, SubjectArg, TargetArg, TargetValue};
use crate::step::decl::TargetKind;
use crate::step::outcomes::{EXHAUSTED, FAILED, REFUSED, UNANSWERED};

/// The statement that a node is.
pub(super) fn act(graph: &FlowGraph, id: NodeId) -> Option<&Act> {
    match graph.node(id) {
        Some(Op::Act(act)) => Some(act),
        _ => None,
    }
}

/// Every statement of a graph with its node.
pub(super) fn acts(graph: &FlowGraph) -> impl Iterator<Item = (NodeId, &Act)> {
    graph.ids().zip(&graph.nodes).filter_map(|(id, op)| match op {
        Op::Act(act) => Some((id, act.as_ref())),
        _ => None,
    })
}

pub(super) fn setting<'a>(act: &'a Act, key: &str) -> Option<&'a Arg> {
    let (at, _) = act.decl.setting(key)?;
    act.args.settings.get(at)?.as_ref()
}

/// A setting that is known before the call comes in.
pub(super) fn known<'a>(act: &'a Act, key: &str) -> Option<&'a Value> {
    match setting(act, key)? {
        Arg::Value(Operand::Const(value)) => Some(value),
        _ => None,
    }
}

pub(super) fn is_flag(act: &Act, key: &str, wanted: bool) -> bool {
    known(act, key) == Some(&Value::Bool(wanted))
}

pub(super) fn duration_ms(value: &Value) -> Option<u64> {
    match value {
        Value::Duration(ms) => u64::try_from(*ms).ok(),
        _ => None,
    }
}

/// The prompts of a setting; none if it is not written.
pub(super) fn prompts<'a>(act: &'a Act, key: &str) -> &'a [PromptArg] {
    match setting(act, key) {
        Some(Arg::Prompts(list)) => list,
        _ => &[],
    }
}

/// What the statement plays by its subject or its `prompt`.
pub(super) fn spoken(act: &Act) -> &[PromptArg] {
    match &act.args.subject {
        SubjectArg::Prompts(list) => list,
        _ => prompts(act, "prompt"),
    }
}

/// How long the statement's own words last: recordings in the language in which they are longest,
/// speech by its letters as far as they are known.
pub(super) fn words_ms(act: &Act) -> u64 {
    match &act.args.subject {
        SubjectArg::Value(text) if act.decl.verb == "say" => speech_ms(text),
        // It goes on while the flow does.
        _ if is_background(act) => 0,
        _ => length_ms(spoken(act)),
    }
}

/// The words of a statement in small letters, if all of them are speech that is known.
pub(super) fn known_words(act: &Act) -> Option<String> {
    let known = |text: &Operand| match text {
        Operand::Const(value) => value.as_str().map(str::to_lowercase),
        _ => None,
    };
    if let (SubjectArg::Value(text), "say") = (&act.args.subject, act.decl.verb) {
        return known(text);
    }
    let prompts = spoken(act).iter().map(|prompt| match prompt {
        PromptArg::Spoken(speech) => known(&speech.text),
        PromptArg::Recorded(_) => None,
    });
    let each: Option<Vec<String>> = prompts.collect();
    each.filter(|texts| !texts.is_empty()).map(|texts| texts.join(" "))
}

/// `en`, `en-GB`
pub(super) fn is_english(language: &str) -> bool {
    language.split(['-', '_']).next() == Some("en")
}

/// How long prompts last one after the other.
fn length_ms(list: &[PromptArg]) -> u64 {
    let one = |prompt: &PromptArg| match prompt {
        PromptArg::Recorded(p) => p.recordings.values().map(|r| Prompt::length_ms(r)).max().unwrap_or(0),
        PromptArg::Spoken(speech) => speech_ms(&speech.text),
    };
    list.iter().map(one).fold(0, u64::saturating_add)
}

/// Of a text that is computed nothing is known.
fn speech_ms(text: &Operand) -> u64 {
    match text {
        Operand::Const(value) => value.as_str().map_or(0, audio::spoken_ms),
        _ => 0,
    }
}

/// Whether it is heard while the flow goes on, until something else is.
pub(super) fn is_background(act: &Act) -> bool {
    matches!(act.decl.verb, "music" | "hold")
}

/// Whom or what the statement calls or gives the call to; what a policy is only asked about is none.
pub(super) fn targets(act: &Act) -> &[TargetArg] {
    act.args.subject.targets()
}

/// The queue that the caller is put into, and where its name stands.
pub(super) fn queue(graph: &FlowGraph, id: NodeId) -> Option<(&Name, Span)> {
    let act = act(graph, id)?;
    match (&act.args.subject, targets(act)) {
        (SubjectArg::Named(name), _) if act.decl.verb == "enqueue" => Some((name, graph.place(id)?.span)),
        (_, [TargetArg { kind: TargetKind::Queue, value: TargetValue::Named(name), span, .. }]) => Some((name, *span)),
        _ => None,
    }
}

/// Whether somebody who can talk may take the call here.
pub(super) fn reaches_person(act: &Act) -> bool {
    let is_person = |t: &TargetArg| !matches!(t.kind, TargetKind::Voicemail | TargetKind::Conference);
    act.decl.verb == "enqueue" || (act.decl.effects.places_leg && targets(act).iter().any(is_person))
}

/// Whether it hands the call to what this flow does not show: another flow, a subflow, who runs this
/// one, or what could not be read.
pub(super) fn leaves_flow(graph: &FlowGraph, id: NodeId) -> bool {
    matches!(graph.node(id), Some(Op::GotoFlow(_) | Op::Run(_) | Op::Return { .. } | Op::Hole(_)))
}

/// Whether the caller is asked for keys here.
pub(super) fn asks_caller(act: &Act) -> bool {
    matches!(act.decl.verb, "menu" | "collect")
}

/// Whether the call ends here by hanging up.
pub(super) fn hangs_up(act: &Act) -> bool {
    act.decl.verb == "hangup"
}

/// The outcomes of a statement that could not do what it was asked to, and where they lead.
pub(super) fn failing_exits(act: &Act) -> impl Iterator<Item = (&'static str, Exit)> + '_ {
    let exits = act.decl.outcomes.iter().zip(&act.exits);
    let fails = |group: Option<&str>| group.is_some_and(|g| [UNANSWERED, REFUSED, FAILED, EXHAUSTED].contains(&g));
    exits.filter(move |(o, _)| fails(o.group)).filter_map(|(o, e)| Some((o.name, (*e)?)))
}

/// Variables that a value reads.
pub(super) fn reads(operand: &Operand) -> Vec<Slot> {
    let slot = |read: &Read| match read {
        Read::Slot(slot) => Some(*slot),
        Read::Root(_) => None,
    };
    match operand {
        Operand::Const(_) => Vec::new(),
        Operand::Expr(expr) => expr.reads().iter().filter_map(slot).collect(),
        Operand::Template(template) => template.reads().filter_map(slot).collect(),
    }
}

/// Where control can go from a node, and whether a variable is given a value on that way.
pub(super) fn ways(graph: &FlowGraph, ways: &Ways, id: NodeId, slot: Slot) -> Vec<(NodeId, bool)> {
    match graph.node(id) {
        Some(Op::Set { slot: set, next, .. }) if *set == slot => {
            [(*next, true)].into_iter().chain(graph.failed.map(|n| (n, false))).collect()
        }
        Some(Op::Act(act)) => {
            let ok = act.decl.outcome("ok").map(|(at, _)| at).filter(|_| act.into == Some(slot));
            let by_outcome = act.exits.iter().enumerate().filter_map(|(at, e)| Some(((*e)?, Some(at) == ok)));
            let by_key = act.keys.iter().filter_map(|e| Some(((*e)?, false)));
            let exits = by_key.chain(by_outcome).map(|(e, set)| (e.node, set || e.bind == Some(slot)));
            exits
                .chain(act.timed.iter().filter_map(|e| Some(((*e)?.node, false))))
                .chain(act.next.map(|n| (n, false)))
                .chain(act.failed.map(|e| (e.node, false)))
                .collect()
        }
        Some(Op::Run(run)) => {
            let exits = analyze::run_exits(run).map(|exit| (exit.node, exit.bind == Some(slot)));
            exits.chain(graph.failed.map(|n| (n, false))).collect()
        }
        _ => ways.after.each(id).map(|n| (n, false)).collect(),
    }
}

/// The steps that some nodes, in order, enter: the entry of each step stands before all other nodes.
pub(super) fn steps_of<'g>(graph: &'g FlowGraph, nodes: &'g [NodeId]) -> impl Iterator<Item = &'g StepInfo> {
    nodes.iter().map_while(|id| graph.steps.get(id.index()))
}

/// Once round a cycle, from one of its nodes back to it. `ways` are those that the cycle was found by.
pub(super) fn around(graph: &FlowGraph, ways: &Edges, cycle: &[NodeId], from: NodeId) -> Vec<NodeId> {
    let inside = |id: NodeId| ways.each(id).filter(|next| cycle.binary_search(next).is_ok());
    let search = Search::run(graph, inside(from), inside);
    [from].into_iter().chain(search.path(from)).collect()
}

/// Paths that are spelt out among the findings of one rule in one flow: each costs a look at the
/// whole flow, and nobody reads the thirty-third.
const PATHS_SHOWN: usize = 32;

/// The words of a path, for the first findings of a rule; `nth` counts them from 0. A path that begins
/// in the middle of a step begins with that step's name.
pub(super) fn path(graph: &FlowGraph, nth: usize, path: impl FnOnce() -> Vec<NodeId>) -> Vec<String> {
    if nth >= PATHS_SHOWN {
        return Vec::new();
    }
    let path = path();
    let first = path.first().copied();
    let step = first.and_then(|id| graph.step(graph.place(id)?.step)).map(|s| s.node).filter(|n| Some(*n) != first);
    let whole: Vec<NodeId> = step.into_iter().chain(path).collect();
    analyze::in_words(graph, &whole)
}

/// Whole seconds, rounded up, as a person says them.
pub(super) fn seconds(ms: u64) -> String {
    match ms.div_ceil(1_000) {
        1 => "1 second".to_owned(),
        n => format!("{n} seconds"),
    }
}
