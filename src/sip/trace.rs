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

/// A message as it may be shown: credentials replaced, and the digits of INFO, which may be a PIN; control characters
/// escaped, so that it cannot steer a terminal. A line ends here wherever any reader may see one.
pub fn redact(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = match text.split_once("\r\n\r\n") {
        Some((head, _)) if head.trim_start().starts_with("INFO ") => (head, "(redacted)"),
        Some((head, body)) => (head, body),
        None => (&*text, ""),
    };
    let mut out = String::with_capacity(text.len());
    for line in head.split(['\r', '\n']).filter(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap_or("").trim().to_ascii_lowercase();
        if SECRET.contains(&name.as_str()) {
            out.push_str(&name);
            out.push_str(": (redacted)");
        } else {
            escape(line, &mut out);
        }
        out.push('\n');
    }
    for line in body.split("\r\n") {
        out.push('\n');
        escape(line, &mut out);
    }
    out.truncate(out.trim_end().len());
    out
}

fn escape(line: &str, out: &mut String) {
    line.chars().for_each(|c| if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) });
}
