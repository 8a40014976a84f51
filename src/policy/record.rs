//! The record of a decision, as it is kept and served: plain values, appended, never changed.
//!
//! It hides nothing but secrets, of which a decision knows none.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::id::{CallId, DecisionId};

use super::decide::{Request, To};
use super::decision::Decision;
use super::model::Policy;
use super::numbering::NUMBER_METADATA;

/// Characters of what was dialed that a record keeps: more than the longest policy admits.
const MAX_DIALED: usize = 256;

/// Which decision of which call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordContext {
    pub decision: DecisionId,
    pub call: CallId,
    /// Of a flow's own request; empty otherwise.
    pub step: String,
    pub flow_revision: String,
    /// [`Policy::revision`], computed once when the policy was loaded.
    pub policy_revision: String,
    /// How long the decision took.
    pub latency_us: u64,
}

/// One decision, for ever.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DecisionRecord {
    pub decision_id: String,
    pub call_id: String,
    pub step_id: String,
    #[serde(flatten)]
    pub revisions: Revisions,
    pub request: RecordedRequest,
    pub subject: String,
    pub verdict: &'static str,
    pub reason: &'static str,
    pub reasons: Vec<&'static str>,
    /// The keys of the policy behind the reasons.
    pub rule_ids: Vec<&'static str>,
    /// Each reason in words, with its value and limit.
    pub explanations: Vec<String>,
    pub counters: BTreeMap<&'static str, RecordedCounter>,
    pub obligations: Vec<String>,
    pub mode: &'static str,
    pub would_flip: Vec<&'static str>,
    pub latency_us: u64,
}

/// By what it was decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Revisions {
    pub flow_rev: String,
    pub policy: String,
    pub policy_rev: String,
    pub number_metadata: &'static str,
}

/// What was asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RecordedRequest {
    /// As it was dialed or written.
    pub to: String,
    pub transfer: &'static str,
    /// `internal`, `short`, `pstn`, `emergency`, or `invalid`.
    pub kind: &'static str,
    /// What was decided on, and is dialed if it is allowed.
    pub number: Option<String>,
    pub e164: Option<String>,
    pub region: Option<String>,
    #[serde(rename = "type")]
    pub number_type: Option<&'static str>,
    pub tainted: bool,
    pub places_leg: bool,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct RecordedCounter {
    pub value: f64,
    pub limit: f64,
    pub window: &'static str,
}

impl DecisionRecord {
    pub fn new(context: RecordContext, policy: &Policy, request: &Request, decision: &Decision) -> Self {
        let counters = decision.counted().iter();
        let mut rule_ids: Vec<&'static str> = Vec::new();
        for rule in decision.reasons().filter_map(super::Reason::rule) {
            if !rule_ids.contains(&rule) {
                rule_ids.push(rule);
            }
        }
        Self {
            decision_id: context.decision.to_string(),
            call_id: context.call.to_string(),
            step_id: context.step,
            revisions: Revisions {
                flow_rev: context.flow_revision,
                policy: policy.id.clone(),
                policy_rev: context.policy_revision,
                number_metadata: NUMBER_METADATA,
            },
            request: recorded(request, decision),
            subject: request.actor.name().to_owned(),
            verdict: decision.verdict().name(),
            reason: decision.reason().name(),
            reasons: decision.reasons().map(|r| r.name()).collect(),
            rule_ids,
            explanations: decision.findings().map(|f| f.for_admin(None)).collect(),
            counters: counters
                .map(|c| (c.name, RecordedCounter { value: c.value, limit: c.limit, window: c.window }))
                .collect(),
            obligations: decision.obligations().iter().map(ToString::to_string).collect(),
            mode: decision.mode().name(),
            would_flip: decision.would_flip().iter().map(|r| r.name()).collect(),
            latency_us: context.latency_us,
        }
    }

    /// One line of JSON.
    ///
    /// # Errors
    /// None for a record made by [`DecisionRecord::new`], whose numbers are all finite.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

fn recorded(request: &Request, decision: &Decision) -> RecordedRequest {
    let (to, inside) = match &request.to {
        To::Number(raw) => (raw, false),
        To::Inside(name) => (name, true),
    };
    let target = decision.target();
    let pstn = target.and_then(|t| t.pstn());
    RecordedRequest {
        to: to.chars().take(MAX_DIALED).collect(),
        transfer: request.mode.name(),
        kind: target.map_or(if inside { "internal" } else { "invalid" }, |t| t.class().name()),
        number: target.map(|t| t.canonical().to_owned()),
        e164: target.filter(|_| pstn.is_some()).map(|t| t.canonical().to_owned()),
        region: pstn.map(|p| p.region().to_string()),
        number_type: pstn.map(|p| p.number_type().name()),
        tainted: request.tainted,
        places_leg: request.places_leg,
    }
}
