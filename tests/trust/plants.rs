//! Defects that are planted by changing a tree: each function counts the places where its defect
//! can be, and plants it at the one that is wanted.

pub mod news;
pub mod paths;
pub mod subflows;

use strowger::syntax::ast::*;

use super::tree;

/// Which of the places is meant, and what the others are.
pub struct Pick {
    wanted: usize,
    /// Places that were met.
    pub met: usize,
    /// Why the change at this place changes nothing that a rule could see.
    pub equivalent: Option<&'static str>,
}

impl Pick {
    pub fn new(nth: usize) -> Self {
        Self { wanted: nth, met: 0, equivalent: None }
    }

    /// Counts the places and changes nothing.
    pub fn none() -> Self {
        Self::new(usize::MAX)
    }

    pub fn was_hit(&self) -> bool {
        self.met > self.wanted
    }

    /// Counts a place; true at the one that is meant.
    pub fn here(&mut self) -> bool {
        self.met += 1;
        self.met == self.wanted.wrapping_add(1)
    }
}

/// Changes a tree at the place that is meant.
pub type Edit = fn(&mut File, &mut Pick);

pub fn name(text: &str) -> Name {
    Name::new(text.to_owned(), Default::default())
}

fn literal(value: &mut Value) -> Option<&mut String> {
    match &mut value.value {
        ValueKind::Text(Text { pieces }) => match pieces.as_mut_slice() {
            [Piece::Literal(text)] => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|rest| rest.len() > 6 && rest.bytes().all(|b| b.is_ascii_digit()))
}

fn target(action: &mut Action) -> Option<&mut Target> {
    match &mut action.subject {
        Subject::Transfer { target, .. } => Some(target),
        _ => None,
    }
}

fn each_number(tree: &mut File, pick: &mut Pick, change: impl Fn(&mut Value)) {
    tree::each_action(tree, &mut |action| {
        let Some(target) = target(action) else { return };
        if literal(&mut target.value).is_some_and(|text| is_number(text)) && pick.here() {
            change(&mut target.value);
        }
    });
}

fn rewrite(tree: &mut File, pick: &mut Pick, change: impl Fn(&str) -> String) {
    each_number(tree, pick, |value| {
        if let Some(text) = literal(value) {
            *text = change(text);
        }
    });
}

pub fn arrow_to_nowhere(tree: &mut File, pick: &mut Pick) {
    tree::each_goto(tree, &mut |goto| {
        if let GotoTarget::Step(step) = &mut goto.target
            && pick.here()
        {
            step.value.push_str("_x");
        }
    });
}

pub fn unknown_target(tree: &mut File, pick: &mut Pick) {
    tree::each_action(tree, &mut |action| {
        let Some(target) = target(action) else { return };
        if let ValueKind::Name(who) = &mut target.value.value
            && pick.here()
        {
            who.push('x');
        }
    });
}

pub fn unknown_prompt(tree: &mut File, pick: &mut Pick) {
    tree::each_action(tree, &mut |action| {
        let heard = matches!(action.verb.value.as_str(), "play" | "menu");
        if let Subject::Value(value) = &mut action.subject
            && heard
            && let Some(text) = literal(value)
            && pick.here()
        {
            text.push_str("-x");
        }
    });
}

pub fn unknown_policy(tree: &mut File, pick: &mut Pick) {
    tree::each_header(tree, &mut |header| {
        for entry in header {
            if let Header::Guard(policy) = entry
                && pick.here()
            {
                policy.value.push('x');
            }
        }
    });
}

pub fn misspelt_verb(tree: &mut File, pick: &mut Pick) {
    tree::each_action(tree, &mut |action| {
        if action.verb.value == "play" && pick.here() {
            action.verb.value = "plya".to_owned();
        }
    });
}

/// An arm `otherwise` is the only one that takes what the others do not.
pub fn no_otherwise(tree: &mut File, pick: &mut Pick) {
    tree::each_action(tree, &mut |action| {
        let groups = ["unanswered", "refused", "failed", "exhausted"];
        let Some(arms) = &mut action.arms else { return };
        let is = |arm: &Arm, word: &str| arm.labels.iter().any(|l| l.kind == LabelKind::Outcome(word.to_owned()));
        let whole = groups.iter().any(|g| arms.iter().any(|a| is(a, g)));
        if let Some(at) = arms.iter().position(|a| is(a, "otherwise"))
            && pick.here()
        {
            if whole {
                pick.equivalent = Some("groups cover every outcome");
            }
            arms.remove(at);
        }
    });
}

/// The arms of an action, its verb first.
fn arms(tree: &mut File, f: &mut dyn FnMut(&str, &mut Vec<Arm>)) {
    tree::each_action(tree, &mut |action| {
        if let Some(arms) = &mut action.arms {
            f(&action.verb.value, arms);
        }
    });
}

pub fn unknown_outcome(tree: &mut File, pick: &mut Pick) {
    tree::each_arm(tree, &mut |arm| {
        for label in &mut arm.labels {
            if let LabelKind::Outcome(outcome) = &mut label.kind
                && !matches!(outcome.as_str(), "otherwise" | "true" | "false")
                && pick.here()
            {
                outcome.push('x');
            }
        }
    });
}

fn label(kind: LabelKind) -> Label {
    Label { kind, binding: None, span: Default::default() }
}

/// A queue's outcome where somebody is called.
pub fn impossible_outcome(tree: &mut File, pick: &mut Pick) {
    tree::each_action(tree, &mut |action| {
        let queue = target(action).is_some_and(|t| t.kind.value == "queue");
        let Some(first) = action.arms.iter_mut().flatten().next() else { return };
        if action.verb.value == "transfer" && pick.here() {
            let outcome = if queue { "busy" } else { "full" };
            first.labels.insert(0, label(LabelKind::Outcome(outcome.to_owned())));
        }
    });
}

pub fn same_label_twice(tree: &mut File, pick: &mut Pick) {
    arms(tree, &mut |_, arms| {
        for at in 0..arms.len() {
            if pick.here() {
                let again = arms[at].clone();
                arms.push(again);
            }
        }
    });
}

pub fn same_key_twice(tree: &mut File, pick: &mut Pick) {
    arms(tree, &mut |_, arms| {
        let keys = |arm: &Arm| arm.labels.iter().find(|l| matches!(l.kind, LabelKind::Keys(_))).cloned();
        let Some(first) = arms.iter().find_map(keys) else { return };
        for arm in arms.iter_mut().skip(1) {
            if pick.here() {
                arm.labels.push(label(first.kind.clone()));
            }
        }
    });
}

fn settings(tree: &mut File, f: &mut dyn FnMut(&mut Vec<Setting>, usize)) {
    tree::each_action(tree, &mut |action| {
        for at in 0..action.settings.len() {
            f(&mut action.settings, at);
        }
    });
}

pub fn unknown_setting(tree: &mut File, pick: &mut Pick) {
    settings(tree, &mut |settings, at| {
        if pick.here() {
            settings[at].key.value.push('x');
        }
    });
}

pub fn setting_twice(tree: &mut File, pick: &mut Pick) {
    settings(tree, &mut |settings, at| {
        if pick.here() {
            let again = settings[at].clone();
            settings.push(again);
        }
    });
}

/// `timeout 5` where `timeout 5s` was.
pub fn bare_number_as_time(tree: &mut File, pick: &mut Pick) {
    settings(tree, &mut |settings, at| {
        let value = &mut settings[at].value.value;
        if let ValueKind::Duration(ms) = *value
            && pick.here()
        {
            *value = ValueKind::Number(Decimal((ms / 1_000).to_string()));
        }
    });
}

pub fn count_out_of_range(tree: &mut File, pick: &mut Pick) {
    settings(tree, &mut |settings, at| {
        if let ValueKind::Number(n) = &mut settings[at].value.value
            && pick.here()
        {
            *n = Decimal("1000".to_owned());
        }
    });
}

pub fn left_over_step(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree) {
        for at in 1..=flow.steps.len() {
            if pick.here() {
                let mut step = flow.steps[0].clone();
                step.name.value = "planted".to_owned();
                flow.steps.insert(at, step);
            }
        }
    }
}

pub fn same_step_twice(tree: &mut File, pick: &mut Pick) {
    for flow in tree::flows(tree) {
        for at in 0..flow.steps.len() {
            if pick.here() {
                let again = flow.steps[at].clone();
                flow.steps.push(again);
            }
        }
    }
}

pub fn same_flow_twice(tree: &mut File, pick: &mut Pick) {
    if let Some(first) = tree.items.first().cloned()
        && pick.here()
    {
        tree.items.push(first);
    }
}

pub fn flow_is_nowhere(tree: &mut File, pick: &mut Pick) {
    tree::each_goto(tree, &mut |goto| {
        if pick.here() {
            goto.target = GotoTarget::Flow { name: name("planted"), args: Vec::new() };
        }
    });
}

pub fn not_canonical(tree: &mut File, pick: &mut Pick) {
    rewrite(tree, pick, |number| format!("00{}", number.trim_start_matches('+')));
}

pub fn trunk_prefix_within(tree: &mut File, pick: &mut Pick) {
    rewrite(tree, pick, |number| format!("{}(0){}", &number[..3], &number[3..]));
}

pub fn too_short(tree: &mut File, pick: &mut Pick) {
    rewrite(tree, pick, |number| number[..number.len() - 4].to_owned());
}

pub fn feature_code(tree: &mut File, pick: &mut Pick) {
    rewrite(tree, pick, |number| format!("*72{}", number.trim_start_matches('+')));
}

pub fn dialled_on(tree: &mut File, pick: &mut Pick) {
    rewrite(tree, pick, |number| format!("{number},,9011"));
}

pub fn number_without_quotes(tree: &mut File, pick: &mut Pick) {
    each_number(tree, pick, |value| {
        if let Some(text) = literal(value) {
            value.value = ValueKind::Number(Decimal(text.trim_start_matches('+').to_owned()));
        }
    });
}

pub fn caller_chooses(tree: &mut File, pick: &mut Pick) {
    each_number(tree, pick, |value| value.value = ValueKind::Expr("digits".to_owned()));
}

pub fn caller_chooses_a_part(tree: &mut File, pick: &mut Pick) {
    each_number(tree, pick, |value| {
        let hole = Piece::Hole(Name::new("caller.name".to_owned(), Default::default()));
        value.value = ValueKind::Text(Text { pieces: vec![Piece::Literal("+44".to_owned()), hole] });
    });
}

/// Whatever a condition was, it is decided.
pub fn decided_condition(tree: &mut File, pick: &mut Pick) {
    tree::each_statement(tree, &mut |statement| {
        if let StatementKind::If(branch) = &mut statement.kind
            && pick.here()
        {
            branch.condition.value = ValueKind::Expr("1 < 2".to_owned());
        }
    });
}

/// A value of one kind where the verb needs another.
pub fn wrong_subject(tree: &mut File, pick: &mut Pick) {
    tree::each_action(tree, &mut |action| {
        if let Subject::Value(value) = &mut action.subject
            && pick.here()
        {
            value.value = ValueKind::Bool(true);
        }
    });
}
