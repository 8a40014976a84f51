//! Levels that a site gives to rules: `lint: {levels: {magic-number: off}}` in the site file, and `--deny`.
//!
//! A level can always be raised. What makes a flow wrong or unsafe cannot be lowered.

use std::collections::{BTreeMap, BTreeSet};

use super::pages::{self, Firmness};
use super::suppress;
use crate::base::diagnostic::{Diagnostic, Severity};
use crate::site::model::LevelSetting;

/// The rule about levels that cannot be given.
pub const LEVEL_REFUSED: &str = "refused-level";

/// By rule; `None` is `off`.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    of: BTreeMap<&'static str, Option<Severity>>,
}

impl Levels {
    /// Reads what the site file says; what it cannot say is reported.
    pub fn read(settings: &[LevelSetting], found: &mut Vec<Diagnostic>) -> Self {
        let mut levels = Self::default();
        for setting in settings {
            let Some(rule) = pages::known(&setting.rule.value) else {
                found.push(suppress::unknown(&setting.rule.value, setting.rule.span));
                continue;
            };
            let usual = pages::level(rule);
            let lowers = setting.level.is_none_or(|level| level < usual);
            let firm = match pages::firmness(rule) {
                Firmness::Free => None,
                Firmness::Correctness => Some("a flow that breaks it is wrong"),
                Firmness::Exception => Some("it is about exceptions themselves"),
                firm => firm.refusal(),
            };
            match firm.filter(|_| lowers) {
                Some(why) => found.push(refused(rule, setting, usual, why)),
                None => drop(levels.of.insert(rule, setting.level)),
            }
        }
        levels
    }

    /// Raises rules to errors, last of all.
    pub fn deny(&mut self, rules: &BTreeSet<&'static str>) {
        self.of.extend(rules.iter().map(|rule| (*rule, Some(Severity::Error))));
    }

    /// Gives each finding its level; those that are off go.
    pub fn apply(&self, found: &mut Vec<Diagnostic>) {
        if self.of.is_empty() {
            return;
        }
        found.retain_mut(|finding| match self.of.get(finding.rule) {
            None => true,
            // Some findings of a rule weigh more than the rule: these are never lowered, as they stop a flow.
            Some(_) if finding.severity > pages::level(finding.rule) => true,
            Some(None) => false,
            Some(Some(level)) => {
                finding.severity = *level;
                true
            }
        });
    }
}

fn refused(rule: &str, setting: &LevelSetting, usual: Severity, why: &str) -> Diagnostic {
    let asked = setting.level.map_or("off", Severity::name);
    let message = format!("`{rule}` cannot be made `{asked}`: {why}");
    let help = format!("remove the line: it stays `{}`", usual.name());
    Diagnostic::error(LEVEL_REFUSED, setting.rule.span, message).help(help)
}
