//! Every simulated call, run again from its journal: exactly, and told where it is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use strowger::base::id::CallId;
use strowger::base::time::Wall;
use strowger::call::leg::LegEvent;
use strowger::exchange::Plan;
use strowger::exchange::happened::Happened;
use strowger::exchange::journal::{self, Journal, Read};
use strowger::exchange::replay::{CannotReplay, Verdict, partners, replay};
use strowger::sim::explore::close;
use strowger::sim::retell::{self, Retelling};
use strowger::sim::{Player, World, explore, narrate};

use super::explored::{EVENTS, stage};
use super::plan;
use super::scenario::{self, Cut};

/// A call, and all calls that it was made one with.
fn together(call: CallId, reads: &BTreeMap<CallId, Read>) -> Vec<Read> {
    let mut wanted = vec![call];
    let mut found: Vec<Read> = Vec::new();
    while let Some(call) = wanted.pop() {
        let Some(read) = reads.get(&call) else { continue };
        if found.iter().all(|f| f.call != call) {
            wanted.extend(partners(read).unwrap());
            found.push(read.clone());
        }
    }
    found
}

/// What is wrong with the replays of all these, in words; and how many there were.
fn wrong(plans: &[Arc<Plan>], journals: &[Journal]) -> (usize, Vec<String>) {
    let reads: BTreeMap<CallId, Read> = journals
        .iter()
        .map(|j| (j.call, journal::read(&j.bytes).expect("a journal is read as it was written")))
        .collect();
    let mut wrong = Vec::new();
    let mut count = 0;
    for call in reads.keys() {
        let set = together(*call, &reads);
        match replay(plans, &set, &mut |_| {}) {
            Ok(Verdict::Exact { .. }) => count += 1,
            // Of two that were made one, one was in progress when its process died, and was not taken back or has a
            // journal from then on.
            Err(CannotReplay::Missing(_)) => {}
            other => wrong.push(format!("{call}: {other:?}")),
        }
    }
    (count, wrong)
}

#[test]
fn every_scripted_call_is_replayed_exactly() {
    let plans = vec![plan::office()];
    let mut all = 0;
    for (file, scenario) in super::scenarios() {
        if scenario.script.lines().any(|line| line.starts_with("reload")) {
            continue;
        }
        let run = scenario::run(&plans[0], &scenario, Cut::Never);
        let (count, wrong) = self::wrong(&plans, &run.journals);
        assert!(wrong.is_empty(), "{}:\n{}", file.display(), wrong.join("\n"));
        assert_eq!(count, run.journals.len(), "{}", file.display());
        all += count;
    }
    assert!(all > 100, "{all} calls");
}

#[test]
fn every_explored_call_is_replayed_exactly() {
    let stage = stage();
    let (mut all, mut bytes, mut turns) = (0, 0, 0);
    for seed in 1..=25 {
        let world = explore(&stage, seed, EVENTS).world;
        let journals = &world.lives().journals;
        let (count, wrong) = self::wrong(&stage.plans, journals);
        assert!(wrong.is_empty(), "seed {seed}:\n{}", wrong.join("\n"));
        assert!(count + 10 > journals.len(), "seed {seed}: {count} of {}", journals.len());
        all += count;
        bytes += journals.iter().map(|j| j.bytes.len()).sum::<usize>();
        turns += journals.iter().map(|j| journal::read(&j.bytes).unwrap().turns.len()).sum::<usize>();
    }
    println!("{all} calls, {} turns and {} bytes each", turns / all, bytes / all);
    assert!(all > 300, "{all} calls");
}

/// An account number of four digits, where six would do as well.
const KEYED: &str = "call c from +442079460111 to 111\nwait 4s\npress c 4711\nwait 10s\n";

/// The keys that journals tell.
fn keys(plans: &[Arc<Plan>], journals: &[Journal]) -> String {
    let mut keys = String::new();
    let mut tell = |again: strowger::exchange::replay::Again<'_>| {
        if let Happened::Leg { event: LegEvent::Digit { digit, .. }, .. } = again.what {
            keys.push(*digit);
        }
    };
    for journal in journals {
        replay(plans, &[journal::read(&journal.bytes).unwrap()], &mut tell).unwrap();
    }
    keys
}

#[test]
fn a_secret_is_not_in_the_journal_and_the_call_is_replayed_exactly() {
    let secret = |text: String| {
        text.replace("var account: digits", "var account: secret")
            .replace("tag account (account)", "tag account \"one\"")
    };
    let plans = vec![Arc::new(plan::edited("office", 1, secret))];
    // In answer to the question, and before it was asked.
    for script in [KEYED, "call c from +442079460111 to 111\npress c 4711\nwait 20s\n"] {
        let told = |plans: &[Arc<Plan>]| {
            let run = scenario::run(&plans[0], &scenario::read(script), Cut::Never);
            assert_eq!(wrong(plans, &run.journals), (1, Vec::new()));
            keys(plans, &run.journals)
        };
        assert_eq!(told(&plans), "????");
        assert_eq!(told(&[plan::office()]), "4711", "and keys that are no secret are");
    }
}

#[test]
fn keys_typed_ahead_of_a_menu_are_told() {
    let (plans, journals) = journals_of("call c from +442079460111 to 127\nwait 500ms\npress c 12\nwait 20s\n");
    assert_eq!(keys(&plans, &journals), "12");
    assert_eq!(wrong(&plans, &journals), (1, Vec::new()));
}

#[test]
fn what_two_who_talk_press_is_not_in_the_journal() {
    let (plans, journals) = journals_of("call c by us_dana to 103\nwait 10s\npress c 4711\nwait 5s\nhangup c\n");
    assert_eq!(keys(&plans, &journals), "????");
    assert_eq!(wrong(&plans, &journals), (1, Vec::new()));
}

/// The journals of a scripted call.
fn journals_of(script: &str) -> (Vec<Arc<Plan>>, Vec<Journal>) {
    let plans = vec![plan::office()];
    let run = scenario::run(&plans[0], &scenario::read(script), Cut::Never);
    (plans, run.journals)
}

const TRANSFERRED: &str =
    "call c from +442079460111 to 129\nwait 4s\norder us_dana transfer to user us_ravi\nwait 20s\nhangup c\nwait 1s\n";

#[test]
fn any_byte_that_is_changed_is_told() {
    let (plans, journals) = journals_of(TRANSFERRED);
    let bytes = &journals[0].bytes;
    assert!(bytes.len() > 200, "{}", bytes.len());
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1 << (at % 8);
        assert!(journal::read(&changed).is_err(), "byte {at}");
    }
    assert!(journal::read(&bytes[..bytes.len() - 1]).is_err());
    assert!(journal::read(&[]).is_err());
    assert_eq!(wrong(&plans, &journals), (1, Vec::new()));
}

/// A journal whose body was changed by somebody who knows how it is sealed.
fn sealed(mut bytes: Vec<u8>) -> Option<Read> {
    let body = bytes.len() - 8;
    let sum = strowger::base::fnv::Fnv::new().and(&bytes[..body]).value();
    bytes[body..].copy_from_slice(&sum.to_le_bytes());
    journal::read(&bytes).ok()
}

#[test]
fn what_was_seen_or_put_out_otherwise_is_told() {
    let (plans, journals) = journals_of(TRANSFERRED);
    let bytes = &journals[0].bytes;
    // Behind the head, whose digest and times are for people.
    let head = 1 + 16 + 16 + 1 + 8 + 12;
    let (mut told, mut same) = (0, Vec::new());
    for at in head..bytes.len() - 8 {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        let verdict = sealed(changed).map(|read| replay(&plans, &[read], &mut |_| {}));
        match verdict {
            Some(Ok(Verdict::Exact { .. })) => same.push(at),
            _ => told += 1,
        }
    }
    // What has no consequence (the time of an answer to a request, how a key came) is not told by consequences.
    assert!(told * 100 > (told + same.len()) * 80, "{told} told, not told: {same:?}");
}

#[test]
fn a_site_that_changed_is_told_and_where_the_call_goes_otherwise() {
    let (_, journals) = journals_of(KEYED);
    let mut read = journal::read(&journals[0].bytes).unwrap();
    let other = Arc::new(plan::edited("office", 1, |text| text.replace("min 4 max 6", "min 5 max 6")));
    let plans = [other];
    let changed = plans[0].digested().changed_since(plan::office().digested());
    assert_eq!(changed, ["flow `digits`"]);
    assert_eq!(replay(&plans, &[read.clone()], &mut |_| {}), Err(CannotReplay::Changed(read.call)));
    read.plan_digest = plans[0].digest();
    let Ok(Verdict::Otherwise(otherwise)) = replay(&plans, &[read], &mut |_| {}) else { panic!("it goes as it did") };
    // What was right then is wrong now: the caller hears so.
    assert_ne!(otherwise.then, otherwise.put, "{otherwise:?}");
    assert!(otherwise.turn > 3, "{otherwise:?}");
}

/// A crash in the middle of everything, of which a third of the legs do not come back: no promise is broken, nothing is
/// left over, and every call that goes on is replayed exactly from where it was taken back.
#[test]
fn t60_a_crash_in_the_middle_of_everything_breaks_no_promise() {
    let stage = stage();
    let (mut taken_back, mut all) = (0, 0);
    for seed in 1..=17_u64 {
        let actions = explore(&stage, seed, EVENTS).actions;
        for part in 1..=3 {
            let world = World::new(stage.plans[0].clone(), seed, Wall(1_767_600_000_000));
            let mut player = Player::new(world, &stage.plans);
            for action in &actions[..actions.len() * part / 4] {
                player.act(action);
            }
            let mut world = player.world;
            taken_back += world.lives().kept.len();
            world.crash(|leg| (leg.0 + seed) % 3 != 0);
            close(&mut world);
            assert_eq!(world.left_over(), [""; 0], "seed {seed}, part {part}:\n{}", narrate(&world.trace));
            assert!(world.lives().kept.is_empty(), "seed {seed}: kept for ever");
            let (count, wrong) = wrong(&stage.plans, &world.lives().journals);
            assert!(wrong.is_empty(), "seed {seed}, part {part}:\n{}", wrong.join("\n"));
            all += count;
        }
    }
    println!("{taken_back} calls taken back, {all} replayed");
    assert!(taken_back > 100, "{taken_back}");
}

/// What `strowger replay` tells of these calls.
fn story(plans: &[Arc<Plan>], journals: &[Journal]) -> String {
    let read = journal::read(&journals[0].bytes).unwrap();
    let mut story = Retelling::new(read.began.mono);
    replay(plans, &[read], &mut |again| story.add(again)).unwrap();
    retell::story(&story.trace).concat()
}

#[test]
fn t59_a_replay_tells_transfer_verdict_legs_and_branch() {
    let (plans, journals) = journals_of("call c from +442079460111 to 120\nwait 20s\n");
    let told = story(&plans, &journals);
    let (plans, journals) = journals_of(
        "call a from +442079460111 to 129\nwait 4s\norder us_dana transfer to pstn +442071838750\nwait 1s\n\
         order us_dana consult user us_ravi\nwait 3s\norder complete\nwait 2s\nhangup a\nwait 1s\n",
    );
    let text = format!("{told}\n{}", story(&plans, &journals));
    crate::syntax::golden("tests/exchange/replayed.story", &text);
}
