//! The bridge to rhai: its parser, and its evaluator with the language's values in it.
//! No rhai type leaves this folder; the engine has no package, so only what is registered here exists.

use super::error::EvalError;
use super::functions::{self, FUNCTIONS};
use super::names::RootPath;
use super::ops::{self, Arith, Compare};
use super::scan::MAX_OPERATORS;
use super::{Env, Slot};
use crate::base::limits::{MAX_EXPR_DEPTH, MAX_EXPR_OPERATIONS, MAX_LIST_LEN, MAX_TEXT_BYTES};
use crate::base::value::Value;
use rhai::{
    AST, Array, Dynamic, Engine, EvalAltResult, ImmutableString, Map, OptimizationLevel, ParseError, Position, Scope,
};
use std::any::TypeId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A duration inside rhai.
#[derive(Clone)]
struct Millis(i64);

/// A secret inside rhai: no operator and no function takes it.
#[derive(Clone)]
struct Hidden(Arc<str>);

/// rhai's own depth bound counts operators in a row as well as brackets, about four levels a
/// bracket; `scan` has bounded both before, so this never speaks first.
const RHAI_DEPTH: usize = MAX_OPERATORS + 4 * MAX_EXPR_DEPTH;

/// What a built-in value is called in the source that rhai sees. No name of the language begins
/// with a capital, so a user cannot write it.
pub(super) fn root_name(index: usize) -> String {
    format!("R{index}")
}

/// Stands for a built-in that does not exist, so that the rest of the source is still checked.
pub(super) const UNKNOWN_ROOT: &str = "R";

/// The engine that parses and the one that evaluates.
pub(super) struct Engines {
    parser: Engine,
    evaluator: Engine,
}

impl Engines {
    pub fn new() -> Self {
        let mut evaluator = bounded(MAX_LIST_LEN);
        evaluator.register_type::<Millis>().register_type::<Hidden>();
        register_arithmetic(&mut evaluator);
        register_comparisons(&mut evaluator);
        register_functions(&mut evaluator);
        // rhai's parser refuses a literal that has as many elements as its bound, its evaluator one
        // that has more; `lower` refuses what is beyond ours.
        Self { parser: bounded(MAX_LIST_LEN + 1), evaluator }
    }
}

fn bounded(list_len: usize) -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        // So that the rules for unlike types below are asked before rhai's own operators.
        .set_fast_operators(false)
        .set_allow_anonymous_fn(false)
        .set_allow_looping(false)
        .set_allow_switch_expression(false)
        .set_allow_statement_expression(false)
        .set_max_operations(MAX_EXPR_OPERATIONS)
        .set_max_expr_depths(RHAI_DEPTH, RHAI_DEPTH)
        .set_max_string_size(MAX_TEXT_BYTES)
        .set_max_array_size(list_len)
        .set_max_map_size(list_len);
    engine
}

/// Parses a source in which built-in paths have been replaced, knowing these names.
pub(super) fn parse<'a>(
    engines: &Engines,
    source: &str,
    names: impl Iterator<Item = &'a str>,
) -> Result<AST, ParseError> {
    parse_by(&engines.parser, source, names)
}

fn parse_by<'a>(engine: &Engine, source: &str, names: impl Iterator<Item = &'a str>) -> Result<AST, ParseError> {
    let mut scope = Scope::new();
    for name in names {
        scope.push_dynamic(name, Dynamic::UNIT);
    }
    engine.compile_expression_with_scope(&scope, source)
}

/// Whether rhai takes the word as a variable.
pub(super) fn takes_as_variable(word: &str) -> bool {
    let parsed = parse_by(&Engine::new_raw(), word, std::iter::once(word));
    let is_variable = |ast: AST| match ast.statements() {
        [rhai::Stmt::Expr(expr)] => matches!(**expr, rhai::Expr::Variable(..)),
        _ => false,
    };
    parsed.is_ok_and(is_variable)
}

/// Evaluates by rhai alone.
pub(super) fn eval(
    engines: &Engines,
    ast: &AST,
    slots: &[(Arc<str>, Slot)],
    roots: &[RootPath],
    env: &dyn Env,
) -> Result<Value, EvalError> {
    let mut scope = Scope::new();
    for (name, slot) in slots {
        push(&mut scope, name, env.slot(*slot));
    }
    for (index, path) in roots.iter().enumerate() {
        push(&mut scope, &root_name(index), &env.root(path));
    }
    match engines.evaluator.eval_ast_with_scope::<Dynamic>(&mut scope, ast) {
        Ok(value) => Ok(from_dynamic(&value)),
        Err(error) => Err(in_words(*error, roots)),
    }
}

/// What holds nothing is left out, so that reading it is rhai's error too.
fn push(scope: &mut Scope<'_>, name: &str, value: &Value) {
    if *value != Value::Unset {
        // As a constant, so that rhai hands it to operators by value and does not measure it there.
        scope.push_constant_dynamic(name, to_dynamic(value));
    }
}

/// Marks on rhai's strings that keep a value's type while it is only passed through.
const DIGITS: i32 = 1;
const PHONE: i32 = 2;
const EXTENSION: i32 = 3;

fn to_dynamic(value: &Value) -> Dynamic {
    let marked = |text: &str, mark: i32| {
        let mut value = Dynamic::from(text.to_owned());
        value.set_tag(mark);
        value
    };
    match value {
        Value::Unset => Dynamic::UNIT,
        Value::Bool(b) => Dynamic::from_bool(*b),
        Value::Int(n) => Dynamic::from_int(*n),
        Value::Float(n) => Dynamic::from_float(*n),
        Value::Text(s) => Dynamic::from(s.to_string()),
        Value::Duration(ms) => Dynamic::from(Millis(*ms)),
        Value::Digits(s) => marked(s, DIGITS),
        Value::Phone(s) => marked(s, PHONE),
        Value::Extension(s) => marked(s, EXTENSION),
        Value::Secret(s) => Dynamic::from(Hidden(Arc::clone(s))),
        Value::List(items) => Dynamic::from_array(items.iter().map(to_dynamic).collect()),
        Value::Map(entries) => Dynamic::from_map(entries.iter().map(|(k, v)| ((&**k).into(), to_dynamic(v))).collect()),
    }
}

fn from_dynamic(value: &Dynamic) -> Value {
    if let Ok(n) = value.as_int() {
        return Value::Int(n);
    }
    if let Ok(b) = value.as_bool() {
        return Value::Bool(b);
    }
    if let Ok(n) = value.as_float() {
        return Value::Float(n);
    }
    if let Ok(c) = value.as_char() {
        return Value::text(c.encode_utf8(&mut [0; 4]));
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        let text: Arc<str> = Arc::from(text.as_str());
        return match value.tag() {
            DIGITS => Value::Digits(text),
            PHONE => Value::Phone(text),
            EXTENSION => Value::Extension(text),
            _ => Value::Text(text),
        };
    }
    if let Some(ms) = value.read_lock::<Millis>() {
        return Value::Duration(ms.0);
    }
    if let Some(secret) = value.read_lock::<Hidden>() {
        return Value::Secret(Arc::clone(&secret.0));
    }
    if let Some(items) = value.read_lock::<Array>() {
        return Value::List(items.iter().map(from_dynamic).collect());
    }
    if let Some(entries) = value.read_lock::<Map>() {
        return Value::Map(entries.iter().map(|(k, v)| (Arc::from(k.as_str()), from_dynamic(v))).collect());
    }
    Value::Unset
}

fn thrown(error: EvalError) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(error), Position::NONE))
}

/// Registers a function of the language's values for arguments of these types.
fn register(
    engine: &mut Engine,
    name: &str,
    types: &[TypeId],
    body: impl Fn(&[Value]) -> Result<Value, EvalError> + Send + Sync + 'static,
) {
    engine.register_raw_fn(name, types, move |_, args| {
        let values: Vec<Value> = args.iter().map(|a| from_dynamic(a)).collect();
        body(&values).map(|v| to_dynamic(&v)).map_err(thrown)
    });
}

fn of<T: 'static>() -> TypeId {
    TypeId::of::<T>()
}

fn two(args: &[Value]) -> (&Value, &Value) {
    match args {
        [a, b] => (a, b),
        _ => (&Value::Unset, &Value::Unset),
    }
}

fn register_arithmetic(engine: &mut Engine) {
    let texts = [of::<ImmutableString>(), of::<char>()];
    let printed = [of::<i64>(), of::<f64>(), of::<bool>(), of::<Millis>()];
    let add = |args: &[Value]| {
        let (a, b) = two(args);
        ops::arith(Arith::Add, a, b)
    };
    for text in texts {
        for other in printed {
            register(engine, "+", &[text, other], add);
            register(engine, "+", &[other, text], add);
        }
        for other in texts {
            // rhai's own `-` cuts one text out of another; the language has no such operator.
            register(engine, "-", &[text, other], |args| {
                let (a, b) = two(args);
                ops::arith(Arith::Subtract, a, b)
            });
        }
    }
    register(engine, "+", &[of::<Array>(), of::<Array>()], add);
    for op in [Arith::Add, Arith::Subtract] {
        register(engine, op.symbol(), &[of::<Millis>(), of::<Millis>()], move |args| {
            let (a, b) = two(args);
            ops::arith(op, a, b)
        });
    }
    for number in [of::<i64>(), of::<f64>()] {
        register(engine, "-", &[number], |args| ops::negate(args.first().unwrap_or(&Value::Unset)));
    }
    register(engine, "!", &[of::<bool>()], |args| {
        ops::truth(args.first().unwrap_or(&Value::Unset)).map(|b| Value::Bool(!b))
    });
}

/// Durations compare; unlike types are an error, where rhai alone would say that they differ.
fn register_comparisons(engine: &mut Engine) {
    const TEXT: u8 = 0;
    const NUMBER: u8 = 1;
    const BOOL: u8 = 2;
    const DURATION: u8 = 3;
    const WHOLE: u8 = 4;
    let types = [
        (of::<ImmutableString>(), TEXT),
        (of::<char>(), TEXT),
        (of::<i64>(), NUMBER),
        (of::<f64>(), NUMBER),
        (of::<bool>(), BOOL),
        (of::<Millis>(), DURATION),
        (of::<Hidden>(), WHOLE),
        (of::<Array>(), WHOLE),
        (of::<Map>(), WHOLE),
    ];
    for op in Compare::ALL {
        for (left, left_kind) in types {
            for (right, right_kind) in types {
                if left_kind == right_kind && matches!(left_kind, TEXT | NUMBER | BOOL) {
                    continue;
                }
                register(engine, op.symbol(), &[left, right], move |args| {
                    let (a, b) = two(args);
                    ops::compare(op, a, b).map(Value::Bool)
                });
            }
        }
    }
}

fn register_functions(engine: &mut Engine) {
    let shapes: BTreeSet<(&'static str, usize)> = FUNCTIONS.iter().map(|f| (f.name, f.params.len())).collect();
    for (name, count) in shapes {
        let types = vec![of::<Dynamic>(); count];
        register(engine, name, &types, move |args| functions::call(name, args));
    }
}

/// rhai's error in the words of [`EvalError`].
fn in_words(error: EvalAltResult, roots: &[RootPath]) -> EvalError {
    match error {
        EvalAltResult::ErrorRuntime(value, _) => {
            value.try_cast::<EvalError>().unwrap_or_else(|| EvalError::failed("the expression failed"))
        }
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => in_words(*inner, roots),
        EvalAltResult::ErrorVariableNotFound(name, _) => {
            let index = name.strip_prefix('R').and_then(|n| n.parse::<usize>().ok());
            let path = index.and_then(|i| roots.get(i)).map(ToString::to_string);
            EvalError::NotSet(path.unwrap_or(name).into_boxed_str())
        }
        EvalAltResult::ErrorPropertyNotFound(name, _) => EvalError::NoField(name.into_boxed_str()),
        EvalAltResult::ErrorIndexNotFound(name, _) => EvalError::NoField(name.to_string().into_boxed_str()),
        EvalAltResult::ErrorArrayBounds(len, index, _) => {
            EvalError::failed(format!("the list has {len} elements, and none at {index}"))
        }
        EvalAltResult::ErrorStringBounds(len, index, _) => {
            EvalError::failed(format!("the text has {len} characters, and none at {index}"))
        }
        EvalAltResult::ErrorBitFieldBounds(..) | EvalAltResult::ErrorIndexingType(..) => {
            EvalError::wrong_type("only lists, maps and texts can be indexed")
        }
        EvalAltResult::ErrorArithmetic(text, _) if text.contains("by zero") => EvalError::DivisionByZero,
        EvalAltResult::ErrorArithmetic(..) => EvalError::Overflow,
        EvalAltResult::ErrorTooManyOperations(_) => EvalError::Limit("the expression takes more than 1000 operations"),
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("string") => ops::TOO_LONG,
        EvalAltResult::ErrorDataTooLarge(..) => ops::TOO_MANY,
        EvalAltResult::ErrorMismatchDataType(..) => EvalError::wrong_type("a value has the wrong type for its place"),
        EvalAltResult::ErrorFunctionNotFound(call, _) => {
            let name = call.split(['(', ' ']).next().unwrap_or("").to_owned();
            EvalError::wrong_type(format!("`{name}` does not take these values"))
        }
        _ => EvalError::failed("the expression failed"),
    }
}
