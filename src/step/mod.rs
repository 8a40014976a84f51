//! Statements: one declaration a file, read by the parser's tables, the checks, `fmt`, the
//! interpreter and the documentation.
//!
//! A new statement is a new file with a `pub const DECL` and one line in [`registry`].

pub mod args;
pub mod cx;
pub mod decl;
pub mod outcomes;
pub mod registry;

mod answer;
mod branch;
mod collect;
mod goto;
mod guard;
mod hangup;
mod hours;
mod later;
mod lookup;
mod menu;
mod play;
mod reject;
mod set;
mod switch;
mod tag;
mod transfer;
mod wait;

pub use crate::call::leg::Name;
pub use menu::EXTENSION;
