//! rhai's parse errors in the language's words.

use super::error::{ExprError, rule};
use super::scan::Scan;
use rhai::{LexError, ParseError, ParseErrorType};

pub(super) fn in_words(error: &ParseError, scan: &Scan<'_>) -> ExprError {
    let pos = error.position();
    let start = match (pos.line(), pos.position()) {
        (Some(line), column) => scan.offset(line, column.unwrap_or(1)),
        _ => scan.source.len(),
    };
    let index = scan.index_at(start);
    let end = scan.tokens.get(index).filter(|t| t.start == start).map_or(start, |t| t.end);
    let word = scan.source.get(start..end).unwrap_or("");
    let (rule, message, help) = describe(error.err_type(), word);
    let named = scan.tokens.get(index + 2).is_some_and(|t| scan.source.get(t.start..t.end) == Some(":"));
    let help = if word == "{" && named { Some("a map is written `#{name: value}`") } else { help };
    ExprError::new(rule, (start, end), message).maybe_help(help.map(str::to_owned))
}

fn describe(kind: &ParseErrorType, word: &str) -> (&'static str, String, Option<&'static str>) {
    let unexpected = |word: &str| match word {
        "" => "the expression ends too early".to_owned(),
        word => format!("`{word}` is not expected here"),
    };
    let (message, help) = match kind {
        ParseErrorType::UnexpectedEOF => {
            ("the expression ends too early".to_owned(), Some("a value is missing at its end"))
        }
        ParseErrorType::BadInput(lexical) => return lexical_error(lexical, word),
        ParseErrorType::UnknownOperator(op) => (format!("there is no operator `{op}`"), None),
        ParseErrorType::MissingToken(token, _) if word.is_empty() => (format!("`{token}` is missing at the end"), None),
        ParseErrorType::MissingToken(token, _) => (format!("`{token}` is missing before `{word}`"), None),
        ParseErrorType::MalformedIndexExpr(_) => (
            "this cannot be an index here".to_owned(),
            Some("lists and texts are indexed from 0, maps by a key in quotes"),
        ),
        ParseErrorType::DuplicatedProperty(key) => (format!("the key `{key}` stands twice in this map"), None),
        ParseErrorType::PropertyExpected => (
            "a field's name is missing after the point".to_owned(),
            Some("a field whose name is a reserved word is read as `row[\"name\"]`"),
        ),
        ParseErrorType::MismatchedType(..) => {
            return (
                rule::TYPE_MISMATCH,
                "true or false is needed here".to_owned(),
                Some("`&&`, `||`, `!` and `if` take only true or false: compare with something"),
            );
        }
        ParseErrorType::LiteralTooLarge(..) | ParseErrorType::ExprTooDeep => {
            let help = Some("put a part into a variable with `set`");
            return (rule::TOO_LARGE, "the expression is too large here".to_owned(), help);
        }
        ParseErrorType::Reserved(word) => (format!("`{word}` is a reserved word"), None),
        _ => (unexpected(word), None),
    };
    (rule::SYNTAX, message, help)
}

fn lexical_error(error: &LexError, word: &str) -> (&'static str, String, Option<&'static str>) {
    let (message, help) = match error {
        LexError::UnterminatedString => ("the text is not closed".to_owned(), Some("end it with `\"`")),
        LexError::MalformedEscapeSequence(text) => {
            (format!("`{text}` is not an escape"), Some("the escapes are `\\\"`, `\\\\`, `\\n` and `\\t`"))
        }
        LexError::MalformedNumber(text) => (format!("`{text}` is not a number"), None),
        LexError::MalformedIdentifier(text) => (format!("`{text}` is not a name"), None),
        LexError::StringTooLong(_) => return (rule::TOO_LARGE, "the text is too long".to_owned(), None),
        LexError::UnexpectedInput(text) if word.is_empty() && text.is_empty() => {
            ("the expression ends too early".to_owned(), None)
        }
        LexError::UnexpectedInput(text) => {
            let text = if word.is_empty() { text } else { word };
            (format!("`{text}` is not expected here"), Some("an expression gives one value; is an operator missing?"))
        }
        _ => (format!("`{word}` is not expected here"), None),
    };
    (rule::SYNTAX, message, help)
}
