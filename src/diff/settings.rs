//! What a statement's settings come to: as written, else the flow's `default`, else the
//! declaration's. Bounds are compared as amounts.

use crate::step::decl::{Decl, Kind as SettingKind, Preset};
use crate::syntax::ast::{Action, Flow, Header, Setting, Value, ValueKind};
use crate::syntax::duration;
use crate::syntax::print_flow::inline;

use super::model::Kind;

/// A value that can be compared: an amount, if it is one, and its words.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Amount {
    pub number: Option<i128>,
    pub words: String,
}

impl Amount {
    pub fn of(value: &Value) -> Amount {
        let number = match &value.value {
            ValueKind::Duration(ms) => Some(i128::from(*ms)),
            ValueKind::Number(n) => n.0.parse().ok(),
            _ => None,
        };
        Amount { number, words: inline::value(value) }
    }

    pub fn count(n: u64) -> Amount {
        Amount { number: Some(i128::from(n)), words: n.to_string() }
    }

    pub fn ms(ms: u64) -> Amount {
        Amount { number: Some(i128::from(ms)), words: duration::print(ms) }
    }

    fn preset(preset: Preset) -> Option<Amount> {
        let text = |words: String| Some(Amount { number: None, words });
        match preset {
            Preset::None | Preset::Required => None,
            Preset::Ms(ms) => Some(Amount::ms(ms)),
            Preset::Count(n) => Some(Amount { number: Some(i128::from(n)), words: n.to_string() }),
            Preset::Bool(b) => text(b.to_string()),
            Preset::Text(t) => text(format!("\"{t}\"")),
            Preset::Word(w) => text(w.to_owned()),
        }
    }
}

/// Settings that are numbers and bound nothing.
const NO_BOUNDS: [&str; 1] = ["priority"];
/// Settings whose words the caller or an agent hears, where no declaration says so.
const HEARD: [&str; 9] =
    ["prompt", "invalid", "silent", "greeting", "notice", "whisper", "hold_audio", "silence", "brief"];

/// What a setting comes to in one version.
pub(super) fn effective(flow: &Flow, action: &Action, decl: Option<&Decl>, key: &str) -> Option<Amount> {
    let written = |list: &[Setting]| list.iter().find(|s| s.key.value == key).map(|s| Amount::of(&s.value));
    let by_flow = || {
        flow.header.iter().find_map(|header| match header {
            Header::Default { verb, settings } if *verb == action.verb => written(settings),
            _ => None,
        })
    };
    let declared = || decl.and_then(|d| d.setting(key)).and_then(|(_, s)| Amount::preset(s.default));
    written(&action.settings).or_else(by_flow).or_else(declared)
}

/// Every setting that one of two versions of a statement can have.
pub(super) fn keys<'a>(flow: &'a Flow, action: &'a Action) -> impl Iterator<Item = &'a str> {
    let by_flow = flow.header.iter().filter_map(|header| match header {
        Header::Default { verb, settings } if *verb == action.verb => Some(settings),
        _ => None,
    });
    action.settings.iter().chain(by_flow.flatten()).map(|s| s.key.value.as_str())
}

/// The kind of a setting's difference and its words; `None` if there is none.
pub(super) fn compare(
    decl: Option<&Decl>,
    key: &str,
    old: Option<&Amount>,
    new: Option<&Amount>,
) -> Option<(Kind, String)> {
    let bound = |amount: Option<&Amount>| amount.is_some_and(|a| a.number.is_some()) && !NO_BOUNDS.contains(&key);
    let kind = decl.and_then(|d| d.setting(key)).map(|(_, s)| s.kind);
    let heard = matches!(kind, Some(SettingKind::Prompts | SettingKind::Spoken)) || HEARD.contains(&key);
    match (old, new) {
        (Some(a), Some(b)) if a == b => None,
        (Some(a), Some(b)) => {
            let by = match (a.number, b.number) {
                (Some(x), Some(y)) if bound(old) && x == y => return None,
                (Some(x), Some(y)) if bound(old) && x < y => Kind::BoundRaised,
                (Some(_), Some(_)) if bound(old) => Kind::BoundLowered,
                _ if heard || key == "text" => Kind::TextChanged,
                _ => Kind::StatementChanged,
            };
            Some((by, format!("`{key}` was {} and is {}", a.words, b.words)))
        }
        (Some(a), None) if bound(old) => Some((Kind::BoundRemoved, format!("`{key}` was {} and is gone", a.words))),
        (None, Some(b)) if bound(new) => Some((Kind::BoundAdded, format!("`{key}` is {} and was not set", b.words))),
        (Some(a), None) => {
            let kind = if heard { Kind::TextChanged } else { Kind::StatementChanged };
            Some((kind, format!("`{key}` was {} and is gone", a.words)))
        }
        (None, Some(b)) => {
            let kind = if heard { Kind::TextChanged } else { Kind::StatementChanged };
            Some((kind, format!("`{key}` is {} and was not set", b.words)))
        }
        (None, None) => None,
    }
}
