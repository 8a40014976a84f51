//! `numbers:`: which flow answers what callers dial.

use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Spanned;
use crate::site::model::{NumberEntry, NumberPlan};
use crate::syntax::document::{Node, NodeKind};
use crate::syntax::reader::{self, Fields};

use super::names::{self, Extensions};

/// Characters of a dialled number, or of the user part of a SIP address.
const MAX_NUMBER: usize = 64;

pub fn numbers(top: &mut Fields<'_, '_>, extensions: &mut Extensions) -> NumberPlan {
    let mut plan = NumberPlan::default();
    for entry in names::bounded(top, "numbers") {
        let out = top.out();
        let key = &entry.key;
        let Some((flow, name)) = target(&entry.value, out) else { continue };
        let (digits, is_prefix) = match key.value.strip_suffix('*') {
            Some(prefix) => (prefix, true),
            None => (key.value.as_str(), false),
        };
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_' | '#' | '*');
        let empty = digits.is_empty() && !is_prefix;
        if empty || digits.len() > MAX_NUMBER || !digits.chars().all(fine) {
            let message = format!("`{}` cannot be dialled", reader::shorten(&key.value));
            let help =
                "write digits as callers send them (`\"100\"`, `\"+442079460000\"`), or a prefix with `*` (`\"2*\"`)";
            out.push(Diagnostic::error("bad-number", key.span, message).help(help));
            continue;
        }
        let number = NumberEntry { flow: Arc::from(flow.value), name, span: flow.span };
        let digits: Arc<str> = Arc::from(digits);
        if is_prefix {
            plan.prefixes.insert(digits, number);
        } else {
            extensions.take(&digits, format!("number `{digits}`"), key.span, out);
            plan.exact.insert(digits, number);
        }
    }
    plan
}

/// The flow, or `{flow: main, name: Main line}`.
fn target(node: &Node, out: &mut Vec<Diagnostic>) -> Option<(Spanned<String>, Arc<str>)> {
    let NodeKind::Mapping(_) = node.value else {
        return reader::text(node, out).map(|flow| (flow, Arc::default()));
    };
    let mut fields = Fields::new(node, "number", out);
    let flow = fields.required_text("flow");
    let name = fields.text("name").map(|name| Arc::from(name.value)).unwrap_or_default();
    fields.finish();
    flow.map(|flow| (flow, name))
}
