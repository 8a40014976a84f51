//! `strowger number`: what dialed strings become.

use std::io::{self, BufRead, Read};
use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::policy::read_policy;
use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit};
use crate::policy::{DialPlan, DialTarget, NumberRules, Region, Scope};

/// Bytes of one line of input: more than any plan admits, so that the answer is the plan's.
const MAX_LINE: u64 = 4_096;

/// Print what dialed strings become, one JSON line each
#[derive(Args)]
pub struct Number {
    /// A policy file, or a region such as `GB` for a plan without extensions
    #[arg(long, value_name = "FILE|REGION")]
    plan: String,
    /// Strings as they were dialed [default: one a line of the standard input]
    numbers: Vec<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    input: &'a str,
    /// `internal`, `short`, `pstn`, `emergency`, or `invalid`
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    number_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl Number {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        let (plan, rules) = self.plan(terminal)?;
        if !self.numbers.is_empty() {
            for number in &self.numbers {
                terminal.say(&line(number, &plan, &rules)?);
            }
            return Ok(Exit::Done);
        }
        let mut input = io::stdin().lock();
        loop {
            let mut bytes = Vec::new();
            input.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes)?;
            if bytes.is_empty() {
                return Ok(Exit::Done);
            }
            let text = String::from_utf8_lossy(&bytes);
            terminal.say(&line(text.trim_end_matches(['\n', '\r']), &plan, &rules)?);
        }
    }

    fn plan(&self, terminal: &mut Terminal) -> Result<(DialPlan, NumberRules), CouldNot> {
        if let Some(region) = Region::from_code(&self.plan) {
            return Ok((DialPlan { home_region: Some(region), ..DialPlan::default() }, NumberRules::default()));
        }
        let path = Path::new(&self.plan);
        if !path.exists() {
            return Err(CouldNot(format!("`{}` is neither a region, such as `GB`, nor a policy file", self.plan)));
        }
        let policy = read_policy(path, Scope::Table, terminal)?;
        Ok((policy.dial_plan, policy.number))
    }
}

fn line(input: &str, plan: &DialPlan, rules: &NumberRules) -> Result<String, CouldNot> {
    let target = DialTarget::parse(input, plan, rules);
    let line = match &target {
        Ok(target) => Line {
            input,
            kind: target.class().name(),
            number: Some(target.canonical()),
            region: target.pstn().map(|p| p.region().to_string()),
            number_type: target.pstn().map(|p| p.number_type().name()),
            country_code: target.pstn().map(|p| p.country_code()),
            reason: None,
        },
        Err(reason) => Line {
            input,
            kind: "invalid",
            number: None,
            region: None,
            number_type: None,
            country_code: None,
            reason: Some(reason.name()),
        },
    };
    Ok(serde_json::to_string(&line)?)
}
