//! The queues alone: facts in, actions out.

use std::collections::BTreeMap;
use std::sync::Arc;

use strowger::acd::{Action, Join, JoinError, QueueConfig, Queues, Strategy};
use strowger::base::id::CallId;
use strowger::base::time::{Micros, Mono};

fn at(seconds: u64) -> Mono {
    Mono(seconds * 1_000_000)
}

fn config(agents: &[&str], strategy: Strategy) -> QueueConfig {
    QueueConfig {
        strategy,
        agents: agents.iter().map(|a| Arc::from(*a)).collect(),
        max_wait: Micros::from_secs(60),
        wrap_up: Micros::from_secs(10),
        max_waiting: 3,
    }
}

fn queues(agents: &[&str], strategy: Strategy) -> Queues {
    let mut queues = Queues::default();
    queues.configure(BTreeMap::from([("sales".into(), config(agents, strategy))]), at(0));
    for agent in agents {
        queues.set_reachable(agent, true);
    }
    queues
}

fn join(queues: &mut Queues, call: u128, now: u64, change: impl FnOnce(&mut Join)) -> Result<(), JoinError> {
    let mut join = Join {
        call: CallId(call),
        queue: "sales".into(),
        priority: 5,
        credit: Micros(0),
        max_wait: None,
        except: None,
        prefer: Arc::from([]),
        skills: Arc::from([]),
    };
    change(&mut join);
    queues.join(join, at(now))
}

/// `1>a`: call 1 is offered to agent a; `1 timeout`, `1 nobody`: it has left.
fn poll(queues: &mut Queues, now: u64) -> Vec<String> {
    let shown = queues.poll(at(now)).into_iter().map(|action| match action {
        Action::Offer { call, agent, .. } => format!("{}>{agent}", call.0),
        Action::TimedOut { call } => format!("{} timeout", call.0),
        Action::NoAgents { call } => format!("{} nobody", call.0),
        Action::Withdrawn { call } => format!("{} withdrawn", call.0),
    });
    shown.collect()
}

#[test]
fn the_longest_idle_agent_is_first_and_a_list_is_in_order() {
    for (strategy, second) in [(Strategy::LongestIdle, "2>b"), (Strategy::InOrder, "2>a")] {
        let mut q = queues(&["a", "b"], strategy);
        join(&mut q, 1, 1, |_| {}).unwrap();
        assert_eq!(poll(&mut q, 1), ["1>a"]);
        q.call_began("a");
        assert_eq!(q.offer_answered(CallId(1), "a", at(3)), Some(Micros::from_secs(2)));
        q.call_ended("a", None, at(4));
        join(&mut q, 2, 5, |_| {}).unwrap();
        assert_eq!(poll(&mut q, 5), [second]);
    }
}

#[test]
fn callers_are_served_by_priority_then_by_credited_wait() {
    let mut q = queues(&["a"], Strategy::InOrder);
    q.call_began("a");
    join(&mut q, 1, 10, |_| {}).unwrap();
    join(&mut q, 2, 11, |j| j.credit = Micros::from_secs(5)).unwrap();
    join(&mut q, 3, 12, |j| j.priority = 1).unwrap();
    let places: Vec<_> = [3, 2, 1].map(|call| q.position(CallId(call))).into();
    assert_eq!(places, [Some(1), Some(2), Some(3)]);
    assert_eq!(join(&mut q, 4, 13, |_| {}), Err(JoinError::Full));
    assert_eq!(q.waiting("sales", at(14)), Some((3, Micros::from_secs(4))));
    assert_eq!(poll(&mut q, 14), Vec::<String>::new());
    q.call_ended("a", None, at(15));
    assert_eq!(poll(&mut q, 15), ["3>a"]);
    // Credit is part of what the caller is told, and of what it takes along.
    assert_eq!(q.leave(CallId(2), at(16)), Some(Micros::from_secs(10)));
}

#[test]
fn a_missed_offer_moves_on_and_the_agent_rests() {
    let mut q = queues(&["a", "b"], Strategy::InOrder);
    join(&mut q, 1, 0, |_| {}).unwrap();
    assert_eq!(poll(&mut q, 0), ["1>a"]);
    q.offer_failed(CallId(1), "a", at(10));
    assert_eq!(poll(&mut q, 10), ["1>b"]);
    q.offer_failed(CallId(1), "b", at(12));
    assert_eq!(poll(&mut q, 12), Vec::<String>::new());
    assert_eq!(q.next_deadline(at(12)), Some(at(15)));
    assert_eq!(poll(&mut q, 15), ["1>a"]);
}

#[test]
fn an_agent_whose_caller_left_keeps_its_turn() {
    let mut q = queues(&["a", "b"], Strategy::LongestIdle);
    join(&mut q, 1, 5, |_| {}).unwrap();
    assert_eq!(poll(&mut q, 5), ["1>a"]);
    q.leave(CallId(1), at(8));
    join(&mut q, 2, 9, |_| {}).unwrap();
    assert_eq!(poll(&mut q, 9), ["2>a"]);
    assert_eq!(q.offered(), 1);
}

#[test]
fn wrap_up_ends_by_time_alone() {
    let mut q = queues(&["a"], Strategy::InOrder);
    join(&mut q, 1, 0, |_| {}).unwrap();
    assert_eq!(poll(&mut q, 0), ["1>a"]);
    q.call_began("a");
    q.offer_answered(CallId(1), "a", at(1));
    q.call_ended("a", q.wrap_up("sales"), at(5));
    join(&mut q, 2, 6, |_| {}).unwrap();
    assert_eq!(q.agents_ready("sales", at(6)), 0);
    assert_eq!(poll(&mut q, 6), Vec::<String>::new());
    assert_eq!(q.next_deadline(at(6)), Some(at(15)));
    assert_eq!(poll(&mut q, 15), ["2>a"]);
}

#[test]
fn waiting_ends_by_time_and_when_the_last_agent_goes() {
    let mut q = queues(&["a"], Strategy::InOrder);
    q.call_began("a");
    join(&mut q, 1, 0, |_| {}).unwrap();
    join(&mut q, 2, 0, |j| j.max_wait = Some(Micros::from_secs(5))).unwrap();
    assert_eq!(poll(&mut q, 4), Vec::<String>::new());
    assert_eq!(poll(&mut q, 5), ["2 timeout"]);
    q.set_reachable("a", false);
    assert_eq!(poll(&mut q, 6), ["1 nobody"]);
    assert_eq!(join(&mut q, 3, 7, |_| {}), Err(JoinError::NoAgents));
    assert!(!q.is_open("sales"));
    assert_eq!(join(&mut q, 4, 7, |j| j.queue = "none".into()), Err(JoinError::NotFound));
}

#[test]
fn who_sent_the_call_gets_it_back_last() {
    let mut q = queues(&["a", "b"], Strategy::InOrder);
    join(&mut q, 1, 0, |j| j.except = Some("a".into())).unwrap();
    join(&mut q, 2, 0, |_| {}).unwrap();
    assert_eq!(poll(&mut q, 0), ["1>b", "2>a"]);
    q.leave(CallId(2), at(1));
    q.offer_failed(CallId(1), "b", at(1));
    q.call_began("b");
    assert_eq!(poll(&mut q, 1), Vec::<String>::new());
    assert_eq!(q.next_deadline(at(6)), Some(at(30)));
    assert_eq!(poll(&mut q, 30), ["1>a"]);
}

#[test]
fn a_reload_keeps_places_and_counts_calls_of_new_agents() {
    let mut q = queues(&["a"], Strategy::InOrder);
    q.call_began("a");
    q.call_began("c");
    join(&mut q, 1, 0, |_| {}).unwrap();
    q.configure(BTreeMap::from([("sales".into(), config(&["c", "a"], Strategy::InOrder))]), at(2));
    q.set_reachable("c", true);
    assert_eq!(poll(&mut q, 2), Vec::<String>::new());
    q.call_ended("c", None, at(3));
    assert_eq!(poll(&mut q, 3), ["1>c"]);
    // A queue that is gone lets its callers go.
    q.offer_failed(CallId(1), "c", at(4));
    q.configure(BTreeMap::new(), at(5));
    assert_eq!(poll(&mut q, 5), ["1 timeout"]);
    assert_eq!(q.waiting("sales", at(6)), None);
}

#[test]
fn who_lacks_a_skill_is_not_offered_the_call() {
    let mut q = queues(&["a", "b"], Strategy::InOrder);
    q.set_skills(Some(BTreeMap::from([("b".into(), ["welsh".into()].into())])));
    let welsh = |j: &mut Join| j.skills = Arc::from(["welsh".into()]);
    join(&mut q, 1, 0, welsh).unwrap();
    join(&mut q, 2, 0, welsh).unwrap();
    join(&mut q, 3, 0, |_| {}).unwrap();
    // Who stands behind gets the agent whom the caller in front may not.
    assert_eq!(poll(&mut q, 1), ["1>b", "3>a"]);
    // The last who has the skill goes away.
    q.set_reachable("b", false);
    assert_eq!(poll(&mut q, 2), ["1 nobody", "2 nobody"]);
    assert_eq!(join(&mut q, 4, 3, welsh), Err(JoinError::NoAgents));
}

#[test]
fn agents_who_may_be_about_to_register_are_counted_on_for_a_while() {
    let mut q = Queues::default();
    q.configure(BTreeMap::from([("sales".into(), config(&["a", "b"], Strategy::InOrder))]), at(0));
    assert_eq!(join(&mut q, 1, 0, |_| {}), Err(JoinError::NoAgents));
    q.count_on_agents(at(120));
    assert_eq!(join(&mut q, 1, 101, |j| j.credit = Micros::from_secs(30)), Ok(()));
    assert_eq!(join(&mut q, 2, 102, |_| {}), Ok(()));
    assert_eq!(poll(&mut q, 103), [""; 0]);
    assert_eq!(q.next_deadline(at(103)), Some(at(120)));
    assert_eq!((q.waited(CallId(1), at(104)), q.waited(CallId(3), at(104))), (Some(Micros::from_secs(33)), None));
    q.set_reachable("b", true);
    assert_eq!(poll(&mut q, 105), ["1>b"]);
    q.set_reachable("b", false);
    assert_eq!(poll(&mut q, 119), [""; 0]);
    assert_eq!(poll(&mut q, 120), ["1 nobody", "2 nobody"]);
}

/// An agent who takes a colleague's call is not rung for another one; who waits for that one is offered to the next.
#[test]
fn an_offer_to_who_takes_another_call_is_withdrawn() {
    let mut queues = queues(&["a", "b"], Strategy::InOrder);
    join(&mut queues, 1, 0, |_| {}).unwrap();
    join(&mut queues, 2, 0, |_| {}).unwrap();
    assert_eq!(poll(&mut queues, 0), ["1>a", "2>b"]);
    queues.picks_up("a", CallId(2));
    assert_eq!(queues.leave(CallId(2), at(1)), Some(Micros::from_secs(1)));
    assert_eq!(poll(&mut queues, 1), ["1 withdrawn"]);
    queues.offer_failed(CallId(1), "a", at(1));
    assert_eq!(poll(&mut queues, 1), ["1>b"]);
    queues.call_ended("a", None, at(5));
    assert!(queues.agent("a").unwrap().idle_since(at(5)).is_some(), "it did not miss the offer");
    // The own call, taken on another telephone, is not withdrawn.
    queues.picks_up("b", CallId(1));
    queues.leave(CallId(1), at(6));
    assert_eq!(poll(&mut queues, 6), [""; 0]);
    assert!(queues.agent("b").unwrap().idle_since(at(6)).is_none());
}
