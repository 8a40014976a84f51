//! What a change does: each file of `tests/diff/` holds an old and a new version, apart by a line
//! `=====`, and what is said of it is beside it. A first line `//! yaml` says that the new version
//! is in the other form.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use strowger::base::span::FileId;
use strowger::diff::{self, Change, Kind, Level, Version};
use strowger::fmt::{self, Form};
use strowger::lint;
use strowger::policy::{self, Scope};
use strowger::site::check;
use strowger::syntax::document;
use strowger::syntax::parse::parse_flow;
use strowger::syntax::yaml::parse_yaml_flow;

use crate::flow::site::{policies, site};
use crate::syntax::{fixtures, golden, source};

/// The differences of two texts; a `.flow` is told from a `.flow.yaml` by how it begins.
fn between(old: &str, new: &str) -> Vec<Change> {
    let tree = |text: &str, file| {
        let yaml = text.lines().any(|line| line.starts_with("flow:"));
        let (tree, found) = if yaml { parse_yaml_flow(FileId(file), text) } else { parse_flow(FileId(file), text) };
        assert!(found.is_empty(), "{found:?}\n{text}");
        [tree]
    };
    let (old, new) = (tree(old, 0), tree(new, 1));
    let (site, policies) = (site(), policies());
    let (before, _) = lint::compile(&site, &policies, &old);
    let (after, _) = lint::compile(&site, &policies, &new);
    let a = Version { site: None, policies: &policies, trees: &old, graphs: &before.graphs };
    let b = Version { site: None, policies: &policies, trees: &new, graphs: &after.graphs };
    diff::diff(a, b)
}

fn said(changes: &[Change]) -> String {
    let line = |c: &Change| {
        let at = if c.step.is_empty() { c.flow.clone() } else { format!("{} > {}", c.flow, c.step) };
        format!("{:8} {}: {}: {}\n", c.level().name(), c.kind.name(), at, c.message)
    };
    if changes.is_empty() { "no difference\n".to_owned() } else { changes.iter().map(line).collect() }
}

#[test]
fn pairs_are_as_blessed() {
    let mut seen = BTreeSet::new();
    for (path, text) in fixtures("tests/diff", "pair") {
        let (old, new) = text.split_once("=====\n").unwrap();
        let changes = between(old, new);
        seen.extend(changes.iter().map(|c| c.kind));
        golden(&path.replace(".pair", ".said"), &said(&changes));
        // Nothing differs from itself, and what is added one way is removed the other.
        assert_eq!(between(new, new), [], "{path}");
        assert_eq!(between(new, old).is_empty(), changes.is_empty(), "{path}");
    }
    let of_sites = [
        Kind::PolicyWidened,
        Kind::PolicyTightened,
        Kind::PolicyChanged,
        Kind::NumberChanged,
        Kind::SiteChanged,
        Kind::RightWidened,
    ];
    let missing: Vec<&str> =
        Kind::ALL.iter().filter(|k| !seen.contains(k) && !of_sites.contains(k)).map(|k| k.name()).collect();
    assert_eq!(missing, [""; 0], "every kind has a pair that shows it");
}

/// The other form of a flow, and the canonical form of a flow, are the same flow.
#[test]
fn spelling_is_no_difference() {
    for path in ["examples/helpdesk/flows/main_line.flow", "tests/flow/transfers.flow", "tests/picture/company.flow"] {
        let text = source(path);
        let order = |_: &str| -> &'static [&'static str] { &[] };
        let yaml = fmt::convert(&text, Form::Flow, Form::Yaml, &order).unwrap().text;
        assert_eq!(said(&between(&text, &yaml)), "no difference\n", "{path}");
        let commented = text.replace("  step ", "  // a comment\n\n  step ");
        assert_eq!(said(&between(&text, &commented)), "no difference\n", "{path}");
    }
}

/// Each arrow and each bound of an example, changed one at a time, is found at its step.
#[test]
fn each_small_change_is_found() {
    let text = source("examples/helpdesk/flows/main_line.flow");
    let mut changed = 0;
    for (from, to) in [
        ("1         -> dana", "1         -> support"),
        ("2         -> partner", "2         -> sorry"),
        ("otherwise -> sorry\n    }\n  }\n\n  step dana", "otherwise -> dana\n    }\n  }\n\n  step dana"),
        ("{ otherwise -> support }", "{ otherwise -> sorry }"),
        ("no_answer, busy -> choose", "no_answer, busy -> sorry"),
        ("{ play \"not-allowed\"  -> choose }", "{ play \"not-allowed\"  -> sorry }"),
        ("visits 3 otherwise", "visits 30 otherwise"),
        ("timeout 5s", "timeout 50s"),
        ("tries 2", "tries 1"),
        ("ring 25s", "ring 5s"),
        ("max_wait 2m", "max_wait 3m"),
        ("\"+442071838750\"", "\"+442071838751\""),
        ("  guard standard\n", "  guard strict\n"),
        ("failed -> sorry", "failed -> support"),
        ("play \"welcome\"", "play \"sorry\""),
        ("to user us_dana", "to user us_ravi"),
        ("-> choose\n  }\n\n  step choose", "-> support\n  }\n\n  step choose"),
    ] {
        assert!(text.contains(from), "{from}");
        let found = between(&text, &text.replacen(from, to, 1));
        assert!(!found.is_empty(), "{from} to {to} is not seen");
        changed += 1;
    }
    assert_eq!(changed, 17);
}

const SITE: &str = "strowger: 1
site: acme
listen: {sip: [\"udp:127.0.0.1:5060\"]}
numbers: {\"100\": main_line, \"2*\": desk}
users:
  us_dana: {extension: \"102\", name: Dana, password: generated, max_simultaneous: 2}
  us_ravi: {password: generated}
queues:
  sales: {extension: \"700\", agents: [us_dana], max_wait: 5m}
trunks:
  carrier: {address: \"sip:127.0.0.1:5080\", match: [\"127.0.0.1/32\"], prefixes: [\"+44\"], transfers: deny}
lists: {vip: [\"+442079460001\"]}
timezone: Europe/London
hours: {office: {country: GB, open: \"Mo-Fr 09:00-17:00; PH off\"}}
rotas: {night: {shifts: [{who: [us_dana, \"+442071838751\"], when: \"24/7\"}]}}
groups: {desk: [us_dana, us_ravi]}
credentials: {cards: {pins: \"env:CARD_PINS\", max_wrong: 3, locked_for: 15m}}
tables:
  people:
    columns: {number: phone, name: text, manager: phone}
    key: number
    rows: [{number: \"+442079460001\", name: Ann, manager: \"+442071838752\"}]
libraries: {bank: libs/bank}
tokens: {admin: generated}
limits: {max_hops: 10}
transfers: {ring: 30s, recall: {retries: 2, delay: 10s}, fallback: {queue: sales}}
policy: standard
";

fn sites(new: &str) -> Vec<Change> {
    let read = |text: &str, file| {
        let (site, found) = check::check_bytes(FileId(file), text.as_bytes());
        site.unwrap_or_else(|| panic!("{found:?}"))
    };
    let (a, b) = (read(SITE, 0), read(new, 1));
    let (policies, graphs) = (BTreeMap::new(), BTreeMap::new());
    let version = |site| Version { site: Some(site), policies: &policies, trees: &[], graphs: &graphs };
    diff::diff(version(&a), version(&b))
}

#[test]
fn changes_of_the_site_file() {
    assert_eq!(sites(&SITE.replace(", max_wait: 5m", ", max_wait: 300s")), []);
    let mut out = String::new();
    for (from, to) in [
        ("\"100\": main_line", "\"100\": other"),
        ("\"2*\": desk", "\"3*\": desk"),
        ("max_simultaneous: 2", "max_simultaneous: 9"),
        ("name: Dana,", "name: Dana, allow_pstn_blind_transfer: true,"),
        ("max_wait: 5m", "max_wait: 1m"),
        ("max_wait: 5m", "max_wait: 5m, max_ewt: 10m, handle_time: 1m"),
        ("[\"+44\"]", "[\"+\"]"),
        ("transfers: deny", "transfers: guarded"),
        ("transfers: deny", "caller_numbers: pass_through"),
        ("127.0.0.1/32", "10.0.0.0/8"),
        ("max_hops: 10", "max_hops: 50"),
        ("policy: standard\n", ""),
        ("policy: standard", "policy: strict"),
        ("\"+442079460001\"", "\"+442079460002\""),
        ("timezone: Europe/London", "timezone: UTC"),
        ("09:00-17:00", "09:00-20:00"),
        ("country: GB, ", ""),
        ("+442071838751", "+442071838759"),
        ("when: \"24/7\"", "when: \"Sa-Su 00:00-24:00\""),
        ("[us_dana, us_ravi]", "[us_dana]"),
        ("max_wrong: 3", "max_wrong: 9"),
        ("locked_for: 15m", "locked_for: 1m"),
        ("CARD_PINS", "OTHER_PINS"),
        ("name: Ann", "name: Bob"),
        ("+442071838752", "+442071838753"),
        ("bank: libs/bank", "bank: libs/other"),
        ("tokens: {admin: generated}\n", ""),
        ("5060", "5061"),
        ("ring: 30s", "ring: 1m"),
        ("retries: 2", "retries: 1"),
        ("delay: 10s", "delay: 20s, ring: 20s"),
        ("{queue: sales}", "hang_up"),
        ("{queue: sales}", "{hang_up: sorry}, transferor_leaves: recall"),
        ("{queue: sales}", "{flow: desk}, caller_leaves: stay"),
    ] {
        assert!(SITE.contains(from), "{from}");
        out.push_str(&format!("{from:?} => {to:?}\n{}", said(&sites(&SITE.replacen(from, to, 1)))));
    }
    golden("tests/diff/site.said", &out);
}

const POLICY: &str = "fraud_policy:
  version: 1
  id: standard
  dial_plan: {home_region: GB, international: \"00\"}
  destinations: {default: deny, allow_regions: [GB], allow_numbers: [\"+442071838750\"]}
  limits: {max_transfer_hops: 3}
";

#[test]
fn changes_of_a_policy() {
    let read = |text: &str, file| {
        let (nodes, _, found) = document::parse(FileId(file), text);
        assert!(found.is_empty(), "{found:?}");
        let (policy, found) = policy::read(&nodes[0], Scope::Table);
        assert!(found.is_empty(), "{found:?}");
        BTreeMap::from([("standard".into(), std::sync::Arc::new(policy.unwrap()))])
    };
    let plain = crate::flow::site::site();
    let graphs = BTreeMap::new();
    let mut out = String::new();
    for (from, to) in [
        ("default: deny", "default: allow"),
        ("allow_regions: [GB]", "allow_regions: [GB, FR]"),
        ("allow_numbers: [\"+442071838750\"]", "allow_numbers: []"),
        ("max_transfer_hops: 3", "max_transfer_hops: 9"),
        ("max_transfer_hops: 3", "max_transfer_hops: 2"),
        ("  version: 1\n", "  version: 1\n  mode: shadow\n"),
        ("  version: 1\n", "  version: 1\n  topology: {trunk_to_trunk: allow}\n"),
        ("home_region: GB", "home_region: FR"),
    ] {
        assert!(POLICY.contains(from), "{from}");
        let (a, b) = (read(POLICY, 0), read(&POLICY.replacen(from, to, 1), 1));
        let version = |policies| Version { site: Some(&plain), policies, trees: &[], graphs: &graphs };
        out.push_str(&format!("{from:?} => {to:?}\n{}", said(&diff::diff(version(&a), version(&b)))));
    }
    golden("tests/diff/policy.said", &out);
}

#[test]
fn the_page_lists_every_kind() {
    let page = source("docs/changes.md");
    let table = Kind::ALL.iter().map(|k| format!("| `{}` | {} | {} |\n", k.name(), k.level().name(), k.doc()));
    assert!(page.ends_with(&table.collect::<String>()), "docs/changes.md has another table than `Kind`");
}

#[test]
fn kinds_have_names_of_their_own() {
    let names: BTreeSet<&str> = Kind::ALL.iter().map(|k| k.name()).chain(Level::ALL.map(Level::name)).collect();
    assert_eq!(names.len(), Kind::ALL.len() + Level::ALL.len());
}
