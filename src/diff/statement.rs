//! Statements of two blocks: what was added, what went, and what one that stayed does otherwise.

use std::collections::BTreeSet;

use crate::base::span::Span;
use crate::picture;
use crate::step::args::{Operand, SubjectArg, TargetArg, TargetValue};
use crate::step::decl::{Circumstances, Decl};
use crate::step::registry;
use crate::syntax::ast::{
    Action, Body, Goto, GotoTarget, If, Statement, StatementKind, Subject, Target, Value, ValueKind,
};
use crate::syntax::print_flow::inline;

use super::align::{self, Item, Pair};
use super::flow::{FlowDiff, Side};
use super::model::Kind;
use super::settings::{self, Amount};

/// The policies in force at a place of both versions, and the arms one is in.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub old: BTreeSet<String>,
    pub new: BTreeSet<String>,
    pub path: Vec<String>,
}

impl Scope {
    /// Within an arm: what it guards ends with it.
    pub fn within(&self, label: &str) -> Scope {
        let mut scope = self.clone();
        scope.path.push(label.to_owned());
        scope
    }

    fn place(&self) -> String {
        if self.path.is_empty() { String::new() } else { format!("{}: ", self.path.join(" > ")) }
    }
}

/// What a statement is, as far as it concerns legs.
struct Leg<'t> {
    outside: bool,
    targets: Vec<&'t Target>,
}

impl<'a> FlowDiff<'a, '_> {
    /// Compares two blocks; `say` is off where all of it was reported as new or gone.
    pub fn block(&mut self, old: &[Item<'a>], new: &[Item<'a>], scope: &mut Scope, say: bool) {
        for pair in align::align(old, new) {
            match pair {
                Pair::Both(i, j) => {
                    if let (Some(a), Some(b)) = (old.get(i), new.get(j)) {
                        self.pair(*a, *b, scope);
                    }
                }
                Pair::Old(i) => {
                    if let Some(item) = old.get(i) {
                        self.removed(*item, scope, say);
                    }
                }
                Pair::New(j) => {
                    if let Some(item) = new.get(j) {
                        self.added(*item, scope, say);
                    }
                }
            }
        }
    }

    fn removed(&mut self, item: Item<'a>, scope: &mut Scope, say: bool) {
        let (text, span) = shown(item);
        if say {
            self.report(Kind::StatementRemoved, format!("{}`{text}` is gone", scope.place()), Some(span), None);
        }
        if let Item::Statement(statement) = item
            && let Some(policy) = guards(statement)
        {
            scope.old.insert(policy.to_owned());
        }
    }

    fn added(&mut self, item: Item<'a>, scope: &mut Scope, say: bool) {
        let (text, span) = shown(item);
        if say {
            self.report(Kind::StatementAdded, format!("{}`{text}` is new", scope.place()), None, Some(span));
        }
        let Item::Statement(statement) = item else { return };
        if let Some(policy) = guards(statement) {
            scope.new.insert(policy.to_owned());
        }
        if let StatementKind::Action(action) = &statement.kind
            && leg(&self.new, statement, action).outside
        {
            let cover = covered(&scope.new);
            let message = format!("{}`{}` may leave the building, {cover}", scope.place(), inline::subject(statement));
            self.report(Kind::LegAdded, message, None, Some(span));
        }
        for (label, body) in bodies(statement) {
            self.block(&[], &align::body_items(body), &mut scope.within(&label), false);
        }
    }

    fn pair(&mut self, old: Item<'a>, new: Item<'a>, scope: &mut Scope) {
        let (a, b) = match (old, new) {
            (Item::Goto(a), Item::Goto(b)) => {
                let what = if scope.path.is_empty() { "the step".to_owned() } else { scope.path.join(" > ") };
                return self.rewired(&what, a, b);
            }
            (Item::Statement(a), Item::Statement(b)) => (a, b),
            _ => return,
        };
        if a.doc != b.doc {
            let message = format!("{}the description of `{}` is another", scope.place(), inline::subject(b));
            self.report(Kind::DocChanged, message, Some(a.span), Some(b.span));
        }
        match (&a.kind, &b.kind) {
            (StatementKind::If(x), StatementKind::If(y)) => self.branch(x, y, (a.span, b.span), scope),
            (StatementKind::Switch { on: x, arms: p }, StatementKind::Switch { on: y, arms: q }) => {
                self.value("switch", x, y, (a.span, b.span), scope);
                self.arms(None, p, q, (a, b), scope);
            }
            (StatementKind::Split { arms: p, .. }, StatementKind::Split { arms: q, .. }) => {
                if inline::head(a) != inline::head(b) {
                    let message = format!("{}`{}` is now `{}`", scope.place(), inline::head(a), inline::head(b));
                    self.report(Kind::StatementChanged, message, Some(a.span), Some(b.span));
                }
                self.arms(None, p, q, (a, b), scope);
            }
            (StatementKind::Action(x), StatementKind::Action(y)) => self.action((a, x), (b, y), scope),
            _ if a.kind != b.kind => {
                let message = format!("{}`{}` is now `{}`", scope.place(), inline::head(a), inline::head(b));
                self.report(Kind::StatementChanged, message, Some(a.span), Some(b.span));
            }
            _ => {}
        }
    }

    fn value(&mut self, what: &str, old: &Value, new: &Value, (a, b): (Span, Span), scope: &Scope) {
        if old != new {
            let message =
                format!("{}`{what} {}` is now `{what} {}`", scope.place(), inline::value(old), inline::value(new));
            self.report(Kind::StatementChanged, message, Some(a), Some(b));
        }
    }

    fn branch(&mut self, old: &'a If, new: &'a If, spans: (Span, Span), scope: &Scope) {
        self.value("if", &old.condition, &new.condition, spans, scope);
        let condition = inline::value(&new.condition);
        self.block(
            &align::body_items(&old.then),
            &align::body_items(&new.then),
            &mut scope.within(&format!("`if {condition}`")),
            true,
        );
        let other = |body: &'a Option<Body>| body.as_ref().map(align::body_items).unwrap_or_default();
        let mut within = scope.within("`else`");
        self.block(&other(&old.otherwise), &other(&new.otherwise), &mut within, true);
    }

    /// An arrow of both versions.
    pub fn rewired(&mut self, what: &str, old: &Goto, new: &Goto) {
        let same = match (&old.target, &new.target) {
            (GotoTarget::Step(a), GotoTarget::Step(b)) => self.today(&a.value) == b.value,
            (a, b) => a == b,
        };
        if !same {
            let message = format!("{what} went `{}` and goes `{}`", inline::goto(old), inline::goto(new));
            self.report(Kind::Rewired, message, Some(old.span), Some(new.span));
        }
    }

    fn action(&mut self, (a, x): (&'a Statement, &'a Action), (b, y): (&'a Statement, &'a Action), scope: &mut Scope) {
        let decl = registry::find(&y.verb.value);
        let (from, to) = (leg(&self.old, a, x), leg(&self.new, b, y));
        for policy in [guards(a), guards(b)].into_iter().flatten() {
            scope.old.insert(policy.to_owned());
            scope.new.insert(policy.to_owned());
        }
        self.subject((a, x, &from), (b, y, &to), scope);
        self.cover(b, (a.span, b.span), &from, &to, scope);
        let keys: BTreeSet<&str> = settings::keys(self.old.flow, x).chain(settings::keys(self.new.flow, y)).collect();
        for key in keys {
            let before = settings::effective(self.old.flow, x, decl, key);
            let after = settings::effective(self.new.flow, y, decl, key);
            if let Some((kind, words)) = settings::compare(decl, key, before.as_ref(), after.as_ref()) {
                let message = format!("{}`{}`: {words}", scope.place(), inline::subject(b));
                self.report(kind, message, Some(a.span), Some(b.span));
            }
        }
        let (p, q) = (x.arms.as_deref().unwrap_or_default(), y.arms.as_deref().unwrap_or_default());
        self.arms(decl, p, q, (a, b), scope);
    }

    /// The policies that cover a leg of both versions.
    fn cover(&mut self, b: &Statement, spans: (Span, Span), from: &Leg<'_>, to: &Leg<'_>, scope: &Scope) {
        if !to.outside {
            return;
        }
        let what = format!("{}`{}`", scope.place(), inline::subject(b));
        if !from.outside {
            let message = format!("{what} may now leave the building, {}", covered(&scope.new));
            return self.report(Kind::LegAdded, message, Some(spans.0), Some(spans.1));
        }
        for policy in scope.old.difference(&scope.new) {
            let left = match scope.new.len() {
                0 => "no guard covers it now".to_owned(),
                _ => format!("it is now {}", covered(&scope.new)),
            };
            let message = format!("{what} is no longer covered by guard `{policy}`; {left}");
            self.report(Kind::GuardRemoved, message, Some(spans.0), Some(spans.1));
        }
        for policy in scope.new.difference(&scope.old) {
            self.report(
                Kind::GuardAdded,
                format!("{what} is now covered by guard `{policy}`"),
                Some(spans.0),
                Some(spans.1),
            );
        }
    }

    /// The same words may mean another number: a constant's.
    fn number(&mut self, (a, b): (&Statement, &Statement), what: &str, outside: bool, scope: &Scope) {
        let (Some(old), Some(new)) = (dialled(&self.old, a), dialled(&self.new, b)) else { return };
        if old != new {
            let kind = if outside { Kind::DestinationChanged } else { Kind::TargetChanged };
            let message = format!("{}`{what}`: the number was {old} and is {new}", scope.place());
            self.report(kind, message, Some(a.span), Some(b.span));
        }
    }

    fn subject(&mut self, old: (&Statement, &Action, &Leg<'_>), new: (&Statement, &Action, &Leg<'_>), scope: &Scope) {
        let ((a, x, from), (b, y, to)) = (old, new);
        let places = (Some(a.span), Some(b.span));
        let (before, after) = (inline::subject(a), inline::subject(b));
        if from.targets.len() == to.targets.len()
            && from.targets.iter().zip(&to.targets).all(|(p, q)| same_target(p, q))
        {
            // `transfer to` is `transfer blind to`.
            let plain = |text: &str| text.replacen("transfer blind to", "transfer to", 1);
            if plain(&before) == plain(&after) {
                return self.number((a, b), &after, to.outside, scope);
            }
        } else {
            let kind = if to.outside { Kind::DestinationChanged } else { Kind::TargetChanged };
            let message = format!("{}`{before}` is now `{after}`", scope.place());
            return self.report(kind, message, places.0, places.1);
        }
        let heard = |action: &Action| matches!(&action.subject, Subject::Value(v) if is_heard(&action.verb.value, v));
        let kind = if heard(x) && heard(y) { Kind::TextChanged } else { Kind::StatementChanged };
        // A subject that is an amount bounds something: `wait 2s`.
        if let (Subject::Value(p), Subject::Value(q)) = (&x.subject, &y.subject)
            && let Some((bound, words)) = settings::compare(None, "wait", Some(&Amount::of(p)), Some(&Amount::of(q)))
            && matches!(bound, Kind::BoundRaised | Kind::BoundLowered)
        {
            return self.report(bound, format!("{}{words}", scope.place()), places.0, places.1);
        }
        self.report(kind, format!("{}`{before}` is now `{after}`", scope.place()), places.0, places.1);
    }
}

/// The number that a statement dials, where it is known.
fn dialled(side: &Side<'_>, statement: &Statement) -> Option<String> {
    match &side.act(statement.span)?.args.subject {
        SubjectArg::Target(TargetArg { value: TargetValue::Dialled(Operand::Const(value)), .. }) => {
            Some(format!("`{value}`"))
        }
        _ => None,
    }
}

fn same_target(a: &Target, b: &Target) -> bool {
    a.kind == b.kind && a.value == b.value
}

/// Whether the subject of a statement is what the caller hears.
fn is_heard(verb: &str, value: &Value) -> bool {
    use crate::step::decl::Subject::{Music, Prompts, Text};
    let spoken = registry::find(verb).is_some_and(|d| matches!(d.subject, Prompts | Text | Music));
    spoken || matches!(value.value, ValueKind::Spoken(_))
}

/// The policy that a statement puts the rest of its step under.
fn guards(statement: &Statement) -> Option<&str> {
    match &statement.kind {
        StatementKind::Action(Action { subject: Subject::Guard { policy, target: None }, .. }) => Some(&policy.value),
        _ => None,
    }
}

fn covered(policies: &BTreeSet<String>) -> String {
    if policies.is_empty() {
        return "with no guard".to_owned();
    }
    let named: Vec<String> = policies.iter().map(|p| format!("`{p}`")).collect();
    format!("covered by guard {}", named.join(", "))
}

fn leg<'t>(side: &Side<'_>, statement: &Statement, action: &'t Action) -> Leg<'t> {
    let at = circumstances(side, statement, action);
    let targets: Vec<&Target> = match &action.subject {
        Subject::Transfer { target, .. } => vec![target],
        Subject::Ring { targets, .. } => targets.iter().collect(),
        // A question places nothing.
        _ => Vec::new(),
    };
    Leg { outside: at.outside && !targets.is_empty(), targets }
}

/// The circumstances of a statement: from the compiled flow, else as far as its tree tells.
pub(super) fn circumstances(side: &Side<'_>, statement: &Statement, action: &Action) -> Circumstances {
    side.act(statement.span).map_or_else(|| picture::circumstances(action), |act| act.at)
}

/// The declaration of a statement, if it has one.
pub(super) fn decl_of(statement: &Statement) -> Option<&'static Decl> {
    match &statement.kind {
        StatementKind::Action(action) => registry::find(&action.verb.value),
        _ => None,
    }
}

fn shown(item: Item<'_>) -> (String, Span) {
    match item {
        Item::Goto(goto) => (inline::goto(goto), goto.span),
        Item::Statement(statement) => (inline::subject(statement), statement.span),
    }
}

/// The bodies of a statement with their labels.
fn bodies(statement: &Statement) -> Vec<(String, &Body)> {
    let arms = match &statement.kind {
        StatementKind::If(branch) => {
            let mut out = vec![(format!("`if {}`", inline::value(&branch.condition)), &branch.then)];
            out.extend(branch.otherwise.as_ref().map(|body| ("`else`".to_owned(), body)));
            return out;
        }
        StatementKind::Switch { arms, .. } | StatementKind::Split { arms, .. } => arms,
        StatementKind::Action(Action { arms: Some(arms), .. }) => arms,
        _ => return Vec::new(),
    };
    arms.iter().map(|arm| (format!("`{}`", inline::labels(&arm.labels)), &arm.body)).collect()
}
