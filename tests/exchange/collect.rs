//! Collecting keys alone: what is pressed, and when nothing is.

use std::sync::Arc;

use strowger::call::audio::AudioSource;
use strowger::call::collect::{Act, Collect};
use strowger::call::spec::{Accept, CollectSpec, Collected, Prompts};

fn spec(accept: Accept) -> CollectSpec {
    let prompt = |length_ms| -> Prompts { Arc::from([AudioSource::Pause { length_ms }]) };
    CollectSpec {
        prompt: prompt(1),
        invalid: Some(prompt(2)),
        silent: Some(prompt(3)),
        accept,
        end: Some('#'),
        timeout_ms: 5_000,
        inter_digit_ms: 2_000,
        tries: 2,
        barge_in: true,
        hidden: false,
    }
}

fn keys(patterns: &[&str], extensions: &[&str]) -> Accept {
    let all = |list: &[&str]| list.iter().map(|s| Arc::from(*s)).collect();
    Accept::Keys { patterns: all(patterns), extensions: all(extensions) }
}

/// `p1` plays the prompt, `p2` the notice after a wrong entry, `p3` after silence; `w5` waits five
/// seconds; `.` goes on; then how it ended.
fn shown(act: &Act) -> String {
    match act {
        Act::Play(prompts) => match prompts.first() {
            Some(AudioSource::Pause { length_ms }) => format!("p{length_ms}"),
            other => format!("{other:?}"),
        },
        Act::Wait { timeout_ms } => format!("w{}", timeout_ms / 1_000),
        Act::Continue => ".".into(),
        Act::Finish(Collected::Digits(digits)) => format!("digits {digits}"),
        Act::Finish(Collected::Key { pattern, keys }) => format!("key {pattern} {keys}"),
        Act::Finish(Collected::Extension(keys)) => format!("extension {keys}"),
        Act::Finish(Collected::Timeout) => "timeout".into(),
        Act::Finish(Collected::Invalid) => "invalid".into(),
    }
}

/// Keys as they are; `p` the end of what plays, `t` the end of the waiting time.
fn run(spec: CollectSpec, events: &str) -> String {
    let (mut collect, first) = Collect::start(spec);
    let mut acts = vec![shown(&first)];
    for event in events.chars() {
        acts.push(shown(&match event {
            'p' => collect.played(),
            't' => collect.timeout(),
            key => collect.key(key),
        }));
    }
    acts.join(" ")
}

#[test]
fn menus() {
    let menu = keys(&["1", "12", "5x", "*", "#", "0"], &["103", "10", "700"]);
    let cases = [
        ("p*", "p1 w5 key 3 *"),
        ("*", "p1 key 3 *"),
        ("p0", "p1 w5 key 5 0"),
        // `1` may become `12` or an extension: the pause or `#` decides.
        ("1t", "p1 w2 key 0 1"),
        ("1#", "p1 w2 key 0 1"),
        ("12", "p1 w2 key 1 12"),
        ("103", "p1 w2 w2 extension 103"),
        ("10t", "p1 w2 w2 extension 10"),
        ("10#", "p1 w2 w2 extension 10"),
        ("700", "p1 w2 w2 extension 700"),
        ("70t", "p1 w2 w2 p2"),
        ("57", "p1 w2 key 2 57"),
        ("5*", "p1 w2 p2"),
        ("5t", "p1 w2 p2"),
        // `#` is a label of its own, so that it ends nothing at the beginning.
        ("#", "p1 key 4 #"),
        ("8", "p1 p2"),
        ("8pp8", "p1 p2 p1 w5 invalid"),
        // A key during the notice begins the next try.
        ("80", "p1 p2 key 5 0"),
        ("ptppt", "p1 w5 p3 p1 w5 timeout"),
        ("ptpp8", "p1 w5 p3 p1 w5 invalid"),
    ];
    for (events, wanted) in cases {
        assert_eq!(run(spec(menu.clone()), events), wanted, "{events}");
    }
}

#[test]
fn a_label_may_have_the_end_key_inside() {
    let menu = keys(&["1#2", "1"], &[]);
    assert_eq!(run(spec(menu.clone()), "1#2"), "p1 w2 w2 key 0 1#2");
    assert_eq!(run(spec(menu), "1t"), "p1 w2 key 1 1");
}

#[test]
fn exact_labels_win_over_wild_ones() {
    assert_eq!(run(spec(keys(&["xx", "11"], &["12"])), "11"), "p1 w2 key 1 11");
    assert_eq!(run(spec(keys(&["xx", "11"], &["12"])), "12"), "p1 w2 key 0 12");
}

#[test]
fn digits() {
    let cases = [
        ("1234#", "p1 w2 w2 w2 w2 digits 1234"),
        ("123456", "p1 w2 w2 w2 w2 w2 digits 123456"),
        ("1234t", "p1 w2 w2 w2 w2 digits 1234"),
        ("12t", "p1 w2 w2 p2"),
        ("12#p12#", "p1 w2 w2 p2 p1 w2 w2 invalid"),
        ("#", "p1 p2"),
        ("1*", "p1 w2 p2"),
        ("A", "p1 p2"),
        ("pt", "p1 w5 p3"),
        ("ptppt", "p1 w5 p3 p1 w5 timeout"),
    ];
    for (events, wanted) in cases {
        assert_eq!(run(spec(Accept::Digits { min: 4, max: 6 }), events), wanted, "{events}");
    }
}

#[test]
fn without_barge_in_keys_count_after_the_prompt_only() {
    let spec = CollectSpec { barge_in: false, ..spec(keys(&["1"], &[])) };
    assert_eq!(run(spec, "1p1"), "p1 . w5 key 0 1");
}

#[test]
fn without_prompts_it_waits_at_once() {
    let bare = CollectSpec { prompt: Arc::from([]), invalid: None, silent: None, ..spec(keys(&["1"], &[])) };
    assert_eq!(run(bare.clone(), "tt"), "w5 w5 timeout");
    assert_eq!(run(bare, "2t"), "w5 w5 timeout");
}

#[test]
fn an_entry_has_an_end() {
    let endless = Accept::Digits { min: 1, max: 10_000 };
    let acts = run(CollectSpec { tries: 1, ..spec(endless) }, &"1".repeat(100));
    assert_eq!(acts.matches("w2").count(), 64);
    assert!(acts.contains("invalid"), "{acts}");
}
