//! The other spelling and back: the same flow, the same findings, no comment lost.

use std::collections::BTreeSet;

use strowger::fmt::{self, FormatError};
use strowger::step::registry;

use super::corpus::{Kind, Sample, other};
use super::fmt::{formatted, said, seen};
use super::shake::shake_flows;

#[test]
fn flows_are_converted() {
    let order = registry::setting_order;
    shake_flows(Kind::Both, |corpus, sample, notes| {
        let Ok(text) = std::str::from_utf8(&sample.bytes) else { return };
        let Sample { at, form, .. } = *sample;
        let there = match fmt::convert(text, form, other(form), &order) {
            Ok(there) => there,
            Err(FormatError::Syntax(found)) => return notes.found(&found),
            // Two steps or settings of one name: lint's business in a flow, no map in YAML.
            Err(FormatError::Changed(what)) if what.contains("twice in one map") => return notes.count("no map"),
            Err(FormatError::Changed(what)) => panic!("would change {what}"),
        };
        notes.count("converted");
        let back = fmt::convert(&there.text, other(form), form, &order)
            .unwrap_or_else(|error| panic!("not converted back: {error}\n{}", there.text));
        let again = fmt::convert(&back.text, form, other(form), &order)
            .unwrap_or_else(|error| panic!("not converted again: {error}\n{}", back.text));
        assert_eq!(formatted(form, &back.text).as_deref(), Ok(back.text.as_str()), "back, and not canonical");
        if there.moved.is_empty() && back.moved.is_empty() && !text.contains("//") && !text.contains('#') {
            assert_eq!(formatted(form, text).as_deref(), Ok(back.text.as_str()), "there and back: {}", there.text);
            assert_eq!(again.text, there.text, "there, back and there");
        }
        seen(notes, &there.text);
        if notes.count_of("converted").is_multiple_of(4) {
            let home = corpus.home(sample);
            let one = home.compiled(at, form, text).found();
            let two = home.compiled(at, other(form), &there.text).found();
            // What is written once for two places by an alias is found once.
            let rules = |found: &[_]| said(found).into_keys().map(|(rule, _)| rule).collect::<BTreeSet<_>>();
            assert_eq!(rules(&one), rules(&two), "findings in the other spelling: `{}`", there.text);
            notes.found(&one);
        }
    });
}
