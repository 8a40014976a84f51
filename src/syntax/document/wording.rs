//! What the YAML parser's errors say to a person who writes a site.

use granit_parser::{ErrorKind, ScanError};

use crate::base::diagnostic::Diagnostic;
use crate::base::span::{FileId, Span};

use super::MAX_DEPTH;

/// The diagnostic for an error of the parser; `open` is where the innermost collection began.
pub(super) fn syntax_error(file: FileId, text: &str, error: &ScanError, open: Option<Span>) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let rest = text.get(at..).unwrap_or("");
    let next = rest.chars().next().filter(|c| !matches!(c, '\n' | '\r'));
    let span = Span::new(file, at, at + next.map_or(0, char::len_utf8));
    if let Some(found) = layout(file, text, error.kind(), at) {
        return found;
    }
    let (message, help) = words(error.kind(), next);
    let mut found = Diagnostic::error("yaml-syntax", span, message);
    if let Some(help) = help {
        found = found.help(help);
    }
    let unclosed = matches!(
        error.kind(),
        ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::MappingValueNotAllowed
            | ErrorKind::InvalidColonPlacement
    );
    // In a block collection that began lines above, "opened here" would point at nothing.
    let bracket = |open: Span| matches!(byte_at(text, open.start), Some(b'[' | b'{'));
    match open {
        Some(open) if unclosed && open.start < span.start && bracket(open) => {
            found.also(Span { end: open.start.saturating_add(1), ..open }, "opened here")
        }
        _ => found,
    }
}

/// What the layout of the lines around an error tells better than the parser can: it goes on reading a plain text
/// on the next line, and stumbles over what stands there.
fn layout(file: FileId, text: &str, kind: &ErrorKind, at: usize) -> Option<Diagnostic> {
    let error = |from: usize, message: &str| {
        Diagnostic::error("yaml-syntax", Span::new(file, from, from + 1), message.to_owned())
    };
    let begins = text.get(..at)?.rfind('\n').map_or(0, |n| n + 1);
    let colon = matches!(kind, ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement);
    if colon && begins > 0 {
        let line = text.get(begins..)?.lines().next()?;
        let above = text.get(..begins)?.lines().next_back()?;
        let indent = |line: &str| line.len() - line.trim_start().len();
        let deeper = indent(line) > indent(above) && above.trim_start().starts_with("- ") && !above.ends_with(':');
        return (deeper && line.trim_start().starts_with("- ")).then(|| {
            error(begins + indent(line), "this item stands deeper than the one above, and is read as part of it")
                .help("align the `-` of both")
        });
    }
    // The parser names the beginning of the text into whose next line the tab fell.
    let tab = at + text.get(at..)?.find('\t').filter(|_| matches!(kind, ErrorKind::TabInPlainScalar))?;
    Some(error(tab, "a tab stands in the indentation").help("indent with blanks"))
}

fn byte_at(text: &str, at: u32) -> Option<u8> {
    text.as_bytes().get(usize::try_from(at).ok()?).copied()
}

fn words(kind: &ErrorKind, next: Option<char>) -> (String, Option<&'static str>) {
    use ErrorKind as K;
    const QUOTE: &str = "put the text in double quotes";
    const ALIGN: &str = "align it with the keys or items it belongs to, with blanks";
    let (message, help) = match kind {
        K::RecursionLimitExceeded => {
            return (format!("maps and lists nest more than {MAX_DEPTH} deep here"), Some("flatten the document"));
        }
        K::UnexpectedCharacter { character } => {
            return (format!("a value cannot begin with `{character}`"), Some(QUOTE));
        }
        K::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("`{open}` is closed by `{close}`"), Some("close each bracket by its own kind"));
        }
        K::UnclosedFlowCollection { open } => {
            return (format!("`{open}` is never closed"), Some("close it before the next key or the end of the file"));
        }
        K::TabNotAllowed | K::TabInBlockIndentation | K::TabInIndentation | K::TabAtBlockScalarStart => {
            ("a tab stands in the indentation", Some("indent with blanks"))
        }
        K::InvalidQuotedScalarIndent => {
            ("a quoted text is not closed before this line", Some("add the closing quote, or indent the line"))
        }
        K::UnclosedQuotedScalar => ("a quoted text is never closed", Some("add the closing quote")),
        K::UnexpectedEofFlowMapping => ("`{` is never closed", Some("add `}`")),
        K::UnexpectedEofFlowSequence => ("`[` is never closed", Some("add `]`")),
        K::ExpectedFlowMappingSeparator => (
            "expected `,` or `}`",
            Some("close the `{`; a value with `: `, `{` or `,` inside must be in double quotes"),
        ),
        K::ExpectedFlowSequenceSeparator => {
            ("expected `,` or `]`", Some("close the `[`; a value with `{`, `[` or `,` inside must be in double quotes"))
        }
        K::MappingValueNotAllowed | K::InvalidColonPlacement => (
            "a `: ` cannot stand here",
            Some("close what is open above; put a value with `: ` inside in double quotes"),
        ),
        K::UnknownAnchor => {
            ("no anchor of this name stands above", Some("`*` begins an alias; to mean the star key, write `\"*\"`"))
        }
        K::MissingAnchorOrAliasName => {
            ("`*` or `&` begins an alias or anchor, and no name follows", Some("put the star key in quotes: `\"*\"`"))
        }
        K::InvalidIndentation | K::ExpectedBlockMappingKey | K::ExpectedBlockSequenceEntry => {
            ("the indentation fits nothing above", Some(ALIGN))
        }
        K::SimpleKeyExpected | K::InvalidSimpleKey if next == Some('*') => {
            ("the star key stands without quotes", Some("write `\"*\"`: without quotes `*` begins an alias"))
        }
        K::SimpleKeyExpected | K::InvalidSimpleKey => {
            ("a key needs `: ` after it", Some("write `key: value`, or `- item` in a list"))
        }
        K::BlockSequenceEntryNotAllowed | K::BlockEntryInFlowCollection => {
            ("a list item `- ` cannot stand here", Some("begin the list on its own line, or write it as `[a, b]`"))
        }
        K::UnknownQuotedScalarEscape | K::InvalidQuotedScalarHexEscape | K::InvalidUnicodeEscape => {
            ("this escape is not known", Some("write `\\\\` for a backslash, or use single quotes"))
        }
        K::ExpectedNodeContent if next.is_none() => ("a value is missing here", None),
        K::InvalidTrailingDoubleQuotedScalar | K::InvalidTrailingSingleQuotedScalar => {
            ("text follows the closing quote", Some("put the whole value in one pair of quotes"))
        }
        other => return (format!("this is not valid YAML: {other}"), None),
    };
    (message.to_owned(), help)
}
