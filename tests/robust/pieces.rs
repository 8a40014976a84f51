//! Damage that keeps to the structure of a text, so that most of it is read: whole statements, arms, steps and
//! expressions that move, come twice or go; in YAML, a line with all that stands deeper than it.

use super::dice::Dice;
use super::tokens::{cut, place};

/// The end of what begins at a token: of its pair of brackets, if it opens one, else of itself.
fn end_of_pair(tokens: &[&str], at: usize) -> usize {
    let mut depth = 0_usize;
    for (n, token) in tokens.iter().enumerate().skip(at) {
        match *token {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return n + 1;
        }
    }
    tokens.len()
}

/// The piece around a token: its line, to the end of the last bracket that the line opens.
fn piece(tokens: &[&str], at: usize) -> (usize, usize) {
    let begin = tokens[..at].iter().rposition(|t| *t == "\n").map_or(0, |n| n + 1);
    let mut end = begin;
    while end < tokens.len() {
        end = end_of_pair(tokens, end);
        if tokens[end - 1] == "\n" {
            break;
        }
    }
    (begin, end)
}

/// A part of a line: a word, or a pair of brackets with what is in it.
fn part(tokens: &[&str], dice: &mut Dice) -> (usize, usize) {
    let at = place(tokens, dice);
    if dice.one_in(2) {
        let opens = (0..tokens.len()).map(|n| (at + n) % tokens.len()).find(|n| matches!(tokens[*n], "{" | "(" | "["));
        let at = opens.unwrap_or(at);
        return (at, end_of_pair(tokens, at));
    }
    (at, at + 1)
}

/// A text with a piece of it, or of another, in another place.
pub fn moved(text: &str, other: &str, dice: &mut Dice) -> String {
    let (mut tokens, others) = (cut(text), cut(other));
    if tokens.is_empty() || others.is_empty() {
        return other.to_owned();
    }
    let (a, b, from) = (place(&tokens, dice), place(&tokens, dice), place(&others, dice));
    let (begin, end) = piece(&tokens, a);
    match dice.below(10) {
        0 => drop(tokens.drain(begin..end)),
        1 | 2 => {
            let taken: Vec<&str> = tokens[begin..end].to_vec();
            let to = piece(&tokens, b).0;
            tokens.splice(to..to, taken);
        }
        3 => {
            let taken: Vec<&str> = tokens.drain(begin..end).collect();
            if !tokens.is_empty() {
                let to = piece(&tokens, b.min(tokens.len() - 1)).0;
                tokens.splice(to..to, taken);
            }
        }
        4..=6 => {
            let (first, last) = piece(&others, from);
            let to = if dice.one_in(3) { begin..end } else { begin..begin };
            tokens.splice(to, others[first..last].iter().copied());
        }
        7 => {
            let (first, last) = part(&others, dice);
            let (begin, end) = part(&tokens, dice);
            tokens.splice(begin..end, others[first..last].iter().copied());
        }
        8 => {
            let (first, last) = part(&tokens, dice);
            let taken: Vec<&str> = tokens[first..last].to_vec();
            let (begin, end) = part(&tokens, dice);
            tokens.splice(begin..end, taken);
        }
        _ => {
            let word = tokens[place(&tokens, dice)];
            tokens[a] = word;
        }
    }
    tokens.concat()
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// A line that is not blank, and the end of the lines that stand deeper.
fn block(lines: &[&str], dice: &mut Dice) -> (usize, usize) {
    let from = dice.below(lines.len());
    let begin = (from..lines.len()).find(|n| !lines[*n].trim().is_empty()).unwrap_or(from);
    let deeper = |line: &&str| line.trim().is_empty() || depth(line) > depth(lines[begin]);
    (begin, begin + 1 + lines[begin + 1..].iter().take_while(|line| deeper(line)).count())
}

/// The same for YAML: lines with what stands deeper, put in as deep as the lines of their new place.
pub fn lines_moved(text: &str, other: &str, dice: &mut Dice) -> String {
    let (lines, others): (Vec<&str>, Vec<&str>) =
        (text.split_inclusive('\n').collect(), other.split_inclusive('\n').collect());
    if lines.is_empty() || others.is_empty() {
        return other.to_owned();
    }
    if dice.one_in(3) {
        // Flow style is a matter of brackets.
        return moved(text, other, dice);
    }
    let (begin, end) = block(&lines, dice);
    let from = if dice.one_in(2) { &lines } else { &others };
    let (first, last) = block(from, dice);
    let (to, was) = (depth(lines[begin]), depth(from[first]));
    let taken: String = from[first..last]
        .iter()
        .map(|line| format!("{:1$}{2}", "", (to + depth(line)).saturating_sub(was), line.trim_start_matches(' ')))
        .collect();
    let (before, piece, after) = (lines[..begin].concat(), lines[begin..end].concat(), lines[end..].concat());
    match dice.below(5) {
        0 => format!("{before}{after}"),
        1 => format!("{before}{taken}{after}"),
        2 => format!("{before}{piece}{taken}{after}"),
        _ => format!("{before}{taken}{piece}{after}"),
    }
}

/// A text with a piece of it so many times that it is as large as a file can be expected to be.
pub fn swollen(text: &str, size: usize, dice: &mut Dice) -> String {
    let tokens = cut(text);
    if tokens.is_empty() {
        return text.to_owned();
    }
    let at = place(&tokens, dice);
    let (begin, end) = match dice.below(3) {
        0 => part(&tokens, dice),
        1 => piece(&tokens, at),
        // From somewhere to somewhere: what opens and does not close nests.
        _ => (at, tokens.len().min(at + 1 + dice.below(12))),
    };
    let unit = tokens[begin..end].concat();
    let count = size.saturating_sub(text.len()) / unit.len().max(1);
    let (before, after) = (tokens[..begin].concat(), tokens[end..].concat());
    // Names that are not all the same: a number after each.
    let numbered = dice.one_in(2);
    let mut many = String::new();
    for n in 0..count {
        if many.len() + unit.len() + 8 > size {
            break;
        }
        many.push_str(&unit);
        if numbered && unit.ends_with(|c: char| c.is_alphanumeric()) {
            many.push_str(&n.to_string());
        }
    }
    format!("{before}{many}{after}")
}
