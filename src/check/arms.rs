//! Arms: each label is an outcome that can occur, none twice, and none forgotten.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::base::span::Span;
use crate::base::suggest::did_you_mean;
use crate::base::value::{Type, Value};
use crate::call::spec::Timed;
use crate::expr::Slot;
use crate::resolve::scope::{Hidden, Origin, Variable};
use crate::site::table::Column;
use crate::step::args::is_key;
use crate::step::decl::{Circumstances, Decl, Outcome, one_of};
use crate::step::outcomes::{FAILED, GROUPS, OTHERWISE, group_binds};
use crate::syntax::ast;

use super::body::{Falls, duplicate_branch, label_text};
use super::flow::Checker;
use super::meanwhile::{is_timed, waits_in_queue};
use super::model::{Arm, Label, LabelKind};

/// The labels of one statement that were read so far.
#[derive(Default)]
struct Seen {
    labels: Vec<(LabelKind, Span)>,
    patterns: Vec<(Arc<str>, Span)>,
    timed: Vec<(Timed, Span)>,
}

/// The arms of a statement, its key patterns, its arms of time, and whether an arm goes on after it.
type Checked = (Vec<Arm>, Vec<Arc<str>>, Vec<Timed>, Falls);

impl Checker<'_> {
    /// Checks the arms of a statement.
    pub(super) fn arms(
        &mut self,
        decl: &'static Decl,
        at: &Circumstances,
        action: &ast::Action,
        span: Span,
    ) -> Checked {
        let written = action.arms.as_deref().unwrap_or_default();
        if decl.outcomes.is_empty() {
            return self.no_arms(decl, written);
        }
        let mut seen = Seen::default();
        let mut arms = Vec::with_capacity(written.len());
        let mut falls = Falls::No;
        let columns = self.row_columns(decl, action);
        for arm in written {
            let (checked, after) = self.arm(decl, at, arm, &mut seen, columns.as_ref());
            // The end of a block that time began is back in the queue.
            if !is_timed(arm) {
                falls = falls.max(after);
            }
            if waits_in_queue(decl, at) {
                self.queue_arm(arm);
            }
            arms.push(checked);
        }
        let head = Span { end: action.verb.span.end, ..span };
        if self.unhandled(decl, at, &seen, head) {
            falls = falls.max(Falls::Unknown);
        }
        self.useless(decl, at, &seen);
        let timed = seen.timed.into_iter().map(|(t, _)| t).collect();
        (arms, seen.patterns.into_iter().map(|(p, _)| p).collect(), timed, falls)
    }

    fn no_arms(&mut self, decl: &'static Decl, written: &[ast::Arm]) -> Checked {
        if let Some(arm) = written.first() {
            let message = format!("`{}` has no outcomes: it takes no arms", decl.verb);
            self.report(
                Diagnostic::error("unknown-outcome", arm.span, message).help("write what follows after the statement"),
            );
            self.hole(decl.verb, written);
        }
        (Vec::new(), Vec::new(), Vec::new(), Falls::Yes)
    }

    fn arm(
        &mut self,
        decl: &'static Decl,
        at: &Circumstances,
        arm: &ast::Arm,
        seen: &mut Seen,
        columns: Option<&Arc<[Column]>>,
    ) -> (Arm, Falls) {
        let mut labels = Vec::new();
        let mut hidden: Vec<Hidden> = Vec::new();
        for label in &arm.labels {
            let kind = self.label(decl, at, label, seen);
            let bind = label.binding.as_ref().and_then(|name| {
                let ty = kind.as_ref().and_then(|k| self.bound_type(decl, k, label, name, arm.labels.len()));
                let (slot, shadowed) = self.bind(name, ty);
                hidden.push(shadowed);
                if let (Some(slot), Some(columns)) = (slot, columns) {
                    self.scope.set_columns(slot, Arc::clone(columns));
                }
                slot
            });
            if let Some(kind) = kind {
                labels.push(Label { kind, bind });
            }
        }
        let (body, falls) = self.body(&arm.body, arm);
        for name in hidden.into_iter().rev() {
            self.scope.hide(name);
        }
        (Arm { labels, body }, falls)
    }

    pub(super) fn bind(&mut self, name: &ast::Name, ty: Option<Type>) -> (Option<Slot>, Hidden) {
        self.check_variable_name(name);
        let known = Arc::from(name.value.as_str());
        self.scope.bind(Variable { name: known, ty, initial: Value::Unset, origin: Origin::Binding, span: name.span })
    }

    /// A name that one of several labels binds has no value where another is taken.
    pub(super) fn report_shared_binding(&mut self, label: &ast::Label, name: &ast::Name, labels: usize) {
        if labels > 1 {
            let message = format!("`{}` would have no value when another label of this arm is taken", name.value);
            self.report(
                Diagnostic::error("shared-binding", name.span, message)
                    .help(format!("give `{}` an arm of its own", label_text(label))),
            );
        }
    }

    fn bound_type(
        &mut self,
        decl: &'static Decl,
        kind: &LabelKind,
        label: &ast::Label,
        name: &ast::Name,
        labels: usize,
    ) -> Option<Type> {
        self.report_shared_binding(label, name, labels);
        let found = match kind {
            LabelKind::Outcome(n) => decl.outcomes.get(*n).and_then(|o| o.binds),
            LabelKind::Group(group) => group_binds(group).then_some(Type::Text),
            LabelKind::Key(_) => Some(Type::Digits),
            LabelKind::Timed(_) | LabelKind::Otherwise => None,
        };
        if found.is_none() {
            let carrying: Vec<&str> = decl.outcomes.iter().filter(|o| o.binds.is_some()).map(|o| o.name).collect();
            let help = if carrying.is_empty() {
                format!("no outcome of `{}` carries a value: remove `({})`", decl.verb, name.value)
            } else {
                format!("of `{}` only {} can", decl.verb, one_of(&carrying))
            };
            let message = format!("`{}` carries no value that `{}` could hold", label_text(label), name.value);
            self.report(Diagnostic::error("type-mismatch", name.span, message).help(help));
        }
        found
    }

    fn label(
        &mut self,
        decl: &'static Decl,
        at: &Circumstances,
        label: &ast::Label,
        seen: &mut Seen,
    ) -> Option<LabelKind> {
        let kind = match &label.kind {
            ast::LabelKind::Outcome(name) => self.outcome_label(decl, at, name, label.span)?,
            ast::LabelKind::Keys(keys) if takes_keys(decl, at) => {
                self.key_label(keys, label.span, seen);
                if waits_in_queue(decl, at) {
                    self.one_key_label(keys, label.span);
                }
                seen.patterns.push((Arc::from(keys.as_str()), label.span));
                return Some(LabelKind::Key(seen.patterns.len() - 1));
            }
            ast::LabelKind::Every(ms) | ast::LabelKind::After(ms) if waits_in_queue(decl, at) => {
                let timed = Timed { repeats: matches!(label.kind, ast::LabelKind::Every(_)), after_ms: *ms };
                self.timed_label(timed, label, seen.timed.iter().find(|(t, _)| *t == timed).map(|(_, span)| *span));
                seen.timed.push((timed, label.span));
                return Some(LabelKind::Timed(seen.timed.len() - 1));
            }
            ast::LabelKind::Text(text) if takes_keys(decl, at) && text.chars().all(is_key) => {
                let found = Diagnostic::error(
                    "unknown-outcome",
                    label.span,
                    format!("a key is written without quotes: `{text}`"),
                )
                .help(format!("write `{text}`"));
                let edits = vec![Edit { span: label.span, text: text.clone() }];
                self.report(found.fix(Fix { title: "remove the quotes".to_owned(), edits, safe: true }));
                return None;
            }
            _ => {
                let message = format!("`{}` is not an outcome of `{}`", label_text(label), decl.verb);
                self.report(Diagnostic::error("unknown-outcome", label.span, message).help(possible_help(decl, at)));
                return None;
            }
        };
        if let Some((_, first)) = seen.labels.iter().find(|(k, _)| *k == kind) {
            self.report(duplicate_branch(&label_text(label), label.span, *first));
        }
        seen.labels.push((kind.clone(), label.span));
        Some(kind)
    }

    fn key_label(&mut self, keys: &str, span: Span, seen: &Seen) {
        let Some((other, first)) = seen.patterns.iter().find(|(p, _)| overlap(p, keys)) else { return };
        if other.as_ref() == keys {
            self.report(duplicate_branch(keys, span, *first));
            return;
        }
        let both: String = other.chars().zip(keys.chars()).map(|(a, b)| if a == 'x' { b } else { a }).collect();
        let both = both.replace('x', "0");
        let message = format!("`{keys}` and `{other}` both take `{both}`");
        self.report(
            Diagnostic::error("duplicate-branch", span, message)
                .label("this key pattern")
                .also(*first, "and this one")
                .help("make the patterns differ in a digit, or join the two arms"),
        );
    }

    fn outcome_label(&mut self, decl: &'static Decl, at: &Circumstances, name: &str, span: Span) -> Option<LabelKind> {
        if name == OTHERWISE {
            return Some(LabelKind::Otherwise);
        }
        if let Some((index, outcome)) = decl.outcome(name) {
            if outcome.terminal {
                self.report(
                    Diagnostic::error(
                        "outcome-impossible",
                        span,
                        format!("`{name}` ends the flow: nothing comes after it"),
                    )
                    .help(format!("remove the arm; with `resume true` the flow goes on as `{}`", "ended")),
                );
                return None;
            }
            if !outcome.possible(at) {
                self.report_impossible(decl, at, name, span);
            }
            return Some(LabelKind::Outcome(index));
        }
        let group = GROUPS.into_iter().find(|g| *g == name && decl.has_group(g));
        if let Some(group) = group {
            if !decl.outcomes.iter().any(|o| o.group == Some(group) && o.possible(at)) {
                self.report_impossible(decl, at, name, span);
            }
            return Some(LabelKind::Group(group));
        }
        let groups = GROUPS.into_iter().filter(|group| decl.has_group(group));
        let known = decl.outcomes.iter().filter(|o| !o.terminal).map(|o| o.name).chain(groups).chain([OTHERWISE]);
        let hint = did_you_mean(name, known);
        let message = format!("`{}` has no outcome `{name}`{hint}", decl.verb);
        self.report(Diagnostic::error("unknown-outcome", span, message).help(possible_help(decl, at)));
        None
    }

    fn report_impossible(&mut self, decl: &'static Decl, at: &Circumstances, name: &str, span: Span) {
        let target = at.target.map_or(String::new(), |t| format!(" to {}", t.name()));
        let message = match name {
            "ended" => format!("`{}` cannot end in `ended` without `resume true`", decl.verb),
            "denied" => format!("`{}{target}` cannot end in `denied`: no outside leg is placed here", decl.verb),
            _ => format!("`{}{target}` cannot end in `{name}`", decl.verb),
        };
        self.report(
            Diagnostic::warning("outcome-impossible", span, message).label("never taken").help(possible_help(decl, at)),
        );
    }

    /// Reports outcomes without an arm.
    fn unhandled(&mut self, decl: &'static Decl, at: &Circumstances, seen: &Seen, head: Span) -> bool {
        let has = |kind: &LabelKind| seen.labels.iter().any(|(k, _)| k == kind);
        if has(&LabelKind::Otherwise) {
            return false;
        }
        let missing: Vec<&Outcome> = must_handle(decl, at)
            .filter(|(index, outcome)| {
                let by_outcome = covering(decl, outcome).is_some_and(|by| has(&LabelKind::Outcome(by)));
                let by_group = outcome.group.is_some_and(|g| has(&LabelKind::Group(group_name(g)))) || by_outcome;
                let by_header = outcome.group == Some(FAILED) && self.covers_failed;
                !(has(&LabelKind::Outcome(*index)) || by_group || by_header)
            })
            .map(|(_, outcome)| outcome)
            .collect();
        if missing.is_empty() {
            return false;
        }
        // What the arm of another takes need not be named beside it.
        let covered = |o: &&&Outcome| covering(decl, o).is_some();
        let names: Vec<&str> = missing.iter().filter(|o| !covered(o)).map(|o| o.name).collect();
        let verb = match at.target {
            Some(kind) => format!("{} to {}", decl.verb, kind.name()),
            None => decl.verb.to_owned(),
        };
        let message = format!("`{verb}` can end in {}, and no arm says what then", one_of(&names));
        let found = Diagnostic::error("outcome-unhandled", head, message).label("unhandled outcomes");
        self.report(found.help(missing_help(&missing)));
        true
    }

    /// Arms that another always takes first.
    fn useless(&mut self, decl: &'static Decl, at: &Circumstances, seen: &Seen) {
        let named: BTreeSet<usize> = seen
            .labels
            .iter()
            .filter_map(|(k, _)| match k {
                LabelKind::Outcome(index) => Some(*index),
                _ => None,
            })
            .collect();
        let has_group = |group: &str| {
            let covering = decl.outcome(group).map(|(index, _)| index);
            covering.is_some_and(|index| named.contains(&index))
                || seen.labels.iter().any(|(k, _)| matches!(k, LabelKind::Group(g) if *g == group))
        };
        for (kind, span) in &seen.labels {
            let open = |index: usize, outcome: &Outcome| match kind {
                LabelKind::Group(group) => outcome.group == Some(group) && !named.contains(&index),
                LabelKind::Otherwise => !named.contains(&index) && !outcome.group.is_some_and(has_group),
                _ => true,
            };
            let any_possible = match kind {
                LabelKind::Group(group) => decl.outcomes.iter().any(|o| o.group == Some(group) && o.possible(at)),
                _ => true,
            };
            if any_possible && !must_handle(decl, at).any(|(index, outcome)| open(index, outcome)) {
                let name = if let LabelKind::Group(group) = kind { group } else { OTHERWISE };
                self.report(
                    Diagnostic::warning(
                        "outcome-impossible",
                        *span,
                        format!("every outcome that `{name}` covers has an arm of its own"),
                    )
                    .label("never taken")
                    .help("remove this arm"),
                );
            }
        }
    }
}

/// Whether arms can be keys.
fn takes_keys(decl: &Decl, at: &Circumstances) -> bool {
    decl.verb == "menu" || waits_in_queue(decl, at)
}

fn must_handle<'c>(
    decl: &'static Decl,
    at: &'c Circumstances,
) -> impl Iterator<Item = (usize, &'static Outcome)> + use<'c> {
    let at = *at;
    decl.outcomes
        .iter()
        .enumerate()
        .filter(move |(_, o)| !o.terminal && o.possible(&at) && o.name != crate::step::EXTENSION)
}

/// The outcome whose arm also takes this one, by its place.
fn covering(decl: &'static Decl, outcome: &Outcome) -> Option<usize> {
    decl.outcome(outcome.group?).map(|(index, _)| index)
}

fn group_name(group: &'static str) -> &'static str {
    GROUPS.into_iter().find(|g| *g == group).unwrap_or(group)
}

/// `add arms for them, or ...`
fn missing_help(missing: &[&Outcome]) -> String {
    let mut groups: Vec<&'static str> = Vec::new();
    for group in missing.iter().filter_map(|o| o.group) {
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    if groups.is_empty() {
        return "add an arm such as `otherwise -> step`".to_owned();
    }
    format!("add `otherwise -> step`, or arms such as {}", one_of(&groups).replace(" or ", " and "))
}

/// Every label that could stand there.
fn possible_help(decl: &'static Decl, at: &Circumstances) -> String {
    let names: Vec<&str> = decl.outcomes.iter().filter(|o| !o.terminal && o.possible(at)).map(|o| o.name).collect();
    let mut groups: Vec<&str> = Vec::new();
    for group in decl.outcomes.iter().filter(|o| o.possible(at)).filter_map(|o| o.group) {
        if !groups.contains(&group) && decl.outcome(group).is_none() {
            groups.push(group);
        }
    }
    groups.push(OTHERWISE);
    let keys = if takes_keys(decl, at) { "keys such as `1`, and " } else { "" };
    format!("it can end in {keys}{}; arms can also name {}", one_of(&names), one_of(&groups))
}

/// Whether one entry of keys could be taken by both patterns.
fn overlap(a: &str, b: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit();
    a.chars().count() == b.chars().count()
        && a.chars().zip(b.chars()).all(|(x, y)| x == y || (x == 'x' && digit(y)) || (y == 'x' && digit(x)))
}
