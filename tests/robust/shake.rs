//! The loop: spoilt samples until the time is over. What a reader has not said before makes its sample one that is
//! spoilt further; what fails is made as small as it goes, and the loop goes on for the next.

use std::any::Any;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use strowger::base::diagnostic::Diagnostic;
use strowger::fmt::Form;
use strowger::lint::pages;

use super::corpus::{Corpus, Kind, Sample};
use super::dice::Dice;
use super::pieces;
use super::tokens::shuffle;
use super::words::{FLOW_WORDS, YAML_WORDS};
use super::write;

/// The usual length of a loop: the whole hermetic suite has 20 seconds.
const USUAL: Duration = Duration::from_millis(400);
/// A single sample that takes longer is a hang, even in the dev profile on a busy machine.
const HANG: Duration = Duration::from_secs(2);
/// What a sample may take of a processor in a long run, whose samples are as large as `LARGEST`.
const SLOW: Duration = Duration::from_secs(4);
/// Samples are swollen to this size at most; `large` goes to the largest file.
const LARGEST: usize = 64 << 10;
/// Samples that said something new are kept up to this size and number: smaller ones are read more often.
const KEPT_BYTES: usize = 6 << 10;
const KEPT: usize = 4_000;
/// Different failures after which a long run stops.
const FAILURES: usize = 15;
/// Tries to make a failing sample smaller.
const CUTS: usize = 600;

/// How long a loop was asked to last.
pub fn given() -> Option<Duration> {
    std::env::var("STROWGER_FUZZ_SECS").ok().and_then(|text| text.parse().ok()).map(Duration::from_secs)
}

/// What a loop saw: which rules spoke, how often a sample got how far, and whether the last one was new.
#[derive(Default)]
pub struct Notes {
    rules: BTreeMap<&'static str, u64>,
    counts: BTreeMap<&'static str, u64>,
    seen: BTreeSet<u64>,
    is_new: bool,
}

impl Notes {
    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub fn count_of(&self, what: &'static str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// Something that a sample did; whether none did before.
    pub fn saw(&mut self, what: impl Hash) {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        self.is_new |= self.seen.insert(hasher.finish());
    }

    /// Findings, by their words without the author's.
    pub fn found(&mut self, found: &[Diagnostic]) {
        for finding in found {
            *self.rules.entry(finding.rule).or_default() += 1;
            let words: Vec<&str> = finding.message.split('`').step_by(2).collect();
            self.saw((finding.rule, words, finding.secondary.len().min(3), finding.fix.is_some()));
        }
    }

    fn told(&self) -> String {
        let unseen: Vec<&str> = pages::all().map(|p| p.name).filter(|name| !self.rules.contains_key(name)).collect();
        let sum: u64 = self.rules.values().sum();
        let rules = if sum == 0 {
            String::new()
        } else {
            format!("\n{sum} findings of {} rules; not one of {unseen:?}", self.rules.len())
        };
        format!("{:?}; {} different answers{rules}", self.counts, self.seen.len())
    }
}

thread_local! {
    /// Where the last panic of this thread was.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What a panic says; the first words of it are its kind.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned())).unwrap_or_default()
}

/// What the thread has used of a processor, on a system that tells.
fn used() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// A failure: of which kind, and what was said.
type Failure = (String, String);

struct Loop<'a, T> {
    is_long: bool,
    read: &'a mut dyn FnMut(&T, &mut Notes),
    notes: Notes,
    slowest: (Duration, usize),
    failures: BTreeMap<String, String>,
}

impl<T> Loop<'_, T> {
    fn once(&mut self, sample: &T, size: usize) -> Result<(), Failure> {
        let (at, before) = (Instant::now(), self.is_long.then(used).flatten());
        let (read, notes) = (&mut self.read, &mut self.notes);
        notes.is_new = false;
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| read(sample, notes))) {
            if !self.is_long {
                std::panic::resume_unwind(panic);
            }
            let said = said(&*panic);
            let kind: String = said.split(['`', '\n']).next().unwrap_or("").chars().take(60).collect();
            return Err((PLACE.with(|place| format!("{} {kind}", place.borrow())), said));
        }
        let took = before.and_then(|before| used()?.checked_sub(before)).unwrap_or_else(|| at.elapsed());
        if took > self.slowest.0 {
            self.slowest = (took, size);
        }
        let bound = if self.is_long { SLOW } else { HANG };
        if took > bound { Err(("slow".to_owned(), format!("{took:?} for {size} bytes"))) } else { Ok(()) }
    }
}

/// Which damage is done to a sample, by how deep it is meant to get.
fn damage(sample: &Sample, corpus: &Corpus, dice: &mut Dice) -> Vec<u8> {
    let other = |dice: &mut Dice| {
        let one = dice.of(&corpus.samples);
        // A few pieces are of the other spelling.
        let one = if one.form == sample.form || dice.one_in(16) { one } else { dice.of(&corpus.samples) };
        String::from_utf8_lossy(&one.bytes).into_owned()
    };
    let words = if sample.form == Form::Flow { FLOW_WORDS } else { YAML_WORDS };
    match dice.below(16) {
        0 => {
            let others = other(dice);
            dice.spoil(&sample.bytes, others.as_bytes(), words)
        }
        1..=4 => {
            let others = other(dice);
            shuffle(&String::from_utf8_lossy(&sample.bytes), &others, dice).into_bytes()
        }
        n => {
            let mut text = String::from_utf8_lossy(&sample.bytes).into_owned();
            let last = dice.below(3) * dice.below(2);
            for _ in 0..=last {
                let others = other(dice);
                text = match sample.form {
                    Form::Flow => pieces::moved(&text, &others, dice),
                    Form::Yaml => pieces::lines_moved(&text, &others, dice),
                };
            }
            if n == 15 && dice.one_in(12) {
                text = pieces::swollen(&text, LARGEST, dice);
            } else if n > 12 {
                text = shuffle(&text, &other(dice), dice);
            }
            text.into_bytes()
        }
    }
}

/// A sample that is not like the last one: spoilt, or written from the tables. The first `plain` are as they are.
fn next(corpus: &Corpus, plain: usize, kind: Kind, dice: &mut Dice) -> Sample {
    // Those that were kept are mostly wrong: half of all begins with what is right.
    let from = if dice.one_in(2) { &corpus.samples } else { &corpus.samples[..plain] };
    let mut sample = dice.of(from).clone();
    if dice.one_in(6) {
        let home = dice.below(corpus.homes.len());
        if let Some(written) = write::sample(&corpus.homes[home], home, kind, dice) {
            if dice.one_in(2) {
                return written;
            }
            sample = written;
        }
    }
    sample.bytes = damage(&sample, corpus, dice);
    // Growth is only by `swollen`: a sample that was kept is spoilt again and again.
    if sample.bytes.len() > LARGEST {
        sample.bytes.truncate(LARGEST);
    }
    sample
}

/// Feeds `read` with flows until the time is over. A failure or a hang shows its sample.
pub fn shake_flows(kind: Kind, mut read: impl FnMut(&Corpus, &Sample, &mut Notes)) {
    let corpus = RefCell::new(Corpus::new(kind));
    let of_homes = corpus.borrow().samples.clone();
    let given = given();
    // A longer run is another run.
    let mut dice = Dice::new(given.map_or(0, |time| time.as_secs() << 20));
    let mut reader = |sample: &Sample, notes: &mut Notes| read(&corpus.borrow(), sample, notes);
    let mut run = Loop::<Sample> {
        is_long: given.is_some(),
        read: &mut reader,
        notes: Notes::default(),
        slowest: (Duration::ZERO, 0),
        failures: BTreeMap::new(),
    };
    run.watch();
    let (began, mut tries, mut kept) = (Instant::now(), 0_usize, 0);
    while began.elapsed() < given.unwrap_or(USUAL) && run.failures.len() < FAILURES {
        // Each sample as it is first.
        let plain = of_homes.get(tries).filter(|_| run.is_long).cloned();
        let sample = plain.unwrap_or_else(|| next(&corpus.borrow(), of_homes.len(), kind, &mut dice));
        tries += 1;
        run.try_one(&sample);
        if run.notes.is_new && sample.bytes.len() <= KEPT_BYTES && kept < KEPT {
            corpus.borrow_mut().samples.push(sample);
            kept += 1;
        }
    }
    if run.is_long {
        eprintln!("{tries} tries in {:?}, {kept} kept", began.elapsed());
    }
    run.end();
}

impl Loop<'_, Sample> {
    fn try_one(&mut self, sample: &Sample) {
        let Err((kind, said)) = self.once(sample, sample.bytes.len()) else { return };
        self.notes.is_new = false;
        if self.failures.contains_key(&kind) {
            return;
        }
        let text = if kind == "slow" { sample.bytes.clone() } else { self.cut(sample, &kind) };
        let text = String::from_utf8_lossy(&text).into_owned();
        let shown = format!("home {}, file {}, {:?}\n{said}\nsample:\n{text}", sample.home, sample.at, sample.form);
        eprintln!("== {kind}\n{shown}\n");
        assert!(self.is_long, "{kind}\n{shown}");
        self.failures.insert(kind, shown);
    }

    /// The sample without what the failure does not need: halves, quarters and so on of its lines, then of its words.
    fn cut(&mut self, sample: &Sample, kind: &str) -> Vec<u8> {
        let mut bytes = sample.bytes.clone();
        let mut left = CUTS;
        for by_line in [true, false, true] {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if text.as_bytes() != bytes {
                break;
            }
            let mut parts: Vec<String> = if by_line {
                text.split_inclusive('\n').map(str::to_owned).collect()
            } else {
                super::tokens::cut(&text).into_iter().map(str::to_owned).collect()
            };
            let mut size = parts.len() / 2;
            while size > 0 && left > 0 {
                let mut at = 0;
                while at < parts.len() && left > 0 {
                    let mut less = parts.clone();
                    less.drain(at..parts.len().min(at + size));
                    left -= 1;
                    let smaller = Sample { bytes: less.concat().into_bytes(), ..sample.clone() };
                    let is_same = matches!(self.once(&smaller, 0), Err((other, _)) if other == kind);
                    if is_same {
                        parts = less;
                    } else {
                        at += size;
                    }
                }
                size /= 2;
            }
            bytes = parts.concat().into_bytes();
        }
        bytes
    }
}

impl<T> Loop<'_, T> {
    /// In a long run a panic is kept, not printed: the samples that are cut smaller make many.
    fn watch(&self) {
        if self.is_long {
            std::panic::set_hook(Box::new(|panic| {
                let place = panic.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
                PLACE.with(|kept| *kept.borrow_mut() = place);
            }));
        }
    }

    fn end(&self) {
        if self.is_long {
            let (took, size) = self.slowest;
            eprintln!("the slowest took {took:?} for {size} bytes; {}", self.notes.told());
        }
        let kinds: Vec<&String> = self.failures.keys().collect();
        assert!(kinds.is_empty(), "{} failures: {kinds:#?}", kinds.len());
    }
}

/// Feeds `read` with samples that are no flows.
pub fn shake(samples: &[Vec<u8>], words: &[&str], mut read: impl FnMut(&[u8])) {
    assert!(!samples.is_empty());
    let given = given();
    let mut dice = Dice::new(given.map_or(0, |time| time.as_secs() << 20));
    let (began, mut tries, mut slowest) = (Instant::now(), 0_u64, Duration::ZERO);
    while began.elapsed() < given.unwrap_or(USUAL) {
        let (one, other) = (dice.of(samples).clone(), dice.of(samples));
        let texts = || (String::from_utf8_lossy(&one).into_owned(), String::from_utf8_lossy(other));
        let bytes = match tries % 4 {
            0 | 2 => dice.spoil(&one, other, words),
            1 => shuffle(&texts().0, &texts().1, &mut dice).into_bytes(),
            _ => pieces::lines_moved(&texts().0, &texts().1, &mut dice).into_bytes(),
        };
        let at = Instant::now();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| read(&bytes))) {
            eprintln!("try {tries}, spoilt sample:\n{}", String::from_utf8_lossy(&bytes).escape_debug());
            std::panic::resume_unwind(panic);
        }
        slowest = slowest.max(at.elapsed());
        // A long run gives way to others, and waits for them.
        let hang = if given.is_some() { HANG * 10 } else { HANG };
        assert!(at.elapsed() < hang, "{:?} for:\n{}", at.elapsed(), String::from_utf8_lossy(&bytes).escape_debug());
        tries += 1;
    }
    if given.is_some() {
        eprintln!("{tries} tries, the slowest took {slowest:?}");
    }
}
