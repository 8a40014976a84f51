//! Whether a text names a language as BCP 47 (RFC 5646 §2.1) writes one: `en`, `cy`, `zh-Hant-HK`. What it does not
//! know is whether anybody speaks it: of codes with two letters those of ISO 639-1, of three letters any.
//! Longer ones are registered for no language.

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Span;

/// ISO 639-1.
const TWO_LETTERS: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy \
                           da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht \
                           hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky \
                           la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny \
                           oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss \
                           st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo \
                           za zh zu";

/// What is wrong with a language's name, if something is.
pub(super) fn mistake(tag: &str, span: Span) -> Option<Diagnostic> {
    let found = |message: String| {
        let help = "write a code such as `en`, `cy` or `pt-BR`: language, then script and region where they matter";
        Some(Diagnostic::error("type-mismatch", span, message).help(help))
    };
    let primary = tag.split('-').next().unwrap_or_default();
    if !is_well_formed(tag) {
        let hint = if tag.contains('_') { "; its parts are joined by `-`" } else { "" };
        return found(format!("`{tag}` is not how a language is written{hint}"));
    }
    let lower = primary.to_ascii_lowercase();
    if primary.len() == 2 && !TWO_LETTERS.split(' ').any(|code| code == lower) {
        // Every code of two letters is near many others: none is suggested.
        return found(format!("no language has the code `{primary}`"));
    }
    None
}

/// `language [-script] [-region] *(-variant) [-x-private]`, in any case.
fn is_well_formed(tag: &str) -> bool {
    let mut parts = tag.split('-').peekable();
    let letters = |part: &str| part.bytes().all(|b| b.is_ascii_alphabetic());
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let either = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric());
    if !parts.next().is_some_and(|part| matches!(part.len(), 2 | 3) && letters(part)) {
        return false;
    }
    parts.next_if(|part| part.len() == 4 && letters(part));
    parts.next_if(|part| part.len() == 2 && letters(part) || part.len() == 3 && digits(part));
    let is_variant = |part: &&str| {
        let begins_with_digit = part.bytes().next().is_some_and(|b| b.is_ascii_digit());
        either(part) && (matches!(part.len(), 5..=8) || part.len() == 4 && begins_with_digit)
    };
    while parts.next_if(is_variant).is_some() {}
    match parts.next() {
        None => true,
        Some(x) if x.eq_ignore_ascii_case("x") => {
            parts.peek().is_some() && parts.all(|part| matches!(part.len(), 1..=8) && either(part))
        }
        Some(_) => false,
    }
}
