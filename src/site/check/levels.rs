//! `lint: {levels: {rule-name: warning}}`. It knows how a level is spelled, not which rules there are.

use super::names;
use crate::base::diagnostic::Severity;
use crate::site::model::LevelSetting;
use crate::syntax::reader::{self, Fields};

/// The words for a level, and what turns a rule off.
const WORDS: [&str; 4] = ["error", "warning", "info", "off"];

pub fn levels(top: &mut Fields<'_, '_>) -> Vec<LevelSetting> {
    let Some(node) = top.optional("lint") else { return Vec::new() };
    let mut fields = Fields::new(node, "lint", top.out());
    let mut levels = Vec::new();
    for entry in names::bounded(&mut fields, "levels") {
        let Some(word) = reader::one_of(&entry.value, &WORDS, fields.out()) else { continue };
        let level = [Severity::Error, Severity::Warning, Severity::Info].into_iter().find(|l| l.name() == word.value);
        levels.push(LevelSetting { rule: entry.key.clone(), level });
    }
    fields.finish();
    levels
}
