//! The scripted calls of a site's `tests/`, read for who plays them and for who only checks them.

use std::path::Path;

use crate::base::diagnostic::Diagnostic;
use crate::base::limits::MAX_FILE_BYTES;
use crate::base::span::{Sources, Span};
use crate::flowtest::{self, Script};
use crate::syntax::document;
use crate::workspace;

/// The folder of a site that holds its scripted calls.
pub const FOLDER: &str = "tests";

/// What stands in the files.
#[derive(Debug, Default)]
pub struct Read {
    pub scripts: Vec<Script>,
    pub found: Vec<Diagnostic>,
}

/// Reads every file of scripted calls of a site; what cannot be read is a finding.
pub fn read(root: &Path, sources: &mut Sources) -> Read {
    let mut read = Read::default();
    let (files, problems) = workspace::tests_below(&root.join(FOLDER));
    let unreadable = |path: &Path, error: &workspace::FileError, sources: &mut Sources| {
        let file = sources.add(path.display().to_string(), "");
        Diagnostic::error(error.rule, Span::new(file, 0, 0), error.message.clone()).help(error.help.clone())
    };
    for (path, error) in problems {
        read.found.push(unreadable(&path, &error, sources));
    }
    for path in files {
        let shown = path.display().to_string();
        let bytes = match workspace::read_bounded(&path, MAX_FILE_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => {
                read.found.push(unreadable(&path, &error, sources));
                continue;
            }
        };
        let file = sources.add(shown, workspace::printable(&String::from_utf8_lossy(&bytes)));
        let (documents, _, problems) = document::parse_bytes(file, &bytes);
        read.found.extend(problems);
        let (scripts, problems) = flowtest::read(&documents);
        read.found.extend(problems);
        read.scripts.extend(scripts);
    }
    read
}
