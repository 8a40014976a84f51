//! Three who talk, each known by a tone: everybody hears the two others and not himself, and who stays goes on without a
//! gap when one leaves.

use std::time::Duration;

use super::attended::{Consultation, Desk, GAP};
use super::baresip::Baresip;
use super::ear::{DANA_HZ, Ear, RAVI_HZ};
use super::follow::{record, states, step};
use super::phones::phone;
use super::tone::CALLER_HZ;

/// From an act to what a phone says of it.
const SOON: Duration = Duration::from_secs(15);

/// Caller, Ravi and Dana in one room, as all three hear. Also the moment from which the caller heard them.
fn room() -> (Desk, Baresip, usize) {
    let desk = Desk::opens();
    let dana = phone(&desk.server, "us_dana", true, DANA_HZ);
    let transfer = desk.transfer("user", "us_dana", "attended");
    dana.hears_from(0, RAVI_HZ);
    let at = (desk.ear.moment(), desk.ravi.moment(), dana.moment());
    assert_eq!(step(&desk.server, &transfer, "3way"), "conference");
    assert_eq!(step(&desk.server, &transfer, "3way"), "conference", "asked again, it has the same answer");
    desk.ear.hears_both_from(at.0, RAVI_HZ, DANA_HZ);
    desk.ravi.hears_both_from(at.1, CALLER_HZ, DANA_HZ);
    dana.hears_both_from(at.2, CALLER_HZ, RAVI_HZ);
    desk.ear.never_heard(0, CALLER_HZ);
    desk.ravi.never_heard(0, RAVI_HZ);
    dana.never_heard(0, DANA_HZ);
    let three = desk.ear.moment();
    desk.ear.hears_both_from(three, RAVI_HZ, DANA_HZ);
    (desk, dana, three)
}

/// T38, T39, T41.
#[test]
fn the_transferor_leaves_and_the_two_go_on() {
    let (mut desk, mut dana, three) = room();
    let left = (desk.ear.moment(), dana.moment());
    desk.ravi.command("hangup", "");
    desk.ravi.event("CALL_CLOSED", SOON);
    desk.ear.hears_from(left.0, DANA_HZ);
    dana.hears_from(left.1, CALLER_HZ);
    let gap = desk.ear.longest_without(three, DANA_HZ).expect("Dana");
    assert!(gap <= GAP, "{gap:?} without Dana");
    dana.command("hangup", "");
    let (_, events) = desk.closes();
    assert_eq!(states(&events).last(), Some(&"conference"));
}

#[test]
fn the_target_leaves_and_the_two_go_on() {
    let (mut desk, mut dana, three) = room();
    let left = (desk.ear.moment(), desk.ravi.moment());
    dana.command("hangup", "");
    dana.event("CALL_CLOSED", SOON);
    desk.ear.hears_from(left.0, RAVI_HZ);
    desk.ravi.hears_from(left.1, CALLER_HZ);
    let gap = desk.ear.longest_without(three, RAVI_HZ).expect("Ravi");
    assert!(gap <= GAP, "{gap:?} without Ravi");
    desk.ravi.command("hangup", "");
    desk.closes();
}

/// The caller leaves, and only people of the site stay: it is over for all.
#[test]
fn the_caller_leaves_and_it_is_over() {
    let Consultation { mut caller, mut ravi, mut dana, call, transfer, server } = Consultation::begins();
    let at = (caller.moment(), ravi.moment(), dana.moment());
    assert_eq!(step(&server, &transfer, "3way"), "conference");
    caller.hears_both_from(at.0, RAVI_HZ, DANA_HZ);
    ravi.hears_both_from(at.1, CALLER_HZ, DANA_HZ);
    dana.hears_both_from(at.2, CALLER_HZ, RAVI_HZ);
    caller.command("hangup", "");
    for phone in [&mut ravi, &mut dana] {
        phone.event("CALL_CLOSED", SOON);
    }
    server.assert_quiet();
    assert_eq!(record(&server, &call)["hangupBy"], call.replacen("s-", "p-", 1) + "-1");
}
