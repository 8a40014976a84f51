//! The precomputed arms: which exit each outcome takes (language.md §6: the outcome, its group,
//! `otherwise`).

use crate::check::{Label, LabelKind};
use crate::step::decl::{Circumstances, Decl};
use crate::step::outcomes::FAILED;

use super::model::{Exit, NodeId};

/// One arm with the node that its block begins at.
pub(super) struct LoweredArm {
    pub labels: Vec<Label>,
    pub node: NodeId,
}

pub(super) struct Table<'a> {
    pub decl: &'static Decl,
    pub at: &'a Circumstances,
    pub arms: Vec<LoweredArm>,
    /// `failed -> step` of the header.
    pub header: Option<NodeId>,
}

impl Table<'_> {
    fn find(&self, wanted: &LabelKind) -> Option<Exit> {
        self.arms.iter().enumerate().find_map(|(index, lowered)| {
            let label = lowered.labels.iter().find(|l| l.kind == *wanted)?;
            let arm = u16::try_from(index).unwrap_or(Exit::HEADER);
            Some(Exit { node: lowered.node, bind: label.bind, arm })
        })
    }

    fn of_header(&self) -> Option<Exit> {
        self.header.map(|node| Exit { node, bind: None, arm: Exit::HEADER })
    }

    /// By the place of the outcome in the declaration.
    pub fn exits(&self) -> Box<[Option<Exit>]> {
        (0..self.decl.outcomes.len()).map(|index| self.exit(index)).collect()
    }

    fn exit(&self, index: usize) -> Option<Exit> {
        let outcome = self.decl.outcomes.get(index)?;
        if outcome.terminal || !outcome.possible(self.at) {
            return None;
        }
        let covering = || outcome.group.and_then(|name| self.decl.outcome(name)).map(|(index, _)| index);
        self.find(&LabelKind::Outcome(index))
            .or_else(|| self.find(&LabelKind::Outcome(covering()?)))
            .or_else(|| self.find(&LabelKind::Group(outcome.group?)))
            .or_else(|| self.find(&LabelKind::Otherwise))
            .or_else(|| self.of_header().filter(|_| outcome.group == Some(FAILED)))
    }

    pub fn keys(&self, patterns: usize) -> Box<[Option<Exit>]> {
        (0..patterns).map(|n| self.find(&LabelKind::Key(n))).collect()
    }

    pub fn timed(&self, arms: usize) -> Box<[Option<Exit>]> {
        (0..arms).map(|n| self.find(&LabelKind::Timed(n))).collect()
    }

    /// Where a failing expression of the statement itself leads.
    ///
    /// A statement without an outcome `failed` (`menu`, `play`) takes the flow's, then its own
    /// `otherwise`: a caller is not dropped while the author wrote where to go.
    pub fn failed(&self) -> Option<Exit> {
        let own = self.decl.outcomes.iter().position(|o| o.group == Some(FAILED));
        match own {
            Some(index) => self.exit(index),
            None => self.of_header().or_else(|| self.find(&LabelKind::Otherwise)),
        }
    }
}
