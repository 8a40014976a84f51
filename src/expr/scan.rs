//! The words of an expression and where they stand, read before rhai reads it.
//!
//! rhai reports one error and only where it starts; a flow's author gets all of them, with their
//! extent, in the language's own words. It also bounds nesting before rhai's recursive parser runs.
//! This is not a parser: what is an expression is decided by rhai.

use super::error::{ExprError, rule};
use crate::base::limits::{MAX_EXPR_DEPTH, MAX_TEXT_BYTES};

/// Operators, calls and branches of one expression. A chain `a + b + c` is a tree as deep as it is
/// long, and dropping or checking a tree recurses: this bounds the stack. No sane flow comes near.
pub(super) const MAX_OPERATORS: usize = 64;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Word,
    Number,
    Text,
    Open,
    Close,
    Symbol,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// The tokens of one source, in order.
pub(super) struct Scan<'s> {
    pub source: &'s str,
    pub tokens: Vec<Token>,
}

impl<'s> Scan<'s> {
    pub fn text(&self, token: Token) -> &'s str {
        self.source.get(token.start..token.end).unwrap_or("")
    }

    /// The text of the token at `index`, or nothing beyond either end.
    pub fn text_at(&self, index: Option<usize>) -> &'s str {
        index.and_then(|i| self.tokens.get(i)).map_or("", |t| self.text(*t))
    }

    /// The index of the token that starts at or after the byte `offset`.
    pub fn index_at(&self, offset: usize) -> usize {
        self.tokens.partition_point(|t| t.start < offset)
    }

    /// The byte offset of a one-based line and column in characters, as rhai counts.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let mut start = 0;
        for (number, text) in self.source.split_inclusive('\n').enumerate() {
            if number + 1 == line {
                let within: usize = text.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
                return (start + within).min(self.source.len());
            }
            start += text.len();
        }
        self.source.len()
    }

    /// The end of the bracket that opens at token `open`; the source's end if it never closes.
    pub fn closing_end(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for token in self.tokens.iter().skip(open) {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return token.end;
                    }
                }
                _ => {}
            }
        }
        self.source.len()
    }
}

/// Reads the tokens and refuses what expressions do not have.
pub(super) fn scan(source: &str) -> Result<Scan<'_>, Vec<ExprError>> {
    let whole = (0, source.len());
    if source.len() > MAX_TEXT_BYTES {
        let message = format!("the expression has {} bytes, and {MAX_TEXT_BYTES} are allowed", source.len());
        return Err(vec![ExprError::new(rule::TOO_LARGE, whole, message)]);
    }
    if source.trim().is_empty() {
        return Err(vec![ExprError::new(rule::SYNTAX, whole, "the expression is empty")]);
    }
    let mut scan = Scan { source, tokens: Vec::new() };
    let mut at = 0;
    while let Some(token) = next_token(source, at) {
        at = token.end;
        scan.tokens.push(token);
    }
    let mut errors = refused(&scan);
    errors.extend(too_large(&scan));
    if errors.is_empty() { Ok(scan) } else { Err(errors) }
}

fn next_token(source: &str, from: usize) -> Option<Token> {
    let rest = source.get(from..)?;
    let trimmed = rest.trim_start();
    let start = from + (rest.len() - trimmed.len());
    let first = trimmed.chars().next()?;
    let run = |wanted: fn(char) -> bool| trimmed.find(|c| !wanted(c)).unwrap_or(trimmed.len());
    let (kind, len) = if first.is_ascii_digit() {
        (Kind::Number, number_len(trimmed))
    } else if first == '_' || first.is_alphabetic() {
        (Kind::Word, run(is_word))
    } else if first == '"' {
        (Kind::Text, text_len(trimmed))
    } else if trimmed.starts_with("#{") {
        (Kind::Open, 2)
    } else if matches!(first, '(' | '[' | '{') {
        (Kind::Open, 1)
    } else if matches!(first, ')' | ']' | '}') {
        (Kind::Close, 1)
    } else {
        (Kind::Symbol, symbol_len(trimmed, first))
    };
    Some(Token { kind, start, end: start + len })
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Digits, and a fraction where a digit follows the point: in `1.len` the point is a field's.
fn number_len(text: &str) -> usize {
    let whole = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let fraction =
        text.get(whole..).and_then(|t| t.strip_prefix('.')).filter(|t| t.starts_with(|c: char| c.is_ascii_digit()));
    match fraction {
        Some(rest) => whole + 1 + rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
        None => whole,
    }
}

fn text_len(text: &str) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return i + 1,
            _ => {}
        }
    }
    text.len()
}

/// Longest first, so that `==` is not read as two assignments.
const SYMBOLS: &[&str] = &[
    "..=", "**=", "<<=", ">>=", "===", "!==", "...", "==", "!=", "<=", ">=", "&&", "||", "..", "**", "<<", ">>", "+=",
    "-=", "*=", "/=", "%=", "&=", "|=", "^=", "=>", "->", "::", ":=", "??", "?.", "?[", "//", "/*", "++", "--", "<-",
];

fn symbol_len(text: &str, first: char) -> usize {
    SYMBOLS.iter().find(|s| text.starts_with(**s)).map_or(first.len_utf8(), |s| s.len())
}

fn too_large(scan: &Scan<'_>) -> Option<ExprError> {
    let mut depth = 0_usize;
    let mut operators = 0_usize;
    for token in &scan.tokens {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Symbol if !matches!(scan.text(*token), "," | ":") => operators += 1,
            Kind::Word if matches!(scan.text(*token), "if" | "in") => operators += 1,
            _ => {}
        }
        let at = (token.start, token.end);
        if depth > MAX_EXPR_DEPTH {
            let message = format!("brackets are nested deeper than {MAX_EXPR_DEPTH}");
            return Some(ExprError::new(rule::TOO_LARGE, at, message).help("put a part into a variable with `set`"));
        }
        if operators > MAX_OPERATORS {
            let message = format!("the expression has more than {MAX_OPERATORS} operators");
            let help = "put a part into a variable with `set`, or compare with `in [..]`";
            return Some(ExprError::new(rule::TOO_LARGE, at, message).help(help));
        }
    }
    None
}

/// All that rhai has and the language has not, each once.
fn refused(scan: &Scan<'_>) -> Vec<ExprError> {
    let mut errors: Vec<ExprError> = Vec::new();
    for (i, token) in scan.tokens.iter().enumerate() {
        let text = scan.text(*token);
        let before = i.checked_sub(1);
        let found = match token.kind {
            Kind::Symbol => refused_symbol(text, starts_value(scan, before)),
            Kind::Word if !is_name_place(scan, i) => refused_word(text),
            Kind::Text => refused_text(text),
            Kind::Number if text.contains(is_odd_in_number) => {
                Some((format!("`{text}` is not a number"), "write digits and at most one point, as `0.5`"))
            }
            _ => None,
        };
        if let Some((message, help)) = found {
            errors.push(ExprError::new(rule::SYNTAX, (token.start, token.end), message).help(help));
            if matches!(text, "`" | "'" | "//" | "/*") {
                // What follows is prose or another language's text; its words are not mistakes.
                break;
            }
        }
    }
    errors
}

fn is_odd_in_number(c: char) -> bool {
    !c.is_ascii_digit() && c != '.'
}

/// Whether a value would start after the token at `before`.
fn starts_value(scan: &Scan<'_>, before: Option<usize>) -> bool {
    match before.and_then(|i| scan.tokens.get(i)) {
        None => true,
        Some(t) => match t.kind {
            Kind::Open | Kind::Symbol => true,
            Kind::Word => matches!(scan.text(*t), "if" | "else" | "in"),
            _ => false,
        },
    }
}

/// Whether the word at `index` is a field, a method or a key of a map, and so no word of the language.
pub(super) fn is_name_place(scan: &Scan<'_>, index: usize) -> bool {
    let before = scan.text_at(index.checked_sub(1));
    before == "." || (matches!(before, "#{" | ",") && scan.text_at(Some(index + 1)) == ":")
}

fn refused_symbol(text: &str, at_value: bool) -> Option<(String, &'static str)> {
    const ONE: &str = "an expression gives one value; write a statement for each";
    let help = match text {
        "=" | ":=" => {
            return Some((
                format!("`{text}` cannot set anything here"),
                "to compare write `==`; to set a variable write the statement `set name = value`",
            ));
        }
        "+=" | "-=" | "*=" | "/=" | "%=" | "&=" | "|=" | "^=" | "**=" | "<<=" | ">>=" => {
            return Some((format!("`{text}` cannot set anything here"), "write the statement `set n = (n + 1)`"));
        }
        ";" => return Some(("expressions have no `;`".to_owned(), ONE)),
        "`" => {
            return Some((
                "back-quoted text is not part of the language".to_owned(),
                "write `\"..\"` and join texts with `+`",
            ));
        }
        "'" => return Some(("text stands in double quotes".to_owned(), "write `\"..\"`")),
        "//" | "/*" => {
            return Some((
                "an expression holds no comment".to_owned(),
                "put the comment on the line before the statement",
            ));
        }
        "|" | "||" if at_value => {
            return Some(("expressions have no closures".to_owned(), "use `in`, `contains` or a subflow"));
        }
        "=>" | "->" => "an arrow belongs outside the parentheses",
        "===" | "!==" => "write `==` or `!=`",
        "&" | "|" => "write `&&` for and, `||` for or",
        ".." | "..=" | "..." => "write `a <= x && x <= b`",
        "::" => "expressions have no modules",
        "?" | "?." | "?[" | "??" => "write `if a { b } else { c }`",
        "**" | "<<" | ">>" | "^" | "~" | "++" | "--" => {
            "the operators are + - * / %, == != < <= > >=, && || ! and `in`"
        }
        "<-" => "put a blank between `<` and `-`",
        "#" => "a map is written `#{key: value}`",
        "$" => "inside an expression a variable needs no `$`",
        _ => return None,
    };
    Some((format!("there is no operator `{text}`"), help))
}

fn refused_word(text: &str) -> Option<(String, &'static str)> {
    let help = match text {
        "let" | "const" | "var" | "set" => {
            "declare it in the flow's header with `var` or `const`, and set it with the statement `set`"
        }
        "while" | "loop" | "for" | "do" | "until" | "break" | "continue" => {
            "a step with `visits` is the language's only loop"
        }
        "fn" | "Fn" | "private" | "return" | "curry" => {
            "shared steps are a `subflow`; an expression only computes a value"
        }
        "throw" | "try" | "catch" => "a failing expression takes the flow's `failed` arrow",
        "switch" => "write the statement `switch`, or `if a { b } else { c }`",
        "import" | "export" | "as" | "global" => "expressions have no modules",
        "eval" | "print" | "debug" | "type_of" | "is_def_var" | "is_def_fn" | "is_shared" | "this" => {
            "it is not part of the language"
        }
        "and" => "write `&&`",
        "or" => "write `||`",
        "not" => "write `!`",
        "null" | "nil" | "none" => "a variable always has a value; compare text with `\"\"`",
        _ => return None,
    };
    // A few of these words are good names: they are refused only where rhai reserves them.
    let named = matches!(text, "var" | "set" | "and" | "or" | "not" | "null" | "nil" | "none" | "global");
    if named && !super::is_reserved_word(text) {
        return None;
    }
    Some((format!("`{text}` is not part of an expression"), help))
}

fn refused_text(text: &str) -> Option<(String, &'static str)> {
    if text.len() < 2 || !text.ends_with('"') {
        return Some(("the text is not closed".to_owned(), "end it with `\"`"));
    }
    if text.contains("${") {
        return Some((
            "text inside an expression has no holes".to_owned(),
            "join texts with `+`: `\"Hello \" + caller.name`",
        ));
    }
    None
}
