//! `magic-number`: a telephone number stands in a constant or in the site file.

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::base::span::Span;
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::lint::source::Written;
use crate::syntax::ast::ValueKind;

pub const RULE: Rule = Rule {
    name: "magic-number",
    group: Group::Style,
    what: "A telephone number stands in a constant, or in the lists and tables of the site file.",
    why: "A number says nothing; its name says whose it is, and a number that changes is changed in one place.",
    remedy: "Write `const partner = \"+442071838750\"` in the header and `(partner)` where it is used.",
    good: example!("magic-number", "good"),
    bad: example!("magic-number", "bad"),
    found: Found::OnSource(search),
};

/// Digits of the shortest number that is meant: shorter ones are extensions, keys and codes.
const FEWEST_DIGITS: usize = 7;

fn search(_: &Context<'_>, written: &Written<'_>, found: &mut Vec<Diagnostic>) {
    for value in written.values.iter().copied() {
        let number = match &value.value {
            ValueKind::Text(text) => text.as_literal().filter(|t| is_number(t)).map(str::to_owned),
            ValueKind::Expr(source) => in_code(source),
            _ => None,
        };
        found.extend(number.map(|number| report(&number, value.span)));
    }
}

fn report(number: &str, span: Span) -> Diagnostic {
    Diagnostic::new(RULE.name, Severity::Info, span, format!("`{number}` has no name"))
        .label("whose number is it?")
        .help(format!("write `const NAME = \"{number}\"` in the flow's header, and `(NAME)` here"))
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        digits.bytes().filter(u8::is_ascii_digit).count() >= FEWEST_DIGITS
            && digits.chars().all(|c| c.is_ascii_digit() || " -().".contains(c))
    })
}

/// The first number among the texts of an expression.
fn in_code(source: &str) -> Option<String> {
    let mut texts = source.split('"').skip(1).step_by(2);
    texts.find(|text| is_number(text)).map(str::to_owned)
}
