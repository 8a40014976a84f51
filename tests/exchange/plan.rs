//! The site of the scenarios, compiled as `serve` compiles one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

use strowger::base::diagnostic::{self, Diagnostic, Severity};
use strowger::base::span::Sources;
use strowger::call::audio::Prompt;
use strowger::exchange::Plan;
use strowger::policy::{self, Scope};
use strowger::syntax::document;
use strowger::syntax::parse::parse_flow;
use strowger::{lint, site};

/// Findings that the site of the scenarios has on purpose: what must not pass a lint must still be
/// held back when it runs.
const ON_PURPOSE: [&str; 2] = ["unguarded-external-leg", "non-canonical-constant"];

pub fn office() -> Arc<Plan> {
    static OFFICE: LazyLock<Arc<Plan>> = LazyLock::new(|| Arc::new(read("office", 1)));
    Arc::clone(&OFFICE)
}

pub fn read(name: &str, revision: u64) -> Plan {
    edited(name, revision, |flows| flows)
}

/// The same with the text of its flows changed.
pub fn edited(name: &str, revision: u64, edit: impl Fn(String) -> String) -> Plan {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchange").join(name);
    let mut sources = Sources::default();
    let mut add = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (sources.add(path.file_name().unwrap().to_string_lossy().as_ref(), text.as_str()), text)
    };
    let mut found: Vec<Diagnostic> = Vec::new();
    let (file, text) = add(folder.join("site.yaml"));
    let (site, more) = site::check::check_bytes(file, text.as_bytes());
    found.extend(more);
    let mut policies = BTreeMap::new();
    for id in ["standard", "strict", "abroad"] {
        let (file, text) = add(folder.join(format!("{id}.yaml")));
        let (documents, _, more) = document::parse(file, &text);
        found.extend(more);
        let (policy, more) = policy::read(&documents[0], Scope::Live);
        found.extend(more);
        policies.extend(policy.map(|p| (Arc::from(id), Arc::new(p))));
    }
    let (file, text) = add(folder.join(format!("{name}.flow")));
    let (tree, more) = parse_flow(file, &edit(text));
    found.extend(more);
    let mut site = site.unwrap_or_default();
    for line in std::fs::read_to_string(folder.join("prompts")).unwrap().lines() {
        let (prompt, ms) = line.split_once(' ').unwrap();
        let samples = vec![0i16; ms.parse::<usize>().unwrap() * 8];
        let recorded = Arc::new(Prompt { name: prompt.into(), samples: samples.into() });
        site.prompts.insert(prompt.into(), BTreeMap::from([("".into(), recorded)]));
    }
    let (flows, more) = lint::compile(&site, &policies, &[tree]);
    found.extend(more);
    found.retain(|d| d.severity == Severity::Error && !ON_PURPOSE.contains(&d.rule));
    let shown: Vec<String> = found.iter().map(|d| diagnostic::render(d, &sources, false, 100)).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    Plan { revision, site, flows: flows.graphs, policies, digested: OnceLock::new() }
}
