//! A decision: the verdict, every reason, and what the engine owes when it goes ahead.
//!
//! Only `decide` makes one, and it can be used up once, for a token. It does nothing by itself.

use super::decide::{Actor, Request};
use super::model::{Policy, PolicyMode};
use super::number::{DialTarget, TargetClass};
use super::reason::{Effect, Finding, Reason};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    Deny,
    Challenge,
    Allow,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Deny => "deny",
            Verdict::Challenge => "challenge",
            Verdict::Allow => "allow",
        }
    }

    pub fn from_name(name: &str) -> Option<Verdict> {
        [Verdict::Deny, Verdict::Challenge, Verdict::Allow].into_iter().find(|v| v.name() == name)
    }
}

/// What a decision is to the statement or command that asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Allowed,
    Limit,
    Loop,
    InvalidNumber,
    Challenged,
    Denied(Reason),
}

/// What the engine owes when it goes ahead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Obligation {
    /// End the leg after this many seconds.
    MaxLegSeconds(u64),
    /// Decide again before the leg is joined to anybody else.
    RecheckOnJoin,
}

impl std::fmt::Display for Obligation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Obligation::MaxLegSeconds(s) => write!(f, "max_leg_seconds:{s}"),
            Obligation::RecheckOnJoin => f.write_str("recheck_on_join"),
        }
    }
}

/// A counter as the decision saw it.
#[derive(Clone, PartialEq, Debug)]
pub struct Counted {
    pub name: &'static str,
    pub value: f64,
    pub limit: f64,
    /// What it is counted over, such as `hour`.
    pub window: &'static str,
}

impl Counted {
    pub(super) fn new(name: &'static str, value: impl Amount, limit: impl Amount, window: &'static str) -> Self {
        Self { name, value: value.amount(), limit: limit.amount(), window }
    }
}

/// Numbers as records show them.
pub(super) trait Amount {
    fn amount(self) -> f64;
}

impl Amount for u32 {
    fn amount(self) -> f64 {
        f64::from(self)
    }
}

impl Amount for u64 {
    fn amount(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "for display: beyond 2^53 nobody counts")]
        let amount = self as f64;
        amount
    }
}

impl Amount for f64 {
    fn amount(self) -> f64 {
        self
    }
}

/// What `decide` found, before it is combined.
#[derive(Default)]
pub(super) struct Parts {
    pub target: Option<DialTarget>,
    pub findings: Vec<Finding>,
    pub obligations: Vec<Obligation>,
    pub counted: Vec<Counted>,
}

/// The answer to one request. Not `Clone`: an allow is good for one token.
///
/// ```compile_fail,E0599
/// fn twice(decision: strowger::policy::Decision) { let _ = (decision.clone(), decision); }
/// ```
#[derive(Debug)]
pub struct Decision {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    verdict: Verdict,
    mode: PolicyMode,
    target: Option<DialTarget>,
    /// Never empty; the first is the reason.
    first: Finding,
    rest: Vec<Finding>,
    would_flip: Vec<Reason>,
    obligations: Vec<Obligation>,
    counted: Vec<Counted>,
    permit_limit: Option<u32>,
}

impl Decision {
    /// Any deny denies; else any challenge challenges; else an explicit allow allows; else deny.
    pub(super) fn combine(policy: &Policy, request: &Request, mut parts: Parts) -> Decision {
        parts.findings.sort();
        parts.findings.dedup();
        let has = |effect| parts.findings.iter().any(|f| f.reason.effect() == effect);
        let (denied, challenged) = (has(Effect::Deny), has(Effect::Challenge));
        let refused = denied || challenged;
        if refused {
            parts.findings.retain(|f| f.reason.effect() != Effect::Allow);
            // A denial stands first whatever the challenge; their order in the table is the same.
            parts.findings.sort_by_key(|f| f.reason.effect() == Effect::Challenge);
        }
        let mut would_flip = Vec::new();
        let mut verdict = match (denied, challenged) {
            (true, _) => Verdict::Deny,
            (false, true) => Verdict::Challenge,
            (false, false) => Verdict::Allow,
        };
        // A shadow policy lets through what it would refuse, but there must be a number to dial.
        let dialable = !matches!(parts.findings.first().map(|f| f.reason), Some(Reason::Number(_)));
        if policy.mode == PolicyMode::Shadow && refused && dialable {
            verdict = Verdict::Allow;
            would_flip = parts.findings.iter().map(|f| f.reason).collect();
            let names: Vec<&str> = would_flip.iter().map(|r| r.name()).collect();
            parts.findings.insert(0, Finding::new(Reason::ShadowWouldDeny, names.join(", "), ""));
        }
        let emergency = parts.target.as_ref().is_some_and(|t| t.class() == TargetClass::Emergency);
        // A shadow policy refuses nothing, so it counts nothing against a limit either.
        let counts = verdict == Verdict::Allow && policy.mode == PolicyMode::Enforce && !emergency;
        let permit_limit = match &request.actor {
            Actor::User { rights, .. } if counts && request.places_leg => Some(policy.rights(rights).max_simultaneous),
            _ => None,
        };
        let mut findings = parts.findings.into_iter();
        // Without a single finding nothing has allowed it: a bug, and it fails closed.
        let first = findings.next();
        let verdict = if first.is_some() { verdict } else { Verdict::Deny };
        let inner = Inner {
            verdict,
            mode: policy.mode,
            target: parts.target,
            first: first.unwrap_or_else(|| Finding::new(Reason::FlowTransferUnguarded, "", "")),
            rest: findings.collect(),
            would_flip,
            obligations: if verdict == Verdict::Allow { parts.obligations } else { Vec::new() },
            counted: parts.counted,
            permit_limit,
        };
        Decision { inner: Box::new(inner) }
    }

    pub fn verdict(&self) -> Verdict {
        self.inner.verdict
    }

    /// The first reason.
    pub fn reason(&self) -> Reason {
        self.inner.first.reason
    }

    /// Every reason, in the fixed order.
    pub fn reasons(&self) -> impl Iterator<Item = Reason> + '_ {
        self.findings().map(|f| f.reason)
    }

    /// Every reason with its value and limit.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        std::iter::once(&self.inner.first).chain(&self.inner.rest)
    }

    /// What is to be dialed; `None` for a string that is no number and for directory names.
    pub fn target(&self) -> Option<&DialTarget> {
        self.inner.target.as_ref()
    }

    pub fn obligations(&self) -> &[Obligation] {
        &self.inner.obligations
    }

    pub fn counted(&self) -> &[Counted] {
        &self.inner.counted
    }

    pub fn mode(&self) -> PolicyMode {
        self.inner.mode
    }

    /// What a shadow policy would have refused it for.
    pub fn would_flip(&self) -> &[Reason] {
        &self.inner.would_flip
    }

    /// The user's `max_simultaneous`, where the leg must be admitted against it: an allowed leg of a
    /// user that is placed now. Never for emergency, never for a flow (which `max_legs` bounds).
    pub fn permit_limit(&self) -> Option<u32> {
        self.inner.permit_limit
    }

    /// This decision after admission refused the leg: `held` legs are open, `limit` are allowed.
    #[must_use]
    pub fn limited(mut self, held: u32, limit: u32) -> Decision {
        let first = Finding::new(Reason::MaxSimultaneous, held, limit);
        self.inner.verdict = Verdict::Deny;
        self.inner.rest = Vec::new();
        self.inner.first = first;
        self.inner.obligations = Vec::new();
        self.inner.permit_limit = None;
        self
    }

    /// What the statement or command that asked gets.
    pub fn outcome(&self) -> Outcome {
        match (self.verdict(), self.reason()) {
            (Verdict::Allow, _) => Outcome::Allowed,
            (Verdict::Challenge, _) => Outcome::Challenged,
            (_, Reason::MaxSimultaneous) => Outcome::Limit,
            (_, Reason::TransferLoop | Reason::HopLimit) => Outcome::Loop,
            (_, Reason::Number(_)) => Outcome::InvalidNumber,
            (_, reason) => Outcome::Denied(reason),
        }
    }

    /// The target of an allow, used up; the decision itself if it is none.
    pub(super) fn into_target(mut self) -> Result<DialTarget, Decision> {
        if self.inner.verdict != Verdict::Allow {
            return Err(self);
        }
        self.inner.target.take().ok_or(self)
    }
}
