//! Types, arity, and that every outcome has somewhere to go: `ast::Flow` to [`Flow`].
//!
//! Each statement is checked by itself and always gives something back, so that a mistake in one
//! never hides the next. What depends on the order in which steps run is found on the graph.

mod action;
mod arms;
mod body;
mod declared;
mod expression;
mod flow;
mod header;
mod language;
mod meanwhile;
mod model;
mod run;
mod settings;
mod split;
mod subject;
mod target;
mod value;

pub use flow::{check_constants, check_flow};
pub use model::*;
