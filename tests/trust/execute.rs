//! Flows that lint finds clean are run by the executor: nothing happens that a clean lint excludes.
//! Of flows that are not clean it is seen that such things do happen, or the observer is blind.

use std::collections::BTreeMap;

use strowger::base::diagnostic::{Diagnostic, Severity};
use strowger::base::span::{Span, Spanned};
use strowger::syntax::ast::{File, Flow, Goto, GotoTarget, Header, Item};

use super::alphabet::Reader;
use super::calls::{Seen, Stage, call};
use super::inject::print;
use super::plants::name;
use super::tree::Visitor;
use super::{Dice, effort, tree};

/// Steps that are run with the usual effort; a million with an effort of 100.
const STEPS: usize = 10_000;
/// Calls to one site: more than its flows have ways, mostly.
const CALLS: usize = 40;

const HEADERS: [&str; 3] = [
    "guard standard  failed -> s0  var x = \"\"  var n = 0  var d: digits",
    "guard standard  var x = \"\"  var n = 0  var d: digits",
    "failed -> s0  var x: text  var n = 0  var d: digits",
];

const LETTERS: &[&str] = &[
    "{ answer  -> t0 }",
    "{ answer  play \"welcome\"  -> t0 }",
    "{ play \"sorry\"  -> t0 }",
    "{ play [\"welcome\", \"sorry\"] barge_in false  -> t0 }",
    "{ wait 2s  -> t0 }",
    "{ menu \"main-menu\" timeout 3s tries 2 { 1 -> t0  2 -> t1  otherwise -> t2 } }",
    "{ menu \"main-menu\" invalid \"sorry\" { 1 { play \"sorry\" }  10x -> t0  otherwise -> t1 }  -> t2 }",
    "{ menu \"main-menu\" { extension(to) { transfer to extension (to) { otherwise -> t0 } }  otherwise -> t1 } }",
    "{ collect d prompt \"welcome\" min 2 max 4 { ok -> t0  otherwise -> t1 } }",
    "{ collect d tries 1 { ok { tag d (d) }  otherwise -> t1 }  -> t0 }",
    "{ if (d == \"12\") -> t0  -> t1 }",
    "{ if (caller.anonymous) { set x = \"hidden\" } else { set x = (caller.number) }  -> t0 }",
    "{ switch (x) { \"a\" -> t0  \"hidden\" -> t1  otherwise -> t2 } }",
    "{ tag k (x)  -> t0 }",
    "{ tag k \"${x}/${n}\"  -> t0 }",
    "{ set x = (x + \"b\")  -> t0 }",
    "{ set x = \"a\"  -> t0 }",
    "{ set n = (n + 1)  if (n > 2) -> t0  -> t1 }",
    "{ transfer to user us_dana ring 10s { busy -> t0  otherwise -> t1 } }",
    "{ transfer to user us_ravi ring 10s resume true max_duration 1m { ended -> t0  otherwise -> t1 } }",
    "{ transfer to number OUTSIDE ring 10s { denied(why) { tag why (why)  -> t0 }  otherwise -> t1 } }",
    "{ guard strict  transfer to pstn \"+442071838751\" ring 5s resume true max_duration 1m { ended -> t0  otherwise -> t1 } }",
    "{ guard standard  transfer to number \"+442071838752\" { denied -> t0  otherwise -> t1 } }",
    "{ guard standard to number OUTSIDE { allowed -> t0  denied(why) { tag why (why) }  }  -> t1 }",
    "{ transfer to queue sales max_wait 30s hold_audio \"welcome\" { full, no_agents -> t0  otherwise -> t1 } }",
    "{ transfer to user us_dana ring 10s hold_audio \"main-menu\" { otherwise -> t0 } }",
    "{ if (caller.anonymous) { reject busy }  -> t0 }",
    "{ reject declined }",
    "{ hangup }",
    "{ play \"sorry\"  hangup }",
];

/// Random flows: a file of one to three, each of which may go on to an earlier one.
struct Author {
    reader: Reader,
    dice: Dice,
}

impl Author {
    fn new(seed: u64) -> Self {
        Author { reader: Reader::read(&HEADERS, LETTERS.iter().copied()), dice: Dice::new(seed) }
    }

    fn file(&mut self) -> File {
        let flows = (0..1 + self.dice.below(3)).map(|n| Item::Flow(self.flow(n)));
        let mut file = File { items: flows.collect() };
        tree::number(&mut file, 0);
        file
    }

    fn flow(&mut self, number: usize) -> Flow {
        let nodes = self.reader.random(&mut self.dice, 3..9);
        let which = self.dice.below(HEADERS.len());
        let mut flow = self.reader.flow(&format!("f{number}"), &nodes, which);
        let last = flow.steps.len() - 1;
        if !self.dice.one_in(8) {
            // Most flows answer, and end in a step that ends.
            flow.steps[0].body = self.reader.letter(0, self.dice.below(2)).body;
            flow.steps[last].body = self.reader.letter(last, LETTERS.len() - 1 - self.dice.below(2)).body;
        }
        // The first step is seldom counted: what its bound leads to would come before `answer`.
        let first = usize::from(!self.dice.one_in(8));
        for at in first..last {
            if self.dice.below(5) > 1 {
                let visits = Spanned::new(1 + self.dice.below(3) as u32, Span::default());
                let to = at + 1 + self.dice.below(last - at);
                flow.steps[at].visits = Some((visits, Goto { target: step_named(to), span: Span::default() }));
            }
        }
        let bounded: Vec<bool> = flow.steps.iter().map(|s| s.visits.is_some()).collect();
        for (at, step) in flow.steps.iter_mut().enumerate() {
            tree::step(step, &mut Aim { dice: &mut self.dice, number, at, bounded: &bounded });
        }
        for header in &mut flow.header {
            // An expression that fails ends in the last step, which has none.
            if let Header::Failed(goto) = header {
                goto.target = step_named(last);
            }
        }
        flow
    }
}

fn step_named(number: usize) -> GotoTarget {
    GotoTarget::Step(name(&format!("s{number}")))
}

/// Turns arrows so that most flows are clean: back only to steps whose arrivals are counted, and
/// now and then to an earlier flow.
struct Aim<'a> {
    dice: &'a mut Dice,
    number: usize,
    at: usize,
    bounded: &'a [bool],
}

impl Visitor for Aim<'_> {
    fn goto(&mut self, goto: &mut Goto) {
        let GotoTarget::Step(to) = &goto.target else { return };
        let to: usize = to.value[1..].parse().unwrap();
        if to <= self.at && !self.bounded[to] && !self.dice.one_in(12) {
            goto.target = step_named((self.at + 1).min(self.bounded.len() - 1));
        } else if self.number > 0 && self.dice.one_in(16) {
            let flow = name(&format!("f{}", self.dice.below(self.number)));
            goto.target = GotoTarget::Flow { name: flow, args: Vec::new() };
        }
    }
}

fn is_clean(found: &[Diagnostic]) -> bool {
    found.iter().all(|d| d.severity != Severity::Error)
}

#[test]
fn clean_flows_do_nothing_that_a_clean_lint_excludes() {
    let (stage, mut author, mut dice, mut seen) = (Stage::new(), Author::new(3), Dice::new(4), Seen::default());
    let (mut tried, mut clean) = (0, 0);
    while seen.steps < STEPS * effort() {
        let file = author.file();
        tried += 1;
        let (plan, found) = stage.plan(&file);
        if is_clean(&found) && !plan.site.numbers.exact.is_empty() {
            clean += 1;
            call(&plan, &mut dice, CALLS, &mut seen);
            let wrong: Vec<String> = seen.wrong.iter().map(|(kind, story)| format!("{kind}:\n{story}")).collect();
            assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), print(&file));
        }
    }
    println!("{} steps in {} calls of {clean} sites, of {tried} that were written", seen.steps, seen.calls);
    for (way, count) in &seen.ways {
        println!("{count:8} {way}");
    }
}

/// What an unclean lint warns of does happen.
#[test]
fn unclean_flows_do_what_their_findings_say() {
    let (stage, mut author, mut dice) = (Stage::new(), Author::new(5), Dice::new(6));
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..400 {
        let file = author.file();
        let (plan, found) = stage.plan(&file);
        let whole = plan.flows.values().all(|g| g.complete);
        if is_clean(&found) || !whole || plan.site.numbers.exact.is_empty() {
            continue;
        }
        let mut seen = Seen::default();
        call(&plan, &mut dice, 5, &mut seen);
        for kind in seen.wrong.keys() {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    println!("{kinds:?}");
    for kind in ["a flow that failed", "a flow without an end", "no guard for a leg outside"] {
        assert!(kinds.contains_key(kind), "`{kind}` is never seen: {kinds:?}");
    }
}
