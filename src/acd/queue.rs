//! The queues of a site as one machine.
//!
//! Callers are served by priority, then by credited waiting time; agents by the queue's strategy.
//! Every change of fact is a method; [`Queues::poll`] then says what is to be done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::agent::{Agent, AgentState};
use super::estimate;
use super::port::{Action, Join, JoinError, Place, QueueConfig, Strategy};
use crate::base::id::CallId;
use crate::base::time::{Micros, Mono};

/// An agent that let an offer ring out rests so long, so that a caller moves on to the next agent
/// and a lone agent's phone does not ring without a pause.
const REST_AFTER_MISSED_OFFER: Micros = Micros::from_secs(5);

/// An agent who transferred a call to a queue is not offered it for so long: the caller was sent
/// away for a reason, and everybody else of the queue has been asked by then.
const NOT_AGAIN: Micros = Micros::from_secs(30);

/// The priority of a caller of whom nothing else is said.
const USUAL_PRIORITY: u8 = 5;

#[derive(Clone, Debug)]
struct Waiting {
    call: CallId,
    priority: u8,
    /// The instant the wait counts from: joining time less the credit.
    since: Mono,
    joined: Mono,
    deadline: Mono,
    offered: Option<Arc<str>>,
    except: Option<(Arc<str>, Mono)>,
    prefer: Arc<[Arc<str>]>,
    skills: Arc<[Arc<str>]>,
}

/// What agents can do, where it is known; else every agent can do everything.
#[derive(Clone, Debug, Default)]
struct Skills {
    known: Option<BTreeMap<Arc<str>, BTreeSet<Arc<str>>>>,
}

impl Skills {
    fn suffice(&self, agent: &str, wanted: &[Arc<str>]) -> bool {
        let Some(known) = self.known.as_ref().filter(|_| !wanted.is_empty()) else { return true };
        known.get(agent).is_some_and(|has| wanted.iter().all(|skill| has.contains(skill)))
    }
}

#[derive(Clone, Debug)]
struct Queue {
    config: QueueConfig,
    /// In the order of service.
    waiting: Vec<Waiting>,
    /// What its calls keep an agent for, on average; `None` before the first.
    handled: Option<Micros>,
}

impl Queue {
    fn handle_time(&self) -> Micros {
        self.handled.unwrap_or(self.config.handle_time)
    }
}

/// All queues and agents of a site.
#[derive(Clone, Debug, Default)]
pub struct Queues {
    queues: BTreeMap<Arc<str>, Queue>,
    agents: BTreeMap<Arc<str>, Agent>,
    skills: Skills,
    /// Which queue a call waits in; a call waits in one at most.
    place: BTreeMap<CallId, Arc<str>>,
    /// Calls whose agent took another one.
    withdrawn: Vec<CallId>,
    /// Until then agents without a device may be about to register.
    counted_on: Mono,
}

impl Queues {
    /// Takes over a site's queues. Who waits keeps the place, except in a queue that is gone: those
    /// calls are reported as timed out by the next [`Queues::poll`].
    pub fn configure(&mut self, queues: BTreeMap<Arc<str>, QueueConfig>, now: Mono) {
        let mut old = std::mem::take(&mut self.queues);
        for (name, config) in queues {
            for agent in &config.agents {
                self.agents.entry(agent.clone()).or_insert_with(|| Agent::new(now));
            }
            let (waiting, handled) = old.remove(&name).map(|q| (q.waiting, q.handled)).unwrap_or_default();
            self.queues.insert(name, Queue { config, waiting, handled });
        }
        for (name, mut queue) in old {
            if queue.waiting.is_empty() {
                continue;
            }
            for waiting in &mut queue.waiting {
                waiting.deadline = now;
            }
            queue.config.agents.clear();
            queue.config.max_waiting = 0;
            self.queues.insert(name, queue);
        }
    }

    /// The exchange was begun anew, and has yet to hear of its phones: until then who waits for an agent may go on.
    pub fn count_on_agents(&mut self, until: Mono) {
        self.counted_on = self.counted_on.max(until);
    }

    /// How long a caller has waited, credit included.
    pub fn waited(&self, call: CallId, now: Mono) -> Option<Micros> {
        let queue = self.queues.get(self.place.get(&call)?)?;
        queue.waiting.iter().find(|w| w.call == call).map(|w| now.since(w.since))
    }

    /// Everybody who waits, by queue and in the order of service.
    pub fn places(&self, now: Mono) -> Vec<Place> {
        self.queues.keys().flat_map(|queue| self.places_in(queue, now)).collect()
    }

    /// The same of one queue, in the order of service; none of a queue that there is not.
    pub fn places_in(&self, queue: &str, now: Mono) -> Vec<Place> {
        let Some((name, queue)) = self.queues.get_key_value(queue) else { return Vec::new() };
        let place = |w: &Waiting| Place {
            queue: name.clone(),
            call: w.call,
            priority: w.priority,
            since: w.since,
            offered: w.offered.clone(),
            except: w.except.as_ref().filter(|(_, until)| *until > now).map(|(agent, _)| agent.clone()),
            skills: w.skills.clone(),
        };
        queue.waiting.iter().map(place).collect()
    }

    /// How long a caller who joins now, with the usual priority and no wishes, must expect to wait; `None` if nobody is
    /// there to serve it, or there is no such queue.
    pub fn estimated_wait(&self, queue: &str, now: Mono) -> Option<Micros> {
        let queue = self.queues.get(queue)?;
        self.expected(queue, (USUAL_PRIORITY, now), &[], None, now)
    }

    /// The wait to be expected at a place, by the skills that are wanted, without an agent who is not to have the call.
    fn expected(
        &self,
        queue: &Queue,
        place: (u8, Mono),
        skills: &[Arc<str>],
        except: Option<&Arc<str>>,
        now: Mono,
    ) -> Option<Micros> {
        let (mut agents, mut free) = (0_usize, 0_usize);
        for name in queue.config.agents.iter().filter(|name| self.skills.suffice(name, skills)) {
            let Some(agent) = self.agents.get(name).filter(|a| a.reachable) else { continue };
            agents = agents.saturating_add(1);
            if except != Some(name) && agent.idle_since(now).is_some() {
                free = free.saturating_add(1);
            }
        }
        let ahead = queue.waiting.iter().take_while(|w| (w.priority, w.since) <= place);
        let ahead = ahead.filter(|w| w.offered.is_none()).count();
        estimate::wait(ahead, agents, free, queue.handle_time())
    }

    /// A caller joins. Places behind equal priority are by credited wait.
    pub fn join(&mut self, join: Join, now: Mono) -> Result<(), JoinError> {
        let queue = self.queues.get(&join.queue).ok_or(JoinError::NotFound)?;
        if queue.waiting.len() >= queue.config.max_waiting {
            return Err(JoinError::Full);
        }
        let able = |name: &&Arc<str>| self.skills.suffice(name, &join.skills);
        let counts = |name| now < self.counted_on || self.agents.get(name).is_some_and(|a| a.reachable);
        if !queue.config.agents.iter().filter(able).any(counts) {
            return Err(JoinError::NoAgents);
        }
        let since = Mono(now.0.saturating_sub(join.credit.0));
        // After a restart nobody knows who is there: those who waited before it are not sent away for that.
        if let Some(max) = queue.config.max_ewt.filter(|_| now >= self.counted_on) {
            let place = (join.priority, since);
            let expected = self.expected(queue, place, &join.skills, join.except.as_ref(), now);
            if expected.is_some_and(|expected| expected > max) {
                return Err(JoinError::EwtExceeded);
            }
        }
        let Some(queue) = self.queues.get_mut(&join.queue) else { return Err(JoinError::NotFound) };
        let waiting = Waiting {
            call: join.call,
            priority: join.priority,
            since,
            joined: now,
            deadline: now + join.max_wait.unwrap_or(queue.config.max_wait),
            offered: None,
            except: join.except.map(|agent| (agent, now + NOT_AGAIN)),
            prefer: join.prefer,
            skills: join.skills,
        };
        let at = queue.waiting.partition_point(|w| (w.priority, w.since) <= (waiting.priority, waiting.since));
        queue.waiting.insert(at, waiting);
        self.place.insert(join.call, join.queue);
        Ok(())
    }

    /// A caller leaves for whatever reason; an agent who rings for it is free again. Returns how
    /// long the caller waited here, credit included.
    pub fn leave(&mut self, call: CallId, now: Mono) -> Option<Micros> {
        let queue = self.queues.get_mut(&self.place.remove(&call)?)?;
        let at = queue.waiting.iter().position(|w| w.call == call)?;
        let waiting = queue.waiting.remove(at);
        if let Some(agent) = waiting.offered.and_then(|name| self.agents.get_mut(&name))
            && let AgentState::Offered { call: offered, since } = agent.state
            && offered == call
        {
            // The agent did nothing wrong and keeps its turn.
            agent.state = agent.without_offer(since);
        }
        Some(now.since(waiting.since))
    }

    /// The offered agent took the call, which leaves the queue.
    pub fn offer_answered(&mut self, call: CallId, agent: &str, now: Mono) -> Option<Micros> {
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.state = AgentState::Busy;
            agent.serves = self.place.get(&call).map(|queue| (queue.clone(), now));
        }
        self.leave(call, now)
    }

    /// The offered agent did not take the call, which keeps its place.
    pub fn offer_failed(&mut self, call: CallId, agent: &str, now: Mono) {
        if let Some(agent) = self.agents.get_mut(agent)
            && matches!(agent.state, AgentState::Offered { call: offered, .. } if offered == call)
        {
            agent.state = agent.without_offer(now);
            agent.resting_until = now + REST_AFTER_MISSED_OFFER;
        }
        let waiting = self.place.get(&call).and_then(|name| self.queues.get_mut(name));
        if let Some(waiting) = waiting.and_then(|q| q.waiting.iter_mut().find(|w| w.call == call)) {
            waiting.offered = None;
        }
    }

    /// Who has which skills, from now on: nobody else has any. `None`: every agent can do everything.
    pub fn set_skills(&mut self, skills: Option<BTreeMap<Arc<str>, BTreeSet<Arc<str>>>>) {
        self.skills.known = skills;
    }

    /// A device of the agent registered or the last one went away.
    pub fn set_reachable(&mut self, agent: &str, reachable: bool) {
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.reachable = reachable;
        }
    }

    /// The agent became a party of a call, from a queue or otherwise.
    pub fn call_began(&mut self, agent: &str) {
        // Users of no queue are counted too: a reload may make them agents in mid-call.
        let agent = self.agents.entry(Arc::from(agent)).or_insert_with(|| Agent::new(Mono(0)));
        agent.calls = agent.calls.saturating_add(1);
        if !matches!(agent.state, AgentState::Offered { .. }) {
            agent.state = AgentState::Busy;
        }
    }

    /// The agent takes a call that rings for a colleague. One that this agent is offered is offered to others.
    pub fn picks_up(&mut self, agent: &str, call: CallId) {
        self.call_began(agent);
        if let Some(agent) = self.agents.get_mut(agent)
            && let AgentState::Offered { call: offered, .. } = agent.state
            && offered != call
        {
            agent.state = AgentState::Busy;
            self.withdrawn.push(offered);
        }
    }

    /// The agent left a call; `wrap_up` is the time to finish the work of a queue's call.
    pub fn call_ended(&mut self, agent: &str, wrap_up: Option<Micros>, now: Mono) {
        if let Some(agent) = self.agents.get_mut(agent) {
            if let Some((name, since)) = agent.serves.take()
                && let Some(queue) = self.queues.get_mut(&name)
            {
                let call = Micros(now.since(since).0.saturating_add(wrap_up.unwrap_or_default().0));
                queue.handled = Some(estimate::average(queue.handle_time(), call));
            }
            agent.calls = agent.calls.saturating_sub(1);
            if agent.calls == 0 && !matches!(agent.state, AgentState::Offered { .. }) {
                agent.state = match wrap_up {
                    Some(time) if time.0 > 0 => AgentState::WrapUp { until: now + time },
                    _ => AgentState::Idle { since: now },
                };
            }
        }
    }

    pub fn wrap_up(&self, queue: &str) -> Option<Micros> {
        self.queues.get(queue).map(|q| q.config.wrap_up)
    }

    /// How many wait, and the caller's place counted from 1.
    pub fn position(&self, call: CallId) -> Option<usize> {
        let queue = self.queues.get(self.place.get(&call)?)?;
        queue.waiting.iter().position(|w| w.call == call).map(|at| at + 1)
    }

    /// Callers waiting in a queue, and the age of the oldest in this queue.
    pub fn waiting(&self, queue: &str, now: Mono) -> Option<(usize, Micros)> {
        let queue = self.queues.get(queue)?;
        let oldest = queue.waiting.iter().map(|w| now.since(w.joined)).max().unwrap_or_default();
        Some((queue.waiting.len(), oldest))
    }

    pub fn agent(&self, name: &str) -> Option<&Agent> {
        self.agents.get(name)
    }

    /// Agents of all queues whose device rings for a call.
    pub fn offered(&self) -> usize {
        self.agents.values().filter(|a| matches!(a.state, AgentState::Offered { .. })).count()
    }

    /// Calls that agents are parties of, as the queues count them.
    pub fn on_calls(&self) -> u32 {
        self.agents.values().map(|a| a.calls).sum()
    }

    /// Agents of a queue that could take an offer now.
    pub fn agents_ready(&self, queue: &str, now: Mono) -> usize {
        let Some(queue) = self.queues.get(queue) else { return 0 };
        queue.config.agents.iter().filter(|n| self.agents.get(*n).is_some_and(|a| a.idle_since(now).is_some())).count()
    }

    /// Whether any agent of the queue has a reachable device.
    pub fn is_open(&self, queue: &str) -> bool {
        self.queues
            .get(queue)
            .is_some_and(|q| q.config.agents.iter().any(|n| self.agents.get(n).is_some_and(|a| a.reachable)))
    }

    /// What is due now. Call after every change and at [`Queues::next_deadline`].
    pub fn poll(&mut self, now: Mono) -> Vec<Action> {
        let mut actions = Vec::new();
        for agent in self.agents.values_mut() {
            if let AgentState::WrapUp { until } = agent.state
                && until <= now
            {
                agent.state = AgentState::Idle { since: until };
            }
        }
        let rings = |call: &CallId| self.place.contains_key(call);
        actions.extend(self.withdrawn.drain(..).filter(rings).map(|call| Action::Withdrawn { call }));
        self.expire(now, &mut actions);
        let names: Vec<Arc<str>> = self.queues.keys().cloned().collect();
        for name in names {
            self.offer(&name, now, &mut actions);
        }
        self.queues.retain(|_, q| q.config.max_waiting > 0 || !q.waiting.is_empty());
        actions
    }

    fn expire(&mut self, now: Mono, actions: &mut Vec<Action>) {
        let mut gone: BTreeSet<CallId> = BTreeSet::new();
        for queue in self.queues.values() {
            let reachable =
                |name: &&Arc<str>| now < self.counted_on || self.agents.get(*name).is_some_and(|a| a.reachable);
            let staff: Vec<&Arc<str>> = queue.config.agents.iter().filter(reachable).collect();
            for waiting in &queue.waiting {
                let staffed = staff.iter().any(|name| self.skills.suffice(name, &waiting.skills));
                if waiting.deadline <= now {
                    actions.push(Action::TimedOut { call: waiting.call });
                    gone.insert(waiting.call);
                } else if !staffed {
                    actions.push(Action::NoAgents { call: waiting.call });
                    gone.insert(waiting.call);
                }
            }
        }
        for call in gone {
            self.leave(call, now);
        }
    }

    fn offer(&mut self, name: &Arc<str>, now: Mono, actions: &mut Vec<Action>) {
        let Some(queue) = self.queues.get_mut(name) else { return };
        for waiting in queue.waiting.iter_mut().filter(|w| w.offered.is_none()) {
            let except = waiting.except.as_ref().filter(|(_, until)| *until > now).map(|(agent, _)| agent);
            let may = |agent: &&Arc<str>| Some(*agent) != except && self.skills.suffice(agent, &waiting.skills);
            let free = queue.config.agents.iter().filter(may).filter_map(|agent| {
                let since = self.agents.get(agent)?.idle_since(now)?;
                Some((since, agent))
            });
            let free: Vec<(Mono, &Arc<str>)> = free.collect();
            let preferred = waiting.prefer.iter().find_map(|name| free.iter().find(|(_, agent)| *agent == name));
            let chosen = preferred.copied().or_else(|| match queue.config.strategy {
                Strategy::LongestIdle => free.iter().min_by_key(|(since, _)| *since).copied(),
                Strategy::InOrder => free.first().copied(),
            });
            let Some((since, agent)) = chosen else {
                // Somebody behind may get the agent whom this caller may not.
                if except.is_some() || !waiting.skills.is_empty() {
                    continue;
                }
                return;
            };
            let agent = agent.clone();
            if let Some(state) = self.agents.get_mut(&agent) {
                state.state = AgentState::Offered { call: waiting.call, since };
            }
            waiting.offered = Some(agent.clone());
            actions.push(Action::Offer { call: waiting.call, queue: name.clone(), agent });
        }
    }

    /// The next instant at which [`Queues::poll`] may have something to do by time alone.
    pub fn next_deadline(&self, now: Mono) -> Option<Mono> {
        let callers = self.queues.values().flat_map(|q| q.waiting.iter().map(|w| w.deadline));
        if self.place.is_empty() {
            return None;
        }
        let again = self.queues.values().flat_map(|q| q.waiting.iter().filter_map(|w| w.except.as_ref()));
        let again = again.map(|(_, until)| *until).filter(|until| *until > now);
        let counted_on = Some(self.counted_on).filter(|until| *until > now);
        callers.chain(again).chain(counted_on).chain(self.agents.values().filter_map(|a| a.next_change(now))).min()
    }
}
