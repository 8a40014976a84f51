//! A number for what a turn of a call put out, so that a replay can tell whether it puts out the same.
//!
//! What is secret is left out: a digest of four digits is those four digits. It is the same on every machine.

use super::port::{LegNotice, LegRequest, Output, Recording};
use crate::base::fnv::Fnv;
use crate::base::value::Value;
use crate::call::audio::AudioSource;
use crate::call::cause::Cause;
use crate::call::leg::{Caller, Presented};
use crate::call::order::{CallEventKind, RecordingState, Refused, TransferView};
use crate::call::record::{CallRecord, HangupBy};
use crate::call::spec::ServiceSpec;
use crate::policy::{DecisionRecord, GuardToken};

/// Kinds of outputs by their number in a journal. It only grows.
const KINDS: [&str; 27] = [
    "answer",
    "place",
    "place outside",
    "play",
    "detect machine",
    "ring",
    "reject",
    "hang up",
    "stop playing",
    "background",
    "connect",
    "disconnect",
    "mix",
    "record",
    "show who talks",
    "key",
    "answer REFER",
    "notify REFER",
    "commit decisions",
    "serve",
    "forget",
    "note",
    "answer order",
    "event",
    "record the call",
    "journal",
    "live",
];

/// What a kind of output is called.
pub fn name(kind: u8) -> &'static str {
    KINDS.get(usize::from(kind)).copied().unwrap_or("something unknown")
}

pub fn kind(output: &Output) -> u8 {
    match output {
        Output::Request { op, .. } => match op {
            LegRequest::Answer => 0,
            LegRequest::Place(_) => 1,
            LegRequest::PlaceOutside(_) => 2,
            LegRequest::Play(_) => 3,
            LegRequest::DetectMachine => 4,
        },
        Output::Notice { op, .. } => match op {
            LegNotice::Ring => 5,
            LegNotice::Reject { .. } => 6,
            LegNotice::Hangup { .. } => 7,
            LegNotice::StopPlay => 8,
            LegNotice::Background(_) => 9,
            LegNotice::Connect { .. } => 10,
            LegNotice::Disconnect { .. } => 11,
            LegNotice::Mix { .. } => 12,
            LegNotice::Record(_) => 13,
            LegNotice::Connected { .. } => 14,
            LegNotice::Key(_) => 15,
            LegNotice::AnswerRefer { .. } => 16,
            LegNotice::NotifyRefer { .. } => 17,
        },
        Output::Commit { .. } => 18,
        Output::Serve { .. } => 19,
        Output::Forget { .. } => 20,
        Output::Note { .. } => 21,
        Output::Answer { .. } => 22,
        Output::Event(_) => 23,
        Output::Record(_) => 24,
        Output::Journal(_) => 25,
        Output::Live(_) => 26,
    }
}

/// The digest of outputs in their order.
pub fn of(outputs: &[Output]) -> u32 {
    let mut sum = Sum(Fnv::new().value());
    for output in outputs {
        sum.number(u64::from(kind(output)));
        sum.output(output);
    }
    u32::try_from((sum.0 ^ (sum.0 >> 32)) & u64::from(u32::MAX)).unwrap_or(0)
}

/// FNV-1a by words: a digest of numbers has an eighth of the work.
struct Sum(u64);

impl Sum {
    fn number(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x0000_0100_0000_01b3);
        // A word's high bits reach the low ones only this way.
        self.0 = mixed ^ (mixed >> 29);
    }

    fn wide(&mut self, number: u128) {
        self.number(u64::try_from(number >> 64).unwrap_or(0));
        self.number(u64::try_from(number & u128::from(u64::MAX)).unwrap_or(0));
    }

    fn text(&mut self, text: &str) {
        let mut words = text.as_bytes().chunks(8);
        for word in words.by_ref() {
            let number = word.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
            self.number(number);
        }
        self.number(u64::try_from(text.len()).unwrap_or(0));
    }

    fn texts<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        texts.into_iter().for_each(|text| self.text(text));
    }

    fn cause(&mut self, cause: Cause) {
        self.text(cause.kind.name());
        self.number(cause.status.map_or(0, u64::from));
    }

    fn output(&mut self, output: &Output) {
        match output {
            Output::Request { request, leg, op } => {
                self.number(request.0);
                self.number(leg.0);
                self.request(op);
            }
            Output::Notice { leg, op } => {
                self.number(leg.0);
                self.notice(op);
            }
            Output::Commit { request, decisions } => {
                self.number(request.0);
                decisions.iter().for_each(|decision| self.decision(decision));
            }
            Output::Serve { request, step, spec, tokens, .. } => {
                self.number(request.0);
                self.text(step);
                self.service(spec);
                tokens.iter().for_each(|token| self.token(token));
            }
            Output::Forget { request } => self.number(request.0),
            Output::Note { channel, text, .. } => self.texts([channel.as_ref(), text]),
            Output::Answer { order, result } => {
                self.number(order.0);
                match result {
                    Ok(taken) => {
                        let (id, state) = taken.transfer.map_or((0, ""), |(id, state)| (id.0, state.name()));
                        self.wide(id);
                        self.text(state);
                    }
                    Err(refused) => self.refused(refused),
                }
            }
            Output::Event(event) => {
                self.number(event.at.0.cast_unsigned());
                self.wide(event.root.0);
                self.event(&event.kind);
            }
            Output::Record(record) => self.record(record),
            Output::Journal(_) | Output::Live(_) => {}
        }
    }

    fn request(&mut self, op: &LegRequest) {
        match op {
            LegRequest::Answer | LegRequest::DetectMachine => {}
            LegRequest::Place(place) => {
                self.text(&place.user);
                self.number(place.contact.0);
                self.presented(&place.presented);
            }
            LegRequest::PlaceOutside(place) => {
                self.token(&place.token);
                self.text(&place.trunk);
                self.presented(&place.presented);
            }
            LegRequest::Play(sources) => self.sources(sources),
        }
    }

    fn notice(&mut self, op: &LegNotice) {
        match op {
            // A key that two parties exchange may be part of a secret of theirs.
            LegNotice::Ring | LegNotice::StopPlay | LegNotice::Key(_) => {}
            LegNotice::Reject { cause } | LegNotice::Hangup { cause } => self.cause(*cause),
            LegNotice::Background(sources) => self.sources(sources),
            LegNotice::Connect { peer } | LegNotice::Disconnect { peer } => self.number(peer.0),
            LegNotice::Mix { room } => self.number(room.0),
            LegNotice::Record(op) => match op {
                Recording::Start { name } => self.text(name),
                Recording::Pause => self.number(1),
                Recording::Resume => self.number(2),
                Recording::Stop => self.number(3),
            },
            LegNotice::Connected { peer } => self.caller(peer),
            LegNotice::AnswerRefer { token, status } | LegNotice::NotifyRefer { token, status } => {
                self.number(token.0);
                self.number(u64::from(*status));
            }
        }
    }

    fn sources(&mut self, sources: &[AudioSource]) {
        for source in sources {
            match source {
                AudioSource::Prompt(prompt) => self.text(&prompt.name),
                AudioSource::Speech(speech) => self.texts([speech.text.as_ref(), &speech.language]),
                AudioSource::Ringback(_) => self.number(1),
                AudioSource::Congestion(_) => self.number(2),
                AudioSource::Music(prompt) => {
                    self.number(3);
                    self.text(&prompt.name);
                }
                AudioSource::DefaultMusic => self.number(4),
                AudioSource::Pause { length_ms } => self.number(u64::from(*length_ms)),
                AudioSource::Silence => self.number(5),
                AudioSource::DialTone(_) => self.number(6),
            }
        }
    }

    fn caller(&mut self, caller: &Caller) {
        self.texts([caller.number.as_ref(), &caller.name]);
        self.number(u64::from(caller.anonymous));
    }

    fn presented(&mut self, presented: &Presented) {
        self.caller(&presented.caller);
        self.text(presented.referred_by.as_deref().unwrap_or_default());
        self.text(presented.diverted.as_ref().map_or("", |diverted| &diverted.by));
        self.number(u64::from(presented.max_forwards));
        for (name, value) in presented.context.iter() {
            self.texts([name.as_ref(), value]);
        }
    }

    fn token(&mut self, token: &GuardToken) {
        self.wide(token.decision().0);
        self.text(token.target().canonical());
    }

    fn decision(&mut self, record: &DecisionRecord) {
        self.texts([record.decision_id.as_str(), &record.subject, record.verdict, &record.request.to]);
        self.texts(record.reasons.iter().copied());
        self.texts(record.rule_ids.iter().copied());
        self.texts(record.explanations.iter().map(String::as_str));
    }

    fn service(&mut self, spec: &ServiceSpec) {
        self.texts([spec.verb, spec.subject.as_ref()]);
        self.number(spec.deadline_ms);
        for (name, value) in &spec.settings {
            self.text(name);
            self.value(value);
        }
    }

    /// Lists of lists may hold secrets: of what has parts, only how many there are.
    fn value(&mut self, value: &Value) {
        match value {
            Value::Unset | Value::Secret(_) => {}
            Value::Bool(value) => self.number(u64::from(*value)),
            Value::Int(value) | Value::Duration(value) => self.number(value.cast_unsigned()),
            Value::Float(value) => self.number(value.to_bits()),
            Value::Text(s) | Value::Digits(s) | Value::Phone(s) | Value::Extension(s) => self.text(s),
            Value::List(items) => self.number(u64::try_from(items.len()).unwrap_or(0)),
            Value::Map(entries) => entries.iter().for_each(|(key, _)| self.text(key)),
        }
    }

    fn event(&mut self, kind: &CallEventKind) {
        match kind {
            CallEventKind::Began { caller, dialed } => self.texts([caller.as_ref(), dialed]),
            CallEventKind::Party { party, role, number, state } => {
                self.number(u64::from(party.n));
                self.texts([role, number.as_ref(), state.name()]);
            }
            CallEventKind::Transfer(view) => self.transfer(view),
            CallEventKind::Decided { decision, allowed, reason } => {
                self.wide(decision.0);
                self.number(u64::from(*allowed));
                self.text(reason);
            }
            CallEventKind::Recording { party, name, state } => {
                self.number(u64::from(party.n));
                self.text(name);
                self.number(match state {
                    RecordingState::Started => 1,
                    RecordingState::Paused => 2,
                    RecordingState::Resumed => 3,
                    RecordingState::Stopped => 4,
                });
            }
            CallEventKind::Ended { cause, by } => self.texts([cause, by.as_ref()]),
        }
    }

    fn transfer(&mut self, view: &TransferView) {
        self.wide(view.id.0);
        self.number(view.from.map_or(0, |party| u64::from(party.n)));
        let reason = view.reason.as_deref().unwrap_or_default();
        self.texts([
            view.mode.name(),
            view.target.as_ref(),
            view.state.name(),
            view.outcome.unwrap_or_default(),
            reason,
        ]);
    }

    fn refused(&mut self, refused: &Refused) {
        match refused {
            Refused::NoSuchCall => self.number(1),
            Refused::NoSuchTransfer => self.number(2),
            Refused::NotAParty => self.number(3),
            Refused::WrongState { state, call, detail } => {
                self.texts([state.map_or("", |s| s.name()), call.unwrap_or_default(), detail.as_ref()]);
            }
            Refused::Denied { reasons, decision } => {
                self.texts(reasons.iter().map(AsRef::as_ref));
                self.wide(decision.map_or(0, |id| id.0));
            }
            Refused::Target { outcome, detail } => self.texts([outcome, detail.as_ref()]),
        }
    }

    fn record(&mut self, record: &CallRecord) {
        self.wide(record.root.0);
        self.cause(record.cause);
        self.number(match record.hangup_by {
            HangupBy::Party(n) => u64::from(n),
            HangupBy::Flow => u64::MAX,
            HangupBy::System => u64::MAX - 1,
        });
        self.number(u64::from(record.hops));
        self.texts(record.flows.iter().map(AsRef::as_ref));
        for interval in &record.intervals {
            self.text(interval.kind.name());
            self.number(interval.from.0.cast_unsigned());
            self.number(interval.to.0.cast_unsigned());
        }
        for party in &record.parties {
            self.texts([party.role, party.number.as_ref(), party.reason]);
            self.cause(party.cause);
            for at in [Some(party.started), party.ringing, party.answered, Some(party.ended)] {
                self.number(at.map_or(0, |at| at.0.cast_unsigned()));
            }
        }
        for (name, value) in &record.tags {
            self.texts([name.as_ref(), value]);
        }
    }
}
