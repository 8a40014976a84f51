//! What `serve` carries out, and what only a test does so far. A site that asks for more than
//! `serve` can do is refused at its start, so that nothing is ever pretended to a caller.

use super::args::{Arg, Args, PromptArg, SubjectArg};
use super::decl::Decl;

/// Statements that ask for a service which `serve` does not have.
const IN_TESTS_ONLY: [&str; 7] = ["verify", "voicemail", "ring", "callback", "park", "conference", "http"];

/// What of a statement `serve` does not carry out, in words.
pub fn unserved(decl: &'static Decl, args: &Args) -> Vec<String> {
    let verb = decl.verb;
    if IN_TESTS_ONLY.contains(&verb) {
        return vec![format!("`{verb}`")];
    }
    let mut found = Vec::new();
    let placed = args.subject.targets().iter().filter(|t| !super::transfer::is_placed(t.kind));
    found.extend(placed.map(|target| format!("`{verb} to {}`", target.kind.name())));
    let mut written = decl.settings.iter().zip(&args.settings).filter(|(_, arg)| arg.is_some());
    let spoken = |list: &[PromptArg]| list.iter().any(|p| matches!(p, PromptArg::Spoken(_)));
    let speaks = verb == "say"
        || matches!(&args.subject, SubjectArg::Prompts(list) if spoken(list))
        || written.any(|(_, arg)| matches!(arg, Some(Arg::Prompts(list)) if spoken(list)));
    if speaks {
        found.push(if verb == "say" { "`say`".to_owned() } else { format!("speech (`say`) in `{verb}`") });
    }
    found
}

/// Whether a service of the world answers the statement, which a test says by `mocks`.
pub fn is_answered_by_a_service(decl: &Decl, args: &Args) -> bool {
    match &args.subject {
        SubjectArg::Target(target) => !super::transfer::is_placed(target.kind),
        _ => IN_TESTS_ONLY.contains(&decl.verb),
    }
}

/// In which of the two a statement runs, for its page: `(in tests, in serve)`.
pub fn in_words(decl: &Decl) -> (&'static str, &'static str) {
    match decl.verb {
        "say" => ("heard as its words", "refused at the start"),
        "transfer" => (
            "yes; to a `voicemail`, a `conference` and a `sip` address it is answered by `mocks`",
            "yes, but to those three",
        ),
        "notify" => ("yes", "a line of the log, and a tag of the call's record"),
        verb if IN_TESTS_ONLY.contains(&verb) => ("answered by `mocks`", "refused at the start"),
        _ => ("yes", "yes"),
    }
}
