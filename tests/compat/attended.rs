//! Transfers by API between real phones: what each hears at every step, what the API and the events say of it, and what
//! is in the record.

use std::time::Duration;

use serde_json::{Value, json};

use super::baresip::Baresip;
use super::ear::{DANA_HZ, Ear, LEE_HZ, RAVI_HZ};
use super::follow::{call_in, events, intervals, reaches, record, states, step, story, transfer};
use super::http;
use super::phones::phone;
use super::process::free_port;
use super::rtp::{Plan, RtpPeer};
use super::server::Server;
use super::sipp::{Running, Sipp};
use super::tone::{CALLER_HZ, TARGET_HZ, prompt_hz};
use super::transfers::{CARRIER, target};

/// From an act to what a phone says of it.
const SOON: Duration = Duration::from_secs(15);
/// The silence allowed when two legs are joined.
pub const GAP: Duration = Duration::from_millis(60);

/// An outside caller who talks to Ravi.
pub struct Desk {
    // Dropped before the server's folder goes.
    caller: Option<Running>,
    pub ravi: Baresip,
    pub ear: RtpPeer,
    pub call: String,
    pub server: Server,
}

impl Desk {
    pub fn opens() -> Self {
        Self::with_target("9")
    }

    fn with_target(port: &str) -> Self {
        let server = Server::start("staff", &[("target", port)]);
        let mut ravi = phone(&server, "us_ravi", true, RAVI_HZ);
        let ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
        let caller = Sipp { dials: "1103", rtp_port: ear.port, ..Sipp::default() };
        let caller = caller.call(server.udp, "uac_stays", server.scratch());
        ravi.event("CALL_ESTABLISHED", SOON);
        let call = call_in(&server, "talking");
        ear.hears_from(0, RAVI_HZ);
        ravi.hears_from(0, CALLER_HZ);
        Self { caller: Some(caller), ravi, ear, call, server }
    }

    pub fn transfer(&self, kind: &str, id: &str, mode: &str) -> String {
        transfer(&self.server, &self.call, "us_ravi", (kind, id), mode)
    }

    /// The caller is hung up on, and nothing is left of the call.
    pub fn hung_up_on(&mut self) {
        self.caller.take().unwrap().finish();
        self.server.assert_quiet();
    }

    /// The same; its record, and its events.
    pub fn closes(&mut self) -> (Value, Vec<Value>) {
        self.hung_up_on();
        (record(&self.server, &self.call), events(&self.server, &self.call))
    }
}

/// Three phones, and a consultation of the two of the site while the caller, a phone too, is on hold.
pub struct Consultation {
    pub caller: Baresip,
    pub ravi: Baresip,
    pub dana: Baresip,
    pub call: String,
    pub transfer: String,
    // Its folder goes last.
    pub server: Server,
}

impl Consultation {
    pub fn begins() -> Self {
        let server = Server::start("staff", &[("target", "9")]);
        let ravi = phone(&server, "us_ravi", true, RAVI_HZ);
        let dana = phone(&server, "us_dana", true, DANA_HZ);
        let mut caller = Baresip::outside("+12025550199", server.udp, CALLER_HZ, server.scratch());
        caller.command("dial", &format!("sip:1103@{}", server.udp));
        caller.hears_from(0, RAVI_HZ);
        let call = call_in(&server, "talking");
        let transfer = transfer(&server, &call, "us_ravi", ("user", "us_dana"), "attended");
        dana.hears_from(0, RAVI_HZ);
        Self { caller, ravi, dana, call, transfer, server }
    }
}

fn roles(record: &Value) -> Vec<(&str, &str)> {
    let parties = record["parties"].as_array().unwrap().iter();
    parties.map(|party| (party["role"].as_str().unwrap(), party["reason"].as_str().unwrap())).collect()
}

/// While the two talk in private the caller hears music and neither of them; then the two hear each other (T22, T23).
#[test]
fn a_consultation_is_private_and_completed() {
    let mut desk = Desk::opens();
    let mut dana = phone(&desk.server, "us_dana", true, DANA_HZ);
    let (held, alone) = (desk.ear.moment(), desk.ravi.moment());
    let transfer = desk.transfer("user", "us_dana", "attended");
    reaches(&desk.server, &transfer, "consulting");
    dana.event("CALL_ESTABLISHED", SOON);
    desk.ravi.hears_from(alone, DANA_HZ);
    dana.hears_from(0, RAVI_HZ);
    desk.ear.hears_music_from(held);
    desk.ear.never_heard(held, DANA_HZ);
    dana.never_heard(0, CALLER_HZ);
    // What was under way when the order came may be Ravi's still; what comes now is not.
    let private = desk.ear.moment();
    desk.ear.hears_music_from(private);
    desk.ear.never_heard(private, RAVI_HZ);

    let joined = (desk.ear.moment(), dana.moment());
    assert_eq!(step(&desk.server, &transfer, "complete"), "completed");
    desk.ravi.event("CALL_CLOSED", SOON);
    desk.ear.hears_from(joined.0, DANA_HZ);
    dana.hears_from(joined.1, CALLER_HZ);
    let gap = desk.ear.gap_before(DANA_HZ).expect("music before");
    assert!(gap <= GAP, "{gap:?} of silence when the two were joined");
    assert_eq!(step(&desk.server, &transfer, "complete"), "completed", "asked again, it has the same answer");
    let body = json!({"transferId": transfer}).to_string();
    assert_eq!(http::post(desk.server.http, "/transfer/cancel", "", &body).0, 409, "it is over");
    let after = dana.moment();
    dana.hears_from(after, CALLER_HZ);
    dana.never_heard(after, RAVI_HZ);
    dana.command("hangup", "");

    let (record, events) = desk.closes();
    assert_eq!(states(&events).last(), Some(&"completed"));
    assert_eq!(roles(&record), [("caller", "call"), ("target", "flow"), ("target", "attended")], "{record:#}");
    assert_eq!(intervals(&record), ["ring", "talk", "hold", "talk"], "{record:#}");
    assert_eq!(record["rootCallId"], record["callId"]);
    assert!(story(&events).iter().filter(|kind| **kind == "call.ended").count() == 1, "{:?}", story(&events));
    let numbers: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

/// The target is let go, the two talk on (T24).
#[test]
fn a_consultation_is_cancelled() {
    let mut desk = Desk::opens();
    let mut dana = phone(&desk.server, "us_dana", true, DANA_HZ);
    let transfer = desk.transfer("user", "us_dana", "attended");
    dana.hears_from(0, RAVI_HZ);
    let back = (desk.ear.moment(), desk.ravi.moment());
    assert_eq!(step(&desk.server, &transfer, "cancel"), "cancelled");
    dana.event("CALL_CLOSED", SOON);
    desk.ear.hears_from(back.0, RAVI_HZ);
    desk.ravi.hears_from(back.1, CALLER_HZ);
    desk.ear.never_heard(0, DANA_HZ);
    desk.ravi.command("hangup", "");
    let (record, events) = desk.closes();
    assert_eq!(states(&events).last(), Some(&"cancelled"));
    assert_eq!(intervals(&record).last(), Some(&"talk"));
}

/// Who is not talked to hears music (T34).
#[test]
fn a_transferor_goes_from_one_to_the_other() {
    let mut desk = Desk::opens();
    let mut dana = phone(&desk.server, "us_dana", true, DANA_HZ);
    let transfer = desk.transfer("user", "us_dana", "attended");
    dana.hears_from(0, RAVI_HZ);
    for _ in 0..2 {
        let at = (desk.ear.moment(), desk.ravi.moment(), dana.moment());
        assert_eq!(step(&desk.server, &transfer, "swap"), "consulting");
        desk.ear.hears_from(at.0, RAVI_HZ);
        desk.ravi.hears_from(at.1, CALLER_HZ);
        dana.hears_music_from(at.2);
        let at = (desk.ear.moment(), desk.ravi.moment(), dana.moment());
        assert_eq!(step(&desk.server, &transfer, "swap"), "consulting");
        desk.ear.hears_music_from(at.0);
        desk.ravi.hears_from(at.1, DANA_HZ);
        dana.hears_from(at.2, RAVI_HZ);
    }
    dana.never_heard(0, CALLER_HZ);
    desk.ear.never_heard(0, DANA_HZ);
    let joined = desk.ear.moment();
    assert_eq!(step(&desk.server, &transfer, "complete"), "completed");
    desk.ear.hears_from(joined, DANA_HZ);
    dana.command("hangup", "");
    desk.closes();
}

/// Whom the target leaves alone has the caller back (T25, T26).
#[test]
fn a_target_that_is_not_had_gives_the_caller_back() {
    let mut desk = Desk::opens();
    let mut lee = phone(&desk.server, "us_lee", false, LEE_HZ);
    for (does, outcome) in [("declines", "busy"), ("waits", "no_answer"), ("hangs up", "ended")] {
        let transfer = desk.transfer("user", "us_lee", "attended");
        lee.event("CALL_INCOMING", SOON);
        match does {
            "declines" => lee.command("hangup", ""),
            "hangs up" => {
                lee.command("accept", "");
                lee.hears_from(0, RAVI_HZ);
                lee.command("hangup", "");
            }
            _ => {}
        }
        lee.event("CALL_CLOSED", SOON);
        let back = desk.ear.moment();
        let view = reaches(&desk.server, &transfer, "cancelled");
        assert_eq!(view["outcome"], outcome, "{does}: {view:#}");
        desk.ear.hears_from(back, RAVI_HZ);
    }
    desk.ear.never_heard(0, LEE_HZ);
    desk.ravi.command("hangup", "");
    let (_, events) = desk.closes();
    assert_eq!(states(&events).iter().filter(|state| **state == "cancelled").count(), 3, "{:?}", states(&events));
}

/// The transferor is free as soon as the target's leg is placed; the caller hears it ring (T11).
#[test]
fn a_blind_transfer_lets_the_transferor_go_at_once() {
    let mut desk = Desk::opens();
    let mut lee = phone(&desk.server, "us_lee", false, LEE_HZ);
    let transfer = desk.transfer("user", "us_lee", "blind");
    desk.ravi.event("CALL_CLOSED", SOON);
    lee.event("CALL_INCOMING", SOON);
    assert_eq!(reaches(&desk.server, &transfer, "transferring")["outcome"], Value::Null);
    let joined = desk.ear.moment();
    lee.command("accept", "");
    let view = reaches(&desk.server, &transfer, "completed");
    assert_eq!(view["outcome"], "bridged", "{view:#}");
    desk.ear.hears_from(joined, LEE_HZ);
    lee.hears_from(0, CALLER_HZ);
    lee.never_heard(0, RAVI_HZ);
    let gap = desk.ear.gap_before(LEE_HZ).expect("ringback before");
    assert!(gap <= GAP, "{gap:?} of silence when the two were joined");
    lee.command("hangup", "");
    let (record, events) = desk.closes();
    assert_eq!(states(&events), ["transferring", "completed"]);
    assert_eq!(record["hops"], 2, "the flow's and Ravi's");
    assert_eq!(roles(&record)[2], ("target", "blind"), "{record:#}");
}

/// Nobody is left alone: the transferor's phone rings anew (T12, T13).
#[test]
fn a_blind_transfer_that_fails_calls_the_transferor_back() {
    for (declines, outcome) in [(true, "busy"), (false, "no_answer")] {
        let mut desk = Desk::opens();
        let mut lee = phone(&desk.server, "us_lee", false, LEE_HZ);
        let transfer = desk.transfer("user", "us_lee", "blind");
        desk.ravi.event("CALL_CLOSED", SOON);
        lee.event("CALL_INCOMING", SOON);
        let alone = desk.ear.moment();
        if declines {
            lee.command("hangup", "");
        }
        lee.event("CALL_CLOSED", SOON);
        desk.ravi.event("CALL_ESTABLISHED", SOON);
        desk.ear.hears_from(alone, RAVI_HZ);
        let view = reaches(&desk.server, &transfer, "cancelled");
        assert_eq!(view["outcome"], outcome, "{view:#}");
        desk.ravi.command("hangup", "");
        let (record, events) = desk.closes();
        assert_eq!(states(&events), ["transferring", "recalling", "cancelled"]);
        assert_eq!(roles(&record)[3], ("recalled", "recall"), "{record:#}");
    }
}

/// Neither target nor transferor is there: the caller hears the fallback's words (T14, T15).
#[test]
fn a_caller_whom_nobody_takes_hears_why() {
    let mut desk = Desk::opens();
    let mut lee = phone(&desk.server, "us_lee", false, LEE_HZ);
    desk.ravi.command("answermode", "manual");
    let transfer = desk.transfer("user", "us_lee", "blind");
    desk.ravi.event("CALL_CLOSED", SOON);
    lee.event("CALL_INCOMING", SOON);
    let alone = desk.ear.moment();
    lee.command("hangup", "");
    for _ in 0..2 {
        desk.ravi.event("CALL_INCOMING", SOON);
        desk.ravi.event("CALL_CLOSED", SOON);
    }
    desk.ear.hears_from(alone, prompt_hz("failed"));
    let view = reaches(&desk.server, &transfer, "failed");
    assert_eq!(view["outcome"], "busy", "{view:#}");
    let (_, events) = desk.closes();
    assert_eq!(states(&events).last(), Some(&"failed"));
}

/// The same with somebody outside, who is shown the transferor first and the caller then (T52).
#[test]
fn an_outside_target_is_consulted() {
    let port = free_port(CARRIER);
    let mut desk = Desk::with_target(&port.to_string());
    let ear = RtpPeer::start(CARRIER, Plan { tone_hz: Some(TARGET_HZ), ..Plan::default() });
    let far = target(&desk.server, port, "uas_answers", Sipp { rtp_port: ear.port, ..Sipp::default() });
    let alone = desk.ravi.moment();
    let transfer = desk.transfer("pstn", "+12025550123", "attended");
    desk.ravi.hears_from(alone, TARGET_HZ);
    ear.hears_from(0, RAVI_HZ);
    let joined = (desk.ear.moment(), ear.moment());
    assert_eq!(step(&desk.server, &transfer, "complete"), "completed");
    desk.ear.hears_from(joined.0, TARGET_HZ);
    ear.hears_from(joined.1, CALLER_HZ);
    desk.ravi.event("CALL_CLOSED", SOON);
    assert_eq!(http::post(desk.server.http, &format!("/calls/{}/hangup", desk.call), "", "").0, 200);
    far.finish();
    let (record, events) = desk.closes();
    assert!(story(&events).contains(&"decision"), "{:?}", story(&events));
    assert_eq!(record["hops"], 2, "the flow's and Ravi's");
}
