//! Words and brackets of a `.flow` text, before the grammar sees it.
//!
//! The grammar (pest) decides what is a flow. This pass bounds the nesting that the grammar may
//! recurse into, finds every slip inside texts and brackets, and gives error recovery and the
//! formatter the tokens and comments with their places. It never recurses and never fails.

mod quoted;

use crate::base::diagnostic::Diagnostic;
use crate::base::limits::MAX_DIAGNOSTICS_PER_FILE;
use crate::base::span::{FileId, Span};

use super::document::Comment;

/// Nesting of brackets of any kind. Eight blocks need seventeen braces, lists and expressions the
/// rest; it bounds the recursion of the grammar and of everything that walks a tree.
pub const MAX_BRACKETS: usize = 40;
/// `else if` one after the other: each nests in the one before. A `switch` says it better.
pub const MAX_ELSE_IFS: usize = 12;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind {
    Word,
    /// Begins with a digit, `*`, `#`, or `-` and a digit.
    Number,
    /// `"..."` or `"""..."""`
    Text,
    /// `( ... )` as one token, where it does not hold arguments.
    Expr,
    /// `{`, `[`, or the `(` of arguments and parameters.
    Open,
    Close,
    /// `->`
    Arrow,
    Comma,
    Colon,
    /// `=`
    Equals,
    /// `/// text`
    Doc,
    /// Anything else, such as `=>` or `@`.
    Other,
}

#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
    /// Only blanks stand before it on its line.
    pub first: bool,
}

/// What a text holds, besides what the grammar makes of it.
pub struct Lexed {
    pub tokens: Vec<Token>,
    pub comments: Vec<Comment>,
    pub found: Vec<Diagnostic>,
    /// Brackets or `else if` nest too deeply, or hardly anything is sound: the grammar must not see
    /// this text.
    pub hopeless: bool,
}

pub fn lex(file: FileId, text: &str) -> Lexed {
    let mut lexer = Lexer {
        file,
        text,
        at: 0,
        first: true,
        open: Vec::new(),
        else_ifs: vec![0],
        out: Lexed { tokens: Vec::new(), comments: Vec::new(), found: Vec::new(), hopeless: false },
    };
    while !lexer.out.hopeless && lexer.step() {
        lexer.out.hopeless |= lexer.out.found.len() > MAX_DIAGNOSTICS_PER_FILE;
    }
    lexer.out.found.sort_by_key(|d| d.primary.span);
    lexer.out
}

/// The text of a token or of any other place of this file.
pub fn slice(text: &str, span: Span) -> &str {
    let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    text.get(at(span.start)..at(span.end)).unwrap_or("")
}

struct Lexer<'t> {
    file: FileId,
    text: &'t str,
    at: usize,
    first: bool,
    open: Vec<u8>,
    /// Length of the `else if` chain at each depth of brackets.
    else_ifs: Vec<usize>,
    out: Lexed,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.out.found.push(Diagnostic::error("flow-syntax", span, message).help(help));
    }

    fn push(&mut self, kind: TokenKind, len: usize) {
        let span = self.span(self.at, self.at + len);
        self.out.tokens.push(Token { kind, span, first: self.first });
        self.first = false;
        self.at += len;
    }

    /// Reads one token, comment or blank; false at the end.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return false };
        match c {
            '\n' => {
                self.first = true;
                self.at += 1;
            }
            ' ' | '\t' | '\r' => self.at += 1,
            '/' if rest.starts_with("/*") => self.block_comment(),
            '/' if rest.starts_with("///") => self.push(TokenKind::Doc, line_len(rest)),
            '/' if rest.starts_with("//") => {
                let len = line_len(rest);
                let text = rest.get(2..len).unwrap_or("");
                let text = text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned();
                let span = self.span(self.at, self.at + rest.get(..len).map_or(0, |l| l.trim_end().len()));
                self.out.comments.push(Comment { text, span });
                self.at += len;
            }
            '"' => self.text(),
            '\'' => self.other_quotes(),
            c if is_typographic_quote(c) => self.other_quotes(),
            '(' => self.parenthesis(),
            '{' | '[' => self.opened(c),
            '}' | ']' | ')' => self.closed(c),
            '-' if rest.starts_with("->") => self.push(TokenKind::Arrow, 2),
            '=' if rest.starts_with("==") || rest.starts_with("=>") => self.push(TokenKind::Other, 2),
            '=' => self.push(TokenKind::Equals, 1),
            ',' => self.push(TokenKind::Comma, 1),
            ':' => self.push(TokenKind::Colon, 1),
            ';' => {
                let span = self.span(self.at, self.at + 1);
                self.error(span, "there are no semicolons", "delete it; a blank or a line end separates statements");
                self.at += 1;
            }
            c if c.is_alphabetic() || c == '_' => {
                let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
                self.else_if(rest.get(..len).unwrap_or("") == "if");
                self.push(TokenKind::Word, len);
            }
            c if c.is_ascii_digit() || matches!(c, '*' | '#' | '-') => {
                let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '*' | '#' | '%' | '.');
                let tail = rest.get(1..).unwrap_or("");
                let len = 1 + tail.find(|c: char| !inside(c)).unwrap_or(tail.len());
                self.push(if c == '-' && len == 1 { TokenKind::Other } else { TokenKind::Number }, len);
            }
            c => self.push(TokenKind::Other, c.len_utf8()),
        }
        true
    }

    fn block_comment(&mut self) {
        let rest = self.rest();
        let len = rest.find("*/").map_or(line_len(rest), |n| n + 2);
        let span = self.span(self.at, self.at + 2);
        self.error(span, "there are no block comments", "begin each line with `//`");
        self.at += len;
    }

    /// Counts `else if` after `else if`, each of which the grammar nests in the one before.
    fn else_if(&mut self, is_if: bool) {
        if !is_if {
            return;
        }
        let after_else = self.out.tokens.last().is_some_and(|t| slice(self.text, t.span) == "else");
        let Some(chain) = self.else_ifs.last_mut() else { return };
        *chain = if after_else { *chain + 1 } else { 0 };
        if *chain > MAX_ELSE_IFS && !self.out.hopeless {
            self.out.hopeless = true;
            let span = self.span(self.at, self.at + 2);
            let message = format!("more than {MAX_ELSE_IFS} `else if` stand one after the other");
            self.error(span, message, "use `switch`, or go to another step");
        }
    }

    fn opened(&mut self, c: char) {
        self.open.push(u8::try_from(c).unwrap_or(b'{'));
        self.else_ifs.push(0);
        if self.open.len() > MAX_BRACKETS && !self.out.hopeless {
            self.out.hopeless = true;
            let span = self.span(self.at, self.at + 1);
            let message = format!("brackets nest more than {MAX_BRACKETS} deep here");
            self.error(span, message, "move the inner part to a step of its own");
        }
        self.push(TokenKind::Open, 1);
    }

    fn closed(&mut self, _: char) {
        // Which brackets belong together is `recover`'s question; here only depth counts.
        if self.open.pop().is_some() {
            self.else_ifs.pop();
        }
        self.push(TokenKind::Close, 1);
    }
}

/// Quotes that word processors and telephones put in place of `"`.
fn is_typographic_quote(c: char) -> bool {
    matches!(c, '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2039}' | '\u{203a}')
}

/// Bytes to the end of the line, without the line end.
fn line_len(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}
