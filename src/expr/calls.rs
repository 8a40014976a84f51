//! Which function a call means, told by its name and the types of its arguments.

use super::error::{ExprError, rule};
use super::functions::{self, FunctionDecl};
use super::near;
use super::types::{self, shortened};
use crate::base::value::Type;

/// The type and the place of an argument; of a method, the first is the value before the dot.
#[derive(Clone, Copy)]
pub(super) struct Argument {
    pub ty: Option<Type>,
    pub at: (usize, usize),
}

/// The declaration that takes these arguments, and its result's type.
pub(super) fn choose(
    source: &str,
    name: &str,
    args: &[Argument],
    method: bool,
    at: (usize, usize),
) -> Result<(&'static str, Option<Type>), ExprError> {
    let all: Vec<&'static FunctionDecl> = functions::named(name).collect();
    let Some(known) = all.first() else { return Err(unknown_function(name, method, at)) };
    if known.method != method {
        let (what, right) =
            if method { ("a function", format!("{name}(..)")) } else { ("a method", format!("value.{name}(..)")) };
        return Err(
            ExprError::new(rule::UNKNOWN_FUNCTION, at, format!("`{name}` is {what}")).help(format!("write `{right}`"))
        );
    }
    let counted: Vec<_> = all.iter().filter(|f| f.params.len() == args.len()).collect();
    if counted.is_empty() {
        let own = usize::from(method);
        let wanted = known.params.len() - own;
        let message = format!(
            "`{name}` takes {wanted} value{}, not {}",
            if wanted == 1 { "" } else { "s" },
            args.len().saturating_sub(own)
        );
        return Err(ExprError::new(rule::TYPE_MISMATCH, at, message));
    }
    let fits = |f: &&FunctionDecl| f.params.iter().zip(args).all(|(p, a)| a.ty.is_none_or(|ty| p.takes(ty)));
    let fitting: Vec<_> = counted.iter().copied().filter(|f| fits(f)).collect();
    let Some(first) = fitting.first() else {
        // The declaration that gets furthest tells best what is wrong.
        let agreed =
            |f: &FunctionDecl| f.params.iter().zip(args).take_while(|(p, a)| a.ty.is_none_or(|ty| p.takes(ty))).count();
        let best = counted.iter().max_by_key(|f| agreed(f)).copied().unwrap_or(known);
        let wrong = agreed(best);
        let (param, arg) = (best.params.get(wrong), args.get(wrong));
        let (at, given) = arg.map_or((at, None), |a| (a.at, a.ty));
        let quoted = shortened(source.get(at.0..at.1).unwrap_or(""));
        let wanted = if wrong == 0 {
            near::alternatives(counted.iter().filter_map(|f| f.params.first()).map(|p| p.words()))
        } else {
            param.map_or("a value", |p| p.words()).to_owned()
        };
        let message = format!("`{name}` takes {wanted}, and `{quoted}` is {}", given.map_or("unknown", types::a));
        return Err(ExprError::new(rule::TYPE_MISMATCH, at, message));
    };
    let same = fitting.iter().all(|f| f.result == first.result);
    Ok((first.name, if same { first.result } else { None }))
}

fn unknown_function(name: &str, method: bool, at: (usize, usize)) -> ExprError {
    let what = if method { "method" } else { "function" };
    let names = || functions::FUNCTIONS.iter().filter(|f| f.method == method).map(|f| f.name);
    let help = match near::nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if method => "docs/flows.md lists the methods".to_owned(),
        None => format!("the functions are {}", near::listed(names())),
    };
    ExprError::new(rule::UNKNOWN_FUNCTION, at, format!("there is no {what} `{name}`")).help(help)
}
