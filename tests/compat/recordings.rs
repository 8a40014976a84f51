//! A call that is recorded, through a transfer and through a crash: the caller's words on the left, what the caller heard
//! on the right.

use serde_json::Value;

use super::ear::{DANA_HZ, Ear, RAVI_HZ};
use super::follow::{call_in, reaches, record, step, transfer};
use super::phones::phone;
use super::rtp::{Plan, RtpPeer};
use super::server::Server;
use super::sipp::Sipp;
use super::tone::{self, CALLER_HZ};

/// Samples of the windows in which a voice is looked for: 200 ms.
const WINDOW: usize = 1_600;
/// Long enough that one of these windows is whole.
const LONG: usize = 2 * WINDOW;
/// A window with less of its energy at a tone is mixed with something else.
const CLEAN: f64 = 0.9;
/// Less of the energy than this is no trace of a tone.
const TRACE: f64 = 0.05;

/// The windows of one side that are this tone, by their number.
fn windows(side: &[i16], hz: f64, least: f64) -> Vec<usize> {
    let windows = side.chunks_exact(WINDOW).enumerate();
    windows.filter(|(_, window)| tone::share(window, hz) > least).map(|(at, _)| at).collect()
}

/// The recordings that a record names: the left side and the right side of each.
fn files(server: &Server, record: &Value) -> Vec<[Vec<i16>; 2]> {
    let names = record["recordings"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let read = |name: &str| {
        let path = server.file(&format!(".state/recordings/{name}"));
        let mut reader = hound::WavReader::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!((reader.spec().channels, reader.spec().sample_rate), (2, tone::RATE));
        let samples: Vec<i16> = reader.samples::<i16>().map(Result::unwrap).collect();
        [0, 1].map(|at| samples.chunks_exact(2).map(|pair| pair[at]).collect())
    };
    names.map(read).collect()
}

#[test]
fn both_sides_are_kept_through_a_transfer() {
    let server = Server::start("staff", &[("target", "9")]);
    let ravi = phone(&server, "us_ravi", true, RAVI_HZ);
    let mut dana = phone(&server, "us_dana", true, DANA_HZ);
    let ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let caller = Sipp { dials: "1800", rtp_port: ear.port, ..Sipp::default() };
    let caller = caller.call(server.udp, "uac_stays", server.scratch());
    ear.hears_from(0, RAVI_HZ);
    ear.hears_from(ear.moment() + LONG, RAVI_HZ);
    let call = call_in(&server, "talking");
    let transfer = transfer(&server, &call, "us_ravi", ("user", "us_dana"), "attended");
    reaches(&server, &transfer, "consulting");
    dana.hears_from(0, RAVI_HZ);
    // In private: neither is to be found in the recording meanwhile.
    ravi.hears_from(0, DANA_HZ);
    let joined = ear.moment();
    assert_eq!(step(&server, &transfer, "complete"), "completed");
    ear.hears_from(joined, DANA_HZ);
    ear.hears_from(ear.moment() + LONG, DANA_HZ);
    dana.hears_from(0, CALLER_HZ);
    dana.command("hangup", "");
    caller.finish();
    server.assert_quiet();

    let record = record(&server, &call);
    let [file] = &files(&server, &record)[..] else { panic!("not one recording: {record:#}") };
    let [left, right] = file;
    let (said, ravi, dana) =
        (windows(left, CALLER_HZ, CLEAN), windows(right, RAVI_HZ, CLEAN), windows(right, DANA_HZ, CLEAN));
    assert!(!ravi.is_empty() && !dana.is_empty(), "Ravi in {ravi:?}, Dana in {dana:?}");
    assert!(ravi.last() < dana.first(), "Ravi in {ravi:?}, Dana in {dana:?}");
    for heard in [&ravi, &dana] {
        assert!(heard.iter().any(|at| said.contains(at)), "the caller in {said:?}, who answered in {heard:?}");
    }
    assert_eq!(windows(right, CALLER_HZ, TRACE), [0; 0], "the caller hears himself");
    for hz in [RAVI_HZ, DANA_HZ] {
        assert_eq!(windows(left, hz, TRACE), [0; 0], "{hz} Hz on the caller's side");
    }
}

/// The first file has no end when the server is killed, and is whole nevertheless; the second has what came after.
#[test]
fn t60_a_recording_goes_on_after_a_crash() {
    let mut server = Server::start("staff", &[("target", "9")]);
    let mut ravi = phone(&server, "us_ravi", true, RAVI_HZ);
    let ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let caller = Sipp { dials: "1800", rtp_port: ear.port, ..Sipp::default() };
    let caller = caller.call(server.udp, "uac_stays", server.scratch());
    for life in 0..2 {
        let moment = ear.moment();
        ear.hears_from(moment, RAVI_HZ);
        // A second more: that much waits in memory at most.
        ear.hears_from(ear.moment() + 5 * WINDOW, RAVI_HZ);
        if life == 0 {
            server.crash();
        }
    }
    let call = call_in(&server, "talking");
    ravi.command("hangup", "");
    caller.finish();
    server.assert_quiet();
    let record = record(&server, &call);
    let names: Vec<String> = (1..=2).map(|number| format!("{call}-{number}.wav")).collect();
    assert_eq!(record["recordings"], serde_json::json!(names));
    for [left, right] in files(&server, &record) {
        assert!(!windows(&left, CALLER_HZ, CLEAN).is_empty(), "the caller, in {} samples", left.len());
        assert!(!windows(&right, RAVI_HZ, CLEAN).is_empty(), "Ravi, in {} samples", right.len());
        assert_eq!(windows(&left, RAVI_HZ, TRACE), [0; 0]);
    }
    let (exact, said) = server.replays(&call);
    assert!(exact, "{said}");
}
