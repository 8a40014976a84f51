//! A call in a queue: joining, the agents it is offered to one after the other, leaving.

use super::asking::Asking;
use super::party::Role;
use super::port::LegNotice;
use super::session::{Session, State};
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::{By, Failure, TransferStage, is_private};
use crate::acd::{Action, Join, JoinError};
use crate::base::id::{LegId, TransferId};
use crate::base::time::Micros;
use crate::call::audio::AudioSource;
use crate::call::cause::{Cause, CauseKind};
use crate::call::dial::{Dial, Dialled};
use crate::call::leg::Name;
use crate::call::record::IntervalKind;
use crate::call::spec::{Meanwhile, Prompts, QueueEntry, TransferSpec};

/// A place in a queue.
#[derive(Debug)]
pub struct Waiting {
    pub queue: Name,
    offer: Option<Offer>,
    /// What the caller hears; `None` is the queue's music.
    pub hold_audio: Option<Prompts>,
    pub meanwhile: Meanwhile,
    /// When arms of time are due, each by its place.
    pub due: Vec<(TimerId, usize)>,
}

/// The agent whose devices ring at this moment.
#[derive(Debug)]
struct Offer {
    agent: Name,
    dial: Dial,
    /// When it has rung for long enough.
    timer: TimerId,
    /// The agent answered and is asked; the caller waits on.
    asked: Option<Asking>,
}

impl Waiting {
    pub fn cancel_timers(&self, shared: &mut Shared) {
        if let Some(offer) = &self.offer {
            shared.timers.cancel(offer.timer);
            if let Some(asking) = &offer.asked {
                asking.cancel_timers(shared);
            }
        }
        for (timer, _) in &self.due {
            shared.timers.cancel(*timer);
        }
    }

    pub fn answered(&mut self, leg: LegId) -> Option<Dialled> {
        self.offer.as_mut()?.dial.answered(leg)
    }

    /// The agent who answered is asked.
    pub fn ask(&mut self, asking: Asking) {
        if let Some(offer) = &mut self.offer {
            offer.asked = Some(asking);
        }
    }

    pub fn asking(&mut self) -> Option<&mut Asking> {
        self.offer.as_mut()?.asked.as_mut()
    }

    /// Who answered an offer and has not got the caller.
    fn answered_offer(&self) -> Option<LegId> {
        self.offer.as_ref()?.asked.as_ref().map(Asking::target)
    }

    /// True when the last device of the offered agent failed.
    pub fn failed(&mut self, leg: LegId, cause: Cause) -> bool {
        self.offer.as_mut().is_some_and(|o| o.dial.failed(leg, cause).is_some())
    }

    /// True if the timer was the offer's and nobody had answered.
    pub fn offer_timed_out(&mut self, timer: TimerId) -> bool {
        self.offer.as_mut().is_some_and(|o| o.timer == timer && o.dial.timed_out().is_some())
    }
}

impl Session {
    /// Joins a queue. The caller is answered: who waits hears music.
    pub fn join_queue(
        &mut self,
        shared: &mut Shared,
        id: TransferId,
        entry: &QueueEntry,
        spec: &TransferSpec,
        by: &By,
    ) -> Result<TransferStage, Failure> {
        let credit = if entry.keep_wait { self.moves.waited } else { Micros::default() };
        let except = by.transferor().and_then(|leg| self.party(leg)).and_then(|p| p.user().cloned());
        let site = &self.plan.site;
        let hours = site.queues.get(&entry.queue).and_then(|queue| site.declared.hours.get(queue.hours.as_ref()?));
        if hours.is_some_and(|hours| !hours.state(shared.now.wall).is_open()) {
            return Err(Failure::new("closed"));
        }
        let join = Join {
            call: self.id,
            queue: entry.queue.clone(),
            priority: entry.priority,
            credit,
            max_wait: entry.max_wait_ms.map(Micros::from_ms),
            except,
            prefer: entry.prefer.clone(),
            skills: entry.skills.clone(),
        };
        shared.join_queue(join).map_err(|error| {
            Failure::new(match error {
                JoinError::NotFound => "error",
                JoinError::Full => "full",
                JoinError::NoAgents => "no_agents",
                JoinError::EwtExceeded => "ewt_exceeded",
            })
        })?;
        self.gates_passed(shared, id, spec, by);
        self.let_transferor_go(shared, spec, by);
        if let Some(transferor) = by.transferor().filter(|_| is_private(spec, by)) {
            self.queue_music(shared, transferor, &entry.queue, entry.hold_audio.as_ref());
        } else {
            self.diary.enter(IntervalKind::Queue, shared.now.wall);
            if self.subject_is_up() {
                self.queue_music(shared, self.subject, &entry.queue, entry.hold_audio.as_ref());
            } else {
                self.answer_subject(shared);
            }
            match by {
                By::Flow { .. } => self.taken_by_flow(shared),
                _ => self.tell_outcome(shared, 200),
            }
        }
        shared.poll_queues = true;
        let timed = entry.meanwhile.timed.iter().enumerate();
        let due = timed.map(|(at, t)| (shared.set_timer(self.id, Micros::from_ms(t.after_ms)), at)).collect();
        Ok(TransferStage::Queued(Waiting {
            queue: entry.queue.clone(),
            offer: None,
            hold_audio: entry.hold_audio.clone(),
            meanwhile: entry.meanwhile.clone(),
            due,
        }))
    }

    /// What a waiting caller hears, all the time.
    pub fn queue_music(&self, shared: &mut Shared, leg: LegId, queue: &Name, hold_audio: Option<&Prompts>) {
        if let Some(own) = hold_audio {
            shared.notice(leg, LegNotice::Background(own.clone()));
            return;
        }
        let site = &self.plan.site;
        let own = site.queues.get(queue).and_then(|q| site.recording(q.music.as_ref()?, ""));
        match own {
            Some(prompt) => shared.notice(leg, LegNotice::Background([AudioSource::Music(prompt.clone())].into())),
            None => shared.music(leg),
        }
    }

    /// The subject was answered while it waits.
    pub fn answered_in_queue(&mut self, shared: &mut Shared) {
        self.queue_music_again(shared);
    }

    /// What the queues decided about this call.
    pub fn queue_action(&mut self, shared: &mut Shared, action: Action) {
        match action {
            Action::Offer { queue, agent, .. } => self.offer(shared, &queue, &agent),
            Action::TimedOut { .. } => self.left_queue(shared, "timeout"),
            Action::NoAgents { .. } => self.left_queue(shared, "no_agents"),
            Action::Withdrawn { .. } => {
                self.stop_ringing(shared, None, CauseKind::Cancelled);
                self.offer_failed(shared);
            }
        }
    }

    fn left_queue(&mut self, shared: &mut Shared, outcome: &'static str) {
        if self.is_queued() {
            self.transfer_failed(shared, Failure::new(outcome));
        }
    }

    fn offer(&mut self, shared: &mut Shared, queue: &Name, agent: &Name) {
        let contacts = shared.contacts_of(agent);
        if contacts.is_empty() || !self.is_queued() {
            shared.queues.offer_failed(self.id, agent, shared.now.mono);
            return;
        }
        self.forget_missed_offers();
        let ring = self
            .plan
            .site
            .queues
            .get(queue)
            .map_or(Micros::from_secs(20), |q| Micros::from_ms(q.agent_ring_timeout_ms));
        let State::Transfer(transfer) = &self.state else { return };
        let spec = transfer.spec.clone();
        let by = match transfer.by.transferor() {
            Some(_) => transfer.by.clone(),
            None => By::Flow { flow: queue.clone(), step: Name::default() },
        };
        let dial = self.dial_contacts(shared, agent, &contacts, &spec, &by, Role::Agent);
        let legs: Vec<LegId> = dial.open().collect();
        for leg in legs {
            if let Some(party) = self.party_mut(leg) {
                party.queue = Some(queue.clone());
            }
        }
        let timer = shared.set_timer(self.id, ring);
        if let State::Transfer(transfer) = &mut self.state
            && let TransferStage::Queued(waiting) = &mut transfer.stage
        {
            waiting.offer = Some(Offer { agent: agent.clone(), dial, timer, asked: None });
        }
    }

    /// A caller may wait through hundreds of offers; the record keeps the newest.
    fn forget_missed_offers(&mut self) {
        /// More than any record is read for, and a bound on memory.
        const MAX_PARTIES_KEPT: usize = 200;
        if self.parties.len() >= MAX_PARTIES_KEPT {
            let oldest =
                self.parties.iter().position(|p| p.role == Role::Agent && p.is_gone() && p.times.answered.is_none());
            if let Some(at) = oldest {
                self.parties.remove(at);
            }
        }
    }

    /// The offered agent did not take the call: the next one is asked.
    pub fn offer_failed(&mut self, shared: &mut Shared) {
        let offer = match &mut self.state {
            State::Transfer(transfer) => match &mut transfer.stage {
                TransferStage::Queued(waiting) => waiting.offer.take(),
                _ => None,
            },
            _ => None,
        };
        let Some(offer) = offer else { return };
        shared.timers.cancel(offer.timer);
        for leg in offer.dial.open().collect::<Vec<_>>() {
            self.hang_up(shared, leg, Cause::new(CauseKind::NoAnswer));
        }
        if let Some(asking) = &offer.asked {
            asking.cancel_timers(shared);
            self.give_agent_up(shared, asking.target());
        }
        shared.queues.offer_failed(self.id, &offer.agent, shared.now.mono);
        shared.poll_queues = true;
    }

    /// An agent who answered does not get the caller: there is no work of this call to finish.
    fn give_agent_up(&mut self, shared: &mut Shared, agent: LegId) {
        if let Some(party) = self.party_mut(agent) {
            party.queue = None;
        }
        self.hang_up(shared, agent, Cause::new(CauseKind::Normal));
    }

    /// Nobody is waited for any more; a target, or a queue's agent, who was being asked is not needed.
    pub fn let_asked_go(&mut self, shared: &mut Shared, stage: &TransferStage) {
        match stage {
            TransferStage::Asking(asking) => self.hang_up(shared, asking.target(), Cause::new(CauseKind::Normal)),
            TransferStage::Queued(waiting) => {
                if let Some(agent) = waiting.answered_offer() {
                    self.give_agent_up(shared, agent);
                }
            }
            _ => {}
        }
    }

    /// The agent answered and is asked something first: the other devices stop ringing, and the caller keeps the place.
    /// False if there is nothing to ask.
    pub fn ask_agent(&mut self, shared: &mut Shared, leg: LegId) -> bool {
        let State::Transfer(transfer) = &self.state else { return false };
        let TransferStage::Queued(Waiting { offer: Some(offer), .. }) = &transfer.stage else { return false };
        if !transfer.spec.gate.asks() {
            return false;
        }
        shared.timers.cancel(offer.timer);
        self.stop_ringing(shared, Some(leg), CauseKind::Cancelled);
        self.ask_target(shared, leg);
        true
    }

    /// The agent who answered: the call leaves the queue.
    pub fn offer_taken(&mut self, shared: &mut Shared) {
        let State::Transfer(transfer) = &self.state else { return };
        let TransferStage::Queued(waiting) = &transfer.stage else { return };
        let Some(offer) = &waiting.offer else { return };
        if let Some(waited) = shared.offer_answered(self.id, &offer.agent) {
            self.moves.waited = waited;
        }
        shared.poll_queues = true;
    }
}
