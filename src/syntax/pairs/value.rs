//! Values, targets, arguments and arrows.

use pest::iterators::Pair;

use crate::base::diagnostic::Diagnostic;
use crate::base::span::{Span, Spanned};
use crate::syntax::ast::{Arg, Decimal, Goto, GotoTarget, Target, Value, ValueKind};
use crate::syntax::parse::Rule;
use crate::syntax::{duration, text};

use super::Reader;

impl Reader<'_> {
    /// A `value`, or the rule below it.
    pub(super) fn value(&mut self, pair: Pair<'_, Rule>) -> Value {
        let pair = match pair.as_rule() {
            Rule::value => match pair.into_inner().next() {
                Some(inner) => inner,
                None => return self.no_value(),
            },
            _ => pair,
        };
        let span = self.span(&pair);
        let source = pair.as_str();
        let kind = match pair.as_rule() {
            Rule::spoken => {
                let inner = pair.into_inner().find(|p| matches!(p.as_rule(), Rule::string | Rule::long_text));
                ValueKind::Spoken(inner.map(|p| text::from_flow(p.as_str(), self.exact(&p))).unwrap_or_default())
            }
            Rule::string | Rule::long_text => ValueKind::Text(text::from_flow(source, self.exact(&pair))),
            Rule::expr => ValueKind::Expr(expr_source(source)),
            Rule::list => ValueKind::List(pair.into_inner().map(|p| self.value(p)).collect()),
            Rule::duration => ValueKind::Duration(self.milliseconds(&pair)),
            Rule::percent => ValueKind::Percent(Decimal(source.trim_end_matches('%').to_owned())),
            Rule::number => ValueKind::Number(Decimal(source.to_owned())),
            Rule::flag => ValueKind::Bool(source == "true"),
            _ => ValueKind::Name(source.to_owned()),
        };
        Spanned::new(kind, span)
    }

    pub(super) fn milliseconds(&mut self, pair: &Pair<'_, Rule>) -> u64 {
        duration::parse_ms(pair.as_str()).unwrap_or_else(|| {
            self.too_large(self.exact(pair), pair.as_str());
            0
        })
    }

    pub(super) fn target(&mut self, pair: Pair<'_, Rule>) -> Target {
        let span = self.span(&pair);
        let (mut kind, mut value) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kind => kind = Some(self.word(&part)),
                _ => value = Some(self.value(part)),
            }
        }
        Target { kind: kind.unwrap_or_else(|| self.no_name()), value: value.unwrap_or_else(|| self.no_value()), span }
    }

    pub(super) fn args(&mut self, pair: Pair<'_, Rule>) -> Vec<Arg> {
        let args = pair.into_inner();
        args.map(|arg| {
            let (name, value) = self.name_and_value(arg);
            Arg { name, value }
        })
        .collect()
    }

    pub(super) fn goto(&mut self, pair: Pair<'_, Rule>) -> Goto {
        let span = self.span(&pair);
        let mut target = GotoTarget::Next;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name if part.as_str() == "next" => target = GotoTarget::Next,
                Rule::name => {
                    if part.as_str() == "flow" {
                        self.found.push(flow_without_name(span));
                    }
                    target = GotoTarget::Step(self.word(&part));
                }
                Rule::to_flow => {
                    let (mut name, mut args) = (None, Vec::new());
                    for part in part.into_inner() {
                        match part.as_rule() {
                            Rule::qualified => name = Some(self.word(&part)),
                            Rule::args => args = self.args(part),
                            _ => {}
                        }
                    }
                    target = GotoTarget::Flow { name: name.unwrap_or_else(|| self.no_name()), args };
                }
                _ => {}
            }
        }
        Goto { target, span }
    }
}

/// `-> flow` and no name: no step can be called so.
pub(in crate::syntax) fn flow_without_name(span: Span) -> Diagnostic {
    Diagnostic::error("flow-syntax", span, "an arrow to a flow needs its name")
        .help("write `-> flow name`; in YAML `{flow: name}`")
}

/// What stands between the outer parentheses, unchanged: an offset in it is one in the file.
pub(super) fn expr_source(source: &str) -> String {
    source.strip_prefix('(').and_then(|s| s.strip_suffix(')')).unwrap_or(source).to_owned()
}
