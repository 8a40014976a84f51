//! Why the grammar could not go on, in the words of the person who wrote the flow.
//!
//! Each question looks at the tokens around the place where the grammar stopped; the first that
//! knows the slip answers. The last resort says what was expected and what stands there.

mod ends;
mod slips;
mod words;

use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::base::span::{FileId, Span};
use crate::base::suggest;

use super::ast::Flow;
use super::lexer::{Lexed, Token, TokenKind, slice};
use super::parse::{Failure, Rule};
use super::{recover, shape};

pub(super) use ends::{no_steps, unclosed, unclosed_flow};

const RULE: &str = "flow-syntax";

/// The tokens around a failure.
struct Place<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// Index of the first token that does not end before the failure.
    index: usize,
    expected: &'a [Rule],
    /// The token there, or the end of the file.
    span: Span,
}

impl Place<'_> {
    /// The word `n` tokens away from the failure.
    fn word(&self, n: isize) -> &str {
        self.token(n).map_or("", |t| slice(self.text, t.span))
    }

    fn token(&self, n: isize) -> Option<&Token> {
        self.tokens.get(self.index.checked_add_signed(n)?)
    }

    fn kind(&self, n: isize) -> Option<TokenKind> {
        self.token(n).map(|t| t.kind)
    }

    fn expects(&self, rules: &[Rule]) -> bool {
        rules.iter().any(|r| self.expected.contains(r))
    }

    fn error(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(RULE, self.span, message)
    }
}

pub(super) fn unexpected(file: FileId, text: &str, lexed: &Lexed, failure: &Failure) -> Diagnostic {
    let at = u32::try_from(failure.at).unwrap_or(u32::MAX);
    let index = lexed.tokens.partition_point(|t| t.span.end <= at);
    let span = lexed.tokens.get(index).map_or(Span::new(file, text.len(), text.len()), |t| t.span);
    let place = Place { text, tokens: &lexed.tokens, index, expected: &failure.expected, span };
    let questions: [fn(&Place<'_>) -> Option<Diagnostic>; 27] = [
        stray_doc,
        documentation_of_nothing,
        yaml_form,
        slips::hash_comment,
        number_for_duration,
        slips::name_in_capitals,
        slips::go_to,
        slips::foreign_arrow,
        misspelt_statement,
        equals_sign,
        missing_equals,
        missing_outcomes,
        missing_parentheses,
        slips::wrong_arrow,
        slips::arrow_to_nothing,
        slips::else_alone,
        slips::head_in_step,
        slips::subject_forgotten,
        slips::line_cut_short,
        slips::bound_without_way,
        slips::nameless_argument,
        missing_arrow,
        target_of_transfer,
        unknown_word,
        settings_after_arms,
        missing_value,
        slips::comma,
    ];
    questions.iter().find_map(|ask| ask(&place)).unwrap_or_else(|| last_resort(&place))
}

/// `///` documents what follows, and nothing that can be documented follows.
fn stray_doc(place: &Place<'_>) -> Option<Diagnostic> {
    (place.kind(0)? == TokenKind::Doc).then(|| {
        place
            .error("`///` documents what follows, and nothing that has documentation follows here")
            .help("begin a remark with `//`; `///` stands before a flow, step, statement or arm")
    })
}

/// `/// text` before a closing brace.
fn documentation_of_nothing(place: &Place<'_>) -> Option<Diagnostic> {
    let doc = place.token(-1).filter(|t| t.kind == TokenKind::Doc)?;
    (place.kind(0).is_none_or(|k| k == TokenKind::Close)).then(|| {
        Diagnostic::error(RULE, doc.span, "`///` documents what follows, and nothing follows")
            .help("begin a remark with `//`")
    })
}

/// `flow: main` at the top of a `.flow` file.
fn yaml_form(place: &Place<'_>) -> Option<Diagnostic> {
    let word = place.word(0);
    (matches!(word, "flow" | "subflow" | "const") && place.kind(1) == Some(TokenKind::Colon) && place.index == 0).then(
        || {
            place
                .error("this is the YAML form in a `.flow` file")
                .help("give the file a name that ends in `.flow.yaml`, or write `flow name { .. }`")
        },
    )
}

/// `set tier "gold"`, `const x 3`: the grammar stops before the whole, not at the gap.
fn missing_equals(place: &Place<'_>) -> Option<Diagnostic> {
    let n = (-2..=0).find(|n| matches!(place.word(*n), "set" | "const"))?;
    let (verb, name, value) = (place.word(n), place.word(n + 1), place.token(n + 2)?);
    if place.kind(n + 1)? != TokenKind::Word || value.kind == TokenKind::Equals {
        return None;
    }
    let word = slice(place.text, value.span);
    if matches!(value.kind, TokenKind::Other) && place.kind(n + 3) == Some(TokenKind::Equals) {
        let found = Diagnostic::error(RULE, value.span, format!("there is no `{word}=`"));
        return Some(found.help(format!("write `{verb} {name} = ({name} {word} {})`", place.word(n + 4))));
    }
    if word == "==" {
        let found = Diagnostic::error(RULE, value.span, "`==` compares; one `=` gives a value");
        return Some(found.help(format!("write `{verb} {name} = ..`")));
    }
    let found = Diagnostic::error(RULE, value.span, format!("`{verb} {name}` needs `=` before its value"));
    Some(found.help(format!("write `{verb} {name} = {}`", super::reader::shorten(word))))
}

/// `subflow pin {`: its outcomes are missing.
fn missing_outcomes(place: &Place<'_>) -> Option<Diagnostic> {
    let subflow = (-2..=0).find(|n| place.word(*n) == "subflow")?;
    let brace = (subflow..subflow + 24).find(|n| place.word(*n) == "{")?;
    if (subflow..brace).any(|n| place.kind(n) == Some(TokenKind::Arrow)) {
        return None;
    }
    let name = place.word(subflow + 1);
    let found = Diagnostic::error(RULE, place.token(brace)?.span, format!("the subflow `{name}` declares no outcomes"));
    Some(found.help(format!("write `subflow {name} -> ok, denied {{`: the ways in which it can return")))
}

/// `5sec`, `1.5h`, `20S`: nearly a duration.
fn number_for_duration(place: &Place<'_>) -> Option<Diagnostic> {
    let (n, word) = [0, -1].map(|n| (n, place.word(n))).into_iter().find(|(n, w)| {
        place.kind(*n) == Some(TokenKind::Number)
            && w.starts_with(|c: char| c.is_ascii_digit())
            && w.ends_with(|c: char| c.is_alphabetic())
            && super::duration::parse_ms(w).is_none()
            && !shape::is_keys(w)
    })?;
    let digits: String = word.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let unit = word.get(digits.len()..).unwrap_or("").to_lowercase();
    let unit = match unit.as_str() {
        u if u.starts_with("ms") || u.starts_with("mil") => "ms",
        u if u.starts_with('s') => "s",
        u if u.starts_with('m') => "m",
        u if u.starts_with('h') => "h",
        u if u.starts_with('d') => "d",
        _ => "",
    };
    let span = place.token(n)?.span;
    let found = Diagnostic::error(RULE, span, format!("`{word}` is neither a number nor a duration"));
    Some(match (digits.contains('.'), unit) {
        (false, unit) if !unit.is_empty() => found.help(format!("write `{digits}{unit}`")),
        (true, _) => found.help("durations have whole numbers: `1h30m`, `500ms`"),
        _ => found.help("write a duration as `500ms`, `20s`, `2m`, `1h`, `7d`, `1m30s`"),
    })
}

/// A word at the beginning of a line that is nearly a statement.
fn misspelt_statement(place: &Place<'_>) -> Option<Diagnostic> {
    // Where only an arrow or a block can follow, what stands before is a label.
    if place.expects(&[Rule::body]) && !place.expects(&[Rule::statement, Rule::setting]) {
        return None;
    }
    // The slip may stand some words before the place where it began to matter.
    let mut n: isize = 0;
    while place.token(n).is_some_and(|t| !t.first) && n > -8 {
        n -= 1;
    }
    for n in [0, n] {
        let token = place.token(n)?;
        let before = place.kind(n - 1);
        let begins = token.first || matches!(before, Some(TokenKind::Open | TokenKind::Close));
        if let (TokenKind::Word, true) = (token.kind, begins)
            && let Some(found) = unknown_statement(place.text, token.span)
        {
            return Some(found);
        }
    }
    None
}

/// The statement that a word is meant to be which is none, and no setting either.
pub(super) fn near_statement(word: &str) -> Option<&'static str> {
    let known = recover::starts().any(|s| s == word)
        || shape::SETTINGS.contains(&word)
        || shape::HEADER_SETTINGS.contains(&word);
    if known || shape::RESERVED.contains(&word) { None } else { suggest::closest(word, recover::starts()) }
}

/// The finding about a word that stands where a statement should and is none, if it is near one.
pub(super) fn unknown_statement(text: &str, span: Span) -> Option<Diagnostic> {
    let word = slice(text, span);
    let near = near_statement(word)?;
    Some(
        Diagnostic::error("unknown-statement", span, format!("no statement `{word}`; did you mean `{near}`?")).fix(
            Fix { title: format!("write `{near}`"), edits: vec![Edit { span, text: near.to_owned() }], safe: false },
        ),
    )
}

fn equals_sign(place: &Place<'_>) -> Option<Diagnostic> {
    let word = place.word(0);
    let set = place.word(-2) == "set" || place.word(-2) == "const";
    match (place.kind(0)?, word) {
        (TokenKind::Equals | TokenKind::Colon, _) if place.kind(-1) == Some(TokenKind::Word) && !set => {
            let key = place.word(-1);
            let value = place.word(1);
            // The colon after a label is a wrong arrow.
            if word == ":" && !shape::SETTINGS.contains(&key) {
                return None;
            }
            let found = place.error(format!("a setting and its value stand side by side, without `{word}`"));
            Some(found.help(format!("write `{key} {value}`")))
        }
        _ => None,
    }
}

/// `if x == 1 {`: a condition without parentheses.
fn missing_parentheses(place: &Place<'_>) -> Option<Diagnostic> {
    let keyword = place.word(-1);
    if !matches!(keyword, "if" | "switch") || place.kind(0)? == TokenKind::Expr {
        return None;
    }
    Some(
        place
            .error(format!("what `{keyword}` asks stands in parentheses"))
            .help(format!("write `{keyword} (caller.number == \"+44..\")`")),
    )
}

/// A label or a condition, and no arrow and no block after it; a step, and no block.
fn missing_arrow(place: &Place<'_>) -> Option<Diagnostic> {
    let body_follows = place.expects(&[Rule::k_goto, Rule::goto, Rule::body, Rule::block]);
    let statement_follows = place.word(-1) != "else"
        && place.expects(&[Rule::k_if, Rule::action, Rule::statement, Rule::head, Rule::branch]);
    if !body_follows || statement_follows {
        return None;
    }
    let after = match place.kind(-1)? {
        TokenKind::Expr if matches!(place.word(-2), "if" | "switch") => format!("`{} ..`", place.word(-2)),
        _ => format!("`{}`", place.word(-1)),
    };
    let word = place.word(0);
    if !place.expects(&[Rule::k_goto, Rule::goto, Rule::body]) {
        let message = match suggest::closest(word, ["visits"]) {
            Some(near) => format!("`{word}` cannot stand here; did you mean `{near}`?"),
            None => format!("after {after} a block must follow"),
        };
        let help = match shape::is_statement(word) {
            true => format!("write `{{` before `{word}`"),
            false => "write what happens in `{ }`".to_owned(),
        };
        return Some(place.error(message).help(help));
    }
    let found = place.error(format!("after {after} an arrow or a block must follow"));
    Some(match place.kind(0)? {
        TokenKind::Word if shape::is_statement(word) => found.help(format!("write `{{` before `{word}`")),
        TokenKind::Word => found.help(format!("write `-> {word}`, or a block in `{{ }}`")).fix(Fix {
            title: "add the arrow".to_owned(),
            edits: vec![Edit { span: Span { end: place.span.start, ..place.span }, text: "-> ".to_owned() }],
            safe: false,
        }),
        _ => found.help("write `-> step`, or a block in `{ }`"),
    })
}

fn target_of_transfer(place: &Place<'_>) -> Option<Diagnostic> {
    if place.word(-1) == "transfer" || place.word(-2) == "transfer" && shape::MODES.contains(&place.word(-1)) {
        let found = place.error("`transfer` needs `to` and a target");
        let word = place.word(0);
        return Some(match suggest::closest(word, shape::MODES.iter().copied()) {
            _ if shape::TARGET_KINDS.contains(&word) => found.help(format!("write `to {word} {}`", place.word(1))),
            Some(mode) if !shape::MODES.contains(&word) => found.help(format!("did you mean `transfer {mode} to ..`?")),
            _ => found.help("write `transfer to user dana`, `transfer blind to number \"+44..\"`"),
        });
    }
    None
}

/// A word from a closed list: a kind of target, a type.
fn unknown_word(place: &Place<'_>) -> Option<Diagnostic> {
    let word = place.word(0);
    if place.kind(0)? != TokenKind::Word {
        return None;
    }
    let types: Vec<&str> = crate::base::value::Type::ALL.iter().map(|t| t.name()).collect();
    let (what, list): (&str, &[&str]) = if place.expects(&[Rule::kind]) {
        ("target", shape::TARGET_KINDS)
    } else if place.expects(&[Rule::type_name]) {
        ("type", &types)
    } else {
        return None;
    };
    if list.contains(&word) {
        return None;
    }
    let hint = suggest::did_you_mean(word, list.iter().copied());
    let all: Vec<String> = list.iter().map(|w| format!("`{w}`")).collect();
    Some(place.error(format!("no {what} is called `{word}`{hint}")).help(format!("it is one of {}", all.join(", "))))
}

fn settings_after_arms(place: &Place<'_>) -> Option<Diagnostic> {
    let word = place.word(0);
    let setting = place.kind(0)? == TokenKind::Word && shape::SETTINGS.contains(&word);
    (setting && place.word(-1) == "}").then(|| {
        place
            .error(format!("the setting `{word}` stands behind the arms"))
            .help(format!("move `{word} {}` before the `{{`", place.word(1)))
    })
}

/// `timeout }`, `menu {`: a word that needs a value.
fn missing_value(place: &Place<'_>) -> Option<Diagnostic> {
    // Where a setting could be left out the grammar stops before it, else behind the word.
    let no_value = |n| matches!(place.word(n), "{" | "}") || place.kind(n) == Some(TokenKind::Arrow);
    let before = if shape::SETTINGS.contains(&place.word(0)) && no_value(1) {
        place.word(0)
    } else if place.expects(&[Rule::value, Rule::string, Rule::long_text]) && place.kind(-1)? == TokenKind::Word {
        place.word(-1)
    } else if place.expects(&[Rule::name, Rule::qualified])
        && matches!(place.word(-1), "guard" | "run" | "step" | "flow" | "subflow" | "return" | "set" | "tag")
    {
        return Some(place.error(format!("`{} ` needs a name", place.word(-1)).replace(" `", "`")));
    } else {
        return None;
    };
    let text = matches!(place.word(-3), "say" | "text" | "brief" | "play" | "menu");
    if text && place.kind(-2) == Some(TokenKind::Word) && !shape::SETTINGS.contains(&before) {
        let words = place.token(-2)?.span.to(place.token(-1)?.span);
        let found = Diagnostic::error(RULE, words, "text stands in double quotes");
        return Some(found.help(format!("write `\"{} {before}..\"`", place.word(-2))));
    }
    if let Some(found) = slips::misspelt_at_end(place, before) {
        return Some(found);
    }
    let found = place.error(format!("`{before}` needs a value"));
    let help = match before {
        "play" | "menu" => "write a prompt such as `\"welcome\"`, or `say \"text\"`".to_owned(),
        "say" | "text" | "brief" => "write a text in double quotes".to_owned(),
        "wait" | "timeout" | "max_wait" | "every" | "after" | "max_duration" => {
            "write a duration such as `20s`".to_owned()
        }
        _ => format!("write it after `{before}`: a text in `\"\"`, a number, a duration, a name, or `(expression)`"),
    };
    Some(found.help(help))
}

fn last_resort(place: &Place<'_>) -> Diagnostic {
    if place.expects(&[Rule::header]) && shape::is_statement(place.word(0)) {
        return place
            .error(format!("`{}` stands outside a step", place.word(0)))
            .help("a flow's head holds settings; statements stand in `step name { .. }`");
    }
    let wanted = words::list(place.expected);
    let there = match place.kind(0) {
        None => "the end of the file".to_owned(),
        Some(TokenKind::Expr) => "an expression".to_owned(),
        Some(TokenKind::Text) => "a text".to_owned(),
        Some(_) => format!("`{}`", super::reader::shorten(place.word(0))),
    };
    if wanted.is_empty() {
        return place.error(format!("{there} cannot stand here"));
    }
    place.error(format!("expected {wanted}, found {there}"))
}

/// Something at the top of a file, or behind the end of a flow, that is neither flow nor constant.
pub(super) fn stray(text: &str, lexed: &Lexed, span: Span) -> Diagnostic {
    let word = slice(text, span);
    let index = lexed.tokens.partition_point(|t| t.span.end <= span.start);
    if let Some(found) = yaml_form(&Place { text, tokens: &lexed.tokens, index, expected: &[], span }) {
        return found;
    }
    if word == "}" {
        return Diagnostic::error(RULE, span, "this `}` closes nothing").help("delete it");
    }
    if shape::is_statement(word) || word == "step" {
        let found = Diagnostic::error(RULE, span, format!("`{word}` stands outside a flow"));
        return found.help("a file holds `flow name { .. }`, `subflow name -> ok { .. }` and `const name = value`");
    }
    let tops = ["flow", "subflow", "const"];
    if tops.contains(&word) {
        let found = Diagnostic::error(RULE, span, format!("`{word}` stands here without what belongs to it"));
        return found.help("write `flow name { .. }`, `subflow name -> ok { .. }` or `const name = value`");
    }
    let hint = suggest::did_you_mean(word, tops);
    Diagnostic::error(
        RULE,
        span,
        format!("expected `flow`, `subflow` or `const`, found `{}`{hint}", super::reader::shorten(word)),
    )
}

/// What stands between the end of a step and the next step.
pub(super) fn after_step(text: &str, span: Span) -> Diagnostic {
    let word = slice(text, span);
    if let Some(found) = unknown_statement(text, span) {
        return found;
    }
    if shape::is_statement(word) {
        return Diagnostic::error(RULE, span, format!("`{word}` stands outside a step"))
            .help("move it into a step, or look for a `}` too many above");
    }
    if super::shape::HEADER_SETTINGS.contains(&word) || matches!(word, "const" | "var" | "default" | "failed") {
        return Diagnostic::error(RULE, span, format!("`{word}` stands behind a step"))
            .help("it belongs to the flow's head, before the first step");
    }
    let word = super::reader::shorten(word);
    Diagnostic::error(RULE, span, format!("expected `step` or the `}}` of the flow, found `{word}`"))
}

pub(super) fn brace_too_many(flow: &Flow, brace: Span) -> Diagnostic {
    let name = &flow.name.value;
    let found = Diagnostic::error(RULE, brace, format!("this `}}` closes the flow `{name}`, and a step follows"));
    match flow.steps.last() {
        Some(step) => found.also(step.name.span, "in or after this step").help("delete the `}` that is too many"),
        None => found.help("delete it"),
    }
}
