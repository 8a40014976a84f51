//! What has no end: a step, a flow, and a flow without anything in it.

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Span;

use super::super::ast::Flow;
use super::super::lexer::{Lexed, Token, slice};
use super::super::recover;
use super::RULE;

/// A step in which a brace is not closed before the next step begins.
pub(in crate::syntax) fn unclosed(text: &str, tokens: &[Token]) -> Diagnostic {
    let last = tokens.last().map_or(Span::default(), |t| t.span);
    let open = recover::unclosed_brace(text, tokens).unwrap_or(last);
    let length = slice(text, last).chars().next_back().map_or(0, char::len_utf8);
    let length = u32::try_from(length).unwrap_or(0);
    Diagnostic::error(RULE, open, format!("this `{}` is never closed", slice(text, open)))
        .label("opened here")
        .also(Span { start: last.end.saturating_sub(length), ..last }, "not closed up to here")
        .help(format!("add `{}`", if slice(text, open) == "[" { "]" } else { "}" }))
}

/// A flow whose end is missing; indentation may tell that a brace further in is.
pub(in crate::syntax) fn unclosed_flow(text: &str, lexed: &Lexed, flow: &Flow, open: Span) -> Diagnostic {
    let from = lexed.tokens.partition_point(|t| t.span.start < open.start);
    let to = lexed.tokens.partition_point(|t| t.span.start < flow.span.end);
    let brace = recover::unclosed_brace(text, lexed.tokens.get(from..to).unwrap_or_default()).unwrap_or(open);
    if brace != open {
        return Diagnostic::error(RULE, brace, "this `{` is never closed").label("opened here").help("add `}`");
    }
    Diagnostic::error(RULE, open, format!("the `{{` of `{}` is never closed", flow.name.value))
        .label("opened here")
        .help("add `}` behind its last step")
}

pub(in crate::syntax) fn no_steps(flow: &Flow) -> Diagnostic {
    let name = &flow.name.value;
    Diagnostic::error(RULE, flow.name.span, format!("the flow `{name}` has no step"))
        .help("add `step start { .. }`: the first step is where a call begins")
}
