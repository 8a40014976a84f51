//! Source text to syntax trees and back: `.flow`, `.flow.yaml`, and any other YAML document with
//! the place of every value. No pest or YAML type leaves this module.

pub mod ast;
pub mod document;
pub mod duration;
pub mod reader;
pub mod source;
