//! Queues as targets, T42 to T47: a place first, legs later, and nobody loses what was waited.

use std::collections::BTreeMap;

use strowger::base::id::CallId;
use strowger::call::leg::Replaced;
use strowger::call::order::TransferState;
use strowger::exchange::board::QueueView;
use strowger::sim::Moment;

use super::story::*;
use crate::exchange::plan;

/// A queue as the API shows it now.
fn queue_now(story: &Story, name: &str) -> QueueView {
    let queues = story.world.exchange.queue_views(story.world.now.mono);
    queues.into_iter().find(|queue| *queue.name == *name).unwrap()
}

/// Where a call stands in a queue, if it waits there.
fn position(story: &Story, name: &str, call: CallId) -> Option<usize> {
    let queue = queue_now(story, name);
    queue.waiting.iter().position(|waiting| waiting.call == call)
}

/// The caller talks to Dana, to whom the sales queue gave it.
fn from_sales(far_ends: &[(&str, strowger::sim::FarEnd)]) -> Story {
    let story = Story::at(plan::office(), "140", far_ends);
    assert!(story.talks_to(DANA));
    story
}

/// T42: while nobody is offered the call there is no leg, and nothing of anybody's is taken.
#[test]
fn t42_no_leg_until_an_agent_is_offered() {
    let mut story = Story::begin(&[]);
    let phone = story.phone(RAVI, "104");
    story.secs(3);
    assert_eq!(story.agent(RAVI), "busy");
    let mark = story.mark();
    assert_eq!(story.blind(DANA, queue("sales")).unwrap().transfer.unwrap().1, TransferState::Queued);
    assert!(!story.is_there(DANA));
    story.secs(10);
    assert_eq!(story.called(mark), [] as [&str; 0]);
    assert_eq!((story.permits(), story.world.exchange.offered_agents()), (0, 0));
    assert_eq!(story.caller_hears(), "music");
    let parties = story.world.exchange.call(story.call).unwrap().parties;
    assert_eq!(parties.iter().filter(|p| p.state != "gone").count(), 1);
    // He hangs up, and is offered the call.
    story.world.hang_up(phone);
    assert_eq!(story.called(mark), [RAVI]);
    story.secs(3);
    assert!(story.talks_to(RAVI));
    story.end();
}

/// T43: what was waited before counts: nobody who came later is served first, and the place never gets worse.
#[test]
fn t43_the_wait_is_kept() {
    // Dana is there, nobody answers, and the caller has waited 12 s when she takes it.
    let mut story = Story::at(plan::office(), "140", &[(DANA, NO_ANSWER), (RAVI, NO_ANSWER)]);
    story.far_ends(&[(DANA, answers(1_000))]);
    story.secs(14);
    assert!(story.talks_to(DANA) || story.is_there(RAVI));
    while !story.talks_to(DANA) {
        story.secs(1);
    }
    // From now on nobody is free.
    story.offline(RAVI);
    story.world.register(RAVI, &[3]);
    let busy = story.phone(RAVI, "104");
    story.secs(3);
    let later = story.another("140");
    let later = story.world.call_of(later).unwrap();
    assert_eq!(position(&story, "sales", later), Some(0));
    story.secs(3);
    story.blind(DANA, queue("sales")).unwrap();
    assert_eq!(position(&story, "sales", story.call), Some(0), "before who joined three seconds ago");
    assert_eq!(position(&story, "sales", later), Some(1));
    // One who came before it and one who is more urgent; the place of an equal never gets worse.
    let mut places: BTreeMap<CallId, usize> = BTreeMap::new();
    for n in 0..20 {
        if n % 5 == 0 {
            story.world.call(strowger::call::leg::Origin::Trunk("carrier".into()), "+442079460333", "140");
        }
        story.secs(1);
        let queue = queue_now(&story, "sales");
        for (at, waiting) in queue.waiting.iter().enumerate() {
            let before = places.insert(waiting.call, at);
            assert!(before.is_none_or(|before| at <= before), "{} went back to {at}", waiting.call);
        }
    }
    story.far_ends(&[(RAVI, answers(1_000))]);
    story.world.hang_up(busy);
    story.secs(3);
    assert!(story.talks_to(RAVI), "and is served first");
    story.end();
}

/// T44: full and without agents are known at once; time, agents and callers that go end the wait.
#[test]
fn t44_ways_out_of_a_queue() {
    // At the door: the transfer is refused, or the flow takes its arm.
    let mut story = Story::begin(&[(KIM, NO_ANSWER)]);
    story.phone(RAVI, "104");
    let waiting = story.another("141");
    assert_eq!(position(&story, "small", story.world.call_of(waiting).unwrap()), Some(0));
    assert_eq!(missed(story.blind(DANA, queue("small"))), "full");
    let arm = story.another("141");
    let record = |story: &Story, leg| {
        let call = story.since(0).find_map(|m| match m {
            Moment::Record(record) if record.parties[0].id.call.to_string() == leg => Some(record.tags.clone()),
            _ => None,
        });
        call.and_then(|tags| tags.get("outcome").map(ToString::to_string))
    };
    let id = story.world.call_of(arm).map(|call| call.to_string());
    story.secs(2);
    if let Some(id) = id {
        assert_eq!(record(&story, id).as_deref(), Some("full"));
    }
    story.end();
    // No agents at the door, and while waiting.
    let mut story = Story::begin(&[]);
    story.offline(RAVI);
    story.offline(KIM);
    story.offline(DANA);
    assert_eq!(missed(story.blind(DANA, queue("sales"))), "no_agents");
    assert!(story.talks_to(DANA));
    story.end();
    let mut story = Story::at(plan::office(), "140", &[(DANA, NO_ANSWER), (RAVI, NO_ANSWER)]);
    story.offline(DANA);
    story.offline(RAVI);
    story.secs(3);
    assert_eq!(&*story.end().tags["outcome"], "no_agents");
    // Time.
    let mut story = Story::at(plan::office(), "140", &[(DANA, NO_ANSWER), (RAVI, NO_ANSWER)]);
    story.secs(120);
    assert_eq!(&*story.end().tags["outcome"], "timeout");
    // In the name of a user: called back.
    let mut story = Story::begin(&[(RAVI, NO_ANSWER)]);
    story.blind(DANA, queue("sales")).unwrap();
    story.far_ends(&[(DANA, NO_ANSWER)]);
    story.secs(119);
    story.far_ends(&[(DANA, answers(1_000))]);
    story.secs(15);
    assert!(story.talks_to(DANA));
    story.end();
    // The caller leaves.
    let mut story = Story::begin(&[(RAVI, NO_ANSWER)]);
    story.blind(DANA, queue("sales")).unwrap();
    story.world.hang_up(story.caller);
    assert_eq!(story.view().state, TransferState::Abandoned);
    assert!(!story.is_there(RAVI));
    assert_eq!(position(&story, "sales", story.call), None, "the place is given up at once, and not when it times out");
    story.end();
}

/// T44: a wait that would be too long is known at the door too: the flow takes its arm, and a transfer is refused before
/// anything has happened. Once an agent is free, or calls have shown to be short, callers are let in.
#[test]
fn t44_a_wait_that_would_be_too_long_is_refused_at_the_door() {
    let mut story = Story::begin(&[]);
    let estimate = |story: &Story| {
        let queues = story.world.exchange.queue_views(story.world.now.mono);
        queues.into_iter().find(|queue| *queue.name == *"help").unwrap().estimated_wait_ms
    };
    assert_eq!(estimate(&story), Some(0));
    let phone = story.phone(KIM, "103");
    story.secs(3);
    assert_eq!(estimate(&story), Some(120_000), "twice the minute that the queue allows");
    let (mark, hops) = (story.mark(), story.hops());
    assert_eq!(missed(story.blind(DANA, queue("help"))), "ewt_exceeded");
    assert_eq!(story.refer(DANA, "702"), 480);
    assert_eq!(missed(story.consult(DANA, queue("help"))), "ewt_exceeded");
    let caller = story.caller;
    let touched = story.since(mark).any(|m| match m {
        Moment::Hears { leg, .. } | Moment::Silence { leg } => *leg == caller,
        Moment::Apart { a, b } => [*a, *b].contains(&caller),
        _ => false,
    });
    assert!(!touched && story.talks_to(DANA));
    assert_eq!(story.hops(), hops);
    let refused = story.another("144");
    assert_eq!(story.hears(refused), "gone", "the arm of the flow says so, and hangs up");
    let outcome = |m: &Moment| match m {
        Moment::Took { verb: "enqueue", outcome, .. } => outcome.as_deref().map(str::to_owned),
        _ => None,
    };
    assert_eq!(story.since(mark).find_map(outcome).as_deref(), Some("ewt_exceeded"));
    // Kim is free again.
    story.world.hang_up(phone);
    story.secs(1);
    let served = story.another("144");
    let kim = story.leg(KIM);
    assert!(story.talk(served, kim));
    // While she talks the next is refused; after a dozen short calls nobody is.
    let refused = story.another("144");
    assert_eq!(story.hears(refused), "gone");
    story.world.hang_up(served);
    for _ in 0..12 {
        story.secs(6);
        let served = story.another("144");
        story.world.hang_up(served);
    }
    story.secs(6);
    story.another("144");
    let expected = estimate(&story).unwrap();
    assert!((20_000..60_000).contains(&expected), "{expected}");
    let waits = story.another("144");
    assert_eq!(story.hears(waits), "music");
    story.end();
}

/// T45: who transfers to a queue is not offered the same call for half a minute, and wraps up once.
#[test]
fn t45_not_back_to_who_sent_it_away() {
    let mut story = from_sales(&[(RAVI, NO_ANSWER)]);
    let mark = story.mark();
    story.blind(DANA, queue("sales")).unwrap();
    assert_eq!(story.agent(DANA), "wrap_up");
    story.secs(9);
    assert_eq!(story.agent(DANA), "wrap_up");
    story.secs(1);
    assert_eq!(story.agent(DANA), "available", "ten seconds, once");
    story.secs(18);
    assert!(story.called(mark).iter().all(|who| who == RAVI), "{:?}", story.called(mark));
    story.secs(10);
    assert!(story.called(mark).iter().any(|who| who == DANA), "{:?}", story.called(mark));
    story.end();
}

/// T46: back to the queue that the call came from is a move like any other.
#[test]
fn t46_back_to_the_same_queue() {
    let mut story = from_sales(&[]);
    let hops = story.hops();
    story.blind(DANA, queue("sales")).unwrap();
    assert_eq!(story.hops(), hops + 1);
    story.secs(3);
    assert!(story.talks_to(RAVI));
    story.end();
}

/// T47: the place is had before anything is given up; if there is none, nothing has happened.
#[test]
fn t47_join_first_leave_after() {
    let mut story = Story::begin(&[(KIM, NO_ANSWER)]);
    story.phone(RAVI, "104");
    story.another("141");
    let mark = story.mark();
    assert_eq!(missed(story.blind(DANA, queue("small"))), "full");
    assert_eq!(story.refer(DANA, "701"), 486);
    assert_eq!(story.consult(DANA, queue("small")).map(|_| ()).map_err(|_| ()), Err(()));
    let caller = story.caller;
    let touched = story.since(mark).any(|m| match m {
        Moment::Hears { leg, .. } | Moment::Silence { leg } => *leg == caller,
        Moment::Apart { a, b } => [*a, *b].contains(&caller),
        _ => false,
    });
    assert!(!touched && story.talks_to(DANA));
    // When it is taken, the place comes before the transferor's end.
    let mut story = Story::begin(&[(RAVI, NO_ANSWER)]);
    let (mark, dana, caller) = (story.mark(), story.leg(DANA), story.caller);
    story.blind(DANA, queue("sales")).unwrap();
    let music = story.since(mark).position(|m| matches!(m, Moment::Hears { leg, .. } if *leg == caller)).unwrap();
    let ended = story.since(mark).position(|m| matches!(m, Moment::Ended { leg, .. } if *leg == dana)).unwrap();
    let answered = story.since(mark).position(|m| matches!(m, Moment::OrderAnswered { result: Ok(_), .. })).unwrap();
    assert!(answered < ended, "taken first");
    assert_eq!(story.world.trace[mark + music].0, story.world.trace[mark + ended].0, "and in one turn");
    story.end();
}

/// T47: whoever leaves a queue for one that does not take it has the place that it had, before all who came later.
#[test]
fn t47_back_in_the_queue_that_was_left_in_vain() {
    let way = "enqueue sales { 1 -> other  otherwise { hangup } } }
  step other { enqueue help { otherwise -> back } }
  step back  { enqueue sales { otherwise { hangup } } }
}
";
    let words = "transfer to queue sales priority 1 { otherwise { hangup } } }\n}\n";
    let mut story = Story::at(office_where(words, way), "142", &[(DANA, NO_ANSWER), (RAVI, NO_ANSWER)]);
    story.phone(KIM, "100");
    story.secs(1);
    let later = story.another("140");
    let later = story.world.call_of(later).unwrap();
    let places = |story: &Story| (position(story, "sales", story.call), position(story, "sales", later));
    assert_eq!(places(&story), (Some(0), Some(1)));
    let waited = |story: &Story| {
        let sales = queue_now(story, "sales");
        sales.waiting.iter().find(|waiting| waiting.call == story.call).map(|waiting| waiting.waited_ms)
    };
    let mark = story.mark();
    story.world.press(story.caller, '1');
    story.ms(10);
    let tried = story.since(mark).any(
        |m| matches!(m, Moment::Took { verb: "enqueue", outcome: Some(outcome), .. } if **outcome == *"ewt_exceeded"),
    );
    assert!(tried, "the other queue was asked");
    assert_eq!(places(&story), (Some(0), Some(1)));
    // The whole time since it called.
    let (after, age) = (waited(&story).unwrap(), story.now().0 / 1_000);
    assert!((age - 50..=age).contains(&after), "{after} ms of {age} ms");
    assert_eq!(story.caller_hears(), "music");
    story.end();
}

/// T47 in a consultation: who waits in a queue for the caller keeps the place until the caller has one.
#[test]
fn t47_the_caller_takes_the_place_of_who_waited() {
    let free = |story: &Story| position(story, "sales", story.call);
    let mut story = Story::begin(&[(RAVI, NO_ANSWER)]);
    story.consult(DANA, queue("sales")).unwrap();
    story.secs(5);
    assert_eq!((free(&story), story.caller_hears().as_str()), (Some(0), "music"));
    let (mark, dana) = (story.mark(), story.leg(DANA));
    story.complete().unwrap();
    assert_eq!(free(&story), Some(0));
    assert!(!story.world.exists(dana) && story.since(mark).all(|m| !matches!(m, Moment::Silence { .. })));
    story.end();
    // Her own call waits in the only place there is: the caller cannot have another, and is still with her.
    let mut story = Story::begin(&[(KIM, NO_ANSWER)]);
    let dana = story.leg(DANA);
    story.world.hold(dana, true);
    let own = story.phone(DANA, "701");
    let call = story.world.call_of(own).unwrap();
    assert_eq!(position(&story, "small", call), Some(0));
    assert_eq!(story.refer_leg(dana, "701", Some(Replaced::Leg(own))), 486);
    assert_eq!(position(&story, "small", call), Some(0));
    story.world.hold(dana, false);
    assert!(story.talks_to(DANA));
    story.end();
}
