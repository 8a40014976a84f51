//! What the API can ask of the running node, and the shapes it serves.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::base::id::{CallId, TransferId};
use crate::call::order::{Order, Refused, Taken, TransferView};
use crate::runtime::events::Events;

/// An answer that comes in the node's own time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The lane of commands is full, or the exchange has ended: 503 with Retry-After.
    Busy,
    /// Something that was needed is broken, in words: 500.
    Broken(String),
}

/// One live call. Times are milliseconds since the Unix epoch.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallView {
    pub call_id: String,
    pub started: i64,
    pub answered: Option<i64>,
    pub caller: String,
    pub dialed: String,
    pub state: &'static str,
    pub flow: Option<String>,
    pub step: Option<String>,
    pub hops: u32,
    pub parties: Vec<PartyView>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartyView {
    pub party_id: String,
    pub role: &'static str,
    /// The user, if it is one of the site's: who can be a transferor.
    pub user_id: Option<String>,
    pub number: String,
    pub state: &'static str,
    /// Came from outside, or is reached there.
    pub outside: bool,
}

/// A queue and who waits in it, in the order of service.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueView {
    pub name: String,
    pub waiting: Vec<WaitingView>,
    /// Agents who could take a call now.
    pub agents_ready: usize,
    /// An agent of it has a phone that is reachable.
    pub open: bool,
    /// For a caller who joins now; `None` if nobody is there to serve it.
    pub estimated_wait_ms: Option<u64>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingView {
    pub call_id: String,
    /// Counted from 1.
    pub position: usize,
    pub priority: u8,
    pub waited_ms: u64,
    /// The agent whose phone rings for it.
    pub offered_to: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentView {
    pub user_id: String,
    pub queues: Vec<String>,
    pub state: &'static str,
    /// The call that the agent's phone rings for.
    pub call_id: Option<String>,
}

/// Names of the site that a request may use.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Directory {
    pub users: Vec<String>,
    pub queues: Vec<String>,
}

/// Whether new calls are taken, and if not, every reason.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Readiness {
    pub ready: bool,
    pub reasons: Vec<String>,
}

impl Readiness {
    /// Ready when nothing speaks against it.
    pub fn unless(reasons: Vec<String>) -> Self {
        Self { ready: reasons.is_empty(), reasons }
    }
}

/// The running node.
pub trait Operations: Send + Sync + 'static {
    fn calls(&self) -> Answer<'_, Result<Vec<CallView>, Failure>>;
    /// `None`: there is no such live call.
    fn call(&self, id: CallId) -> Answer<'_, Result<Option<CallView>, Failure>>;
    /// Asks something of a live call; answered when its gates have passed.
    fn order(&self, order: Order) -> Answer<'_, Result<Result<Taken, Refused>, Failure>>;
    /// `None`: there is no such transfer, live or among the last that are over.
    fn transfer(&self, id: TransferId) -> Answer<'_, Result<Option<TransferView>, Failure>>;
    /// What happens to calls, for whoever follows.
    fn events(&self) -> &Arc<Events>;
    fn queues(&self) -> Answer<'_, Result<Vec<QueueView>, Failure>>;
    fn agents(&self) -> Answer<'_, Result<Vec<AgentView>, Failure>>;
    fn directory(&self) -> Answer<'_, Result<Directory, Failure>>;
    /// Call records, newest first.
    fn records(&self, limit: usize) -> Answer<'_, Result<Vec<Value>, Failure>>;
    /// Policy decisions, newest first.
    fn decisions(&self, limit: usize) -> Answer<'_, Result<Vec<Value>, Failure>>;
    /// Reads the site again: the new revision, or why the running one stays.
    fn reload(&self) -> Answer<'_, Result<u64, String>>;
    fn readiness(&self) -> Answer<'_, Readiness>;
    /// OpenMetrics text.
    fn metrics(&self) -> Answer<'_, Result<String, Failure>>;
}
