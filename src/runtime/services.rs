//! What flows ask of the node that is no leg. Notices are told to the log; nothing else is carried
//! out yet, and a site that asks for more was refused before it came here (`graph::served`).

use crate::base::id::{CallId, RequestId};
use crate::exchange::Input;

/// Tells a channel, in a line that programs can read.
pub(super) fn note(call: CallId, channel: &str, text: &str) {
    tracing::info!(%call, channel, text, "notify");
}

/// No flow that is served asks for more; one that did all the same fails, in the open.
pub(super) fn not_served(request: RequestId) -> Input {
    Input::Served { request, outcome: "error".into(), value: None }
}
