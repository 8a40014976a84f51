//! Interpreter steps a second: a loop of four statements as a real flow, through the parser, the
//! checks, the graph and a frame, with a call that does nothing.
//!
//! Beside it, in the same run: the same four expressions by rhai alone, and the same loop with its
//! variables renamed, which must not matter. Run by `cargo bench --bench interp`.

// A benchmark prints what it finds and reads the clock: that is what it is for.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark measures time and prints it")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use strowger::base::span::FileId;
use strowger::base::value::{Type, Value};
use strowger::call::leg::Name;
use strowger::call::spec::{CollectSpec, Prompts, RecordAct, RejectReason, ServiceSpec, TransferSpec};
use strowger::expr::{Compiler, Env, Expr, Names, RootDecl, RootPath, Slot};
use strowger::graph::FlowGraph;
use strowger::interp::{Frame, Run};
use strowger::lint;
use strowger::schedule::State;
use strowger::site::model::Site;
use strowger::step::args::Failure;
use strowger::step::cx::StepCx;
use strowger::syntax::parse::parse_flow;

/// Rounds of the loop in one run.
const ROUNDS: u32 = 250_000;
/// Statements of one round; the entry of the step, which is an op as well, is not counted.
const STATEMENTS: u32 = 4;
/// How often each thing is measured; the best counts.
const RUNS: usize = 9;

fn source(i: &str) -> String {
    format!(
        "flow main {{
           max_steps 1000000000
           var {i} = 0
           var n = {ROUNDS}
           var x = \"call-\"
           var a = \"\"
           step again visits 4000000000 otherwise -> done {{
             set {i} = ({i} + 1)
             set a = (x + {i})
             if (a == \"never\") -> done
             if ({i} < n) -> again
             -> done
           }}
           step done {{ hangup }}
         }}"
    )
}

fn compile(text: &str) -> Option<Arc<FlowGraph>> {
    let (file, read) = parse_flow(FileId(0), text);
    let (flows, compiled) = lint::compile(&Site::default(), &BTreeMap::new(), &[file]);
    for found in read.iter().chain(&compiled) {
        println!("{}: {}", found.rule, found.message);
    }
    flows.graphs.get("main").cloned()
}

/// A call that does nothing.
struct Null;

impl StepCx for Null {
    fn chance(&mut self, _: u32) -> u32 {
        0
    }
    fn set_language(&mut self, _: &str) {}
    fn is_answered(&self) -> bool {
        true
    }
    fn answer(&mut self) {}
    fn reject(&mut self, _: RejectReason) {}
    fn hangup(&mut self) {}
    fn play(&mut self, _: Prompts, _: bool) {}
    fn collect(&mut self, _: CollectSpec) {}
    fn wait(&mut self, _: u64) {}
    fn transfer(&mut self, _: TransferSpec) {}
    fn record(&mut self, _: RecordAct, _: Option<Prompts>) {}
    fn service(&mut self, _: ServiceSpec) {}
    fn background(&mut self, _: Prompts) {}
    fn hold(&mut self, _: bool) {}
    fn send_keys(&mut self, _: &str) {}
    fn notify(&mut self, _: &Name, _: &str) {}
    fn phone(&self, _: &str) -> Option<Arc<str>> {
        None
    }
    fn leave_queue(&mut self) {}
    fn ask_guard(&mut self, _: Name, _: Arc<str>, _: bool) {}
    fn tag(&mut self, _: &str, _: &Value) {}
    fn hours(&self, _: &str) -> Option<State> {
        None
    }
    fn row(&self, _: &str, _: &Value) -> Result<Option<Value>, Failure> {
        Ok(None)
    }
    fn root(&self, _: &RootPath) -> Value {
        Value::Unset
    }
    fn language(&self) -> &str {
        "en"
    }
}

/// The best of some runs.
fn best(mut run: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
    }
    best
}

/// Statements a second of a flow.
fn statements(graph: &Arc<FlowGraph>) -> f64 {
    let taken = best(|| {
        let Ok(mut frame) = Frame::new(Arc::clone(graph), &[]) else { return };
        while frame.run(&mut Null) == Run::Yield {}
        black_box(&frame);
    });
    f64::from(ROUNDS * STATEMENTS) / taken.as_secs_f64()
}

/// The variables of the loop, by slot.
struct Slots([Value; 4]);

impl Names for Slots {
    fn variable(&self, name: &str) -> Option<(Slot, Option<Type>)> {
        match name {
            "i" => Some((Slot(0), Some(Type::Number))),
            "n" => Some((Slot(1), Some(Type::Number))),
            "x" => Some((Slot(2), Some(Type::Text))),
            "a" => Some((Slot(3), Some(Type::Text))),
            _ => None,
        }
    }
    fn root(&self, _: &str) -> Option<RootDecl> {
        None
    }
    fn candidates(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Env for Slots {
    fn slot(&self, slot: Slot) -> &Value {
        self.0.get(usize::from(slot.0)).unwrap_or(&Value::Unset)
    }
    fn root(&self, _: &RootPath) -> Value {
        Value::Unset
    }
}

/// Expressions of the loop that rhai alone evaluates in a second.
fn by_rhai() -> f64 {
    const TIMES: u32 = 20_000;
    let slots = Slots([Value::Int(7), Value::Int(1_000_000), Value::text("call-"), Value::text("call-7")]);
    let compiler = Compiler::new();
    let compiled = ["i + 1", "x + i", "a == \"never\"", "i < n"].map(|source| compiler.compile(source, &slots).ok());
    let exprs: Vec<Expr> = compiled.into_iter().flatten().collect();
    let taken = best(|| {
        for _ in 0..TIMES {
            for expr in &exprs {
                let _ = black_box(expr.eval_reference(&slots));
            }
        }
    });
    f64::from(TIMES * STATEMENTS) / taken.as_secs_f64()
}

fn main() {
    let (Some(short), Some(long)) = (compile(&source("i")), compile(&source("the_number_of_this_round"))) else {
        println!("the loop does not compile");
        return;
    };
    // Once before, so that neither pays for a cold cache.
    statements(&short);
    let (plain, renamed) = (statements(&short), statements(&long));
    let rhai = by_rhai();
    println!("four-step loop          {:>10.0} steps/s", plain);
    println!("  with a longer name    {:>10.0} steps/s, {:.3} of it", renamed, renamed / plain);
    println!("its expressions by rhai {:>10.0} a second, the loop is {:.1} times as fast", rhai, plain / rhai);
}
