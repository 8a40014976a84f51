//! Nanoseconds an expression takes: our tree, rhai with the language's rules, and plain rhai.
//!
//! Only expressions; what a whole step costs is measured with the interpreter. Run by
//! `cargo bench --bench expr`; the figures of one run compare with each other, not across machines.

// A benchmark prints what it finds and reads the clock: that is what it is for.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark measures time and prints it")]

use std::hint::black_box;
use std::time::{Duration, Instant};
use strowger::base::value::{Type, Value};
use strowger::expr::{Compiler, Env, Expr, Names, RootDecl, RootPath, Slot, names};

/// The variables of the four-step loop, by slot: `i`, `n`, `x`, `a`.
struct Frame {
    slots: [Value; 4],
}

impl Names for Frame {
    fn variable(&self, name: &str) -> Option<(Slot, Option<Type>)> {
        Some(match name {
            "i" => (Slot(0), Some(Type::Number)),
            "n" => (Slot(1), Some(Type::Number)),
            "x" => (Slot(2), Some(Type::Text)),
            "a" => (Slot(3), Some(Type::Text)),
            _ => return None,
        })
    }

    fn root(&self, name: &str) -> Option<RootDecl> {
        names::root(name)
    }

    fn candidates(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Env for Frame {
    fn slot(&self, slot: Slot) -> &Value {
        self.slots.get(usize::from(slot.0)).unwrap_or(&Value::Unset)
    }

    fn root(&self, _path: &RootPath) -> Value {
        Value::text("+442079460111")
    }
}

/// The best of several rounds, in nanoseconds: what the code costs, without what the machine does beside it.
fn measure(mut run: impl FnMut()) -> f64 {
    const ROUNDS: usize = 7;
    const ROUND: Duration = Duration::from_millis(60);
    const BATCH: u32 = 1_000;
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut runs = 0_u32;
        while start.elapsed() < ROUND {
            for _ in 0..BATCH {
                run();
            }
            runs += BATCH;
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(runs));
    }
    best
}

/// rhai as it comes, on its own variables.
fn plain(source: &str) -> f64 {
    let engine = rhai::Engine::new();
    let Ok(ast) = engine.compile_expression(source) else { return f64::NAN };
    let mut scope = rhai::Scope::new();
    scope.push("i", 7_i64).push("n", 1_000_000_i64).push("x", "call-".to_owned()).push("a", "call-7".to_owned());
    measure(|| {
        let _ = black_box(engine.eval_ast_with_scope::<rhai::Dynamic>(&mut scope, &ast));
    })
}

fn row(expr: &Expr, source: &str, frame: &Frame) -> f64 {
    let ours = measure(|| {
        let _ = black_box(expr.eval(black_box(frame)));
    });
    let reference = measure(|| {
        let _ = black_box(expr.eval_reference(black_box(frame)));
    });
    let plain = plain(source);
    println!("{source:34} {ours:8.1} {reference:10.1} {:6.1}x {plain:10.1} {:6.1}x", reference / ours, plain / ours);
    ours
}

fn main() {
    let slots = [Value::Int(7), Value::Int(1_000_000), Value::text("call-"), Value::text("call-7")];
    let frame = Frame { slots };
    let compiler = Compiler::new();
    println!("{:34} {:>8} {:>10} {:>7} {:>10} {:>7}", "ns per evaluation", "ours", "reference", "", "plain rhai", "");
    let mut step_loop = 0.0;
    for source in ["i + 1", "x + i", "a == \"never\"", "i < n"] {
        match compiler.compile(source, &frame) {
            Ok(expr) => step_loop += row(&expr, source, &frame),
            Err(errors) => println!("{source}: {errors:?}"),
        }
    }
    for source in
        ["i < n && a != \"never\" || i == 3", "a in [\"call-5\", \"call-6\", \"call-7\"]", "if i < n { x } else { a }"]
    {
        match compiler.compile(source, &frame) {
            Ok(expr) => {
                row(&expr, source, &frame);
            }
            Err(errors) => println!("{source}: {errors:?}"),
        }
    }
    println!("the first four together: {step_loop:.0} ns");
    let compile = measure(|| {
        let _ = black_box(compiler.compile("i < n && a != \"never\"", &frame));
    });
    println!("to compile `i < n && a != \"never\"`: {:.1} us", compile / 1_000.0);
    let reserved = measure(|| {
        let _ = black_box(strowger::expr::is_reserved_word(black_box("tier")));
    });
    println!("to ask for a reserved word: {:.1} us", reserved / 1_000.0);
}
