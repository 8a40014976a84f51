//! The ways of lines: level in the rows and lanes, upright in the channels between layers. What
//! goes to one card has one track a channel; tracks are ordered so that few lines cross.
//!
//! No line crosses a card: between two channels a line runs only in a lane, and a lane is a node of
//! its layer.

use std::collections::BTreeMap;

use super::layers::{Layered, Link, Port};

/// Between two tracks.
const TRACK: f64 = 10.0;
/// From a layer to the first track.
const BEFORE: f64 = 16.0;
/// From the last track to the next layer: room for an arrow head.
const AFTER: f64 = 24.0;
/// Two uprights on one track keep this distance.
const APART: f64 = 8.0;
/// Rounds of exchanging neighbouring tracks.
const ROUNDS: usize = 64;

/// What goes to one card through one channel.
#[derive(Clone, Debug, Default)]
struct Net {
    /// Heights at which it comes in or leaves on the left, and on the right.
    left: Vec<f64>,
    right: Vec<f64>,
}

impl Net {
    fn span(&self) -> (f64, f64) {
        let all = || self.left.iter().chain(&self.right).copied();
        (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max))
    }

    fn is_level(&self) -> bool {
        let (top, bottom) = self.span();
        bottom - top < 0.5
    }

    fn holds(&self, y: f64) -> bool {
        let (top, bottom) = self.span();
        top < y && y < bottom
    }

    /// Crossings of two nets if this one's track is left of the other's.
    fn crossings_left_of(&self, other: &Net) -> usize {
        self.right.iter().filter(|y| other.holds(**y)).count() + other.left.iter().filter(|y| self.holds(**y)).count()
    }

    fn meets(&self, other: &Net) -> bool {
        let ((a, b), (c, d)) = (self.span(), other.span());
        a < d + APART && c < b + APART
    }
}

/// The tracks of one channel.
#[derive(Debug, Default)]
pub(super) struct Channel {
    /// By net: its track, from the left.
    tracks: BTreeMap<usize, usize>,
    count: usize,
}

impl Channel {
    pub fn width(&self) -> f64 {
        BEFORE + AFTER + TRACK * small(self.count.saturating_sub(1))
    }

    /// The upright of a net, from the channel's left edge.
    pub fn upright(&self, net: usize) -> f64 {
        BEFORE + TRACK * small(self.tracks.get(&net).copied().unwrap_or(0))
    }
}

pub(super) fn small(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The height of a port.
pub(super) fn height(top: &[f64], port: Port) -> f64 {
    top.get(port.node).copied().unwrap_or(0.0) + port.offset
}

/// All channels, from that left of the first layer to that right of the last.
pub(super) fn channels(graph: &Layered, top: &[f64]) -> Vec<Channel> {
    let mut nets: Vec<BTreeMap<usize, Net>> = vec![BTreeMap::new(); graph.layers.len() + 1];
    for Link { channel, net, from, to } in &graph.links {
        let Some(nets) = nets.get_mut(*channel) else { continue };
        let net = nets.entry(*net).or_default();
        for port in [from, to] {
            // A node's right side is the left border of the channel beside it.
            let side = if port.right { &mut net.left } else { &mut net.right };
            let y = height(top, *port);
            if !side.contains(&y) {
                side.push(y);
            }
        }
    }
    nets.iter().map(tracks).collect()
}

fn tracks(nets: &BTreeMap<usize, Net>) -> Channel {
    let mut order: Vec<(usize, &Net)> = nets.iter().filter(|(_, n)| !n.is_level()).map(|(id, n)| (*id, n)).collect();
    let middle = |n: &Net| n.left.iter().sum::<f64>() / small(n.left.len().max(1));
    order.sort_by(|a, b| middle(a.1).total_cmp(&middle(b.1)).then(a.0.cmp(&b.0)));
    let mut round = 0;
    let mut changed = true;
    while changed && round < ROUNDS {
        changed = false;
        round += 1;
        for at in 1..order.len() {
            let Some([a, b]) = order.get_mut(at - 1..=at) else { continue };
            if b.1.crossings_left_of(a.1) < a.1.crossings_left_of(b.1) {
                std::mem::swap(a, b);
                changed = true;
            }
        }
    }
    let mut channel = Channel::default();
    let mut placed: Vec<(usize, &Net)> = Vec::new();
    for (id, net) in order {
        let track = placed.iter().filter(|(_, other)| net.meets(other)).map(|(t, _)| t + 1).max().unwrap_or(0);
        channel.count = channel.count.max(track + 1);
        channel.tracks.insert(id, track);
        placed.push((track, net));
    }
    channel
}
