//! A trace of messages without their secrets, at level debug. Whole messages with credentials are logged nowhere.

use super::flow::Flow;

/// Headers whose values are not written.
const SECRET: [&str; 4] = ["authorization", "proxy-authorization", "authentication-info", "identity"];

pub fn received(flow: &Flow, bytes: &[u8]) {
    if tracing::enabled!(target: "strowger::sip", tracing::Level::DEBUG) {
        tracing::debug!(target: "strowger::sip", peer = %flow.peer, transport = flow.transport.via(), "received\n{}", redact(bytes));
    }
}

pub fn sent(flow: &Flow, bytes: &[u8]) {
    if tracing::enabled!(target: "strowger::sip", tracing::Level::DEBUG) {
        tracing::debug!(target: "strowger::sip", peer = %flow.peer, transport = flow.transport.via(), "sent\n{}", redact(bytes));
    }
}

/// A message as it may be shown: credentials replaced, control characters escaped, so that it cannot steer a terminal.
pub fn redact(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    for line in text.split("\r\n") {
        let name = line.split(':').next().unwrap_or("").trim().to_ascii_lowercase();
        if SECRET.contains(&name.as_str()) {
            out.push_str(&name);
            out.push_str(": (redacted)");
        } else {
            line.chars().for_each(|c| if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) });
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}
