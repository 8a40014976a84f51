//! A test file's content as values.

use std::collections::BTreeMap;

use super::pins::Pin;
use crate::base::span::{Span, Spanned};
use crate::base::time::Micros;
use crate::call::leg::Name;
use crate::schedule::Moment;
use crate::sim::FarEnd;
use crate::sim::services::Mock;

/// One scripted call.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    pub name: Spanned<String>,
    pub call: Call,
    /// When the call comes: an instant, or what clocks in the site's time zone show.
    pub at: Spanned<Moment>,
    /// How targets behave, by user name or canonical number; others answer after two seconds.
    pub far_ends: Vec<(Spanned<String>, FarEnd)>,
    /// How services answer, each with the place of its key; others as if nothing went wrong.
    pub mocks: Vec<Spanned<Mock>>,
    /// Ways that statements go which no service answers.
    pub pins: Vec<Spanned<Pin>>,
    /// PINs of the site's credential stores, by subject.
    pub credentials: Vec<(Spanned<String>, BTreeMap<String, String>)>,
    /// Which agents have which skills; empty: every agent has all.
    pub skills: Vec<(Spanned<Name>, Vec<Spanned<Name>>)>,
    /// Users whose phone is registered; `None` is all of them.
    pub registered: Option<Vec<Spanned<Name>>>,
    /// Where it is said that decisions do not reach the disk, so that no leg leaves the building.
    pub disk_fails: Option<Span>,
    /// Where it is said that every policy refuses every outside number but emergencies, so that a flow's `denied`
    /// arms can be seen.
    pub policies_refuse: Option<Span>,
    pub steps: Vec<Step>,
    /// Targets that no leg may be placed to, at any time of the test.
    pub never: Vec<Spanned<String>>,
    pub record: Option<Record>,
    /// How many tests its document is: the rows of its `cases`, else one.
    pub rows: usize,
}

/// Who calls whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub from: String,
    pub to: Spanned<String>,
    /// The user whose phone calls; `None`: the call comes by a trunk.
    pub by: Option<Spanned<Name>>,
}

/// What the caller does, or notices, in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub kind: StepKind,
    pub span: Span,
}

/// What can be heard.
#[derive(Clone, Debug, PartialEq)]
pub enum Sound {
    /// The prompt of this name, `music` or `ringback`.
    Named(String),
    /// Speech with these words, however they are spaced.
    Words(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    Hears {
        sound: Sound,
        /// As `cy`; `None` is any.
        language: Option<String>,
    },
    Presses(String),
    /// Presses nothing for one try.
    Silent,
    /// Lets time pass.
    Waits(Micros),
    /// A user's name or a canonical number.
    TalksTo(String),
    InQueue(String),
    /// The call was never answered: `busy`, `declined` ...
    Refused(String),
    HangsUp,
    /// The far end of the conversation hangs up.
    PeerHangsUp,
    /// The other side ends the call.
    Ends,
}

/// What the record of the call must say; what is absent is not looked at.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Record {
    pub hops: Option<Spanned<i64>>,
    /// `caller`, `target`, `flow` or `system`.
    pub hangup_by: Option<Spanned<String>>,
    pub flows: Option<Spanned<Vec<String>>>,
    /// Kinds of interval in order, such as `[ring, flow, ring, talk]`.
    pub intervals: Option<Spanned<Vec<String>>>,
    /// How many files it names.
    pub recordings: Option<Spanned<i64>>,
    pub tags: Vec<(Spanned<String>, String)>,
}
