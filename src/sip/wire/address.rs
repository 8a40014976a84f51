//! `name-addr` and `addr-spec` with header parameters: From, To, Contact, Refer-To, Route (RFC 3261 §20.10).

use super::lists::{self, is_lws, is_token_char};

/// One address of a header field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NameAddr<'a> {
    /// With its quotes, or empty.
    pub display: &'a str,
    /// Without angle brackets; not yet known to be a URI.
    pub uri: &'a str,
    /// From the semicolon, or empty.
    pub params: &'a str,
    /// The address without its header parameters, as written.
    pub address: &'a str,
}

impl<'a> NameAddr<'a> {
    /// Reads one address; none if it breaks the grammar.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_matches(is_lws);
        let found = if text.starts_with('"') {
            let (display, rest) = text.split_at_checked(lists::quoted_end(text)?)?;
            Self::bracketed(text, display, rest)?
        } else if let Some((display, rest)) = text.find('<').and_then(|at| text.split_at_checked(at)) {
            // An unquoted display name is tokens and spaces (RFC 4475 §3.1.2.15).
            if !display.chars().all(|c| is_token_char(c) || is_lws(c)) {
                return None;
            }
            Self::bracketed(text, display, rest)?
        } else {
            let (uri, params) = text.find(';').and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
            let uri = uri.trim_matches(is_lws);
            // Without brackets a question mark or comma would be ambiguous (RFC 3261 §20.10).
            if uri.contains(['?', ',']) {
                return None;
            }
            Self { display: "", uri, params, address: uri }
        };
        let plausible = found.uri.contains(':') && !found.uri.chars().any(|c| is_lws(c) || matches!(c, '"' | '<'));
        (plausible && lists::params_are_named(found.params)).then_some(found)
    }

    fn bracketed(text: &'a str, display: &'a str, rest: &'a str) -> Option<Self> {
        let inner = rest.trim_start_matches(is_lws).strip_prefix('<')?;
        let (uri, params) = inner.split_once('>')?;
        let address = text.get(..text.len() - params.len())?;
        Some(Self { display: display.trim_matches(is_lws), uri, params: params.trim_matches(is_lws), address })
    }

    pub fn param(&self, name: &str) -> Option<&'a str> {
        lists::param(self.params, name)
    }

    /// The tag, if there is one that is not empty.
    pub fn tag(&self) -> Option<&'a str> {
        self.param("tag").filter(|tag| !tag.is_empty())
    }

    /// The display name without quotes and control characters, at most `MAX_DISPLAY_CHARS` long.
    pub fn display_text(&self) -> String {
        lists::unquote(self.display).chars().filter(|c| !c.is_control()).take(MAX_DISPLAY_CHARS).collect()
    }
}

/// Characters of a display name that we carry on; longer ones only bloat records and INVITEs.
pub const MAX_DISPLAY_CHARS: usize = 128;

/// Writes a display name as a quoted string, without anything that could end it or the line.
pub fn quote_display(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars().filter(|c| !c.is_control()).take(MAX_DISPLAY_CHARS) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
