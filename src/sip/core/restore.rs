//! Calls of an earlier process (T60): a card is taken of each confirmed leg while it lives, and makes it again.

use super::Core;
use crate::base::id::LegId;
use crate::base::time::Mono;
use crate::sip::dialog::Card;
use crate::sip::flow::Flow;
use crate::sip::leg::{Change, Leg, Phase};

/// How far the number of our next request goes beyond the card's: more requests than a leg sends between two cards. A
/// peer takes gaps, and refuses a number that it has seen (RFC 3261 §12.2.2).
pub const RESTORED_SEQ_GAP: u32 = 1_000;

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
        let bound = self.config.listen.iter().any(|ours| ours.transport == flow.transport && ours.bound == flow.local);
        let local =
            if bound { Some(flow.local) } else { self.config.listen_for(flow.transport, flow.peer).map(|l| l.bound) };
        let Some(local) = local.filter(|_| !self.legs.contains_key(&id) && !self.dialogs.contains_key(&key)) else {
            return false;
        };
        dialog.local_seq = dialog.local_seq.saturating_add(RESTORED_SEQ_GAP);
        if !id.0.is_multiple_of(2) {
            self.numbers.leg = self.numbers.leg.max(id.0 / 2 + 1);
        }
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
}
