//! Subflows in a live call: what the trace and the record say, tests that cover them, and a reload
//! while one runs.

use std::sync::Arc;

use strowger::base::span::Sources;
use strowger::base::time::{Micros, Wall};
use strowger::call::cause::CauseKind;
use strowger::call::leg::{Name, Origin};
use strowger::exchange::Plan;
use strowger::flowtest;
use strowger::sim::{FarEnd, Moment, Walk, World, narrate, walk};
use strowger::syntax::document;

use super::plan;
use crate::syntax::golden;

/// In the place of the site's flow `plain`, which 110 starts.
const FLOWS: &str = r#"flow plain {
  guard standard
  step start {
    answer
    tag before "${session.flow}.${session.step}"
    run ask(tries: 1) {
      outside -> next
      nobody  -> bye
    }
    run place(to: "+442071838750") { lost(why) { tag why (why) }  talked -> next }
    tag after "${session.flow}.${session.step} ${outcome}"
    -> bye
  }
  step bye { hangup }
}

subflow ask(tries: number) -> outside, nobody {
  step start {
    tag within "${session.flow}.${session.step}"
    play "welcome"
    menu "choose" tries (tries) { 1 { return outside }  otherwise { return nobody } }
  }
}

subflow place(to: text) -> lost(why: text), talked {
  step start {
    transfer to number (to) ring 10s resume true {
      ended     { return talked }
      otherwise { return lost(outcome) }
    }
  }
}

flow plain_before {"#;

fn office(edit: impl Fn(String) -> String) -> Arc<Plan> {
    Arc::new(plan::edited("office", 1, |text| edit(text.replacen("flow plain {", FLOWS, 1))))
}

fn walked(plan: &Arc<Plan>, presses: &str) -> World {
    let what = Walk { from: "+442079460111".into(), to: "110".into(), by: None, presses: vec![presses.to_owned()] };
    walk(plan, &what, 1, Wall(1_767_600_000_000))
}

#[test]
fn the_story_of_a_call_names_the_steps_of_subflows() {
    let world = walked(&office(|text| text), "1");
    golden("tests/exchange/subflows.story", &narrate(&world.trace));
    assert_eq!(world.left_over(), Vec::<String>::new());
}

#[test]
fn what_a_record_says_of_subflows() {
    let world = walked(&office(|text| text), "7");
    let record = world.trace.iter().find_map(|(_, m)| match m {
        Moment::Record(record) => Some(record),
        _ => None,
    });
    let record = record.unwrap();
    let tags: Vec<(&str, &str)> = record.tags.iter().map(|(k, v)| (k.as_ref(), v.as_ref())).collect();
    assert_eq!(tags, [("before", "plain.start"), ("within", "ask.start")]);
    assert_eq!(record.flows, [Name::from("plain")]);
}

#[test]
fn coverage_counts_subflows() {
    let text = "test: one\ncall: {from: \"+442079460111\", to: \"110\"}\n\
                steps: [{hears: welcome}, {hears: choose}, {presses: \"1\"}, {talks_to: \"+442071838750\"}, hangs_up]\n";
    let mut sources = Sources::default();
    let file = sources.add("main.test.yaml", text);
    let (scripts, found) = flowtest::read(&document::parse(file, text).0);
    assert!(found.is_empty(), "{found:?}");
    let suite = flowtest::run_all(&office(|text| text), scripts);
    let missing = |flow: &str| -> Vec<String> {
        let covered = suite.coverage.iter().find(|c| *c.flow == *flow).unwrap();
        covered.missing.iter().map(|b| b.what.clone()).collect()
    };
    assert!(suite.passed());
    assert_eq!(missing("ask"), ["`menu` in step `start`: `otherwise`"]);
    assert_eq!(missing("place"), ["`transfer` in step `start`: `ended`", "`transfer` in step `start`: `otherwise`"]);
    let plain = missing("plain");
    assert!(plain.contains(&"`run` in step `start`: `nobody`".to_owned()), "{plain:?}");
    assert!(!plain.contains(&"`run` in step `start`: `outside`".to_owned()), "{plain:?}");
}

/// A call goes on with the subflows that it began with, those it has not run yet included.
#[test]
fn a_reload_changes_no_subflow_of_a_live_call() {
    let (old, new) = (office(|text| text), office(|text| text.replace("play \"welcome\"\n    menu", "menu")));
    let changed = |text: String| text.replace("return lost(outcome)", "return lost(\"changed\")");
    let newer = office(changed);
    let mut world = World::new(old, 1, Wall(1_767_600_000_000));
    world.far_ends.insert("+442071838750".into(), FarEnd::refuses(CauseKind::Busy));
    let caller = world.call(Origin::Trunk("carrier".into()), "+442079460111", "110");
    world.run_for(Micros::from_ms(100));
    world.reload(new);
    world.reload(newer);
    world.run_for(Micros::from_secs(8));
    world.press(caller, '1');
    world.run_for(Micros::from_secs(30));
    let story = narrate(&world.trace);
    assert!(story.contains("hears `welcome`") && story.contains("why=busy"), "{story}");
}
