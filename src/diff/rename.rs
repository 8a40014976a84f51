//! Steps that have another name and are otherwise the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::syntax::ast::{Flow, Step};

use super::align::alike;

/// Steps less alike than this, in percent, are a new one and a removed one.
const ALIKE: usize = 60;
/// Pairs of steps that are compared; a flow that is rewritten whole has no renamed steps.
const MAX_COMPARED: usize = 10_000;

/// Old names to new ones, of the steps that were renamed.
pub(super) fn renamed<'a>(old: &'a Flow, new: &'a Flow) -> BTreeMap<&'a str, &'a str> {
    let names = |flow: &'a Flow| flow.steps.iter().map(|s| s.name.value.as_str()).collect::<BTreeSet<&str>>();
    let (before, after) = (names(old), names(new));
    let gone: Vec<&Step> = old.steps.iter().filter(|s| !after.contains(s.name.value.as_str())).collect();
    let come: Vec<&Step> = new.steps.iter().filter(|s| !before.contains(s.name.value.as_str())).collect();
    if gone.len().saturating_mul(come.len()) > MAX_COMPARED {
        return BTreeMap::new();
    }
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for (i, a) in gone.iter().enumerate() {
        for (j, b) in come.iter().enumerate() {
            let likeness = alike(&a.body, &b.body);
            if likeness >= ALIKE {
                pairs.push((likeness, i, j));
            }
        }
    }
    // The most alike first; of equals, those nearest to each other in the source.
    pairs.sort_by_key(|(likeness, i, j)| (std::cmp::Reverse(*likeness), i.abs_diff(*j), *i));
    let (mut used_old, mut used_new, mut out) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    for (_, i, j) in pairs {
        let (Some(a), Some(b)) = (gone.get(i), come.get(j)) else { continue };
        if !used_old.contains(&i) && !used_new.contains(&j) {
            used_old.insert(i);
            used_new.insert(j);
            out.insert(a.name.value.as_str(), b.name.value.as_str());
        }
    }
    out
}
