//! The media thread, its configuration, and the handle that signalling holds.
//! What happens on the thread is in `turn`; what it means is in `engine`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use mio::{Poll, Waker};

use super::disk::{self, Disk, MAX_WAITING, Report};
use super::engine::{Command, EngineConfig, MediaEvent, RecordOp};
use super::ports::PortRange;
use super::sender::StreamStart;
use super::tone;
use super::turn::{Message, Thread, WAKE};
use crate::base::id::{LegId, RoomId};
use crate::base::time::Micros;
use crate::call::audio::{AudioSource, ToneRegion};
use crate::call::media_types::{LocalMedia, RemoteMedia};

/// Commands on their way to the thread. It takes them within a millisecond and waits for nobody, so
/// a caller that finds the channel full waits about as long.
const COMMANDS: usize = 4_096;
/// Legs open at one time: one even port each, and no address has more.
const MAX_LEGS: usize = 32_000;
/// The payload type of telephone-event in our own offers, the one most phones use.
pub const DTMF_PAYLOAD: u8 = 101;

/// How the media plane is set up.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// Where RTP sockets are bound.
    pub ip: IpAddr,
    /// What peers are told instead of `ip`: needed when `ip` is unspecified or translated.
    pub advertise: Option<IpAddr>,
    /// The ports legs may take, their even ones; `None` lets the system choose.
    pub ports: Option<RangeInclusive<u16>>,
    /// The payload type of telephone-event in our own offers.
    pub dtmf_payload: u8,
    /// Report a leg whose peer owes audio and sends none for so long. `None` never reports.
    pub media_timeout: Option<Micros>,
    /// The folder of recordings, made when it is needed. `None` keeps none.
    pub recordings: Option<PathBuf>,
}

impl Default for MediaConfig {
    /// On loopback, on any port, without a timeout.
    fn default() -> Self {
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self { ip, advertise: None, ports: None, dtmf_payload: DTMF_PAYLOAD, media_timeout: None, recordings: None }
    }
}

/// The running media thread. Dropping it closes every leg and waits until the thread has ended.
#[derive(Debug)]
pub struct MediaPlane {
    handle: MediaHandle,
    thread: Option<JoinHandle<()>>,
}

impl MediaPlane {
    /// Starts the thread. `events` is called on it, and on the one that writes recordings: it must neither wait nor
    /// panic.
    ///
    /// # Errors
    ///
    /// What the system says if it has no poll, waker or thread for us; `InvalidInput` if the port
    /// range holds no even port.
    pub fn start(
        config: MediaConfig,
        events: impl Fn(MediaEvent) + Send + Sync + 'static,
    ) -> io::Result<(MediaPlane, MediaHandle)> {
        let poll = Poll::new()?;
        let ports = PortRange::new(config.ip, config.ports)?;
        let (commands, inbox) = sync_channel(COMMANDS);
        let shared = Arc::new(Shared {
            commands,
            waker: Waker::new(poll.registry(), WAKE)?,
            woken: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            ports: Mutex::new(ports),
            advertise: config.advertise,
        });
        // Synthesised here, so that the first caller does not wait for it.
        for region in [ToneRegion::Uk, ToneRegion::Us] {
            let _ = (tone::ringback(region), tone::congestion(region));
        }
        let _ = (tone::hold_music(), tone::comfort_noise());
        let report: Report = Arc::new(events);
        let disk = config.recordings.map(disk::folder);
        let disk = disk.map(|open| Disk::start(open, MAX_WAITING, Arc::clone(&report))).transpose()?;
        let engine = EngineConfig { dtmf_payload: config.dtmf_payload, media_timeout: config.media_timeout };
        let on_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("media".to_owned())
            .spawn(move || Thread::new(poll, inbox, engine, on_thread, (report, disk)).run())?;
        let handle = MediaHandle { shared };
        Ok((MediaPlane { handle: handle.clone(), thread: Some(thread) }, handle))
    }
}

impl Drop for MediaPlane {
    fn drop(&mut self) {
        self.handle.send(Message::Shutdown);
        if let Some(thread) = self.thread.take() {
            // An error is the thread's panic, which has been printed.
            let _ = thread.join();
        }
    }
}

/// What handles and thread share.
#[derive(Debug)]
pub(super) struct Shared {
    commands: SyncSender<Message>,
    waker: Waker,
    /// Set with the first command of a batch, cleared by the thread before it takes the batch.
    pub(super) woken: AtomicBool,
    /// Legs that are open.
    pub(super) open: AtomicUsize,
    ports: Mutex<PortRange>,
    advertise: Option<IpAddr>,
}

/// Commands the media thread. Cheap to clone; every method but `open` only leaves a message.
///
/// Commands of one handle are carried out in order. One for a leg that does not exist is
/// ignored, but for its token: see [`MediaEvent`].
#[derive(Clone, Debug)]
pub struct MediaHandle {
    shared: Arc<Shared>,
}

impl MediaHandle {
    /// Opens a leg: binds its port here, so that the address can go into an SDP at once.
    ///
    /// # Errors
    ///
    /// `AddrInUse` when no port is free, `QuotaExceeded` when too many legs are open, `BrokenPipe`
    /// when the thread has ended.
    pub fn open(&self, leg: LegId) -> io::Result<LocalMedia> {
        let shared = &self.shared;
        if shared.open.fetch_add(1, Ordering::Relaxed) >= MAX_LEGS {
            shared.open.fetch_sub(1, Ordering::Relaxed);
            let message = format!("{MAX_LEGS} legs have RTP ports open: no more fit");
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, message));
        }
        let opened = self.bind(leg);
        if opened.is_err() {
            shared.open.fetch_sub(1, Ordering::Relaxed);
        }
        opened
    }

    fn bind(&self, leg: LegId) -> io::Result<LocalMedia> {
        let start = stream_start()?;
        let socket = self.shared.ports.lock().unwrap_or_else(PoisonError::into_inner).bind()?;
        let bound = socket.local_addr()?;
        let ip = self.shared.advertise.unwrap_or(bound.ip());
        if !self.send(Message::Open { leg, socket, start }) {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the media thread has ended"));
        }
        Ok(LocalMedia { address: SocketAddr::new(ip, bound.port()) })
    }

    /// How many legs have a port.
    pub fn open_legs(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }

    /// The peer's description after a negotiation; each call reopens the latch.
    pub fn set_remote(&self, leg: LegId, remote: RemoteMedia) {
        self.command(Command::SetRemote { leg, remote });
    }

    /// Plays a sequence to the leg, over and over if `repeat`, in place of what plays. A connected
    /// leg hears its peer again when the sequence is over.
    pub fn play(&self, leg: LegId, token: u64, sources: Vec<AudioSource>, repeat: bool) {
        self.command(Command::Play { leg, token, sources, repeat });
    }

    /// Stops what plays; its token comes back as `PlayStopped`.
    pub fn stop(&self, leg: LegId) {
        self.command(Command::Stop { leg });
    }

    /// Lets two legs hear each other: stops what plays to either, and parts them from others.
    pub fn connect(&self, a: LegId, b: LegId) {
        self.command(Command::Connect { a, b });
    }

    /// Undoes `connect`, if these two are still connected to each other.
    pub fn disconnect(&self, a: LegId, b: LegId) {
        self.command(Command::Disconnect { a, b });
    }

    /// Sends key presses behind those still being sent: `0` to `9`, `*`, `#`, `A` to `D`, 100 ms each
    /// and 100 ms apart. Nothing else is heard by the peer meanwhile; a prompt waits.
    pub fn send_digits(&self, leg: LegId, token: u64, digits: impl Into<Box<str>>) {
        self.command(Command::SendDigits { leg, token, digits: digits.into() });
    }

    /// Lets the leg hear everybody else in the room, and be heard by them. What plays to it stops, and whom it was
    /// connected to, or the room it was in, it leaves. What is played to it from now on is heard by it alone, in place
    /// of the room, which still hears the leg. `connect`, another room and `close` take it out; alone in a room, a leg
    /// hears comfort noise.
    pub fn mix(&self, leg: LegId, room: RoomId) {
        self.command(Command::Mix { leg, room });
    }

    /// Starts, pauses, resumes or stops the recording of what the leg says and hears, in a file that is named for it.
    /// `Recorded` tells how it ended.
    pub fn record(&self, leg: LegId, op: RecordOp) {
        self.command(Command::Record { leg, op });
    }

    /// Finds out who answered, from what is said from now on; the token comes back as `Screened`, within nine seconds.
    pub fn detect_machine(&self, leg: LegId, token: u64) {
        self.command(Command::DetectMachine { leg, token });
    }

    /// Closes the leg and its port; `Closed` brings its statistics.
    pub fn close(&self, leg: LegId) {
        self.command(Command::Close { leg });
    }

    /// Closes every leg and ends the thread.
    pub fn shutdown(self) {
        self.send(Message::Shutdown);
    }

    fn command(&self, command: Command) {
        // After the end of the thread there is nobody left to tell.
        let _ = self.send(Message::Command(command));
    }

    /// Leaves a message and wakes the thread, once for all that is left before it looks. False if it
    /// has ended.
    fn send(&self, message: Message) -> bool {
        let sent = self.shared.commands.send(message).is_ok();
        if sent && !self.shared.woken.swap(true, Ordering::AcqRel) {
            // The waker fails only when the thread's poll is gone.
            let _ = self.shared.waker.wake();
        }
        sent
    }
}

fn stream_start() -> io::Result<StreamStart> {
    let word = || getrandom::u32().map_err(io::Error::other);
    Ok(StreamStart { ssrc: word()?, sequence: (word()? >> 16) as u16, timestamp: word()? })
}
