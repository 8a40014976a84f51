//! What is said of whole blocks, steps and flows, when their paths are known.

use std::collections::{BTreeMap, BTreeSet};

use strowger::syntax::ast::*;

use super::verbs::is_timed;
use super::{ANYHOW, Place, Walker, Way};
use crate::trust::tree;

impl<'a> Walker<'a> {
    /// What a subflow declares and never gives.
    pub(super) fn results(&mut self) {
        let falls = self.falls();
        for result in self.flow.results.iter().flatten().filter(|_| !falls) {
            if !self.returns.iter().any(|(outcome, _)| *outcome == result.name.value) {
                self.found.insert(("outcome-never-returned", tree::place(result.name.span)));
            }
        }
    }

    /// Whether some step comes to its end.
    pub(super) fn falls(&self) -> bool {
        let mut other = Walker::new(self.group, self.flow, ANYHOW, false);
        self.flow.steps.iter().any(|step| other.block_ends(&step.body))
    }

    /// What never runs by itself: the statements of a block that no path through it comes to.
    pub(super) fn blocks(&mut self) {
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
                Some(arms) => {
                    let (timed, others): (Vec<&Arm>, Vec<&Arm>) = arms.iter().partition(|arm| is_timed(arm));
                    // What comes to the end of these goes back to the queue.
                    for arm in timed {
                        self.body_ends(&arm.body);
                    }
                    others.into_iter().map(|a| &a.body).collect()
                }
            },
            StatementKind::Switch { arms, .. } | StatementKind::Split { arms, .. } => {
                arms.iter().map(|a| &a.body).collect()
            }
            StatementKind::Return { .. } => return false,
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
    pub(super) fn steps(&mut self) {
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
        let lasting = |way: Way, from: usize| way == Way::Bound || way != Way::Failed && steps[from].visits.is_none();
        let mut found = Vec::new();
        // The arrow that is missing may have led anywhere.
        let whole = falls.is_empty();
        found.extend((0..steps.len()).filter(|n| whole && !met.contains(n)).map(|n| ("unreachable-step", name(n))));
        // Of those that never end, the first of each group that nothing leads out of.
        let stuck = met.iter().copied().filter(|n| !ends(*n));
        let beyond: BTreeMap<usize, BTreeSet<usize>> = stuck.map(|n| (n, self.beyond(n, &any))).collect();
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
    pub(super) fn strands(&self) -> bool {
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
        let mut other = Walker::new(self.group, self.flow, ANYHOW, false);
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
