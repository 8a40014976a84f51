//! `record start | stop | pause | resume`: recording of the call.

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Needs, Preset, Setting, Subject, Work};
use super::service;

const ACTS: &[&str] = &["start", "stop", "pause", "resume"];

pub const DECL: Decl = Decl {
    verb: "record",
    summary: "Starts, stops, pauses or resumes the recording of the call.",
    docs: "Pause before a caller keys or says what must not be kept, and resume after. The notice is \
           heard to its end before anything is recorded.",
    example: "flow main {\n  step start {\n    answer\n    record start notice say \"This call is recorded.\"\n    \
              transfer to user us_dana { otherwise { hangup } }\n  }\n}",
    subject: Subject::Word(ACTS),
    settings: &[Setting::new("notice", Kind::Prompts, Preset::None, "heard before")],
    outcomes: &[],
    needs: Needs::Answered,
    effects: Effects::NONE,
    work: Work::Act { exec, complete: service::complete_without_outcome },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Word(act) = request.args.subject else {
        return Err(Failure("`record` has nothing to do".to_owned()));
    };
    let mut spec = service::spec(request, act, "done", service::PROMPT_ANSWER_MS)?;
    spec.first = request.prompts("notice")?;
    service::begin(request, spec)
}
