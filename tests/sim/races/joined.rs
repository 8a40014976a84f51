//! Two calls that become one (REFER with Replaces), and a call that takes the place of a leg (INVITE with Replaces).

use super::*;
use strowger::call::leg::Replaced;

/// The second call that came in.
const SECOND: LegId = LegId(3);

/// Dana holds the caller and has called Ravi by phone.
fn called(far_end: FarEnd, wait: Micros) -> World {
    let (mut world, dana) = talking(&["us_dana", "us_ravi"], &[("us_ravi", far_end)]);
    world.hold(dana, true);
    let second = world.call(Origin::User(Name::from("us_dana")), "102", "103");
    world.run_for(wait);
    assert!(second == SECOND && world.leg_at("us_ravi").is_some() && world.broken.is_empty());
    world
}

fn merges(dana: LegId) -> Deed<'static> {
    does(move |w| w.refer(dana, "103", Some(Replaced::Leg(SECOND))))
}

#[test]
fn two_calls_with_an_answered_target() {
    let prepare = || called(FarEnd::ANSWERS, Micros::from_secs(3));
    let world = prepare();
    let (dana, ravi) = (world.leg_at("us_dana").unwrap(), world.leg_at("us_ravi").unwrap());
    let events = vec![
        ("the transferor joins them", merges(dana)),
        ("the caller hangs up", hangs_up(CALLER)),
        ("the target hangs up", hangs_up(ravi)),
        ("the transferor leaves the caller", hangs_up(dana)),
        ("the transferor leaves the target", hangs_up(SECOND)),
    ];
    run(
        "REFER with Replaces",
        &prepare,
        events,
        &[(2, 1), (3, 1), (5, 0)],
        &[
            "completed: caller+ravi",
            "completed: nobody",
            "no transfer: caller waits, dana hears nothing",
            "no transfer: dana+ravi",
            "no transfer: nobody",
        ],
    );
}

#[test]
fn two_calls_with_a_ringing_target() {
    let prepare = || called(FarEnd::NO_ANSWER, Micros::from_ms(59_990));
    let world = prepare();
    let (dana, ravi) = (world.leg_at("us_dana").unwrap(), world.leg_at("us_ravi").unwrap());
    let events = vec![
        ("the transferor joins them", merges(dana)),
        ("the target answers", answers(ravi)),
        ("the target refuses", refuses(ravi)),
        ("the ring timer", Deed::Clock),
        ("the caller hangs up", hangs_up(CALLER)),
        ("the transferor leaves the caller", hangs_up(dana)),
        ("the transferor leaves the target", hangs_up(SECOND)),
    ];
    run(
        "REFER with Replaces, target rings",
        &prepare,
        events,
        &[(2, 1), (3, 0)],
        &[
            "abandoned: nobody",
            "cancelled: caller waits, dana hears nothing",
            "cancelled: caller+dana",
            "cancelled: nobody",
            "completed: caller+ravi",
            "completed: nobody",
            "failed: nobody",
            "no transfer: caller waits, dana hears nothing",
            "no transfer: caller waits, dana hears nothing, dana+ravi",
            "no transfer: dana+ravi",
            "no transfer: nobody",
        ],
    );
}

fn takes_the_place(of: LegId, user: &'static str) -> Deed<'static> {
    does(move |w| _ = w.call_instead(Origin::User(Name::from(user)), "102", "103", Some(of)))
}

#[test]
fn the_place_of_a_leg_that_talks() {
    let prepare = || talking(&["us_dana", "us_ravi"], &[]).0;
    let dana = prepare().leg_at("us_dana").unwrap();
    let call = prepare().call_of(CALLER).unwrap();
    let sends = does(move |w: &mut World| {
        let (from, target) = (Name::from("us_dana"), user("us_ravi"));
        w.order(Order::Transfer { call, from, target, mode: TransferMode::Attended });
    });
    let events = vec![
        ("another phone takes the place", takes_the_place(dana, "us_dana")),
        ("the caller hangs up", hangs_up(CALLER)),
        ("the leg replaced hangs up", hangs_up(dana)),
        ("the user consults", sends),
    ];
    run(
        "INVITE with Replaces",
        &prepare,
        events,
        &[(2, 1), (3, 1), (4, 1)],
        &[
            "abandoned: nobody",
            "completed: caller+ravi",
            "consulting: caller waits, dana+ravi",
            "no transfer: caller+dana",
            "no transfer: nobody",
        ],
    );
}

#[test]
fn the_place_of_a_leg_that_rings() {
    let prepare = || {
        let mut world = world(&["us_dana", "us_ravi"]);
        world.far_ends.insert(Name::from("us_dana"), FarEnd::NO_ANSWER);
        world.call(Origin::Trunk(Name::from("carrier")), "+442079460111", "129");
        world.run_for(Micros::from_ms(4_990));
        world
    };
    let dana = prepare().leg_at("us_dana").unwrap();
    let events = vec![
        ("a colleague picks up", takes_the_place(dana, "us_ravi")),
        ("the target answers", answers(dana)),
        ("the ring timer", Deed::Clock),
        ("the caller hangs up", hangs_up(CALLER)),
    ];
    run(
        "INVITE with Replaces, picked up",
        &prepare,
        events,
        &[(2, 1), (3, 1), (4, 1)],
        &["no transfer: caller+dana", "no transfer: caller+ravi", "no transfer: nobody"],
    );
}
