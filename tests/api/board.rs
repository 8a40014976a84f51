//! What the API shows of queues and agents, and what it refuses before an exchange is asked: with a real one.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use strowger::base::id::{CallId, LegId};
use strowger::base::span::FileId;
use strowger::base::time::{Mono, Now, Wall};
use strowger::call::leg::{Caller, ContactId, Incoming, Origin};
use strowger::exchange::board::{AgentView, QueueView, WaitingView};
use strowger::exchange::{Exchange, Input, Plan};
use strowger::policy::{self, Scope};
use strowger::site::check::check_bytes;
use strowger::syntax::document;

const SITE: &str = "strowger: 1
site: acme
listen: {sip: [\"udp:127.0.0.1:5060\"]}
numbers: {\"100\": main, \"+442079460000\": main, \"+4420794601*\": main, \"*\": rest}
users:
  us_dana: {extension: \"102\", password: generated}
  us_ravi: {extension: \"103\", password: generated}
queues:
  sales: {extension: \"700\", agents: [us_ravi]}
  support: {agents: [us_ravi, us_dana]}
trunks:
  works: {address: \"sip:127.0.0.9\", prefixes: [\"2\"], caller_numbers: pass_through}
policy: standard
";

const POLICY: &str = "fraud_policy:
  version: 1
  id: standard
  dial_plan: {home_region: GB, international: \"00\", internal: [\"100-799\"]}
  destinations: {default: deny, allow_regions: [GB]}
";

fn plan(policy: bool) -> Plan {
    let (site, found) = check_bytes(FileId(0), SITE.as_bytes());
    assert_eq!(found, []);
    let (nodes, _, _) = document::parse(FileId(0), POLICY);
    let read = policy::read(&nodes[0], Scope::Live).0.unwrap();
    let policies = if policy { BTreeMap::from([("standard".into(), Arc::new(read))]) } else { BTreeMap::new() };
    Plan { revision: 1, site: site.unwrap(), flows: BTreeMap::new(), policies, digested: OnceLock::new() }
}

/// `pstn` means a number outside: what belongs to the site is told before anything happens.
#[test]
fn a_number_of_the_site_is_not_outside() {
    let (guarded, unguarded) = (plan(true), plan(false));
    for (number, inside) in [
        ("102", true),
        ("700", true),
        ("100", true),
        ("+442079460000", true),
        ("020 7946 0000", true),
        ("020 7946 0123", true),
        ("555", true),
        ("2345", false),
        ("250", false),
        ("+442071838750", false),
        ("020 7183 8750", false),
        ("nonsense", false),
    ] {
        assert_eq!(guarded.keeps_inside(number), inside, "{number}");
    }
    assert!(unguarded.keeps_inside("102") && !unguarded.keeps_inside("555"), "no dial plan knows it");
}

fn at(ms: u64) -> Now {
    Now { mono: Mono(ms * 1_000), wall: Wall(i64::try_from(ms).unwrap()) }
}

fn agent(user: &str, queues: &[&str], state: &'static str, call: Option<CallId>) -> AgentView {
    AgentView { user: user.into(), queues: queues.iter().map(|q| Arc::from(*q)).collect(), state, call }
}

#[test]
fn a_caller_who_waits_is_seen_with_the_agent_who_rings() {
    let mut out = Vec::new();
    let mut exchange = Exchange::new(Arc::new(plan(true)), 7, at(0));
    let (sales_and_support, support) = (&["sales", "support"][..], &["support"][..]);
    let closed = |name: &str| QueueView {
        name: name.into(),
        waiting: Vec::new(),
        agents_ready: 0,
        open: false,
        estimated_wait_ms: None,
    };
    let began = at(0).mono;
    assert_eq!(exchange.queue_views(began), [closed("sales"), closed("support")]);
    let dana = agent("us_dana", support, "offline", None);
    assert_eq!(exchange.agent_views(began), [dana.clone(), agent("us_ravi", sales_and_support, "offline", None)]);
    let registered = Input::Registered { user: "us_ravi".into(), contacts: vec![ContactId(1)] };
    exchange.handle(at(1), registered, &mut out);
    assert_eq!(exchange.agent_views(began), [dana.clone(), agent("us_ravi", sales_and_support, "available", None)]);
    let incoming = Incoming {
        origin: Origin::User("us_dana".into()),
        dialed: "700".into(),
        caller: Caller { number: "102".into(), ..Caller::default() },
        max_forwards: 70,
        replaces: None,
    };
    exchange.handle(at(1_000), Input::Incoming { leg: LegId(1), incoming }, &mut out);
    let id = exchange.calls().first().unwrap().id;
    // Nothing has happened since.
    let now = at(4_200).mono;
    let waiting = WaitingView { call: id, priority: 5, waited_ms: 3_200, offered: Some("us_ravi".into()) };
    let expected = Some(180_000);
    let sales = QueueView { waiting: vec![waiting], open: true, estimated_wait_ms: expected, ..closed("sales") };
    let support = QueueView { open: true, estimated_wait_ms: expected, ..closed("support") };
    assert_eq!(exchange.queue_views(now), [sales, support]);
    let ravi = exchange.agent_views(now).pop().unwrap();
    assert_eq!(ravi, agent("us_ravi", sales_and_support, "offered", Some(id)));
}
