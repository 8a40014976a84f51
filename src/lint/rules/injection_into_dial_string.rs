//! `injection-into-dial-string`: numbers are whole, and headers hold nothing of the caller's.

use crate::base::diagnostic::Diagnostic;
use crate::graph::taint::Source;
use crate::graph::{Act, NodeId};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::lint::source::{self, Written};
use crate::step::args::Arg;
use crate::step::decl::TargetKind;
use crate::syntax::ast::{self, StatementKind, Subject, ValueKind};

pub const RULE: Rule = Rule {
    name: "injection-into-dial-string",
    group: Group::Fraud,
    what: "A number to dial is never put together from pieces of text, and the caller's words are never written into a header.",
    why: "Whoever has a say in one of the pieces has a say in where the call goes and what it costs, or in what a request says of itself.",
    remedy: "Dial whole numbers: constants, entries of a list, or a variable that is set to one of them.",
    good: example!("injection-into-dial-string", "good"),
    bad: example!("injection-into-dial-string", "bad"),
    found: Found::OnSource(search),
};

fn search(context: &Context<'_>, written: &Written<'_>, found: &mut Vec<Diagnostic>) {
    for statement in &written.statements {
        let StatementKind::Action(action) = &statement.kind else { continue };
        found.extend(action.settings.iter().filter_map(|s| header(context, written.flow, statement, s)));
        let targets: Vec<&ast::Target> = match &action.subject {
            Subject::Transfer { target, .. } => vec![target],
            Subject::Ring { targets, .. } => targets.iter().collect(),
            _ => continue,
        };
        for target in targets {
            let kind = TargetKind::from_name(&target.kind.value);
            let dials = matches!(kind, Some(TargetKind::Number | TargetKind::Pstn | TargetKind::Sip));
            let Some(piece) = joined(&target.value).filter(|_| dials) else { continue };
            let message = format!("the number that is dialled here is put together, with `{piece}` in it");
            found.push(
                Diagnostic::error(RULE.name, target.value.span, message)
                    .label("a dial string made of pieces")
                    .help("dial a whole number: a constant, or one of a list that a `switch` chooses from"),
            );
        }
    }
}

/// A header of `http` that holds what the caller sent.
fn header(
    context: &Context<'_>,
    flow: &ast::Flow,
    statement: &ast::Statement,
    setting: &ast::Setting,
) -> Option<Diagnostic> {
    if setting.key.value != "headers" {
        return None;
    }
    let graph = context.graphs.iter().find(|g| *g.name == *flow.name.value)?;
    let here = |(id, _): &(NodeId, &Act)| graph.place(*id).is_some_and(|p| p.span == statement.span);
    let (_, act) = nodes::acts(graph).find(here)?;
    let Some(Arg::Value(value)) = nodes::setting(act, "headers") else { return None };
    let piece = match context.taint.operand(&graph.name, value)? {
        Source::Variable(slot) | Source::Row(slot) => graph.variables.get(usize::from(slot.0))?.name.to_string(),
        Source::BuiltIn(name) => name,
    };
    let message = format!("what the caller sent is written into a header here, with `{piece}` in it");
    Some(
        Diagnostic::error(RULE.name, setting.value.span, message)
            .label("a header made of the caller's words")
            .help("send it in `body` or `query`, where it is data and cannot become a header of its own"),
    )
}

/// The first piece, if the value is text with code in it or a sum of texts.
fn joined(value: &ast::Value) -> Option<&str> {
    match &value.value {
        ValueKind::Text(_) => source::code(value).first().copied(),
        ValueKind::Expr(source) => adds(source).then(|| source.trim()),
        _ => None,
    }
}

/// Whether an expression has a `+` outside its texts.
fn adds(source: &str) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for c in source.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '+' if !quoted => return true,
            _ => {}
        }
    }
    false
}
