//! Lint and the oracle say the same of every small graph, and of random ones.

use std::collections::{BTreeMap, BTreeSet};

use strowger::lint;
use strowger::site::model::NumberEntry;
use strowger::syntax::ast::{File, Flow, Item};
use strowger::syntax::print_flow::to_flow;
use strowger::syntax::remarks::Remarks;

use super::alphabet::{ALPHABETS, Node, Reader};
use super::family::{Family, Writer, pairs};
use super::walk::{Finding, Group, Verdict};
use super::{Dice, effort, tree};
use crate::flow::site::{policies, site};

/// What the oracle decides; other findings of lint are not its business.
const RULES: [&str; 11] = [
    "act-after-hangup",
    "no-disposition",
    "outcome-never-returned",
    "play-before-answer",
    "reject-after-answer",
    "step-falls-through",
    "unbounded-loop",
    "unguarded-external-leg",
    "unreachable-statement",
    "unreachable-step",
    "var-used-before-set",
];
/// The one of them that only a subflow breaks.
const OF_SUBFLOWS: &str = "outcome-never-returned";
/// Flows that are compiled together: names and policies are prepared once for all.
const TOGETHER: usize = 256;

/// Holds flows, each with the subflows that it runs, until there are enough, then judges them.
struct Bench {
    site: strowger::site::model::Site,
    policies: BTreeMap<strowger::call::leg::Name, std::sync::Arc<strowger::policy::Policy>>,
    groups: Vec<Vec<Flow>>,
    family: Family,
    judged: usize,
    clean: usize,
    /// Graphs of which lint says more than any call can do, since it does not count visits.
    coarser: usize,
    by_rule: BTreeMap<&'static str, usize>,
}

impl Bench {
    fn new() -> Self {
        let mut site = site();
        for n in 0..TOGETHER {
            let entry = NumberEntry { flow: format!("f{n}").into(), name: "".into(), span: Default::default() };
            site.numbers.exact.insert(format!("2{n}").into(), entry);
        }
        site.numbers.exact.remove("100");
        Bench {
            site,
            policies: policies(),
            groups: Vec::new(),
            family: Family::new(),
            judged: 0,
            clean: 0,
            coarser: 0,
            by_rule: RULES.iter().map(|r| (*r, 0)).collect(),
        }
    }

    fn add(&mut self, reader: &Reader, nodes: &[Node], which: usize) {
        self.add_group(vec![reader.flow("", nodes, which)]);
    }

    /// A flow and subflows, each of which runs one that stands behind it, if it runs any.
    fn add_group(&mut self, group: Vec<Flow>) {
        let number = self.groups.len();
        self.groups.push(self.family.named(&format!("f{number}"), group));
        if self.groups.len() == TOGETHER {
            self.judge();
        }
    }

    fn judge(&mut self) {
        let groups = std::mem::take(&mut self.groups);
        let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
        let mut file = File { items: groups.into_iter().flatten().map(Item::Flow).collect() };
        tree::number(&mut file, 0);
        let files = [file];
        let (_, diagnostics) = lint::compile(&self.site, &self.policies, &files);
        let [File { items }] = &files;
        let mut flows = items.iter().filter_map(|i| if let Item::Flow(f) = i { Some(f) } else { None });
        let groups: Vec<Vec<&Flow>> = sizes.iter().map(|count| flows.by_ref().take(*count).collect()).collect();
        let mut said: Vec<BTreeSet<Finding>> = vec![BTreeSet::new(); groups.len()];
        for found in diagnostics.iter().filter(|d| RULES.contains(&d.rule)) {
            let at = groups.partition_point(|g| g[0].span.start <= found.primary.span.start) - 1;
            said[at].insert((found.rule, tree::place(found.primary.span)));
        }
        for (group, said) in groups.into_iter().zip(said) {
            self.compare(group, &said);
        }
    }

    fn compare(&mut self, flows: Vec<&Flow>, said: &BTreeSet<Finding>) {
        let text = || flows.iter().map(|f| text(f)).collect::<Vec<_>>().join("\n");
        let group = Group::of(flows.clone());
        let Verdict { mut found, .. } = group.walk();
        let counted = group.walk_counting();
        // Lint knows that a bound is reached only after its step ran, and says of a step that only dead
        // statements lead to nothing beside that.
        let dead = said.iter().any(|(rule, _)| matches!(*rule, "act-after-hangup" | "unreachable-statement"));
        found.retain(|finding| match finding.0 {
            "play-before-answer" => said.contains(finding) || counted.found.contains(finding),
            "unreachable-step" => said.contains(finding) || !dead,
            _ => true,
        });
        assert!(*said == found, "{}{}", differing(said, &found), text());
        let missed: BTreeSet<Finding> = counted.found.difference(said).copied().collect();
        assert!(missed.is_empty(), "{}{}", differing(said, &counted.found), text());
        let stranding = said.iter().any(|(rule, _)| matches!(*rule, "no-disposition" | "unbounded-loop"));
        assert!(stranding || !counted.strands, "a call is stranded, and lint says nothing:\n{}", text());
        self.judged += 1;
        self.clean += usize::from(said.iter().all(|(rule, _)| matches!(*rule, OF_SUBFLOWS | "unreachable-step")));
        self.coarser += usize::from(stranding && !counted.strands);
        for (rule, _) in said {
            *self.by_rule.entry(rule).or_default() += 1;
        }
    }

    /// Judges the last; `rules` are those that some graph must break.
    fn close(mut self, rules: &[&str]) {
        self.judge();
        println!("{} graphs, {} clean, {} coarser than a call", self.judged, self.clean, self.coarser);
        for (rule, count) in &self.by_rule {
            println!("{count:9} {rule}");
            assert!(*count > 0 || !rules.contains(rule), "no graph breaks `{rule}`");
        }
        assert!(self.clean > 0);
    }
}

fn text(flow: &Flow) -> String {
    to_flow(&File { items: vec![Item::Flow(flow.clone())] }, &Remarks::default())
}

fn differing(lint: &BTreeSet<Finding>, oracle: &BTreeSet<Finding>) -> String {
    let only =
        |a: &BTreeSet<Finding>, b: &BTreeSet<Finding>| a.difference(b).map(|f| f.0).collect::<Vec<_>>().join(" ");
    format!("only lint: {}\nonly the oracle: {}\n", only(lint, oracle), only(oracle, lint))
}

#[test]
fn lint_and_the_oracle_agree_on_every_small_graph() {
    let mut bench = Bench::new();
    for alphabet in &ALPHABETS {
        let reader = Reader::of(alphabet);
        let [suite, long, longest] = alphabet.all;
        let most = match effort() {
            ..20 => suite,
            20..100 => long,
            _ => longest,
        };
        let before = bench.judged + bench.groups.len();
        reader.all(most, &mut |nodes| bench.add(&reader, nodes, 0));
        println!("{:10} up to {most} steps: {}", alphabet.name, bench.judged + bench.groups.len() - before);
    }
    // In these a step that nothing goes to is only named by what never runs, which is told instead.
    let others = |rule: &&&str| !matches!(**rule, OF_SUBFLOWS | "unreachable-step");
    bench.close(&RULES.iter().filter(others).copied().collect::<Vec<_>>());
}

/// Every flow of a step or two, each with every subflow of a step or two.
#[test]
fn lint_and_the_oracle_agree_on_small_flows_with_subflows() {
    let (mut bench, mut dice) = (Bench::new(), Dice::new(17));
    let (most, sparse) = if effort() < 20 { (2, 4) } else { (3, 1) };
    pairs(most, &mut |group| {
        if dice.one_in(sparse) {
            bench.add_group(group);
        }
    });
    bench.close(&["play-before-answer", "reject-after-answer", "unguarded-external-leg", OF_SUBFLOWS]);
}

#[test]
fn lint_and_the_oracle_agree_on_random_flows_with_subflows() {
    let (mut bench, mut dice) = (Bench::new(), Dice::new(18));
    let writers = [Writer::new(), Writer::plain()];
    for n in 0..400 * effort() {
        bench.add_group(writers[usize::from(n % 4 == 0)].group(&mut dice, if n % 3 == 0 { 1..4 } else { 1..9 }));
    }
    bench.close(&RULES);
}

#[test]
fn lint_and_the_oracle_agree_on_random_graphs() {
    let (reader, mut bench, mut dice) = (Reader::everything(), Bench::new(), Dice::new(1));
    for n in 0..1_200 * effort() {
        let nodes = reader.random(&mut dice, if n % 3 == 0 { 1..5 } else { 1..13 });
        bench.add(&reader, &nodes, dice.below(4));
    }
    bench.close(&RULES.map(|rule| if rule == OF_SUBFLOWS { "" } else { rule }));
}
