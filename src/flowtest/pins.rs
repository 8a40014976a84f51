//! `mocks:` of what no service answers: which way a `split` goes, and a table that `lookup` cannot read. They change the
//! plan that the test runs by, so that the exchange that runs it is the one of every call.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::mocks;
use super::runner::Failure;
use crate::base::diagnostic::Diagnostic;
use crate::base::span::Spanned;
use crate::base::suggest::did_you_mean;
use crate::call::leg::Name;
use crate::exchange::Plan;
use crate::graph::{FlowGraph, NodeId, Op, Split};
use crate::interp::Taken;
use crate::sim::World;
use crate::sim::services::About;
use crate::step::args::SubjectArg;
use crate::step::outcomes::FAILED;
use crate::syntax::document::{Entry, Node};
use crate::syntax::reader;

/// Verbs whose way is pinned.
pub const VERBS: [&str; 2] = [SPLIT, LOOKUP];
const SPLIT: &str = "split";
const LOOKUP: &str = "lookup";
/// The share of an arm that is always taken.
const ALWAYS: u32 = 100_000;

/// One way that a test fixes.
#[derive(Clone, PartialEq, Debug)]
pub enum Pin {
    /// `split in STEP: 30%`; without a step every split that has such an arm.
    Split { step: Option<Name>, arm: Spanned<ArmName> },
    /// `lookup TABLE: failed`; without a table every lookup.
    Lookup { table: Option<Name> },
}

/// An arm of a split: its share as written, or its place from 1 where two have the same.
#[derive(Clone, PartialEq, Debug)]
pub enum ArmName {
    Share(String),
    Place(usize),
}

pub fn is_pin(key: &str) -> bool {
    VERBS.contains(&key.split_once(' ').map_or(key, |(verb, _)| verb))
}

/// Reads one entry.
pub fn read(entry: &Entry, found: &mut Vec<Diagnostic>) -> Option<Spanned<Pin>> {
    let (verb, rest) = entry.key.value.split_once(' ').unwrap_or((&entry.key.value, ""));
    let place = entry.key.span;
    let pin = match (verb, mocks::about(rest)) {
        (SPLIT, About::Anything) => Pin::Split { step: None, arm: arm(&entry.value, found)? },
        (SPLIT, About::Step(step)) => Pin::Split { step: Some(step), arm: arm(&entry.value, found)? },
        (SPLIT, About::Subject(_)) => {
            let message = format!("a `split` is about nothing, so that `{}` names none", reader::shorten(rest.trim()));
            let help = format!("write `split in {}`, if that is its step", reader::shorten(rest.trim()));
            found.push(Diagnostic::error("test-mock", place, message).help(help));
            return None;
        }
        (_, About::Step(_)) => {
            let help = "write `lookup TABLE: failed`";
            let message = "a table fails for every `lookup`, not for one step";
            found.push(Diagnostic::error("test-mock", place, message).help(help));
            return None;
        }
        (_, about) => {
            let outcome = reader::text(&entry.value, found)?;
            if outcome.value != FAILED {
                let message = format!("`lookup` does not answer `{}` in a test", reader::shorten(&outcome.value));
                let help = "its rows are the table's; `failed` is a table that cannot be read";
                found.push(Diagnostic::error("unknown-outcome", outcome.span, message).help(help));
                return None;
            }
            let table = if let About::Subject(table) = about { Some(table) } else { None };
            Pin::Lookup { table }
        }
    };
    Some(Spanned::new(pin, place))
}

/// `30%`, or `2` for the second arm.
fn arm(node: &Node, found: &mut Vec<Diagnostic>) -> Option<Spanned<ArmName>> {
    let text = reader::text(node, found)?;
    let share = text.value.strip_suffix('%').is_some_and(reader::is_number);
    let place = text.value.parse::<usize>().ok().filter(|place| *place > 0);
    let arm = match place {
        Some(place) => ArmName::Place(place),
        None if share => ArmName::Share(text.value),
        None => {
            let message = format!("`{}` is no arm of a `split`", reader::shorten(&text.value));
            let help = "write its share, such as `30%`, or its place, such as `2`";
            found.push(Diagnostic::error("unknown-outcome", text.span, message).help(help));
            return None;
        }
    };
    Some(Spanned::new(arm, text.span))
}

/// Why nothing of the site goes the way that a test wants.
pub fn unknown(plan: &Plan, pin: &Spanned<Pin>) -> Option<Failure> {
    match &pin.value {
        Pin::Split { step, arm } => unknown_arm(plan, step.as_ref(), arm, pin),
        Pin::Lookup { table } => {
            let tables = &plan.site.declared.tables;
            let table = table.as_ref().filter(|table| !tables.contains_key(table.as_ref()));
            if let Some(table) = table {
                let hint = did_you_mean(table, tables.keys().map(AsRef::as_ref));
                return Some(Failure::new(pin.span, format!("the site has no table `{table}`{hint}")));
            }
            let asked = plan.flows.values().any(|graph| graph.ids().any(|id| concerns(&pin.value, graph, id)));
            let message = "no flow of the site looks there";
            (!asked).then(|| Failure::new(pin.span, message).help("take the key out of `mocks`"))
        }
    }
}

fn unknown_arm(plan: &Plan, step: Option<&Name>, arm: &Spanned<ArmName>, pin: &Spanned<Pin>) -> Option<Failure> {
    let splits: Vec<(&str, &Split)> = plan.flows.values().flat_map(|graph| splits(graph)).collect();
    let here: Vec<&Split> =
        splits.iter().filter(|(name, _)| step.is_none_or(|s| s.as_ref() == *name)).map(|(_, split)| *split).collect();
    if here.is_empty() {
        let message = match step {
            Some(step) => {
                let hint = did_you_mean(step, splits.iter().map(|(name, _)| *name));
                format!("no step `{step}` of the site has a `split`{hint}")
            }
            None => "no flow of the site has a `split`".to_owned(),
        };
        return Some(Failure::new(pin.span, message).help("take the key out of `mocks`"));
    }
    let fitting: Vec<usize> = here.iter().map(|split| arms(split, &arm.value).len()).collect();
    let labels: Vec<String> =
        here.iter().flat_map(|s| s.labels.iter()).map(|(label, _)| format!("`{label}`")).collect();
    let written = match &arm.value {
        ArmName::Share(share) => format!("`{share}`"),
        ArmName::Place(place) => format!("number {place}"),
    };
    if fitting.iter().all(|count| *count == 0) {
        let message = format!("the `split` has no arm {written}");
        return Some(Failure::new(arm.span, message).help(format!("its arms are {}", labels.join(", "))));
    }
    if fitting.iter().any(|count| *count > 1) {
        let message = format!("two arms of the `split` are {written}");
        return Some(
            Failure::new(arm.span, message).help("write the place of the one that is meant: `1` is the first"),
        );
    }
    None
}

fn splits(graph: &FlowGraph) -> impl Iterator<Item = (&str, &Split)> {
    graph.ids().filter_map(|id| match graph.node(id) {
        Some(Op::Split(split)) => Some((graph.step_name(id), &**split)),
        _ => None,
    })
}

/// The shares, by their place, that an arm's name stands for.
fn arms(split: &Split, name: &ArmName) -> Vec<u16> {
    let labels = split.labels.iter().enumerate();
    let fits = labels.filter(|(at, (label, _))| match name {
        ArmName::Share(share) => label.split(", ").any(|one| one == share),
        ArmName::Place(place) => at + 1 == *place,
    });
    fits.filter_map(|(at, _)| u16::try_from(at).ok()).collect()
}

/// Whether a pin is about this node.
fn concerns(pin: &Pin, graph: &FlowGraph, id: NodeId) -> bool {
    match (pin, graph.node(id)) {
        (Pin::Split { step, arm }, Some(Op::Split(split))) => {
            step.as_ref().is_none_or(|step| step.as_ref() == graph.step_name(id)) && !arms(split, &arm.value).is_empty()
        }
        (Pin::Lookup { table }, Some(Op::Act(act))) if act.decl.verb == LOOKUP => match &act.args.subject {
            SubjectArg::Named(name) => table.as_ref().is_none_or(|table| table == name),
            _ => false,
        },
        _ => false,
    }
}

/// Whether the call came to what a pin is about.
pub fn is_met(plan: &Plan, pin: &Pin, world: &World) -> bool {
    let flows = || plan.flows.values();
    flows().any(|graph| graph.ids().any(|id| concerns(pin, graph, id) && taken(world, graph, id)))
}

/// Whether the call came to this statement.
pub fn taken(world: &World, graph: &FlowGraph, id: NodeId) -> bool {
    let mut ways = world.taken.get(&graph.name).into_iter().flatten();
    ways.any(|way| matches!(way, Taken::Arm(node, _) | Taken::Statement(node) if *node == id))
}

/// The site as the pins have it.
pub fn pinned(plan: &Plan, pins: &[Spanned<Pin>]) -> Plan {
    let mut site = plan.site.clone();
    for pin in pins {
        if let Pin::Lookup { table } = &pin.value {
            site.declared.tables.retain(|name, _| table.as_ref().is_some_and(|table| table != name));
        }
    }
    let flows = rebuilt(&plan.flows, |graph| {
        for (id, pin) in graph.ids().flat_map(|id| pins.iter().map(move |pin| (id, &pin.value))) {
            if let Pin::Split { arm, .. } = pin
                && concerns(pin, graph, id)
                && let Some(Op::Split(split)) = graph.nodes.get_mut(id.index())
            {
                let wanted = arms(split, &arm.value);
                for (share, exit) in &mut split.shares {
                    *share = if wanted.contains(&exit.arm) { ALWAYS } else { 0 };
                }
            }
        }
    });
    Plan { revision: plan.revision, site, flows, policies: plan.policies.clone(), digested: OnceLock::new() }
}

/// Every flow changed, and every flow that runs a changed one as a subflow.
fn rebuilt(flows: &BTreeMap<Name, Arc<FlowGraph>>, change: impl Fn(&mut FlowGraph)) -> BTreeMap<Name, Arc<FlowGraph>> {
    let mut done: BTreeMap<Name, Arc<FlowGraph>> = BTreeMap::new();
    // A round for each level: a subflow comes before who runs it, and none runs itself.
    loop {
        let ready = |graph: &FlowGraph| graph.subflows.iter().all(|s| done.contains_key(&s.name));
        let next: Vec<&Arc<FlowGraph>> =
            flows.values().filter(|graph| !done.contains_key(&graph.name) && ready(graph)).collect();
        if next.is_empty() {
            return done;
        }
        for graph in next {
            let mut changed = FlowGraph::clone(graph);
            change(&mut changed);
            for subflow in &mut changed.subflows {
                subflow.graph = done.get(&subflow.name).cloned();
            }
            done.insert(changed.name.clone(), Arc::new(changed));
        }
    }
}
