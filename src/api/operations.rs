//! What the API can ask of the running node, and the shapes it serves.

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use serde_json::Value;

use crate::base::id::CallId;

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
    pub number: String,
    pub state: &'static str,
    /// Came from outside, or is reached there.
    pub outside: bool,
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
