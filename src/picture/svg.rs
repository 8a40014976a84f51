//! The picture as SVG: one file that needs nothing else, for light and dark screens, readable by
//! those who hear it instead of seeing it. Every text of the flow is escaped.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::coverage::Overlay;
use super::layout::{self, Layout, Point, Rect};
use super::model::{Card, CardKind, Edge, EdgeKind, Mark, Picture, Row};
use super::size;

/// Corners of lines and cards.
const CORNER: f64 = 5.0;
/// Colours of lines, by the card they lead to.
const COLOURS: usize = 8;
/// Room for the legend below the picture.
const LEGEND: f64 = 34.0;

const STYLE: &str = include_str!("svg.css");

/// The marks in words and shape, as the legend lists them.
const MARKS: [(Mark, &str); 4] = [
    (Mark::Guard, "guard"),
    (Mark::Outside, "outside leg, guarded"),
    (Mark::Unguarded, "outside leg, no guard"),
    (Mark::End, "the flow ends"),
];

/// Draws a picture; with an overlay, edges say whether they were taken.
pub fn svg(picture: &Picture, overlay: Option<&Overlay>) -> String {
    let layout = layout::layout(picture);
    let (width, height) = (layout.width.max(660.0), layout.height + LEGEND);
    let mut out = String::new();
    // Writing to a string does not fail, here and below.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title desc\">\n\
         <title id=\"title\">flow {}</title>\n<desc id=\"desc\">{}</desc>\n<style>\n{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n",
        escaped(&picture.flow),
        escaped(&summary(picture)),
    );
    edges(picture, &layout, overlay, &mut out);
    for (card, place) in picture.cards.iter().zip(&layout.cards) {
        draw_card(card, *place, &mut out);
    }
    legend(height - LEGEND + 8.0, overlay.is_some(), &mut out);
    out.push_str("</svg>\n");
    out
}

/// What the picture shows, in words.
fn summary(picture: &Picture) -> String {
    let steps = || picture.cards.iter().filter(|c| c.kind == CardKind::Step);
    let named = |wanted: &dyn Fn(&Card) -> bool| -> String {
        steps().filter(|c| wanted(c)).map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let has = |card: &Card, mark: Mark| card.rows.iter().any(|r| r.marks.contains(&mark));
    let mut text = picture.doc.as_ref().map(|doc| format!("{doc} ")).unwrap_or_default();
    text.push_str(&format!("{} steps, {} arrows.", steps().count(), picture.edges.len()));
    for (what, names) in [
        ("Entry", named(&|c| c.entry)),
        ("Outside legs under a guard in", named(&|c| has(c, Mark::Outside))),
        ("Outside legs without a guard in", named(&|c| has(c, Mark::Unguarded))),
        ("Unreachable", named(&|c| !c.reachable)),
    ] {
        if !names.is_empty() {
            text.push_str(&format!(" {what}: {names}."));
        }
    }
    text
}

/// A text inside an element or a quoted attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML has no way to write these.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Lines, those to one card together: over the lines before them they have an edge of paper, so
/// that a crossing is no junction.
fn edges(picture: &Picture, layout: &Layout, overlay: Option<&Overlay>, out: &mut String) {
    let mut nets: BTreeMap<usize, Vec<(&Edge, &Vec<Point>)>> = BTreeMap::new();
    for (edge, line) in picture.edges.iter().zip(&layout.lines) {
        nets.entry(edge.to).or_default().push((edge, line));
    }
    let colours = colours(layout);
    for (to, lines) in nets {
        let plain = colours.get(to).copied().unwrap_or(0);
        for (_, line) in &lines {
            let _ = writeln!(out, "<path class=\"gap\" d=\"{}\"/>", path(line));
        }
        for (edge, line) in &lines {
            draw_edge(picture, edge, line, (plain, overlay), out);
        }
        let Some(place) = layout.cards.get(to) else { continue };
        let took: Vec<Option<bool>> = lines.iter().map(|(e, _)| overlay.and_then(|o| o.took(e))).collect();
        let colour =
            colour(plain, overlay.map(|_| took.iter().find(|t| **t == Some(true)).or(took.first()).copied().flatten()));
        let (x, y) = (place.x, place.y + size::entry_middle());
        let _ = writeln!(
            out,
            "<path class=\"head {colour}\" d=\"M{} {}L{x} {y}L{} {}z\"/>",
            x - 8.0,
            y - 4.5,
            x - 8.0,
            y + 4.5
        );
    }
}

/// The colour of what leads to each card: cards that stand near each other get different ones.
fn colours(layout: &Layout) -> Vec<usize> {
    let mut order: Vec<(usize, &Rect)> = layout.cards.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    let mut out = vec![0; layout.cards.len()];
    for (rank, (card, _)) in order.into_iter().enumerate() {
        if let Some(colour) = out.get_mut(card) {
            *colour = rank % COLOURS;
        }
    }
    out
}

/// The class of a line: its colour, or by whether it was taken.
fn colour(plain: usize, took: Option<Option<bool>>) -> String {
    match took {
        None => format!("c{plain}"),
        Some(Some(true)) => "taken".to_owned(),
        Some(Some(false)) => "missed".to_owned(),
        Some(None) => "untold".to_owned(),
    }
}

fn draw_edge(
    picture: &Picture,
    edge: &Edge,
    line: &[Point],
    (plain, overlay): (usize, Option<&Overlay>),
    out: &mut String,
) {
    let took = overlay.map(|o| o.took(edge));
    let mut class = format!("edge {}", colour(plain, took));
    match edge.kind {
        EdgeKind::Failed => class.push_str(" failed"),
        EdgeKind::Bound => class.push_str(" bound"),
        EdgeKind::Arrow | EdgeKind::Entry => {}
    }
    if picture.card(edge.from).is_some_and(|c| !c.reachable) {
        class.push_str(" dim");
    }
    let by = if edge.label.is_empty() { String::new() } else { format!(" ({})", edge.label) };
    let taken = match took.flatten() {
        Some(true) => ": taken",
        Some(false) => ": not taken",
        None => "",
    };
    let title = format!("{}{by} → {}{taken}", picture.name(edge.from), picture.name(edge.to));
    let d = path(line);
    let _ = writeln!(out, "<g><title>{}</title><path class=\"{class}\" d=\"{d}\"/></g>", escaped(&title));
    if let Some(start) = line.first() {
        let _ = writeln!(
            out,
            "<circle class=\"port {}\" cx=\"{}\" cy=\"{}\" r=\"3\"/>",
            colour(plain, took),
            start.x,
            start.y
        );
    }
}

/// A line with round corners: each corner is a curve whose control point is the corner itself.
fn path(line: &[Point]) -> String {
    let mut out = String::new();
    for (at, point) in line.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|n| line.get(n));
        let (Some(before), Some(after)) = (before, line.get(at + 1)) else {
            let _ = write!(out, "{}{} {}", if at == 0 { "M" } else { "L" }, point.x, point.y);
            continue;
        };
        let toward = |end: &Point| {
            let (dx, dy) = (end.x - point.x, end.y - point.y);
            let length = dx.abs() + dy.abs();
            let radius = CORNER.min(length / 2.0);
            let part = if length > 0.0 { radius / length } else { 0.0 };
            Point { x: point.x + dx * part, y: point.y + dy * part }
        };
        let (a, b) = (toward(before), toward(after));
        let _ = write!(out, "L{} {}Q{} {} {} {}", a.x, a.y, point.x, point.y, b.x, b.y);
    }
    out
}

fn draw_card(card: &Card, place: Rect, out: &mut String) {
    let Rect { x, y, width, height } = place;
    let kind = match card.kind {
        CardKind::Header => "flow",
        CardKind::Step if card.entry => "step entry",
        CardKind::Step => "step",
        CardKind::Flow => "other",
        CardKind::Missing => "missing",
    };
    let dim = if card.reachable { "" } else { " dim" };
    let doc = card.doc.as_deref().map(|d| format!(": {d}")).unwrap_or_default();
    let title = escaped(&format!("{}{doc}", size::head(card)));
    let _ = writeln!(out, "<g class=\"card {kind}{dim}\"><title>{title}</title>");
    let round = if card.kind == CardKind::Flow { size::HEAD / 2.0 } else { 6.0 };
    let _ =
        writeln!(out, "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\"/>");
    if !card.rows.is_empty() {
        let _ = writeln!(
            out,
            "<path class=\"top\" d=\"M{x} {}v{}a6 6 0 0 1 6-6h{}a6 6 0 0 1 6 6v{}z\"/>",
            y + size::HEAD,
            6.0 - size::HEAD,
            width - 12.0,
            size::HEAD - 6.0,
        );
    }
    let middle = y + size::HEAD / 2.0 + 4.5;
    let note = size::note(card);
    let note_room = if note.is_empty() { 0.0 } else { size::text_width(note) + size::GAP };
    let room = (width - 2.0 * size::SIDE - note_room) * size::text_width("x") / size::head_width("x");
    text(&size::cut(&size::head(card), room), "name", x + size::SIDE, middle, out);
    if !note.is_empty() {
        text(note, "note end", x + width - size::SIDE, middle, out);
    }
    for (at, row) in card.rows.iter().enumerate() {
        draw_row(row, x, y + size::row_middle(at), width, out);
    }
    out.push_str("</g>\n");
}

fn draw_row(row: &Row, x: f64, middle: f64, width: f64, out: &mut String) {
    let fitted = size::fit(row, width);
    let whole: Vec<&str> = [row.label.as_str(), row.text.as_str(), row.goal.as_str()]
        .into_iter()
        .filter(|p| !p.is_empty())
        .chain(row.marks.iter().map(|m| m.words()))
        .collect();
    let titled = fitted.is_cut || !row.marks.is_empty();
    if titled {
        let _ = write!(out, "<g><title>{}</title>", escaped(&whole.join(", ")));
    }
    let baseline = middle + 4.0;
    text(&fitted.label, "label", x + fitted.label_x, baseline, out);
    text(&fitted.text, "said", x + fitted.text_x, baseline, out);
    text(&fitted.goal, "goal end", x + fitted.goal_end, baseline, out);
    for (kind, left) in row.marks.iter().zip(&fitted.marks) {
        mark(*kind, x + left, middle - 6.0, out);
    }
    out.push_str(if titled { "</g>\n" } else { "" });
}

fn text(said: &str, class: &str, x: f64, y: f64, out: &mut String) {
    if !said.is_empty() {
        let _ = writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(said));
    }
}

/// A mark in a square of 12.
fn mark(kind: Mark, x: f64, y: f64, out: &mut String) {
    let (class, d) = match kind {
        Mark::Guard => ("guard", "M6 0.5L11 2.5V6C11 9 8.5 11 6 11.8C3.5 11 1 9 1 6V2.5z"),
        Mark::Outside => ("outside", "M1 9.2L2.8 11L8.6 5.2V9H11V1H3V3.4H6.8z"),
        Mark::Unguarded => ("unguarded", "M1 9.2L2.8 11L8.6 5.2V9H11V1H3V3.4H6.8z"),
        Mark::End => ("ends", "M2.5 2.5H9.5V9.5H2.5z"),
    };
    let _ = writeln!(out, "<path class=\"mark {class}\" transform=\"translate({x} {y})\" d=\"{d}\"/>");
}

fn legend(y: f64, covered: bool, out: &mut String) {
    let mut x = 24.0;
    out.push_str("<g class=\"legend\">\n");
    for (kind, words) in MARKS {
        mark(kind, x, y, out);
        text(words, "note", x + 18.0, y + 10.0, out);
        x += 18.0 + size::text_width(words) + 20.0;
    }
    let lines: &[(&str, &str)] = if covered {
        &[("taken", "taken"), ("missed", "not taken")]
    } else {
        &[("c0 failed", "failed"), ("c0 bound", "visits used up")]
    };
    for (class, words) in lines {
        let _ = writeln!(out, "<path class=\"edge {class}\" d=\"M{x} {}h22\"/>", y + 6.0);
        text(words, "note", x + 28.0, y + 10.0, out);
        x += 28.0 + size::text_width(words) + 20.0;
    }
    out.push_str("</g>\n");
}
