//! Flows with the subflows that they run: each runs the one behind it, if it runs any.

use std::ops::Range;

use strowger::base::span::FileId;
use strowger::syntax::ast::{Action, Flow, Item, ResultDecl, Statement, StatementKind, Subject};
use strowger::syntax::parse::parse_flow;

use super::Dice;
use super::alphabet::{ALPHABETS, Reader};
use super::tree::{self, Visitor};

/// What runs a subflow, and what returns: for flows with their subflows.
const RUNS: &[&str] = &[
    "{ run sub { a -> t0  b -> t1 } }",
    "{ run sub { a { set x = \"r\" }  b(v) { tag k (v)  -> t0 } }  tag k (x)  -> t1 }",
    "{ guard standard  run sub { otherwise -> t0 } }",
    "{ if (caller.anonymous) { run sub { a -> next  b -> t0 } }  transfer to number OUTSIDE { otherwise -> t1 } }",
    "{ run sub { b -> t0  otherwise { hangup } }  answer }",
    "visits 1 otherwise -> t1 { run sub { otherwise -> t0 } }",
];
const RETURNS: &[&str] = &[
    "{ return a }",
    "{ return b(\"v\") }",
    "{ answer  return b(\"v\") }",
    "{ play \"welcome\"  return a }",
    "{ return b(x) }",
    "{ if (caller.anonymous) { return a }  -> t0 }",
    "{ transfer to user us_dana resume true { ended { return a }  otherwise -> t0 } }",
    "{ return a  answer }",
];
/// What a flow and a subflow are made of of which there is every pair.
const CALLER: &[&str] = &[
    "{ hangup }",
    "{ answer  -> t0 }",
    "{ run sub { a -> t0  b -> t1 } }",
    "{ guard standard  run sub { otherwise { play \"welcome\" } }  reject busy }",
];
const CALLEE: &[&str] = &[
    "{ return a }",
    "{ hangup }",
    "{ answer  return b(\"v\") }",
    "{ if (caller.anonymous) -> t0  -> t1 }",
    "{ play \"welcome\"  -> t0 }",
    "{ transfer to number OUTSIDE { otherwise -> t0 } }",
];
const SUBFLOW: &str = "failed -> s0  var x: text  var d: digits";

/// Gives flows the names by which they run each other.
pub struct Family {
    /// What every subflow declares.
    results: Option<Vec<ResultDecl>>,
}

impl Family {
    pub fn new() -> Self {
        let (file, found) = parse_flow(FileId(0), "subflow s -> a, b(v: text) { step s { return a } }");
        assert_eq!(found, []);
        let of = |item| if let Item::Flow(Flow { results, .. }) = item { results } else { None };
        Family { results: file.items.into_iter().find_map(of) }
    }

    /// A flow, first, and subflows.
    pub fn named(&self, first: &str, mut group: Vec<Flow>) -> Vec<Flow> {
        let name = |at: usize| if at == 0 { first.to_owned() } else { format!("{first}_sub{at}") };
        for (at, flow) in group.iter_mut().enumerate() {
            flow.name.value = name(at);
            flow.results = self.results.clone().filter(|_| at > 0);
            let below = name(at + 1);
            flow.steps.iter_mut().for_each(|step| tree::step(step, &mut Below(&below)));
        }
        group
    }
}

/// Every flow of so many of the first letters, each with every subflow of a step or two of the second.
pub fn pairs(most: usize, found: &mut dyn FnMut(Vec<Flow>)) {
    let (callers, callees) = (Reader::read(&[""], CALLER.iter().copied()), Reader::read(&[""], CALLEE.iter().copied()));
    let mut subflows = Vec::new();
    callees.all(2, &mut |nodes| subflows.push(callees.flow("", nodes, 0)));
    callers.all(most, &mut |nodes| {
        let flow = callers.flow("", nodes, 0);
        subflows.iter().for_each(|subflow| found(vec![flow.clone(), subflow.clone()]));
    });
}

/// Says which subflow is run.
struct Below<'a>(&'a str);

impl Visitor for Below<'_> {
    fn statement(&mut self, statement: &mut Statement) {
        if let StatementKind::Action(Action { subject: Subject::Run { flow, .. }, .. }) = &mut statement.kind {
            self.0.clone_into(&mut flow.value);
        }
    }
}

/// Random flows of every letter, each with one or two subflows.
pub struct Writer {
    flows: Reader,
    /// With a subflow behind it, and the last.
    subflows: [Reader; 2],
}

impl Writer {
    pub fn new() -> Self {
        let letters = [[RETURNS, RUNS].concat(), RETURNS.to_vec()];
        Writer {
            flows: Reader::everything_and(RUNS),
            subflows: letters.map(|letters| Reader::everything_and(&letters).headed(SUBFLOW)),
        }
    }

    /// Of steps and arrows without variables, whose subflows have nothing but steps.
    pub fn plain() -> Self {
        let letters = |more: &[&'static str]| {
            ALPHABETS[..5].iter().flat_map(|a| a.letters).copied().chain([more; 5].concat()).collect::<Vec<_>>()
        };
        let (returns, runs) = (&RETURNS[..4], &CALLER[2..3]);
        let subflows = [[returns, runs].concat(), returns.to_vec()];
        Writer {
            flows: Reader::read(&["", "guard standard"], letters(CALLER).into_iter()),
            subflows: subflows.map(|more| Reader::read(&[""], letters(&more).into_iter())),
        }
    }

    pub fn group(&self, dice: &mut Dice, steps: Range<usize>) -> Vec<Flow> {
        let mut group = vec![self.flows.flow("", &self.flows.random(dice, steps.clone()), dice.below(4))];
        let count = 1 + dice.below(2);
        for at in 1..=count {
            let reader = &self.subflows[usize::from(at == count)];
            group.push(reader.flow("", &reader.random(dice, steps.clone()), dice.below(2)));
        }
        group
    }
}
