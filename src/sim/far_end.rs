//! How the far end of a placed leg behaves: a person's telephone, a network, a machine.

use super::network::GIVEN_UP;
use crate::base::time::Micros;
use crate::call::cause::CauseKind;

/// What becomes of the ringing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Picks up, and hangs up after a time if one is given.
    Answers { hangs_up_after: Option<Micros> },
    /// Is refused, after having rung for as long.
    Refuses(CauseKind),
    /// Rings until the caller gives up.
    Never,
}

/// One far end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FarEnd {
    /// From the INVITE to 180; `None`: it never rings before it answers or refuses.
    pub rings_after: Option<Micros>,
    /// From the INVITE to the answer or refusal.
    pub after: Micros,
    pub answer: Answer,
    /// What who answered does when it is asked whether it takes the call.
    pub asked: WhenAsked,
}

/// What is done by who answered a call that asks first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WhenAsked {
    /// The key it presses when it has heard what there is to hear; none: it presses nothing.
    pub presses: Option<char>,
    /// It is a machine, and sounds like one.
    pub machine: bool,
}

impl WhenAsked {
    /// Listens and presses nothing, as by a voice mail, or by a person who does not want the call.
    pub const NOTHING: WhenAsked = WhenAsked { presses: None, machine: false };
}

impl FarEnd {
    /// Rings at once and is answered after two seconds, as by a person near the telephone.
    pub const ANSWERS: FarEnd = FarEnd {
        rings_after: Some(Micros::from_ms(100)),
        after: Micros::from_secs(2),
        answer: Answer::Answers { hangs_up_after: None },
        asked: WhenAsked::NOTHING,
    };

    pub const fn refuses(cause: CauseKind) -> FarEnd {
        FarEnd {
            rings_after: None,
            after: Micros::from_ms(200),
            answer: Answer::Refuses(cause),
            asked: WhenAsked::NOTHING,
        }
    }

    /// Nothing comes back at all: the transaction gives up (RFC 3261 timer B), if nobody has before.
    pub const LOST: FarEnd = FarEnd {
        rings_after: None,
        after: GIVEN_UP,
        answer: Answer::Refuses(CauseKind::NoAnswer),
        asked: WhenAsked::NOTHING,
    };

    pub const NO_ANSWER: FarEnd = FarEnd {
        rings_after: Some(Micros::from_ms(100)),
        after: Micros::from_secs(0),
        answer: Answer::Never,
        asked: WhenAsked::NOTHING,
    };
}
