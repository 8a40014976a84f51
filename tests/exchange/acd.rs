//! The queues alone: facts in, actions out.

use std::collections::BTreeMap;
use std::sync::Arc;

use strowger::acd::estimate;
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
        max_ewt: None,
        handle_time: Micros::from_secs(60),
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

/// What a caller who joins now must expect, in seconds.
fn expected(queues: &Queues, now: u64) -> Option<u64> {
    queues.estimated_wait("sales", at(now)).map(|wait| wait.0 / 1_000_000)
}

/// A call of an agent's, from one second to another, with the queue's wrap-up.
fn serve(queues: &mut Queues, call: u128, agent: &str, from: u64, to: u64) {
    join(queues, call, from, |_| {}).unwrap();
    assert_eq!(poll(queues, from), [format!("{call}>{agent}")]);
    queues.call_began(agent);
    queues.offer_answered(CallId(call), agent, at(from)).unwrap();
    queues.call_ended(agent, Some(Micros::from_secs(10)), at(to));
}

#[test]
fn the_wait_to_expect_is_by_those_ahead_and_those_who_serve() {
    let cases = [
        // Nobody serves; somebody is free for each; one is free less, and two; with four serving it goes faster.
        ((0, 0, 0), None),
        ((0, 1, 1), Some(0)),
        ((1, 2, 2), Some(0)),
        ((1, 2, 1), Some(30)),
        ((0, 1, 0), Some(60)),
        ((2, 1, 0), Some(180)),
        ((2, 4, 0), Some(45)),
        ((3, 4, 1), Some(45)),
    ];
    for ((ahead, agents, free), wanted) in cases {
        let wait = estimate::wait(ahead, agents, free, Micros::from_secs(60));
        assert_eq!(wait.map(|wait| wait.0 / 1_000_000), wanted, "{ahead} ahead, {agents} agents, {free} free");
    }
    assert_eq!(estimate::wait(usize::MAX, 1, 0, Micros(u64::MAX)), Some(Micros(u64::MAX)));
    let secs = |n| Micros::from_secs(n);
    assert_eq!(estimate::average(secs(80), secs(160)), secs(90));
    assert_eq!(estimate::average(secs(80), secs(0)), secs(70));
    assert_eq!(estimate::average(secs(80), secs(80)), secs(80));
}

#[test]
fn a_queue_learns_what_its_calls_take() {
    let mut q = queues(&["a"], Strategy::InOrder);
    assert_eq!(expected(&q, 0), Some(0), "free");
    q.call_began("a");
    assert_eq!(expected(&q, 0), Some(60), "the first guess");
    // A call of no queue says nothing.
    q.call_ended("a", None, at(5_000));
    q.call_began("a");
    assert_eq!(expected(&q, 5_000), Some(60));
    q.call_ended("a", None, at(5_001));
    // 130 s of talk and 10 s of wrap-up: an eighth of what is more than the guess.
    serve(&mut q, 1, "a", 5_001, 5_131);
    assert_eq!(expected(&q, 5_131), Some(70), "wrapping up");
    assert_eq!(poll(&mut q, 5_141), [""; 0]);
    assert_eq!(expected(&q, 5_141), Some(0));
    // What was learnt outlives a reload.
    q.configure(BTreeMap::from([("sales".into(), config(&["a"], Strategy::InOrder))]), at(5_142));
    q.call_began("a");
    assert_eq!(expected(&q, 5_142), Some(70));
    q.set_reachable("a", false);
    assert_eq!(expected(&q, 5_142), None, "nobody is there");
    assert_eq!(q.estimated_wait("none", at(0)), None);
}

#[test]
fn who_would_wait_too_long_does_not_join() {
    let limited = |agents: &[&str]| {
        let mut q = queues(agents, Strategy::InOrder);
        let config = QueueConfig { max_ewt: Some(Micros::from_secs(90)), ..config(agents, Strategy::InOrder) };
        q.configure(BTreeMap::from([("sales".into(), config)]), at(0));
        q
    };
    let mut q = limited(&["a"]);
    // Whoever is offered an agent is not ahead of those who wait.
    join(&mut q, 1, 0, |_| {}).unwrap();
    poll(&mut q, 0);
    assert_eq!(expected(&q, 1), Some(60));
    join(&mut q, 2, 1, |_| {}).unwrap();
    assert_eq!(join(&mut q, 3, 2, |_| {}), Err(JoinError::EwtExceeded));
    assert_eq!(q.position(CallId(3)), None, "and has no place");
    // Who comes before the one who waits, by urgency or by what was waited elsewhere, waits for less.
    join(&mut q.clone(), 3, 2, |j| j.priority = 1).unwrap();
    join(&mut q.clone(), 3, 2, |j| j.credit = Micros::from_secs(60)).unwrap();
    // Full is told first; after a restart nobody is sent away.
    let mut again = q.clone();
    again.count_on_agents(at(100));
    join(&mut again, 3, 2, |_| {}).unwrap();
    assert_eq!(join(&mut again, 4, 2, |_| {}), Err(JoinError::Full));
    assert_eq!(join(&mut q, 4, 100, |_| {}), Err(JoinError::EwtExceeded));
    // Twice the agents, half the wait; but only those who have the skills, and not who sent the caller here.
    let mut q = limited(&["a", "b"]);
    q.set_skills(Some(BTreeMap::from([("a".into(), ["welsh".into()].into())])));
    q.call_began("a");
    q.call_began("b");
    join(&mut q, 1, 0, |_| {}).unwrap();
    join(&mut q.clone(), 2, 1, |_| {}).unwrap();
    assert_eq!(join(&mut q, 2, 1, |j| j.skills = Arc::from(["welsh".into()])), Err(JoinError::EwtExceeded));
    let mut q = limited(&["a"]);
    q.call_began("b");
    let config = QueueConfig { max_ewt: Some(Micros::from_secs(59)), ..config(&["a"], Strategy::InOrder) };
    q.configure(BTreeMap::from([("sales".into(), config)]), at(0));
    join(&mut q.clone(), 1, 0, |_| {}).unwrap();
    assert_eq!(join(&mut q, 1, 0, |j| j.except = Some("a".into())), Err(JoinError::EwtExceeded));
}
