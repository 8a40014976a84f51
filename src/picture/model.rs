//! What a picture shows, before anything has a place: cards, the rows of each, and the edges that
//! leave rows.

use crate::base::span::Span;
use crate::interp::Taken;

/// One flow as cards and edges.
#[derive(Clone, Debug)]
pub struct Picture {
    pub flow: String,
    /// `///` text of the flow.
    pub doc: Option<String>,
    /// The flow's header first, then its steps in the order of the source, then other flows.
    pub cards: Vec<Card>,
    pub edges: Vec<Edge>,
    pub ends: Vec<End>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CardKind {
    /// The flow itself: guards, bounds, and where a call begins.
    Header,
    Step,
    /// Another flow that this one goes on with.
    Flow,
    /// A step that an arrow names and that does not exist.
    Missing,
}

#[derive(Clone, Debug)]
pub struct Card {
    pub kind: CardKind,
    /// The name of the step or flow.
    pub name: String,
    pub doc: Option<String>,
    pub rows: Vec<Row>,
    /// A call can come here.
    pub reachable: bool,
    /// A call begins here.
    pub entry: bool,
    pub span: Span,
}

/// One line of a card.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Row {
    /// How deep it is nested.
    pub depth: usize,
    /// The outcome, the key, `then`: set apart from the text.
    pub label: String,
    pub text: String,
    /// Where it leads, in words; the edge says it in lines.
    pub goal: String,
    pub marks: Vec<Mark>,
}

/// What a reader must not miss in a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mark {
    /// A policy begins to guard here, or is asked.
    Guard,
    /// A leg may leave the building here, under a policy.
    Outside,
    /// The same with no policy in scope.
    Unguarded,
    /// The flow ends here.
    End,
}

impl Mark {
    /// In words, for readers that see no picture.
    pub fn words(self) -> &'static str {
        match self {
            Mark::Guard => "guard",
            Mark::Outside => "outside leg, guarded",
            Mark::Unguarded => "outside leg with no guard",
            Mark::End => "the flow ends",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EdgeKind {
    /// An arrow that is written in a step.
    Arrow,
    /// Where a call begins.
    Entry,
    /// `failed -> step` of the header: for whatever fails and has no arm.
    Failed,
    /// `visits 3 otherwise -> step`
    Bound,
}

/// From a row to a card, both by index.
#[derive(Clone, Debug)]
pub struct Edge {
    pub from: usize,
    pub row: usize,
    pub to: usize,
    /// The outcomes by which it is taken, outermost first: `busy`, `1 > no_answer`.
    pub label: String,
    pub kind: EdgeKind,
    /// It counts as taken when any of these was; empty where that cannot be told.
    pub ways: Vec<Taken>,
}

/// A row where the flow ends, or gives the call away.
#[derive(Clone, Debug)]
pub struct End {
    pub from: usize,
    pub row: usize,
    pub label: String,
    /// As written: `hangup`, `transfer`.
    pub verb: String,
}

impl Picture {
    pub fn card(&self, index: usize) -> Option<&Card> {
        self.cards.get(index)
    }

    /// The name of a card, empty for an index that is none.
    pub fn name(&self, index: usize) -> &str {
        self.card(index).map_or("", |card| card.name.as_str())
    }
}
