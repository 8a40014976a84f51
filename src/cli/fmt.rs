//! `strowger fmt`: the canonical spelling of flows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::Args;

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, paths, report};
use crate::base::limits::MAX_FILE_BYTES;
use crate::base::span::Sources;
use crate::fmt::{self, Form, FormatError};
use crate::step;
use crate::workspace;

/// Permission bits of a new file; the system's mask takes away what it takes.
pub const FILE_MODE: u32 = 0o644;

/// Write flows in their canonical form
///
/// Ends with 0 if all is well, 1 if a file has errors (or, with `--check`, is not canonical), 2 if
/// it could not run.
#[derive(Args)]
pub struct Fmt {
    /// Files of flows, or folders to search for them [default: the current folder]
    paths: Vec<PathBuf>,
    /// Change nothing; name the files that are not canonical
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        let files = paths::flows(&self.paths)?;
        let mut exit = Exit::Done;
        let mut changed = 0_usize;
        for path in &files {
            let (form, text) = read(path)?;
            let formatted = match fmt::convert(&text, form, form, &setting_order) {
                Ok(converted) => converted.text,
                Err(error) => {
                    refuse(path, &text, error, terminal);
                    exit = Exit::No;
                    continue;
                }
            };
            if formatted == text {
                continue;
            }
            changed += 1;
            if self.check {
                exit = Exit::No;
                terminal.say(&format!("{} is not in canonical form", path.display()));
            } else {
                write(path, &formatted)?;
                terminal.say(&format!("{} formatted", path.display()));
            }
        }
        if changed == 0 && exit == Exit::Done {
            let plural = if files.len() == 1 { "" } else { "s" };
            terminal.say(&format!("{} file{plural} in canonical form", files.len()));
        }
        Ok(exit)
    }
}

/// The settings of a verb in the order of its declaration.
pub fn setting_order(verb: &str) -> &'static [&'static str] {
    static ORDER: OnceLock<BTreeMap<&'static str, Vec<&'static str>>> = OnceLock::new();
    let order = ORDER.get_or_init(|| {
        let keys = |decl: &step::decl::Decl| decl.settings.iter().map(|setting| setting.key).collect();
        step::registry::all().map(|decl| (decl.verb, keys(decl))).collect()
    });
    order.get(verb).map_or(&[], Vec::as_slice)
}

/// A file of flows and the form that its name says.
pub fn read(path: &Path) -> Result<(Form, String), CouldNot> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let shown = path.display();
    let form = Form::of(&name)
        .ok_or_else(|| CouldNot(format!("`{shown}` is no flow; their names end in `.flow` or `.flow.yaml`")))?;
    let bytes = workspace::read_bounded(path, MAX_FILE_BYTES).map_err(|e| CouldNot(format!("`{shown}`: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| CouldNot(format!("`{shown}` is not UTF-8; save it as UTF-8")))?;
    Ok((form, text))
}

/// Puts a text in its place, whole or not at all.
pub fn write(path: &Path, text: &str) -> Result<(), CouldNot> {
    workspace::write_atomically(path, text.as_bytes(), FILE_MODE)
        .map_err(|error| CouldNot(format!("`{}` cannot be written: {error}", path.display())))
}

/// Says why a text was left as it is.
pub fn refuse(path: &Path, text: &str, error: FormatError, terminal: &mut Terminal) {
    match error {
        FormatError::Syntax(found) => {
            let mut sources = Sources::default();
            sources.add(path.display().to_string(), workspace::printable(text));
            report::draw(&found, &sources, terminal);
        }
        changed @ FormatError::Changed(_) => terminal.complain(&format!("{}: {changed}", path.display())),
    }
}
