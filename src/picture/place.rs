//! Heights: each node as near to its neighbours' as its layer allows. A layer is solved at once:
//! the least squares under "not above the one before" is an isotonic regression, found by pooling
//! neighbours that violate it (Ayer and others, 1955).

use std::collections::BTreeMap;

use super::layers::{Layered, Node, Port, Spot};
use super::size;

/// Rounds of settling, from the left and from the right in turn.
const ROUNDS: usize = 16;
/// Between two cards of a layer.
const BETWEEN_CARDS: f64 = 28.0;
/// Between a lane and a card.
const BESIDE_CARD: f64 = 16.0;
/// Between two lanes.
const BETWEEN_LANES: f64 = 12.0;

/// The top of each node; a lane's is its line. No two nodes of a layer touch.
pub(super) fn heights(graph: &Layered) -> Vec<f64> {
    let mut top = stacked(graph);
    for round in 0..ROUNDS {
        let count = graph.layers.len();
        for n in 0..count {
            let layer = if round % 2 == 0 { n } else { count - 1 - n };
            // The last rounds listen to both sides.
            let side = if round + 4 >= ROUNDS { None } else { Some(round % 2 == 0) };
            settle(graph, layer, side, &mut top);
        }
    }
    snap(graph, &mut top);
    top
}

fn node(graph: &Layered, at: usize) -> Option<&Node> {
    graph.nodes.get(at)
}

fn is_lane(graph: &Layered, at: usize) -> bool {
    matches!(node(graph, at), Some(Node { spot: Spot::Lane { .. }, .. }))
}

fn height(graph: &Layered, at: usize) -> f64 {
    node(graph, at).map_or(0.0, |n| n.height)
}

/// The least distance from the bottom of one node to the top of the next.
fn gap(graph: &Layered, above: usize, below: usize) -> f64 {
    match (is_lane(graph, above), is_lane(graph, below)) {
        (true, true) => BETWEEN_LANES,
        (false, false) => BETWEEN_CARDS,
        _ => BESIDE_CARD,
    }
}

fn stacked(graph: &Layered) -> Vec<f64> {
    let mut top = vec![0.0; graph.nodes.len()];
    for layer in &graph.layers {
        let mut y = 0.0;
        let mut before: Option<usize> = None;
        for at in layer {
            if let Some(before) = before {
                y += height(graph, before) + gap(graph, before, *at);
            }
            if let Some(place) = top.get_mut(*at) {
                *place = y;
            }
            before = Some(*at);
        }
    }
    top
}

/// Moves the nodes of one layer towards their neighbours: on the left, on the right, or both.
fn settle(graph: &Layered, layer: usize, left: Option<bool>, top: &mut [f64]) {
    let mut wanted: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    let y = |port: Port| top.get(port.node).copied().unwrap_or(0.0) + port.offset;
    for link in graph.around(layer) {
        for (own, other) in [(link.from, link.to), (link.to, link.from)] {
            let (Some(a), Some(b)) = (node(graph, own.node), node(graph, other.node)) else { continue };
            let beside = a.layer == b.layer;
            let listens = left.is_none_or(|left| (b.layer < a.layer) == left) || beside;
            if a.layer != layer || !listens {
                continue;
            }
            let weight = match (is_lane(graph, own.node), is_lane(graph, other.node)) {
                _ if beside => 0.3,
                // Straight lanes are what an eye can follow.
                (true, true) => 8.0,
                (true, false) | (false, true) => 2.0,
                (false, false) => 1.0,
            };
            let (sum, total) = wanted.entry(own.node).or_default();
            *sum += weight * (y(other) - own.offset);
            *total += weight;
        }
    }
    let Some(list) = graph.layers.get(layer) else { return };
    // Distances that must be kept are taken out, so that the rest need only not decrease.
    let mut before = 0.0;
    let mut last: Option<usize> = None;
    let mut pools: Vec<Pool> = Vec::new();
    let mut shifts = Vec::with_capacity(list.len());
    for at in list {
        if let Some(last) = last {
            before += height(graph, last) + gap(graph, last, *at);
        }
        last = Some(*at);
        shifts.push(before);
        let (sum, total) = wanted.get(at).copied().unwrap_or_default();
        let stays = top.get(*at).copied().unwrap_or(0.0);
        // A node without neighbours on this side stays, lightly.
        let (value, weight) = if total > 0.0 { (sum / total, total) } else { (stays, 0.05) };
        pools.push(Pool { sum: (value - before) * weight, weight, count: 1 });
        merge(&mut pools);
    }
    let settled = pools.iter().flat_map(|p| std::iter::repeat_n(p.mean(), p.count));
    for ((at, shift), value) in list.iter().zip(&shifts).zip(settled) {
        if let Some(place) = top.get_mut(*at) {
            *place = value + shift;
        }
    }
}

#[derive(Clone, Copy)]
struct Pool {
    sum: f64,
    weight: f64,
    count: usize,
}

impl Pool {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }
}

fn merge(pools: &mut Vec<Pool>) {
    while let [.., a, b] = pools.as_slice() {
        if a.mean() <= b.mean() {
            return;
        }
        let both = Pool { sum: a.sum + b.sum, weight: a.weight + b.weight, count: a.count + b.count };
        pools.truncate(pools.len() - 2);
        pools.push(both);
    }
}

/// Puts cards on the grid of rows, and lanes between its lines.
///
/// INVARIANT: on the grid, rows are left at 5, cards are entered at 13, lanes run at 0 or 9; and no
/// lane has the height of one for another card in the layer before. So no line lies on another that
/// leads elsewhere, whatever tracks they take between two layers.
fn snap(graph: &Layered, top: &mut [f64]) {
    let least = graph.layers.iter().filter_map(|l| l.first()).filter_map(|n| top.get(*n)).copied();
    let origin = least.fold(f64::INFINITY, f64::min);
    let origin = if origin.is_finite() { origin } else { 0.0 };
    // Lanes of the layer before: what they lead to, by their height.
    let mut lanes: Vec<(f64, usize)> = Vec::new();
    for layer in &graph.layers {
        let mut own = Vec::new();
        let mut before: Option<(usize, f64)> = None;
        for at in layer {
            let wanted = top.get(*at).copied().unwrap_or(0.0) - origin;
            let floor = before.map_or(f64::NEG_INFINITY, |(b, y)| y + height(graph, b) + gap(graph, b, *at));
            let y = match node(graph, *at).map(|n| n.spot) {
                Some(Spot::Lane { to, .. }) => {
                    let y = lane(wanted, floor, to, &lanes);
                    own.push((y, to));
                    y
                }
                _ => on_grid(wanted, floor, size::ROW),
            };
            if let Some(place) = top.get_mut(*at) {
                *place = y;
            }
            before = Some((*at, y));
        }
        lanes = own;
    }
}

/// The height on a grid that is nearest to what is wanted and not above the floor.
fn on_grid(wanted: f64, floor: f64, grid: f64) -> f64 {
    let y = (wanted / grid).round() * grid;
    if y < floor { (floor / grid).ceil() * grid } else { y }
}

fn lane(wanted: f64, floor: f64, to: usize, before: &[(f64, usize)]) -> f64 {
    let grid = size::ROW / 2.0;
    let mut y = on_grid(wanted, floor, grid);
    // Each is passed at most once, so this ends.
    while before.iter().any(|(taken, net)| *taken == y && *net != to) {
        y += grid;
    }
    y
}
