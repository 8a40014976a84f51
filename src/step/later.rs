//! Statements of the language that this version does not run: known by name, so that using one is
//! a clear error and never "unknown".

use super::decl::{Decl, Effects, Needs, Subject, Work};

const fn later(verb: &'static str, summary: &'static str) -> Decl {
    Decl {
        verb,
        summary,
        docs: "",
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
pub const LATER: [Decl; 20] = [
    later("say", "Speaks a text."),
    later("verify", "Checks a PIN against a credential store."),
    later("record", "Starts, stops, pauses or resumes recording."),
    later("voicemail", "Takes a message."),
    later("send_digits", "Sends keys."),
    later("music", "Starts music."),
    later("hold", "Puts the caller on hold."),
    later("unhold", "Takes the caller back from hold."),
    later("ring", "Rings targets and keeps the call with the flow."),
    later("enqueue", "Lets the caller wait in a queue, with messages and keys meanwhile."),
    later("callback", "Promises to call back."),
    later("park", "Parks the call in a slot."),
    later("conference", "Joins a conference room."),
    later("hours", "Goes by opening hours."),
    later("split", "Goes by percentages."),
    later("run", "Runs a subflow."),
    later("return", "Ends a subflow with an outcome."),
    later("lookup", "Looks a key up in a table."),
    later("http", "Asks a web service."),
    later("notify", "Tells a channel."),
];
