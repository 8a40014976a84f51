//! Small flows: every graph over an alphabet of step bodies, each once up to the names of its
//! steps, and random ones.

use std::ops::Range;

use strowger::base::span::FileId;
use strowger::syntax::ast::{File, Flow, Goto, GotoTarget, Item, Name, Step};
use strowger::syntax::parse::parse_flow;

use super::Dice;
use super::tree::{self, Visitor};

/// Step bodies that graphs are made of. `t0`, `t1` .. are the steps they lead to.
pub struct Alphabet {
    pub name: &'static str,
    pub header: &'static str,
    /// As written after `step NAME`.
    pub letters: &'static [&'static str],
    /// All graphs of so many steps: in the suite, and with an effort of 20 and of 100.
    pub all: [usize; 3],
}

const OUTSIDE: &str = "\"+442071838750\"";

/// What a path can be, and nothing else.
const SHAPE: &[&str] = &["{ hangup }", "{ -> t0 }", "{ if (caller.anonymous) -> t0  -> t1 }"];
const BOUNDS: &[&str] = &[
    "{ hangup }",
    "{ if (caller.anonymous) -> t0  -> t1 }",
    "visits 1 otherwise -> t1 { -> t0 }",
    "visits 2 otherwise -> t0 { hangup }",
];
const LINE: &[&str] = &[
    "{ hangup }",
    "{ reject busy }",
    "{ answer  -> t0 }",
    "{ play \"welcome\"  -> t0 }",
    "{ if (caller.anonymous) -> t0  -> t1 }",
];
const TALKS: &[&str] = &[
    "{ reject busy }",
    "{ menu \"main-menu\" { 1 -> t0  otherwise -> t1 } }",
    "{ transfer to user us_dana { otherwise -> t0 } }",
    "{ transfer to user us_dana resume true { ended -> t0  otherwise -> t1 } }",
];
const GUARDS: &[&str] = &[
    "{ hangup }",
    "{ guard standard  -> t0 }",
    "{ transfer to number OUTSIDE { otherwise -> t0 } }",
    "{ if (caller.anonymous) -> t0  -> t1 }",
];
const GUARDED: &[&str] = &[
    "{ hangup }",
    "{ guard standard  transfer to pstn OUTSIDE { otherwise -> t0 } }",
    "{ if (caller.anonymous) { guard standard }  transfer to number OUTSIDE { busy -> t0  otherwise -> t1 } }",
];
const VARIABLES: &[&str] =
    &["{ hangup }", "{ set x = \"a\"  -> t0 }", "{ tag k (x)  -> t0 }", "{ if (caller.anonymous) -> t0  -> t1 }"];
const COLLECTS: &[&str] = &[
    "{ hangup }",
    "{ tag k (d)  -> t0 }",
    "{ collect d { ok -> t0  otherwise -> t1 } }",
    "{ if (d == \"1\") -> t0  -> t1 }",
];
const ENDS: &[&str] = &[
    "{ hangup }",
    "{ }",
    "{ answer  play \"welcome\" }",
    "{ hangup  play \"welcome\"  -> t0 }",
    "{ -> t0  play \"welcome\"  hangup }",
    "{ if (caller.anonymous) { hangup } }",
    "{ if (caller.anonymous) { reject busy } else { -> t0 }  hangup }",
    "{ transfer to user us_dana { busy -> next  otherwise -> t0 } }",
    "{ menu \"main-menu\" { 1 { hangup  answer }  otherwise -> t0 }  wait 1s }",
    "visits 1 otherwise -> t0 { reject busy  answer  -> t0 }",
];
const WAITS: &[&str] = &[
    "{ hangup }",
    "{ enqueue sales max_wait 1m { every 20s { play \"welcome\" }  after 30s -> t0  otherwise -> t1 } }",
    "{ ring user us_dana { otherwise -> t0 } }",
    "{ ring user us_dana, number OUTSIDE { answered -> t0  otherwise -> t1 } }",
    "{ voicemail sales { otherwise -> t0 } }",
];
/// What random graphs have beside all of the above.
const MORE: &[&str] = &[
    "{ play \"welcome\"  hangup }",
    "{ answer  wait 1s  -> t0 }",
    "{ set x = (x + \"b\")  tag k (x)  -> t0 }",
    "{ menu \"main-menu\" { 1 { set x = \"c\" }  2 -> t1  otherwise -> t0 }  tag k (x)  -> t2 }",
    "{ guard standard  if (d == \"1\") -> t0  transfer to number OUTSIDE { otherwise -> t1 } }",
    "{ answer  collect d { ok -> next  otherwise -> t0 }  switch (d) { \"1\" -> t1  otherwise -> t2 } }",
    "{ transfer to queue sales { full -> t0  timeout -> t1  otherwise -> t2 } }",
    "{ if (caller.anonymous) { answer } else { reject busy }  play \"welcome\"  -> t0 }",
    "visits 3 otherwise -> t1 { answer  play \"welcome\"  -> t0 }",
    "visits 1 otherwise -> t2 { menu \"main-menu\" { 1 -> t0  otherwise -> t1 } }",
    "{ enqueue sales resume true { ended -> t0  1 { tag k (x) }  otherwise -> t1 }  -> t2 }",
    "{ enqueue sales max_wait 1m { after 10s { if (caller.anonymous) -> t0 }  otherwise { hangup } } }",
    "{ transfer to queue sales max_wait 1m { every 20s { play \"welcome\"  -> t0 }  otherwise -> t1 } }",
    "{ hours office { open -> t0  holiday(name) { tag h (name) }  closed -> t1 }  -> t2 }",
    "{ split { 50% -> t0  50% { answer } }  -> t1 }",
    "{ split { 50% { hangup  answer }  50% -> t0 } }",
    "{ split sticky (x) { 50% -> t0  50% -> t1 } }",
    "{ lookup customers key (x) { found(row) { tag who (row.name) }  otherwise -> t0 }  -> t1 }",
    "{ http get \"https://crm.example/who\" query (#{a: d}) { ok { set x = \"e\" }  otherwise -> t0 }  tag k (x)  -> t1 }",
    "{ callback (caller.number) { accepted -> t0  otherwise -> t1 } }",
    "{ park orbit timeout 1m { otherwise -> t0 } }",
    "{ conference room { ended { play \"welcome\"  -> t0 }  otherwise -> t1 } }",
    "{ record start notice \"welcome\"  say \"${x}\"  -> t0 }",
    "{ hold  wait 1s  unhold  music \"welcome\"  send_digits \"1\"  -> t0 }",
    "{ notify ops text \"${d}\"  set language = \"en\"  -> t0 }",
    "{ ring in_turn user us_dana, pstn OUTSIDE { answered, busy -> t0  otherwise { reject busy } } }",
];

const VARS: &str = "var x: text  var d: digits";
const FAILING: &str = "failed -> s0  var x: text  var d: digits";

pub const ALPHABETS: [Alphabet; 10] = [
    Alphabet { name: "shape", header: "", letters: SHAPE, all: [4, 6, 6] },
    Alphabet { name: "bounds", header: "", letters: BOUNDS, all: [2, 4, 5] },
    Alphabet { name: "line", header: "", letters: LINE, all: [3, 5, 6] },
    Alphabet { name: "talks", header: "", letters: TALKS, all: [2, 4, 5] },
    Alphabet { name: "guards", header: "", letters: GUARDS, all: [3, 5, 6] },
    Alphabet { name: "guarded", header: "", letters: GUARDED, all: [2, 4, 5] },
    Alphabet { name: "variables", header: VARS, letters: VARIABLES, all: [3, 5, 6] },
    Alphabet { name: "failing", header: FAILING, letters: COLLECTS, all: [2, 4, 5] },
    Alphabet { name: "waits", header: "", letters: WAITS, all: [2, 3, 4] },
    Alphabet { name: "ends", header: "guard standard", letters: ENDS, all: [2, 3, 4] },
];

/// The headers of random graphs.
const HEADERS: [&str; 4] = [
    VARS,
    "guard standard  var x: text  var d: digits",
    FAILING,
    "guard standard  failed -> s0  var x = \"\"  var d: digits",
];

/// A step body that was read once.
struct Letter {
    step: Step,
    targets: usize,
    /// The order of the targets says nothing.
    even: bool,
}

/// An alphabet with its letters read.
pub struct Reader {
    header: Vec<Flow>,
    letters: Vec<Letter>,
}

/// One step of a graph: its letter and where it leads.
#[derive(Clone)]
pub struct Node {
    pub letter: usize,
    targets: Vec<usize>,
}

impl Reader {
    pub fn of(alphabet: &Alphabet) -> Reader {
        Reader::read(&[alphabet.header], alphabet.letters.iter().copied())
    }

    /// Every letter of every alphabet, for random graphs.
    pub fn everything() -> Reader {
        Reader::everything_and(&[])
    }

    /// And more letters, each three times as often.
    pub fn everything_and(more: &[&str]) -> Reader {
        let letters = ALPHABETS.iter().flat_map(|a| a.letters).chain(MORE).copied();
        Reader::read(&HEADERS, letters.chain([more; 3].into_iter().flatten().copied()))
    }

    pub fn read<'a>(headers: &[&str], letters: impl Iterator<Item = &'a str>) -> Reader {
        let header = headers.iter().map(|h| parse(h, "{ hangup }")).collect();
        let letters = letters.map(|letter| {
            let step = parse("", &letter.replace("OUTSIDE", OUTSIDE)).steps.remove(0);
            let targets = (0..4).filter(|n| letter.contains(&format!("t{n}"))).count();
            Letter { step, targets, even: letter.starts_with("{ if (caller.anonymous) -> t0") }
        });
        Reader { header, letters: letters.collect() }
    }

    /// The same with other headers: this, and none.
    pub fn headed(mut self, header: &str) -> Reader {
        self.header = [header, VARS].map(|h| parse(h, "{ hangup }")).into();
        self
    }

    /// A step whose targets all lead onwards.
    pub fn letter(&self, index: usize, letter: usize) -> Step {
        self.step(index, &Node { letter, targets: vec![index + 1; self.letters[letter].targets] })
    }

    /// The flow of a graph; `which` header of those that the reader has.
    pub fn flow(&self, name: &str, nodes: &[Node], which: usize) -> Flow {
        let mut flow = self.header[which % self.header.len()].clone();
        flow.name.value = name.to_owned();
        flow.steps = nodes.iter().enumerate().map(|(n, node)| self.step(n, node)).collect();
        flow
    }

    fn step(&self, index: usize, node: &Node) -> Step {
        struct Aim<'a>(&'a [usize]);
        impl Visitor for Aim<'_> {
            fn goto(&mut self, goto: &mut Goto) {
                if let GotoTarget::Step(Name { value, .. }) = &mut goto.target {
                    let slot: usize = value[1..].parse().unwrap();
                    *value = format!("s{}", self.0[slot]);
                }
            }
        }
        let mut step = self.letters[node.letter].step.clone();
        step.name.value = format!("s{index}");
        tree::step(&mut step, &mut Aim(&node.targets));
        step
    }

    /// Every graph of up to `most` steps all of which can be reached, in the order in which a walk
    /// in breadth meets them: each graph once, whatever its steps are called.
    pub fn all(&self, most: usize, found: &mut dyn FnMut(&[Node])) {
        self.next(most, 1, &mut Vec::new(), found);
    }

    fn next(&self, most: usize, met: usize, nodes: &mut Vec<Node>, found: &mut dyn FnMut(&[Node])) {
        if nodes.len() == met {
            found(nodes);
            return;
        }
        for (letter, one) in self.letters.iter().enumerate() {
            self.aim(most, met, Node { letter, targets: Vec::with_capacity(one.targets) }, nodes, found);
        }
    }

    fn aim(&self, most: usize, met: usize, node: Node, nodes: &mut Vec<Node>, found: &mut dyn FnMut(&[Node])) {
        let letter = &self.letters[node.letter];
        if node.targets.len() == letter.targets {
            nodes.push(node);
            self.next(most, met, nodes, found);
            nodes.pop();
            return;
        }
        let first = node.targets.last().filter(|_| letter.even).map_or(0, |last| last + 1);
        for target in first..=met.min(most - 1) {
            let mut node = node.clone();
            node.targets.push(target);
            self.aim(most, met.max(target + 1), node, nodes, found);
        }
    }

    /// Any graph, with steps that nothing leads to as well.
    pub fn random(&self, dice: &mut Dice, steps: Range<usize>) -> Vec<Node> {
        let count = steps.start + dice.below(steps.len());
        let node = |dice: &mut Dice, at: usize| {
            let mut letter = dice.below(self.letters.len());
            // What goes on is met more often, so that graphs hang together.
            while self.letters[letter].targets == 0 && !dice.one_in(4) {
                letter = dice.below(self.letters.len());
            }
            // Mostly onwards, so that paths are long.
            let target = |dice: &mut Dice| {
                if dice.one_in(3) { dice.below(count) } else { (at + 1 + dice.below(2)).min(count - 1) }
            };
            Node { letter, targets: (0..self.letters[letter].targets).map(|_| target(dice)).collect() }
        };
        (0..count).map(|at| node(dice, at)).collect()
    }
}

/// A flow of one step that is read from text.
fn parse(header: &str, letter: &str) -> Flow {
    let text = format!("flow main {{ {header} step s0 {letter} }}");
    let (File { mut items }, found) = parse_flow(FileId(0), &text);
    assert_eq!(found, [], "{text}");
    match items.remove(0) {
        Item::Flow(flow) => flow,
        Item::Constant(_) => panic!("{text}"),
    }
}
