//! `strowger events`: what happens to calls of a running node, as it happens.

use clap::Args;
use serde_json::Value;

use super::client::{self, Flow, Node, plain, shown};
use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit};

/// Follow what happens to the calls of a running node, until it ends
#[derive(Args)]
pub struct Events {
    #[command(flatten)]
    node: Node,
    /// Only of this call, and of those that it led to
    #[arg(long, value_name = "ID")]
    call: Option<String>,
    /// From the event after this one: its number, or its id as a broken stream names it [default: from now on]
    #[arg(long, value_name = "SEQ")]
    since: Option<String>,
    /// Print each as one line of JSON
    #[arg(long)]
    json: bool,
}

/// One event of a stream while its lines come in.
#[derive(Default)]
struct Lines {
    id: String,
    data: String,
}

impl Lines {
    /// Takes a line; gives the data of an event that is whole.
    fn take(&mut self, line: &str) -> Option<String> {
        if let Some(id) = line.strip_prefix("id:") {
            self.id = id.trim_start().to_owned();
        } else if let Some(data) = line.strip_prefix("data:") {
            self.data.push_str(data.trim_start());
        }
        (line.is_empty() && !self.data.is_empty()).then(|| std::mem::take(&mut self.data))
    }
}

impl Events {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        let path = self.path()?;
        let client = self.node.client()?;
        let mut lines = Lines::default();
        let ended = client.lines(&path, |line| {
            let Some(data) = lines.take(line) else { return Flow::More };
            let text = if self.json { data } else { human(&data) };
            if terminal.try_say(&text) { Flow::More } else { Flow::Enough }
        });
        match ended {
            Ok(None) => Ok(Exit::Done),
            Ok(Some(answer)) => match answer.taken()? {
                Ok(_) => Err(CouldNot("the answer is no stream of events".to_owned())),
                Err(why) => client::no(terminal, &why),
            },
            Err(CouldNot(why)) if !lines.id.is_empty() => {
                Err(CouldNot(format!("{why}\ngo on with `--since {}`", plain(&lines.id))))
            }
            Err(why) => Err(why),
        }
    }

    fn path(&self) -> Result<String, CouldNot> {
        let mut path = "/events".to_owned();
        for (key, value) in [("call", &self.call), ("since", &self.since)] {
            let Some(value) = value else { continue };
            if value.is_empty() || !value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                return Err(CouldNot(format!("`--{key} {value}` is no id: letters, digits and `-`")));
            }
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&format!("{key}={value}"));
        }
        Ok(path)
    }
}

/// One line for a person.
fn human(data: &str) -> String {
    let Ok(event) = serde_json::from_str::<Value>(data) else { return plain(data) };
    let kind = shown(&event, "kind");
    if kind == "gap" {
        let to = shown(&event, "to");
        return format!("-- events {} to {to} are gone", shown(&event, "from"));
    }
    let at = event.get("at").and_then(Value::as_i64).and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let at = at.map(|at| format!("{at:.3}")).unwrap_or_else(|| "-".to_owned());
    let keys: &[&str] = match kind.as_str() {
        "call.began" => &["caller", "dialed"],
        "call.ended" => &["cause", "by"],
        "transfer" => &["transferId", "state", "mode", "target", "outcome", "reason"],
        "decision" => &["allowed", "reason", "decisionId"],
        _ => &["role", "number"],
    };
    let more = keys.iter().map(|key| shown(&event, key)).filter(|word| word != "-");
    let words: Vec<String> = [at, shown(&event, "callId"), kind].into_iter().chain(more).collect();
    words.join(" ")
}
