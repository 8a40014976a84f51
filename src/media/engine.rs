//! All legs of the media plane: commands, packets and ticks in; packets and events out.
//!
//! Pure: time is an argument and packets leave through [`Wire`]. `plane` drives it with sockets and
//! the clock, tests with values.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::leg::{Leg, Link, Scratch, Turn};
use super::mixer::{Rooms, Sum};
use super::player::Player;
use super::reception::LegStats;
use super::recording::{Reel, Tape, TapeId};
use super::sender::StreamStart;
use crate::base::id::{LegId, RoomId};
use crate::base::time::{Micros, Mono};
use crate::call::audio::AudioSource;
use crate::call::media_types::RemoteMedia;

/// The length of a tick: one packet of every leg that plays.
pub const TICK: Micros = Micros::from_ms(20);
/// How often silent legs are looked for.
const TIMEOUT_SCAN: Micros = Micros::from_secs(1);

/// What happened on a leg.
///
/// Every token given to `play` comes back exactly once, as `PlayDone` (all was sent) or
/// `PlayStopped` (stopped, replaced, connected, closed, or the leg does not exist); a sequence that
/// never ends comes back only stopped. Every token given to `send_digits` comes back exactly
/// once, as `DigitsSent` or `DigitsFailed`; every token given to `detect_machine` as `Screened`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MediaEvent {
    PlayDone {
        leg: LegId,
        token: u64,
    },
    PlayStopped {
        leg: LegId,
        token: u64,
    },
    DigitsSent {
        leg: LegId,
        token: u64,
    },
    DigitsFailed {
        leg: LegId,
        token: u64,
    },
    Digit {
        leg: LegId,
        digit: char,
    },
    Timeout {
        leg: LegId,
    },
    /// A machine answered; or a person, or it could not be told.
    Screened {
        leg: LegId,
        token: u64,
        machine: bool,
    },
    /// A recording is over and on disk, but for what is wrong with it.
    Recorded {
        leg: LegId,
        name: Arc<str>,
        length_ms: u64,
        problem: Option<Box<str>>,
    },
    Closed {
        leg: LegId,
        stats: LegStats,
    },
}

/// What can be asked of a leg. One for a leg that does not exist is ignored, but for its token.
#[derive(Clone, Debug)]
pub enum Command {
    SetRemote { leg: LegId, remote: RemoteMedia },
    Play { leg: LegId, token: u64, sources: Vec<AudioSource>, repeat: bool },
    Stop { leg: LegId },
    Connect { a: LegId, b: LegId },
    Disconnect { a: LegId, b: LegId },
    Mix { leg: LegId, room: RoomId },
    Record { leg: LegId, op: RecordOp },
    DetectMachine { leg: LegId, token: u64 },
    SendDigits { leg: LegId, token: u64, digits: Box<str> },
    Close { leg: LegId },
}

/// What is asked of a leg's recording.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecordOp {
    Start { name: Arc<str> },
    Pause,
    Resume,
    Stop,
}

/// Where packets leave. A packet that cannot be sent now is lost, as on any network.
pub trait Wire {
    /// Sends from the socket of the leg in `slot`.
    fn send(&mut self, slot: usize, to: SocketAddr, datagram: &[u8]);
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EngineConfig {
    /// The payload type of telephone-event in our own offers.
    pub dtmf_payload: u8,
    /// Report a leg whose peer owes audio and sends none for so long.
    pub media_timeout: Option<Micros>,
}

/// All legs.
pub struct Engine {
    config: EngineConfig,
    /// A leg keeps its slot for life; packets find it without a look-up.
    legs: Vec<Option<Leg>>,
    free: Vec<usize>,
    slots: BTreeMap<LegId, usize>,
    /// Legs that play or dial, in rooms, recorded or screened; an idle or relayed leg costs nothing on a tick.
    ticking: Vec<usize>,
    rooms: Rooms,
    tapes: u64,
    reels: Vec<Reel>,
    next_scan: Mono,
    scratch: Scratch,
}

impl Engine {
    pub fn new(config: EngineConfig) -> Self {
        Self {
            config,
            legs: Vec::new(),
            free: Vec::new(),
            slots: BTreeMap::new(),
            ticking: Vec::new(),
            rooms: Rooms::default(),
            tapes: 0,
            reels: Vec::new(),
            next_scan: Mono(0),
            scratch: Scratch::default(),
        }
    }

    /// Makes a leg; its slot, by which packets find it. `None` if there is one of that id.
    pub fn open(&mut self, id: LegId, start: StreamStart) -> Option<usize> {
        if self.slots.contains_key(&id) {
            return None;
        }
        let leg = Some(Leg::new(id, start));
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.legs.push(None);
                self.legs.len() - 1
            }
        };
        *self.legs.get_mut(slot)? = leg;
        self.slots.insert(id, slot);
        Some(slot)
    }

    pub fn slot(&self, id: LegId) -> Option<usize> {
        self.slots.get(&id).copied()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub fn ids(&self) -> Vec<LegId> {
        self.slots.keys().copied().collect()
    }

    /// Whether [`Engine::tick`] has anything to do.
    pub fn wants_tick(&self) -> bool {
        !self.ticking.is_empty() || (self.config.media_timeout.is_some() && !self.slots.is_empty())
    }

    /// What was recorded since the last call.
    pub fn reels(&mut self) -> impl Iterator<Item = Reel> + '_ {
        self.reels.drain(..)
    }

    /// How many rooms somebody is in.
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    fn leg(&mut self, id: LegId) -> Option<(usize, &mut Leg)> {
        let slot = self.slot(id)?;
        Some((slot, self.at(slot)?))
    }

    fn at(&mut self, slot: usize) -> Option<&mut Leg> {
        self.legs.get_mut(slot)?.as_mut()
    }

    pub fn command(&mut self, now: Mono, command: Command, events: &mut Vec<MediaEvent>) {
        match command {
            Command::SetRemote { leg, remote } => {
                if let Some((_, leg)) = self.leg(leg) {
                    leg.set_remote(now, remote);
                }
            }
            Command::Play { leg, token, sources, repeat } => {
                self.play(leg, Player::new(token, sources, repeat), events)
            }
            Command::Stop { leg } => self.stop(leg, events),
            Command::Connect { a, b } => self.connect(a, b, events),
            Command::Disconnect { a, b } => self.disconnect(a, b),
            Command::SendDigits { leg, token, digits } => {
                let queued = self.leg(leg).is_some_and(|(_, leg)| leg.dial(token, &digits));
                if queued {
                    self.start_ticking(leg);
                } else {
                    events.push(MediaEvent::DigitsFailed { leg, token });
                }
            }
            Command::Mix { leg, room } => self.mix(leg, room, events),
            Command::Record { leg, op } => self.record(now, leg, op),
            Command::DetectMachine { leg, token } => {
                let over = match self.leg(leg) {
                    Some((_, leg)) => leg.screen(token),
                    None => Some(token),
                };
                events.extend(over.map(|token| MediaEvent::Screened { leg, token, machine: false }));
                self.start_ticking(leg);
            }
            Command::Close { leg } => self.close(leg, events),
        }
    }

    fn play(&mut self, id: LegId, player: Player, events: &mut Vec<MediaEvent>) {
        let token = player.token;
        let Some((_, leg)) = self.leg(id) else {
            events.push(MediaEvent::PlayStopped { leg: id, token });
            return;
        };
        if let Some(before) = leg.player.take() {
            events.push(MediaEvent::PlayStopped { leg: id, token: before.token });
        }
        if player.is_over() {
            events.push(MediaEvent::PlayDone { leg: id, token });
            return;
        }
        leg.player = Some(Box::new(player));
        self.start_ticking(id);
    }

    fn stop(&mut self, id: LegId, events: &mut Vec<MediaEvent>) {
        if let Some(player) = self.leg(id).and_then(|(_, leg)| leg.player.take()) {
            events.push(MediaEvent::PlayStopped { leg: id, token: player.token });
        }
    }

    /// Each hears the other. Whoever was connected to someone else, or in a room, no longer is.
    fn connect(&mut self, a: LegId, b: LegId, events: &mut Vec<MediaEvent>) {
        let (Some(slot_a), Some(slot_b)) = (self.slot(a), self.slot(b)) else { return };
        if slot_a == slot_b {
            return;
        }
        for (id, slot, peer) in [(a, slot_a, slot_b), (b, slot_b, slot_a)] {
            self.part(slot, Link::Peer(peer));
            self.stop(id, events);
        }
        for (slot, peer) in [(slot_a, slot_b), (slot_b, slot_a)] {
            if let Some(leg) = self.at(slot) {
                leg.link = Link::Peer(peer);
            }
        }
    }

    fn disconnect(&mut self, a: LegId, b: LegId) {
        let (Some(slot_a), Some(slot_b)) = (self.slot(a), self.slot(b)) else { return };
        if self.at(slot_a).is_some_and(|leg| leg.link == Link::Peer(slot_b)) {
            self.part(slot_a, Link::Nobody);
        }
    }

    /// Ends the connection of a leg, on both its ends, or its time in a room, unless that is what it is to `keep`.
    fn part(&mut self, slot: usize, keep: Link) {
        let Some(leg) = self.at(slot).filter(|leg| leg.link != keep) else { return };
        match std::mem::replace(&mut leg.link, Link::Nobody) {
            Link::Nobody => {}
            Link::Room(room) => self.rooms.leave(room, slot),
            Link::Peer(peer) => {
                if let Some(other) = self.at(peer) {
                    other.link = Link::Nobody;
                }
            }
        }
    }

    fn mix(&mut self, id: LegId, room: RoomId, events: &mut Vec<MediaEvent>) {
        let Some(slot) = self.slot(id) else { return };
        self.stop(id, events);
        self.part(slot, Link::Room(room));
        let Some(leg) = self.at(slot) else { return };
        if leg.link == Link::Nobody {
            leg.link = Link::Room(room);
            leg.attend();
            self.rooms.enter(room, slot);
        }
        self.start_ticking(id);
    }

    fn record(&mut self, now: Mono, id: LegId, op: RecordOp) {
        let Some(leg) = self.slot(id).and_then(|slot| self.legs.get_mut(slot)?.as_mut()) else { return };
        match op {
            RecordOp::Start { name } => {
                if let Some(before) = leg.tape.take() {
                    before.end(&mut self.reels);
                }
                self.tapes += 1;
                leg.tape = Some(Box::new(Tape::begin(now, TapeId(self.tapes), id, name, &mut self.reels)));
                leg.attend();
                self.start_ticking(id);
            }
            RecordOp::Pause | RecordOp::Resume => {
                if let Some(tape) = &mut leg.tape {
                    tape.pause(op == RecordOp::Pause);
                }
            }
            RecordOp::Stop => {
                if let Some(tape) = leg.tape.take() {
                    tape.end(&mut self.reels);
                }
            }
        }
    }

    fn close(&mut self, id: LegId, events: &mut Vec<MediaEvent>) {
        let Some(slot) = self.slots.remove(&id) else { return };
        self.part(slot, Link::Nobody);
        let Some(mut leg) = self.legs.get_mut(slot).and_then(Option::take) else { return };
        if leg.ticking {
            self.ticking.retain(|ticking| *ticking != slot);
        }
        self.free.push(slot);
        if let Some(player) = leg.player.take() {
            events.push(MediaEvent::PlayStopped { leg: id, token: player.token });
        }
        if let Some(tape) = leg.tape.take() {
            tape.end(&mut self.reels);
        }
        if let Some(screening) = leg.screening.take() {
            events.push(MediaEvent::Screened { leg: id, token: screening.token, machine: false });
        }
        let failed = leg.abandon_digits().into_iter();
        events.extend(failed.map(|token| MediaEvent::DigitsFailed { leg: id, token }));
        events.push(MediaEvent::Closed { leg: id, stats: leg.stats() });
    }

    fn start_ticking(&mut self, id: LegId) {
        let Some((slot, leg)) = self.leg(id) else { return };
        if !std::mem::replace(&mut leg.ticking, true) {
            self.ticking.push(slot);
        }
    }

    /// Takes one datagram that arrived on a leg's socket, and relays it at once.
    pub fn receive(
        &mut self,
        now: Mono,
        slot: usize,
        (from, datagram): (SocketAddr, &[u8]),
        wire: &mut impl Wire,
        events: &mut Vec<MediaEvent>,
    ) {
        let own_dtmf_payload = self.config.dtmf_payload;
        let Some(leg) = self.at(slot) else { return };
        let Some(heard) = leg.hear(now, from, datagram, own_dtmf_payload) else { return };
        let (id, link) = (leg.id, leg.link);
        if let Some(digit) = heard.digit {
            events.push(MediaEvent::Digit { leg: id, digit });
        }
        let Link::Peer(peer) = link else { return };
        let Some(other) = self.legs.get_mut(peer).and_then(Option::as_mut) else { return };
        if let Some((to, packet)) = other.relay(now, &heard, &mut self.scratch) {
            wire.send(peer, to, packet);
        }
    }

    /// 20 ms have passed: sends a packet of everything that plays or is mixed, and records.
    pub fn tick(&mut self, now: Mono, wire: &mut impl Wire, events: &mut Vec<MediaEvent>) {
        let mut ticking = std::mem::take(&mut self.ticking);
        for slot in &ticking {
            if let Some(leg) = self.at(*slot) {
                leg.listen();
            }
        }
        // Before what plays: a leg whose prompt ends in this tick has been sent its packet, and hears the room in the
        // next.
        self.tick_rooms(now, wire);
        ticking.retain(|slot| self.tick_leg(now, *slot, wire, events));
        self.ticking = ticking;
        self.scan(now, events);
    }

    fn tick_rooms(&mut self, now: Mono, wire: &mut impl Wire) {
        for room in self.rooms.each() {
            let mut sum = Sum::default();
            for slot in room {
                if let Some(voice) = self.legs.get(*slot).and_then(|leg| leg.as_ref()?.voice()) {
                    sum.add(voice);
                }
            }
            for slot in room {
                let Some(leg) = self.legs.get_mut(*slot).and_then(Option::as_mut) else { continue };
                if let Turn::Send(to, packet) = leg.mix(now, &sum, &mut self.scratch) {
                    wire.send(*slot, to, packet);
                }
            }
        }
    }

    /// One leg's tick; false if it needs no more of them.
    fn tick_leg(&mut self, now: Mono, slot: usize, wire: &mut impl Wire, events: &mut Vec<MediaEvent>) -> bool {
        let Some(leg) = self.legs.get_mut(slot).and_then(Option::as_mut) else { return false };
        let id = leg.id;
        loop {
            match leg.turn(now, &mut self.scratch) {
                Turn::Digits(token) => {
                    events.push(MediaEvent::DigitsSent { leg: id, token });
                    continue;
                }
                Turn::Send(to, packet) => wire.send(slot, to, packet),
                Turn::Quiet | Turn::Idle => {}
            }
            break;
        }
        // Told with the last frame, not after it, so that what follows joins without a gap.
        if let Some(player) = leg.player.take_if(|player| player.is_over()) {
            events.push(MediaEvent::PlayDone { leg: id, token: player.token });
        }
        if let Some((token, machine)) = leg.screened() {
            events.push(MediaEvent::Screened { leg: id, token, machine });
        }
        leg.record(now, &mut self.reels);
        leg.settle()
    }

    fn scan(&mut self, now: Mono, events: &mut Vec<MediaEvent>) {
        let Some(limit) = self.config.media_timeout else { return };
        if now < self.next_scan {
            return;
        }
        self.next_scan = now + TIMEOUT_SCAN;
        let silent = self.legs.iter_mut().flatten().filter_map(|leg| leg.times_out(now, limit).then_some(leg.id));
        events.extend(silent.map(|leg| MediaEvent::Timeout { leg }));
    }
}
