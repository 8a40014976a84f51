//! Which statements of two blocks are the same ones: the longest common sequence, where a statement
//! that is only of the same shape counts less than an equal one.

use crate::syntax::ast::{Block, Body, Goto, Statement, StatementKind, Subject};

/// A statement; an arrow is one, whether it stands in a block or is an arm by itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'a> {
    Goto(&'a Goto),
    Statement(&'a Statement),
}

pub(super) fn items(block: &Block) -> Vec<Item<'_>> {
    let each = block.statements.iter().map(|statement| match &statement.kind {
        StatementKind::Goto(goto) => Item::Goto(goto),
        _ => Item::Statement(statement),
    });
    each.collect()
}

pub(super) fn body_items(body: &Body) -> Vec<Item<'_>> {
    match body {
        Body::Goto(goto) => vec![Item::Goto(goto)],
        Body::Block(block) => items(block),
    }
}

/// What became of the statements of a block, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pair {
    Both(usize, usize),
    Old(usize),
    New(usize),
}

/// Pairs to compare at most; beyond it what differs in the middle is taken as replaced.
const MAX_PAIRS: usize = 4_000_000;

fn same(a: Item<'_>, b: Item<'_>) -> bool {
    match (a, b) {
        (Item::Goto(a), Item::Goto(b)) => a == b,
        (Item::Statement(a), Item::Statement(b)) => a == b,
        _ => false,
    }
}

/// How much two statements have in common; 0 if they are not the same one.
fn likeness(a: Item<'_>, b: Item<'_>) -> u32 {
    let (a, b) = match (a, b) {
        (Item::Goto(a), Item::Goto(b)) => return if a == b { 8 } else { 3 },
        (Item::Statement(a), Item::Statement(b)) => (a, b),
        _ => return 0,
    };
    if a == b {
        return 8;
    }
    match (&a.kind, &b.kind) {
        (StatementKind::If(x), StatementKind::If(y)) => 4 + u32::from(x.condition == y.condition),
        (StatementKind::Switch { on: x, .. }, StatementKind::Switch { on: y, .. }) => 4 + u32::from(x == y),
        (StatementKind::Split { .. }, StatementKind::Split { .. }) => 4,
        (StatementKind::Set { name: x, .. }, StatementKind::Set { name: y, .. }) if x == y => 4,
        (StatementKind::Return { .. }, StatementKind::Return { .. }) => 4,
        (StatementKind::Action(x), StatementKind::Action(y)) if x.verb == y.verb => {
            let same_thing = match (&x.subject, &y.subject) {
                // Another policy is another guard, another tag another tag.
                (Subject::Guard { policy: p, target: a }, Subject::Guard { policy: q, target: b }) => {
                    if p != q || a.is_some() != b.is_some() {
                        return 0;
                    }
                    true
                }
                (Subject::Pair { name: p, .. }, Subject::Pair { name: q, .. }) => {
                    if p != q {
                        return 0;
                    }
                    true
                }
                (p, q) => p == q,
            };
            4 + u32::from(same_thing)
        }
        _ => 0,
    }
}

pub(super) fn align(old: &[Item<'_>], new: &[Item<'_>]) -> Vec<Pair> {
    let prefix = old.iter().zip(new).take_while(|(a, b)| same(**a, **b)).count();
    let rest = old.len().min(new.len()) - prefix;
    let suffix = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| same(**a, **b)).count();
    let middle = |list: &[Item<'_>]| prefix..list.len() - suffix;
    let (o, n) = (middle(old), middle(new));
    let mut pairs: Vec<Pair> = (0..prefix).map(|i| Pair::Both(i, i)).collect();
    if o.len().saturating_mul(n.len()) > MAX_PAIRS {
        pairs.extend(o.clone().map(Pair::Old));
        pairs.extend(n.clone().map(Pair::New));
    } else {
        let (a, b) = (old.get(o.clone()).unwrap_or_default(), new.get(n.clone()).unwrap_or_default());
        let shifted = matched(a, b).into_iter().map(|pair| match pair {
            Pair::Both(i, j) => Pair::Both(i + prefix, j + prefix),
            Pair::Old(i) => Pair::Old(i + prefix),
            Pair::New(j) => Pair::New(j + prefix),
        });
        pairs.extend(shifted);
    }
    pairs.extend((o.end..old.len()).zip(n.end..new.len()).map(|(i, j)| Pair::Both(i, j)));
    pairs
}

/// The best common sequence (Needleman and Wunsch, 1970, without a cost for gaps).
fn matched(old: &[Item<'_>], new: &[Item<'_>]) -> Vec<Pair> {
    let width = new.len() + 1;
    // By place in both: the best of what follows.
    let mut best = vec![0_u32; (old.len() + 1) * width];
    let at = |best: &[u32], i: usize, j: usize| best.get(i * width + j).copied().unwrap_or(0);
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let like = likeness(*a, *b);
            let both = if like > 0 { like + at(&best, i + 1, j + 1) } else { 0 };
            let value = both.max(at(&best, i + 1, j)).max(at(&best, i, j + 1));
            if let Some(place) = best.get_mut(i * width + j) {
                *place = value;
            }
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while let (Some(a), Some(b)) = (old.get(i), new.get(j)) {
        let like = likeness(*a, *b);
        if like > 0 && at(&best, i, j) == like + at(&best, i + 1, j + 1) {
            pairs.push(Pair::Both(i, j));
            (i, j) = (i + 1, j + 1);
        } else if at(&best, i + 1, j) >= at(&best, i, j + 1) {
            pairs.push(Pair::Old(i));
            i += 1;
        } else {
            pairs.push(Pair::New(j));
            j += 1;
        }
    }
    pairs.extend((i..old.len()).map(Pair::Old));
    pairs.extend((j..new.len()).map(Pair::New));
    pairs
}

/// How alike two blocks are, from 0 to 100.
pub(super) fn alike(old: &Block, new: &Block) -> usize {
    let (a, b) = (items(old), items(new));
    if a.len().saturating_mul(b.len()) > MAX_PAIRS {
        return 0;
    }
    let full = 8 * a.len().max(b.len());
    let common: u32 = align(&a, &b)
        .into_iter()
        .filter_map(|pair| match pair {
            Pair::Both(i, j) => Some(likeness(*a.get(i)?, *b.get(j)?)),
            _ => None,
        })
        .sum();
    usize::try_from(common).unwrap_or(usize::MAX).saturating_mul(100).checked_div(full).unwrap_or(0)
}
