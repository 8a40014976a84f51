//! The signalling core: bytes and commands in, bytes and events out. It has no socket, no task and no clock:
//! time is an argument, so a script can drive it through any hour in a millisecond.
//!
//! Each file adds one subject: `receive` sorts what comes in, `server` and `client` keep the transactions,
//! `uas` and `uac` move the two kinds of leg, `indialog` answers inside a call, `modify` changes sessions,
//! `refresh` keeps them, `identity` says who is at our end, `refer` and `register` are what they say, `reliable` confirms what rings, `loops` finds
//! calls that come back, `restore` takes over those of an
//! earlier process, `timers` says what is due.

mod client;
pub mod identity;
mod indialog;
mod loops;
mod modify;
mod receive;
mod refer;
mod refresh;
mod register;
mod reliable;
pub mod restore;
mod server;
mod timers;
mod uac;
mod uas;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use self::client::ClientTxn;
use self::server::ServerTxn;
use self::timers::TimerKey;
use super::auth::nonce::Nonces;
use super::auth::throttle::Throttle;
use super::config::Config;
use super::event::{ReferToken, SipEvent};
use super::flow::{ConnectionId, Flow, Transmit};
use super::hash::{self, KeyedHash, Tokens};
use super::leg::Leg;
use super::registrar::Registrar;
use super::transaction::timer::{Alarms, TimerQueue};
use crate::base::id::LegId;
use crate::base::time::Mono;

/// Transactions at one time, of each side. Above it new requests are answered 503 without one. A call takes
/// two for half a minute: enough for 1,500 calls a second.
pub const MAX_TRANSACTIONS: usize = 200_000;

/// Whether new calls are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gate {
    Open,
    /// Every new call is answered 503 before anything is kept of it.
    Closed {
        retry_after_secs: u32,
    },
}

/// What has happened since the start, for metrics.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    pub received: u64,
    /// Not SIP, from strangers, or answers to nothing of ours.
    pub dropped: u64,
    /// Requests answered with an error without a transaction.
    pub rejected: u64,
    /// New calls answered 503 by the gate or by a bound.
    pub overloaded: u64,
    pub retransmitted: u64,
    pub auth_failures: u64,
}

/// How much is kept, for metrics.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Held {
    pub legs: usize,
    pub server_transactions: usize,
    pub client_transactions: usize,
    pub timers: usize,
    pub contacts: usize,
    /// Bytes of messages that transactions keep to send again.
    pub message_bytes: usize,
}

struct Transactions {
    server: BTreeMap<u64, ServerTxn>,
    client: BTreeMap<u64, ClientTxn>,
    /// Open INVITEs by caller, Call-ID and number, to find merged ones (RFC 3261 §8.2.2.2).
    merged: BTreeMap<u64, u64>,
}

struct Auth {
    nonces: Nonces,
    throttle: Throttle,
    /// Places in `Config::users` by name and extension: each call of a phone looks one up.
    users: BTreeMap<Arc<str>, usize>,
}

/// The core. One owner, one thread.
pub struct Core {
    config: Arc<Config>,
    hash: KeyedHash,
    tokens: Tokens,
    gate: Gate,
    auth: Auth,
    registrar: Registrar,
    legs: BTreeMap<LegId, Box<Leg>>,
    /// Legs by Call-ID and our tag.
    dialogs: BTreeMap<u64, LegId>,
    refers: BTreeMap<ReferToken, LegId>,
    transactions: Transactions,
    timers: TimerQueue<TimerKey>,
    /// When the session of each leg must be refreshed, or has expired (RFC 4028 §10).
    sessions: Alarms<LegId>,
    events: VecDeque<SipEvent>,
    out: VecDeque<Transmit>,
    counters: Counters,
    numbers: Numbers,
}

/// The last numbers given.
#[derive(Default)]
struct Numbers {
    /// To a leg that came in.
    leg: u64,
    /// To a timer.
    serial: u32,
}

impl Core {
    /// A core without calls. The seed decides tags and nonces: it must come from the system's random source,
    /// except in tests, where the same seed gives the same bytes.
    pub fn new(config: Arc<Config>, seed: [u8; 32]) -> Self {
        let [a, b, c, d] = hash::keys(&seed);
        let users = config.user_index();
        Self {
            config,
            hash: KeyedHash::new(a, b),
            tokens: Tokens::new(c, d),
            gate: Gate::Open,
            auth: Auth { nonces: Nonces::new(seed), throttle: Throttle::default(), users },
            registrar: Registrar::default(),
            legs: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            refers: BTreeMap::new(),
            transactions: Transactions { server: BTreeMap::new(), client: BTreeMap::new(), merged: BTreeMap::new() },
            timers: TimerQueue::default(),
            sessions: Alarms::default(),
            events: VecDeque::new(),
            out: VecDeque::new(),
            counters: Counters::default(),
            numbers: Numbers::default(),
        }
    }

    /// Takes a new configuration. Calls go on as they are; users that are gone lose their registration.
    pub fn reconfigure(&mut self, config: Arc<Config>) {
        let concerned = self.registrar.keep_users(|name| config.users.iter().any(|user| &*user.name == name));
        self.auth.users = config.user_index();
        self.config = config;
        for user in concerned {
            self.tell_contacts(user);
        }
    }

    pub fn set_gate(&mut self, gate: Gate) {
        self.gate = gate;
    }

    /// The next thing that happened. Call until there is none after each `receive`, `tick` and command.
    pub fn next_event(&mut self) -> Option<SipEvent> {
        self.events.pop_front()
    }

    /// The next bytes to send, in order.
    pub fn next_transmit(&mut self) -> Option<Transmit> {
        self.out.pop_front()
    }

    /// When `tick` has something to do.
    pub fn next_deadline(&self) -> Option<Mono> {
        self.timers.next_deadline().into_iter().chain(self.sessions.next_deadline()).min()
    }

    /// A TCP connection is gone: phones registered over it cannot be reached any more, and what was asked over it
    /// and heard nothing has failed.
    pub fn connection_closed(&mut self, now: Mono, connection: ConnectionId) {
        self.fail_requests(now, |flow| flow.connection == Some(connection));
        for user in self.registrar.disconnect(connection) {
            self.tell_contacts(user);
        }
    }

    /// Live legs.
    pub fn legs(&self) -> usize {
        self.legs.values().filter(|leg| leg.is_live()).count()
    }

    /// Whether a request of ours waits for its final response. Walks all transactions: for the end of the process.
    pub fn awaits_answers(&self) -> bool {
        self.transactions.client.values().any(ClientTxn::is_open)
    }

    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How much is kept. Walks all transactions: for a scrape, not for each message.
    pub fn held(&self) -> Held {
        Held {
            legs: self.legs.len(),
            server_transactions: self.transactions.server.len(),
            client_transactions: self.transactions.client.len(),
            timers: self.timers.len() + self.sessions.len(),
            contacts: self.registrar.len(),
            message_bytes: self.transactions.server.values().map(ServerTxn::bytes).sum::<usize>()
                + self.transactions.client.values().map(ClientTxn::bytes).sum::<usize>(),
        }
    }

    /// The registered phones of a user.
    pub fn contacts(&self, user: &str) -> Vec<super::registrar::ContactId> {
        self.registrar.contacts(user).iter().map(|binding| binding.id).collect()
    }

    fn emit(&mut self, event: SipEvent) {
        self.events.push_back(event);
    }

    fn transmit(&mut self, flow: Flow, bytes: Arc<[u8]>) {
        super::trace::sent(&flow, &bytes);
        self.out.push_back(Transmit { flow, bytes });
    }

    /// A number that no live timer carries.
    fn serial(&mut self) -> u32 {
        self.numbers.serial = self.numbers.serial.wrapping_add(1).max(1);
        self.numbers.serial
    }

    fn dialog_key(&self, call_id: &str, local_tag: &str) -> u64 {
        self.hash.of(&["dialog", call_id, local_tag])
    }

    /// Takes a leg out to work on it; `put` brings it back.
    fn take(&mut self, id: LegId) -> Option<Box<Leg>> {
        self.legs.remove(&id)
    }

    fn put(&mut self, leg: Box<Leg>) {
        self.legs.insert(leg.id, leg);
    }

    /// Forgets a leg that was taken out.
    fn forget(&mut self, leg: &Leg) {
        self.sessions.clear(leg.id);
        self.dialogs.remove(&self.dialog_key(&leg.dialog.call_id, &leg.dialog.local_tag));
        for refer in &leg.refers {
            self.refers.remove(&refer.token);
        }
    }

    fn advertised(&self, flow: &Flow) -> SocketAddr {
        self.config.advertised(flow.transport, flow.local)
    }

    /// Our Contact on a path.
    fn contact(&self, flow: &Flow) -> String {
        let suffix = if flow.transport.is_reliable() { ";transport=tcp" } else { "" };
        format!("<sip:{}{suffix}>", self.advertised(flow))
    }
}
