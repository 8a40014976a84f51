//! Consultations by API, and the three-way call that one may become.

use super::*;

/// The caller is on hold for Dana, who waits for Ravi, whose phone will not ring for much longer.
fn ringing() -> World {
    let (mut world, dana) = talking(&["us_dana", "us_ravi"], &[("us_ravi", FarEnd::NO_ANSWER)]);
    transfer(&mut world, dana, "us_dana", user("us_ravi"), TransferMode::Attended);
    world.run_for(Micros::from_ms(29_990));
    assert!(world.leg_at("us_ravi").is_some() && world.exists(dana) && world.broken.is_empty());
    world
}

#[test]
fn while_the_target_rings() {
    let world = ringing();
    let (dana, ravi) = (world.leg_at("us_dana").unwrap(), world.leg_at("us_ravi").unwrap());
    let events = vec![
        ("the target answers", answers(ravi)),
        ("the ring timer", Deed::Clock),
        ("the caller hangs up", hangs_up(CALLER)),
        ("the transferor hangs up", hangs_up(dana)),
        ("complete", asks(Order::Complete)),
        ("cancel", asks(Order::Cancel)),
    ];
    run(
        "consultation, target rings",
        &ringing,
        events,
        &[(2, 1), (3, 1)],
        &[
            "abandoned: dana+ravi",
            "abandoned: nobody",
            "cancelled: caller+dana",
            "cancelled: nobody",
            "completed: caller+ravi",
            "completed: nobody",
            "consulting: caller waits, dana+ravi",
        ],
    );
}

/// Dana talks to Ravi while the caller is on hold.
fn answered() -> World {
    let (mut world, dana) = talking(&["us_dana", "us_ravi"], &[]);
    transfer(&mut world, dana, "us_dana", user("us_ravi"), TransferMode::Attended);
    world.run_for(Micros::from_secs(3));
    let ravi = world.leg_at("us_ravi").unwrap();
    assert!(world.heard(dana) == Some(&Heard::Peer(ravi)) && world.broken.is_empty());
    world
}

#[test]
fn when_the_target_has_answered() {
    let world = answered();
    let (dana, ravi) = (world.leg_at("us_dana").unwrap(), world.leg_at("us_ravi").unwrap());
    let events = vec![
        ("complete", asks(Order::Complete)),
        ("cancel", asks(Order::Cancel)),
        ("three-way", asks(Order::ThreeWay)),
        ("swap", asks(Order::Swap)),
        ("the caller hangs up", hangs_up(CALLER)),
        ("the target hangs up", hangs_up(ravi)),
        ("the transferor hangs up", hangs_up(dana)),
    ];
    run(
        "consultation, answered",
        &answered,
        events,
        &[(2, 1), (3, 1)],
        &[
            "abandoned: dana+ravi",
            "abandoned: nobody",
            "cancelled: caller+dana",
            "cancelled: nobody",
            "completed: caller+ravi",
            "completed: nobody",
            "conference: caller+dana",
            "conference: caller+dana+ravi",
            "conference: caller+ravi",
            "conference: nobody",
        ],
    );
}

/// All three talk.
fn three() -> World {
    let mut world = answered();
    let newest = transfers(&world).pop().unwrap().id;
    world.order(Order::ThreeWay(Which::Transfer(newest)));
    assert!(matches!(world.heard(CALLER), Some(Heard::Room(_))) && world.broken.is_empty());
    world
}

#[test]
fn a_three_way_call() {
    let world = three();
    let (dana, ravi) = (world.leg_at("us_dana").unwrap(), world.leg_at("us_ravi").unwrap());
    let call = world.call_of(CALLER).unwrap();
    let events = vec![
        ("the caller hangs up", hangs_up(CALLER)),
        ("the target hangs up", hangs_up(ravi)),
        ("the transferor hangs up", hangs_up(dana)),
        ("complete", asks(Order::Complete)),
        ("it is ended", does(move |w| _ = w.order(Order::HangUp { call }))),
    ];
    run(
        "three-way",
        &three,
        events,
        &[(1, 0), (2, 1), (5, 0)],
        &["conference: caller+dana", "conference: caller+dana+ravi", "conference: caller+ravi", "conference: nobody"],
    );
}
