//! Three-way: transferor, target and caller hear each other (T38 to T41). With fewer than three it is a call of two again.

use super::outcome::Failure;
use super::port::LegNotice;
use super::session::{Session, State};
use super::shared::Shared;
use super::timers::TimerId;
use crate::base::id::{LegId, RoomId};
use crate::base::time::{Micros, Mono};
use crate::call::cause::{Cause, CauseKind};
use crate::call::order::TransferState;
use crate::call::record::{HangupBy, IntervalKind};
use crate::policy::Mode;
use crate::site::model::CallerLeaves;

/// A call of three.
#[derive(Debug)]
pub struct Conference {
    pub room: RoomId,
    /// Who is in it, the subject first.
    pub legs: Vec<LegId>,
    pub limit: TimerId,
    pub(super) until: Mono,
    /// The flow goes on when the subject is alone.
    resume: bool,
}

impl Session {
    /// Everybody hears everybody else. On `Err` the consultation goes on.
    pub fn three_way(&mut self, shared: &mut Shared) -> Result<TransferState, Failure> {
        let Some((transferor, target, _)) = self.consulting() else { return Err(Failure::new("error")) };
        self.recheck(shared, target, Mode::Join)?;
        let State::Transfer(transfer) = std::mem::replace(&mut self.state, State::Flow) else {
            return Err(Failure::new("error"));
        };
        let before = self.handover.take().map(|h| h.before);
        let resume = before.is_some_and(|b| b.resumes(self.subject));
        if !resume {
            self.run = None;
        }
        self.confer(shared, vec![self.subject, transferor, target], transfer.spec.longest_talk(), resume);
        self.transfer_is(shared, transfer.id, TransferState::Conference, Some("bridged"), None);
        Ok(TransferState::Conference)
    }

    /// All of them hear all others from now on.
    pub(super) fn confer(&mut self, shared: &mut Shared, legs: Vec<LegId>, limit: Micros, resume: bool) {
        let room = shared.new_room();
        for leg in &legs {
            shared.notice(*leg, LegNotice::Mix { room });
            self.set_held(shared, *leg, false);
        }
        let until = shared.now.mono + limit;
        let limit = shared.set_timer(self.id, limit);
        self.state = State::Conference(Box::new(Conference { room, legs, limit, until, resume }));
        self.diary.enter(IntervalKind::Talk, shared.now.wall);
    }

    /// A party left the conference. False if there is none, or the leg is not in it.
    pub fn left_conference(&mut self, shared: &mut Shared, leg: LegId, cause: Cause) -> bool {
        let State::Conference(conference) = &mut self.state else { return false };
        let Some(at) = conference.legs.iter().position(|l| *l == leg) else { return false };
        conference.legs.remove(at);
        let (stay, limit) = (conference.legs.clone(), conference.limit);
        let (left, resume) = (conference.until.since(shared.now.mono), conference.resume);
        if stay.len() > 2 {
            return true;
        }
        let by = HangupBy::Party(self.party(leg).map_or(0, |p| p.id.n));
        let caller_left = leg == self.subject;
        let [first, second] = stay[..] else {
            self.end(shared, cause, by);
            return true;
        };
        let outside = |session: &Self, leg| session.party(leg).is_some_and(|p| p.origin.is_outside());
        let only_staff = !outside(self, first) && !outside(self, second);
        let ends = caller_left && only_staff && self.plan.site.transfers.caller_leaves == CallerLeaves::End;
        if ends || !self.may_stay_alone(shared, first, second) {
            self.end(shared, cause, by);
            return true;
        }
        shared.timers.cancel(limit);
        if caller_left {
            self.subject = first;
            self.run = None;
        }
        // One who holds the other connects with nobody now, and must not be left alone in the room.
        if [first, second].iter().any(|leg| self.party(*leg).is_some_and(|p| p.hold.holds)) {
            shared.notice(first, LegNotice::Connect { peer: second });
        }
        self.talk(shared, second, left, resume && !caller_left);
        self.tell_who_talks(shared, first, second);
        self.tell_who_talks(shared, second, first);
        true
    }

    /// Nobody of the site is left: whether the policy lets two outside parties talk on, at the site's expense.
    pub(super) fn may_stay_alone(&mut self, shared: &mut Shared, first: LegId, second: LegId) -> bool {
        let number = |leg| self.party(leg).filter(|p| p.origin.is_outside()).map(|p| p.number.clone());
        let (Some(_), Some(number)) = (number(first), number(second)) else { return true };
        let guards = self.plan.site_guards();
        super::guard::recheck(self, shared, &guards, &super::transfer::By::Caller, Mode::Join, &number).is_ok()
    }

    /// The conference has lasted as long as it may. False if the timer is another's.
    pub fn conference_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        let is_limit = matches!(&self.state, State::Conference(conference) if conference.limit == timer);
        if is_limit {
            self.end(shared, Cause::new(CauseKind::Normal), HangupBy::System);
        }
        is_limit
    }
}
