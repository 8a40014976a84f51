//! Calls that come back to us (RFC 3261 §16.3, RFC 7044): one that nothing has changed is a loop and goes no further;
//! one with another target is a spiral and is a call like any other. The count of hops ends what is not seen here.

use super::Core;
use crate::sip::wire::address::NameAddr;
use crate::sip::wire::fields::Via;
use crate::sip::wire::message::{Message, Start};
use crate::sip::wire::name::Name;
use crate::sip::wire::uri::Uri;

/// Entries of a history that are read; longer ones have gone further than any call may.
const MAX_HISTORY: usize = 64;

/// One entry of History-Info.
struct Entry<'a> {
    uri: Uri<'a>,
    index: &'a str,
    /// The entry that it was made from for another user.
    mapped_from: Option<&'a str>,
}

impl Core {
    /// Whether an INVITE has been here before with the same target.
    pub(super) fn is_loop(&self, message: &Message<'_>) -> bool {
        let Start::Request { uri, .. } = message.start else { return false };
        let Some(target) = Uri::parse(uri) else { return false };
        self.carries_our_request(message, &target) || self.has_left(message, &target)
    }

    /// One of its Vias is ours, and what we sent there asked for the same target. A Via that only looks like ours is
    /// not: the address may be private to two networks, so the branch must be one that is open.
    fn carries_our_request(&self, message: &Message<'_>, target: &Uri<'_>) -> bool {
        let vias = message.list(Name::Via).filter_map(Via::parse);
        vias.filter_map(|via| self.asked_target(via.branch()?)).any(|asked| {
            let asked = Uri::parse(&asked);
            asked.is_some_and(|asked| {
                asked.user_text() == target.user_text() && asked.host.eq_ignore_ascii_case(target.host)
            })
        })
    }

    /// Its history says that the target was ours, and that we sent the call on to somebody else.
    fn has_left(&self, message: &Message<'_>, target: &Uri<'_>) -> bool {
        let user = target.user_text();
        let entries: Vec<Entry<'_>> = message.list(Name::HistoryInfo).take(MAX_HISTORY).filter_map(entry_of).collect();
        let ours = entries.iter().filter(|entry| self.is_us(entry.uri.host) && entry.uri.user_text() == user);
        ours.into_iter().any(|left| entries.iter().any(|entry| entry.mapped_from == Some(left.index)))
    }

    fn is_us(&self, host: &str) -> bool {
        let advertised = |ip| self.config.listen.iter().any(|listen| listen.advertised.ip() == ip);
        host.eq_ignore_ascii_case(&self.config.domain) || crate::sip::wire::uri::parse_ip(host).is_some_and(advertised)
    }
}

fn entry_of(text: &str) -> Option<Entry<'_>> {
    let address = NameAddr::parse(text)?;
    Some(Entry {
        uri: Uri::parse(address.uri)?,
        index: address.param("index").filter(|index| !index.is_empty())?,
        mapped_from: address.param("mp").filter(|index| !index.is_empty()),
    })
}
