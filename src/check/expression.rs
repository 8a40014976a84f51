//! Expressions and templates: what names mean in them, and where their mistakes stand.

use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Span;
use crate::base::value::{Type, Value};
use crate::expr::{self, BuiltIn, Env, ExprError, Names, Piece, RootDecl, RootPath, Slot};
use crate::resolve::Symbols;
use crate::resolve::scope::{Origin, Scope};
use crate::step::Name;
use crate::step::args::Operand;
use crate::syntax::ast;

use super::flow::Checker;
use super::value::{Typed, is_incomplete_number};

/// What names mean at one place of a flow.
struct Here<'a> {
    scope: &'a Scope,
    symbols: &'a Symbols<'a>,
}

impl Names for Here<'_> {
    fn variable(&self, name: &str) -> Option<(Slot, Option<Type>)> {
        let slot = self.scope.readable(name)?;
        Some((slot, self.scope.variable(slot).and_then(|v| v.ty)))
    }

    fn columns(&self, slot: Slot) -> Option<Vec<(Arc<str>, Type)>> {
        let columns = self.scope.columns(slot)?;
        Some(columns.iter().map(|c| (Arc::clone(&c.name), c.ty)).collect())
    }

    fn root(&self, name: &str) -> Option<RootDecl> {
        expr::names::root(name)
    }

    fn candidates(&self) -> Vec<String> {
        let own = self.scope.visible().map(|(name, _)| name.to_string());
        let constants = self.scope.constants().keys().map(ToString::to_string);
        let shared =
            self.symbols.constants.keys().chain(self.symbols.site.declared.lists.keys()).map(ToString::to_string);
        own.chain(constants).chain(shared).collect()
    }

    fn library_constant(&self, library: &str, name: &str) -> Option<(Slot, Option<Type>)> {
        self.variable(&format!("{library}.{name}"))
    }

    fn is_library(&self, name: &str) -> bool {
        self.symbols.site.libraries.contains_key(name)
    }

    fn has_member(&self, root: &str, name: &str) -> bool {
        match root {
            "queue" => self.symbols.site.queues.contains_key(name),
            "hours" => self.symbols.site.declared.hours.contains_key(name),
            _ => true,
        }
    }

    fn members(&self, root: &str) -> Vec<String> {
        match root {
            "queue" => self.symbols.site.queues.keys().map(ToString::to_string).collect(),
            "hours" => self.symbols.site.declared.hours.keys().map(ToString::to_string).collect(),
            library => {
                let name = |key: &Name| key.strip_prefix(library)?.strip_prefix('.').map(str::to_owned);
                self.symbols.constants.keys().filter_map(name).collect()
            }
        }
    }
}

/// The values of constants.
struct Known<'a> {
    scope: &'a Scope,
}

impl Env for Known<'_> {
    fn slot(&self, slot: Slot) -> &Value {
        self.scope.variable(slot).map_or(&Value::Unset, |v| &v.initial)
    }

    fn root(&self, _: &RootPath) -> Value {
        Value::Unset
    }
}

/// The values of constants, and nothing of what depends on the call.
struct Fixed<'a> {
    scope: &'a Scope,
}

impl Env for Fixed<'_> {
    fn slot(&self, slot: Slot) -> &Value {
        let constant = self.scope.variable(slot).filter(|v| v.origin == Origin::Constant);
        constant.map_or(&Value::Unset, |v| &v.initial)
    }

    fn root(&self, _: &RootPath) -> Value {
        Value::Unset
    }
}

impl Checker<'_> {
    /// Whether a condition is the same for every call, and what.
    pub(super) fn always(&self, condition: &Operand) -> Option<bool> {
        match condition {
            Operand::Const(Value::Bool(always)) => Some(*always),
            Operand::Expr(condition) => condition.always(&Fixed { scope: &self.scope }),
            _ => None,
        }
    }

    /// Whether the conditions before it leave nothing for which a condition holds.
    pub(super) fn never_after(&self, condition: &Operand, before: &[Arc<expr::Expr>]) -> bool {
        let Operand::Expr(condition) = condition else { return false };
        !before.is_empty() && condition.never_after(before, &Fixed { scope: &self.scope })
    }

    /// Reports a variable's name that expressions could not use.
    pub(super) fn check_variable_name(&mut self, name: &ast::Name) {
        let word = name.value.rsplit('.').next().unwrap_or_default();
        if expr::is_reserved_word(word) {
            let message =
                format!("`{word}` cannot be the name of a variable: expressions keep this word for themselves");
            self.report(
                Diagnostic::error("reserved-name", name.span, message)
                    .help(format!("rename it, for example `{word}_`")),
            );
        }
    }

    /// A constant of the flow, of the site's files, or a list of the site.
    pub(super) fn constant_named(&self, name: &str) -> Option<Value> {
        let own = self.scope.constants().get(name).map(|c| c.value.clone());
        let shared = || self.symbols.constant(name, self.flow_name).map(|c| c.value.clone());
        let list = || {
            self.symbols
                .site
                .declared
                .lists
                .get(name)
                .map(|items| Value::List(items.iter().map(|s| Value::Text(Arc::clone(s))).collect()))
        };
        own.or_else(shared).or_else(list)
    }

    /// Where the value of a constant stands in a flow file; a list of the site does not.
    pub(super) fn constant_written(&self, name: &str) -> Option<Span> {
        let own = self.scope.constants().get(name);
        own.or_else(|| self.symbols.constant(name, self.flow_name)).map(|c| c.written)
    }

    /// Gives each constant that a source names a place among the variables, once.
    fn place_constants(&mut self, source: &str, span: Span) {
        let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        for path in source.split(|c: char| !(in_name(c) || c == '.')) {
            for word in path.split('.') {
                self.place_constant(word, span);
            }
            // `bank.limit` of a library, also where a method follows.
            if let Some((library, rest)) = path.split_once('.')
                && self.symbols.site.libraries.contains_key(library)
            {
                let name = rest.split('.').next().unwrap_or_default();
                self.place_constant(&format!("{library}.{name}"), span);
            }
        }
    }

    fn place_constant(&mut self, name: &str, span: Span) {
        if name.is_empty() || self.scope.readable(name).is_some() {
            return;
        }
        if let Some(value) = self.constant_named(name) {
            self.scope.place(Arc::from(name), value, span);
        }
    }

    pub(super) fn expression(&mut self, source: &str, span: Span) -> Option<Typed> {
        self.place_constants(source, span);
        let names = Here { scope: &self.scope, symbols: self.symbols };
        match self.symbols.compiler.compile(source, &names) {
            Ok(expr) => {
                self.note_reads(expr.reads(), span);
                self.check_callers_numbers(&expr, span);
                if !self.is_known(&expr) {
                    if expr.divides_by_zero(&Fixed { scope: &self.scope }) {
                        self.report(division_by_zero(span));
                        return None;
                    }
                    let ty = expr.ty();
                    return Some(Typed { operand: Operand::Expr(Arc::new(expr)), ty });
                }
                match expr.eval(&Known { scope: &self.scope }) {
                    Ok(value) => Some(Typed { ty: value.type_of(), operand: Operand::Const(value) }),
                    Err(error) => {
                        self.report(
                            Diagnostic::error(
                                "expression-always-fails",
                                span,
                                format!("this expression always fails: {error}"),
                            )
                            .help("correct it; it does not depend on the call"),
                        );
                        None
                    }
                }
            }
            Err(errors) => {
                let start = text_start(span, source);
                for error in errors {
                    let found = in_place(&error, start, span);
                    self.report(found);
                }
                None
            }
        }
    }

    /// Reports numbers that the caller's is compared with and can never equal.
    fn check_callers_numbers(&mut self, expr: &expr::Expr, span: Span) {
        let mut compared = expr.compared_with(BuiltIn::CallerNumber, &Fixed { scope: &self.scope });
        compared.retain(|(value, _)| is_incomplete_number(value));
        for (value, constant) in compared {
            let span = constant.and_then(|name| self.constant_written(&name)).unwrap_or(span);
            let message = format!("no caller has the number `{value}`: it is not written in full");
            let found =
                Diagnostic::error("non-canonical-constant", span, message).label("compared with `caller.number`").help(
                    "`caller.number` begins with `+` and the country code, such as `+442071838750`: write this one so",
                );
            self.report(found);
        }
    }

    /// Whether the expression reads constants only, so that its value is known before the call.
    fn is_known(&self, expr: &expr::Expr) -> bool {
        expr.reads().iter().all(|read| match read {
            expr::Read::Slot(slot) => {
                self.scope.variable(*slot).is_some_and(|v| v.origin == Origin::Constant && v.initial != Value::Unset)
            }
            expr::Read::Root(_) => false,
        })
    }

    fn note_reads(&mut self, reads: &[expr::Read], span: Span) {
        for read in reads {
            if let expr::Read::Slot(slot) = read {
                self.reads.push((*slot, span));
            }
        }
    }

    pub(super) fn template(&mut self, text: &ast::Text) -> Option<Typed> {
        for piece in &text.pieces {
            if let ast::Piece::Hole(hole) = piece {
                self.place_constants(&hole.value, hole.span);
            }
        }
        let pieces: Vec<Piece<'_>> = text
            .pieces
            .iter()
            .map(|p| match p {
                ast::Piece::Literal(s) => Piece::Literal(s),
                ast::Piece::Hole(h) => Piece::Hole(&h.value),
            })
            .collect();
        let names = Here { scope: &self.scope, symbols: self.symbols };
        match self.symbols.compiler.template(&pieces, &names) {
            Ok(template) => {
                let reads: Vec<expr::Read> = template.reads().cloned().collect();
                let span = text.pieces.iter().find_map(hole_span).unwrap_or_default();
                self.note_reads(&reads, span);
                if template.divides_by_zero(&Fixed { scope: &self.scope }) {
                    self.report(division_by_zero(span));
                    return None;
                }
                Some(Typed { operand: Operand::Template(template), ty: Some(Type::Text) })
            }
            Err(errors) => {
                for found in errors {
                    let hole = text.pieces.get(found.piece).and_then(|p| match p {
                        ast::Piece::Hole(h) => Some(h),
                        ast::Piece::Literal(_) => None,
                    });
                    if let Some(hole) = hole {
                        let start = text_start(hole.span, &hole.value);
                        let found = in_place(&found.error, start, hole.span);
                        self.report(found);
                    }
                }
                None
            }
        }
    }
}

fn division_by_zero(span: Span) -> Diagnostic {
    let message = "this expression always fails: it divides by zero";
    Diagnostic::error("expression-always-fails", span, message)
        .help("divide by something else; this divisor is zero for every call")
}

fn hole_span(piece: &ast::Piece) -> Option<Span> {
    match piece {
        ast::Piece::Hole(hole) => Some(hole.span),
        ast::Piece::Literal(_) => None,
    }
}

/// Where an expression's own text begins in its span: after `(`, after `"(`, or at once; `None`
/// where escapes or line breaks make offsets meaningless.
fn text_start(span: Span, source: &str) -> Option<u32> {
    let around = span.end.checked_sub(span.start)?.checked_sub(u32::try_from(source.len()).ok()?)?;
    match around {
        0 => Some(span.start),
        2 | 4 => Some(span.start + around / 2),
        _ => None,
    }
}

fn in_place(error: &ExprError, start: Option<u32>, whole: Span) -> Diagnostic {
    let at = |offset: usize| start.map(|s| s.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX)));
    let span = match (at(error.start), at(error.end)) {
        (Some(start), Some(end)) => Span { start, end: end.max(start), ..whole },
        _ => whole,
    };
    let found = Diagnostic::error(error.rule, span, error.message.clone());
    match &error.help {
        Some(help) => found.help(help.clone()),
        None => found,
    }
}
