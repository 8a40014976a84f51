//! What the shell must remember of a leg: the requests that wait for it, and whether its media is open.

use std::collections::BTreeMap;

use super::driver::Driver;
use super::revive::Reviving;
use crate::base::id::{LegId, RequestId};
use crate::call::cause::{Cause, CauseKind};
use crate::call::media_types::RemoteMedia;

#[derive(Debug, Default)]
pub struct LegEntry {
    /// The request that ends when the placed leg answers or fails.
    pub placing: Option<RequestId>,
    /// What the caller offered, until it is answered.
    pub offer: Option<RemoteMedia>,
    pub media_open: bool,
    /// It is ended because it said nothing for too long.
    pub silent: bool,
}

impl LegEntry {
    /// Why the leg ended: that it said nothing for too long is behind whatever signalling says of it.
    pub fn cause(&self, told: Cause) -> Cause {
        if self.silent { Cause::new(CauseKind::MediaTimeout) } else { told }
    }
}

#[derive(Debug, Default)]
pub struct Legs {
    entries: BTreeMap<LegId, LegEntry>,
    /// Those of the process before this one, until they have said whether they are still there.
    pub reviving: Reviving,
}

impl Legs {
    pub fn entry(&mut self, leg: LegId) -> &mut LegEntry {
        self.entries.entry(leg).or_default()
    }

    /// A leg that is not over. One that came in is known from its INVITE on.
    pub fn get_mut(&mut self, leg: LegId) -> Option<&mut LegEntry> {
        self.entries.get_mut(&leg)
    }

    pub fn remove(&mut self, leg: LegId) -> Option<LegEntry> {
        self.entries.remove(&leg)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// What a leg hears whose phone has not been heard for too long (RFC 3326).
const UNHEARD: u16 = 408;

impl Driver {
    /// Ends a leg from which nothing came for so long that nobody can be there.
    pub(super) fn fell_silent(&mut self, leg: LegId) {
        let Some(entry) = self.legs.get_mut(leg) else { return };
        entry.silent = true;
        tracing::info!(leg = leg.0, "no audio for `limits.media_timeout`: the leg is ended");
        let _ = self.sip.hangup(self.now.mono, leg, UNHEARD);
    }
}
