//! `strowger new`: a small working site. Its files are those of `flows/starter`, which is linted,
//! formatted and tested like any site.

use std::path::{Path, PathBuf};

use clap::Args;

use super::fmt::FILE_MODE;
use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, paths};
use crate::workspace;

macro_rules! starter {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_bytes!(concat!("../../flows/starter/", $path)).as_slice())),*]
    };
}

/// Every file of a new site.
const FILES: [(&str, &[u8]); 10] = starter![
    "strowger.yaml",
    "flows/main_line.flow",
    "policies/standard.yaml",
    "policies/standard.cases.yaml",
    "prompts/main-menu.wav",
    "prompts/no-key.wav",
    "prompts/not-valid.wav",
    "prompts/sorry.wav",
    "prompts/welcome.wav",
    "tests/main_line.test.yaml",
];
/// What git should not keep.
const GITIGNORE: &[u8] = b".state/\n";

/// Make a small working site
#[derive(Args)]
pub struct New {
    /// The folder to make; it must be empty, if it is there
    folder: PathBuf,
}

impl New {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        let shown = self.folder.display();
        check_empty(&self.folder)?;
        for (path, bytes) in FILES.into_iter().chain([(".gitignore", GITIGNORE)]) {
            put(&self.folder.join(path), bytes)?;
        }
        let word = paths::shell_word(&self.folder);
        terminal.say(&format!(
            "{shown} is a site that answers `100` with a menu. Try:\n\n    \
             strowger lint {word}\n    strowger serve {word}"
        ));
        Ok(Exit::Done)
    }
}

fn check_empty(folder: &Path) -> Result<(), CouldNot> {
    let shown = folder.display();
    let wrong = |why: &str| Err(CouldNot(format!("`{shown}` {why}; name a new folder")));
    match std::fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            Some(_) => wrong("is not empty"),
            None => Ok(()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(_) if folder.exists() => wrong("is not a folder that can be written"),
        Err(error) => Err(CouldNot(format!("`{shown}`: {error}"))),
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), CouldNot> {
    let failed = |error: std::io::Error| CouldNot(format!("`{}` cannot be written: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    workspace::write_atomically(path, bytes, FILE_MODE).map_err(failed)
}
