//! Texts, holes and expressions: what has an end of its own, and what goes wrong inside.

use crate::base::limits::MAX_TEXT_BYTES;

use super::{Lexer, MAX_BRACKETS, TokenKind, line_len};

/// Bytes of one expression: the language's limit of a text. Without it, a file of unclosed brackets
/// would be scanned once for each of them.
const MAX_CODE_BYTES: usize = MAX_TEXT_BYTES;

/// Why the code of an expression or a hole has no end.
enum Broken {
    /// It never closes.
    Open,
    /// Something that must not stand in it, at this offset and of this length.
    At(usize, usize, &'static str, &'static str),
}

impl Lexer<'_> {
    pub(super) fn text(&mut self) {
        if self.rest().starts_with("\"\"\"") {
            return self.long_text();
        }
        let rest = self.rest();
        let mut at = 1;
        while let Some(c) = rest.get(at..).and_then(|r| r.chars().next()) {
            match c {
                '"' => return self.push(TokenKind::Text, at + 1),
                '\n' => break,
                '\\' => match rest.get(at + 1..).and_then(|r| r.chars().next()) {
                    Some('\\' | '"' | 'n' | 't' | '$') => at += 2,
                    Some(other) if other != '\n' => {
                        let len = 1 + other.len_utf8();
                        let span = self.span(self.at + at, self.at + at + len);
                        let shown = super::slice(self.text, span).to_owned();
                        self.error(
                            span,
                            format!("`{shown}` is no escape"),
                            "the escapes are `\\\\`, `\\\"`, `\\n`, `\\t`, `\\$`",
                        );
                        return self.resume_after_text(at + len);
                    }
                    _ => break,
                },
                '$' if rest.get(at..).is_some_and(|r| r.starts_with("${")) => match self.hole(at) {
                    Some(end) => at = end,
                    None => return,
                },
                c => at += c.len_utf8(),
            }
        }
        let span = self.span(self.at, self.at + 1);
        // Right behind a word it is the end of a text rather than the beginning of one.
        let word = self.text.get(..self.at).unwrap_or("");
        let word = word.rsplit(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '+'))).next().unwrap_or("");
        if word.is_empty() {
            self.error(span, "this text is never closed", "add `\"`; a text over several lines stands in `\"\"\"`");
        } else {
            self.error(span, "this quote closes a text that none opens", format!("write `\"{word}\"`"));
        }
        self.skip_line();
    }

    /// After a reported slip inside a text: goes on behind its closing quote, or at the line's end.
    fn resume_after_text(&mut self, from: usize) {
        let rest = self.rest();
        let line = line_len(rest);
        let tail = rest.get(from..line).unwrap_or("");
        let len = tail.find('"').map_or(line, |n| from + n + 1);
        self.push(TokenKind::Text, len);
    }

    fn long_text(&mut self) {
        let rest = self.rest();
        let mut at = 3;
        while let Some(tail) = rest.get(at..).filter(|t| !t.is_empty()) {
            if tail.starts_with("\"\"\"") {
                return self.push(TokenKind::Text, at + 3);
            }
            if tail.starts_with("${") {
                match self.hole(at) {
                    Some(end) => at = end,
                    None => return,
                }
            } else {
                at += tail.chars().next().map_or(1, char::len_utf8);
            }
        }
        let span = self.span(self.at, self.at + 3);
        self.error(span, "this text is never closed", "close it with `\"\"\"`");
        self.skip_line();
    }

    /// The offset behind a hole that begins at `at`; `None` if it is broken, which is reported.
    fn hole(&mut self, at: usize) -> Option<usize> {
        match self.code(at + 2, b'}') {
            Ok(end) => {
                let inner = self.rest().get(at + 2..end).unwrap_or("");
                if let Some(nested) = inner.find("${") {
                    let from = self.at + at + 2 + nested;
                    let span = self.span(from, from + 2);
                    self.error(span, "a `${ }` cannot stand in another", "set a variable to the inner text first");
                }
                Some(end)
            }
            Err(Broken::Open) => {
                let span = self.span(self.at + at, self.at + at + 2);
                self.error(span, "this `${` is never closed", "add `}`, or write `\\${` to mean the characters");
                self.skip_line();
                None
            }
            Err(Broken::At(from, len, message, help)) => {
                let span = self.span(self.at + from, self.at + from + len);
                self.error(span, message, help);
                self.skip_line();
                None
            }
        }
    }

    /// `(`: of arguments, whose content is tokens, or of an expression, which is one token.
    pub(super) fn parenthesis(&mut self) {
        if self.arguments_follow() {
            return self.opened('(');
        }
        match self.code(1, b')') {
            Ok(end) => self.push(TokenKind::Expr, end),
            Err(Broken::Open) => {
                let span = self.span(self.at, self.at + 1);
                self.error(span, "this `(` is never closed", "add `)`");
                self.skip_line();
            }
            Err(Broken::At(from, len, message, help)) => {
                let span = self.span(self.at + from, self.at + from + len);
                self.error(span, message, help);
                self.skip_line();
            }
        }
    }

    /// Whether `name:` follows the bracket: no expression begins so.
    fn arguments_follow(&self) -> bool {
        let inner = after_blanks(self.rest().get(1..).unwrap_or(""));
        let len = inner.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(inner.len());
        let after = after_blanks(inner.get(len..).unwrap_or(""));
        len > 0 && after.starts_with(':') && !after.starts_with("::")
    }

    /// The offset behind the bracket that ends the code which begins at `from`.
    fn code(&self, from: usize, end: u8) -> Result<usize, Broken> {
        let line = from + line_len(self.rest().get(from..).unwrap_or(""));
        self.code_end(from, end).map_err(|broken| match broken {
            // Beyond its line, what looks wrong is the text that follows: the end is missing.
            Broken::At(at, ..) if at >= line => Broken::Open,
            other => other,
        })
    }

    fn code_end(&self, from: usize, end: u8) -> Result<usize, Broken> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut closing = vec![end];
        let mut at = from;
        while let Some(byte) = bytes.get(at).filter(|_| at - from < MAX_CODE_BYTES) {
            match byte {
                b'(' => closing.push(b')'),
                b'[' => closing.push(b']'),
                b'{' => closing.push(b'}'),
                b')' | b']' | b'}' => {
                    if closing.pop() != Some(*byte) {
                        return Err(Broken::At(
                            at,
                            1,
                            "this bracket closes nothing in the expression",
                            "close each bracket by its own kind",
                        ));
                    }
                    if closing.is_empty() {
                        return Ok(at + 1);
                    }
                }
                b'"' => {
                    // In a hole the quote is rather the end of the text, and the brace is missing.
                    let in_hole = end == b'}' && closing.len() == 1;
                    let line_end = at + line_len(rest.get(at..).unwrap_or(""));
                    let line = rest.get(..line_end).unwrap_or(rest);
                    at = match quoted_end(if in_hole { line } else { rest }, at) {
                        Some(end) => end,
                        None if in_hole => return Err(Broken::Open),
                        None => {
                            let message = "a text in this expression is never closed";
                            return Err(Broken::At(at, 1, message, "add `\"`"));
                        }
                    };
                    continue;
                }
                b'`' => return Err(Broken::At(at, 1, "back quotes are not used", "write text in double quotes")),
                b'/' if matches!(bytes.get(at + 1), Some(b'/' | b'*')) => {
                    return Err(Broken::At(
                        at,
                        2,
                        "a comment cannot stand in an expression",
                        "move it above the statement",
                    ));
                }
                _ => {}
            }
            if closing.len() > MAX_BRACKETS {
                return Err(Broken::At(
                    at,
                    1,
                    "the brackets of this expression nest too deeply",
                    "set a variable to a part of it first",
                ));
            }
            at += 1;
        }
        Err(Broken::Open)
    }

    /// A text in `'` or in the quotes of a typesetter.
    pub(super) fn other_quotes(&mut self) {
        let rest = self.rest();
        let line = rest.get(..line_len(rest)).unwrap_or(rest);
        let open = line.chars().next().unwrap_or('"');
        let closes = |c: char| if open == '\'' { c == open } else { c == '"' || super::is_typographic_quote(c) };
        let inside = line.get(open.len_utf8()..).unwrap_or("");
        let close = inside.char_indices().find(|(_, c)| closes(*c));
        let text = close.map(|(at, _)| inside.get(..at).unwrap_or(""));
        let len = open.len_utf8() + close.map_or(0, |(at, c)| at + c.len_utf8());
        let span = self.span(self.at, self.at + len);
        let help = match text {
            Some(text) => format!("write `\"{text}\"`"),
            None => "write text as `\"text\"`".to_owned(),
        };
        let kind = if open == '\'' { "" } else { "straight " };
        self.error(span, format!("text stands in {kind}double quotes"), help);
        self.push(TokenKind::Text, len);
    }

    /// Goes on at the next line: what follows a broken text on its line means nothing.
    fn skip_line(&mut self) {
        let len = line_len(self.rest());
        self.at += len.max(1);
        if len == 0 {
            self.first = true;
        }
    }
}

/// What stands behind blanks, line ends and comments.
fn after_blanks(text: &str) -> &str {
    let mut text = text.trim_start();
    while text.starts_with("//") {
        text = text.get(line_len(text)..).unwrap_or("").trim_start();
    }
    text
}

/// The offset behind the quoted text that begins at `at`.
fn quoted_end(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let start = at;
    let mut at = at + 1;
    loop {
        match bytes.get(at).filter(|_| at - start < MAX_CODE_BYTES)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
