//! Dialogs as bytes and back, so that signalling can go on where another process stopped.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::base::id::LegId;
use crate::call::media_types::{Codec, Direction, LocalMedia, RemoteMedia};
use crate::exchange::tape::{Last, Tape, Wire};
use crate::exchange::wire::kinds;
use crate::sip::dialog::{Card, Dialog};
use crate::sip::event::Source;
use crate::sip::flow::{Flow, Transport};
use crate::sip::sdp::session::{Line, Session};

/// The form of the bytes.
const VERSION: u8 = 1;

pub fn write(cards: &[(LegId, Card)]) -> Box<[u8]> {
    let mut tape = Tape::default();
    tape.byte(VERSION);
    cards.len().put(&mut tape);
    for (leg, card) in cards {
        leg.put(&mut tape);
        card.put(&mut tape);
    }
    tape.bytes.into()
}

/// `None`: they are of another version, or damaged.
pub fn read(bytes: &[u8]) -> Option<Vec<(LegId, Card)>> {
    let mut tape = Tape::reading(bytes.to_vec(), Last::default());
    if tape.next_byte()? != VERSION {
        return None;
    }
    <Vec<(LegId, Card)> as Wire>::take(&mut tape)
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

impl Wire for Dialog {
    fn put(&self, tape: &mut Tape) {
        for text in [&self.call_id, &self.local_tag, &self.remote_tag, &self.local, &self.remote] {
            text.put(tape);
        }
        self.local_seq.put(tape);
        self.remote_seq.put(tape);
        self.remote_target.put(tape);
        self.routes.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(Dialog {
            call_id: Wire::take(tape)?,
            local_tag: Wire::take(tape)?,
            remote_tag: Wire::take(tape)?,
            local: Wire::take(tape)?,
            remote: Wire::take(tape)?,
            local_seq: Wire::take(tape)?,
            remote_seq: Wire::take(tape)?,
            remote_target: Wire::take(tape)?,
            routes: Wire::take(tape)?,
        })
    }
}

impl Wire for LocalMedia {
    fn put(&self, tape: &mut Tape) {
        self.address.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(LocalMedia { address: Wire::take(tape)? })
    }
}

impl Wire for RemoteMedia {
    fn put(&self, tape: &mut Tape) {
        self.address.put(tape);
        self.codec.put(tape);
        self.dtmf_payload.map(u32::from).put(tape);
        self.direction.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(RemoteMedia {
            address: Wire::take(tape)?,
            codec: Wire::take(tape)?,
            dtmf_payload: payload(tape)?,
            direction: Wire::take(tape)?,
        })
    }
}

fn payload(tape: &mut Tape) -> Option<Option<u8>> {
    let number = <Option<u32> as Wire>::take(tape)?;
    number.map(|number| u8::try_from(number).ok()).map_or(Some(None), |number| number.map(Some))
}

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

impl Wire for Session {
    fn put(&self, tape: &mut Tape) {
        self.id.put(tape);
        self.version.put(tape);
        self.local.put(tape);
        self.lines.put(tape);
        self.protocol.put(tape);
        self.codecs.put(tape);
        self.dtmf_payload.map(u32::from).put(tape);
        self.wish.put(tape);
        self.remote.put(tape);
        self.last.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(Session {
            id: Wire::take(tape)?,
            version: Wire::take(tape)?,
            local: Wire::take(tape)?,
            lines: Wire::take(tape)?,
            protocol: Wire::take(tape)?,
            codecs: Wire::take(tape)?,
            dtmf_payload: payload(tape)?,
            wish: Wire::take(tape)?,
            remote: Wire::take(tape)?,
            last: Wire::take(tape)?,
        })
    }
}

impl Wire for Card {
    fn put(&self, tape: &mut Tape) {
        self.source.put(tape);
        self.flow.put(tape);
        self.dialog.put(tape);
        self.session.put(tape);
        self.takes_update.put(tape);
        self.held.put(tape);
        self.refresh.put(tape);
    }
    fn take(tape: &mut Tape) -> Option<Self> {
        Some(Card {
            source: Wire::take(tape)?,
            flow: Wire::take(tape)?,
            dialog: Wire::take(tape)?,
            session: Wire::take(tape)?,
            takes_update: Wire::take(tape)?,
            held: Wire::take(tape)?,
            refresh: Wire::take(tape)?,
        })
    }
}
