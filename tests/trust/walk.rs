//! The oracle: walks every path of a flow over its syntax tree, statement by statement, with what a
//! call would know on it. It shares no code with `check`, `graph` or `lint`.
//!
//! Paths that meet in the same step with the same knowledge are one from there on, so that loops
//! come to an end; nothing else is left out. A subflow is walked anew for each knowledge that it is
//! entered with.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use strowger::syntax::ast::*;

use super::tree;

mod group;
mod verbs;
mod whole;

/// A rule and the numbered place at which it must be reported.
pub type Finding = (&'static str, usize);

/// How far the call has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Line {
    Unanswered,
    Answered,
    /// Something was played to a caller who hears ringback: said once a path.
    Complained,
    /// What went before cannot be known: nothing is said of it.
    Unknown,
}

/// What is known on a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Known {
    line: Line,
    /// A guard of the flow or of this step.
    guarded: bool,
    /// Variables that have a value, by their place in the header.
    set: BTreeSet<usize>,
    /// Arrivals in each step as far as its bound counts them; empty if any arrival may be any.
    visits: Vec<u32>,
}

/// Why control goes from one step to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Way {
    Arrow,
    /// The bound of the step left no other way.
    Bound,
    /// An expression failed that does so only by its size.
    Failed,
    /// An expression failed that can fail each time.
    FailedAgain,
}

type Place = (usize, Known);

/// A flow with the subflows that it comes to run, itself first; none runs itself.
pub struct Group<'a> {
    flows: Vec<&'a Flow>,
    ran: RefCell<BTreeMap<(String, Entry, bool), Rc<Ran>>>,
}

/// What is known where a flow begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    line: Line,
    guarded: bool,
}

/// Nothing is said of guards and answers.
const ANYHOW: Entry = Entry { line: Line::Unknown, guarded: true };
/// As a call begins.
const OUTERMOST: Entry = Entry { line: Line::Unanswered, guarded: false };

/// What came of a subflow, entered with one knowledge.
struct Ran {
    found: BTreeSet<Finding>,
    returns: BTreeSet<(String, Line)>,
    /// The call may end within.
    ends: bool,
}

struct Walker<'a> {
    group: &'a Group<'a>,
    flow: &'a Flow,
    entry: Entry,
    /// Whether arrivals are counted as a call counts them.
    counts: bool,
    variables: Vec<(&'a str, bool)>,
    failed: Option<usize>,
    at: Place,
    waiting: Vec<Place>,
    /// Where each place leads.
    ways: BTreeMap<Place, BTreeSet<(Way, Place)>>,
    ends: BTreeSet<Place>,
    found: BTreeSet<Finding>,
    returns: BTreeSet<(String, Line)>,
    /// The call may end in this flow or in what it runs.
    over: bool,
}

/// What the oracle says of a group of flows.
pub struct Verdict {
    pub found: BTreeSet<Finding>,
    /// A call can go round for ever, or come to where it cannot end.
    pub strands: bool,
}

impl<'a> Walker<'a> {
    fn new(group: &'a Group<'a>, flow: &'a Flow, entry: Entry, counts: bool) -> Self {
        let variables = flow.header.iter().filter_map(|h| match h {
            Header::Variable { name, value, .. } => Some((name.value.as_str(), value.is_some())),
            _ => None,
        });
        let variables: Vec<_> = variables.collect();
        let entry =
            Entry { guarded: entry.guarded || flow.header.iter().any(|h| matches!(h, Header::Guard(_))), ..entry };
        let known = Known {
            line: entry.line,
            guarded: entry.guarded,
            set: (0..variables.len()).filter(|n| variables[*n].1).collect(),
            visits: if counts { vec![0; flow.steps.len()] } else { Vec::new() },
        };
        let failed = flow.header.iter().find_map(|h| match h {
            Header::Failed(Goto { target: GotoTarget::Step(name), .. }) => step_of(flow, &name.value),
            _ => None,
        });
        Walker {
            group,
            flow,
            entry,
            counts,
            variables,
            failed,
            at: (0, known.clone()),
            waiting: vec![(0, known)],
            ways: BTreeMap::new(),
            ends: BTreeSet::new(),
            found: BTreeSet::new(),
            returns: BTreeSet::new(),
            over: false,
        }
    }

    fn run(&mut self) {
        while let Some(place) = self.waiting.pop() {
            if self.ways.contains_key(&place) {
                continue;
            }
            self.ways.insert(place.clone(), BTreeSet::new());
            self.at = place.clone();
            self.enter(place);
        }
    }

    fn enter(&mut self, (index, mut known): Place) {
        let step = &self.flow.steps[index];
        known.guarded = self.entry.guarded;
        let mut may = (true, step.visits.is_some());
        if let (true, Some((most, _))) = (self.counts, &step.visits) {
            may = (known.visits[index] < most.value, known.visits[index] >= most.value);
            known.visits[index] = (known.visits[index] + 1).min(most.value);
        }
        if let (true, Some((_, otherwise))) = (may.1, &step.visits) {
            self.jump(otherwise, known.clone(), Way::Bound);
        }
        if may.0 {
            self.block(&step.body, known);
        }
    }

    /// Walks a block; what comes out at its end.
    fn block(&mut self, block: &'a Block, known: Known) -> Vec<Known> {
        let mut now = vec![known];
        for statement in &block.statements {
            let before = std::mem::take(&mut now);
            now = before.into_iter().flat_map(|known| self.statement(statement, known)).collect();
            now.sort();
            now.dedup();
        }
        now
    }

    fn body(&mut self, body: &'a Body, known: Known) -> Vec<Known> {
        match body {
            Body::Goto(goto) => self.jump(goto, known, Way::Arrow),
            Body::Block(block) => self.block(block, known),
        }
    }

    fn jump(&mut self, goto: &Goto, known: Known, way: Way) -> Vec<Known> {
        match &goto.target {
            GotoTarget::Next => return vec![known],
            GotoTarget::Step(name) => {
                let step = step_of(self.flow, &name.value).unwrap();
                self.go(way, (step, known));
            }
            GotoTarget::Flow { .. } => self.ends_here(),
        }
        Vec::new()
    }

    /// The call is over here, or in what it goes to.
    fn ends_here(&mut self) {
        self.over = true;
        self.ends.insert(self.at.clone());
    }

    fn go(&mut self, way: Way, to: Place) {
        self.ways.get_mut(&self.at).unwrap().insert((way, to.clone()));
        self.waiting.push(to);
    }

    /// Something is computed here that reads variables, and may fail.
    fn computes(&mut self, value: &Value, known: &Known, may_fail: bool) {
        let mut codes = Vec::new();
        match &value.value {
            // A text alone is no more than itself.
            ValueKind::Expr(code) if !code.starts_with('"') => codes.push((code, value.span)),
            ValueKind::Text(text) | ValueKind::Spoken(text) => {
                codes.extend(text.pieces.iter().filter_map(|p| match p {
                    Piece::Hole(code) => Some((&code.value, code.span)),
                    Piece::Literal(_) => None,
                }));
            }
            _ => {}
        }
        for (code, span) in &codes {
            let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            for (at, (name, _)) in self.variables.iter().enumerate() {
                if words.contains(name) && !known.set.contains(&at) {
                    self.found.insert(("var-used-before-set", tree::place(*span)));
                }
            }
        }
        if let (false, true, Some(failed)) = (codes.is_empty(), may_fail, self.failed) {
            let way = if codes.iter().any(|(code, _)| fails_again(code)) { Way::FailedAgain } else { Way::Failed };
            self.go(way, (failed, known.clone()));
        }
    }

    fn statement(&mut self, statement: &'a Statement, mut known: Known) -> Vec<Known> {
        match &statement.kind {
            StatementKind::Goto(goto) => self.jump(goto, known, Way::Arrow),
            StatementKind::If(branch) => {
                self.computes(&branch.condition, &known, true);
                let mut out = self.body(&branch.then, known.clone());
                match &branch.otherwise {
                    Some(body) => out.extend(self.body(body, known)),
                    None => out.push(known),
                }
                out
            }
            StatementKind::Switch { on, arms } => {
                self.computes(on, &known, true);
                arms.iter().flat_map(|arm| self.body(&arm.body, known.clone())).collect()
            }
            StatementKind::Set { name, value } => {
                self.computes(value, &known, true);
                known.set.extend(self.variables.iter().position(|(n, _)| *n == name.value));
                vec![known]
            }
            StatementKind::Action(action) => self.action(action, statement, known),
            StatementKind::Return { outcome, value } => {
                value.iter().for_each(|value| self.computes(value, &known, true));
                self.returns.insert((outcome.value.clone(), known.line));
                self.ends.insert(self.at.clone());
                Vec::new()
            }
            StatementKind::Split { settings, arms } => {
                settings.iter().for_each(|s| self.computes(&s.value, &known, true));
                arms.iter().flat_map(|arm| self.body(&arm.body, known.clone())).collect()
            }
        }
    }

    fn action(&mut self, action: &'a Action, statement: &Statement, mut known: Known) -> Vec<Known> {
        let place = tree::place(statement.span);
        let arms = action.arms.as_deref().unwrap_or_default();
        match (action.verb.value.as_str(), &action.subject) {
            ("hangup", _) => self.ends_here(),
            ("reject", _) => {
                if known.line == Line::Answered {
                    self.found.insert(("reject-after-answer", place));
                }
                self.ends_here();
            }
            ("answer", _) => {
                known.line = Line::Answered;
                return vec![known];
            }
            ("guard", Subject::Guard { target: None, .. }) => {
                known.guarded = true;
                return vec![known];
            }
            ("transfer", Subject::Transfer { target, .. }) => return self.transfer(action, target, place, known),
            ("run", Subject::Run { flow, args }) => return self.run_subflow(&flow.value, args, arms, known),
            _ => return self.verb(action, place, known),
        }
        Vec::new()
    }

    fn transfer(&mut self, action: &'a Action, target: &Target, place: usize, known: Known) -> Vec<Known> {
        let outside = matches!(target.kind.value.as_str(), "number" | "pstn");
        if outside && !known.guarded {
            self.found.insert(("unguarded-external-leg", place));
        }
        let resumes = action.settings.iter().any(|s| s.key.value == "resume");
        if !resumes {
            self.ends_here();
        }
        let mut out = Vec::new();
        for arm in action.arms.iter().flatten() {
            let mut known = known.clone();
            if arm.labels.iter().any(|l| l.kind == LabelKind::Outcome("ended".to_owned())) {
                // They have talked.
                known.line = Line::Answered;
            }
            out.extend(self.body(&arm.body, known));
        }
        out
    }

    fn run_subflow(&mut self, name: &str, args: &[Arg], arms: &'a [Arm], known: Known) -> Vec<Known> {
        args.iter().for_each(|arg| self.computes(&arg.value, &known, true));
        // What is said once a path is said once in each flow of it.
        let line = if known.line == Line::Complained { Line::Unanswered } else { known.line };
        let ran = self.group.run(name, Entry { line, guarded: known.guarded }, self.counts);
        if ran.ends {
            self.ends_here();
        }
        let mut out = Vec::new();
        for (outcome, line) in &ran.returns {
            let mut known = known.clone();
            if matches!(line, Line::Answered | Line::Unknown) {
                known.line = *line;
            }
            let takes =
                |arm: &&Arm, word: &str| arm.labels.iter().any(|l| l.kind == LabelKind::Outcome(word.to_owned()));
            let arm = arms.iter().find(|arm| takes(arm, outcome)).or(arms.iter().find(|arm| takes(arm, "otherwise")));
            out.extend(self.body(&arm.unwrap().body, known));
        }
        out
    }
}

fn step_of(flow: &Flow, name: &str) -> Option<usize> {
    flow.steps.iter().position(|s| s.name.value == name)
}

/// Whether an expression can fail whenever it is computed: it divides, or reads what may not be there.
fn fails_again(code: &str) -> bool {
    code.contains(['/', '%', '[']) || code.contains("row.")
}
