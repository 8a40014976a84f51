//! SIP and tel URIs (RFC 3261 §19.1, RFC 3966), borrowed from the message they stand in.

use std::net::IpAddr;

use super::lists;

/// The scheme of a URI.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    Sip,
    Sips,
    Tel,
    /// Any other; a Request-URI with it is answered 416 (RFC 3261 §8.2.2.1).
    Other,
}

/// A URI in its parts. `tel:` has the number in `user` and no host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Uri<'a> {
    pub scheme: Scheme,
    /// Without the password, escapes not decoded.
    pub user: Option<&'a str>,
    pub host: &'a str,
    pub port: Option<u16>,
    /// From the semicolon after the host, or empty.
    pub params: &'a str,
    /// After the question mark, or empty.
    pub headers: &'a str,
}

impl<'a> Uri<'a> {
    /// Reads a URI; none if it is not one.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.bytes().any(|b| matches!(b, b' ' | b'\t' | b'<' | b'>' | b'"' | b'\r' | b'\n' | 0)) {
            return None;
        }
        let (scheme, rest) = text.split_once(':')?;
        let scheme = match scheme {
            s if s.eq_ignore_ascii_case("sip") => Scheme::Sip,
            s if s.eq_ignore_ascii_case("sips") => Scheme::Sips,
            s if s.eq_ignore_ascii_case("tel") => Scheme::Tel,
            s if s.starts_with(|c: char| c.is_ascii_alphabetic()) => Scheme::Other,
            _ => return None,
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => Self::parse_sip(scheme, rest),
            Scheme::Tel | Scheme::Other => {
                let (number, params) = cut(rest, ';');
                Some(Self { scheme, user: Some(number), host: "", port: None, params, headers: "" })
            }
        }
    }

    fn parse_sip(scheme: Scheme, rest: &'a str) -> Option<Self> {
        // A user part may hold `;` and `?` unescaped, but never `@`: so the first `@` ends it.
        let (user, rest) = match rest.split_once('@') {
            Some((userinfo, rest)) if !userinfo.is_empty() => (Some(cut(userinfo, ':').0), rest),
            Some(_) => return None,
            None => (None, rest),
        };
        let (rest, headers) = rest.split_once('?').unwrap_or((rest, ""));
        let (host_port, params) = cut(rest, ';');
        let (host, port) = host_and_port(host_port)?;
        Some(Self { scheme, user, host, port, params, headers })
    }

    /// The user part with its escapes decoded. One that would decode to a control character or to
    /// something other than UTF-8 stays as it is, so that no such text travels inward.
    pub fn user_text(&self) -> String {
        let raw = self.user.unwrap_or("");
        // A user part may carry parameters of a telephone number (RFC 3261 §19.1.6); they are not dialed.
        let is_number = raw.starts_with(|c: char| c.is_ascii_digit() || "+*#".contains(c));
        let number = if is_number { cut(raw, ';').0 } else { raw };
        match unescape(number) {
            Some(text) if !text.chars().any(char::is_control) => text,
            _ => number.to_owned(),
        }
    }

    pub fn param(&self, name: &str) -> Option<&'a str> {
        lists::param(self.params, name)
    }

    /// A header of the URI (`?Replaces=..`), its escapes decoded.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| unescape(value))
    }

    /// The host as an address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        parse_ip(self.host)
    }
}

/// An IPv4 address, or an IPv6 address with or without brackets.
pub fn parse_ip(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Splits before the separator; the second part keeps it, or is empty.
fn cut(text: &str, separator: char) -> (&str, &str) {
    text.find(separator).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
pub fn host_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, rest) = match text.find(']') {
        Some(at) if text.starts_with('[') => text.split_at_checked(at + 1)?,
        _ => cut(text, ':'),
    };
    let host = host.trim_matches(lists::is_lws);
    let valid = if host.starts_with('[') {
        parse_ip(host).is_some()
    } else {
        // Underscores are no part of a host name, and are seen in the wild.
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
    };
    if !valid {
        return None;
    }
    let port = match rest.trim_matches(lists::is_lws).strip_prefix(':') {
        Some(digits) => Some(digits.trim_matches(lists::is_lws).parse().ok()?),
        None if rest.trim_matches(lists::is_lws).is_empty() => None,
        None => return None,
    };
    Some((host, port))
}

/// Decodes `%41`; none if an escape is broken or the result is not UTF-8.
pub fn unescape(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

/// Writes a user part, with every character escaped that a user part may not hold (RFC 3261 §25.1).
pub fn escape_user(user: &str) -> String {
    let mut out = String::with_capacity(user.len());
    for byte in user.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
