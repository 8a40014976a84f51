//! What is due: the keys of all timers, and `tick`.

use super::Core;
use crate::base::id::LegId;
use crate::base::time::Mono;
use crate::sip::event::ReferToken;
use crate::sip::registrar::ContactId;
use crate::sip::transaction::timer::Timer;

/// A timer and who it is for. A serial that no longer fits makes it a late one, which is dropped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum TimerKey {
    Server {
        key: u64,
        serial: u32,
        timer: Timer,
    },
    Client {
        key: u64,
        serial: u32,
        timer: Timer,
    },
    Leg {
        leg: LegId,
        serial: u32,
        timer: LegTimer,
    },
    /// After CANCEL no final response came (RFC 3261 §9.1).
    Cancelled {
        key: u64,
        serial: u32,
    },
    Refer {
        token: ReferToken,
        timer: ReferTimer,
    },
    Binding(ContactId),
}

/// A leg's own timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum LegTimer {
    /// The 2xx again (RFC 3261 §13.3.1.4).
    Accept,
    /// No ACK came (RFC 3261 §13.3.1.4).
    NoAck,
    /// The provisional response again, for proxies that give up after three minutes (RFC 3261 §13.3.1.1).
    Progress,
    /// A provisional response again (RFC 3262 §3).
    Provisional,
    /// No PRACK came (RFC 3262 §3).
    NoPrack,
    /// Another try after a glare (RFC 3261 §14.1).
    Retry,
}

/// A REFER's own timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum ReferTimer {
    /// Nobody decided.
    Decision,
    /// Nobody told the outcome.
    Lifetime,
}

impl Core {
    /// Does everything that is due.
    pub fn tick(&mut self, now: Mono) {
        while let Some(key) = self.timers.pop_due(now) {
            match key {
                TimerKey::Server { key, serial, timer } => self.server_timer(now, key, serial, timer),
                TimerKey::Client { key, serial, timer } => self.client_timer(now, key, serial, timer),
                TimerKey::Leg { leg, serial, timer } => self.leg_timer(now, leg, serial, timer),
                TimerKey::Cancelled { key, serial } => self.cancel_timer(key, serial),
                TimerKey::Refer { token, timer } => self.refer_timer(now, token, timer),
                TimerKey::Binding(contact) => {
                    if let Some(user) = self.registrar.expire(now, contact) {
                        self.tell_contacts(user);
                    }
                }
            }
        }
        while let Some(leg) = self.sessions.pop_due(now) {
            self.session_timer(now, leg);
        }
    }

    fn leg_timer(&mut self, now: Mono, leg: LegId, serial: u32, timer: LegTimer) {
        match timer {
            LegTimer::Accept => self.repeat_accept(now, leg, serial),
            LegTimer::NoAck => self.no_ack(now, leg, serial),
            LegTimer::Progress => self.repeat_progress(now, leg, serial),
            LegTimer::Provisional => self.repeat_provisional(now, leg, serial),
            LegTimer::NoPrack => self.no_prack(now, leg, serial),
            LegTimer::Retry => self.retry_change(now, leg, serial),
        }
    }
}
