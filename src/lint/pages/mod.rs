//! The pages of all rules: those of `rules`, and those of findings that come from reading files, which are found
//! where the files are read. Every name that a finding can have stands here.

mod exceptions;
mod folder;
mod policy;
mod site;
mod text;

use super::registry::{self, Found, Rule};
use crate::base::diagnostic::Severity;

/// What a rule is about, and so what its examples are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum About {
    Flow,
    /// Lines of a site file.
    Site,
    /// A whole site file.
    Whole,
    Policy,
    /// The files of a folder: there is no example.
    Folder,
}

/// What a person reads about a rule.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub name: &'static str,
    pub about: About,
    pub level: Severity,
    pub what: &'static str,
    pub why: &'static str,
    pub remedy: &'static str,
    /// Both are empty where a text cannot show it.
    pub good: &'static str,
    pub bad: &'static str,
}

impl Page {
    fn of(rule: &Rule) -> Self {
        Page {
            name: rule.name,
            about: About::Flow,
            level: rule.group.level(),
            what: rule.what,
            why: rule.why,
            remedy: rule.remedy,
            good: rule.good,
            bad: rule.bad,
        }
    }

    /// What kind of rule it is, in a word.
    pub fn group(&self) -> &'static str {
        if let Some(rule) = registry::find(self.name) {
            return rule.group.name();
        }
        match self.about {
            _ if exceptions::PAGES.iter().any(|page| page.name == self.name) => "exceptions",
            About::Site | About::Whole => "site",
            About::Policy => "policy",
            About::Flow => "text",
            About::Folder => "files",
        }
    }
}

fn tables() -> impl Iterator<Item = &'static Page> {
    let tables: [&'static [Page]; 5] = [&text::PAGES, &site::PAGES, &policy::PAGES, &folder::PAGES, &exceptions::PAGES];
    tables.into_iter().flatten()
}

/// Those of the tables; a rule that has a file of its own has its page there.
fn of_files() -> impl Iterator<Item = &'static Page> {
    tables().filter(|page| registry::find(page.name).is_none())
}

/// All pages, those of rules about flows first.
pub fn all() -> impl Iterator<Item = Page> {
    registry::all().map(Page::of).chain(of_files().copied())
}

pub fn find(name: &str) -> Option<Page> {
    let of_files = || tables().find(|page| page.name == name).copied();
    registry::find(name).map(Page::of).or_else(of_files)
}

/// What may be done about findings of a rule besides mending them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Firmness {
    /// An exception, the baseline, a lower level.
    Free,
    /// An exception or the baseline; no lower level.
    Correctness,
    /// Nothing: it protects from toll fraud, or keeps emergency calls possible.
    Safety,
    /// Nothing: what it reports cannot be read or run.
    Structure,
    /// Nothing: it is about exceptions, levels and the baseline themselves.
    Exception,
}

/// Rules that nobody can set aside , not even for a day.
const SAFETY: [&str; 3] = ["caller-controlled-destination", "emergency-blocked", "unguarded-external-leg"];

pub fn firmness(name: &str) -> Firmness {
    if SAFETY.contains(&name) {
        return Firmness::Safety;
    }
    if let Some(rule) = registry::find(name) {
        return match rule.found {
            Found::WhileChecking if rule.group.level() == Severity::Error => Firmness::Structure,
            _ if rule.group == registry::Group::Correctness => Firmness::Correctness,
            _ => Firmness::Free,
        };
    }
    match find(name) {
        Some(_) if exceptions::PAGES.iter().any(|page| page.name == name) => Firmness::Exception,
        Some(page) if page.level == Severity::Error => Firmness::Structure,
        _ => Firmness::Free,
    }
}

/// The name of a rule as findings have it.
pub fn known(name: &str) -> Option<&'static str> {
    names().chain(SAFETY).find(|known| *known == name)
}

pub fn names() -> impl Iterator<Item = &'static str> {
    registry::all().map(|rule| rule.name).chain(of_files().map(|page| page.name))
}

/// The level of a rule where a site says nothing.
pub fn level(name: &str) -> Severity {
    find(name).map_or(Severity::Error, |page| page.level)
}
