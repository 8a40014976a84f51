//! `strowger lint --fix`: applies the fixes of findings until there are no more.
//!
//! Changes are tried on texts in memory; what is written at the end has no more errors in any file than before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::CouldNot;
use super::terminal::Terminal;
use crate::base::diagnostic::{self, Diagnostic, Edit, Fix, Severity};
use crate::base::limits::MAX_FILE_BYTES;
use crate::base::span::FileId;
use crate::lint::{Fingerprint, edits, pages};
use crate::workspace::{self, Asked, Examined, Overlay};

/// Rounds of fixing: one fix can make room for the next, and a few that make room for each other must end.
const MAX_PASSES: usize = 10;
/// Fixes that are tried one by one, after some of them together made a file worse.
const MAX_SINGLE: usize = 100;

/// What to do with fixes.
#[derive(Clone, Copy, Debug)]
pub struct How {
    pub unsafe_fixes: bool,
    /// Show the changes in place of writing them.
    pub dry_run: bool,
    /// Tell beside the answer, which is for a program.
    pub aside: bool,
}

/// Fixes the files of a site that are asked about, and gives their new texts.
///
/// # Errors
/// A file changed meanwhile, or cannot be written.
pub fn fix(
    root: &Path,
    asked: &Asked,
    how: How,
    covers: &dyn Fn(&str) -> bool,
    terminal: &mut Terminal,
) -> Result<Overlay, CouldNot> {
    let mut work = Work { root, asked, how, covers, before: Overlay::new(), texts: Overlay::new(), done: Vec::new() };
    work.run()?;
    let changed: Vec<&PathBuf> =
        work.texts.iter().filter(|(p, t)| work.before.get(*p) != Some(t)).map(|(p, _)| p).collect();
    let mut told = Vec::new();
    if how.dry_run {
        told.extend(changed.iter().map(|path| work.diff(path)));
    } else {
        for path in &changed {
            work.write(path)?;
        }
        told.extend(work.done.iter().cloned());
    }
    let (fixes, files) = (work.done.len(), changed.len());
    if fixes > 0 {
        let would = if how.dry_run { "would be " } else { "" };
        let plural = if fixes == 1 { "fix" } else { "fixes" };
        told.push(format!("{fixes} {plural} {would}applied in {}\n", super::report::counted(files, "file")));
    }
    for text in told {
        if how.aside { terminal.complain(&text) } else { terminal.say(&text) }
    }
    Ok(work.texts)
}

/// One fix that can be applied to the texts as they are.
struct Candidate {
    /// Which finding it mends, by what.
    key: (Fingerprint, String),
    fix: Fix,
    /// The file of each edit.
    paths: Vec<PathBuf>,
    finding: Diagnostic,
    /// The file of the finding.
    path: PathBuf,
    told: String,
}

struct Work<'a> {
    root: &'a Path,
    asked: &'a Asked,
    how: How,
    covers: &'a dyn Fn(&str) -> bool,
    /// What was read from the disk, of the files that are changed.
    before: Overlay,
    texts: Overlay,
    /// What was done, in words.
    done: Vec<String>,
}

impl Work<'_> {
    fn run(&mut self) -> Result<(), CouldNot> {
        let mut refused: BTreeSet<(Fingerprint, String)> = BTreeSet::new();
        let mut examined = self.examine(&self.texts);
        for _ in 0..MAX_PASSES {
            let candidates = self.candidates(&examined, &refused)?;
            let chosen = edits::apart(candidates.iter().map(|candidate| &candidate.fix));
            let mut chosen = chosen.into_iter();
            let together: Vec<Candidate> = candidates.into_iter().filter(|_| chosen.next() == Some(true)).collect();
            if together.is_empty() {
                return Ok(());
            }
            match self.tried(&examined, &together) {
                Some(better) => examined = better,
                None => match self.one_by_one(&examined, &together, &mut refused) {
                    Some(better) => examined = better,
                    None => return Ok(()),
                },
            }
        }
        Ok(())
    }

    fn examine(&self, texts: &Overlay) -> Examined {
        workspace::load_over(self.root, texts.clone()).examine(self.asked)
    }

    /// Applies fixes if no file is worse with them, and each mends what it is for.
    fn tried(&mut self, before: &Examined, fixes: &[Candidate]) -> Option<Examined> {
        let texts = applied(&self.texts, fixes)?;
        let after = self.examine(&texts);
        if worse(before, &after) || !fixes.iter().all(|fix| mended(fix, fixes, before, &after)) {
            return None;
        }
        self.texts = texts;
        self.done.extend(fixes.iter().map(|fix| fix.told.clone()));
        Some(after)
    }

    /// The first that does no harm; those before it are not tried again.
    fn one_by_one(
        &mut self,
        before: &Examined,
        fixes: &[Candidate],
        refused: &mut BTreeSet<(Fingerprint, String)>,
    ) -> Option<Examined> {
        for fix in fixes.iter().take(MAX_SINGLE) {
            if let Some(better) = self.tried(before, std::slice::from_ref(fix)) {
                return Some(better);
            }
            refused.insert(fix.key.clone());
        }
        None
    }

    fn candidates(
        &mut self,
        examined: &Examined,
        refused: &BTreeSet<(Fingerprint, String)>,
    ) -> Result<Vec<Candidate>, CouldNot> {
        let mut candidates = Vec::new();
        for finding in &examined.found {
            let Some(fix) = finding.fix.as_ref().filter(|fix| fix.safe || self.how.unsafe_fixes) else { continue };
            let key = (examined.places.fingerprint(finding), fix.title.clone());
            let asked = |file: FileId| examined.sources.get(file).is_some_and(|source| (self.covers)(&source.name));
            if refused.contains(&key) || !fix.edits.iter().all(|edit| asked(edit.span.file)) {
                continue;
            }
            let mut paths = Vec::new();
            for edit in &fix.edits {
                let Some(path) = examined.paths.get(&edit.span.file) else { continue };
                self.take(path, examined, edit.span.file)?;
                paths.push(path.clone());
            }
            let path = examined.paths.get(&finding.primary.span.file);
            if let Some(path) = path.filter(|_| !paths.is_empty() && paths.len() == fix.edits.len()) {
                let told = told(finding, &fix.title, examined);
                let (fix, finding) = (fix.clone(), finding.clone());
                candidates.push(Candidate { key, fix, paths, finding, path: path.clone(), told });
            }
        }
        Ok(candidates)
    }

    /// Takes a file into memory, so that what is changed is what was read.
    fn take(&mut self, path: &Path, examined: &Examined, file: FileId) -> Result<(), CouldNot> {
        if self.texts.contains_key(path) {
            return Ok(());
        }
        let text = read(path)?;
        let same = examined.sources.get(file).is_some_and(|source| *source.text == *workspace::printable(&text));
        if !same {
            return Err(changed_meanwhile(path));
        }
        self.before.insert(path.to_owned(), text.clone());
        self.texts.insert(path.to_owned(), text);
        Ok(())
    }

    fn write(&self, path: &Path) -> Result<(), CouldNot> {
        let (Some(before), Some(text)) = (self.before.get(path), self.texts.get(path)) else { return Ok(()) };
        if read(path)? != *before {
            return Err(changed_meanwhile(path));
        }
        super::fmt::write(path, text)
    }

    fn diff(&self, path: &Path) -> String {
        let text = |texts: &Overlay| workspace::printable(texts.get(path).map_or("", String::as_str));
        let (old, new) = (text(&self.before), text(&self.texts));
        let shown = diagnostic::visible(&path.display().to_string()).into_owned();
        let (a, b) = (format!("a/{shown}"), format!("b/{shown}"));
        TextDiff::from_lines(&old, &new).unified_diff().header(&a, &b).to_string()
    }
}

fn read(path: &Path) -> Result<String, CouldNot> {
    let shown = path.display();
    let bytes = workspace::read_bounded(path, MAX_FILE_BYTES).map_err(|e| CouldNot(format!("`{shown}`: {e}")))?;
    String::from_utf8(bytes).map_err(|_| CouldNot(format!("`{shown}` is not UTF-8; save it as UTF-8")))
}

fn changed_meanwhile(path: &Path) -> CouldNot {
    CouldNot(format!("`{}` was changed by somebody else while it was being fixed; run it again", path.display()))
}

fn told(finding: &Diagnostic, title: &str, examined: &Examined) -> String {
    let span = finding.primary.span;
    let (line, column) = examined.sources.line_column(span.file, span.start);
    let name = examined.sources.get(span.file).map_or("", |source| source.name.as_ref());
    diagnostic::visible(&format!("{name}:{line}:{column}: {}: {title}", finding.rule)).into_owned()
}

/// The texts with all edits; `None` if one is not within its text.
fn applied(texts: &Overlay, fixes: &[Candidate]) -> Option<Overlay> {
    let mut by_file: BTreeMap<&PathBuf, Vec<&Edit>> = BTreeMap::new();
    for (path, edit) in fixes.iter().flat_map(|fix| fix.paths.iter().zip(&fix.fix.edits)) {
        by_file.entry(path).or_default().push(edit);
    }
    let mut texts = texts.clone();
    for (path, edits) in by_file {
        let text = texts.get_mut(path)?;
        *text = edits::applied(text, &edits)?;
    }
    Some(texts)
}

/// Whether the finding of a fix is gone from its place, once it and the others are applied; or it is another of its
/// kind that came to stand there, and there are fewer.
fn mended(fix: &Candidate, fixes: &[Candidate], before: &Examined, after: &Examined) -> bool {
    let all = fixes.iter().flat_map(|fix| fix.paths.iter().zip(&fix.fix.edits));
    let edits: Vec<&Edit> = all.filter(|(path, _)| **path == fix.path).map(|(_, edit)| edit).collect();
    let places = edits::moved(&edits, fix.finding.primary.span.start);
    let like = |examined: &Examined| -> Vec<u32> {
        let same = |d: &&Diagnostic| {
            d.rule == fix.finding.rule
                && d.message == fix.finding.message
                && examined.paths.get(&d.primary.span.file) == Some(&fix.path)
        };
        examined.found.iter().filter(same).map(|d| d.primary.span.start).collect()
    };
    let (had, has) = (like(before), like(after));
    has.len() < had.len() || !has.iter().any(|place| places.contains(place))
}

/// Whether a file has more errors than before, or more that keep it from being read: those hide others.
fn worse(before: &Examined, after: &Examined) -> bool {
    let (before, after) = (errors(before), errors(after));
    let none = (0, 0);
    after.iter().any(|(name, (all, unread))| {
        let (had, had_unread) = before.get(name).unwrap_or(&none);
        all > had || unread > had_unread
    })
}

/// The errors of each file, and how many of them are of its text.
fn errors(examined: &Examined) -> BTreeMap<&str, (usize, usize)> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for finding in examined.found.iter().filter(|d| d.severity == Severity::Error) {
        let name = examined.sources.get(finding.primary.span.file).map_or("", |source| source.name.as_ref());
        let (all, unread) = counts.entry(name).or_default();
        *all += 1;
        *unread += usize::from(pages::find(finding.rule).is_some_and(|page| matches!(page.group(), "text" | "site")));
    }
    counts
}
