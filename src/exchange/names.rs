//! The built-in names of expressions (`caller.number`, `queue.sales.waiting`) for a live call.

use std::sync::Arc;

use super::session::Session;
use super::shared::Shared;
use crate::base::time::Micros;
use crate::base::value::Value;
use crate::expr::{BuiltIn, RootPath};

/// The value of a built-in name now.
pub fn root(session: &Session, shared: &Shared, path: &RootPath) -> Value {
    let text = |s: &Arc<str>| Value::Text(s.clone());
    match path.id {
        BuiltIn::CallerNumber => text(&session.arrival.caller.number),
        BuiltIn::CallerName => text(&session.arrival.caller.name),
        BuiltIn::CallerAnonymous => Value::Bool(session.arrival.caller.anonymous),
        BuiltIn::CallerOutside => Value::Bool(session.parties.first().is_some_and(|p| p.origin.is_outside())),
        BuiltIn::SessionId => Value::text(&session.id.to_string()),
        BuiltIn::SessionAge => {
            let age = shared.now.mono.since(session.arrival.began).as_ms();
            Value::Duration(i64::try_from(age).unwrap_or(i64::MAX))
        }
        BuiltIn::SessionHops => Value::Int(i64::from(session.moves.hops)),
        BuiltIn::SessionLegs => Value::Int(i64::from(session.moves.by_flow)),
        BuiltIn::SessionTags => Value::Map(session.diary.tags.iter().map(|(k, v)| (k.clone(), text(v))).collect()),
        BuiltIn::DialedNumber => text(&session.arrival.dialed),
        BuiltIn::QueueOpen => queue(path, |name| Value::Bool(shared.see(shared.queues.is_open(name)))),
        BuiltIn::QueueWaiting => queue(path, |name| {
            count(shared.see(shared.queues.waiting(name, shared.now.mono).map_or(0, |(waiting, _)| waiting)))
        }),
        BuiltIn::QueueAgentsReady => {
            queue(path, |name| count(shared.see(shared.queues.agents_ready(name, shared.now.mono))))
        }
        BuiltIn::QueuePosition => count(shared.see(shared.queues.position(session.id).unwrap_or(0))),
        _ => other(session, shared, path),
    }
}

/// Names whose meaning needs no more than the clock or has no source yet.
fn other(session: &Session, shared: &Shared, path: &RootPath) -> Value {
    match path.id {
        BuiltIn::QueueEstimatedWait => queue(path, |name| estimated_wait(session, shared, name)),
        BuiltIn::NowHour | BuiltIn::NowMinute | BuiltIn::NowWeekday | BuiltIn::NowDate => now(session, shared, path.id),
        BuiltIn::DialedName => {
            let entry = session.plan.site.numbers.flow(&session.arrival.dialed);
            entry.map_or(Value::text(""), |entry| Value::Text(Arc::clone(&entry.name)))
        }
        BuiltIn::HoursState | BuiltIn::HoursHoliday => hours(session, shared, path),
        BuiltIn::Language => Value::text("en"),
        _ => Value::text(""),
    }
}

/// How long a caller who joins now must expect to wait: where nobody is there to serve it, as long as anybody may.
fn estimated_wait(session: &Session, shared: &Shared, name: &str) -> Value {
    let expected = shared.queues.estimated_wait(name, shared.now.mono).map(Micros::as_ms);
    let longest = session.plan.site.queues.get(name).map_or(0, |queue| queue.max_wait_ms);
    Value::Duration(i64::try_from(shared.see(expected.unwrap_or(longest))).unwrap_or(i64::MAX))
}

fn now(session: &Session, shared: &Shared, id: BuiltIn) -> Value {
    let Some(local) = session.plan.site.declared.zone.local(shared.now.wall) else { return Value::Unset };
    match id {
        BuiltIn::NowHour => Value::Int(i64::from(local.hour)),
        BuiltIn::NowMinute => Value::Int(i64::from(local.minute)),
        BuiltIn::NowDate => Value::text(&local.date.to_string()),
        _ => Value::text(local.weekday),
    }
}

fn hours(session: &Session, shared: &Shared, path: &RootPath) -> Value {
    let Some(hours) = path.name.as_deref().and_then(|name| session.plan.site.declared.hours.get(name)) else {
        return Value::Unset;
    };
    match path.id {
        BuiltIn::HoursHoliday => Value::Text(hours.holiday(shared.now.wall).unwrap_or_default()),
        _ if hours.state(shared.now.wall).is_open() => Value::text("open"),
        _ => Value::text("closed"),
    }
}

fn queue(path: &RootPath, value: impl Fn(&str) -> Value) -> Value {
    path.name.as_deref().map_or(Value::Unset, value)
}

fn count(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}
