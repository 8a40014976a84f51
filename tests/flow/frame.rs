//! Frames: fixtures against the fake call, and the bounds of a frame.

use std::sync::Arc;

use strowger::base::diagnostic::{Diagnostic, Severity, has_errors};
use strowger::base::span::FileId;
use strowger::base::value::Value;
use strowger::graph::Flows;
use strowger::interp::{EndReason, Frame, Run, StartError, Taken};
use strowger::lint;
use strowger::syntax::parse::parse_flow;

use crate::syntax::{fixtures, golden, rendered};

use super::fake::{Fake, script};
use super::site::{policies, site};

fn compile(name: &str, text: &str) -> Flows {
    let (file, read) = parse_flow(FileId(0), text);
    let files = [file];
    let (flows, compiled) = lint::compile(&site(), &policies(), &files);
    let found = lint::join(&files, read, compiled);
    // A counter that goes round and is not heard shows what a turn may take.
    let wrong: Vec<Diagnostic> =
        found.into_iter().filter(|d| d.severity == Severity::Error && d.rule != "silent-cycle").collect();
    assert!(wrong.is_empty(), "{}", rendered(name, text, &wrong));
    flows
}

fn start(flows: &Flows, name: &str) -> Frame {
    Frame::new(Arc::clone(&flows.graphs[name]), &[]).unwrap()
}

/// Runs `main` by its script; gives everything that was asked of the call.
fn transcript(name: &str, text: &str) -> String {
    let flows = compile(name, text);
    let mut frame = start(&flows, "main");
    let mut fake = Fake { caller: "+442079460001".to_owned(), ..Fake::default() };
    let mut events = script(text);
    let mut run = frame.run(&mut fake);
    loop {
        run = match run {
            Run::Yield => frame.run(&mut fake),
            Run::GotoFlow { flow, args } => {
                fake.acts.push(format!("-> flow {flow} {args:?}"));
                frame = Frame::new(Arc::clone(&flows.graphs[&flow]), &args).unwrap();
                frame.run(&mut fake)
            }
            Run::Ended(reason) => {
                fake.acts.push(format!("ended: {reason:?}"));
                break;
            }
            Run::Sleep => {
                let Some(event) = events.pop_front() else {
                    fake.acts.push(format!("asleep in {} at {}", frame.here().step, frame.here().verb));
                    break;
                };
                fake.acts.push(format!("  < {event}"));
                let completion = fake.completion(&event);
                frame.complete(completion, &mut fake)
            }
        };
    }
    assert!(events.is_empty(), "{name}: the flow was over before {events:?}");
    fake.acts.push(String::new());
    fake.acts.join("\n")
}

#[test]
fn fixtures_ask_what_is_blessed() {
    for (path, text) in fixtures("tests/flow", "flow") {
        golden(&path.replace(".flow", ".acts"), &transcript(&path, &text));
    }
}

const COUNTER: &str = "flow main {
  max_steps 1000000
  var i = 0
  step loop visits 400000 otherwise -> done { set i = (i + 1)  if (i < 1000) -> loop  -> done }
  step done { hangup }
}";

#[test]
fn a_turn_is_bounded_and_goes_on() {
    let flows = compile("counter", COUNTER);
    let mut frame = start(&flows, "main");
    let mut fake = Fake::default();
    let mut turns = 1;
    while frame.run(&mut fake) == Run::Yield {
        assert_eq!(frame.steps_taken(), turns * 256);
        turns += 1;
    }
    // Three ops a round (the step, `set`, `if`), then the last step and `hangup`.
    assert_eq!(frame.steps_taken(), 3 * 1000 + 2);
    assert_eq!(frame.variable("i"), Some(&Value::Int(1000)));
    assert_eq!(fake.acts, ["hangup"]);
}

#[test]
fn max_steps_ends_a_flow() {
    let flows = compile("counter", &COUNTER.replace("max_steps 1000000", "max_steps 500"));
    let mut frame = start(&flows, "main");
    let mut fake = Fake::default();
    assert_eq!(frame.run(&mut fake), Run::Yield);
    assert_eq!(frame.run(&mut fake), Run::Ended(EndReason::MaxSteps));
    assert_eq!(frame.steps_taken(), 500);
}

#[test]
fn a_frame_refuses_arguments_that_do_not_fit() {
    let text =
        "flow main(cause: text, tries: number = 3) { step start { tag cause (cause)  tag tries (tries)  hangup } }";
    // The number 100 starts `main`, so a parameter without default is a finding: not asked here.
    let (file, _) = parse_flow(FileId(0), text);
    let (flows, _) = lint::compile(&site(), &policies(), &[file]);
    let graph = &flows.graphs["main"];
    let with = |args: &[(&str, Value)]| {
        let args: Vec<_> = args.iter().map(|(n, v)| (Arc::from(*n), v.clone())).collect();
        Frame::new(Arc::clone(graph), &args).map(|f| f.variable("tries").cloned())
    };
    assert_eq!(with(&[]), Err(StartError::Missing("cause".into())));
    assert_eq!(with(&[("cause", Value::Int(1))]), Err(StartError::WrongType("cause".into())));
    assert_eq!(with(&[("cause", Value::text("a")), ("x", Value::Int(1))]), Err(StartError::Unknown("x".into())));
    assert_eq!(with(&[("cause", Value::text("a"))]), Ok(Some(Value::Int(3))));
}

#[test]
fn a_flow_with_errors_is_not_run() {
    let (file, _) = parse_flow(FileId(0), "flow main { step start { -> nowhere } }");
    let (flows, found) = lint::compile(&site(), &policies(), &[file]);
    assert!(has_errors(&found));
    assert_eq!(Frame::new(Arc::clone(&flows.graphs["main"]), &[]).err(), Some(StartError::Incomplete));
}

#[test]
fn a_trace_names_the_ways_taken() {
    let text =
        "flow main { step start { answer  menu \"main-menu\" { 1 -> bye  otherwise -> bye } }  step bye { hangup } }";
    let flows = compile("trace", text);
    let mut frame = start(&flows, "main");
    frame.record_trace();
    let mut fake = Fake::default();
    frame.run(&mut fake);
    frame.complete(fake.completion("done"), &mut fake);
    assert_eq!((frame.here().step, frame.here().verb), ("start", "menu"));
    frame.complete(fake.completion("silence"), &mut fake);
    let arms: Vec<u16> = frame
        .take_trace()
        .into_iter()
        .flat_map(|stretch| stretch.ways)
        .filter_map(|way| match way.taken {
            Taken::Arm(_, arm) => Some(arm),
            _ => None,
        })
        .collect();
    assert_eq!(arms, [1]);
    assert!(frame.take_trace().is_empty());
}

#[test]
fn a_completion_for_a_frame_that_does_not_wait_changes_nothing() {
    let flows = compile("counter", COUNTER);
    let mut frame = start(&flows, "main");
    let mut fake = Fake::default();
    assert_eq!(frame.complete(fake.completion("busy"), &mut fake), Run::Yield);
    assert_eq!(frame.steps_taken(), 256);
}

#[test]
fn revisions_tell_flows_apart() {
    let revision = |text: &str| compile("revision", text).graphs["main"].revision;
    let one = revision(COUNTER);
    assert_eq!(one, revision(COUNTER));
    assert_ne!(one, revision(&COUNTER.replace("i + 1", "i + 2")));
    assert_ne!(one, revision(&COUNTER.replace("400000", "400001")));
}

const SPLIT: &str = "flow main {
  step start {
    split { 30% { tag way \"a\" }  0.5% { tag way \"b\" }  69.5% { tag way \"c\" } }
    split sticky (caller.number) { 30% { tag sticky \"a\" }  70% { tag sticky \"b\" } }
    hangup
  }
}";

#[test]
fn a_split_sends_each_share_its_own_way() {
    let flows = compile("split", SPLIT);
    let way = |chance: u32| {
        let mut fake = Fake { chance, ..Fake::default() };
        assert_eq!(start(&flows, "main").run(&mut fake), Run::Ended(EndReason::Done));
        fake.acts[1].clone()
    };
    let ways = [0, 29_999, 30_000, 30_499, 30_500, 99_999].map(way);
    assert_eq!(ways, ["tag way=a", "tag way=a", "tag way=b", "tag way=b", "tag way=c", "tag way=c"]);
}

#[test]
fn a_sticky_split_is_stable_and_fair() {
    let flows = compile("split", SPLIT);
    let way = |caller: u64| {
        let mut fake = Fake { caller: format!("+44207946{caller:04}"), ..Fake::default() };
        start(&flows, "main").run(&mut fake);
        fake.acts[2].clone()
    };
    let ways: Vec<String> = (0..10_000).map(way).collect();
    let share = ways.iter().filter(|w| *w == "tag sticky=a").count();
    assert!((2_850..3_150).contains(&share), "{share} of 10,000");
    assert_eq!(ways[..200], (0..200).map(way).collect::<Vec<_>>());
    // The hash is the same in every version: a caller keeps the way.
    let first: String = ways[..16].iter().map(|w| w.chars().last().unwrap()).collect();
    assert_eq!(first, "bbbabbaabbaabbab");
}

#[test]
fn a_subflow_is_not_started_by_itself() {
    let text =
        "flow main { step start { run out { done { hangup } } } }\nsubflow out -> done { step start { return done } }";
    let flows = compile("subflow", text);
    assert_eq!(Frame::new(Arc::clone(&flows.graphs["out"]), &[]).err(), Some(StartError::Subflow));
    let mut frame = start(&flows, "main");
    frame.record_trace();
    assert_eq!(frame.run(&mut Fake::default()), Run::Ended(EndReason::Done));
    let stretches: Vec<String> = frame.take_trace().iter().map(|t| t.graph.name.to_string()).collect();
    assert_eq!(stretches, ["main", "out", "main"]);
    assert_eq!(frame.steps_taken(), 5);
}

/// A chain of eight subflows runs; each holds the revision that it was linked to.
#[test]
fn the_deepest_chain_runs() {
    use std::fmt::Write;
    let mut text = "flow main { step start { run s1(n: 1) { done(n) { tag n (n) } }  hangup } }\n".to_owned();
    for n in 1..8 {
        writeln!(text, "subflow s{n}(n: number) -> done(n: number) {{ step start {{ run s{}(n: (n + 1)) {{ done(n) {{ return done(n) }} }} }} }}", n + 1).unwrap();
    }
    text.push_str("subflow s8(n: number) -> done(n: number) { step start { return done(n) } }");
    let flows = compile("deep", &text);
    let mut fake = Fake::default();
    assert_eq!(start(&flows, "main").run(&mut fake), Run::Ended(EndReason::Done));
    assert_eq!(fake.acts, ["tag n=8", "hangup"]);
}
