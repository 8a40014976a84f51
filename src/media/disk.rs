//! Recordings on disk: a thread that writes WAV files, so that no packet waits for a disk.
//!
//! What is recorded, and when, is `recording`'s. Here a piece that the disk has no time for is dropped and told of,
//! and stands as silence in the file: the times of a recording stay true.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::engine::MediaEvent;
use super::recording::{Reel, TapeId};
use crate::base::id::LegId;
use crate::call::audio::SAMPLE_RATE_HZ;

/// Pieces that wait for the disk: 13 MB, ten seconds of forty recordings, a second of four hundred.
pub const MAX_WAITING: usize = 4_096;
/// Samples of each channel between two times that a file's header is brought up to date: five seconds are lost at most
/// when the process dies.
const FLUSH_SAMPLES: u64 = 5 * SAMPLE_RATE_HZ as u64;
/// Samples of silence written at a time.
const SILENCE: usize = 8_000;
/// The longest name of a file; file systems take 255 octets.
const MAX_NAME: usize = 200;

pub(super) const SPEC: WavSpec =
    WavSpec { channels: 2, sample_rate: SAMPLE_RATE_HZ, bits_per_sample: 16, sample_format: SampleFormat::Int };

/// What a recording is written into: a file, or what a test wants of it.
pub trait Medium: Write + Seek + Send {}
impl<T: Write + Seek + Send> Medium for T {}

/// Makes the medium of a recording's name.
pub type Open = Box<dyn FnMut(&str) -> io::Result<Box<dyn Medium>> + Send>;
/// Where ends of recordings are reported.
pub type Report = Arc<dyn Fn(MediaEvent) + Send + Sync>;

/// The thread, as the media thread sees it. Dropping it waits until what it was given is written.
pub struct Disk {
    /// `None` only while it is dropped.
    writer: Option<Sender<Note>>,
    waiting: Arc<AtomicUsize>,
    most_waiting: usize,
    /// Samples of each recording under way that were dropped.
    dropped: BTreeMap<TapeId, u64>,
    report: Report,
    thread: Option<JoinHandle<()>>,
}

/// What the thread is told: the reel, and how much of the recording that ends was dropped.
///
/// INVARIANT: the channel is bounded, though not by itself. Pieces and beginnings are let in while fewer than
/// `most_waiting` wait, and of each beginning there is one end.
struct Note {
    reel: Reel,
    dropped: u64,
}

impl Disk {
    /// # Errors
    ///
    /// What the system says if it has no thread for us.
    pub fn start(open: Open, most_waiting: usize, report: Report) -> io::Result<Self> {
        let (writer, notes) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let (on_thread, reported) = (Arc::clone(&waiting), Arc::clone(&report));
        let thread = std::thread::Builder::new()
            .name("recordings".to_owned())
            .spawn(move || Files { open, report: reported, files: BTreeMap::new() }.run(&notes, &on_thread))?;
        Ok(Self { writer: Some(writer), waiting, most_waiting, dropped: BTreeMap::new(), report, thread: Some(thread) })
    }

    /// Passes on a reel, or drops it if the disk is behind. Never waits.
    pub fn take(&mut self, reel: Reel) {
        let behind = self.waiting.load(Ordering::Relaxed) >= self.most_waiting;
        match &reel {
            Reel::Begin { leg, name, .. } if behind => {
                let problem = Some("the disk is too slow: there is no recording".into());
                (self.report)(MediaEvent::Recorded { leg: *leg, name: name.clone(), length_ms: 0, problem });
            }
            Reel::Begin { tape, .. } => {
                self.dropped.insert(*tape, 0);
                self.pass(reel, 0);
            }
            Reel::Piece { tape, samples, .. } => match self.dropped.get_mut(tape) {
                Some(dropped) if behind => *dropped += samples.len() as u64 / 2,
                Some(_) => self.pass(reel, 0),
                None => {}
            },
            Reel::End { tape, .. } => {
                if let Some(dropped) = self.dropped.remove(tape) {
                    self.pass(reel, dropped);
                }
            }
        }
    }

    fn pass(&self, reel: Reel, dropped: u64) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // The thread ends only with the channel.
        let _ = self.writer.as_ref().map(|writer| writer.send(Note { reel, dropped }));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.writer = None;
        if let Some(thread) = self.thread.take() {
            // An error is the thread's panic, which has been printed.
            let _ = thread.join();
        }
    }
}

/// The files under way, on their thread.
struct Files {
    open: Open,
    report: Report,
    files: BTreeMap<TapeId, Recording>,
}

struct Recording {
    leg: LegId,
    name: Arc<str>,
    /// `None` after an error.
    wav: Option<WavWriter<Box<dyn Medium>>>,
    /// Samples of each channel.
    written: u64,
    flushed: u64,
    problem: Option<Box<str>>,
}

impl Files {
    fn run(mut self, notes: &Receiver<Note>, waiting: &AtomicUsize) {
        while let Ok(note) = notes.recv() {
            self.carry_out(note);
            waiting.fetch_sub(1, Ordering::Relaxed);
        }
        // What has no end yet never gets one: the media thread is gone.
        let left: Vec<(TapeId, u64)> = self.files.iter().map(|(tape, file)| (*tape, file.written)).collect();
        for (tape, length) in left {
            self.carry_out(Note { reel: Reel::End { tape, length, full: false }, dropped: 0 });
        }
    }

    fn carry_out(&mut self, Note { reel, dropped }: Note) {
        match reel {
            Reel::Begin { tape, leg, name } => {
                let made = file_name(&name).and_then(|()| (self.open)(&name)).map_err(hound::Error::from);
                let mut file = Recording { leg, name, wav: None, written: 0, flushed: 0, problem: None };
                match made.and_then(|medium| WavWriter::new(medium, SPEC)) {
                    Ok(wav) => file.wav = Some(wav),
                    Err(error) => file.fail(&error),
                }
                self.files.insert(tape, file);
            }
            Reel::Piece { tape, at, samples } => {
                if let Some(file) = self.files.get_mut(&tape) {
                    file.attempt(|file, wav| file.write(wav, at, &samples));
                }
            }
            Reel::End { tape, length, full } => {
                if let Some(file) = self.files.remove(&tape) {
                    (self.report)(file.end(length, full, dropped));
                }
            }
        }
    }
}

impl Recording {
    /// Does something with the file; after an error there is none.
    fn attempt(&mut self, act: impl FnOnce(&mut Self, &mut WavWriter<Box<dyn Medium>>) -> hound::Result<()>) {
        let Some(mut wav) = self.wav.take() else { return };
        match act(self, &mut wav) {
            Ok(()) => self.wav = Some(wav),
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &hound::Error) {
        let cause = match error {
            hound::Error::IoError(error) => error.to_string(),
            other => other.to_string(),
        };
        let after_ms = milliseconds(self.written);
        self.problem = Some(match after_ms {
            0 => format!("there is no recording: {cause}").into(),
            _ => format!("the recording ends after {after_ms} ms: {cause}").into(),
        });
    }

    fn write(&mut self, wav: &mut WavWriter<Box<dyn Medium>>, at: u64, samples: &[i16]) -> hound::Result<()> {
        self.pad(wav, at)?;
        for sample in samples {
            wav.write_sample(*sample)?;
        }
        self.written += samples.len() as u64 / 2;
        if self.written - self.flushed >= FLUSH_SAMPLES {
            self.flushed = self.written;
            wav.flush()?;
        }
        Ok(())
    }

    /// Silence up to a sample.
    fn pad(&mut self, wav: &mut WavWriter<Box<dyn Medium>>, until: u64) -> hound::Result<()> {
        while self.written < until {
            let count = (until - self.written).min(SILENCE as u64);
            for _ in 0..count * 2 {
                wav.write_sample(0_i16)?;
            }
            self.written += count;
        }
        Ok(())
    }

    fn end(mut self, length: u64, full: bool, dropped: u64) -> MediaEvent {
        self.attempt(|file, wav| {
            file.pad(wav, length)?;
            wav.flush()
        });
        if let Some(Err(error)) = self.wav.take().map(WavWriter::finalize) {
            self.fail(&error);
        }
        if self.problem.is_none() && dropped > 0 {
            let lost_ms = milliseconds(dropped);
            self.problem = Some(format!("the disk was too slow: {lost_ms} ms of the recording are silence").into());
        } else if self.problem.is_none() && full {
            self.problem = Some("the recording was ended: it is as long as recordings may be".into());
        }
        let (leg, name, length_ms, problem) = (self.leg, self.name, milliseconds(self.written), self.problem);
        MediaEvent::Recorded { leg, name, length_ms, problem }
    }
}

fn milliseconds(samples: u64) -> u64 {
    samples * 1_000 / u64::from(SAMPLE_RATE_HZ)
}

/// Whether a recording may be called so: a name is no path, and none hides.
pub(super) fn file_name(name: &str) -> io::Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(plain) && !name.starts_with('.') {
        return Ok(());
    }
    let message = format!("`{}` is no name of a recording: use letters, digits, `-`, `_` and `.`", name.escape_debug());
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

/// Makes files of these names in a folder that is made when it is needed. Nobody but the owner may read them.
pub fn folder(folder: PathBuf) -> Open {
    Box::new(move |name| {
        make_folder(&folder)?;
        let file = make_file(&folder.join(name))?;
        Ok(Box::new(BufWriter::new(file)))
    })
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Never a file that is there: a recording is not overwritten.
fn make_file(path: &Path) -> io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
