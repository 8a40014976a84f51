//! The gate before every outside leg: asks each policy in scope, records what it said, takes the
//! permit, and holds the token until the decision is on disk.

use std::sync::Arc;

use super::outcome::Denial;
use super::party::{Party, Role};
use super::session::{Attempt, Session, State};
use super::shared::Shared;
use super::transfer::{By, Failure};
use crate::base::id::{DecisionId, LegId, RequestId};
use crate::call::leg::{Name, Origin};
use crate::call::order::CallEventKind;
use crate::call::spec::{Completion, Outbound, TransferMode, TransferSpec};
use crate::policy::{
    Actor, Decision, DecisionRecord, DialTarget, Facts, GuardToken, Mode, Obligation, Outcome, PartyOrigin, Policy,
    RecordContext, Request, TargetClass, To, TokenOrigin, UserOverrides, Verdict, decide,
};

/// An outside leg that may be placed as soon as its decision is on disk.
#[derive(Debug)]
pub struct Approved {
    pub token: GuardToken,
    pub trunk: Name,
    pub leg: LegId,
    /// The policy's longest leg; none is the statement's own.
    pub max_leg_ms: Option<u64>,
    decisions: Vec<DecisionRecord>,
}

/// What a policy said when a flow asked it without placing a leg.
pub struct Asked {
    pub record: DecisionRecord,
    pub answer: Completion,
}

/// Asks every policy in scope; all must allow, and mean the same number. A refusal is recorded.
/// On `Err` nothing else has happened; else there is a planned party, and admission is next.
pub fn judge(
    session: &mut Session,
    shared: &mut Shared,
    spec: &TransferSpec,
    by: &By,
    number: &Arc<str>,
    tainted: bool,
) -> Result<Allowance, Failure> {
    let request = request(session, by, number, tainted, true, !spec.guards.is_empty());
    match approve(session, shared, &spec.guards, by, &request) {
        Ok(Approval { allowed, number, trunk, permit }) => {
            let leg = session.add_party(shared, Role::Target, Origin::Trunk(trunk.clone()), number);
            Ok(Allowance { allowed, request, trunk, leg, permit })
        }
        Err(Refusal { failure, decisions }) => {
            if !decisions.is_empty() {
                refuse(session, shared, decisions);
            }
            Err(failure)
        }
    }
}

/// Asks each policy in scope about one number. Nothing is recorded yet.
fn approve(
    session: &Session,
    shared: &mut Shared,
    guards: &[Name],
    by: &By,
    request: &Request,
) -> Result<Approval, Refusal> {
    let policies = policies(session, guards).map_err(|failure| Refusal { failure, decisions: Vec::new() })?;
    let mut allowed: Vec<Allowed> = Vec::with_capacity(policies.len());
    for policy in policies {
        let decision = decide(&policy, request, &facts(session, shared, by));
        let id = shared.new_decision_id();
        if decision.verdict() == Verdict::Allow {
            allowed.push(Allowed { policy, decision, id });
            continue;
        }
        let mut decisions = records(session, by, &allowed, request);
        decisions.push(record(session, by, id, &policy, request, &decision));
        return Err(Refusal { failure: refusal(&decision, id), decisions });
    }
    match route(session, &allowed) {
        Ok((number, trunk)) => {
            let limit = allowed.iter().filter_map(|a| a.decision.permit_limit()).min();
            let permit = limit.zip(asker(session, by)).map(|(limit, subject)| Permit { subject, limit });
            Ok(Approval { allowed, number, trunk, permit })
        }
        Err(failure) => Err(Refusal { failure, decisions: records(session, by, &allowed, request) }),
    }
}

/// What every policy in scope allowed.
struct Approval {
    allowed: Vec<Allowed>,
    /// Canonical.
    number: Arc<str>,
    trunk: Name,
    permit: Option<Permit>,
}

/// Why there is no leg, and what the policies said until then.
struct Refusal {
    failure: Failure,
    decisions: Vec<DecisionRecord>,
}

/// The legs of a service that leave the building, allowed by every policy in scope.
#[derive(Debug)]
pub struct Permitted {
    /// One for each leg that is placed; a promise to call later has none.
    pub tokens: Vec<GuardToken>,
    pub decisions: Vec<DecisionRecord>,
}

/// The gate before a service of the world that may place legs outside. All numbers are asked about before any rings:
/// one that is refused refuses the statement, and nothing has happened to the call. Only flows ask, and a flow needs no
/// permit.
pub fn permit(
    session: &Session,
    shared: &mut Shared,
    outbound: &Outbound,
    numbers: &[(Arc<str>, bool)],
    by: &By,
) -> Result<Permitted, Failure> {
    let mut permitted = Permitted { tokens: Vec::new(), decisions: Vec::new() };
    for (number, tainted) in numbers {
        let request = request(session, by, number, *tainted, !outbound.later, !outbound.guards.is_empty());
        let Approval { allowed, .. } = match approve(session, shared, &outbound.guards, by, &request) {
            Ok(approval) => approval,
            Err(Refusal { failure, decisions }) => {
                permitted.decisions.extend(decisions);
                refuse(session, shared, permitted.decisions);
                return Err(failure);
            }
        };
        permitted.decisions.extend(records(session, by, &allowed, &request));
        shared.counters.decisions_allowed = shared.counters.decisions_allowed.saturating_add(1);
        if let Some(Allowed { decision, id, .. }) = allowed.into_iter().next().filter(|_| !outbound.later) {
            let token = decision.into_token(origin(session, by), id).map_err(|_| Failure::new("error"))?;
            permitted.tokens.push(token);
        }
    }
    Ok(permitted)
}

/// Admission is passed: the token, and what goes to disk.
pub fn admitted(
    session: &mut Session,
    shared: &mut Shared,
    by: &By,
    allowance: Allowance,
) -> Result<Approved, Failure> {
    let Allowance { allowed, request, trunk, leg, .. } = allowance;
    let decisions = records(session, by, &allowed, &request);
    let max_leg_ms = allowed.iter().filter_map(|a| longest_leg_ms(&a.decision)).min();
    let Some(Allowed { decision, id, .. }) = allowed.into_iter().next() else { return Err(Failure::new("error")) };
    match decision.into_token(origin(session, by), id) {
        Ok(token) => {
            shared.counters.decisions_allowed = shared.counters.decisions_allowed.saturating_add(1);
            let number = Arc::from(token.target().canonical());
            session.moves.attempts.push(Attempt { number, answered: false });
            session.moves.outside = session.moves.outside.saturating_add(1);
            Ok(Approved { token, trunk, leg, max_leg_ms, decisions })
        }
        Err(_) => Err(Failure::new("error")),
    }
}

/// Admission refused the leg: recorded as such, and the planned party is forgotten.
pub fn not_admitted(session: &mut Session, shared: &mut Shared, by: &By, allowance: Allowance) -> Failure {
    let Allowance { allowed, request, leg, permit, .. } = allowance;
    let (subject, limit) = permit.map(|p| (p.subject, p.limit)).unwrap_or_default();
    let held = shared.permits_of(&subject);
    let limited = allowed.into_iter().map(|a| Allowed { decision: a.decision.limited(held, limit), ..a });
    let limited: Vec<Allowed> = limited.collect();
    let decisions = records(session, by, &limited, &request);
    let failure = limited.first().map_or(Failure::new("limit"), |a| refusal(&a.decision, a.id));
    refuse(session, shared, decisions);
    session.forget(shared, leg);
    shared.counters.permits_refused = shared.counters.permits_refused.saturating_add(1);
    failure
}

fn records(session: &Session, by: &By, allowed: &[Allowed], request: &Request) -> Vec<DecisionRecord> {
    allowed.iter().map(|a| record(session, by, a.id, &a.policy, request, &a.decision)).collect()
}

/// Whose permit the leg needs, if a user asks.
fn asker(session: &Session, by: &By) -> Option<Name> {
    let leg = by.transferor().unwrap_or(session.subject);
    session.party(leg).and_then(|p| p.user().cloned())
}

/// Every policy allowed the leg; what remains is admission.
#[derive(Debug)]
pub struct Allowance {
    allowed: Vec<Allowed>,
    request: Request,
    trunk: Name,
    pub leg: LegId,
    /// The permit that must be had first; a flow and a trunk need none.
    pub permit: Option<Permit>,
}

/// One of a user's simultaneous legs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Permit {
    pub subject: Name,
    pub limit: u32,
}

/// A policy that allowed, and the id its decision is recorded by.
#[derive(Debug)]
struct Allowed {
    policy: Arc<Policy>,
    decision: Decision,
    id: DecisionId,
}

/// A refusal is recorded like everything that was decided; nobody waits for the disk.
fn refuse(session: &Session, shared: &mut Shared, decisions: Vec<DecisionRecord>) {
    shared.counters.decisions_denied = shared.counters.decisions_denied.saturating_add(1);
    put_on_record(session, shared, decisions);
}

fn longest_leg_ms(decision: &Decision) -> Option<u64> {
    decision.obligations().iter().find_map(|o| match o {
        Obligation::MaxLegSeconds(seconds) => Some(seconds.saturating_mul(1_000)),
        Obligation::RecheckOnJoin => None,
    })
}

/// Sends decisions to disk, and tells of them whoever follows the events.
pub fn put_on_record(session: &Session, shared: &mut Shared, decisions: Vec<DecisionRecord>) -> RequestId {
    for record in &decisions {
        let Ok(decision) = record.decision_id.parse() else { continue };
        let (allowed, reason) = (record.verdict == Verdict::Allow.name(), Arc::from(record.reason));
        shared.event(session.id, session.diary.root, CallEventKind::Decided { decision, allowed, reason });
    }
    shared.commit(session.id, decisions)
}

/// Sends the decisions of a leg to disk.
pub fn commit(session: &Session, shared: &mut Shared, mut approved: Approved) -> (RequestId, Box<Approved>) {
    let decisions = std::mem::take(&mut approved.decisions);
    (put_on_record(session, shared, decisions), Box::new(approved))
}

/// A leg that is there already is to become part of another kind of call: the policies are asked again, and nothing is
/// placed. What they say is recorded.
pub fn recheck(
    session: &Session,
    shared: &mut Shared,
    guards: &[Name],
    by: &By,
    mode: Mode,
    number: &Arc<str>,
) -> Result<(), Failure> {
    let request = Request { mode, places_leg: false, ..request(session, by, number, false, false, !guards.is_empty()) };
    match approve(session, shared, guards, by, &request) {
        Ok(Approval { allowed, .. }) => {
            let decisions = records(session, by, &allowed, &request);
            shared.counters.decisions_allowed = shared.counters.decisions_allowed.saturating_add(1);
            put_on_record(session, shared, decisions);
            Ok(())
        }
        Err(Refusal { failure, decisions }) => {
            if !decisions.is_empty() {
                refuse(session, shared, decisions);
            }
            Err(failure)
        }
    }
}

/// `guard POLICY to number N`: asks, places nothing; the real leg is asked again.
pub fn ask(session: &Session, shared: &mut Shared, by: &By, policy: &Name, number: &Arc<str>, tainted: bool) -> Asked {
    let closed = Arc::new(Policy::default());
    let policy = session.plan.policies.get(policy).unwrap_or(&closed);
    let request = request(session, by, number, tainted, false, true);
    let decision = decide(policy, &request, &facts(session, shared, by));
    let id = shared.new_decision_id();
    let record = record(session, by, id, policy, &request, &decision);
    let answer = match decision.verdict() {
        Verdict::Allow => Completion::Outcome { name: "allowed", value: None },
        _ => Completion::Outcome { name: "denied", value: Some(Arc::from(decision.reason().for_caller())) },
    };
    Asked { record, answer }
}

/// A number as the first policy in scope reads it, in canonical form; nothing where it is none, or
/// one of the site's own.
pub fn phone(session: &Session, guards: &[Name], dialled: &str) -> Option<Arc<str>> {
    let name = guards.first().or(session.plan.site.policy.as_ref());
    let policy = name.and_then(|name| session.plan.policies.get(name));
    let closed = Policy::default();
    let policy = policy.map_or(&closed, AsRef::as_ref);
    let target = DialTarget::parse(dialled, &policy.dial_plan, &policy.number).ok()?;
    (target.class() == TargetClass::Pstn).then(|| Arc::from(target.canonical()))
}

/// The policies in scope. A flow without a guard is judged by the closed policy, which says so.
fn policies(session: &Session, guards: &[Name]) -> Result<Vec<Arc<Policy>>, Failure> {
    if guards.is_empty() {
        return Ok(vec![Arc::new(Policy { id: "closed".to_owned(), ..Policy::default() })]);
    }
    let found: Option<Vec<Arc<Policy>>> = guards.iter().map(|g| session.plan.policies.get(g).cloned()).collect();
    found.ok_or(Failure::new("error"))
}

fn request(session: &Session, by: &By, number: &str, tainted: bool, places_leg: bool, guarded: bool) -> Request {
    let user = |leg: LegId| match session.party(leg).map(|p| &p.origin) {
        Some(Origin::User(name)) => Actor::User { name: name.to_string(), rights: rights(session, name) },
        Some(Origin::Trunk(name)) => Actor::Trunk { name: name.to_string() },
        None => Actor::Trunk { name: String::new() },
    };
    let (actor, mode) = match by {
        By::Flow { flow, .. } => (Actor::Flow { name: flow.to_string(), guarded }, Mode::Blind),
        By::Caller => (user(session.subject), Mode::Dial),
        By::Phone { leg, .. } => (user(*leg), Mode::Blind),
        By::Order { leg, .. } => {
            let consults = matches!(&session.handover, Some(h) if h.mode == TransferMode::Attended);
            (user(*leg), if consults { Mode::Attended } else { Mode::Blind })
        }
        By::Recall { .. } | By::Fallback => (user(session.subject), Mode::Join),
    };
    Request { to: To::Number(number.to_owned()), mode, actor, tainted, places_leg, feature: None }
}

fn rights(session: &Session, user: &str) -> UserOverrides {
    session.plan.site.users.get(user).map_or(UserOverrides::default(), |user| UserOverrides {
        allow_pstn_blind_transfer: user.allow_pstn_blind_transfer,
        max_simultaneous: user.max_simultaneous,
        ..UserOverrides::default()
    })
}

fn facts(session: &Session, shared: &Shared, by: &By) -> Facts {
    let origin = |outside: bool| if outside { PartyOrigin::Outside } else { PartyOrigin::Inside };
    // Who transfers by hanging up (T27, T28) was there when it did: the same is allowed as by an order.
    let counts = |p: &&Party| p.is_live() || by.transferor() == Some(p.leg);
    let users = session.parties.iter().filter(counts).filter(|p| !p.origin.is_outside()).count();
    // A flow that owns the call counts as a party of the site.
    let flow = usize::from(matches!(session.state, State::Flow));
    Facts {
        origin: origin(session.parties.first().is_some_and(|p| p.origin.is_outside())),
        moved: origin(session.subject_is_outside()),
        onnet_parties: u32::try_from(users.saturating_add(flow)).unwrap_or(u32::MAX),
        history: session.moves.history(),
        hops: session.moves.outside,
        call_age_s: shared.now.mono.since(session.arrival.began).0 / 1_000_000,
        ..Facts::default()
    }
}

fn record(
    session: &Session,
    by: &By,
    id: DecisionId,
    policy: &Policy,
    request: &Request,
    decision: &Decision,
) -> DecisionRecord {
    let (step, flow_revision) = match by {
        By::Flow { flow, step } => (step.to_string(), flow_revision(session, flow)),
        _ => (String::new(), String::new()),
    };
    let context = RecordContext {
        decision: id,
        call: session.id,
        step,
        flow_revision,
        policy_revision: policy.revision(),
        // A turn has one instant, so that a replay gives the same record.
        latency_us: 0,
    };
    DecisionRecord::new(context, policy, request, decision)
}

/// The digest of a flow's text: a revision of the site that leaves the flow alone does not change it.
fn flow_revision(session: &Session, flow: &Name) -> String {
    session.plan.flows.get(flow).map(|graph| format!("{:016x}", graph.revision)).unwrap_or_default()
}

fn refusal(decision: &Decision, id: DecisionId) -> Failure {
    let denial = Denial { reasons: decision.reasons().map(|r| Arc::from(r.name())).collect(), decision: id };
    Failure { denial: Some(Box::new(denial)), ..refusal_outcome(decision) }
}

fn refusal_outcome(decision: &Decision) -> Failure {
    match decision.outcome() {
        Outcome::Limit => Failure::new("limit"),
        Outcome::Loop => Failure::new("loop"),
        Outcome::InvalidNumber => Failure::new("invalid_number"),
        Outcome::Allowed => Failure::new("error"),
        // A challenge that nobody can answer yet is a denial.
        Outcome::Challenged | Outcome::Denied(_) => {
            Failure { value: Some(Arc::from(decision.reason().for_caller())), ..Failure::new("denied") }
        }
    }
}

/// The trunk that the canonical number leaves by.
fn trunk(session: &Session, decision: &Decision) -> Result<Name, Failure> {
    let site = &session.plan.site;
    let target = decision.target().ok_or(Failure::new("error"))?;
    let trunk = match target.class() {
        TargetClass::Emergency => site.emergency_trunk(target.canonical()),
        _ => site.trunk_for(target.canonical()),
    };
    let missing = if target.class() == TargetClass::Internal { "not_found" } else { "unreachable" };
    trunk.map(|t| t.name.clone()).ok_or(Failure::new(missing))
}

/// The one number that all policies mean, and the trunk it leaves by.
fn route(session: &Session, allowed: &[Allowed]) -> Result<(Arc<str>, Name), Failure> {
    let number = |a: &Allowed| a.decision.target().map(|t| t.canonical().to_owned());
    let Some(first) = allowed.first() else { return Err(Failure::new("error")) };
    // Two dial plans may read one string differently; only one number can be dialled.
    if allowed.iter().any(|a| number(a) != number(first)) {
        return Err(Failure::new("invalid_number"));
    }
    let trunk = trunk(session, &first.decision)?;
    Ok((Arc::from(number(first).unwrap_or_default()), trunk))
}

fn origin(session: &Session, by: &By) -> TokenOrigin {
    let subject = |leg: LegId| match session.party(leg).map(|p| &p.origin) {
        Some(Origin::User(name) | Origin::Trunk(name)) => name.to_string(),
        None => String::new(),
    };
    match by {
        By::Flow { flow, step } => TokenOrigin::Flow { revision: flow_revision(session, flow), step: step.to_string() },
        By::Phone { leg, .. } | By::Order { leg, order: None } => TokenOrigin::Phone { subject: subject(*leg) },
        By::Order { leg, order: Some(_) } => TokenOrigin::Api { user: subject(*leg) },
        By::Caller | By::Recall { .. } | By::Fallback => TokenOrigin::Phone { subject: subject(session.subject) },
    }
}
