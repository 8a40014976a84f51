//! The recording of a call: begun and ended by its flow, of the caller's leg, through whatever becomes of the call. It
//! rests while the caller is on hold and goes on as it was, however the hold ends (T57, T24). It goes on after a crash too, in
//! another file (T60). The samples are not here.

use std::sync::Arc;

use super::frames::Sleep;
use super::kept::{KeptRecorder, KeptTape};
use super::port::{LegNotice, LegRequest, Recording};
use super::session::{Session, State};
use super::shared::Shared;
use super::transfer::{By, TransferStage};
use crate::base::id::{CallId, LegId};
use crate::call::cause::Cause;
use crate::call::order::{CallEventKind, RecordingState};
use crate::call::spec::{Completion, Prompts, RecordAct, TransferMode};

/// What a call has recorded, and whether it does so now.
#[derive(Debug, Default)]
pub struct Recorder {
    tape: Option<Tape>,
    /// The file of every recording that was begun, in order.
    names: Vec<Arc<str>>,
}

/// The recording under way.
#[derive(Clone, Debug)]
struct Tape {
    /// Its file. `None`: it was under way when another process died, and goes on in a file of its own when it may.
    name: Option<Arc<str>>,
    /// Whose leg it is of.
    leg: LegId,
    /// By the flow.
    is_paused: bool,
    /// The leg is on hold.
    rests: bool,
}

impl Tape {
    fn runs(&self) -> bool {
        !self.is_paused && !self.rests
    }
}

impl Recorder {
    /// The names of its files.
    pub fn names(&mut self) -> Vec<Arc<str>> {
        std::mem::take(&mut self.names)
    }

    /// What is kept of it: whether somebody is on hold is seen anew.
    pub fn kept(&self) -> KeptRecorder {
        let tape = self.tape.as_ref().map(|tape| KeptTape { leg: tape.leg, is_paused: tape.is_paused });
        KeptRecorder { names: self.names.clone(), tape }
    }

    /// A number that is another one when something of that is.
    pub fn shape(&self) -> u64 {
        let names = u64::try_from(self.names.len()).unwrap_or(u64::MAX);
        let tape = self.tape.as_ref().map_or(0, |tape| 1 + u64::from(tape.is_paused));
        names.wrapping_mul(3).wrapping_add(tape)
    }

    /// In another process it rests until the first turn is over, and what is paused stays so: it may be a secret.
    pub fn of_kept(kept: &KeptRecorder) -> Self {
        let tape = kept.tape.as_ref();
        let tape = tape.map(|&KeptTape { leg, is_paused }| Tape { name: None, leg, is_paused, rests: true });
        Self { tape, names: kept.names.clone() }
    }

    /// The name of the next file.
    fn next_name(&mut self, call: CallId) -> Arc<str> {
        let number = self.names.len().saturating_add(1);
        let name: Arc<str> = Arc::from(format!("{call}-{number}.wav"));
        self.names.push(name.clone());
        name
    }
}

impl Session {
    /// A flow's `record`: the notice comes first.
    pub fn begin_record(&mut self, shared: &mut Shared, act: RecordAct, notice: Option<Prompts>) -> Sleep {
        match notice.filter(|prompts| !prompts.is_empty()) {
            Some(prompts) => {
                let request = shared.request(self.id, self.subject, LegRequest::Play(prompts));
                Sleep::BeforeRecording { request, act }
            }
            None => {
                self.record(shared, act);
                Sleep::Ready(Completion::Done)
            }
        }
    }

    /// The notice was played. One that could not be heard is no notice: then nothing is recorded.
    pub fn notice_played(&mut self, shared: &mut Shared, act: RecordAct, result: Result<(), Cause>) {
        if result.is_ok() || act != RecordAct::Start {
            self.record(shared, act);
        } else {
            let why = "the notice could not be played, so nothing was recorded";
            self.diary.tags.insert(Arc::from("recording_error"), Arc::from(why));
        }
    }

    /// Carries out what a statement says. What is so already stays so.
    pub fn record(&mut self, shared: &mut Shared, act: RecordAct) {
        match act {
            RecordAct::Start => self.start_recording(shared),
            RecordAct::Stop => {
                if let Some(tape) = self.recorder.tape.as_ref().filter(|tape| tape.name.is_some()) {
                    shared.notice(tape.leg, LegNotice::Record(Recording::Stop));
                }
                self.stopped(shared);
            }
            RecordAct::Pause => self.turn(shared, |tape| tape.is_paused = true),
            RecordAct::Resume => self.turn(shared, |tape| tape.is_paused = false),
        }
    }

    /// A new file. One that is being written is finished by it.
    fn start_recording(&mut self, shared: &mut Shared) {
        let leg = self.subject;
        if !self.is_live(leg) {
            return;
        }
        self.stopped(shared);
        let name = self.recorder.next_name(self.id);
        self.recorder.tape = Some(Tape { name: Some(name.clone()), leg, is_paused: false, rests: false });
        self.began(shared, leg, name);
    }

    fn began(&self, shared: &mut Shared, leg: LegId, name: Arc<str>) {
        shared.notice(leg, LegNotice::Record(Recording::Start { name: name.clone() }));
        self.tell_recording(shared, leg, &name, RecordingState::Started);
    }

    /// At the end of a turn: a recording ends with its leg, and rests while that is on hold.
    pub fn recording_follows(&mut self, shared: &mut Shared) {
        let Some(leg) = self.recorder.tape.as_ref().map(|tape| tape.leg) else { return };
        if !self.is_live(leg) {
            self.stopped(shared);
            return;
        }
        // A transferor that has been told of its success is no party of what came of it, though its phone is still there.
        if self.lingering.iter().any(|(_, lingers)| *lingers == leg) {
            return self.record(shared, RecordAct::Stop);
        }
        let held = self.is_on_hold(leg);
        self.turn(shared, |tape| tape.rests = held);
    }

    /// A leg goes to another call, which has a record of its own.
    pub fn recording_stays(&mut self, shared: &mut Shared, leg: LegId) {
        if self.recorder.tape.as_ref().is_some_and(|tape| tape.leg == leg) {
            self.record(shared, RecordAct::Stop);
        }
    }

    /// Changes what the recording does, and tells the leg if that is otherwise now.
    fn turn(&mut self, shared: &mut Shared, change: impl FnOnce(&mut Tape)) {
        let Some(tape) = &mut self.recorder.tape else { return };
        let ran = tape.runs();
        change(tape);
        let (op, state) = match (ran, tape.runs()) {
            (true, false) => (Recording::Pause, RecordingState::Paused),
            (false, true) => (Recording::Resume, RecordingState::Resumed),
            _ => return,
        };
        let leg = tape.leg;
        let Some(name) = tape.name.clone() else {
            let name = self.recorder.next_name(self.id);
            if let Some(tape) = &mut self.recorder.tape {
                tape.name = Some(name.clone());
            }
            return self.began(shared, leg, name);
        };
        shared.notice(leg, LegNotice::Record(op));
        self.tell_recording(shared, leg, &name, state);
    }

    fn stopped(&mut self, shared: &mut Shared) {
        if let Some(Tape { name: Some(name), leg, .. }) = self.recorder.tape.take() {
            self.tell_recording(shared, leg, &name, RecordingState::Stopped);
        }
    }

    fn tell_recording(&self, shared: &mut Shared, leg: LegId, name: &Arc<str>, state: RecordingState) {
        let Some(party) = self.party(leg).map(|party| party.id) else { return };
        shared.event(self.id, self.diary.root, CallEventKind::Recording { party, name: name.clone(), state });
    }

    /// Whether a leg hears music instead of the party that it talked to, or is about to talk to.
    fn is_on_hold(&self, leg: LegId) -> bool {
        match &self.state {
            State::Talking(talk) if leg == self.subject || leg == talk.peer => {
                [self.subject, talk.peer].iter().any(|l| self.party(*l).is_some_and(|p| p.hold.holds))
            }
            State::Transfer(transfer) if leg == self.subject => match &transfer.stage {
                // Nobody talks until somebody takes the caller back.
                _ if matches!(transfer.by, By::Recall { .. }) => true,
                TransferStage::Consulting { swapped, .. } => !swapped,
                TransferStage::Asking(_) => transfer.spec.mode == TransferMode::Attended,
                _ => self.reaching_in_private().is_some(),
            },
            _ => false,
        }
    }
}
