//! Between the words of signalling and those of the exchange.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::id::RequestId;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Caller, ContactId, Incoming, Name, Origin, Presented, Replaced};
use crate::exchange::{Plan, Recording};
use crate::media::MediaEvent;
use crate::media::engine::RecordOp;
use crate::sip::event::{self, Destination, PlaceSpec, Source};
use crate::sip::registrar;
use crate::store::Parts;

/// The token of audio that nobody waits for.
pub const UNAWAITED: u64 = 0;

pub fn incoming(call: &event::Incoming) -> Incoming {
    let origin = match &call.source {
        Source::Trunk(name) => Origin::Trunk(name.clone()),
        Source::User(name) => Origin::User(name.clone()),
    };
    let anonymous = call.anonymous || call.from_user.is_empty() || call.from_user.eq_ignore_ascii_case("anonymous");
    let number = if anonymous { "" } else { call.from_user.as_str() };
    let name = if anonymous { "" } else { call.from_display.as_str() };
    Incoming {
        origin,
        dialed: Arc::from(call.to_user.as_str()),
        caller: Caller { number: Arc::from(number), name: Arc::from(name), anonymous },
        max_forwards: u8::try_from(call.max_forwards).unwrap_or(u8::MAX),
        replaces: call.replaces,
    }
}

pub fn cause(cause: event::Cause) -> Cause {
    Cause::new(match cause {
        event::Cause::Local | event::Cause::Bye => CauseKind::Normal,
        event::Cause::Cancelled => CauseKind::Cancelled,
        event::Cause::NoAck | event::Cause::SessionExpired | event::Cause::DialogLost | event::Cause::BadAnswer => {
            CauseKind::Error
        }
    })
}

pub fn replaced(target: event::ReplacesTarget) -> Replaced {
    match target {
        event::ReplacesTarget::Leg(leg) => Replaced::Leg(leg),
        event::ReplacesTarget::Unknown => Replaced::Unknown,
    }
}

/// The status behind the Reason of a leg's end; 200 stands for an ordinary end (RFC 3326).
pub fn hangup_status(cause: Cause) -> u16 {
    match cause.kind {
        CauseKind::Normal => 200,
        _ => cause.status.unwrap_or(cause.status()),
    }
}

pub fn recording(op: Recording) -> RecordOp {
    match op {
        Recording::Start { name } => RecordOp::Start { name },
        Recording::Pause => RecordOp::Pause,
        Recording::Resume => RecordOp::Resume,
        Recording::Stop => RecordOp::Stop,
    }
}

/// The request that something on the media plane completes, and how.
pub fn completed(event: MediaEvent) -> Option<(RequestId, Result<(), Cause>)> {
    let (token, result) = match event {
        MediaEvent::PlayDone { token, .. } | MediaEvent::Screened { token, machine: false, .. } => (token, Ok(())),
        MediaEvent::PlayStopped { token, .. } => (token, Err(CauseKind::Cancelled)),
        MediaEvent::Screened { token, machine: true, .. } => (token, Err(CauseKind::Declined)),
        MediaEvent::Recorded { name, problem: Some(problem), .. } => {
            tracing::error!(recording = %name, %problem, "a recording is not whole");
            return None;
        }
        _ => return None,
    };
    (token != UNAWAITED).then_some((RequestId(token), result.map_err(Cause::new)))
}

pub fn contacts(contacts: &[registrar::ContactId]) -> Vec<ContactId> {
    contacts.iter().map(|contact| ContactId(contact.0)).collect()
}

/// A leg to place, short of its media address.
pub fn place(to: Destination, presented: &Presented, media: crate::call::media_types::LocalMedia) -> PlaceSpec {
    let caller = &presented.caller;
    // Who calls is asserted to those who cannot know it from us alone (RFC 3325 §9.1), and never against their wish.
    let known = !caller.anonymous && !caller.number.is_empty();
    let outside = matches!(to, Destination::Trunk { .. });
    PlaceSpec {
        to,
        from_user: caller.number.to_string(),
        from_display: caller.name.to_string(),
        anonymous: caller.anonymous,
        p_asserted: (known && outside).then(|| caller.number.to_string()),
        diverted: presented.diverted.clone(),
        referred_by: presented.referred_by.as_ref().map(ToString::to_string),
        context: presented.context.clone(),
        max_forwards: u32::from(presented.max_forwards),
        media,
    }
}

/// What the journals of calls of this plan will be told by, should the site change.
pub fn parts(plan: &Plan) -> Parts {
    let hex = |digest: u64| format!("{digest:016x}");
    let each = |parts: &BTreeMap<Name, u64>| parts.iter().map(|(name, d)| (name.to_string(), hex(*d))).collect();
    let digested = plan.digested();
    Parts { site: hex(digested.site), flows: each(&digested.flows), policies: each(&digested.policies) }
}
