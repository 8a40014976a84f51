//! `strowger test`: a site's scripted calls.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, paths, report, watch};
use crate::base::diagnostic::{Diagnostic, Severity, has_errors};
use crate::base::limits::MAX_FILE_BYTES;
use crate::base::span::Sources;
use crate::exchange::Plan;
use crate::flowtest::{self, Form, Script, Suite};
use crate::picture;
use crate::syntax::{ast, document};
use crate::workspace;

/// The folder of a site that holds its scripted calls.
const FOLDER: &str = "tests";
/// A report is for everybody who may see the folder it is put in.
const REPORT_MODE: u32 = 0o644;

/// Run a site's scripted calls in virtual time
///
/// Ends with 0 if all pass, 1 if one fails, 2 if they could not be run.
#[derive(Args)]
pub struct Test {
    /// The site [default: the one one is in]
    site: Option<PathBuf>,
    /// List the branches of the flows that no test takes
    #[arg(long)]
    coverage: bool,
    /// Draw each flow into this folder, with the ways that the tests took and those that none did
    #[arg(long, value_name = "DIR")]
    coverage_svg: Option<PathBuf>,
    /// Write the results as JUnit XML as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Only tests whose name has this in it
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Run again whenever a file of the site changes, until interrupted
    #[arg(long)]
    watch: bool,
}

impl Test {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        if !self.watch {
            return self.once(terminal);
        }
        let root = paths::site(self.site.as_deref())?;
        let mut stamp = watch::Stamp::of(&root);
        loop {
            // A site that cannot be run is told, and waited for.
            if let Err(CouldNot(why)) = self.once(terminal) {
                terminal.complain(&format!("error: {why}"));
            }
            terminal.say("watching; Ctrl-C ends");
            stamp = watch::changed(&root, &stamp);
            terminal.say("");
        }
    }

    fn once(&self, terminal: &mut Terminal) -> Ended {
        let Site { root, plan, trees, mut sources } = site(self.site.as_deref(), terminal)?;
        let mut scripts = read_scripts(&root, &mut sources, terminal)?;
        if scripts.is_empty() {
            let folder = root.join(FOLDER);
            let why =
                "has no `*.test.yaml`: nothing was tested; `strowger new DIR` makes a site with a test to start from";
            return Err(CouldNot(format!("`{}` {why}", folder.display())));
        }
        if let Some(text) = &self.filter {
            scripts.retain(|script| script.name.value.contains(text.as_str()));
            if scripts.is_empty() {
                return Err(CouldNot(format!("no test has `{text}` in its name: nothing was tested")));
            }
        }
        let suite = flowtest::run_all(&plan, scripts);
        let form = Form { coverage: self.coverage, color: terminal.color, width: terminal.width };
        terminal.write(&flowtest::report(&suite, &sources, form));
        if let Some(folder) = &self.coverage_svg {
            draw(&trees, &plan, &suite, folder)?;
        }
        if let Some(file) = &self.junit {
            let xml = report::junit::played(&suite, &sources)?;
            workspace::write_atomically(file, xml.as_bytes(), REPORT_MODE)
                .map_err(|e| CouldNot(format!("`{}` cannot be written: {e}", file.display())))?;
        }
        Ok(if suite.passed() { Exit::Done } else { Exit::No })
    }
}

/// A picture of each flow, `FLOW.svg`, coloured by what the tests took.
fn draw(trees: &[ast::File], plan: &Plan, suite: &Suite, folder: &Path) -> Result<(), CouldNot> {
    let failed = |path: &Path, e: std::io::Error| CouldNot(format!("`{}` cannot be written: {e}", path.display()));
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    for flow in trees
        .iter()
        .flat_map(|tree| &tree.items)
        .filter_map(|item| if let ast::Item::Flow(flow) = item { Some(flow) } else { None })
    {
        // In a library the flow's full name is not the one that is written.
        let compiled = plan.flows.iter().find(|(_, graph)| graph.about.span == flow.name.span);
        let Some((name, graph)) = compiled else { continue };
        let taken = suite.coverage.iter().find(|c| c.flow == *name).map(|c| c.taken.clone()).unwrap_or_default();
        let drawn = picture::svg(&picture::picture(flow, Some(graph)), Some(&picture::Overlay::new(taken)));
        let path = folder.join(format!("{name}.svg"));
        workspace::write_atomically(&path, drawn.as_bytes(), REPORT_MODE).map_err(|e| failed(&path, e))?;
    }
    Ok(())
}

/// A site that calls can be played on.
pub struct Site {
    pub root: PathBuf,
    pub plan: Arc<Plan>,
    /// Its flows as they are written.
    pub trees: Vec<ast::File>,
    pub sources: Sources,
}

/// The site that a path is in, compiled.
///
/// # Errors
/// There is none, or it has errors, which are drawn.
pub fn site(path: Option<&Path>, terminal: &mut Terminal) -> Result<Site, CouldNot> {
    let root = paths::site(path)?;
    let loaded = workspace::load(&root);
    let trees = loaded.flows.iter().map(|file| file.tree.clone()).collect();
    let (plan, sources, found) = loaded.check(1);
    match plan {
        Some(plan) => Ok(Site { root, plan: Arc::new(plan), trees, sources }),
        None => {
            let errors: Vec<Diagnostic> = found.into_iter().filter(|d| d.severity == Severity::Error).collect();
            report::draw(&errors, &sources, terminal);
            Err(CouldNot(format!("`{}` has errors, so that none of its flows was run", root.display())))
        }
    }
}

fn read_scripts(root: &Path, sources: &mut Sources, terminal: &mut Terminal) -> Result<Vec<Script>, CouldNot> {
    let (files, problems) = workspace::tests_below(&root.join(FOLDER));
    if let Some((path, problem)) = problems.first() {
        return Err(CouldNot(format!("`{}`: {problem}", path.display())));
    }
    let (mut scripts, mut found) = (Vec::new(), Vec::new());
    for path in files {
        let shown = path.display().to_string();
        let bytes = workspace::read_bounded(&path, MAX_FILE_BYTES).map_err(|e| CouldNot(format!("`{shown}`: {e}")))?;
        let file = sources.add(shown.as_str(), workspace::printable(&String::from_utf8_lossy(&bytes)));
        let (documents, _, problems) = document::parse_bytes(file, &bytes);
        found.extend(problems);
        let (more, problems) = flowtest::read(&documents);
        found.extend(problems);
        scripts.extend(more);
    }
    report::draw(&found, sources, terminal);
    if has_errors(&found) {
        return Err(CouldNot("the tests have errors, so that none was run".to_owned()));
    }
    Ok(scripts)
}
