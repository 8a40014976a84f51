//! Blind transfers, by phone and by API, inside and outside, and the recall after one that failed.

use super::*;

/// The caller talks to Dana, who has transferred it to Ravi, who rings, and will not for much longer.
pub fn referred() -> World {
    let (mut world, dana) = talking(&["us_dana", "us_ravi"], &[("us_ravi", FarEnd::NO_ANSWER)]);
    world.hold(dana, true);
    world.refer(dana, "103", None);
    world.run_for(Micros::from_ms(29_990));
    assert!(world.leg_at("us_ravi").is_some() && world.exists(dana) && world.broken.is_empty());
    world
}

#[test]
fn by_phone() {
    let world = referred();
    let (dana, ravi) = (world.leg_at("us_dana").unwrap(), world.leg_at("us_ravi").unwrap());
    let events = vec![
        ("the target answers", answers(ravi)),
        ("the ring timer", Deed::Clock),
        ("the target refuses", refuses(ravi)),
        ("the caller hangs up", hangs_up(CALLER)),
        ("the transferor hangs up", hangs_up(dana)),
    ];
    run(
        "REFER, blind",
        &referred,
        events,
        &[(3, 2), (5, 0)],
        &[
            "abandoned: nobody",
            "cancelled: caller waits, dana hears nothing",
            "cancelled: caller+dana",
            "cancelled: nobody",
            "completed: caller+ravi",
            "completed: nobody",
        ],
    );
}

/// The same by the API: Dana is free at once.
fn sent() -> World {
    let (mut world, dana) = talking(&["us_dana", "us_ravi"], &[("us_ravi", FarEnd::NO_ANSWER)]);
    transfer(&mut world, dana, "us_dana", user("us_ravi"), TransferMode::Blind);
    world.run_for(Micros::from_ms(29_990));
    assert!(world.leg_at("us_ravi").is_some() && !world.exists(dana) && world.broken.is_empty());
    world
}

#[test]
fn by_api() {
    let ravi = sent().leg_at("us_ravi").unwrap();
    let events = vec![
        ("the target answers", answers(ravi)),
        ("the ring timer", Deed::Clock),
        ("the target refuses", refuses(ravi)),
        ("the caller hangs up", hangs_up(CALLER)),
    ];
    run(
        "API, blind",
        &sent,
        events,
        &[(2, 1), (3, 1), (4, 2)],
        &["abandoned: nobody", "cancelled: caller+dana", "completed: caller+ravi", "completed: nobody"],
    );
}

const OUTSIDE: &str = "+442071838750";

/// Kim's phone talks to Ravi's, who is allowed to transfer outside, and does: the decision is not on disk yet.
fn deciding(works: bool) -> World {
    let mut world = world(&["us_dana", "us_ravi", "us_kim"]);
    world.call(Origin::User(Name::from("us_kim")), "104", "103");
    world.run_for(Micros::from_secs(3));
    world.network.conditions.disk_ms = 30_000;
    world.set_disk(works);
    let number = Target::Number { number: Arc::from(OUTSIDE), tainted: false };
    transfer(&mut world, CALLER, "us_ravi", number, TransferMode::Blind);
    assert!(world.leg_at("us_ravi").is_some() && world.leg_at(OUTSIDE).is_none() && world.broken.is_empty());
    world
}

#[test]
fn outside_while_the_disk_is_slow() {
    let ravi = deciding(true).leg_at("us_ravi").unwrap();
    let events = || {
        let answers = does(|w: &mut World| {
            if let Some(leg) = w.leg_at(OUTSIDE) {
                w.answer(leg);
            }
        });
        vec![
            ("the disk has it", does(World::disk_answers)),
            ("the caller hangs up", hangs_up(CALLER)),
            ("the transferor hangs up", hangs_up(ravi)),
            ("the target answers", answers),
            ("it is cancelled", asks(Order::Cancel)),
        ]
    };
    run(
        "API, blind, outside",
        &|| deciding(true),
        events(),
        &[(2, 1), (3, 1), (5, 0)],
        &[
            "abandoned: nobody",
            "cancelled: kim+ravi",
            "cancelled: nobody",
            "completed: kim+outside",
            "completed: nobody",
        ],
    );
    let outcomes = ["abandoned: nobody", "cancelled: kim+ravi", "cancelled: nobody"];
    run("API, blind, outside, no disk", &|| deciding(false), events(), &[(2, 1), (5, 0)], &outcomes);
}

/// Ravi is busy, and Dana is called back, whose phone will not ring for much longer.
fn recalled() -> World {
    let far_ends = [("us_ravi", FarEnd::refuses(CauseKind::Busy)), ("us_dana", FarEnd::NO_ANSWER)];
    let (mut world, dana) = talking(&["us_dana", "us_ravi"], &far_ends);
    transfer(&mut world, dana, "us_dana", user("us_ravi"), TransferMode::Blind);
    world.run_for(Micros::from_ms(200 + 14_990));
    assert!(world.leg_at("us_dana").is_some_and(|leg| leg != dana) && world.broken.is_empty());
    world
}

#[test]
fn the_recall() {
    let dana = recalled().leg_at("us_dana").unwrap();
    let events = vec![
        ("the agent answers", answers(dana)),
        ("the recall's timer", Deed::Clock),
        ("the caller hangs up", hangs_up(CALLER)),
        ("the agent goes offline", does(|w| w.register("us_dana", &[]))),
    ];
    run(
        "recall",
        &recalled,
        events,
        &[(2, 1), (3, 1), (4, 2)],
        &["abandoned: nobody", "cancelled: caller+dana", "cancelled: nobody", "failed: nobody"],
    );
}
