//! Nobody is left alone without audio: not at all while somebody is being had for him, and not for long otherwise. What
//! a flow lets its caller hear is the flow's matter, and who holds his peer has what he asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::refers::Refers;
use super::{Found, Line, Sight};
use crate::base::id::LegId;
use crate::base::time::{Micros, Mono};
use crate::exchange::view::CallView;
use crate::sim::world::Heard;

const PROMISE: &str = "silence";

/// Longer than any answer of a far end that hears us, shorter than a caller's patience.
const LONGEST: Micros = Micros::from_secs(5);

#[derive(Debug, Default)]
pub struct Silence {
    /// Since when a leg hears nothing that ought to hear something.
    since: BTreeMap<LegId, Mono>,
    told: BTreeSet<LegId>,
}

impl Silence {
    pub fn look(&mut self, sight: &Sight<'_>, refers: &Refers, found: &mut Found) {
        // Nothing that a leg hears changes between two inputs: what was silent until now was so all the time.
        for (leg, since) in &self.since {
            if sight.now.since(*since) > LONGEST && self.told.insert(*leg) {
                let from = since.0;
                found.add(PROMISE, format!("leg {} hears nothing since {from} us, and nobody cares", leg.0));
            }
        }
        let deaf = sight.lines.iter().filter(|l| l.up && sight.is_deaf(l) && !refers.excuses(l.leg));
        let deaf: BTreeSet<LegId> = deaf.filter(|l| is_owed(sight, l.leg)).map(|l| l.leg).collect();
        self.since.retain(|leg, _| deaf.contains(leg));
        self.told.retain(|leg| deaf.contains(leg));
        for leg in deaf {
            self.since.entry(leg).or_insert(sight.now);
        }
        for call in sight.calls {
            at_once(sight, call, found);
        }
    }
}

/// Whether a leg has a right to hear something.
fn is_owed(sight: &Sight<'_>, leg: LegId) -> bool {
    let call = sight.calls.iter().find(|c| c.parties.iter().any(|p| p.leg == leg));
    let Some(call) = call else { return true };
    let holds = call.parties.iter().any(|p| p.leg == leg && p.holding);
    let flows = call.state == "flow" && call.subject == leg;
    !holds && !flows
}

/// Who waits for somebody hears something all the time; of two who talk, nobody is alone.
fn at_once(sight: &Sight<'_>, call: &CallView, found: &mut Found) {
    let subject = call.parties.iter().find(|p| p.leg == call.subject);
    let Some(subject) = subject.filter(|p| p.state == "up") else { return };
    let line = |leg: LegId| sight.lines.iter().find(|l| l.leg == leg);
    let alone = |l: &Line<'_>| match call.state {
        "deciding" | "ringing" | "queued" => !matches!(l.heard, Heard::Audio(_)),
        "talking" => sight.is_deaf(l) && !subject.holding && !peer_left(sight, call),
        _ => false,
    };
    if line(call.subject).is_some_and(alone) {
        found.add(PROMISE, format!("the party served is {} and hears nothing", call.state));
    }
}

/// Somebody of the call has just left, which the exchange is about to hear.
fn peer_left(sight: &Sight<'_>, call: &CallView) -> bool {
    call.parties.iter().any(|p| p.state == "up" && !sight.lines.iter().any(|l| l.leg == p.leg))
}
