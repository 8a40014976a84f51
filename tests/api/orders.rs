//! Orders about live calls: what is read from a body, and what each refusal is answered with.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use strowger::base::id::{CallId, DecisionId, PartyId, TransferId};
use strowger::base::time::Wall;
use strowger::call::order::{Order, Refused, Taken, TransferState, TransferView, Which};
use strowger::call::spec::{QueueEntry, Target, TransferMode};

use super::{Asker, CALL, Fake, TOKEN, TRANSFER, with_api};

/// A transfer to this target, with these members beside.
fn transfer(target: Value, more: &str) -> String {
    format!(r#"{{"callId": "{CALL}", "fromUserId": "us_dana", "target": {target}{more}}}"#)
}

/// A right one.
fn to_ravi() -> String {
    transfer(json!({"kind": "user", "id": "us_ravi"}), "")
}

#[test]
fn a_transfer_is_taken() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let number = |id: &str| Target::Number { number: id.into(), tainted: false };
        let pstn = |id: &str| Target::Pstn { number: id.into(), tainted: false };
        for (kind, id, more, target, mode) in [
            ("user", "us_ravi", "", Target::User("us_ravi".into()), TransferMode::Blind),
            ("agent", "us_ravi", r#","mode":"attended""#, Target::Agent("us_ravi".into()), TransferMode::Attended),
            (
                "queue",
                "sales",
                r#","mode":"blind""#,
                Target::Queue(QueueEntry::to("sales".into())),
                TransferMode::Blind,
            ),
            ("number", "102", r#","mode":null"#, number("102"), TransferMode::Blind),
            ("pstn", "+442079460000", "", pstn("+442079460000"), TransferMode::Blind),
        ] {
            let reply = api.post("/transfer", "", &transfer(json!({"kind": kind, "id": id}), more)).await;
            let expected = json!({"transferId": TRANSFER.to_string(), "callId": CALL.to_string(),
                "state": "transferring"});
            assert_eq!((reply.status, reply.body), (202, expected), "{kind}");
            let order = node.orders.lock().unwrap().pop();
            assert_eq!(order, Some(Order::Transfer { call: CALL, from: "us_dana".into(), target, mode }));
        }
    });
}

/// An order about a transfer that is under way.
type About = fn(Which) -> Order;

#[test]
fn a_transfer_is_completed_cancelled_joined_and_swapped() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let kinds: [(&str, About); 4] = [
            ("complete", Order::Complete),
            ("cancel", Order::Cancel),
            ("3way", Order::ThreeWay),
            ("swap", Order::Swap),
        ];
        for (path, order) in kinds {
            for (body, which) in [
                (json!({"callId": CALL.to_string()}), Which::Call(CALL)),
                (json!({"transferId": TRANSFER.to_string()}), Which::Transfer(TRANSFER)),
            ] {
                let taken = Taken { call: CALL, transfer: Some((TRANSFER, TransferState::Completed)) };
                node.answers.lock().unwrap().push(Ok(taken));
                let reply = api.post(&format!("/transfer/{path}"), "", &body.to_string()).await;
                let expected = json!({"transferId": TRANSFER.to_string(), "callId": CALL.to_string(),
                    "state": "completed"});
                assert_eq!((reply.status, reply.body), (200, expected), "{path}");
                assert_eq!(node.orders.lock().unwrap().pop(), Some(order(which)));
            }
        }
        node.answers.lock().unwrap().push(Ok(Taken { call: CALL, transfer: None }));
        let reply = api.admin(&format!("POST /calls/{CALL}/hangup")).await;
        assert_eq!((reply.status, reply.body), (200, json!({"callId": CALL.to_string()})));
        assert_eq!(node.orders.lock().unwrap().pop(), Some(Order::HangUp { call: CALL }));
        assert_eq!(api.admin("POST /calls/nonsense/hangup").await.status, 404);
        assert_eq!(node.orders.lock().unwrap().len(), 0);
    });
}

/// Each with the pointer to what is wrong, and a part of what is said.
#[test]
fn a_wrong_body_is_refused_at_its_field() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let user = json!({"kind": "user", "id": "us_ravi"});
        let call = json!(CALL.to_string());
        let bodies = [
            (json!([]), "", "an object is expected, not an array"),
            (json!({}), "/callId", "missing"),
            (json!({"callId": 7}), "/callId", "a text, not a number"),
            (json!({"callId": "s-1"}), "/callId", "`s-1` is no call id"),
            (json!({"callId": call, "target": user}), "/fromUserId", "missing"),
            (json!({"callId": call, "fromUserId": ""}), "/fromUserId", "empty"),
            (json!({"callId": call, "fromUserId": "a\u{7}b"}), "/fromUserId", "control"),
            (json!({"callId": call, "fromUserId": "x".repeat(65)}), "/fromUserId", "at most 64"),
            (json!({"callId": call, "fromUserId": "us_dana"}), "/target", "missing"),
            (json!({"callId": call, "fromUserId": "us_dana", "target": "us_ravi"}), "/target", "an object"),
            (json!({"callId": call, "fromUserId": "us_dana", "target": {"id": "x"}}), "/target/kind", "`pstn`"),
            (
                json!({"callId": call, "fromUserId": "us_dana", "target": {"kind": "usr", "id": "x"}}),
                "/target/kind",
                "did you mean `user`?",
            ),
            (
                json!({"callId": call, "fromUserId": "us_dana", "target": {"kind": "flow", "id": "x"}}),
                "/target/kind",
                "write one of `user`, `agent`, `queue`, `number`, `pstn`",
            ),
            (json!({"callId": call, "fromUserId": "us_dana", "target": {"kind": "user"}}), "/target/id", "missing"),
            (
                json!({"callId": call, "fromUserId": "us_dana", "target": {"kind": "user", "id": "x", "a/b~": 1}}),
                "/target/a~1b~0",
                "there is no field `a/b~`; there are `kind`, `id`",
            ),
            (
                json!({"callId": call, "fromUserId": "us_dana", "target": user, "mode": "blnd"}),
                "/mode",
                "did you mean `blind`?",
            ),
            (
                json!({"callId": call, "fromUserId": "us_dana", "target": user, "mod": "blind"}),
                "/mod",
                "there is no field `mod`; did you mean `mode`?",
            ),
        ];
        for (body, pointer, part) in bodies {
            refused(&api, "/transfer", &body, pointer, part).await;
        }
        let both = json!({"callId": call, "transferId": TRANSFER.to_string()});
        refused(&api, "/transfer/cancel", &both, "/transferId", "not both").await;
        refused(&api, "/transfer/cancel", &json!({}), "", "both are missing").await;
        refused(&api, "/transfer/swap", &json!({"transferId": "s-1"}), "/transferId", "no transfer id").await;
        refused(&api, "/transfer/3way", &json!({"callid": call}), "/callid", "did you mean `callId`?").await;
        for body in ["", "{", "{\"callId\": \"s", "nonsense", &"[".repeat(1_000)] {
            let reply = api.post("/transfer", "", body).await;
            assert_eq!(reply.status, 400, "{body}");
            assert!(reply.body["detail"].as_str().unwrap().contains("not JSON"), "{}", reply.body);
        }
        assert_eq!(api.post("/transfer", "", &format!("\"{}\"", "x".repeat(5_000))).await.status, 413);
        let key = "Idempotency-Key: k\r\n";
        assert_eq!(api.post("/transfer", key, &format!("\"{}\"", "x".repeat(5_000))).await.status, 413);
    });
    assert_eq!(node.orders.lock().unwrap().len(), 0, "nothing reached the node");
}

async fn refused(api: &Asker, path: &str, body: &Value, pointer: &str, part: &str) {
    let reply = api.post(path, "", &body.to_string()).await;
    assert_eq!((reply.status, &reply.body["pointer"]), (422, &json!(pointer)), "{body}: {}", reply.body);
    assert!(reply.body["detail"].as_str().unwrap().contains(part), "{body}: {}", reply.body);
    assert!(reply.head.contains("content-type: application/problem+json"), "{}", reply.head);
}

#[test]
fn each_refusal_has_its_status() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let wrong = |state, detail: &str| Refused::WrongState { state, call: Some("flow"), detail: detail.into() };
        let target = |outcome| Refused::Target { outcome, detail: "no device of `us_ravi` is registered".into() };
        let denied = Refused::Denied {
            reasons: vec!["PSTN_BLIND_TRANSFER_NOT_PERMITTED".into(), "MAX_SIMULTANEOUS".into()],
            decision: Some(DecisionId(7)),
        };
        let reasons = json!(["PSTN_BLIND_TRANSFER_NOT_PERMITTED", "MAX_SIMULTANEOUS"]);
        for (why, status, member, value) in [
            (Refused::NoSuchCall, 404, "title", json!("Not Found")),
            (Refused::NoSuchTransfer, 404, "title", json!("Not Found")),
            (Refused::NotAParty, 403, "detail", json!("the user is no party of this call")),
            (wrong(Some(TransferState::Completed), "it is completed"), 409, "state", json!("completed")),
            (wrong(None, "the call is in a flow"), 409, "detail", json!("the call is in a flow")),
            (wrong(None, "the call is in a flow"), 409, "state", json!("flow")),
            (denied.clone(), 403, "reason", json!("PSTN_BLIND_TRANSFER_NOT_PERMITTED")),
            (denied.clone(), 403, "reasons", reasons),
            (denied, 403, "decisionId", json!(DecisionId(7).to_string())),
            (target("offline"), 422, "outcome", json!("offline")),
            (target("offline"), 422, "pointer", json!("/target/id")),
            (target("offline"), 422, "detail", json!("no device of `us_ravi` is registered")),
        ] {
            node.answers.lock().unwrap().push(Err(why.clone()));
            let reply = api.post("/transfer", "", &to_ravi()).await;
            assert_eq!((reply.status, &reply.body[member]), (status, &value), "{why:?}");
        }
        node.answers.lock().unwrap().push(Err(Refused::NoSuchTransfer));
        let cancel = json!({"transferId": TRANSFER.to_string()}).to_string();
        assert_eq!(api.post("/transfer/cancel", "", &cancel).await.status, 404);
        node.answers.lock().unwrap().push(Err(Refused::NoSuchCall));
        assert_eq!(api.admin(&format!("POST /calls/{CALL}/hangup")).await.status, 404);
        node.busy.store(true, Ordering::Relaxed);
        let busy = api.post("/transfer", "", &to_ravi()).await;
        assert_eq!(busy.status, 503);
        assert!(busy.head.contains("retry-after: 1"), "{}", busy.head);
    });
}

/// A name that the site does not have is a slip of the pen, and no matter of the call.
#[test]
fn an_unknown_name_is_told_with_the_near_one() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let not_found = || Refused::Target { outcome: "not_found", detail: "not found".into() };
        for (from, kind, id, why, pointer, part) in [
            (
                "us_dann",
                "user",
                "us_ravi",
                Refused::NotAParty,
                "/fromUserId",
                "no user `us_dann`; did you mean `us_dana`?",
            ),
            ("us_dana", "user", "us_rvai", not_found(), "/target/id", "no user `us_rvai`; did you mean `us_ravi`?"),
            ("us_dana", "agent", "nobody", not_found(), "/target/id", "no user `nobody`"),
            ("us_dana", "queue", "salse", not_found(), "/target/id", "no queue `salse`; did you mean `sales`?"),
            ("us_dana", "number", "12345", not_found(), "/target/id", "not found"),
        ] {
            node.answers.lock().unwrap().push(Err(why));
            let body = json!({"callId": CALL.to_string(), "fromUserId": from, "target": {"kind": kind, "id": id}});
            let reply = api.post("/transfer", "", &body.to_string()).await;
            assert_eq!((reply.status, &reply.body["pointer"]), (422, &json!(pointer)), "{}", reply.body);
            assert!(reply.body["detail"].as_str().unwrap().ends_with(part), "{}", reply.body);
            if pointer == "/target/id" {
                assert_eq!(reply.body["outcome"], "not_found");
            }
        }
    });
}

#[test]
fn a_transfer_can_be_looked_at() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let view = TransferView {
            id: TRANSFER,
            call: CALL,
            mode: TransferMode::Attended,
            from: Some(PartyId { call: CALL, n: 2 }),
            target: "user us_ravi".into(),
            state: TransferState::Consulting,
            outcome: None,
            reason: None,
            began: Wall(5),
            changed: Wall(6),
        };
        node.transfers.lock().unwrap().push(view.clone());
        let later = TransferView {
            state: TransferState::Recalling,
            outcome: Some("no_answer"),
            reason: Some("`us_ravi` did not answer".into()),
            changed: Wall(9),
            ..view
        };
        let expected = |state: &str, changed: i64| {
            json!({"transferId": TRANSFER.to_string(), "callId": CALL.to_string(), "mode": "attended",
                "fromPartyId": PartyId { call: CALL, n: 2 }.to_string(), "target": "user us_ravi", "state": state,
                "outcome": null, "reason": null, "began": 5, "changed": changed})
        };
        let path = format!("GET /transfers/{TRANSFER}");
        assert_eq!(api.admin(&path).await.body, expected("consulting", 6));
        *node.transfers.lock().unwrap() = vec![later];
        let mut after = expected("recalling", 9);
        after["outcome"] = json!("no_answer");
        after["reason"] = json!("`us_ravi` did not answer");
        assert_eq!(api.admin(&path).await.body, after);
        assert_eq!(api.admin(&format!("GET /transfers/{}", TransferId(1))).await.status, 404);
        assert_eq!(api.admin(&format!("GET /transfers/{}", CallId(1))).await.status, 404);
    });
}
