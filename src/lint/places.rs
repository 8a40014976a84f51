//! In which flow and step a finding stands: its place in words that outlive a change of lines.

use std::collections::BTreeMap;

use crate::base::diagnostic::Diagnostic;
use crate::base::fnv::Fnv;
use crate::base::span::{FileId, Span};
use crate::syntax::ast;

/// What stands where, by file and first byte.
type Ranges = BTreeMap<(FileId, u32), (Span, String)>;

/// The flows and steps of a site by the text they cover.
#[derive(Clone, Debug, Default)]
pub struct Places {
    flows: Ranges,
    steps: Ranges,
    /// Where each step of a flow is named.
    names: BTreeMap<String, BTreeMap<String, Span>>,
}

impl Places {
    pub fn of(files: &[ast::File]) -> Self {
        let mut places = Self::default();
        for item in files.iter().flat_map(|f| &f.items) {
            let ast::Item::Flow(flow) = item else { continue };
            places.flows.insert(begin(flow.span), (flow.span, flow.name.value.clone()));
            let names = places.names.entry(flow.name.value.clone()).or_default();
            for step in &flow.steps {
                names.entry(step.name.value.clone()).or_insert(step.name.span);
                places.steps.insert(begin(step.span), (step.span, step.name.value.clone()));
            }
        }
        places
    }

    /// The names of the flow and the step around a place; empty where there is none.
    pub fn around(&self, place: Span) -> (&str, &str) {
        (find(&self.flows, place), find(&self.steps, place))
    }

    /// Where a flow names a step.
    pub fn step(&self, flow: &str, step: &str) -> Option<Span> {
        self.names.get(flow)?.get(step).copied()
    }

    /// What stays the same of a finding when lines move.
    pub fn fingerprint(&self, finding: &Diagnostic) -> Fingerprint {
        let (flow, step) = self.around(finding.primary.span);
        Fingerprint {
            rule: finding.rule.to_owned(),
            flow: flow.to_owned(),
            step: step.to_owned(),
            message: finding.message.clone(),
        }
    }
}

fn begin(span: Span) -> (FileId, u32) {
    (span.file, span.start)
}

fn find(ranges: &Ranges, place: Span) -> &str {
    let before = ranges.range(..=begin(place)).next_back();
    let around = before.filter(|(_, (span, _))| span.file == place.file && place.start < span.end);
    around.map_or("", |(_, (_, name))| name.as_str())
}

/// Rule, flow, step and words of a finding, and no line of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fingerprint {
    pub rule: String,
    pub flow: String,
    pub step: String,
    pub message: String,
}

impl Fingerprint {
    /// 16 hex digits (FNV-1a, 64 bits): names a finding in reports and grants nothing, so it need not resist forgery.
    pub fn digest(&self) -> String {
        let parts = [&self.rule, &self.flow, &self.step, &self.message];
        // The zero keeps `ab`, `c` from being `a`, `bc`.
        let digest = parts.into_iter().fold(Fnv::new(), |digest, part| digest.and(part.as_bytes()).and(&[0]));
        format!("{:016x}", digest.value())
    }
}
