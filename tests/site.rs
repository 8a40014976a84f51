//! The site file: what it means, and how each mistake is told.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strowger::base::diagnostic::Severity;
use strowger::base::span::FileId;
use strowger::base::value::Value;
use strowger::lint;
use strowger::site::check::{check_bytes, references};
use strowger::site::model::{
    CallerLeaves, Fallback, Recall, Secret, Site, Strategy, TransferorLeaves, Transfers, Transport, TrunkTransfers,
};
use strowger::syntax::parse::parse_flow;

use crate::syntax::{fixtures, golden, rendered, source};

fn read(text: &str) -> Option<Site> {
    let (site, found) = check_bytes(FileId(0), text.as_bytes());
    assert_eq!(found, [], "{}", rendered("strowger.yaml", text, &found));
    site
}

/// A site file with these lines after the required ones.
fn with(lines: &str) -> Site {
    read(&format!("strowger: 1\nsite: acme\nlisten: {{sip: [\"udp:127.0.0.1:5060\"]}}\n{lines}")).unwrap()
}

#[test]
fn bad_sites_say_what_is_wrong() {
    for (path, text) in fixtures("tests/site/bad", "yaml") {
        let (site, found) = check_bytes(FileId(0), text.as_bytes());
        assert!(!found.is_empty(), "{path}: no finding");
        let warns = path.contains("/warns-");
        assert_eq!(site.is_some(), warns, "{path}: a site with errors is no site");
        golden(&path.replace(".yaml", ".stderr"), &rendered(&path, &text, &found));
    }
}

#[test]
fn the_site_of_the_design_is_read() {
    let site = read(&source("tests/site/good/full.yaml")).unwrap();
    assert_eq!(&*site.name, "acme");
    assert_eq!(site.listen.sip.len(), 2);
    assert_eq!(site.listen.sip.get(1).unwrap().transport, Transport::Tcp);
    assert_eq!(site.listen.http.unwrap().port(), 8080);
    let rtp = site.listen.rtp.unwrap();
    assert_eq!((rtp.first_port, rtp.last_port), (10_000, 19_999));
    assert_eq!(&*site.numbers.flow("+442079460000").unwrap().flow, "main_line");
    assert_eq!(&*site.numbers.flow("2345").unwrap().flow, "desk");
    assert_eq!(&*site.numbers.flow("2399").unwrap().flow, "lab", "the longest prefix wins");
    assert_eq!(&*site.numbers.flow("2398").unwrap().flow, "exact", "an exact number wins");
    assert!(site.numbers.flow("3").is_none());
    let dana = site.users.get("us_dana").unwrap();
    assert_eq!((dana.password.clone(), dana.max_simultaneous), (Secret::Generated, Some(3)));
    assert_eq!((&*dana.display, dana.allow_pstn_blind_transfer), ("Dana", Some(true)));
    let ravi = site.users.get("us_ravi").unwrap();
    assert_eq!((ravi.password.clone(), ravi.max_simultaneous), (Secret::Env("RAVI_SIP".to_owned()), None));
    assert_eq!(&*ravi.display, "us_ravi", "who has no name is shown by the one in the file");
    assert_eq!(site.users.get("us_lee").unwrap().password, Secret::File("secrets/lee".to_owned()));
    assert_eq!(site.user_of_extension("102").unwrap().name, dana.name);
    let sales = site.queue_of_extension("700").unwrap();
    assert_eq!((sales.strategy, sales.agents.len()), (Strategy::InOrder, 2));
    assert_eq!((sales.agent_ring_timeout_ms, sales.max_wait_ms, sales.wrap_up_ms), (15_000, 90_000, 0));
    assert_eq!(sales.music.as_deref(), Some("jazz"));
    assert_eq!(site.declared.lists.get("vip_numbers").unwrap().len(), 1);
    assert_eq!(
        (site.limits.max_hops, site.policy.as_deref(), site.state.as_deref()),
        (4, Some("standard"), Some("var"))
    );
    assert_eq!((site.limits.media_timeout_ms, site.limits.drain_ms), (Some(120_000), 900_000));
    assert_eq!(site.tokens.get("admin"), Some(&Secret::Generated));
}

#[test]
fn what_flows_name_is_read() {
    let site = read(&source("tests/site/good/full.yaml")).unwrap();
    let declared = &site.declared;
    assert_eq!(&*site.numbers.flow("100").unwrap().name, "Main line");
    assert_eq!(declared.zone.name(), "Europe/London");
    let (office, abroad) = (declared.hours.get("office").unwrap(), declared.hours.get("abroad").unwrap());
    assert_eq!((office.zone.name(), abroad.zone.name()), ("Europe/London", "America/New_York"));
    let customers = declared.tables.get("customers").unwrap();
    let row = |key: &str| customers.row(&Value::text(key)).map(|row| row.to_string());
    let ann = "desk: 102, name: Ann, number: +442079460001, rate: 0.5, visits: 3";
    assert_eq!(row("+442079460001").as_deref(), Some(ann), "a number is canonical, however it is written");
    assert_eq!(row("+442079460002").as_deref(), Some("desk: 700, name: , number: +442079460002, rate: 1, visits: -1"));
    assert_eq!(row("+442079460003"), None);
    assert_eq!(customers.row(&Value::Phone("+442079460001".into())).map(|row| row.to_string()).as_deref(), Some(ann));
    assert_eq!(
        declared.groups.get("support").unwrap().iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        ["us_ravi", "us_dana"]
    );
    let members = declared.credentials.get("members").unwrap();
    assert_eq!((&members.pins, members.max_wrong), (&Secret::File("secrets/members".to_owned()), 5));
    let guests = declared.credentials.get("guests").unwrap();
    assert_eq!((members.locked_for_ms, guests.locked_for_ms, guests.max_wrong), (3_600_000, 900_000, 3));
}

/// Fills the table `branches` of the whole site; gives its rows and what is found.
fn filled(csv: &str) -> (Vec<Option<String>>, String) {
    let mut site = read(&source("tests/site/good/full.yaml")).unwrap();
    let extensions = site.extensions();
    let branches = site.declared.tables.get_mut("branches").unwrap();
    let mut found = Vec::new();
    branches.fill(FileId(0), csv.as_bytes(), &extensions, &mut found);
    let rows = ["north", "south, far", "01"].map(|key| branches.row(&Value::text(key)).map(|row| row.to_string()));
    (rows.into(), rendered("data/branches.csv", csv, &found))
}

#[test]
fn a_table_can_be_a_csv_file() {
    let (rows, found) = filled("desk, code\r\n102,north\r\n700,\"south, far\"\r\n\r\n102, 01 \r\n");
    assert_eq!(found, "");
    let wanted = ["code: north, desk: 102", "code: south, far, desk: 700", "code: 01, desk: 102"];
    assert_eq!(rows, wanted.map(|row| Some(row.to_owned())));
    let wrong = "code,desc\nnorth,102\n";
    let more = "code,desk\nnorth,105\nnorth\nnorth,102\nnorth,700\n,102\n01,102,700\n";
    let semicolons = "code;desk\nnorth;102\n";
    let all = [wrong, more, "", semicolons].map(|csv| filled(csv).1);
    golden("tests/site/branches.stderr", &all.join("\n"));
    assert_eq!(filled("\u{feff}code,desk\nnorth,102\n").0.first(), Some(&Some("code: north, desk: 102".to_owned())));
}

#[test]
fn trunks_are_read() {
    let site = read(&source("tests/site/good/full.yaml")).unwrap();
    let carrier = site.trunks.get("carrier").unwrap();
    assert_eq!((carrier.host.as_str(), carrier.port, carrier.transport), ("127.0.0.1", 5080, Transport::Tcp));
    assert_eq!(carrier.sources, ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]);
    assert_eq!((carrier.transfers, carrier.caller_id.as_deref()), (TrunkTransfers::Guarded, Some("+442079460000")));
    let plain = site.trunks.get("plain").unwrap();
    assert_eq!((plain.host.as_str(), plain.port, plain.transport), ("sip.example.net", 5060, Transport::Udp));
    assert_eq!(plain.transfers, TrunkTransfers::Deny, "who does not ask for it gets no transfers");
    let six = site.trunks.get("six").unwrap();
    assert_eq!((six.host.as_str(), six.port), ("2001:db8::1", 5070));
    assert_eq!(site.trunk_for("+4420").map(|t| &*t.name), Some("plain"), "the longest prefix");
    assert_eq!(site.trunk_for("+33").map(|t| &*t.name), Some("carrier"));
    assert!(site.trunk_for("33").is_none());
}

#[test]
fn transfers_are_read() {
    let transfers = read(&source("tests/site/good/full.yaml")).unwrap().transfers;
    assert_eq!((transfers.ring_ms, &transfers.fallback), (25_000, &Fallback::Queue("sales".into())));
    assert_eq!(transfers.recall, Recall { ring_ms: 20_000, retries: 0, delay_ms: 5_000 });
    let leaves = (transfers.transferor_leaves, transfers.caller_leaves);
    assert_eq!(leaves, (TransferorLeaves::Recall, CallerLeaves::Stay));
    let fallback = |written: &str| with(&format!("transfers: {{fallback: {written}}}\n")).transfers.fallback;
    assert_eq!(fallback("hang_up"), Fallback::HangUp { prompt: None });
    assert_eq!(fallback("{hang_up: sorry}"), Fallback::HangUp { prompt: Some("sorry".into()) });
    assert_eq!(fallback("{flow: main}"), Fallback::Flow("main".into()));
    assert_eq!(with("transfers: {recall: {}}\n").transfers, Transfers::default());
    let some = with("transfers: {recall: {retries: 5}, transferor_leaves: complete, caller_leaves: end}\n").transfers;
    assert_eq!(some.recall, Recall { retries: 5, ..Transfers::default().recall });
    assert_eq!((some.ring_ms, some.transferor_leaves), (30_000, TransferorLeaves::Complete));
}

#[test]
fn what_is_left_out_has_its_default() {
    let site = with("queues: {sales: {agents: [us_a]}}\nusers: {us_a: {password: generated}}\n");
    let sales = site.queues.get("sales").unwrap();
    assert_eq!((sales.agent_ring_timeout_ms, sales.max_wait_ms), (20_000, 300_000));
    assert_eq!((sales.wrap_up_ms, sales.max_waiting, sales.strategy), (10_000, 100, Strategy::LongestIdle));
    assert_eq!((site.limits.max_hops, site.policy, site.listen.http), (10, None, None));
    assert_eq!((site.limits.media_timeout_ms, site.limits.drain_ms), (Some(300_000), 3_600_000));
    assert_eq!(with("limits: {media_timeout: off}\n").limits.media_timeout_ms, None);
}

#[test]
fn names_that_point_out_of_the_file_are_checked() {
    let text = "strowger: 1\nsite: a\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}\npolicy: standart\n\
                users: {us_a: {password: generated}}\nqueues: {sales: {agents: [us_a], music: jaz}}\n\
                transfers: {fallback: {hang_up: jazzz}}\n";
    let site = read(text).unwrap();
    let names = |list: &[&str]| -> BTreeSet<Arc<str>> { list.iter().map(|n| Arc::from(*n)).collect() };
    let mut found = Vec::new();
    references(&site, &names(&["standard"]), &names(&["jazz"]), &mut found);
    golden("tests/site/references.stderr", &rendered("strowger.yaml", text, &found));
    found.clear();
    references(&site, &names(&["standart"]), &names(&["jaz", "jazzz"]), &mut found);
    assert_eq!(found, []);
}

/// What is found of these flows in a site whose fallback is the flow `left`, style apart.
fn with_fallback(flows: &str) -> Vec<&'static str> {
    let site = with("transfers: {fallback: {flow: left}}\n");
    let (file, found) = parse_flow(FileId(1), flows);
    assert_eq!(found, []);
    let (_, found) = lint::compile(&site, &BTreeMap::new(), &[file]);
    found.iter().filter(|d| d.severity == Severity::Error).map(|d| d.rule).collect()
}

#[test]
fn the_fallback_is_a_flow_that_calls_can_begin_with() {
    let played = "flow left { step start { say \"sorry\"  hangup } }";
    assert_eq!(with_fallback(played), [""; 0], "its caller is answered already");
    let elsewhere = "flow left { step start { answer  hangup } } flow other { step start { say \"sorry\"  hangup } }";
    assert_eq!(with_fallback(elsewhere), ["play-before-answer"], "that of any other is not");
    assert_eq!(with_fallback("flow lift { step start { answer  hangup } }"), ["unknown-target"]);
    let other = "flow main { step start { say \"sorry\"  -> flow left } }";
    assert_eq!(with_fallback(&format!("{played}\n{other}")), ["play-before-answer", "play-before-answer"]);
    assert_eq!(with_fallback("subflow left() -> done { step start { return done } }"), ["type-mismatch"]);
    assert_eq!(with_fallback("flow left(n: digits) { step start { answer  hangup } }"), ["subflow-arity"]);
}

#[test]
fn no_bytes_make_it_panic() {
    let whole = source("tests/site/good/full.yaml");
    // Within a word one cut stands for all: after its first two characters the next differ in nothing but length.
    let last = |end: usize| whole.as_bytes().get(end.checked_sub(3)?..end);
    let in_word = |end: usize| last(end).is_some_and(|three| three.iter().all(u8::is_ascii_alphanumeric));
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end) && !in_word(*end)) {
        let _ = check_bytes(FileId(0), whole.get(..end).unwrap().as_bytes());
    }
    for bytes in [
        &b"\xff\xfe"[..],
        b"[[[[[[[[",
        b"- a",
        b"strowger: {a: b}",
        b"---\na: 1\n---\nb: 2\n",
        b"listen: 3\nusers: [1]\n",
    ] {
        let (site, found) = check_bytes(FileId(0), bytes);
        assert!(site.is_none() && !found.is_empty(), "{bytes:?}");
    }
}
