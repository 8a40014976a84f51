//! Calls and registrations of an earlier process (T60): a card is taken of each confirmed leg while it lives, and makes it
//! again; so do the bindings of a user. Who keeps them meanwhile, and where, is not known here.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use super::Core;
use super::client::{Outgoing, Owner};
use super::timers::TimerKey;
use crate::base::id::LegId;
use crate::base::time::Mono;
use crate::sip::dialog::Card;
use crate::sip::flow::Flow;
use crate::sip::leg::{Change, Leg, Phase};
use crate::sip::registrar::Binding;
use crate::sip::transaction::server::Kind;
use crate::sip::wire::compose;
use crate::sip::wire::message::{Message, Start};
use crate::sip::wire::method::Method;

/// How far the number of our next request goes beyond the card's: more requests than a leg sends between two cards. A
/// peer takes gaps, and refuses a number that it has seen (RFC 3261 §12.2.2).
pub const RESTORED_SEQ_GAP: u32 = 1_000;

/// What a caller is told whom nobody had answered: to try again, here and now (RFC 3261 §21.4.18).
const NOT_SERVED: u16 = 480;

impl Core {
    /// What another process needs to go on with a confirmed leg. None for any other: a call that is not answered yet
    /// ends with its process, and its far end hears that by itself.
    pub fn card(&self, leg: LegId) -> Option<Card> {
        let leg = self.legs.get(&leg).filter(|leg| leg.phase == Phase::Established)?;
        Some(Card {
            source: leg.source.clone(),
            // A connection ends with its process.
            flow: Flow { connection: None, ..leg.flow },
            dialog: leg.dialog.clone(),
            session: leg.session.as_deref()?.clone(),
            takes_update: leg.takes_update,
            held: leg.held,
            refresh: leg.refresh.map(|refresh| (refresh.seconds, refresh.ours)),
        })
    }

    /// Makes a leg from its card. It takes requests of its peer, and can be changed and ended, as before; nothing is sent.
    /// False, and nothing is made, if its number or its dialog is in use, or no socket of ours reaches its peer.
    pub fn restore(&mut self, now: Mono, id: LegId, card: Card) -> bool {
        let Card { source, flow, mut dialog, session, takes_update, held, refresh } = card;
        let key = self.dialog_key(&dialog.call_id, &dialog.local_tag);
        let Some(local) =
            self.local_for(&flow).filter(|_| !self.legs.contains_key(&id) && !self.dialogs.contains_key(&key))
        else {
            return false;
        };
        dialog.local_seq = dialog.local_seq.saturating_add(RESTORED_SEQ_GAP);
        self.reserve(id);
        let mut leg = Box::new(Leg {
            id,
            source,
            phase: Phase::Established,
            flow: Flow { local, connection: None, ..flow },
            dialog,
            session: Some(Box::new(session)),
            uas: None,
            change: Change::default(),
            shown: None,
            refers: Vec::new(),
            refresh: None,
            takes_update,
            held,
            early: None,
            invite: None,
        });
        self.dialogs.insert(key, id);
        self.restore_session_timer(now, &mut leg, refresh);
        self.put(leg);
        true
    }

    /// What another process needs to end a leg that is not answered yet, and its path: of one that we call the INVITE, of
    /// one that calls us a refusal. None on a connection, which ends with its process.
    pub fn unanswered(&self, leg: LegId) -> Option<(Flow, Arc<[u8]>)> {
        let leg = self.legs.get(&leg).filter(|leg| leg.flow.connection.is_none())?;
        match leg.phase {
            Phase::Placing => self.asked(leg.invite?),
            Phase::Incoming => {
                let mut out = Vec::with_capacity(512);
                let head = &leg.uas.as_ref()?.head;
                head.write(&mut out, NOT_SERVED, compose::reason(NOT_SERVED), Some(&leg.dialog.local_tag));
                compose::finish(&mut out, "", "");
                Some((leg.flow, out.into()))
            }
            _ => None,
        }
    }

    /// Ends a leg of an earlier process that was not answered yet.
    pub fn take_back(&mut self, now: Mono, flow: Flow, bytes: Arc<[u8]>) {
        // Where the answer goes is written in it.
        let ours = self.local_for(&flow) == Some(flow.local);
        let Some(message) = Message::parse(&bytes).filter(|_| ours) else { return };
        let Some(via) = message.top_via() else { return };
        let kind = Kind::Invite;
        match (message.start, via.branch()) {
            // Whoever calls hears that nobody will answer, and acknowledges it.
            (Start::Response { status, .. }, _) => {
                let key = self.server_key(&message, &via, Method::Invite.name());
                if self.open_server(key, kind, flow, None, None) {
                    self.respond(now, key, status, bytes.to_vec());
                }
            }
            // The far end gets the INVITE once more, as if it had been lost, and says how far it is: if it rings it is
            // cancelled, if it was answered meanwhile it is hung up on.
            (Start::Request { .. }, Some(branch)) => {
                let (branch, method, owner) = (branch.to_owned(), Method::Invite, Owner::Nobody);
                let key = self.send_request(now, Outgoing { flow, kind, method, branch, bytes: bytes.clone(), owner });
                self.cancel_invite(now, key, "");
            }
            _ => {}
        }
    }

    /// No leg that comes in has this number of an earlier process, whether it is made again or not.
    pub fn reserve(&mut self, id: LegId) {
        if !id.0.is_multiple_of(2) {
            self.numbers.leg = self.numbers.leg.max(id.0 / 2 + 1);
        }
    }

    /// Our socket of an earlier process, or the one that reaches the same peer now.
    fn local_for(&self, flow: &Flow) -> Option<SocketAddr> {
        let mut ours = self.config.listen.iter().filter(|ours| ours.transport == flow.transport);
        match ours.find(|ours| ours.bound == flow.local) {
            Some(_) => Some(flow.local),
            None => self.config.listen_for(flow.transport, flow.peer).map(|l| l.bound),
        }
    }

    /// The telephones of a user, which another process can take up; without those on a connection, which ends with its
    /// process.
    pub fn bindings(&self, user: &str) -> impl Iterator<Item = &Binding> {
        self.registrar.contacts(user).iter().filter(|binding| binding.flow.connection.is_none())
    }

    /// Users of whom something else is to be kept than before. What a telephone does to stay registered is told too: it
    /// holds longer now.
    pub fn touched_users(&mut self) -> BTreeSet<Arc<str>> {
        self.registrar.take_touched()
    }

    /// Whether there are such users.
    pub fn has_touched_users(&self) -> bool {
        self.registrar.is_touched()
    }

    /// Takes up a user's telephones. Not those that should have registered again meanwhile, nor those of a user who is no
    /// longer there, or that no socket of ours reaches.
    pub fn restore_bindings(&mut self, now: Mono, user: &Arc<str>, held: Vec<Binding>) {
        let known = self.config.users.iter().any(|account| account.name == *user);
        let held = held.into_iter().filter(|binding| known && binding.expires > now).filter_map(|binding| {
            let local = self.local_for(&binding.flow)?;
            // Whatever the clock on the wall did meanwhile.
            let expires = binding.expires.min(now + self.config.max_registration);
            Some(Binding { flow: Flow { local, connection: None, ..binding.flow }, expires, ..binding })
        });
        let held = held.collect();
        self.registrar.restore(user, held);
        let timers = self.registrar.contacts(user).iter().map(|binding| (binding.expires.since(now), binding.id));
        for (left, id) in timers.collect::<Vec<_>>() {
            self.set_timer(now, left, TimerKey::Binding(id));
        }
        if !self.registrar.contacts(user).is_empty() {
            self.tell_contacts(user.clone());
        }
    }
}
