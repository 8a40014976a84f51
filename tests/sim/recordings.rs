//! The promise about recordings speaks about each way in which it can be broken.

use std::sync::Arc;

use strowger::base::id::LegId;
use strowger::base::time::Mono;
use strowger::exchange::Recording;
use strowger::sim::promises::recordings::Recordings;
use strowger::sim::promises::{Found, Line, Sight};
use strowger::sim::{Heard, Moment};

use super::planted::{music, said, talking};

#[test]
fn a_recording_that_goes_otherwise_than_it_may_is_told() {
    use Recording::{Pause, Resume, Stop};
    let start = || Recording::Start { name: Arc::from("one") };
    let peer = Heard::Peer(LegId(2));
    let cases: Vec<(Vec<Recording>, Heard, &str)> = vec![
        (vec![start()], music(), "is on hold in a call that is talking, and is recorded"),
        (vec![start(), Pause], music(), ""),
        (vec![start(), Pause, Resume], music(), "is on hold in a call that is talking, and is recorded"),
        (vec![start(), Pause, Resume, Stop], music(), ""),
        (vec![start(), start()], peer.clone(), ""),
        (vec![Pause], peer.clone(), "Pause of leg 1"),
        (vec![start(), Resume], peer.clone(), "Resume of leg 1"),
        (vec![start(), Pause, Pause], peer.clone(), "Pause of leg 1"),
        (vec![start(), Stop, Resume], peer.clone(), "Resume of leg 1"),
        (vec![Stop], peer, "Stop of leg 1"),
    ];
    for (ops, heard, wanted) in cases {
        let (mut recordings, mut found) = (Recordings::default(), Found::default());
        let leg = LegId(1);
        for op in ops.iter().cloned() {
            recordings.see(&Moment::Recording { leg, op }, &mut found);
        }
        let lines = [Line { leg, up: true, heard: &heard }];
        recordings.look(&Sight { now: Mono(0), calls: &[talking()], lines: &lines }, &mut found);
        let told = said(&found).join("; ");
        assert!(if wanted.is_empty() { told.is_empty() } else { told.contains(wanted) }, "{ops:?}: {told}");
    }
}
