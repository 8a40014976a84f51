//! `injection-into-dial-string`: a number to dial is never put together from pieces of text.

use crate::base::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::lint::source::{self, Written};
use crate::step::decl::TargetKind;
use crate::syntax::ast::{self, StatementKind, Subject, ValueKind};

pub const RULE: Rule = Rule {
    name: "injection-into-dial-string",
    group: Group::Fraud,
    what: "A number to dial is never put together from pieces of text.",
    why: "Whoever has a say in one of the pieces has a say in where the call goes, and in what it costs.",
    remedy: "Dial whole numbers: constants, entries of a list, or a variable that is set to one of them.",
    good: example!("injection-into-dial-string", "good"),
    bad: example!("injection-into-dial-string", "bad"),
    found: Found::OnSource(search),
};

fn search(_: &Context<'_>, written: &Written<'_>, found: &mut Vec<Diagnostic>) {
    for statement in &written.statements {
        let StatementKind::Action(action) = &statement.kind else { continue };
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
