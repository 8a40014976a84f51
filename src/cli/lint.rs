//! `strowger lint`: all checks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::report::SiteFindings;
use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, explain, fix, paths, report, watch};
use crate::base::diagnostic::{Diagnostic, Severity};
use crate::lint::pages::{self, Firmness};
use crate::lint::{HeldBy, baseline, suppress};
use crate::workspace::{self, Asked, Examined};

/// What `--deny` takes besides the names of rules.
const WARNINGS: &str = "warnings";
/// The baseline is for everybody who may see the site.
const BASELINE_MODE: u32 = 0o644;

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
    /// Count warnings, or the findings of a rule, as errors
    #[arg(long, value_name = "RULE|warnings")]
    deny: Vec<String>,
    /// Print what a rule proves, why, and examples
    #[arg(long, value_name = "RULE", conflicts_with = "paths")]
    explain: Option<String>,
    /// The day on which exceptions are judged, such as 2026-12-31 [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = day)]
    today: Option<Date>,
    /// Write what is found into the baseline of each site: from now on only what is new is reported
    #[arg(long, conflicts_with_all = ["fix", "format"])]
    write_baseline: bool,
    /// Mend what can be mended without changing what a right flow does
    #[arg(long)]
    fix: bool,
    /// Mend also what needs a look afterwards
    #[arg(long, requires = "fix")]
    unsafe_fixes: bool,
    /// Show what `--fix` would change, and change nothing
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// Look again whenever a file of the site changes, until interrupted; only changed flows are read again
    #[arg(long, conflicts_with_all = ["fix", "write_baseline", "explain"])]
    watch: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Drawn with the source lines
    Human,
    /// One object; see docs/ci.md
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// JUnit XML
    Junit,
}

fn day(text: &str) -> Result<Date, String> {
    suppress::day(text).ok_or_else(|| "a day is written as `2026-12-31`".to_owned())
}

impl Lint {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        if let Some(rule) = &self.explain {
            return explain::explain(rule, terminal);
        }
        let asked = self.asked()?;
        let sites = paths::sites(&self.paths)?;
        if self.write_baseline {
            return write_baselines(sites.keys().map(PathBuf::as_path), &asked, terminal);
        }
        if self.watch {
            let mut sites = sites.iter();
            let (Some((root, paths)), None) = (sites.next(), sites.next()) else {
                return Err(CouldNot("`--watch` looks at one site: name one".to_owned()));
            };
            return self.again_and_again(root, paths, terminal);
        }
        let mut findings = Vec::new();
        for (root, paths) in &sites {
            let covers = |name: &str| paths::covers(root, paths, name);
            let overlay = if self.fix {
                let aside = self.format != Format::Human;
                let how = fix::How { unsafe_fixes: self.unsafe_fixes, dry_run: self.dry_run, aside };
                fix::fix(root, &asked, how, &covers, terminal)?
            } else {
                workspace::Overlay::new()
            };
            findings.push(of_site(workspace::load_over(root, overlay).examine(&asked), covers));
        }
        self.tell(&findings, terminal)
    }

    fn again_and_again(&self, root: &Path, paths: &[PathBuf], terminal: &mut Terminal) -> Ended {
        let covers = |name: &str| paths::covers(root, paths, name);
        let mut stamp = watch::Stamp::of(root);
        let mut kept = workspace::Kept::default();
        loop {
            let mut examined = workspace::load_again(root, kept).examine(&self.asked()?);
            kept = std::mem::take(&mut examined.kept);
            self.tell(&[of_site(examined, covers)], terminal)?;
            terminal.say("watching; Ctrl-C ends");
            stamp = watch::changed(root, &stamp);
            terminal.say("");
        }
    }

    fn tell(&self, findings: &[SiteFindings], terminal: &mut Terminal) -> Ended {
        match self.format {
            Format::Human => draw(findings, terminal),
            Format::Json => terminal.say(&report::json(findings)?),
            Format::Sarif => terminal.say(&report::sarif::log(findings)?),
            Format::Github => {
                terminal.write(&report::github::commands(findings));
                terminal.complain(&report::summary(findings).words());
            }
            Format::Junit => terminal.write(&report::junit::findings(findings, |d| self.fails(d))?),
        }
        let failed = findings.iter().flat_map(|site| &site.found).any(|d| self.fails(d));
        Ok(if failed { Exit::No } else { Exit::Done })
    }

    fn fails(&self, finding: &Diagnostic) -> bool {
        let least = if self.deny.iter().any(|d| d == WARNINGS) { Severity::Warning } else { Severity::Error };
        finding.severity >= least
    }

    fn asked(&self) -> Result<Asked, CouldNot> {
        let today = self.today.unwrap_or_else(|| Timestamp::now().to_zoned(TimeZone::UTC).date());
        let mut denied = BTreeSet::new();
        for name in self.deny.iter().filter(|name| *name != WARNINGS) {
            let rule = pages::known(name).ok_or_else(|| explain::no_rule(name))?;
            denied.insert(rule);
        }
        Ok(Asked { today: Some(today), denied, without_baseline: self.write_baseline })
    }
}

/// What is found in the files that were asked about.
fn of_site(examined: Examined, asked: impl Fn(&str) -> bool) -> SiteFindings {
    let Examined { sources, found, held, places, .. } = examined;
    let is_asked = |d: &Diagnostic| sources.get(d.primary.span.file).is_none_or(|source| asked(&source.name));
    let found: Vec<Diagnostic> = found.into_iter().filter(is_asked).collect();
    let held = held.into_iter().filter(|held| is_asked(&held.finding)).collect();
    let files = sources.names().filter(|name| asked(name)).map(str::to_owned).collect();
    SiteFindings { sources, places, found, held, files }
}

fn draw(findings: &[SiteFindings], terminal: &mut Terminal) {
    for site in findings {
        report::draw(&site.found, &site.sources, terminal);
    }
    terminal.say(&report::summary(findings).words());
}

/// Writes the baseline of each site, and draws what no baseline can hold.
fn write_baselines<'a>(roots: impl Iterator<Item = &'a Path>, asked: &Asked, terminal: &mut Terminal) -> Ended {
    let mut exit = Exit::Done;
    for root in roots {
        let examined = workspace::load(root).examine(asked);
        let holdable = |d: &&Diagnostic| matches!(pages::firmness(d.rule), Firmness::Free | Firmness::Correctness);
        let held: Vec<_> = examined.found.iter().filter(holdable).map(|d| examined.places.fingerprint(d)).collect();
        let left: Vec<Diagnostic> = examined.found.iter().filter(|d| !holdable(d)).cloned().collect();
        let path = root.join(baseline::FILE);
        let count = held.len();
        workspace::write_atomically(&path, baseline::write(held).as_bytes(), BASELINE_MODE)
            .map_err(|e| CouldNot(format!("`{}` cannot be written: {e}", path.display())))?;
        report::draw(&left, &examined.sources, terminal);
        let by_exceptions = examined.held.iter().filter(|h| h.by != HeldBy::Baseline).count();
        let also = if by_exceptions > 0 { format!("; {by_exceptions} more by exceptions") } else { String::new() };
        terminal.say(&format!("{} holds {}{also}", path.display(), report::counted(count, "finding")));
        if left.iter().any(|d| d.severity == Severity::Error) {
            terminal.say("what is shown above cannot be held: it must be mended");
            exit = Exit::No;
        }
    }
    Ok(exit)
}
