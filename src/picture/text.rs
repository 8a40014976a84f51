//! The picture as text: Mermaid, DOT, and JSON for programs.
//!
//! One box a step and one arrow a way from step to step, with the ends of the flow as boxes of
//! their own.

use std::fmt::Write as _;

use serde_json::json;

use super::model::{Card, CardKind, EdgeKind, Mark, Picture, Row};

/// The version of the JSON form: counted up when a member changes its meaning or goes.
const FORMAT: u32 = 1;

/// The name of a card as Mermaid and DOT know it.
fn id(card: &Card) -> String {
    let kind = match card.kind {
        CardKind::Header => 'h',
        CardKind::Step => 's',
        CardKind::Flow => 'f',
        CardKind::Missing => 'm',
    };
    let word: String = card.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{kind}_{word}")
}

fn id_at(picture: &Picture, card: usize) -> String {
    picture.card(card).map(id).unwrap_or_default()
}

/// The statements of a step without its arms.
fn said(card: &Card) -> Vec<&str> {
    card.rows.iter().filter(|r| r.depth == 0 && !r.text.is_empty()).map(|r| r.text.as_str()).collect()
}

fn has(card: &Card, mark: Mark) -> bool {
    card.rows.iter().any(|row| row.marks.contains(&mark))
}

/// Mermaid, a flowchart from left to right.
pub fn mermaid(picture: &Picture) -> String {
    // Mermaid reads HTML in labels; a number sign begins its own escapes.
    let plain = |text: &str| super::svg::escaped(text).replace('#', "#35;");
    let mut out = String::from("flowchart LR\n");
    for card in &picture.cards {
        let name = id(card);
        let _ = match card.kind {
            CardKind::Header => writeln!(out, "  {name}([\"flow {}\"])", plain(&card.name)),
            CardKind::Flow => writeln!(out, "  {name}[[\"flow {}\"]]", plain(&card.name)),
            CardKind::Missing => writeln!(out, "  {name}[\"{} (no such step)\"]", plain(&card.name)),
            CardKind::Step => {
                let lines: Vec<String> = said(card).into_iter().map(plain).collect();
                let below = if lines.is_empty() { String::new() } else { format!("<br/>{}", lines.join("<br/>")) };
                writeln!(out, "  {name}[\"<b>{}</b>{below}\"]", plain(&card.name))
            }
        };
    }
    for edge in &picture.edges {
        let arrow = if matches!(edge.kind, EdgeKind::Failed | EdgeKind::Bound) { "-.->" } else { "-->" };
        let label = if edge.label.is_empty() { String::new() } else { format!("|\"{}\"|", plain(&edge.label)) };
        let _ = writeln!(out, "  {} {arrow}{label} {}", id_at(picture, edge.from), id_at(picture, edge.to));
    }
    for (number, end) in picture.ends.iter().enumerate() {
        let label = if end.label.is_empty() { String::new() } else { format!("|\"{}\"|", plain(&end.label)) };
        let _ = writeln!(out, "  {} -->{label} e{number}((\"{}\"))", id_at(picture, end.from), plain(&end.verb));
    }
    let mut class = |name: &str, style: &str, wanted: &dyn Fn(&Card) -> bool| {
        let names: Vec<String> = picture.cards.iter().filter(|c| wanted(c)).map(id).collect();
        if !names.is_empty() {
            let _ = writeln!(out, "  classDef {name} {style}\n  class {} {name}", names.join(","));
        }
    };
    class("unguarded", "stroke:#cf222e,stroke-width:3px", &|c| has(c, Mark::Unguarded));
    class("outside", "stroke:#0969da,stroke-width:3px", &|c| has(c, Mark::Outside));
    class("unreachable", "opacity:0.4", &|c| !c.reachable);
    out
}

/// DOT, for Graphviz.
pub fn dot(picture: &Picture) -> String {
    let plain = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut out = format!(
        "digraph \"{}\" {{\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n",
        plain(&picture.flow)
    );
    for card in &picture.cards {
        let (shape, label) = match card.kind {
            CardKind::Header => ("oval", format!("flow {}", plain(&card.name))),
            CardKind::Flow => ("cds", format!("flow {}", plain(&card.name))),
            CardKind::Missing => ("box", format!("{} (no such step)", plain(&card.name))),
            CardKind::Step => {
                let lines = said(card).into_iter().map(|line| plain(line) + "\\l").collect::<String>();
                ("box", format!("{}\\n{lines}", plain(&card.name)))
            }
        };
        let mut style = String::new();
        if has(card, Mark::Unguarded) {
            style.push_str(", color=\"#cf222e\", penwidth=3");
        } else if has(card, Mark::Outside) {
            style.push_str(", color=\"#0969da\", penwidth=3");
        }
        if !card.reachable {
            style.push_str(", fontcolor=gray, style=dotted");
        }
        let _ = writeln!(out, "  {} [shape={shape}, label=\"{label}\"{style}];", id(card));
    }
    for edge in &picture.edges {
        let style = if matches!(edge.kind, EdgeKind::Failed | EdgeKind::Bound) { ", style=dashed" } else { "" };
        let (from, to) = (id_at(picture, edge.from), id_at(picture, edge.to));
        let _ = writeln!(out, "  {from} -> {to} [label=\"{}\"{style}];", plain(&edge.label));
    }
    for (number, end) in picture.ends.iter().enumerate() {
        let _ = writeln!(out, "  e{number} [shape=circle, label=\"{}\"];", plain(&end.verb));
        let _ = writeln!(out, "  {} -> e{number} [label=\"{}\"];", id_at(picture, end.from), plain(&end.label));
    }
    out.push_str("}\n");
    out
}

/// JSON: the flow's steps with their rows, and its arrows. Rows count from 0.
pub fn json(picture: &Picture) -> String {
    let steps: Vec<_> = picture.cards.iter().filter(|c| c.kind == CardKind::Step).map(step_json).collect();
    let header = picture.cards.first().map(|card| rows_json(&card.rows));
    let arrows = picture.edges.iter().filter(|e| e.from != 0).map(|edge| {
        let to = picture.card(edge.to);
        let kind = match to.map(|c| c.kind) {
            Some(CardKind::Flow) => "flow",
            Some(CardKind::Missing) => "missing",
            _ => "step",
        };
        json!({
            "from": picture.name(edge.from), "row": edge.row, "kind": kind, "to": picture.name(edge.to),
            "label": edge.label, "bound": edge.kind == EdgeKind::Bound,
        })
    });
    let ends = picture.ends.iter().map(|end| {
        json!({"from": picture.name(end.from), "row": end.row, "kind": "end", "to": end.verb, "label": end.label, "bound": false})
    });
    let of = |wanted: EdgeKind| picture.edges.iter().find(|e| e.kind == wanted).map(|e| picture.name(e.to));
    let whole = json!({
        "version": FORMAT, "flow": picture.flow, "doc": picture.doc, "header": header,
        "entry": of(EdgeKind::Entry), "failed": of(EdgeKind::Failed),
        "steps": steps, "edges": arrows.chain(ends).collect::<Vec<_>>(),
    });
    format!("{whole:#}\n")
}

fn step_json(card: &Card) -> serde_json::Value {
    json!({
        "name": card.name, "doc": card.doc, "reachable": card.reachable, "entry": card.entry,
        "outside": has(card, Mark::Outside) || has(card, Mark::Unguarded), "unguarded": has(card, Mark::Unguarded),
        "rows": rows_json(&card.rows),
    })
}

fn rows_json(rows: &[Row]) -> Vec<serde_json::Value> {
    let each = rows.iter().map(|row| {
        let marks: Vec<&str> = row.marks.iter().map(|m| m.words()).collect();
        json!({"depth": row.depth, "label": row.label, "text": row.text, "goal": row.goal, "marks": marks})
    });
    each.collect()
}
