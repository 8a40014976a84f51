//! The gate of a transfer whose target is asked first (T18): it hears the brief and presses the accept key, and a
//! machine may be made to decline. The caller waits meanwhile.

use super::outcome::Failure;
use super::port::{LegNotice, LegRequest};
use super::session::{Session, State};
use super::shared::Shared;
use super::timers::TimerId;
use super::transfer::TransferStage;
use crate::base::id::{LegId, RequestId};
use crate::base::time::Micros;
use crate::call::audio::AudioSource;
use crate::call::cause::{Cause, CauseKind};
use crate::call::record::IntervalKind;
use crate::call::spec::TransferMode;

/// From the end of the brief to the accept key: time to look up from the desk, no more than a caller waits.
const ACCEPT_TIME: Micros = Micros::from_secs(10);

/// What has yet to be known before the target has the call.
#[derive(Debug)]
pub struct Asking {
    target: LegId,
    brief: Option<RequestId>,
    machine: Option<RequestId>,
    /// The key, until it is pressed.
    key: Option<char>,
    /// When the key is late; it runs from the end of the brief.
    timer: Option<TimerId>,
}

impl Asking {
    pub fn cancel_timers(&self, shared: &mut Shared) {
        if let Some(timer) = self.timer {
            shared.timers.cancel(timer);
        }
    }

    pub fn target(&self) -> LegId {
        self.target
    }

    fn is_answered(&self) -> bool {
        self.brief.is_none() && self.machine.is_none() && self.key.is_none()
    }
}

impl Session {
    fn asking(&mut self) -> Option<&mut Asking> {
        match &mut self.state {
            State::Transfer(transfer) => match &mut transfer.stage {
                TransferStage::Asking(asking) => Some(asking),
                TransferStage::Queued(waiting) => waiting.asking(),
                _ => None,
            },
            _ => None,
        }
    }

    /// The target answered and is asked. An agent of a queue is asked while the caller waits in it.
    pub fn ask_target(&mut self, shared: &mut Shared, target: LegId) {
        let (id, subject, subject_up) = (self.id, self.subject, self.subject_is_up());
        let State::Transfer(transfer) = &mut self.state else { return };
        let gate = &transfer.spec.gate;
        let machine = gate.machine_declines.then(|| shared.request(id, target, LegRequest::DetectMachine));
        let brief = gate.brief.clone().filter(|prompts| !prompts.is_empty());
        let brief = brief.map(|prompts| shared.request(id, target, LegRequest::Play(prompts)));
        let key = gate.accept;
        let timer = (brief.is_none() && key.is_some()).then(|| shared.set_timer(id, ACCEPT_TIME));
        let asking = Asking { target, brief, machine, key, timer };
        if brief.is_none() {
            comfort(shared, target);
        }
        let stage = &mut transfer.stage;
        if let TransferStage::Queued(waiting) = stage {
            waiting.ask(asking);
        } else {
            *stage = TransferStage::Asking(asking);
            // Somebody is there: what the caller waits for is no telephone any more.
            if subject_up && transfer.spec.mode == TransferMode::Attended {
                if transfer.spec.hold_audio.is_none() {
                    shared.music(subject);
                }
                self.diary.enter(IntervalKind::Hold, shared.now.wall);
            }
        }
        self.asked(shared);
    }

    /// Goes on when nothing is left to ask.
    fn asked(&mut self, shared: &mut Shared) {
        let Some(asking) = self.asking() else { return };
        if !asking.is_answered() {
            return;
        }
        let target = asking.target;
        asking.cancel_timers(shared);
        if self.is_queued() {
            self.offer_taken(shared);
            self.end_aside();
            if let State::Transfer(transfer) = &self.state {
                transfer.cancel_timers(shared);
            }
        }
        self.accepted(shared, target);
    }

    /// A request of the question is done. False if it is another's.
    pub fn asking_done(&mut self, shared: &mut Shared, request: RequestId, result: Result<(), Cause>) -> bool {
        let id = self.id;
        let Some(asking) = self.asking() else { return false };
        // Only the end of the leg stops what is asked, and it is told next.
        let stopped = result.is_err_and(|cause| cause.kind == CauseKind::Cancelled);
        if stopped && [asking.brief, asking.machine].contains(&Some(request)) {
            return true;
        }
        if asking.brief == Some(request) {
            asking.brief = None;
            if asking.key.is_some() && asking.timer.is_none() {
                asking.timer = Some(shared.set_timer(id, ACCEPT_TIME));
            }
            if !asking.is_answered() {
                comfort(shared, asking.target);
            }
        } else if asking.machine == Some(request) {
            asking.machine = None;
            if result.is_err_and(|cause| cause.kind == CauseKind::Declined) {
                self.target_declined(shared, "a machine answered");
                return true;
            }
        } else {
            return false;
        }
        self.asked(shared);
        true
    }

    /// The target pressed a key. False if it is not the one who is asked.
    pub fn asking_key(&mut self, shared: &mut Shared, leg: LegId, key: char) -> bool {
        let Some(asking) = self.asking() else { return false };
        let Some(wanted) = asking.key.filter(|_| asking.target == leg) else { return false };
        if wanted != key {
            self.target_declined(shared, "another key than the accept key was pressed");
            return true;
        }
        asking.key = None;
        asking.cancel_timers(shared);
        asking.timer = None;
        // Who accepts has heard enough.
        if asking.brief.take().is_some() {
            shared.notice(leg, LegNotice::StopPlay);
        }
        self.asked(shared);
        true
    }

    /// The key is late. False if the timer is another's.
    pub fn asking_timer(&mut self, shared: &mut Shared, timer: TimerId) -> bool {
        if self.asking().is_none_or(|asking| asking.timer != Some(timer)) {
            return false;
        }
        self.target_declined(shared, "the accept key was not pressed in time");
        true
    }

    fn target_declined(&mut self, shared: &mut Shared, why: &str) {
        let Some(asking) = self.asking() else { return };
        asking.cancel_timers(shared);
        if self.is_queued() {
            self.offer_failed(shared);
            return;
        }
        self.transfer_failed(shared, Failure::because("declined", why));
    }

    /// The target hung up while it was asked: of a queue, the next agent is offered the call. False if it was not asked.
    pub fn left_while_asked(&mut self, shared: &mut Shared, leg: LegId) -> bool {
        if self.asking().is_none_or(|asking| asking.target != leg) {
            return false;
        }
        if self.is_queued() {
            self.offer_failed(shared);
        } else {
            self.transfer_failed(shared, Failure::because("declined", "the target hung up"));
        }
        true
    }
}

/// Who is to press a key, or is listened to, hears that the line is open.
fn comfort(shared: &mut Shared, target: LegId) {
    shared.notice(target, LegNotice::Background([AudioSource::Silence].into()));
}
