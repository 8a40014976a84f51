//! REFER and what follows it (RFC 3515, RFC 4488), and Replaces (RFC 3891). Only the exchange may accept one.

use super::Core;
use super::client::{MAX_FORWARDS, Outgoing, Owner};
use super::receive::Request;
use super::timers::{ReferTimer, TimerKey};
use crate::base::id::LegId;
use crate::base::time::{Micros, Mono};
use crate::sip::event::{ReferRequest, ReferToken, ReplacesTarget, SipEvent, Source};
use crate::sip::leg::{Leg, Phase, Refer};
use crate::sip::transaction::server::Kind;
use crate::sip::wire::address::NameAddr;
use crate::sip::wire::compose::{self, ReplyHead};
use crate::sip::wire::fields::Replaces;
use crate::sip::wire::message::Message;
use crate::sip::wire::method::Method;
use crate::sip::wire::name::Name;
use crate::sip::wire::uri::{Scheme, Uri};
use crate::sip::wire::validate::Rejection;

/// How long the exchange may think before the phone is told no: well below the 32 seconds it waits.
const DECISION_TIME: Micros = Micros::from_secs(10);
/// How long an outcome may take: a ringing target, a queue.
const LIFETIME: Micros = Micros::from_secs(300);
/// REFERs of one leg that are undecided or untold.
const MAX_REFERS: usize = 4;

impl Core {
    pub(super) fn receive_refer(&mut self, now: Mono, request: &Request<'_, '_>, leg: &mut Leg, head: ReplyHead) {
        let message = request.message;
        let (target, replaces) = match self.refer_target(message, leg) {
            Ok(found) => found,
            Err(status) => return self.respond_leg(now, request, leg, &head, status, ""),
        };
        let token = ReferToken(self.tokens.next_u64());
        let silent = message.first(Name::ReferSub).is_some_and(|text| text.trim().eq_ignore_ascii_case("false"));
        let cseq = message.cseq().map_or(0, |cseq| cseq.number);
        let first = leg.refers.is_empty();
        leg.refers.push(Refer {
            token,
            cseq,
            first,
            pending: Some((request.key, head)),
            silent,
            in_flight: false,
            queued: None,
        });
        self.refers.insert(token, leg.id);
        self.set_timer(now, DECISION_TIME, TimerKey::Refer { token, timer: ReferTimer::Decision });
        let referred_by = message.first(Name::ReferredBy).and_then(NameAddr::parse);
        self.emit(SipEvent::ReferRequested(Box::new(ReferRequest {
            token,
            leg: leg.id,
            to_user: target.0,
            to_uri: target.1,
            replaces,
            referred_by: referred_by.and_then(|by| Uri::parse(by.uri).map(|uri| uri.user_text())),
        })));
    }

    /// Where a REFER points, as user part and URI; or the status that refuses it.
    fn refer_target(
        &self,
        message: &Message<'_>,
        leg: &Leg,
    ) -> Result<((String, String), Option<ReplacesTarget>), u16> {
        if !self.may_transfer(&leg.source) {
            return Err(603);
        }
        // RFC 3515 §2.4.2: exactly one.
        let mut targets = message.list(Name::ReferTo);
        let (Some(only), None) = (targets.next(), targets.next()) else { return Err(400) };
        let address = NameAddr::parse(only).ok_or(400u16)?;
        let uri = Uri::parse(address.uri).ok_or(400u16)?;
        if uri.scheme == Scheme::Other {
            return Err(416);
        }
        // RFC 3515 §2.4.4: a REFER may ask for other requests than INVITE; nobody transfers a call by them.
        if uri.param("method").is_some_and(|method| !method.eq_ignore_ascii_case("INVITE")) {
            return Err(501);
        }
        if leg.phase != Phase::Established {
            return Err(403);
        }
        if leg.refers.len() >= MAX_REFERS {
            return Err(503);
        }
        let replaces = match uri.header("Replaces") {
            Some(text) => {
                let named = Replaces::parse(&text).ok_or(400u16)?;
                let found = self.leg_of(&named).filter(|found| *found != leg.id);
                Some(found.map_or(ReplacesTarget::Unknown, ReplacesTarget::Leg))
            }
            None => None,
        };
        let plain = address.uri.split('?').next().unwrap_or("").to_owned();
        Ok(((uri.user_text(), plain), replaces))
    }

    /// Phones may ask (the exchange decides), trunks only if the site lets them.
    fn may_transfer(&self, source: &Source) -> bool {
        match source {
            Source::User(_) => true,
            Source::Trunk(name) => self.config.trunk(name).is_some_and(|trunk| trunk.transfers_allowed),
        }
    }

    /// The live leg whose dialog is named, from either end of it.
    fn leg_of(&self, named: &Replaces) -> Option<LegId> {
        let by = |local: &str, remote: &str| {
            let id = self.dialogs.get(&self.dialog_key(&named.call_id, local))?;
            let leg = self.legs.get(id).filter(|leg| *leg.dialog.remote_tag == *remote && leg.is_live())?;
            Some(leg.id)
        };
        by(&named.to_tag, &named.from_tag).or_else(|| by(&named.from_tag, &named.to_tag))
    }

    /// The leg that an INVITE with Replaces takes over (RFC 3891 §3), or why it may not.
    pub(super) fn resolve_replaces(&self, message: &Message<'_>, source: &Source) -> Result<Option<LegId>, Rejection> {
        let refuse = |status| Rejection::new(status, compose::reason(status));
        let mut all = message.all(Name::Replaces);
        let Some(text) = all.next() else { return Ok(None) };
        if all.next().is_some() || message.first(Name::Join).is_some() {
            return Err(refuse(400));
        }
        let named = Replaces::parse(text).ok_or_else(|| refuse(400))?;
        if !self.may_replace(source) {
            return Err(refuse(403));
        }
        let key = self.dialog_key(&named.call_id, &named.to_tag);
        let fits = |leg: &&Leg| {
            // Before its answer a placed leg has the tag of the fork that rings.
            let early = leg.early.as_ref().map(|early| &*early.tag);
            *early.unwrap_or(&leg.dialog.remote_tag) == *named.from_tag
        };
        let leg = self.dialogs.get(&key).and_then(|id| self.legs.get(id)).map(|leg| &**leg).filter(fits);
        match leg.map(|leg| (leg.phase, leg.id)) {
            Some((Phase::Established | Phase::Answered, _)) if named.early_only => Err(refuse(486)),
            Some((Phase::Established | Phase::Answered, id)) => Ok(Some(id)),
            Some((Phase::Ending | Phase::Reporting, _)) => Err(refuse(603)),
            // An early dialog may be replaced only at the end that placed it; and by somebody who means a ringing call,
            // because who means a call that stands must not take another's (T36).
            Some((Phase::Placing, id)) if named.early_only => Ok(Some(id)),
            Some((Phase::Incoming | Phase::Placing, _)) | None => Err(refuse(481)),
        }
    }

    /// Who may take over a call: a user of the site whose password held (an INVITE of a user has come that far) and
    /// whose phone is registered. Nobody outside (RFC 3891 §6).
    fn may_replace(&self, source: &Source) -> bool {
        match source {
            Source::User(user) => !self.registrar.contacts(user).is_empty(),
            Source::Trunk(_) => false,
        }
    }

    /// Says 202, and 100 by NOTIFY unless the phone wants none. False if nobody waits for it any more.
    pub fn accept_refer(&mut self, now: Mono, token: ReferToken) -> bool {
        self.with_refer(token, |core, leg, at| {
            let Some(refer) = leg.refers.get_mut(at) else { return false };
            let Some((key, head)) = refer.pending.take() else { return false };
            let silent = refer.silent;
            // RFC 4488 §4: agreeing to no subscription is said in the 2xx.
            let lines = if silent { "Refer-Sub: false\r\n" } else { "" };
            let contact = format!("Contact: {}\r\n{lines}", core.contact(&leg.flow));
            core.respond_plain(now, key, &head, 202, &leg.dialog.local_tag, &contact);
            if silent {
                core.drop_refer(leg, at);
            } else {
                core.set_timer(now, LIFETIME, TimerKey::Refer { token, timer: ReferTimer::Lifetime });
                core.say_notify(now, leg, at, 100);
            }
            true
        })
    }

    /// Refuses a REFER. False if nobody waits for it any more.
    pub fn refuse_refer(&mut self, now: Mono, token: ReferToken, status: u16) -> bool {
        let status = if (400..700).contains(&status) { status } else { 603 };
        self.with_refer(token, |core, leg, at| {
            let Some((key, head)) = leg.refers.get_mut(at).and_then(|refer| refer.pending.take()) else { return false };
            core.respond_plain(now, key, &head, status, &leg.dialog.local_tag, "");
            core.drop_refer(leg, at);
            true
        })
    }

    /// Tells the transferor how the transfer goes; from 200 on it is the outcome, and the last. False if nobody listens.
    pub fn notify_refer(&mut self, now: Mono, token: ReferToken, status: u16) -> bool {
        self.with_refer(token, |core, leg, at| {
            let Some(refer) = leg.refers.get_mut(at).filter(|refer| refer.pending.is_none()) else { return false };
            if refer.in_flight {
                // An outcome is never overwritten by news that comes after it.
                refer.queued = Some(refer.queued.filter(|queued| *queued >= 200).unwrap_or(status));
            } else {
                core.say_notify(now, leg, at, status);
            }
            true
        })
    }

    fn with_refer(&mut self, token: ReferToken, act: impl FnOnce(&mut Self, &mut Leg, usize) -> bool) -> bool {
        let Some(id) = self.refers.get(&token).copied() else { return false };
        let Some(mut leg) = self.take(id) else { return false };
        let at = leg.refers.iter().position(|refer| refer.token == token);
        let done = at.is_some_and(|at| act(self, &mut leg, at));
        self.put_or_forget(leg);
        done
    }

    /// A call that was over and now owes nothing goes.
    fn put_or_forget(&mut self, leg: Box<Leg>) {
        if leg.phase == Phase::Reporting && leg.refers.is_empty() {
            self.forget(&leg);
        } else {
            self.put(leg);
        }
    }

    fn drop_refer(&mut self, leg: &mut Leg, at: usize) {
        if at < leg.refers.len() {
            let refer = leg.refers.remove(at);
            self.refers.remove(&refer.token);
        }
    }

    fn say_notify(&mut self, now: Mono, leg: &mut Leg, at: usize, status: u16) {
        let Some(refer) = leg.refers.get_mut(at) else { return };
        refer.in_flight = true;
        let token = refer.token;
        // RFC 3515 §2.4.6: the first REFER of a dialog needs no id, and some phones do not take one.
        let id = if refer.first { String::new() } else { format!(";id={}", refer.cseq) };
        let ended = status >= 200;
        let state = if ended {
            "terminated;reason=noresource".to_owned()
        } else {
            format!("active;expires={}", LIFETIME.as_ms() / 1000)
        };
        let flow = self.route(&leg.dialog, leg.flow, &leg.source);
        let (seq, branch) = (leg.dialog.next_seq(), self.tokens.branch());
        let contact = self.contact(&flow);
        let lines = format!("Contact: {contact}\r\nEvent: refer{id}\r\nSubscription-State: {state}\r\n");
        let body = format!("SIP/2.0 {status} {}\r\n", compose::reason(status));
        let head = (Method::Notify, seq, branch.as_str());
        let content = ("message/sipfrag;version=2.0", body.as_str());
        let bytes = self.write_request(&leg.dialog, &flow, head, MAX_FORWARDS, &lines, content);
        // The outcome is the end of it, heard or not.
        let owner = if ended { Owner::Nobody } else { Owner::Notify(leg.id, token) };
        self.send_request(now, Outgoing { flow, kind: Kind::NonInvite, method: Method::Notify, branch, bytes, owner });
        if ended {
            self.drop_refer(leg, at);
        }
    }

    /// The answer to a NOTIFY, or 408. A phone that no longer listens does not hinder the transfer (T19).
    pub(super) fn notified(&mut self, now: Mono, id: LegId, token: ReferToken, status: u16) {
        let lost = status >= 300;
        let alive = self.with_refer(token, |core, leg, at| {
            let Some(refer) = leg.refers.get_mut(at) else { return false };
            refer.in_flight = false;
            match refer.queued.take() {
                _ if lost => core.drop_refer(leg, at),
                Some(status) => core.say_notify(now, leg, at, status),
                None => {}
            }
            true
        });
        if alive && lost {
            self.emit(SipEvent::ReferEnded { token, leg: id });
        }
    }

    pub(super) fn refer_timer(&mut self, now: Mono, token: ReferToken, timer: ReferTimer) {
        let Some(leg) = self.refers.get(&token).copied() else { return };
        let ended = match timer {
            ReferTimer::Decision => self.refuse_refer(now, token, 500),
            ReferTimer::Lifetime => self.with_refer(token, |core, leg, at| {
                core.say_notify(now, leg, at, 408);
                true
            }),
        };
        if ended {
            self.emit(SipEvent::ReferEnded { token, leg });
        }
    }

    /// Answers what the exchange has not decided before the call ended: no request goes without an answer.
    pub(super) fn abandon_undecided(&mut self, now: Mono, leg: &mut Leg) {
        let tag = leg.dialog.local_tag.clone();
        let (undecided, rest) =
            std::mem::take(&mut leg.refers).into_iter().partition(|refer: &Refer| refer.pending.is_some());
        leg.refers = rest;
        for refer in Vec::<Refer>::into_iter(undecided) {
            self.refers.remove(&refer.token);
            if let Some((key, head)) = &refer.pending {
                self.respond_plain(now, *key, head, 603, &tag, "");
            }
            self.emit(SipEvent::ReferEnded { token: refer.token, leg: leg.id });
        }
    }
}
