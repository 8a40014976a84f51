//! What the journals of calls and what is kept of live ones cost: the same calls with and without them, in virtual time,
//! and how many bytes a call has. The world around the exchange is in both. Run by `cargo bench --bench journal`.

// A benchmark prints what it finds and reads the clock: that is what it is for.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark measures time and prints it")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use strowger::base::time::{Micros, Wall};
use strowger::call::leg::{Name, Origin};
use strowger::exchange::Plan;
use strowger::exchange::journal;
use strowger::sim::World;
use strowger::workspace;

const CALLS: u32 = 2_000;
/// How often each way is measured; the best counts.
const RUNS: usize = 5;

/// Calls to the site's first number, answered, with two keys pressed; each is over before the next.
fn calls(plan: &Arc<Plan>, with: bool) -> (Duration, usize, usize) {
    let mut world = World::new(plan.clone(), 1, Wall(1_767_600_000_000));
    if !with {
        world.exchange.without_journals();
    }
    for (device, user) in (1..).zip(plan.site.users.keys()) {
        world.register(user, &[device]);
    }
    let trunk = plan.site.trunks.keys().next().cloned().unwrap_or_else(|| Name::from("carrier"));
    let number = plan.site.numbers.exact.keys().next().cloned().unwrap_or_default();
    let begun = Instant::now();
    for _ in 0..CALLS {
        let leg = world.call(Origin::Trunk(trunk.clone()), "+442079460111", &number);
        world.run_for(Micros::from_secs(3));
        world.press(leg, '1');
        world.run_for(Micros::from_secs(8));
        world.hang_up(leg);
        world.run_for(Micros::from_secs(1));
        world.trace.clear();
    }
    let took = begun.elapsed();
    let journals = &world.lives().journals;
    let bytes: usize = journals.iter().map(|j| j.bytes.len()).sum();
    let turns: usize = journals.iter().filter_map(|j| journal::read(&j.bytes).ok()).map(|read| read.turns.len()).sum();
    (took, bytes, turns)
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/main-line");
    let (Some(plan), ..) = workspace::load(&folder).check(1) else { return println!("the site has errors") };
    let plan = Arc::new(plan);
    let mut best = [Duration::MAX; 2];
    let (mut bytes, mut turns) = (0, 0);
    for _ in 0..RUNS {
        for (at, with) in [false, true].into_iter().enumerate() {
            let (took, b, t) = calls(&plan, with);
            if let Some(best) = best.get_mut(at) {
                *best = (*best).min(took);
            }
            (bytes, turns) = (bytes.max(b), turns.max(t));
        }
    }
    let thousands = f64::from(CALLS) / 1_000.0;
    let [without, with] = best.map(|took| took.as_secs_f64() / thousands);
    println!("without: {without:.4} s for 1,000 calls, the world around the exchange included");
    println!("with:    {with:.4} s, {:.4} s more for the exchange's part; the store is not in it", with - without);
    let calls = f64::from(CALLS);
    println!("journal: {:.0} bytes and {:.1} turns a call", bytes as f64 / calls, turns as f64 / calls);
}
