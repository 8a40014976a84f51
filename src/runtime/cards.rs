//! Dialogs as bytes and back, so that signalling can go on where another process stopped; with what ends those that wait
//! for an answer.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::base::id::LegId;
use crate::call::media_types::{Codec, Direction, LocalMedia, RemoteMedia};
use crate::exchange::tape::{Last, Tape, Wire, fields, kinds};
use crate::sip::dialog::{Card, Dialog};
use crate::sip::event::Source;
use crate::sip::flow::{Flow, Transport};
use crate::sip::sdp::session::{Line, Session};

/// The form of the bytes.
const VERSION: u8 = 2;
/// Octets of a message that is kept; an INVITE of ours has about 1,200.
const MAX_MESSAGE: usize = 4_096;

/// A message that ends a leg which was not answered, and its path.
pub type Unanswered = (Flow, Arc<[u8]>);
/// Dialogs of legs that are up, and what ends those that are not.
pub type Kept = (Vec<(LegId, Card)>, Vec<Unanswered>);

pub fn write(cards: &[(LegId, Card)], unanswered: &[Unanswered]) -> Box<[u8]> {
    let mut tape = Tape::default();
    tape.byte(VERSION);
    cards.len().put(&mut tape);
    for (leg, card) in cards {
        leg.put(&mut tape);
        card.put(&mut tape);
    }
    let kept = unanswered.iter().filter(|(_, message)| message.len() <= MAX_MESSAGE);
    kept.map(|(flow, message)| (*flow, message.to_vec())).collect::<Vec<_>>().put(&mut tape);
    tape.bytes.into()
}

/// `None`: they are of another version, or damaged.
pub fn read(bytes: &[u8]) -> Option<Kept> {
    let mut tape = Tape::reading(bytes.to_vec(), Last::default());
    if tape.next_byte()? != VERSION {
        return None;
    }
    let cards = Wire::take(&mut tape)?;
    let unanswered = <Vec<(Flow, Vec<u8>)> as Wire>::take(&mut tape)?;
    Some((cards, unanswered.into_iter().map(|(flow, message)| (flow, message.into())).collect()))
}

kinds!(Transport: Transport::Udp, Transport::Tcp);
kinds!(Codec: Codec::Pcmu, Codec::Pcma);
kinds!(Direction: Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive);

impl Wire for Box<str> {
    fn put(&self, tape: &mut Tape) {
        self.len().put(tape);
        tape.bytes.extend_from_slice(self.as_bytes());
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        <Arc<str> as Wire>::take(tape).map(|text| Box::from(text.as_ref()))
    }
}

impl Wire for SocketAddr {
    fn put(&self, tape: &mut Tape) {
        Box::<str>::from(self.to_string()).put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        <Box<str> as Wire>::take(tape)?.parse().ok()
    }
}

impl Wire for Source {
    fn put(&self, tape: &mut Tape) {
        let (is_trunk, name) = match self {
            Source::Trunk(name) => (true, name),
            Source::User(name) => (false, name),
        };
        is_trunk.put(tape);
        name.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        let is_trunk = bool::take(tape)?;
        let name = Wire::take(tape)?;
        Some(if is_trunk { Source::Trunk(name) } else { Source::User(name) })
    }
}

/// A connection ends with its process.
impl Wire for Flow {
    fn put(&self, tape: &mut Tape) {
        self.transport.put(tape);
        self.local.put(tape);
        self.peer.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(Flow { transport: Wire::take(tape)?, local: Wire::take(tape)?, peer: Wire::take(tape)?, connection: None })
    }
}

fields!(Dialog: call_id, local_tag, remote_tag, local, remote, local_seq, remote_seq, remote_target, routes);
fields!(LocalMedia: address);
fields!(RemoteMedia: address, codec, dtmf_payload, direction);

impl Wire for Line {
    fn put(&self, tape: &mut Tape) {
        let refused = match self {
            Line::Audio => None,
            Line::Refused(line) => Some(line.clone()),
        };
        refused.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(<Option<Box<str>> as Wire>::take(tape)?.map_or(Line::Audio, Line::Refused))
    }
}

fields!(Session: id, version, local, lines, protocol, codecs, dtmf_payload, wish, remote, last);
fields!(Card: source, flow, dialog, session, takes_update, held, refresh);
