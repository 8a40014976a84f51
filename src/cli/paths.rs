//! Which sites and files the paths on the command line mean.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::CouldNot;
use crate::fmt::Form;
use crate::workspace::{self, SITE_FILE};

/// Files of flows below one path; more is a wrong path.
const MAX_FLOWS: usize = 10_000;

/// Sites to look at, and of each the files or folders that were asked about.
pub type Asked = BTreeMap<PathBuf, Vec<PathBuf>>;

/// The sites that `paths` are, or are in; the folder one is in where there are none.
///
/// # Errors
/// A path that is not there, or is in no site.
pub fn sites(paths: &[PathBuf]) -> Result<Asked, CouldNot> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let mut asked = Asked::new();
    for path in paths {
        if !path.exists() {
            return Err(CouldNot(format!("there is no `{}`", path.display())));
        }
        let Some(root) = workspace::find_root(path) else {
            return Err(CouldNot(format!(
                "`{}` is not in a site: neither it nor a folder above it has a `{SITE_FILE}`; \
                 `strowger new DIR` makes a site",
                path.display()
            )));
        };
        asked.entry(root).or_default().push(path.clone());
    }
    Ok(asked)
}

/// The site that a path is, or is in; the one that the folder one is in where there is none.
///
/// # Errors
/// As [`sites`].
pub fn site(path: Option<&Path>) -> Result<PathBuf, CouldNot> {
    let asked: Vec<PathBuf> = path.map(Path::to_owned).into_iter().collect();
    sites(&asked)?.into_keys().next().ok_or_else(|| CouldNot("there is no site here".to_owned()))
}

/// Whether the file `name` is one that was asked about: is it, or is below it.
pub fn covers(root: &Path, asked: &[PathBuf], name: &str) -> bool {
    let plain = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let file = plain(Path::new(name));
    asked.iter().any(|path| plain(path) == plain(root) || file.starts_with(plain(path)))
}

/// The files of flows that `paths` are, or that are below them, in the order of names.
///
/// # Errors
/// A path that is not there or is no flow, or holds too many.
pub fn flows(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CouldNot> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let mut files = Vec::new();
    for path in paths {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            let (found, problems) = workspace::flows_below(path);
            if let Some((path, error)) = problems.first() {
                return Err(CouldNot(format!("`{}`: {error}", path.display())));
            }
            files.extend(found);
        } else if !path.exists() {
            return Err(CouldNot(format!("there is no `{}`", path.display())));
        } else if Form::of(&name).is_some() {
            files.push(path.clone());
        } else {
            let why = "is no flow; their names end in `.flow` or `.flow.yaml`";
            return Err(CouldNot(format!("`{}` {why}", path.display())));
        }
    }
    if files.len() > MAX_FLOWS {
        return Err(CouldNot(format!("there are more than {MAX_FLOWS} flows; name the folders you mean")));
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// A path as one word of a shell's command line, for commands that people paste.
pub fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | ',' | ':' | '=' | '@');
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
