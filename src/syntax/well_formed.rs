//! What the grammar cannot say, and both forms ask of a tree: each setting once, bounds, the order
//! of a head. It knows no statement's settings or outcomes.

use std::collections::BTreeMap;

use crate::base::diagnostic::Diagnostic;
use crate::base::limits::{MAX_ARMS, MAX_BLOCK_DEPTH, MAX_NAME_CHARS, MAX_STEPS_PER_FLOW, MAX_TEXT_BYTES};
use crate::base::span::Span;

use super::ast::{
    Action, Arm, Block, Body, File, Flow, GotoTarget, Header, If, Item, LabelKind, Name, Piece, Setting, Statement,
    StatementKind, Subject, Text, Value, ValueKind,
};
use super::lexer::{MAX_ELSE_IFS, slice};
use super::{explain, shape};

/// Checks a tree, mends what is plainly meant, and puts heads in their written order.
pub(super) fn check(file: &mut File, text: &str, found: &mut Vec<Diagnostic>) {
    for item in &mut file.items {
        match item {
            Item::Flow(flow) => flow_rules(flow, text, found),
            Item::Constant(constant) => {
                name_length(&constant.name, found);
                value(&constant.value, found);
            }
        }
    }
}

fn name_length(name: &Name, found: &mut Vec<Diagnostic>) {
    let length = name.value.chars().count();
    if length > MAX_NAME_CHARS {
        let message = format!("this name has {length} characters; at most {MAX_NAME_CHARS} are allowed");
        found.push(
            Diagnostic::error("limit-exceeded", name.span, message)
                .help("shorten it; what it stands for can be said in a comment"),
        );
    }
}

fn flow_rules(flow: &mut Flow, text: &str, found: &mut Vec<Diagnostic>) {
    flow.header.sort_by_key(rank);
    name_length(&flow.name, found);
    header(&flow.header, found);
    names_once("parameter", flow.params.iter().map(|p| &p.name), found);
    names_once("outcome", flow.results.iter().flatten().map(|r| &r.name), found);
    flow.results.iter().flatten().filter_map(|r| r.value.as_ref()).for_each(|(name, _)| name_length(name, found));
    if flow.steps.len() > MAX_STEPS_PER_FLOW {
        let place = flow.steps.get(MAX_STEPS_PER_FLOW).map_or(flow.span, |s| s.name.span);
        found.push(
            Diagnostic::error("limit-exceeded", place, format!("a flow has at most {MAX_STEPS_PER_FLOW} steps"))
                .help("move a part of it to a flow or subflow of its own"),
        );
    }
    for step in &mut flow.steps {
        name_length(&step.name, found);
        if matches!(step.name.value.as_str(), "next" | "flow") {
            let name = &step.name.value;
            found.push(
                Diagnostic::error("flow-syntax", step.name.span, format!("no arrow can reach a step called `{name}`"))
                    .help(format!("`-> {name}` means something else; give the step another name")),
            );
        }
        block(&mut step.body, 1, text, found);
    }
}

/// The order in which a head is written: settings, guards, `failed`, defaults, constants, variables.
pub(super) fn rank(header: &Header) -> (usize, usize) {
    match header {
        Header::Setting(setting) => {
            let known = shape::HEADER_SETTINGS.iter().position(|s| *s == setting.key.value);
            (0, known.unwrap_or(shape::HEADER_SETTINGS.len()))
        }
        Header::Guard(_) => (1, 0),
        Header::Failed(_) => (2, 0),
        Header::Default { .. } => (3, 0),
        Header::Constant(_) => (4, 0),
        Header::Variable { .. } => (5, 0),
    }
}

fn header(header: &[Header], found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for entry in header {
        let (what, place) = match entry {
            Header::Setting(setting) => {
                name_length(&setting.key, found);
                value(&setting.value, found);
                if shape::FLOW_KEYS.contains(&setting.key.value.as_str()) {
                    let key = &setting.key.value;
                    let message = format!("`{key}` is a part of a flow, not a setting");
                    found.push(
                        Diagnostic::error("flow-syntax", setting.key.span, message)
                            .help("see the language's page on flows"),
                    );
                }
                (format!("the setting `{}`", setting.key.value), setting.key.span)
            }
            Header::Failed(goto) => ("`failed`".to_owned(), goto.span),
            Header::Default { verb, settings } => {
                each_once(settings, Some(&verb.value), found);
                (format!("`default {}`", verb.value), verb.span)
            }
            Header::Guard(name) => (format!("`guard {}`", name.value), name.span),
            Header::Constant(constant) => {
                name_length(&constant.name, found);
                value(&constant.value, found);
                (format!("the constant `{}`", constant.name.value), constant.name.span)
            }
            Header::Variable { name, value: first, .. } => {
                name_length(name, found);
                first.iter().for_each(|v| value(v, found));
                (format!("the variable `{}`", name.value), name.span)
            }
        };
        match seen.get(&what) {
            Some(first) => found.push(twice(&what, place, *first)),
            None => drop(seen.insert(what, place)),
        }
    }
}

fn twice(what: &str, place: Span, first: Span) -> Diagnostic {
    let (a, b) = if place < first { (place, first) } else { (first, place) };
    Diagnostic::error("duplicate-setting", b, format!("{what} stands twice"))
        .label("the second one")
        .also(a, "the first one")
        .help("keep one of the two")
}

fn each_once(settings: &[Setting], verb: Option<&str>, found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for setting in settings {
        let key = &setting.key;
        name_length(key, found);
        value(&setting.value, found);
        match seen.get(key.value.as_str()) {
            Some(first) => found.push(twice(&format!("the setting `{}`", key.value), key.span, *first)),
            None => drop(seen.insert(&key.value, key.span)),
        }
        if verb.is_some_and(|v| shape::is_own_key(v, &key.value)) {
            let verb = verb.unwrap_or_default();
            found.push(
                Diagnostic::error(
                    "flow-syntax",
                    key.span,
                    format!("`{}` is what `{verb}` itself is about, not a setting of it", key.value),
                )
                .help(format!("write it right behind `{verb}`, without `{}`", key.value)),
            );
        }
    }
}

fn block(block: &mut Block, depth: usize, text: &str, found: &mut Vec<Diagnostic>) {
    if depth > MAX_BLOCK_DEPTH {
        // The outermost block too many says it; those inside it are not looked at.
        let place = Span { end: block.span.start.saturating_add(1), ..block.span };
        found.push(
            Diagnostic::error("limit-exceeded", place, format!("blocks nest more than {MAX_BLOCK_DEPTH} deep here"))
                .help("move the inner part to a step of its own"),
        );
        return;
    }
    mend_misspelt(block, text, found);
    for statement in &mut block.statements {
        statement_rules(statement, depth, text, found);
    }
}

/// `plya "x"` behind a statement reads as a setting of it. Makes it the statement that it is meant
/// to be, so that its own slips are found as well.
fn mend_misspelt(block: &mut Block, text: &str, found: &mut Vec<Diagnostic>) {
    let mut at = 0;
    while let Some(statement) = block.statements.get_mut(at) {
        at += 1;
        let StatementKind::Action(action) = &mut statement.kind else { continue };
        let slip = action.settings.iter().position(|s| begins_line(text, s.key.span));
        let slip = slip.and_then(|n| {
            let later = action.settings.iter().enumerate().skip(n).filter(|(_, s)| begins_line(text, s.key.span));
            later.into_iter().find_map(|(n, s)| explain::unknown_statement(text, s.key.span).map(|d| (n, d)))
        });
        let Some((n, error)) = slip else { continue };
        let near = error.fix.as_ref().and_then(|f| f.edits.first()).map(|e| e.text.clone()).unwrap_or_default();
        found.push(error);
        let mut tail = action.settings.split_off(n).into_iter();
        let arms = action.arms.take();
        let (Some(first), Some(shape::SubjectShape::Value(..))) = (tail.next(), shape::subject_of(&near)) else {
            continue;
        };
        let span = Span { start: first.key.span.start, ..statement.span };
        statement.span.end = first.key.span.start;
        let verb = crate::base::span::Spanned::new(near, first.key.span);
        let action = Action { verb, subject: Subject::Value(first.value), settings: tail.collect(), arms };
        block.statements.insert(at, Statement { doc: None, kind: StatementKind::Action(action), span });
    }
}

/// Labels of a `switch` are texts, numbers, `true`, `false` and `otherwise`.
fn switch_labels(arms: &[Arm], found: &mut Vec<Diagnostic>) {
    for label in arms.iter().flat_map(|a| &a.labels) {
        match &label.kind {
            LabelKind::Outcome(word) if !matches!(word.as_str(), "true" | "false" | "otherwise") => found.push(
                Diagnostic::error("flow-syntax", label.span, format!("a `switch` has no outcome `{word}`"))
                    .help(format!("to compare with the text, write `\"{word}\"`")),
            ),
            _ => {}
        }
    }
}

fn names_once<'a>(what: &str, names: impl Iterator<Item = &'a Name>, found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for name in names {
        name_length(name, found);
        match seen.get(name.value.as_str()) {
            Some(first) => found.push(twice(&format!("the {what} `{}`", name.value), name.span, *first)),
            None => drop(seen.insert(&name.value, name.span)),
        }
    }
}

fn begins_line(text: &str, span: Span) -> bool {
    let before = slice(text, Span { start: 0, end: span.start, ..span });
    before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
}

fn statement_rules(statement: &mut Statement, depth: usize, text: &str, found: &mut Vec<Diagnostic>) {
    match &mut statement.kind {
        StatementKind::Goto(goto) => {
            if let GotoTarget::Flow { args, .. } = &goto.target {
                names_once("argument", args.iter().map(|a| &a.name), found);
            }
        }
        StatementKind::If(branch) => if_rules(branch, (depth, 0), text, found),
        StatementKind::Switch { on, arms } => {
            value(on, found);
            switch_labels(arms, found);
            arm_rules(arms, depth, text, found);
        }
        StatementKind::Split { settings, arms } => {
            each_once(settings, Some("split"), found);
            arm_rules(arms, depth, text, found);
        }
        StatementKind::Set { name, value: new } => {
            name_length(name, found);
            value(new, found);
        }
        StatementKind::Return { outcome, value: given } => {
            name_length(outcome, found);
            given.iter().for_each(|v| value(v, found));
        }
        StatementKind::Action(action) => {
            match &action.subject {
                Subject::Value(v) => value(v, found),
                Subject::Pair { name, value: v } => {
                    name_length(name, found);
                    value(v, found);
                    if let Some(setting) = action.settings.iter().find(|s| s.key == *name) {
                        found.push(twice(&format!("`{}`", name.value), setting.key.span, name.span));
                    }
                }
                Subject::Run { args, .. } => names_once("argument", args.iter().map(|a| &a.name), found),
                _ => {}
            }
            each_once(&action.settings, Some(&action.verb.value), found);
            if let Some(arms) = &mut action.arms {
                arm_rules(arms, depth, text, found);
            }
        }
    }
}

/// `else if` nests for the tree and not for the reader: it adds no depth.
fn if_rules(branch: &mut If, (depth, chain): (usize, usize), text: &str, found: &mut Vec<Diagnostic>) {
    value(&branch.condition, found);
    body(&mut branch.then, depth, text, found);
    let Some(Body::Block(otherwise)) = &mut branch.otherwise else { return };
    match otherwise.statements.as_mut_slice() {
        [Statement { doc: None, kind: StatementKind::If(next), span }] => {
            if chain == MAX_ELSE_IFS {
                let message = format!("more than {MAX_ELSE_IFS} `else if` stand one after the other");
                let place = Span { end: span.start.saturating_add(1), ..*span };
                found.push(
                    Diagnostic::error("limit-exceeded", place, message).help("use `switch`, or go to another step"),
                );
                return;
            }
            if_rules(next, (depth, chain + 1), text, found);
        }
        _ => block(otherwise, depth + 1, text, found),
    }
}

fn body(body: &mut Body, depth: usize, text: &str, found: &mut Vec<Diagnostic>) {
    if let Body::Block(inner) = body {
        block(inner, depth + 1, text, found);
    }
}

fn arm_rules(arms: &mut [Arm], depth: usize, text: &str, found: &mut Vec<Diagnostic>) {
    if let Some(extra) = arms.get(MAX_ARMS) {
        found.push(
            Diagnostic::error("limit-exceeded", extra.span, format!("a statement has at most {MAX_ARMS} arms"))
                .help("use a `lookup` in a table, or join arms that do the same"),
        );
    }
    for arm in arms {
        body(&mut arm.body, depth, text, found);
    }
}

fn value(value: &Value, found: &mut Vec<Diagnostic>) {
    match &value.value {
        ValueKind::Text(text) | ValueKind::Spoken(text) => text_rules(text, value.span, found),
        ValueKind::Expr(code) => expression_rules(code, value.span, found),
        ValueKind::List(items) => items.iter().for_each(|item| self::value(item, found)),
        _ => {}
    }
}

fn text_rules(text: &Text, place: Span, found: &mut Vec<Diagnostic>) {
    let mut bytes = 0;
    for piece in &text.pieces {
        match piece {
            Piece::Literal(literal) => bytes += literal.len(),
            Piece::Hole(code) => {
                bytes += code.value.len();
                if code.value.trim().is_empty() {
                    found.push(
                        Diagnostic::error("flow-syntax", code.span, "this `${}` is empty")
                            .help("write an expression in it, or `\\${` to mean the characters"),
                    );
                }
                lone_equals(&code.value, code.span, 0, found);
            }
        }
    }
    if bytes > MAX_TEXT_BYTES {
        found.push(
            Diagnostic::error(
                "limit-exceeded",
                place,
                format!("this text has {bytes} bytes; at most {MAX_TEXT_BYTES} are allowed"),
            )
            .help("split it"),
        );
    }
}

fn expression_rules(code: &str, place: Span, found: &mut Vec<Diagnostic>) {
    if code.trim().is_empty() {
        found.push(
            Diagnostic::error("flow-syntax", place, "there is no expression between the parentheses").help("write one"),
        );
    }
    lone_equals(code, place, 1, found);
}

/// `(a = b)`: expressions compare and never assign.
fn lone_equals(code: &str, place: Span, offset: usize, found: &mut Vec<Diagnostic>) {
    let bytes = code.as_bytes();
    let mut quoted = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let before = at.checked_sub(1).and_then(|n| bytes.get(n));
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'=' if !quoted => {
                if bytes.get(at + 1) == Some(&b'=') {
                    at += 1;
                } else if !matches!(before, Some(b'!' | b'<' | b'>' | b'=')) && bytes.get(at + 1) != Some(&b'>') {
                    let start = usize::try_from(place.start).unwrap_or(usize::MAX).saturating_add(offset + at);
                    found.push(
                        Diagnostic::error(
                            "flow-syntax",
                            Span::new(place.file, start, start + 1),
                            "`=` gives a value; an expression compares with `==`",
                        )
                        .help("write `==`, or use `set name = ..` before"),
                    );
                    return;
                }
            }
            _ => {}
        }
        at += 1;
    }
}
