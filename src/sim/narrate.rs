//! A trace as text that people read: `strowger run` prints it, and tests compare it.

use std::collections::BTreeMap;

use super::moment::{self, Moment};
use crate::base::id::LegId;
use crate::base::time::Mono;
use crate::call::audio::AudioSource;
use crate::call::cause::Cause;
use crate::call::leg::Origin;
use crate::call::order::{CallEventKind, Order, Refused, Taken, TransferView};
use crate::call::record::{CallRecord, HangupBy};
use crate::exchange::Recording;

/// One line a moment: the virtual time since the start as minutes, seconds and milliseconds, then
/// what happened. The end of a call is followed by its record, a line a party.
pub fn narrate(trace: &[(Mono, Moment)]) -> String {
    told(trace).concat()
}

/// The same, a text a moment.
pub fn told(trace: &[(Mono, Moment)]) -> Vec<String> {
    // Each life of the exchange numbers its legs anew.
    let lives = trace.split_inclusive(|(_, moment)| *moment == Moment::Restarted);
    lives.flat_map(told_of_life).collect()
}

fn told_of_life(trace: &[(Mono, Moment)]) -> Vec<String> {
    let names = moment::names(trace);
    let one = |(at, moment): &(Mono, Moment)| {
        let mut text = String::new();
        let ms = at.0 / 1_000;
        let time = format!("{:02}:{:02}.{:03}", ms / 60_000, ms / 1_000 % 60, ms % 1_000);
        for (nth, line) in lines(moment, &names).into_iter().enumerate() {
            let lead = if nth == 0 { time.as_str() } else { "         " };
            text.push_str(lead);
            text.push_str("  ");
            text.push_str(&line);
            text.push('\n');
        }
        text
    };
    trace.iter().map(one).collect()
}

/// What something to hear is called.
pub fn name_of(source: &AudioSource) -> String {
    match source {
        AudioSource::Prompt(prompt) => format!("`{}`", prompt.name),
        AudioSource::Speech(speech) => format!("\"{}\"", speech.text),
        AudioSource::Music(_) | AudioSource::DefaultMusic => "music".to_owned(),
        AudioSource::Ringback(_) => "ringback".to_owned(),
        AudioSource::DialTone(_) => "the dial tone".to_owned(),
        AudioSource::Congestion(_) => "the congestion tone".to_owned(),
        AudioSource::Pause { .. } | AudioSource::Silence => "silence".to_owned(),
    }
}

fn lines(moment: &Moment, names: &BTreeMap<LegId, String>) -> Vec<String> {
    let who = |leg: &LegId| names.get(leg).cloned().unwrap_or_else(|| format!("leg {}", leg.0));
    let line = match moment {
        Moment::Record(record) => return record_lines(record),
        Moment::Placed { leg, presented, outside, .. } => {
            let trunk = outside.as_ref().map(|o| format!(" by trunk {}", o.trunk)).unwrap_or_default();
            let shown = if presented.caller.number.is_empty() { "nothing" } else { &presented.caller.number };
            let referred = presented.referred_by.as_ref().map(|r| format!(", referred by {r}")).unwrap_or_default();
            let facts: Vec<String> = presented.context.iter().map(|(name, fact)| format!("{name} {fact}")).collect();
            let facts = if facts.is_empty() { String::new() } else { format!(", with {}", facts.join(", ")) };
            format!("{} is called{trunk}, and sees {shown}{referred}{facts}", who(leg))
        }
        Moment::Decided { record } => {
            let number = record.request.number.as_deref().unwrap_or(&record.request.to);
            format!("policy {}: {} {number} ({})", record.revisions.policy, record.verdict, record.reasons.join(", "))
        }
        Moment::Dialled { leg, to, .. } => format!("{} calls {to}", who(leg)),
        Moment::Step { flow, step, in_subflow: true, .. } => format!("subflow {flow}, step {step}"),
        Moment::Step { flow, step, .. } => format!("flow {flow}, step {step}"),
        Moment::Took { verb, label, outcome: Some(outcome), .. } if outcome != label => {
            format!("{verb}: {outcome} ({label})")
        }
        Moment::Took { verb, label, .. } => format!("{verb}: {label}"),
        Moment::Asks { verb, subject, .. } => format!("{verb} {subject} is asked for"),
        Moment::Gets { verb, outcome, .. } => format!("{verb} gives {outcome}"),
        Moment::Forgets { verb, .. } => format!("{verb} is not waited for any more"),
        Moment::Told { channel, text, .. } => format!("channel {channel} is told \"{text}\""),
        Moment::Alerted { leg } => format!("{} hears that it rings", who(leg)),
        Moment::Answered { leg } => format!("{} is answered", who(leg)),
        Moment::Refused { leg, cause } => format!("{} is refused: {}", who(leg), in_words(*cause)),
        Moment::Hears { leg, sources } => {
            let heard: Vec<String> = sources.iter().map(name_of).collect();
            format!("{} hears {}", who(leg), heard.join(", "))
        }
        Moment::Silence { leg } => format!("{} hears nothing more", who(leg)),
        Moment::Presses { leg, key } => format!("{} presses {key}", who(leg)),
        Moment::IsSent { leg, key } => format!("{} is sent the key {key}", who(leg)),
        Moment::Rings { leg } => format!("{} rings", who(leg)),
        Moment::TargetAnswered { leg } => format!("{} answers", who(leg)),
        Moment::TargetFailed { leg, cause } => format!("{} fails: {}", who(leg), in_words(*cause)),
        Moment::Talk { a, b } => format!("{} and {} talk", who(a), who(b)),
        Moment::Apart { a, b } => format!("{} and {} no longer hear each other", who(a), who(b)),
        Moment::Holds { leg, holding: true } => format!("{} holds", who(leg)),
        Moment::Holds { leg, holding: false } => format!("{} resumes", who(leg)),
        Moment::Joins { leg, room } => format!("{} hears all in room {}", who(leg), room.0),
        Moment::Refers { leg, to, .. } => format!("{} transfers its peer to {to}", who(leg)),
        Moment::ReferAnswered { leg, status, .. } => format!("{}'s transfer is answered {status}", who(leg)),
        Moment::Notified { leg, status, .. } => format!("{} is notified of {status}", who(leg)),
        Moment::Ordered { id, order } => format!("order {}: {}", id.0, ordered(order)),
        Moment::OrderAnswered { id, result } => format!("order {} is {}", id.0, answered(result)),
        Moment::Restarted => "the exchange is begun anew".to_owned(),
        Moment::Crashed => "the process dies and is begun anew".to_owned(),
        Moment::Event(event) => match &event.kind {
            // What a flow gives away is told by its statement.
            CallEventKind::Transfer(view) if view.from.is_some() => transfer(view),
            _ => return Vec::new(),
        },
        Moment::Recording { leg, op } => format!("{}: recording {}", who(leg), recorded(op)),
        Moment::Listens { leg } => format!("who answered at {} is listened to", who(leg)),
        Moment::Sees { leg, peer } => {
            let shown = if peer.anonymous || peer.number.is_empty() { "nobody" } else { &peer.number };
            format!("{} sees {shown}", who(leg))
        }
        Moment::Disk { works: true, .. } => return Vec::new(),
        Moment::Disk { works: false, .. } => "the disk fails".to_owned(),
        Moment::Registered { user, devices: 0 } => format!("{user} goes offline"),
        Moment::Registered { user, devices } => format!("{user} registers {devices}"),
        Moment::HangsUp { leg } => format!("{} hangs up", who(leg)),
        Moment::Ended { leg, cause } => format!("{} is ended: {}", who(leg), in_words(*cause)),
    };
    vec![line]
}

fn transfer(view: &TransferView) -> String {
    let outcome = view.outcome.map(|outcome| format!(" ({outcome})")).unwrap_or_default();
    let reason = view.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("transfer to {} is {}{outcome}{reason}", view.target, view.state.name())
}

fn recorded(op: &Recording) -> String {
    match op {
        Recording::Start { name } => format!("starts ({name})"),
        Recording::Pause => "pauses".to_owned(),
        Recording::Resume => "resumes".to_owned(),
        Recording::Stop => "stops".to_owned(),
    }
}

fn ordered(order: &Order) -> String {
    match order {
        Order::Transfer { from, target, mode, .. } => {
            format!("{from} transfers the call {} to {}", mode.name(), target.describe())
        }
        Order::Complete(_) => "complete the transfer".to_owned(),
        Order::Cancel(_) => "cancel the transfer".to_owned(),
        Order::ThreeWay(_) => "let all three talk".to_owned(),
        Order::Swap(_) => "swap".to_owned(),
        Order::HangUp { .. } => "end the call".to_owned(),
    }
}

fn answered(result: &Result<Taken, Refused>) -> String {
    match result {
        Ok(Taken { transfer: Some((_, state)), .. }) => format!("taken: {}", state.name()),
        Ok(Taken { transfer: None, .. }) => "taken".to_owned(),
        Err(Refused::NoSuchCall) => "refused: no such call".to_owned(),
        Err(Refused::NoSuchTransfer) => "refused: no such transfer".to_owned(),
        Err(Refused::NotAParty) => "refused: not a party".to_owned(),
        Err(Refused::WrongState { state, detail, .. }) => {
            format!("refused: {detail}{}", state.map(|s| format!(" ({})", s.name())).unwrap_or_default())
        }
        Err(Refused::Denied { reasons, .. }) => format!("denied: {}", reasons.join(", ")),
        Err(Refused::Target { outcome, detail }) => format!("refused: {outcome}, {detail}"),
    }
}

fn in_words(cause: Cause) -> String {
    cause.kind.to_string()
}

fn record_lines(record: &CallRecord) -> Vec<String> {
    let by = match record.hangup_by {
        HangupBy::Party(n) => format!("party {n}"),
        HangupBy::Flow => "the flow".to_owned(),
        HangupBy::System => "the system".to_owned(),
    };
    let flows: Vec<&str> = record.flows.iter().map(AsRef::as_ref).collect();
    let flows = if flows.is_empty() { "no flow".to_owned() } else { flows.join(" > ") };
    let hops = match record.hops {
        0 => String::new(),
        1 => ", 1 hop".to_owned(),
        n => format!(", {n} hops"),
    };
    let mut lines = vec![format!("record: {} by {by}; {flows}{hops}", record.cause.kind)];
    let tiles: Vec<String> =
        record.intervals.iter().map(|i| format!("{} {}", i.kind.name(), length(i.to.0 - i.from.0))).collect();
    lines.push(format!("  {}", tiles.join(", ")));
    let tags: Vec<String> = record.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if !tags.is_empty() {
        lines.push(format!("  tags {}", tags.join(", ")));
    }
    if !record.recordings.is_empty() {
        lines.push(format!("  recordings {}", record.recordings.join(", ")));
    }
    for party in &record.parties {
        let origin = match &party.origin {
            Origin::Trunk(name) => format!("trunk {name}"),
            Origin::User(name) => format!("user {name}"),
        };
        let answered = if party.answered.is_some() { "answered" } else { "not answered" };
        let moved = party.transferred_by.map(|by| format!(", transferred by {}", by.n)).unwrap_or_default();
        let n = party.id.n;
        let kind = party.cause.kind;
        lines.push(format!("  {n} {} {} ({origin}): {answered}, {kind}{moved}", party.role, party.number));
    }
    lines
}

fn length(ms: i64) -> String {
    format!("{}.{:03}s", ms / 1_000, ms % 1_000)
}
