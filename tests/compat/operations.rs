//! Running it: reload without touching live calls, drain, overload, what HTTP says.

use std::time::Duration;

use super::process::wait_for;
use super::rtp::{Plan, RtpPeer};
use super::server::{Server, serve};
use super::sipp::{Running, Sipp};
use super::tone::prompt_hz;
use super::{http, server};

/// From a signal to its effect.
const SOON: Duration = Duration::from_secs(10);
/// 64*T1: how long a transaction is waited for.
const TIMER_H: Duration = Duration::from_secs(32);

fn desk() -> Server {
    Server::start("desk", &[("target", "9")])
}

/// Which prompt number 1000 plays.
fn prompt_of(server: &Server, candidates: &[&'static str]) -> Option<&'static str> {
    let ear = RtpPeer::start("127.0.0.1", Plan::default());
    Sipp { dials: "1000", rtp_port: ear.port, ..Sipp::default() }
        .call(server.udp, "uac_until_bye", server.scratch())
        .finish();
    candidates.iter().copied().find(|prompt| ear.hears(prompt_hz(prompt), Duration::ZERO))
}

fn rewrite(server: &Server, from: &str, to: &str) {
    rewrite_file(server, "flows/desk.flow", from, to);
}

fn rewrite_file(server: &Server, file: &str, from: &str, to: &str) {
    let path = server.file(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_reload_changes_new_calls_and_no_live_one() {
    let server = desk();
    let live = Sipp { dials: "1002", digit: '5', pause_ms: 6_000, ..Sipp::default() };
    let ear = RtpPeer::start("127.0.0.1", Plan::default());
    let live = Sipp { rtp_port: ear.port, ..live }.call(server.udp, "uac_info", server.scratch());
    assert!(ear.hears(prompt_hz("welcome"), SOON), "{}", ear.summary());
    rewrite(&server, "play \"welcome\"", "play \"busy\"");
    rewrite(&server, "play \"five\"", "play \"denied\"");
    server.signal("HUP");
    let changed = wait_for(SOON, || (prompt_of(&server, &["welcome", "busy"]) == Some("busy")).then_some(()));
    assert!(changed.is_some(), "a new call has the new flow");
    live.finish();
    assert!(ear.hears(prompt_hz("five"), Duration::ZERO), "the live call has its flow: {}", ear.summary());
    server.assert_quiet();
}

#[test]
fn a_site_that_does_not_lint_is_refused_and_the_old_one_kept() {
    let server = desk();
    rewrite(&server, "play \"welcome\"", "play \"no-such-prompt\"");
    server.signal("HUP");
    // Nothing says that a reload was refused but the log; three calls outlast any reload.
    for _ in 0..3 {
        assert_eq!(prompt_of(&server, &["welcome"]), Some("welcome"));
    }
    assert_eq!(http::get(server.http, "/healthz").0, 200);
    server.assert_quiet();
}

/// Sockets stay open as they are: what cannot change now is told, and the rest is taken.
#[test]
fn a_reload_with_other_addresses_says_so() {
    let server = desk();
    rewrite_file(&server, "strowger.yaml", "\"udp:127.0.0.1:0\", ", "");
    rewrite(&server, "play \"welcome\"", "play \"busy\"");
    server.signal("HUP");
    let told = || server.log().contains("`listen` has changed in the site file").then_some(());
    assert!(wait_for(SOON, told).is_some(), "{}", server.log());
    let changed = wait_for(SOON, || (prompt_of(&server, &["welcome", "busy"]) == Some("busy")).then_some(()));
    assert!(changed.is_some(), "a new call has the new flow");
}

/// Two servers of one site would each count its permits alone.
#[test]
fn a_second_server_of_a_site_is_refused() {
    let server = desk();
    let second = serve(&server.file("")).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(2), "{said}");
    assert!(said.contains("another process serves this site"), "{said}");
    assert_eq!(http::get(server.http, "/healthz").0, 200);
}

/// SIGTERM: live calls go on, new ones get 503, and the process ends with the last call.
#[test]
fn a_drain_finishes_live_calls_and_takes_no_new_ones() {
    let mut server = desk();
    let live = Sipp { dials: "1001", pause_ms: 4_000, ..Sipp::default() };
    let live = live.call(server.udp, "uac_hangs_up", server.scratch());
    assert!(wait_for(SOON, || (server.live_calls() == 1).then_some(())).is_some(), "a live call");
    server.signal("TERM");
    let not_ready = wait_for(SOON, || (http::get(server.http, "/readyz").0 == 503).then_some(()));
    assert!(not_ready.is_some(), "/readyz says that it drains");
    Sipp::default().call(server.udp, "uac_rejected_503", server.scratch()).finish();
    live.finish();
    let status = server.ended(SOON).expect("it ends after the last call");
    assert!(status.success(), "{status}");
}

/// A desk with these limits, and a call that stays until it is ended; it sends no audio.
fn desk_with_a_call(limits: &str) -> (Server, Running) {
    let server = Server::start("desk", &[("target", "9"), ("more", &format!("\nlimits: {limits}"))]);
    let live = Sipp { dials: "1001", ..Sipp::default() }.call(server.udp, "uac_until_bye", server.scratch());
    assert!(wait_for(SOON, || (server.live_calls() == 1).then_some(())).is_some(), "a live call");
    (server, live)
}

/// How the only call of a server that has ended is in its records.
fn kept(server: &Server) -> (String, String) {
    let database = rusqlite::Connection::open(server.file(".state/records.db")).unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let kept = database.query_row("SELECT disposition, cause FROM calls", [], row).unwrap();
    let live: u32 = database.query_row("SELECT count(*) FROM live", [], |row| row.get(0)).unwrap();
    assert_eq!(live, 0, "nothing is left for the next start to take back");
    kept
}

/// A second SIGTERM: who talks hears BYE, the call has its record, and the process ends well.
#[test]
fn a_second_signal_ends_the_calls_in_good_order() {
    let (mut server, live) = desk_with_a_call("{}");
    server.signal("TERM");
    let told = || server.log().contains("draining: no new calls").then_some(());
    assert!(wait_for(SOON, told).is_some(), "{}", server.log());
    assert!(server.log().contains("in 3600 s (`limits.drain`)"), "{}", server.log());
    assert_eq!(server.live_calls(), 1, "the first one waits for it");
    server.signal("TERM");
    live.finish();
    assert!(server.ended(SOON).expect("it ends").success());
    assert_eq!(kept(&server), ("answered".to_owned(), "normal".to_owned()));
}

/// Calls that do not end by themselves do not keep the process for ever.
#[test]
fn a_drain_has_a_limit() {
    let (mut server, live) = desk_with_a_call("{drain: 2s}");
    server.signal("TERM");
    live.finish();
    assert!(server.ended(SOON).expect("it ends").success());
    assert_eq!(kept(&server), ("answered".to_owned(), "normal".to_owned()));
}

/// A phone that died without a word is missed by its audio.
#[test]
fn a_call_that_sends_no_audio_is_ended() {
    let (mut server, live) = desk_with_a_call("{media_timeout: 10s}");
    live.finish();
    server.assert_quiet();
    assert!(server.log().contains("no audio for `limits.media_timeout`"), "{}", server.log());
    server.signal("TERM");
    assert!(server.ended(SOON).expect("it ends").success());
    assert_eq!(kept(&server), ("answered".to_owned(), "media_timeout".to_owned()));
}

/// Far more calls than two cores can take: each is answered or gets 503 with Retry-After, none is
/// left without an answer, and afterwards everything is as before.
#[test]
fn overload_is_answered_by_503() {
    let server = desk();
    let burst = Sipp { dials: "1001", calls: 5_000, rate: 5_000, limit: 5_000, ..Sipp::default() };
    burst.call(server.udp, "uac_overload", server.scratch()).finish();
    // A call whose ACK was lost in the burst: 64*T1 for the ACK, and as long for the answer to our BYE (RFC 3261 §17).
    server.assert_quiet_within(2 * TIMER_H + SOON);
    assert_eq!(prompt_of(&server, &["welcome"]), Some("welcome"));
}

#[test]
fn http_says_how_it_is() {
    let server = desk();
    assert_eq!(http::get(server.http, "/healthz").0, 200);
    assert_eq!(http::get(server.http, "/readyz").0, 200);
    assert_eq!(http::get(server.http, "/no-such-page").0, 404);
    for name in [server::LIVE_LEGS, server::HELD_PERMITS, server::RECORDS] {
        assert_eq!(server.metric(name), 0.0, "{name}");
    }
    let live = Sipp { dials: "1001", pause_ms: 1_500, ..Sipp::default() };
    let live = live.call(server.udp, "uac_hangs_up", server.scratch());
    assert!(wait_for(SOON, || (server.live_calls() == 1).then_some(())).is_some(), "a live call");
    assert_eq!(server.metric(server::LIVE_LEGS), 1.0);
    live.finish();
    server.assert_quiet();
    assert_eq!(server.records(), 1);
}
