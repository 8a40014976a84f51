//! Statements of the language that this version does not run: known by name, so that using one is
//! a clear error and never "unknown".

use super::decl::{Decl, Effects, Needs, Subject, Work};

/// `instead` is what an author can do until then; it is the help of the error.
const fn later(verb: &'static str, summary: &'static str, instead: &'static str) -> Decl {
    Decl {
        verb,
        summary,
        docs: instead,
        example: "",
        subject: Subject::Shape,
        settings: &[],
        outcomes: &[],
        needs: Needs::Nothing,
        effects: Effects::NONE,
        work: Work::Later,
    }
}

/// In the order of the language's table.
pub const LATER: [Decl; 18] = [
    later("say", "Speaks a text.", "record the words and `play` them"),
    later("verify", "Checks a PIN against a credential store.", "transfer the call to somebody who can ask"),
    later("record", "Starts, stops, pauses or resumes recording.", "leave it out for now"),
    later("voicemail", "Takes a message.", "transfer to a user or a queue instead, or `play` a prompt and `hangup`"),
    later("send_digits", "Sends keys.", "leave it out for now"),
    later("music", "Starts music.", "`play` a recording; a queue plays its own music"),
    later("hold", "Puts the caller on hold.", "leave it out for now"),
    later("unhold", "Takes the caller back from hold.", "leave it out for now"),
    later(
        "ring",
        "Rings targets and keeps the call with the flow.",
        "`transfer to user NAME resume true` rings one target and comes back to the flow",
    ),
    later(
        "enqueue",
        "Lets the caller wait in a queue, with messages and keys meanwhile.",
        "`transfer to queue NAME` lets the caller wait",
    ),
    later("callback", "Promises to call back.", "transfer to a queue instead"),
    later("park", "Parks the call in a slot.", "transfer to a user instead"),
    later("conference", "Joins a conference room.", "leave it out for now"),
    later("split", "Goes by percentages.", "leave it out for now"),
    later("run", "Runs a subflow.", "write the steps of the subflow into this flow"),
    later("return", "Ends a subflow with an outcome.", "write the steps of the subflow into the flow that needs them"),
    later("http", "Asks a web service.", "leave it out for now"),
    later("notify", "Tells a channel.", "`tag` it: tags are in the record of the call"),
];

/// Their settings, in the order that `fmt` writes them (language.md §5).
pub const SETTINGS: [(&str, &[&str]); 12] = [
    ("say", &["voice", "barge_in"]),
    ("verify", &["subject", "pin"]),
    ("record", &["notice"]),
    ("voicemail", &["greeting", "max", "silence", "urgent"]),
    ("ring", &["ring", "accept", "whisper", "caller_id", "max_duration"]),
    (
        "enqueue",
        &["max_wait", "priority", "skills", "prefer", "keep_wait", "hold_audio", "whisper", "resume", "context"],
    ),
    ("callback", &["queue", "keep_place", "retries", "gap", "window"]),
    ("park", &["timeout", "hold_audio"]),
    ("conference", &["role", "pin", "max_duration"]),
    ("split", &["sticky"]),
    ("http", &["query", "body", "headers", "auth", "timeout", "retry", "once", "silence"]),
    ("notify", &["text"]),
];
