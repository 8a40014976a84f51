//! "Did you mean": the candidate nearest to a word that nobody knows.
//!
//! Not a spelling corrector: it answers only when the slip is small.

/// Words longer than this are not compared, so that hostile input stays cheap.
const MAX_WORD_CHARS: usize = 64;

/// The candidate that `word` most likely stands for, if one is near enough; the first of equals.
///
/// Near is one slip in three characters: an insertion, an omission, a substitution, or two
/// neighbours exchanged (`plya`). Case does not count.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = folded(word)?;
    let budget = (wanted.len() / 3).max(1);
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        let Some(have) = folded(candidate) else { continue };
        if have.len().abs_diff(wanted.len()) > budget {
            continue;
        }
        let distance = distance(&wanted, &have);
        // A slip as long as the word itself is another word, not a misspelling.
        let near = distance <= budget && distance < wanted.len().max(have.len());
        if near && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The only candidate that goes on where `word` ends: `presses` for `press`. For keys of a closed set, where a word cut
/// short is a slip; two letters could begin anything.
pub fn longer<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const ENOUGH: usize = 3;
    let mut longer = candidates.into_iter().filter(|c| word.len() >= ENOUGH && c.starts_with(word) && *c != word);
    longer.next().filter(|_| longer.next().is_none())
}

/// `; did you mean `x`?`, or nothing: the end of a message about an unknown name.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let others = candidates.into_iter().filter(|candidate| *candidate != word);
    closest(word, others).map(|c| format!("; did you mean `{c}`?")).unwrap_or_default()
}

/// The wrong word and the suggested one of a finding: the way back from [`did_you_mean`], so that each finding which
/// suggests a word can offer to write it.
pub fn suggested<'t>(message: &'t str, help: Option<&'t str>) -> Option<(&'t str, &'t str)> {
    const ASKED: &str = "did you mean `";
    let of = |text: &'t str| text.split_once(ASKED).and_then(|(before, rest)| Some((before, rest.split_once("`?")?.0)));
    let (before, near) = of(message).or_else(|| help.and_then(of).map(|(_, near)| (message, near)))?;
    // The word stands last among those of the user's.
    let wrong = before.rsplit('`').nth(1)?;
    Some((wrong, near))
}

fn folded(word: &str) -> Option<Vec<char>> {
    let chars: Vec<char> = word.chars().take(MAX_WORD_CHARS + 1).flat_map(char::to_lowercase).collect();
    if chars.is_empty() || chars.len() > MAX_WORD_CHARS { None } else { Some(chars) }
}

/// Optimal string alignment distance (Damerau 1964, Levenshtein 1966).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], n: usize| row.get(n).copied().unwrap_or(usize::MAX / 2);
            let mut cost = at(&last, j) + usize::from(x != y);
            cost = cost.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}
