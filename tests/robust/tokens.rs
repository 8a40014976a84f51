//! Damage that keeps to the tokens of a text, so that most of it gets past the lexer: tokens that
//! change places, come twice or are missing, and pieces and lines of one sample within another.

use super::dice::Dice;

/// Cuts a text into words, quoted texts, blanks and single signs.
pub fn cut(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if first == ' ' {
            rest.find(|c| c != ' ').unwrap_or(rest.len())
        } else if first == '"' {
            let end = rest[1..].find(['"', '\n']).map_or(rest.len(), |n| n + 2);
            if rest.is_char_boundary(end) { end } else { 1 }
        } else {
            first.len_utf8()
        };
        let (token, more) = rest.split_at(length);
        tokens.push(token);
        rest = more;
    }
    tokens
}

/// A place of a token that is more than blanks.
pub fn place(tokens: &[&str], dice: &mut Dice) -> usize {
    for _ in 0..8 {
        let at = dice.below(tokens.len());
        if tokens.get(at).is_some_and(|t| !t.trim().is_empty()) {
            return at;
        }
    }
    dice.below(tokens.len())
}

/// The end of the line in which a token stands, and the beginning of it.
fn line(tokens: &[&str], at: usize) -> (usize, usize) {
    let begin = tokens[..at].iter().rposition(|t| *t == "\n").map_or(0, |n| n + 1);
    let end = tokens[at..].iter().position(|t| *t == "\n").map_or(tokens.len(), |n| at + n + 1);
    (begin, end)
}

/// A sample with some of its tokens damaged.
pub fn shuffle(text: &str, other: &str, dice: &mut Dice) -> String {
    let (mut tokens, others) = (cut(text), cut(other));
    for _ in 0..=dice.below(4) {
        if tokens.is_empty() || others.is_empty() {
            break;
        }
        let (a, b) = (place(&tokens, dice), place(&tokens, dice));
        let from = place(&others, dice);
        match dice.below(9) {
            0 => tokens.swap(a, b),
            1 => drop(tokens.remove(a)),
            2 => tokens.insert(a, tokens[b]),
            3 => tokens[a] = tokens[b],
            4 => tokens[a] = others[from],
            5 => {
                let end = others.len().min(from + 1 + dice.below(30));
                tokens.splice(a..a, others[from..end].iter().copied());
            }
            6 => {
                let (begin, end) = line(&others, from);
                let to = line(&tokens, a).0;
                tokens.splice(to..to, others[begin..end].iter().copied());
            }
            7 => {
                let (begin, end) = line(&tokens, a);
                let piece: Vec<&str> = tokens[begin..end].to_vec();
                let to = line(&tokens, b).0;
                tokens.splice(to..to, piece);
            }
            _ => {
                let (begin, end) = line(&tokens, a);
                tokens.drain(begin..end);
            }
        }
    }
    tokens.concat()
}
