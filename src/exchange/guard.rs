//! The gate before every outside leg: asks each policy in scope, records what it said, takes the
//! permit, and holds the token until the decision is on disk.

use std::sync::Arc;

use super::frames::FlowRun;
use super::party::{Role, Stage};
use super::session::{Session, State};
use super::shared::Shared;
use super::transfer::{By, Failure};
use crate::base::id::{DecisionId, LegId, RequestId};
use crate::call::leg::{Name, Origin};
use crate::call::spec::{Completion, TransferSpec};
use crate::policy::{
    Actor, Decision, DecisionRecord, Facts, GuardToken, Mode, Obligation, Outcome, PartyOrigin, Policy, RecordContext,
    Request, TargetClass, To, TokenOrigin, UserOverrides, Verdict, decide,
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

/// Asks every policy in scope; all must allow. On `Err` the refusal is recorded and nothing else
/// has happened.
pub fn approve(
    session: &mut Session,
    shared: &mut Shared,
    spec: &TransferSpec,
    by: &By,
    number: &Arc<str>,
    tainted: bool,
) -> Result<Approved, Failure> {
    let policies = policies(session, &spec.guards)?;
    let request = request(session, by, number, tainted, true, !spec.guards.is_empty());
    let mut decisions = Vec::with_capacity(policies.len());
    let mut allowed: Option<(Decision, DecisionId)> = None;
    for policy in &policies {
        let decision = decide(policy, &request, &facts(session, shared));
        let (id, record) = record(session, shared, policy, &request, &decision);
        decisions.push(record);
        if decision.verdict() != Verdict::Allow {
            shared.counters.decisions_denied = shared.counters.decisions_denied.saturating_add(1);
            shared.commit(session.id, decisions);
            return Err(refusal(&decision));
        }
        allowed.get_or_insert((decision, id));
    }
    let Some((decision, id)) = allowed else { return Err(Failure::new("error")) };
    let trunk = trunk(session, &decision)?;
    let leg = admit(session, shared, &decision, by, &trunk)?;
    shared.counters.decisions_allowed = shared.counters.decisions_allowed.saturating_add(1);
    let max_leg_ms = decision.obligations().iter().find_map(|o| match o {
        Obligation::MaxLegSeconds(seconds) => Some(seconds.saturating_mul(1_000)),
        Obligation::RecheckOnJoin => None,
    });
    match decision.into_token(origin(session, by), id) {
        Ok(token) => {
            session.history.push(Arc::from(token.target().canonical()));
            session.moves.outside = session.moves.outside.saturating_add(1);
            Ok(Approved { token, trunk, leg, max_leg_ms, decisions })
        }
        Err(_) => Err(Failure::new("error")),
    }
}

/// Sends the decisions to disk.
pub fn commit(session: &Session, shared: &mut Shared, mut approved: Approved) -> (RequestId, Box<Approved>) {
    let decisions = std::mem::take(&mut approved.decisions);
    (shared.commit(session.id, decisions), Box::new(approved))
}

/// `guard POLICY to number N`: asks, places nothing; the real leg is asked again.
pub fn ask(
    session: &Session,
    shared: &mut Shared,
    flow: &Name,
    policy: &Name,
    number: &Arc<str>,
    tainted: bool,
) -> Asked {
    let closed = Arc::new(Policy::default());
    let policy = session.plan.policies.get(policy).unwrap_or(&closed);
    let by = By::Flow { flow: flow.clone() };
    let request = request(session, &by, number, tainted, false, true);
    let decision = decide(policy, &request, &facts(session, shared));
    let (_, record) = record(session, shared, policy, &request, &decision);
    let answer = match decision.verdict() {
        Verdict::Allow => Completion::Outcome { name: "allowed", value: None },
        _ => Completion::Outcome { name: "denied", value: Some(Arc::from(decision.reason().for_caller())) },
    };
    Asked { record, answer }
}

/// The policies in scope. A flow without a guard is judged by the closed policy, which says so.
fn policies(session: &Session, guards: &[Name]) -> Result<Vec<Arc<Policy>>, Failure> {
    if guards.is_empty() {
        return Ok(vec![Arc::new(Policy::default())]);
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
        By::Flow { flow } => (Actor::Flow { name: flow.to_string(), guarded }, Mode::Blind),
        By::Caller => (user(session.subject), Mode::Dial),
        By::Phone { leg, .. } => (user(*leg), Mode::Blind),
        By::Recall => (user(session.subject), Mode::Join),
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

fn facts(session: &Session, shared: &Shared) -> Facts {
    let origin = |outside: bool| if outside { PartyOrigin::Outside } else { PartyOrigin::Inside };
    let users = session.parties.iter().filter(|p| p.is_live() && !p.origin.is_outside()).count();
    // A flow that owns the call counts as a party of the site.
    let flow = usize::from(matches!(session.state, State::Flow));
    Facts {
        origin: origin(session.parties.first().is_some_and(|p| p.origin.is_outside())),
        moved: origin(session.subject_is_outside()),
        onnet_parties: u32::try_from(users.saturating_add(flow)).unwrap_or(u32::MAX),
        history: session.history.iter().map(ToString::to_string).collect(),
        hops: session.moves.outside,
        call_age_s: shared.now.mono.since(session.began).0 / 1_000_000,
        ..Facts::default()
    }
}

fn record(
    session: &Session,
    shared: &mut Shared,
    policy: &Policy,
    request: &Request,
    decision: &Decision,
) -> (DecisionId, DecisionRecord) {
    let id = shared.new_decision_id();
    let step = session.run.as_ref().map(FlowRun::step_name);
    let context = RecordContext {
        decision: id,
        call: session.id,
        step: step.map(|s| s.to_string()).unwrap_or_default(),
        flow_revision: session.plan.revision.to_string(),
        policy_revision: policy.revision(),
        // A turn has one instant, so that a replay gives the same record.
        latency_us: 0,
    };
    (id, DecisionRecord::new(context, policy, request, decision))
}

fn refusal(decision: &Decision) -> Failure {
    match decision.outcome() {
        Outcome::Limit => Failure::new("limit"),
        Outcome::Loop => Failure::new("loop"),
        Outcome::InvalidNumber => Failure::new("invalid_number"),
        Outcome::Allowed => Failure::new("error"),
        // A challenge that nobody can answer yet is a denial.
        Outcome::Challenged | Outcome::Denied(_) => {
            Failure { outcome: "denied", value: Some(Arc::from(decision.reason().for_caller())) }
        }
    }
}

/// The trunk that the canonical number leaves by. An emergency call leaves by any.
fn trunk(session: &Session, decision: &Decision) -> Result<Name, Failure> {
    let site = &session.plan.site;
    let target = decision.target().ok_or(Failure::new("error"))?;
    let found = site.trunk_for(target.canonical());
    let trunk = match target.class() {
        TargetClass::Emergency => found.or_else(|| site.trunks.values().next()),
        _ => found,
    };
    let missing = if target.class() == TargetClass::Internal { "not_found" } else { "unreachable" };
    trunk.map(|t| t.name.clone()).ok_or(Failure::new(missing))
}

/// Takes the user's permit, and makes the party that will be placed.
fn admit(
    session: &mut Session,
    shared: &mut Shared,
    decision: &Decision,
    by: &By,
    trunk: &Name,
) -> Result<LegId, Failure> {
    let number: Arc<str> = Arc::from(decision.target().map_or("", |t| t.canonical()));
    let subject = match by {
        By::Phone { leg, .. } => session.party(*leg).and_then(|p| p.user().cloned()),
        _ => session.party(session.subject).and_then(|p| p.user().cloned()),
    };
    let leg = session.add_party(shared, Role::Target, Origin::Trunk(trunk.clone()), number);
    if let (Some(limit), Some(user)) = (decision.permit_limit(), subject) {
        if !shared.permits.acquire(&user, limit, leg) {
            shared.counters.permits_refused = shared.counters.permits_refused.saturating_add(1);
            session.forget(shared, leg);
            return Err(Failure::new("limit"));
        }
        if let Some(party) = session.party_mut(leg) {
            party.permit = Some(user);
        }
    }
    debug_assert!(session.party(leg).is_some_and(|p| p.stage == Stage::Planned));
    Ok(leg)
}

fn origin(session: &Session, by: &By) -> TokenOrigin {
    let subject = |leg: LegId| match session.party(leg).map(|p| &p.origin) {
        Some(Origin::User(name) | Origin::Trunk(name)) => name.to_string(),
        None => String::new(),
    };
    match by {
        By::Flow { flow } => {
            let revision = session.plan.revision.to_string();
            TokenOrigin::Flow { revision, step: flow.to_string() }
        }
        By::Phone { leg, .. } => TokenOrigin::Phone { subject: subject(*leg) },
        By::Caller | By::Recall => TokenOrigin::Phone { subject: subject(session.subject) },
    }
}
