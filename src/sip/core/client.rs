//! Client transactions: the table, the responses, and what a 2xx, a failure or silence means to whom.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use super::Core;
use super::timers::TimerKey;
use crate::base::id::LegId;
use crate::base::time::Mono;
use crate::sip::dialog::Dialog;
use crate::sip::event::ReferToken;
use crate::sip::flow::{Flow, Transport};
use crate::sip::transaction::client::{Client, Input, State, Step};
use crate::sip::transaction::server::Kind;
use crate::sip::transaction::timer::{PATIENCE, Timer};
use crate::sip::wire::compose::{self, RequestHead, put};
use crate::sip::wire::message::{Message, Start};
use crate::sip::wire::method::Method;
use crate::sip::wire::name::Name;

/// Forks of one INVITE whose 2xx we confirm and end; more are left to give up by themselves.
const MAX_FORKS: usize = 8;
/// Hops of our requests inside a dialog (RFC 3261 §8.1.1.6).
pub(super) const MAX_FORWARDS: u32 = 70;

/// Who waits for the outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    Nobody,
    Place(LegId),
    Change(LegId),
    Notify(LegId, ReferToken),
}

/// How far the cancelling of an INVITE is.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Cancel {
    No,
    /// Waits for a provisional response (RFC 3261 §9.1); the line goes into the CANCEL.
    Wanted(Box<str>),
    Sent,
}

/// One client transaction.
pub(super) struct ClientTxn {
    serial: u32,
    machine: Client,
    flow: Flow,
    /// Until the final response.
    request: Option<Arc<[u8]>>,
    owner: Owner,
    cancel: Cancel,
    /// Of a failure.
    ack: Option<Arc<[u8]>>,
    /// The tags that answered 2xx, each with its ACK; the first is the call's.
    forks: Vec<(Box<str>, Arc<[u8]>)>,
}

impl ClientTxn {
    pub fn is_open(&self) -> bool {
        self.request.is_some()
    }

    pub fn bytes(&self) -> usize {
        let messages = [&self.request, &self.ack].into_iter().flatten().chain(self.forks.iter().map(|(_, ack)| ack));
        messages.map(|bytes| bytes.len()).sum()
    }
}

/// A request ready to be sent.
pub(super) struct Outgoing {
    pub flow: Flow,
    pub kind: Kind,
    pub method: Method,
    pub branch: String,
    pub bytes: Arc<[u8]>,
    pub owner: Owner,
}

impl Core {
    fn client_key(&self, branch: &str, method: Method) -> u64 {
        self.hash.of(&["client", branch, method.name()])
    }

    /// Sends a request and keeps it until it is answered.
    pub(super) fn send_request(&mut self, now: Mono, request: Outgoing) -> u64 {
        let key = self.client_key(&request.branch, request.method);
        let serial = self.serial();
        let machine = Client::new(request.kind, request.flow.transport.is_reliable());
        let txn = ClientTxn {
            serial,
            machine,
            flow: request.flow,
            request: Some(request.bytes),
            owner: request.owner,
            cancel: Cancel::No,
            ack: None,
            forks: Vec::new(),
        };
        self.transactions.client.insert(key, txn);
        self.advance_client(now, key, Input::Start);
        key
    }

    /// Writes a request of a dialog. `lines` are whole header lines.
    pub(super) fn write_request(
        &self,
        dialog: &Dialog,
        flow: &Flow,
        (method, seq, branch): (Method, u32, &str),
        max_forwards: u32,
        lines: &str,
        (content_type, body): (&str, &str),
    ) -> Arc<[u8]> {
        let mut out = Vec::with_capacity(1024);
        let head = RequestHead {
            method: method.name(),
            uri: dialog.request_uri(),
            transport: flow.transport,
            sent_by: &self.advertised(flow).to_string(),
            branch,
            max_forwards,
            from: &dialog.local,
            from_tag: &dialog.local_tag,
            to: &dialog.remote,
            to_tag: &dialog.remote_tag,
            call_id: &dialog.call_id,
            cseq: seq,
        };
        head.write(&mut out);
        dialog.write_routes(&mut out);
        put!(out, "{lines}User-Agent: {}\r\n", self.config.user_agent);
        compose::finish(&mut out, content_type, body);
        out.into()
    }

    /// The Request-URI of an INVITE of ours that has no final response yet.
    pub(super) fn asked_target(&self, branch: &str) -> Option<String> {
        let txn = self.transactions.client.get(&self.client_key(branch, Method::Invite))?;
        match Message::parse(txn.request.as_ref()?)?.start {
            Start::Request { uri, .. } => Some(uri.to_owned()),
            Start::Response { .. } => None,
        }
    }

    /// An INVITE of ours that has no final response yet, and its path.
    pub(super) fn asked(&self, key: u64) -> Option<(Flow, Arc<[u8]>)> {
        let txn = self.transactions.client.get(&key)?;
        Some((txn.flow, txn.request.clone()?))
    }

    /// Moves a transaction and carries out what its machine says, except for telling its owner.
    fn advance_client(&mut self, now: Mono, key: u64, input: Input) -> Step {
        let Some(txn) = self.transactions.client.get_mut(&key) else { return Step::default() };
        let step = txn.machine.advance(input);
        let (serial, flow) = (txn.serial, txn.flow);
        let bytes = match (step.send, step.ack) {
            (true, _) => txn.request.clone(),
            (_, true) => txn.ack.clone(),
            _ => None,
        };
        if let Some(bytes) = bytes {
            if matches!(input, Input::Timer(_)) {
                self.counters.retransmitted += 1;
            }
            self.transmit(flow, bytes);
        }
        for (timer, after) in step.timers.into_iter().flatten() {
            self.timers.set(now + after, TimerKey::Client { key, serial, timer });
        }
        step
    }

    pub(super) fn receive_response(&mut self, now: Mono, message: &Message<'_>, status: u16) {
        let branch = message.top_via().and_then(|via| via.branch());
        let key = branch.map(|branch| self.client_key(branch, message.method()));
        let known = key.filter(|key| self.transactions.client.contains_key(key));
        // A response with more than our own Via has gone astray (RFC 3261 §8.1.3.3); a broken one says nothing.
        let sound = message.fault.is_none() && message.list(Name::Via).count() == 1;
        let Some(key) = known.filter(|_| sound) else {
            self.counters.dropped += 1;
            return;
        };
        if let Some(txn) = self.transactions.client.get_mut(&key)
            && txn.machine.kind == Kind::Invite
            && status >= 300
            && txn.ack.is_none()
            && let Some(request) = &txn.request
        {
            txn.ack = beside(request, Method::Ack, message.first(Name::To), "");
        }
        let step = self.advance_client(now, key, Input::Response(status));
        let Some(txn) = self.transactions.client.get_mut(&key) else { return };
        let (owner, kind) = (txn.owner, txn.machine.kind);
        if txn.machine.state != State::Proceeding {
            txn.request = None;
        } else if let Cancel::Wanted(line) = &txn.cancel {
            let line = line.clone();
            self.send_cancel(now, key, &line);
        }
        if step.ended {
            self.transactions.client.remove(&key);
        }
        if !step.deliver {
            return;
        }
        match owner {
            _ if kind == Kind::Invite && (200..300).contains(&status) => self.invite_accepted(now, key, message, owner),
            Owner::Place(leg) => self.place_response(now, leg, message, status),
            Owner::Change(leg) if status >= 200 => self.change_response(now, leg, Some(message), status),
            Owner::Notify(leg, token) if status >= 200 => self.notified(now, leg, token, status),
            _ => {}
        }
    }

    pub(super) fn advance_client_timer(&mut self, now: Mono, key: u64, serial: u32, timer: Timer) {
        if self.transactions.client.get(&key).is_none_or(|txn| txn.serial != serial) {
            return;
        }
        let step = self.advance_client(now, key, Input::Timer(timer));
        if step.ended {
            self.give_up(now, key, step.timed_out.then_some(408));
        }
    }

    /// Forgets a transaction, and tells its owner if it failed.
    fn give_up(&mut self, now: Mono, key: u64, status: Option<u16>) {
        let Some(txn) = self.transactions.client.remove(&key) else { return };
        let Some(status) = status else { return };
        match txn.owner {
            Owner::Nobody => {}
            Owner::Place(leg) => self.place_failed(leg, status, compose::reason(status)),
            Owner::Change(leg) => self.change_response(now, leg, None, status),
            Owner::Notify(leg, token) => self.notified(now, leg, token, status),
        }
    }

    /// No TCP connection to a peer could be opened: as if it had said 503 (RFC 3261 §8.1.3.1). An INVITE that
    /// went over TCP only for its size is sent over UDP instead (§18.1.1).
    pub fn connect_failed(&mut self, now: Mono, peer: SocketAddr) {
        self.fail_requests(now, |flow| flow.transport == Transport::Tcp && flow.peer == peer);
    }

    /// Fails the requests on some paths that have heard nothing yet.
    pub(super) fn fail_requests(&mut self, now: Mono, lost: impl Fn(&Flow) -> bool) {
        let waits = |txn: &ClientTxn| txn.machine.state == State::Calling && lost(&txn.flow);
        let table = &self.transactions.client;
        let keys: Vec<u64> = table.iter().filter(|(_, txn)| waits(txn)).map(|(key, _)| *key).collect();
        for key in keys {
            if !self.fall_back_to_udp(now, key) {
                self.give_up(now, key, Some(503));
            }
        }
    }

    fn fall_back_to_udp(&mut self, now: Mono, key: u64) -> bool {
        let Some(Owner::Place(id)) = self.transactions.client.get(&key).map(|txn| txn.owner) else { return false };
        let Some(leg) = self.legs.get_mut(&id) else { return false };
        let Some((flow, branch, bytes)) = leg.early.as_mut().and_then(|early| early.over_udp.take()) else {
            return false;
        };
        self.transactions.client.remove(&key);
        let owner = Owner::Place(id);
        let outgoing = Outgoing { flow, kind: Kind::Invite, method: Method::Invite, branch, bytes, owner };
        let key = self.send_request(now, outgoing);
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.flow = flow;
            leg.invite = Some(key);
        }
        true
    }

    /// A 2xx to an INVITE: the first makes the call; a repeated one gets its ACK again; those of other forks,
    /// and one for a call that nobody wants any more, get ACK and BYE (RFC 3261 §13.2.2.4).
    fn invite_accepted(&mut self, now: Mono, key: u64, message: &Message<'_>, owner: Owner) {
        let tag = message.to_tag().unwrap_or("");
        let Some(txn) = self.transactions.client.get(&key) else { return };
        let (flow, forks) = (txn.flow, txn.forks.len());
        if let Some((_, ack)) = txn.forks.iter().find(|(known, _)| **known == *tag) {
            let ack = Arc::clone(ack);
            return self.transmit(flow, ack);
        }
        if forks >= MAX_FORKS {
            self.counters.dropped += 1;
            return;
        }
        let dialog = Dialog::as_uac(message);
        let seq = message.cseq().map_or(1, |cseq| cseq.number);
        let wanted = forks == 0 && self.waits_for_answer(owner);
        let flow = match (wanted, owner) {
            (true, Owner::Place(leg) | Owner::Change(leg)) => {
                self.legs.get(&leg).map_or(flow, |leg| self.route(&dialog, leg.flow, &leg.source))
            }
            _ => flow,
        };
        let branch = self.tokens.branch();
        let ack = self.write_request(&dialog, &flow, (Method::Ack, seq, &branch), MAX_FORWARDS, "", ("", ""));
        if let Some(txn) = self.transactions.client.get_mut(&key) {
            txn.forks.push((tag.into(), Arc::clone(&ack)));
            // A repeated ACK must take the way of the first.
            txn.flow = flow;
        }
        self.transmit(flow, ack);
        match owner {
            Owner::Place(leg) if wanted => self.placed(now, leg, message, dialog),
            Owner::Change(leg) if wanted => self.change_response(now, leg, Some(message), 200),
            _ => self.bye_of(now, dialog, flow),
        }
    }

    /// Ends a dialog that has no leg.
    pub(super) fn bye_of(&mut self, now: Mono, mut dialog: Dialog, flow: Flow) {
        let (seq, branch) = (dialog.next_seq(), self.tokens.branch());
        let bytes = self.write_request(&dialog, &flow, (Method::Bye, seq, &branch), MAX_FORWARDS, "", ("", ""));
        let owner = Owner::Nobody;
        self.send_request(now, Outgoing { flow, kind: Kind::NonInvite, method: Method::Bye, branch, bytes, owner });
    }

    /// Takes an INVITE back: at once if the peer has shown that it knows it, else as soon as it does
    /// (RFC 3261 §9.1). Nobody waits for its outcome from here.
    pub(super) fn cancel_invite(&mut self, now: Mono, key: u64, line: &str) {
        let Some(txn) = self.transactions.client.get_mut(&key) else { return };
        txn.owner = Owner::Nobody;
        match (txn.machine.state, &txn.cancel) {
            (State::Calling, Cancel::No) => txn.cancel = Cancel::Wanted(line.into()),
            (State::Proceeding, Cancel::No) => self.send_cancel(now, key, line),
            _ => {}
        }
    }

    fn send_cancel(&mut self, now: Mono, key: u64, line: &str) {
        let Some(txn) = self.transactions.client.get_mut(&key) else { return };
        txn.cancel = Cancel::Sent;
        let (serial, flow) = (txn.serial, txn.flow);
        let Some(request) = txn.request.clone() else { return };
        let Some(bytes) = beside(&request, Method::Cancel, None, line) else { return };
        let branch = Message::parse(&request).and_then(|m| m.top_via().and_then(|via| via.branch().map(str::to_owned)));
        let (branch, owner) = (branch.unwrap_or_default(), Owner::Nobody);
        self.set_timer(now, PATIENCE, TimerKey::Cancelled { key, serial });
        self.send_request(now, Outgoing { flow, kind: Kind::NonInvite, method: Method::Cancel, branch, bytes, owner });
    }

    /// 64*T1 after CANCEL without a final response: as if it had been 487 (RFC 3261 §9.1).
    pub(super) fn cancel_timer(&mut self, key: u64, serial: u32) {
        let open =
            |txn: &&ClientTxn| txn.serial == serial && matches!(txn.machine.state, State::Calling | State::Proceeding);
        if self.transactions.client.get(&key).filter(open).is_some() {
            self.transactions.client.remove(&key);
        }
    }
}

/// The ACK of a failure or the CANCEL of an INVITE: both repeat its Request-URI, top Via, From, Call-ID,
/// number and Route (RFC 3261 §17.1.1.3, §9.1).
fn beside(invite: &[u8], method: Method, to: Option<&str>, line: &str) -> Option<Arc<[u8]>> {
    let invite = Message::parse(invite)?;
    let Start::Request { uri, .. } = invite.start else { return None };
    let mut out = Vec::with_capacity(512);
    put!(
        out,
        "{} {uri} SIP/2.0\r\nVia: {}\r\nMax-Forwards: {MAX_FORWARDS}\r\n",
        method.name(),
        invite.list(Name::Via).next()?
    );
    for route in invite.all(Name::Route) {
        put!(out, "Route: {route}\r\n");
    }
    put!(out, "From: {}\r\nTo: {}\r\n", invite.first(Name::From)?, to.or_else(|| invite.first(Name::To))?);
    put!(out, "Call-ID: {}\r\nCSeq: {} {}\r\n{line}", invite.call_id(), invite.cseq()?.number, method.name());
    compose::finish(&mut out, "", "");
    Some(out.into())
}
