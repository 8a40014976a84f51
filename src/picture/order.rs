//! The order of nodes in their layers, so that few lines cross: sweeps by barycentre, keeping the
//! best order seen.

use std::collections::BTreeMap;

use super::layers::{Layered, Link, Node, Port};

/// Sweeps over all layers; more do not find better orders.
const SWEEPS: usize = 24;

pub(super) fn order(graph: &mut Layered) {
    let mut best = graph.layers.clone();
    let mut at = places(graph);
    let mut least = crossings(graph, &at);
    for sweep in 0..SWEEPS {
        let count = graph.layers.len();
        let down = sweep % 2 == 0;
        for n in 0..count {
            let layer = if down { n } else { count - 1 - n };
            sort(graph, layer, down, &mut at);
        }
        let found = crossings(graph, &at);
        if found < least {
            least = found;
            best = graph.layers.clone();
        }
        if least == 0 {
            break;
        }
    }
    graph.layers = best;
}

/// Where each node stands in its layer.
fn places(graph: &Layered) -> Vec<f64> {
    let mut at = vec![0.0; graph.nodes.len()];
    for layer in &graph.layers {
        for (n, node) in (0_u32..).zip(layer) {
            if let Some(place) = at.get_mut(*node) {
                *place = f64::from(n);
            }
        }
    }
    at
}

/// The place of one end of a link: rows of one card are told apart.
fn place(nodes: &[Node], at: &[f64], node: usize, offset: f64) -> f64 {
    let height = nodes.get(node).map_or(0.0, |n| n.height);
    let part = if height > 0.0 { 0.9 * offset / height } else { 0.45 };
    at.get(node).copied().unwrap_or(0.0) + part
}

/// Sorts one layer by the mean place of its neighbours: those on the left when going down.
fn sort(graph: &mut Layered, layer: usize, down: bool, at: &mut [f64]) {
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for link in graph.around(layer) {
        let (a, b) = (link.from, link.to);
        let (la, lb) = (layer_of(graph, a.node), layer_of(graph, b.node));
        for (own, lo, other, lt) in [(a, la, b, lb), (b, lb, a, la)] {
            let beside = lo == lt;
            let toward = if down { lt < lo } else { lt > lo };
            if lo == layer && (toward || beside) {
                let weight = if beside { 0.5 } else { 1.0 };
                let (sum, total) = sums.entry(own.node).or_default();
                *sum += place(&graph.nodes, at, other.node, other.offset) * weight;
                *total += weight;
            }
        }
    }
    let Some(list) = graph.layers.get_mut(layer) else { return };
    let key = |node: &usize| {
        let stays = at.get(*node).copied().unwrap_or(0.0);
        sums.get(node).map_or(stays, |(sum, total)| sum / total)
    };
    list.sort_by(|a, b| key(a).total_cmp(&key(b)));
    for (n, node) in (0_u32..).zip(list.iter()) {
        if let Some(place) = at.get_mut(*node) {
            *place = f64::from(n);
        }
    }
}

fn layer_of(graph: &Layered, node: usize) -> usize {
    graph.nodes.get(node).map_or(0, |n| n.layer)
}

/// How often lines between neighbouring layers cross.
fn crossings(graph: &Layered, at: &[f64]) -> u64 {
    let mut channels: Vec<Vec<(f64, f64)>> = vec![Vec::new(); graph.layers.len() + 1];
    for link in &graph.links {
        let Some((left, right)) = across(graph, link) else { continue };
        let ends = (place(&graph.nodes, at, left.node, left.offset), place(&graph.nodes, at, right.node, right.offset));
        if let Some(list) = channels.get_mut(link.channel) {
            list.push(ends);
        }
    }
    channels.into_iter().map(inversions).sum()
}

/// The ends of a link from layer to layer, the left one first.
fn across<'l>(graph: &Layered, link: &'l Link) -> Option<(&'l Port, &'l Port)> {
    match layer_of(graph, link.from.node).cmp(&layer_of(graph, link.to.node)) {
        std::cmp::Ordering::Less => Some((&link.from, &link.to)),
        std::cmp::Ordering::Greater => Some((&link.to, &link.from)),
        std::cmp::Ordering::Equal => None,
    }
}

/// Pairs whose order on the left is not their order on the right: a merge sort that counts.
fn inversions(mut ends: Vec<(f64, f64)>) -> u64 {
    ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut right: Vec<f64> = ends.into_iter().map(|(_, r)| r).collect();
    let mut count = 0_u64;
    let mut width = 1;
    while width < right.len() {
        let mut merged = Vec::with_capacity(right.len());
        for pair in right.chunks(width * 2) {
            let (a, b) = pair.split_at(width.min(pair.len()));
            let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
            while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
                if **x <= **y {
                    merged.extend(a.next());
                } else {
                    count += u64::try_from(a.len()).unwrap_or(u64::MAX);
                    merged.extend(b.next());
                }
            }
            merged.extend(a);
            merged.extend(b);
        }
        right = merged;
        width *= 2;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn counts_what_crosses() {
        let pairs = |right: &[f64]| right.iter().enumerate().map(|(n, r)| (n as f64, *r)).collect::<Vec<_>>();
        assert_eq!(inversions(pairs(&[1.0, 2.0, 3.0])), 0);
        assert_eq!(inversions(pairs(&[3.0, 2.0, 1.0])), 3);
        assert_eq!(inversions(pairs(&[2.0, 1.0, 4.0, 3.0, 0.0])), 6);
    }
}
