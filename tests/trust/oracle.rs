//! Lint and the oracle say the same of every small graph, and of random ones.

use std::collections::{BTreeMap, BTreeSet};

use strowger::lint;
use strowger::site::model::NumberEntry;
use strowger::syntax::ast::{File, Flow, Item};
use strowger::syntax::print_flow::to_flow;
use strowger::syntax::remarks::Remarks;

use super::alphabet::{ALPHABETS, Node, Reader};
use super::walk::{Finding, Verdict, walk, walk_counting};
use super::{Dice, effort, tree};
use crate::flow::site::{policies, site};

/// What the oracle decides; other findings of lint are not its business.
const RULES: [&str; 10] = [
    "act-after-hangup",
    "no-disposition",
    "play-before-answer",
    "reject-after-answer",
    "step-falls-through",
    "unbounded-loop",
    "unguarded-external-leg",
    "unreachable-statement",
    "unreachable-step",
    "var-used-before-set",
];
/// Flows that are compiled together: names and policies are prepared once for all.
const TOGETHER: usize = 256;

/// Holds graphs until there are enough, then judges them.
struct Bench {
    site: strowger::site::model::Site,
    policies: BTreeMap<strowger::call::leg::Name, std::sync::Arc<strowger::policy::Policy>>,
    flows: Vec<Flow>,
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
            flows: Vec::new(),
            judged: 0,
            clean: 0,
            coarser: 0,
            by_rule: RULES.iter().map(|r| (*r, 0)).collect(),
        }
    }

    fn add(&mut self, reader: &Reader, nodes: &[Node], which: usize) {
        let name = format!("f{}", self.flows.len());
        self.flows.push(reader.flow(&name, nodes, which));
        if self.flows.len() == TOGETHER {
            self.judge();
        }
    }

    fn judge(&mut self) {
        let mut file = File { items: std::mem::take(&mut self.flows).into_iter().map(Item::Flow).collect() };
        tree::number(&mut file, 0);
        let files = [file];
        let (_, diagnostics) = lint::compile(&self.site, &self.policies, &files);
        let [File { items }] = &files;
        let flows: Vec<&Flow> =
            items.iter().filter_map(|i| if let Item::Flow(f) = i { Some(f) } else { None }).collect();
        let mut said: Vec<BTreeSet<Finding>> = vec![BTreeSet::new(); flows.len()];
        for found in diagnostics.iter().filter(|d| RULES.contains(&d.rule)) {
            let at = flows.partition_point(|f| f.span.start <= found.primary.span.start) - 1;
            said[at].insert((found.rule, tree::place(found.primary.span)));
        }
        for (flow, said) in flows.into_iter().zip(said) {
            self.compare(flow, &said);
        }
    }

    fn compare(&mut self, flow: &Flow, said: &BTreeSet<Finding>) {
        let Verdict { mut found, .. } = walk(flow);
        let counted = walk_counting(flow);
        // Lint knows that a bound is reached only after its step ran, and says of a step that is gone
        // to only by what never runs nothing beside that.
        let dead = said.iter().any(|(rule, _)| matches!(*rule, "act-after-hangup" | "unreachable-statement"));
        found.retain(|finding| match finding.0 {
            "play-before-answer" => said.contains(finding) || counted.found.contains(finding),
            "unreachable-step" => said.contains(finding) || !dead,
            _ => true,
        });
        assert!(*said == found, "{}", differing(flow, said, &found));
        let missed: BTreeSet<Finding> = counted.found.difference(said).copied().collect();
        assert!(missed.is_empty(), "{}", differing(flow, said, &counted.found));
        let stranding = said.iter().any(|(rule, _)| matches!(*rule, "no-disposition" | "unbounded-loop"));
        assert!(stranding || !counted.strands, "a call is stranded, and lint says nothing:\n{}", text(flow));
        self.judged += 1;
        self.clean += usize::from(said.is_empty());
        self.coarser += usize::from(stranding && !counted.strands);
        for (rule, _) in said {
            *self.by_rule.entry(rule).or_default() += 1;
        }
    }

    fn close(mut self) {
        self.judge();
        println!("{} graphs, {} clean, {} coarser than a call", self.judged, self.clean, self.coarser);
        for (rule, count) in &self.by_rule {
            println!("{count:9} {rule}");
            assert!(*count > 0, "no graph breaks `{rule}`");
        }
        assert!(self.clean > 0);
    }
}

fn text(flow: &Flow) -> String {
    to_flow(&File { items: vec![Item::Flow(flow.clone())] }, &Remarks::default())
}

fn differing(flow: &Flow, lint: &BTreeSet<Finding>, oracle: &BTreeSet<Finding>) -> String {
    let only =
        |a: &BTreeSet<Finding>, b: &BTreeSet<Finding>| a.difference(b).map(|f| f.0).collect::<Vec<_>>().join(" ");
    format!("only lint: {}\nonly the oracle: {}\n{}", only(lint, oracle), only(oracle, lint), text(flow))
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
        let before = bench.judged + bench.flows.len();
        reader.all(most, &mut |nodes| bench.add(&reader, nodes, 0));
        println!("{:10} up to {most} steps: {}", alphabet.name, bench.judged + bench.flows.len() - before);
    }
    bench.close();
}

#[test]
fn lint_and_the_oracle_agree_on_random_graphs() {
    let (reader, mut bench, mut dice) = (Reader::everything(), Bench::new(), Dice::new(1));
    for n in 0..1_500 * effort() {
        let nodes = reader.random(&mut dice, if n % 3 == 0 { 1..5 } else { 1..13 });
        bench.add(&reader, &nodes, dice.below(4));
    }
    bench.close();
}
