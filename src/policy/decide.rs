//! One request, one policy, the facts of one call: a decision with every reason.
//!
//! Pure: it counts nothing and takes no permit. Admission (`max_simultaneous`) comes after it and
//! may still turn an allow into `MAX_SIMULTANEOUS`, by [`Decision::limited`].

use super::decision::{Counted, Decision, Obligation, Parts};
use super::model::{Attestation, DENIABLE_TYPES, Limits, Money, Policy, TrunkToTrunk, UserOverrides, UserRights};
use super::number::{DialTarget, TargetClass};
use super::numbering::{NumberType, Region};
use super::reason::{Finding, Reason};

/// Characters of a string that is no number which a reason repeats.
const SHOWN_CHARS: usize = 64;

/// How a call is joined to the target.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mode {
    /// The transferor leaves before the target answers; also a consultation that the transferor
    /// leaves while the target still rings.
    Blind,
    /// A consultation call.
    Attended,
    /// Joining a caller and a consulted target; places no leg.
    Complete,
    /// A user's own outgoing call.
    Dial,
    /// A forward of a user's phone.
    Forward,
    /// Three-way, bridge, park retrieve, conference, recall.
    Join,
}

impl Mode {
    pub const ALL: [Mode; 6] = [Mode::Blind, Mode::Attended, Mode::Complete, Mode::Dial, Mode::Forward, Mode::Join];

    pub fn name(self) -> &'static str {
        match self {
            Mode::Blind => "blind",
            Mode::Attended => "attended",
            Mode::Complete => "complete",
            Mode::Dial => "dial",
            Mode::Forward => "forward",
            Mode::Join => "join",
        }
    }

    pub fn from_name(name: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|m| m.name() == name)
    }
}

/// What of the product asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Feature {
    /// Calling a caller back.
    Callback,
    /// Calling out from voicemail.
    VoicemailOutdial,
    /// A forward that a user has set.
    Forward,
}

impl Feature {
    pub fn from_name(name: &str) -> Option<Feature> {
        match name {
            "callback" => Some(Feature::Callback),
            "voicemail_outdial" => Some(Feature::VoicemailOutdial),
            "forward" => Some(Feature::Forward),
            _ => None,
        }
    }
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    User {
        name: String,
        rights: UserOverrides,
    },
    Flow {
        name: String,
        /// A `guard` stands on the path to this statement.
        guarded: bool,
    },
    /// The far end of a trunk, by REFER: it has none of a user's rights.
    Trunk {
        name: String,
    },
}

impl Actor {
    /// Whom a record names.
    pub fn name(&self) -> &str {
        match self {
            Actor::User { name, .. } | Actor::Flow { name, .. } | Actor::Trunk { name } => name,
        }
    }

    fn rights(&self, policy: &Policy) -> Option<UserRights> {
        match self {
            Actor::User { rights, .. } => Some(policy.rights(rights)),
            Actor::Trunk { .. } => Some(UserRights {
                allow_pstn_blind_transfer: false,
                allow_external_forward: false,
                allow_voicemail_outdial: false,
                ..policy.user_defaults
            }),
            Actor::Flow { .. } => None,
        }
    }
}

/// Where the call is to go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum To {
    /// What was dialed or written, as it came: an extension, a number, a URI. A [`DialTarget`] is
    /// asked about by its canonical form and read again in this policy's own dial plan, so that a
    /// number is never judged by another plan than the one that dials it.
    Number(String),
    /// An entry of the site's directory (queue, user, agent), which leaves nothing to parse.
    Inside(String),
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    pub to: To,
    pub mode: Mode,
    pub actor: Actor,
    /// The number came from what a caller keyed or said.
    pub tainted: bool,
    /// Whether a leg is placed now; a queue target, `complete` and recall place none.
    pub places_leg: bool,
    pub feature: Option<Feature>,
}

/// Where a party came from; it never resets, through queue, park, consult and transfer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PartyOrigin {
    Inside,
    Outside,
}

/// What is known of the call when the request is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Where the call itself came from.
    pub origin: PartyOrigin,
    /// Where the party that is to be joined to the target came from.
    pub moved: PartyOrigin,
    /// Parties of the site in the call now, the one who asks included; a flow that owns the call
    /// counts as one.
    pub onnet_parties: u32,
    /// Canonical targets (or directory names) that the call was sent to before.
    pub history: Vec<String>,
    /// Transfers counted against `limits.max_transfer_hops`.
    pub hops: u32,
    pub call_age_s: u64,
    pub evidence: Evidence,
    pub counters: Counters,
}

impl Default for Facts {
    /// A new call from inside with one party of the site in it.
    fn default() -> Self {
        Self {
            origin: PartyOrigin::Inside,
            moved: PartyOrigin::Outside,
            onnet_parties: 1,
            history: Vec::new(),
            hops: 0,
            call_age_s: 0,
            evidence: Evidence::default(),
            counters: Counters::default(),
        }
    }
}

/// What is known of who calls. It can only add a denial.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Evidence {
    pub credential_anomaly: bool,
    /// The caller was taken for somebody by number alone.
    pub known_by_caller_id_only: bool,
    /// `None`: the network said nothing.
    pub attestation: Option<Attestation>,
    /// How long the caller who is to be called back rang; `None`: not known.
    pub inbound_ring_s: Option<u64>,
}

/// Counters over time and money, read before the decision. A counter that did not answer is `None`
/// and fails closed where the policy limits it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    pub rate_per_minute: Option<Money>,
    pub spend_today: Option<Money>,
    pub external_transfers_last_hour: Option<u32>,
    pub same_prefix_sequential: Option<u32>,
    pub after_hours: bool,
}

/// What `policy` says to `request`. Every rule is asked, so the answer has every reason, in the
/// fixed order; only a string that is no number stops at its one reason.
pub fn decide(policy: &Policy, request: &Request, facts: &Facts) -> Decision {
    let (target, name) = match &request.to {
        To::Inside(name) => (None, name.as_str()),
        To::Number(raw) => match DialTarget::parse(raw, &policy.dial_plan, &policy.number) {
            Ok(target) => (Some(target), ""),
            Err(reason) => {
                let shown: String = raw.chars().take(SHOWN_CHARS).collect();
                let finding = Finding::new(Reason::Number(reason), shown, "");
                return Decision::combine(policy, request, Parts { findings: vec![finding], ..Parts::default() });
            }
        },
    };
    let key = target.as_ref().map_or(name, |t| t.canonical()).to_owned();
    let class = target.as_ref().map_or(TargetClass::Internal, DialTarget::class);
    if class == TargetClass::Emergency {
        // INVARIANT: no rule and no counter stands before an emergency call.
        let findings = vec![Finding::new(Reason::EmergencyAlwaysAllowed, key, "")];
        return Decision::combine(policy, request, Parts { target, findings, ..Parts::default() });
    }
    let mut findings = Vec::new();
    if let Some(target) = target.as_ref().filter(|t| t.is_outside()) {
        findings.extend(destination(policy, target));
        permission(policy, request, target, &mut findings);
        topology(policy, facts, &mut findings);
        identity(policy, request, facts, &mut findings);
        if let Some(pstn) = target.pstn() {
            counters(policy, facts, pstn.region(), &mut findings);
        }
    }
    bounds(&policy.limits, facts, &key, &mut findings);
    findings.push(match class {
        TargetClass::Internal => Finding::new(Reason::OkInternal, &key, ""),
        TargetClass::Short => Finding::new(Reason::OkShort, &key, ""),
        _ => Finding::new(Reason::OkPstn, &key, ""),
    });
    let max_leg_s = policy.limits.max_call_seconds.saturating_sub(facts.call_age_s);
    let obligations = vec![Obligation::MaxLegSeconds(max_leg_s), Obligation::RecheckOnJoin];
    let counted = counted(&policy.limits, facts);
    Decision::combine(policy, request, Parts { target, findings, obligations, counted })
}

impl Policy {
    /// Why `target` is certain to be refused, whoever asks and whatever the call; `None` if some
    /// request could be allowed.
    pub fn statically(&self, target: &DialTarget) -> Option<Reason> {
        destination(self, target).into_iter().map(|f| f.reason).min()
    }
}

fn listed(items: impl IntoIterator<Item = impl ToString>) -> String {
    let items: Vec<String> = items.into_iter().map(|i| i.to_string()).collect();
    items.join(", ")
}

/// What the number alone is refused for.
fn destination(policy: &Policy, target: &DialTarget) -> Vec<Finding> {
    let rules = &policy.destinations;
    let number = target.canonical();
    let mut found = Vec::new();
    if target.class() == TargetClass::Short && !policy.allowed_short_codes.contains(number) {
        found.push(Finding::new(Reason::ShortCodeNotListed, number, listed(&policy.allowed_short_codes)));
    }
    let Some(pstn) = target.pstn() else { return found };
    let (code, region, kind) = (pstn.country_code(), pstn.region(), pstn.number_type());
    let denied_code = rules.deny_country_codes.get(&code);
    if let Some(reason) = denied_code {
        found.push(Finding::new(*reason, code, ""));
    }
    let global = region == Region::WORLD;
    if global && kind != NumberType::TollFree && denied_code.is_none() {
        found.push(Finding::new(Reason::GlobalCodeNotAllowed, code, ""));
    }
    if rules.deny_types.contains(&kind)
        && let Some((_, reason)) = DENIABLE_TYPES.iter().find(|(t, _)| *t == kind)
    {
        found.push(Finding::new(*reason, kind.name(), listed(rules.deny_types.iter().map(|t| t.name()))));
    }
    if let Some(prefix) = rules.deny_prefixes.iter().filter(|p| number.starts_with(p.as_str())).max_by_key(|p| p.len())
    {
        found.push(Finding::new(Reason::PrefixHighRisk, prefix, ""));
    }
    let allowed =
        rules.allow_by_default || rules.allow_regions.contains(&region) || rules.allow_numbers.contains(number);
    // Numbers of no country are judged by code and type above.
    if !global && !allowed {
        let reason = if code == 1 { Reason::NanpNotDomestic } else { Reason::RegionNotAllowed };
        found.push(Finding::new(reason, region, listed(&rules.allow_regions)));
    }
    found
}

/// Who may ask for it.
fn permission(policy: &Policy, request: &Request, target: &DialTarget, out: &mut Vec<Finding>) {
    let number = target.canonical();
    let who = request.actor.name();
    let dialable = &policy.destinations.caller_dialable;
    if request.tainted && !dialable.contains(number) {
        out.push(Finding::new(Reason::CallerControlledDestination, number, listed(dialable)));
    }
    if matches!(request.actor, Actor::Flow { guarded: false, .. }) {
        out.push(Finding::new(Reason::FlowTransferUnguarded, number, ""));
    }
    let rights = request.actor.rights(policy);
    let lacks = |right: fn(&UserRights) -> bool| rights.as_ref().is_some_and(|r| !right(r));
    // A flow has no rights of a user's own: these two need one.
    let lacks_own = |right: fn(&UserRights) -> bool| !rights.as_ref().is_some_and(right);
    if request.feature == Some(Feature::VoicemailOutdial) && lacks_own(|r| r.allow_voicemail_outdial) {
        out.push(Finding::new(Reason::VoicemailOutdialNotPermitted, who, false));
    }
    let forward = request.mode == Mode::Forward || request.feature == Some(Feature::Forward);
    if forward && lacks_own(|r| r.allow_external_forward) {
        out.push(Finding::new(Reason::ExternalForwardNotPermitted, who, false));
    }
    let blind = request.mode == Mode::Blind && target.class() == TargetClass::Pstn;
    if blind && lacks(|r| r.allow_pstn_blind_transfer) {
        out.push(Finding::new(Reason::PstnBlindTransferNotPermitted, who, false));
    }
}

/// Outside to outside.
fn topology(policy: &Policy, facts: &Facts, out: &mut Vec<Finding>) {
    let rule = policy.trunk_to_trunk;
    if rule == TrunkToTrunk::Deny && facts.origin == PartyOrigin::Outside {
        out.push(Finding::new(Reason::TrunkToTrunk, "outside", rule.name()));
    }
    // `deny` holds whatever `anchored` holds: a stricter rule never allows more.
    if rule <= TrunkToTrunk::Anchored && facts.moved == PartyOrigin::Outside && facts.onnet_parties == 0 {
        out.push(Finding::new(Reason::NoOnnetParty, facts.onnet_parties, rule.name()));
    }
}

fn identity(policy: &Policy, request: &Request, facts: &Facts, out: &mut Vec<Finding>) {
    let evidence = &facts.evidence;
    if evidence.credential_anomaly {
        out.push(Finding::new(Reason::CredentialAnomaly, request.actor.name(), ""));
    }
    if evidence.known_by_caller_id_only && !policy.identity.caller_id_is_authentication {
        out.push(Finding::new(Reason::CallerIdIsNotAuthentication, "", "caller_id_is_authentication is false"));
    }
    if request.feature != Some(Feature::Callback) {
        return;
    }
    let least = policy.limits.callback_min_ring_s;
    if evidence.inbound_ring_s.is_none_or(|s| s < least) {
        let rang = evidence.inbound_ring_s.map_or("an unknown number of".to_owned(), |s| s.to_string());
        out.push(Finding::new(Reason::WangiriCallback, rang, least));
    }
    let wanted = &policy.identity.callback_min_attestation;
    if evidence.attestation.is_none_or(|a| !wanted.contains(&a)) {
        let level = evidence.attestation.map_or("absent", Attestation::name);
        out.push(Finding::new(Reason::AttestationInsufficient, level, listed(wanted.iter().map(|a| a.name()))));
    }
}

/// Bounds of every call, inside or outside.
fn bounds(limits: &Limits, facts: &Facts, key: &str, out: &mut Vec<Finding>) {
    if facts.history.iter().any(|h| h == key) {
        out.push(Finding::new(Reason::TransferLoop, key, ""));
    }
    if facts.hops >= limits.max_transfer_hops {
        out.push(Finding::new(Reason::HopLimit, facts.hops, limits.max_transfer_hops));
    }
    if facts.call_age_s >= limits.max_call_seconds {
        out.push(Finding::new(Reason::CallTooLong, facts.call_age_s, limits.max_call_seconds));
    }
}

/// Time and money. A limit whose counter is not known refuses.
fn counters(policy: &Policy, facts: &Facts, region: Region, out: &mut Vec<Finding>) {
    let (limits, now) = (&policy.limits, &facts.counters);
    let shown = |m: Option<Money>| m.map_or("an unknown amount".to_owned(), |m| m.units().to_string());
    if let Some(cap) = limits.max_rate_per_minute
        && now.rate_per_minute.is_none_or(|rate| rate > cap)
    {
        out.push(Finding::new(Reason::RateCap, shown(now.rate_per_minute), cap.units()));
    }
    if let Some(cap) = limits.spend_per_day {
        let reserve = now.rate_per_minute.map(|rate| rate.0.saturating_mul(limits.reserve_minutes));
        let would = now.spend_today.zip(reserve).map(|(spent, more)| Money(spent.0.saturating_add(more)));
        if would.is_none_or(|sum| sum > cap) {
            out.push(Finding::new(Reason::SpendCap, shown(would), cap.units()));
        }
    }
    let counts = [
        (Reason::VelocityExceeded, limits.external_transfers_per_hour, now.external_transfers_last_hour),
        (Reason::SequentialSameDestination, limits.sequential_same_prefix, now.same_prefix_sequential),
    ];
    for (reason, cap, count) in counts {
        if let Some(cap) = cap
            && count.is_none_or(|n| n >= cap)
        {
            let count = count.map_or("an unknown number of".to_owned(), |n| n.to_string());
            out.push(Finding::new(reason, count, cap));
        }
    }
    if now.after_hours {
        let home = policy.dial_plan.home_region == Some(region);
        let reason = if home { Reason::AfterHoursStepUp } else { Reason::AfterHoursExternal };
        out.push(Finding::new(reason, region, ""));
    }
}

/// The counters of the record.
fn counted(limits: &Limits, facts: &Facts) -> Vec<Counted> {
    let mut all = vec![
        Counted::new("transfer_hops", facts.hops, limits.max_transfer_hops, "call"),
        Counted::new("call_seconds", facts.call_age_s, limits.max_call_seconds, "call"),
    ];
    let now = &facts.counters;
    let money = [
        ("rate_per_minute", now.rate_per_minute, limits.max_rate_per_minute, "minute"),
        ("spend", now.spend_today, limits.spend_per_day, "day"),
    ];
    for (name, value, limit, window) in money {
        if let (Some(value), Some(limit)) = (value, limit) {
            all.push(Counted::new(name, value.units(), limit.units(), window));
        }
    }
    let counts = [
        ("external_transfers", now.external_transfers_last_hour, limits.external_transfers_per_hour, "hour"),
        ("same_prefix", now.same_prefix_sequential, limits.sequential_same_prefix, "sequence"),
    ];
    for (name, value, limit, window) in counts {
        if let (Some(value), Some(limit)) = (value, limit) {
            all.push(Counted::new(name, value, limit, window));
        }
    }
    all
}
