//! The folder of what a site makes while it runs: generated secrets, records. Never in git.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::files::write_atomically;

/// Where it is unless `state:` says otherwise.
pub const STATE_FOLDER: &str = ".state";
/// The generated secrets in it.
pub const SECRETS_FILE: &str = "secrets.json";

/// Held by the one process that serves the site.
const LOCK_FILE: &str = "lock";

/// The state folder cannot be used.
#[derive(Debug)]
pub struct StateError {
    pub path: PathBuf,
    /// `None`: another process has it.
    pub error: Option<io::Error>,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.error {
            Some(error) => write!(
                f,
                "`{path}` cannot be written: {error}; give this user the right to, or set `state:` to another folder"
            ),
            None => write!(
                f,
                "another process serves this site: it has locked `{path}`; end that one, or set `state:` to another \
                 folder"
            ),
        }
    }
}

impl std::error::Error for StateError {}

/// Where the state of a site is, or would be.
pub fn state_folder_of(root: &Path, state: Option<&str>) -> PathBuf {
    root.join(state.unwrap_or(STATE_FOLDER))
}

/// The state folder of a site, made if it is not there, with a `.gitignore` that covers all of it.
///
/// `state` is what the site file says, relative to the site.
///
/// # Errors
/// The folder cannot be made or written.
pub fn state_folder(root: &Path, state: Option<&str>) -> Result<PathBuf, StateError> {
    let folder = state_folder_of(root, state);
    let failed = |error| StateError { path: folder.clone(), error: Some(error) };
    fs::create_dir_all(&folder).map_err(failed)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        write_atomically(&ignore, b"*\n", 0o644).map_err(failed)?;
    }
    Ok(folder)
}

/// The right to serve the site, for as long as it is kept. Two servers would each count permits and write records
/// by itself. The system takes the lock back when the process ends, however it ends.
#[derive(Debug)]
pub struct StateLock(#[expect(dead_code, reason = "held, not read")] File);

/// Takes the lock of a state folder.
///
/// # Errors
/// Another process has it, or the file cannot be made.
pub fn lock_state(folder: &Path) -> Result<StateLock, StateError> {
    let path = folder.join(LOCK_FILE);
    let failed = |error| StateError { path: path.clone(), error };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(|e| failed(Some(e)))?;
    match file.try_lock() {
        Ok(()) => Ok(StateLock(file)),
        Err(fs::TryLockError::WouldBlock) => Err(failed(None)),
        Err(fs::TryLockError::Error(error)) => Err(failed(Some(error))),
    }
}
