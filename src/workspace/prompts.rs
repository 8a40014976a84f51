//! `prompts/NAME.wav` and `prompts/LANGUAGE/NAME.wav`: decoded once, when the site is read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::files::{self, FileError};
use crate::call::audio::{Prompt, SAMPLE_RATE_HZ};
use crate::media::wav;

/// Bytes of one WAV file: the longest prompt in the richest format that is read.
const MAX_WAV_BYTES: usize = 256 << 20;
/// All prompts of a site together: they are kept in memory, 16 kB a second.
const MAX_TOTAL_S: usize = 4 * 3_600;

/// Prompts by name, then by language.
pub type Prompts = BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<Prompt>>>;

/// Reads every prompt below `folder`; `problem` is told about each file that is none.
pub fn read(folder: &Path, mut problem: impl FnMut(&Path, FileError)) -> Prompts {
    let mut prompts = Prompts::new();
    let walk = files::walk(folder, |name| name.to_ascii_lowercase().ends_with(".wav"));
    for (path, error) in &walk.problems {
        problem(path, error.clone());
    }
    let mut room = MAX_TOTAL_S.saturating_mul(usize::try_from(SAMPLE_RATE_HZ).unwrap_or(usize::MAX));
    for path in &walk.files {
        match read_one(folder, path, &mut room) {
            Ok((name, language, prompt)) => {
                prompts.entry(name).or_default().insert(language, Arc::new(prompt));
            }
            Err(error) => {
                problem(path, error);
                // Flows may name it: that it cannot be heard is said once, at the file.
                if let Some((name, language)) = name_and_language(folder, path) {
                    let silence = Prompt { name: name.clone(), samples: Arc::from([]) };
                    prompts.entry(name).or_default().entry(language).or_insert_with(|| Arc::new(silence));
                }
            }
        }
    }
    prompts
}

fn read_one(folder: &Path, path: &Path, room: &mut usize) -> Result<(Arc<str>, Arc<str>, Prompt), FileError> {
    let bad = |message: String, help: &str| FileError { rule: "bad-prompt", message, help: help.to_owned() };
    let Some((name, language)) = name_and_language(folder, path) else {
        let help = "a prompt is `prompts/NAME.wav` or `prompts/LANGUAGE/NAME.wav`, such as `prompts/cy/welcome.wav`";
        return Err(bad("no flow can name it".to_owned(), help));
    };
    let bytes = files::read_bounded(path, MAX_WAV_BYTES)?;
    let samples = wav::decode(&bytes).map_err(|e| bad(e.to_string(), "prompts are WAV files"))?;
    match room.checked_sub(samples.len()) {
        Some(left) => *room = left,
        None => {
            let message = format!("with it, the prompts of the site last more than {MAX_TOTAL_S} s");
            return Err(bad(message, "prompts are kept in memory: shorten or remove some"));
        }
    }
    let prompt = Prompt { name: name.clone(), samples: Arc::from(samples) };
    Ok((name, language, prompt))
}

fn name_and_language(folder: &Path, path: &Path) -> Option<(Arc<str>, Arc<str>)> {
    let name = path.file_name()?.to_str()?;
    let (name, _) = name.rsplit_once('.').filter(|(name, _)| !name.is_empty())?;
    let inside = path.parent()?.strip_prefix(folder).ok()?.to_str()?;
    let language = inside.is_empty() || is_language(inside);
    language.then(|| (Arc::from(name), Arc::from(inside)))
}

/// The shape of a language tag (RFC 5646): `en`, `cy`, `pt-BR`.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().is_some_and(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_lowercase()));
    first && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}
