//! A syntax tree as canonical YAML: one document a flow, blocks and arms in block style, small maps
//! on one line. What is printed reads back as the same tree.

mod scalar;
mod statement;

use std::collections::BTreeSet;

use super::ast::{Block, Body, Constant, File, Flow, Goto, GotoTarget, Header, Item, Param, ResultDecl, Step};
use super::remarks::{Kind, Remarks, header_place};
use super::shape::{self, Reading};

use scalar::{Yaml, double_quoted, key, only_text, value, word};

/// Prints a tree as the text of a `.flow.yaml` file, with its comments.
pub fn to_yaml(file: &File, remarks: &Remarks) -> String {
    let mut printer = Printer {
        out: String::new(),
        remarks,
        printed: BTreeSet::new(),
        printed_behind: BTreeSet::new(),
        printed_heads: BTreeSet::new(),
    };
    let mut at = 0;
    while let Some(item) = file.items.get(at) {
        if at > 0 {
            printer.out.push_str("---\n");
        }
        match item {
            Item::Flow(flow) => {
                printer.flow(flow);
                at += 1;
            }
            Item::Constant(_) => {
                let rest = file.items.get(at..).unwrap_or_default();
                let constants: Vec<&Constant> = rest
                    .iter()
                    .map_while(|item| match item {
                        Item::Constant(constant) => Some(constant),
                        Item::Flow(_) => None,
                    })
                    .collect();
                at += printer.constants(&constants);
            }
        }
    }
    printer.above(u32::MAX, Kind::End, 0);
    printer.out
}

struct Printer<'a> {
    out: String,
    remarks: &'a Remarks,
    /// Places whose comments are printed: blocks that end together share one, and what stands at
    /// an anchor is printed at each alias.
    printed: BTreeSet<(u32, Kind)>,
    printed_behind: BTreeSet<(u32, Kind)>,
    printed_heads: BTreeSet<(u32, Kind)>,
}

impl Printer<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn comment(&mut self, indent: usize, text: &str) {
        self.line(indent, &self.remarks.in_yaml(text));
    }

    fn above(&mut self, place: u32, kind: Kind, indent: usize) {
        if !self.printed.insert((place, kind)) {
            return;
        }
        let in_head = usize::from(self.printed_heads.contains(&(place, kind)));
        for text in self.remarks.above(place, kind).iter().skip(in_head) {
            self.comment(indent, text);
        }
    }

    /// The comment that stands behind the key of a list, where it has not been printed yet.
    fn head(&mut self, block: &Block) -> String {
        let place = block.statements.first().map(|statement| (statement.span.start, Kind::Statement));
        let Some(place) = place.filter(|place| !self.printed.contains(place)) else { return String::new() };
        match self.remarks.head(place.0, place.1) {
            Some(text) if self.printed_heads.insert(place) => format!(" {}", self.remarks.in_yaml(text)),
            _ => String::new(),
        }
    }

    /// Above a node of several lines also goes what trailed it: behind them it would trail the last
    /// node within.
    fn above_block(&mut self, place: u32, kind: Kind, indent: usize) {
        self.above(place, kind, indent);
        if let Some(text) = self.remarks.behind(place, kind)
            && self.printed_behind.insert((place, kind))
        {
            self.comment(indent, text);
        }
    }

    /// A node of one line, with the comment that trails it.
    fn node(&mut self, indent: usize, text: &str, place: u32, kind: Kind) {
        match self.remarks.behind(place, kind).filter(|_| self.printed_behind.insert((place, kind))) {
            Some(remark) => self.line(indent, &format!("{text} {}", self.remarks.in_yaml(remark))),
            None => self.line(indent, text),
        }
    }

    /// Constants up to one whose name was there already; returns how many.
    fn constants(&mut self, constants: &[&Constant]) -> usize {
        let mut names: Vec<&str> = Vec::new();
        self.line(0, "const:");
        for constant in constants {
            if names.contains(&constant.name.value.as_str()) {
                break;
            }
            names.push(&constant.name.value);
            self.constant(constant, Kind::Item);
        }
        names.len()
    }

    fn constant(&mut self, constant: &Constant, kind: Kind) {
        let place = constant.name.span.start;
        self.above(place, kind, 2);
        let name = word(&constant.name.value);
        let line = match &constant.doc {
            None => format!("{name}: {}", value(&constant.value, Reading::Text)),
            Some(doc) => {
                format!("{name}: {{doc: {}, value: {}}}", double_quoted(doc), value(&constant.value, Reading::Word))
            }
        };
        self.node(2, &line, place, kind);
    }

    fn flow(&mut self, flow: &Flow) {
        self.above_block(flow.span.start, Kind::Item, 0);
        let keyword = if flow.results.is_some() { "subflow" } else { "flow" };
        self.line(0, &format!("{keyword}: {}", word(&flow.name.value)));
        if let Some(doc) = &flow.doc {
            self.line(0, &format!("doc: {}", only_text(doc)));
        }
        if !flow.params.is_empty() {
            self.line(0, "params:");
            flow.params.iter().for_each(|p| self.line(2, &param(p)));
        }
        match flow.results.as_deref() {
            None => {}
            Some([]) => self.line(0, "outcomes: {}"),
            Some(results) => {
                self.line(0, "outcomes:");
                results.iter().for_each(|r| self.line(2, &result(r)));
            }
        }
        self.header(&flow.header);
        if flow.steps.is_empty() {
            self.line(0, "steps: {}");
        } else {
            self.line(0, "steps:");
            flow.steps.iter().for_each(|step| self.step(step));
        }
        self.above(flow.span.end, Kind::End, 0);
    }

    /// Entries of one kind share a key; a head is in its written order, so each key comes once.
    fn header(&mut self, header: &[Header]) {
        let mut open = "";
        let guards = header.iter().filter(|h| matches!(h, Header::Guard(_))).count();
        for entry in header {
            let (group, line) = match entry {
                Header::Setting(setting) => ("", setting_line(setting)),
                Header::Guard(name) if guards == 1 => ("", format!("guard: {}", word(&name.value))),
                Header::Guard(name) => ("guard", format!("- {}", word(&name.value))),
                Header::Failed(to) => ("", format!("failed: {}", goto(to))),
                Header::Default { verb, settings } => {
                    let settings: Yaml = settings.iter().map(setting_line).collect();
                    ("default", format!("{}: {}", verb.value, settings.map()))
                }
                Header::Constant(_) => ("const", String::new()),
                Header::Variable { name, type_name, value: first } => {
                    let mut parts = Yaml::default();
                    parts.extend(type_name.iter().map(|t| format!("type: {}", t.value)));
                    parts.extend(first.iter().map(|v| format!("value: {}", value(v, Reading::Text))));
                    ("var", format!("{}: {}", word(&name.value), parts.map()))
                }
            };
            if group != open && !group.is_empty() {
                self.line(0, &format!("{group}:"));
            }
            open = group;
            let place = header_place(entry).start;
            let indent = if group.is_empty() { 0 } else { 2 };
            match entry {
                Header::Constant(constant) => self.constant(constant, Kind::Header),
                _ => {
                    self.above(place, Kind::Header, indent);
                    self.node(indent, &line, place, Kind::Header);
                }
            }
        }
    }

    fn step(&mut self, step: &Step) {
        self.above_block(step.span.start, Kind::Step, 2);
        let name = word(&step.name.value);
        if step.doc.is_none() && step.visits.is_none() {
            return self.list(2, &format!("{name}:"), &step.body);
        }
        self.line(2, &format!("{name}:"));
        if let Some(doc) = &step.doc {
            self.line(4, &format!("doc: {}", only_text(doc)));
        }
        if let Some((max, to)) = &step.visits {
            self.line(4, &format!("visits: {{max: {}, otherwise: {}}}", max.value, goto(to)));
        }
        self.list(4, "do:", &step.body);
    }
}

fn setting_line(setting: &super::ast::Setting) -> String {
    let key = &setting.key.value;
    format!("{}: {}", word(key), value(&setting.value, shape::reading_of_setting(key)))
}

fn param(param: &Param) -> String {
    let mut parts = Yaml::default();
    parts.push(format!("type: {}", param.type_name.value));
    parts.extend(param.default.iter().map(|v| format!("default: {}", value(v, Reading::Text))));
    format!("{}: {}", word(&param.name.value), parts.map())
}

fn result(result: &ResultDecl) -> String {
    let carried: Yaml =
        result.value.iter().map(|(name, type_name)| format!("{}: {}", word(&name.value), type_name.value)).collect();
    format!("{}: {}", word(&result.name.value), carried.map())
}

fn args(args: &[super::ast::Arg]) -> String {
    let args: Yaml =
        args.iter().map(|a| format!("{}: {}", word(&a.name.value), value(&a.value, Reading::Text))).collect();
    args.map()
}

fn goto(goto: &Goto) -> String {
    match &goto.target {
        GotoTarget::Next => "next".to_owned(),
        GotoTarget::Step(name) => word(&name.value),
        GotoTarget::Flow { name, args: list } if list.is_empty() => format!("{{flow: {}}}", word(&name.value)),
        GotoTarget::Flow { name, args: list } => format!("{{flow: {}, with: {}}}", word(&name.value), args(list)),
    }
}

/// A body that fits behind its key; `None` for a list of statements.
fn body_inline(body: &Body) -> Option<String> {
    match body {
        Body::Goto(to) => Some(goto(to)),
        Body::Block(block) => block.statements.is_empty().then(|| "[]".to_owned()),
    }
}

/// The key of an arm.
fn label_key(labels: &[super::ast::Label], switch: bool) -> String {
    key(labels, switch)
}
