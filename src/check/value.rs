//! Values: literals, templates, prompts, and whether they are of the kind asked for.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::base::span::Span;
use crate::base::suggest::did_you_mean;
use crate::base::value::{Type, Value};
use crate::step::args::{Operand, PromptArg, PromptRef, SpokenRef, is_key};
use crate::syntax::ast::{self, ValueKind};

use super::flow::Checker;

/// A compiled value and its type, where it can be told before the flow runs.
pub(super) struct Typed {
    pub operand: Operand,
    pub ty: Option<Type>,
}

impl Typed {
    fn constant(value: Value) -> Self {
        let ty = value.type_of();
        Self { operand: Operand::Const(value), ty }
    }
}

impl Checker<'_> {
    /// Compiles a value; `None` when it was found wrong.
    pub(super) fn typed(&mut self, value: &ast::Value) -> Option<Typed> {
        match &value.value {
            ValueKind::Text(text) => self.text(text),
            ValueKind::Expr(source) => self.expression(source, value.span),
            ValueKind::List(items) => self.list(items, value.span).map(Typed::constant),
            ValueKind::Duration(ms) => Some(Typed::constant(Value::Duration(i64::try_from(*ms).unwrap_or(i64::MAX)))),
            ValueKind::Number(n) => self.number(n, value.span).map(Typed::constant),
            ValueKind::Bool(b) => Some(Typed::constant(Value::Bool(*b))),
            ValueKind::Percent(p) => {
                self.report(
                    Diagnostic::error("type-mismatch", value.span, format!("`{}%` can stand only in `split`", p.0))
                        .help("write a number"),
                );
                None
            }
            ValueKind::Spoken(_) => {
                let message = "speech can stand only where a prompt can";
                let found = Diagnostic::error("type-mismatch", value.span, message);
                self.report(found.help("leave `say` out: the text alone is a value"));
                None
            }
            ValueKind::Name(name) => {
                self.report_bare_word(name, value.span);
                None
            }
        }
    }

    fn report_bare_word(&mut self, name: &str, span: Span) {
        let known = self.scope.slot(name).is_some() || self.constant_named(name).is_some();
        let (message, text) = if known {
            (format!("`{name}` alone is a word; the variable is `({name})`"), format!("({name})"))
        } else {
            (format!("`{name}` alone is a word, and a value is wanted here"), format!("\"{name}\""))
        };
        let title = format!("write `{text}`");
        let found = Diagnostic::error("type-mismatch", span, message).help(title.clone());
        self.report(found.fix(Fix { title, edits: vec![Edit { span, text }], safe: false }));
    }

    fn text(&mut self, text: &ast::Text) -> Option<Typed> {
        match text.as_literal() {
            Some(literal) => Some(Typed::constant(Value::text(literal))),
            None => self.template(text),
        }
    }

    fn number(&mut self, written: &ast::Decimal, span: Span) -> Option<Value> {
        let whole = written.0.parse::<i64>().ok().map(Value::Int);
        let found = whole.or_else(|| {
            let fraction = written.0.contains('.');
            written.0.parse::<f64>().ok().filter(|n| fraction && n.is_finite()).map(Value::Float)
        });
        if found.is_none() {
            let message = format!("`{}` is not a number that can be kept", written.0);
            self.report(
                Diagnostic::error("value-out-of-range", span, message)
                    .help("a telephone number is text: put it in quotes"),
            );
        }
        found
    }

    fn list(&mut self, items: &[ast::Value], span: Span) -> Option<Value> {
        let limit = crate::base::limits::MAX_LIST_LEN;
        if items.len() > limit {
            let message = format!("this list has {} items; a list has at most {limit}", items.len());
            self.report(
                Diagnostic::error("value-out-of-range", span, message)
                    .help("keep long lists in the site file, under `lists:`"),
            );
            return None;
        }
        let values: Vec<Option<Value>> = items.iter().map(|v| self.constant(v)).collect();
        values.into_iter().collect::<Option<Vec<Value>>>().map(|v| Value::List(v.into()))
    }

    /// A value that is known before the flow runs.
    pub(super) fn constant(&mut self, value: &ast::Value) -> Option<Value> {
        let typed = self.typed(value)?;
        match typed.operand {
            Operand::Const(value) => Some(value),
            Operand::Expr(_) | Operand::Template(_) => {
                self.report(
                    Diagnostic::error("type-mismatch", value.span, "this value must be known before a call comes in")
                        .label("it depends on the call")
                        .help("write a literal, or `set` a variable in a step"),
                );
                None
            }
        }
    }

    /// The same, of a given type.
    pub(super) fn constant_of(&mut self, value: &ast::Value, ty: Option<Type>, what: &str) -> Option<Value> {
        let found = self.constant(value)?;
        let Some(ty) = ty else { return Some(found) };
        match self.coerced(Typed::constant(found), ty, value, what)? {
            Operand::Const(value) => Some(value),
            _ => None,
        }
    }

    /// Compiles a value that must be of a type; `what` names the place: `` `timeout` ``.
    pub(super) fn expect(&mut self, value: &ast::Value, ty: Type, what: &str) -> Option<Operand> {
        let typed = self.typed(value)?;
        self.coerced(typed, ty, value, what)
    }

    /// Types that fit without change: any text where `text` is wanted. A literal becomes digits, a
    /// telephone number or an extension where it is one.
    pub(super) fn coerced(&mut self, typed: Typed, want: Type, value: &ast::Value, what: &str) -> Option<Operand> {
        let Some(have) = typed.ty else { return Some(typed.operand) };
        let textual = matches!(have, Type::Text | Type::Digits | Type::Phone | Type::Extension);
        if have == want || (want == Type::Text && textual) {
            return Some(typed.operand);
        }
        if let Operand::Const(Value::Text(literal)) = &typed.operand
            && let Some(converted) = self.literal_as(literal, want)
        {
            return Some(Operand::Const(converted));
        }
        if want == Type::Phone
            && let Operand::Const(Value::Text(literal)) = &typed.operand
        {
            self.report_number(literal, value, what);
            return None;
        }
        self.report_type(what, want, have, value);
        None
    }

    fn literal_as(&self, literal: &Arc<str>, want: Type) -> Option<Value> {
        let all_keys = !literal.is_empty() && literal.chars().all(is_key);
        match want {
            Type::Digits if all_keys => Some(Value::Digits(Arc::clone(literal))),
            Type::Secret if all_keys => Some(Value::Secret(Arc::clone(literal))),
            Type::Phone if is_e164(literal) => Some(Value::Phone(Arc::clone(literal))),
            Type::Extension if self.symbols.extensions.contains(literal) => Some(Value::Extension(Arc::clone(literal))),
            _ => None,
        }
    }

    /// A text that should be a telephone number and is not one in full.
    fn report_number(&mut self, literal: &str, value: &ast::Value, what: &str) {
        let steers = literal.contains(|c: char| matches!(c, '*' | '#' | ',' | ';') || c.is_alphabetic());
        let (rule, why) = if steers {
            ("feature-code-in-number", "has characters that are not digits")
        } else {
            ("non-canonical-constant", "is not written in full")
        };
        let message = format!("{what} needs a telephone number, and `{}` {why}", literal.escape_debug());
        let help = "write `+`, the country code and the number alone, such as `\"+442071838750\"`";
        self.report(Diagnostic::error(rule, value.span, message).help(help));
    }

    pub(super) fn report_type(&mut self, what: &str, want: Type, have: Type, value: &ast::Value) {
        let message = format!("{what} needs {}, but this is {}", with_article(want), with_article(have));
        let found = Diagnostic::error("type-mismatch", value.span, message).label(have.name());
        let help = match (want, have, &value.value) {
            (Type::Duration, Type::Number, ValueKind::Number(n)) => format!("write the unit: `{0}s` or `{0}ms`", n.0),
            (Type::Text, Type::Number, ValueKind::Number(n)) => format!("put it in quotes: `\"{}\"`", n.0),
            (Type::Text, Type::Secret, _) => "a secret goes only to `verify .. pin` or the `body` of `http`".to_owned(),
            (Type::Text, _, _) => "make it text with a template: `\"${..}\"`".to_owned(),
            (Type::Extension, _, _) => {
                "an extension comes from a menu's arm `extension(to)`, or is one of the site's".to_owned()
            }
            (Type::Phone, _, _) => "a telephone number is written in full: `\"+442071838750\"`".to_owned(),
            (Type::Bool, _, ValueKind::Expr(source)) => {
                format!("compare it with something, such as `({source} == ..)`")
            }
            _ => format!("give {what} {}", with_article(want)),
        };
        self.report(found.help(help));
    }

    /// `what` needs something that this value is not.
    pub(super) fn report_kind(&mut self, what: &str, wanted: &str, value: &ast::Value) {
        let message = format!("{what} needs {wanted}, but this is {}", kind_name(&value.value));
        self.report(Diagnostic::error("type-mismatch", value.span, message).help(format!("write {wanted}")));
    }

    /// Words to speak, in the voice of the flow.
    fn speech(&mut self, text: &ast::Text) -> Option<PromptArg> {
        let text = self.text(text)?.operand;
        Some(PromptArg::Spoken(SpokenRef { text, voice: self.voice.clone() }))
    }

    /// A text to speak, with or without `say`.
    pub(super) fn spoken(&mut self, value: &ast::Value, what: &str) -> Option<PromptArg> {
        match &value.value {
            ValueKind::Text(text) | ValueKind::Spoken(text) => self.speech(text),
            _ => {
                let text = self.expect(value, Type::Text, what)?;
                Some(PromptArg::Spoken(SpokenRef { text, voice: self.voice.clone() }))
            }
        }
    }

    /// One prompt or a list of them, each of which must exist.
    pub(super) fn prompts(&mut self, value: &ast::Value, what: &str) -> Option<Box<[PromptArg]>> {
        match &value.value {
            ValueKind::Text(text) => match text.as_literal() {
                Some(name) => Some([PromptArg::Recorded(self.prompt(name, value.span)?)].into()),
                None => {
                    self.report_kind(what, "the name of a prompt, without `${ }`", value);
                    None
                }
            },
            ValueKind::List(items) if !items.is_empty() => {
                let each: Vec<_> = items.iter().map(|item| self.prompts(item, what)).collect();
                let all: Vec<Box<[PromptArg]>> = each.into_iter().collect::<Option<_>>()?;
                Some(all.into_iter().flatten().collect())
            }
            ValueKind::Spoken(text) => Some([self.speech(text)?].into()),
            ValueKind::Name(name) => {
                let found = Diagnostic::error(
                    "type-mismatch",
                    value.span,
                    format!("{what} needs a prompt, and prompts are in quotes"),
                )
                .help(format!("write `\"{name}\"`"));
                let edits = vec![Edit { span: value.span, text: format!("\"{name}\"") }];
                let fix = Fix { title: "put it in quotes".to_owned(), edits, safe: true };
                let known = self.symbols.site.prompts.contains_key(name.as_str());
                self.report(if known { found.fix(fix) } else { found });
                None
            }
            _ => {
                self.report_kind(what, "a prompt such as `\"welcome\"`", value);
                None
            }
        }
    }

    fn prompt(&mut self, name: &str, span: Span) -> Option<PromptRef> {
        let Some((name, recordings)) = self.symbols.site.prompts.get_key_value(name) else {
            let hint = did_you_mean(name, self.symbols.site.prompts.keys().map(AsRef::as_ref));
            let found = Diagnostic::error("prompt-missing", span, format!("no prompt `{name}`{hint}"))
                .label("no such recording")
                .help(format!("record it as `prompts/{name}.wav`"));
            self.report(found);
            return None;
        };
        Some(PromptRef { name: Arc::clone(name), span, recordings: recordings.clone() })
    }
}

/// The digits of the shortest text that is taken for a whole number, and not for an extension or a code.
const FEWEST_DIGITS: usize = 7;

/// Whether a text is a telephone number in the form of some place, and not as the whole world has it.
pub(super) fn is_incomplete_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= FEWEST_DIGITS && text.chars().all(|c| c.is_ascii_digit() || " -.()+/".contains(c)) && !is_e164(text)
}

/// Canonical E.164: a plus, then 7 to 15 digits of which the first is not 0.
fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
    })
}

/// `a duration`, `digits`
pub(super) fn with_article(ty: Type) -> String {
    match ty {
        Type::Digits => "digits".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Bool => "`true` or `false`".to_owned(),
        Type::Extension => "an extension".to_owned(),
        Type::Phone => "a telephone number".to_owned(),
        other => format!("a {other}"),
    }
}

/// What was written, in the words of an author.
pub(super) fn kind_name(value: &ValueKind) -> String {
    match value {
        ValueKind::Text(_) => "text".to_owned(),
        ValueKind::Spoken(_) => "speech".to_owned(),
        ValueKind::Expr(source) => format!("the expression `({source})`"),
        ValueKind::List(_) => "a list".to_owned(),
        ValueKind::Duration(_) => "a duration".to_owned(),
        ValueKind::Percent(p) => format!("`{}%`", p.0),
        ValueKind::Number(n) => format!("the number `{}`", n.0),
        ValueKind::Bool(b) => format!("`{b}`"),
        ValueKind::Name(name) => format!("the word `{name}`"),
    }
}
