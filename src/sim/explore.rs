//! A seeded stranger at every telephone of a site: calls, keys, transfers, hang-ups, lost registrations, a disk that
//! fails, a bad network and a process that dies, in an order that only the seed decides.

use std::sync::Arc;

use super::action::{Action, Player};
use super::narrate::narrate;
use super::promises::promise_of;
use super::shrink::shrink;
use super::stranger::Stranger;
use super::world::World;
use crate::base::time::{Micros, Wall};
use crate::exchange::Plan;

/// A Monday morning.
const START: Wall = Wall(1_767_600_000_000);
/// Longer than any ring, announcement, wrap-up or pause of a signalling transaction.
const AFTERWARDS: Micros = Micros::from_secs(400);
/// Rounds of hanging up: each ends at least what is up, and a call that ends rings nobody anew.
const LAST_ROUNDS: u32 = 4;

/// What is explored.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The site at the start, and what it may be reloaded with.
    pub plans: Vec<Arc<Plan>>,
    /// Dialled beside the site's own numbers.
    pub numbers: Vec<String>,
    /// Those of the site's numbers that callers from outside dial as often as all others together.
    pub often: Vec<String>,
}

/// One explored world.
#[derive(Debug)]
pub struct Exploration {
    pub seed: u64,
    pub world: World,
    /// What was done.
    pub actions: Vec<Action>,
    /// Promises that were broken, in words; none is what every seed must give.
    pub broken: Vec<String>,
}

/// Does `count` random things to a site, ends everything, and looks at what is left. The same arguments give the same
/// trace.
pub fn explore(stage: &Stage, seed: u64, count: u32) -> Exploration {
    let mut player = begin(stage, seed);
    let mut stranger = Stranger::new(stage, seed);
    let mut actions = Vec::new();
    for _ in 0..count {
        for action in stranger.next(&player) {
            player.act(&action);
            actions.push(action);
        }
    }
    end(player, seed, actions)
}

/// Does the same things again, or some of them.
pub fn replay(stage: &Stage, seed: u64, actions: &[Action]) -> Exploration {
    let mut player = begin(stage, seed);
    for action in actions {
        player.act(action);
    }
    end(player, seed, actions.to_vec())
}

fn begin(stage: &Stage, seed: u64) -> Player<'_> {
    let plan = stage.plans.first().cloned().unwrap_or_default();
    Player::new(World::new(plan, seed, START), &stage.plans)
}

/// Everybody hangs up, and time passes.
fn end(player: Player<'_>, seed: u64, actions: Vec<Action>) -> Exploration {
    let mut world = player.world;
    close(&mut world);
    let broken = world.left_over();
    Exploration { seed, world, actions, broken }
}

/// Ends all calls of a world and lets time pass until nothing can be left of them.
pub fn close(world: &mut World) {
    world.set_disk(true);
    for _ in 0..LAST_ROUNDS {
        for leg in world.legs().collect::<Vec<_>>() {
            world.hang_up(leg);
        }
        world.run_for(AFTERWARDS);
    }
}

impl Exploration {
    /// The failure of this world cut down to what is needed for it, as a text: the seed, what was done, what then
    /// happened. `None` if no promise was broken.
    pub fn failure(&self, stage: &Stage) -> Option<String> {
        let promise = promise_of(self.broken.first()?);
        let fires = |actions: &[Action]| {
            let again = replay(stage, self.seed, actions);
            again.broken.iter().any(|line| promise_of(line) == promise)
        };
        let least = replay(stage, self.seed, &shrink(&self.actions, fires));
        let did: Vec<String> = least.actions.iter().map(|action| format!("  {action:?}\n")).collect();
        Some(format!(
            "seed {} breaks a promise; the least that was found to do so:\n{}what happens:\n{}what is broken:\n  {}\n",
            self.seed,
            did.concat(),
            narrate(&least.world.trace),
            least.broken.join("\n  "),
        ))
    }
}
