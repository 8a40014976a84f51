//! Files of flows as they were read before: who looks at a site again and again reads those that are as they were
//! only once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::span::FileId;
use crate::syntax::ast;
use crate::syntax::document::Comment;

/// What a file of flows says: its tree, its comments, and what is wrong with it by itself.
pub(super) type Parsed = (ast::File, Vec<Comment>, Vec<Diagnostic>);

/// Readings by path.
#[derive(Debug, Default)]
pub struct Kept {
    readings: BTreeMap<PathBuf, Reading>,
    /// How many of them are of the time before.
    pub reused: usize,
}

#[derive(Debug)]
struct Reading {
    /// Places in what was read name their file by its number, which another file before it changes.
    file: FileId,
    bytes: Vec<u8>,
    parsed: Arc<Parsed>,
}

impl Kept {
    /// What the file says, if it says what it did.
    pub(super) fn find(&self, path: &Path, file: FileId, bytes: &[u8]) -> Option<Arc<Parsed>> {
        let reading = self.readings.get(path).filter(|r| r.file == file && r.bytes == bytes)?;
        Some(Arc::clone(&reading.parsed))
    }

    pub(super) fn keep(&mut self, path: PathBuf, file: FileId, bytes: Vec<u8>, parsed: Arc<Parsed>) {
        self.readings.insert(path, Reading { file, bytes, parsed });
    }
}
