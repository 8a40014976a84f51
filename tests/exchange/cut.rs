//! Every scenario again, with something gone wrong at each of its moments.

use super::scenario::{Cut, run};
use super::{plan, scenarios};

/// Runs all scenarios with one kind of cut at every step; says what was broken where.
fn cut(kind: fn(usize) -> Cut<'static>) {
    let plan = plan::office();
    let mut wrong = Vec::new();
    let mut runs = 0;
    for (file, scenario) in scenarios() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let steps = run(&plan, &scenario, Cut::Never).steps;
        for at in 0..=steps {
            runs += 1;
            let run = run(&plan, &scenario, kind(at));
            if !run.broken.is_empty() {
                wrong.push(format!("{name}, {:?}: {}\n{}", kind(at), run.broken.join("\n  "), run.trace));
            }
        }
    }
    assert!(runs > 200, "only {runs} runs");
    assert!(wrong.is_empty(), "{} of {runs}\n{}", wrong.len(), wrong[0]);
}

#[test]
fn the_caller_may_hang_up_at_every_moment() {
    cut(Cut::Caller);
}

#[test]
fn the_target_may_hang_up_at_every_moment() {
    cut(Cut::Target);
}

#[test]
fn the_disk_may_fail_at_every_moment() {
    cut(Cut::Disk);
}

#[test]
fn all_phones_may_go_offline_at_every_moment() {
    cut(Cut::Offline);
}
