//! More than a hundred defects, planted wherever they can be into flows that are right: each must be
//! found by its rule.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use strowger::base::diagnostic::Diagnostic;
use strowger::base::span::{FileId, Span};
use strowger::call::leg::Name;
use strowger::lint;
use strowger::policy::Policy;
use strowger::site::model::Site;
use strowger::syntax::ast::{File, Flow, Header, Item, Statement};
use strowger::syntax::parse::parse_flow;
use strowger::syntax::print_flow::to_flow;
use strowger::syntax::remarks::Remarks;
use strowger::workspace;

use super::defects::{INJECTORS, Injector, Plant};
use super::plants::Pick;
use super::sites::DEFECTS;
use super::{Dice, effort, tree};

/// A site and one of its files of flows.
pub struct Sample {
    pub name: String,
    pub site: Arc<Site>,
    pub policies: BTreeMap<Name, Arc<Policy>>,
    pub file: File,
    /// The other files of the site.
    others: Vec<File>,
}

/// The folders whose sites are right.
const FOLDERS: [&str; 2] = ["examples", "flows"];

/// The folders of the example sites.
pub fn sites() -> Vec<PathBuf> {
    let mut sites = Vec::new();
    for folder in FOLDERS {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        sites.extend(std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()));
    }
    sites.retain(|path| path.join(workspace::SITE_FILE).exists());
    sites.sort();
    assert!(sites.len() > 2);
    sites
}

/// Every flow file of the example sites.
pub fn examples() -> Vec<Sample> {
    sites().iter().flat_map(|site| files_of(site)).collect()
}

fn files_of(root: &Path) -> Vec<Sample> {
    let loaded = workspace::load(root);
    assert!(loaded.diagnostics.is_empty(), "{}: {:?}", root.display(), loaded.diagnostics);
    let site = Arc::new(loaded.site.unwrap());
    let trees: Vec<File> = loaded.flows.iter().map(|f| f.tree.clone()).collect();
    // A library's names are those of its folder and cannot be written as they are; its files are among the others.
    let written =
        |tree: &File| !tree.items.iter().any(|item| matches!(item, Item::Flow(flow) if flow.name.value.contains('.')));
    let each = loaded.flows.iter().enumerate().filter(|(_, flow)| written(&flow.tree)).map(|(at, flow)| Sample {
        name: flow.path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string(),
        site: site.clone(),
        policies: loaded.policies.clone(),
        file: flow.tree.clone(),
        others: trees.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, t)| t.clone()).collect(),
    });
    each.collect()
}

/// Whether an example is one; a few are site files or policies.
pub fn is_flow(text: &str) -> bool {
    !text.is_empty() && !text.starts_with("fraud_policy:") && !text.starts_with("strowger:")
}

/// The good examples of the rules and of the statements, on the site of the lint tests.
pub fn pages() -> Vec<Sample> {
    let rules = lint::registry::all().map(|r| (r.name, r.good));
    let statements = strowger::step::registry::all().map(|d| (d.verb, d.example));
    let read = |(name, text): (&str, &str)| {
        let (file, found) = parse_flow(FileId(0), text);
        assert_eq!(found, [], "{text}");
        Sample::of(name, file)
    };
    rules.chain(statements).filter(|(_, text)| is_flow(text)).map(read).collect()
}

impl Sample {
    /// A file on the site of the lint tests.
    pub fn of(name: &str, file: File) -> Sample {
        let (site, policies) = (Arc::new(crate::flow::site::site()), crate::flow::site::policies());
        Sample { name: name.to_owned(), site, policies, file, others: Vec::new() }
    }

    /// What compiling finds in a tree that stands for the sample's own.
    pub fn compiled(&self, file: &File) -> Vec<Diagnostic> {
        let mut files = vec![file.clone()];
        files.extend(self.others.iter().cloned());
        lint::compile(&self.site, &self.policies, &files).1
    }

    /// Everything that is found in a text that stands for the sample's own.
    pub fn findings(&self, text: &str) -> Vec<Diagnostic> {
        let (file, read) = parse_flow(FileId(0), text);
        let mut files = vec![file];
        files.extend(self.others.iter().cloned());
        let (_, compiled) = lint::compile(&self.site, &self.policies, &files);
        lint::join(&files, read, compiled)
    }
}

pub fn print(tree: &File) -> String {
    to_flow(tree, &Remarks::default())
}

/// Statements and header entries that are put into a flow.
fn pieces(header: &str, statements: &str) -> (Vec<Header>, Vec<Statement>) {
    let text = format!("flow main {{ {header} step s {{ {statements} }} }}");
    let (mut file, found) = parse_flow(FileId(0), &text);
    let read = |d: &&Diagnostic| d.rule != "expression-syntax";
    assert_eq!(found.iter().find(read), None, "{text}");
    let Some(Item::Flow(Flow { header, steps, .. })) = file.items.pop() else { panic!("{text}") };
    (header, steps.into_iter().next().unwrap().body.statements)
}

/// Words of a sample that stand for those of the table.
fn fitted(statements: &str, sample: &Sample, flow: &str, step: &str) -> String {
    let prompt = sample.site.prompts.iter().find(|(_, by)| by.contains_key("")).map_or("", |(name, _)| name);
    let own = sample.site.numbers.exact.keys().next().map_or("", |n| n.as_ref());
    statements
        .replace("PROMPT", &format!("{prompt:?}"))
        .replace("POLICY", sample.policies.keys().next().map_or("standard", |p| p.as_ref()))
        .replace("OWN", &format!("{own:?}"))
        .replace("QUEUE", sample.site.queues.keys().next().map_or("", |q| q.as_ref()))
        .replace("LONG", &"All our lines are busy. ".repeat(20))
        .replace("FLOW", flow)
        .replace("HERE", step)
}

/// Plants at the place that is meant.
fn plant(injector: &Injector, sample: &Sample, pick: &mut Pick) -> File {
    let mut file = sample.file.clone();
    match &injector.plant {
        Plant::Edit(edit) => edit(&mut file, pick),
        Plant::Insert { header, statements, .. } => {
            let site = &sample.site;
            let lacks = [
                ("PROMPT", !site.prompts.values().any(|by| by.contains_key(""))),
                ("QUEUE", site.queues.is_empty()),
                ("OWN", site.numbers.exact.is_empty()),
            ];
            if !lacks.iter().any(|(word, lacks)| *lacks && statements.contains(word)) {
                tree::flows(&mut file).for_each(|flow| insert_into(flow, header, statements, sample, pick));
            }
        }
    }
    file
}

/// Puts statements before one of those of a flow.
fn insert_into(flow: &mut Flow, header: &str, statements: &str, sample: &Sample, pick: &mut Pick) {
    let name = flow.name.value.clone();
    for at in 0..flow.steps.len() {
        let step = flow.steps[at].name.value.clone();
        let mut new = None;
        tree::each_block_of(&mut flow.steps[at], &mut |block| {
            for at in 0..block.statements.len() {
                if pick.here() {
                    let (entries, more) = pieces(header, &fitted(statements, sample, &name, &step));
                    block.statements.splice(at..at, more);
                    new = Some(entries);
                }
            }
        });
        flow.header.extend(new.into_iter().flatten());
    }
}

/// What became of the planted defects of one kind.
#[derive(Default)]
struct Toll {
    planted: usize,
    killed: usize,
    equivalent: BTreeMap<&'static str, usize>,
}

fn line_of(text: &str, span: Span) -> &str {
    let at = (span.start as usize).min(text.len());
    let begin = text[..at].rfind('\n').map_or(0, |n| n + 1);
    text[begin..].lines().next().unwrap_or_default()
}

/// A rule, and the text of the line on which it found something.
type Said = (&'static str, String);

fn said(text: &str, found: &[Diagnostic]) -> Vec<Said> {
    found.iter().map(|d| (d.rule, line_of(text, d.primary.span).trim().to_owned())).collect()
}

/// The rule that found a planted defect as it should be found, or why none did.
fn killer(injector: &Injector, sample: &Sample, before: &[Said], file: &File) -> Result<&'static str, String> {
    let text = print(file);
    let found = sample.findings(&text);
    let after = said(&text, &found);
    let line = match injector.plant {
        Plant::Insert { line, .. } => line,
        Plant::Edit(_) => "",
    };
    // What was there before is no kill.
    let more = |rule: &str| {
        let count = |list: &[Said]| list.iter().filter(|one| one.0 == rule).count();
        count(&after) > count(before)
    };
    let by = |rule: &&&'static str| {
        let right = |one: &&Said| one.0 == **rule && one.1.contains(line);
        after.iter().filter(right).any(|one| !before.contains(one) || more(rule))
    };
    if let Some(rule) = injector.rules.iter().find(by) {
        return Ok(rule);
    }
    let said: Vec<String> = found.iter().map(|d| format!("{}: {}", d.rule, d.message)).collect();
    Err(format!("{} in {}\n{text}found: {}\n", injector.name, sample.name, said.join("; ")))
}

#[test]
fn planted_defects_are_found_by_their_rules() {
    let mut samples = examples();
    let own = samples.len();
    samples.extend(pages());
    let before = |sample: Sample| {
        let text = print(&sample.file);
        let found = said(&text, &sample.findings(&text));
        (sample, found)
    };
    let samples: Vec<(Sample, Vec<Said>)> = samples.into_iter().map(before).collect();
    let mut dice = Dice::new(7);
    let (mut by_injector, mut by_rule) = (BTreeMap::<&str, Toll>::new(), BTreeMap::<&str, [usize; 2]>::new());
    let mut survivors = BTreeMap::<&str, Vec<String>>::new();
    for injector in &INJECTORS {
        for (at, (sample, before)) in samples.iter().enumerate() {
            let mut pick = Pick::none();
            plant(injector, sample, &mut pick);
            for nth in 0..pick.met {
                // Everywhere in the long run; in the suite at some of the places.
                let often = if at < own { 8 } else { 90 };
                if effort() < 20 && by_injector.contains_key(injector.name) && !dice.one_in(often) {
                    continue;
                }
                let mut pick = Pick::new(nth);
                let file = plant(injector, sample, &mut pick);
                let toll = by_injector.entry(injector.name).or_default();
                match (pick.equivalent, killer(injector, sample, before, &file)) {
                    (Some(reason), Err(_)) => *toll.equivalent.entry(reason).or_default() += 1,
                    (_, end) => {
                        toll.planted += 1;
                        toll.killed += usize::from(end.is_ok());
                        let count = by_rule.entry(*end.as_ref().unwrap_or(&injector.rules[0])).or_default();
                        *count = [count[0] + 1, count[1] + usize::from(end.is_ok())];
                        survivors.entry(injector.name).or_default().extend(end.err());
                    }
                }
            }
        }
    }
    for (name, toll) in &by_injector {
        println!("{:5} of {:5} {name} {:?}", toll.killed, toll.planted, toll.equivalent);
    }
    for (rule, [planted, killed]) in &by_rule {
        println!("{:5.1} % of {planted:5} {rule}", 100.0 * *killed as f64 / *planted as f64);
    }
    let unplanted: Vec<&str> = INJECTORS.iter().map(|i| i.name).filter(|n| !by_injector.contains_key(n)).collect();
    assert!(unplanted.is_empty(), "planted nowhere: {unplanted:?}");
    let shown: Vec<&String> = survivors.values().flat_map(|list: &Vec<String>| list.iter().take(2)).collect();
    let count: usize = survivors.values().map(Vec::len).sum();
    assert!(count == 0, "{}\n{count} survive", shown.iter().map(|s| s.as_str()).collect::<Vec<_>>().join("\n"));
    // A rule that another always forestalls would be held to nothing.
    let idle: Vec<&str> = INJECTORS.iter().map(|i| i.rules[0]).filter(|rule| !by_rule.contains_key(rule)).collect();
    assert!(idle.is_empty(), "found nothing: {idle:?}");
}

#[test]
fn every_rule_has_a_defect_of_its_own() {
    let planted: BTreeSet<&str> = INJECTORS.iter().map(|i| i.rules[0]).chain(DEFECTS.iter().map(|d| d.1[0])).collect();
    let bare: Vec<&str> = lint::registry::all().map(|r| r.name).filter(|rule| !planted.contains(rule)).collect();
    assert!(bare.is_empty(), "no defect is about {bare:?}");
}
