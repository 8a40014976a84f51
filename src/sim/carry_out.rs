//! Carries out what the exchange asks for, as SIP, media and the store would.

use super::far_end::{Answer, FarEnd};
use super::moment::{Moment, Outside};
use super::network::Fate;
use super::world::{Event, Heard, LATENCY, Leg, World};
use crate::base::id::{LegId, RequestId, RoomId};
use crate::base::time::Micros;
use crate::call::audio::{AudioSource, CONGESTION_MS};
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Name, Presented};
use crate::call::spec::Prompts;
use crate::exchange::{Input, LegNotice, LegRequest, Output};

/// What the exchange may not ask for.
const PORT: &str = "port";
/// From hearing that an answer is waited for to the key.
const TAKES_TO_PRESS: Micros = Micros::from_secs(1);
/// Until a machine has spoken for so long that it is one.
const MACHINE_SPEAKS: Micros = Micros::from_secs(2);

impl World {
    /// Does one thing that the exchange asked for. A test may ask for what no exchange would.
    pub fn perform(&mut self, output: Output) {
        match output {
            Output::Request { request, leg, op } => self.request(request, leg, op),
            Output::Notice { leg, op } => self.notice(leg, op),
            Output::Commit { request, decisions } => {
                let ids = decisions.iter().map(|d| d.decision_id.clone()).collect();
                for record in decisions {
                    self.note(Moment::Decided { record: Box::new(record) });
                }
                let works = self.disk_works;
                let after = self.network.disk();
                self.later(after, Event::Disk { request, decisions: ids, works });
            }
            Output::Serve { request, call, step, spec, tokens } => self.serve(request, call, &step, &spec, &tokens),
            Output::Forget { request } => self.forget_service(request),
            Output::Note { call, channel, text } => self.note(Moment::Told { call, channel, text }),
            Output::Answer { order, result } => self.note(Moment::OrderAnswered { id: order, result }),
            Output::Event(event) => self.note(Moment::Event(event)),
            Output::Record(record) => self.note(Moment::Record(record)),
            Output::Journal(journal) => {
                self.lives.kept.remove(&journal.call);
                self.lives.journals.push(*journal);
            }
            Output::Live(live) => {
                self.lives.kept.insert(live.call, live.bytes);
            }
        }
    }

    fn complete_later(&mut self, request: RequestId, result: Result<(), Cause>) {
        self.later(LATENCY, Event::Input(Input::Done { request, result }));
    }

    fn cancel_later(&mut self, request: RequestId) {
        self.complete_later(request, Err(Cause::new(CauseKind::Cancelled)));
    }

    fn request(&mut self, request: RequestId, leg: LegId, op: LegRequest) {
        let places = matches!(op, LegRequest::Place(_) | LegRequest::PlaceOutside(_));
        if places == self.exists(leg) {
            let state = if places { "is there" } else { "is over" };
            self.breach(PORT, &format!("{op:?} is asked of a leg that {state}"));
        }
        match op {
            LegRequest::Answer => {
                let Some(entry) = self.legs.get_mut(&leg) else { return self.cancel_later(request) };
                entry.up = true;
                self.note(Moment::Answered { leg });
                self.complete_later(request, Ok(()));
            }
            LegRequest::Place(place) => self.place(request, leg, &place.user, place.presented, None),
            LegRequest::PlaceOutside(place) => {
                let number = Name::from(place.token.target().canonical());
                let outside = Outside { trunk: place.trunk, decision: place.token.decision().to_string() };
                self.place(request, leg, &number, place.presented, Some(outside));
            }
            LegRequest::DetectMachine => self.listen(request, leg),
            LegRequest::Play(sources) => self.play(request, leg, sources),
        }
    }

    /// A machine betrays itself by how it speaks, which takes a while.
    fn listen(&mut self, request: RequestId, leg: LegId) {
        self.note(Moment::Listens { leg });
        let machine = self.legs.get(&leg).and_then(|entry| entry.far_end).is_some_and(|end| end.asked.machine);
        if machine {
            let result = Err(Cause::new(CauseKind::Declined));
            self.later(MACHINE_SPEAKS, Event::Input(Input::Done { request, result }));
        } else {
            self.complete_later(request, Ok(()));
        }
    }

    /// Who was called and now hears an open line is waited for: it presses its key.
    fn waited_for(&mut self, leg: LegId) {
        let Some(entry) = self.legs.get(&leg) else { return };
        if let Some(key) = entry.far_end.and_then(|end| end.asked.presses) {
            self.later(TAKES_TO_PRESS, Event::Presses(leg, key));
        }
    }

    fn place(&mut self, request: RequestId, leg: LegId, to: &Name, presented: Presented, outside: Option<Outside>) {
        let wanted = self.far_ends.get(to).copied().unwrap_or(FarEnd::ANSWERS);
        let (far_end, late) = match self.network.fate(leg) {
            Fate::Late(late) => (wanted, late),
            Fate::Lost => (FarEnd::LOST, Micros(0)),
        };
        let entry = Leg { placing: Some(request), far_end: Some(far_end), to: Some(to.clone()), ..Leg::new() };
        self.legs.insert(leg, entry);
        self.note(Moment::Placed { leg, to: to.clone(), presented, outside });
        if let Some(after) = far_end.rings_after {
            self.later(Micros(after.0 + late.0), Event::FarEndRings(leg));
        }
        if far_end.answer != Answer::Never {
            // The answer travels as the ringing did before it, or worse, never better.
            let later = self.network.late(leg);
            self.later(Micros(far_end.after.0 + late.0 + later.0), Event::FarEndDecides(leg));
        }
    }

    fn play(&mut self, request: RequestId, leg: LegId, sources: Prompts) {
        self.stop_playing(leg);
        let Some(entry) = self.legs.get_mut(&leg) else { return self.cancel_later(request) };
        entry.playing = Some(request);
        entry.heard = Heard::Audio(sources.clone());
        let length_ms: u64 = sources.iter().map(length_ms).sum();
        self.note(Moment::Hears { leg, sources });
        self.later(Micros::from_ms(length_ms), Event::Played { leg, request });
    }

    /// What played is stopped: its request has its answer. True if something was heard.
    fn stop_playing(&mut self, leg: LegId) -> bool {
        let Some(entry) = self.legs.get_mut(&leg) else { return false };
        let heard = matches!(std::mem::replace(&mut entry.heard, Heard::Nothing), Heard::Audio(_));
        if let Some(request) = entry.playing.take() {
            self.cancel_later(request);
        }
        heard
    }

    /// What the exchange may not ask for: anything of a leg that it knows to be over, and a ring
    /// after the answer (180 after 200).
    fn judge_notice(&mut self, leg: LegId, op: &LegNotice) {
        // The subscription of a REFER outlives the call of who sent it, and a REFER may cross our BYE.
        let outlives = matches!(op, LegNotice::NotifyRefer { .. })
            || matches!(op, LegNotice::AnswerRefer { status, .. } if self.leaving.contains_key(&leg) || *status >= 300);
        if !self.exists(leg) && !outlives {
            self.breach(PORT, &format!("{op:?} is asked of a leg that is over"));
        } else if matches!(op, LegNotice::Ring | LegNotice::Reject { .. }) && self.is_up(leg) {
            self.breach(PORT, &format!("{op:?} is asked of a leg that is answered"));
        }
        if let LegNotice::Connect { peer } = op
            && !self.exists(*peer)
        {
            self.breach(PORT, "a leg is connected to one that is over");
        }
    }

    fn notice(&mut self, leg: LegId, op: LegNotice) {
        self.judge_notice(leg, &op);
        match op {
            LegNotice::Ring => self.note(Moment::Alerted { leg }),
            LegNotice::Reject { cause } => {
                self.note(Moment::Refused { leg, cause });
                self.end_later(leg, cause);
            }
            LegNotice::Hangup { cause } => {
                if self.exists(leg) {
                    self.note(Moment::Ended { leg, cause });
                }
                self.end_later(leg, cause);
            }
            LegNotice::StopPlay => {
                if self.stop_playing(leg) {
                    self.note(Moment::Silence { leg });
                }
            }
            LegNotice::Background(sources) => {
                self.stop_playing(leg);
                if let Some(entry) = self.legs.get_mut(&leg) {
                    entry.heard = Heard::Audio(sources.clone());
                    let open_line = matches!(*sources, [AudioSource::Silence]);
                    self.note(Moment::Hears { leg, sources });
                    if open_line {
                        self.waited_for(leg);
                    }
                }
            }
            LegNotice::Connect { peer } => self.connect(leg, peer),
            LegNotice::Disconnect { peer } => self.disconnect(leg, peer),
            LegNotice::Mix { room } => self.mix(leg, room),
            LegNotice::Record(op) => self.note(Moment::Recording { leg, op }),
            LegNotice::Connected { peer } => self.note(Moment::Sees { leg, peer }),
            LegNotice::Key(key) => self.note(Moment::IsSent { leg, key }),
            LegNotice::AnswerRefer { token, status } => self.note(Moment::ReferAnswered { leg, token, status }),
            LegNotice::NotifyRefer { token, status } => self.note(Moment::Notified { leg, token, status }),
        }
    }

    /// Hears everybody else in the room, and nobody outside it.
    fn mix(&mut self, leg: LegId, room: RoomId) {
        self.stop_playing(leg);
        if let Some(entry) = self.legs.get_mut(&leg) {
            entry.heard = Heard::Room(room);
            self.note(Moment::Joins { leg, room });
        }
    }

    /// Both hear each other and nobody else.
    fn connect(&mut self, a: LegId, b: LegId) {
        for (one, other) in [(a, b), (b, a)] {
            self.stop_playing(one);
            if !self.exists(other) {
                continue;
            }
            let Some(entry) = self.legs.get_mut(&one) else { continue };
            let before = std::mem::replace(&mut entry.heard, Heard::Peer(other));
            if let Heard::Peer(third) = before
                && third != other
                && let Some(third) = self.legs.get_mut(&third)
            {
                third.heard = Heard::Nothing;
            }
        }
        self.note(Moment::Talk { a, b });
    }

    fn disconnect(&mut self, a: LegId, b: LegId) {
        let mut parted = false;
        for (one, other) in [(a, b), (b, a)] {
            if let Some(entry) = self.legs.get_mut(&one)
                && entry.heard == Heard::Peer(other)
            {
                entry.heard = Heard::Nothing;
                parted = true;
            }
        }
        if parted {
            self.note(Moment::Apart { a, b });
        }
    }

    /// We end the leg. An answer that crossed our CANCEL is reported before the end (RFC 3261 §9.1).
    fn end_later(&mut self, leg: LegId, cause: Cause) {
        let crossed = self.answers_now(leg);
        let Some(entry) = self.forget(leg) else { return };
        // One leg's news come in order: what became of the attempt, then that it is over.
        let after = Micros(LATENCY.0 + self.network.late(leg).0);
        if let Some(request) = entry.playing {
            self.cancel_later(request);
        }
        if let Some(request) = entry.placing {
            let result = if crossed { Ok(()) } else { Err(Cause::new(CauseKind::Cancelled)) };
            self.later(after, Event::Input(Input::Done { request, result }));
        }
        self.leaving.insert(leg, entry.placing);
        self.later(after, Event::Over { leg, cause });
    }
}

fn length_ms(source: &AudioSource) -> u64 {
    match source {
        AudioSource::Prompt(prompt) => prompt.length_ms(),
        AudioSource::Speech(speech) => speech.length_ms(),
        AudioSource::Pause { length_ms } => u64::from(*length_ms),
        AudioSource::Congestion(_) => u64::from(CONGESTION_MS),
        // Never ends by itself; a statement does not wait for it.
        AudioSource::Ringback(_)
        | AudioSource::DialTone(_)
        | AudioSource::Music(_)
        | AudioSource::DefaultMusic
        | AudioSource::Silence => 0,
    }
}
