//! What happens to a caller who waits in a queue: arms that time takes, and keys that leave. The
//! caller keeps the place while an arm runs; an agent who answers ends it.

use super::frames::Sleep;
use super::port::LegNotice;
use super::session::{Session, State};
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::TransferStage;
use super::waiting::Waiting;
use crate::base::time::Micros;
use crate::call::order::TransferState;
use crate::call::record::IntervalKind;
use crate::call::spec::Completion;

/// An arm that is due while another one is heard is tried again after this time.
const AGAIN: Micros = Micros::from_ms(500);

impl Session {
    fn waiting(&mut self) -> Option<&mut Waiting> {
        match &mut self.state {
            State::Transfer(transfer) => match &mut transfer.stage {
                TransferStage::Queued(waiting) => Some(waiting),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn is_queued(&self) -> bool {
        matches!(&self.state, State::Transfer(t) if matches!(t.stage, TransferStage::Queued(_)))
    }

    /// What a waiting caller hears, from now on again.
    pub fn queue_music_again(&mut self, shared: &mut Shared) {
        let Some(waiting) = self.waiting() else { return };
        let (queue, hold_audio) = (waiting.queue.clone(), waiting.hold_audio.clone());
        let waiter = self.reaching_in_private().unwrap_or(self.subject);
        self.queue_music(shared, waiter, &queue, hold_audio.as_ref());
    }

    /// An arm of time is due. False if the timer is another's.
    pub fn queue_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        let (id, subject_up) = (self.id, self.subject_is_up());
        let is_busy = self.run.as_ref().is_none_or(|r| r.frame.is_aside());
        let Some(waiting) = self.waiting() else { return false };
        let Some(at) = waiting.due.iter().position(|(due, _)| *due == timer) else { return false };
        let (_, arm) = waiting.due.remove(at);
        let Some(timed) = waiting.meanwhile.timed.get(arm).copied() else { return true };
        if is_busy || !subject_up {
            waiting.due.push((shared.set_timer(id, AGAIN), arm));
            return true;
        }
        if timed.repeats {
            waiting.due.push((shared.set_timer(id, Micros::from_ms(timed.after_ms)), arm));
        }
        if let Some(run) = &mut self.run
            && run.frame.begin_aside(arm)
        {
            run.sleep = Sleep::Awake;
            self.run_flow(shared, None);
        }
        true
    }

    /// The caller pressed a key in the queue: it leaves by it, or cuts short what is told.
    pub fn queue_key(&mut self, shared: &mut Shared, key: char) {
        let takes = |pattern: &str| pattern == "x" && key.is_ascii_digit() || pattern.chars().eq([key]);
        let Some(waiting) = self.waiting() else { return };
        if let Some(pattern) = waiting.meanwhile.keys.iter().position(|p| takes(p)) {
            self.end_aside();
            self.leave_queue(shared);
            self.wake(shared, Completion::QueueKey { pattern, key });
            return;
        }
        if matches!(self.run.as_ref().map(|r| &r.sleep), Some(Sleep::Playing { barge_in: true, .. })) {
            shared.notice(self.subject, LegNotice::StopPlay);
            self.wake(shared, Completion::Done);
        }
    }

    /// Gives up the place: the flow goes elsewhere.
    pub fn leave_queue(&mut self, shared: &mut Shared) {
        if !self.is_queued() {
            return;
        }
        if let State::Transfer(transfer) = std::mem::replace(&mut self.state, State::Flow) {
            transfer.cancel_timers(shared);
            self.let_asked_go(shared, &transfer.stage);
            self.transfer_is(shared, transfer.id, TransferState::Cancelled, None, Some("the caller left the queue"));
        }
        if let Some(waited) = shared.leave_queue(self.id) {
            self.moves.waited = waited;
        }
        self.stop_ringing(shared, None, crate::call::cause::CauseKind::Cancelled);
        shared.notice(self.subject, LegNotice::StopPlay);
        self.diary.enter(IntervalKind::Flow, shared.now.wall);
        shared.poll_queues = true;
    }

    /// Gives up a place that is no more wanted; who waited is told by others.
    pub fn leave_queue_silently(&mut self, shared: &mut Shared) {
        if self.is_queued() {
            shared.queues.leave(self.id, shared.now.mono);
            shared.poll_queues = true;
        }
    }

    /// What time had begun is cut short: the frame sleeps on its queue as before. False if nothing had.
    pub fn end_aside(&mut self) -> bool {
        let Some(run) = self.run.as_mut() else { return false };
        let begun = run.frame.end_aside();
        if begun {
            run.sleep = Sleep::Transferring;
        }
        begun
    }
}
