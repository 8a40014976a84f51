//! Items of a step: statements, their settings, and arms.

use crate::base::diagnostic::Diagnostic;
use crate::base::span::{Span, Spanned};
use crate::base::suggest;
use crate::syntax::ast::{
    Action, Arm, Block, Body, If, Name, Setting, Statement, StatementKind, Subject, Target, Value, ValueKind,
};
use crate::syntax::document::{Entry, Node, NodeKind};
use crate::syntax::{reader, shape};
use shape::{Reading, SubjectShape};

use super::Reader;

impl Reader<'_> {
    pub(super) fn block(&mut self, node: &Node) -> Block {
        let statements = match &node.value {
            NodeKind::Sequence(items) => items.iter().filter_map(|item| self.statement(item)).collect(),
            _ => {
                self.wrong(node, "a list of statements", "write `- play: welcome` lines, or `[hangup]`");
                Vec::new()
            }
        };
        Block { statements, span: node.span }
    }

    fn statement(&mut self, node: &Node) -> Option<Statement> {
        let (doc, verb, value, rest) = match &node.value {
            NodeKind::Mapping(entries) => {
                let doc = entries.iter().find(|e| e.key.value == "doc").and_then(|e| self.doc(&e.value));
                let mut rest = entries.iter().filter(|e| e.key.value != "doc");
                let Some(first) = rest.next() else {
                    self.wrong(node, "a statement", "write `- verb: ..`");
                    return None;
                };
                (doc, first.key.clone(), Some(&first.value), rest.collect::<Vec<_>>())
            }
            _ => match self.scalar(node) {
                Some(word) => (None, Spanned::new(word.to_owned(), node.span), None, Vec::new()),
                None => {
                    self.wrong(node, "a statement", "write `- verb: ..`");
                    return None;
                }
            },
        };
        let kind = self.kind(&verb, value, &rest)?;
        if verb.value != "if" {
            for entry in rest {
                self.beside(&verb, entry);
            }
        }
        Some(Statement { doc, kind, span: node.span })
    }

    /// A second key in the map of a statement.
    fn beside(&mut self, verb: &Name, entry: &Entry) {
        let key = &entry.key.value;
        let found = if shape::is_statement(key) {
            Diagnostic::error("unknown-key", entry.key.span, format!("`{key}` stands in the map of `{}`", verb.value))
                .help(format!("begin a list item of its own: `- {key}: ..`"))
        } else {
            let message = format!("`{key}` stands beside `{}`, not in it", verb.value);
            Diagnostic::error("unknown-key", entry.key.span, message)
                .help(format!("indent it below `{}:`, or write `{}: {{..}}`", verb.value, verb.value))
        };
        self.found.push(found);
    }

    fn kind(&mut self, verb: &Name, node: Option<&Node>, rest: &[&Entry]) -> Option<StatementKind> {
        let word = verb.value.as_str();
        if !shape::is_statement(word) {
            let hint = suggest::did_you_mean(word, shape::statements());
            let message = format!("no statement `{}`{hint}", reader::shorten(word));
            let found = Diagnostic::error("unknown-statement", verb.span, message);
            self.found.push(match spelled_out(word) {
                Some(right) if node.is_none() => found.help(format!("write `- {right}`")),
                _ => found,
            });
            return None;
        }
        // `answer` and `answer:` are the same; every other statement is about something.
        let node = node.filter(|n| n.value != NodeKind::Null || self.source(n.span) == "null");
        let Some(node) = node else {
            if shape::subject_of(word) == Some(SubjectShape::None) {
                let action = Action { verb: verb.clone(), subject: Subject::None, settings: Vec::new(), arms: None };
                return Some(StatementKind::Action(action));
            }
            let found = Diagnostic::error("missing-key", verb.span, format!("`{word}` needs a value"));
            self.found.push(match rest.iter().find(|e| !shape::is_statement(&e.key.value)) {
                Some(beside) => found.help(format!("indent `{}` further than `{word}`", beside.key.value)),
                None => found.help(format!("write `- {word}: ..`")),
            });
            return None;
        };
        Some(match word {
            "goto" => StatementKind::Goto(self.goto(node)?),
            "if" => StatementKind::If(self.branch(node, rest)?),
            "switch" => self.switch(verb, node)?,
            "split" => {
                let entries = self.parts(verb, node)?;
                let (settings, arms) = self.settings_and_arms(verb, entries, false);
                StatementKind::Split { settings, arms: self.needs_arms(verb, node.span, arms) }
            }
            "set" => {
                let (name, value) = self.one_pair(verb, node)?;
                StatementKind::Set { name, value }
            }
            "return" => self.give(node)?,
            _ => StatementKind::Action(self.action(verb, node)?),
        })
    }

    fn parts<'n>(&mut self, verb: &Name, node: &'n Node) -> Option<&'n [Entry]> {
        match &node.value {
            NodeKind::Mapping(entries) => Some(entries),
            _ => {
                self.wrong(
                    node,
                    &format!("a map of what `{}` needs", verb.value),
                    "write `{key: value, outcomes: {..}}`",
                );
                None
            }
        }
    }

    fn needs_arms(&mut self, verb: &Name, place: Span, arms: Option<Vec<Arm>>) -> Vec<Arm> {
        arms.unwrap_or_else(|| {
            self.missing_key(place, &format!("`{}`", verb.value), "outcomes");
            Vec::new()
        })
    }

    fn expression(&mut self, node: &Node) -> Option<Value> {
        match self.value(node, Reading::Word)? {
            value if matches!(value.value, ValueKind::Expr(_)) => Some(value),
            _ => {
                self.wrong(node, "an expression", "write it in parentheses, such as `(caller.outside)`");
                None
            }
        }
    }

    fn branch(&mut self, condition: &Node, rest: &[&Entry]) -> Option<If> {
        let condition_value = self.expression(condition);
        let (mut then, mut otherwise) = (None, None);
        let mut seen = false;
        for Entry { key, value } in rest {
            match key.value.as_str() {
                "then" => {
                    seen = true;
                    then = self.body(value);
                }
                "else" => otherwise = self.body(value),
                _ => {
                    seen |= suggest::closest(&key.value, ["then"]).is_some();
                    self.unknown_key(key, "`if`", &["then", "else"]);
                }
            }
        }
        if !seen {
            self.missing_key(condition.span, "`if`", "then");
        }
        Some(If { condition: condition_value?, then: then?, otherwise })
    }

    fn switch(&mut self, verb: &Name, node: &Node) -> Option<StatementKind> {
        let entries = self.parts(verb, node)?;
        let (mut on, mut arms) = (None, None);
        for Entry { key, value } in entries {
            match key.value.as_str() {
                "on" => on = self.expression(value),
                "outcomes" => arms = Some(self.arms(value, true)),
                _ => self.unknown_key(key, "`switch`", &["on", "outcomes"]),
            }
        }
        if !entries.iter().any(|e| e.key.value == "on") {
            self.missing_key(node.span, "`switch`", "on");
        }
        let arms = self.needs_arms(verb, node.span, arms);
        Some(StatementKind::Switch { on: on?, arms })
    }

    fn give(&mut self, node: &Node) -> Option<StatementKind> {
        let NodeKind::Mapping(entries) = &node.value else {
            return Some(StatementKind::Return { outcome: self.name(node, "an outcome")?, value: None });
        };
        let [Entry { key, value }] = entries.as_slice() else {
            self.wrong(node, "one outcome", "write `return: {ok: (value)}`");
            return None;
        };
        let outcome = self.key_name(key, "an outcome");
        let value = self.expression(value)?;
        Some(StatementKind::Return { outcome: outcome?, value: Some(value) })
    }

    /// `{name: value}`
    fn one_pair(&mut self, verb: &Name, node: &Node) -> Option<(Name, Value)> {
        match self.parts(verb, node)? {
            [Entry { key, value }] => {
                let name = self.key_name(key, "a variable");
                let value = self.value(value, Reading::Text)?;
                Some((name?, value))
            }
            _ => {
                self.wrong(
                    node,
                    "one name and its value",
                    format!("write a `- {}: {{name: value}}` for each", verb.value),
                );
                None
            }
        }
    }

    fn action(&mut self, verb: &Name, node: &Node) -> Option<Action> {
        let shape = shape::subject_of(&verb.value)?;
        let short = |subject| Some(Action { verb: verb.clone(), subject, settings: Vec::new(), arms: None });
        let entries: &[Entry] = match (&node.value, shape) {
            (NodeKind::Mapping(entries), SubjectShape::Value(key, _))
                if !entries.iter().any(|e| e.key.value == key)
                    && matches!(entries.as_slice(), [e] if matches!(e.key.value.as_str(), "say" | "value")) =>
            {
                return short(Subject::Value(self.value(node, Reading::Text)?));
            }
            (NodeKind::Mapping(entries), _) => entries,
            (_, SubjectShape::Value(_, reading)) => return short(Subject::Value(self.value(node, reading)?)),
            (_, SubjectShape::Run) => {
                let flow = self.qualified(node, "the name of a subflow")?;
                return short(Subject::Run { flow, args: Vec::new() });
            }
            (_, SubjectShape::Guard) => {
                let policy = self.qualified(node, "the name of a policy")?;
                return short(Subject::Guard { policy, target: None });
            }
            _ => self.parts(verb, node)?,
        };
        let pair = shape == SubjectShape::Pair;
        let subject = self.subject(verb, node.span, entries, shape);
        let (settings, arms) = self.settings_and_arms(verb, entries, pair);
        Some(Action { verb: verb.clone(), subject: subject?, settings, arms })
    }

    fn subject(&mut self, verb: &Name, place: Span, entries: &[Entry], shape: SubjectShape) -> Option<Subject> {
        let get = |key: &str| entries.iter().find(|e| e.key.value == key).map(|e| &e.value);
        let owner = format!("`{}`", verb.value);
        let need = |this: &mut Self, key: &str| {
            let found = get(key);
            if found.is_none() {
                this.missing_key(place, &owner, key);
            }
            found
        };
        Some(match shape {
            SubjectShape::None => Subject::None,
            SubjectShape::Value(key, reading) => {
                let node = need(self, key)?;
                Subject::Value(self.value(node, reading)?)
            }
            SubjectShape::Transfer => {
                let mode = get("mode").and_then(|n| self.choice(n, shape::MODES));
                let to = need(self, "to")?;
                Subject::Transfer { mode, target: self.target(to)? }
            }
            SubjectShape::Ring => {
                let order = get("order").and_then(|n| self.choice(n, shape::ORDERS));
                let to = need(self, "to")?;
                let targets: Vec<Target> = match &to.value {
                    NodeKind::Sequence(items) => items.iter().filter_map(|n| self.target(n)).collect(),
                    _ => self.target(to).into_iter().collect(),
                };
                if targets.is_empty() {
                    self.wrong(to, "at least one target", "write `to: [{user: dana}]`");
                    return None;
                }
                Subject::Ring { order, targets }
            }
            SubjectShape::Run => {
                let name = need(self, "subflow")?;
                let flow = self.qualified(name, "the name of a subflow")?;
                let args = get("with").map(|n| self.args(n)).unwrap_or_default();
                Subject::Run { flow, args }
            }
            SubjectShape::Guard => {
                let name = need(self, "policy")?;
                let policy = self.qualified(name, "the name of a policy")?;
                let target = match get("to") {
                    Some(to) => Some(self.target(to)?),
                    None => None,
                };
                Subject::Guard { policy, target }
            }
            SubjectShape::Pair => {
                let Some(first) = entries.first() else {
                    self.missing_key(place, &owner, "name");
                    return None;
                };
                let name = self.key_name(&first.key, "a value")?;
                Subject::Pair { name, value: self.value(&first.value, Reading::Text)? }
            }
        })
    }

    fn choice(&mut self, node: &Node, words: &[&str]) -> Option<Name> {
        reader::one_of(node, words, &mut self.found)
    }

    fn settings_and_arms(&mut self, verb: &Name, entries: &[Entry], pair: bool) -> (Vec<Setting>, Option<Vec<Arm>>) {
        let (mut settings, mut arms) = (Vec::new(), None);
        for entry in entries.iter().skip(usize::from(pair)) {
            let key = entry.key.value.as_str();
            if key == "outcomes" {
                arms = Some(self.arms(&entry.value, false));
            } else if !shape::is_own_key(&verb.value, key) {
                settings.extend(self.setting(entry));
            }
        }
        (settings, arms)
    }

    pub(super) fn setting(&mut self, entry: &Entry) -> Option<Setting> {
        let key = self.key_name(&entry.key, "a setting")?;
        if key.value != "ring" && (shape::is_statement(&key.value) || shape::RESERVED.contains(&key.value.as_str())) {
            let message = format!("`{}` is a statement, and cannot be a setting", key.value);
            self.found.push(
                Diagnostic::error("unknown-key", key.span, message)
                    .help(format!("begin a list item of its own: `- {}: ..`", key.value)),
            );
            return None;
        }
        let value = self.value(&entry.value, shape::reading_of_setting(&key.value))?;
        // What the other form reads as this setting; whether it is a time is looked at later.
        let written = matches!(
            value.value,
            ValueKind::Duration(_)
                | ValueKind::Expr(_)
                | ValueKind::Number(_)
                | ValueKind::Percent(_)
                | ValueKind::Text(_)
        );
        if key.value == "ring" && !written {
            self.wrong(&entry.value, "a duration", "write how long it rings, such as `ring: 25s`");
            return None;
        }
        Some(Setting { key, value })
    }

    /// A map of outcomes, or a list of such maps: only a list holds a label twice, as `split` may
    /// have it.
    fn arms(&mut self, node: &Node, switch: bool) -> Vec<Arm> {
        let mut arms = Vec::new();
        match &node.value {
            NodeKind::Mapping(entries) => self.arms_of(entries, switch, &mut arms),
            NodeKind::Sequence(items) if items.iter().any(|i| matches!(i.value, NodeKind::Mapping(_))) => {
                for item in items {
                    match &item.value {
                        NodeKind::Mapping(entries) => self.arms_of(entries, switch, &mut arms),
                        _ => self.wrong(item, "an outcome", "write `- ok: next`"),
                    }
                }
            }
            _ => self.wrong(node, "a map of outcomes", "write `outcomes: {ok: next, otherwise: bye}`"),
        }
        arms
    }

    fn arms_of(&mut self, entries: &[Entry], switch: bool, arms: &mut Vec<Arm>) {
        for Entry { key, value } in entries {
            let labels = self.labels(key, switch);
            let (doc, body) = self.arm_body(value);
            if let (Some(body), false) = (body, labels.is_empty()) {
                arms.push(Arm { doc, labels, body, span: key.span.to(value.span) });
            }
        }
    }

    /// A step name, a list, `{flow: x}`, or any of them as `{doc: .., do: ..}`.
    fn arm_body(&mut self, node: &Node) -> (Option<String>, Option<Body>) {
        if let NodeKind::Mapping(entries) = &node.value
            && let Some(inner) = entries.iter().find(|e| e.key.value == "do")
        {
            let doc = entries.iter().find(|e| e.key.value == "doc").and_then(|e| self.doc(&e.value));
            for entry in entries.iter().filter(|e| !matches!(e.key.value.as_str(), "do" | "doc")) {
                self.unknown_key(&entry.key, "an arm", &["do", "doc"]);
            }
            return (doc, self.body(&inner.value));
        }
        (None, self.body(node))
    }

    fn body(&mut self, node: &Node) -> Option<Body> {
        match &node.value {
            NodeKind::Sequence(_) => Some(Body::Block(self.block(node))),
            NodeKind::Mapping(entries) if entries.first().is_some_and(|e| shape::is_statement(&e.key.value)) => {
                self.wrong(
                    node,
                    "a step or a list of statements",
                    "write a statement as an item of a list: `[{play: welcome}]`",
                );
                None
            }
            _ => self.goto(node).map(Body::Goto),
        }
    }
}

/// `play welcome`, `play:welcome`, `-> choose`: what a word that is no statement was meant to be.
fn spelled_out(word: &str) -> Option<String> {
    if let Some(step) = word.strip_prefix("->") {
        return Some(format!("goto: {}", step.trim()));
    }
    let (verb, value) = word.split_once([':', ' '])?;
    shape::is_statement(verb).then(|| format!("{verb}: {}", value.trim()))
}
