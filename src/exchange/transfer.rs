//! Transfers: from the request through its gates to a bridge or an outcome.
//!
//! Gates come first: nothing has happened to the call when one refuses. Who asked (a flow, a
//! phone, a caller who dialled, a recall) decides what a failure leads to, not how it is rung.

use std::sync::Arc;

use super::guard::{self, Approved};
use super::party::{Role, Stage};
use super::port::{LegNotice, LegRequest, Place, PlaceOutside};
use super::session::{Session, State};
use super::shared::Shared;
use super::timers::TimerId;
use super::waiting::Waiting;
use crate::base::id::{LegId, RequestId, TransferId};
use crate::base::limits;
use crate::base::time::Micros;
use crate::call::audio::{AudioSource, ToneRegion};
use crate::call::cause::{Cause, CauseKind};
use crate::call::dial::{Dial, Dialled};
use crate::call::leg::{Caller, ContactId, Name, Origin, Presented, ReferToken};
use crate::call::record::IntervalKind;
use crate::call::spec::{CallerId, Prompts, QueueEntry, Target, TransferSpec};

/// Who asked for a transfer.
#[derive(Clone, Debug)]
pub enum By {
    /// A flow, at this step.
    Flow { flow: Name, step: Name },
    /// A caller's own dialling: no hop, no transferor.
    Caller,
    /// A phone or trunk by REFER.
    Phone { leg: LegId, token: ReferToken },
    /// The transferor is called back after a transfer that failed.
    Recall,
}

/// Why there is no transfer: an outcome of the statement and the value it binds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    pub outcome: &'static str,
    pub value: Option<Arc<str>>,
}

impl Failure {
    pub fn new(outcome: &'static str) -> Self {
        Self { outcome, value: None }
    }
}

#[derive(Debug)]
pub enum Started {
    Pending,
    /// The number is that of a flow, which the caller of `start_transfer` begins.
    Flow(Name),
}

/// A transfer under way.
#[derive(Debug)]
pub struct Transfer {
    pub id: TransferId,
    pub spec: TransferSpec,
    pub by: By,
    pub stage: TransferStage,
}

#[derive(Debug)]
pub enum TransferStage {
    /// The decision is on its way to disk; the leg is placed when it is there.
    Deciding { request: RequestId, approved: Box<Approved> },
    Dialing { dial: Dial, timer: TimerId },
    Queued(Waiting),
    /// The target answered; the subject is being answered before they are joined.
    Joining { target: LegId },
}

/// Where a target leads, after the site's directory was asked.
enum Resolved {
    User { user: Name, contacts: Vec<ContactId> },
    Queue(QueueEntry),
    Flow { flow: Name, number: Arc<str> },
    Outside { number: Arc<str>, tainted: bool },
}

impl Transfer {
    pub fn cancel_timers(&self, shared: &mut Shared) {
        match &self.stage {
            TransferStage::Dialing { timer, .. } => shared.timers.cancel(*timer),
            TransferStage::Queued(waiting) => waiting.cancel_timers(shared),
            TransferStage::Deciding { .. } | TransferStage::Joining { .. } => {}
        }
    }
}

impl Session {
    /// Passes the gates and begins. On `Err` nothing has changed but the hop count.
    pub fn start_transfer(&mut self, shared: &mut Shared, spec: TransferSpec, by: By) -> Result<Started, Failure> {
        if !matches!(by, By::Caller | By::Recall) {
            self.moves.hops = self.moves.hops.saturating_add(1);
            if self.moves.hops > self.plan.site.limits.max_hops {
                return Err(Failure::new("loop"));
            }
            shared.counters.transfers = shared.counters.transfers.saturating_add(1);
        }
        let id = shared.new_transfer_id();
        let resolved = self.resolve(shared, &spec.target, &by)?;
        let stage = match resolved {
            Resolved::Flow { flow, number } => {
                self.release_transferor(shared, &by);
                self.dialed = number;
                return Ok(Started::Flow(flow));
            }
            Resolved::User { user, contacts } => {
                self.release_transferor(shared, &by);
                self.background(shared, &spec);
                self.ring_user(shared, &user, &contacts, &spec, &by, Role::Target)
            }
            Resolved::Queue(entry) => self.join_queue(shared, &entry, &by)?,
            Resolved::Outside { number, tainted } => {
                let approved = guard::approve(self, shared, &spec, &by, &number, tainted)?;
                self.release_transferor(shared, &by);
                self.background(shared, &spec);
                let (request, approved) = guard::commit(self, shared, approved);
                TransferStage::Deciding { request, approved }
            }
        };
        if matches!(by, By::Flow { .. }) {
            self.moves.by_flow = self.moves.by_flow.saturating_add(1);
        }
        self.typed.clear();
        self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
        Ok(Started::Pending)
    }

    fn resolve(&self, shared: &Shared, target: &Target, by: &By) -> Result<Resolved, Failure> {
        let site = &self.plan.site;
        match target {
            Target::User(name) | Target::Agent(name) => self.reach_user(shared, name),
            Target::Queue(entry) => Ok(Resolved::Queue(entry.clone())),
            Target::Extension(extension) => self.inside(shared, extension).unwrap_or(Err(Failure::new("not_found"))),
            Target::Number { number, tainted } => {
                if let Some(inside) = self.inside(shared, number) {
                    return inside;
                }
                // The flow of a number may transfer to that very number: it means the trunk behind it.
                if let Some(entry) = site.numbers.flow(number)
                    && !matches!(by, By::Flow { flow, .. } if *flow == entry.flow)
                {
                    return Ok(Resolved::Flow { flow: entry.flow.clone(), number: number.clone() });
                }
                Ok(Resolved::Outside { number: number.clone(), tainted: *tainted })
            }
            Target::Pstn { number, tainted } => {
                Ok(Resolved::Outside { number: number.clone(), tainted: *tainted })
            }
        }
    }

    /// An extension of the site's directory.
    fn inside(&self, shared: &Shared, number: &str) -> Option<Result<Resolved, Failure>> {
        let site = &self.plan.site;
        if let Some(user) = site.user_of_extension(number) {
            return Some(self.reach_user(shared, &user.name));
        }
        let queue = site.queue_of_extension(number)?;
        let entry = QueueEntry { queue: queue.name.clone(), max_wait_ms: None, priority: 5, keep_wait: true };
        Some(Ok(Resolved::Queue(entry)))
    }

    fn reach_user(&self, shared: &Shared, name: &Name) -> Result<Resolved, Failure> {
        let contacts = shared.reachable.get(name).cloned().unwrap_or_default();
        if contacts.is_empty() {
            return Err(Failure::new("offline"));
        }
        Ok(Resolved::User { user: name.clone(), contacts })
    }

    /// Rings every device of a user.
    pub fn ring_user(
        &mut self,
        shared: &mut Shared,
        user: &Name,
        contacts: &[ContactId],
        spec: &TransferSpec,
        by: &By,
        role: Role,
    ) -> TransferStage {
        let dial = self.dial_contacts(shared, user, contacts, by, role);
        let timer = shared.set_timer(self.id, Micros::from_ms(spec.ring_ms));
        TransferStage::Dialing { dial, timer }
    }

    /// Places a leg to each of these devices.
    pub fn dial_contacts(
        &mut self,
        shared: &mut Shared,
        user: &Name,
        contacts: &[ContactId],
        by: &By,
        role: Role,
    ) -> Dial {
        let number = self.plan.site.users.get(user).and_then(|u| u.extension.clone()).unwrap_or_else(|| user.clone());
        let presented = self.presented(&CallerId::Caller, None, by);
        let mut legs = Vec::with_capacity(contacts.len());
        for contact in contacts {
            let leg = self.add_party(shared, role, Origin::User(user.clone()), number.clone());
            self.note_transferor(leg, by);
            let place = Place { user: user.clone(), contact: *contact, presented: presented.clone() };
            self.place(shared, leg, LegRequest::Place(place));
            legs.push(leg);
        }
        Dial::new(legs)
    }

    fn note_transferor(&mut self, leg: LegId, by: &By) {
        let By::Phone { leg: transferor, .. } = by else { return };
        let transferor = self.party(*transferor).map(|p| p.id);
        if let Some(party) = self.party_mut(leg) {
            party.transferred_by = transferor;
        }
    }

    /// What the target is told about who calls.
    fn presented(&self, caller_id: &CallerId, company: Option<&Arc<str>>, by: &By) -> Presented {
        let caller = match (caller_id, company) {
            (CallerId::Company, Some(number)) => {
                Caller { number: number.clone(), name: self.plan.site.name.clone(), anonymous: false }
            }
            _ => self.subject_as_caller(),
        };
        let referred_by = match by {
            By::Phone { leg, .. } => self.party(*leg).map(|p| p.number.clone()),
            _ => None,
        };
        Presented { caller, referred_by, max_forwards: self.max_forwards.saturating_sub(1) }
    }

    /// Who the subject is to the party that is called: the caller, or the user that was called.
    fn subject_as_caller(&self) -> Caller {
        match self.party(self.subject) {
            Some(party) if party.role != Role::Caller => {
                let name = party.user().and_then(|u| self.plan.site.users.get(u)).map(|u| u.display.clone());
                Caller { number: party.number.clone(), name: name.unwrap_or_default(), anonymous: false }
            }
            _ => self.caller.clone(),
        }
    }

    /// What the subject hears while the target rings.
    fn background(&self, shared: &mut Shared, spec: &TransferSpec) {
        if self.subject_is_up() {
            let ringback = || -> Prompts { Arc::from([AudioSource::Ringback(ToneRegion::Uk)]) };
            let sources = spec.hold_audio.clone().unwrap_or_else(ringback);
            shared.notice(self.subject, LegNotice::Background(sources));
        }
    }

    /// The gates have passed: the transferor no longer hears its peer.
    pub fn release_transferor(&mut self, shared: &mut Shared, by: &By) {
        if let By::Phone { leg, .. } = by {
            shared.notice(self.subject, LegNotice::Disconnect { peer: *leg });
        }
        self.diary.enter(IntervalKind::Ring, shared.now.wall);
    }

    /// The decision is on disk, or could not be put there.
    pub fn decided(&mut self, shared: &mut Shared, result: Result<(), Cause>) {
        let State::Transfer(transfer) = std::mem::replace(&mut self.state, State::Flow) else { return };
        let Transfer { id, spec, by, stage } = *transfer;
        let TransferStage::Deciding { approved, .. } = stage else { return };
        if result.is_err() {
            // No record, no leg: the promise is kept by not calling.
            let stage = TransferStage::Joining { target: approved.leg };
            self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
            self.transfer_failed(shared, Failure::new("error"));
            return;
        }
        let Approved { token, trunk, leg, max_leg_ms, .. } = *approved;
        let mut spec = spec;
        spec.max_duration_ms = spec.max_duration_ms.min(max_leg_ms.unwrap_or(u64::MAX));
        let company = self.plan.site.trunks.get(&trunk).and_then(|t| t.caller_id.clone());
        let presented = self.presented(&spec.caller_id, company.as_ref(), &by);
        self.note_transferor(leg, &by);
        self.place(shared, leg, LegRequest::PlaceOutside(PlaceOutside { token, trunk, presented }));
        let timer = shared.set_timer(self.id, Micros::from_ms(spec.ring_ms));
        let stage = TransferStage::Dialing { dial: Dial::new([leg]), timer };
        self.state = State::Transfer(Box::new(Transfer { id, spec, by, stage }));
    }

    /// A placed leg rings.
    pub fn target_ringing(&mut self, shared: &mut Shared, leg: LegId) {
        let now = shared.now.wall;
        if let Some(party) = self.party_mut(leg) {
            party.times.ringing.get_or_insert(now);
        }
        let State::Transfer(transfer) = &mut self.state else { return };
        let TransferStage::Dialing { dial, .. } = &mut transfer.stage else { return };
        if !dial.ringing(leg) {
            return;
        }
        if self.party(self.subject).is_some_and(|p| p.stage == Stage::Offered) {
            shared.notice(self.subject, LegNotice::Ring);
        }
        if self.refer.is_some() {
            self.refer_progress(shared, 180);
        }
    }

    /// A placed leg answered.
    pub fn target_answered(&mut self, shared: &mut Shared, leg: LegId) {
        let State::Transfer(transfer) = &mut self.state else {
            self.hang_up(shared, leg, Cause::new(CauseKind::Cancelled));
            return;
        };
        let result = match &mut transfer.stage {
            TransferStage::Dialing { dial, .. } => dial.answered(leg),
            TransferStage::Queued(waiting) => waiting.answered(leg),
            _ => None,
        };
        match result {
            Some(Dialled::Answered(leg)) => {
                self.offer_taken(shared);
                self.join(shared, leg);
            }
            _ => self.hang_up(shared, leg, Cause::new(CauseKind::Cancelled)),
        }
    }

    /// A placed leg failed.
    pub fn target_failed(&mut self, shared: &mut Shared, leg: LegId, cause: Cause) {
        let State::Transfer(transfer) = &mut self.state else { return };
        let failed = match &mut transfer.stage {
            TransferStage::Dialing { dial, .. } => dial.failed(leg, cause),
            TransferStage::Queued(waiting) => {
                if waiting.failed(leg, cause) {
                    self.offer_failed(shared);
                }
                return;
            }
            _ => None,
        };
        if let Some(Dialled::Failed(cause)) = failed {
            let outside = self.party(leg).is_some_and(|p| p.origin.is_outside());
            self.transfer_failed(shared, Failure::new(outcome_of(cause.kind, outside)));
        }
    }

    /// The ring timer fired. Returns false if it is not this transfer's.
    pub fn transfer_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        let State::Transfer(transfer) = &mut self.state else { return false };
        match &mut transfer.stage {
            TransferStage::Dialing { dial, timer: due } if *due == timer => {
                if dial.timed_out().is_some() {
                    self.transfer_failed(shared, Failure::new("no_answer"));
                }
                true
            }
            TransferStage::Queued(waiting) => {
                if waiting.offer_timed_out(timer) {
                    self.offer_failed(shared);
                    return true;
                }
                false
            }
            _ => false,
        }
    }

    /// Somebody answered: everybody else stops ringing, the subject is answered if need be, and
    /// the two are joined.
    pub fn join(&mut self, shared: &mut Shared, target: LegId) {
        self.stop_ringing(shared, Some(target));
        let subject_up = self.subject_is_up();
        if let State::Transfer(transfer) = &mut self.state {
            transfer.cancel_timers(shared);
            transfer.stage = TransferStage::Joining { target };
        }
        if subject_up || self.answer_subject(shared).is_none() {
            self.joined(shared);
        }
    }

    /// Both sides are up: they talk.
    pub fn joined(&mut self, shared: &mut Shared) {
        let State::Transfer(transfer) = &self.state else { return };
        let TransferStage::Joining { target } = transfer.stage else { return };
        let (spec, by) = (transfer.spec.clone(), transfer.by.clone());
        shared.counters.transfers_bridged = shared.counters.transfers_bridged.saturating_add(1);
        let resume = spec.resume && matches!(by, By::Flow { .. });
        if !resume {
            self.run = None;
        }
        self.end_flow_limit(shared);
        if self.refer.is_some() {
            self.refer_final(shared, 200);
        }
        let limit = Micros::from_ms(spec.max_duration_ms).min(limits::MAX_DURATION);
        self.talk(shared, target, limit, resume);
    }

    /// Ends every leg that still rings, but for one.
    pub fn stop_ringing(&mut self, shared: &mut Shared, except: Option<LegId>) {
        let ringing: Vec<LegId> = self
            .parties
            .iter()
            .filter(|p| matches!(p.stage, Stage::Placing(_) | Stage::Planned) && Some(p.leg) != except)
            .map(|p| p.leg)
            .collect();
        for leg in ringing {
            self.hang_up(shared, leg, Cause::new(CauseKind::Cancelled));
        }
    }

    /// The transfer came to nothing; who asked for it decides what becomes of the call.
    pub fn transfer_failed(&mut self, shared: &mut Shared, failure: Failure) {
        let State::Transfer(transfer) = std::mem::replace(&mut self.state, State::Flow) else { return };
        transfer.cancel_timers(shared);
        self.stop_ringing(shared, None);
        if self.subject_is_up() {
            shared.notice(self.subject, LegNotice::StopPlay);
            self.diary.enter(IntervalKind::Flow, shared.now.wall);
        }
        match &transfer.by {
            By::Flow { .. } => {
                let completion =
                    crate::call::spec::Completion::Outcome { name: failure.outcome, value: failure.value };
                self.wake(shared, completion);
            }
            By::Caller => self.end(shared, Cause::new(cause_of(failure.outcome)), crate::call::record::HangupBy::System),
            By::Phone { .. } | By::Recall => self.refer_failed(shared, &failure, &transfer.by),
        }
    }
}

/// The outcome that a leg's failure is.
pub fn outcome_of(cause: CauseKind, outside: bool) -> &'static str {
    match cause {
        CauseKind::NoAnswer | CauseKind::Cancelled => "no_answer",
        CauseKind::Busy => "busy",
        CauseKind::Declined => "declined",
        CauseKind::InvalidNumber if outside => "invalid_number",
        CauseKind::Offline if !outside => "offline",
        CauseKind::Unreachable | CauseKind::Overload | CauseKind::InvalidNumber | CauseKind::Offline => "unreachable",
        CauseKind::Normal | CauseKind::MediaTimeout | CauseKind::Error => "error",
    }
}

/// What a caller or a transferor is told of an outcome.
pub fn cause_of(outcome: &str) -> CauseKind {
    match outcome {
        "no_answer" | "timeout" => CauseKind::NoAnswer,
        "busy" => CauseKind::Busy,
        "declined" | "denied" | "challenged" | "limit" | "loop" => CauseKind::Declined,
        "offline" | "dnd" | "no_agents" | "closed" => CauseKind::Offline,
        "invalid_number" | "not_found" => CauseKind::InvalidNumber,
        "unreachable" | "full" | "ewt_exceeded" => CauseKind::Unreachable,
        _ => CauseKind::Error,
    }
}
