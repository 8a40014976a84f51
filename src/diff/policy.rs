//! Policies: each rule that allows more is a risk, each that allows less a change. Both versions are
//! compared as values, so a default that is written out is no difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use crate::call::leg::Name;
use crate::policy::{Policy, PolicyMode};

use super::model::{Change, Kind};

pub(super) fn policies(old: &BTreeMap<Name, Arc<Policy>>, new: &BTreeMap<Name, Arc<Policy>>, out: &mut Vec<Change>) {
    let names: BTreeSet<&Name> = old.keys().chain(new.keys()).collect();
    for name in names {
        match (old.get(name), new.get(name)) {
            (Some(a), Some(b)) => Pair { old: a, new: b, out }.compare(),
            (Some(a), None) => {
                let place = a.places.values().next().copied();
                out.push(change(Kind::PolicyChanged, format!("policy `{name}` is gone"), place, None));
            }
            (None, Some(b)) => {
                let place = b.places.values().next().copied();
                out.push(change(Kind::PolicyChanged, format!("policy `{name}` is new"), None, place));
            }
            (None, None) => {}
        }
    }
}

fn change(
    kind: Kind,
    message: String,
    old: Option<crate::base::span::Span>,
    new: Option<crate::base::span::Span>,
) -> Change {
    Change { kind, flow: String::new(), step: String::new(), message, old, new }
}

struct Pair<'a, 'o> {
    old: &'a Policy,
    new: &'a Policy,
    out: &'o mut Vec<Change>,
}

impl Pair<'_, '_> {
    fn report(&mut self, kind: Kind, key: &str, message: &str) {
        let place = |policy: &Policy| policy.places.get(key).or_else(|| policy.places.values().next()).copied();
        let (old, new) = (place(self.old), place(self.new));
        let message = format!("policy `{}`: `{key}` {message}", self.new.id);
        self.out.push(change(kind, message, old, new));
    }

    /// A list that allows what is in it, or, with `denies`, refuses it.
    fn list<T: Ord + Debug>(
        &mut self,
        key: &str,
        old: &BTreeSet<T>,
        new: &BTreeSet<T>,
        denies: bool,
        show: fn(&T) -> String,
    ) {
        let names = |list: Vec<&T>| list.into_iter().map(|t| format!("`{}`", show(t))).collect::<Vec<_>>().join(", ");
        let (come, gone) = (new.difference(old).collect::<Vec<_>>(), old.difference(new).collect::<Vec<_>>());
        let (on_come, on_gone) = match denies {
            false => (Kind::PolicyWidened, Kind::PolicyTightened),
            true => (Kind::PolicyTightened, Kind::PolicyWidened),
        };
        if !come.is_empty() {
            self.report(on_come, key, &format!("now holds {}", names(come)));
        }
        if !gone.is_empty() {
            self.report(on_gone, key, &format!("no longer holds {}", names(gone)));
        }
    }

    /// A value that allows more the greater it is; `None` is no limit.
    fn limit<T: PartialOrd>(&mut self, key: &str, old: Option<T>, new: Option<T>, show: impl Fn(&T) -> String) {
        let kind = match (&old, &new) {
            (Some(a), Some(b)) if a == b => return,
            (None, None) => return,
            (Some(a), Some(b)) if b < a => Kind::PolicyTightened,
            (None, Some(_)) => Kind::PolicyTightened,
            _ => Kind::PolicyWidened,
        };
        let words = |value: &Option<T>| value.as_ref().map_or("no limit".to_owned(), &show);
        self.report(kind, key, &format!("was {} and is {}", words(&old), words(&new)));
    }

    fn right(&mut self, key: &str, old: bool, new: bool) {
        if old != new {
            let kind = if new { Kind::PolicyWidened } else { Kind::PolicyTightened };
            self.report(kind, key, &format!("was `{old}` and is `{new}`"));
        }
    }

    fn compare(&mut self) {
        let (old, new) = (self.old, self.new);
        if old.mode != new.mode {
            let kind = if new.mode == PolicyMode::Shadow { Kind::PolicyWidened } else { Kind::PolicyTightened };
            self.report(kind, "mode", &format!("was `{}` and is `{}`", old.mode.name(), new.mode.name()));
        }
        if old.dial_plan != new.dial_plan {
            self.report(Kind::PolicyChanged, "dial_plan", "reads digits otherwise");
        }
        if old.number != new.number {
            self.report(Kind::PolicyChanged, "number", "takes other numbers as valid");
        }
        self.list(
            "number.allowed_short_codes",
            &old.allowed_short_codes,
            &new.allowed_short_codes,
            false,
            String::clone,
        );
        self.destinations();
        self.limits();
        self.people();
    }

    fn destinations(&mut self) {
        let (a, b) = (&self.old.destinations, &self.new.destinations);
        self.right("destinations.default", a.allow_by_default, b.allow_by_default);
        self.list("destinations.allow_regions", &a.allow_regions, &b.allow_regions, false, ToString::to_string);
        self.list("destinations.allow_numbers", &a.allow_numbers, &b.allow_numbers, false, String::clone);
        self.list("destinations.caller_dialable", &a.caller_dialable, &b.caller_dialable, false, String::clone);
        self.list("destinations.deny_types", &a.deny_types, &b.deny_types, true, |t| t.name().to_owned());
        self.list("destinations.deny_prefixes", &a.deny_prefixes, &b.deny_prefixes, true, String::clone);
        let codes = |d: &crate::policy::Destinations| d.deny_country_codes.keys().copied().collect::<BTreeSet<u16>>();
        self.list("destinations.deny_country_codes", &codes(a), &codes(b), true, u16::to_string);
        let order = |policy: &Policy| policy.trunk_to_trunk;
        if order(self.old) != order(self.new) {
            let wider = order(self.new) > order(self.old);
            let kind = if wider { Kind::PolicyWidened } else { Kind::PolicyTightened };
            let words = format!("was `{}` and is `{}`", order(self.old).name(), order(self.new).name());
            self.report(kind, "topology.trunk_to_trunk", &words);
        }
    }

    fn limits(&mut self) {
        let (a, b) = (self.old.limits.clone(), self.new.limits.clone());
        let money = |m: &crate::policy::Money| m.units().to_string();
        let count = |n: &u64| n.to_string();
        let wide = |n: Option<u32>| n.map(u64::from);
        self.limit("limits.max_rate_per_minute", a.max_rate_per_minute, b.max_rate_per_minute, money);
        self.limit("limits.spend_per_day", a.spend_per_day, b.spend_per_day, money);
        self.limit(
            "limits.external_transfers_per_hour",
            wide(a.external_transfers_per_hour),
            wide(b.external_transfers_per_hour),
            count,
        );
        self.limit(
            "limits.sequential_same_prefix",
            wide(a.sequential_same_prefix),
            wide(b.sequential_same_prefix),
            count,
        );
        self.limit("limits.max_transfer_hops", wide(Some(a.max_transfer_hops)), wide(Some(b.max_transfer_hops)), count);
        self.limit("limits.max_call_seconds", Some(a.max_call_seconds), Some(b.max_call_seconds), count);
        // These two allow more the smaller they are.
        let falling = [
            ("limits.reserve_minutes", a.reserve_minutes, b.reserve_minutes),
            ("limits.callback_min_ring_s", a.callback_min_ring_s, b.callback_min_ring_s),
        ];
        for (key, a, b) in falling.into_iter().filter(|(_, a, b)| a != b) {
            let kind = if b < a { Kind::PolicyWidened } else { Kind::PolicyTightened };
            self.report(kind, key, &format!("was {a} and is {b}"));
        }
    }

    fn people(&mut self) {
        let (a, b) = (self.old.user_defaults, self.new.user_defaults);
        let rights = [
            ("allow_pstn_blind_transfer", a.allow_pstn_blind_transfer, b.allow_pstn_blind_transfer),
            ("allow_external_forward", a.allow_external_forward, b.allow_external_forward),
            ("allow_voicemail_outdial", a.allow_voicemail_outdial, b.allow_voicemail_outdial),
        ];
        for (key, a, b) in rights {
            self.right(&format!("sip_user_defaults.{key}"), a, b);
        }
        let count = |n: &u32| n.to_string();
        self.limit("sip_user_defaults.max_simultaneous", Some(a.max_simultaneous), Some(b.max_simultaneous), count);
        let (a, b) = (&self.old.identity, &self.new.identity);
        self.right(
            "identity.caller_id_is_authentication",
            a.caller_id_is_authentication,
            b.caller_id_is_authentication,
        );
        self.list(
            "identity.callback_min_attestation",
            &a.callback_min_attestation,
            &b.callback_min_attestation,
            false,
            |a| a.name().to_owned(),
        );
    }
}
