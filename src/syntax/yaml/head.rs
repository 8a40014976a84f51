//! Documents: the keys beside `flow:`, and steps.

use crate::base::diagnostic::Diagnostic;
use crate::base::span::{Span, Spanned};
use crate::syntax::ast::{
    Action, Block, Constant, Flow, Goto, Header, Item, Name, Param, ResultDecl, Statement, StatementKind, Step,
    Subject, Value,
};
use crate::syntax::document::{Entry, Node, NodeKind};
use crate::syntax::{reader, shape, text};
use shape::Reading;

use super::Reader;

impl Reader<'_> {
    pub(super) fn document(&mut self, node: &Node) -> Vec<Item> {
        let entries = match &node.value {
            NodeKind::Mapping(entries) => entries,
            NodeKind::Null => return Vec::new(),
            _ => {
                self.wrong(node, "a flow", "write `flow: name` and `steps:`");
                return Vec::new();
            }
        };
        let has = |key: &str| entries.iter().any(|e| e.key.value == key);
        if has("flow") || has("subflow") {
            return self.flow(node.span, entries).into_iter().map(Item::Flow).collect();
        }
        let mut items = Vec::new();
        let constants = has("const");
        for Entry { key, value } in entries {
            match key.value.as_str() {
                "const" => items.extend(self.constants(value).into_iter().map(Item::Constant)),
                _ if constants => self.unknown_key(key, "a map of constants", &["const"]),
                _ => {}
            }
        }
        if !constants {
            let near = entries.iter().find_map(|e| {
                crate::base::suggest::closest(&e.key.value, ["flow", "subflow", "const"])
                    .map(|near| (e.key.clone(), near))
            });
            match near {
                Some((key, _)) => self.unknown_key(&key, "a flow file", &["flow", "subflow", "const"]),
                None => self.missing_key(node.span, "this document", "flow"),
            }
        }
        items
    }

    fn flow(&mut self, span: Span, entries: &[Entry]) -> Option<Flow> {
        let mut flow = Flow {
            doc: None,
            name: Spanned::new(String::new(), span),
            params: Vec::new(),
            results: None,
            header: Vec::new(),
            steps: Vec::new(),
            span,
        };
        let subflow = entries.iter().any(|e| e.key.value == "subflow");
        let (mut named, mut steps, mut outcomes) = (false, false, false);
        let before = self.found.len();
        for Entry { key, value } in entries {
            match key.value.as_str() {
                "flow" | "subflow" => {
                    if std::mem::replace(&mut named, true) {
                        self.found.push(
                            Diagnostic::error(
                                "flow-syntax",
                                key.span,
                                "a document is a `flow` or a `subflow`, not both",
                            )
                            .help("separate documents by a line `---`"),
                        );
                    } else if let Some(name) = self.name(value, "the name of a flow") {
                        flow.name = name;
                    }
                }
                "doc" => flow.doc = self.doc(value),
                "params" => flow.params = self.params(value),
                "outcomes" if subflow => {
                    outcomes = true;
                    flow.results = Some(self.results(value));
                }
                "outcomes" => self.found.push(
                    Diagnostic::error("unknown-key", key.span, "a flow has no `outcomes`; a subflow has")
                        .help("write `subflow:` in place of `flow:`, or take it away"),
                ),
                "steps" => {
                    steps = true;
                    flow.steps = self.steps(value);
                }
                _ => self.header(&mut flow.header, key, value),
            }
        }
        if subflow && !outcomes {
            self.missing_key(span, "a subflow", "outcomes");
            flow.results = Some(Vec::new());
        }
        // A key with a slip in it, such as `setps`, is reported as that.
        let slip = entries.iter().find(|e| crate::base::suggest::closest(&e.key.value, ["steps"]).is_some());
        match slip {
            _ if steps => {}
            None => self.missing_key(span, "a flow", "steps"),
            // As a setting it may have been read without a word.
            Some(slip) if self.found.len() == before => self.unknown_key(&slip.key, "a flow", &["steps"]),
            Some(_) => {}
        }
        Some(flow)
    }

    pub(super) fn doc(&mut self, node: &Node) -> Option<String> {
        match self.scalar(node) {
            Some(said) => Some(text::doc_of(said.lines())),
            None => {
                self.wrong(node, "a text", "write `doc: text`");
                None
            }
        }
    }

    fn map<'n>(&mut self, node: &'n Node, what: &str, help: &str) -> &'n [Entry] {
        match &node.value {
            NodeKind::Mapping(entries) => entries,
            _ => {
                self.wrong(node, what, help);
                &[]
            }
        }
    }

    fn params(&mut self, node: &Node) -> Vec<Param> {
        let mut params = Vec::new();
        for Entry { key, value } in self.map(node, "a map of parameters", "write `params: {tries: {type: number}}`") {
            let Some(name) = self.key_name(key, "a parameter") else { continue };
            let (mut type_name, mut default) = (None, None);
            for Entry { key, value } in self.map(value, "a map", "write `{type: number, default: 3}`") {
                match key.value.as_str() {
                    "type" => type_name = self.type_name(value),
                    "default" => default = self.value(value, Reading::Text),
                    _ => self.unknown_key(key, "a parameter", &["type", "default"]),
                }
            }
            match type_name {
                Some(type_name) => params.push(Param { name, type_name, default }),
                None if matches!(value.value, NodeKind::Mapping(_)) && !has_key(value, "type") => {
                    self.missing_key(value.span, "a parameter", "type");
                }
                None => {}
            }
        }
        params
    }

    fn type_name(&mut self, node: &Node) -> Option<Name> {
        let types: Vec<&str> = crate::base::value::Type::ALL.iter().map(|t| t.name()).collect();
        let text = self.scalar(node).unwrap_or("");
        if types.contains(&text) {
            return Some(Spanned::new(text.to_owned(), node.span));
        }
        let hint = crate::base::suggest::did_you_mean(text, types.iter().copied());
        let message = format!("no type is called `{}`{hint}", reader::shorten(text));
        let list: Vec<String> = types.iter().map(|t| format!("`{t}`")).collect();
        self.found.push(
            Diagnostic::error("wrong-type", node.span, message).help(format!("it is one of {}", list.join(", "))),
        );
        None
    }

    fn results(&mut self, node: &Node) -> Vec<ResultDecl> {
        let mut results = Vec::new();
        let entries = self.map(node, "a map of outcomes", "write `outcomes: {ok: {account: digits}, denied: {}}`");
        if entries.is_empty() && matches!(node.value, NodeKind::Mapping(_)) {
            self.wrong(node, "at least one outcome", "write `outcomes: {done: {}}`");
        }
        for Entry { key, value } in entries {
            let Some(name) = self.key_name(key, "an outcome") else { continue };
            let entries = match &value.value {
                NodeKind::Null => &[],
                _ => self.map(value, "a map", "write `{}`, or `{account: digits}`"),
            };
            let carried = match entries {
                [] => None,
                [Entry { key, value }] => self.key_name(key, "a value").zip(self.type_name(value)),
                _ => {
                    self.wrong(value, "at most one value", "an outcome carries one value; more is a `map`");
                    None
                }
            };
            results.push(ResultDecl { name, value: carried });
        }
        results
    }

    fn header(&mut self, out: &mut Vec<Header>, key: &Name, value: &Node) {
        match key.value.as_str() {
            "guard" => match &value.value {
                NodeKind::Sequence(items) => {
                    out.extend(
                        items.iter().filter_map(|n| self.qualified(n, "the name of a policy")).map(Header::Guard),
                    );
                }
                _ => out.extend(self.qualified(value, "the name of a policy").map(Header::Guard)),
            },
            "failed" => out.extend(self.goto(value).map(Header::Failed)),
            "default" => {
                for entry in self.map(value, "a map of verbs", "write `default: {menu: {tries: 2}}`") {
                    if shape::subject_of(&entry.key.value).is_none() && !matches!(entry.key.value.as_str(), "split") {
                        let verbs: Vec<&str> = shape::VERBS.iter().map(|(v, _)| *v).collect();
                        self.unknown_key(&entry.key, "`default`", &verbs);
                        continue;
                    }
                    let settings = self.map(&entry.value, "a map of settings", "write `{tries: 2}`");
                    let settings = settings.iter().filter_map(|e| self.setting(e)).collect();
                    out.push(Header::Default { verb: entry.key.clone(), settings });
                }
            }
            "const" => {
                for constant in self.constants(value) {
                    if constant.doc.is_some() {
                        self.found.push(
                            Diagnostic::error("flow-syntax", constant.name.span, "a constant of one flow has no `doc`")
                                .help("write a comment above it, or move it to a document of constants"),
                        );
                    }
                    out.push(Header::Constant(constant));
                }
            }
            "var" => {
                for entry in self.map(value, "a map of variables", "write `var: {account: {type: digits}}`") {
                    out.extend(self.variable(entry));
                }
            }
            // A slip in a key of the flow, such as `setps`.
            word if !shape::HEADER_SETTINGS.contains(&word) && !may_be_setting(word, value) => {
                let known: Vec<&str> = shape::FLOW_KEYS.iter().chain(shape::HEADER_SETTINGS).copied().collect();
                self.unknown_key(key, "a flow", &known);
            }
            _ => {
                let entry = Entry { key: key.clone(), value: value.clone() };
                out.extend(self.setting(&entry).map(Header::Setting));
            }
        }
    }

    fn constants(&mut self, node: &Node) -> Vec<Constant> {
        let mut constants = Vec::new();
        for Entry { key, value } in self.map(node, "a map of constants", "write `const: {name: value}`") {
            let Some(name) = self.key_name(key, "a constant") else { continue };
            let (doc, value) = self.documented(value);
            constants.extend(value.map(|value| Constant { doc, name, value }));
        }
        constants
    }

    /// A value, or `{doc: .., value: ..}`.
    fn documented(&mut self, node: &Node) -> (Option<String>, Option<Value>) {
        if let NodeKind::Mapping(entries) = &node.value
            && let [a, b] = entries.as_slice()
            && a.key.value == "doc"
            && b.key.value == "value"
        {
            return (self.doc(&a.value), self.value(&b.value, Reading::Word));
        }
        (None, self.value(node, Reading::Text))
    }

    fn variable(&mut self, entry: &Entry) -> Option<Header> {
        let name = self.key_name(&entry.key, "a variable")?;
        let (mut type_name, mut value) = (None, None);
        for Entry { key, value: node } in self.map(&entry.value, "a map", "write `{type: digits}` or `{value: 3}`") {
            match key.value.as_str() {
                "type" => type_name = self.type_name(node),
                "value" => value = self.value(node, Reading::Text),
                _ => self.unknown_key(key, "a variable", &["type", "value"]),
            }
        }
        // `n: 3` is reported, and what was meant is clear.
        if !matches!(entry.value.value, NodeKind::Mapping(_)) {
            value = self.value(&entry.value, Reading::Text);
        }
        Some(Header::Variable { name, type_name, value })
    }

    fn steps(&mut self, node: &Node) -> Vec<Step> {
        let mut steps = Vec::new();
        for Entry { key, value } in
            self.map(node, "a map of steps", "write `steps:` and below it `name:` with a list of statements")
        {
            if let Some(name) = self.key_name(key, "a step") {
                steps.push(self.step(name, value));
            }
        }
        steps
    }

    fn step(&mut self, name: Name, node: &Node) -> Step {
        let span = name.span.to(node.span);
        let empty = Block { statements: Vec::new(), span: node.span };
        let mut step = Step { doc: None, name, visits: None, body: empty, span };
        let NodeKind::Mapping(entries) = &node.value else {
            step.body = self.block(node);
            return step;
        };
        let verb = |e: &&Entry| e.key.value != "guard" && shape::is_statement(&e.key.value);
        if let Some(first) = entries.iter().find(verb).filter(|_| !has_key(node, "do")) {
            let message =
                format!("`{}` is a key of step `{}`; its statements are a list", first.key.value, step.name.value);
            self.found.push(
                Diagnostic::error("unknown-key", first.key.span, message)
                    .help(format!("begin each statement with `- `: `- {}`", first.key.value)),
            );
            return step;
        }
        let mut guards = Vec::new();
        for Entry { key, value } in entries {
            match key.value.as_str() {
                "doc" => step.doc = self.doc(value),
                "visits" => step.visits = self.visits(value),
                "do" => step.body = self.block(value),
                "guard" => {
                    guards.extend(self.qualified(value, "the name of a policy").map(|policy| guard(key, policy)))
                }
                _ => self.unknown_key(key, "a step", &["do", "doc", "guard", "visits"]),
            }
        }
        if !entries.iter().any(|e| e.key.value == "do") {
            self.missing_key(node.span, "a step", "do");
        }
        step.body.statements.splice(0..0, guards);
        step
    }

    fn visits(&mut self, node: &Node) -> Option<(Spanned<u32>, Goto)> {
        let (mut max, mut otherwise) = (None, None);
        for Entry { key, value } in self.map(node, "a map", "write `visits: {max: 3, otherwise: step}`") {
            match key.value.as_str() {
                "max" => {
                    let number = reader::integer(value, &mut self.found)?;
                    match u32::try_from(number.value) {
                        Ok(n) => max = Some(Spanned::new(n, number.span)),
                        Err(_) => self.wrong(value, "a number of visits", "write a whole number from 0"),
                    }
                }
                "otherwise" => otherwise = self.goto(value),
                _ => self.unknown_key(key, "`visits`", &["max", "otherwise"]),
            }
        }
        if let NodeKind::Mapping(entries) = &node.value {
            for key in ["max", "otherwise"] {
                if !entries.iter().any(|e| e.key.value == key) {
                    self.missing_key(node.span, "`visits`", key);
                }
            }
        }
        max.zip(otherwise)
    }
}

fn has_key(node: &Node, key: &str) -> bool {
    matches!(&node.value, NodeKind::Mapping(entries) if entries.iter().any(|e| e.key.value == key))
}

/// A value of a setting is a scalar, a list, or a map that says which kind of value it is.
fn may_be_setting(key: &str, node: &Node) -> bool {
    let value = match &node.value {
        NodeKind::Mapping(entries) => {
            matches!(entries.as_slice(), [e] if matches!(e.key.value.as_str(), "say" | "value"))
        }
        _ => true,
    };
    value && shape::is_name(key)
}

/// `guard: strict` beside `do:` is the statement at the beginning of the step.
fn guard(key: &Name, policy: Name) -> Statement {
    let span = key.span.to(policy.span);
    let subject = Subject::Guard { policy, target: None };
    let action = Action { verb: key.clone(), subject, settings: Vec::new(), arms: None };
    Statement { doc: None, kind: StatementKind::Action(action), span }
}
