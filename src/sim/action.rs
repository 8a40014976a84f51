//! What somebody does in a world, as data: a run is a list of these, which can be cut down, kept and done again.
//!
//! A leg is called by what stays the same when other actions are left out: the number of the call that brought it in,
//! or whom it rings. An action whose leg is not there does nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::far_end::FarEnd;
use super::network::Conditions;
use super::world::{Ties, World};
use crate::base::id::{CallId, LegId};
use crate::base::time::Micros;
use crate::call::cause::Cause;
use crate::call::leg::{DigitSource, LegEvent, Name, Origin, Replaced};
use crate::call::order::{Order, Which};
use crate::call::spec::{Target, TransferMode};
use crate::exchange::Plan;

/// A leg.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Who {
    /// Of the call with this number, who called.
    Caller(u32),
    /// The newest leg that rings this user or number, or was answered there.
    At(Name),
}

/// The dialog that a REFER names for replacement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Instead {
    Of(Who),
    OfUnknown,
}

/// What is told about a leg that we believe to be over, or that never was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact {
    Ringing,
    Confirmed,
    Key,
    Held,
    Gone,
    Refers(String),
}

/// What the API asks about the newest transfer of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    Complete,
    Cancel,
    ThreeWay,
    Swap,
    HangUp,
}

/// One thing that is done.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    Call {
        number: u32,
        origin: Origin,
        from: String,
        to: String,
        /// The leg whose place it takes.
        replaces: Option<Who>,
    },
    Press(Who, char),
    HangUp(Who),
    /// The leg is lost in the middle of what it does.
    Lose(Who, Cause),
    Hold(Who, bool),
    Refer {
        who: Who,
        to: String,
        replaces: Option<Instead>,
    },
    /// The API transfers the call that this leg is of, in the name of a user.
    Transfer {
        of: Who,
        from: Name,
        target: Target,
        mode: TransferMode,
    },
    /// The API asks something of the call that this leg is of.
    Order(Who, Deed),
    Register(Name, Vec<u64>),
    FarEnd(Name, FarEnd),
    Weather(Conditions),
    Disk(bool),
    Report(LegId, Fact),
    /// To the plan with this number.
    Reload(usize),
    Ties(Ties),
    Restart,
    Wait(Micros),
    /// To the very instant at which something is due, and no further.
    Step,
}

/// A world, and who called in it.
#[derive(Debug)]
pub struct Player<'a> {
    pub world: World,
    pub plans: &'a [Arc<Plan>],
    callers: BTreeMap<u32, LegId>,
}

impl<'a> Player<'a> {
    pub fn new(world: World, plans: &'a [Arc<Plan>]) -> Self {
        Self { world, plans, callers: BTreeMap::new() }
    }

    /// The leg that is meant, if it is there.
    pub fn leg(&self, who: &Who) -> Option<LegId> {
        match who {
            Who::Caller(number) => self.callers.get(number).copied().filter(|leg| self.world.exists(*leg)),
            Who::At(name) => self.world.leg_at(name),
        }
    }

    /// How a leg that is there is called.
    pub fn who(&self, leg: LegId) -> Option<Who> {
        if let Some(name) = self.world.rings(leg) {
            return Some(Who::At(name.clone()));
        }
        self.callers.iter().find(|(_, l)| **l == leg).map(|(number, _)| Who::Caller(*number))
    }

    /// The call that a leg is of.
    pub fn call_of(&self, leg: LegId) -> Option<CallId> {
        let calls = self.world.exchange.calls();
        calls.iter().find(|c| c.parties.iter().any(|p| p.leg == leg)).map(|c| c.id)
    }

    pub fn act(&mut self, action: &Action) {
        match action {
            Action::Call { number, origin, from, to, replaces } => {
                let replaces = replaces.as_ref().and_then(|who| self.leg(who));
                let leg = self.world.call_instead(origin.clone(), from, to, replaces);
                self.callers.insert(*number, leg);
            }
            Action::Press(who, key) => self.with(who, |w, leg| w.press(leg, *key)),
            Action::HangUp(who) => self.with(who, World::hang_up),
            Action::Lose(who, cause) => self.with(who, |w, leg| w.lose(leg, *cause)),
            Action::Hold(who, holding) => self.with(who, |w, leg| w.hold(leg, *holding)),
            Action::Refer { who, to, replaces } => {
                let replaces = match replaces {
                    Some(Instead::Of(other)) => Some(self.leg(other).map_or(Replaced::Unknown, Replaced::Leg)),
                    Some(Instead::OfUnknown) => Some(Replaced::Unknown),
                    None => None,
                };
                self.with(who, |w, leg| w.refer(leg, to, replaces));
            }
            Action::Transfer { of, from, target, mode } => {
                let Some(call) = self.leg(of).and_then(|leg| self.call_of(leg)) else { return };
                let (from, target, mode) = (from.clone(), target.clone(), *mode);
                self.world.order(Order::Transfer { call, from, target, mode });
            }
            Action::Order(of, deed) => {
                if let Some(call) = self.leg(of).and_then(|leg| self.call_of(leg)) {
                    self.world.order(deed.order(call));
                }
            }
            Action::Register(user, devices) => self.world.register(user, devices),
            Action::FarEnd(who, far_end) => {
                self.world.far_ends.insert(who.clone(), *far_end);
            }
            Action::Weather(conditions) => self.world.network.conditions = *conditions,
            Action::Disk(works) => self.world.set_disk(*works),
            Action::Report(leg, fact) => self.report(*leg, fact),
            Action::Reload(plan) => {
                if let Some(plan) = self.plans.get(*plan) {
                    self.world.reload(plan.clone());
                }
            }
            Action::Ties(ties) => self.world.ties = *ties,
            Action::Restart => self.world.restart(),
            Action::Wait(time) => self.world.run_for(*time),
            Action::Step => {
                self.world.step();
            }
        }
    }

    fn with(&mut self, who: &Who, act: impl FnOnce(&mut World, LegId)) {
        if let Some(leg) = self.leg(who) {
            act(&mut self.world, leg);
        }
    }

    /// Only a leg that is over in our eyes, or never was: what others say is said by their own actions.
    fn report(&mut self, leg: LegId, fact: &Fact) {
        if self.world.exists(leg) {
            return;
        }
        // Nobody can speak of what has a number and was not placed yet.
        let calls = self.world.exchange.calls();
        if calls.iter().flat_map(|c| &c.parties).any(|p| p.leg == leg && p.state == "planned") {
            return;
        }
        let event = match fact {
            Fact::Refers(to) => return self.world.refer(leg, to, None),
            // Its end is on its way, and comes once.
            Fact::Gone if self.world.leaving().any(|l| l == leg) => return,
            // Nothing rings that was never called, or has answered.
            Fact::Ringing if self.world.leaving().any(|l| l == leg) && !self.world.was_attempt(leg) => return,
            Fact::Gone => LegEvent::Gone { cause: Cause::new(crate::call::cause::CauseKind::Normal) },
            Fact::Ringing => LegEvent::Ringing,
            Fact::Confirmed => LegEvent::Confirmed,
            Fact::Key => LegEvent::Digit { digit: '1', source: DigitSource::Info },
            Fact::Held => LegEvent::Held,
        };
        self.world.report(leg, event);
    }
}

impl Deed {
    pub fn order(self, call: CallId) -> Order {
        let which = Which::Call(call);
        match self {
            Deed::Complete => Order::Complete(which),
            Deed::Cancel => Order::Cancel(which),
            Deed::ThreeWay => Order::ThreeWay(which),
            Deed::Swap => Order::Swap(which),
            Deed::HangUp => Order::HangUp { call },
        }
    }
}
