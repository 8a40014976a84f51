//! Statements: one declaration a file, read by parser tables, checks, docs and the interpreter.

pub mod cx;
