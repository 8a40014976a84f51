//! What the stranger does about transfers: by REFER, by API, by keys, and by calls that take somebody's place.

use std::sync::Arc;

use super::action::{Action, Deed, Instead, Player, Who};
use super::stranger::Stranger;
use crate::base::time::Micros;
use crate::call::leg::{Name, Origin};
use crate::call::spec::{QueueEntry, Target, TransferMode};

/// What was begun lately enough to be gone on with.
const RECENT: usize = 4;

/// Somebody near the telephone.
const ANSWERS_WITHIN: Micros = Micros::from_ms(3_500);

const DEEDS: [Deed; 8] = [
    Deed::Complete,
    Deed::Complete,
    Deed::Cancel,
    Deed::ThreeWay,
    Deed::ThreeWay,
    Deed::ThreeWay,
    Deed::Swap,
    Deed::HangUp,
];

impl Stranger {
    pub(super) fn refer(&mut self, player: &Player<'_>) -> Vec<Action> {
        // Who talks to nobody may ask as well, and is refused.
        let who = if self.one_in(6) { self.up(player) } else { self.talks(player) };
        let (Some(who), Some(to)) = (who, self.aim()) else { return Vec::new() };
        let replaces = self.one_in(30).then_some(Instead::OfUnknown);
        let refer = Action::Refer { who: who.clone(), to, replaces };
        // A phone holds its peer before it transfers it, more often than not.
        if self.one_in(3) { vec![refer] } else { vec![Action::Hold(who, true), refer] }
    }

    /// A phone holds whom it talks to and calls somebody else.
    pub(super) fn consult(&mut self, player: &Player<'_>) -> Option<Vec<Action>> {
        let who = self.talks(player)?;
        let leg = player.leg(&who)?;
        let call = player.call_of(leg).and_then(|call| player.world.exchange.call(call))?;
        let user = call.parties.iter().find(|p| p.leg == leg)?.user.clone()?;
        let to = self.dialled_inside()?;
        self.calls += 1;
        let number = self.calls;
        self.consults.push((who.clone(), number));
        let call = Action::Call { number, from: user.to_string(), origin: Origin::User(user), to, replaces: None };
        Some(vec![Action::Hold(who, true), call])
    }

    /// One of two calls of a phone is joined with the other; now and then two that have nothing to do with each other.
    pub(super) fn refer_attended(&mut self, player: &Player<'_>) -> Option<Action> {
        let recent = self.consults.len().saturating_sub(RECENT);
        let recent = self.consults.get(recent..).unwrap_or_default().iter();
        let there = |who: &Who| player.leg(who).is_some();
        let recent: Vec<_> = recent.filter(|(who, n)| there(who) && there(&Who::Caller(*n))).cloned().collect();
        let (who, other) = match self.pick(&recent) {
            Some((who, number)) => (who, Who::Caller(number)),
            None if self.one_in(4) => (self.up(player)?, self.up(player)?),
            None => return None,
        };
        if who == other {
            return None;
        }
        let to = self.aim()?;
        Some(Action::Refer { who, to, replaces: Some(Instead::Of(other)) })
    }

    /// The API goes on with a consultation, or with what it began, or meddles with what it did not.
    pub(super) fn order(&mut self, player: &Player<'_>) -> Option<Action> {
        let consulting: Vec<Who> = parties_in(player, &["consulting"]).into_iter().map(|(who, _)| who).collect();
        let recent = self.transferred.len().saturating_sub(RECENT);
        let recent = self.transferred.get(recent..).unwrap_or_default().to_vec();
        let begun = match self.below(6) {
            0 => None,
            1 => self.pick(&recent),
            _ => self.pick(&consulting).or_else(|| self.pick(&recent)),
        };
        let who = begun.or_else(|| self.leg(player))?;
        Some(Action::Order(who, self.pick(&DEEDS)?))
    }

    /// A user transfers by keys: a code and a number; then a code for what is to become of it.
    pub(super) fn code(&mut self, player: &Player<'_>) -> Option<Vec<Action>> {
        let consulting = users_of(parties_in(player, &["consulting"]));
        let goes_on = self.pick(&["*1", "*2", "*3", "*3", "*4"])?;
        if let Some(who) = self.pick(&consulting).filter(|_| !self.one_in(3)) {
            return Some(presses(&who, goes_on));
        }
        let who = self.pick(&users_of(parties_in(player, &["talking"])))?;
        let code = self.pick(&["##", "*2", "*2"])?;
        let to = if self.one_in(2) { self.pick(&self.extensions.clone()) } else { self.aim() }?;
        let number: String = to.chars().filter(char::is_ascii_digit).collect();
        // Now and then the end is left to the clock.
        let end = if self.one_in(4) { "" } else { "#" };
        let mut did = presses(&who, &format!("{code}{number}{end}"));
        if code == "*2" && self.one_in(2) {
            did.push(Action::Wait(ANSWERS_WITHIN));
            did.extend(presses(&who, goes_on));
        }
        Some(did)
    }

    /// Somebody else who has a telephone that can be called.
    fn reachable(&mut self, player: &Player<'_>, from: &Name) -> Option<Name> {
        let registered = player.world.lives().registered.iter();
        let there: Vec<Name> = registered.filter(|(_, d)| !d.is_empty()).map(|(user, _)| user.clone()).collect();
        self.pick(&there.into_iter().filter(|user| user != from).collect::<Vec<_>>())
    }

    /// A phone takes the place of a leg: of its own user's, of a colleague's that rings, or of anybody's.
    pub(super) fn replace(&mut self, player: &Player<'_>) -> Option<Action> {
        let states = ["talking", "talking", "conference", "consulting", "ringing", "queued"];
        let parties = parties_in(player, &[self.pick(&states)?]);
        let users: Vec<_> = parties.into_iter().filter_map(|(who, user)| Some((who, user?))).collect();
        let (who, owner) = self.pick(&users)?;
        let user = if self.one_in(4) { self.pick(&self.users.clone())? } else { owner };
        let to = self.pick(&self.extensions.clone())?;
        self.calls += 1;
        let (number, from) = (self.calls, user.to_string());
        Some(Action::Call { number, origin: Origin::User(user), from, to, replaces: Some(who) })
    }

    /// The API transfers a call, and often enough waits for the target and says what is to become of it.
    pub(super) fn transfer(&mut self, player: &Player<'_>) -> Option<Vec<Action>> {
        // In the name of somebody who is in the call, nearly always.
        let users = parties_in(player, &["talking"]).into_iter().filter_map(|(who, user)| Some((who, user?)));
        let (of, from) = match self.pick(&users.collect::<Vec<_>>()) {
            Some(own) if !self.one_in(12) => own,
            _ => (self.talks(player)?, self.pick(&self.users.clone())?),
        };
        let mode = if self.one_in(3) { TransferMode::Blind } else { TransferMode::Attended };
        let target = match self.below(8) {
            0 | 1 => Target::Queue(QueueEntry::to(self.pick(&self.queues.clone())?)),
            2 => Target::Extension(Arc::from(self.pick(&self.extensions.clone())?)),
            3 => Target::Number { number: Arc::from(self.aim()?), tainted: false },
            4 => Target::User(self.pick(&self.users.clone())?),
            _ => Target::User(self.reachable(player, &from)?),
        };
        self.transferred.push(of.clone());
        let begins = Action::Transfer { of: of.clone(), from, target, mode };
        if mode == TransferMode::Blind || self.one_in(4) {
            return Some(vec![begins]);
        }
        let deed = Action::Order(of, self.pick(&DEEDS)?);
        Some(vec![begins, Action::Wait(ANSWERS_WITHIN), deed])
    }
}

/// Parties who are up, or ring, in calls of these states, and whose phones they are.
fn parties_in(player: &Player<'_>, states: &[&str]) -> Vec<(Who, Option<Name>)> {
    let calls = player.world.exchange.calls();
    let parties = calls.iter().filter(|call| states.contains(&call.state)).flat_map(|call| &call.parties);
    let there = parties.filter(|p| matches!(p.state, "up" | "ringing"));
    there.filter_map(|p| Some((player.who(p.leg)?, p.user.clone()))).collect()
}

fn users_of(parties: Vec<(Who, Option<Name>)>) -> Vec<Who> {
    parties.into_iter().filter(|(_, user)| user.is_some()).map(|(who, _)| who).collect()
}

fn presses(who: &Who, keys: &str) -> Vec<Action> {
    keys.chars().map(|key| Action::Press(who.clone(), key)).collect()
}
