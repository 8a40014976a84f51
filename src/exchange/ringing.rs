//! Ringing a user's devices, and what the target is told about who calls.

use std::sync::Arc;

use super::party::{Party, Role};
use super::port::{LegRequest, Place};
use super::session::Session;
use super::shared::Shared;
use super::transfer::{By, TransferStage, is_private};
use crate::base::id::LegId;
use crate::base::time::Micros;
use crate::call::dial::Dial;
use crate::call::leg::{Caller, ContactId, DivertReason, Diverted, Name, Origin, Presented};
use crate::call::spec::{CallerId, TransferSpec};
use crate::site::model::{CallerNumbers, Trunk};

impl Session {
    /// Rings every device of a user.
    pub fn ring_user(
        &mut self,
        shared: &mut Shared,
        user: &Name,
        contacts: &[ContactId],
        spec: &TransferSpec,
        by: &By,
        role: Role,
    ) -> TransferStage {
        let dial = self.dial_contacts(shared, user, contacts, spec, by, role);
        let timer = shared.set_timer(self.id, Micros::from_ms(spec.ring_ms));
        TransferStage::Dialing { dial, timer }
    }

    /// Places a leg to each of these devices.
    pub fn dial_contacts(
        &mut self,
        shared: &mut Shared,
        user: &Name,
        contacts: &[ContactId],
        spec: &TransferSpec,
        by: &By,
        role: Role,
    ) -> Dial {
        let number = self.plan.site.users.get(user).and_then(|u| u.extension.clone()).unwrap_or_else(|| user.clone());
        let inside = TransferSpec { caller_id: CallerId::Caller, ..spec.clone() };
        let presented = Presented { context: spec.context.clone(), ..self.presented(&inside, None, by) };
        let mut legs = Vec::with_capacity(contacts.len());
        for contact in contacts {
            let leg = self.add_party(shared, role, Origin::User(user.clone()), number.clone());
            self.note_transferor(leg, spec, by);
            let place = Place { user: user.clone(), contact: *contact, presented: presented.clone() };
            self.place(shared, leg, LegRequest::Place(place));
            legs.push(leg);
        }
        Dial::new(legs)
    }

    pub fn note_transferor(&mut self, leg: LegId, spec: &TransferSpec, by: &By) {
        let transferor = by.transferor().and_then(|leg| self.party(leg)).map(|p| p.id);
        let Some(party) = self.party_mut(leg) else { return };
        party.why.transferred_by = transferor;
        party.why.reason = match by {
            _ if party.role == Role::Agent => "queue",
            By::Order { .. } if is_private(spec, by) => "attended",
            By::Order { .. } | By::Phone { .. } => "blind",
            By::Flow { .. } | By::Fallback => "flow",
            By::Caller => "dialled",
            By::Recall { .. } => "recall",
        };
    }

    /// What the target is told about who calls: the caller, or in a consultation the transferor (T51, T52).
    pub fn presented(&self, spec: &TransferSpec, trunk: Option<&Trunk>, by: &By) -> Presented {
        let speaks = by.transferor().filter(|_| is_private(spec, by)).unwrap_or(self.subject);
        // An extension means nothing outside, where only a trunk's number can be called back (T51).
        let extension = !self.party(speaks).is_some_and(|p| p.origin.is_outside());
        let caller = match trunk {
            Some(trunk) if spec.caller_id == CallerId::Company || extension => {
                let hidden = extension && self.as_caller(speaks).anonymous;
                let company = self.company_on(trunk).map(|company| Caller { anonymous: hidden, ..company });
                company.unwrap_or_else(|| self.caller_on(trunk, speaks))
            }
            Some(trunk) => self.caller_on(trunk, speaks),
            None => self.as_caller(speaks),
        };
        let transferor = by.transferor().and_then(|leg| self.party(leg)).map(|p| p.number.clone());
        let deflected = |by: Name| Diverted { by, reason: DivertReason::Deflection };
        let diverted = match by {
            By::Phone { .. } | By::Order { .. } if speaks == self.subject => transferor.clone().map(deflected),
            By::Flow { .. } => {
                let sent_on = self.moves.sent_on.clone();
                Some(sent_on.unwrap_or_else(|| deflected(self.arrival.dialed.clone())))
            }
            By::Fallback => Some(deflected(self.arrival.dialed.clone())),
            _ => None,
        };
        Presented {
            caller,
            // In a consultation it calls for itself.
            referred_by: transferor.filter(|_| speaks == self.subject),
            diverted,
            context: Arc::from([]),
            max_forwards: self.arrival.max_forwards.saturating_sub(1),
        }
    }

    /// A flow's target did not take the call: if it was a user of the site, the next target is told so.
    pub fn note_sent_on(&mut self, outcome: &str) {
        let reason = match outcome {
            "no_answer" => DivertReason::NoAnswer,
            "busy" => DivertReason::UserBusy,
            "declined" => DivertReason::Deflection,
            _ => return,
        };
        let last = self.parties.iter().rev().find(|p| p.role == Role::Target);
        let by = last.filter(|p| !p.origin.is_outside()).map(|p| p.number.clone());
        if let Some(by) = by {
            self.moves.sent_on = Some(Diverted { by, reason });
        }
    }

    /// What a trunk shows for the site.
    fn company_on(&self, trunk: &Trunk) -> Option<Caller> {
        let name = self.plan.site.name.clone();
        trunk.caller_id.clone().map(|number| Caller { number, name, anonymous: false })
    }

    /// Who a party is to the far end of a trunk: by a number that the site does not own only where the trunk lets it
    /// pass, else by that of the trunk, or by none (T51).
    fn caller_on(&self, trunk: &Trunk, speaks: LegId) -> Caller {
        let (caller, site) = (self.as_caller(speaks), &self.plan.site);
        let extension = self.party(speaks).is_some_and(|p| !p.origin.is_outside())
            && site.users.values().any(|user| user.extension.as_deref() == Some(&caller.number));
        let passes = trunk.caller_numbers == CallerNumbers::PassThrough;
        if caller.anonymous || passes || extension || site.owns(&caller.number) {
            return caller;
        }
        self.company_on(trunk).unwrap_or(Caller { anonymous: true, ..Caller::default() })
    }

    /// Who a party is to another that is told of it in mid-call.
    pub fn shown_to(&self, to: LegId, about: LegId) -> Caller {
        match self.party(to).map(|p| &p.origin) {
            Some(Origin::Trunk(name)) => match self.plan.site.trunks.get(name) {
                Some(trunk) => self.caller_on(trunk, about),
                None => Caller { anonymous: true, ..Caller::default() },
            },
            _ => self.as_caller(about),
        }
    }

    /// Who a party is to the party that it calls or talks to: the caller, or the user that was called.
    pub fn as_caller(&self, leg: LegId) -> Caller {
        match self.party(leg) {
            Some(Party { called_as: Some(caller), .. }) => caller.clone(),
            Some(party) if party.role != Role::Caller => {
                let name = party.user().and_then(|u| self.plan.site.users.get(u)).map(|u| u.display.clone());
                Caller { number: party.number.clone(), name: name.unwrap_or_default(), anonymous: false }
            }
            _ => self.arrival.caller.clone(),
        }
    }
}
