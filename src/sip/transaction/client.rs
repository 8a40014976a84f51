//! The client machines: INVITE (RFC 3261 §17.1.1, RFC 6026 §7.2) and non-INVITE (RFC 3261 §17.1.2).

use super::server::Kind;
use super::timer::{PATIENCE, T1, T2, T4, TIMER_D, Timer, backed_off};
use crate::base::time::Micros;

/// Where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Nothing heard yet; `Trying` of a non-INVITE.
    Calling,
    Proceeding,
    Completed,
    /// A 2xx came: further ones go to the dialog.
    Accepted,
}

/// What happened to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    Start,
    Response(u16),
    Timer(Timer),
}

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Step {
    /// Send the request (again).
    pub send: bool,
    /// Send the ACK of a failure (again).
    pub ack: bool,
    /// The response is news for whoever sent the request.
    pub deliver: bool,
    /// No answer in time: as if 408 had come (RFC 3261 §8.1.3.1).
    pub timed_out: bool,
    pub timers: [Option<(Timer, Micros)>; 2],
    /// The transaction is over and can be forgotten.
    pub ended: bool,
}

/// One client transaction's place in its machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Client {
    pub kind: Kind,
    pub state: State,
    reliable: bool,
    interval: Micros,
}

impl Client {
    pub fn new(kind: Kind, reliable: bool) -> Self {
        Self { kind, state: State::Calling, reliable, interval: T1 }
    }

    pub fn advance(&mut self, input: Input) -> Step {
        match self.kind {
            Kind::Invite => self.invite(input),
            Kind::NonInvite => self.non_invite(input),
        }
    }

    fn start(&self, again: Timer, patience: Timer) -> Step {
        let again = (!self.reliable).then_some((again, self.interval));
        Step { send: true, timers: [Some((patience, PATIENCE)), again], ..Step::default() }
    }

    fn invite(&mut self, input: Input) -> Step {
        let mut step = Step::default();
        match (self.state, input) {
            (State::Calling, Input::Start) => return self.start(Timer::A, Timer::B),
            (State::Calling, Input::Timer(Timer::A)) => {
                // RFC 3261 §17.1.1.2: an INVITE's interval doubles without the bound of T2.
                self.interval = Micros(self.interval.0.saturating_mul(2));
                step.send = true;
                step.timers = [Some((Timer::A, self.interval)), None];
            }
            (State::Calling, Input::Timer(Timer::B)) => {
                step.timed_out = true;
                step.ended = true;
            }
            (State::Calling | State::Proceeding, Input::Response(100..=199)) => {
                self.state = State::Proceeding;
                step.deliver = true;
            }
            (State::Calling | State::Proceeding, Input::Response(200..=299)) => {
                self.state = State::Accepted;
                step.deliver = true;
                step.timers = [Some((Timer::M, PATIENCE)), None];
            }
            (State::Calling | State::Proceeding, Input::Response(_)) => {
                self.state = State::Completed;
                step.deliver = true;
                step.ack = true;
                step.ended = self.reliable;
                step.timers = [Some((Timer::D, TIMER_D)), None];
            }
            (State::Accepted, Input::Response(200..=299)) => step.deliver = true,
            (State::Completed, Input::Response(300..)) => step.ack = true,
            (State::Completed, Input::Timer(Timer::D)) | (State::Accepted, Input::Timer(Timer::M)) => step.ended = true,
            _ => {}
        }
        step
    }

    fn non_invite(&mut self, input: Input) -> Step {
        let mut step = Step::default();
        match (self.state, input) {
            (State::Calling, Input::Start) => return self.start(Timer::E, Timer::F),
            (State::Calling | State::Proceeding, Input::Timer(Timer::E)) => {
                self.interval = if self.state == State::Proceeding { T2 } else { backed_off(self.interval) };
                step.send = true;
                step.timers = [Some((Timer::E, self.interval)), None];
            }
            (State::Calling | State::Proceeding, Input::Timer(Timer::F)) => {
                step.timed_out = true;
                step.ended = true;
            }
            (State::Calling | State::Proceeding, Input::Response(100..=199)) => self.state = State::Proceeding,
            (State::Calling | State::Proceeding, Input::Response(_)) => {
                self.state = State::Completed;
                step.deliver = true;
                step.ended = self.reliable;
                step.timers = [Some((Timer::K, T4)), None];
            }
            (State::Completed, Input::Timer(Timer::K)) => step.ended = true,
            _ => {}
        }
        step
    }
}
