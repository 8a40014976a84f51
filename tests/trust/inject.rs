//! Forty and more defects, planted wherever they can be into flows that are right: each must be
//! found by its rule.

use std::collections::BTreeMap;
use std::path::Path;
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

use super::plants::{self, Edit, Pick, paths};
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

/// Every flow file of the example sites.
pub fn examples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for folder in FOLDERS {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut sites: Vec<_> = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
        sites.sort();
        for site in sites.iter().filter(|path| path.join(workspace::SITE_FILE).exists()) {
            samples.extend(files_of(site));
        }
    }
    assert!(samples.len() > 2);
    samples
}

fn files_of(root: &Path) -> Vec<Sample> {
    let loaded = workspace::load(root);
    assert!(loaded.diagnostics.is_empty(), "{}: {:?}", root.display(), loaded.diagnostics);
    let site = Arc::new(loaded.site.unwrap());
    let trees: Vec<File> = loaded.flows.iter().map(|f| f.tree.clone()).collect();
    let each = loaded.flows.iter().enumerate().map(|(at, flow)| Sample {
        name: flow.path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string(),
        site: site.clone(),
        policies: loaded.policies.clone(),
        file: flow.tree.clone(),
        others: trees.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, t)| t.clone()).collect(),
    });
    each.collect()
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
    rules.chain(statements).filter(|(_, text)| !text.is_empty()).map(read).collect()
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

/// A defect, and the rules one of which must find it.
struct Injector {
    name: &'static str,
    rules: &'static [&'static str],
    plant: Plant,
}

enum Plant {
    /// Changes what is there.
    Edit(Edit),
    /// Puts statements before each other statement, and this into the header. The first finding
    /// stands on a line that has this word in it.
    Insert { header: &'static str, statements: &'static str, line: &'static str },
}

const fn edit(name: &'static str, rules: &'static [&'static str], edit: Edit) -> Injector {
    Injector { name, rules, plant: Plant::Edit(edit) }
}

const fn insert(
    name: &'static str,
    rules: &'static [&'static str],
    header: &'static str,
    statements: &'static str,
    line: &'static str,
) -> Injector {
    Injector { name, rules, plant: Plant::Insert { header, statements, line } }
}

const INJECTORS: [Injector; 66] = [
    edit("an arrow to a step that does not exist", &["unknown-target"], plants::arrow_to_nowhere),
    edit("a user or queue that does not exist", &["unknown-target"], plants::unknown_target),
    edit("an arrow to a flow that does not exist", &["unknown-target"], plants::flow_is_nowhere),
    edit("a prompt that does not exist", &["prompt-missing"], plants::unknown_prompt),
    edit("a policy that does not exist", &["unknown-name"], plants::unknown_policy),
    edit("a misspelt verb", &["unknown-statement"], plants::misspelt_verb),
    edit("`otherwise` forgotten", &["outcome-unhandled"], plants::no_otherwise),
    edit("a misspelt outcome", &["unknown-outcome"], plants::unknown_outcome),
    edit("an outcome of another target", &["outcome-impossible"], plants::impossible_outcome),
    edit("an arm twice", &["duplicate-branch"], plants::same_label_twice),
    edit("a key twice", &["duplicate-branch"], plants::same_key_twice),
    edit("a misspelt setting", &["unknown-setting"], plants::unknown_setting),
    edit("a setting twice", &["duplicate-setting"], plants::setting_twice),
    edit("a number as a time", &["type-mismatch"], plants::bare_number_as_time),
    edit("a count out of range", &["value-out-of-range"], plants::count_out_of_range),
    edit("`visits` forgotten", &["unbounded-loop", "no-disposition"], paths::no_visits),
    edit("a bound that leads back", &["unbounded-loop", "no-disposition"], paths::bound_leads_back),
    edit("no visit at all", &["value-out-of-range"], paths::no_visit_at_all),
    edit("the guard removed", &["unguarded-external-leg"], paths::no_guard),
    edit("the guard behind the leg", &["unguarded-external-leg", "unreachable-statement"], paths::guard_too_late),
    edit("`play` before `answer`", &["play-before-answer", "unreachable-statement"], paths::play_first),
    edit("`answer` forgotten", &["play-before-answer"], paths::no_answer),
    edit("`reject` after `answer`", &["reject-after-answer"], paths::refuses_in_the_end),
    edit("the end of a step forgotten", &["step-falls-through"], paths::no_end),
    edit("an arm that leads nowhere", &["step-falls-through"], paths::arm_leads_nowhere),
    edit("a step that leads to itself", &["no-disposition"], paths::trap),
    edit("a step that nothing leads to", &["unreachable-step"], plants::left_over_step),
    edit("a step twice", &["duplicate-name"], plants::same_step_twice),
    edit("a flow twice", &["duplicate-name"], plants::same_flow_twice),
    edit("a number with 00", &["non-canonical-constant"], plants::not_canonical),
    edit("a number with (0)", &["non-canonical-constant"], plants::trunk_prefix_within),
    edit("a number too short", &["non-canonical-constant"], plants::too_short),
    edit("a feature code in a number", &["feature-code-in-number"], plants::feature_code),
    edit("pauses in a number", &["feature-code-in-number"], plants::dialled_on),
    edit("a number without quotes", &["type-mismatch"], plants::number_without_quotes),
    edit("digits as a number to dial", &["caller-controlled-destination"], plants::caller_chooses),
    edit("the caller's words within a number", &["caller-controlled-destination"], plants::caller_chooses_a_part),
    edit("a condition that is decided", &["dead-condition"], plants::decided_condition),
    edit("a first value forgotten", &["var-used-before-set"], paths::first_value_forgotten),
    edit("a subject of another type", &["type-mismatch"], plants::wrong_subject),
    insert("a variable without a value", &["var-used-before-set"], "var planted: text", "tag t (planted)", "(planted)"),
    insert(
        "a variable with a value on one way",
        &["var-used-before-set"],
        "var planted: text",
        "if (caller.anonymous) { set planted = \"a\" }  tag t \"${planted}\"",
        "${planted}",
    ),
    insert(
        "a variable of the arm that failed",
        &["var-used-before-set"],
        "var planted: digits",
        "collect planted { otherwise -> next }  tag t (planted)",
        "tag t (planted)",
    ),
    insert("an unknown variable", &["unknown-name"], "", "tag t (planted)", "planted"),
    insert("an unknown variable is set", &["unknown-name"], "", "set planted = 1", "planted"),
    insert("an unknown function", &["unknown-function"], "", "tag t (planted(1))", "planted"),
    insert("an unknown method", &["unknown-function"], "", "tag t (caller.number.planted())", "planted"),
    insert("an unknown field", &["unknown-field"], "", "tag t (caller.planted)", "planted"),
    insert("an unfinished expression", &["expression-syntax"], "var planted = 1", "set planted = (planted +)", "+)"),
    insert(
        "unlike things compared",
        &["unlike-comparison"],
        "",
        "if (caller.number == 5) { tag planted \"a\" }",
        "== 5",
    ),
    insert(
        "unlike variables compared",
        &["unlike-comparison"],
        "var planted = 1",
        "if (caller.name == planted) { tag t \"a\" }",
        "planted",
    ),
    insert(
        "a division by nothing",
        &["expression-always-fails"],
        "var planted = 1  const nothing = 0",
        "set planted = (10 / nothing)",
        "10 / nothing",
    ),
    insert("a word that is reserved", &["reserved-name"], "var new = \"planted\"", "tag t \"planted\"", "new"),
    insert("a text as a condition", &["type-mismatch"], "", "if (\"planted\") { answer }", "planted"),
    insert("a text in a number", &["type-mismatch"], "var planted = 1", "set planted = \"one\"", "\"one\""),
    insert(
        "a number that is computed as text",
        &["type-mismatch"],
        "var planted = 1",
        "set planted = (caller.name)",
        "planted",
    ),
    insert(
        "a secret on record",
        &["secret-exposed"],
        "var planted: secret",
        "collect planted { ok { tag t (planted) }  otherwise -> next }",
        "tag t (planted)",
    ),
    insert(
        "a value that an arm does not have",
        &["shared-binding"],
        "",
        "guard POLICY to number \"+442071838750\" { denied(planted), allowed { tag t (planted) } }",
        "planted",
    ),
    insert(
        "a digit as a number to dial",
        &["caller-controlled-destination"],
        "var planted: digits",
        "collect planted { otherwise -> next }  transfer to pstn \"+44${planted}\" { otherwise -> next }",
        "planted}",
    ),
    insert(
        "the caller's words by way of a variable",
        &["caller-controlled-destination"],
        "var planted = \"\"  var second = \"\"",
        "set planted = (caller.name)  set second = (planted)  transfer to number (second) { otherwise -> next }",
        "(second)",
    ),
    insert(
        "an act after the end",
        &["act-after-hangup"],
        "",
        "if (caller.anonymous) { hangup  tag t \"planted\" }",
        "planted",
    ),
    insert(
        "something after an arrow",
        &["unreachable-statement"],
        "",
        "menu PROMPT { 1 -> HERE  otherwise -> HERE }",
        "",
    ),
    insert("arms without a choice", &["outcome-unhandled"], "", "menu PROMPT { 1 -> next }", "menu"),
    insert("an unknown step in an arm", &["unknown-target"], "", "menu PROMPT { otherwise -> planted }", "planted"),
    insert("an unknown language of prompts", &["prompt-missing"], "", "play \"planted\"", "planted"),
    insert(
        "an argument too many",
        &["wrong-arguments"],
        "",
        "if (caller.anonymous) -> flow FLOW(planted: 1)",
        "planted",
    ),
];

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
    statements
        .replace("PROMPT", &format!("{prompt:?}"))
        .replace("POLICY", sample.policies.keys().next().map_or("standard", |p| p.as_ref()))
        .replace("FLOW", flow)
        .replace("HERE", step)
}

/// Plants at the place that is meant.
fn plant(injector: &Injector, sample: &Sample, pick: &mut Pick) -> File {
    let mut file = sample.file.clone();
    match &injector.plant {
        Plant::Edit(edit) => edit(&mut file, pick),
        Plant::Insert { header, statements, .. } => {
            let speaks = sample.site.prompts.values().any(|by| by.contains_key(""));
            if speaks || !statements.contains("PROMPT") {
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

/// Why a planted defect was not found as it should; `None` if it was.
fn survives(injector: &Injector, sample: &Sample, file: &File) -> Option<String> {
    let text = print(file);
    let found = sample.findings(&text);
    let line = match injector.plant {
        Plant::Insert { line, .. } => line,
        Plant::Edit(_) => "",
    };
    let right = |d: &&Diagnostic| injector.rules.contains(&d.rule) && line_of(&text, d.primary.span).contains(line);
    if found.iter().any(|d| right(&d)) {
        return None;
    }
    let said: Vec<String> = found.iter().map(|d| format!("{}: {}", d.rule, d.message)).collect();
    Some(format!("{} in {}\n{text}found: {}\n", injector.name, sample.name, said.join("; ")))
}

#[test]
fn planted_defects_are_found_by_their_rules() {
    let mut samples = examples();
    let own = samples.len();
    samples.extend(pages());
    let mut dice = Dice::new(7);
    let (mut by_injector, mut by_rule) = (BTreeMap::<&str, Toll>::new(), BTreeMap::<&str, [usize; 2]>::new());
    let mut survivors = BTreeMap::<&str, Vec<String>>::new();
    for injector in &INJECTORS {
        for (at, sample) in samples.iter().enumerate() {
            let mut pick = Pick::none();
            plant(injector, sample, &mut pick);
            for nth in 0..pick.met {
                // Everywhere in the long run; in the suite at some of the places.
                let often = if at < own { 5 } else { 50 };
                if effort() < 20 && by_injector.contains_key(injector.name) && !dice.one_in(often) {
                    continue;
                }
                let mut pick = Pick::new(nth);
                let file = plant(injector, sample, &mut pick);
                let toll = by_injector.entry(injector.name).or_default();
                match (pick.equivalent, survives(injector, sample, &file)) {
                    (Some(reason), Some(_)) => *toll.equivalent.entry(reason).or_default() += 1,
                    (_, why) => {
                        let killed = usize::from(why.is_none());
                        toll.planted += 1;
                        toll.killed += killed;
                        for rule in injector.rules {
                            let count = by_rule.entry(rule).or_default();
                            *count = [count[0] + 1, count[1] + killed];
                        }
                        survivors.entry(injector.name).or_default().extend(why);
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
}
