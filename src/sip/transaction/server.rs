//! The server machines: INVITE (RFC 3261 §17.2.1, RFC 6026 §7.1) and non-INVITE (RFC 3261 §17.2.2).

use super::timer::{PATIENCE, T1, T4, Timer, backed_off};
use crate::base::time::Micros;

/// Which machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Invite,
    NonInvite,
}

/// Where it stands. `Trying` and `Proceeding` differ only in whether there is a response to repeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Proceeding,
    Completed,
    Confirmed,
    /// A 2xx went out: INVITEs are absorbed, the 2xx is repeated by the dialog.
    Accepted,
}

/// What happened to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    Retransmission,
    /// Ours, to be sent.
    Respond(u16),
    Ack,
    Timer(Timer),
}

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Step {
    /// Send the last response (again).
    pub send: bool,
    pub timers: [Option<(Timer, Micros)>; 2],
    /// The transaction is over and can be forgotten.
    pub ended: bool,
    /// This ACK is not the transaction's but the dialog's.
    pub pass_on: bool,
}

/// One server transaction's place in its machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Server {
    pub kind: Kind,
    pub state: State,
    reliable: bool,
    interval: Micros,
}

impl Server {
    pub fn new(kind: Kind, reliable: bool) -> Self {
        Self { kind, state: State::Proceeding, reliable, interval: T1 }
    }

    pub fn advance(&mut self, input: Input) -> Step {
        let mut step = Step::default();
        match (self.state, input) {
            (State::Proceeding, Input::Respond(status)) => self.respond(status, &mut step),
            (State::Proceeding | State::Completed, Input::Retransmission) => step.send = true,
            (State::Completed, Input::Ack) => {
                self.state = State::Confirmed;
                step.ended = self.reliable;
                step.timers = [Some((Timer::I, T4)), None];
            }
            (State::Completed, Input::Timer(Timer::G)) => {
                self.interval = backed_off(self.interval);
                step.send = true;
                step.timers = [Some((Timer::G, self.interval)), None];
            }
            (State::Accepted, Input::Ack) => step.pass_on = true,
            (State::Completed, Input::Timer(Timer::H | Timer::J))
            | (State::Confirmed, Input::Timer(Timer::I))
            | (State::Accepted, Input::Timer(Timer::L)) => step.ended = true,
            _ => {}
        }
        step
    }

    fn respond(&mut self, status: u16, step: &mut Step) {
        step.send = true;
        match (self.kind, status) {
            (_, 100..=199) => {}
            (Kind::Invite, 200..=299) => {
                self.state = State::Accepted;
                step.timers = [Some((Timer::L, PATIENCE)), None];
            }
            (Kind::Invite, _) => {
                self.state = State::Completed;
                let again = (!self.reliable).then_some((Timer::G, self.interval));
                step.timers = [Some((Timer::H, PATIENCE)), again];
            }
            (Kind::NonInvite, _) => {
                self.state = State::Completed;
                step.ended = self.reliable;
                step.timers = [Some((Timer::J, PATIENCE)), None];
            }
        }
    }
}
