//! Statements: one declaration a file, read by the parser's tables, the checks, `fmt`, the
//! interpreter and the documentation.
//!
//! A new statement is a new file with a `pub const DECL` and one line in [`registry`].

pub mod args;
pub mod cx;
pub mod decl;
pub mod outcomes;
pub mod registry;
pub mod served;

mod answer;
mod branch;
mod callback;
mod collect;
mod conference;
mod enqueue;
mod give;
mod goto;
mod guard;
mod hangup;
mod hold;
mod hours;
mod http;
mod lookup;
mod menu;
mod music;
mod notify;
mod park;
mod play;
mod record;
mod reject;
mod ring;
mod run;
mod say;
mod send_digits;
mod service;
mod set;
mod split;
mod switch;
mod tag;
mod transfer;
mod unhold;
mod verify;
mod voicemail;
mod wait;

pub use crate::call::leg::Name;
pub use menu::EXTENSION;
pub use ring::TARGETS as RING_TARGETS;
