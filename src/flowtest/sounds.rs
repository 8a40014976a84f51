//! What a caller hears, as a script names it, and the language it is in.

use std::sync::Arc;

use super::script::Sound;
use crate::base::suggest;
use crate::call::audio::AudioSource;
use crate::exchange::Plan;
use crate::sim::narrate::name_of;

/// Sounds that a failure names: the first ones, which are nearest to where the script is.
const MOST_NAMED: usize = 8;

/// Whether the script means this.
pub fn is(source: &AudioSource, sound: &Sound) -> bool {
    let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match (source, sound) {
        (AudioSource::Prompt(prompt), Sound::Named(name)) => *prompt.name == **name,
        (AudioSource::Speech(speech), Sound::Words(words)) => spaced(&speech.text) == spaced(words),
        (AudioSource::Music(_) | AudioSource::DefaultMusic, Sound::Named(name)) => name == "music",
        (AudioSource::Ringback(_), Sound::Named(name)) => name == "ringback",
        (AudioSource::DialTone(_), Sound::Named(name)) => name == "dial_tone",
        (AudioSource::Congestion(_), Sound::Named(name)) => name == "congestion",
        _ => false,
    }
}

/// The language of speech or of a recording; empty: it is recorded for none. Music has no language.
pub fn language<'a>(plan: &'a Plan, source: &'a AudioSource) -> Option<&'a str> {
    match source {
        AudioSource::Speech(speech) => Some(&speech.language),
        // Two languages may have the same samples: the recording itself is looked for.
        AudioSource::Prompt(prompt) => {
            let recordings = plan.site.prompts.get(&prompt.name)?;
            recordings.iter().find(|(_, one)| Arc::ptr_eq(one, prompt)).map(|(language, _)| language.as_ref())
        }
        _ => None,
    }
}

/// As messages name it.
pub fn in_words(sound: &Sound) -> String {
    match sound {
        Sound::Named(name) => format!("`{name}`"),
        Sound::Words(words) => format!("\"{words}\""),
    }
}

/// Sounds in words, each with how often it came in a row; `None` if there is none.
pub fn list(heard: &[&AudioSource]) -> Option<String> {
    let mut runs: Vec<(String, usize)> = Vec::new();
    for source in heard {
        let name = name_of(source);
        match runs.last_mut().filter(|(last, _)| *last == name) {
            Some((_, count)) => *count += 1,
            None => runs.push((name, 1)),
        }
    }
    let one = |(name, count): &(String, usize)| if *count > 1 { format!("{name} {count} times") } else { name.clone() };
    let named: Vec<String> = runs.iter().take(MOST_NAMED).map(one).collect();
    let more = runs.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!named.is_empty()).then(|| format!("{}{more}", named.join(", ")))
}

/// What to do about a sound that was not heard: one that was heard is written almost so, or it came too early.
pub fn meant(since: Vec<&AudioSource>, before: Vec<&AudioSource>, sound: &Sound) -> Option<String> {
    let near = match sound {
        Sound::Named(name) => {
            let names: Vec<String> = since.iter().map(|source| name_of(source).replace('`', "")).collect();
            suggest::closest(name, names.iter().map(String::as_str)).filter(|n| n != name).map(|n| format!("`{n}`"))
        }
        Sound::Words(words) => since.iter().find_map(|source| match source {
            AudioSource::Speech(speech) if alike(&speech.text, words) => Some(format!("`{}`", speech.text)),
            _ => None,
        }),
    };
    if let Some(near) = near {
        return Some(format!("did you mean {near}?"));
    }
    let early = before.iter().any(|source| is(source, sound));
    early.then(|| "it was heard before: the lines stand in the order of the call".to_owned())
}

/// Whether two texts are the same but for case and marks, or one slip in three characters.
fn alike(one: &str, other: &str) -> bool {
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    one != other && (letters(one) == letters(other) || suggest::closest(other, [one]).is_some())
}
