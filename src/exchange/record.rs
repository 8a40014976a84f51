//! The end of a call: its one record.

use std::sync::Arc;

use super::party::{Party, Role};
use super::port::Output;
use super::session::Session;
use super::shared::Shared;
use crate::base::id::PartyId;
use crate::base::time::Wall;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::Origin;
use crate::call::order::CallEventKind;
use crate::call::record::{CallRecord, HangupBy, LegEnd, PartyRecord};

impl Session {
    /// Every leg is gone: gives back what is left and writes the record.
    pub fn finish(mut self, shared: &mut Shared) {
        self.cancel_timers(shared);
        let (intervals, ended) = self.diary.close(shared.now.wall);
        let (cause, hangup_by) = self.ended.unwrap_or((Cause::new(CauseKind::Error), HangupBy::System));
        let by_flow = !self.diary.flows.is_empty();
        let over = self.parties.iter().find(|p| HangupBy::Party(p.id.n) == hangup_by).and_then(|p| p.times.ended);
        let end = End { by: hangup_by, over: over.unwrap_or(ended), ended };
        let parties = self.parties.iter().map(|p| party_record(p, by_flow, &end)).collect();
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
            root: self.id,
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
            recordings: Vec::new(),
        })));
    }
}

/// How the call ended.
struct End {
    by: HangupBy,
    /// When the party that ended it left: who was there then, we ended.
    over: Wall,
    /// When the last leg had gone.
    ended: Wall,
}

impl End {
    fn of(&self, party: &Party) -> Option<LegEnd> {
        if self.by == HangupBy::Party(party.id.n) {
            return Some(LegEnd::Itself);
        }
        (party.times.ended.unwrap_or(self.ended) >= self.over).then_some(LegEnd::Us)
    }
}

/// Why a party was called.
fn reason(party: &Party, by_flow: bool) -> &'static str {
    match party.role {
        Role::Caller => "call",
        Role::Agent => "queue",
        Role::Recalled => "recall",
        Role::Target if party.transferred_by.is_some() => "blind",
        Role::Target if by_flow => "flow",
        Role::Target => "dialled",
    }
}

fn party_record(party: &Party, by_flow: bool, end: &End) -> PartyRecord {
    PartyRecord {
        id: party.id,
        role: party.role.name(),
        origin: party.origin.clone(),
        number: party.number.clone(),
        started: party.times.started,
        ringing: party.times.ringing,
        answered: party.times.answered,
        ended: party.times.ended.unwrap_or(end.ended),
        cause: party.cause.unwrap_or(Cause::new(CauseKind::Normal)),
        transferred_by: party.transferred_by,
        reason: reason(party, by_flow),
        hangup_by: end.of(party),
    }
}
