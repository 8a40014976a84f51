//! The canonical spelling of flows, and the conversion between the two forms.
//!
//! Nothing is written that reads as another tree: each result is parsed again and compared, and a
//! comment is never lost. Which settings a verb has, and in which order, its caller says.

mod difference;

use std::fmt;

use crate::base::diagnostic::{Diagnostic, has_errors};
use crate::base::span::{FileId, Span};
use crate::syntax::ast::{Arm, Block, Body, File, Header, Item, Setting, StatementKind};
use crate::syntax::document::Comment;
use crate::syntax::print_flow::to_flow;
use crate::syntax::print_yaml::to_yaml;
use crate::syntax::remarks::Remarks;
use crate::syntax::{parse, yaml};

/// The settings of a verb in the order in which they are written; empty for an unknown verb.
pub type SettingOrder<'a> = dyn Fn(&str) -> &'static [&'static str] + 'a;

/// Why a text was left as it is.
#[derive(Clone, Debug, PartialEq)]
pub enum FormatError {
    /// It has errors: mend them first.
    Syntax(Vec<Diagnostic>),
    /// The result would not mean the same. This is a fault of the formatter, never of the text.
    Changed(String),
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FormatError::Syntax(found) => write!(f, "the file has {} errors; mend them first", found.len()),
            FormatError::Changed(what) => write!(f, "the formatter would change {what}; the file is left as it is"),
        }
    }
}

impl std::error::Error for FormatError {}

/// The two spellings of a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Flow,
    Yaml,
}

impl Form {
    /// The form of a file by its name.
    pub fn of(name: &str) -> Option<Form> {
        if name.ends_with(".flow") {
            Some(Form::Flow)
        } else if name.ends_with(".flow.yaml") || name.ends_with(".flow.yml") {
            Some(Form::Yaml)
        } else {
            None
        }
    }
}

/// A text in its new form.
#[derive(Clone, Debug, PartialEq)]
pub struct Converted {
    pub text: String,
    /// Comments that stood between the words of one statement and moved above it.
    pub moved: Vec<Span>,
}

/// The canonical spelling of a `.flow` text.
pub fn format_flow(text: &str, order: &SettingOrder<'_>) -> Result<String, FormatError> {
    convert(text, Form::Flow, Form::Flow, order).map(|c| c.text)
}

/// The canonical spelling of a `.flow.yaml` text.
pub fn format_yaml(text: &str, order: &SettingOrder<'_>) -> Result<String, FormatError> {
    convert(text, Form::Yaml, Form::Yaml, order).map(|c| c.text)
}

/// A text of one form in the other, or in the same.
pub fn convert(text: &str, from: Form, to: Form, order: &SettingOrder<'_>) -> Result<Converted, FormatError> {
    let (mut tree, comments) = read(text, from)?;
    let remarks = Remarks::attach(&tree, text, &comments);
    sort_settings(&mut tree, order);
    let out = match to {
        Form::Flow => to_flow(&tree, &remarks),
        Form::Yaml => to_yaml(&tree, &remarks),
    };
    let (again, kept) = read(&out, to).map_err(|error| match error {
        FormatError::Syntax(found) => {
            let first = found.first().map(|d| d.message.clone()).unwrap_or_default();
            FormatError::Changed(format!("the file to one with an error: {first}"))
        }
        other => other,
    })?;
    if let Some(what) = difference::first(&tree, &again) {
        return Err(FormatError::Changed(what));
    }
    let sorted = |list: &[Comment]| {
        let mut texts: Vec<String> = list.iter().map(|c| c.text.clone()).collect();
        texts.sort();
        texts
    };
    if sorted(&comments) != sorted(&kept) {
        return Err(FormatError::Changed("a comment".to_owned()));
    }
    Ok(Converted { text: out, moved: remarks.moved().to_vec() })
}

fn read(text: &str, form: Form) -> Result<(File, Vec<Comment>), FormatError> {
    let (tree, comments, found) = match form {
        Form::Flow => parse::parse_with_comments(FileId(0), text),
        Form::Yaml => yaml::parse_with_comments(FileId(0), text),
    };
    if has_errors(&found) { Err(FormatError::Syntax(found)) } else { Ok((tree, comments)) }
}

/// Puts settings into table order; those that the table does not know stay behind, as they were.
fn sort_settings(file: &mut File, order: &SettingOrder<'_>) {
    for item in &mut file.items {
        let Item::Flow(flow) = item else { continue };
        for header in &mut flow.header {
            if let Header::Default { verb, settings } = header {
                sort(settings, order(&verb.value));
            }
        }
        flow.steps.iter_mut().for_each(|step| sort_block(&mut step.body, order));
    }
}

fn sort(settings: &mut [Setting], order: &[&str]) {
    settings.sort_by_key(|s| order.iter().position(|key| *key == s.key.value).unwrap_or(usize::MAX));
}

fn sort_block(block: &mut Block, order: &SettingOrder<'_>) {
    for statement in &mut block.statements {
        match &mut statement.kind {
            StatementKind::If(branch) => {
                sort_body(&mut branch.then, order);
                branch.otherwise.iter_mut().for_each(|b| sort_body(b, order));
            }
            StatementKind::Switch { arms, .. } => sort_arms(arms, order),
            StatementKind::Split { settings, arms } => {
                sort(settings, order("split"));
                sort_arms(arms, order);
            }
            StatementKind::Action(action) => {
                sort(&mut action.settings, order(&action.verb.value));
                action.arms.iter_mut().for_each(|arms| sort_arms(arms, order));
            }
            StatementKind::Goto(_) | StatementKind::Set { .. } | StatementKind::Return { .. } => {}
        }
    }
}

fn sort_arms(arms: &mut [Arm], order: &SettingOrder<'_>) {
    arms.iter_mut().for_each(|arm| sort_body(&mut arm.body, order));
}

fn sort_body(body: &mut Body, order: &SettingOrder<'_>) {
    if let Body::Block(block) = body {
        sort_block(block, order);
    }
}
