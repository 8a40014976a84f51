//! What becomes of findings: the site's levels, its exceptions, its baseline.
//!
//! Whatever was found is in [`Judged`], as a finding or as one that is held back: nothing is lost in between.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::baseline::Baseline;
use super::levels::Levels;
use super::pages::{self, Firmness};
use super::places::Places;
use super::suppress::{self, Exception, Lines};
use crate::base::diagnostic::{self, Diagnostic, Severity};
use crate::base::span::{FileId, Sources, Span};
use crate::site::model::LevelSetting;
use crate::syntax::document::Comment;

/// What a site says about findings, and what the command that asks says.
#[derive(Debug, Default)]
pub struct Terms<'a> {
    pub levels: &'a [LevelSetting],
    /// The comments of each file.
    pub comments: &'a [(FileId, Vec<Comment>)],
    pub baseline: Option<Baseline>,
    /// `None` where no exception ends: a site that was let in keeps running when a date has passed.
    pub today: Option<Date>,
    /// Rules that are errors, whatever the site says.
    pub denied: BTreeSet<&'static str>,
}

/// A finding that is held back, and by what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    pub finding: Diagnostic,
    pub by: HeldBy,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HeldBy {
    Exception { reason: String, until: Date },
    Baseline,
}

/// All that was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judged {
    pub found: Vec<Diagnostic>,
    pub held: Vec<Held>,
}

/// Holds findings against the terms of their site.
pub fn judge(mut found: Vec<Diagnostic>, mut terms: Terms<'_>, sources: &Sources, places: &Places) -> Judged {
    let mut of_terms = Vec::new();
    let mut levels = Levels::read(terms.levels, &mut of_terms);
    levels.deny(&terms.denied);
    levels.apply(&mut found);
    let mut exceptions = Exceptions::read(&terms, sources, &mut of_terms);
    let mut judged = Judged::default();
    // In the order of the source, so that an entry of the baseline holds the same one of equals each time.
    diagnostic::sort(&mut found);
    for finding in found {
        match by(&finding, &mut exceptions, terms.baseline.as_mut(), terms.today, places) {
            Some(by) => judged.held.push(Held { finding, by }),
            None => judged.found.push(finding),
        }
    }
    // Where a flow could not be read whole, searches were left out: what they would find is not gone.
    let stops = |d: &Diagnostic| d.severity == Severity::Error && pages::firmness(d.rule) == Firmness::Structure;
    let whole = !judged.found.iter().any(stops);
    exceptions.report(terms.today, whole, sources, &mut of_terms);
    of_terms.extend(terms.baseline.iter().filter(|_| whole).flat_map(Baseline::stale));
    levels.apply(&mut of_terms);
    judged.found.extend(of_terms);
    diagnostic::sort(&mut judged.found);
    judged
}

fn by(
    finding: &Diagnostic,
    exceptions: &mut Exceptions,
    baseline: Option<&mut Baseline>,
    today: Option<Date>,
    places: &Places,
) -> Option<HeldBy> {
    if pages::firmness(finding.rule).refusal().is_some() {
        return None;
    }
    if let Some(held) = exceptions.hold(finding, today) {
        return Some(held);
    }
    baseline?.takes(&places.fingerprint(finding)).then_some(HeldBy::Baseline)
}

/// The exceptions of a site, by file.
#[derive(Default)]
struct Exceptions {
    files: BTreeMap<FileId, Written>,
}

/// The exceptions of one file.
struct Written {
    lines: Lines,
    tried: Vec<Tried>,
    /// Where the first for each rule and line stands among them.
    about: BTreeMap<(usize, &'static str), usize>,
}

struct Tried {
    exception: Exception,
    /// The first finding that it is about.
    met: Option<Span>,
}

impl Exceptions {
    fn read(terms: &Terms<'_>, sources: &Sources, found: &mut Vec<Diagnostic>) -> Self {
        let mut files = BTreeMap::new();
        for (file, comments) in terms.comments {
            let Some(source) = sources.get(*file) else { continue };
            let exceptions = suppress::read(*file, &source.text, comments, found);
            if !exceptions.is_empty() {
                let mut about = BTreeMap::new();
                for (at, exception) in exceptions.iter().enumerate() {
                    about.entry((exception.line, exception.rule)).or_insert(at);
                }
                let tried = exceptions.into_iter().map(|exception| Tried { exception, met: None }).collect();
                files.insert(*file, Written { lines: Lines::of(&source.text), tried, about });
            }
        }
        Self { files }
    }

    fn hold(&mut self, finding: &Diagnostic, today: Option<Date>) -> Option<HeldBy> {
        let place = finding.primary.span;
        let written = self.files.get_mut(&place.file)?;
        let at = written.about.get(&(written.lines.line(place.start), finding.rule))?;
        let tried = written.tried.get_mut(*at)?;
        tried.met.get_or_insert(place);
        let exception = &tried.exception;
        let holds = today.is_none_or(|today| today <= exception.until);
        holds.then(|| HeldBy::Exception { reason: exception.reason.clone(), until: exception.until })
    }

    /// Those that have ended, and those that hold nothing back.
    fn report(&self, today: Option<Date>, whole: bool, sources: &Sources, found: &mut Vec<Diagnostic>) {
        for (file, written) in &self.files {
            let text = sources.get(*file).map_or("", |source| source.text.as_ref());
            for Tried { exception, met } in &written.tried {
                match today.filter(|today| *today > exception.until) {
                    Some(today) if met.is_some() || whole => {
                        found.push(suppress::expired(exception, today, *met, text));
                    }
                    Some(_) => {}
                    None if met.is_none() && whole => found.push(suppress::unused(exception, text)),
                    None => {}
                }
            }
        }
    }
}
