//! Who is at our end, and how a call came to its target: the headers of both. What is told of a caller who wants to
//! be hidden is decided here too (RFC 3323). Not the connected line's way to the peer: that is a change, in `modify`.

use std::io::Write as _;

use super::Core;
use crate::call::leg::{DivertReason, Diverted, Name as Key};
use crate::sip::event::{Destination, PlaceSpec};
use crate::sip::flow::Flow;
use crate::sip::leg::Identity;
use crate::sip::wire::address::quote_display;
use crate::sip::wire::compose::put;
use crate::sip::wire::method::ALLOW;
use crate::sip::wire::uri::escape_user;
use crate::sip::wire::validate::SUPPORTED_LIST;
use std::sync::Arc;

/// The URI of somebody who is not to be known (RFC 3323 §4.1.1.3).
const NOBODY: &str = "sip:anonymous@anonymous.invalid";
/// The longest context that a phone is sent, as JSON: as hex it is twice that, which still fits a datagram with the
/// rest of an INVITE. A fact that would go beyond it is left out whole, because half a JSON is none.
pub const MAX_USER_TO_USER_BYTES: usize = 256;

impl Core {
    /// A URI of ours.
    pub(super) fn own_uri(&self, user: &str) -> String {
        let at = if user.is_empty() { "" } else { "@" };
        format!("sip:{}{at}{}", escape_user(user), self.config.domain)
    }

    /// From of a placed leg, without its tag.
    pub(super) fn caller_address(&self, spec: &PlaceSpec) -> String {
        if spec.anonymous {
            return format!("\"Anonymous\" <{NOBODY}>");
        }
        self.name_addr(&spec.from_user, &spec.from_display)
    }

    fn name_addr(&self, user: &str, display: &str) -> String {
        let space = if display.is_empty() { String::new() } else { format!("{} ", quote_display(display)) };
        format!("{space}<{}>", self.own_uri(user))
    }

    /// Who is at our end, as a request or response inside a dialog says it (RFC 3325 §9.1).
    pub(super) fn identity_lines(&self, identity: &Identity) -> String {
        if identity.is_anonymous() {
            return format!("P-Asserted-Identity: \"Anonymous\" <{NOBODY}>\r\nPrivacy: id\r\n");
        }
        format!("P-Asserted-Identity: {}\r\n", self.name_addr(&identity.number, &identity.name))
    }

    /// The headers of a placed leg's INVITE that are about this call.
    pub(super) fn invite_lines(&self, spec: &PlaceSpec, target: &str, flow: &Flow) -> String {
        let mut out = Vec::with_capacity(512);
        put!(out, "Contact: {}\r\nAllow: {ALLOW}\r\nSupported: {SUPPORTED_LIST}\r\n", self.contact(flow));
        if let Some(user) = spec.p_asserted.as_ref().filter(|_| !spec.anonymous) {
            put!(out, "P-Asserted-Identity: <{}>\r\n", self.own_uri(user));
        }
        if spec.anonymous {
            put!(out, "Privacy: id\r\n");
        }
        // Who transferred or diverted the call is not who calls, and stays; unless they are one.
        let shown = |user: &str| {
            let hidden = spec.anonymous && user == spec.from_user;
            if hidden { NOBODY.to_owned() } else { self.own_uri(user) }
        };
        if let Some(Diverted { by, reason }) = &spec.diverted {
            let uri = shown(by);
            put!(out, "Diversion: <{uri}>;reason={};counter=1\r\n", reason_name(*reason));
            // RFC 7044 §5.1: the reason stands with the entry that was left. `rc` is another address of the same
            // user, `mp` is another user; both name the entry they come from.
            let tag = if self.is_of(&spec.to, by) { "rc" } else { "mp" };
            let target = target.split('?').next().unwrap_or("");
            put!(out, "History-Info: <{uri}{}>;index=1, <{target}>;index=1.1;{tag}=1\r\n", history_reason(*reason));
        }
        if let Some(user) = &spec.referred_by {
            put!(out, "Referred-By: <{}>\r\n", shown(user));
        }
        if let Destination::Contact { .. } = spec.to
            && let Some(hex) = user_to_user(&spec.context)
        {
            put!(out, "User-to-User: {hex};encoding=hex\r\n");
        }
        String::from_utf8(out).unwrap_or_default()
    }

    /// Whether a destination is a phone of the user with that name or extension.
    fn is_of(&self, to: &Destination, by: &str) -> bool {
        let Destination::Contact { user, .. } = to else { return false };
        let account = self.auth.users.get(by).and_then(|at| self.config.users.get(*at));
        account.is_some_and(|account| account.name == *user)
    }
}

/// RFC 5806 §5.
fn reason_name(reason: DivertReason) -> &'static str {
    match reason {
        DivertReason::NoAnswer => "no-answer",
        DivertReason::UserBusy => "user-busy",
        DivertReason::Deflection => "deflection",
        DivertReason::Unconditional => "unconditional",
    }
}

/// What the entry that was left answered, as a URI's header (RFC 7044 §10.2): nothing, if it was not asked or took the
/// call.
fn history_reason(reason: DivertReason) -> &'static str {
    match reason {
        DivertReason::NoAnswer => "?Reason=SIP%3Bcause%3D408",
        DivertReason::UserBusy => "?Reason=SIP%3Bcause%3D486",
        DivertReason::Deflection | DivertReason::Unconditional => "",
    }
}

/// Facts as the hex of a JSON object (RFC 7433 §4.1); none if there are none.
fn user_to_user(context: &[(Key, Arc<str>)]) -> Option<String> {
    let mut json = String::new();
    for (key, value) in context {
        let mut pair = String::from(if json.is_empty() { "{" } else { "," });
        quote_json(key, &mut pair);
        pair.push(':');
        quote_json(value, &mut pair);
        // The brace that ends it has its place too.
        if json.len() + pair.len() < MAX_USER_TO_USER_BYTES {
            json.push_str(&pair);
        }
    }
    if json.is_empty() {
        return None;
    }
    json.push('}');
    Some(json.bytes().map(|byte| format!("{byte:02x}")).collect())
}

fn quote_json(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
