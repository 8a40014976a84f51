//! `strowger diff`: what a change does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, paths, report};
use crate::base::diagnostic::{self, Diagnostic};
use crate::base::span::{Sources, Span};
use crate::base::suggest;
use crate::call::leg::Name;
use crate::diff::{self, Change, Kind, Level, Version};
use crate::graph::FlowGraph;
use crate::lint;
use crate::policy::Policy;
use crate::site::model::Site;
use crate::syntax::ast;
use crate::workspace::{self, Loaded};

/// The version of the JSON form: counted up when a member changes its meaning or goes.
const FORMAT: u32 = 1;

/// Say what a change of a site or a flow does
///
/// Formatting, comments and the form of a flow are no difference. Ends with 0, with 1 if a
/// difference is denied, with 2 if it could not run.
#[derive(Args)]
pub struct Diff {
    /// The version before: a site, or a file of flows
    #[arg(required_unless_present = "kinds")]
    old: Option<PathBuf>,
    /// The version after, of the same kind
    #[arg(required_unless_present = "kinds")]
    new: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// What must not be among the differences: kinds, or `risk`, `change`, `cosmetic` for all of a level
    #[arg(long, value_delimiter = ',', value_name = "KIND,..", value_parser = denied)]
    deny: Vec<Deny>,
    /// List the kinds of differences and their levels
    #[arg(long)]
    kinds: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deny {
    Kind(Kind),
    Level(Level),
}

fn denied(word: &str) -> Result<Deny, String> {
    let kind = Kind::ALL.iter().find(|kind| kind.name() == word).map(|kind| Deny::Kind(*kind));
    let level = Level::ALL.into_iter().find(|level| level.name() == word).map(Deny::Level);
    kind.or(level).ok_or_else(|| {
        let known = Kind::ALL.iter().map(|kind| kind.name()).chain(Level::ALL.map(Level::name));
        let hint = suggest::did_you_mean(word, known);
        format!("no kind of difference is called `{word}`{hint}; `strowger diff --kinds` lists them")
    })
}

impl Diff {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        let (false, Some(old), Some(new)) = (self.kinds, &self.old, &self.new) else {
            for kind in Kind::ALL {
                terminal.say(&format!("{:8}  {:20}  {}", kind.level().name(), kind.name(), kind.doc()));
            }
            return Ok(Exit::Done);
        };
        if let Some(missing) = [old, new].into_iter().find(|path| !path.exists()) {
            return Err(CouldNot(format!("there is no `{}`", missing.display())));
        }
        if old.is_dir() != new.is_dir() {
            return Err(CouldNot("compare two sites or two files of flows, not one of each".to_owned()));
        }
        let (old, new) = (Read::of(old, terminal)?, Read::of(new, terminal)?);
        let changes = diff::diff(old.version(), new.version());
        let is_denied = |change: &Change| {
            self.deny.iter().any(|deny| match deny {
                Deny::Kind(kind) => change.kind == *kind,
                Deny::Level(level) => change.level() == *level,
            })
        };
        match self.format {
            Format::Human => human(&changes, (&old.sources, &new.sources), is_denied, terminal),
            Format::Json => terminal.say(&json(&changes, (&old.sources, &new.sources), is_denied)?),
        }
        Ok(if changes.iter().any(is_denied) { Exit::No } else { Exit::Done })
    }
}

/// One version as it was read.
struct Read {
    site: Option<Site>,
    policies: BTreeMap<Name, Arc<Policy>>,
    trees: Vec<ast::File>,
    graphs: BTreeMap<Name, Arc<FlowGraph>>,
    sources: Sources,
}

impl Read {
    /// A site with all its flows, or a file of flows with what its site knows of them.
    ///
    /// # Errors
    /// A file cannot be read or has mistakes in its form: half a flow must not pass for a change.
    fn of(path: &Path, terminal: &mut Terminal) -> Result<Read, CouldNot> {
        let whole = path.is_dir();
        if whole {
            paths::site(Some(path))?;
        } else {
            paths::flows(&[path.to_owned()])?;
        }
        let mut loaded = workspace::find_root(path).map_or_else(Loaded::default, |root| workspace::load(&root));
        let same = |file: &Path| std::path::absolute(file).ok() == std::path::absolute(path).ok();
        if !whole && !loaded.flows.iter().any(|file| same(&file.path)) {
            loaded.read_flow(path.to_owned(), None);
        }
        let files: Vec<_> = loaded.flows.iter().filter(|f| !whole && same(&f.path)).map(|f| f.file).collect();
        let concerns = |d: &Diagnostic| whole || files.contains(&d.primary.span.file);
        let found: Vec<Diagnostic> = loaded.diagnostics.into_iter().filter(|d| concerns(d)).collect();
        if diagnostic::has_errors(&found) {
            report::draw(&found, &loaded.sources, terminal);
            return Err(CouldNot(format!("`{}` has errors; mend them first", path.display())));
        }
        let asked: Vec<bool> = loaded.flows.iter().map(|f| whole || same(&f.path)).collect();
        let all: Vec<ast::File> = loaded.flows.into_iter().map(|f| f.tree).collect();
        let graphs = match &loaded.site {
            Some(site) => lint::compile(site, &loaded.policies, &all).0.graphs,
            None => BTreeMap::new(),
        };
        let trees = all.into_iter().zip(asked).filter(|(_, asked)| *asked).map(|(tree, _)| tree).collect();
        let site = loaded.site.filter(|_| whole);
        Ok(Read { site, policies: loaded.policies, trees, graphs, sources: loaded.sources })
    }

    fn version(&self) -> Version<'_> {
        Version { site: self.site.as_ref(), policies: &self.policies, trees: &self.trees, graphs: &self.graphs }
    }
}

fn place(span: Option<Span>, sources: &Sources) -> Option<(String, u32, u32)> {
    let span = span?;
    let (line, column) = sources.line_column(span.file, span.start);
    Some((sources.get(span.file)?.name.to_string(), line, column))
}

fn human(
    changes: &[Change],
    (old, new): (&Sources, &Sources),
    is_denied: impl Fn(&Change) -> bool,
    terminal: &mut Terminal,
) {
    if changes.is_empty() {
        return terminal.say("no difference");
    }
    for change in changes {
        let at: Vec<&str> =
            [change.flow.as_str(), change.step.as_str()].into_iter().filter(|p| !p.is_empty()).collect();
        let at = if at.is_empty() { String::new() } else { format!("{}: ", at.join(" > ")) };
        let denied = if is_denied(change) { ", denied" } else { "" };
        let message = diagnostic::visible(&change.message);
        terminal.say(&format!("{:8}  {at}{message} [{}{denied}]", change.level().name(), change.kind.name()));
        let said = match (place(change.old, old), place(change.new, new)) {
            (_, Some((file, line, _))) => format!("{file}:{line}"),
            (Some((file, line, _)), None) => format!("{file}:{line} (before)"),
            (None, None) => continue,
        };
        terminal.say(&format!("          {}", diagnostic::visible(&said)));
    }
    let counts = Level::ALL.map(|level| (level, changes.iter().filter(|c| c.level() == level).count()));
    let words = counts.into_iter().filter(|(_, n)| *n > 0).map(|(level, n)| counted(level, n));
    terminal.say(&words.collect::<Vec<_>>().join(", "));
}

fn counted(level: Level, count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    match level {
        Level::Risk => format!("{count} risk{plural}"),
        Level::Change => format!("{count} change{plural}"),
        Level::Cosmetic => format!("{count} cosmetic"),
    }
}

#[derive(Serialize)]
struct JsonPlace {
    file: String,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct JsonChange<'a> {
    kind: &'static str,
    level: &'static str,
    denied: bool,
    flow: Option<&'a str>,
    step: Option<&'a str>,
    message: &'a str,
    old: Option<JsonPlace>,
    new: Option<JsonPlace>,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    version: u32,
    changes: Vec<JsonChange<'a>>,
    denied: usize,
}

fn json(
    changes: &[Change],
    (old, new): (&Sources, &Sources),
    is_denied: impl Fn(&Change) -> bool,
) -> Result<String, serde_json::Error> {
    let some = |text: &'_ str| !text.is_empty();
    let at = |span, sources| place(span, sources).map(|(file, line, column)| JsonPlace { file, line, column });
    let each = changes.iter().map(|change| JsonChange {
        kind: change.kind.name(),
        level: change.level().name(),
        denied: is_denied(change),
        flow: Some(change.flow.as_str()).filter(|f| some(f)),
        step: Some(change.step.as_str()).filter(|s| some(s)),
        message: &change.message,
        old: at(change.old, old),
        new: at(change.new, new),
    });
    let denied = changes.iter().filter(|c| is_denied(c)).count();
    serde_json::to_string_pretty(&JsonReport { version: FORMAT, changes: each.collect(), denied })
}
