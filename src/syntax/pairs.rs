//! What the grammar matched, as a syntax tree: items, headers and steps.
//!
//! The grammar guarantees the shapes; where it cannot be expressed in types, a part that is not
//! there becomes an empty name, which no check accepts, and never a panic.

mod statement;
mod value;

pub(super) use value::flow_without_name;

use pest::iterators::{Pair, Pairs};

use crate::base::diagnostic::Diagnostic;
use crate::base::span::{FileId, Span, Spanned};

use super::ast::{Constant, Flow, Goto, Header, Item, Name, Param, ResultDecl, Setting, Step, Value, ValueKind};
use super::lexer::Token;
use super::parse::Rule;
use super::text;

/// Turns pairs of one parsed part of a file into nodes with places in the whole file.
pub(super) struct Reader<'t> {
    pub file: FileId,
    /// Where the part begins in the file.
    pub base: usize,
    /// The tokens of the whole file: the grammar's spans run on over blanks and comments, a node's
    /// place ends with its last token.
    pub tokens: &'t [Token],
    /// What the grammar accepts and no number can hold.
    pub found: Vec<Diagnostic>,
}

/// The parts before the steps: `flow main(..) { owner .. guard ..`.
pub(super) struct Head {
    pub doc: Option<String>,
    pub name: Name,
    pub params: Vec<Param>,
    pub results: Option<Vec<ResultDecl>>,
    pub header: Vec<Header>,
}

impl Reader<'_> {
    pub(super) fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let at = pair.as_span();
        let span = Span::new(self.file, self.base + at.start(), self.base + at.end());
        let before = self.tokens.partition_point(|t| t.span.end <= span.end);
        let last = before.checked_sub(1).and_then(|n| self.tokens.get(n)).map_or(span.end, |t| t.span.end);
        // A token may hold several nodes: `ok(a)`, or the code of a hole.
        if last > span.start { Span { end: last, ..span } } else { span }
    }

    /// The place of an atomic rule, which has no blanks around it.
    pub(super) fn exact(&self, pair: &Pair<'_, Rule>) -> Span {
        let at = pair.as_span();
        Span::new(self.file, self.base + at.start(), self.base + at.end())
    }

    pub(super) fn word(&self, pair: &Pair<'_, Rule>) -> Name {
        Spanned::new(pair.as_str().to_owned(), self.exact(pair))
    }

    /// A name that the grammar guarantees.
    fn no_name(&self) -> Name {
        Spanned::new(String::new(), Span::new(self.file, self.base, self.base))
    }

    fn no_value(&self) -> Value {
        Spanned::new(ValueKind::Name(String::new()), Span::new(self.file, self.base, self.base))
    }

    pub(super) fn items(&mut self, file: Pairs<'_, Rule>) -> Vec<Item> {
        let items = file.flat_map(Pair::into_inner).filter(|p| p.as_rule() == Rule::item);
        items.filter_map(|item| self.item(item)).collect()
    }

    fn item(&mut self, item: Pair<'_, Rule>) -> Option<Item> {
        let mut docs = Vec::new();
        for pair in item.into_inner() {
            match pair.as_rule() {
                Rule::doc => docs.push(pair),
                Rule::item_constant => return self.item_constant(pair).map(Item::Constant),
                Rule::flow | Rule::subflow => return Some(Item::Flow(self.flow(docs, pair))),
                _ => {}
            }
        }
        None
    }

    pub(super) fn item_constant(&mut self, pair: Pair<'_, Rule>) -> Option<Constant> {
        let (docs, rest): (Vec<_>, Vec<_>) = pair.into_inner().partition(|p| p.as_rule() == Rule::doc);
        let constant = rest.into_iter().next()?;
        Some(Constant { doc: doc_text(&docs), ..self.constant(constant) })
    }

    fn flow(&mut self, docs: Vec<Pair<'_, Rule>>, pair: Pair<'_, Rule>) -> Flow {
        let span = self.span(&pair);
        let mut steps = Vec::new();
        let mut head = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::flow_head | Rule::subflow_head => head = Some(self.head(&docs, part)),
                Rule::step => steps.push(self.step(part)),
                _ => {}
            }
        }
        let head = head.unwrap_or_else(|| Head {
            doc: None,
            name: self.no_name(),
            params: Vec::new(),
            results: None,
            header: Vec::new(),
        });
        let Head { doc, name, params, results, header } = head;
        Flow { doc, name, params, results, header, steps, span }
    }

    pub(super) fn head(&mut self, docs: &[Pair<'_, Rule>], pair: Pair<'_, Rule>) -> Head {
        let subflow = pair.as_rule() == Rule::subflow_head;
        let (mut name, mut params, mut results, mut header) = (None, Vec::new(), Vec::new(), Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.word(&part)),
                Rule::params => params = part.into_inner().map(|p| self.param(p)).collect(),
                Rule::result => results.push(self.result(part)),
                Rule::header => header.extend(part.into_inner().next().and_then(|p| self.header(p))),
                _ => {}
            }
        }
        let name = name.unwrap_or_else(|| self.no_name());
        Head { doc: doc_text(docs), name, params, results: subflow.then_some(results), header }
    }

    fn param(&mut self, pair: Pair<'_, Rule>) -> Param {
        let (mut name, mut type_name, mut default) = (None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.word(&part)),
                Rule::type_name => type_name = Some(self.word(&part)),
                _ => default = Some(self.value(part)),
            }
        }
        Param {
            name: name.unwrap_or_else(|| self.no_name()),
            type_name: type_name.unwrap_or_else(|| self.no_name()),
            default,
        }
    }

    fn result(&mut self, pair: Pair<'_, Rule>) -> ResultDecl {
        let mut names = pair.into_inner().map(|p| self.word(&p)).collect::<Vec<_>>().into_iter();
        let name = names.next().unwrap_or_else(|| self.no_name());
        ResultDecl { name, value: names.next().zip(names.next()) }
    }

    fn constant(&mut self, pair: Pair<'_, Rule>) -> Constant {
        let (name, value) = self.name_and_value(pair);
        Constant { doc: None, name, value }
    }

    pub(super) fn name_and_value(&mut self, pair: Pair<'_, Rule>) -> (Name, Value) {
        let (mut name, mut value) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name | Rule::key => name = Some(self.key(&part)),
                Rule::value => value = Some(self.value(part)),
                _ => {}
            }
        }
        (name.unwrap_or_else(|| self.no_name()), value.unwrap_or_else(|| self.no_value()))
    }

    /// A setting's key: the rule may have looked beyond the word.
    fn key(&self, pair: &Pair<'_, Rule>) -> Name {
        let text = pair.as_str().trim_end();
        let word = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or(text);
        let start = self.base + pair.as_span().start();
        Spanned::new(word.to_owned(), Span::new(self.file, start, start + word.len()))
    }

    fn header(&mut self, pair: Pair<'_, Rule>) -> Option<Header> {
        Some(match pair.as_rule() {
            Rule::constant => Header::Constant(self.constant(pair)),
            Rule::variable => {
                let (mut name, mut type_name, mut value) = (None, None, None);
                for part in pair.into_inner() {
                    match part.as_rule() {
                        Rule::name => name = Some(self.word(&part)),
                        Rule::type_name => type_name = Some(self.word(&part)),
                        Rule::value => value = Some(self.value(part)),
                        _ => {}
                    }
                }
                Header::Variable { name: name?, type_name, value }
            }
            Rule::default => {
                let mut verb = None;
                let mut settings = Vec::new();
                for part in pair.into_inner() {
                    match part.as_rule() {
                        Rule::verb => verb = Some(self.word(&part)),
                        Rule::setting => settings.push(self.setting(part)),
                        _ => {}
                    }
                }
                Header::Default { verb: verb?, settings }
            }
            Rule::guard_use => {
                Header::Guard(pair.into_inner().find(|p| p.as_rule() == Rule::qualified).map(|p| self.word(&p))?)
            }
            Rule::fallback => {
                Header::Failed(pair.into_inner().find(|p| p.as_rule() == Rule::goto).map(|p| self.goto(p))?)
            }
            Rule::setting => Header::Setting(self.setting(pair)),
            _ => return None,
        })
    }

    pub(super) fn setting(&mut self, pair: Pair<'_, Rule>) -> Setting {
        let (key, value) = self.name_and_value(pair);
        Setting { key, value }
    }

    pub(super) fn step(&mut self, pair: Pair<'_, Rule>) -> Step {
        let mut span = self.span(&pair);
        let (mut docs, mut name, mut visits, mut body) = (Vec::new(), None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::doc => docs.push(part),
                Rule::k_step => span.start = self.exact(&part).start,
                Rule::name => name = Some(self.word(&part)),
                Rule::bound => visits = self.bound(part),
                Rule::block => body = Some(self.block(part)),
                _ => {}
            }
        }
        Step {
            doc: doc_text(&docs),
            name: name.unwrap_or_else(|| self.no_name()),
            visits,
            body: body.unwrap_or(super::ast::Block { statements: Vec::new(), span }),
            span,
        }
    }

    fn bound(&mut self, pair: Pair<'_, Rule>) -> Option<(Spanned<u32>, Goto)> {
        let (mut max, mut goto) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::integer => {
                    let span = self.exact(&part);
                    let n = part.as_str().parse().unwrap_or_else(|_| {
                        self.too_large(span, part.as_str());
                        u32::MAX
                    });
                    max = Some(Spanned::new(n, span));
                }
                Rule::goto => goto = Some(self.goto(part)),
                _ => {}
            }
        }
        max.zip(goto)
    }

    pub(super) fn too_large(&mut self, span: Span, text: &str) {
        let shown = super::reader::shorten(text);
        self.found.push(
            Diagnostic::error("limit-exceeded", span, format!("`{shown}` is too large")).help("write a smaller one"),
        );
    }
}

/// The text of `///` lines.
pub(super) fn doc_text(docs: &[Pair<'_, Rule>]) -> Option<String> {
    if docs.is_empty() { None } else { Some(text::doc_of(docs.iter().map(|pair| text::doc_line(pair.as_str())))) }
}
