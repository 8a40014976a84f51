//! A queue's offer, to who called the queue and to who was transferred there.

use super::*;
use strowger::call::spec::QueueEntry;

/// The caller waits for Dana, the only agent, whose phone rings, and will not for much longer.
fn offered() -> World {
    let mut world = world(&["us_dana"]);
    world.far_ends.insert(Name::from("us_dana"), FarEnd::NO_ANSWER);
    world.call(Origin::Trunk(Name::from("carrier")), "+442079460111", "140");
    world.run_for(Micros::from_ms(9_990));
    assert!(world.leg_at("us_dana").is_some() && world.broken.is_empty());
    world
}

#[test]
fn an_offer() {
    let dana = offered().leg_at("us_dana").unwrap();
    let events = vec![
        ("the agent answers", answers(dana)),
        ("the offer's timer", Deed::Clock),
        ("the agent goes offline", does(|w| w.register("us_dana", &[]))),
        ("the caller hangs up", hangs_up(CALLER)),
    ];
    run("queue offer", &offered, events, &[(3, 2), (4, 2)], &["no transfer: caller+dana", "no transfer: nobody"]);
}

/// Dana has sent the caller to the queue; Kim, who came late, is offered the call until just before the caller has
/// waited for too long.
fn sent() -> World {
    let (mut world, dana) = talking(&["us_dana"], &[("us_kim", FarEnd::NO_ANSWER)]);
    let small = Target::Queue(QueueEntry::to(Name::from("small")));
    transfer(&mut world, dana, "us_dana", small, TransferMode::Blind);
    world.run_for(Micros::from_ms(19_995));
    world.register("us_kim", &[9]);
    world.run_for(Micros::from_ms(9_990));
    assert!(world.leg_at("us_kim").is_some() && !world.exists(dana) && world.broken.is_empty());
    world
}

#[test]
fn an_offer_after_a_transfer() {
    let kim = sent().leg_at("us_kim").unwrap();
    let events = vec![
        ("the agent answers", answers(kim)),
        ("a timer", Deed::Clock),
        ("the next timer", Deed::Clock),
        ("the caller hangs up", hangs_up(CALLER)),
        ("it is cancelled", asks(Order::Cancel)),
    ];
    run(
        "API, queue",
        &sent,
        events,
        &[(2, 1), (3, 2)],
        &["abandoned: nobody", "cancelled: caller+dana", "completed: caller+kim", "completed: nobody"],
    );
}
