//! `strowger policy`: fraud policies and their cases.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, report};
use crate::base::diagnostic::{Diagnostic, has_errors};
use crate::base::limits::MAX_FILE_BYTES;
use crate::base::span::Sources;
use crate::policy::{self, Policy, Scope};
use crate::syntax::document::{self, Node};
use crate::workspace;

/// Ask a fraud policy
#[derive(Args)]
pub struct PolicyCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Test(Test),
}

/// Decide a table of cases
///
/// Prints one line for each case that fails. Ends with 0 only if all hold.
#[derive(Args)]
struct Test {
    /// The policy file
    policy: PathBuf,
    /// The file of cases
    cases: PathBuf,
}

impl PolicyCommand {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        match &self.command {
            Command::Test(args) => args.run(terminal),
        }
    }
}

impl Test {
    fn run(&self, terminal: &mut Terminal) -> Ended {
        let policy = read_policy(&self.policy, Scope::Table, terminal)?;
        let mut file = PolicyFile::read(&self.cases)?;
        let (cases, found) = policy::cases::read(&file.document);
        file.found.extend(found);
        file.refuse_errors(terminal)?;
        let mut failed = 0_usize;
        for failure in cases.iter().filter_map(|case| case.failure(&policy)) {
            terminal.say(&failure);
            failed += 1;
        }
        let count = cases.len();
        let plural = if count == 1 { "" } else { "s" };
        terminal.say(&format!("{count} case{plural}: {} hold, {failed} fail", count - failed));
        if count == 0 {
            return Err(CouldNot(format!("`{}` has no cases: nothing was tested", self.cases.display())));
        }
        Ok(if failed == 0 { Exit::Done } else { Exit::No })
    }
}

/// Reads the policy in a file; draws what is wrong with it.
///
/// # Errors
/// It cannot be read, or has errors.
pub fn read_policy(path: &Path, scope: Scope, terminal: &mut Terminal) -> Result<Policy, CouldNot> {
    let mut file = PolicyFile::read(path)?;
    let (policy, found) = policy::read(&file.document, scope);
    file.found.extend(found);
    file.refuse_errors(terminal)?;
    policy.ok_or_else(|| CouldNot(format!("`{}` is not a policy", path.display())))
}

/// A YAML file of one document.
struct PolicyFile {
    shown: String,
    sources: Sources,
    document: Node,
    found: Vec<Diagnostic>,
}

impl PolicyFile {
    fn read(path: &Path) -> Result<Self, CouldNot> {
        let shown = path.display().to_string();
        let bytes = workspace::read_bounded(path, MAX_FILE_BYTES).map_err(|e| CouldNot(format!("`{shown}`: {e}")))?;
        let mut sources = Sources::default();
        let file = sources.add(shown.as_str(), workspace::printable(&String::from_utf8_lossy(&bytes)));
        let (documents, _, found) = document::parse_bytes(file, &bytes);
        let whole = documents.into_iter().next();
        let empty = Node::new(document::NodeKind::Null, crate::base::span::Span::new(file, 0, 0));
        Ok(Self { shown, sources, document: whole.unwrap_or(empty), found })
    }

    fn refuse_errors(&self, terminal: &mut Terminal) -> Result<(), CouldNot> {
        report::draw(&self.found, &self.sources, terminal);
        if has_errors(&self.found) { Err(CouldNot(format!("`{}` has errors", self.shown))) } else { Ok(()) }
    }
}
