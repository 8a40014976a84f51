//! `queues:`: who takes calls in turn, and how long callers wait.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::limits;
use crate::base::span::Spanned;
use crate::base::suggest;
use crate::call::leg::Name;
use crate::schedule::Hours;
use crate::site::model::{Queue, Strategy, User};
use crate::syntax::document::Node;
use crate::syntax::reader::{self, Fields};

use super::names::{self, Extensions};

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
/// A phone that rings longer is not attended.
const MAX_RING_MS: u64 = 5 * MINUTE_MS;
/// Nobody waits a day.
const MAX_WAIT_MS: u64 = 24 * HOUR_MS;
/// No two talk for longer, and no agent rests for longer.
const MAX_HANDLE_TIME_MS: u64 = limits::MAX_DURATION.as_ms() + MAX_WRAP_UP_MS;
const MAX_WRAP_UP_MS: u64 = HOUR_MS;
/// Callers who wait are legs with media: a bound keeps one queue from taking the whole machine.
const MAX_WAITING: i64 = 10_000;
/// What a queue has that does not say: an agent rings for 20 s (four rings and the walk to the
/// phone), a caller waits 5 min, an agent rests 10 s, 100 callers wait; a call takes 3 min, its wrap-up included.
const DEFAULTS: Defaults = Defaults {
    agent_ring_timeout_ms: 20 * SECOND_MS,
    max_wait_ms: 5 * MINUTE_MS,
    wrap_up_ms: 10 * SECOND_MS,
    max_waiting: 100,
    handle_time_ms: 3 * MINUTE_MS,
};

struct Defaults {
    agent_ring_timeout_ms: u64,
    max_wait_ms: u64,
    wrap_up_ms: u64,
    max_waiting: u32,
    handle_time_ms: u64,
}

/// What a queue names.
struct Known<'a> {
    users: &'a BTreeMap<Name, User>,
    hours: &'a BTreeMap<Name, Hours>,
}

pub fn queues(
    top: &mut Fields<'_, '_>,
    users: &BTreeMap<Name, User>,
    hours: &BTreeMap<Name, Hours>,
    extensions: &mut Extensions,
) -> BTreeMap<Name, Queue> {
    let known = Known { users, hours };
    let mut queues = BTreeMap::new();
    for entry in names::bounded(top, "queues") {
        let name = names::name(&entry.key, "queue", top.out());
        // Under a wrong name too, the rest is checked.
        let shown = name.clone().unwrap_or_else(|| Arc::from(reader::shorten(&entry.key.value)));
        let queue = queue(shown, &entry.key, &entry.value, &known, extensions, top.out());
        if let Some(name) = name {
            queues.insert(name, queue);
        }
    }
    queues
}

fn queue(
    name: Name,
    key: &Spanned<String>,
    node: &Node,
    known: &Known<'_>,
    extensions: &mut Extensions,
    out: &mut Vec<Diagnostic>,
) -> Queue {
    let mut fields = Fields::new(node, format!("queue {name}"), out);
    let extension = names::extension(&mut fields);
    if let Some(extension) = &extension {
        extensions.take(&extension.value, format!("queue `{name}`"), extension.span, fields.out());
    }
    let in_order = fields.one_of("strategy", &["longest_idle", "in_order"]).is_some_and(|s| s.value == "in_order");
    let agents = agents(&mut fields, &name, known.users, key);
    let ring = names::duration_within(&mut fields, "agent_ring_timeout", SECOND_MS..=MAX_RING_MS);
    let wait = names::duration_within(&mut fields, "max_wait", SECOND_MS..=MAX_WAIT_MS);
    let wrap_up = names::duration_within(&mut fields, "wrap_up", 0..=MAX_WRAP_UP_MS);
    let waiting = names::within(&mut fields, "max_waiting", 1..=MAX_WAITING).and_then(|n| u32::try_from(n).ok());
    let max_ewt_ms = names::duration_within(&mut fields, "max_ewt", SECOND_MS..=MAX_WAIT_MS);
    let handle_time = names::duration_within(&mut fields, "handle_time", SECOND_MS..=MAX_HANDLE_TIME_MS);
    let queue = Queue {
        extension: extension.map(|e| e.value),
        strategy: if in_order { Strategy::InOrder } else { Strategy::LongestIdle },
        agents,
        agent_ring_timeout_ms: ring.unwrap_or(DEFAULTS.agent_ring_timeout_ms),
        max_wait_ms: wait.unwrap_or(DEFAULTS.max_wait_ms),
        says_max_wait: wait.is_some(),
        wrap_up_ms: wrap_up.unwrap_or(DEFAULTS.wrap_up_ms),
        max_waiting: waiting.unwrap_or(DEFAULTS.max_waiting),
        max_ewt_ms,
        handle_time_ms: handle_time.unwrap_or(DEFAULTS.handle_time_ms),
        music: fields.text("music").map(|m| Arc::from(m.value)),
        hours: opening(&mut fields, known.hours),
        span: key.span,
        name,
    };
    fields.finish();
    queue
}

fn agents(fields: &mut Fields<'_, '_>, queue: &Name, users: &BTreeMap<Name, User>, key: &Spanned<String>) -> Vec<Name> {
    let before = fields.out().len();
    let mut agents: Vec<Name> = Vec::new();
    for agent in fields.texts("agents") {
        let Some((name, _)) = users.get_key_value(agent.value.as_str()) else {
            let hint = suggest::did_you_mean(&agent.value, users.keys().map(AsRef::as_ref));
            let message = format!("no user `{}`{hint}", reader::shorten(&agent.value));
            let help = "an agent is a user of this file, by its name";
            fields.out().push(Diagnostic::error("unknown-agent", agent.span, message).help(help));
            continue;
        };
        if agents.contains(name) {
            let message = format!("agent `{name}` is listed twice");
            fields.out().push(Diagnostic::error("duplicate-agent", agent.span, message).help("delete one"));
            continue;
        }
        agents.push(name.clone());
    }
    if agents.is_empty() && fields.out().len() == before {
        let message = format!("queue `{queue}` has no agents: every caller leaves it at once with `no_agents`");
        let help = "list users under `agents`";
        fields.out().push(Diagnostic::warning("queue-without-agents", key.span, message).help(help));
    }
    agents
}

/// The opening hours of a queue, which the site declares.
fn opening(fields: &mut Fields<'_, '_>, hours: &BTreeMap<Name, Hours>) -> Option<Name> {
    let written = fields.text("hours")?;
    let found = hours.get_key_value(written.value.as_str()).map(|(name, _)| name.clone());
    if found.is_none() {
        let hint = suggest::did_you_mean(&written.value, hours.keys().map(AsRef::as_ref));
        let message = format!("no opening hours `{}`{hint}", reader::shorten(&written.value));
        let help = "write the name of hours that this file has under `hours`";
        fields.out().push(Diagnostic::error("unknown-hours", written.span, message).help(help));
    }
    found
}
