//! Applying fixes to texts: which go together, and what comes out. Whether it is better is for who applies them to see.

use std::collections::BTreeMap;

use crate::base::diagnostic::{Edit, Fix};
use crate::base::span::FileId;

/// Of each fix, whether it can be applied with those before it: edits of two fixes must not overlap, and two that
/// begin at one place have no order.
pub fn apart<'f>(fixes: impl IntoIterator<Item = &'f Fix>) -> Vec<bool> {
    let mut taken: BTreeMap<FileId, BTreeMap<u32, u32>> = BTreeMap::new();
    let choose = |fix: &'f Fix| {
        let free = |edit: &Edit| {
            let Some(ranges) = taken.get(&edit.span.file) else { return true };
            // Those that were taken are apart, so that only the last to begin before this one ends can reach into it.
            let end = edit.span.end.max(edit.span.start.saturating_add(1));
            let last = ranges.range(..end).next_back();
            last.is_none_or(|(start, end)| *end <= edit.span.start && *start != edit.span.start)
        };
        let chosen = fix.edits.iter().all(free);
        if chosen {
            for edit in &fix.edits {
                taken.entry(edit.span.file).or_default().insert(edit.span.start, edit.span.end);
            }
        }
        chosen
    };
    fixes.into_iter().map(choose).collect()
}

/// Where what began at a place of a text can begin once edits are made: before or behind what is put in there, and at
/// the beginning of what replaces it.
pub fn moved(edits: &[&Edit], at: u32) -> [u32; 2] {
    let mut grown: [i64; 2] = [0, 0];
    let mut from = i64::from(at);
    for edit in edits {
        let (start, end) = (edit.span.start, edit.span.end);
        let length = i64::try_from(edit.text.len()).unwrap_or(i64::MAX);
        if end < at || (end == at && start < end) {
            grown = grown.map(|g| g.saturating_add(length).saturating_sub(i64::from(end - start)));
        } else if start == at && start == end {
            grown[1] = grown[1].saturating_add(length);
        } else if start < at {
            from = i64::from(start);
        }
    }
    grown.map(|g| u32::try_from(from.saturating_add(g)).unwrap_or(u32::MAX))
}

/// A text with all edits of its file, from the last to the first; `None` if one is not within it, or two overlap.
pub fn applied(text: &str, edits: &[&Edit]) -> Option<String> {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let (start, end) = (usize::try_from(edit.span.start).ok()?, usize::try_from(edit.span.end).ok()?);
        // `get` is none where the range runs backwards, which two that overlap would make it do.
        out.push_str(text.get(at..start)?);
        out.push_str(&edit.text);
        text.get(start..end)?;
        at = end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}
