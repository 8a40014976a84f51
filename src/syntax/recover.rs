//! Reads a file that has errors part by part: each flow's head, each step, each constant alone.
//!
//! A part begins at `flow`, `subflow`, `step` or `const` at the beginning of a line or after a
//! brace; the first step of a flow, behind its head too. Where braces do not match, indentation tells which one was forgotten.

use crate::base::diagnostic::Diagnostic;
use crate::base::limits::MAX_DIAGNOSTICS_PER_FILE;
use crate::base::span::{FileId, Span, Spanned};

use super::ast::{Block, File, Flow, Item, Name, Step};
use super::lexer::{Lexed, Token, TokenKind, slice};
use super::pairs::{Head, Reader};
use super::parse::{self, Rule};
use super::{explain, shape, text};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Start {
    Flow,
    Step,
    Constant,
    /// What stands before the first part.
    Stray,
}

/// A part of the file: its tokens, from its documentation up to the next part.
struct Part<'t> {
    start: Start,
    tokens: &'t [Token],
}

pub(super) fn read(file: FileId, text: &str, lexed: &Lexed, found: &mut Vec<Diagnostic>) -> File {
    let mut recovery =
        Recovery { file, text, lexed, found, items: Vec::new(), flow: None, closed_by: None, strayed: false };
    for part in parts(text, &lexed.tokens) {
        if recovery.found.len() > MAX_DIAGNOSTICS_PER_FILE {
            break;
        }
        recovery.part(&part);
    }
    recovery.close_flow(None);
    File { items: recovery.items }
}

fn parts<'t>(text: &str, tokens: &'t [Token]) -> Vec<Part<'t>> {
    let mut cuts: Vec<(usize, Start)> = Vec::new();
    // Braces that are open since the last flow began.
    let mut depth = 0_usize;
    for at in 0..tokens.len() {
        let in_head = depth == 1 && cuts.last().is_some_and(|c| c.1 == Start::Flow);
        depth = depth_after(text, tokens.get(at), depth);
        let Some(start) = start_at(text, tokens, at, cuts.last().map(|c| c.1), in_head) else { continue };
        if start == Start::Flow {
            depth = 0;
        }
        // Documentation belongs to what follows it.
        let docs = tokens.iter().take(at).rev().take_while(|t| t.kind == TokenKind::Doc).count();
        cuts.push((at - docs, start));
    }
    let mut out = Vec::new();
    let first = cuts.first().map_or(tokens.len(), |c| c.0);
    if first > 0 {
        out.push(Part { start: Start::Stray, tokens: tokens.get(..first).unwrap_or_default() });
    }
    for (n, (at, start)) in cuts.iter().enumerate() {
        let end = cuts.get(n + 1).map_or(tokens.len(), |c| c.0);
        out.push(Part { start: *start, tokens: tokens.get(*at..end).unwrap_or_default() });
    }
    out
}

fn depth_after(text: &str, token: Option<&Token>, depth: usize) -> usize {
    match token.map(|t| slice(text, t.span)) {
        Some("{") => depth + 1,
        Some("}") => depth.saturating_sub(1),
        _ => depth,
    }
}

/// Whether a part begins at this token; `in_head` is whether nothing but a flow's head is open.
fn start_at(text: &str, tokens: &[Token], at: usize, last: Option<Start>, in_head: bool) -> Option<Start> {
    let token = tokens.get(at)?;
    let next = tokens.get(at + 1);
    let word = if token.kind == TokenKind::Word { slice(text, token.span) } else { return None };
    let previous = at.checked_sub(1).and_then(|n| tokens.get(n));
    let after_brace = previous.is_none_or(|t| matches!(t.kind, TokenKind::Open | TokenKind::Close | TokenKind::Doc));
    // A flow on one line: its first step stands behind its head.
    let heads = tokens.get(at + 2).map(|t| slice(text, t.span));
    let after_head = in_head && word == "step" && matches!(heads, Some("{" | "visits"));
    if !(token.first || after_brace || after_head) || previous.is_some_and(|t| t.kind == TokenKind::Arrow) {
        return None;
    }
    // `step` before anything but a value: a name that was forgotten or cannot be one counts too.
    let named = next.is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Number | TokenKind::Text));
    let braced = next.is_some_and(|t| slice(text, t.span) == "{");
    match word {
        "step" if named || braced => Some(Start::Step),
        "flow" | "subflow" if named || braced => Some(Start::Flow),
        // Within a head a constant is part of it; behind steps, or in the first column, it is not.
        "const" if named && (column(text, token.span) == 0 || last.is_none()) => Some(Start::Constant),
        _ => None,
    }
}

fn column(text: &str, span: Span) -> usize {
    let before = slice(text, Span { start: 0, end: span.start, ..span });
    before.len() - before.rfind('\n').map_or(0, |n| n + 1)
}

/// Blanks before the first word of the line on which a place stands.
fn indentation(text: &str, span: Span) -> usize {
    let before = slice(text, Span { start: 0, end: span.start, ..span });
    let line = before.rsplit('\n').next().unwrap_or("");
    line.len() - line.trim_start().len()
}

struct Recovery<'a> {
    file: FileId,
    text: &'a str,
    lexed: &'a Lexed,
    found: &'a mut Vec<Diagnostic>,
    items: Vec<Item>,
    /// The flow that is being read, and its opening brace.
    flow: Option<(Flow, Option<Span>)>,
    /// The brace that closed the last flow.
    closed_by: Option<Span>,
    strayed: bool,
}

impl<'a> Recovery<'a> {
    fn part(&mut self, part: &Part<'_>) {
        match part.start {
            Start::Stray => self.stray(part.tokens),
            Start::Constant => {
                self.close_flow(None);
                if let Some(constant) = self.grammar(Rule::constant_alone, part.tokens, |reader, pair| {
                    if pair.as_rule() == Rule::item_constant { reader.item_constant(pair) } else { None }
                }) {
                    self.items.push(Item::Constant(constant));
                }
            }
            Start::Flow => {
                self.close_flow(None);
                self.flow_head(part.tokens);
            }
            Start::Step => self.step(part.tokens),
        }
    }

    /// Tokens that belong to no part: a slip such as `flwo main {`, or a statement outside a step.
    fn stray(&mut self, tokens: &[Token]) {
        let first = tokens.iter().find(|t| t.kind != TokenKind::Doc);
        // Behind a stray beginning everything is stray: once is enough.
        if let Some(token) = first.filter(|_| !std::mem::replace(&mut self.strayed, true))
            && !self.has_lexical_error(tokens)
        {
            self.found.push(explain::stray(self.text, self.lexed, token.span));
        }
    }

    fn flow_head(&mut self, tokens: &[Token]) {
        self.strayed = false;
        let open = tokens.iter().find(|t| slice(self.text, t.span) == "{").map(|t| t.span);
        // A flow without steps ends in its own brace, which is not part of the head.
        let (inner, closed) = match tokens.split_last() {
            Some((last, inner)) if slice(self.text, last.span) == "}" && balanced(tokens) => (inner, Some(last.span)),
            _ => (tokens, None),
        };
        let head = self.grammar(Rule::head_alone, inner, |reader, pair| match pair.as_rule() {
            Rule::flow_head | Rule::subflow_head => Some(reader.head(&[], pair)),
            _ => None,
        });
        let keyword = tokens.iter().find(|t| t.kind != TokenKind::Doc);
        let start = keyword.map_or(Span::new(self.file, 0, 0), |t| t.span);
        let end = tokens.last().map_or(start, |t| t.span);
        let subflow = keyword.is_some_and(|t| slice(self.text, t.span) == "subflow");
        let head = head.unwrap_or_else(|| self.bare_head(tokens, subflow));
        let Head { name, params, results, header, .. } = head;
        let doc = doc_of(self.text, tokens);
        let flow = Flow { doc, name, params, results, header, steps: Vec::new(), span: start.to(end) };
        self.flow = Some((flow, open));
        if closed.is_some() {
            self.close_flow(closed);
        }
    }

    /// What is known of a head that could not be read: its name, so that arrows to it are no errors.
    fn bare_head(&self, tokens: &[Token], subflow: bool) -> Head {
        let words = tokens.iter().filter(|t| t.kind == TokenKind::Word);
        let word = words.map(|t| t.span).nth(1).unwrap_or(Span::new(self.file, 0, 0));
        let name: Name = Spanned::new(slice(self.text, word).to_owned(), word);
        let results = subflow.then(Vec::new);
        Head { doc: None, name, params: Vec::new(), results, header: Vec::new() }
    }

    /// A step behind the end of a flow: some step above has a brace too many. Takes the flow back.
    fn reopen_flow(&mut self) {
        if self.flow.is_some() || !matches!(self.items.last(), Some(Item::Flow(_))) {
            return;
        }
        if let (Some(Item::Flow(flow)), Some(brace)) = (self.items.pop(), self.closed_by.take()) {
            self.found.push(explain::brace_too_many(&flow, brace));
            self.flow = Some((flow, None));
        }
    }

    fn step(&mut self, tokens: &[Token]) {
        self.reopen_flow();
        let (own, rest) = split_block(self.text, tokens);
        match own {
            Some(own) => {
                let step = self.grammar(Rule::step_alone, own, |reader, pair| {
                    if pair.as_rule() == Rule::step { Some(reader.step(pair)) } else { None }
                });
                match (&mut self.flow, step) {
                    (Some((flow, _)), Some(step)) => {
                        flow.span = flow.span.to(step.span);
                        flow.steps.push(step);
                    }
                    (Some(_), None) => self.bare_step(tokens),
                    (None, _) => self.stray(tokens),
                }
            }
            None => {
                if !self.has_lexical_error(tokens) {
                    self.found.push(explain::unclosed(self.text, tokens));
                }
                self.bare_step(tokens);
            }
        }
        if self.has_lexical_error(tokens) {
            return;
        }
        let mut rest = rest.iter();
        // The brace that closes a step whose own `{` was forgotten.
        if lacks_brace(self.text, tokens) && rest.as_slice().first().is_some_and(|t| slice(self.text, t.span) == "}") {
            rest.next();
        }
        match rest.next() {
            Some(brace) if slice(self.text, brace.span) == "}" => {
                self.close_flow(Some(brace.span));
                if let Some(extra) = rest.next() {
                    self.found.push(explain::stray(self.text, self.lexed, extra.span));
                }
            }
            Some(extra) => {
                self.found.push(explain::after_step(self.text, extra.span));
            }
            None => {}
        }
    }

    /// What is known of a step that could not be read: its name, so that arrows to it are no errors. Of several
    /// words (`step so sorry {`) each may be meant.
    fn bare_step(&mut self, tokens: &[Token]) {
        let words = tokens.iter().skip_while(|t| t.kind == TokenKind::Doc).skip(1);
        let words = words.take_while(|t| t.kind == TokenKind::Word && !is_head_end(slice(self.text, t.span)));
        let place = tokens.first().zip(tokens.last()).map(|(a, b)| a.span.to(b.span));
        let (Some((flow, _)), Some(span)) = (&mut self.flow, place) else { return };
        flow.span = flow.span.to(span);
        for word in words {
            let name: Name = Spanned::new(slice(self.text, word.span).to_owned(), word.span);
            let body = Block { statements: Vec::new(), span };
            flow.steps.push(Step { doc: None, name, visits: None, body, span });
        }
    }

    fn close_flow(&mut self, end: Option<Span>) {
        let Some((mut flow, open)) = self.flow.take() else { return };
        self.closed_by = end;
        match (end, open) {
            (Some(end), _) => flow.span = flow.span.to(end),
            (None, Some(open)) if self.lexed.found.is_empty() && self.found.is_empty() => {
                self.found.push(explain::unclosed_flow(self.text, self.lexed, &flow, open));
            }
            _ => {}
        }
        if flow.steps.is_empty() && self.found.is_empty() && self.lexed.found.is_empty() {
            self.found.push(explain::no_steps(&flow));
        }
        self.items.push(Item::Flow(flow));
    }

    fn has_lexical_error(&self, tokens: &[Token]) -> bool {
        let Some(place) = tokens.first().zip(tokens.last()).map(|(a, b)| a.span.to(b.span)) else { return false };
        // A broken text has no token: its line, up to the next part, counts as well.
        let after = self.lexed.tokens.partition_point(|t| t.span.start < place.end);
        let next = self.lexed.tokens.get(after).map_or(u32::MAX, |t| t.span.start);
        // The lexer finds in the order of the text.
        let first = self.lexed.found.partition_point(|d| d.primary.span.start < place.start);
        self.lexed.found.get(first).is_some_and(|d| d.primary.span.start < next)
    }

    /// Runs the grammar over the tokens' part of the file; explains why if it fails.
    fn grammar<T>(
        &mut self,
        rule: Rule,
        tokens: &[Token],
        take: impl Fn(&mut Reader<'_>, pest::iterators::Pair<'_, Rule>) -> Option<T>,
    ) -> Option<T> {
        let place = tokens.first().zip(tokens.last()).map(|(a, b)| a.span.to(b.span))?;
        if self.has_lexical_error(tokens) {
            return None;
        }
        let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        match parse::part(self.text, rule, at(place.start), at(place.end)) {
            Ok(pairs) => {
                let mut reader =
                    Reader { file: self.file, base: at(place.start), tokens: &self.lexed.tokens, found: Vec::new() };
                let whole = pairs.flat_map(pest::iterators::Pair::into_inner);
                let mut taken = None;
                for pair in whole {
                    taken = taken.or(take(&mut reader, pair));
                }
                self.found.append(&mut reader.found);
                taken
            }
            Err(failure) => {
                self.found.push(explain::unexpected(self.file, self.text, self.lexed, &failure));
                None
            }
        }
    }
}

/// Whether a word ends the name of a step that has one word too many.
fn is_head_end(word: &str) -> bool {
    word == "visits" || shape::is_statement(word)
}

/// Whether a statement stands where the `{` of a step should.
fn lacks_brace(text: &str, tokens: &[Token]) -> bool {
    let words = tokens.iter().skip_while(|t| t.kind == TokenKind::Doc);
    words.map(|t| slice(text, t.span)).nth(2).is_some_and(shape::is_statement)
}

fn balanced(tokens: &[Token]) -> bool {
    let count = |kind| tokens.iter().filter(|t| t.kind == kind).count();
    count(TokenKind::Open) == count(TokenKind::Close)
}

fn doc_of(source: &str, tokens: &[Token]) -> Option<String> {
    let lines = tokens.iter().take_while(|t| t.kind == TokenKind::Doc);
    let lines: Vec<&str> = lines.map(|t| text::doc_line(slice(source, t.span))).collect();
    if lines.is_empty() { None } else { Some(text::doc_of(lines.into_iter())) }
}

/// The tokens of a step up to the brace that closes it, and those behind; `None` if none does.
fn split_block<'t>(text: &str, tokens: &'t [Token]) -> (Option<&'t [Token]>, &'t [Token]) {
    let mut depth = 0_usize;
    for (n, token) in tokens.iter().enumerate() {
        let word = slice(text, token.span);
        if token.kind == TokenKind::Open {
            depth += 1;
        } else if token.kind == TokenKind::Close {
            depth = depth.saturating_sub(1);
            if depth == 0 && word == "}" {
                return (tokens.get(..=n), tokens.get(n + 1..).unwrap_or_default());
            }
        }
    }
    if depth == 0 { (Some(tokens), &[]) } else { (None, &[]) }
}

/// The brace that nobody closes: the innermost whose line stands deeper than the line of the brace
/// that should have closed it, or else the last that stays open.
pub(super) fn unclosed_brace(text: &str, tokens: &[Token]) -> Option<Span> {
    let mut open: Vec<Span> = Vec::new();
    for token in tokens {
        match token.kind {
            TokenKind::Open => open.push(token.span),
            TokenKind::Close => {
                let indent = indentation(text, token.span);
                let top = open.last().copied();
                if let Some(top) = top.filter(|top| token.first && indentation(text, *top) > indent) {
                    return Some(top);
                }
                open.pop();
            }
            _ => {}
        }
    }
    open.last().copied()
}

/// Words at which a part may begin, for "did you mean".
pub(super) fn starts() -> impl Iterator<Item = &'static str> {
    ["flow", "subflow", "step", "const"].into_iter().chain(shape::statements())
}
