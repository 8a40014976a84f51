//! Random sites for the executor: flows that go on to each other and run subflows, most of them right.

use std::ops::Range;

use strowger::base::span::{FileId, Span, Spanned};
use strowger::syntax::ast::{Action, Param, ResultDecl};
use strowger::syntax::ast::{File, Flow, Goto, GotoTarget, Header, Item, Statement, StatementKind, Subject};
use strowger::syntax::parse::parse_flow;

use super::alphabet::Reader;
use super::plants::name;
use super::tree::Visitor;
use super::{Dice, tree};

const HEADERS: [&str; 4] = [
    "guard standard  failed -> s0  var x = \"\"  var n = 0  VARS",
    "guard standard  default menu timeout 3s tries 1  var x = \"\"  var n = 0  VARS",
    "guard standard  default ring ring 5s max_duration 1m  var x: text  var n = 0  VARS",
    "failed -> s0  var x = \"\"  var n = 0  VARS",
];
/// What runs a subflow may have a guard in scope; the subflow itself most often has none.
const SUB_HEADERS: [&str; 3] =
    ["failed -> s0  var x = \"\"  VARS", "guard strict  failed -> s0  var x: text  VARS", "var x = \"\"  VARS"];
const VARS: &str = "var d: digits  var pin: secret  var tel: phone";

/// What every subflow takes and gives.
const SIGNATURE: &str =
    "subflow s(p: text, n: number = 1) -> ok(v: text), no(why: text), gone { step s { return gone } }";

const ANSWERS: [&str; 3] = [
    "{ answer  -> t0 }",
    "{ answer  play \"welcome\"  -> t0 }",
    "{ if (caller.anonymous) { reject busy }  answer  -> t0 }",
];

/// The one of them that may refuse.
const REFUSES: usize = 2;

const ANYWHERE: &[&str] = &[
    "{ play \"sorry\"  -> t0 }",
    "{ play [\"welcome\", \"sorry\"] barge_in false  -> t0 }",
    "{ wait 2s  -> t0 }",
    "{ menu \"main-menu\" timeout 3s tries 2 { 1 -> t0  2 -> t1  otherwise -> t2 } }",
    "{ menu \"main-menu\" invalid \"sorry\" { 1 { play \"sorry\" }  10x -> t0  otherwise -> t1 }  -> t2 }",
    "{ menu \"main-menu\" { extension(to) { transfer to extension (to) { otherwise -> t0 } }  otherwise -> t1 } }",
    "{ menu say \"Press 1.\" silent \"sorry\" { 1, 2 { tag last (digits) }  timeout -> t0  otherwise -> t1 }  -> t2 }",
    "{ collect d prompt \"welcome\" min 2 max 4 { ok -> t0  otherwise -> t1 } }",
    "{ collect d tries 1 { ok { tag d (d) }  otherwise -> t1 }  -> t0 }",
    "{ collect tel max 12 timeout 2s { ok { callback (tel) { accepted -> t0  otherwise -> t1 } }  otherwise -> t1 } }",
    "{ collect d min 2 max 2 { ok -> next  otherwise -> t0 }  if (d == \"12\") -> t1  -> t2 }",
    "{ if (caller.anonymous) { set x = \"hidden\" } else { set x = (caller.number) }  -> t0 }",
    "{ if (now.hour < 12 && hours.office == \"open\") -> t0  -> t1 }",
    "{ switch (x) { \"a\" -> t0  \"hidden\" -> t1  otherwise -> t2 } }",
    "{ switch (n > 1) { true -> t0  false { set x = \"few\" } }  -> t1 }",
    "{ switch (n) { 1 -> t0  2 { set x = \"two\" }  otherwise -> t1 }  -> t2 }",
    "{ split { 30% -> t0  70% -> t1 } }",
    "{ split sticky (caller.number) { 50% -> t0  50% { set x = \"half\" } }  -> t1 }",
    "{ hours office { open -> t0  holiday(name) { tag h (name) }  closed -> t1 }  -> t2 }",
    "{ tag k (x)  -> t0 }",
    "{ tag k \"${x}/${n}/${outcome}\"  -> t0 }",
    "{ notify ops text \"${x}\"  -> t0 }",
    "{ set x = (x + \"b\")  -> t0 }",
    "{ set x = \"a\"  -> t0 }",
    "{ set n = (n + 1)  if (n > 2) -> t0  -> t1 }",
    "{ set language = \"cy\"  play \"welcome\"  -> t0 }",
    "{ say \"Hello, ${x}.\"  -> t0 }",
    "{ music \"welcome\"  wait 3s  -> t0 }",
    "{ hold  wait 3s  unhold  -> t0 }",
    "{ send_digits \"12#\"  -> t0 }",
    "{ voicemail sales greeting \"sorry\" max 30s { left -> t0  otherwise -> t1 } }",
    "{ record start notice \"welcome\"  -> t0 }",
    "{ record pause  collect pin max 4 { ok { verify members subject (caller.number) pin (pin) { ok -> t0  wrong -> t1  \
     otherwise -> t2 } }  otherwise -> t1 } }",
    "{ lookup customers key (caller.number) { found(row) { tag who (row.name)  transfer to number (row.manager) ring 10s { \
     otherwise -> t0 } }  not_found -> t1  failed -> t0 } }",
    "{ lookup customers key (caller.number) { found(row) { transfer to extension (row.desk) ring 5s { otherwise -> t0 } }  \
     otherwise -> t1 } }",
    "{ http get \"https://crm.example/who\" query (#{n: caller.number}) timeout 2s silence \"main-menu\" { ok -> t0  \
     rejected(status) { tag s (status) }  failed -> t1 }  -> t1 }",
    "{ callback (caller.number) queue sales window office { accepted -> t0  denied(why) { tag why (why) }  otherwise -> t1 }  \
     -> t1 }",
    "{ ring in_turn user us_dana, rota duty ring 10s max_duration 1m { answered -> t0  otherwise -> t1 } }",
    "{ ring together group desk ring 10s accept \"1\" whisper \"welcome\" max_duration 1m { answered { play \"sorry\" }  \
     otherwise -> t0 }  -> t1 }",
    "{ ring number OUTSIDE ring 10s max_duration 1m { answered -> t0  denied(why) { tag why (why) }  otherwise -> t1 }  -> t1 }",
    "{ park orbit timeout 1m { otherwise -> t0 } }",
    "{ conference room role host max_duration 1m { ended -> t0  otherwise -> t1 } }",
    "{ enqueue sales max_wait 40s { every 10s { play \"sorry\"  set x = \"waits\" }  after 15s { if (n > 1) -> t0 }  1 -> t1  \
     otherwise -> t2 } }",
    "{ enqueue sales max_wait 20s resume true hold_audio \"main-menu\" { ended -> t0  after 5s -> t1  otherwise -> t1 } }",
    "{ transfer to user us_dana ring 10s { busy -> t0  otherwise -> t1 } }",
    "{ transfer to user us_ravi ring 10s resume true max_duration 1m { ended -> t0  otherwise -> t1 } }",
    "{ transfer attended to user us_dana brief say \"A call.\" accept \"1\" ring 10s max_duration 1m { no_answer -> t0  \
     otherwise -> t1 } }",
    "{ transfer attended to user us_ravi brief [\"welcome\", say \"For you.\"] machine decline resume true context \
     (#{n: caller.number}) ring 10s max_duration 1m { ended -> t0  declined -> t1  otherwise -> t2 } }",
    "{ transfer to number OUTSIDE accept \"2\" machine decline recording stop ring 10s max_duration 1m { denied(why) { tag \
     why (why)  -> t0 }  otherwise -> t1 } }",
    "{ enqueue sales max_wait 20s whisper \"welcome\" context (#{x: x}) { every 5s { play \"sorry\" }  1 -> t0  otherwise -> t1 } \
     }",
    "{ record start notice say \"This is recorded.\"  transfer to queue sales max_wait 20s whisper \"sorry\" recording stop \
     resume true { ended { record start  -> t0 }  otherwise -> t1 } }",
    "{ transfer to number OUTSIDE ring 10s { denied(why) { tag why (why)  -> t0 }  otherwise -> t1 } }",
    "{ guard strict  transfer to pstn \"+442071838751\" ring 5s resume true max_duration 1m { ended -> t0  otherwise -> t1 } }",
    "{ guard standard  transfer to number \"+442071838752\" { denied -> t0  otherwise -> t1 } }",
    "{ guard standard to number OUTSIDE { allowed -> t0  denied(why) { tag why (why) } }  -> t1 }",
    "{ transfer to queue sales max_wait 30s hold_audio \"welcome\" { full, no_agents -> t0  otherwise -> t1 } }",
    "{ transfer to user us_dana ring 10s hold_audio \"main-menu\" { otherwise -> t0 } }",
    "{ hangup }",
];

/// What a caller or a service can make fail.
const FALLIBLE: &[&str] = &[
    "{ set n = (10 / n)  -> t0 }",
    "{ wait (seconds(10 / n))  -> t0 }",
    "{ http post \"https://crm.example/who\" body (#{x: x}) once \"${session.id}\" { ok(reply) { tag r (reply.name)  -> t0 }  \
     otherwise -> t1 } }",
    "{ enqueue sales max_wait 20s { after 5s { tag p (queue.sales.position) }  otherwise -> t0 } }",
];

/// Which subflow is run is decided later.
const RUNS: &[&str] = &[
    "{ run sub(p: \"a\") { ok(v) { tag v (v) }  no(why) -> t0  gone -> t1 }  -> t2 }",
    "{ run sub(p: (caller.number), n: 3) { ok -> t0  otherwise -> t1 } }",
    "{ run sub(p: \"b${n}\", n: (n)) { ok(v) { set x = (v) }  no(why) { tag why (why) }  gone -> t0 }  -> t1 }",
    "{ guard strict  run sub(p: (x)) { gone -> t0  otherwise { set n = (n + 1) } }  -> t1 }",
    "{ guard standard  if (n > 2) { run sub(p: \"d\", n: 2) { otherwise -> next } }  -> t0 }",
];

const ONLY_SUBFLOWS: &[&str] = &[
    "{ return ok(x) }",
    "{ return ok(p) }",
    "{ set x = \"${p}${n}\"  return ok(x) }",
    "{ return no(\"bad\") }",
    "{ if (n > 2) { return no(p) }  -> t0 }",
    "{ if (n < 2) { return ok(p) }  -> t0 }",
    "{ menu \"main-menu\" timeout 2s { 1 { return ok(\"one\") }  2 -> t0  otherwise -> t1 } }",
    "{ collect d timeout 2s { ok { set x = \"${d}\"  return ok(x) }  otherwise -> t0 } }",
    "{ transfer to user us_ravi ring 5s resume true max_duration 1m { ended { return ok(\"talked\") }  otherwise -> t0 } }",
    "{ lookup customers key (caller.number) { found(row) { return ok(row.name) }  otherwise { return no(\"new\") } } }",
    "{ if (p == \"a\") -> t0  -> t1 }",
    "{ tag k (p)  -> t0 }",
];

const ENDS: [&str; 2] = ["{ hangup }", "{ play \"sorry\"  hangup }"];
const SUB_ENDS: [&str; 2] = ["{ return gone }", "{ play \"sorry\"  return gone }"];

/// Letters in their order, and which of them can fail.
struct Letters {
    reader: Reader,
    count: usize,
    fallible: Range<usize>,
}

impl Letters {
    fn read(headers: &[&str], only: &[&str], runs: &[&str], ends: &[&str]) -> Letters {
        // What is of subflows is written more often than one statement of many.
        let lists = [&ANSWERS, ANYWHERE, FALLIBLE, only, only, only, runs, runs, runs, ends];
        let before = ANSWERS.len() + ANYWHERE.len();
        let headers: Vec<String> = headers.iter().map(|h| h.replace("VARS", VARS)).collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        Letters {
            reader: Reader::read(&headers, lists.iter().flat_map(|list| list.iter().copied())),
            count: lists.iter().map(|list| list.len()).sum(),
            fallible: before..before + FALLIBLE.len(),
        }
    }
}

/// Writes a file of one to three flows, each of which may go on to an earlier one, and of up to three subflows, each of
/// which may run an earlier one.
pub struct Author {
    /// For flows and for subflows: without `run`, and with it.
    flows: [Letters; 2],
    subflows: [Letters; 2],
    params: Vec<Param>,
    results: Option<Vec<ResultDecl>>,
    dice: Dice,
}

/// What is written at the moment.
#[derive(Clone, Copy)]
struct Part {
    number: usize,
    is_subflow: bool,
    /// Subflows that it may run.
    below: usize,
}

impl Author {
    pub fn new(seed: u64) -> Self {
        let (file, found) = parse_flow(FileId(0), SIGNATURE);
        assert_eq!(found, []);
        let Some(Item::Flow(Flow { params, results, .. })) = file.items.into_iter().next() else { panic!("a subflow") };
        let runs: [&[&str]; 2] = [&[], RUNS];
        Author {
            flows: runs.map(|runs| Letters::read(&HEADERS, &[], runs, &ENDS)),
            subflows: runs.map(|runs| Letters::read(&SUB_HEADERS, ONLY_SUBFLOWS, runs, &SUB_ENDS)),
            params,
            results,
            dice: Dice::new(seed),
        }
    }

    pub fn file(&mut self) -> File {
        let subflows = self.dice.below(4);
        let parts = (0..subflows).map(|number| Part { number, is_subflow: true, below: number });
        let flows = 1 + self.dice.below(3);
        let parts = parts.chain((0..flows).map(|number| Part { number, is_subflow: false, below: subflows }));
        let mut file = File { items: parts.map(|part| Item::Flow(self.flow(part))).collect() };
        tree::number(&mut file, 0);
        file
    }

    fn flow(&mut self, part: Part) -> Flow {
        let which = usize::from(part.below > 0);
        let letters = if part.is_subflow { &self.subflows[which] } else { &self.flows[which] };
        let (reader, dice) = (&letters.reader, &mut self.dice);
        let nodes = reader.random(dice, 3..9);
        let header = dice.below(HEADERS.len());
        let mut flow =
            reader.flow(&format!("{}{}", if part.is_subflow { "sub" } else { "f" }, part.number), &nodes, header);
        let last = flow.steps.len() - 1;
        if !dice.one_in(24) {
            // Most flows answer, and end in a step that ends; a subflow may leave the answer to who runs it.
            let begin = dice.below(ANSWERS.len());
            if !part.is_subflow || begin < REFUSES {
                flow.steps[0].body = reader.letter(0, begin).body;
            }
            // Who was refused hears nothing of what failed.
            let end = if begin == REFUSES { 1 } else { dice.below(2) };
            flow.steps[last].body = reader.letter(last, letters.count - 1 - end).body;
        }
        // The first step is seldom counted: what its bound leads to would come before `answer`.
        let first = usize::from(!dice.one_in(8));
        for at in first..last {
            if dice.below(5) > 1 {
                let visits = Spanned::new(1 + dice.below(3) as u32, Span::default());
                let to = at + 1 + dice.below(last - at);
                flow.steps[at].visits = Some((visits, Goto { target: step_named(to), span: Span::default() }));
            }
        }
        let bounded: Vec<bool> = flow.steps.iter().map(|s| s.visits.is_some()).collect();
        for (at, step) in flow.steps.iter_mut().enumerate() {
            tree::step(step, &mut Aim { dice: &mut *dice, part, at, bounded: &bounded });
        }
        let fails = nodes.iter().any(|node| letters.fallible.contains(&node.letter));
        if fails && !flow.header.iter().any(|h| matches!(h, Header::Failed(_))) {
            flow.header.push(Header::Failed(Goto { target: step_named(last), span: Span::default() }));
        }
        for header in &mut flow.header {
            // An expression that fails ends in the last step, which has none.
            if let Header::Failed(goto) = header {
                goto.target = step_named(last);
            }
        }
        if part.is_subflow {
            (flow.params, flow.results) = (self.params.clone(), self.results.clone());
        }
        flow
    }
}

fn step_named(number: usize) -> GotoTarget {
    GotoTarget::Step(name(&format!("s{number}")))
}

/// Turns arrows so that most flows are clean: back only to steps whose arrivals are counted, and
/// now and then to an earlier flow. Decides which subflow is run.
struct Aim<'a> {
    dice: &'a mut Dice,
    part: Part,
    at: usize,
    bounded: &'a [bool],
}

impl Visitor for Aim<'_> {
    fn goto(&mut self, goto: &mut Goto) {
        let GotoTarget::Step(to) = &goto.target else { return };
        let to: usize = to.value[1..].parse().unwrap();
        let stays = self.dice.one_in(if self.bounded[to] { 2 } else { 30 });
        if to <= self.at && !stays {
            goto.target = step_named((self.at + 1).min(self.bounded.len() - 1));
        } else if !self.part.is_subflow && self.part.number > 0 && self.dice.one_in(16) {
            let flow = name(&format!("f{}", self.dice.below(self.part.number)));
            goto.target = GotoTarget::Flow { name: flow, args: Vec::new() };
        }
    }

    fn statement(&mut self, statement: &mut Statement) {
        if let StatementKind::Action(Action { subject: Subject::Run { flow, .. }, .. }) = &mut statement.kind {
            flow.value = format!("sub{}", self.dice.below(self.part.below));
        }
    }
}
