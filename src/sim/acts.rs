//! What happens to a world from outside: phones call, press, hold, transfer and hang up, far ends answer, the API asks,
//! the site changes, the disk fails.

use std::sync::Arc;

use super::far_end::Answer;
use super::moment::Moment;
use super::world::{Event, Leg, World};
use crate::base::id::{CallId, LegId, OrderId};
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Caller, ContactId, DigitSource, Incoming, LegEvent, Name, Origin, ReferToken, Replaced};
use crate::call::order::Order;
use crate::exchange::{Input, Plan};

impl World {
    /// Decisions cannot be written from now on, or can again.
    pub fn set_disk(&mut self, works: bool) {
        self.disk_works = works;
    }

    /// The disk has, at this moment, all that it was given.
    pub fn disk_answers(&mut self) {
        let is_disk = |event: &Event| matches!(event, Event::Disk { .. });
        let given: Vec<_> = self.due.iter().filter(|(_, event)| is_disk(event)).map(|(at, _)| *at).collect();
        for at in given {
            if let Some(event) = self.due.remove(&at) {
                self.happen(event);
            }
        }
    }

    /// The devices of a user from now on; none: the user is offline.
    pub fn register(&mut self, user: &str, devices: &[u64]) {
        let user: Name = Arc::from(user);
        self.note(Moment::Registered { user: user.clone(), devices: devices.len() });
        self.lives.registered.insert(user.clone(), devices.to_vec());
        let contacts = devices.iter().map(|d| ContactId(*d)).collect();
        self.give(Input::Registered { user, contacts });
    }

    /// The site changed.
    pub fn reload(&mut self, plan: Arc<Plan>) {
        self.give(Input::Reload(plan));
    }

    /// No new calls from now on.
    pub fn drain(&mut self) {
        self.give(Input::Drain);
    }

    /// A call comes in.
    pub fn call(&mut self, origin: Origin, from: &str, to: &str) -> LegId {
        self.call_instead(origin, from, to, None)
    }

    /// The same; it takes the place of a leg, if one is named (RFC 3891).
    pub fn call_instead(&mut self, origin: Origin, from: &str, to: &str, replaces: Option<LegId>) -> LegId {
        let leg = LegId(self.next.leg);
        self.next.leg += 2;
        self.legs.insert(leg, Leg::new());
        let caller = Caller { number: Arc::from(from), name: Arc::from(""), anonymous: from.is_empty() };
        let by = match &origin {
            Origin::User(user) => Some(user.clone()),
            Origin::Trunk(_) => None,
        };
        self.note(Moment::Dialled { leg, by, from: Arc::from(from), to: Arc::from(to) });
        let incoming = Incoming { origin, dialed: Arc::from(to), caller, max_forwards: 70, replaces };
        self.give(Input::Incoming { leg, incoming });
        leg
    }

    pub fn press(&mut self, leg: LegId, key: char) {
        self.press_by(leg, key, DigitSource::Rtp);
    }

    pub fn press_by(&mut self, leg: LegId, key: char, source: DigitSource) {
        if self.legs.contains_key(&leg) {
            self.note(Moment::Presses { leg, key });
        }
        self.give(Input::Leg { leg, event: LegEvent::Digit { digit: key, source } });
    }

    /// The far end of a leg hangs up.
    pub fn hang_up(&mut self, leg: LegId) {
        self.lose(leg, Cause::new(CauseKind::Normal));
    }

    /// The leg is lost: its far end hung up, or its media or its network failed.
    pub fn lose(&mut self, leg: LegId, cause: Cause) {
        if self.legs.contains_key(&leg) {
            self.note(Moment::HangsUp { leg });
            self.end_leg(leg, cause);
        }
    }

    /// The far end of a placed leg answers. One that we have given up answers too late, and is ended all the same.
    pub fn answer(&mut self, leg: LegId) {
        if let Some(request) = self.leaving.get(&leg).copied().flatten() {
            let done = self.due.values_mut().find_map(|event| match event {
                Event::Input(Input::Done { request: r, result }) if *r == request => Some(result),
                _ => None,
            });
            if let Some(result) = done {
                *result = Ok(());
            }
        }
        self.decide(leg, Answer::Answers { hangs_up_after: None });
    }

    /// The far end of a placed leg does not want to be called, or cannot.
    pub fn refuse(&mut self, leg: LegId, cause: CauseKind) {
        self.decide(leg, Answer::Refuses(cause));
    }

    /// The far end puts its peer on hold, or takes it back.
    pub fn hold(&mut self, leg: LegId, holding: bool) {
        if let Some(entry) = self.legs.get_mut(&leg) {
            entry.holding = holding;
            self.note(Moment::Holds { leg, holding });
        }
        self.tell(leg, if holding { LegEvent::Held } else { LegEvent::Resumed });
    }

    /// The far end asks for its peer to be transferred.
    pub fn refer(&mut self, leg: LegId, to: &str, replaces: Option<Replaced>) {
        let token = ReferToken(self.next.refer);
        self.next.refer += 1;
        let to: Arc<str> = Arc::from(to);
        self.note(Moment::Refers { leg, token, to: to.clone(), attended: replaces.is_some() });
        self.give(Input::Leg { leg, event: LegEvent::ReferRequested { token, to, replaces } });
    }

    /// The API asks for something; its answer is in the trace.
    pub fn order(&mut self, order: Order) -> OrderId {
        let id = OrderId(self.next.order);
        self.next.order += 1;
        self.note(Moment::Ordered { id, order: Box::new(order.clone()) });
        self.give(Input::Order { id, order: Box::new(order) });
        id
    }

    /// The call of a leg that is there.
    pub fn call_of(&self, leg: LegId) -> Option<CallId> {
        self.exchange.calls().into_iter().find(|c| c.parties.iter().any(|p| p.leg == leg)).map(|c| c.id)
    }

    /// Any event of a leg, also one that is gone.
    pub fn report(&mut self, leg: LegId, event: LegEvent) {
        self.give(Input::Leg { leg, event });
    }

    pub(super) fn far_end_decides(&mut self, leg: LegId) {
        if let Some(far_end) = self.legs.get(&leg).and_then(|entry| entry.far_end) {
            self.decide(leg, far_end.answer);
        }
    }

    /// What becomes of an attempt, unless it has been decided.
    fn decide(&mut self, leg: LegId, answer: Answer) {
        let Some(entry) = self.legs.get_mut(&leg) else { return };
        let Some(request) = entry.placing else { return };
        match answer {
            Answer::Answers { hangs_up_after } => {
                entry.placing = None;
                entry.up = true;
                if let Some(after) = hangs_up_after {
                    self.later(after, Event::HangsUp(leg));
                }
                self.note(Moment::TargetAnswered { leg });
                self.give(Input::Done { request, result: Ok(()) });
            }
            Answer::Refuses(kind) => self.end_leg(leg, Cause::new(kind)),
            Answer::Never => {}
        }
    }

    /// A fact about a leg, which a bad network tells twice.
    pub(super) fn tell(&mut self, leg: LegId, event: LegEvent) {
        if let Some(after) = self.network.twice(leg) {
            self.later(after, Event::Again(leg, event.clone()));
        }
        self.give(Input::Leg { leg, event });
    }

    /// Whether a fact is still one.
    pub(super) fn is_true(&self, leg: LegId, event: &LegEvent) -> bool {
        self.legs.get(&leg).is_some_and(|l| match event {
            LegEvent::Ringing => l.placing.is_some(),
            LegEvent::Held => l.holding,
            LegEvent::Resumed => !l.holding,
            _ => false,
        })
    }
}
