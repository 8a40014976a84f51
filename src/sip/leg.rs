//! What one leg remembers. How it moves is in `core`: the answering side in `uas`, the calling side in `uac`.

use std::sync::Arc;

use super::dialog::Dialog;
use super::event::{PlaceSpec, ReferToken, Source};
use super::flow::Flow;
use super::sdp::Sdp;
use super::sdp::session::{Session, sends};
use super::wire::compose::ReplyHead;
use crate::base::id::LegId;
use crate::base::time::Micros;
use crate::call::media_types::{Direction, LocalMedia, RemoteMedia};

/// Where a leg stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Came in, and has no final response.
    Incoming,
    /// Came in and was answered; the ACK is awaited.
    Answered,
    /// Placed, and has no final response.
    Placing,
    Established,
    /// Over for the exchange, but BYE must wait for the ACK (RFC 3261 §15).
    Ending,
    /// The call is over; the outcome of a REFER is still to be told (RFC 5057 §3).
    Reporting,
}

/// A leg.
pub struct Leg {
    pub id: LegId,
    pub source: Source,
    pub phase: Phase,
    /// Where its messages came from or went first.
    pub flow: Flow,
    pub dialog: Dialog,
    pub session: Option<Box<Session>>,
    /// An INVITE of the peer that awaits our final response or its ACK.
    pub uas: Option<Box<UasInvite>>,
    pub change: Change,
    /// Who the peer was told, or is to be told, that it talks to.
    pub shown: Option<Box<Shown>>,
    pub refers: Vec<Refer>,
    pub refresh: Option<Refresh>,
    /// The peer takes UPDATE (RFC 3311 §4).
    pub takes_update: bool,
    /// The peer put us on hold.
    pub held: bool,
    /// What a placed leg heard before its answer.
    pub early: Option<Box<Early>>,
    /// The client transaction of a placed leg's INVITE.
    pub invite: Option<u64>,
}

impl Leg {
    /// We made its Call-ID, which decides who waits longer after a glare (RFC 3261 §14.1).
    pub fn is_placed(&self) -> bool {
        self.id.0.is_multiple_of(2)
    }

    /// Remembers whether the peer holds us by what was just agreed, without telling: it was so from the start.
    pub fn note_hold(&mut self) {
        let agreed = self.session.as_ref().and_then(|session| session.remote());
        self.held = agreed.is_some_and(|media| !sends(media.direction));
    }

    /// A change of ours may be sent: the call stands, and none is under way from either side.
    pub fn may_change(&self) -> bool {
        self.phase == Phase::Established && self.uas.is_none() && self.change.running.is_none()
    }

    /// Came in, and its 2xx is not on the wire yet: it may wait for a PRACK.
    pub fn is_unanswered(&self) -> bool {
        match self.phase {
            Phase::Incoming => true,
            Phase::Answered => self.uas.as_ref().is_some_and(|uas| uas.accepted.is_none()),
            _ => false,
        }
    }

    /// Counts as a leg for the exchange.
    pub fn is_live(&self) -> bool {
        !matches!(self.phase, Phase::Ending | Phase::Reporting)
    }
}

/// An INVITE of the peer.
pub struct UasInvite {
    /// Its server transaction.
    pub key: u64,
    /// Fits its timers.
    pub serial: u32,
    pub head: ReplyHead,
    pub cseq: u32,
    /// Its offer, until it is answered.
    pub offer: Option<Sdp>,
    /// Our answer, if early media has already said it.
    pub answer: Option<String>,
    /// The offer is ours and the answer comes in the ACK.
    pub late_offer: bool,
    /// The 2xx, repeated until the ACK.
    pub accepted: Option<Arc<[u8]>>,
    pub interval: Micros,
    /// What goes with the 2xx about the session timer.
    pub timer_lines: String,
    /// The session to go back to, if the ACK of a re-INVITE leaves our offer without an answer.
    pub saved: Option<Box<Session>>,
    /// The caller wants provisional responses that it can confirm.
    pub reliable: Option<Box<Reliable>>,
}

/// Provisional responses that the caller confirms (RFC 3262 §3). One is open at a time.
pub struct Reliable {
    /// The last number used.
    pub rseq: u32,
    /// Sent and not confirmed.
    pub open: Option<Provisional>,
    /// The status to say once the open one is confirmed.
    pub next: Option<u16>,
    /// Our answer was confirmed: no later response repeats it (RFC 3262 §5).
    pub described: bool,
    /// The 2xx waits for the open one, which says our answer.
    pub accept: bool,
}

/// A provisional response that is repeated until its PRACK.
pub struct Provisional {
    pub bytes: Arc<[u8]>,
    pub interval: Micros,
    /// Fits its timers.
    pub serial: u32,
    pub described: bool,
}

/// What a placed leg knows before its answer.
pub struct Early {
    /// The first fork that said something; early media of others is not for us.
    pub tag: Box<str>,
    pub media: Option<RemoteMedia>,
    /// The answer it came in; it stands if the 2xx of the same fork has none.
    pub answer: Option<Sdp>,
    pub ringing: bool,
    /// What the INVITE says, to say it again with a longer session interval (RFC 4028 §7.3).
    pub spec: PlaceSpec,
    /// The same INVITE for UDP, if it went over TCP only for its size.
    pub over_udp: Option<(Flow, String, Arc<[u8]>)>,
}

/// What the exchange wants to change in a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Want {
    pub local: Option<LocalMedia>,
    pub wish: Option<Direction>,
}

impl Want {
    /// A newer wish takes the place of one that has not been said yet, and keeps its other half.
    pub fn after(self, earlier: Option<Self>) -> Self {
        let earlier = earlier.unwrap_or_default();
        Self { local: self.local.or(earlier.local), wish: self.wish.or(earlier.wish) }
    }
}

/// A re-INVITE or UPDATE of ours.
#[derive(Default)]
pub struct Change {
    /// Asked for and not yet done.
    pub want: Option<Want>,
    /// The session is to be refreshed (RFC 4028 §7.2); any other change does it too.
    pub refresh_due: bool,
    /// Under way: the session to go back to, and whether the exchange waits for the outcome.
    pub running: Option<Box<Running>>,
    /// Fits the timer of the next try after a glare; zero without one.
    pub retry: u32,
    pub attempts: u32,
}

/// A re-INVITE or UPDATE under way.
pub struct Running {
    pub saved: Session,
    pub purpose: Purpose,
    /// What a change of the session is for; what is wanted meanwhile is another one.
    pub asked: Option<Want>,
}

/// What a re-INVITE or UPDATE of ours is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To change the session; the exchange waits for the outcome.
    Session,
    /// To keep it alive (RFC 4028 §7.2).
    Refresh,
    /// To tell who is at our end (RFC 4916). Nobody waits, and no failure matters.
    Identity,
}

/// Who is at our end of a leg. Without a number where that is not to be known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    pub number: Box<str>,
    pub name: Box<str>,
}

impl Identity {
    pub fn new(number: &str, name: &str, anonymous: bool) -> Self {
        let keep = |text: &str| if anonymous || number.is_empty() { "".into() } else { text.into() };
        Self { number: keep(number), name: keep(name) }
    }

    pub fn is_anonymous(&self) -> bool {
        self.number.is_empty()
    }
}

/// An identity, and whether the peer has yet to hear it.
pub struct Shown {
    pub identity: Identity,
    pub pending: bool,
}

/// One REFER of the peer.
pub struct Refer {
    pub token: ReferToken,
    /// The number of the REFER, the id of its subscription (RFC 3515 §2.4.6).
    pub cseq: u32,
    pub first: bool,
    /// Undecided: the transaction that waits for it, and how to answer.
    pub pending: Option<(u64, ReplyHead)>,
    /// The peer wants no NOTIFY (RFC 4488).
    pub silent: bool,
    /// A NOTIFY is on its way; the next one waits, so that none overtakes.
    pub in_flight: bool,
    pub queued: Option<u16>,
}

/// A session timer (RFC 4028): agreed with the peer, or ours alone where the peer knows of none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refresh {
    pub seconds: u32,
    /// The shortest interval that was ever asked for on this leg, which each later request repeats (RFC 4028 §7.4).
    pub min_seconds: u32,
    /// Refreshes of ours that were due since the peer last answered one.
    pub unheard: u32,
    /// We refresh; otherwise the peer does, and we watch.
    pub ours: bool,
}
