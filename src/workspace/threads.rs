//! The threads that share out reading and checking the flows of a site. They live as long as one piece of work.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::lint::{InOrder, Workers};

/// More would wait for each other: a site is read in a moment.
const MAX_THREADS: usize = 16;
/// Fewer parts than this are done before a thread has started.
const MIN_PARTS: usize = 8;

/// As many threads as the machine has cores.
#[derive(Clone, Copy, Debug)]
pub struct Threads;

impl Workers for Threads {
    fn each<T: Sync, R: Send>(&self, parts: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let cores = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        if cores < 2 || parts.len() < MIN_PARTS {
            return InOrder.each(parts, work);
        }
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(parts.len()));
        let share = || {
            let mut own = Vec::new();
            // Flows differ in size: whoever is free takes the next.
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(part) = parts.get(at) else { break };
                own.push((at, work(part)));
            }
            // A thread that panicked is met again when the scope ends; what the others did is whole.
            done.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).extend(own);
        };
        thread::scope(|scope| {
            for _ in 1..cores {
                scope.spawn(share);
            }
            share();
        });
        let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        done.sort_unstable_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, result)| result).collect()
    }
}
