//! A list of actions is cut down to what is needed, and a failing run to a trace that can be read.

use strowger::base::time::Micros;
use strowger::call::leg::{Name, Origin};
use strowger::sim::{Action, Exploration, Moment, Who, explore, replay, shrink};

use crate::exchange::explored::{EVENTS, stage};

fn call(number: u32) -> Action {
    let origin = Origin::Trunk(Name::from("carrier"));
    Action::Call { number, origin, from: "+442079460111".to_owned(), to: "110".to_owned(), replaces: None }
}

#[test]
fn what_is_not_needed_is_left_out() {
    let mut actions: Vec<Action> = Vec::new();
    for number in 0..40 {
        actions.extend([call(number), Action::Wait(Micros::from_secs(30)), Action::Press(Who::Caller(number), '1')]);
    }
    let mut runs = 0;
    // Two calls, and more than three seconds somewhere after the first.
    let least = shrink(&actions, |actions| {
        runs += 1;
        let first = actions.iter().position(|a| *a == call(7));
        let waits = actions.iter().skip(first.unwrap_or(usize::MAX)).map(|a| match a {
            Action::Wait(time) => time.0,
            _ => 0,
        });
        first.is_some() && actions.contains(&call(31)) && waits.sum::<u64>() > 3_000_000
    });
    assert_eq!(least.len(), 3, "{least:?}");
    assert!(
        least.iter().any(|a| matches!(a, Action::Wait(time) if (3_000_001..3_300_000).contains(&time.0))),
        "{least:?}"
    );
    assert!(runs < 500, "{runs}");
}

#[test]
fn the_same_actions_give_the_same_world() {
    let stage = stage();
    for seed in [3, 4, 5] {
        let once = explore(&stage, seed, EVENTS);
        let again = replay(&stage, seed, &once.actions);
        assert_eq!(once.world.trace, again.world.trace);
        assert_eq!(once.world.distribution(), again.world.distribution());
    }
}

/// A promise that nobody gave is broken by the first caller who is answered: the failure says how, and little else.
#[test]
fn a_failing_seed_prints_the_least_that_fails() {
    let stage = stage();
    let explored = explore(&stage, 1, EVENTS);
    assert!(explored.failure(&stage).is_none());
    let answered =
        |explored: &Exploration| explored.world.trace.iter().any(|(_, m)| matches!(m, Moment::Answered { .. }));
    assert!(answered(&explored));
    let least = shrink(&explored.actions, |actions| answered(&replay(&stage, 1, actions)));
    // One call, and at most what it takes for somebody to answer it.
    let calls = least.iter().filter(|action| matches!(action, Action::Call { .. })).count();
    assert!(calls == 1 && least.len() <= 3, "{least:?}");
    // Planted: the same as if a promise were broken, which no part of the list does again.
    let broken = vec!["records: 9 calls have 8 records".to_owned()];
    let text = Exploration { broken, ..replay(&stage, 1, &least) }.failure(&stage).unwrap();
    assert!(text.starts_with("seed 1 breaks a promise"), "{text}");
}

#[test]
fn a_leg_is_named_by_what_stays() {
    let stage = stage();
    let actions = |dropped: usize| {
        let user = Name::from("us_dana");
        let mut actions = vec![
            Action::Register(user.clone(), vec![1]),
            call(1),
            Action::Wait(Micros::from_ms(10)),
            Action::Call {
                number: 2,
                origin: Origin::Trunk(Name::from("carrier")),
                from: "+442079460112".to_owned(),
                to: "129".to_owned(),
                replaces: None,
            },
            Action::Wait(Micros::from_ms(3_000)),
            Action::HangUp(Who::At(user)),
        ];
        actions.remove(dropped);
        actions
    };
    let hangs_up = |explored: &Exploration| {
        let moments = explored.world.trace.iter();
        let placed = moments.clone().find_map(|(_, m)| match m {
            Moment::Placed { leg, to, .. } if **to == *"us_dana" => Some(*leg),
            _ => None,
        });
        placed
            .is_some_and(|placed| moments.clone().any(|(_, m)| matches!(m, Moment::HangsUp { leg } if *leg == placed)))
    };
    assert!(hangs_up(&replay(&stage, 1, &actions(1))));
    assert!(!hangs_up(&replay(&stage, 1, &actions(3))));
}
