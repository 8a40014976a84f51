//! `strowger transfer`: gives a live call to somebody else.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{self, Node, shown};
use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit};
use crate::base::suggest;

const KINDS: [&str; 5] = ["user", "agent", "queue", "number", "pstn"];

/// Transfer a live call, or decide a transfer that is under way
///
/// A client of the HTTP interface of a running node. Ends with 1 if the node says no.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Transfer {
    #[command(subcommand)]
    decide: Option<Decide>,
    /// The call, as `strowger calls` lists it
    #[arg(required = true)]
    call: Option<String>,
    /// The user of the site in whose name it is transferred: a party of the call
    #[arg(long, value_name = "USER", required = true)]
    from: Option<String>,
    /// Whom to: user:NAME, agent:NAME, queue:NAME, number:NUMBER or pstn:NUMBER
    #[arg(long, value_name = "KIND:ID", required = true)]
    to: Option<String>,
    /// Ask the target first; `complete` or `cancel` decides it
    #[arg(long)]
    attended: bool,
    #[command(flatten)]
    shape: Shape,
}

#[derive(Args)]
struct Shape {
    #[command(flatten)]
    node: Node,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Which {
    /// A transfer (`t-..`), or the call (`s-..`) whose newest transfer is meant
    id: String,
    #[command(flatten)]
    shape: Shape,
}

#[derive(Subcommand)]
enum Decide {
    /// Join the caller and the target; who transferred leaves
    Complete(Which),
    /// Give the target up; who transferred has the caller back
    Cancel(Which),
    /// Let all three hear each other
    #[command(name = "3way")]
    ThreeWay(Which),
    /// Go from the target to the caller, or back
    Swap(Which),
}

impl Transfer {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        if let Some(decide) = &self.decide {
            return decide.run(terminal);
        }
        let (Some(call), Some(from), Some(to)) = (&self.call, &self.from, &self.to) else {
            return Err(CouldNot("name a call with `--from` and `--to`, or one of the subcommands".to_owned()));
        };
        let (kind, id) = target(to)?;
        let mode = if self.attended { "attended" } else { "blind" };
        let target = json!({"kind": kind, "id": id});
        let body = json!({"callId": call, "fromUserId": from, "target": target, "mode": mode});
        self.shape.order("/transfer", &body, terminal)
    }
}

impl Decide {
    fn run(&self, terminal: &mut Terminal) -> Ended {
        let (path, which) = match self {
            Decide::Complete(which) => ("/transfer/complete", which),
            Decide::Cancel(which) => ("/transfer/cancel", which),
            Decide::ThreeWay(which) => ("/transfer/3way", which),
            Decide::Swap(which) => ("/transfer/swap", which),
        };
        let key = if which.id.starts_with("t-") { "transferId" } else { "callId" };
        which.shape.order(path, &json!({key: which.id}), terminal)
    }
}

impl Shape {
    fn order(&self, path: &str, body: &Value, terminal: &mut Terminal) -> Ended {
        match self.node.client()?.post(path, body)?.taken()? {
            Ok(answer) if self.json => terminal.say(&answer.to_string()),
            Ok(answer) => terminal.say(&format!("{} {}", shown(&answer, "transferId"), shown(&answer, "state"))),
            Err(why) => return client::no(terminal, &why),
        }
        Ok(Exit::Done)
    }
}

/// `KIND:ID`
fn target(text: &str) -> Result<(&str, &str), CouldNot> {
    let (kind, id) = text.split_once(':').unwrap_or((text, ""));
    if !KINDS.contains(&kind) {
        let hint = suggest::did_you_mean(kind, KINDS);
        return Err(CouldNot(format!("`--to {text}` names no kind of target{hint}; write `{}:ID`", KINDS.join("|"))));
    }
    if id.is_empty() {
        return Err(CouldNot(format!("`--to {text}` names nobody; write `{kind}:ID`")));
    }
    Ok((kind, id))
}
