//! The two clocks of the machine, read together.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::base::time::{Mono, Now, Wall};

/// What monotonic time is when the clock is made. A caller who waited in a queue when the process before this one died
/// has waited since an instant before that.
const HEAD_START: Duration = Duration::from_secs(86_400);

/// Monotonic time counts from a day before the making of the clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    pub fn start() -> Self {
        Self { origin: Instant::now() }
    }

    pub fn mono(&self) -> Mono {
        Mono(u64::try_from((self.origin.elapsed() + HEAD_START).as_micros()).unwrap_or(u64::MAX))
    }

    pub fn now(&self) -> Now {
        #[expect(clippy::disallowed_methods, reason = "the shell reads the wall clock")]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono: self.mono(), wall: Wall(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)) }
    }

    /// The instant at which to wake for `at`.
    pub fn instant(&self, at: Mono) -> Instant {
        self.origin + Duration::from_micros(at.0).saturating_sub(HEAD_START)
    }
}
