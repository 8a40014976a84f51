//! The oracle: walks every path of a flow over its syntax tree, statement by statement, with what a
//! call would know on it. It shares no code with `check`, `graph` or `lint`.
//!
//! Paths that meet in the same step with the same knowledge are one from there on, so that loops
//! come to an end; nothing else is left out.

use std::collections::{BTreeMap, BTreeSet};

use strowger::syntax::ast::*;

use super::tree;

/// A rule and the numbered place at which it must be reported.
pub type Finding = (&'static str, usize);

/// How far the call has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Line {
    Unanswered,
    Answered,
    /// Something was played to a caller who hears ringback: said once a path.
    Complained,
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
    /// An expression failed.
    Failed,
}

type Place = (usize, Known);

pub struct Walker<'a> {
    flow: &'a Flow,
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
}

/// What the oracle says of a flow.
pub struct Verdict {
    pub found: BTreeSet<Finding>,
    /// A call can go round for ever, or come to where it cannot end.
    pub strands: bool,
}

/// Walks with every way of a bounded step open at any time, as a linter sees it.
pub fn walk(flow: &Flow) -> Verdict {
    let mut walker = Walker::new(flow, false);
    walker.run();
    walker.blocks();
    walker.steps();
    let strands = walker.strands();
    Verdict { found: walker.found, strands }
}

/// Walks with arrivals counted, as a call does it.
pub fn walk_counting(flow: &Flow) -> Verdict {
    let mut walker = Walker::new(flow, true);
    walker.run();
    let strands = walker.strands();
    Verdict { found: walker.found, strands }
}

impl<'a> Walker<'a> {
    fn new(flow: &'a Flow, counts: bool) -> Self {
        let variables = flow.header.iter().filter_map(|h| match h {
            Header::Variable { name, value, .. } => Some((name.value.as_str(), value.is_some())),
            _ => None,
        });
        let variables: Vec<_> = variables.collect();
        let known = Known {
            line: Line::Unanswered,
            guarded: flow.header.iter().any(|h| matches!(h, Header::Guard(_))),
            set: (0..variables.len()).filter(|n| variables[*n].1).collect(),
            visits: if counts { vec![0; flow.steps.len()] } else { Vec::new() },
        };
        let failed = flow.header.iter().find_map(|h| match h {
            Header::Failed(Goto { target: GotoTarget::Step(name), .. }) => step_of(flow, &name.value),
            _ => None,
        });
        Walker {
            flow,
            counts,
            variables,
            failed,
            at: (0, known.clone()),
            waiting: vec![(0, known)],
            ways: BTreeMap::new(),
            ends: BTreeSet::new(),
            found: BTreeSet::new(),
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
        known.guarded = self.flow.header.iter().any(|h| matches!(h, Header::Guard(_)));
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
            GotoTarget::Flow { .. } => drop(self.ends.insert(self.at.clone())),
        }
        Vec::new()
    }

    fn go(&mut self, way: Way, to: Place) {
        self.ways.get_mut(&self.at).unwrap().insert((way, to.clone()));
        self.waiting.push(to);
    }

    /// Something is computed here that reads variables, and may fail.
    fn computes(&mut self, value: &Value, known: &Known, may_fail: bool) {
        let mut codes = Vec::new();
        match &value.value {
            ValueKind::Expr(code) => codes.push(code),
            ValueKind::Text(text) | ValueKind::Spoken(text) => {
                codes.extend(text.pieces.iter().filter_map(|p| match p {
                    Piece::Hole(code) => Some(&code.value),
                    Piece::Literal(_) => None,
                }));
            }
            _ => {}
        }
        for code in &codes {
            let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            for (at, (name, _)) in self.variables.iter().enumerate() {
                if words.contains(name) && !known.set.contains(&at) {
                    self.found.insert(("var-used-before-set", tree::place(value.span)));
                }
            }
        }
        if let (false, true, Some(failed)) = (codes.is_empty(), may_fail, self.failed) {
            self.go(Way::Failed, (failed, known.clone()));
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
            other => panic!("no letter has {other:?}"),
        }
    }

    fn action(&mut self, action: &'a Action, statement: &Statement, mut known: Known) -> Vec<Known> {
        let place = tree::place(statement.span);
        let arms = action.arms.as_deref().unwrap_or_default();
        match (action.verb.value.as_str(), &action.subject) {
            ("hangup", _) => drop(self.ends.insert(self.at.clone())),
            ("reject", _) => {
                if known.line == Line::Answered {
                    self.found.insert(("reject-after-answer", place));
                }
                self.ends.insert(self.at.clone());
            }
            ("answer", _) => {
                known.line = Line::Answered;
                return vec![known];
            }
            ("play" | "menu" | "collect", subject) => {
                let line = known.line;
                if line == Line::Unanswered {
                    self.found.insert(("play-before-answer", place));
                    known.line = Line::Complained;
                }
                return self.heard(action, subject, arms, known);
            }
            ("wait", _) => return vec![known],
            ("tag", Subject::Pair { value, .. }) => {
                self.computes(value, &known, true);
                return vec![known];
            }
            ("guard", Subject::Guard { target: None, .. }) => {
                known.guarded = true;
                return vec![known];
            }
            ("transfer", Subject::Transfer { target, .. }) => return self.transfer(action, target, place, known),
            (verb, _) => panic!("no letter has `{verb}`"),
        }
        Vec::new()
    }

    fn heard(&mut self, action: &'a Action, subject: &Subject, arms: &'a [Arm], known: Known) -> Vec<Known> {
        if action.verb.value == "play" {
            return vec![known];
        }
        let mut out = Vec::new();
        for arm in arms {
            let mut known = known.clone();
            let ok = arm.labels.iter().any(|l| l.kind == LabelKind::Outcome("ok".to_owned()));
            if let (true, Subject::Value(Value { value: ValueKind::Name(into), .. })) = (ok, subject) {
                known.set.extend(self.variables.iter().position(|(n, _)| n == into));
            }
            out.extend(self.body(&arm.body, known));
        }
        out
    }

    fn transfer(&mut self, action: &'a Action, target: &Target, place: usize, known: Known) -> Vec<Known> {
        let outside = matches!(target.kind.value.as_str(), "number" | "pstn");
        if outside && !known.guarded {
            self.found.insert(("unguarded-external-leg", place));
        }
        let resumes = action.settings.iter().any(|s| s.key.value == "resume");
        if !resumes {
            self.ends.insert(self.at.clone());
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

    /// What never runs by itself: the statements of a block that no path through it comes to.
    fn blocks(&mut self) {
        for step in &self.flow.steps {
            if self.block_ends(&step.body) {
                self.found.insert(("step-falls-through", tree::place(step.name.span)));
            }
        }
    }

    /// Reports the first dead statement of a block and of those in it; whether its end can be come to.
    fn block_ends(&mut self, block: &Block) -> bool {
        let (mut goes_on, mut said, mut last) = (true, false, false);
        for statement in &block.statements {
            if !goes_on && !said {
                let rule = if last { "act-after-hangup" } else { "unreachable-statement" };
                self.found.insert((rule, tree::place(statement.span)));
                said = true;
            }
            goes_on &= self.statement_ends(statement);
            last = matches!(&statement.kind, StatementKind::Action(a) if matches!(a.verb.value.as_str(), "hangup" | "reject"));
        }
        goes_on
    }

    fn statement_ends(&mut self, statement: &Statement) -> bool {
        let bodies: Vec<&Body> = match &statement.kind {
            StatementKind::Goto(goto) => return goto.target == GotoTarget::Next,
            StatementKind::If(branch) => {
                let then = self.body_ends(&branch.then);
                return branch.otherwise.as_ref().is_none_or(|b| self.body_ends(b)) || then;
            }
            StatementKind::Action(action) => match &action.arms {
                None => return !matches!(action.verb.value.as_str(), "hangup" | "reject"),
                Some(arms) => arms.iter().map(|a| &a.body).collect(),
            },
            StatementKind::Switch { arms, .. } => arms.iter().map(|a| &a.body).collect(),
            _ => return true,
        };
        // Each is looked at, for what it reports.
        let open = bodies.into_iter().filter(|body| self.body_ends(body)).count();
        open > 0
    }

    fn body_ends(&mut self, body: &Body) -> bool {
        match body {
            Body::Goto(goto) => goto.target == GotoTarget::Next,
            Body::Block(block) => self.block_ends(block),
        }
    }

    /// Steps reached from one, by ways that count; the step itself only if it is come back to.
    fn beyond(&self, from: usize, open: &dyn Fn(Way, usize) -> bool) -> BTreeSet<usize> {
        let (mut met, mut waiting) = (BTreeSet::new(), vec![from]);
        while let Some(step) = waiting.pop() {
            for (place, ways) in self.ways.iter().filter(|(p, _)| p.0 == step) {
                for (way, to) in ways {
                    if open(*way, place.0) && met.insert(to.0) {
                        waiting.push(to.0);
                    }
                }
            }
        }
        met
    }

    /// What is said of whole steps.
    fn steps(&mut self) {
        let steps = &self.flow.steps;
        let name = |n: usize| tree::place(steps[n].name.span);
        let met: BTreeSet<usize> = self.ways.keys().map(|p| p.0).collect();
        let falls: BTreeSet<usize> =
            self.found.iter().filter(|(rule, _)| *rule == "step-falls-through").map(|f| f.1).collect();
        let over: BTreeSet<usize> = self.ends.iter().map(|p| p.0).collect();
        let any = |_: Way, _: usize| true;
        let ends = |n: usize| {
            let mut all = self.beyond(n, &any);
            all.insert(n);
            all.iter().any(|s| over.contains(s) || falls.contains(&name(*s)))
        };
        // A bounded step is left by its bound when it has been come to often enough.
        let lasting = |way: Way, from: usize| way == Way::Bound || way == Way::Arrow && steps[from].visits.is_none();
        let mut found = Vec::new();
        // The arrow that is missing may have led anywhere.
        let whole = falls.is_empty();
        found.extend((0..steps.len()).filter(|n| whole && !met.contains(n)).map(|n| ("unreachable-step", name(n))));
        // Of those that never end, the first of each group that nothing leads out of.
        let beyond: BTreeMap<usize, BTreeSet<usize>> =
            met.iter().filter(|n| !ends(**n)).map(|n| (*n, self.beyond(*n, &any))).collect();
        for (n, theirs) in &beyond {
            let last = theirs.iter().all(|m| beyond[m].contains(n));
            if last && !theirs.range(..n).any(|m| beyond[m].contains(n)) {
                found.push(("no-disposition", name(*n)));
            }
        }
        let round: BTreeMap<usize, BTreeSet<usize>> =
            met.iter().map(|n| (*n, self.beyond(*n, &lasting))).filter(|(n, beyond)| beyond.contains(n)).collect();
        for (n, beyond) in &round {
            let earlier = round.range(..n).any(|(m, theirs)| beyond.contains(m) && theirs.contains(n));
            if !earlier && ends(*n) {
                found.push(("unbounded-loop", name(*n)));
            }
        }
        self.found.extend(found);
    }

    /// Whether a path exists that never ends, or that cannot.
    fn strands(&self) -> bool {
        let mut ends = self.ends.clone();
        // What comes to the end of its step is another matter.
        ends.extend(self.ways.keys().filter(|p| self.block_falls(p)).cloned());
        loop {
            let more =
                self.ways.iter().filter(|(p, ways)| !ends.contains(*p) && ways.iter().any(|(_, to)| ends.contains(to)));
            let more: Vec<Place> = more.map(|(p, _)| p.clone()).collect();
            if more.is_empty() {
                break;
            }
            ends.extend(more);
        }
        ends.len() < self.ways.len() || self.goes_round()
    }

    fn block_falls(&self, place: &Place) -> bool {
        let mut other = Walker::new(self.flow, false);
        other.block_ends(&self.flow.steps[place.0].body)
    }

    /// Whether places form a cycle, by what the flow says itself: takes away what leads nowhere.
    fn goes_round(&self) -> bool {
        let mut left: BTreeSet<&Place> = self.ways.keys().collect();
        loop {
            let leads = |p: &&Place| self.ways[*p].iter().any(|(way, to)| *way != Way::Failed && left.contains(to));
            let next: BTreeSet<&Place> = left.iter().copied().filter(leads).collect();
            if next.len() == left.len() {
                return !left.is_empty();
            }
            left = next;
        }
    }
}

fn step_of(flow: &Flow, name: &str) -> Option<usize> {
    flow.steps.iter().position(|s| s.name.value == name)
}
