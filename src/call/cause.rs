//! Why a leg failed or ended, in the words that outcomes use.

use std::fmt;

/// Why a leg could not be had, or is gone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CauseKind {
    /// The far end hung up, or we ended the leg in the ordinary way.
    Normal,
    /// We gave up an attempt, or the caller did.
    Cancelled,
    NoAnswer,
    Busy,
    Declined,
    /// The network or the device did not answer.
    Unreachable,
    /// A user with no registered device.
    Offline,
    /// The number does not exist or is incomplete.
    InvalidNumber,
    /// We refuse new calls for the moment.
    Overload,
    /// No media came for longer than the limit.
    MediaTimeout,
    /// Signalling, media or one of our own services failed.
    Error,
}

/// A cause and, where SIP gave one, its status code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cause {
    pub kind: CauseKind,
    pub status: Option<u16>,
}

impl Cause {
    pub const fn new(kind: CauseKind) -> Self {
        Self { kind, status: None }
    }

    /// The cause of a final SIP response other than 2xx (RFC 3261 §21).
    ///
    /// 480 is what a phone that is off or not to be disturbed answers; 404, 484 and 604 say that
    /// the number is wrong; a redirection is not followed and so is an error.
    pub fn from_status(status: u16) -> Self {
        let kind = match status {
            486 | 600 => CauseKind::Busy,
            403 | 433 | 603 | 606 | 607 | 608 => CauseKind::Declined,
            408 => CauseKind::NoAnswer,
            480 | 502 | 503 | 504 => CauseKind::Unreachable,
            404 | 410 | 414 | 416 | 484 | 485 | 604 => CauseKind::InvalidNumber,
            487 => CauseKind::Cancelled,
            _ => CauseKind::Error,
        };
        Self { kind, status: Some(status) }
    }

    /// The SIP status that tells a caller of this cause (RFC 3261 §21).
    pub fn status(self) -> u16 {
        match self.kind {
            CauseKind::Normal | CauseKind::Cancelled => 487,
            CauseKind::NoAnswer | CauseKind::Unreachable | CauseKind::Offline => 480,
            CauseKind::Busy => 486,
            CauseKind::Declined => 603,
            CauseKind::InvalidNumber => 404,
            CauseKind::Overload => 503,
            CauseKind::MediaTimeout | CauseKind::Error => 500,
        }
    }
}

impl CauseKind {
    pub fn name(self) -> &'static str {
        match self {
            CauseKind::Normal => "normal",
            CauseKind::Cancelled => "cancelled",
            CauseKind::NoAnswer => "no_answer",
            CauseKind::Busy => "busy",
            CauseKind::Declined => "declined",
            CauseKind::Unreachable => "unreachable",
            CauseKind::Offline => "offline",
            CauseKind::InvalidNumber => "invalid_number",
            CauseKind::Overload => "overload",
            CauseKind::MediaTimeout => "media_timeout",
            CauseKind::Error => "error",
        }
    }
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
