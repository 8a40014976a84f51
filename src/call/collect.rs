//! Collecting keys, for `menu` and `collect`: prompt, keys, timers and tries as one machine.
//!
//! Events in, one [`Act`] out. It knows no leg and no clock: who drives it plays and times.

use std::sync::Arc;

use super::spec::{Accept, CollectSpec, Collected, Prompts};

/// Keys of one entry at most; a longer one is wrong.
const MAX_ENTRY_KEYS: usize = 64;

/// What the driver does next. Every act ends what the one before began (playing and timer).
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Play; `played` is called at the end. Keys meanwhile go to `key`.
    Play(Prompts),
    /// Be silent and call `timeout` after this time, unless a key comes.
    Wait {
        timeout_ms: u64,
    },
    /// Nothing changes: go on as before.
    Continue,
    Finish(Collected),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// `invalid` or `silent`, before the prompt.
    Notice,
    Prompt,
    Keys,
}

/// One collection under way.
#[derive(Clone, Debug)]
pub struct Collect {
    spec: Arc<CollectSpec>,
    phase: Phase,
    entry: String,
    tries_left: u32,
    silent_tries: u32,
}

/// How an entry stands against what is accepted.
enum Verdict {
    /// It cannot become right any more.
    Wrong,
    /// It may become right, or is right and may become longer.
    Open,
    /// It is right and cannot become longer.
    Complete(Collected),
}

impl Collect {
    /// Begins with the first prompt.
    pub fn start(spec: CollectSpec) -> (Self, Act) {
        let tries_left = spec.tries.max(1);
        let mut collect =
            Self { spec: Arc::new(spec), phase: Phase::Prompt, entry: String::new(), tries_left, silent_tries: 0 };
        let act = collect.prompt();
        (collect, act)
    }

    /// A key of `0-9 * # A-D`.
    pub fn key(&mut self, key: char) -> Act {
        if self.phase != Phase::Keys && !self.spec.barge_in {
            return Act::Continue;
        }
        self.phase = Phase::Keys;
        if self.spec.end == Some(key) && !self.continues(key) {
            return match self.judge_ended() {
                Some(collected) => Act::Finish(collected),
                None => self.failed(Collected::Invalid),
            };
        }
        self.entry.push(key);
        match self.judge() {
            Verdict::Complete(collected) => Act::Finish(collected),
            Verdict::Open => Act::Wait { timeout_ms: self.spec.inter_digit_ms },
            Verdict::Wrong => self.failed(Collected::Invalid),
        }
    }

    /// What was to be played has been heard.
    pub fn played(&mut self) -> Act {
        match self.phase {
            Phase::Notice => self.prompt(),
            Phase::Prompt => {
                self.phase = Phase::Keys;
                Act::Wait { timeout_ms: self.spec.timeout_ms }
            }
            Phase::Keys => Act::Continue,
        }
    }

    /// The time of the last `Wait` is over.
    pub fn timeout(&mut self) -> Act {
        if self.entry.is_empty() {
            self.silent_tries = self.silent_tries.saturating_add(1);
            return self.failed(Collected::Timeout);
        }
        match self.judge_ended() {
            Some(collected) => Act::Finish(collected),
            None => self.failed(Collected::Invalid),
        }
    }

    /// Whether a key is part of a secret.
    pub fn hides(&self, key: char) -> bool {
        self.spec.hidden && (self.spec.end != Some(key) || self.continues(key))
    }

    /// Tries in which no key came.
    pub fn silent_tries(&self) -> u32 {
        self.silent_tries
    }

    fn prompt(&mut self) -> Act {
        self.entry.clear();
        if self.spec.prompt.is_empty() {
            self.phase = Phase::Keys;
            return Act::Wait { timeout_ms: self.spec.timeout_ms };
        }
        self.phase = Phase::Prompt;
        Act::Play(self.spec.prompt.clone())
    }

    /// One try is used up: the last one ends the collection, another begins anew.
    fn failed(&mut self, how: Collected) -> Act {
        self.tries_left = self.tries_left.saturating_sub(1);
        if self.tries_left == 0 {
            return Act::Finish(how);
        }
        let notice = if how == Collected::Timeout { &self.spec.silent } else { &self.spec.invalid };
        match notice.clone() {
            Some(prompts) if !prompts.is_empty() => {
                self.entry.clear();
                self.phase = Phase::Notice;
                Act::Play(prompts)
            }
            _ => self.prompt(),
        }
    }

    /// A menu may have `#` in its labels although `#` also ends entries.
    fn continues(&self, key: char) -> bool {
        let len = self.entry.chars().count();
        match &self.spec.accept {
            Accept::Digits { .. } => false,
            Accept::Keys { patterns, .. } => {
                patterns.iter().any(|p| prefix_matches(p, &self.entry) && p.chars().nth(len) == Some(key))
            }
        }
    }

    fn judge(&self) -> Verdict {
        let len = self.entry.chars().count();
        if len > MAX_ENTRY_KEYS {
            return Verdict::Wrong;
        }
        match &self.spec.accept {
            Accept::Digits { max, .. } => {
                if self.entry.chars().any(|c| !c.is_ascii_digit()) {
                    Verdict::Wrong
                } else if len >= usize::try_from(*max).unwrap_or(usize::MAX) {
                    Verdict::Complete(Collected::Digits(Arc::from(self.entry.as_str())))
                } else {
                    Verdict::Open
                }
            }
            Accept::Keys { patterns, extensions } => {
                let longer = patterns.iter().any(|p| p.chars().count() > len && prefix_matches(p, &self.entry))
                    || extensions.iter().any(|e| e.len() > len && e.starts_with(&self.entry));
                match self.judge_ended() {
                    Some(collected) if !longer => Verdict::Complete(collected),
                    None if !longer => Verdict::Wrong,
                    _ => Verdict::Open,
                }
            }
        }
    }

    /// The verdict when no further key comes. Exact labels win over `x`, labels over extensions.
    fn judge_ended(&self) -> Option<Collected> {
        let keys: Arc<str> = Arc::from(self.entry.as_str());
        match &self.spec.accept {
            Accept::Digits { min, .. } => {
                let enough = self.entry.len() >= usize::try_from(*min).unwrap_or(usize::MAX);
                (enough && self.entry.chars().all(|c| c.is_ascii_digit())).then_some(Collected::Digits(keys))
            }
            Accept::Keys { patterns, extensions } => {
                let exact = patterns.iter().position(|p| p.as_ref() == self.entry);
                let wild = || {
                    patterns
                        .iter()
                        .position(|p| p.chars().count() == self.entry.chars().count() && prefix_matches(p, &self.entry))
                };
                exact.or_else(wild).map(|pattern| Collected::Key { pattern, keys: keys.clone() }).or_else(|| {
                    extensions.iter().any(|e| e.as_ref() == self.entry).then_some(Collected::Extension(keys))
                })
            }
        }
    }
}

/// Whether the keys so far agree with the beginning of a pattern; `x` is any digit.
fn prefix_matches(pattern: &str, keys: &str) -> bool {
    let mut wanted = pattern.chars();
    keys.chars().all(|key| match wanted.next() {
        Some('x') => key.is_ascii_digit(),
        Some(exact) => exact == key,
        None => false,
    })
}
