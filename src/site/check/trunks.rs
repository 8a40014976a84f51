//! `trunks:`: where calls leave to, and whose requests from outside are heard.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::span::{Span, Spanned};
use crate::call::leg::Name;
use crate::site::model::{CallerNumbers, Transport, Trunk, TrunkTransfers};
use crate::syntax::document::Node;
use crate::syntax::reader::{self, Fields};

use super::names;

/// The port of SIP without TLS (RFC 3261 §19.1.2).
const SIP_PORT: u16 = 5060;
/// Bytes of a host name (RFC 1035 §2.3.4).
const MAX_HOST: usize = 253;
/// Characters of a prefix: as many as E.164 gives a number, and its `+`.
const MAX_PREFIX: usize = 16;

/// What two trunks must not share, and who has it.
#[derive(Default)]
struct Taken {
    sources: BTreeMap<String, (Name, Span)>,
    prefixes: BTreeMap<String, (Name, Span)>,
    emergency: BTreeMap<String, (Name, Span)>,
}

pub fn trunks(top: &mut Fields<'_, '_>) -> BTreeMap<Name, Trunk> {
    let mut trunks = BTreeMap::new();
    let mut taken = Taken::default();
    for entry in names::bounded(top, "trunks") {
        let name = names::name(&entry.key, "trunk", top.out());
        // Under a wrong name too, the rest is checked.
        let shown = name.clone().unwrap_or_else(|| Arc::from(reader::shorten(&entry.key.value)));
        let trunk = trunk(&shown, &entry.key, &entry.value, &mut taken, top.out());
        if let Some((name, trunk)) = name.zip(trunk) {
            trunks.insert(name, trunk);
        }
    }
    trunks
}

/// Users dial emergency numbers: which trunk takes them must not be left to the order of names.
pub fn emergency_is_said(trunks: &BTreeMap<Name, Trunk>, out: &mut Vec<Diagnostic>) {
    if trunks.values().any(|trunk| trunk.emergency) {
        return;
    }
    let to_all = trunks.values().filter(|trunk| trunk.takes_international());
    let leaving = trunks.values().filter(|trunk| !trunk.prefixes.is_empty());
    let may: Vec<&Trunk> = if to_all.clone().next().is_some() { to_all.collect() } else { leaving.collect() };
    if let [first, second, ..] = may[..] {
        let names = (&first.name, &second.name);
        let message = format!("nothing says whether emergency calls leave by trunk `{}` or `{}`", names.0, names.1);
        let help = "add `emergency: true` to the trunk whose far end takes them, and knows where you are";
        let found = Diagnostic::warning("emergency-trunk-unsaid", first.span, message).label("by this");
        out.push(found.also(second.span, "or by this").help(help));
    }
}

/// Whether emergency calls leave by it; by one at most.
fn emergency(fields: &mut Fields<'_, '_>, name: &Name, taken: &mut Taken) -> bool {
    let Some(said) = fields.bool("emergency").filter(|said| said.value) else { return false };
    let what = format!("trunks `{{}}` and `{name}` both take emergency calls");
    claim(&mut taken.emergency, "", name, said.span, "ambiguous-prefix", &what, fields.out())
}

fn trunk(
    name: &Name,
    key: &Spanned<String>,
    node: &Node,
    taken: &mut Taken,
    out: &mut Vec<Diagnostic>,
) -> Option<Trunk> {
    let mut fields = Fields::new(node, format!("trunk {name}"), out);
    let address = fields.required_text("address").and_then(|text| address(&text, fields.out()));
    let sources = sources(&mut fields, name, taken);
    let prefixes = prefixes(&mut fields, name, taken);
    let caller_id = fields.text("caller_id").and_then(|text| caller_id(&text, fields.out()));
    let numbers = fields.one_of("caller_numbers", &["own", "pass_through"]);
    let passes = numbers.is_some_and(|n| n.value == "pass_through");
    let guarded = fields.one_of("transfers", &["deny", "guarded"]).is_some_and(|t| t.value == "guarded");
    let emergency = emergency(&mut fields, name, taken);
    let shows = passes || fields.key_place("caller_id").is_some();
    fields.finish();
    let Address { host, port, transport } = address?;
    if !shows && !prefixes.is_empty() {
        out.push(hides_callers(name, key.span));
    }
    Some(Trunk {
        name: name.clone(),
        host,
        port,
        transport,
        sources,
        prefixes,
        caller_id,
        caller_numbers: if passes { CallerNumbers::PassThrough } else { CallerNumbers::Own },
        transfers: if guarded { TrunkTransfers::Guarded } else { TrunkTransfers::Deny },
        emergency,
        span: key.span,
    })
}

/// Calls from outside that leave again by this trunk have no number that it may be shown.
fn hides_callers(name: &Name, place: Span) -> Diagnostic {
    let message = format!("trunk `{name}` has no number to show for callers whose own it may not be shown");
    let help = "add `caller_id: \"+..\"`, a number of the site's; or `caller_numbers: pass_through` if who takes the calls \
                accepts any number";
    Diagnostic::warning("trunk-hides-callers", place, message).help(help)
}

struct Address {
    host: String,
    port: u16,
    transport: Transport,
}

/// `sip:host:port;transport=tcp`; the port and the transport may be left out.
fn address(text: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Address> {
    let shown = reader::shorten(&text.value);
    let mut refuse = |message: String| {
        let help = "write `sip:`, a host and a port, such as `\"sip:203.0.113.7:5060\"`; for TCP add `;transport=tcp`";
        out.push(Diagnostic::error("bad-address", text.span, message).help(help));
        None
    };
    if text.value.starts_with("sips:") {
        return refuse("`sips:` is not available in this version yet".to_owned());
    }
    let Some(rest) = text.value.strip_prefix("sip:") else {
        return refuse(format!("`{shown}` does not begin with `sip:`"));
    };
    let (place, parameters) = rest.split_once(';').unwrap_or((rest, ""));
    let transport = match parameters {
        "" | "transport=udp" => Transport::Udp,
        "transport=tcp" => Transport::Tcp,
        other => {
            return refuse(format!("`;{}` is neither `;transport=udp` nor `;transport=tcp`", reader::shorten(other)));
        }
    };
    match host_and_port(place) {
        Some((host, port)) => Some(Address { host, port, transport }),
        None => refuse(format!("`{shown}` is not `sip:`, a host and a port up to 65535")),
    }
}

/// The host without the brackets of IPv6, and the port or 5060.
fn host_and_port(text: &str) -> Option<(String, u16)> {
    if let Some(v6) = text.strip_prefix('[') {
        let (host, rest) = v6.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        let port = match rest.strip_prefix(':') {
            Some(port) => port.parse().ok().filter(|p| *p != 0)?,
            None if rest.is_empty() => SIP_PORT,
            None => return None,
        };
        return Some((host.to_owned(), port));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, port.parse().ok().filter(|p| *p != 0)?),
        None => (text, SIP_PORT),
    };
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let ends = |c: char| c.is_ascii_alphanumeric();
    let is_host = host.len() <= MAX_HOST && host.chars().all(fine) && host.starts_with(ends) && host.ends_with(ends);
    is_host.then(|| (host.to_owned(), port))
}

fn sources(fields: &mut Fields<'_, '_>, name: &Name, taken: &mut Taken) -> Vec<String> {
    let mut sources = Vec::new();
    for text in fields.texts("match") {
        let Some(network) = network(&text.value) else {
            let message = format!("`{}` is not a network", reader::shorten(&text.value));
            let help =
                "write an address and the length of its prefix, such as `\"203.0.113.0/24\"` or `\"203.0.113.7/32\"`";
            fields.out().push(Diagnostic::error("bad-network", text.span, message).help(help));
            continue;
        };
        let what = format!("trunks `{{}}` and `{name}` both take requests from `{network}`");
        if claim(&mut taken.sources, &network, name, text.span, "ambiguous-source", &what, fields.out()) {
            sources.push(network);
        }
    }
    sources
}

fn prefixes(fields: &mut Fields<'_, '_>, name: &Name, taken: &mut Taken) -> Vec<Arc<str>> {
    let mut prefixes = Vec::new();
    for text in fields.texts("prefixes") {
        let digits = text.value.strip_prefix('+').unwrap_or(&text.value);
        let whole = text.value.len() <= MAX_PREFIX && digits.bytes().all(|b| b.is_ascii_digit());
        if text.value.is_empty() || !whole {
            let message = format!("`{}` cannot begin a number", reader::shorten(&text.value));
            let help = "write digits, after a `+` where numbers have one: `\"+\"`, `\"+44\"`, `\"2\"`";
            fields.out().push(Diagnostic::error("bad-prefix", text.span, message).help(help));
            continue;
        }
        let what = format!("trunks `{{}}` and `{name}` both take numbers that begin with `{}`", text.value);
        if claim(&mut taken.prefixes, &text.value, name, text.span, "ambiguous-prefix", &what, fields.out()) {
            prefixes.push(Arc::from(text.value));
        }
    }
    prefixes
}

/// Whether `what` was free; if not, a finding that shows both. `{}` in `message` is the other's name.
fn claim(
    taken: &mut BTreeMap<String, (Name, Span)>,
    what: &str,
    name: &Name,
    span: Span,
    rule: &'static str,
    message: &str,
    out: &mut Vec<Diagnostic>,
) -> bool {
    let Some((other, place)) = taken.get(what) else {
        taken.insert(what.to_owned(), (name.clone(), span));
        return true;
    };
    let message = message.replace("{}", other);
    let found = Diagnostic::error(rule, span, message).label("again here").also(*place, "first here");
    out.push(found.help("leave it to one of them"));
    false
}

/// `10.0.0.0/8`, or a single address as its longest prefix; host bits are cut off.
fn network(text: &str) -> Option<String> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address.parse::<IpAddr>().ok()?, Some(length.parse::<u32>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    Some(match address {
        IpAddr::V4(v4) => {
            let length = length.unwrap_or(32);
            let mask = u32::MAX.checked_shl(32_u32.checked_sub(length)?).unwrap_or(0);
            format!("{}/{length}", std::net::Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let length = length.unwrap_or(128);
            let mask = u128::MAX.checked_shl(128_u32.checked_sub(length)?).unwrap_or(0);
            format!("{}/{length}", std::net::Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    })
}

fn caller_id(text: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Arc<str>> {
    let digits = text.value.strip_prefix('+').unwrap_or(&text.value);
    if !digits.is_empty() && digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Arc::from(text.value.as_str()));
    }
    let message = format!("`{}` is not a number that can be shown", reader::shorten(&text.value));
    let help = "write it as the carrier expects it, such as `\"+442079460000\"`";
    out.push(Diagnostic::error("bad-number", text.span, message).help(help));
    None
}
