//! What every source text must be before anything reads it: UTF-8 of a bounded size, without a
//! byte-order mark, control characters, or characters that change the direction of text.

use std::borrow::Cow;

use crate::base::diagnostic::Diagnostic;
use crate::base::limits::{MAX_DIAGNOSTICS_PER_FILE, MAX_FILE_BYTES};
use crate::base::span::{FileId, Span};

/// The text of a file, or the place of the first byte that is not UTF-8.
pub fn decode(file: FileId, bytes: &[u8]) -> Result<&str, Box<Diagnostic>> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or(0);
        let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let help = if utf16 { "this looks like UTF-16; save the file as UTF-8" } else { "save the file as UTF-8" };
        // The span points into the text as it is shown, in which such bytes are replaced.
        let found = Diagnostic::error("source-encoding", Span::new(file, at, at), "the file is not UTF-8")
            .label(format!("byte `{byte:#04x}` here"))
            .help(help);
        Box::new(found)
    })
}

/// The text with every forbidden character blanked (places stay true) and an error for each; or
/// the one error that the file is too large to read.
pub fn check(file: FileId, text: &str) -> Result<(Cow<'_, str>, Vec<Diagnostic>), Box<Diagnostic>> {
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file has {} bytes; at most {MAX_FILE_BYTES} are read", text.len());
        let found = Diagnostic::error("file-too-large", Span::new(file, 0, 0), message)
            .help("split it: any number of files make up one site");
        return Err(Box::new(found));
    }
    let mut found = Vec::new();
    if text.char_indices().all(|(at, c)| forbidden_at(text, at, c).is_none()) {
        return Ok((Cow::Borrowed(text), found));
    }
    let mut masked = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let Some(what) = forbidden_at(text, at, c) else {
            masked.push(c);
            continue;
        };
        // Line ends at the beginning of the file: blanks would be the indentation of a YAML document.
        masked.extend(std::iter::repeat_n(if at == 0 { '\n' } else { ' ' }, c.len_utf8()));
        if found.len() < MAX_DIAGNOSTICS_PER_FILE {
            found.push(report(Span::new(file, at, at + c.len_utf8()), c, what));
        }
    }
    Ok((Cow::Owned(masked), found))
}

/// As [`forbidden`], for a character of a file: a lone carriage return ends a line in YAML and none in a flow, and
/// on a terminal it hides what stands before it.
fn forbidden_at(text: &str, at: usize, c: char) -> Option<&'static str> {
    let alone = c == '\r' && text.as_bytes().get(at + 1) != Some(&b'\n');
    if alone { Some("a carriage return without a line feed") } else { forbidden(c) }
}

/// What is wrong with a character, in words; `None` if it may stand in a source text.
pub fn forbidden(c: char) -> Option<&'static str> {
    match c {
        '\t' | '\n' | '\r' => None,
        '\u{feff}' => Some("a byte-order mark"),
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("a character that changes the direction of text")
        }
        c if c.is_control() => Some("a control character"),
        _ => None,
    }
}

/// The error about one forbidden character, whether written as itself or as an escape.
pub fn report(span: Span, c: char, what: &str) -> Diagnostic {
    let why = match c {
        '\u{feff}' => "save the file as UTF-8 without a byte-order mark",
        c if c.is_control() => "delete it; only tab and line end may stand in a source text",
        _ => "delete it: with it, what a reviewer sees is not what runs",
    };
    Diagnostic::error("source-character", span, format!("{what} (U+{:04X}) stands here", u32::from(c)))
        .label("not visible")
        .help(why)
}
