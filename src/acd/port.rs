//! What goes into the queues and what comes out of them.

use std::sync::Arc;

use crate::base::id::CallId;
use crate::base::time::{Micros, Mono};

/// How a queue chooses among free agents.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Strategy {
    #[default]
    LongestIdle,
    /// The order of the queue's list.
    InOrder,
}

#[derive(Clone, Debug)]
pub struct QueueConfig {
    pub strategy: Strategy,
    pub agents: Vec<Arc<str>>,
    pub max_wait: Micros,
    pub wrap_up: Micros,
    pub max_waiting: usize,
    /// Who would wait for longer by what can be known does not join; `None`: everybody does.
    pub max_ewt: Option<Micros>,
    /// What a call keeps an agent for, wrap-up included, until calls have shown it.
    pub handle_time: Micros,
}

/// A caller who wants to wait.
#[derive(Clone, Debug)]
pub struct Join {
    pub call: CallId,
    pub queue: Arc<str>,
    /// 1 (first) to 9.
    pub priority: u8,
    /// Waiting time brought along from another queue.
    pub credit: Micros,
    /// `None`: the queue's own.
    pub max_wait: Option<Micros>,
    /// The agent who sent the caller here, and is not to get the call back at once.
    pub except: Option<Arc<str>>,
    /// Agents who are offered the call before all others, in order.
    pub prefer: Arc<[Arc<str>]>,
    /// What the agent must be able to do, all of it.
    pub skills: Arc<[Arc<str>]>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JoinError {
    NotFound,
    Full,
    /// Nobody of the queue who has the skills has a reachable device.
    NoAgents,
    /// The wait to be expected is longer than the queue's `max_ewt`.
    EwtExceeded,
}

/// What the exchange is to do for a waiting call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Ring this agent; answer with `offer_answered` or `offer_failed`.
    Offer { call: CallId, queue: Arc<str>, agent: Arc<str> },
    /// The caller waited too long and has left the queue.
    TimedOut { call: CallId },
    /// The last reachable agent went away; the caller has left the queue.
    NoAgents { call: CallId },
    /// The agent whose device rings took another call meanwhile; answer with `offer_failed`.
    Withdrawn { call: CallId },
}

impl Action {
    /// The call it is about.
    pub fn call(&self) -> CallId {
        match self {
            Action::Offer { call, .. }
            | Action::TimedOut { call }
            | Action::NoAgents { call }
            | Action::Withdrawn { call } => *call,
        }
    }
}

/// Somebody's place in a queue, as others may see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    pub queue: Arc<str>,
    pub call: CallId,
    pub priority: u8,
    /// The instant the wait counts from: joining time less the credit.
    pub since: Mono,
    /// The agent whose device rings for it.
    pub offered: Option<Arc<str>>,
    /// An agent who may not have it for now.
    pub except: Option<Arc<str>>,
    pub skills: Arc<[Arc<str>]>,
}
