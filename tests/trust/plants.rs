//! Defects that are planted by changing a tree: each function counts the places where its defect
//! can be, and plants it at the one that is wanted.

use strowger::syntax::ast::*;

use super::tree;

/// Which of the places is meant, and what the others are.
pub struct Pick {
    left: usize,
    hit: bool,
    /// Why the change at this place changes nothing that a rule could see.
    pub equivalent: Option<&'static str>,
}

impl Pick {
    pub fn new(nth: usize) -> Self {
        Self { left: nth, hit: false, equivalent: None }
    }

    pub fn was_hit(&self) -> bool {
        self.hit
    }

    /// Counts a place; true at the one that is meant.
    pub fn here(&mut self) -> bool {
        let now = !self.hit && self.left == 0;
        self.hit |= now;
        self.left = self.left.wrapping_sub(usize::from(!self.hit));
        now
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

pub fn no_visits(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        if step.visits.is_none() || !pick.here() {
            return;
        }
        step.visits = None;
    });
    if pick.was_hit() && !tree::flows(tree).any(|f| goes_round(f)) {
        pick.equivalent = Some("no cycle has lost its bound");
    }
}

/// A bound that leads back to its own step.
pub fn bound_leads_back(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        let own = step.name.value.clone();
        if let Some((_, goto)) = &mut step.visits
            && pick.here()
        {
            goto.target = GotoTarget::Step(name(&own));
        }
    });
}

pub fn no_visit_at_all(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        if let Some((count, _)) = &mut step.visits
            && pick.here()
        {
            count.value = 0;
        }
    });
}

/// Whether steps form a cycle without `visits`, by their arrows alone.
fn goes_round(flow: &Flow) -> bool {
    let mut file = File { items: vec![Item::Flow(flow.clone())] };
    let mut arrows: Vec<Vec<String>> = Vec::new();
    tree::each_step(&mut file, &mut |step| {
        let mut inner = flow.clone();
        step.visits.clone_into(&mut inner.steps[0].visits);
        inner.header.clear();
        inner.steps = vec![step.clone()];
        let mut to = Vec::new();
        let mut one = File { items: vec![Item::Flow(inner)] };
        tree::each_goto(&mut one, &mut |goto| {
            if let GotoTarget::Step(step) = &goto.target {
                to.push(step.value.clone());
            }
        });
        arrows.push(to);
    });
    // What leads nowhere but to steps that were taken away is taken away.
    let mut left: Vec<usize> = (0..flow.steps.len()).filter(|n| flow.steps[*n].visits.is_none()).collect();
    loop {
        let stays = |n: &usize| left.iter().any(|m| arrows[*n].contains(&flow.steps[*m].name.value));
        let next: Vec<usize> = left.iter().copied().filter(stays).collect();
        if next.len() == left.len() {
            return !left.is_empty();
        }
        left = next;
    }
}

pub fn no_guard(tree: &mut File, pick: &mut Pick) {
    let mut bare = Vec::new();
    for (at, flow) in tree::flows(tree).enumerate() {
        let guards = flow.header.iter().filter(|h| matches!(h, Header::Guard(_))).count();
        if guards == 1 && pick.here() {
            flow.header.retain(|h| !matches!(h, Header::Guard(_)));
            bare.push(at);
        }
    }
    let flow = bare.first().and_then(|at| tree::flows(tree).nth(*at)).map(|f| f.clone());
    if let Some(flow) = flow {
        let mut leaves = false;
        tree::each_action(&mut File { items: vec![Item::Flow(flow)] }, &mut |action| {
            leaves |= target(action).is_some_and(|t| matches!(t.kind.value.as_str(), "number" | "pstn" | "extension"));
        });
        if !leaves {
            pick.equivalent = Some("the flow places no outside leg");
        }
    }
}

/// `guard` of a step stands behind what it was to guard.
pub fn guard_too_late(tree: &mut File, pick: &mut Pick) {
    tree::each_block(tree, &mut |block| {
        let is = |s: &Statement, verb: &str| matches!(&s.kind, StatementKind::Action(a) if a.verb.value == verb);
        for at in 1..block.statements.len() {
            if is(&block.statements[at - 1], "guard") && is(&block.statements[at], "transfer") && pick.here() {
                block.statements.swap(at - 1, at);
            }
        }
    });
}

fn is_heard(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Action(a) if matches!(a.verb.value.as_str(), "play" | "menu" | "collect"))
}

fn is_answer(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Action(a) if a.verb.value == "answer")
}

pub fn play_first(tree: &mut File, pick: &mut Pick) {
    tree::each_block(tree, &mut |block| {
        for at in 1..block.statements.len() {
            if is_answer(&block.statements[at - 1]) && is_heard(&block.statements[at]) && pick.here() {
                block.statements.swap(at - 1, at);
            }
        }
    });
}

/// Whether a flow has such a statement.
fn has(flow: &Flow, is: fn(&Statement) -> bool) -> bool {
    let mut found = false;
    tree::each_statement(&mut File { items: vec![Item::Flow(flow.clone())] }, &mut |s| found |= is(s));
    found
}

/// Does something to each flow by itself.
fn each_flow(tree: &mut File, f: &mut dyn FnMut(&Flow, &mut File)) {
    for flow in tree::flows(tree) {
        let mut one = File { items: vec![Item::Flow(flow.clone())] };
        f(flow, &mut one);
        if let Some(Item::Flow(changed)) = one.items.pop() {
            *flow = changed;
        }
    }
}

pub fn no_answer(tree: &mut File, pick: &mut Pick) {
    each_flow(tree, &mut |flow, one| {
        tree::each_block(one, &mut |block| {
            if let Some(at) = block.statements.iter().position(is_answer)
                && pick.here()
            {
                block.statements.remove(at);
                if !has(flow, is_heard) {
                    pick.equivalent = Some("nothing is played to the caller");
                }
            }
        });
    });
}

pub fn refuses_in_the_end(tree: &mut File, pick: &mut Pick) {
    each_flow(tree, &mut |flow, one| {
        tree::each_action(one, &mut |action| {
            if has(flow, is_answer) && action.verb.value == "hangup" && pick.here() {
                action.verb.value = "reject".to_owned();
                action.subject = Subject::Value(Value::new(ValueKind::Name("busy".to_owned()), Default::default()));
            }
        });
    });
}

/// The last statement of a step is forgotten.
pub fn no_end(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        if pick.here() {
            step.body.statements.pop();
        }
    });
}

/// An arm of a step's last statement goes on where nothing follows.
pub fn arm_leads_nowhere(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        let Some(Statement { kind: StatementKind::Action(action), .. }) = step.body.statements.last_mut() else {
            return;
        };
        for arm in action.arms.iter_mut().flatten() {
            if pick.here() {
                arm.body = Body::Block(Block { statements: Vec::new(), span: Default::default() });
            }
        }
    });
}

/// A step that only leads to itself.
pub fn trap(tree: &mut File, pick: &mut Pick) {
    tree::each_step(tree, &mut |step| {
        if pick.here() {
            let target = GotoTarget::Step(step.name.clone());
            let kind = StatementKind::Goto(Goto { target, span: Default::default() });
            step.body.statements = vec![Statement { doc: None, kind, span: Default::default() }];
            step.visits = None;
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

pub fn first_value_forgotten(tree: &mut File, pick: &mut Pick) {
    each_flow(tree, &mut |flow, one| {
        tree::each_header(one, &mut |header| {
            for entry in header {
                if let Header::Variable { type_name, value, .. } = entry
                    && value.is_some()
                    && pick.here()
                {
                    *value = None;
                    type_name.get_or_insert_with(|| name("text"));
                    if has(flow, |s| matches!(s.kind, StatementKind::Set { .. })) {
                        pick.equivalent = Some("the flow sets it before it is used");
                    }
                }
            }
        });
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
