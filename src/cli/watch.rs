//! `--watch` of `strowger test` and `strowger lint`: again whenever a file of the site changes.
//!
//! It looks twice a second instead of asking the system to be told: a site has few files, and editors that write
//! a new file and rename it, network folders and containers all look alike this way.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::workspace;

const LOOK: Duration = Duration::from_millis(500);

/// What the files of a site look like from outside.
#[derive(PartialEq, Eq)]
pub struct Stamp(Vec<(PathBuf, Option<SystemTime>, u64)>);

impl Stamp {
    pub fn of(root: &Path) -> Stamp {
        let about = |path: PathBuf| {
            let data = std::fs::metadata(&path).ok();
            let changed = data.as_ref().and_then(|d| d.modified().ok());
            (path, changed, data.map_or(0, |d| d.len()))
        };
        Stamp(workspace::files_below(root).into_iter().map(about).collect())
    }
}

/// Waits until the site differs from what it was.
pub fn changed(root: &Path, before: &Stamp) -> Stamp {
    loop {
        std::thread::sleep(LOOK);
        let now = Stamp::of(root);
        if now != *before {
            return now;
        }
    }
}
