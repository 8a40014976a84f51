//! Reads test documents: YAML with places in, scripts and findings out.

use std::collections::BTreeMap;

use super::cases;
use super::mocks;
use super::pins;
use super::script::{Call, Record, Script, Sound, Step, StepKind};
use crate::base::diagnostic::Diagnostic;
use crate::base::span::Spanned;
use crate::base::time::{Micros, Wall};
use crate::call::cause::CauseKind;
use crate::call::leg::Name;
use crate::schedule::Moment;
use crate::sim::{Answer, FarEnd, WhenAsked};
use crate::step::args::is_key;
use crate::syntax::document::{Entry, Node, NodeKind};
use crate::syntax::reader::{self, Fields};

/// A Monday morning in office hours, so that a test without `at:` does not depend on the day it runs.
pub const DEFAULT_START: Wall = Wall(1_767_600_000_000);

/// Ways a target can fail, in the words of outcomes.
const REFUSALS: [(&str, CauseKind); 5] = [
    ("busy", CauseKind::Busy),
    ("declined", CauseKind::Declined),
    ("unreachable", CauseKind::Unreachable),
    ("invalid_number", CauseKind::InvalidNumber),
    ("error", CauseKind::Error),
];

/// Every test of a file: one a document, or one a row of a document's `cases`.
pub fn read(documents: &[Node]) -> (Vec<Script>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut scripts = Vec::new();
    for document in documents {
        let tests = cases::expand(document, &mut found);
        for test in &tests {
            let mut of_row = Vec::new();
            scripts.extend(script(test, tests.len(), &mut of_row));
            // What is wrong in every row is one mistake.
            of_row.retain(|one| !found.contains(one));
            found.append(&mut of_row);
        }
    }
    (scripts, found)
}

fn script(document: &Node, rows: usize, found: &mut Vec<Diagnostic>) -> Option<Script> {
    let mut fields = Fields::new(document, "test", found);
    let name = fields.required_text("test");
    let call = fields.required("call");
    let at = fields.text("at");
    let far_ends = fields.entries("far_ends");
    let mocks = fields.entries("mocks");
    let skills = fields.entries("skills");
    let credentials = fields.entries("credentials");
    let registered = fields.optional("registered");
    let steps = fields.list("steps");
    let never = fields.texts("never");
    let record = fields.optional("record");
    let disk = fields.one_of("disk", &["works", "fails"]);
    let policies = fields.one_of("policies", &["as_written", "refuse"]);
    fields.finish();
    let policies_refuse = policies.filter(|word| word.value == "refuse").map(|word| word.span);
    let disk_fails = disk.filter(|word| word.value == "fails").map(|word| word.span);
    let call = call.and_then(|node| read_call(node, found));
    let at = match at {
        Some(text) => moment(&text, found),
        None => Some(Spanned::new(Moment::Exact(DEFAULT_START), document.span)),
    };
    let far_ends = far_ends.iter().filter_map(|e| Some((e.key.clone(), far_end(&e.value, found)?))).collect();
    let (pins, mocks): (Vec<&Entry>, Vec<&Entry>) = mocks.iter().partition(|entry| pins::is_pin(&entry.key.value));
    let pins = pins.into_iter().filter_map(|entry| pins::read(entry, found)).collect();
    let mocks = mocks.into_iter().filter_map(|entry| mocks::read(entry, found)).collect();
    let skills = read_skills(skills, found);
    let credentials = credentials.iter().map(|entry| (entry.key.clone(), read_pins(entry, found))).collect();
    let registered = registered.map(|node| {
        let items = reader::list(node, found).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| reader::text(item, found))
            .map(|t| Spanned::new(Name::from(t.value), t.span))
            .collect()
    });
    let steps = steps.iter().filter_map(|node| step(node, found)).collect();
    let record = record.map(|node| read_record(node, found));
    Some(Script {
        name: name?,
        call: call?,
        at: at?,
        far_ends,
        mocks,
        pins,
        credentials,
        skills,
        registered,
        disk_fails,
        policies_refuse,
        steps,
        never,
        record,
        rows,
    })
}

fn read_call(node: &Node, found: &mut Vec<Diagnostic>) -> Option<Call> {
    let mut fields = Fields::new(node, "call", found);
    let from = fields.text("from").map(|t| t.value).unwrap_or_default();
    let to = fields.required_text("to");
    let by = fields.text("by").map(|t| Spanned::new(Name::from(t.value), t.span));
    fields.finish();
    Some(Call { from, to: to?, by })
}

fn moment(text: &Spanned<String>, found: &mut Vec<Diagnostic>) -> Option<Spanned<Moment>> {
    let moment = Moment::parse(&text.value).map(|at| Spanned::new(at, text.span));
    if moment.is_none() {
        let message = format!("`{}` is no instant", reader::shorten(&text.value));
        let help = "write what clocks show in the site's time zone, such as `2026-01-05T10:00`, or an instant with its \
                    offset, such as `2026-01-05T10:00:00Z`";
        found.push(Diagnostic::error("wrong-type", text.span, message).help(help));
    }
    moment
}

/// `busy`, `no_answer`, or `{rings: 100ms, answers: 2s, hangs_up: 10s, presses: "1"}`.
fn far_end(node: &Node, found: &mut Vec<Diagnostic>) -> Option<FarEnd> {
    if matches!(node.value, NodeKind::Mapping(_)) {
        let mut fields = Fields::new(node, "far end", found);
        let rings = fields.duration_ms("rings").map(|d| Micros::from_ms(d.value));
        let answers = fields.duration_ms("answers").map(|d| Micros::from_ms(d.value));
        let hangs_up = fields.duration_ms("hangs_up").map(|d| Micros::from_ms(d.value));
        let rings_place = fields.key_place("rings");
        let presses = fields.text("presses").and_then(|keys| accept_key(&keys, fields.out()));
        let machine = fields.bool("machine").is_some_and(|flag| flag.value);
        fields.finish();
        let after = answers.unwrap_or(FarEnd::ANSWERS.after);
        if let (Some(rings), Some(place)) = (rings, rings_place)
            && rings >= after
        {
            let message = format!("it answers after {} ms, before it would ring", after.0 / 1_000);
            let help = "let `rings` be less than `answers`, or leave it out";
            found.push(Diagnostic::error("test-far-end", place, message).help(help));
        }
        let rings_after = rings.or(FarEnd::ANSWERS.rings_after);
        let asked = WhenAsked { presses, machine };
        return Some(FarEnd { rings_after, after, answer: Answer::Answers { hangs_up_after: hangs_up }, asked });
    }
    let names: Vec<&str> = ["answers", "no_answer"].into_iter().chain(REFUSALS.iter().map(|(name, _)| *name)).collect();
    let word = reader::one_of(node, &names, found)?;
    Some(match word.value.as_str() {
        "answers" => FarEnd::ANSWERS,
        "no_answer" => FarEnd::NO_ANSWER,
        other => {
            let kind = REFUSALS.iter().find(|(name, _)| *name == other).map_or(CauseKind::Error, |(_, kind)| *kind);
            FarEnd::refuses(kind)
        }
    })
}

/// `hangs_up`, or one key and its value: `hears: welcome`.
fn step(node: &Node, found: &mut Vec<Diagnostic>) -> Option<Step> {
    let span = node.span;
    if let NodeKind::Scalar { .. } = node.value {
        let word = reader::one_of(node, &["silent", "hangs_up", "peer_hangs_up", "ends"], found)?;
        let kind = match word.value.as_str() {
            "silent" => StepKind::Silent,
            "hangs_up" => StepKind::HangsUp,
            "peer_hangs_up" => StepKind::PeerHangsUp,
            _ => StepKind::Ends,
        };
        return Some(Step { kind, span });
    }
    let before = found.len();
    let mut fields = Fields::new(node, "step", found);
    let said = [
        fields.optional("hears").and_then(|node| hears(node, fields.out())),
        fields.text("presses").and_then(|t| presses(&t, fields.out())),
        fields.duration_ms("waits").map(|d| StepKind::Waits(Micros::from_ms(d.value))),
        fields.text("talks_to").map(|t| StepKind::TalksTo(t.value)),
        fields.text("in_queue").map(|t| StepKind::InQueue(t.value)),
        fields.text("refused").map(|t| StepKind::Refused(t.value)),
    ];
    fields.finish();
    let mut said = said.into_iter().flatten();
    let Some(kind) = said.next() else {
        if found.len() == before {
            let help = "write what the caller does or notices, such as `hears: welcome`";
            found.push(Diagnostic::error("test-step", span, "this step says nothing").help(help));
        }
        return None;
    };
    if said.next().is_some() {
        let message = "a step says one thing, but this one says several";
        found.push(Diagnostic::error("test-step", span, message).help("write each as a list item of its own"));
    }
    Some(Step { kind, span })
}

/// Keys as a telephone has them.
fn presses(keys: &Spanned<String>, found: &mut Vec<Diagnostic>) -> Option<StepKind> {
    let wrong = keys.value.chars().find(|key| !is_key(*key));
    let message = match wrong {
        Some(key) => format!("a telephone has no key `{key}`"),
        None if keys.value.is_empty() => "no key is pressed".to_owned(),
        None => return Some(StepKind::Presses(keys.value.clone())),
    };
    let help = "write keys such as `\"12#\"`; a caller who presses nothing is `silent`";
    found.push(Diagnostic::error("test-step", keys.span, message).help(help));
    None
}

/// The one key by which who is called takes the call, or not.
fn accept_key(keys: &Spanned<String>, found: &mut Vec<Diagnostic>) -> Option<char> {
    let mut chars = keys.value.chars();
    let key = chars.next().filter(|key| is_key(*key) && chars.next().is_none());
    if key.is_none() {
        let message = format!("`{}` is not one key of a telephone", reader::shorten(&keys.value));
        let help = "write the key that is pressed when the call asks for one, such as `presses: \"1\"`; without \
                    `presses` none is pressed";
        found.push(Diagnostic::error("test-far-end", keys.span, message).help(help));
    }
    key
}

/// `hears: welcome`, `hears: {prompt: welcome, language: cy}` or `hears: {say: "Hello."}`.
fn hears(node: &Node, found: &mut Vec<Diagnostic>) -> Option<StepKind> {
    if !matches!(node.value, NodeKind::Mapping(_)) {
        let name = reader::text(node, found)?;
        return Some(StepKind::Hears { sound: Sound::Named(name.value), language: None });
    }
    let before = found.len();
    let mut fields = Fields::new(node, "hears", found);
    let prompt = fields.text("prompt").map(|name| Sound::Named(name.value));
    let words = fields.text("say").map(|words| Sound::Words(words.value));
    let language = fields.text("language").map(|word| word.value);
    fields.finish();
    match (prompt, words) {
        (Some(sound), None) | (None, Some(sound)) => Some(StepKind::Hears { sound, language }),
        (both, _) => {
            if found.len() == before {
                let message = if both.is_some() { "one thing is heard, and here are two" } else { "nothing is heard" };
                let help = "write `prompt: NAME` or `say: \"WORDS\"`, and `language: cy` beside it if it matters";
                found.push(Diagnostic::error("test-step", node.span, message).help(help));
            }
            None
        }
    }
}

/// `credentials: {members: {"123456": "1234"}}`: the PINs of one store.
fn read_pins(store: &Entry, found: &mut Vec<Diagnostic>) -> BTreeMap<String, String> {
    let entries = reader::entries(&store.value, found).unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| Some((entry.key.value.clone(), reader::text(&entry.value, found)?.value)))
        .collect()
}

/// `skills: {us_dana: [welsh]}`
fn read_skills(entries: &[Entry], found: &mut Vec<Diagnostic>) -> Vec<(Spanned<Name>, Vec<Spanned<Name>>)> {
    let named = |text: Spanned<String>| Spanned::new(Name::from(text.value), text.span);
    let one = |entry: &Entry, found: &mut Vec<Diagnostic>| {
        let skills = reader::list(&entry.value, found).unwrap_or_default();
        let skills = skills.iter().filter_map(|node| reader::text(node, found)).map(named).collect();
        (named(entry.key.clone()), skills)
    };
    entries.iter().map(|entry| one(entry, found)).collect()
}

fn read_record(node: &Node, found: &mut Vec<Diagnostic>) -> Record {
    let mut fields = Fields::new(node, "record", found);
    let texts = |fields: &mut Fields<'_, '_>, key: &'static str| {
        // Asked for before it is known to be there, so that messages offer it.
        let values = fields.texts(key).into_iter().map(|t| t.value).collect();
        Some(Spanned::new(values, fields.key_place(key)?))
    };
    let hops = fields.integer("hops");
    let hangup_by = fields.one_of("hangup_by", &["caller", "target", "flow", "system"]);
    let flows = texts(&mut fields, "flows");
    let intervals = texts(&mut fields, "intervals");
    let recordings = fields.integer("recordings");
    let tags = fields.entries("tags");
    fields.finish();
    let tags = tags.iter().filter_map(|e| Some((e.key.clone(), reader::text(&e.value, found)?.value))).collect();
    Record { hops, hangup_by, flows, intervals, recordings, tags }
}
