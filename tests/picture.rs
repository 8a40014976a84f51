//! Pictures of flows: their text forms as golden files, and the geometry of the SVG as a reader of
//! it sees it: no label on another, no line through a card, no line on another that leads elsewhere.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::sync::Arc;

use strowger::base::span::FileId;
use strowger::graph::{FlowGraph, Op};
use strowger::interp::Taken;
use strowger::lint;
use strowger::picture::{self, Overlay, Picture};
use strowger::syntax::ast;
use strowger::syntax::parse::parse_flow;

use crate::flow::site::{policies, site};
use crate::syntax::{golden, source};

const COMPANY: &str = "tests/picture/company.flow";

fn flows(text: &str) -> Vec<ast::Flow> {
    let (file, found) = parse_flow(FileId(0), text);
    assert!(found.is_empty(), "{found:?}\n{text}");
    let flow = |item| match item {
        ast::Item::Flow(flow) => Some(flow),
        ast::Item::Constant(_) => None,
    };
    file.items.into_iter().filter_map(flow).collect()
}

fn drawn(text: &str) -> Vec<Picture> {
    flows(text).iter().map(|flow| picture::picture(flow, None)).collect()
}

/// The first flow of a text with what it compiles to.
fn compiled(text: &str) -> (ast::Flow, Arc<FlowGraph>) {
    let (file, _) = parse_flow(FileId(0), text);
    let (flows, _) = lint::compile(&site(), &policies(), std::slice::from_ref(&file));
    let flow = self::flows(text).remove(0);
    let graph = Arc::clone(&flows.graphs[flow.name.value.as_str()]);
    (flow, graph)
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Rect {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

impl Rect {
    fn overlaps(&self, o: &Rect) -> bool {
        self.x < o.x + o.w && o.x < self.x + self.w && self.y < o.y + o.h && o.y < self.y + self.h
    }

    fn holds(&self, o: &Rect) -> bool {
        self.x <= o.x && o.x + o.w <= self.x + self.w && self.y <= o.y && o.y + o.h <= self.y + self.h
    }
}

#[derive(Debug, Default)]
struct Seen {
    boxes: Vec<Rect>,
    labels: Vec<(Rect, String)>,
    /// The card a line leads to, and its corners.
    lines: Vec<(String, Vec<(f64, f64)>)>,
    width: f64,
    height: f64,
}

fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no `{name}` in {tag}"));
    rest.split('"').next().unwrap()
}

fn number(tag: &str, name: &str) -> f64 {
    attribute(tag, name).parse().unwrap()
}

/// The corners of a path: a round corner's control point is the corner.
fn corners(d: &str) -> Vec<(f64, f64)> {
    let mut out = Vec::new();
    for piece in d.split(['M', 'L']).filter(|piece| !piece.is_empty()) {
        let (end, curve) = piece.split_once('Q').unwrap_or((piece, ""));
        let pair = |text: &str| {
            let n: Vec<f64> = text.split_whitespace().map(|n| n.parse().unwrap()).collect();
            (n[0], n[1])
        };
        out.push(pair(end));
        if !curve.is_empty() {
            out.push(pair(curve));
        }
    }
    out
}

fn seen(svg: &str) -> Seen {
    let mut out = Seen { width: number(svg, "width"), height: number(svg, "height"), ..Seen::default() };
    for line in svg.lines() {
        if line.contains("<rect class=\"box\"") {
            let at = |name| number(line, name);
            out.boxes.push(Rect { x: at("x"), y: at("y"), w: at("width"), h: at("height") });
        } else if let Some((_, path)) = line.split_once("</title><path class=\"edge") {
            let title = line.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
            let goal = title.rsplit("→ ").next().unwrap().split(':').next().unwrap();
            out.lines.push((goal.to_owned(), corners(attribute(path, "d"))));
        }
        for tag in line.split("<text").skip(1) {
            let said = tag.split('>').nth(1).unwrap().split('<').next().unwrap();
            let letters = said
                .replace("&quot;", "\"")
                .replace("&gt;", ">")
                .replace("&#39;", "'")
                .replace("&amp;", "&")
                .replace("&lt;", "<");
            let class = attribute(tag, "class");
            // The true widths of the widest of the typefaces asked for.
            let w = letters.chars().count() as f64 * if class == "name" { 7.85 } else { 7.25 };
            let x = number(tag, "x") - if class.contains("end") { w } else { 0.0 };
            out.labels.push((Rect { x, y: number(tag, "y") - 10.0, w, h: 13.0 }, said.to_owned()));
        }
    }
    out
}

/// All that must hold of any picture.
fn sound(name: &str, picture: &Picture, svg: &str) {
    let seen = seen(svg);
    let paper = Rect { x: 0.0, y: 0.0, w: seen.width, h: seen.height };
    assert_eq!(seen.boxes.len(), picture.cards.len(), "{name}: a box a card");
    assert_eq!(seen.lines.len(), picture.edges.len(), "{name}: a line an edge");
    for (n, one) in seen.boxes.iter().enumerate() {
        assert!(paper.holds(one), "{name}: {one:?} leaves the paper");
        assert!(!seen.boxes[n + 1..].iter().any(|b| b.overlaps(one)), "{name}: two cards overlap at {one:?}");
    }
    for (n, (label, text)) in seen.labels.iter().enumerate() {
        assert!(paper.holds(label), "{name}: `{text}` leaves the paper");
        let others = seen.labels[n + 1..].iter().find(|(o, _)| o.overlaps(label));
        assert!(others.is_none(), "{name}: `{text}` lies on `{}`", others.unwrap().1);
        for card in &seen.boxes {
            assert!(!card.overlaps(label) || card.holds(label), "{name}: `{text}` sticks out of its card");
        }
    }
    for (to, line) in &seen.lines {
        for piece in line.windows(2) {
            let [(a, b), (c, d)] = [piece[0], piece[1]];
            assert!(a == c || b == d, "{name}: a slanted line to {to}");
            let body = Rect { x: a.min(c), y: b.min(d), w: (a - c).abs(), h: (b - d).abs() };
            let through = seen.boxes.iter().find(|k| {
                let inner = Rect { x: k.x + 0.5, y: k.y + 0.5, w: k.w - 1.0, h: k.h - 1.0 };
                inner.overlaps(&Rect { w: body.w.max(0.01), h: body.h.max(0.01), ..body })
            });
            assert!(through.is_none(), "{name}: a line to {to} goes through {through:?}");
            assert!(paper.holds(&body), "{name}: a line to {to} leaves the paper");
        }
    }
    lines_apart(name, &seen);
}

/// No two lines to different cards lie on each other.
fn lines_apart(name: &str, seen: &Seen) {
    // By direction and place across it: the extents along it, and the goal.
    type Piece<'s> = (f64, f64, &'s str);
    let mut pieces: BTreeMap<(bool, i64), Vec<Piece<'_>>> = BTreeMap::new();
    for (to, line) in &seen.lines {
        for piece in line.windows(2) {
            let [(a, b), (c, d)] = [piece[0], piece[1]];
            let level = b == d;
            let (across, from, end) = if level { (b, a.min(c), a.max(c)) } else { (a, b.min(d), b.max(d)) };
            pieces.entry((level, (across * 2.0) as i64)).or_default().push((from, end, to));
        }
    }
    for ((level, across), list) in pieces {
        for (n, (from, end, to)) in list.iter().enumerate() {
            let on = list[n + 1..].iter().find(|(f, e, t)| t != to && f + 0.5 < *end && from + 0.5 < *e);
            assert!(on.is_none(), "{name}: lines to {to} and {on:?} lie on each other ({level}, {across})");
        }
    }
}

fn check(name: &str, text: &str) {
    for picture in drawn(text) {
        let svg = picture::svg(&picture, None);
        sound(name, &picture, &svg);
        well_formed(&svg);
        assert_eq!(svg, picture::svg(&picture, None), "{name}: the same flow, the same picture");
    }
}

/// Tags are closed in the order they were opened, and no `&` stands alone.
fn well_formed(svg: &str) {
    let mut open: Vec<String> = Vec::new();
    for piece in svg.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        let name = tag.split([' ', '/']).find(|n| !n.is_empty()).unwrap().to_owned();
        if tag.starts_with('/') {
            assert_eq!(open.pop().as_ref(), Some(&name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        for escape in tag.split('&').skip(1).chain(text.split('&').skip(1)) {
            let word = escape.split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot", "#39"].contains(&word), "`&{escape}`");
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Numbers that look random and are the same each time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n.max(1)
    }
}

/// A flow of any shape: every kind of arrow from anywhere to anywhere.
fn generated(seed: u64) -> String {
    let mut draw = Draw(seed.wrapping_mul(977) + 1);
    let steps = 1 + draw.below(30);
    let mut text = String::from("flow any {\n");
    if draw.below(2) == 0 {
        text.push_str(&format!("  failed -> s{}\n", draw.below(steps)));
    }
    for n in 0..steps {
        let bound =
            if draw.below(3) == 0 { format!(" visits 2 otherwise -> s{}", draw.below(steps)) } else { String::new() };
        text.push_str(&format!("  step s{n}{bound} {{\n"));
        if draw.below(2) == 0 {
            text.push_str("    play \"a-prompt-with-a-rather-long-name-that-has-to-be-cut-somewhere\"\n");
        }
        if draw.below(2) == 0 {
            text.push_str(&format!("    if (caller.anonymous) -> s{}\n", draw.below(steps)));
        }
        match draw.below(4) {
            0 => text.push_str("    hangup\n"),
            1 => text.push_str(&format!("    -> s{}\n", draw.below(steps))),
            _ => {
                text.push_str("    menu \"m\" {\n");
                for key in 0..draw.below(9) {
                    let to = draw.below(steps);
                    let arm = ["-> s", "{ play \"x\"  -> s"][draw.below(2)];
                    let end = if arm.starts_with('{') { " }" } else { "" };
                    text.push_str(&format!("      {key} {arm}{to}{end}\n"));
                }
                text.push_str(&format!("      otherwise -> flow other{}\n    }}\n", draw.below(3)));
            }
        }
        text.push_str("  }\n");
    }
    text + "}\n"
}

#[test]
fn pictures_are_sound() {
    for path in ["examples/helpdesk/flows/main_line.flow", "flows/starter/flows/main_line.flow", COMPANY] {
        check(path, &source(path));
    }
    for seed in 0..40 {
        check(&format!("seed {seed}"), &generated(seed));
    }
}

/// Every step goes on to the next, back to the first, and to the last: the most lanes a flow can
/// have. It ends, and soon.
#[test]
fn the_longest_flow_is_drawn() {
    let steps = 500;
    let mut text = String::from("flow long {\n");
    for n in 0..steps - 1 {
        text.push_str(&format!(
            "  step s{n} {{ menu \"m\" {{ 1 -> s{}  2 -> s0  otherwise -> s{} }} }}\n",
            n + 1,
            steps - 1
        ));
    }
    text.push_str(&format!("  step s{} {{ hangup }}\n}}\n", steps - 1));
    let picture = drawn(&text).remove(0);
    assert_eq!(seen(&picture::svg(&picture, None)).lines.len(), picture.edges.len());
}

#[test]
fn text_forms_are_as_blessed() {
    let text = source("examples/helpdesk/flows/main_line.flow");
    let picture = drawn(&text).remove(0);
    golden("tests/picture/helpdesk.mmd", &picture::mermaid(&picture));
    golden("tests/picture/helpdesk.dot", &picture::dot(&picture));
    golden("tests/picture/helpdesk.json", &picture::json(&picture));
    golden("tests/picture/helpdesk.svg", &picture::svg(&picture, None));
}

#[test]
fn what_a_user_writes_is_escaped() {
    let text = "/// <script>alert(1)</script> & \"more\"\nflow main {\n  owner \"a & b <c> 'd'\"\n  step s { \
                play \"x<y\"  tag why \"]]> &amp; <svg onload=x>\"  hangup }\n}\n";
    let picture = drawn(text).remove(0);
    let svg = picture::svg(&picture, None);
    well_formed(&svg);
    assert!(!svg.contains("<script") && !svg.contains("<svg onload"));
    assert!(!picture::mermaid(&picture).contains("<svg"));
}

const MARKED: &str = "flow main {
  step start {
    answer
    transfer to pstn \"+442071838750\" { otherwise -> safe }
  }
  step safe visits 2 otherwise -> bye {
    guard strict
    transfer to pstn \"+442071838750\" { otherwise -> bye }
  }
  step lost { -> bye }
  step bye { hangup }
}";

#[test]
fn what_must_not_be_missed_is_marked() {
    let (flow, graph) = compiled(MARKED);
    for picture in [picture::picture(&flow, Some(&graph)), picture::picture(&flow, None)] {
        let svg = picture::svg(&picture, None);
        sound("marked", &picture, &svg);
        let marks = |name: &str| {
            let card = picture.cards.iter().find(|c| c.name == name).unwrap();
            card.rows.iter().flat_map(|r| &r.marks).map(|m| m.words()).collect::<Vec<_>>()
        };
        assert_eq!(marks("start"), ["outside leg with no guard", "the flow ends"]);
        assert_eq!(marks("safe"), ["guard", "outside leg, guarded", "the flow ends"]);
        let reachable: Vec<&str> = picture.cards.iter().filter(|c| c.reachable).map(|c| c.name.as_str()).collect();
        assert_eq!(reachable, ["main", "start", "safe", "bye"]);
        assert!(svg.contains("Unreachable: lost.") && svg.contains("class=\"card step dim\""));
        assert!(svg.contains("prefers-color-scheme: dark") && svg.contains("class=\"card step entry\""));
    }
}

#[test]
fn coverage_colours_what_was_taken() {
    let (flow, graph) = compiled(MARKED);
    let picture = picture::picture(&flow, Some(&graph));
    // Into `start`, out of it by its only arm, and no further.
    let acts = graph.ids().filter(|id| matches!(graph.node(*id), Some(Op::Act(act)) if act.decl.verb == "transfer"));
    let first = acts.min_by_key(|id| graph.place(*id).unwrap().span.start).unwrap();
    let overlay = Overlay::new([Taken::Step(graph.entry), Taken::Arm(first, 0)]);
    let svg = picture::svg(&picture, Some(&overlay));
    sound("covered", &picture, &svg);
    assert!(svg.contains("start (otherwise) → safe: taken"));
    assert!(svg.contains("main → start: taken"));
    for missed in ["safe (otherwise) → bye: not taken", "safe (visits used up) → bye: not taken"] {
        assert!(svg.contains(missed), "{missed}");
    }
}
