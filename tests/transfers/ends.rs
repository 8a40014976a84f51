//! What became of a call, in a few words, for races.

use strowger::base::id::LegId;
use strowger::call::order::CallEventKind;
use strowger::sim::{Heard, Moment, World};

use super::story::CALLER;

/// The state of the newest transfer, and who hears whom.
pub fn outcome(world: &World) -> String {
    let state = world.trace.iter().rev().find_map(|(_, m)| match m {
        Moment::Event(event) => match &event.kind {
            CallEventKind::Transfer(view) if view.from.is_some() => Some(view.state.name()),
            _ => None,
        },
        _ => None,
    });
    let caller = LegId(1);
    let rest = match world.heard(caller) {
        Some(Heard::Peer(peer)) => format!("talks to {}", world.rings(*peer).unwrap()),
        Some(Heard::Room(_)) => "all talk".to_owned(),
        Some(other) => format!("{CALLER} hears {other:?}"),
        None => {
            let others = world.legs().filter(|leg| matches!(world.heard(*leg), Some(Heard::Peer(_)))).count();
            if others > 0 { format!("{others} others talk") } else { "over".to_owned() }
        }
    };
    format!("{}, {rest}", state.unwrap_or("none"))
}
