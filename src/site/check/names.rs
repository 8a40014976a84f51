//! What names, extensions and whole numbers of a site file must look like, and that no two things
//! answer to the same extension.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::MAX_ENTRIES;
use crate::base::diagnostic::Diagnostic;
use crate::base::span::{Span, Spanned};
use crate::call::leg::Name;
use crate::syntax::document::Entry;
use crate::syntax::reader::{self, Fields};

/// Characters of a name.
pub const MAX_NAME: usize = 64;
/// Digits of an extension: as many as E.164 gives a whole number.
const MAX_EXTENSION: usize = 15;

/// Who answers to which extension or number, and where that is written.
#[derive(Default)]
pub struct Extensions {
    taken: BTreeMap<Arc<str>, (String, Span)>,
}

impl Extensions {
    /// Takes `extension` for `who` (`user `us_dana``), or reports who has it already.
    pub fn take(&mut self, extension: &Arc<str>, who: String, span: Span, out: &mut Vec<Diagnostic>) {
        if let Some((other, place)) = self.taken.get(extension) {
            let message = format!("{who} and {other} both answer to `{extension}`");
            let found = Diagnostic::error("duplicate-extension", span, message)
                .label("again here")
                .also(*place, "first here")
                .help("give one of them another extension; a caller reaches only one");
            out.push(found);
            return;
        }
        self.taken.insert(extension.clone(), (who, span));
    }
}

/// The entries of a map with free keys; those beyond the bound are reported and dropped.
pub fn bounded<'n>(fields: &mut Fields<'n, '_>, key: &'static str) -> &'n [Entry] {
    let entries = fields.entries(key);
    let Some(extra) = entries.get(MAX_ENTRIES) else { return entries };
    let message = format!("`{key}` has {} entries; at most {MAX_ENTRIES} are read", entries.len());
    fields.out().push(Diagnostic::error("too-many-entries", extra.key.span, message));
    entries.get(..MAX_ENTRIES).unwrap_or(entries)
}

/// A name that flows can write: `[a-z_][A-Za-z0-9_]*` (language.md §2).
pub fn name(key: &Spanned<String>, what: &str, out: &mut Vec<Diagnostic>) -> Option<Name> {
    let text = key.value.as_str();
    let first = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if first && text.len() <= MAX_NAME && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Some(Arc::from(text));
    }
    let message = format!("`{}` cannot be the name of a {what}", reader::shorten(text));
    let help = format!("begin with a small letter; then up to {} letters, digits or `_`", MAX_NAME - 1);
    out.push(Diagnostic::error("bad-name", key.span, message).help(help));
    None
}

/// The `extension:` of a user or queue: digits only.
pub fn extension(fields: &mut Fields<'_, '_>) -> Option<Spanned<Arc<str>>> {
    let text = fields.text("extension")?;
    if !text.value.is_empty() && text.value.len() <= MAX_EXTENSION && text.value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Spanned::new(Arc::from(text.value), text.span));
    }
    let message = format!("`{}` cannot be an extension", reader::shorten(&text.value));
    let help = format!("write 1 to {MAX_EXTENSION} digits in quotes, such as `\"102\"`");
    fields.out().push(Diagnostic::error("bad-extension", text.span, message).help(help));
    None
}

/// A whole number within bounds.
pub fn within(fields: &mut Fields<'_, '_>, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
    let number = fields.integer(key)?;
    if range.contains(&number.value) {
        return Some(number.value);
    }
    let message = format!("`{key}` cannot be {}", number.value);
    let help = format!("write a whole number from {} to {}", range.start(), range.end());
    fields.out().push(Diagnostic::error("out-of-range", number.span, message).help(help));
    None
}

/// A duration within bounds, in milliseconds.
pub fn duration_within(fields: &mut Fields<'_, '_>, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
    let length = fields.duration_ms(key)?;
    in_range(length, key, range, fields.out())
}

/// The same of one that was read.
pub fn in_range(
    length: Spanned<u64>,
    key: &'static str,
    range: RangeInclusive<u64>,
    out: &mut Vec<Diagnostic>,
) -> Option<u64> {
    if range.contains(&length.value) {
        return Some(length.value);
    }
    let print = crate::syntax::duration::print;
    let (shortest, longest) = (print(*range.start()), print(*range.end()));
    let message = format!("`{key}` cannot be {}", print(length.value));
    let help = format!("write a duration from {shortest} to {longest}");
    out.push(Diagnostic::error("out-of-range", length.span, message).help(help));
    None
}

/// Refuses keys that the design has and this version does not act on.
pub fn refuse_later(fields: &mut Fields<'_, '_>, keys: &'static [&'static str]) {
    fields.except(keys);
    for key in keys {
        let Some(place) = fields.key_place(key) else { continue };
        let message = format!("`{key}` is not available in this version yet");
        let help = "delete it: a setting that is written but not acted on misleads whoever reads it";
        fields.out().push(Diagnostic::error("not-available", place, message).help(help));
    }
}
