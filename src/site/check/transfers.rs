//! `transfers:`: how transfers of live calls ring, and how those end that do not come about.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::suggest;
use crate::call::leg::Name;
use crate::site::model::{CallerLeaves, Fallback, Queue, Recall, TransferorLeaves, Transfers};
use crate::syntax::document::{Node, NodeKind};
use crate::syntax::reader::{self, Fields};

use super::names;

const SECOND_MS: u64 = 1_000;
/// A phone that rings longer is not attended.
const MAX_RING_MS: u64 = 5 * 60 * SECOND_MS;
/// Whoever waits longer between two calls back has been forgotten.
const MAX_DELAY_MS: u64 = 5 * 60 * SECOND_MS;
/// Calls back beyond the first: with the longest ring and delay, a caller waits under two hours.
const MAX_RETRIES: i64 = 10;
const FALLBACKS: [&str; 3] = ["queue", "flow", "hang_up"];

pub fn transfers(top: &mut Fields<'_, '_>, queues: &BTreeMap<Name, Queue>) -> Transfers {
    let mut transfers = Transfers::default();
    let Some(node) = top.optional("transfers") else { return transfers };
    let mut fields = Fields::new(node, "transfers", top.out());
    if let Some(ms) = names::duration_within(&mut fields, "ring", SECOND_MS..=MAX_RING_MS) {
        transfers.ring_ms = ms;
    }
    if let Some(node) = fields.optional("recall") {
        recall(node, &mut transfers.recall, fields.out());
    }
    if let Some(node) = fields.optional("fallback") {
        transfers.fallback_place = node.span;
        if let Some(found) = fallback(node, queues, fields.out()) {
            transfers.fallback = found;
        }
    }
    if fields.one_of("transferor_leaves", &["complete", "recall"]).is_some_and(|word| word.value == "recall") {
        transfers.transferor_leaves = TransferorLeaves::Recall;
    }
    if let Some(by_keys) = fields.bool("by_keys") {
        transfers.by_keys = by_keys.value;
    }
    if fields.one_of("caller_leaves", &["end", "stay"]).is_some_and(|word| word.value == "stay") {
        transfers.caller_leaves = CallerLeaves::Stay;
    }
    fields.finish();
    transfers
}

fn recall(node: &Node, recall: &mut Recall, out: &mut Vec<Diagnostic>) {
    let mut fields = Fields::new(node, "recall", out);
    if let Some(ms) = names::duration_within(&mut fields, "ring", SECOND_MS..=MAX_RING_MS) {
        recall.ring_ms = ms;
    }
    if let Some(retries) = names::within(&mut fields, "retries", 0..=MAX_RETRIES) {
        recall.retries = u32::try_from(retries).unwrap_or(recall.retries);
    }
    if let Some(ms) = names::duration_within(&mut fields, "delay", SECOND_MS..=MAX_DELAY_MS) {
        recall.delay_ms = ms;
    }
    fields.finish();
}

/// `{queue: NAME}`, `{flow: NAME}`, `{hang_up: PROMPT}`, or `hang_up` alone. `resolve` knows the flows, and
/// `references` the prompts.
fn fallback(node: &Node, queues: &BTreeMap<Name, Queue>, out: &mut Vec<Diagnostic>) -> Option<Fallback> {
    let NodeKind::Mapping(entries) = &node.value else {
        return reader::one_of(node, &["hang_up"], out).map(|_| Fallback::HangUp { prompt: None });
    };
    let mut fields = Fields::new(node, "fallback", out);
    let [queue, flow, hang_up] = FALLBACKS.map(|key| fields.text(key));
    let several = entries.iter().filter(|entry| FALLBACKS.contains(&entry.key.value.as_str())).nth(1);
    match several {
        Some(second) => {
            let help = "keep the one that shall take the caller";
            let message = "a fallback is one of `queue`, `flow` and `hang_up`";
            fields.out().push(Diagnostic::error("wrong-type", second.key.span, message).help(help));
        }
        None if entries.is_empty() => {
            let help = "write `{queue: NAME}`, `{flow: NAME}`, `{hang_up: PROMPT}`, or `hang_up`";
            let place = fields.place();
            fields.out().push(Diagnostic::error("missing-key", place, "the fallback names nothing").help(help));
        }
        None => {}
    }
    let found = match (queue, flow, hang_up) {
        (Some(name), None, None) => {
            let found = queues.get_key_value(name.value.as_str()).map(|(name, _)| Fallback::Queue(name.clone()));
            if found.is_none() {
                let hint = suggest::did_you_mean(&name.value, queues.keys().map(AsRef::as_ref));
                let message = format!("no queue `{}`{hint}", reader::shorten(&name.value));
                let help = "write the name of a queue that this file has under `queues`";
                fields.out().push(Diagnostic::error("unknown-name", name.span, message).help(help));
            }
            found
        }
        (None, Some(name), None) => Some(Fallback::Flow(Arc::from(name.value))),
        (None, None, Some(prompt)) => Some(Fallback::HangUp { prompt: Some(Arc::from(prompt.value)) }),
        _ => None,
    };
    fields.finish();
    found
}
