//! What is found does not depend on how many threads look for it.

use strowger::base::span::FileId;
use strowger::lint::{self, Aim, InOrder, Workers, registry};
use strowger::syntax::ast::{File, Item};
use strowger::syntax::parse::parse_flow;
use strowger::workspace::Threads;

use crate::flow::site::{policies, site};

/// The examples of all rules as one site: flows of many kinds and sizes.
fn flows() -> Vec<File> {
    let texts = registry::all().flat_map(|rule| [rule.good, rule.bad]);
    let mut files = Vec::new();
    for (n, text) in (0..).zip(texts) {
        let (mut file, _) = parse_flow(FileId(n), text);
        for item in &mut file.items {
            if let Item::Flow(flow) = item {
                flow.name.value = format!("{}_{n}", flow.name.value);
            }
        }
        files.push(file);
    }
    files
}

#[test]
fn threads_find_what_one_finds() {
    let files = flows();
    assert!(files.len() > 60);
    let (site, policies) = (site(), policies());
    let (one, found) = lint::compile_by(&InOrder, Aim::Flows, &site, &policies, &files);
    assert!(found.len() > 50, "{}", found.len());
    for _ in 0..5 {
        let (many, same) = lint::compile_by(&Threads, Aim::Flows, &site, &policies, &files);
        assert_eq!(same, found);
        assert_eq!(many.graphs.keys().collect::<Vec<_>>(), one.graphs.keys().collect::<Vec<_>>());
    }
}

#[test]
fn results_are_in_the_order_of_the_parts() {
    for count in [0_usize, 1, 7, 8, 1_000] {
        let parts: Vec<usize> = (0..count).collect();
        assert_eq!(Threads.each(&parts, |n| n * 2), InOrder.each(&parts, |n| n * 2));
    }
}

#[test]
fn a_panic_in_one_part_is_not_lost() {
    let parts: Vec<usize> = (0..100).collect();
    let work = |n: &usize| assert!(*n != 57, "this part");
    assert!(std::panic::catch_unwind(|| Threads.each(&parts, work)).is_err());
}
