//! `strowger graph`: a flow as a picture.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, fmt, paths, report};
use crate::base::diagnostic::{Diagnostic, Severity};
use crate::base::span::{FileId, Sources};
use crate::graph::FlowGraph;
use crate::lint;
use crate::picture;
use crate::syntax::ast;
use crate::workspace::{self, Loaded};

/// Names in a message about several flows.
const NAMED: usize = 12;

/// Draw the steps of a flow
///
/// A flow with errors is drawn as far as it can be read. Ends with 0 if it was drawn, 2 if not.
#[derive(Args)]
pub struct Graph {
    /// A file of flows, or a site
    path: PathBuf,
    #[arg(long, value_enum, default_value = "svg")]
    format: Format,
    /// The flow to draw, where there are several
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// Write to a file instead of the terminal
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Svg,
    Mermaid,
    Dot,
    Json,
}

impl Graph {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        let found = read(&self.path)?;
        report::draw_aside(&found.errors, &found.sources, terminal);
        let (flow, graph) = self.choose(&found)?;
        if !found.errors.is_empty() || found.wrong_elsewhere {
            let shown = if found.wrong_elsewhere { "; `strowger lint` shows them all" } else { "" };
            terminal.complain(&format!("there are errors, so the picture may lack something{shown}"));
        }
        let drawn = picture::picture(flow, graph);
        let text = match self.format {
            Format::Svg => picture::svg(&drawn, None),
            Format::Mermaid => picture::mermaid(&drawn),
            Format::Dot => picture::dot(&drawn),
            Format::Json => picture::json(&drawn),
        };
        match &self.output {
            Some(path) => fmt::write(path, &text)?,
            None => terminal.write(&text),
        }
        Ok(Exit::Done)
    }

    fn choose<'f>(&self, found: &'f Found) -> Result<(&'f ast::Flow, Option<&'f FlowGraph>), CouldNot> {
        let shown = self.path.display();
        let names: Vec<&str> = found.flows().map(|flow| flow.name.value.as_str()).collect();
        let list = |names: &[&str]| {
            let more = if names.len() > NAMED { " and more" } else { "" };
            let named: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
            format!("{}{more}", named.join(", "))
        };
        let flow = match (&self.flow, names.as_slice()) {
            (_, []) => return Err(CouldNot(format!("`{shown}` holds no flow that can be read"))),
            (None, [_]) => found.flows().next(),
            (None, several) => {
                let why =
                    format!("`{shown}` holds {} flows; say which with `--flow`: {}", several.len(), list(several));
                return Err(CouldNot(why));
            }
            (Some(name), names) => match found.flows().find(|flow| flow.name.value == *name) {
                None => return Err(CouldNot(format!("`{shown}` has no flow `{name}`; it has {}", list(names)))),
                some => some,
            },
        };
        let flow = flow.ok_or_else(|| CouldNot(format!("`{shown}` holds no flow")))?;
        Ok((flow, found.graph(flow)))
    }
}

/// What is at a path, compiled where it is part of a site.
struct Found {
    /// The files that were asked about.
    trees: Vec<ast::File>,
    compiled: Vec<Arc<FlowGraph>>,
    /// What is wrong in those files.
    errors: Vec<Diagnostic>,
    /// Other files of the site have errors too.
    wrong_elsewhere: bool,
    sources: Sources,
}

impl Found {
    fn flows(&self) -> impl Iterator<Item = &ast::Flow> {
        self.trees.iter().flat_map(|tree| &tree.items).filter_map(|item| match item {
            ast::Item::Flow(flow) => Some(flow),
            ast::Item::Constant(_) => None,
        })
    }

    /// The compiled flow of this very tree: of two with one name, only the first is compiled.
    fn graph(&self, flow: &ast::Flow) -> Option<&FlowGraph> {
        self.compiled.iter().map(AsRef::as_ref).find(|graph| graph.about.span == flow.name.span)
    }
}

fn read(path: &Path) -> Result<Found, CouldNot> {
    // A folder must be a site; a file need not be in one.
    if path.is_file() {
        paths::flows(&[path.to_owned()])?;
    } else {
        paths::site(Some(path))?;
    }
    let mut loaded = workspace::find_root(path).map_or_else(Loaded::default, |root| workspace::load(&root));
    let same = |file: &Path| std::path::absolute(file).ok() == std::path::absolute(path).ok();
    if path.is_file() && !loaded.flows.iter().any(|file| same(&file.path)) {
        loaded.read_flow(path.to_owned(), None);
    }
    let asked: Vec<bool> = loaded.flows.iter().map(|file| !path.is_file() || same(&file.path)).collect();
    let own: BTreeSet<FileId> =
        loaded.paths.iter().filter(|(_, file)| !path.is_file() || same(file)).map(|(file, _)| *file).collect();
    let files: Vec<ast::File> = loaded.flows.into_iter().map(|file| file.tree).collect();
    let mut found = loaded.diagnostics;
    let mut compiled = Vec::new();
    if let Some(site) = &loaded.site {
        let (flows, more) = lint::compile(site, &loaded.policies, &files);
        found = lint::join(&files, found, more);
        compiled = flows.graphs.into_values().collect();
    }
    found.retain(|d| d.severity == Severity::Error);
    let (errors, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|d| own.contains(&d.primary.span.file));
    let trees = files.into_iter().zip(asked).filter(|(_, asked)| *asked).map(|(tree, _)| tree).collect();
    Ok(Found { trees, compiled, errors, wrong_elsewhere: !others.is_empty(), sources: loaded.sources })
}
