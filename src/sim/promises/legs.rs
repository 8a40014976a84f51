//! No leg without a call and none in two; nobody is connected to two at once; a room has three at least, since two are
//! joined without a mixer; a quiet exchange holds nothing.

use std::collections::BTreeMap;

use super::{Found, Sight};
use crate::base::id::{CallId, LegId, RoomId};
use crate::sim::world::Heard;

const PROMISE: &str = "legs";

pub fn look(sight: &Sight<'_>, found: &mut Found) {
    let mut calls: BTreeMap<LegId, CallId> = BTreeMap::new();
    for call in sight.calls {
        for party in call.parties.iter().filter(|p| p.state != "gone") {
            if calls.insert(party.leg, call.id).is_some() {
                found.add(PROMISE, format!("leg {} is a party of two calls", party.leg.0));
            }
        }
    }
    let mut rooms: BTreeMap<RoomId, usize> = BTreeMap::new();
    for line in sight.lines {
        if let Heard::Room(room) = line.heard {
            *rooms.entry(*room).or_default() += 1;
        }
        if !calls.contains_key(&line.leg) {
            found.add(PROMISE, format!("leg {} is there and belongs to no call", line.leg.0));
        }
        if let Heard::Peer(peer) = line.heard
            && let Some(peer) = sight.lines.iter().find(|l| l.leg == *peer)
            && *peer.heard != Heard::Peer(line.leg)
        {
            let text = format!("leg {} hears leg {}, which does not hear it", line.leg.0, peer.leg.0);
            found.add(PROMISE, text);
        }
    }
    for (room, legs) in rooms.iter().filter(|(_, legs)| **legs < 3) {
        found.add(PROMISE, format!("room {} has {legs} in it", room.0));
    }
}

/// What there must be none of.
pub fn idle(left: &[(&str, usize)], found: &mut Found) {
    for (what, n) in left.iter().filter(|(_, n)| *n > 0) {
        found.add(PROMISE, format!("{n} {what} are left"));
    }
}
