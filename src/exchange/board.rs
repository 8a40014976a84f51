//! Queues and agents as others may see them. Copies, made when asked for.

use std::collections::BTreeMap;

use super::Exchange;
use crate::acd::AgentState;
use crate::base::id::CallId;
use crate::base::time::Micros;
use crate::base::time::Mono;
use crate::call::leg::Name;

/// One queue and who waits in it, in the order of service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueueView {
    pub name: Name,
    pub waiting: Vec<WaitingView>,
    /// Agents who could take a call now.
    pub agents_ready: usize,
    /// An agent of it has a reachable device.
    pub open: bool,
    /// How long a caller who joins now must expect to wait; `None` if nobody is there to serve it.
    pub estimated_wait_ms: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaitingView {
    pub call: CallId,
    /// 1 (first) to 9.
    pub priority: u8,
    pub waited_ms: u64,
    /// The agent whose device rings for it.
    pub offered: Option<Name>,
}

/// An agent of one queue or several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentView {
    pub user: Name,
    pub queues: Vec<Name>,
    /// `offline`, `available`, `resting` (let an offer ring out), `offered`, `busy` or `wrap_up`.
    pub state: &'static str,
    /// The call that the agent's device rings for.
    pub call: Option<CallId>,
}

impl Exchange {
    /// Every queue of the site, by name.
    pub fn queue_views(&self, now: Mono) -> Vec<QueueView> {
        let queues = &self.shared.queues;
        let view = |name: &Name| {
            let waiting = queues.places_in(name, now).into_iter().map(|place| WaitingView {
                call: place.call,
                priority: place.priority,
                waited_ms: now.since(place.since).as_ms(),
                offered: place.offered,
            });
            QueueView {
                name: name.clone(),
                waiting: waiting.collect(),
                agents_ready: queues.agents_ready(name, now),
                open: queues.is_open(name),
                estimated_wait_ms: queues.estimated_wait(name, now).map(Micros::as_ms),
            }
        };
        self.shared.plan.site.queues.keys().map(view).collect()
    }

    /// Every user who is an agent, by name.
    pub fn agent_views(&self, now: Mono) -> Vec<AgentView> {
        let mut agents: BTreeMap<&Name, Vec<Name>> = BTreeMap::new();
        for queue in self.shared.plan.site.queues.values() {
            for agent in &queue.agents {
                agents.entry(agent).or_default().push(queue.name.clone());
            }
        }
        agents.into_iter().map(|(user, queues)| self.agent_view(user, queues, now)).collect()
    }

    fn agent_view(&self, user: &Name, queues: Vec<Name>, now: Mono) -> AgentView {
        let (state, call) = match self.shared.queues.agent(user) {
            Some(agent) => match agent.state {
                AgentState::Busy => ("busy", None),
                AgentState::Offered { call, .. } => ("offered", Some(call)),
                _ if !agent.reachable => ("offline", None),
                AgentState::WrapUp { until } if until > now => ("wrap_up", None),
                AgentState::WrapUp { .. } | AgentState::Idle { .. } if agent.resting_until > now => ("resting", None),
                AgentState::WrapUp { .. } | AgentState::Idle { .. } => ("available", None),
            },
            None => ("offline", None),
        };
        AgentView { user: user.clone(), queues, state, call }
    }
}
