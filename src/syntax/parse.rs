//! `.flow` text to a syntax tree and every error in it.
//!
//! A text without a slip is one run of the grammar. One with a slip is read part by part
//! (`recover`), so that an error in one step never hides the next step's.

use pest::Parser;
use pest::error::InputLocation;

use crate::base::diagnostic::{self, Diagnostic};
use crate::base::limits::MAX_DIAGNOSTICS_PER_FILE;
use crate::base::span::FileId;

use super::ast::File;
use super::document::Comment;
use super::lexer::{self, Lexed};
use super::{explain, pairs, recover, source, well_formed};

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/flow.pest"]
pub(super) struct Grammar;

/// Reads a `.flow` file.
///
/// Total: any text gives what could be read, in a tree without the broken parts, and every error
/// with its place. A tree is whole only if there are no errors.
pub fn parse_flow(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let (tree, _, found) = parse_with_comments(file, text);
    (tree, found)
}

/// As [`parse_flow`], with the comments of the file.
pub fn parse_with_comments(file: FileId, text: &str) -> (File, Vec<Comment>, Vec<Diagnostic>) {
    let (text, mut found) = match source::check(file, text) {
        Ok(checked) => checked,
        Err(error) => return (File::default(), Vec::new(), vec![*error]),
    };
    let lexed = lexer::lex(file, &text);
    let mut tree = if lexed.hopeless { File::default() } else { read(file, &text, &lexed, &mut found) };
    found.extend(lexed.found);
    well_formed::check(&mut tree, &text, &mut found);
    diagnostic::sort(&mut found);
    found.truncate(MAX_DIAGNOSTICS_PER_FILE);
    (tree, lexed.comments, found)
}

/// As [`parse_flow`], from the bytes of a file.
pub fn parse_flow_bytes(file: FileId, bytes: &[u8]) -> (File, Vec<Diagnostic>) {
    match source::decode(file, bytes) {
        Ok(text) => parse_flow(file, text),
        Err(error) => (File::default(), vec![*error]),
    }
}

fn read(file: FileId, text: &str, lexed: &Lexed, found: &mut Vec<Diagnostic>) -> File {
    if lexed.found.is_empty()
        && let Ok(pairs) = Grammar::parse(Rule::file, text)
    {
        let mut reader = pairs::Reader { file, base: 0, tokens: &lexed.tokens, found: Vec::new() };
        let items = reader.items(pairs);
        found.append(&mut reader.found);
        return File { items };
    }
    let before = found.len();
    let tree = recover::read(file, text, lexed, found);
    if found.len() == before && lexed.found.is_empty() {
        // The parts are sound and the whole is not: say at least where the grammar stopped.
        if let Err(error) = Grammar::parse(Rule::file, text) {
            found.push(explain::unexpected(file, text, lexed, &failure(0, &error)));
        }
    }
    tree
}

/// Where the grammar could not go on, and which of its rules would have.
pub(super) struct Failure {
    /// Byte offset in the file.
    pub at: usize,
    pub expected: Vec<Rule>,
}

/// Reads a part of a file, `start..end`, by an entry rule of the grammar.
pub(super) fn part(
    text: &str,
    rule: Rule,
    start: usize,
    end: usize,
) -> Result<pest::iterators::Pairs<'_, Rule>, Failure> {
    let part = text.get(start..end).unwrap_or("");
    Grammar::parse(rule, part).map_err(|error| failure(start, &error))
}

fn failure(base: usize, error: &pest::error::Error<Rule>) -> Failure {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => base + at,
    };
    let expected = match &error.variant {
        pest::error::ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        pest::error::ErrorVariant::CustomError { .. } => Vec::new(),
    };
    Failure { at, expected }
}
