//! How large things are. There are no font metrics here: letters are set in a typeface of equal
//! widths, and whatever is wider than its room is cut, with the whole text in the row's title.

use super::model::{Card, CardKind, Row};

/// A row of a card; also the grid on which cards stand.
pub(super) const ROW: f64 = 18.0;
/// The head of a card. With [`PAD`] it decides on which heights lines leave and enter cards: those
/// of `route` differ from both, so that no two lines lie on each other.
pub(super) const HEAD: f64 = 26.0;
/// Above the first row and below the last.
pub(super) const PAD: f64 = 6.0;
/// Inside a card, left and right.
pub(super) const SIDE: f64 = 10.0;
/// A level of nesting.
pub(super) const INDENT: f64 = 12.0;
/// Between the parts of a row.
pub(super) const GAP: f64 = 8.0;
/// A mark, with its room.
pub(super) const MARK: f64 = 16.0;
/// The widest letter of the typefaces that are asked for, at 12 pixels.
const LETTER: f64 = 7.3;
/// The same for heads, at 13 pixels.
const HEAD_LETTER: f64 = 8.0;
const MIN_WIDTH: f64 = 150.0;
const MAX_WIDTH: f64 = 340.0;
/// No part of a row is cut to less than this many letters.
const LEAST: usize = 6;

/// The letters that a text takes; wide scripts take two each.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c >= '\u{1100}' { 2 } else { 1 }).sum()
}

fn letters(count: usize) -> f64 {
    LETTER * f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

pub(super) fn text_width(text: &str) -> f64 {
    letters(columns(text))
}

pub(super) fn head_width(text: &str) -> f64 {
    text_width(text) * HEAD_LETTER / LETTER
}

/// A text cut to a width, with dots where something is missing.
pub(super) fn cut(text: &str, width: f64) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut taken = 1;
    for c in text.chars() {
        taken += if c >= '\u{1100}' { 2 } else { 1 };
        if letters(taken) > width && out.chars().count() >= LEAST {
            break;
        }
        out.push(c);
    }
    out.trim_end().to_owned() + "…"
}

/// A row as it fits into a card: each part cut, with its place from the card's left edge.
pub(super) struct Fitted {
    pub label: String,
    pub label_x: f64,
    pub text: String,
    pub text_x: f64,
    pub goal: String,
    /// The right end of the goal.
    pub goal_end: f64,
    /// Left edges of the marks.
    pub marks: Vec<f64>,
    /// Something was cut.
    pub is_cut: bool,
}

fn widest(row: &Row) -> f64 {
    let parts: Vec<f64> =
        [&row.label, &row.text, &row.goal].into_iter().filter(|p| !p.is_empty()).map(|p| text_width(p) + GAP).collect();
    indent(row) + parts.iter().sum::<f64>() + marks(row)
}

fn indent(row: &Row) -> f64 {
    INDENT * f64::from(u32::try_from(row.depth).unwrap_or(u32::MAX))
}

fn marks(row: &Row) -> f64 {
    MARK * f64::from(u32::try_from(row.marks.len()).unwrap_or(u32::MAX))
}

/// The words in a card's head.
pub(super) fn head(card: &Card) -> String {
    match card.kind {
        CardKind::Header | CardKind::Flow => format!("flow {}", card.name),
        CardKind::Step | CardKind::Missing => card.name.clone(),
    }
}

/// The small words at the right of a card's head.
pub(super) fn note(card: &Card) -> &'static str {
    match card.kind {
        CardKind::Missing => "no such step",
        CardKind::Step if !card.reachable => "unreachable",
        CardKind::Step if card.entry => "entry",
        _ => "",
    }
}

pub(super) fn width(card: &Card) -> f64 {
    let note = note(card);
    let note = if note.is_empty() { 0.0 } else { GAP + text_width(note) };
    let rows = card.rows.iter().map(widest).fold(head_width(&head(card)) + note, f64::max);
    (rows + 2.0 * SIDE).clamp(MIN_WIDTH, MAX_WIDTH).ceil()
}

pub(super) fn height(card: &Card) -> f64 {
    if card.rows.is_empty() {
        return HEAD;
    }
    HEAD + 2.0 * PAD + ROW * f64::from(u32::try_from(card.rows.len()).unwrap_or(u32::MAX))
}

/// The middle of a row, from the card's top.
pub(super) fn row_middle(row: usize) -> f64 {
    HEAD + PAD + ROW * (f64::from(u32::try_from(row).unwrap_or(u32::MAX)) + 0.5)
}

/// Where lines enter a card, from its top.
pub(super) fn entry_middle() -> f64 {
    HEAD / 2.0
}

/// Fits a row into a card: what the whole row lacks, its goal gives first, down to a part of the
/// row; then the text gets what the label leaves.
pub(super) fn fit(row: &Row, card_width: f64) -> Fitted {
    let left = SIDE + indent(row);
    let right = card_width - SIDE;
    let mut marks = Vec::new();
    let mut end = right;
    for _ in &row.marks {
        end -= MARK;
        marks.push(end + (MARK - 12.0));
    }
    let room = end - left;
    let others = [&row.label, &row.text].into_iter().filter(|p| !p.is_empty()).map(|p| text_width(p) + GAP);
    let goal = cut(&row.goal, (room - others.sum::<f64>()).max(room * 0.45));
    let goal_width = if goal.is_empty() { 0.0 } else { text_width(&goal) + GAP };
    let for_text = if row.text.is_empty() { 0.0 } else { (text_width(&row.text) + GAP).min(room * 0.3) };
    let label = cut(&row.label, room - goal_width - for_text);
    let text_x = if label.is_empty() { left } else { left + text_width(&label) + GAP };
    let text = if row.text.is_empty() { String::new() } else { cut(&row.text, end - goal_width - text_x) };
    let is_cut = goal != row.goal || label != row.label || text != row.text;
    Fitted {
        label,
        label_x: left,
        text,
        text_x,
        goal,
        goal_end: end - if row.marks.is_empty() { 0.0 } else { 4.0 },
        marks,
        is_cut,
    }
}
