//! No trunk is shown a caller's number that the site does not own, unless its setting says that such numbers pass (T51).
//! It knows what is placed by us; who calls us says itself who it is.

use std::collections::BTreeMap;

use super::Found;
use crate::base::id::LegId;
use crate::call::leg::{Caller, Name};
use crate::sim::moment::Moment;
use crate::site::model::{CallerNumbers, Site};

const PROMISE: &str = "shown";

#[derive(Debug, Default)]
pub struct Shown {
    /// Legs that left by a trunk.
    outside: BTreeMap<LegId, Name>,
}

impl Shown {
    pub fn see(&mut self, moment: &Moment, site: &Site, found: &mut Found) {
        match moment {
            Moment::Placed { leg, presented, outside: Some(outside), .. } => {
                self.outside.insert(*leg, outside.trunk.clone());
                told(&outside.trunk, &presented.caller, site, found);
            }
            // Begun anew, the exchange may give the number of a leg of before to a telephone of the site.
            Moment::Placed { leg, outside: None, .. } => {
                self.outside.remove(leg);
            }
            Moment::Sees { leg, peer } => {
                if let Some(trunk) = self.outside.get(leg) {
                    told(trunk, peer, site, found);
                }
            }
            _ => {}
        }
    }
}

fn told(trunk: &Name, caller: &Caller, site: &Site, found: &mut Found) {
    let passes = site.trunks.get(trunk).is_some_and(|t| t.caller_numbers == CallerNumbers::PassThrough);
    // A number of the network is written in full; anything else is an extension.
    let full = caller.number.starts_with('+');
    let answered = site.numbers.exact.keys().any(|number| *number == caller.number);
    let company = site.trunks.values().any(|t| t.caller_id.as_ref() == Some(&caller.number));
    if full && !caller.anonymous && !passes && !answered && !company {
        found.add(PROMISE, format!("trunk `{trunk}` was shown `{}`, which is not the site's", caller.number));
    }
}
