//! Findings as SARIF 2.1.0, for code scanning. The structures have the members that we write, in the words of the
//! standard; the tests hold them to its published schema.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

mod model;

use std::collections::BTreeMap;

use super::{SiteFindings, name};
use crate::base::diagnostic::{self, Diagnostic, Edit, Severity};
use crate::base::span::{FileId, Span};
use crate::lint::HeldBy;
use crate::lint::pages::{self, About, Page};
use model::*;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What relative paths are relative to: where the command ran, the root of the repository most of all.
const ROOT: &str = "%SRCROOT%";
/// The name of our fingerprint; a change of what it is made of changes the number.
const FINGERPRINT: &str = "strowgerFinding/v1";

/// The log, with the findings that are held back as suppressed results.
///
/// # Errors
/// It cannot be written as JSON.
pub fn log(sites: &[SiteFindings]) -> Result<String, serde_json::Error> {
    let mut run = Run {
        tool: Tool { driver: driver(sites) },
        column_kind: "unicodeCodePoints",
        original_uri_base_ids: BTreeMap::from([(ROOT, Described { description: text("where the command ran") })]),
        invocations: [Invocation { execution_successful: true }],
        results: Vec::new(),
    };
    for site in sites {
        let rules = &run.tool.driver.rules;
        let shown = diagnostic::first(&site.found).into_iter().map(|finding| result(finding, None, site, rules));
        let held = site.held.iter().map(|held| result(&held.finding, Some(&held.by), site, rules));
        run.results.extend(shown.chain(held));
    }
    serde_json::to_string_pretty(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] })
}

fn text(text: impl Into<String>) -> Message {
    Message { text: text.into() }
}

/// The tool with the rules that are met, in the order of their names.
fn driver(sites: &[SiteFindings]) -> Driver {
    let found = sites.iter().flat_map(|site| site.found.iter().chain(site.held.iter().map(|held| &held.finding)));
    let names: std::collections::BTreeSet<&'static str> = found.map(|finding| finding.rule).collect();
    Driver {
        name: "strowger",
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: names.into_iter().filter_map(pages::find).map(|page| descriptor(&page)).collect(),
    }
}

fn descriptor(page: &Page) -> ReportingDescriptor {
    let example = |title: &str, example: &str| {
        let language = if page.about == About::Flow { "" } else { "yaml" };
        let example: String =
            example.lines().map(|l| format!("{}\n", l.split("//~").next().unwrap_or(l).trim_end())).collect();
        if example.is_empty() { String::new() } else { format!("\n\n{title}:\n\n```{language}\n{example}```") }
    };
    let plain = format!("{} What to do: {}", page.why, page.remedy);
    let markdown = format!(
        "{}\n\n**What to do:** {}{}{}",
        page.why,
        page.remedy,
        example("Right", page.good),
        example("Wrong", page.bad)
    );
    ReportingDescriptor {
        id: page.name,
        short_description: text(page.what),
        full_description: text(format!("{} {}", page.what, page.why)),
        help: Help { text: plain, markdown },
        default_configuration: Configuration { level: level(page.level) },
        properties: Properties { tags: [page.group()] },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(
    finding: &Diagnostic,
    held: Option<&HeldBy>,
    site: &SiteFindings,
    rules: &[ReportingDescriptor],
) -> SarifResult {
    let span = finding.primary.span;
    let (flow, step) = site.places.around(span);
    let logical = [("function", flow), ("member", step)].into_iter().filter(|(_, name)| !name.is_empty());
    let mut message = finding.message.clone();
    if let Some(help) = &finding.help {
        message.push_str(&format!("\n{help}"));
    }
    SarifResult {
        rule_id: finding.rule,
        rule_index: rules.iter().position(|rule| rule.id == finding.rule),
        level: level(finding.severity),
        message: text(message),
        locations: [Location {
            physical_location: Some(physical(span, site)),
            logical_locations: logical.map(|(kind, name)| LogicalLocation { name: name.to_owned(), kind }).collect(),
            message: (!finding.primary.text.is_empty()).then(|| text(finding.primary.text.clone())),
        }],
        related_locations: finding.secondary.iter().map(|label| location(label.span, &label.text, site)).collect(),
        code_flows: code_flow(finding, flow, site).into_iter().collect(),
        fixes: finding.fix.iter().map(|fix| self::fix(&fix.title, &fix.edits, site)).collect(),
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, site.places.fingerprint(finding).digest())]),
        suppressions: held.map(suppression).into_iter().collect(),
    }
}

fn suppression(by: &HeldBy) -> Suppression {
    match by {
        HeldBy::Exception { reason, until } => {
            Suppression { kind: "inSource", justification: format!("{reason} (until {until})") }
        }
        HeldBy::Baseline => Suppression { kind: "external", justification: "in the baseline".to_owned() },
    }
}

fn location(span: Span, words: &str, site: &SiteFindings) -> Location {
    Location {
        physical_location: Some(physical(span, site)),
        logical_locations: Vec::new(),
        message: Some(text(words)),
    }
}

/// The counterexample: the steps that a call goes through, each where it is named.
fn code_flow(finding: &Diagnostic, flow: &str, site: &SiteFindings) -> Option<CodeFlow> {
    let steps = finding.path.iter().map(|words| {
        let step = words.split(" (").next().unwrap_or(words);
        let physical_location = site.places.step(flow, step).map(|span| physical(span, site));
        ThreadFlowLocation {
            location: Location {
                physical_location,
                logical_locations: Vec::new(),
                message: Some(text(words.as_str())),
            },
        }
    });
    let locations: Vec<ThreadFlowLocation> = steps.collect();
    (!locations.is_empty()).then_some(CodeFlow { thread_flows: [ThreadFlow { locations }] })
}

/// A fix, its edits by file.
fn fix(title: &str, edits: &[Edit], site: &SiteFindings) -> SarifFix {
    let mut files: BTreeMap<FileId, Vec<Replacement>> = BTreeMap::new();
    for edit in edits {
        let replacement =
            Replacement { deleted_region: region(edit.span, site), inserted_content: text(edit.text.clone()) };
        files.entry(edit.span.file).or_default().push(replacement);
    }
    let changes = files.into_iter().map(|(file, replacements)| ArtifactChange {
        artifact_location: artifact(name(&site.sources, file)),
        replacements,
    });
    SarifFix { description: text(title), artifact_changes: changes.collect() }
}

fn physical(span: Span, site: &SiteFindings) -> PhysicalLocation {
    PhysicalLocation { artifact_location: artifact(name(&site.sources, span.file)), region: region(span, site) }
}

fn region(span: Span, site: &SiteFindings) -> Region {
    let (start_line, start_column) = site.sources.line_column(span.file, span.start);
    let (end_line, end_column) = site.sources.line_column(span.file, span.end);
    Region { start_line, start_column, end_line, end_column }
}

/// A path as a URI: relative ones to where the command ran.
fn artifact(path: &str) -> ArtifactLocation {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        // RFC 3986, unreserved, and what parts a path.
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    if path.starts_with('/') {
        ArtifactLocation { uri: format!("file://{uri}"), uri_base_id: None }
    } else {
        ArtifactLocation { uri, uri_base_id: Some(ROOT) }
    }
}
