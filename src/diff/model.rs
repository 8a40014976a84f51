//! A difference, its kind and its level.

use crate::base::span::Span;

/// How much a difference matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Names, words, documentation.
    Cosmetic,
    /// Calls go otherwise than before.
    Change,
    /// Something that protected the site or the caller is weaker than before.
    Risk,
}

impl Level {
    pub const ALL: [Level; 3] = [Level::Risk, Level::Change, Level::Cosmetic];

    pub fn name(self) -> &'static str {
        match self {
            Level::Cosmetic => "cosmetic",
            Level::Change => "change",
            Level::Risk => "risk",
        }
    }
}

/// Declares the kinds with their names and levels, so that the command line and the docs read one
/// table.
macro_rules! kinds {
    ($($kind:ident $name:literal $level:ident $doc:literal;)*) => {
        /// What a difference is.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Kind {
            $(#[doc = $doc] $kind,)*
        }

        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$kind,)*];

            /// The word for it on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$kind => $name,)*
                }
            }

            pub fn level(self) -> Level {
                match self {
                    $(Kind::$kind => Level::$level,)*
                }
            }

            /// What it means, in one sentence.
            pub fn doc(self) -> &'static str {
                match self {
                    $(Kind::$kind => $doc,)*
                }
            }
        }
    };
}

kinds! {
    GuardRemoved "guard-removed" Risk "a policy no longer covers a leg that may leave the building";
    LegAdded "outside-leg-added" Risk "a leg that may leave the building is new";
    DestinationChanged "destination-changed" Risk "an outside leg goes to another number";
    BoundRemoved "bound-removed" Risk "a bound is gone";
    BoundRaised "bound-raised" Risk "a bound allows more than before";
    BoundLowered "bound-lowered" Risk "a bound allows less than before";
    Unwired "outcome-unwired" Risk "an outcome or key has lost its own arm";
    Unreachable "step-unreachable" Risk "a step that calls could come to is out of reach";
    PolicyWidened "policy-widened" Risk "a policy allows what it refused";
    RightWidened "right-widened" Risk "a user or trunk may do what it might not";
    GuardAdded "guard-added" Change "a policy covers a leg that it did not";
    BoundAdded "bound-added" Change "a bound is new";
    Rewired "outcome-rewired" Change "an outcome, key or arrow leads elsewhere";
    Wired "outcome-wired" Change "an outcome or key has an arm of its own";
    TargetChanged "target-changed" Change "a transfer inside the site goes to somebody else";
    EntryChanged "entry-changed" Change "calls begin at another step";
    FlowAdded "flow-added" Change "a flow is new";
    FlowRemoved "flow-removed" Change "a flow is gone";
    StepAdded "step-added" Change "a step is new";
    StepRemoved "step-removed" Change "a step is gone";
    StatementAdded "statement-added" Change "a statement is new";
    StatementRemoved "statement-removed" Change "a statement is gone";
    StatementChanged "statement-changed" Change "a condition, value or setting is another";
    HeaderChanged "header-changed" Change "a parameter, variable, constant or setting of a flow is another";
    NumberChanged "number-changed" Change "a number leads to another flow";
    SiteChanged "site-changed" Change "an entry of the site file is another";
    PolicyTightened "policy-tightened" Change "a policy refuses what it allowed";
    PolicyChanged "policy-changed" Change "a policy decides otherwise";
    StepRenamed "step-renamed" Cosmetic "a step has another name";
    TextChanged "text-changed" Cosmetic "callers hear other words";
    DocChanged "doc-changed" Cosmetic "documentation, owner or labels are other words";
}

/// One difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub kind: Kind,
    /// Empty where it is of the site or a policy.
    pub flow: String,
    /// Empty where it is of a flow's header.
    pub step: String,
    pub message: String,
    /// Where it stands in the old version, if it does; and in the new one.
    pub old: Option<Span>,
    pub new: Option<Span>,
}

impl Change {
    pub fn level(&self) -> Level {
        self.kind.level()
    }
}
