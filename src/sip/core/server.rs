//! Server transactions: the table, what is sent on them, and answers that need none.

use std::sync::Arc;

use super::Core;
use super::timers::TimerKey;
use crate::base::id::LegId;
use crate::base::time::Mono;
use crate::sip::flow::Flow;
use crate::sip::transaction::server::{Input, Kind, Server, State, Step};
use crate::sip::wire::compose::{self, ReplyHead, put};
use crate::sip::wire::fields::Via;
use crate::sip::wire::message::{Message, Start};
use crate::sip::wire::method::Method;
use crate::sip::wire::validate::Rejection;
use std::io::Write as _;

/// One server transaction. After its final response it is no more than this and the response's bytes.
pub(super) struct ServerTxn {
    serial: u32,
    machine: Server,
    flow: Flow,
    last: Option<Arc<[u8]>>,
    /// The leg of an INVITE.
    pub leg: Option<LegId>,
    merged: Option<u64>,
}

impl ServerTxn {
    pub fn bytes(&self) -> usize {
        self.last.as_ref().map_or(0, |bytes| bytes.len())
    }

    pub fn is_undecided(&self) -> bool {
        self.machine.state == State::Proceeding
    }
}

impl Core {
    /// The key of a request's transaction (RFC 3261 §17.2.3). `method` is INVITE for an ACK or CANCEL that looks
    /// for the INVITE it belongs to.
    pub(super) fn server_key(&self, message: &Message<'_>, via: &Via<'_>, method: &str) -> u64 {
        match via.branch() {
            Some(branch) => self.hash.of(&["server", branch, via.sent_by, method]),
            None => {
                // A peer of RFC 2543: the same request has the same of all these.
                let uri = match message.start {
                    Start::Request { uri, .. } => uri,
                    Start::Response { .. } => "",
                };
                let number = message.cseq().map_or(0, |cseq| cseq.number).to_string();
                let parts = [uri, message.from_tag().unwrap_or(""), message.call_id(), &number, via.text, method];
                self.hash.of(&[&["2543"], &parts[..]].concat())
            }
        }
    }

    /// Opens a transaction; false if there are too many.
    pub(super) fn open_server(
        &mut self,
        key: u64,
        kind: Kind,
        flow: Flow,
        leg: Option<LegId>,
        merged: Option<u64>,
    ) -> bool {
        if self.transactions.server.len() >= MAX {
            return false;
        }
        let machine = Server::new(kind, flow.transport.is_reliable());
        let serial = self.serial();
        self.transactions.server.insert(key, ServerTxn { serial, machine, flow, last: None, leg, merged });
        if let Some(merged) = merged {
            self.transactions.merged.insert(merged, key);
        }
        true
    }

    /// Sends a response on a transaction.
    pub(super) fn respond(&mut self, now: Mono, key: u64, status: u16, bytes: Vec<u8>) -> Arc<[u8]> {
        let bytes: Arc<[u8]> = bytes.into();
        if let Some(txn) = self.transactions.server.get_mut(&key) {
            txn.last = Some(Arc::clone(&bytes));
            self.advance_server(now, key, Input::Respond(status));
        }
        bytes
    }

    /// Sends a response without body on a transaction.
    pub(super) fn respond_plain(&mut self, now: Mono, key: u64, head: &ReplyHead, status: u16, tag: &str, lines: &str) {
        let mut out = Vec::with_capacity(512);
        head.write(&mut out, status, compose::reason(status), Some(tag));
        put!(out, "{lines}");
        compose::finish(&mut out, "", "");
        self.respond(now, key, status, out);
    }

    /// Moves a transaction and carries out what its machine says.
    pub(super) fn advance_server(&mut self, now: Mono, key: u64, input: Input) -> Step {
        let Some(txn) = self.transactions.server.get_mut(&key) else { return Step::default() };
        let step = txn.machine.advance(input);
        let (serial, flow) = (txn.serial, txn.flow);
        let bytes = if step.send { txn.last.clone() } else { None };
        if txn.machine.state == State::Accepted {
            // The dialog repeats the 2xx; the transaction only absorbs INVITEs (RFC 6026 §7.1).
            txn.last = None;
        }
        if let Some(bytes) = bytes {
            if !matches!(input, Input::Respond(_)) {
                self.counters.retransmitted += 1;
            }
            self.transmit(flow, bytes);
        }
        for (timer, after) in step.timers.into_iter().flatten() {
            self.timers.set(now + after, TimerKey::Server { key, serial, timer });
        }
        if step.ended {
            self.close_server(key);
        }
        step
    }

    fn close_server(&mut self, key: u64) {
        if let Some(merged) = self.transactions.server.remove(&key).and_then(|txn| txn.merged) {
            self.transactions.merged.remove(&merged);
        }
    }

    pub(super) fn server_timer(
        &mut self,
        now: Mono,
        key: u64,
        serial: u32,
        timer: crate::sip::transaction::timer::Timer,
    ) {
        if self.transactions.server.get(&key).is_some_and(|txn| txn.serial == serial) {
            self.advance_server(now, key, Input::Timer(timer));
        }
    }

    /// Answers without keeping anything: the To tag is a hash of the request, so that a retransmission is
    /// answered the same (RFC 3261 §8.2.7).
    pub(super) fn reply(&mut self, message: &Message<'_>, flow: &Flow, rejection: &Rejection) {
        if message.method() == Method::Ack {
            return;
        }
        self.counters.rejected += 1;
        let tag = self.stateless_tag(message);
        let mut out = Vec::with_capacity(512);
        ReplyHead::of(message, flow).write(&mut out, rejection.status, rejection.reason, Some(&tag));
        if !rejection.header.is_empty() {
            put!(out, "{}\r\n", rejection.header);
        }
        put!(out, "Server: {}\r\n", self.config.user_agent);
        compose::finish(&mut out, "", "");
        self.transmit(*flow, out.into());
    }

    pub(super) fn stateless_tag(&self, message: &Message<'_>) -> String {
        let via = message.top_via().map_or("", |via| via.text);
        format!("{:016x}", self.hash.of(&["tag", message.call_id(), message.from_tag().unwrap_or(""), via]))
    }
}

/// See `MAX_TRANSACTIONS`.
const MAX: usize = super::MAX_TRANSACTIONS;
