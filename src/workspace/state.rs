//! The folder of what a site makes while it runs: generated secrets, records. Never in git.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::write_atomically;

/// Where it is unless `state:` says otherwise.
pub const STATE_FOLDER: &str = ".state";
/// The generated secrets in it.
pub const SECRETS_FILE: &str = "secrets.json";

/// The state folder cannot be made or written.
#[derive(Debug)]
pub struct StateError {
    pub path: PathBuf,
    pub error: io::Error,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` cannot be written: {}; give this user the right to, or set `state:` to another folder",
            self.path.display(),
            self.error
        )
    }
}

impl std::error::Error for StateError {}

/// The state folder of a site, made if it is not there, with a `.gitignore` that covers all of it.
///
/// `state` is what the site file says, relative to the site.
///
/// # Errors
/// The folder cannot be made or written.
pub fn state_folder(root: &Path, state: Option<&str>) -> Result<PathBuf, StateError> {
    let folder = root.join(state.unwrap_or(STATE_FOLDER));
    let failed = |error| StateError { path: folder.clone(), error };
    fs::create_dir_all(&folder).map_err(failed)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        write_atomically(&ignore, b"*\n", 0o644).map_err(failed)?;
    }
    Ok(folder)
}
