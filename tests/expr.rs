//! The expression language: values, mistakes, limits, and our tree against rhai.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "a test fails by a panic, and a table of cases is as long as it is"
)]

mod differential;
mod mistakes;
mod robust;
mod templates;
mod values;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use strowger::base::value::{Type, Value};
use strowger::expr::{BuiltIn, Compiler, Env, Expr, ExprError, Names, RootDecl, RootPath, Slot, names};

/// Variables with their types and values, and built-in values.
#[derive(Debug, Default)]
pub struct World {
    variables: Vec<(&'static str, Option<Type>, Value)>,
    roots: BTreeMap<String, Value>,
}

impl World {
    pub fn with(mut self, name: &'static str, ty: Option<Type>, value: Value) -> Self {
        self.variables.push((name, ty, value));
        self
    }

    pub fn root(mut self, path: &str, value: Value) -> Self {
        self.roots.insert(path.to_owned(), value);
        self
    }
}

impl Names for World {
    fn variable(&self, name: &str) -> Option<(Slot, Option<Type>)> {
        let index = self.variables.iter().position(|(n, ..)| *n == name)?;
        Some((Slot(u16::try_from(index).unwrap()), self.variables[index].1))
    }

    fn root(&self, name: &str) -> Option<RootDecl> {
        names::root(name)
    }

    fn candidates(&self) -> Vec<String> {
        self.variables.iter().map(|(n, ..)| (*n).to_owned()).collect()
    }

    fn has_member(&self, root: &str, name: &str) -> bool {
        match root {
            "queue" => matches!(name, "sales" | "default"),
            _ => name == "office",
        }
    }

    fn members(&self, root: &str) -> Vec<String> {
        match root {
            "queue" => vec!["sales".to_owned(), "default".to_owned()],
            _ => vec!["office".to_owned()],
        }
    }
}

impl Env for World {
    fn slot(&self, slot: Slot) -> &Value {
        self.variables.get(usize::from(slot.0)).map_or(&Value::Unset, |(_, _, v)| v)
    }

    fn root(&self, path: &RootPath) -> Value {
        self.roots.get(&path.to_string()).cloned().unwrap_or(Value::Unset)
    }
}

pub fn text(s: &str) -> Value {
    Value::text(s)
}

pub fn list(items: &[Value]) -> Value {
    Value::List(items.into())
}

pub fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(k, v)| (Arc::from(*k), v.clone())).collect())
}

/// A world with one variable of each type, `any_` ones whose type only a run can tell, and built-ins.
pub fn world() -> World {
    World::default()
        .with("i", Some(Type::Number), Value::Int(7))
        .with("f", Some(Type::Number), Value::Float(2.5))
        .with("x", Some(Type::Text), text("gold"))
        .with("ok", Some(Type::Bool), Value::Bool(true))
        .with("wait", Some(Type::Duration), Value::Duration(90_000))
        .with("keyed", Some(Type::Digits), Value::Digits("0123".into()))
        .with("phone", Some(Type::Phone), Value::Phone("+442071838750".into()))
        .with("desk", Some(Type::Extension), Value::Extension("201".into()))
        .with("pin", Some(Type::Secret), Value::Secret("4711".into()))
        .with("names", Some(Type::List), list(&[text("gold"), text("silver")]))
        .with(
            "row",
            Some(Type::Map),
            map(&[
                ("age", Value::Int(40)),
                ("name", text("Ann")),
                ("one", Value::Int(1)),
                ("pin", Value::Secret("1".into())),
            ]),
        )
        .with("any_number", None, Value::Int(3))
        .with("any_text", None, text("3"))
        .with("any_list", None, list(&[Value::Int(1), text("a")]))
        .with("empty", Some(Type::Text), Value::Unset)
        .root("caller.number", text("+442079460111"))
        .root("caller.name", text("Ann"))
        .root("caller.outside", Value::Bool(true))
        .root("queue.sales.estimated_wait", Value::Duration(700_000))
        .root("queue.default.waiting", Value::Int(4))
        .root("hours.office", text("open"))
        .root("hours.office.holiday", text(""))
        .root("session.tags", map(&[("vip", text("yes"))]))
        .root("session.age", Value::Duration(61_000))
        .root("digits", Value::Digits("42".into()))
        .root("now.hour", Value::Int(9))
}

/// One for all tests, as a site has one for all flows.
pub static COMPILER: LazyLock<Compiler> = LazyLock::new(Compiler::new);

pub fn compile(source: &str) -> Result<Expr, Vec<ExprError>> {
    COMPILER.compile(source, &world())
}

#[test]
fn the_tables_are_sound() {
    for f in strowger::expr::FUNCTIONS {
        let (source, printed) = f.example;
        let expr = COMPILER.compile(source, &world()).unwrap_or_else(|e| panic!("{source}: {e:?}"));
        for value in [expr.eval(&world()), expr.eval_reference(&world())] {
            assert_eq!(value.unwrap().to_string(), printed, "{source}");
        }
        assert!(!f.doc.is_empty() && !f.params.is_empty());
    }
    let mut seen: Vec<BuiltIn> = Vec::new();
    for decl in strowger::expr::ROOTS {
        for field in decl.fields() {
            assert!(!seen.contains(&field.id), "{}.{} stands twice", decl.name, field.name);
            assert_eq!(decl.field(field.id), Some(*field));
            seen.push(field.id);
        }
        assert!(!strowger::expr::is_reserved_word(decl.name), "{} must be usable", decl.name);
    }
}

#[test]
fn words_that_rhai_reserves_are_told() {
    for word in [
        "call", "default", "match", "case", "new", "with", "go", "print", "shared", "if", "true", "in", "let", "fn",
        "_",
    ] {
        assert!(strowger::expr::is_reserved_word(word), "{word}");
    }
    for word in ["session", "caller", "tier", "seconds", "ring", "hold", "voicemail", "n", "_x", "contains"] {
        assert!(!strowger::expr::is_reserved_word(word), "{word}");
    }
}

#[test]
fn a_compiler_is_shared_between_threads() {
    fn shared<T: Clone + Send + Sync>(_: &T) {}
    shared(&*COMPILER);
    shared(&compile("names[0] + x").unwrap());
}
