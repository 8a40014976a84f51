//! Patterns of a dial plan: bounded in size, in compiled size and in the work of one match.
//!
//! Not a general regular-expression type: a pattern sees only digits, and one that does too much
//! work says so instead of answering.

use fancy_regex::{Regex, RegexBuilder};

/// Bytes of one pattern (fraud-policy: at most 256); dial plans need a tenth of it.
pub const MAX_PATTERN_BYTES: usize = 256;
/// Steps back in one match before it counts as exceeded; a dial-plan pattern takes a handful.
pub const BACKTRACK_LIMIT: usize = 10_000;
/// Compiled bytes of one pattern, so that `((\d{99}){99}){99}` is an error and not a gigabyte.
const COMPILED_BYTES: usize = 1 << 20;
/// Instructions of one compiled pattern; subroutine calls are inlined and could grow without end.
const COMPILED_INSTRUCTIONS: usize = 20_000;

/// What a match said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Matched {
    Yes,
    No,
    /// The match was given up at [`BACKTRACK_LIMIT`]: the caller must refuse.
    Exceeded,
}

/// A compiled pattern and the text it was written as.
#[derive(Clone)]
pub struct Pattern {
    source: String,
    regex: Regex,
}

impl Pattern {
    /// A pattern that must match all of a number.
    ///
    /// # Errors
    /// What is wrong with the pattern, in words for its author.
    pub fn whole(source: &str) -> Result<Pattern, String> {
        Self::compile(source, r"\z")
    }

    /// A pattern that must match the beginning of a number.
    ///
    /// # Errors
    /// As [`Pattern::whole`].
    pub fn beginning(source: &str) -> Result<Pattern, String> {
        Self::compile(source, "")
    }

    pub fn matches(&self, digits: &str) -> Matched {
        match self.regex.is_match(digits) {
            Ok(true) => Matched::Yes,
            Ok(false) => Matched::No,
            Err(_) => Matched::Exceeded,
        }
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    fn compile(source: &str, tail: &str) -> Result<Pattern, String> {
        if source.is_empty() {
            return Err("the pattern is empty".to_owned());
        }
        if source.len() > MAX_PATTERN_BYTES {
            return Err(format!("the pattern has {} bytes; at most {MAX_PATTERN_BYTES} are allowed", source.len()));
        }
        // Alone first: `a)|(b` is an error by itself but would pass once it stands in a group.
        bounded(source)?;
        let regex = bounded(&format!(r"\A(?:{source}){tail}"))?;
        Ok(Pattern { source: source.to_owned(), regex })
    }
}

fn bounded(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .backtrack_limit(BACKTRACK_LIMIT)
        .delegate_size_limit(COMPILED_BYTES)
        .delegate_dfa_size_limit(COMPILED_BYTES)
        .max_prog_size(COMPILED_INSTRUCTIONS)
        .build()
        .map_err(|e| format!("the pattern cannot be read: {e}").to_lowercase())
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pattern({:?})", self.source)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        // Whether it is anchored at the end is part of the compiled text.
        self.source == other.source && self.regex.as_str() == other.regex.as_str()
    }
}
