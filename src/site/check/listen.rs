//! `listen:`: the addresses of SIP, HTTP and RTP.

use std::net::{IpAddr, SocketAddr};

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Spanned;
use crate::site::model::{Listen, RtpRange, SipAddress, Transport};
use crate::syntax::reader::{self, Fields};

use super::names::refuse_later;

/// Sockets one process opens for SIP.
const MAX_SIP_ADDRESSES: usize = 16;
/// Ports that one call needs at least, RTP and RTCP of two legs.
const MIN_RTP_PORTS: u16 = 4;

pub fn listen(top: &mut Fields<'_, '_>) -> Listen {
    let mut listen = Listen::default();
    let Some(node) = top.required("listen") else { return listen };
    let mut fields = Fields::new(node, "listen", top.out());
    if fields.required("sip").is_some() {
        sip(&mut fields, &mut listen);
    }
    if let Some(text) = fields.text("http") {
        listen.http = socket(&text, "127.0.0.1:8080", fields.out());
    }
    if let Some(text) = fields.text("rtp") {
        listen.rtp = rtp(&text, fields.out());
    }
    refuse_later(&mut fields, &["tls", "ws", "wss"]);
    fields.finish();
    listen
}

fn sip(fields: &mut Fields<'_, '_>, listen: &mut Listen) {
    let before = fields.out().len();
    let texts = fields.texts("sip");
    if texts.is_empty() && fields.out().len() == before {
        let place = fields.key_place("sip").unwrap_or_else(|| fields.place());
        let help = "add one, such as `\"udp:127.0.0.1:5060\"`";
        fields.out().push(Diagnostic::error("no-address", place, "`sip` lists no address").help(help));
    }
    for text in texts {
        let Some(address) = sip_address(&text, fields.out()) else { continue };
        let taken = address.address.port() != 0 && listen.sip.contains(&address);
        if taken || listen.sip.len() == MAX_SIP_ADDRESSES {
            let message = match taken {
                true => format!("`{}` is listed twice", text.value),
                false => format!("at most {MAX_SIP_ADDRESSES} SIP addresses are listened on"),
            };
            fields.out().push(Diagnostic::error("bad-address", text.span, message).help("delete it"));
            continue;
        }
        listen.sip.push(address);
    }
}

fn sip_address(text: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<SipAddress> {
    const EXAMPLE: &str = "udp:127.0.0.1:5060";
    let (transport, rest) = text.value.split_once(':').unwrap_or((text.value.as_str(), ""));
    let transport = match transport {
        "udp" => Transport::Udp,
        "tcp" => Transport::Tcp,
        "tls" | "ws" | "wss" => {
            let message = format!("`{transport}` is not available in this version yet");
            let help = "use `udp` or `tcp` on loopback or in a private network";
            out.push(Diagnostic::error("not-available", text.span, message).help(help));
            return None;
        }
        _ => {
            let message = format!("`{}` does not begin with `udp:` or `tcp:`", reader::shorten(&text.value));
            let help = format!("write a transport, an address and a port, such as `\"{EXAMPLE}\"`");
            out.push(Diagnostic::error("bad-address", text.span, message).help(help));
            return None;
        }
    };
    let address = socket(&Spanned::new(rest.to_owned(), text.span), EXAMPLE, out)?;
    if address.ip().is_unspecified() {
        out.push(nowhere(&address.ip(), text));
        return None;
    }
    Some(SipAddress { transport, address })
}

fn socket(text: &Spanned<String>, example: &str, out: &mut Vec<Diagnostic>) -> Option<SocketAddr> {
    if let Ok(address) = text.value.parse::<SocketAddr>() {
        return Some(address);
    }
    let message = format!("`{}` is not an address and a port", reader::shorten(&text.value));
    let help = format!(
        "write the IP address of a network interface and a port, such as `\"{example}\"`; \
         IPv6 stands in brackets, `[::1]:5060`; a host name is not taken"
    );
    out.push(Diagnostic::error("bad-address", text.span, message).help(help));
    None
}

/// Every interface is fine to listen on, but phones are told where to send, and nobody can send to `0.0.0.0`.
fn nowhere(ip: &IpAddr, text: &Spanned<String>) -> Diagnostic {
    let message = format!("`{ip}` is no address that a phone can send to");
    let help = "write the address of one network interface; phones are told this address";
    Diagnostic::error("bad-address", text.span, message).help(help)
}

/// `127.0.0.1:10000-19999`, IPv6 in brackets.
fn rtp(text: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<RtpRange> {
    let mut refuse = |message: String| {
        let help = "write an address and a range of ports, such as `\"127.0.0.1:10000-19999\"`";
        out.push(Diagnostic::error("bad-address", text.span, message).help(help));
        None
    };
    let Some(range) = rtp_range(&text.value) else {
        return refuse(format!("`{}` is not an address and a range of ports", reader::shorten(&text.value)));
    };
    let RtpRange { address, first_port: first, last_port: last } = range;
    if first == 0 || last < first {
        return refuse(format!("the range of ports `{first}-{last}` is empty"));
    }
    if last - first + 1 < MIN_RTP_PORTS {
        return refuse(format!("{} ports are too few: a call of two legs needs {MIN_RTP_PORTS}", last - first + 1));
    }
    if address.is_unspecified() {
        out.push(nowhere(&address, text));
        return None;
    }
    Some(range)
}

fn rtp_range(text: &str) -> Option<RtpRange> {
    let (host, ports) = text.rsplit_once(':')?;
    let (first, last) = ports.split_once('-')?;
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let address = match bare {
        Some(v6) => IpAddr::V6(v6.parse().ok()?),
        None => IpAddr::V4(host.parse().ok()?),
    };
    Some(RtpRange { address, first_port: first.parse().ok()?, last_port: last.parse().ok()? })
}
