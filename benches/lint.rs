//! What lint costs: beside parsing alone, a step of a flow, each rule as flows grow, a whole site.
//!
//! Ratios are what to look at: they hold on any machine. Flows longer than a file may be are made of many files. Run
//! by `cargo bench --bench lint`, or with the number of steps to end at: `cargo bench --bench lint -- 100000`.

// A benchmark prints what it finds and reads the clock: that is what it is for.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark measures time and prints it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use strowger::base::span::FileId;
use strowger::call::audio::Prompt;
use strowger::call::leg::Name;
use strowger::graph::taint::Taint;
use strowger::graph::{self, FlowGraph};
use strowger::lint::source::Written;
use strowger::lint::{self, Aim, Context, InOrder, registry};
use strowger::policy::{self, Policy, Scope};
use strowger::site::model::Site;
use strowger::syntax::parse::parse_flow;
use strowger::syntax::{ast, document};
use strowger::workspace::{self, Asked};
use strowger::{check, resolve};

/// Steps of one file beside its last ones, within the bound of the language.
const CHUNK: usize = 500 - END_STEPS;
/// How often each thing is measured; the best counts.
const RUNS: usize = 5;
/// The flow that the issue names.
const FLOW_STEPS: usize = 10_000;
/// The site that the issue names.
const SITE_FLOWS: usize = 1_000;
const SITE_STEPS: usize = 12;
const SITE: &str = "strowger: 1\nsite: bench\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}\nnumbers: {\"100\": f0}\n\
                    policy: standard\nusers: {us_dana: {extension: \"102\", password: generated}}\n";
const WORDS: &[u8] = include_bytes!("../flows/starter/prompts/welcome.wav");
const POLICY: &str = "fraud_policy:\n  version: 1\n  id: standard\n  dial_plan: {home_region: GB, international: \"00\"}\n  \
                      destinations: {default: deny, allow_numbers: [\"+442071838750\"]}\n";

/// Step `n` of `count`: what real flows are made of, in turn; nothing that any rule objects to but the length.
fn step(n: usize, count: usize, out: &mut String) {
    let next = if n + 1 < count { format!("s{}", n + 1) } else { "bye".to_owned() };
    let later = if n + 7 < count { format!("s{}", n + 7) } else { "bye".to_owned() };
    let body = match n % 5 {
        _ if n == 0 => format!("answer  -> {next}"),
        0 => format!("set x = (x + 1)  if (x > {n}) -> {later}  -> {next}"),
        1 => {
            format!("transfer to user us_dana ring 20s {{ unanswered -> {next}  refused -> {later}  failed -> sorry }}")
        }
        2 => format!("play \"words\"  tag step \"s{n}\"  -> {next}"),
        3 => format!("transfer to number (desk) {{ otherwise -> {next} }}"),
        _ => format!("if (caller.name == \"x{n}\") {{ wait 2s  -> {later} }}  -> {next}"),
    };
    let _ = writeln!(out, "  step s{n} {{ {body} }}");
}

const HEADER: &str =
    "  owner \"bench\"\n  guard standard\n  failed -> sorry\n  const desk = \"+442071838750\"\n  var x = 0\n";
/// The last steps of every flow.
const END: &str = "  step sorry { play \"words\"  -> bye }\n  step bye { play \"words\"  hangup }\n}\n";
/// How many of them there are.
const END_STEPS: usize = 2;

/// The files of one flow of so many steps: its steps are those of all of them.
fn texts(steps: usize) -> Vec<String> {
    let chunk = |from: usize| {
        let mut text = format!("/// Long.\nflow main {{\n{HEADER}");
        (from..(from + CHUNK).min(steps)).for_each(|n| step(n, steps, &mut text));
        text.push_str(END);
        text
    };
    (0..steps).step_by(CHUNK).map(chunk).collect()
}

fn parsed(texts: &[String]) -> Vec<ast::File> {
    let file = |n: usize| FileId(u32::try_from(n).unwrap_or(0));
    texts.iter().enumerate().map(|(n, text)| parse_flow(file(n), text).0).collect()
}

/// One flow of the steps of all files.
fn joined(files: Vec<ast::File>) -> ast::File {
    let mut whole: Option<ast::Flow> = None;
    for item in files.into_iter().flat_map(|f| f.items) {
        let ast::Item::Flow(mut flow) = item else { continue };
        match &mut whole {
            None => whole = Some(flow),
            Some(whole) => {
                flow.steps.truncate(flow.steps.len() - END_STEPS);
                whole.steps.extend(flow.steps);
            }
        }
    }
    ast::File { items: whole.map(ast::Item::Flow).into_iter().collect() }
}

/// The best of several runs.
fn best<T>(runs: usize, mut work: impl FnMut() -> T) -> Duration {
    let run = |_| {
        let start = Instant::now();
        let made = black_box(work());
        // Whoever asks for findings leaves the rest to the end of the process.
        let elapsed = start.elapsed();
        drop(made);
        elapsed
    };
    (0..runs).map(run).min().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64().max(1e-9)
}

fn world() -> (Site, BTreeMap<Name, Arc<Policy>>) {
    let (site, found) = strowger::site::check::check_bytes(FileId(0), SITE.as_bytes());
    assert!(found.is_empty(), "{found:?}");
    let (nodes, _, _) = document::parse(FileId(0), POLICY);
    let policy = nodes.first().and_then(|node| policy::read(node, Scope::Live).0);
    let mut site = site.unwrap_or_default();
    let prompt = Prompt { name: Arc::from("words"), samples: Arc::from([0; 800]) };
    let recorded = [(Arc::from(""), Arc::new(prompt))];
    site.prompts.insert(Arc::from("words"), recorded.into_iter().collect());
    (site, policy.map(|p| (Name::from("standard"), Arc::new(p))).into_iter().collect())
}

fn main() {
    let most = std::env::args().filter_map(|a| a.parse().ok()).next().unwrap_or(1_000_000);
    let (site, policies) = world();
    against_parsing(&site, &policies);
    as_flows_grow(&site, &policies, most);
    each_rule(&site, &policies, most.min(100_000));
    whole_site();
}

/// One flow, and the same steps as twenty: what lint costs beside parsing alone.
fn against_parsing(site: &Site, policies: &BTreeMap<Name, Arc<Policy>>) {
    let texts = texts(FLOW_STEPS);
    let parsing = best(RUNS, || parsed(&texts));
    let tree = joined(parsed(&texts));
    let found = lint::compile_by(&InOrder, Aim::Findings, site, policies, std::slice::from_ref(&tree)).1;
    if let Some(first) = found.first() {
        let rules: BTreeSet<&str> = found.iter().map(|d| d.rule).collect();
        println!("{} findings of {rules:?}, first: {}", found.len(), first.message);
    }
    let linting = best(RUNS, || lint::compile_by(&InOrder, Aim::Findings, site, policies, std::slice::from_ref(&tree)));
    println!("{FLOW_STEPS} steps, one core: parsing {:.1} ms", ms(parsing));
    println!("  lint of one flow     {:7.1} ms   {:.2} of parsing", ms(linting), ratio(linting, parsing));
    let short: Vec<String> = texts.iter().flat_map(|_| self::texts(CHUNK)).collect();
    let many: Vec<ast::File> = parsed(&short).into_iter().enumerate().map(|(n, file)| named(file, n)).collect();
    let linting = best(RUNS, || lint::compile_by(&InOrder, Aim::Findings, site, policies, &many));
    println!("  lint of {} flows     {:7.1} ms   {:.2} of parsing", many.len(), ms(linting), ratio(linting, parsing));
}

/// A file whose flow has a name of its own.
fn named(mut file: ast::File, n: usize) -> ast::File {
    for item in &mut file.items {
        if let ast::Item::Flow(flow) = item {
            flow.name.value = format!("f{n}");
        }
    }
    file
}

/// A tenfold flow should cost ten times as much.
fn as_flows_grow(site: &Site, policies: &BTreeMap<Name, Arc<Policy>>, most: usize) {
    println!("\none flow as it grows");
    let mut steps = 1_000;
    let mut before: Option<Duration> = None;
    while steps <= most {
        let tree = [joined(parsed(&texts(steps)))];
        let time = best(if steps > 10_000 { 1 } else { RUNS }, || {
            lint::compile_by(&InOrder, Aim::Findings, site, policies, &tree)
        });
        let each = time.as_secs_f64() * 1e6 / steps as f64;
        let grew = before.map_or(String::new(), |b| format!("   {:.1} of the tenth part", ratio(time, b)));
        println!("  {steps:8} steps   {:9.1} ms   {each:6.2} us a step{grew}", ms(time));
        before = Some(time);
        steps *= 10;
    }
}

/// Each search by itself, at two lengths: which one is not linear.
fn each_rule(site: &Site, policies: &BTreeMap<Name, Arc<Policy>>, steps: usize) {
    println!("\neach part, at {} and {steps} steps", steps / 10);
    let [small, large] = [steps / 10, steps].map(|steps| parts(site, policies, steps));
    for ((name, one), (_, other)) in small.iter().zip(&large) {
        let grew = ratio(*other, *one);
        // What takes no time jumps with the caches.
        let mark = if grew > 20.0 && ms(*other) > 50.0 { "   not linear" } else { "" };
        println!("  {name:32} {:8.2} ms   {:8.2} ms   {grew:5.1}{mark}", ms(*one), ms(*other));
    }
}

fn parts(site: &Site, policies: &BTreeMap<Name, Arc<Policy>>, steps: usize) -> Vec<(String, Duration)> {
    let file = joined(parsed(&texts(steps)));
    let Some(ast::Item::Flow(flow)) = file.items.first() else { return Vec::new() };
    let ids: BTreeSet<Name> = policies.keys().cloned().collect();
    let files = std::slice::from_ref(&file);
    let symbols = resolve::symbols(site, &ids, files, &mut Vec::new());
    let checked = check::check_flow(flow, &symbols, &mut Vec::new());
    let mut graphs: Vec<FlowGraph> = vec![graph::lower(checked.clone())];
    let calls = graph::subflow::Calls::of(&graphs);
    let taint = Taint::of(&graphs);
    graphs.iter_mut().for_each(|graph| taint.note_targets(graph));
    let mut parts = vec![
        ("names".to_owned(), best(1, || resolve::symbols(site, &ids, files, &mut Vec::new()).flows.len())),
        ("types and outcomes".to_owned(), best(1, || check::check_flow(flow, &symbols, &mut Vec::new()))),
        ("graph".to_owned(), {
            let mut checked = Some(checked);
            best(1, || checked.take().map(graph::lower))
        }),
        ("revision".to_owned(), best(1, || graphs.first().map(|g| graph::revision(flow, g)))),
        ("as written".to_owned(), best(1, || Written::of(flow))),
        ("taint".to_owned(), best(1, || Taint::of(&graphs))),
        ("context".to_owned(), best(1, || drop(Context::new(site, policies, &symbols, &graphs, &taint, &calls)))),
    ];
    let written = [Written::of(flow)];
    let context = Context::new(site, policies, &symbols, &graphs, &taint, &calls);
    for rule in registry::all() {
        let whole = registry::Whole { files, written: &written, graphs: &graphs };
        let run = || match rule.found {
            registry::Found::WhileChecking => {}
            registry::Found::OnGraph(search) => {
                graphs.iter().for_each(|graph| search(&context, graph, &mut Vec::new()))
            }
            registry::Found::OnSource(search) => {
                written.iter().for_each(|flow| search(&context, flow, &mut Vec::new()))
            }
            registry::Found::OnSite(search) => search(&context, &whole, &mut Vec::new()),
        };
        if !matches!(rule.found, registry::Found::WhileChecking) {
            parts.push((rule.name.to_owned(), best(1, run)));
        }
    }
    parts
}

/// From files to findings, by the threads of the shell.
fn whole_site() {
    let Ok(folder) = tempfile::tempdir() else { return };
    let write = |name: String, text: &str| std::fs::write(folder.path().join(name), text);
    let made = ["flows", "policies", "prompts"].map(|name| std::fs::create_dir(folder.path().join(name)).is_ok());
    let mut written = made == [true; 3] && write("strowger.yaml".to_owned(), SITE).is_ok();
    written &= write("policies/standard.yaml".to_owned(), POLICY).is_ok();
    written &= std::fs::write(folder.path().join("prompts/words.wav"), WORDS).is_ok();
    for n in 0..SITE_FLOWS {
        let mut text = format!("flow f{n} {{\n{HEADER}");
        (0..SITE_STEPS).for_each(|n| step(n, SITE_STEPS, &mut text));
        text.push_str(END);
        written &= write(format!("flows/f{n}.flow"), &text).is_ok();
    }
    if !written {
        println!("the site could not be written");
        return;
    }
    let reading = best(3, || workspace::load(folder.path()));
    let all = best(3, || workspace::load(folder.path()).examine(&Asked::default()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("\na site of {SITE_FLOWS} flows of {SITE_STEPS} steps, {cores} cores");
    println!("  read    {:7.1} ms\n  linted  {:7.1} ms   {:.2} of reading", ms(reading), ms(all), ratio(all, reading));
}
