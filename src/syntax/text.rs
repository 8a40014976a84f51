//! Texts with holes: from the source of either form to pieces, and back.

use crate::base::span::{Span, Spanned};

use super::ast::{Piece, Text};

/// Collects pieces, joining neighbouring literals.
#[derive(Default)]
struct Pieces {
    literal: String,
    pieces: Vec<Piece>,
}

impl Pieces {
    fn hole(&mut self, source: &str, span: Span) {
        self.flush();
        self.pieces.push(Piece::Hole(Spanned::new(source.to_owned(), span)));
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Literal(std::mem::take(&mut self.literal)));
        }
    }

    fn finish(mut self) -> Text {
        self.flush();
        Text { pieces: self.pieces }
    }
}

/// The offset of the `}` of a hole whose code begins at `from`; `None` if it has no end.
fn hole_end(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'}' if depth == 0 => return Some(at),
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b'"' => {
                at += 1;
                while *bytes.get(at)? != b'"' {
                    at += if bytes.get(at) == Some(&b'\\') { 2 } else { 1 };
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// A span `from..to` within `text`, whose first byte stands at the start of `place`.
fn within(place: Span, from: usize, to: usize) -> Span {
    let start = usize::try_from(place.start).unwrap_or(usize::MAX);
    Span::new(place.file, start.saturating_add(from), start.saturating_add(to))
}

/// The text of `"..."` or `"""..."""` as the grammar matched it; `place` is where it stands.
pub fn from_flow(source: &str, place: Span) -> Text {
    match source.strip_prefix("\"\"\"").and_then(|s| s.strip_suffix("\"\"\"")) {
        Some(inner) => long(inner, within(place, 3, source.len().saturating_sub(3))),
        None => short(source, place),
    }
}

fn short(source: &str, place: Span) -> Text {
    let mut out = Pieces::default();
    let end = source.len().saturating_sub(1);
    let mut at = 1;
    while let Some(rest) = source.get(at..end).filter(|r| !r.is_empty()) {
        let mut chars = rest.chars();
        let c = chars.next().unwrap_or(' ');
        if c == '\\' {
            out.literal.push(match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(other) => other,
                None => '\\',
            });
            at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8);
        } else if rest.starts_with("${")
            && let Some(close) = hole_end(source, at + 2)
        {
            out.hole(source.get(at + 2..close).unwrap_or(""), within(place, at + 2, close));
            at = close + 1;
        } else {
            out.literal.push(c);
            at += c.len_utf8();
        }
    }
    out.finish()
}

/// The lines of a long text: indentation goes, a line break becomes a blank, an empty line a
/// paragraph (two line ends). Backslashes are characters: this form has no escapes.
fn long(inner: &str, place: Span) -> Text {
    let mut out = Pieces::default();
    // Blanks, line ends and what they stand for are decided when the next thing is known.
    let mut breaks = 0_usize;
    let mut blanks = String::new();
    let mut any = false;
    let mut at = 0;
    while let Some(rest) = inner.get(at..).filter(|r| !r.is_empty()) {
        let c = rest.chars().next().unwrap_or(' ');
        match c {
            '\n' => {
                breaks += 1;
                blanks.clear();
                at += 1;
                continue;
            }
            ' ' | '\t' | '\r' => {
                blanks.push(c);
                at += 1;
                continue;
            }
            _ => {}
        }
        match (any, breaks) {
            (false, _) => {}
            (true, 0) => out.literal.push_str(&blanks),
            (true, 1) => out.literal.push(' '),
            (true, _) => out.literal.push_str("\n\n"),
        }
        (any, breaks) = (true, 0);
        blanks.clear();
        if rest.starts_with("${")
            && let Some(close) = hole_end(inner, at + 2)
        {
            out.hole(inner.get(at + 2..close).unwrap_or(""), within(place, at + 2, close));
            at = close + 1;
        } else {
            out.literal.push(c);
            at += c.len_utf8();
        }
    }
    out.finish()
}

/// The text of a YAML scalar. Only `${` begins code; `\$`, `\\` and `\(` are the characters
/// themselves, any other backslash is one.
///
/// `source` is the scalar as it stands in the file: where the decoded text is part of it word for
/// word, holes get their exact place, otherwise that of the scalar.
pub fn from_yaml(decoded: &str, source: &str, place: Span) -> Result<Text, (Span, &'static str)> {
    let offset = source.find(decoded);
    let at_place = |from: usize, to: usize| offset.map_or(place, |o| within(place, o + from, o + to));
    let mut out = Pieces::default();
    let mut at = 0;
    while let Some(rest) = decoded.get(at..).filter(|r| !r.is_empty()) {
        let c = rest.chars().next().unwrap_or(' ');
        let next = rest.chars().nth(1);
        if let ('\\', Some(kept @ ('$' | '\\' | '('))) = (c, next) {
            out.literal.push(kept);
            at += 2;
        } else if rest.starts_with("${") {
            let Some(close) = hole_end(decoded, at + 2) else {
                return Err((at_place(at, at + 2), "this `${` is never closed"));
            };
            out.hole(decoded.get(at + 2..close).unwrap_or(""), at_place(at + 2, close));
            at = close + 1;
        } else {
            out.literal.push(c);
            at += c.len_utf8();
        }
    }
    Ok(out.finish())
}

/// `"..."`, with escapes.
pub fn to_flow(text: &Text) -> String {
    let mut out = String::from("\"");
    for piece in &text.pieces {
        match piece {
            Piece::Hole(code) => out.push_str(&format!("${{{}}}", code.value)),
            Piece::Literal(literal) => {
                let mut chars = literal.chars().peekable();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => out.push_str("\\\\"),
                        '"' => out.push_str("\\\""),
                        '\n' => out.push_str("\\n"),
                        '\t' => out.push_str("\\t"),
                        '$' if chars.peek() == Some(&'{') => out.push_str("\\$"),
                        c => out.push(c),
                    }
                }
            }
        }
    }
    // A literal `$` before a hole's `${` needs no escape: only `${` itself begins one.
    out.push('"');
    out
}

/// What [`from_yaml`] reads back, before YAML's own quoting.
pub fn to_yaml(text: &Text) -> String {
    let mut out = String::new();
    for piece in &text.pieces {
        match piece {
            Piece::Hole(code) => out.push_str(&format!("${{{}}}", code.value)),
            Piece::Literal(literal) => {
                let mut chars = literal.chars().peekable();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' if matches!(chars.peek(), None | Some('\\' | '$' | '(')) => out.push_str("\\\\"),
                        '$' if chars.peek() == Some(&'{') => out.push_str("\\$"),
                        c => out.push(c),
                    }
                }
            }
        }
    }
    out
}

/// `"""` and lines of at most `width` characters after `indent`, if the text can be written so.
///
/// It can where white space is single blanks and paragraphs, and nothing would need an escape.
pub fn to_long_lines(text: &Text, width: usize) -> Option<Vec<String>> {
    let mut words: Vec<String> = vec![String::new()];
    let mut paragraphs = Vec::new();
    for piece in &text.pieces {
        match piece {
            // A line end inside the code of a hole would not survive the joining of lines.
            Piece::Hole(code) if code.value.contains('\n') => return None,
            Piece::Hole(code) => words.last_mut()?.push_str(&format!("${{{}}}", code.value)),
            Piece::Literal(literal) => {
                if literal.contains("${") || literal.contains("\"\"\"") || literal.contains(['\t', '\r']) {
                    return None;
                }
                let mut rest = literal.as_str();
                while let Some(c) = rest.chars().next() {
                    if let Some(tail) = rest.strip_prefix("\n\n") {
                        paragraphs.push(std::mem::replace(&mut words, vec![String::new()]));
                        rest = tail;
                        continue;
                    }
                    match c {
                        '\n' => return None,
                        ' ' => words.push(String::new()),
                        c => words.last_mut()?.push(c),
                    }
                    rest = rest.get(c.len_utf8()..)?;
                }
            }
        }
    }
    paragraphs.push(words);
    let mut lines = Vec::new();
    for (n, words) in paragraphs.iter().enumerate() {
        // An empty word is a blank at an edge, or two in a row: neither survives.
        if words.iter().any(String::is_empty) {
            return None;
        }
        if n > 0 {
            lines.push(String::new());
        }
        let mut line = String::new();
        for word in words {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    Some(lines)
}

/// A documentation comment of these lines. Blanks where a line or the text ends say nothing, and one of the two
/// forms could not hold them.
pub(super) fn doc_of<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    let lines: Vec<&str> = lines.map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

/// What one `///` line says.
pub(super) fn doc_line(line: &str) -> &str {
    let text = line.strip_prefix("///").unwrap_or("");
    text.strip_prefix(' ').unwrap_or(text)
}
