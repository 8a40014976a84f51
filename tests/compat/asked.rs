//! A flow that asks its target before the caller is there, and records the call: by ear, by key and by file.

use std::path::PathBuf;
use std::time::Duration;

use super::rtp::{Plan, Press, RtpPeer};
use super::server::Server;
use super::sipp::Sipp;
use super::tone::{self, CALLER_HZ, RATE, TARGET_HZ, prompt_hz};
use super::transfers::{CARRIER, desk, target};

/// From dialling to what is awaited: a notice, a ringing, a brief, ten seconds for the key.
const SOON: Duration = Duration::from_secs(25);

/// The recordings of the site, once so many are there.
fn recordings(server: &Server, count: usize) -> Vec<PathBuf> {
    let folder = server.file(".state/recordings");
    let list = || {
        let entries = std::fs::read_dir(&folder).ok()?;
        let files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        (files.len() == count).then_some(files)
    };
    super::process::wait_for(Duration::from_secs(5), list).unwrap_or_else(|| panic!("no recording in {folder:?}"))
}

/// Left and right of a recording.
fn channels(path: &PathBuf) -> [Vec<i16>; 2] {
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!((reader.spec().channels, reader.spec().sample_rate), (2, RATE), "{}", path.display());
    let samples: Vec<i16> = reader.samples::<i16>().map(Result::unwrap).collect();
    let side = |at: usize| samples.iter().skip(at).step_by(2).copied().collect();
    [side(0), side(1)]
}

/// Whether the tone is in it, clean, for 200 ms.
fn holds(samples: &[i16], hz: f64) -> bool {
    samples.chunks_exact(RATE as usize / 5).any(|window| tone::share(window, hz) > 0.9)
}

/// The target hears the brief, alone; its key joins the two; the recording has the one on the left, the other on the
/// right, and not the notice.
#[test]
fn the_accept_key_joins_the_caller_and_both_are_recorded() {
    let (server, port) = desk();
    let caller_ear = RtpPeer::start("127.0.0.1", Plan { tone_hz: Some(CALLER_HZ), ..Plan::default() });
    let press = Some(Press { key: '1', ends: 3 });
    let target_ear = RtpPeer::start(CARRIER, Plan { tone_hz: Some(TARGET_HZ), press });
    let far = target(&server, port, "uas_answers", Sipp { rtp_port: target_ear.port, ..Sipp::default() });
    let caller = Sipp { dials: "1205", rtp_port: caller_ear.port, pause_ms: 6_000, ..Sipp::default() };
    let call = caller.call(server.udp, "uac_hangs_up", server.scratch());
    assert!(target_ear.hears(prompt_hz("five"), SOON), "{}", target_ear.summary());
    assert!(!target_ear.heard_trace_of(CALLER_HZ), "the target heard the caller before it took the call");
    assert!(target_ear.hears(CALLER_HZ, SOON), "{}", target_ear.summary());
    assert!(caller_ear.hears(TARGET_HZ, SOON), "{}", caller_ear.summary());
    assert!(!caller_ear.heard_trace_of(prompt_hz("five")), "the caller heard the brief: {}", caller_ear.summary());
    call.finish();
    far.finish();
    server.assert_quiet();
    let [left, right] = channels(&recordings(&server, 1)[0]);
    assert!(holds(&left, CALLER_HZ) && !holds(&left, TARGET_HZ));
    assert!(holds(&right, TARGET_HZ) && !holds(&right, CALLER_HZ));
    assert!(!holds(&right, prompt_hz("welcome")), "the notice is in the recording");
}

/// Another key, and no key in ten seconds, are `declined` (T18).
#[test]
fn a_wrong_key_and_none_decline_the_call() {
    for press in [Some(Press { key: '2', ends: 3 }), None] {
        let (server, port) = desk();
        let ear = RtpPeer::start("127.0.0.1", Plan::default());
        let target_ear = RtpPeer::start(CARRIER, Plan { press, ..Plan::default() });
        let far = target(&server, port, "uas_answers", Sipp { rtp_port: target_ear.port, ..Sipp::default() });
        let caller = Sipp { dials: "1205", rtp_port: ear.port, ..Sipp::default() };
        caller.call(server.udp, "uac_until_bye", server.scratch()).finish();
        assert!(ear.hears(prompt_hz("declined"), SOON), "{}", ear.summary());
        far.finish();
        server.assert_quiet();
        assert_eq!(recordings(&server, 1).len(), 1);
    }
}
