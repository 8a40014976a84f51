//! Expressions: what stands in `( )` and `${ }` (language.md §4).
//!
//! rhai is the language: it parses, and it evaluates what is not common. Everything is checked at
//! load: names, fields, functions, types. Common expressions become a tree of ours that gives the
//! same values faster. Not here: statements, jumps, and what a value is used for; taint and definite
//! assignment are checked by those who know the flow, from [`Expr::reads`]. Nothing here does I/O,
//! and no rhai type leaves this module.

mod always;
mod calls;
mod engine;
mod error;
mod functions;
mod lower;
pub mod names;
mod near;
mod node;
mod ops;
mod parse_error;
mod resolve;
mod scan;
mod template;
mod types;

pub use error::{EvalError, ExprError, rule};
pub use functions::{FUNCTIONS, FunctionDecl, Param, named as functions_named};
pub use names::{BuiltIn, FieldDecl, ROOTS, RootDecl, RootPath, Shape};
pub use template::{Piece, Template, TemplateError};

use crate::base::value::{Type, Value};
use engine::Engines;
use lower::Lower;
use node::Node;
use std::fmt;
use std::sync::{Arc, LazyLock};

/// Index of a variable in a frame: parameters, variables, arm bindings and constants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slot(pub u16);

/// Something an expression reads when it is evaluated.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Read {
    Slot(Slot),
    Root(RootPath),
}

/// What names mean where an expression stands.
pub trait Names {
    /// The slot of a variable in scope and its type, if that is known. A variable hides a built-in
    /// object of the same name: `denied(reason)` binds `reason`.
    fn variable(&self, name: &str) -> Option<(Slot, Option<Type>)>;

    /// What a variable that is a row of a table has, with the types; `None` where it is no row.
    fn columns(&self, _slot: Slot) -> Option<Vec<(Arc<str>, Type)>> {
        None
    }

    /// A built-in object; [`names::root`] unless a context has fewer.
    fn root(&self, name: &str) -> Option<RootDecl>;

    /// The variables in scope, for "did you mean".
    fn candidates(&self) -> Vec<String>;

    /// A constant of a library, `bank.limit`.
    fn library_constant(&self, _library: &str, _name: &str) -> Option<(Slot, Option<Type>)> {
        None
    }

    /// Whether a library has this name.
    fn is_library(&self, _name: &str) -> bool {
        false
    }

    /// Whether the site has what `queue.NAME` or `hours.NAME` names.
    fn has_member(&self, _root: &str, _name: &str) -> bool {
        true
    }

    /// The names that may follow `queue.`, `hours.` or a library's name, for "did you mean".
    fn members(&self, _root: &str) -> Vec<String> {
        Vec::new()
    }
}

/// The values of one moment of one call.
pub trait Env {
    /// A variable's value; [`Value::Unset`] makes the expression fail.
    fn slot(&self, slot: Slot) -> &Value;

    /// A built-in value; [`Value::Unset`] makes the expression fail.
    fn root(&self, path: &RootPath) -> Value;
}

/// Compiles expressions. Cheap to clone and to share between threads.
#[derive(Clone)]
pub struct Compiler {
    engines: Arc<Engines>,
}

impl Default for Compiler {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compiler")
    }
}

impl Compiler {
    pub fn new() -> Self {
        // They hold nothing of any site, and to fill them takes longer than to compile a flow.
        static ENGINES: LazyLock<Arc<Engines>> = LazyLock::new(|| Arc::new(Engines::new()));
        Self { engines: Arc::clone(&ENGINES) }
    }

    /// Checks and compiles one expression, written without its outer parentheses.
    ///
    /// # Errors
    ///
    /// Every mistake, in the order of the source; offsets are bytes of `source`.
    pub fn compile(&self, source: &str, names: &dyn Names) -> Result<Expr, Vec<ExprError>> {
        let scan = scan::scan(source)?;
        let mut resolved = resolve::resolve(&scan, names);
        let rewritten = resolved.rewritten(source);
        let roots: Vec<String> = (0..resolved.roots.len()).map(engine::root_name).collect();
        let known = resolved.slots.keys().map(|name| &**name);
        let known = known.chain(roots.iter().map(String::as_str)).chain(resolved.unknown.iter().map(String::as_str));
        let parsed = engine::parse(&self.engines, &rewritten, known.chain([engine::UNKNOWN_ROOT]));
        let mut errors = std::mem::take(&mut resolved.errors);
        let ast = match parsed {
            Ok(ast) => ast,
            Err(error) => {
                let error = parse_error::in_words(&error, &scan);
                let said = errors.iter().any(|e| e.start <= error.start && error.start < e.end);
                if !said {
                    errors.push(error);
                }
                return Err(in_order(errors));
            }
        };
        let mut lower =
            Lower { scan: &scan, resolved: &resolved, errors, operations: 0, needs_rhai: false, fallible: false };
        let part = lower.run(ast.statements());
        if !lower.errors.is_empty() {
            return Err(in_order(lower.errors));
        }
        let fallible = lower.fallible;
        let tree = if lower.needs_rhai { None } else { Some(part.node) };
        let slots: Vec<(Arc<str>, Slot)> = resolved.slots.iter().map(|(n, (s, _))| (Arc::clone(n), *s)).collect();
        let roots: Vec<RootPath> = resolved.roots.into_iter().map(|(path, _)| path).collect();
        let reads = slots.iter().map(|(_, s)| Read::Slot(*s)).chain(roots.iter().cloned().map(Read::Root)).collect();
        let reference = Reference { engines: Arc::clone(&self.engines), ast, slots, roots };
        Ok(Expr { tree, ty: part.ty, fallible, reads, reference })
    }
}

fn in_order(mut errors: Vec<ExprError>) -> Vec<ExprError> {
    errors.sort_by_key(|e| (e.start, e.end));
    errors.dedup();
    errors
}

/// The expression as rhai has it.
#[derive(Clone)]
struct Reference {
    engines: Arc<Engines>,
    ast: rhai::AST,
    slots: Vec<(Arc<str>, Slot)>,
    roots: Vec<RootPath>,
}

/// A checked expression, ready to be evaluated any number of times.
#[derive(Clone)]
pub struct Expr {
    /// Our tree; none where only rhai evaluates the expression.
    tree: Option<Node>,
    ty: Option<Type>,
    fallible: bool,
    reads: Vec<Read>,
    reference: Reference,
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expr").field("ty", &self.ty).field("tree", &self.tree).finish_non_exhaustive()
    }
}

impl Expr {
    /// The type of every value it gives; `None` if that depends on the run.
    pub fn ty(&self) -> Option<Type> {
        self.ty
    }

    /// The variables and built-in values it may read, each once.
    pub fn reads(&self) -> &[Read] {
        &self.reads
    }

    /// Whether evaluating it can fail for another reason than a variable without a value, or a
    /// number or text beyond the limits: a field that may be missing, a division, a value whose type
    /// only the run can tell.
    pub fn can_fail(&self) -> bool {
        self.fallible || self.ty.is_none()
    }

    /// The value, if the expression is one literal.
    pub fn as_constant(&self) -> Option<&Value> {
        match &self.tree {
            Some(Node::Const(value)) => Some(value),
            _ => None,
        }
    }

    /// Whether it is evaluated without rhai.
    pub fn is_fast(&self) -> bool {
        self.tree.is_some()
    }

    /// Evaluates it.
    ///
    /// # Errors
    ///
    /// A value that is missing or of the wrong type, arithmetic that has no result, or a limit:
    /// the outcome `failed` of the statement.
    pub fn eval(&self, env: &dyn Env) -> Result<Value, EvalError> {
        match &self.tree {
            Some(tree) => tree.eval(env).map(std::borrow::Cow::into_owned),
            None => self.eval_reference(env),
        }
    }

    /// Evaluates it by rhai alone: slower, and what [`eval`](Self::eval) is held to.
    ///
    /// # Errors
    ///
    /// As `eval`, though not always in the same words.
    pub fn eval_reference(&self, env: &dyn Env) -> Result<Value, EvalError> {
        let r = &self.reference;
        engine::eval(&r.engines, &r.ast, &r.slots, &r.roots, env)
    }
}

/// Whether rhai reserves the word, so that no variable can have it as its name.
pub fn is_reserved_word(name: &str) -> bool {
    let is_name = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric());
    is_name && !engine::takes_as_variable(name)
}
