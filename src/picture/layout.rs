//! Where everything stands: the stages after another, then cards as boxes and edges as lines of
//! level and upright pieces.

use super::layers::{self, Layered, Spot};
use super::model::Picture;
use super::{order, place, route, size};

/// Around the picture.
const MARGIN: f64 = 24.0;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Debug)]
pub(super) struct Layout {
    pub width: f64,
    pub height: f64,
    /// By card of the picture.
    pub cards: Vec<Rect>,
    /// By edge of the picture: its corners, both ends included.
    pub lines: Vec<Vec<Point>>,
}

pub(super) fn layout(picture: &Picture) -> Layout {
    let mut graph = layers::layered(picture);
    order::order(&mut graph);
    let mut top = place::heights(&graph);
    let highest = top.iter().copied().fold(f64::INFINITY, f64::min);
    for y in &mut top {
        *y += MARGIN - highest;
    }
    let channels = route::channels(&graph, &top);
    let left = columns(picture, &graph, &channels);
    let cards = boxes(picture, &graph, &top, &left);
    let lines = (0..picture.edges.len()).map(|edge| line(picture, edge, &graph, &top, &left, &channels, &cards));
    let lines: Vec<Vec<Point>> = lines.collect();
    let ends = cards.iter().map(|c| (c.x + c.width, c.y + c.height));
    let corners = lines.iter().flatten().map(|p| (p.x, p.y));
    let (width, height) = ends.chain(corners).fold((0.0, 0.0), |(x, y), (a, b)| (f64::max(x, a), f64::max(y, b)));
    Layout { width: width + MARGIN, height: height + MARGIN, cards, lines }
}

/// The left edge and the width of one layer.
#[derive(Clone, Copy)]
struct Column {
    x: f64,
    width: f64,
}

fn columns(picture: &Picture, graph: &Layered, channels: &[route::Channel]) -> Vec<Column> {
    let mut x = MARGIN;
    let mut out = Vec::new();
    for (number, layer) in graph.layers.iter().enumerate() {
        if number > 0 {
            x += channels.get(number).map_or(0.0, route::Channel::width);
        }
        let wide = layer.iter().filter_map(|node| match graph.nodes.get(*node)?.spot {
            Spot::Card(card) => picture.card(card).map(size::width),
            Spot::Lane { .. } => None,
        });
        let width = wide.fold(0.0, f64::max);
        out.push(Column { x, width });
        x += width;
    }
    out
}

fn boxes(picture: &Picture, graph: &Layered, top: &[f64], left: &[Column]) -> Vec<Rect> {
    let mut out = vec![Rect { x: 0.0, y: 0.0, width: 0.0, height: 0.0 }; picture.cards.len()];
    for (node, y) in graph.nodes.iter().zip(top) {
        let Spot::Card(card) = node.spot else { continue };
        let x = left.get(node.layer).map_or(0.0, |c| c.x);
        if let (Some(place), Some(card)) = (out.get_mut(card), picture.card(card)) {
            *place = Rect { x, y: *y, width: size::width(card), height: node.height };
        }
    }
    out
}

/// The corners of an edge.
fn line(
    picture: &Picture,
    edge: usize,
    graph: &Layered,
    top: &[f64],
    left: &[Column],
    channels: &[route::Channel],
    cards: &[Rect],
) -> Vec<Point> {
    let (Some(edge), Some(way)) = (picture.edges.get(edge), graph.ways.get(edge)) else { return Vec::new() };
    let mut out = Vec::new();
    let links: Vec<&layers::Link> = way.iter().filter_map(|link| graph.links.get(*link)).collect();
    if let (Some(card), Some(first)) = (cards.get(edge.from), links.first()) {
        out.push(Point { x: card.x + card.width, y: route::height(top, first.from) });
    }
    for link in &links {
        // The channel begins where the layer on its left ends.
        let begins = match link.channel.checked_sub(1).and_then(|layer| left.get(layer)) {
            Some(column) => column.x + column.width,
            None => 0.0,
        };
        let x = begins + channels.get(link.channel).map_or(0.0, |c| c.upright(link.net));
        let (from, to) = (route::height(top, link.from), route::height(top, link.to));
        if from != to {
            out.push(Point { x, y: from });
            out.push(Point { x, y: to });
        }
    }
    if let (Some(card), Some(last)) = (cards.get(edge.to), links.last()) {
        out.push(Point { x: card.x, y: route::height(top, last.to) });
    }
    out
}
