//! Slips of the hand, and habits of those who come from other languages.

use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::syntax::lexer::{TokenKind, slice};
use crate::syntax::parse::Rule;
use crate::syntax::shape;

use super::{Place, RULE, unknown_statement};

/// Tokens back in which `go to` is looked for: the grammar reads it as a setting and its value.
const LOOK_BACK: isize = 3;

/// `# a remark`, as in YAML.
pub(super) fn hash_comment(place: &Place<'_>) -> Option<Diagnostic> {
    let label = matches!(place.kind(1), Some(TokenKind::Arrow | TokenKind::Open | TokenKind::Comma));
    (place.word(0).starts_with('#') && place.token(0)?.first && !label)
        .then(|| place.error("a remark begins with `//`, not `#`").help("write `// ..`"))
}

/// `Dana`, `grüße`: not the letters of a name.
pub(super) fn name_in_capitals(place: &Place<'_>) -> Option<Diagnostic> {
    let word = place.word(0);
    let capital = place.kind(0)? == TokenKind::Word && word.starts_with(|c: char| !c.is_ascii_lowercase() && c != '_');
    let foreign = place.kind(0)? == TokenKind::Word && !word.is_ascii();
    if !capital && !foreign {
        return None;
    }
    let lower: String = word.chars().map(|c| c.to_ascii_lowercase()).collect();
    let found =
        place.error(format!("`{word}` is no name: a name begins with `a` to `z` or `_`, then letters, digits, `_`"));
    Some(if shape::is_name(&lower) {
        found.help(format!("write `{lower}`, or `\"{word}\"` if it is a text"))
    } else {
        found
    })
}

/// `go to sorry`.
pub(super) fn go_to(place: &Place<'_>) -> Option<Diagnostic> {
    let n = (-LOOK_BACK..=0).find(|n| place.word(*n) == "go" && place.word(*n + 1) == "to")?;
    let (from, step) = (place.token(n)?, place.token(n + 2)?);
    let found =
        Diagnostic::error(RULE, from.span.to(place.token(n + 1)?.span), "an arrow is written `->`, not `go to`");
    Some(found.help(format!("write `-> {}`", slice(place.text, step.span))))
}

/// An arrow as others write it, but `:`, which may also stand behind a setting.
pub(super) fn foreign_arrow(place: &Place<'_>) -> Option<Diagnostic> {
    if place.word(0) == ":" { None } else { wrong_arrow(place) }
}

/// `=>`, `→`, `- >`: an arrow as others write it.
pub(super) fn wrong_arrow(place: &Place<'_>) -> Option<Diagnostic> {
    let word = place.word(0);
    if word == "|" {
        return Some(
            place.error("`|` cannot stand here").help("labels that share an arm stand with commas: `busy, no_answer`"),
        );
    }
    let leads = place.expects(&[Rule::goto, Rule::k_goto, Rule::body, Rule::statement]);
    // A dash of whatever length, and its head.
    let parted = matches!(word, "-" | "–" | "—" | "−") && place.word(1) == ">";
    let span = if parted { place.span.to(place.token(1)?.span) } else { place.span };
    if !(parted || matches!(word, "=>" | "→" | "⇒") || word == ":" && leads) {
        return None;
    }
    let message = format!("an arrow is written `->`, not `{}`", slice(place.text, span));
    let found = Diagnostic::error(RULE, span, message);
    if !leads {
        return Some(found.help("only an arm, a branch and the end of a block lead somewhere"));
    }
    let text = if word == ":" { " ->".to_owned() } else { "->".to_owned() };
    Some(found.fix(Fix { title: "write `->`".to_owned(), edits: vec![Edit { span, text }], safe: true }))
}

/// `1 ->` and on the next line `otherwise -> bye`: the label was read as the step.
pub(super) fn arrow_to_nothing(place: &Place<'_>) -> Option<Diagnostic> {
    let arrow = place.token(-2).filter(|t| t.kind == TokenKind::Arrow)?;
    let label = place.token(-1)?.first || place.word(-1) == "}";
    (label && matches!(place.kind(0)?, TokenKind::Arrow | TokenKind::Open | TokenKind::Comma)).then(|| {
        Diagnostic::error(RULE, arrow.span, "this arrow leads nowhere")
            .help("write the name of a step behind it, or `next`")
    })
}

/// `else` behind anything but the end of an `if`.
pub(super) fn else_alone(place: &Place<'_>) -> Option<Diagnostic> {
    (place.word(0) == "else" && place.expects(&[Rule::statement])).then(|| {
        place
            .error("this `else` belongs to no `if`")
            .help("write `if (condition) { .. } else { .. }`; nothing stands between the two")
    })
}

/// `var n = 0` in a step.
pub(super) fn head_in_step(place: &Place<'_>) -> Option<Diagnostic> {
    let word = place.word(0);
    let head = matches!(word, "var" | "const" | "default") && place.expects(&[Rule::statement]);
    head.then(|| {
        place
            .error(format!("`{word}` stands in a step"))
            .help("it belongs to the flow's head, before the first step; in a step `set name = ..` changes a variable")
    })
}

/// `guard` and on the next line `failed -> sorry`: what belongs to the first was read off the second.
pub(super) fn line_cut_short(place: &Place<'_>) -> Option<Diagnostic> {
    let taken = place.token(-1).filter(|t| t.first && place.word(-1) == "failed")?;
    (place.kind(0)? == TokenKind::Arrow && place.expects(&[Rule::header]) && taken.kind == TokenKind::Word).then(|| {
        let found = Diagnostic::error(RULE, place.token(-2).map_or(taken.span, |t| t.span), "this line is cut short");
        found.help(format!("write what `{}` needs behind it", place.word(-2)))
    })
}

/// `menu timeout 5s`: the setting was read as what the statement is about.
pub(super) fn subject_forgotten(place: &Place<'_>) -> Option<Diagnostic> {
    let (verb, setting) = (place.word(-2), place.word(-1));
    let value = matches!(place.kind(0)?, TokenKind::Number | TokenKind::Text | TokenKind::Expr);
    if !value || !shape::is_statement(verb) || !shape::SETTINGS.contains(&setting) {
        return None;
    }
    let what = match verb {
        "play" | "menu" => "a prompt",
        "say" => "a text",
        "collect" => "the variable that it sets",
        "enqueue" => "a queue",
        _ => "what it is about",
    };
    let found = Diagnostic::error(RULE, place.token(-1)?.span, format!("`{verb}` needs {what} before its settings"));
    Some(match verb {
        "play" | "menu" => found.help(format!("write `{verb} \"welcome\" {setting} {}`", place.word(0))),
        _ => found.help(format!("write it between `{verb}` and `{setting}`")),
    })
}

/// `hangpu }`: a statement that needs nothing behind it, misspelt, reads as a setting without a value.
pub(super) fn misspelt_at_end(place: &Place<'_>, before: &str) -> Option<Diagnostic> {
    let n = (-1..=0).find(|n| place.word(*n) == before)?;
    unknown_statement(place.text, place.token(n)?.span)
}

/// `step ask visits 3 {`: a bound says where the call goes then.
pub(super) fn bound_without_way(place: &Place<'_>) -> Option<Diagnostic> {
    (place.word(-2) == "visits" && place.expects(&[Rule::k_otherwise])).then(|| {
        let message = format!("`visits {}` does not say where the call goes after them", place.word(-1));
        place.error(message).help(format!("write `visits {} otherwise -> STEP {{`", place.word(-1)))
    })
}

/// `run reach(2)`: an argument without its name.
pub(super) fn nameless_argument(place: &Place<'_>) -> Option<Diagnostic> {
    let called = place.word(-2) == "run" || place.word(-2) == "flow" && place.kind(-3) == Some(TokenKind::Arrow);
    let given = place.word(0).strip_prefix('(')?.strip_suffix(')')?;
    (called && place.kind(0)? == TokenKind::Expr).then(|| {
        let (called, name) = (place.word(-1), crate::syntax::reader::shorten(given));
        place.error("arguments are given by name").help(format!("write `{called}(name: {name})`"))
    })
}

/// A comma between statements or settings.
pub(super) fn comma(place: &Place<'_>) -> Option<Diagnostic> {
    (place.kind(0)? == TokenKind::Comma).then(|| {
        place
            .error("a comma cannot stand here")
            .help("commas stand between labels, arguments, list items and the targets of `ring`, nowhere else")
    })
}
