//! The events of calls in a bounded ring, which others follow at their own pace.
//!
//! It is memory only, and begins anew with the process: what must last is in the records. Who follows copies what it
//! has not seen; nobody who is slow keeps anything alive or delays a call. The lock is held for a copy of pointers, by
//! tasks of one thread.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::base::id::CallId;
use crate::call::order::CallEvent;

/// Events that can be asked for again: some minutes of a busy node, and at most about 20 MB.
pub const CAPACITY: usize = 65_536;
/// Who may follow at one time: a quarter of the connections, so that requests find one.
pub const MAX_FOLLOWERS: usize = 64;
/// Events looked at under one lock, and given out before others have their turn.
const CHUNK: usize = 64;

/// From where somebody follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Since {
    /// What comes from now on.
    Now,
    /// After this number of this start.
    Seq(u64),
    /// After this number of the start with this epoch.
    Id { epoch: String, seq: u64 },
}

/// Why nobody can follow so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CannotFollow {
    /// [`MAX_FOLLOWERS`] do.
    Full,
    /// That number is not reached yet.
    Ahead { last: u64 },
}

/// Events that cannot be had any more, the first and the last of them; no last one where nobody knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gap {
    pub epoch: Arc<str>,
    pub from: u64,
    pub to: Option<u64>,
}

/// What a follower comes upon.
#[derive(Clone, PartialEq, Debug)]
pub enum Followed {
    Event { seq: u64, event: Arc<CallEvent> },
    Gap(Gap),
}

#[derive(Debug, Default)]
struct Ring {
    events: VecDeque<Arc<CallEvent>>,
    /// The number of the newest event; the first is 1.
    last: u64,
}

impl Ring {
    /// The number of the oldest event that is here, or of the next one.
    fn oldest(&self) -> u64 {
        self.last.saturating_add(1).saturating_sub(u64::try_from(self.events.len()).unwrap_or(u64::MAX))
    }
}

/// The ring.
#[derive(Debug)]
pub struct Events {
    epoch: Arc<str>,
    capacity: usize,
    ring: Mutex<Ring>,
    /// The newest number, for those who wait for the next; `None` when there will be none.
    newest: watch::Sender<Option<u64>>,
    room: Arc<Semaphore>,
}

impl Events {
    /// Of a start of its own: `epoch` tells its numbers from those of another.
    pub fn new(epoch: u64, capacity: usize) -> Arc<Self> {
        let (newest, _) = watch::channel(Some(0));
        Arc::new(Self {
            epoch: Arc::from(format!("{epoch:016x}")),
            capacity: capacity.max(1),
            ring: Mutex::default(),
            newest,
            room: Arc::new(Semaphore::new(MAX_FOLLOWERS)),
        })
    }

    pub fn epoch(&self) -> &Arc<str> {
        &self.epoch
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest event.
    pub fn push(&self, event: CallEvent) {
        let mut ring = self.ring();
        if ring.events.len() >= self.capacity {
            ring.events.pop_front();
        }
        ring.events.push_back(Arc::new(event));
        ring.last = ring.last.saturating_add(1);
        let last = ring.last;
        drop(ring);
        self.newest.send_modify(|newest| {
            if newest.is_some() {
                *newest = Some(last);
            }
        });
    }

    /// The node has ended: who follows gets what there is, and then the end.
    pub fn close(&self) {
        self.newest.send_replace(None);
    }

    /// Waits until the node has ended.
    pub async fn closed(&self) {
        // The sender lives as long as `self`, so that only the end ends this.
        let _ = self.newest.subscribe().wait_for(Option::is_none).await;
    }

    /// How many follow.
    pub fn followers(&self) -> usize {
        MAX_FOLLOWERS.saturating_sub(self.room.available_permits())
    }

    /// Begins to follow: all calls, or one and those that it led to.
    ///
    /// # Errors
    /// Too many follow, or that number is not reached yet.
    pub fn follow(self: &Arc<Self>, since: &Since, call: Option<CallId>) -> Result<Follower, CannotFollow> {
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| CannotFollow::Full)?;
        let newest = self.newest.subscribe();
        let last = self.ring().last;
        let (next, gap) = match since {
            Since::Now => (last.saturating_add(1), None),
            Since::Id { epoch, seq } if **epoch != *self.epoch => {
                let from = seq.saturating_add(1);
                (1, Some(Gap { epoch: Arc::from(epoch.as_str()), from, to: None }))
            }
            Since::Seq(seq) | Since::Id { seq, .. } if *seq > last => return Err(CannotFollow::Ahead { last }),
            Since::Seq(seq) | Since::Id { seq, .. } => (seq.saturating_add(1), None),
        };
        Ok(Follower { events: Arc::clone(self), call, next, gap, given: 0, newest, _room: room })
    }
}

/// Somebody who follows.
#[derive(Debug)]
pub struct Follower {
    events: Arc<Events>,
    call: Option<CallId>,
    /// The first number that was not looked at yet.
    next: u64,
    gap: Option<Gap>,
    /// Given out since others had their turn.
    given: usize,
    newest: watch::Receiver<Option<u64>>,
    _room: OwnedSemaphorePermit,
}

impl Follower {
    /// The number of the last event that was given out or passed over: from where to follow again.
    pub fn seen(&self) -> u64 {
        self.next.saturating_sub(1)
    }

    pub fn epoch(&self) -> &Arc<str> {
        &self.events.epoch
    }

    /// The next event, or what was missed; waits for it. `None` when the node has ended. Nothing is lost by a caller
    /// that stops waiting.
    pub async fn next(&mut self) -> Option<Followed> {
        loop {
            if self.given >= CHUNK {
                // A long replay must not keep the thread from calls.
                self.given = 0;
                tokio::task::yield_now().await;
            }
            // Before looking: what is pushed after that is a change.
            let ended = self.newest.borrow_and_update().is_none();
            if let Some(found) = self.look() {
                return Some(found);
            }
            if self.seen() < self.events.ring().last {
                continue;
            }
            if ended || self.newest.changed().await.is_err() {
                return None;
            }
        }
    }

    /// One chunk of what is there already.
    fn look(&mut self) -> Option<Followed> {
        if let Some(gap) = self.gap.take() {
            return Some(Followed::Gap(gap));
        }
        let events = Arc::clone(&self.events);
        let ring = events.ring();
        let oldest = ring.oldest();
        if self.next < oldest {
            let gap = Gap { epoch: events.epoch.clone(), from: self.next, to: Some(oldest.saturating_sub(1)) };
            self.next = oldest;
            return Some(Followed::Gap(gap));
        }
        let skipped = usize::try_from(self.next.saturating_sub(oldest)).unwrap_or(usize::MAX);
        for event in ring.events.iter().skip(skipped).take(CHUNK.saturating_sub(self.given)) {
            let seq = self.next;
            self.next = self.next.saturating_add(1);
            self.given = self.given.saturating_add(1);
            if self.call.is_none_or(|call| call == event.call || call == event.root) {
                return Some(Followed::Event { seq, event: Arc::clone(event) });
            }
        }
        None
    }
}
