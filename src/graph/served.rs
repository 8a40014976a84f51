//! What of a site's flows `serve` could not carry out, statement by statement.

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Span;
use crate::step::served;

use super::model::{FlowGraph, Op};

/// Why `serve` refuses these flows: one finding for each thing that it cannot do.
pub fn unserved<'g>(flows: impl IntoIterator<Item = &'g FlowGraph>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for graph in flows {
        for id in graph.ids() {
            let (Some(Op::Act(act)), Some(place)) = (graph.node(id), graph.place(id)) else { continue };
            // The verb alone: a statement with its arms can fill a page.
            let end = place.span.start.saturating_add(u32::try_from(place.verb.len()).unwrap_or(0));
            let head = Span { end: end.min(place.span.end), ..place.span };
            for what in served::unserved(act.decl, &act.args) {
                let message = format!("{what} in flow `{}` runs in tests, but not in `serve` yet", graph.name);
                found.push(
                    Diagnostic::error("statement-not-served", head, message)
                        .label("no caller would get this")
                        .help("leave it out of the sites that are served; `strowger test` runs it"),
                );
            }
        }
    }
    found
}
