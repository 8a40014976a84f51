//! The media thread's loop: sockets, clock and inbox, handed to the engine.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};

use super::disk::{Disk, Report};
use super::engine::{Command, Engine, EngineConfig, MediaEvent, TICK, Wire};
use super::plane::Shared;
use super::recording::Reel;
use super::sender::StreamStart;
use crate::base::id::LegId;
use crate::base::time::{Micros, Mono};

/// The waker's token; legs use their slot.
pub(super) const WAKE: Token = Token(usize::MAX);
/// Sockets reported at a time: about eight milliseconds of work at most.
const POLL_EVENTS: usize = 1_024;
/// Datagrams taken from one socket before the others have their turn: a flood hits one leg only.
const DATAGRAMS_PER_TURN: usize = 16;
/// Longer than any datagram that is relayed.
const DATAGRAM_LEN: usize = 2_048;
/// Ticks made up for at once after a delay; a longer stall is left as a gap.
const MAX_LATE: Micros = Micros::from_ms(100);

/// Messages are taken at once after a pause, else so often at most: with hundreds of calls a second
/// each message would wake the thread by itself, which costs more than what it asks for. Half the
/// 20 ms of a packet, so that nobody hears it.
const BATCH: Micros = Micros::from_ms(10);

/// What handles leave for the thread.
#[derive(Debug)]
pub(super) enum Message {
    Open { leg: LegId, socket: UdpSocket, start: StreamStart },
    Command(Command),
    Shutdown,
}

pub(super) struct Thread {
    poll: Poll,
    inbox: Receiver<Message>,
    engine: Engine,
    sockets: Sockets,
    shared: Arc<Shared>,
    report: Report,
    disk: Option<Disk>,
    clock: Clock,
    /// Events not yet reported; kept so that its room is.
    events: Vec<MediaEvent>,
    /// Slots whose socket may hold more than was taken.
    unfinished: Vec<usize>,
    /// When the next tick is due, while there are any.
    next_tick: Option<Mono>,
    /// When the messages that wait are taken, while any wait.
    inbox_due: Option<Mono>,
    last_taken: Mono,
    datagram: [u8; DATAGRAM_LEN],
    ending: bool,
}

/// The legs' sockets, by slot.
#[derive(Default)]
struct Sockets(Vec<Option<UdpSocket>>);

impl Wire for Sockets {
    fn send(&mut self, slot: usize, to: SocketAddr, datagram: &[u8]) {
        if let Some(Some(socket)) = self.0.get(slot) {
            // A full buffer or an unreachable peer loses the packet, as the network may.
            let _ = socket.send_to(datagram, to);
        }
    }
}

/// The monotonic clock, from the start of the thread.
struct Clock(Instant);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the media thread is the shell: it hands the engine its time")]
    fn start() -> Self {
        Self(Instant::now())
    }

    fn now(&self) -> Mono {
        Mono(u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX))
    }
}

impl Thread {
    pub(super) fn new(
        poll: Poll,
        inbox: Receiver<Message>,
        engine: EngineConfig,
        shared: Arc<Shared>,
        (report, disk): (Report, Option<Disk>),
    ) -> Self {
        Self {
            poll,
            inbox,
            engine: Engine::new(engine),
            sockets: Sockets::default(),
            shared,
            report,
            disk,
            clock: Clock::start(),
            events: Vec::new(),
            unfinished: Vec::new(),
            next_tick: None,
            inbox_due: None,
            last_taken: Mono(0),
            datagram: [0; DATAGRAM_LEN],
            ending: false,
        }
    }

    pub(super) fn run(mut self) {
        let mut ready = Events::with_capacity(POLL_EVENTS);
        while !self.ending {
            if let Err(error) = self.poll.poll(&mut ready, self.patience())
                && error.kind() != io::ErrorKind::Interrupted
            {
                break;
            }
            for slot in std::mem::take(&mut self.unfinished) {
                self.receive(slot);
            }
            for event in &ready {
                match event.token() {
                    WAKE => self.inbox_due = Some(self.last_taken + BATCH),
                    Token(slot) => self.receive(slot),
                }
            }
            if self.inbox_due.is_some_and(|due| due <= self.clock.now()) {
                self.take_messages();
            }
            self.tick();
            self.report_events();
        }
        for leg in self.engine.ids() {
            self.command(Command::Close { leg });
        }
        self.report_events();
    }

    /// How long the poll may wait: not at all, until the next tick, or for ever.
    fn patience(&self) -> Option<Duration> {
        if !self.unfinished.is_empty() {
            return Some(Duration::ZERO);
        }
        let wait = self.next_tick.into_iter().chain(self.inbox_due).min()?.since(self.clock.now());
        Some(Duration::from_micros(wait.0))
    }

    fn take_messages(&mut self) {
        // Cleared first: a message left from here on wakes the thread again.
        self.shared.woken.store(false, Ordering::Release);
        self.inbox_due = None;
        self.last_taken = self.clock.now();
        while let Ok(message) = self.inbox.try_recv() {
            match message {
                Message::Open { leg, socket, start } => self.open(leg, socket, start),
                Message::Command(command) => self.command(command),
                Message::Shutdown => {
                    self.ending = true;
                    return;
                }
            }
        }
    }

    fn open(&mut self, leg: LegId, mut socket: UdpSocket, start: StreamStart) {
        // INVARIANT: leg ids are never used twice. Should one be, the newer leg is the live one.
        if self.engine.slot(leg).is_some() {
            self.command(Command::Close { leg });
        }
        let Some(slot) = self.engine.open(leg, start) else { return };
        // Without registration the leg is deaf; it still plays and closes like any other.
        let _ = self.poll.registry().register(&mut socket, Token(slot), Interest::READABLE);
        if self.sockets.0.len() <= slot {
            self.sockets.0.resize_with(slot + 1, || None);
        }
        if let Some(place) = self.sockets.0.get_mut(slot) {
            *place = Some(socket);
        }
    }

    fn command(&mut self, command: Command) {
        if let Command::Close { leg } = command {
            let slot = self.engine.slot(leg);
            // Closing the descriptor takes it out of the poll.
            if slot.and_then(|slot| self.sockets.0.get_mut(slot)).and_then(Option::take).is_some() {
                self.shared.open.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.engine.command(self.clock.now(), command, &mut self.events);
    }

    fn receive(&mut self, slot: usize) {
        for _ in 0..DATAGRAMS_PER_TURN {
            let Some(Some(socket)) = self.sockets.0.get(slot) else { return };
            match socket.recv_from(&mut self.datagram) {
                Ok((length, from)) => {
                    let datagram = self.datagram.get(..length).unwrap_or_default();
                    let now = self.clock.now();
                    self.engine.receive(now, slot, (from, datagram), &mut self.sockets, &mut self.events);
                }
                // An error of an earlier send; the socket is not empty yet.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
        // Once only: a flooded socket is reported by the poll besides.
        if !self.unfinished.contains(&slot) {
            self.unfinished.push(slot);
        }
    }

    fn tick(&mut self) {
        if !self.engine.wants_tick() {
            self.next_tick = None;
            return;
        }
        let now = self.clock.now();
        let mut due = self.next_tick.unwrap_or(now);
        if now.since(due) > MAX_LATE {
            due = now;
        }
        while due <= now {
            self.engine.tick(due, &mut self.sockets, &mut self.events);
            due = due + TICK;
        }
        self.next_tick = Some(due);
    }

    /// Hands on what was recorded, and tells what happened.
    fn report_events(&mut self) {
        for reel in self.engine.reels() {
            match &mut self.disk {
                Some(disk) => disk.take(reel),
                None => self.events.extend(not_kept(reel)),
            }
        }
        for event in self.events.drain(..) {
            (self.report)(event);
        }
    }
}

/// A recording where no folder is named for it.
fn not_kept(reel: Reel) -> Option<MediaEvent> {
    let Reel::Begin { leg, name, .. } = reel else { return None };
    let problem = Some("there is no folder for recordings: there is no recording".into());
    Some(MediaEvent::Recorded { leg, name, length_ms: 0, problem })
}
