//! Flows that lint finds clean are run by the executor: nothing happens that a clean lint excludes.
//! Of flows that are not clean it is seen that such things do happen, or the observer is blind.

use std::collections::{BTreeMap, BTreeSet};

use strowger::base::diagnostic::{Diagnostic, Severity};
use strowger::base::span::FileId;
use strowger::syntax::parse::parse_flow;

use super::author::Author;
use super::calls::{Seen, Stage, call};
use super::inject::print;
use super::{Dice, effort};

/// Steps that are run with the usual effort; a million with an effort of 100.
const STEPS: usize = 10_000;
/// Calls to one site: more than its flows have ways, mostly.
const CALLS: usize = 40;

fn is_clean(found: &[Diagnostic]) -> bool {
    found.iter().all(|d| d.severity != Severity::Error)
}

#[test]
fn clean_flows_do_nothing_that_a_clean_lint_excludes() {
    let (stage, mut author, mut dice, mut seen) = (Stage::new(), Author::new(3), Dice::new(4), Seen::default());
    let (mut tried, mut clean, mut unclean) = (0, 0, BTreeMap::<&str, usize>::new());
    while seen.steps < STEPS * effort() {
        let file = author.file();
        tried += 1;
        let (plan, found) = stage.plan(&file);
        if is_clean(&found) && !plan.site.numbers.exact.is_empty() {
            clean += 1;
            call(&plan, &mut dice, CALLS, &mut seen);
            let wrong: Vec<String> = seen.wrong.iter().map(|(kind, story)| format!("{kind}:\n{story}")).collect();
            assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), print(&file));
        }
        let rules: BTreeSet<&str> = found.iter().filter(|d| d.severity == Severity::Error).map(|d| d.rule).collect();
        rules.into_iter().for_each(|rule| *unclean.entry(rule).or_default() += 1);
    }
    println!("{} steps in {} calls of {clean} sites, of {tried} that were written", seen.steps, seen.calls);
    println!("the others had {unclean:?}");
    for (way, count) in &seen.ways {
        println!("{count:8} {way}");
    }
}

/// What an unclean lint warns of does happen.
#[test]
fn unclean_flows_do_what_their_findings_say() {
    let (stage, mut author, mut dice) = (Stage::new(), Author::new(5), Dice::new(6));
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..300 {
        let file = author.file();
        let (plan, found) = stage.plan(&file);
        let whole = plan.flows.values().all(|g| g.complete);
        if is_clean(&found) || !whole || plan.site.numbers.exact.is_empty() {
            continue;
        }
        let mut seen = Seen::default();
        call(&plan, &mut dice, 5, &mut seen);
        for kind in seen.wrong.keys() {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    println!("{kinds:?}");
    for kind in ["a flow that failed", "a flow without an end", "no guard for a leg outside"] {
        assert!(kinds.contains_key(kind), "`{kind}` is never seen: {kinds:?}");
    }
}

/// Who talked to somebody was answered by that: what the flow says afterwards is heard.
#[test]
fn who_was_rung_answers_the_caller_too() {
    let text = "flow f0 { step s { ring user us_dana max_duration 1m { answered { play \"sorry\"  hangup }  otherwise { hangup } } } }";
    let (file, found) = parse_flow(FileId(0), text);
    assert_eq!(found, []);
    let (plan, found) = Stage::new().plan(&file);
    assert!(is_clean(&found), "{found:?}");
    let (mut dice, mut seen) = (Dice::new(8), Seen::default());
    call(&plan, &mut dice, 3 * CALLS, &mut seen);
    assert_eq!(seen.wrong, BTreeMap::new());
    assert!(seen.ways.contains_key("ring: answered"), "{:?}", seen.ways);
}
