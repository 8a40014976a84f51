//! `strowger lint`: all checks.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, explain, paths, report};
use crate::base::diagnostic::{Diagnostic, Severity};
use crate::base::span::Sources;
use crate::workspace;

/// Check sites and their flows
///
/// Ends with 0 if nothing is wrong, 1 if there are errors (or warnings, with `--deny warnings`),
/// 2 if it could not run.
#[derive(Args)]
pub struct Lint {
    /// Sites, or files and folders in them [default: the site one is in]
    paths: Vec<PathBuf>,
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Count warnings as errors
    #[arg(long, value_enum, value_name = "LEVEL")]
    deny: Option<Deny>,
    /// Print what a rule proves, why, and examples
    #[arg(long, value_name = "RULE", conflicts_with = "paths")]
    explain: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

impl Lint {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        if let Some(rule) = &self.explain {
            return explain::explain(rule, terminal);
        }
        let mut findings = Findings::default();
        for (root, asked) in paths::sites(&self.paths)? {
            let (_, sources, found) = workspace::load(&root).check(1);
            findings.add(sources, found, |name| paths::covers(&root, &asked, name));
        }
        match self.format {
            Format::Human => findings.draw(terminal),
            Format::Json => terminal.say(&findings.json()?),
        }
        Ok(if findings.fails(self.deny.is_some()) { Exit::No } else { Exit::Done })
    }
}

/// What was found in one site, of the files that were asked about.
struct SiteFindings {
    sources: Sources,
    found: Vec<Diagnostic>,
    files: usize,
}

#[derive(Default)]
struct Findings {
    sites: Vec<SiteFindings>,
}

impl Findings {
    fn add(&mut self, sources: Sources, found: Vec<Diagnostic>, asked: impl Fn(&str) -> bool) {
        let is_asked = |file| sources.get(file).is_none_or(|source| asked(&source.name));
        let found: Vec<Diagnostic> = found.into_iter().filter(|d| is_asked(d.primary.span.file)).collect();
        let files = sources.names().filter(|name| asked(name)).count();
        self.sites.push(SiteFindings { sources, found, files });
    }

    fn fails(&self, deny_warnings: bool) -> bool {
        let least = if deny_warnings { Severity::Warning } else { Severity::Error };
        self.sites.iter().flat_map(|site| &site.found).any(|d| d.severity >= least)
    }

    fn draw(&self, terminal: &mut Terminal) {
        for site in &self.sites {
            report::draw(&site.found, &site.sources, terminal);
        }
        let mut summary = report::Summary::default();
        for site in &self.sites {
            summary.add(report::Summary::of(&site.found, site.files));
        }
        terminal.say(&summary.words());
    }

    fn json(&self) -> Result<String, CouldNot> {
        let sites = self.sites.iter().map(|site| (site.found.as_slice(), &site.sources, site.files));
        Ok(report::json(sites)?)
    }
}
