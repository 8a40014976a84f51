//! Our tree against rhai: random expressions over random values give the same value or both fail.

use super::{COMPILER, World};
use proptest::prelude::*;
use strowger::base::value::{Type, Value};

fn integer() -> impl Strategy<Value = i64> {
    prop_oneof![-4_i64..5, Just(i64::MAX), Just(i64::MIN), any::<i64>()]
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(0.1),
        Just(0.3),
        Just(1.0),
        Just(1e300),
        Just(f64::INFINITY),
        Just(f64::NAN),
        -10.0..10.0
    ]
}

fn string() -> BoxedStrategy<String> {
    prop_oneof![Just(String::new()), Just("a".repeat(2_100)), "[abé0-9+]{0,6}"].boxed()
}

fn scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        integer().prop_map(Value::Int),
        float().prop_map(Value::Float),
        string().prop_map(|s| Value::text(&s)),
        any::<bool>().prop_map(Value::Bool),
        integer().prop_map(Value::Duration),
        string().prop_map(|s| Value::Digits(s.into())),
        string().prop_map(|s| Value::Phone(s.into())),
        string().prop_map(|s| Value::Secret(s.into())),
        Just(Value::Unset),
    ]
    .boxed()
}

fn value() -> BoxedStrategy<Value> {
    prop_oneof![
        6 => scalar(),
        1 => prop::collection::vec(scalar().prop_filter("lists hold values", |v| *v != Value::Unset), 0..4)
            .prop_map(|v| Value::List(v.into())),
        1 => scalar().prop_filter("maps hold values", |v| *v != Value::Unset)
            .prop_map(|v| Value::Map([("k".into(), v)].into())),
    ]
    .boxed()
}

/// Values of a random run: variables of each type, and `u`, `v`, `w` of any.
fn worlds() -> BoxedStrategy<World> {
    let texts = (string(), string(), string());
    let numbers = (integer(), float(), integer(), any::<bool>());
    (texts, numbers, prop::array::uniform3(value()), string())
        .prop_map(|((s, d, p), (n, f, t, b), [u, v, w], r)| {
            World::default()
                .with("n", Some(Type::Number), Value::Int(n))
                .with("f", Some(Type::Number), Value::Float(f))
                .with("s", Some(Type::Text), Value::text(&s))
                .with("d", Some(Type::Digits), Value::Digits(d.into()))
                .with("p", Some(Type::Phone), Value::Phone(p.into()))
                .with("t", Some(Type::Duration), Value::Duration(t))
                .with("b", Some(Type::Bool), Value::Bool(b))
                .with(
                    "l",
                    Some(Type::List),
                    Value::List([u.clone()].into_iter().filter(|v| *v != Value::Unset).collect()),
                )
                .with("u", None, u)
                .with("v", None, v)
                .with("w", None, w)
                .root("caller.name", Value::text(&r))
                .root("now.hour", Value::Int(n))
                .root("hours.office", Value::text(&s))
                .root("session.tags", Value::Map([("k".into(), Value::Int(1))].into()))
        })
        .boxed()
}

/// Expressions, most of them well typed: each kind of value has its own grammar.
fn sources() -> impl Strategy<Value = String> {
    any_of(3)
}

fn any_of(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(vec!["u", "v", "w", "session.tags.k", "u.k"]).prop_map(str::to_owned);
    if depth == 0 {
        return leaf.boxed();
    }
    let d = depth - 1;
    prop_oneof![
        1 => leaf,
        2 => number(d),
        2 => texts(d),
        3 => truth(d),
        1 => durations(d),
        1 => lists(d),
        2 => (any_of(d), prop::sample::select(vec!["+", "-", "*", "/", "%", "==", "<", "!=", ">="]), any_of(d))
            .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (truth(d), any_of(d), any_of(d)).prop_map(|(c, a, b)| format!("(if {c} {{ {a} }} else {{ {b} }})")),
    ]
    .boxed()
}

fn number(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(vec!["n", "f", "0", "1", "2.5", "-1", "now.hour", "9223372036854775807", "u"]);
    let leaf = leaf.prop_map(str::to_owned);
    if depth == 0 {
        return leaf.boxed();
    }
    let d = depth - 1;
    prop_oneof![
        1 => leaf,
        4 => (number(d), prop::sample::select(vec!["+", "-", "*", "/", "%"]), number(d))
            .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        2 => (number(d), prop::sample::select(vec!["+", "-", "*", "/", "%"]), number(d))
            .prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
        1 => number(d).prop_map(|a| format!("-({a})")),
        1 => (truth(d), number(d), number(d)).prop_map(|(c, a, b)| format!("(if {c} {{ {a} }} else {{ {b} }})")),
        1 => texts(d).prop_map(|a| format!("({a}).len()")),
    ]
    .boxed()
}

fn texts(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(vec!["s", "d", "p", "\"a\"", "\"\"", "caller.name", "hours.office"]);
    let leaf = leaf.prop_map(str::to_owned);
    if depth == 0 {
        return leaf.boxed();
    }
    let d = depth - 1;
    prop_oneof![
        1 => leaf,
        3 => (texts(d), texts(d)).prop_map(|(a, b)| format!("{a} + {b}")),
        2 => (texts(d), number(d)).prop_map(|(a, b)| format!("({a}) + ({b})")),
        1 => (number(d), texts(d)).prop_map(|(a, b)| format!("({a}) + ({b})")),
        1 => (texts(d), truth(d)).prop_map(|(a, b)| format!("({a}) + ({b})")),
        1 => (truth(d), texts(d), texts(d)).prop_map(|(c, a, b)| format!("(if {c} {{ {a} }} else {{ {b} }})")),
        1 => texts(d).prop_map(|a| format!("({a}).to_upper()")),
    ]
    .boxed()
}

fn durations(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(vec!["t", "seconds(1)", "minutes(n)"]).prop_map(str::to_owned);
    if depth == 0 {
        return leaf.boxed();
    }
    let d = depth - 1;
    prop_oneof![
        leaf,
        number(d).prop_map(|a| format!("seconds({a})")),
        (durations(d), prop::sample::select(vec!["+", "-"]), durations(d))
            .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
    ]
    .boxed()
}

fn lists(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(vec!["l", "[]", "[1, \"a\", true]"]).prop_map(str::to_owned);
    if depth == 0 {
        return leaf.boxed();
    }
    let d = depth - 1;
    prop_oneof![
        leaf,
        prop::collection::vec(any_of(d), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
        (lists(d), lists(d)).prop_map(|(a, b)| format!("({a} + {b})")),
    ]
    .boxed()
}

fn truth(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(vec!["b", "true", "false", "b == true", "u", "s == \"a\""]).prop_map(str::to_owned);
    if depth == 0 {
        return leaf.boxed();
    }
    let d = depth - 1;
    let compare = || prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    prop_oneof![
        1 => leaf,
        2 => (number(d), compare(), number(d)).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        2 => (texts(d), compare(), texts(d)).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (durations(d), compare(), durations(d)).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (any_of(d), compare(), any_of(d)).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        2 => (truth(d), prop::sample::select(vec!["&&", "||"]), truth(d)).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => truth(d).prop_map(|a| format!("!({a})")),
        1 => (any_of(d), lists(d)).prop_map(|(a, b)| format!("({a} in {b})")),
        1 => (texts(d), texts(d)).prop_map(|(a, b)| format!("({a} !in {b})")),
    ]
    .boxed()
}

/// `PROPTEST_CASES` asks for a longer search than the one of every run.
fn cases() -> u32 {
    ProptestConfig::default().cases.max(6_000)
}

/// Whether the value has the type; digits, phone numbers and extensions are text.
fn is_a(value: &Value, ty: Type) -> bool {
    value.type_of() == Some(ty) || (ty == Type::Text && value.as_str().is_some())
}

/// Equal as the language sees it: not a number is itself, and zero keeps its sign.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(x), Value::Float(y)) => x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan()),
        (Value::List(x), Value::List(y)) => x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| alike(x, y)),
        (Value::Map(x), Value::Map(y)) => {
            x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| x.0 == y.0 && alike(&x.1, &y.1))
        }
        _ => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, max_global_rejects: 200_000, ..ProptestConfig::default() })]

    #[test]
    fn our_tree_and_rhai_agree(world in worlds(), source in sources()) {
        let Ok(expr) = COMPILER.compile(&source, &world) else { return Err(TestCaseError::reject("ill typed")) };
        prop_assume!(expr.is_fast());
        let (ours, theirs) = (expr.eval(&world), expr.eval_reference(&world));
        match (&ours, &theirs) {
            (Ok(a), Ok(b)) => {
                prop_assert!(alike(a, b), "{source}\n ours {a:?}\n rhai {b:?}");
                if let Some(ty) = expr.ty() {
                    prop_assert!(is_a(a, ty), "{source} is {ty} and gave {a:?}");
                }
            }
            (Err(_), Err(e)) => prop_assert!(!e.to_string().contains("operations"), "{source}"),
            _ => prop_assert!(false, "{source}\n ours {ours:?}\n rhai {theirs:?}"),
        }
    }
}
