//! `strowger replay`: a recorded call again, step by step.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, paths, test};
use crate::base::id::CallId;
use crate::base::time::Mono;
use crate::exchange::Plan;
use crate::exchange::journal::{self, Read, Unreadable};
use crate::exchange::plan::Digested;
use crate::exchange::replay::{CannotReplay, Otherwise, Verdict, partners, replay};
use crate::sim::retell::{self, Retelling};
use crate::store::{DATABASE, Parts, Reader};
use crate::workspace;

/// Calls that may have been made one with each other by phones; more is no call of people.
const MAX_TOGETHER: usize = 32;

/// Run a recorded call again, step by step, from its journal
///
/// The flows, policies and transfers are run by the same code as the live call; what the call saw of the world is in its
/// journal. Reads the records only, so that it can be used while the site is being served. Ends with 0 if everything
/// went as it did, 1 if something goes otherwise now, 2 if there is no such call or the site has changed since.
#[derive(Args)]
pub struct Replay {
    /// The call: `s-` and 32 hex digits, as records and events name it
    call: String,
    /// The site [default: the folder one is in]
    #[arg(long, value_name = "SITE")]
    site: Option<PathBuf>,
    /// Run it although the site has changed since, and see where it goes otherwise
    #[arg(long)]
    anyway: bool,
    /// One JSON document instead of lines
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        let call: CallId = self.call.parse().map_err(|_| {
            CouldNot(format!("`{}` is no call; a call is `s-` and 32 hex digits, as in its record", self.call))
        })?;
        let root = paths::site(self.site.as_deref())?;
        let test::Site { plan, .. } = test::site(Some(&root), terminal)?;
        let reader = records(&root, &plan)?;
        let mut reads = Vec::new();
        let mut wanted = vec![call];
        while let Some(next) = wanted.pop() {
            if reads.iter().any(|read: &Read| read.call == next) {
                continue;
            }
            if reads.len() >= MAX_TOGETHER {
                return Err(CouldNot(format!("`{call}` was made one with more than {MAX_TOGETHER} calls")));
            }
            let mut read = self.read(&reader, call, next, &plan)?;
            if self.anyway {
                read.plan_digest = plan.digest();
            }
            wanted.extend(partners(&read).map_err(|why| self.cannot(&why))?);
            reads.push(read);
        }
        let began = reads.iter().map(|read| read.began.mono).min().unwrap_or_default();
        let mut story = Retelling::new(began);
        let verdict = replay(&[plan], &reads, &mut |again| story.add(again)).map_err(|why| self.cannot(&why))?;
        let is_cut = reads.iter().any(|read| read.is_cut);
        self.tell(&reads, &story, &verdict, began, terminal);
        match verdict {
            Verdict::Otherwise(_) => Ok(Exit::No),
            Verdict::Exact { .. } if is_cut => {
                Err(CouldNot(format!("the journal of `{call}` ends before the call did: it was longer than a journal")))
            }
            Verdict::Exact { .. } => Ok(Exit::Done),
        }
    }

    /// The journal of one call, if the site is as it was then.
    fn read(&self, reader: &Reader, asked: CallId, call: CallId, plan: &Plan) -> Result<Read, CouldNot> {
        let Some(stored) = reader.journal(call)? else {
            return Err(CouldNot(if call == asked {
                format!("there is no journal of `{call}`: no such call is over; `/records` lists those that are")
            } else {
                format!("`{asked}` was made one with `{call}`, which is not over yet, or was lost with its process")
            }));
        };
        let read = journal::read(&stored.bytes).map_err(|why| self.cannot(&CannotReplay::Unreadable(why)))?;
        if read.plan_digest != plan.digest() && !self.anyway {
            let parts = stored.parts.map(|parts| plan.digested().changed_since(&digested(&parts)));
            let which = parts.filter(|parts| !parts.is_empty()).map(|parts| format!(": {}", parts.join(", ")));
            return Err(CouldNot(format!(
                "the site has changed since `{call}`{}; check out the site as it was, or say `--anyway` to see where the \
                 call goes otherwise now",
                which.unwrap_or_default()
            )));
        }
        Ok(read)
    }

    fn cannot(&self, why: &CannotReplay) -> CouldNot {
        CouldNot(match why {
            CannotReplay::Changed(call) => format!("the site has changed since `{call}`"),
            CannotReplay::Missing(call) => format!("the journal of `{call}` is not there, of which it was a part"),
            CannotReplay::Unreadable(Unreadable::Version(version)) => format!(
                "the journal of `{}` is of version {version}, and this program reads version {}; run the one that wrote it",
                self.call,
                journal::VERSION
            ),
            CannotReplay::Unreadable(Unreadable::Damaged) => {
                format!("the journal of `{}` is damaged: it is not as it was written", self.call)
            }
        })
    }

    fn tell(&self, reads: &[Read], story: &Retelling, verdict: &Verdict, began: Mono, terminal: &mut Terminal) {
        let lines = retell::story(&story.trace);
        if self.json {
            terminal.write(&format!("{}\n", document(reads, story, &lines, verdict, began)));
            return;
        }
        terminal.write(&lines.concat());
        terminal.say(&match verdict {
            Verdict::Exact { turns } => format!("{turns} turns, each as it was"),
            Verdict::Otherwise(otherwise) => in_words(otherwise, began),
        });
    }
}

fn in_words(otherwise: &Otherwise, began: Mono) -> String {
    let Otherwise { call, turn, now, then, put, saw_else } = otherwise;
    let list = |kinds: &[&str]| if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
    let what = match (then == put, saw_else) {
        (true, true) => "it asks the world for something else".to_owned(),
        (true, false) => format!("the same kinds of things ({}) with other contents", list(put)),
        (false, _) => format!("then: {}\nnow:  {}", list(then), list(put)),
    };
    let at = now.mono.since(began).as_ms();
    format!("turn {turn} of {call}, {}.{:03} s after its beginning, goes otherwise\n{what}", at / 1_000, at % 1_000)
}

fn document(reads: &[Read], story: &Retelling, lines: &[String], verdict: &Verdict, began: Mono) -> serde_json::Value {
    let first = reads.first();
    let moments = story.trace.iter().zip(lines).filter(|(_, line)| !line.is_empty());
    let moments = moments.map(|((at, _), line)| {
        // The time stands before the words.
        let text = line.split_once("  ").map_or(line.as_str(), |(_, text)| text);
        serde_json::json!({"at_ms": at.0 / 1_000, "text": text.trim_end()})
    });
    let otherwise = match verdict {
        Verdict::Exact { .. } => serde_json::Value::Null,
        Verdict::Otherwise(o) => serde_json::json!({
            "call": o.call.to_string(),
            "turn": o.turn,
            "at_ms": o.now.mono.since(began).as_ms(),
            "then": o.then,
            "now": o.put,
        }),
    };
    serde_json::json!({
        "version": 1,
        "callId": first.map(|read| read.call.to_string()),
        "rootCallId": first.map(|read| read.root.to_string()),
        "began": first.map(|read| read.began.wall.0),
        "turns": reads.iter().map(|read| read.turns.len()).sum::<usize>(),
        "complete": reads.iter().all(|read| !read.is_cut),
        "otherwise": otherwise,
        "moments": moments.collect::<Vec<_>>(),
    })
}

/// The records of a site, which need no server.
fn records(root: &Path, plan: &Arc<Plan>) -> Result<Reader, CouldNot> {
    let path = workspace::state_folder_of(root, plan.site.state.as_deref()).join(DATABASE);
    if !path.is_file() {
        let why = "no call of this site has been recorded";
        return Err(CouldNot(format!("there is no `{}`: {why}", path.display())));
    }
    Ok(Reader::new(&path))
}

fn digested(parts: &Parts) -> Digested {
    let number = |hex: &String| u64::from_str_radix(hex, 16).unwrap_or(0);
    let each = |parts: &std::collections::BTreeMap<String, String>| {
        parts.iter().map(|(name, hex)| (Arc::from(name.as_str()), number(hex))).collect()
    };
    Digested { site: number(&parts.site), flows: each(&parts.flows), policies: each(&parts.policies) }
}
