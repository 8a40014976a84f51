//! `strowger replay`, of a call that was played before: what it tells, and what it ends with.

use std::sync::Arc;

use strowger::flowtest::DEFAULT_START;
use strowger::runtime::translate;
use strowger::sim::{Walk, walk};
use strowger::store::{DATABASE, Store};
use strowger::workspace;

use super::{copy, golden, run};

#[test]
fn a_recorded_call_is_told_again_and_a_change_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    copy(&std::path::Path::new(super::ROOT).join("examples/main-line"), &site);
    let nobody = format!("s-{:032x}", 7);
    let mut told = run(&format!("strowger replay {nobody} --site site"), folder.path());
    let (plan, ..) = workspace::load(&site).check(1);
    let plan = Arc::new(plan.unwrap());
    // A customer with an account manager, who takes the call.
    let caller = Walk { from: "+442079460111".into(), to: "+442079460000".into(), ..Walk::default() };
    let world = walk(&plan, &caller, 1, DEFAULT_START);
    let journal = world.lives().journals.first().unwrap();
    std::fs::create_dir(site.join(".state")).unwrap();
    let (store, records) = Store::open(&site.join(".state").join(DATABASE), |_| {}).unwrap();
    records.plan(journal.plan_digest, translate::parts(&plan));
    records.journal(journal.call, journal.root, journal.plan_digest, journal.bytes.clone());
    let mut damaged = journal.bytes.clone();
    damaged[60] ^= 4;
    records.journal(strowger::base::id::CallId(7), journal.root, journal.plan_digest, damaged);
    assert_eq!(store.close(), 0);
    let again = format!("strowger replay {} --site site", journal.call);
    told.push_str(&run(&again, folder.path()));
    told.push_str(&run(&format!("{again} --json"), folder.path()));
    told.push_str(&run(&format!("strowger replay {nobody} --site site"), folder.path()));
    told.push_str(&run(&format!("strowger replay s-{:032x} --site site", 8), folder.path()));
    told.push_str(&run("strowger replay 4711 --site site", folder.path()));
    let flow = site.join("flows/main_line.flow");
    let text = std::fs::read_to_string(&flow).unwrap();
    std::fs::write(&flow, text.replace("ring 20s", "ring 10s").replace("play \"welcome\"", "play \"sorry\"")).unwrap();
    told.push_str(&run(&again, folder.path()));
    told.push_str(&run(&format!("{again} --anyway"), folder.path()));
    golden("tests/cli/replay.told", &told);
}
