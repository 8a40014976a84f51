//! A small lexer of Rust source: words and punctuation with their lines, without comments, strings
//! and character literals. Not a parser: the rules need no more than tokens.

/// One word or one piece of punctuation.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub line: usize,
    pub text: String,
}

/// The tokens of a source text. `::` is one token; every other punctuation is one character.
pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut out = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let end = match chars[at] {
            '/' if next(&chars, at, 1) == '/' => end_of_line(&chars, at),
            '/' if next(&chars, at, 1) == '*' => end_of_block_comment(&chars, at),
            '"' => end_of_string(&chars, at),
            '\'' => end_of_quote(&chars, at),
            c if c.is_alphanumeric() || c == '_' => {
                let end = end_of_word(&chars, at);
                let word: String = chars[at..end].iter().collect();
                match literal_after_prefix(&chars, &word, end) {
                    Some(end) => end,
                    None => {
                        out.push(Token { line, text: word });
                        end
                    }
                }
            }
            ':' if next(&chars, at, 1) == ':' => {
                out.push(Token { line, text: "::".into() });
                at + 2
            }
            c => {
                if !c.is_whitespace() {
                    out.push(Token { line, text: c.to_string() });
                }
                at + 1
            }
        };
        line += chars[at..end].iter().filter(|c| **c == '\n').count();
        at = end;
    }
    out
}

fn next(chars: &[char], at: usize, ahead: usize) -> char {
    chars.get(at + ahead).copied().unwrap_or('\0')
}

fn end_of_line(chars: &[char], at: usize) -> usize {
    (at..chars.len()).find(|i| chars[*i] == '\n').unwrap_or(chars.len())
}

fn end_of_block_comment(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0, at);
    while i < chars.len() {
        match (chars[i], next(chars, i, 1)) {
            ('/', '*') => (depth, i) = (depth + 1, i + 2),
            ('*', '/') => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i.min(chars.len())
}

fn end_of_word(chars: &[char], at: usize) -> usize {
    (at..chars.len()).find(|i| !(chars[*i].is_alphanumeric() || chars[*i] == '_')).unwrap_or(chars.len())
}

fn end_of_string(chars: &[char], quote: usize) -> usize {
    let mut i = quote + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// `'x'` and `'\n'` are characters, `'a` is a lifetime.
fn end_of_quote(chars: &[char], at: usize) -> usize {
    if next(chars, at, 1) == '\\' {
        let close = (at + 3..chars.len()).find(|i| chars[*i] == '\'');
        return close.map_or(chars.len(), |i| i + 1);
    }
    if next(chars, at, 2) == '\'' { at + 3 } else { at + 1 }
}

/// Raw and byte strings: `r"..."`, `r#"..."#`, `b"..."`, `br#"..."#`, `b'x'`.
fn literal_after_prefix(chars: &[char], word: &str, end: usize) -> Option<usize> {
    match (word, next(chars, end, 0)) {
        ("b" | "c", '"') => Some(end_of_string(chars, end)),
        ("b", '\'') => Some(end_of_quote(chars, end)),
        ("r" | "br" | "cr", '"' | '#') => {
            let hashes = chars[end..].iter().take_while(|c| **c == '#').count();
            if next(chars, end, hashes) != '"' {
                return None;
            }
            let body = end + hashes + 1;
            let closes = |i: &usize| chars[*i] == '"' && (1..=hashes).all(|h| next(chars, *i, h) == '#');
            Some((body..chars.len()).find(closes).map_or(chars.len(), |i| i + 1 + hashes))
        }
        _ => None,
    }
}

/// A path that begins in our own crate, `crate::a::b`, and the line where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    pub line: usize,
    /// Without `crate`.
    pub path: Vec<String>,
}

/// Every path of our own crate that `tokens` name: `crate::`, and `super::` from the file's module.
pub fn own_paths(tokens: &[Token], module: &[String]) -> Vec<Import> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let begins = at == 0 || tokens[at - 1].text != "::";
        let root: Option<Vec<String>> = match tokens[at].text.as_str() {
            "crate" if begins => Some(Vec::new()),
            "super" if begins => Some(module[..module.len().saturating_sub(1)].to_vec()),
            _ => None,
        };
        match root {
            Some(root) if text(tokens, at + 1) == "::" => at = tree(tokens, at + 2, root, &mut out),
            _ => at += 1,
        }
    }
    out
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |t| t.text.as_str())
}

/// Reads a use tree, `a::b`, `{a, b::c}` or `*`, and returns where it ends.
fn tree(tokens: &[Token], mut at: usize, mut path: Vec<String>, out: &mut Vec<Import>) -> usize {
    let line = tokens.get(at).map_or(0, |t| t.line);
    loop {
        match text(tokens, at) {
            "{" => {
                at += 1;
                while !matches!(text(tokens, at), "}" | "") {
                    let begin = at;
                    at = tree(tokens, at, path.clone(), out);
                    while matches!(text(tokens, at), "as" | ",") || (at == begin) {
                        at += if text(tokens, at) == "as" { 2 } else { 1 };
                    }
                }
                return at + 1;
            }
            "super" => {
                path.pop();
            }
            "self" => {}
            word if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => path.push(word.to_string()),
            _ => break,
        }
        at += 1;
        if text(tokens, at) != "::" {
            break;
        }
        at += 1;
    }
    out.push(Import { line, path });
    at
}
