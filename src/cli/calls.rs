//! `strowger calls`: the live calls of a running node.

use clap::Args;
use serde_json::Value;

use super::client::{self, Node, shown};
use super::terminal::Terminal;
use super::{Ended, Exit};

/// List the live calls of a running node
#[derive(Args)]
pub struct Calls {
    #[command(flatten)]
    node: Node,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

impl Calls {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        let answer = match self.node.client()?.get("/calls")?.taken()? {
            Ok(answer) => answer,
            Err(why) => return client::no(terminal, &why),
        };
        if self.json {
            terminal.say(&answer.to_string());
            return Ok(Exit::Done);
        }
        let calls = answer.get("calls").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if calls.is_empty() {
            terminal.complain("no live calls");
        }
        for call in calls {
            terminal.say(&line(call));
            let parties = call.get("parties").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for party in parties {
                let (role, number, state) = (shown(party, "role"), shown(party, "number"), shown(party, "state"));
                let user =
                    if shown(party, "userId") == "-" { String::new() } else { format!("{} ", shown(party, "userId")) };
                let outside = if party.get("outside") == Some(&Value::Bool(true)) { " outside" } else { "" };
                terminal.say(&format!("    {role} {user}{number} {state}{outside}"));
            }
        }
        Ok(Exit::Done)
    }
}

fn line(call: &Value) -> String {
    let flow = match (shown(call, "flow"), shown(call, "step")) {
        (flow, _) if flow == "-" => String::new(),
        (flow, step) => format!(" {flow} > {step}"),
    };
    let (caller, dialed) = (shown(call, "caller"), shown(call, "dialed"));
    format!("{} {} {caller} -> {dialed}{flow}", shown(call, "callId"), shown(call, "state"))
}
