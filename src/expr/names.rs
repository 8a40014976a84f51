//! The built-in names of expressions (language.md §4) as one table: what compiles, what completion
//! offers and what the reference page prints. Their values come from an [`Env`](super::Env).

use super::near;
use crate::base::value::Type;
use std::fmt;
use std::sync::Arc;

/// Every built-in value. An [`Env`](super::Env) matches on it, so that a new one cannot be forgotten.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum BuiltIn {
    CallerNumber,
    CallerName,
    CallerAnonymous,
    CallerAttestation,
    CallerOutside,
    SessionId,
    SessionFlow,
    SessionStep,
    SessionAge,
    SessionHops,
    SessionTags,
    SessionLegs,
    DialedNumber,
    DialedName,
    QueueOpen,
    QueueWaiting,
    QueueAgentsReady,
    QueueEstimatedWait,
    QueuePosition,
    HoursState,
    HoursHoliday,
    NowHour,
    NowMinute,
    NowWeekday,
    NowDate,
    Digits,
    Outcome,
    Reason,
    Language,
}

/// One value of a built-in object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldDecl {
    /// As written after the dot; empty for a value that has no field name.
    pub name: &'static str,
    pub id: BuiltIn,
    pub ty: Type,
    /// Whether the text comes from the caller, and so may never become a number to dial.
    pub tainted: bool,
    pub doc: &'static str,
}

/// What may follow the name of a built-in object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Nothing: the name is the value, as `digits`.
    Value(FieldDecl),
    /// A field, as `caller.number`.
    Object(&'static [FieldDecl]),
    /// The name of something of the site, then perhaps a field: `queue.sales.open`, `hours.office`.
    Named {
        /// What is named, in a word: `queue`.
        what: &'static str,
        /// The value of `hours.office` itself.
        value: Option<FieldDecl>,
        fields: &'static [FieldDecl],
    },
}

/// A built-in object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RootDecl {
    pub name: &'static str,
    pub shape: Shape,
    pub doc: &'static str,
}

/// Which built-in value an expression reads.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RootPath {
    pub id: BuiltIn,
    /// `sales` of `queue.sales.open`.
    pub name: Option<Arc<str>>,
    root: &'static str,
    field: &'static str,
}

impl RootPath {
    pub(super) fn new(root: &'static str, name: Option<Arc<str>>, field: &FieldDecl) -> Self {
        Self { id: field.id, name, root, field: field.name }
    }

    /// The built-in object's name, `queue` of `queue.sales.open`.
    pub fn root(&self) -> &'static str {
        self.root
    }
}

impl fmt::Display for RootPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.root)?;
        if let Some(name) = &self.name {
            write!(f, ".{name}")?;
        }
        if !self.field.is_empty() {
            write!(f, ".{}", self.field)?;
        }
        Ok(())
    }
}

const fn field(name: &'static str, id: BuiltIn, ty: Type, doc: &'static str) -> FieldDecl {
    FieldDecl { name, id, ty, tainted: false, doc }
}

const fn tainted(name: &'static str, id: BuiltIn, ty: Type, doc: &'static str) -> FieldDecl {
    FieldDecl { name, id, ty, tainted: true, doc }
}

/// The table, in the order of the reference page.
pub const ROOTS: &[RootDecl] = &[
    RootDecl {
        name: "caller",
        doc: "who calls",
        shape: Shape::Object(&[
            tainted("number", BuiltIn::CallerNumber, Type::Text, "the caller's number, E.164 where it could be told"),
            tainted("name", BuiltIn::CallerName, Type::Text, "the name the caller sent, empty if none"),
            field("anonymous", BuiltIn::CallerAnonymous, Type::Bool, "whether the caller withholds the number"),
            field(
                "attestation",
                BuiltIn::CallerAttestation,
                Type::Text,
                "how far the number is vouched for: `A`, `B`, `C` or empty",
            ),
            field("outside", BuiltIn::CallerOutside, Type::Bool, "whether the call came from outside; never resets"),
        ]),
    },
    RootDecl {
        name: "session",
        doc: "this call",
        shape: Shape::Object(&[
            field("id", BuiltIn::SessionId, Type::Text, "the call's id, as in its record"),
            field("flow", BuiltIn::SessionFlow, Type::Text, "the flow that runs"),
            field("step", BuiltIn::SessionStep, Type::Text, "the step that runs"),
            field("age", BuiltIn::SessionAge, Type::Duration, "time since the call arrived"),
            field("hops", BuiltIn::SessionHops, Type::Number, "transfers, forwards and overflows so far"),
            // A tag may be what the caller sent.
            tainted("tags", BuiltIn::SessionTags, Type::Map, "what `tag` has set"),
            field("legs", BuiltIn::SessionLegs, Type::Number, "legs this flow has placed"),
        ]),
    },
    RootDecl {
        name: "dialed",
        doc: "what the caller called",
        shape: Shape::Object(&[
            field("number", BuiltIn::DialedNumber, Type::Text, "the number or extension that was called"),
            field("name", BuiltIn::DialedName, Type::Text, "the name the site gives that number, empty if none"),
        ]),
    },
    RootDecl {
        name: "queue",
        doc: "a queue of the site, as `queue.sales`",
        shape: Shape::Named {
            what: "queue",
            value: None,
            fields: &[
                field("open", BuiltIn::QueueOpen, Type::Bool, "whether it takes callers now"),
                field("waiting", BuiltIn::QueueWaiting, Type::Number, "callers who wait"),
                field("agents_ready", BuiltIn::QueueAgentsReady, Type::Number, "agents who could take a call now"),
                field(
                    "estimated_wait",
                    BuiltIn::QueueEstimatedWait,
                    Type::Duration,
                    "how long a caller who joins now would wait",
                ),
                field(
                    "position",
                    BuiltIn::QueuePosition,
                    Type::Number,
                    "this caller's place, first is 1; 0 outside the queue",
                ),
            ],
        },
    },
    RootDecl {
        name: "hours",
        doc: "opening hours of the site, as `hours.office`",
        shape: Shape::Named {
            what: "hours",
            value: Some(field("", BuiltIn::HoursState, Type::Text, "`open` or `closed`")),
            fields: &[field("holiday", BuiltIn::HoursHoliday, Type::Text, "the holiday's name, empty if none")],
        },
    },
    RootDecl {
        name: "now",
        doc: "the time of day in the site's time zone",
        shape: Shape::Object(&[
            field("hour", BuiltIn::NowHour, Type::Number, "0 to 23"),
            field("minute", BuiltIn::NowMinute, Type::Number, "0 to 59"),
            field("weekday", BuiltIn::NowWeekday, Type::Text, "`monday` to `sunday`"),
            field("date", BuiltIn::NowDate, Type::Text, "as `2026-12-31`"),
        ]),
    },
    RootDecl {
        name: "digits",
        doc: "what the caller keyed last",
        shape: Shape::Value(tainted("", BuiltIn::Digits, Type::Digits, "the last key or collected digits")),
    },
    RootDecl {
        name: "outcome",
        doc: "how the last statement ended",
        shape: Shape::Value(field("", BuiltIn::Outcome, Type::Text, "the last outcome, as its arm is named")),
    },
    RootDecl {
        name: "reason",
        doc: "why the last leg was refused",
        shape: Shape::Value(field("", BuiltIn::Reason, Type::Text, "the last denial's reason in words for callers")),
    },
    RootDecl {
        name: "language",
        doc: "the language of prompts and speech",
        // What `set` was given may be what the caller sent.
        shape: Shape::Value(tainted("", BuiltIn::Language, Type::Text, "as `en`; writable by `set`")),
    },
];

/// The built-in object of that name.
pub fn root(name: &str) -> Option<RootDecl> {
    ROOTS.iter().copied().find(|r| r.name == name)
}

impl RootDecl {
    /// The fields a path of this object can end in.
    pub fn fields(&self) -> &'static [FieldDecl] {
        match self.shape {
            Shape::Value(_) => &[],
            Shape::Object(fields) | Shape::Named { fields, .. } => fields,
        }
    }

    /// The declaration behind a path of this object.
    pub fn field(&self, id: BuiltIn) -> Option<FieldDecl> {
        let own = match self.shape {
            Shape::Value(value) => Some(value),
            Shape::Named { value, .. } => value,
            Shape::Object(_) => None,
        };
        self.fields().iter().copied().chain(own).find(|f| f.id == id)
    }

    pub(super) fn field_named(&self, name: &str) -> Option<FieldDecl> {
        self.fields().iter().copied().find(|f| f.name == name)
    }

    /// What to write instead of an unknown field.
    pub(super) fn field_help(&self, wrong: &str) -> String {
        let names = self.fields().iter().map(|f| f.name);
        match near::nearest(wrong, names.clone()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("its fields are {}", near::listed(names)),
        }
    }
}

impl RootPath {
    /// Whether this value is text from the caller.
    pub fn is_tainted(&self) -> bool {
        root(self.root).and_then(|r| r.field(self.id)).is_some_and(|f| f.tainted)
    }
}
