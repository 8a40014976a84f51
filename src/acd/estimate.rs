//! How long a caller who joins a queue must expect to wait, from what is known at that moment. Values in, a value out;
//! who is ahead and who is free, `queue` knows.
//!
//! The model: the agents who can serve the caller (`n` of them, free or not) each take the queue's handling time `h` for
//! a call, one after the other and at no particular moment of it now; so one of them becomes free every `h / n`. Callers
//! ahead take the free agents first. Who then finds one free waits for nobody; else one becomes free for each caller
//! ahead who found none, and one more for the caller. What it does not know: more urgent callers who come later, agents
//! who serve several queues, and callers ahead who give up. The first two make it too short, the last too long.

use crate::base::time::Micros;

/// Of what is known before, a call changes one part in so many: as much as smooths one long call away, and follows a
/// change of the day within some ten calls (as the smoothed round trip of RFC 6298 §2 does).
const MEMORY: u64 = 8;

/// The average after one more call: each call counts by an eighth, those before it by what is left.
pub fn average(before: Micros, call: Micros) -> Micros {
    let (before, call) = (before.0, call.0);
    Micros(if call >= before {
        before.saturating_add((call - before) / MEMORY)
    } else {
        before.saturating_sub((before - call) / MEMORY)
    })
}

/// The wait of a caller with so many callers ahead who are offered to nobody, so many agents who could serve it, and so
/// many of those who are free now. `None` where nobody could.
pub fn wait(ahead: usize, agents: usize, free: usize, handle_time: Micros) -> Option<Micros> {
    if agents == 0 {
        return None;
    }
    if ahead < free {
        return Some(Micros(0));
    }
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let ends = number(ahead - free).saturating_add(1);
    Some(Micros(handle_time.0.saturating_mul(ends) / number(agents)))
}
