//! `/openapi.json`: it has every route of the router and no other, and what it shows is true.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use strowger::base::id::{DecisionId, PartyId};
use strowger::base::time::Wall;
use strowger::call::order::{CallEvent, CallEventKind, PartyState, Refused, TransferState, TransferView};
use strowger::call::spec::TransferMode;
use strowger::runtime::events::Since;

use super::{Asker, CALL, Fake, TOKEN, TRANSFER, with_api};
use crate::syntax::source;

fn document() -> Value {
    serde_json::from_str(&source("src/api/openapi.json")).unwrap()
}

/// What is wrong with a value under a schema of the document.
fn wrong(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let whole = json!({"components": document["components"], "allOf": [schema]});
    let compiled = jsonschema::JSONSchema::compile(&whole).unwrap();
    match compiled.validate(value) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.map(|error| format!("{}: {error}", error.instance_path)).collect(),
    }
}

fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn pointed<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect(reference),
        None => value,
    }
}

/// The routes as the router is written: `.route("/calls", get(calls::<O>))`.
#[test]
fn every_route_is_described() {
    let routes = source("src/api/routes.rs");
    let route = |line: &str| -> Option<(String, String)> {
        let (path, rest) = line.trim().strip_prefix(".route(\"")?.split_once("\", ")?;
        Some((path.to_owned(), rest.split('(').next()?.to_owned()))
    };
    let written: BTreeSet<(String, String)> = routes.lines().filter_map(route).collect();
    assert_eq!(written.len(), routes.matches(".route(").count(), "one route a line");
    assert!(written.contains(&("/transfer/3way".to_owned(), "post".to_owned())), "{written:?}");
    let document = document();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        described.extend(methods.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())));
    }
    assert_eq!(described, written);
}

#[test]
fn every_example_is_one() {
    let document = document();
    let mut examples = 0;
    let mut check = |at: &str, media: &Value| {
        let many = media["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
        for example in media.get("example").into_iter().chain(many) {
            assert_eq!(wrong(&document, &media["schema"], example), [""; 0], "{at}: {example}");
            examples += 1;
        }
    };
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{at}: its id is taken");
            let parameters: Vec<&Value> =
                operation["parameters"].as_array().into_iter().flatten().map(|p| pointed(&document, p)).collect();
            parameters.iter().for_each(|parameter| check(&at, parameter));
            let named = path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap());
            for name in named {
                assert!(parameters.iter().any(|p| p["in"] == "path" && p["name"] == name), "{at}: {name}");
            }
            let media = operation["requestBody"]["content"].as_object().into_iter().flatten();
            media.for_each(|(_, media)| check(&at, media));
            for (status, response) in operation["responses"].as_object().unwrap() {
                let content = pointed(&document, response)["content"].as_object().into_iter().flatten();
                content.for_each(|(_, media)| check(&format!("{at}: {status}"), media));
            }
        }
    }
    assert!(examples > 60, "{examples}");
    let unlike = json!({"callId": CALL.to_string(), "fromUserId": "us_dana", "target": {"kind": "usr", "id": "x"}});
    assert!(!wrong(&document, &named("Transfer"), &unlike).is_empty(), "a wrong one is told from a right one");
}

#[test]
fn the_node_answers_as_it_says() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let served = api.admin("GET /openapi.json").await;
        let document = document();
        assert_eq!((served.status, &served.body), (200, &document));
        assert!(served.head.contains("content-type: application/json"), "{}", served.head);
        let view = TransferView {
            id: TRANSFER,
            call: CALL,
            mode: TransferMode::Blind,
            from: None,
            target: "queue sales".into(),
            state: TransferState::Queued,
            outcome: Some("no_answer"),
            reason: Some("nobody came".into()),
            began: Wall(5),
            changed: Wall(6),
        };
        node.transfers.lock().unwrap().push(view.clone());
        let event = |kind| CallEvent { at: Wall(6), call: CALL, root: CALL, kind };
        node.events.push(event(CallEventKind::Transfer(Box::new(view))));
        let calls = document.pointer("/paths/~1calls/get").unwrap().clone();
        for (request, operation) in [
            ("GET /calls".to_owned(), &calls),
            (format!("GET /calls/{CALL}"), document.pointer("/paths/~1calls~1{id}/get").unwrap()),
            (format!("POST /calls/{CALL}/hangup"), document.pointer("/paths/~1calls~1{id}~1hangup/post").unwrap()),
            (format!("GET /transfers/{TRANSFER}"), document.pointer("/paths/~1transfers~1{id}/get").unwrap()),
            ("GET /queues".to_owned(), document.pointer("/paths/~1queues/get").unwrap()),
            ("GET /agents".to_owned(), document.pointer("/paths/~1agents/get").unwrap()),
            ("GET /readyz".to_owned(), document.pointer("/paths/~1readyz/get").unwrap()),
        ] {
            let reply = api.admin(&request).await;
            let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            assert_eq!((reply.status, wrong(&document, schema, &reply.body)), (200, vec![]), "{request}");
        }
        for why in
            [Refused::NoSuchCall, Refused::WrongState { state: None, call: Some("flow"), detail: "it is over".into() }]
        {
            node.answers.lock().unwrap().push(Err(why));
            let reply = api.admin(&format!("POST /calls/{CALL}/hangup")).await;
            assert_eq!(wrong(&document, &named("Problem"), &reply.body), [""; 0]);
        }
        // Events as they come out of the stream.
        let party = PartyId { call: CALL, n: 1 };
        let answered = PartyState::Answered;
        node.events.push(event(CallEventKind::Began { caller: "".into(), dialed: "100".into() }));
        node.events.push(event(CallEventKind::Party { party, role: "caller", number: "".into(), state: answered }));
        let decision = DecisionId(1);
        node.events.push(event(CallEventKind::Decided { decision, allowed: true, reason: "ALLOWED".into() }));
        node.events.push(event(CallEventKind::Ended { cause: "normal", by: "flow".into() }));
        assert!(node.events.follow(&Since::Seq(5), None).is_ok(), "five of them");
        let mut stream = super::events::Stream::open(&api, "/events?since=00000000000000ff-1", "").await;
        stream.until("\r\n\r\n").await;
        stream.event().await;
        for _ in 0..6 {
            let (_, kind, data) = stream.event().await;
            assert_eq!(wrong(&document, &named("Event"), &data), [""; 0], "{kind}: {data}");
        }
    });
}
