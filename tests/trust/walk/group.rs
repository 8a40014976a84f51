//! Flows with their subflows: each is walked as a call comes to it, and once by itself.

use std::cell::RefCell;
use std::rc::Rc;

use strowger::syntax::ast::Flow;

use super::{ANYHOW, Entry, Group, Line, OUTERMOST, Ran, Verdict, Walker};

impl<'a> Group<'a> {
    pub fn of(flows: Vec<&'a Flow>) -> Self {
        Group { flows, ran: RefCell::default() }
    }

    /// Walks with every way of a bounded step open at any time, as a linter sees it.
    pub fn walk(&'a self) -> Verdict {
        let mut verdict = self.walk_by(false);
        for flow in &self.flows {
            let mut walker = Walker::new(self, flow, ANYHOW, false);
            walker.run();
            walker.blocks();
            walker.steps();
            walker.results();
            verdict.found.append(&mut walker.found);
        }
        verdict
    }

    /// Walks with arrivals counted, as a call does it.
    pub fn walk_counting(&'a self) -> Verdict {
        self.walk_by(true)
    }

    fn walk_by(&'a self, counts: bool) -> Verdict {
        let mut outermost = Walker::new(self, self.flows[0], OUTERMOST, counts);
        outermost.run();
        let (mut found, mut strands) = (std::mem::take(&mut outermost.found), outermost.strands());
        for flow in &self.flows[1..] {
            let mut walker = Walker::new(self, flow, ANYHOW, counts);
            walker.run();
            strands |= walker.strands();
        }
        for ran in self.ran.borrow().iter().filter(|((_, _, counted), _)| *counted == counts).map(|(_, ran)| ran) {
            found.extend(&ran.found);
        }
        Verdict { found, strands }
    }

    pub(super) fn run(&'a self, name: &str, entry: Entry, counts: bool) -> Rc<Ran> {
        let key = (name.to_owned(), entry, counts);
        if let Some(ran) = self.ran.borrow().get(&key) {
            return ran.clone();
        }
        let flow = self.flows.iter().find(|flow| flow.name.value == name).unwrap();
        let mut walker = Walker::new(self, flow, entry, counts);
        walker.run();
        if walker.falls() {
            // Where it would have gone nobody knows: anywhere.
            let line = if entry.line == Line::Answered { Line::Answered } else { Line::Unknown };
            let results = flow.results.iter().flatten();
            (walker.returns, walker.over) = (results.map(|r| (r.name.value.clone(), line)).collect(), true);
        }
        let ran = Rc::new(Ran { found: walker.found, returns: walker.returns, ends: walker.over });
        self.ran.borrow_mut().insert(key, ran.clone());
        ran
    }
}
