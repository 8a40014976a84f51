//! `record start | stop | pause | resume`: recording of the call.

use crate::call::spec::{Completion, RecordAct};

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Needs, Preset, Setting, Subject, Work};

const ACTS: &[&str] = &["start", "stop", "pause", "resume"];

pub const DECL: Decl = Decl {
    verb: "record",
    summary: "Starts, stops, pauses or resumes the recording of the call.",
    docs: "Pause before a caller keys or says what must not be kept, and resume after. The notice is \
           heard to its end before anything is recorded. What is recorded is the caller's side of the call: what the \
           caller says, and what the caller hears. It goes on through transfers until it is stopped or the caller \
           leaves, and rests while somebody has the caller on hold. `start` while a recording is on begins another file.",
    example: "flow main {\n  step start {\n    answer\n    record start notice say \"This call is recorded.\"\n    \
              transfer to user us_dana { otherwise { hangup } }\n  }\n}",
    subject: Subject::Word(ACTS),
    settings: &[Setting::new("notice", Kind::Prompts, Preset::None, "heard before")],
    outcomes: &[],
    needs: Needs::Answered,
    effects: Effects::NONE,
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let act = match request.args.subject {
        SubjectArg::Word("start") => RecordAct::Start,
        SubjectArg::Word("stop") => RecordAct::Stop,
        SubjectArg::Word("pause") => RecordAct::Pause,
        SubjectArg::Word("resume") => RecordAct::Resume,
        _ => return Err(Failure("`record` has nothing to do".to_owned())),
    };
    let notice = request.prompts("notice")?;
    request.cx.record(act, notice);
    Ok(Exec::Sleep)
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Ok(Exec::Next)
}
