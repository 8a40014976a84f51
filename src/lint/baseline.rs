//! The baseline: findings of old flows that a site has decided to live with for now, so that new ones stand out.
//!
//! An entry is a finding without its line, so that it survives edits around it; what no exception may hold back, no
//! baseline holds either. Reading and writing the file is the shell's business.

use std::collections::BTreeMap;

use super::pages;
use super::places::Fingerprint;
use super::suppress;
use crate::base::diagnostic::Diagnostic;
use crate::base::span::{FileId, Span};
use crate::syntax::document;
use crate::syntax::reader::{self, Fields};

/// The file in a site's folder.
pub const FILE: &str = ".strowger-baseline.json";
/// The rule about entries that nothing matches any more.
pub const STALE: &str = "stale-baseline";
/// The version of the file's format.
const FORMAT: i64 = 1;

/// Findings that are held, how many of each, and where the file says so.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    entries: BTreeMap<Fingerprint, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    left: usize,
    span: Span,
}

impl Baseline {
    /// Reads the file; what is wrong with it is reported.
    pub fn read(file: FileId, bytes: &[u8]) -> (Self, Vec<Diagnostic>) {
        let mut baseline = Self::default();
        // JSON is YAML, and our reader of YAML knows where everything stands.
        let (documents, _, mut found) = document::parse_bytes(file, bytes);
        let Some(node) = documents.first() else { return (baseline, found) };
        let mut top = Fields::new(node, "baseline", &mut found);
        if let Some(version) = top.required("version").and_then(|n| reader::integer(n, top.out()))
            && version.value != FORMAT
        {
            let message = format!("the baseline is of format {}, and this version reads {FORMAT}", version.value);
            let help = "write it again: `strowger lint --write-baseline`";
            top.out().push(Diagnostic::error("unknown-format", version.span, message).help(help));
        }
        for node in top.list("findings") {
            if let Some((fingerprint, entry)) = entry(node, top.out()) {
                let known = baseline.entries.entry(fingerprint).or_insert(Entry { left: 0, span: entry.span });
                known.left = known.left.saturating_add(entry.left);
            }
        }
        top.finish();
        (baseline, found)
    }

    /// Whether it holds this finding; each entry holds as many as it says.
    pub fn takes(&mut self, fingerprint: &Fingerprint) -> bool {
        match self.entries.get_mut(fingerprint) {
            Some(entry) if entry.left > 0 => {
                entry.left -= 1;
                true
            }
            _ => false,
        }
    }

    /// What is left over when all findings are through.
    pub fn stale(&self) -> Vec<Diagnostic> {
        let left = self.entries.iter().filter(|(_, entry)| entry.left > 0);
        left.map(|(fingerprint, entry)| stale(fingerprint, entry)).collect()
    }
}

fn entry(node: &document::Node, out: &mut Vec<Diagnostic>) -> Option<(Fingerprint, Entry)> {
    let mut fields = Fields::new(node, "finding", out);
    let rule = fields.required_text("rule");
    let flow = fields.text("flow").map(|t| t.value).unwrap_or_default();
    let step = fields.text("step").map(|t| t.value).unwrap_or_default();
    let message = fields.required_text("message");
    let left = fields.integer("count").map_or(Some(1), |n| usize::try_from(n.value).ok()).unwrap_or(0);
    fields.finish();
    let (rule, message) = (rule?, message?);
    if let Some(why) = pages::known(&rule.value).and_then(|known| pages::firmness(known).refusal()) {
        let text = format!("`{}` cannot be in a baseline: {why}", rule.value);
        let help = "mend what is reported, and write the baseline again: `strowger lint --write-baseline`";
        out.push(Diagnostic::error(suppress::rule::REFUSED, rule.span, text).help(help));
        return None;
    }
    Some((Fingerprint { rule: rule.value, flow, step, message: message.value }, Entry { left, span: node.span }))
}

fn stale(fingerprint: &Fingerprint, entry: &Entry) -> Diagnostic {
    let place = match (fingerprint.flow.as_str(), fingerprint.step.as_str()) {
        ("", _) => String::new(),
        (flow, "") => format!(" in flow `{flow}`"),
        (flow, step) => format!(" in step `{step}` of flow `{flow}`"),
    };
    let message = format!("the baseline holds `{}`{place}, which does not occur any more", fingerprint.rule);
    Diagnostic::warning(STALE, entry.span, message)
        .label(fingerprint.message.clone())
        .help("write the baseline again, so that it cannot come back unseen: `strowger lint --write-baseline`")
}

/// The file that holds these findings: one a line, in an order that does not depend on their places, so that it
/// merges well.
pub fn write(held: impl IntoIterator<Item = Fingerprint>) -> String {
    let mut counts: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    for fingerprint in held {
        *counts.entry(fingerprint).or_default() += 1;
    }
    let lines: Vec<String> = counts.iter().map(|(fingerprint, count)| line(fingerprint, *count)).collect();
    let body = if lines.is_empty() { String::new() } else { format!("\n{}\n  ", lines.join(",\n")) };
    format!("{{\n  \"version\": {FORMAT},\n  \"findings\": [{body}]\n}}\n")
}

fn line(fingerprint: &Fingerprint, count: usize) -> String {
    let mut members = vec![("rule", &fingerprint.rule)];
    members
        .extend([("flow", &fingerprint.flow), ("step", &fingerprint.step)].into_iter().filter(|(_, t)| !t.is_empty()));
    members.push(("message", &fingerprint.message));
    let mut written: Vec<String> =
        members.iter().map(|(key, text)| format!("\"{key}\": {}", serde_json::Value::from(text.as_str()))).collect();
    if count > 1 {
        written.push(format!("\"count\": {count}"));
    }
    format!("    {{{}}}", written.join(", "))
}
