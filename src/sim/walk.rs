//! One simulated call for `strowger run`: somebody calls, presses keys where the flow asks for
//! them, talks for a while and hangs up.

use std::sync::Arc;

use super::world::World;
use crate::base::time::{Micros, Wall};
use crate::call::leg::{Name, Origin};
use crate::exchange::Plan;

/// What the caller does.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Walk {
    pub from: String,
    pub to: String,
    /// The user whose phone calls; `None`: the call comes by a trunk.
    pub by: Option<Name>,
    /// One entry for each time that the flow asks for keys.
    pub presses: Vec<String>,
}

/// From the question to the first key, as by somebody who knows the menu.
const THINKS: Micros = Micros::from_ms(500);
/// Between two keys of one entry.
const KEY_GAP: Micros = Micros::from_ms(150);
/// A conversation is long enough to be seen, and a queue long enough to be understood.
const TALKS: Micros = Micros::from_secs(5);
const WAITS: Micros = Micros::from_secs(600);
/// A flow that never rests ends the walk instead of the machine's memory.
const MAX_EVENTS: u32 = 100_000;

/// Makes the call and returns the world when it is over; its trace tells the story.
pub fn walk(plan: &Arc<Plan>, walk: &Walk, seed: u64, wall: Wall) -> World {
    let mut world = World::new(plan.clone(), seed, wall);
    for (device, user) in (1..).zip(plan.site.users.keys()) {
        world.register(user, &[device]);
    }
    let origin = match &walk.by {
        Some(user) => Origin::User(user.clone()),
        None => Origin::Trunk(plan.site.trunks.keys().next().cloned().unwrap_or_else(|| Name::from("outside"))),
    };
    world.trace.clear();
    let caller = world.call(origin, &walk.from, &walk.to);
    let mut presses = walk.presses.iter();
    for _ in 0..MAX_EVENTS {
        let Some(call) = world.exchange.calls().into_iter().next() else { break };
        if call.collects
            && let Some(keys) = presses.next()
        {
            world.run_for(THINKS);
            for key in keys.chars() {
                world.press(caller, key);
                world.run_for(KEY_GAP);
            }
            continue;
        }
        if call.state == "talking" {
            world.run_for(TALKS);
            world.hang_up(caller);
        } else if world.now.mono.0 > WAITS.0 {
            world.hang_up(caller);
        }
        if !world.step() {
            break;
        }
    }
    world
}
