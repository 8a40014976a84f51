//! Legs that are placed: from our INVITE to its ACK (RFC 3261 §13.2); and how a leg is ended from our side.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::Core;
use super::client::{MAX_FORWARDS, Outgoing, Owner};
use crate::base::id::LegId;
use crate::base::time::Mono;
use crate::sip::dialog::Dialog;
use crate::sip::event::{Cause, Destination, PlaceSpec, SipEvent, Source};
use crate::sip::flow::{Flow, Transport};
use crate::sip::leg::{Change, Early, Identity, Leg, Phase, Refresh, Shown};
use crate::sip::sdp::session::Session;
use crate::sip::sdp::{self, Sdp};
use crate::sip::transaction::server::Kind;
use crate::sip::wire::compose::one_line;
use crate::sip::wire::message::{Message, Start};
use crate::sip::wire::method::Method;
use crate::sip::wire::name::Name;
use crate::sip::wire::uri::{Uri, escape_user};
use crate::sip::wire::validate::SDP_TYPE;

/// A request above this goes over TCP where the peer takes it (RFC 3261 §18.1.1).
const LARGE_REQUEST_BYTES: usize = 1_300;
/// Where SIP listens if a URI does not say (RFC 3261 §19.1.2).
const DEFAULT_PORT: u16 = 5060;

/// Where a placed leg goes, resolved.
struct Target {
    uri: String,
    flow: Flow,
    source: Source,
    large_over_tcp: bool,
}

impl Core {
    /// Places a leg under a number of the caller's choice (even, never used before). It ends in `Answered` or
    /// `PlaceFailed`, or in `Gone` if it is hung up first.
    pub fn place(&mut self, now: Mono, id: LegId, spec: &PlaceSpec) {
        let target = match self.target_of(&spec.to) {
            Ok(target) if !self.legs.contains_key(&id) => target,
            Ok(_) => return self.place_failed(id, 500, "leg number in use"),
            Err((status, reason)) => return self.place_failed(id, status, reason),
        };
        if self.transactions.client.len() >= super::MAX_TRANSACTIONS {
            return self.place_failed(id, 503, "too many transactions");
        }
        let mut session = Session::new(self.tokens.next_u64(), spec.media);
        let body = session.offer();
        let dialog = self.placed_dialog(spec, &target);
        let (branch, udp_branch) = (self.tokens.branch(), self.tokens.branch());
        let write = |flow: &Flow, branch: &str| {
            self.write_invite(spec, (&dialog, flow), (dialog.local_seq, branch), None, &body)
        };
        let mut flow = target.flow;
        let mut bytes = write(&flow, &branch);
        let mut over_udp = None;
        if bytes.len() > LARGE_REQUEST_BYTES
            && target.large_over_tcp
            && let Some(listen) = self.config.listen_for(Transport::Tcp, flow.peer)
        {
            let over_tcp = Flow { transport: Transport::Tcp, local: listen.bound, peer: flow.peer, connection: None };
            over_udp = Some((flow, udp_branch.clone(), write(&flow, &udp_branch)));
            bytes = write(&over_tcp, &branch);
            flow = over_tcp;
        }
        let identity = Identity::new(&spec.from_user, &spec.from_display, spec.anonymous);
        let early = Early { tag: "".into(), media: None, answer: None, ringing: false, spec: spec.clone(), over_udp };
        self.dialogs.insert(self.dialog_key(&dialog.call_id, &dialog.local_tag), id);
        let owner = Owner::Place(id);
        let outgoing = Outgoing { flow, kind: Kind::Invite, method: Method::Invite, branch, bytes, owner };
        let key = self.send_request(now, outgoing);
        self.put(Box::new(Leg {
            id,
            source: target.source,
            phase: Phase::Placing,
            flow,
            dialog,
            session: Some(Box::new(session)),
            uas: None,
            change: Change::default(),
            shown: Some(Box::new(Shown { identity, pending: false })),
            refers: Vec::new(),
            refresh: None,
            takes_update: false,
            held: false,
            early: Some(Box::new(early)),
            invite: Some(key),
        }));
    }

    fn write_invite(
        &self,
        spec: &PlaceSpec,
        (dialog, flow): (&Dialog, &Flow),
        (seq, branch): (u32, &str),
        refresh: Option<Refresh>,
        body: &str,
    ) -> Arc<[u8]> {
        let mut lines = self.invite_lines(spec, &dialog.remote_target, flow);
        lines.push_str(&Self::session_offer_lines(refresh));
        self.write_request(dialog, flow, (Method::Invite, seq, branch), spec.max_forwards, &lines, (SDP_TYPE, body))
    }

    /// The INVITE of a placed leg once more, under the next number of the same call (RFC 3261 §8.1.3.5), after a failure
    /// that its new lines mend. What an earlier fork said no longer counts.
    pub(super) fn invite_again(&mut self, now: Mono, leg: &mut Leg) {
        let (seq, branch) = (leg.dialog.next_seq(), self.tokens.branch());
        let (Some(early), Some(session)) = (leg.early.as_mut(), leg.session.as_mut()) else { return };
        (early.tag, early.media, early.answer, early.over_udp) = ("".into(), None, None, None);
        let body = session.repeat();
        let bytes = self.write_invite(&early.spec, (&leg.dialog, &leg.flow), (seq, &branch), leg.refresh, &body);
        let (flow, owner) = (leg.flow, Owner::Place(leg.id));
        let outgoing = Outgoing { flow, kind: Kind::Invite, method: Method::Invite, branch, bytes, owner };
        leg.invite = Some(self.send_request(now, outgoing));
    }

    fn target_of(&self, to: &Destination) -> Result<Target, (u16, &'static str)> {
        match to {
            Destination::Contact { user, contact } => {
                let binding = self.registrar.binding(user, *contact).ok_or((480, "contact not registered"))?;
                let source = Source::User(user.clone());
                Ok(Target { uri: binding.uri.to_string(), flow: binding.flow, source, large_over_tcp: false })
            }
            Destination::Trunk { trunk, user_part } => {
                let trunk = self.config.trunk(trunk).ok_or((404, "no such trunk"))?;
                let listen =
                    self.config.listen_for(trunk.transport, trunk.address).ok_or((503, "no socket for the trunk"))?;
                let port = trunk.address.port();
                let suffix = if trunk.transport.is_reliable() { ";transport=tcp" } else { "" };
                let user = escape_user(user_part);
                let at = if user.is_empty() { "" } else { "@" };
                let uri = format!("sip:{user}{at}{}:{port}{suffix}", one_line(&trunk.host));
                let flow =
                    Flow { transport: trunk.transport, local: listen.bound, peer: trunk.address, connection: None };
                let large_over_tcp = trunk.large_over_tcp && trunk.transport == Transport::Udp;
                Ok(Target { uri, flow, source: Source::Trunk(trunk.name.clone()), large_over_tcp })
            }
        }
    }

    fn placed_dialog(&mut self, spec: &PlaceSpec, target: &Target) -> Dialog {
        Dialog {
            call_id: format!("{:016x}{:016x}@{}", self.tokens.next_u64(), self.tokens.next_u64(), self.config.domain)
                .into(),
            local_tag: self.tokens.tag(),
            remote_tag: "".into(),
            local: self.caller_address(spec).into(),
            remote: format!("<{}>", target.uri).into(),
            local_seq: 1,
            remote_seq: None,
            remote_target: target.uri.as_str().into(),
            routes: Vec::new(),
        }
    }

    /// Where a request of a dialog is sent. To a phone always the way it came: its Contact may lie behind a
    /// translator. To a trunk by RFC 3261 §8.1.2 as far as addresses go: nobody here resolves names, and a
    /// private address behind a public one is a translator's.
    pub(super) fn route(&self, dialog: &Dialog, flow: Flow, source: &Source) -> Flow {
        let Source::Trunk(_) = source else { return flow };
        let Some(uri) = Uri::parse(dialog.next_hop()) else { return flow };
        let Some(ip) = uri.ip() else { return flow };
        if ip.is_unspecified() || (is_private(ip) && !is_private(flow.peer.ip())) {
            return flow;
        }
        let peer = SocketAddr::new(ip, uri.port.unwrap_or(DEFAULT_PORT));
        let transport = match uri.param("transport") {
            Some(name) if name.eq_ignore_ascii_case("tcp") => Transport::Tcp,
            Some(_) => Transport::Udp,
            None => flow.transport,
        };
        if transport == flow.transport && (peer == flow.peer || (transport.is_reliable() && ip == flow.peer.ip())) {
            return flow;
        }
        match self.config.listen_for(transport, peer) {
            Some(listen) if transport == flow.transport && listen.bound.is_ipv4() == flow.local.is_ipv4() => {
                Flow { peer, connection: None, ..flow }
            }
            Some(listen) => Flow { transport, local: listen.bound, peer, connection: None },
            None => flow,
        }
    }

    /// A provisional response, or a failure, to a placed leg.
    pub(super) fn place_response(&mut self, now: Mono, id: LegId, message: &Message<'_>, status: u16) {
        if status == 422 && self.place_again(now, id, message) {
            return;
        }
        if status >= 300 {
            let reason = match message.start {
                Start::Response { reason, .. } => one_line(reason),
                Start::Request { .. } => String::new(),
            };
            return self.place_failed(id, status, &reason);
        }
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let source = leg.flow.peer.ip();
        let (Some(early), Some(session)) = (leg.early.as_mut(), leg.session.as_ref()) else { return };
        let tag = message.to_tag().unwrap_or("");
        if status == 100 || (!early.tag.is_empty() && *early.tag != *tag) {
            return;
        }
        early.tag = tag.into();
        let answer = sdp::body_of(message).and_then(Sdp::parse);
        let media = answer.as_ref().and_then(|answer| session.preview_answer(answer, source).ok());
        let new_media = media.is_some() && media != early.media;
        let new_ringing = !early.ringing && matches!(status, 180 | 182);
        if new_media {
            early.media = media;
            early.answer = answer;
        }
        early.ringing |= new_ringing;
        if new_media || new_ringing {
            let early_media = early.media;
            self.emit(SipEvent::Ringing { leg: id, early_media });
        }
    }

    pub(super) fn place_failed(&mut self, id: LegId, status: u16, reason: &str) {
        // A leg in another phase has a number that the exchange may not reuse; it stays.
        if self.legs.get(&id).is_some_and(|leg| leg.phase == Phase::Placing)
            && let Some(leg) = self.take(id)
        {
            self.forget(&leg);
        }
        self.emit(SipEvent::PlaceFailed { leg: id, status, reason: reason.to_owned() });
    }

    /// Whether a 2xx is for somebody.
    pub(super) fn waits_for_answer(&self, owner: Owner) -> bool {
        match owner {
            Owner::Place(leg) => self.legs.get(&leg).is_some_and(|leg| leg.phase == Phase::Placing),
            Owner::Change(leg) => self.legs.get(&leg).is_some_and(|leg| leg.change.running.is_some()),
            Owner::Nobody | Owner::Notify(..) => false,
        }
    }

    /// The first 2xx of a placed leg; its ACK is already on its way.
    pub(super) fn placed(&mut self, now: Mono, id: LegId, message: &Message<'_>, dialog: Dialog) {
        let Some(mut leg) = self.take(id) else { return };
        let local = std::mem::replace(&mut leg.dialog, dialog);
        // What we said is ours, whatever the peer made of it.
        leg.dialog.call_id = local.call_id;
        leg.dialog.local_tag = local.local_tag;
        leg.dialog.local = local.local;
        leg.phase = Phase::Established;
        leg.invite = None;
        leg.takes_update = message.lists_token(Name::Allow, "UPDATE");
        let early = leg.early.take();
        let early_answer = early.filter(|early| early.tag == leg.dialog.remote_tag).and_then(|early| early.answer);
        let answer = sdp::body_of(message).and_then(Sdp::parse).or(early_answer);
        let source = leg.flow.peer.ip();
        let taken = leg.session.as_mut().zip(answer).and_then(|(session, answer)| session.accept(&answer, source).ok());
        let Some(media) = taken else {
            self.say_bye(now, leg, 488);
            return self.emit(SipEvent::PlaceFailed {
                leg: id,
                status: 488,
                reason: "no common audio codec".to_owned(),
            });
        };
        leg.note_hold();
        self.take_session_timer(now, &mut leg, message);
        self.emit(SipEvent::Answered { leg: id, media });
        self.start_change(now, &mut leg);
        self.put(leg);
    }

    /// Ends a leg in whatever state it is: refuses it with `status`, takes it back, or says BYE. `Gone` comes at
    /// once. On a leg that rings, status 200 tells the phone that another one took the call (RFC 3326), so that
    /// it does not count as missed.
    pub fn hangup(&mut self, now: Mono, id: LegId, status: u16) -> bool {
        let Some(mut leg) = self.take(id) else { return false };
        match leg.phase {
            Phase::Incoming | Phase::Answered if leg.is_unanswered() => {
                let status = if (400..700).contains(&status) { status } else { 480 };
                self.fail_incoming(now, leg, status, "", Cause::Local);
                return true;
            }
            Phase::Placing => {
                if let Some(key) = leg.invite {
                    self.cancel_invite(now, key, &reason_line(status));
                }
                self.forget(&leg);
            }
            Phase::Incoming | Phase::Answered => {
                leg.phase = Phase::Ending;
                self.put(leg);
            }
            Phase::Established => self.say_bye(now, leg, status),
            Phase::Ending | Phase::Reporting => {
                self.put(leg);
                return false;
            }
        }
        self.emit(SipEvent::Gone { leg: id, cause: Cause::Local });
        true
    }

    /// Sends BYE and lets go of a leg that was taken out.
    pub(super) fn say_bye(&mut self, now: Mono, mut leg: Box<Leg>, status: u16) {
        let flow = self.route(&leg.dialog, leg.flow, &leg.source);
        let (seq, branch) = (leg.dialog.next_seq(), self.tokens.branch());
        let lines = reason_line(status);
        let bytes = self.write_request(&leg.dialog, &flow, (Method::Bye, seq, &branch), MAX_FORWARDS, &lines, ("", ""));
        let owner = Owner::Nobody;
        self.send_request(now, Outgoing { flow, kind: Kind::NonInvite, method: Method::Bye, branch, bytes, owner });
        self.end_call(now, leg);
    }
}

/// Why a leg is ended (RFC 3326), or nothing.
fn reason_line(status: u16) -> String {
    match status {
        200 => "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n".to_owned(),
        300..=699 => format!("Reason: SIP;cause={status}\r\n"),
        _ => String::new(),
    }
}

/// An address that only means something on its own network.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}
