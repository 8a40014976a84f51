//! Where a command writes: answers to standard output, complaints to standard error.

use std::io::{self, IsTerminal, Write};

/// Columns where no terminal says how many it has.
const DEFAULT_WIDTH: usize = 100;
/// Narrower than this, source lines are cut to nothing.
const MIN_WIDTH: usize = 40;

/// The two outputs, and how findings are drawn on them.
#[derive(Debug)]
pub struct Terminal {
    pub color: bool,
    pub width: usize,
}

impl Terminal {
    /// Colours only on a terminal, and not where `NO_COLOR` is set (no-color.org).
    pub fn of_process() -> Self {
        let color = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let columns = std::env::var_os("COLUMNS").and_then(|v| v.to_str().and_then(|v| v.parse().ok()));
        Self { color, width: columns.unwrap_or(DEFAULT_WIDTH).max(MIN_WIDTH) }
    }

    /// One line, or several, of the answer. A reader that has gone (`| head`) is no error.
    pub fn say(&mut self, text: &str) {
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    /// One line of an answer that has no end of its own; `false` when its reader has gone.
    #[cfg(feature = "serve")]
    pub fn try_say(&mut self, text: &str) -> bool {
        let mut out = io::stdout().lock();
        writeln!(out, "{text}").and_then(|()| out.flush()).is_ok()
    }

    /// The answer as it is, without a line end of ours.
    pub fn write(&mut self, text: &str) {
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// One line for the person, beside the answer.
    pub fn complain(&mut self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}
