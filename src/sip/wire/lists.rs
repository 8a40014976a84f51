//! The punctuation that header fields share: white space, quoted strings, lists, parameters (RFC 3261 §25.1).

/// White space inside a header value. Folds are spaces by now (`message::unfold`).
pub fn is_lws(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// A character of `token` (RFC 3261 §25.1).
pub fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '!' | '%' | '*' | '_' | '+' | '`' | '\'' | '~')
}

/// Whether the text is a non-empty token.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_token_char)
}

/// Splits at `separator` outside quotes and angle brackets; trims each piece, keeps empty ones.
pub struct Split<'a> {
    rest: Option<&'a str>,
    separator: u8,
}

/// Elements of `text` between separators.
pub fn split(text: &str, separator: u8) -> Split<'_> {
    Split { rest: Some(text), separator }
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        let (mut quoted, mut escaped, mut angle) = (false, false, false);
        for (at, byte) in rest.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'<' => angle = true,
                b'>' => angle = false,
                _ if byte == self.separator && !angle => {
                    self.rest = rest.get(at + 1..);
                    return rest.get(..at).map(|piece| piece.trim_matches(is_lws));
                }
                _ => {}
            }
        }
        self.rest = None;
        Some(rest.trim_matches(is_lws))
    }
}

/// Parameters of `;name=value;name`. The text may start with its semicolon or without.
pub fn params(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let text = text.trim_matches(is_lws);
    let text = text.strip_prefix(';').unwrap_or(text);
    split(text, b';').filter(|piece| !piece.is_empty()).map(|piece| match piece.split_once('=') {
        Some((name, value)) => (name.trim_matches(is_lws), Some(value.trim_matches(is_lws))),
        None => (piece, None),
    })
}

/// The value of one parameter; `Some("")` if it stands without a value.
pub fn param<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    params(text).find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.unwrap_or(""))
}

/// Whether each parameter after the first semicolon has a name.
pub fn params_are_named(text: &str) -> bool {
    let text = text.trim_matches(is_lws);
    let Some(text) = text.strip_prefix(';') else { return text.is_empty() };
    split(text, b';').all(|piece| {
        let name = piece.split_once('=').map_or(piece, |(name, _)| name);
        is_token(name.trim_matches(is_lws))
    })
}

/// Where a quoted string that starts the text ends: the index after the closing quote.
pub fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The text without the quotes around it and the backslashes in it.
pub fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else { return text.to_owned() };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    out
}
