//! The seeded stranger. `STROWGER_SIM_SEEDS=N` explores N seeds, `STROWGER_SIM_SEED=S` only that one.

use std::collections::BTreeMap;
use std::sync::Arc;

use strowger::exchange::Plan;
use strowger::sim::{explore, narrate};

use super::plan;

const EVENTS: u32 = 150;
const SEEDS: u64 = 200;
/// Dialled beside the site's own numbers: allowed, allowed to nobody, an emergency, nonsense.
const NUMBERS: [&str; 7] =
    ["+442071838750", "+442071838751", "02071838752", "+15551234567", "999", "*69", "+44 20 7183"];

fn plans() -> Vec<Arc<Plan>> {
    vec![plan::office(), Arc::new(plan::read("office", 2))]
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn no_order_of_events_breaks_a_promise() {
    let plans = plans();
    let mut all: BTreeMap<String, u32> = BTreeMap::new();
    let seeds = match number("STROWGER_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..number("STROWGER_SIM_SEEDS").unwrap_or(SEEDS) + 1,
    };
    let count = seeds.end - seeds.start;
    for seed in seeds {
        let explored = explore(&plans, &NUMBERS, seed, EVENTS);
        let text = || narrate(&explored.world.trace);
        assert!(explored.broken.is_empty(), "{}\nseed {seed}: {}", text(), explored.broken.join("\n"));
        for (what, n) in explored.distribution() {
            *all.entry(what).or_default() += n;
        }
    }
    let shown: Vec<String> = all.iter().map(|(what, n)| format!("{n:6} {what}")).collect();
    println!("{}", shown.join("\n"));
    if count >= SEEDS {
        for what in EXPECTED {
            assert!(all.contains_key(what), "`{what}` never happens in {count} seeds:\n{}", shown.join("\n"));
        }
    }
}

/// Each end of a transfer, of a REFER and of a call happens, or the stranger explores too little.
const EXPECTED: [&str; 31] = [
    "talk",
    "hold",
    "disk failed",
    "refer answered 202",
    "refer answered 404",
    "refer answered 603",
    "notified 180",
    "notified 200",
    "notified 486",
    "notified 487",
    "decided OK_PSTN",
    "decided EMERGENCY_ALWAYS_ALLOWED",
    "decided FLOW_TRANSFER_UNGUARDED",
    "decided REGION_NOT_ALLOWED",
    "decided PSTN_BLIND_TRANSFER_NOT_PERMITTED",
    "transfer: denied",
    "transfer: ended",
    "transfer: failed",
    "transfer: full",
    "transfer: limit",
    "transfer: loop",
    "transfer: no_agents",
    "transfer: timeout",
    "transfer: unreachable",
    "menu: 1",
    "menu: timeout",
    "call ended normal",
    "call ended busy",
    "call ended declined",
    "call ended offline",
    "call ended invalid_number",
];

#[test]
fn the_same_seed_gives_the_same_trace() {
    let plans = plans();
    let text = |seed| narrate(&explore(&plans, &NUMBERS, seed, EVENTS).world.trace);
    for seed in [1, 77, 20_260_105] {
        let (once, again) = (text(seed), text(seed));
        assert!(once.lines().count() > 50);
        assert_eq!(once, again);
    }
    assert_ne!(text(1), text(2));
}
