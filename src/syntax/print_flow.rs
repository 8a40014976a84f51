//! A syntax tree as canonical `.flow` text. Line breaks and indentation mean nothing in the
//! language; this decides them.

pub mod inline;
mod parts;

use std::collections::BTreeSet;

use super::ast::{Action, Arm, Block, Body, File, Flow, Header, If, Item, Statement, StatementKind, Step};
use super::explain;
use super::remarks::{Kind, Remarks, header_place};

use parts::{chars, goto, label_list, settings, subject, value, value_inline};

/// Columns of a line, where the text can be broken.
pub(super) const WIDTH: usize = 100;
/// Statements or arms that may share a line with their braces.
const INLINE: usize = 2;
/// Labels longer than this do not push the arrows of their neighbours to the right.
const MAX_ALIGNED_LABEL: usize = 24;

/// Prints a tree as `.flow` text, with its comments.
pub fn to_flow(file: &File, remarks: &Remarks) -> String {
    let mut printer = Printer::new(remarks);
    for (n, item) in file.items.iter().enumerate() {
        let constants = n > 0
            && matches!((file.items.get(n - 1), item), (Some(Item::Constant(a)), Item::Constant(b)) if a.doc.is_none() && b.doc.is_none());
        if n > 0 && !constants {
            printer.out.push('\n');
        }
        match item {
            Item::Flow(flow) => printer.flow(flow),
            Item::Constant(constant) => {
                let place = constant.name.span.start;
                printer.above(place, Kind::Item);
                printer.doc(constant.doc.as_deref());
                let line = format!("const {} = {}", constant.name.value, value(&constant.value, 0));
                printer.line(&line, place, Kind::Item);
            }
        }
    }
    if !remarks.above(u32::MAX, Kind::End).is_empty() && !printer.out.is_empty() {
        printer.out.push('\n');
    }
    printer.above(u32::MAX, Kind::End);
    printer.out
}

/// Prints one flow without comments: the same for two that differ in nothing else.
pub fn canonical(flow: &Flow) -> String {
    let remarks = Remarks::default();
    let mut printer = Printer::new(&remarks);
    printer.flow(flow);
    printer.out
}

struct Printer<'a> {
    out: String,
    indent: usize,
    remarks: &'a Remarks,
    /// Places whose comments are printed: blocks that end together share one, and what stands at
    /// an anchor is printed at each alias.
    printed: BTreeSet<(u32, Kind)>,
    printed_behind: BTreeSet<(u32, Kind)>,
}

impl<'a> Printer<'a> {
    fn new(remarks: &'a Remarks) -> Self {
        Printer { out: String::new(), indent: 0, remarks, printed: BTreeSet::new(), printed_behind: BTreeSet::new() }
    }

    fn pad(&mut self) {
        self.out.extend(std::iter::repeat_n(' ', self.indent));
    }

    /// Comments that stand above a node.
    fn above(&mut self, place: u32, kind: Kind) {
        let remarks = self.remarks.above(place, kind);
        if remarks.is_empty() || !self.printed.insert((place, kind)) {
            return;
        }
        for text in remarks {
            self.pad();
            self.out.push_str(format!("// {text}").trim_end());
            self.out.push('\n');
        }
    }

    fn doc(&mut self, doc: Option<&str>) {
        for line in doc.into_iter().flat_map(|d| d.split('\n')) {
            self.pad();
            self.out.push_str(format!("/// {line}").trim_end());
            self.out.push('\n');
        }
    }

    /// One finished line, with the comment that trails its node.
    fn line(&mut self, text: &str, place: u32, kind: Kind) {
        self.pad();
        self.out.push_str(text);
        self.end_line(place, kind);
    }

    fn end_line(&mut self, place: u32, kind: Kind) {
        if let Some(remark) = self.remarks.behind(place, kind)
            && self.printed_behind.insert((place, kind))
        {
            self.out.push_str(format!("  // {remark}").trim_end());
        }
        self.out.push('\n');
    }

    fn flow(&mut self, flow: &Flow) {
        let place = flow.span.start;
        self.above(place, Kind::Item);
        self.doc(flow.doc.as_deref());
        self.out.push_str(&parts::flow_head(flow));
        self.out.push_str(" {\n");
        self.indent = 2;
        for header in &flow.header {
            let place = header_place(header).start;
            self.above(place, Kind::Header);
            let line = header_line(header, self.indent);
            self.line(&line, place, Kind::Header);
        }
        let mut short_before = false;
        for (n, step) in flow.steps.iter().enumerate() {
            let inline = self.inline_step(step);
            let alone = step.doc.is_none() && self.remarks.above(step.span.start, Kind::Step).is_empty();
            let tight = n > 0 && short_before && inline.is_some() && alone;
            if (n > 0 || !flow.header.is_empty()) && !tight {
                self.out.push('\n');
            }
            self.step(step, inline.as_deref());
            short_before = inline.is_some();
        }
        self.above(flow.span.end, Kind::End);
        self.indent = 0;
        self.out.push('}');
        self.end_line(place, Kind::Item);
    }

    fn inline_step(&self, step: &Step) -> Option<String> {
        let line = format!("{} {}", parts::step_head(step), self.inline_block(&step.body)?);
        self.fits(&line).then_some(line)
    }

    fn fits(&self, line: &str) -> bool {
        !line.contains('\n') && self.indent + chars(line) <= WIDTH
    }

    fn step(&mut self, step: &Step, inline: Option<&str>) {
        let place = step.span.start;
        self.above(place, Kind::Step);
        self.doc(step.doc.as_deref());
        match inline {
            Some(line) => self.line(line, place, Kind::Step),
            None => {
                self.pad();
                self.out.push_str(&parts::step_head(step));
                self.out.push(' ');
                self.block(&step.body);
                self.end_line(place, Kind::Step);
            }
        }
    }

    /// `{ statement  statement }`, if a block is short enough for it.
    fn inline_block(&self, block: &Block) -> Option<String> {
        if block.statements.is_empty() && !self.remarks.within_block(block.span) {
            return Some("{ }".to_owned());
        }
        if block.statements.len() > INLINE || self.remarks.within_block(block.span) {
            return None;
        }
        let statements: Option<Vec<String>> = block.statements.iter().map(|s| self.inline_statement(s)).collect();
        Some(format!("{{ {} }}", statements?.join("  ")))
    }

    fn inline_statement(&self, statement: &Statement) -> Option<String> {
        if statement.doc.is_some() {
            return None;
        }
        let line = match &statement.kind {
            StatementKind::If(branch) => self.inline_if(branch)?,
            StatementKind::Switch { on, arms } => {
                format!("switch {} {}", value_inline(on)?, self.inline_arms(arms)?)
            }
            StatementKind::Split { settings: list, arms } => {
                let head = parts::join("split".to_owned(), &settings(list, self.indent));
                format!("{head} {}", self.inline_arms(arms)?)
            }
            StatementKind::Action(action) => {
                let head = parts::join(subject(action, self.indent), &settings(&action.settings, self.indent));
                match &action.arms {
                    Some(arms) => format!("{head} {}", self.inline_arms(arms)?),
                    None => head,
                }
            }
            _ => parts::simple(&statement.kind, self.indent),
        };
        self.fits(&line).then_some(line)
    }

    fn inline_if(&self, branch: &If) -> Option<String> {
        let then = self.inline_body(&branch.then)?;
        let head = format!("if {} {then}", value_inline(&branch.condition)?);
        match &branch.otherwise {
            None => Some(head),
            Some(otherwise) => match parts::else_if(otherwise) {
                Some(next) => Some(format!("{head} else {}", self.inline_if(next)?)),
                None => Some(format!("{head} else {}", self.inline_body(otherwise)?)),
            },
        }
    }

    fn inline_body(&self, body: &Body) -> Option<String> {
        match body {
            Body::Goto(to) => Some(goto(to)),
            Body::Block(block) => self.inline_block(block),
        }
    }

    fn inline_arms(&self, arms: &[Arm]) -> Option<String> {
        if arms.len() > INLINE {
            return None;
        }
        let mut out = String::from("{");
        for (n, arm) in arms.iter().enumerate() {
            if arm.doc.is_some() || self.remarks.within(arm.span) {
                return None;
            }
            out.push_str(if n > 0 { "  " } else { " " });
            out.push_str(&format!("{} {}", label_list(&arm.labels), self.inline_body(&arm.body)?));
        }
        out.push_str(" }");
        Some(out)
    }

    /// A block over several lines, up to its brace.
    fn block(&mut self, block: &Block) {
        self.out.push_str("{\n");
        self.indent += 2;
        for statement in &block.statements {
            self.statement(statement);
        }
        self.above(block.span.end, Kind::End);
        self.indent -= 2;
        self.pad();
        self.out.push('}');
    }

    fn statement(&mut self, statement: &Statement) {
        let place = statement.span.start;
        self.above(place, Kind::Statement);
        self.doc(statement.doc.as_deref());
        let plain = Statement { doc: None, ..statement.clone() };
        if !self.remarks.within(statement.span)
            && let Some(line) = self.inline_statement(&plain)
        {
            return self.line(&line, place, Kind::Statement);
        }
        self.pad();
        match &statement.kind {
            StatementKind::If(branch) => self.branch(branch),
            StatementKind::Switch { on, arms } => {
                self.out.push_str(&format!("switch {} ", value(on, self.indent)));
                self.arms(arms, statement.span.end);
            }
            StatementKind::Split { settings: list, arms } => {
                self.head("split".to_owned(), &settings(list, self.indent));
                self.out.push(' ');
                self.arms(arms, statement.span.end);
            }
            StatementKind::Action(action) => self.action(action, statement.span.end),
            kind => {
                let line = parts::simple(kind, self.indent);
                self.out.push_str(&line);
            }
        }
        self.end_line(place, Kind::Statement);
    }

    fn action(&mut self, action: &Action, end: u32) {
        self.head(subject(action, self.indent), &settings(&action.settings, self.indent));
        if let Some(arms) = &action.arms {
            self.out.push(' ');
            self.arms(arms, end);
        }
    }

    /// A statement's head; settings that do not fit go to the next line.
    fn head(&mut self, first: String, settings: &[String]) {
        let mut column = self.indent + chars(first.rsplit('\n').next().unwrap_or(&first));
        self.out.push_str(&first);
        for setting in settings {
            let width = chars(setting.split('\n').next().unwrap_or(setting));
            // At the beginning of a line some keys would read as a misspelt statement.
            let key = setting.split(' ').next().unwrap_or(setting);
            if column + 1 + width > WIDTH - 2 && explain::near_statement(key).is_none() {
                self.out.push('\n');
                self.out.extend(std::iter::repeat_n(' ', self.indent + 4));
                column = self.indent + 4;
            } else {
                self.out.push(' ');
                column += 1;
            }
            self.out.push_str(setting);
            column = match setting.rsplit_once('\n') {
                Some((_, last)) => chars(last),
                None => column + width,
            };
        }
    }

    fn branch(&mut self, branch: &If) {
        self.out.push_str(&format!("if {} ", value(&branch.condition, self.indent)));
        self.body(&branch.then);
        if let Some(otherwise) = &branch.otherwise {
            self.out.push_str(" else ");
            match parts::else_if(otherwise) {
                Some(next) => self.branch(next),
                None => self.body(otherwise),
            }
        }
    }

    fn body(&mut self, body: &Body) {
        match body {
            Body::Goto(to) => self.out.push_str(&goto(to)),
            Body::Block(block) => self.block(block),
        }
    }

    fn arms(&mut self, arms: &[Arm], end: u32) {
        self.out.push_str("{\n");
        self.indent += 2;
        let labels: Vec<String> = arms.iter().map(|a| label_list(&a.labels)).collect();
        let width = labels.iter().map(|l| chars(l)).filter(|w| *w <= MAX_ALIGNED_LABEL).max().unwrap_or(0);
        for (arm, label) in arms.iter().zip(&labels) {
            let place = arm.span.start;
            self.above(place, Kind::Arm);
            self.doc(arm.doc.as_deref());
            self.pad();
            let head = format!("{label:width$} ");
            self.out.push_str(&head);
            let inline = self.inline_body(&arm.body).filter(|b| self.fits(&format!("{head}{b}")));
            match inline.filter(|_| !self.remarks.within(arm.span)) {
                Some(line) => self.out.push_str(&line),
                None => self.body(&arm.body),
            }
            self.end_line(place, Kind::Arm);
        }
        self.above(end, Kind::End);
        self.indent -= 2;
        self.pad();
        self.out.push('}');
    }
}

fn header_line(header: &Header, indent: usize) -> String {
    match header {
        Header::Constant(constant) => format!("const {} = {}", constant.name.value, value(&constant.value, indent)),
        Header::Variable { name, type_name, value: first } => {
            let mut line = format!("var {}", name.value);
            if let Some(type_name) = type_name {
                line.push_str(&format!(": {}", type_name.value));
            }
            if let Some(first) = first {
                line.push_str(&format!(" = {}", value(first, indent)));
            }
            line
        }
        Header::Default { verb, settings: list } => {
            parts::join(format!("default {}", verb.value), &settings(list, indent))
        }
        Header::Guard(name) => format!("guard {}", name.value),
        Header::Failed(to) => format!("failed {}", goto(to)),
        Header::Setting(setting) => settings(std::slice::from_ref(setting), indent).join(" "),
    }
}
