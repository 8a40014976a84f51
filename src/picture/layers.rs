//! Which card stands in which layer, and the lanes that lines take through the layers between.
//!
//! Lines that go to one card share one lane a layer: they can only merge, never part, so a line can
//! be followed from where it leaves to where it ends. What leads back (an edge that closes a cycle)
//! goes out on the right, back through lanes of its own, and in on the left, as all lines do.

use std::collections::BTreeMap;

use super::model::Picture;
use super::size;

/// A card, or a lane through a layer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Spot {
    Card(usize),
    /// The lane in this layer for what goes to this card, forwards or back.
    Lane {
        layer: usize,
        to: usize,
        back: bool,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub spot: Spot,
    pub layer: usize,
    pub height: f64,
}

/// A place where a line meets a node: a height from its top, on its right or left side.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Port {
    pub node: usize,
    pub offset: f64,
    pub right: bool,
}

/// A piece of a line, in the channel between two layers; channel `n` is left of layer `n`.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub channel: usize,
    /// The card that it leads to.
    pub net: usize,
    pub from: Port,
    pub to: Port,
}

/// A picture as layers of nodes.
#[derive(Debug, Default)]
pub(super) struct Layered {
    pub nodes: Vec<Node>,
    /// Nodes by layer, from top to bottom.
    pub layers: Vec<Vec<usize>>,
    pub links: Vec<Link>,
    /// Links by channel.
    pub channels: Vec<Vec<usize>>,
    /// By edge of the picture: its links, in the order of the way.
    pub ways: Vec<Vec<usize>>,
}

pub(super) fn layered(picture: &Picture) -> Layered {
    let layer = assign(picture);
    let mut build = Build { out: Layered::default(), index: BTreeMap::new(), links: BTreeMap::new() };
    for (card, spot) in picture.cards.iter().enumerate() {
        let at = layer.get(card).copied().unwrap_or(0);
        build.add(Spot::Card(card), at, size::height(spot));
    }
    for edge in &picture.edges {
        let (from, to) = (layer.get(edge.from).copied().unwrap_or(0), layer.get(edge.to).copied().unwrap_or(0));
        let start = Port { node: build.card(edge.from), offset: size::row_middle(edge.row), right: true };
        let goal = Port { node: build.card(edge.to), offset: size::entry_middle(), right: false };
        let way = build.way(edge.to, start, goal, from, to);
        build.out.ways.push(way);
    }
    let mut out = build.out;
    out.channels = vec![Vec::new(); out.layers.len() + 1];
    for (at, link) in out.links.iter().enumerate() {
        if let Some(list) = out.channels.get_mut(link.channel) {
            list.push(at);
        }
    }
    out
}

impl Layered {
    /// The links that meet a layer, on its left and on its right.
    pub fn around(&self, layer: usize) -> impl Iterator<Item = &Link> {
        let channels = self.channels.iter().skip(layer).take(2);
        channels.flatten().filter_map(|at| self.links.get(*at))
    }
}

struct Build {
    out: Layered,
    index: BTreeMap<Spot, usize>,
    /// Links by node and height of both ends: lines with one goal share them.
    links: BTreeMap<(usize, u64, usize, u64), usize>,
}

impl Build {
    fn add(&mut self, spot: Spot, layer: usize, height: f64) -> usize {
        if let Some(node) = self.index.get(&spot) {
            return *node;
        }
        let node = self.out.nodes.len();
        self.out.nodes.push(Node { spot, layer, height });
        self.index.insert(spot, node);
        if self.out.layers.len() <= layer {
            self.out.layers.resize(layer + 1, Vec::new());
        }
        if let Some(list) = self.out.layers.get_mut(layer) {
            list.push(node);
        }
        node
    }

    fn card(&self, card: usize) -> usize {
        self.index.get(&Spot::Card(card)).copied().unwrap_or(0)
    }

    fn lane(&mut self, layer: usize, to: usize, back: bool) -> usize {
        self.add(Spot::Lane { layer, to, back }, layer, 0.0)
    }

    fn link(&mut self, channel: usize, net: usize, from: Port, to: Port) -> usize {
        let key = (from.node, from.offset.to_bits(), to.node, to.offset.to_bits());
        let next = self.out.links.len();
        let at = *self.links.entry(key).or_insert(next);
        if at == next {
            self.out.links.push(Link { channel, net, from, to });
        }
        at
    }

    /// The links from a row to a card.
    fn way(&mut self, net: usize, start: Port, goal: Port, from: usize, to: usize) -> Vec<usize> {
        let mut links = Vec::new();
        let mut at = start;
        if from < to {
            for layer in from + 1..to {
                let node = self.lane(layer, net, false);
                links.push(self.link(layer, net, at, Port { node, offset: 0.0, right: false }));
                at = Port { node, offset: 0.0, right: true };
            }
        } else {
            for layer in (to..=from).rev() {
                let node = self.lane(layer, net, true);
                links.push(self.link(layer + 1, net, at, Port { node, offset: 0.0, right: true }));
                at = Port { node, offset: 0.0, right: false };
            }
        }
        links.push(self.link(to, net, at, goal));
        links
    }
}

/// The layer of each card: the longest way to it from the header, over edges that close no cycle.
fn assign(picture: &Picture) -> Vec<usize> {
    let count = picture.cards.len();
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    for edge in &picture.edges {
        if let Some(list) = next.get_mut(edge.from).filter(|list| !list.contains(&edge.to)) {
            list.push(edge.to);
        }
    }
    let (order, forward) = forward_edges(&next);
    let mut layer = vec![0_usize; count];
    for card in order {
        let below = layer.get(card).copied().unwrap_or(0) + 1;
        for to in forward.get(card).into_iter().flatten() {
            if let Some(at) = layer.get_mut(*to) {
                *at = below.max(*at);
            }
        }
    }
    pull(picture, &forward, &mut layer);
    layer
}

/// A step that nothing leads to stands just before what it leads to, never beside the header.
fn pull(picture: &Picture, forward: &[Vec<usize>], layer: &mut [usize]) {
    for card in (1..picture.cards.len()).rev() {
        if layer.get(card) != Some(&0) {
            continue;
        }
        let nearest = forward.get(card).into_iter().flatten().filter_map(|to| layer.get(*to)).min().copied();
        if let Some(at) = layer.get_mut(card) {
            *at = nearest.unwrap_or(1).saturating_sub(1).max(1);
        }
    }
    // What stood right of it may now stand beside it.
    let mut moved = true;
    let mut rounds = picture.cards.len();
    while moved && rounds > 0 {
        moved = false;
        rounds -= 1;
        for (card, list) in forward.iter().enumerate() {
            let least = layer.get(card).copied().unwrap_or(0) + 1;
            for to in list {
                if let Some(at) = layer.get_mut(*to).filter(|at| **at < least) {
                    *at = least;
                    moved = true;
                }
            }
        }
    }
}

/// The cards so that each comes before those it leads to, and the edges without those that close a
/// cycle: a search into the depth, in the order of the source, without a stack of calls.
fn forward_edges(next: &[Vec<usize>]) -> (Vec<usize>, Vec<Vec<usize>>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; next.len()];
    let mut forward: Vec<Vec<usize>> = vec![Vec::new(); next.len()];
    let mut order = Vec::new();
    for root in 0..next.len() {
        let mut work = vec![(root, 0_usize)];
        while let Some((card, child)) = work.pop() {
            if child == 0 {
                match state.get_mut(card) {
                    Some(s @ State::New) => *s = State::Open,
                    _ => continue,
                }
            }
            match next.get(card).and_then(|list| list.get(child)) {
                Some(&to) => {
                    work.push((card, child + 1));
                    let seen = state.get(to).copied();
                    if seen != Some(State::Open)
                        && let Some(list) = forward.get_mut(card)
                    {
                        list.push(to);
                    }
                    if seen == Some(State::New) {
                        work.push((to, 0));
                    }
                }
                None => {
                    if let Some(s) = state.get_mut(card) {
                        *s = State::Done;
                    }
                    order.push(card);
                }
            }
        }
    }
    order.reverse();
    (order, forward)
}
