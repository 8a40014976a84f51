//! The end of a call: its one record.

use std::sync::Arc;

use super::party::Party;
use super::port::Output;
use super::session::Session;
use super::shared::Shared;
use crate::base::id::PartyId;
use crate::base::time::Wall;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::Origin;
use crate::call::order::CallEventKind;
use crate::call::record::{CallRecord, HangupBy, PartyRecord};

impl Session {
    /// Every leg is gone: gives back what is left and writes the record.
    pub fn finish(mut self, shared: &mut Shared) {
        self.cancel_timers(shared);
        let (intervals, ended) = self.diary.close(shared.now.wall);
        let (cause, hangup_by) = self.ended.unwrap_or((Cause::new(CauseKind::Error), HangupBy::System));
        let parties = self.parties.iter().map(|p| party_record(p, ended)).collect();
        let origin = self.parties.first().map(|p| p.origin.clone());
        let by = match hangup_by {
            HangupBy::Party(n) => Arc::from(PartyId { call: self.id, n }.to_string()),
            HangupBy::Flow => Arc::from("flow"),
            HangupBy::System => Arc::from("system"),
        };
        shared.event(self.id, self.diary.root, CallEventKind::Ended { cause: cause.kind.name(), by });
        shared.counters.calls_ended = shared.counters.calls_ended.saturating_add(1);
        shared.out.push(Output::Record(Box::new(CallRecord {
            call_id: self.id,
            root: self.diary.root,
            started: self.diary.started,
            answered: self.diary.answered,
            ended,
            origin: origin.unwrap_or(Origin::Trunk("".into())),
            caller: self.arrival.caller.number.clone(),
            dialed: self.arrival.dialed.clone(),
            flows: std::mem::take(&mut self.diary.flows),
            hops: self.moves.hops,
            cause,
            hangup_by,
            parties,
            intervals,
            tags: std::mem::take(&mut self.diary.tags),
            recordings: self.recorder.names(),
        })));
    }
}

fn party_record(party: &Party, ended: Wall) -> PartyRecord {
    PartyRecord {
        id: party.id,
        role: party.role.name(),
        origin: party.origin.clone(),
        number: party.number.clone(),
        started: party.times.started,
        ringing: party.times.ringing,
        answered: party.times.answered,
        ended: party.times.ended.unwrap_or(ended),
        cause: party.cause.unwrap_or(Cause::new(CauseKind::Normal)),
        transferred_by: party.why.transferred_by,
        reason: party.why.reason,
        hangup_by: party.ended_by,
    }
}
