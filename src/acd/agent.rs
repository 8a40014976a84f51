//! One agent: reachable or not, and free, offered, on a call or wrapping up.

use std::sync::Arc;

use crate::base::id::CallId;
use crate::base::time::Mono;

/// What an agent does now. An offer needs `Idle` and a reachable device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AgentState {
    Idle {
        since: Mono,
    },
    /// The agent's device rings for this call.
    Offered {
        call: CallId,
        /// Idle since then, should the caller leave before the agent answers.
        since: Mono,
    },
    /// On a call, from a queue or otherwise.
    Busy,
    WrapUp {
        until: Mono,
    },
}

/// An agent as the queues see it.
#[derive(Clone, Debug)]
pub struct Agent {
    pub reachable: bool,
    pub state: AgentState,
    /// Calls this agent is a party of; an agent is idle only at zero.
    pub calls: u32,
    /// Not offered before this instant: the last offer was not taken.
    pub resting_until: Mono,
    /// The queue whose call the agent is on, and since when.
    pub serves: Option<(Arc<str>, Mono)>,
}

impl Agent {
    pub fn new(now: Mono) -> Self {
        Self {
            reachable: false,
            state: AgentState::Idle { since: now },
            calls: 0,
            resting_until: Mono(0),
            serves: None,
        }
    }

    /// What the agent does when an offer comes to nothing.
    pub fn without_offer(&self, since: Mono) -> AgentState {
        if self.calls > 0 { AgentState::Busy } else { AgentState::Idle { since } }
    }

    /// The instant since when the agent could take an offer; `None` if it cannot.
    pub fn idle_since(&self, now: Mono) -> Option<Mono> {
        match self.state {
            AgentState::Idle { since } if self.reachable && self.calls == 0 && self.resting_until <= now => Some(since),
            _ => None,
        }
    }

    /// When the agent might become free by the passing of time alone.
    pub fn next_change(&self, now: Mono) -> Option<Mono> {
        match self.state {
            AgentState::WrapUp { until } => Some(until),
            AgentState::Idle { .. } if self.resting_until > now => Some(self.resting_until),
            _ => None,
        }
    }
}
