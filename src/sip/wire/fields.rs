//! Header fields with a grammar of their own: Via, CSeq, numbers, Replaces, Session-Expires.

use super::lists::{self, is_lws};
use super::method::Method;
use super::uri;

/// Starts each branch made by RFC 3261 §8.1.1.7; without it the rules of RFC 2543 find the transaction.
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// One hop of a Via header (RFC 3261 §20.42).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Via<'a> {
    /// Host and port, white space and all.
    pub sent_by: &'a str,
    pub host: &'a str,
    /// From the semicolon, or empty.
    pub params: &'a str,
    /// The whole element as written.
    pub text: &'a str,
}

impl<'a> Via<'a> {
    /// Reads one element; `SIP / 2.0 / UDP  host : 5060 ; branch = x` is valid white space.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (head, params) = text.find(';').and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
        let (protocol, rest) = head.split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        let rest = rest.trim_start_matches(is_lws);
        let (transport, sent_by) = rest.find(is_lws).and_then(|at| rest.split_at_checked(at))?;
        let sent_by = sent_by.trim_matches(is_lws);
        let (host, _) = uri::host_and_port(sent_by)?;
        let valid = protocol.trim_matches(is_lws).eq_ignore_ascii_case("SIP")
            // The version of the message is checked on its first line; here any is only a hop's.
            && lists::is_token(version.trim_matches(is_lws))
            && lists::is_token(transport);
        valid.then_some(Self { sent_by, host, params, text })
    }

    pub fn param(&self, name: &str) -> Option<&'a str> {
        lists::param(self.params, name)
    }

    /// The branch, if RFC 3261 made it and it says anything.
    pub fn branch(&self) -> Option<&'a str> {
        // The cookie is compared without case (RFC 4475 §3.2 notes peers that lowercase it).
        let is_ours = |branch: &&str| {
            branch.len() > MAGIC_COOKIE.len()
                && branch.get(..MAGIC_COOKIE.len()).is_some_and(|cookie| cookie.eq_ignore_ascii_case(MAGIC_COOKIE))
        };
        self.param("branch").filter(is_ours)
    }
}

/// The number and method of a request (RFC 3261 §20.16). The number is below 2^31.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CSeq<'a> {
    pub number: u32,
    pub method: Method,
    pub name: &'a str,
}

impl<'a> CSeq<'a> {
    pub fn parse(text: &'a str) -> Option<Self> {
        let (number, name) = text.find(is_lws).and_then(|at| text.split_at_checked(at))?;
        let number = number.parse().ok().filter(|n| *n < 1 << 31)?;
        let name = name.trim_matches(is_lws);
        lists::is_token(name).then_some(Self { number, method: Method::of(name), name })
    }
}

/// Decimal digits and nothing else, below `u32::MAX`.
pub fn number(text: &str) -> Option<u32> {
    let digits = cut_params(text).trim_matches(is_lws);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

/// A `qvalue` (RFC 3261 §25.1) in thousandths; one that is none counts as the lowest, because it was meant as a wish
/// to come later.
pub fn thousandths(text: &str) -> u16 {
    match text.trim_matches(is_lws).split_once('.') {
        None if text.trim_matches(is_lws) == "1" => 1_000,
        Some(("1", rest)) if rest.bytes().all(|b| b == b'0') => 1_000,
        Some(("0", digits)) if digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{digits:0<3}").parse().unwrap_or(0)
        }
        _ => 0,
    }
}

/// The value before its parameters.
pub fn cut_params(text: &str) -> &str {
    text.split(';').next().unwrap_or("").trim_matches(is_lws)
}

/// The provisional response that a PRACK confirms (RFC 3262 §7.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RAck<'a> {
    pub rseq: u32,
    pub cseq: CSeq<'a>,
}

impl<'a> RAck<'a> {
    pub fn parse(text: &'a str) -> Option<Self> {
        let (rseq, cseq) = text.trim_matches(is_lws).split_once(is_lws)?;
        Some(Self { rseq: number(rseq)?, cseq: CSeq::parse(cseq.trim_matches(is_lws))? })
    }
}

/// A dialog to take over (RFC 3891 §6.1), as the sender of the header sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replaces {
    pub call_id: String,
    pub to_tag: String,
    pub from_tag: String,
    pub early_only: bool,
}

impl Replaces {
    pub fn parse(text: &str) -> Option<Self> {
        let tag = |name| lists::param(text.split_once(';')?.1, name).filter(|tag| !tag.is_empty()).map(str::to_owned);
        let call_id = cut_params(text);
        if call_id.is_empty() {
            return None;
        }
        Some(Self {
            call_id: call_id.to_owned(),
            to_tag: tag("to-tag")?,
            from_tag: tag("from-tag")?,
            early_only: text.split_once(';').is_some_and(|(_, params)| lists::param(params, "early-only").is_some()),
        })
    }
}

/// Who refreshes a session (RFC 4028 §4), by the role in the request or response it stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refresher {
    Uac,
    Uas,
}

/// A Session-Expires header (RFC 4028 §4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionExpires {
    pub seconds: u32,
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    pub fn parse(text: &str) -> Option<Self> {
        let seconds = number(text)?;
        let refresher = match text.split_once(';').and_then(|(_, params)| lists::param(params, "refresher")) {
            Some(who) if who.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            Some(who) if who.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            _ => None,
        };
        Some(Self { seconds, refresher })
    }
}
