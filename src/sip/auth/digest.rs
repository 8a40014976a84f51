//! HTTP digest as SIP uses it (RFC 8760, RFC 3261 §22.4): reading credentials and checking them.

use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::sip::wire::lists;

/// A hash algorithm of RFC 8760.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    /// As a challenge has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
        }
    }
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |n: u8| DIGITS.get(usize::from(n)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The credentials of one Authorization header.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Credentials {
    pub username: String,
    pub realm: String,
    pub nonce: String,
    pub uri: String,
    pub response: String,
    pub algorithm: Option<Algorithm>,
    pub qop: Option<String>,
    pub cnonce: String,
    /// As written: eight hex digits.
    pub nc: String,
}

impl Credentials {
    /// Reads a header value; none if it is another scheme or an algorithm we do not know.
    pub fn parse(value: &str) -> Option<Self> {
        let (scheme, rest) = value.split_once(lists::is_lws)?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let mut found = Self { algorithm: Some(Algorithm::Md5), ..Self::default() };
        for pair in lists::split(rest, b',') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let value = lists::unquote(value.trim_matches(lists::is_lws));
            match name.trim_matches(lists::is_lws).to_ascii_lowercase().as_str() {
                "username" => found.username = value,
                "realm" => found.realm = value,
                "nonce" => found.nonce = value,
                "uri" => found.uri = value,
                "response" => found.response = value,
                "qop" => found.qop = Some(value),
                "cnonce" => found.cnonce = value,
                "nc" => found.nc = value,
                "algorithm" if value.eq_ignore_ascii_case("MD5") => found.algorithm = Some(Algorithm::Md5),
                "algorithm" if value.eq_ignore_ascii_case("SHA-256") => found.algorithm = Some(Algorithm::Sha256),
                "algorithm" => found.algorithm = None,
                _ => {}
            }
        }
        found.algorithm.is_some().then_some(found)
    }

    /// The count of uses of the nonce; none without qop.
    pub fn count(&self) -> Option<u32> {
        (self.nc.len() == 8).then(|| u32::from_str_radix(&self.nc, 16).ok()).flatten()
    }

    /// The response that the right password gives.
    pub fn expected(&self, method: &str, password: &str) -> String {
        let algorithm = self.algorithm.unwrap_or(Algorithm::Md5);
        let ha1 = algorithm.hash(&format!("{}:{}:{password}", self.username, self.realm));
        let ha2 = algorithm.hash(&format!("{method}:{}", self.uri));
        match &self.qop {
            Some(qop) => algorithm.hash(&format!("{ha1}:{}:{}:{}:{qop}:{ha2}", self.nonce, self.nc, self.cnonce)),
            None => algorithm.hash(&format!("{ha1}:{}:{ha2}", self.nonce)),
        }
    }

    /// Whether the response is that of the password. Takes the same time wherever they differ.
    pub fn holds(&self, method: &str, password: &str) -> bool {
        equal_in_constant_time(self.expected(method, password).as_bytes(), self.response.as_bytes())
    }
}

/// Compares without telling by its time where the first difference is.
pub fn equal_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0u8, |acc, (x, y)| acc | (x ^ y));
    std::hint::black_box(difference) == 0 && a.len() == b.len()
}
