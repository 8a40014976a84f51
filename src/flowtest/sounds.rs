//! What a caller hears, as a script names it, and the language it is in.

use std::sync::Arc;

use super::script::Sound;
use crate::call::audio::AudioSource;
use crate::exchange::Plan;

/// Whether the script means this.
pub fn is(source: &AudioSource, sound: &Sound) -> bool {
    let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match (source, sound) {
        (AudioSource::Prompt(prompt), Sound::Named(name)) => *prompt.name == **name,
        (AudioSource::Speech(speech), Sound::Words(words)) => spaced(&speech.text) == spaced(words),
        (AudioSource::Music(_) | AudioSource::DefaultMusic, Sound::Named(name)) => name == "music",
        (AudioSource::Ringback(_), Sound::Named(name)) => name == "ringback",
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
