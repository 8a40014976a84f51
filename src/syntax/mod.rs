//! Source text to syntax trees and back: `.flow`, `.flow.yaml`, and any other YAML document with
//! the place of every value. No pest or YAML type leaves this module.

pub mod ast;
pub mod document;
pub mod duration;
pub mod lexer;
pub mod parse;
pub mod print_flow;
pub mod print_yaml;
pub mod reader;
pub mod remarks;
pub mod shape;
pub mod source;
pub mod yaml;

mod explain;
mod pairs;
mod recover;
mod text;
mod well_formed;
