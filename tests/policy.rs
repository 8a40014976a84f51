//! The policy: numbers, cases, files that are refused, properties, tokens and permits.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::sync::LazyLock;

use strowger::base::diagnostic::Diagnostic;
use strowger::base::span::{FileId, Sources};
use strowger::policy::{Policy, Scope, read};
use strowger::syntax::document;
use strowger::syntax::document::Node;

mod admission;
mod cases;
mod decisions;
mod files;
mod numbers;
mod properties;

/// The only document of `text`, which must be well-formed.
fn document(text: &str) -> Node {
    let (mut nodes, _, found) = document::parse(FileId(0), text);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(nodes.len(), 1);
    nodes.remove(0)
}

/// A policy that must read without a finding.
fn policy(text: &str, scope: Scope) -> Policy {
    let (policy, found) = read(&document(text), scope);
    assert!(found.is_empty(), "{found:?}");
    policy.expect("a policy without findings")
}

fn standard() -> Policy {
    static STANDARD: LazyLock<Policy> = LazyLock::new(|| policy(include_str!("policy/standard.yaml"), Scope::Table));
    STANDARD.clone()
}

/// `line: rule: message` of each finding, in order.
fn lines(text: &str, found: &[Diagnostic]) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("policy.yaml", text);
    let at = |d: &Diagnostic| sources.line_column(file, d.primary.span.start).0;
    found.iter().map(|d| format!("{}: {}: {}", at(d), d.rule, d.message)).collect()
}
