//! A target that has answered a flow's transfer, and is asked for a key before it has the caller.

use super::*;

/// Dana hears what it is about, and has not much longer to press the key.
fn asked() -> World {
    let mut world = world(&["us_dana"]);
    world.far_ends.insert(Name::from("us_dana"), FarEnd::NO_ANSWER);
    world.call(Origin::Trunk(Name::from("carrier")), "+442079460111", "154");
    world.run_for(Micros::from_secs(1));
    let dana = world.leg_at("us_dana").unwrap();
    world.answer(dana);
    world.run_for(Micros::from_ms(10_990));
    assert!(world.exists(dana) && world.broken.is_empty());
    world
}

#[test]
fn for_a_key() {
    let dana = asked().leg_at("us_dana").unwrap();
    let events = vec![
        ("the key", does(move |w| w.press(dana, '1'))),
        ("the timer", Deed::Clock),
        ("the target hangs up", hangs_up(dana)),
        ("the caller hangs up", hangs_up(CALLER)),
    ];
    run(
        "flow, attended",
        &asked,
        events,
        &[(2, 1), (3, 2)],
        &["no transfer: caller+dana", "no transfer: caller+outside", "no transfer: nobody"],
    );
}
