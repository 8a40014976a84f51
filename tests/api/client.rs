//! The subcommands that are clients of the API, against one: what they ask, print and end with.

use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use strowger::base::id::{DecisionId, PartyId};
use strowger::base::time::Wall;
use strowger::call::order::{CallEvent, CallEventKind, Order, PartyState, Refused, TransferState, Which};
use strowger::call::spec::{Target, TransferMode};

use super::{Asker, CALL, Fake, TOKEN, TRANSFER, with_api};

/// `strowger` with these words, the API at this address and this token.
async fn run(api: &str, token: Option<&str>, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
    command.args(words.split_whitespace()).env("STROWGER_API", api).env("COLUMNS", "100").stdin(Stdio::null());
    match token {
        Some(token) => command.env("STROWGER_TOKEN", token),
        None => command.env_remove("STROWGER_TOKEN"),
    };
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// Its exit code, and what it said on either output.
async fn ended(api: &Asker, words: &str) -> (i32, String, String) {
    let output = run(&format!("http://{}", api.address), Some(TOKEN), words).await;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_transfer_is_asked_for() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let words = format!("transfer {CALL} --from us_dana --to queue:sales");
        let expected = format!("{TRANSFER} transferring\n");
        assert_eq!(ended(&api, &words).await, (0, expected.clone(), String::new()));
        let (code, out, _) = ended(&api, &format!("{words} --attended --json")).await;
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((code, json["state"].as_str()), (0, Some("transferring")));
        let modes: Vec<TransferMode> = node
            .orders
            .lock()
            .unwrap()
            .drain(..)
            .map(|order| match order {
                Order::Transfer { call: CALL, from, target: Target::Queue(entry), mode } => {
                    assert_eq!((&*from, &*entry.queue), ("us_dana", "sales"));
                    mode
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(modes, [TransferMode::Blind, TransferMode::Attended]);
        for (word, order) in [
            ("complete", Order::Complete(Which::Transfer(TRANSFER))),
            ("cancel", Order::Cancel(Which::Transfer(TRANSFER))),
            ("3way", Order::ThreeWay(Which::Transfer(TRANSFER))),
            ("swap", Order::Swap(Which::Transfer(TRANSFER))),
        ] {
            assert_eq!(ended(&api, &format!("transfer {word} {TRANSFER}")).await.0, 0, "{word}");
            assert_eq!(node.orders.lock().unwrap().pop(), Some(order));
        }
        assert_eq!(ended(&api, &format!("transfer swap {CALL}")).await.0, 0);
        assert_eq!(node.orders.lock().unwrap().pop(), Some(Order::Swap(Which::Call(CALL))));
    });
}

#[test]
fn a_no_and_what_could_not_run_are_told_apart() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let words = format!("transfer {CALL} --from us_dana --to user:us_ravi");
        node.answers.lock().unwrap().push(Err(Refused::NotAParty));
        let no = "no: the user is no party of this call\n".to_owned();
        assert_eq!(ended(&api, &words).await, (1, String::new(), no));
        for (words, part) in [
            (words.replace("user:", "usr:"), "`--to usr:us_ravi` names no kind of target; did you mean `user`?"),
            (words.replace("us_ravi", ""), "`--to user:` names nobody"),
            (format!("{words} --api https://127.0.0.1"), "the interface has no TLS in this version"),
            (format!("{words} --api 127.0.0.1:8080"), "write a URL such as `http://127.0.0.1:8080`"),
            (format!("{words} --api http://127.0.0.1/x"), "only a host and a port are wanted"),
            ("events --call s-\u{e4}".to_owned(), "is no id"),
            ("events --since x".to_owned(), "`since` is a number"),
        ] {
            let (code, out, err) = ended(&api, &words).await;
            assert_eq!((code, out.as_str()), (2, ""), "{words}: {err}");
            assert!(err.contains(part), "{words}: {err}");
        }
        let url = format!("http://{}", api.address);
        for token in [None, Some("wrong")] {
            let output = run(&url, token, "calls").await;
            let err = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2));
            assert!(err.contains("set STROWGER_TOKEN to the admin token"), "{err}");
        }
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = format!("http://{}", gone.local_addr().unwrap());
        drop(gone);
        let output = run(&nobody, None, "calls").await;
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(err.contains(&format!("nothing answers at {nobody}: ")) && err.contains("`--api URL`"), "{err}");
    });
}

/// Whatever a node says no with, a person can read why.
#[test]
fn a_no_says_why() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let denied = |reasons: &[&str], decision| Refused::Denied {
            reasons: reasons.iter().map(|reason| Arc::from(*reason)).collect(),
            decision,
        };
        let both = ["PSTN_BLIND_TRANSFER_NOT_PERMITTED", "MAX_SIMULTANEOUS"];
        let mut said = String::new();
        for refused in [
            denied(&both, Some(DecisionId(7))),
            denied(&["NUM_PREMIUM"], None),
            denied(&[], None),
            Refused::Target { outcome: "offline", detail: "no telephone of the target is registered".into() },
            Refused::Target { outcome: "busy", detail: "esc\u{1b}[2J".into() },
            Refused::WrongState {
                state: Some(TransferState::Completed),
                call: Some("talking"),
                detail: "the transfer is in another state".into(),
            },
            Refused::WrongState {
                state: None,
                call: Some("conference"),
                detail: "only who talks to somebody can transfer".into(),
            },
            Refused::NoSuchCall,
        ] {
            node.answers.lock().unwrap().push(Err(refused));
            let words = format!("transfer {CALL} --from us_dana --to user:us_ravi");
            let (code, out, err) = ended(&api, &words).await;
            assert_eq!((code, out.as_str()), (1, ""), "{err}");
            said.push_str(&err);
        }
        golden("refusals", &said);
    });
}

/// What a person reads, as `tests/cli` keeps it; `BLESS=1` writes it anew.
fn golden(name: &str, said: &str) {
    let path = format!("{}/tests/cli/{name}.said", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, said).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(said, expected, "{path} says otherwise; BLESS=1 writes it anew");
}

#[test]
fn calls_are_listed() {
    with_api(Arc::new(Fake::default()), Some(TOKEN), async |api: Asker| {
        let listed =
            format!("{CALL} flow +442079460111 -> 100 main_line > choose\n    caller +442079460111 up outside\n");
        assert_eq!(ended(&api, "calls").await, (0, listed, String::new()));
        let (code, out, _) = ended(&api, "calls --json").await;
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((code, json["calls"][0]["dialed"].as_str()), (0, Some("100")));
    });
}

/// Waits until somebody follows.
async fn followed(node: &Fake) {
    while node.events.followers() == 0 {
        tokio::task::yield_now().await;
    }
}

/// The node ends when somebody follows.
async fn close(node: &Fake) {
    followed(node).await;
    node.events.close();
}

/// The command is started before anything happens, and ends with the node.
#[test]
fn events_are_followed() {
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let event = |kind| CallEvent { at: Wall(1_767_225_600_123), call: CALL, root: CALL, kind };
        for n in 1..=9 {
            let caller = if n == 9 { "a\u{1b}[2J\nb" } else { "" };
            node.events.push(event(CallEventKind::Began { caller: caller.into(), dialed: n.to_string().into() }));
        }
        let party = PartyId { call: CALL, n: 1 };
        let kind = CallEventKind::Party { party, role: "target", number: "103".into(), state: PartyState::Held };
        node.events.push(event(kind));
        let ((code, out, err), ()) = tokio::join!(ended(&api, "events --since 0"), close(&node));
        let lines: Vec<&str> = out.lines().collect();
        let at = format!("2026-01-01T00:00:00.123Z {CALL}");
        assert_eq!((code, err.as_str(), lines.len()), (0, "", 9), "{out}");
        assert_eq!(lines[0], "-- events 1 to 2 are gone");
        assert_eq!(lines[1], format!("{at} call.began 3"));
        assert_eq!(lines[7], format!("{at} call.began a\\u{{1b}}[2J\\nb 9"));
        assert_eq!(lines[8], format!("{at} party.held target 103"));
    });
    let node = Arc::new(Fake::default());
    with_api(node.clone(), Some(TOKEN), async |api: Asker| {
        let kind = CallEventKind::Ended { cause: "normal", by: "flow".into() };
        let live = async {
            followed(&node).await;
            node.events.push(CallEvent { at: Wall(0), call: CALL, root: CALL, kind });
            node.events.close();
        };
        let words = format!("events --json --call {CALL}");
        let ((code, out, _), ()) = tokio::join!(ended(&api, &words), live);
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((code, json["kind"].as_str(), json["seq"].as_u64()), (0, Some("call.ended"), Some(1)));
    });
}
