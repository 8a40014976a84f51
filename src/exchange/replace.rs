//! A call that takes the place of a leg (INVITE with Replaces, RFC 3891): a user goes on with a call on another phone,
//! or picks up a call that rings for a colleague.

use super::Exchange;
use super::happened::{Happened, Reply};
use super::party::{Hold, Party, Role, Stage, Times, Why};
use super::port::{LegNotice, LegRequest};
use super::session::{Session, State};
use super::shared::Shared;
use super::transfer::{By, TransferStage};
use crate::base::id::{LegId, PartyId};
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Incoming, Name};
use crate::call::order::PartyState;

/// RFC 3891 §3: nothing that the caller may take the place of.
const NO_DIALOG: u16 = 481;
const NOT_PERMITTED: u16 = 403;
/// A user has one call of queues at a time.
const BUSY: u16 = 486;

impl Exchange {
    pub(super) fn replacing(&mut self, leg: LegId, incoming: Incoming, other: LegId) {
        let reject = |shared: &mut Shared, status| {
            let cause = Cause { kind: CauseKind::Declined, status: Some(status) };
            shared.notice(leg, LegNotice::Reject { cause });
        };
        let Some(call) = self.shared.legs.get(&other).copied() else {
            return reject(&mut self.shared, NO_DIALOG);
        };
        let happened = Happened::Replacing { leg, incoming, other };
        if let Some(Reply::Replacing(Err(status))) = self.with(call, happened) {
            reject(&mut self.shared, status);
        }
    }
}

impl Session {
    /// The new leg is answered; then it has the place. On `Err` nothing has happened.
    pub(super) fn begin_replacing(
        &mut self,
        shared: &mut Shared,
        leg: LegId,
        incoming: Incoming,
        other: LegId,
    ) -> Result<(), u16> {
        let user = match &incoming.origin {
            crate::call::leg::Origin::User(user) => user.clone(),
            crate::call::leg::Origin::Trunk(_) => return Err(NOT_PERMITTED),
        };
        let party = self.party(other).ok_or(NO_DIALOG)?;
        let owner = party.user().ok_or(NOT_PERMITTED)?;
        let permitted = match party.stage {
            Stage::Up if self.has_a_place(other) => *owner == user,
            Stage::Placing(_) => self.may_pick_up(owner, &user),
            _ => return Err(NO_DIALOG),
        };
        if !permitted {
            return Err(NOT_PERMITTED);
        }
        if party.queue.is_some() && *owner != user && shared.calls_of(&user) > 0 {
            return Err(BUSY);
        }
        let (role, queue) = (party.role, party.queue.clone());
        let number = self.plan.site.users.get(&user).and_then(|u| u.extension.clone()).unwrap_or_else(|| user.clone());
        let id = PartyId { call: self.id, n: self.next_party() };
        let request = shared.request(self.id, leg, LegRequest::Answer);
        shared.legs.insert(leg, self.id);
        shared.queues.picks_up(&user, self.id);
        shared.poll_queues = true;
        self.parties.push(Party {
            leg,
            id,
            // One caller a call: who takes its place is a party like others.
            role: if role == Role::Caller { Role::Target } else { role },
            number,
            called_as: None,
            origin: incoming.origin,
            stage: Stage::Answering(request),
            permit: None,
            times: Times { started: shared.now.wall, ..Times::default() },
            cause: None,
            why: Why::is("replaces"),
            ended_by: None,
            takes: Some(other),
            last_key: None,
            hold: Hold::default(),
            queue,
        });
        self.tell_party(shared, leg, PartyState::Placed);
        Ok(())
    }

    /// Whether the leg is one of those who talk, or are on hold, now.
    fn has_a_place(&self, leg: LegId) -> bool {
        match &self.state {
            State::Talking(_) => self.peer_of(leg).is_some(),
            State::Conference(conference) => conference.legs.contains(&leg),
            State::Transfer(_) => self
                .consulting()
                .is_some_and(|(transferor, target, _)| leg == transferor || leg == target || leg == self.subject),
            _ => false,
        }
    }

    /// A call that rings for `owner` may be picked up on another phone of the same user, and by who serves a queue or
    /// a group together with it.
    fn may_pick_up(&self, owner: &Name, user: &Name) -> bool {
        let site = &self.plan.site;
        let together = |names: &[Name]| names.contains(owner) && names.contains(user);
        owner == user
            || site.queues.values().any(|queue| together(&queue.agents))
            || site.declared.groups.values().any(|names| together(names))
    }

    /// The new leg is up: it has the place, the other one is let go.
    pub fn place_taken(&mut self, shared: &mut Shared, leg: LegId, other: LegId) {
        let now = shared.now.wall;
        let ringing = self.party(other).is_some_and(|p| matches!(p.stage, Stage::Placing(_)));
        let up = self.party(other).is_some_and(Party::is_up) && self.has_a_place(other);
        if let Some(party) = self.party_mut(leg) {
            party.stage = Stage::Up;
            party.takes = None;
            party.times.answered = Some(now);
        }
        self.tell_party(shared, leg, PartyState::Answered);
        if ringing {
            self.picked_up(shared, leg);
        } else if up {
            self.exchange_places(shared, leg, other);
        } else {
            // Whoever it was for has left meanwhile.
            self.hang_up(shared, leg, Cause::new(CauseKind::Cancelled));
        }
    }

    fn picked_up(&mut self, shared: &mut Shared, leg: LegId) {
        let waits = matches!(&self.state, State::Transfer(transfer)
            if matches!(transfer.stage, TransferStage::Dialing { .. } | TransferStage::Queued(_)));
        if waits {
            // The agent whom the queue offered the call is free again.
            if let Some(waited) = shared.leave_queue(self.id) {
                self.moves.waited = waited;
                shared.poll_queues = true;
            }
            self.join(shared, leg);
        } else {
            self.hang_up(shared, leg, Cause::new(CauseKind::Cancelled));
        }
    }

    fn exchange_places(&mut self, shared: &mut Shared, leg: LegId, other: LegId) {
        let instead = |place: &mut LegId| {
            if *place == other {
                *place = leg;
            }
        };
        instead(&mut self.subject);
        match &mut self.state {
            State::Talking(talk) => instead(&mut talk.peer),
            State::Conference(conference) => conference.legs.iter_mut().for_each(instead),
            State::Transfer(transfer) => {
                if let By::Phone { leg: by, .. } | By::Order { leg: by, .. } = &mut transfer.by {
                    instead(by);
                }
                if let TransferStage::Consulting { target, .. } = &mut transfer.stage {
                    instead(target);
                }
            }
            _ => {}
        }
        if let Some(handover) = &mut self.handover {
            instead(&mut handover.transferor);
            instead(&mut handover.before.subject);
        }
        self.hear_again(shared, leg);
        self.hang_up(shared, other, Cause::new(CauseKind::Normal));
    }

    /// The new leg hears what its place hears.
    fn hear_again(&self, shared: &mut Shared, leg: LegId) {
        if let State::Conference(conference) = &self.state {
            shared.notice(leg, LegNotice::Mix { room: conference.room });
        } else if let Some(peer) = self.talks_with(leg) {
            shared.notice(leg, LegNotice::Connect { peer });
            self.tell_who_talks(shared, leg, peer);
        } else if self.consulting().is_some() {
            shared.music(leg);
        }
    }
}
