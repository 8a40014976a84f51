//! The running node as the API's operations.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::metrics;
use super::operations::{
    AgentView, Answer, CallView, Directory, Failure, Operations, PartyView, QueueView, Readiness, WaitingView,
};
use crate::base::id::{CallId, TransferId};
use crate::call::order::{Order, Refused, Taken, TransferView};
use crate::exchange::{board, view};
use crate::runtime::events::Events;
use crate::runtime::operations::Node;
use crate::store::CAPACITY;

impl Operations for Node {
    fn calls(&self) -> Answer<'_, Result<Vec<CallView>, Failure>> {
        Box::pin(async {
            let calls = self.handle.calls().await.map_err(|_| Failure::Busy)?;
            Ok(calls.iter().map(call_view).collect())
        })
    }

    fn call(&self, id: CallId) -> Answer<'_, Result<Option<CallView>, Failure>> {
        Box::pin(async move {
            let call = self.handle.call(id).await.map_err(|_| Failure::Busy)?;
            Ok(call.as_ref().map(call_view))
        })
    }

    fn order(&self, order: Order) -> Answer<'_, Result<Result<Taken, Refused>, Failure>> {
        Box::pin(async { self.handle.order(order).await.map_err(|_| Failure::Busy) })
    }

    fn transfer(&self, id: TransferId) -> Answer<'_, Result<Option<TransferView>, Failure>> {
        Box::pin(async move { self.handle.transfer(id).await.map_err(|_| Failure::Busy) })
    }

    fn events(&self) -> &Arc<Events> {
        &self.events
    }

    fn queues(&self) -> Answer<'_, Result<Vec<QueueView>, Failure>> {
        Box::pin(async {
            let board = self.handle.board().await.map_err(|_| Failure::Busy)?;
            Ok(board.queues.iter().map(queue_view).collect())
        })
    }

    fn agents(&self) -> Answer<'_, Result<Vec<AgentView>, Failure>> {
        Box::pin(async {
            let board = self.handle.board().await.map_err(|_| Failure::Busy)?;
            Ok(board.agents.iter().map(agent_view).collect())
        })
    }

    fn directory(&self) -> Answer<'_, Result<Directory, Failure>> {
        Box::pin(async {
            let plan = self.handle.plan().await.map_err(|_| Failure::Busy)?;
            let users = plan.site.users.keys().map(ToString::to_string).collect();
            let queues = plan.site.queues.keys().map(ToString::to_string).collect();
            Ok(Directory { users, queues })
        })
    }

    fn records(&self, limit: usize) -> Answer<'_, Result<Vec<Value>, Failure>> {
        let reader = self.reader.clone();
        Box::pin(rows(move || reader.calls(limit)))
    }

    fn decisions(&self, limit: usize) -> Answer<'_, Result<Vec<Value>, Failure>> {
        let reader = self.reader.clone();
        Box::pin(rows(move || reader.decisions(limit)))
    }

    fn reload(&self) -> Answer<'_, Result<u64, String>> {
        Box::pin(async { Node::reload(self).await.map_err(|error| error.to_string()) })
    }

    fn readiness(&self) -> Answer<'_, Readiness> {
        Box::pin(async {
            let mut reasons = Vec::new();
            match self.handle.snapshot().await {
                Ok(snapshot) if snapshot.draining => reasons.push("draining: no new calls are taken".to_owned()),
                Ok(_) => {}
                Err(_) => reasons.push("the exchange does not answer".to_owned()),
            }
            let store = self.records.health();
            reasons.extend(store.problem);
            if self.records.is_backlogged() {
                reasons.push(format!("{} records wait for the disk, of {CAPACITY} that may", store.waiting));
            }
            Readiness::unless(reasons)
        })
    }

    fn metrics(&self) -> Answer<'_, Result<String, Failure>> {
        Box::pin(async {
            let snapshot = self.handle.snapshot().await.map_err(|_| Failure::Busy)?;
            metrics::print(snapshot, self.records.health()).map_err(|_| broken("the metrics cannot be printed"))
        })
    }
}

fn broken(what: impl Into<String>) -> Failure {
    Failure::Broken(what.into())
}

/// Reads rows where blocking on the disk stops nobody.
async fn rows<T: Serialize + Send + 'static>(
    read: impl FnOnce() -> Result<Vec<T>, String> + Send + 'static,
) -> Result<Vec<Value>, Failure> {
    let rows = tokio::task::spawn_blocking(read).await.map_err(|_| broken("the records cannot be read"))?;
    let rows = rows.map_err(Failure::Broken)?;
    let values: Result<Vec<Value>, _> = rows.iter().map(serde_json::to_value).collect();
    values.map_err(|_| broken("the records cannot be printed"))
}

fn call_view(call: &view::CallView) -> CallView {
    let text = |name: &Arc<str>| name.to_string();
    CallView {
        call_id: call.id.to_string(),
        started: call.started.0,
        answered: call.answered.map(|at| at.0),
        caller: text(&call.caller),
        dialed: text(&call.dialed),
        state: call.state,
        flow: call.flow.as_ref().map(text),
        step: call.step.as_ref().map(text),
        hops: call.hops,
        parties: call.parties.iter().map(party_view).collect(),
    }
}

fn party_view(party: &view::PartyView) -> PartyView {
    PartyView {
        party_id: party.id.to_string(),
        role: party.role,
        user_id: party.user.as_ref().map(ToString::to_string),
        number: party.number.to_string(),
        state: party.state,
        outside: party.outside,
    }
}

fn queue_view(queue: &board::QueueView) -> QueueView {
    let waiting = queue.waiting.iter().enumerate().map(|(at, waiting)| WaitingView {
        call_id: waiting.call.to_string(),
        position: at.saturating_add(1),
        priority: waiting.priority,
        waited_ms: waiting.waited_ms,
        offered_to: waiting.offered.as_ref().map(ToString::to_string),
    });
    QueueView {
        name: queue.name.to_string(),
        waiting: waiting.collect(),
        agents_ready: queue.agents_ready,
        open: queue.open,
        estimated_wait_ms: queue.estimated_wait_ms,
    }
}

fn agent_view(agent: &board::AgentView) -> AgentView {
    AgentView {
        user_id: agent.user.to_string(),
        queues: agent.queues.iter().map(ToString::to_string).collect(),
        state: agent.state,
        call_id: agent.call.map(|call| call.to_string()),
    }
}
