//! The seeded stranger: the seeds of the suite, those that failed once, and as many more as are asked for:
//! `STROWGER_SIM_N=N` explores N seeds from `STROWGER_SIM_SEED` on, `tests/run sim` sets both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Instant;

use strowger::sim::tally::{CALL_STATES, CALLS, ENDINGS, LEGS, OUTCOMES, STATES, TRANSFERS};
use strowger::sim::{Distribution, Exploration, Stage, explore, narrate};

use super::plan;

/// Things done to each world.
pub const EVENTS: u32 = 150;
const SEEDS: u64 = 200;
/// Dialled beside the site's own numbers: allowed, allowed to nobody, an emergency, nonsense.
const NUMBERS: [&str; 7] =
    ["+442071838750", "+442071838751", "02071838752", "+15551234567", "999", "*69", "+44 20 7183"];

/// What a weight may lose from sight, since it is a small part of everything.
const REACHED: [(&str, &str); 8] = [
    (CALL_STATES, "announcing"),
    (CALL_STATES, "conference"),
    (CALL_STATES, "consulting"),
    (CALL_STATES, "dialing_in"),
    (CALL_STATES, "recalling"),
    (LEGS, "attended"),
    (LEGS, "recall"),
    (LEGS, "replaces"),
];
/// Of the suite's seeds; few enough that a change of weights is no failure, enough that it is no accident.
const OFTEN_ENOUGH: u64 = 5;

/// Lines of queues, which callers must meet in (one place is soon taken), a user who may transfer, and a flow that tries
/// one target after the other.
const OFTEN: [&str; 13] = ["140", "141", "141", "142", "144", "120", "124", "124", "129", "129", "130", "130", "141"];

/// The site, and the same again for reloads; read once, since it takes longer than a call.
pub fn stage() -> Stage {
    static STAGE: LazyLock<Stage> = LazyLock::new(|| {
        let plans = vec![plan::office(), Arc::new(plan::read("office", 2))];
        Stage { plans, numbers: NUMBERS.map(str::to_owned).to_vec(), often: OFTEN.map(str::to_owned).to_vec() }
    });
    STAGE.clone()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What many worlds showed.
#[derive(Default)]
struct Sum {
    seeds: u64,
    inputs: u64,
    distribution: Distribution,
    /// The lowest seed that broke a promise, whole.
    failed: Option<Exploration>,
}

/// Explores seeds on all cores; stops soon after one fails.
fn explore_all(stage: &Stage, seeds: &[u64]) -> Sum {
    let sum = Mutex::new(Sum::default());
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || loop {
        let at = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
        let Some(seed) = seeds.get(at) else { return };
        let explored = explore(stage, *seed, EVENTS);
        let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
        sum.seeds += 1;
        sum.inputs += explored.world.inputs();
        sum.distribution.add(&explored.world.distribution());
        if !explored.broken.is_empty() && sum.failed.as_ref().is_none_or(|f| f.seed > explored.seed) {
            sum.failed = Some(explored);
            next.store(u64::MAX / 2, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    sum.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn assert_kept(stage: &Stage, sum: &Sum) {
    if let Some(failed) = &sum.failed {
        if std::env::var_os("STROWGER_SIM_BRIEF").is_some() {
            panic!("seed {}: {}", failed.seed, failed.broken[0]);
        }
        panic!("{}keep the seed in tests/sim/seeds.txt", failed.failure(stage).unwrap());
    }
}

#[test]
fn no_order_of_events_breaks_a_promise() {
    let stage = stage();
    let (first, count) = match number("STROWGER_SIM_N") {
        Some(count) => (number("STROWGER_SIM_SEED").unwrap_or(SEEDS + 1), count),
        None => (1, SEEDS),
    };
    let begun = Instant::now();
    let seeds: Vec<u64> = (first..first + count).collect();
    let sum = explore_all(&stage, &seeds);
    let seconds = begun.elapsed().as_secs_f64();
    println!("{}", sum.distribution);
    println!(
        "{} seeds, {} calls, {} inputs in {seconds:.1} s: {:.0} seeds/s",
        sum.seeds,
        sum.distribution.total(CALLS),
        sum.inputs,
        sum.seeds as f64 / seconds
    );
    assert_kept(&stage, &sum);
    if count >= SEEDS && std::env::var_os("STROWGER_SIM_BRIEF").is_none() {
        let dimensions = [CALLS, ENDINGS, TRANSFERS, STATES, OUTCOMES];
        let rare: Vec<String> = dimensions.iter().flat_map(|d| sum.distribution.rarer_than(1, d)).collect();
        assert!(rare.is_empty(), "less than one per cent:\n{}\n{}", rare.join("\n"), sum.distribution);
        for (dimension, what) in REACHED {
            let n = sum.distribution.get(dimension, what);
            assert!(n >= OFTEN_ENOUGH, "{dimension}: `{what}` is only {n} times in {count} seeds");
        }
    }
}

#[test]
fn a_seed_that_failed_once_is_kept() {
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sim/seeds.txt")).unwrap();
    let lines = kept.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let seeds: Vec<u64> = lines.map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
    let stage = stage();
    assert_kept(&stage, &explore_all(&stage, &seeds));
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let stage = stage();
    let text = |seed| narrate(&explore(&stage, seed, EVENTS).world.trace);
    for seed in [1, 77, 20_260_105] {
        let (once, again) = (text(seed), text(seed));
        assert!(once.lines().count() > 50);
        assert_eq!(once, again);
    }
    assert_ne!(text(1), text(2));
}
