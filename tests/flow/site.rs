//! The site that flows of the tests are compiled for.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use strowger::base::span::{FileId, Span, Spanned};
use strowger::base::value::Type;
use strowger::call::audio::Prompt;
use strowger::call::leg::Name;
use strowger::policy::{self, Policy, Scope};
use strowger::schedule::{Calendar, Hours, Member, Rota, Rules, Shift, Zone, parse_date};
use strowger::site::declared::Credentials;
use strowger::site::model::{NumberEntry, Queue, Secret, Site, Strategy, User};
use strowger::site::table::{Column, Table};
use strowger::syntax::document;

const POLICY: &str = r#"
fraud_policy:
  version: 1
  id: standard
  dial_plan: {home_region: GB, international: "00"}
  destinations: {default: deny, allow_numbers: ["+442071838750"]}
"#;

pub fn policies() -> BTreeMap<Name, Arc<Policy>> {
    static POLICIES: LazyLock<BTreeMap<Name, Arc<Policy>>> = LazyLock::new(read_policies);
    POLICIES.clone()
}

fn read_policies() -> BTreeMap<Name, Arc<Policy>> {
    let each = ["standard", "strict"].map(|id| {
        let text = POLICY.replace("standard", id);
        let (nodes, _, found) = document::parse(FileId(9), &text);
        assert!(found.is_empty(), "{found:?}");
        let (policy, found) = policy::read(&nodes[0], Scope::Live);
        assert!(found.is_empty(), "{found:?}");
        (Name::from(id), Arc::new(policy.unwrap()))
    });
    each.into()
}

fn user(name: &str, extension: &str) -> (Name, User) {
    let user = User {
        name: name.into(),
        extension: Some(extension.into()),
        display: name.into(),
        password: Secret::Generated,
        max_simultaneous: None,
        allow_pstn_blind_transfer: None,
        skills: ["spanish".into(), "high value".into()].into(),
        span: Span::default(),
    };
    (name.into(), user)
}

/// Weekdays; Christmas Day is a holiday.
fn office() -> Hours {
    let named = BTreeMap::from([(parse_date("2026-12-25").unwrap(), Arc::from("Christmas Day"))]);
    let calendar = Calendar::new(named, None);
    let open = Rules::parse("Mo-Fr 09:00-17:30; PH off", &calendar).unwrap();
    Hours { zone: Zone::default(), calendar, open, forced_open: None, forced_closed: None }
}

/// One customer with a manager outside and a desk inside.
fn customers() -> Table {
    let columns = [
        ("number", Type::Phone),
        ("name", Type::Text),
        ("manager", Type::Phone),
        ("desk", Type::Extension),
        ("visits", Type::Number),
    ];
    let columns = columns.map(|(name, ty)| Column { name: name.into(), ty });
    let mut table = Table::new(Arc::from(columns), 0, None);
    let cells = ["+442079460001", "Ann", "+442071838750", "102", "3"];
    let cells = cells.map(|text| Some(Spanned::new(text.to_owned(), Span::default())));
    let mut found = Vec::new();
    table.add(&cells.into(), Span::default(), &["102".into()].into(), &mut found);
    assert!(found.is_empty(), "{found:?}");
    table
}

/// Somebody is on duty at any time.
fn rota(user: &str) -> Rota {
    let on = Rules::parse("24/7", &Calendar::default()).unwrap();
    Rota { zone: Zone::default(), shifts: vec![Shift { who: vec![Member::User(user.into())], on }] }
}

/// A prompt's recordings by language.
type Recordings = BTreeMap<Arc<str>, Arc<Prompt>>;

/// `terms` takes 25 seconds, every other recording a thousandth of one.
fn prompt(name: &str, language: &str) -> (Arc<str>, Recordings) {
    static TERMS: LazyLock<Arc<[i16]>> = LazyLock::new(|| vec![0; 25 * 8_000].into());
    let samples = if name == "terms" { Arc::clone(&TERMS) } else { Arc::from([0i16; 8]) };
    let recorded = Arc::new(Prompt { name: name.into(), samples });
    (name.into(), BTreeMap::from([(language.into(), recorded)]))
}

/// Two users, one queue, a few prompts, a list, and one of each that a site declares; the number 100 starts `main`.
pub fn site() -> Site {
    static SITE: LazyLock<Site> = LazyLock::new(make);
    SITE.clone()
}

fn make() -> Site {
    let queue = Queue {
        name: "sales".into(),
        extension: Some("700".into()),
        strategy: Strategy::LongestIdle,
        agents: vec!["us_dana".into()],
        agent_ring_timeout_ms: 20_000,
        max_wait_ms: 300_000,
        says_max_wait: true,
        wrap_up_ms: 0,
        max_waiting: 10,
        max_ewt_ms: None,
        handle_time_ms: 180_000,
        music: None,
        hours: None,
        span: Span::default(),
    };
    let mut site = Site {
        users: [user("us_dana", "102"), user("us_ravi", "103")].into(),
        queues: [("sales".into(), queue)].into(),
        prompts: ["welcome", "main-menu", "sorry", "goodbye", "thanks", "your-account", "wrong", "silence", "terms"]
            .map(|name| prompt(name, ""))
            .into_iter()
            .chain([prompt("croeso", "cy")])
            .collect(),
        ..Site::default()
    };
    let numbers: Arc<[Arc<str>]> = Arc::from(["+442079460001".into(), "+442079460002".into()]);
    site.declared.lists.insert("vip_numbers".into(), numbers);
    let rotas = [("network_first", "us_dana"), ("network_second", "us_ravi")];
    site.declared.rotas.extend(rotas.map(|(name, user)| (name.into(), rota(user))));
    site.declared.groups.insert("desk".into(), vec!["us_dana".into(), "us_ravi".into()]);
    let pins = Secret::Env("MEMBER_PINS".to_owned());
    site.declared.credentials.insert("members".into(), Credentials { pins, max_wrong: 3, locked_for_ms: 900_000 });
    site.declared.tables.insert("customers".into(), customers());
    site.declared.hours.insert("office".into(), office());
    site.numbers
        .exact
        .insert("100".into(), NumberEntry { flow: "main".into(), name: "".into(), span: Span::default() });
    site
}
