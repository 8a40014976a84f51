//! After a crash: the legs of the calls that were in progress get new media and are asked whether they are still there;
//! then the exchange takes each call back with those that are.

use std::collections::BTreeSet;
use std::path::Path;

use super::cards;
use super::driver::Driver;
use crate::base::id::LegId;
use crate::base::time::{Micros, Mono};
use crate::exchange::Input;
use crate::exchange::kept::Kept;
use crate::media::mend::mend;
use crate::store::StoredLive;

/// A far end that has not taken its new audio in this time is gone: long enough for three repeats of a lost packet
/// (RFC 3261 T1), short enough for people who hear nothing.
const ANSWER_LIMIT: Micros = Micros::from_secs(4);
/// What a leg is ended with that no call takes back.
const GONE: u16 = 480;

/// Calls that wait for their legs.
#[derive(Debug, Default)]
pub struct Reviving {
    calls: Vec<Kept>,
    /// Legs that are asked.
    asked: BTreeSet<LegId>,
    up: BTreeSet<LegId>,
    until: Mono,
}

impl Reviving {
    /// When to go on without those who say nothing.
    pub fn deadline(&self) -> Option<Mono> {
        (!self.calls.is_empty()).then_some(self.until)
    }

    /// A leg has answered, or is over. False if it is none of these.
    pub fn heard(&mut self, leg: LegId, is_there: bool) -> bool {
        let asked = self.asked.remove(&leg);
        if asked && is_there {
            self.up.insert(leg);
        }
        if !is_there {
            self.up.remove(&leg);
        }
        asked
    }
}

/// The recordings of calls in progress have no end yet: the process that wrote them died.
pub fn mend_recordings(stored: &[StoredLive], folder: &Path) {
    for kept in stored.iter().filter_map(|stored| Kept::read(&stored.kept)) {
        for name in &kept.recorder.names {
            if let Err(error) = mend(folder, name) {
                tracing::warn!(%error, recording = &**name, "a recording that was under way cannot be read to its end");
            }
        }
    }
}

impl Driver {
    /// Begins with what was kept by the process before this one.
    pub fn revive(&mut self, stored: &[StoredLive]) {
        let now = self.clock.mono();
        self.legs.reviving.until = now + ANSWER_LIMIT;
        for StoredLive { call, kept, dialogs } in stored {
            let Some(kept) = Kept::read(kept) else {
                tracing::error!(call, "what was kept of a call cannot be read; it has no record");
                self.store.forget(call.clone());
                continue;
            };
            let legs = kept.legs();
            // New legs must have other numbers from the first moment on.
            self.exchange.reserve(&kept);
            kept.parties.iter().for_each(|party| self.sip.reserve(party.leg));
            let (cards, unanswered) = cards::read(dialogs).unwrap_or_default();
            for (flow, message) in unanswered {
                self.sip.take_back(now, flow, message);
            }
            for (leg, card) in cards {
                let remote = card.session.remote;
                if !legs.contains(&leg) || !self.sip.restore(now, leg, card) {
                    continue;
                }
                match self.media.open(leg) {
                    Ok(local) => {
                        self.legs.entry(leg).media_open = true;
                        if let Some(remote) = remote {
                            self.media.set_remote(leg, remote);
                        }
                        if self.sip.renegotiate(now, leg, &local) {
                            self.legs.reviving.asked.insert(leg);
                        }
                    }
                    Err(error) => {
                        tracing::error!(%error, "no RTP port for a leg of a call that was in progress");
                        let _ = self.sip.hangup(now, leg, GONE);
                    }
                }
            }
            self.legs.reviving.calls.push(kept);
        }
        if !self.legs.reviving.calls.is_empty() {
            tracing::info!(calls = self.legs.reviving.calls.len(), "calls were in progress; their legs are asked");
        }
    }

    /// Gives the calls back when every leg has answered, or has had its time.
    pub(super) fn revived(&mut self, now: Mono) {
        if self.legs.reviving.calls.is_empty() || !self.legs.reviving.asked.is_empty() && now < self.legs.reviving.until
        {
            return;
        }
        let Reviving { calls, asked, up, .. } = std::mem::take(&mut self.legs.reviving);
        for leg in asked {
            let _ = self.sip.hangup(now, leg, GONE);
        }
        let calls = calls.into_iter().map(|kept| {
            let up = kept.legs().into_iter().filter(|leg| up.contains(leg)).collect();
            (Box::new(kept), up)
        });
        self.inputs.push_back(Input::Recovered(calls.collect()));
    }
}
