//! Tables of cases: requests with the facts of a call, and the answer that must come out.
//!
//! The format of `strowger policy test`. It runs the real `decide` and the real permits; it makes
//! up no answers of its own.

use crate::base::diagnostic::{self, Diagnostic};
use crate::base::id::LegId;
use crate::base::span::Span;
use crate::syntax::document::Node;
use crate::syntax::reader::{self, Fields};

use super::decide::{Actor, Counters, Evidence, Facts, Feature, Mode, PartyOrigin, Request, To, decide};
use super::decision::{Decision, Verdict};
use super::model::{Attestation, Money, Policy, PolicyMode, TrunkToTrunk};
use super::permit::PermitStore;
use super::read::user_overrides;
use super::reason::Reason;

/// The user of every case; cases know one.
const CASE_USER: &str = "user";

/// One row.
#[derive(Clone, Debug)]
pub struct Case {
    pub id: String,
    pub name: String,
    pub place: Span,
    pub request: Request,
    pub facts: Facts,
    /// Legs the user has open.
    pub active_legs: u32,
    pub trunk_to_trunk: Option<TrunkToTrunk>,
    pub shadow: bool,
    pub expect: (Verdict, Reason),
}

impl Case {
    /// The decision under `policy`, admission included.
    pub fn decide(&self, policy: &Policy) -> Decision {
        let mut policy = policy.clone();
        policy.trunk_to_trunk = self.trunk_to_trunk.unwrap_or(policy.trunk_to_trunk);
        if self.shadow {
            policy.mode = PolicyMode::Shadow;
        }
        let decision = decide(&policy, &self.request, &self.facts);
        let Some(limit) = decision.permit_limit() else { return decision };
        let mut permits = PermitStore::new();
        for leg in 0..u64::from(self.active_legs) {
            permits.acquire(CASE_USER, u32::MAX, LegId(leg + 1));
        }
        let admitted = permits.acquire(CASE_USER, limit, LegId(0));
        if admitted { decision } else { decision.limited(permits.held(CASE_USER), limit) }
    }

    /// `None` if the case holds; else what came out.
    pub fn failure(&self, policy: &Policy) -> Option<String> {
        let decision = self.decide(policy);
        let got = (decision.verdict(), decision.reason());
        let words = |(verdict, reason): (Verdict, Reason)| format!("{} {}", verdict.name(), reason.name());
        (got != self.expect).then(|| {
            let (id, name) = (&self.id, &self.name);
            format!("{id} {name}: expected {}, got {}", words(self.expect), words(got))
        })
    }
}

/// Reads a table; every row that is wrong is reported, the others are returned.
pub fn read(document: &Node) -> (Vec<Case>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    let items = reader::list(document, &mut out).unwrap_or_default();
    let mut cases = Vec::new();
    for item in items {
        let mut found = Vec::new();
        let case = read_case(item, &mut found);
        cases.extend(case.filter(|_| !diagnostic::has_errors(&found)));
        out.append(&mut found);
    }
    (cases, out)
}

fn read_case(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Case> {
    let mut row = Fields::new(node, "case", out);
    let id = row.required_text("id");
    let name = row.text("name").map(|n| n.value).unwrap_or_default();
    let request = row.required("req").map(|n| read_request(n, row.out()));
    let context = row.optional("ctx").map(|n| read_context(n, row.out())).unwrap_or_default();
    let expect = row.required("expect").and_then(|n| read_expect(n, row.out()));
    row.finish();
    let mut request = request??;
    if let (Actor::User { rights, .. }, Some(user)) = (&mut request.actor, context.user) {
        *rights = user;
    }
    Some(Case {
        id: id?.value,
        name,
        place: node.span,
        request,
        facts: context.facts,
        active_legs: context.active_legs,
        trunk_to_trunk: context.trunk_to_trunk,
        shadow: context.shadow,
        expect: expect?,
    })
}

fn read_request(node: &Node, out: &mut Vec<Diagnostic>) -> Option<Request> {
    let mut req = Fields::new(node, "req", out);
    let to = req.required_text("to").map(|t| t.value);
    let mode = req.one_of("mode", &Mode::ALL.map(Mode::name)).and_then(|m| Mode::from_name(&m.value));
    let by_flow = req.one_of("actor", &["user", "flow"]).is_some_and(|a| a.value == "flow");
    let guarded = req.bool("guarded").is_some_and(|b| b.value);
    let tainted = req.one_of("taint", &["caller"]).is_some();
    let kind = req.one_of("target_kind", &["number", "pstn", "user", "agent", "queue"]).map(|k| k.value);
    let places_leg = req.bool("places_leg").is_none_or(|b| b.value) && kind.as_deref() != Some("queue");
    let features = ["callback", "voicemail_outdial", "forward"];
    let feature = req.one_of("feature", &features).and_then(|f| Feature::from_name(&f.value));
    req.finish();
    let to = to?;
    // A directory entry is named by a word; a target that is written in digits is read as a number.
    let directory = matches!(kind.as_deref(), Some("user" | "agent" | "queue"));
    let word = to.starts_with(|c: char| c.is_ascii_alphabetic()) && !to.contains([':', '@']);
    let actor = if by_flow {
        Actor::Flow { name: "flow".to_owned(), guarded }
    } else {
        Actor::User { name: CASE_USER.to_owned(), rights: Default::default() }
    };
    Some(Request {
        to: if directory && word { To::Inside(to) } else { To::Number(to) },
        mode: mode.unwrap_or(Mode::Blind),
        actor,
        tainted,
        places_leg,
        feature,
    })
}

struct Context {
    user: Option<super::model::UserOverrides>,
    facts: Facts,
    active_legs: u32,
    trunk_to_trunk: Option<TrunkToTrunk>,
    shadow: bool,
}

impl Default for Context {
    /// A case that says nothing of a counter means that it stands at nothing.
    fn default() -> Self {
        let counters = Counters {
            rate_per_minute: Some(Money(0)),
            spend_today: Some(Money(0)),
            external_transfers_last_hour: Some(0),
            same_prefix_sequential: Some(0),
            after_hours: false,
        };
        let evidence =
            Evidence { attestation: Some(Attestation::A), inbound_ring_s: Some(u64::MAX), ..Evidence::default() };
        Self {
            user: None,
            facts: Facts { counters, evidence, ..Facts::default() },
            active_legs: 1,
            trunk_to_trunk: None,
            shadow: false,
        }
    }
}

fn read_context(node: &Node, out: &mut Vec<Diagnostic>) -> Context {
    let mut ctx = Fields::new(node, "ctx", out);
    let mut found = Context::default();
    if let Some(user) = ctx.optional("sip_user") {
        let mut user = Fields::new(user, "sip_user", ctx.out());
        found.user = Some(user_overrides(&mut user));
        user.finish();
    }
    let count = |ctx: &mut Fields<'_, '_>, key| ctx.integer(key).and_then(|n| u64::try_from(n.value).ok());
    let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    found.active_legs = count(&mut ctx, "active_legs").map_or(found.active_legs, small);
    let facts = &mut found.facts;
    facts.onnet_parties = count(&mut ctx, "onnet_parties").map_or(facts.onnet_parties, small);
    facts.call_age_s = count(&mut ctx, "call_age_s").unwrap_or(facts.call_age_s);
    facts.origin = party(&mut ctx, "origin_class").unwrap_or(facts.origin);
    facts.moved = party(&mut ctx, "caller_leg").unwrap_or(facts.moved);
    facts.history = ctx.texts("history").into_iter().map(|t| t.value).collect();
    facts.hops = u32::try_from(facts.history.len()).unwrap_or(u32::MAX);
    let counters = &mut facts.counters;
    if let Some(n) = count(&mut ctx, "ext_transfers_last_hour") {
        counters.external_transfers_last_hour = Some(small(n));
    }
    if let Some(n) = count(&mut ctx, "same_dest_sequential") {
        counters.same_prefix_sequential = Some(small(n));
    }
    // An amount that is none, such as a negative one, counts as not known.
    if let Some(amount) = ctx.number("rate_per_min") {
        counters.rate_per_minute = Money::from_units(amount.value);
    }
    if let Some(amount) = ctx.number("spend_today") {
        counters.spend_today = Money::from_units(amount.value);
    }
    counters.after_hours = ctx.bool("after_hours").is_some_and(|b| b.value);
    let evidence = &mut facts.evidence;
    if let Some(seconds) = count(&mut ctx, "inbound_ring_s") {
        evidence.inbound_ring_s = Some(seconds);
    }
    if let Some(level) = ctx.one_of("attestation", &["A", "B", "C", "none"]) {
        evidence.attestation = Attestation::from_name(&level.value);
    }
    evidence.credential_anomaly = ctx.bool("credential_anomaly").is_some_and(|b| b.value);
    evidence.known_by_caller_id_only =
        ctx.one_of("auth_by", &["pin", "caller_id"]).is_some_and(|a| a.value == "caller_id");
    let words = TrunkToTrunk::ALL.map(TrunkToTrunk::name);
    found.trunk_to_trunk = ctx.one_of("trunk_to_trunk", &words).and_then(|t| TrunkToTrunk::from_name(&t.value));
    found.shadow = ctx.bool("shadow").is_some_and(|b| b.value);
    ctx.finish();
    found
}

fn party(ctx: &mut Fields<'_, '_>, key: &'static str) -> Option<PartyOrigin> {
    let word = ctx.one_of(key, &["internal", "pstn"])?;
    Some(if word.value == "pstn" { PartyOrigin::Outside } else { PartyOrigin::Inside })
}

fn read_expect(node: &Node, out: &mut Vec<Diagnostic>) -> Option<(Verdict, Reason)> {
    let items = reader::list(node, out)?;
    let [verdict, reason] = items else {
        let message = "`expect` is a verdict and the first reason";
        out.push(Diagnostic::error("bad-expect", node.span, message).help("write `[deny, REGION_NOT_ALLOWED]`"));
        return None;
    };
    let verdict = reader::one_of(verdict, &["deny", "challenge", "allow"], out)?;
    let text = reader::text(reason, out)?;
    let reason = Reason::from_name(&text.value);
    if reason.is_none() {
        let names = Reason::ALL.iter().map(|r| r.name()).chain(super::NumReason::ALL.iter().map(|r| r.name()));
        let hint = crate::base::suggest::did_you_mean(&text.value, names);
        let message = format!("`{}` is not a reason{hint}", reader::shorten(&text.value));
        out.push(Diagnostic::error("unknown-reason", text.span, message));
    }
    Some((Verdict::from_name(&verdict.value)?, reason?))
}
