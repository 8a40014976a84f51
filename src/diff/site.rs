//! The site file: numbers that lead elsewhere, rights, queues, trunks, lists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::span::Span;
use crate::site::model::{
    CallerLeaves, CallerNumbers, Fallback, NumberEntry, Queue, Site, TransferorLeaves, Transfers, Trunk,
    TrunkTransfers, User,
};
use crate::syntax::duration;

use super::declared;
use super::model::{Change, Kind};

pub(super) fn site(old: &Site, new: &Site, out: &mut Vec<Change>) {
    let mut pair = Pair { out };
    pair.numbers(&old.numbers.exact, &new.numbers.exact, "");
    pair.numbers(&old.numbers.prefixes, &new.numbers.prefixes, "*");
    pair.policy(old, new);
    let hops = (u64::from(old.limits.max_hops), u64::from(new.limits.max_hops));
    pair.bound("`limits`: `max_hops`", hops, u64::to_string, (Span::default(), Span::default()));
    let ms: fn(&u64) -> String = |ms| duration::print(*ms);
    pair.bound("`limits`: `drain`", (old.limits.drain_ms, new.limits.drain_ms), ms, Default::default());
    let silence = |site: &Site| site.limits.media_timeout_ms.unwrap_or(u64::MAX);
    let or_off: fn(&u64) -> String = |ms| if *ms == u64::MAX { "off".to_owned() } else { duration::print(*ms) };
    pair.bound("`limits`: `media_timeout`", (silence(old), silence(new)), or_off, Default::default());
    pair.transfers(&old.transfers, &new.transfers);
    pair.each("user", &old.users, &new.users, |u| u.span, Pair::user);
    pair.each("queue", &old.queues, &new.queues, |q| q.span, Pair::queue);
    pair.each("trunk", &old.trunks, &new.trunks, |t| t.span, Pair::trunk);
    declared::declared(&mut pair, &old.declared, &new.declared);
    pair.each(
        "library",
        &old.libraries,
        &new.libraries,
        |l| l.span,
        |pair, name, a, b| {
            pair.word(&format!("library `{name}`: its folder"), &a.path, &b.path, (a.span, b.span));
        },
    );
    pair.each(
        "token",
        &old.tokens,
        &new.tokens,
        |_| Span::default(),
        |pair, name, a, b| {
            pair.word(&format!("token `{name}`"), a, b, Default::default());
        },
    );
    pair.word("`listen`", &old.listen, &new.listen, Default::default());
    pair.word("`state`", &old.state, &new.state, Default::default());
    pair.each(
        "list",
        &old.declared.lists,
        &new.declared.lists,
        |_| Span::default(),
        |pair, name, a, b| {
            if a != b {
                pair.report(Kind::SiteChanged, format!("list `{name}` is another"), None, None);
            }
        },
    );
}

/// Where callers go whom a transfer left over, in words.
fn fallback(transfers: &Transfers) -> String {
    match &transfers.fallback {
        Fallback::HangUp { prompt: None } => "`hang_up`".to_owned(),
        Fallback::HangUp { prompt: Some(prompt) } => format!("`hang_up` after `{prompt}`"),
        Fallback::Queue(queue) => format!("queue `{queue}`"),
        Fallback::Flow(flow) => format!("flow `{flow}`"),
    }
}

/// A default span stands for no place.
fn place(span: Span) -> Option<Span> {
    (span != Span::default()).then_some(span)
}

pub(super) struct Pair<'o> {
    out: &'o mut Vec<Change>,
}

impl Pair<'_> {
    pub(super) fn report(&mut self, kind: Kind, message: String, old: Option<Span>, new: Option<Span>) {
        self.out.push(Change { kind, flow: String::new(), step: String::new(), message, old, new });
    }

    fn numbers(&mut self, old: &BTreeMap<Arc<str>, NumberEntry>, new: &BTreeMap<Arc<str>, NumberEntry>, end: &str) {
        let keys: BTreeSet<&Arc<str>> = old.keys().chain(new.keys()).collect();
        for number in keys {
            let (a, b) = (old.get(number), new.get(number));
            let message = match (a, b) {
                (Some(a), Some(b)) if a.flow == b.flow => continue,
                (Some(a), Some(b)) => {
                    format!("number `{number}{end}` led to flow `{}` and leads to `{}`", a.flow, b.flow)
                }
                (Some(a), None) => format!("number `{number}{end}`, which led to flow `{}`, is gone", a.flow),
                (None, Some(b)) => format!("number `{number}{end}` is new and leads to flow `{}`", b.flow),
                (None, None) => continue,
            };
            self.report(Kind::NumberChanged, message, a.map(|n| n.span), b.map(|n| n.span));
        }
    }

    fn policy(&mut self, old: &Site, new: &Site) {
        let places = (place(old.policy_place), place(new.policy_place));
        match (&old.policy, &new.policy) {
            (Some(a), None) => {
                let message = format!("`policy: {a}` is gone: nothing guards transfers by phones and by the API");
                self.report(Kind::GuardRemoved, message, places.0, places.1);
            }
            (Some(a), Some(b)) if a != b => {
                let message = format!("transfers by phones and by the API were guarded by `{a}` and are by `{b}`");
                self.report(Kind::PolicyChanged, message, places.0, places.1);
            }
            (None, Some(b)) => {
                let message = format!("transfers by phones and by the API are now guarded by `{b}`");
                self.report(Kind::GuardAdded, message, places.0, places.1);
            }
            _ => {}
        }
    }

    pub(super) fn each<K: Ord + std::fmt::Display, T>(
        &mut self,
        what: &str,
        old: &BTreeMap<K, T>,
        new: &BTreeMap<K, T>,
        span: fn(&T) -> Span,
        both: fn(&mut Self, &str, &T, &T),
    ) {
        let keys: BTreeSet<&K> = old.keys().chain(new.keys()).collect();
        for key in keys {
            match (old.get(key), new.get(key)) {
                (Some(a), Some(b)) => both(self, &key.to_string(), a, b),
                (Some(a), None) => {
                    self.report(Kind::SiteChanged, format!("{what} `{key}` is gone"), place(span(a)), None)
                }
                (None, Some(b)) => {
                    self.report(Kind::SiteChanged, format!("{what} `{key}` is new"), None, place(span(b)))
                }
                (None, None) => {}
            }
        }
    }

    pub(super) fn bound(&mut self, what: &str, (a, b): (u64, u64), show: fn(&u64) -> String, (x, y): (Span, Span)) {
        if a != b {
            let kind = if b > a { Kind::BoundRaised } else { Kind::BoundLowered };
            self.report(kind, format!("{what} was {} and is {}", show(&a), show(&b)), place(x), place(y));
        }
    }

    /// A value whose words differ.
    pub(super) fn word<T: PartialEq>(&mut self, what: &str, a: &T, b: &T, (x, y): (Span, Span)) {
        if a != b {
            self.report(Kind::SiteChanged, format!("{what} is another"), place(x), place(y));
        }
    }

    fn transfers(&mut self, a: &Transfers, b: &Transfers) {
        let ms: fn(&u64) -> String = |ms| duration::print(*ms);
        for (key, amounts, show) in [
            ("`ring`", (a.ring_ms, b.ring_ms), ms),
            ("`recall`: `ring`", (a.recall.ring_ms, b.recall.ring_ms), ms),
            ("`recall`: `retries`", (a.recall.retries.into(), b.recall.retries.into()), u64::to_string),
            ("`recall`: `delay`", (a.recall.delay_ms, b.recall.delay_ms), ms),
        ] {
            self.bound(&format!("`transfers`: {key}"), amounts, show, Default::default());
        }
        let leaves = |t: &Transfers| match t.transferor_leaves {
            TransferorLeaves::Complete => "`complete`",
            TransferorLeaves::Recall => "`recall`",
        };
        let caller = |t: &Transfers| match t.caller_leaves {
            CallerLeaves::End => "`end`",
            CallerLeaves::Stay => "`stay`",
        };
        for (key, old, new) in [
            ("fallback", fallback(a), fallback(b)),
            ("transferor_leaves", leaves(a).to_owned(), leaves(b).to_owned()),
            ("caller_leaves", caller(a).to_owned(), caller(b).to_owned()),
            ("by_keys", a.by_keys.to_string(), b.by_keys.to_string()),
        ] {
            if old != new {
                let of_fallback = |t: &Transfers| (key == "fallback").then(|| place(t.fallback_place)).flatten();
                let words = format!("`transfers`: `{key}` was {old} and is {new}");
                self.report(Kind::SiteChanged, words, of_fallback(a), of_fallback(b));
            }
        }
    }

    fn user(&mut self, name: &str, a: &User, b: &User) {
        let spans = (a.span, b.span);
        let right = |right: Option<bool>| right.map_or("the policy's".to_owned(), |r| format!("`{r}`"));
        let (old, new) = (a.allow_pstn_blind_transfer, b.allow_pstn_blind_transfer);
        if old != new {
            let kind = if new == Some(true) { Kind::RightWidened } else { Kind::SiteChanged };
            let words = format!("user `{name}`: `allow_pstn_blind_transfer` was {} and is {}", right(old), right(new));
            self.report(kind, words, place(spans.0), place(spans.1));
        }
        if a.max_simultaneous != b.max_simultaneous {
            let show = |n: Option<u32>| n.map_or("the policy's".to_owned(), |n| n.to_string());
            let kind = match (a.max_simultaneous, b.max_simultaneous) {
                (Some(x), Some(y)) if y < x => Kind::BoundLowered,
                (_, Some(_)) => Kind::BoundRaised,
                _ => Kind::BoundRemoved,
            };
            let (old, new) = (show(a.max_simultaneous), show(b.max_simultaneous));
            let words = format!("user `{name}`: `max_simultaneous` was {old} and is {new}");
            self.report(kind, words, place(spans.0), place(spans.1));
        }
        self.word(&format!("user `{name}`: `extension`"), &a.extension, &b.extension, spans);
    }

    fn queue(&mut self, name: &str, a: &Queue, b: &Queue) {
        let spans = (a.span, b.span);
        let ms: fn(&u64) -> String = |ms| duration::print(*ms);
        for (key, amounts, show) in [
            ("agent_ring_timeout", (a.agent_ring_timeout_ms, b.agent_ring_timeout_ms), ms),
            ("max_wait", (a.max_wait_ms, b.max_wait_ms), ms),
            ("wrap_up", (a.wrap_up_ms, b.wrap_up_ms), ms),
            ("handle_time", (a.handle_time_ms, b.handle_time_ms), ms),
            ("max_waiting", (u64::from(a.max_waiting), u64::from(b.max_waiting)), u64::to_string),
        ] {
            self.bound(&format!("queue `{name}`: `{key}`"), amounts, show, spans);
        }
        self.word(&format!("queue `{name}`: `max_ewt`"), &a.max_ewt_ms, &b.max_ewt_ms, spans);
        self.word(&format!("queue `{name}`: `strategy`"), &a.strategy, &b.strategy, spans);
        self.word(&format!("queue `{name}`: `agents`"), &a.agents, &b.agents, spans);
        self.word(&format!("queue `{name}`: `extension`"), &a.extension, &b.extension, spans);
        self.word(&format!("queue `{name}`: `music`"), &a.music, &b.music, spans);
    }

    fn trunk(&mut self, name: &str, a: &Trunk, b: &Trunk) {
        let spans = (a.span, b.span);
        if a.transfers != b.transfers {
            let (kind, words) = match b.transfers {
                TrunkTransfers::Guarded => (Kind::RightWidened, "may now be asked to transfer, under the policy"),
                TrunkTransfers::Deny => (Kind::SiteChanged, "is no longer let transfer"),
            };
            self.report(kind, format!("trunk `{name}` {words}"), place(spans.0), place(spans.1));
        }
        let new: Vec<String> =
            b.prefixes.iter().filter(|p| !a.prefixes.contains(p)).map(|p| format!("`{p}`")).collect();
        if !new.is_empty() {
            let words = format!("trunk `{name}` takes more numbers: {}", new.join(", "));
            self.report(Kind::RightWidened, words, place(spans.0), place(spans.1));
        }
        let old: Vec<String> =
            a.prefixes.iter().filter(|p| !b.prefixes.contains(p)).map(|p| format!("`{p}`")).collect();
        if !old.is_empty() {
            let words = format!("trunk `{name}` no longer takes {}", old.join(", "));
            self.report(Kind::SiteChanged, words, place(spans.0), place(spans.1));
        }
        let sources = b.sources.iter().filter(|s| !a.sources.contains(s)).map(|s| format!("`{s}`"));
        let sources: Vec<String> = sources.collect();
        if !sources.is_empty() {
            let words = format!("trunk `{name}` believes more addresses: {}", sources.join(", "));
            self.report(Kind::RightWidened, words, place(spans.0), place(spans.1));
        }
        if a.caller_numbers != b.caller_numbers {
            let (kind, words) = match b.caller_numbers {
                CallerNumbers::PassThrough => (Kind::RightWidened, "is shown callers' numbers that are not the site's"),
                CallerNumbers::Own => (Kind::SiteChanged, "is no longer shown numbers that are not the site's"),
            };
            self.report(kind, format!("trunk `{name}` {words}"), place(spans.0), place(spans.1));
        }
        if a.emergency != b.emergency {
            let words = if b.emergency { "takes emergency calls" } else { "no longer takes emergency calls" };
            self.report(Kind::SiteChanged, format!("trunk `{name}` {words}"), place(spans.0), place(spans.1));
        }
        let address = |t: &Trunk| (t.host.clone(), t.port, t.transport);
        self.word(&format!("trunk `{name}`: `address`"), &address(a), &address(b), spans);
        self.word(&format!("trunk `{name}`: `caller_id`"), &a.caller_id, &b.caller_id, spans);
    }
}
