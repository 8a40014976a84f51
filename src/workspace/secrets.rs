//! Secrets by reference: from the environment, from files, or made once and kept in the state
//! folder. Values are in [`Secrets`] only; they are never printed but by [`Made::line`].

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::files::{self, FileError, write_atomically};
use super::state::{SECRETS_FILE, STATE_FOLDER, StateError, state_folder};
use crate::call::leg::Name;
use crate::site::model::{Secret, Site, Transport};

/// Bytes of one secret: far more than any password, far less than a wrong file.
const MAX_SECRET_BYTES: usize = 1_024;
/// Bytes of the file of generated secrets: room for as many users as a site may have.
const MAX_KEPT_BYTES: usize = 4 << 20;
/// Characters of a generated secret, 5 bits each: 120 bits, beyond any guessing.
const GENERATED_CHARS: usize = 24;
/// Crockford's base 32: no letters that are read as digits when a password is typed into a phone.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// The version of the file's format.
const FORMAT: u32 = 1;

/// Whose a secret is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Owner {
    User(Name),
    Token(Name),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::User(name) => write!(f, "the password of user `{name}`"),
            Owner::Token(name) => write!(f, "token `{name}`"),
        }
    }
}

/// A secret that was made in this run.
#[derive(Clone)]
pub struct Made {
    pub owner: Owner,
    value: Arc<str>,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Made({})", self.owner)
    }
}

impl Made {
    /// What is printed once: for a user, the line that a softphone needs.
    pub fn line(&self, site: &Site) -> String {
        match &self.owner {
            Owner::Token(name) => format!("{name} token: {}", self.value),
            Owner::User(name) => {
                let extension = site.users.get(name).and_then(|u| u.extension.as_deref());
                let dialled = extension.map(|e| format!(" extension={e}")).unwrap_or_default();
                let first = site.listen.sip.first();
                let server = first.map(|s| s.address.to_string()).unwrap_or_default();
                let transport = match first.map(|s| s.transport) {
                    Some(Transport::Tcp) => "tcp",
                    Some(Transport::Udp) | None => "udp",
                };
                format!("phone user={name} password={} server={server} transport={transport}{dialled}", self.value)
            }
        }
    }
}

/// Every secret of a site.
#[derive(Clone, Default)]
pub struct Secrets {
    values: BTreeMap<Owner, Arc<str>>,
    /// Those that did not exist before this run.
    pub made: Vec<Made>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values.keys()).finish()
    }
}

/// Why a secret cannot be had. Never holds the secret.
#[derive(Debug)]
pub enum SecretError {
    /// `env:NAME`, and it is not set, or not usable.
    Environment {
        owner: Owner,
        name: String,
        what: &'static str,
    },
    File {
        owner: Owner,
        path: PathBuf,
        error: FileError,
    },
    /// The file of generated secrets is broken, or open to others.
    Kept {
        path: PathBuf,
        what: String,
    },
    State(StateError),
    /// The system's random source failed.
    Random,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretError::Environment { owner, name, what } => {
                write!(f, "{owner} is `env:{name}`, and the environment variable `{name}` {what}")
            }
            SecretError::File { owner, path, error } => {
                write!(f, "{owner} is in the file `{}`, but {error}", path.display())
            }
            SecretError::Kept { path, what } => write!(f, "`{}` {what}", path.display()),
            SecretError::State(error) => error.fmt(f),
            SecretError::Random => f.write_str("the system's random source does not answer; no secret can be made"),
        }
    }
}

impl std::error::Error for SecretError {}

/// What is kept of generated secrets.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    #[serde(default)]
    users: BTreeMap<String, String>,
    #[serde(default)]
    tokens: BTreeMap<String, String>,
}

impl Secrets {
    /// Resolves every secret of `site`, in `root`; those to be generated are made and kept first.
    ///
    /// `variable` reads the environment.
    ///
    /// # Errors
    /// Every secret that cannot be had, each with its reason.
    pub fn resolve(
        root: &Path,
        site: &Site,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Secrets, Vec<SecretError>> {
        let mut secrets = Secrets::default();
        let mut errors = Vec::new();
        let mut generated = Vec::new();
        let users = site.users.values().map(|u| (Owner::User(u.name.clone()), &u.password));
        let tokens = site.tokens.iter().map(|(name, secret)| (Owner::Token(name.clone()), secret));
        for (owner, secret) in users.chain(tokens) {
            let value = match secret {
                Secret::Generated => {
                    generated.push(owner);
                    continue;
                }
                Secret::Env(name) => from_environment(&owner, name, variable),
                Secret::File(path) => from_file(&owner, &root.join(path)),
            };
            match value {
                Ok(value) => {
                    secrets.values.insert(owner, value);
                }
                Err(error) => errors.push(error),
            }
        }
        // Nothing is made for a site that cannot start: the line would be printed for nobody.
        if errors.is_empty()
            && !generated.is_empty()
            && let Err(error) = secrets.generate(root, site, generated)
        {
            errors.push(error);
        }
        if errors.is_empty() { Ok(secrets) } else { Err(errors) }
    }

    /// Where the generated secrets are that an earlier run told, if there are any.
    pub fn kept_line(&self, root: &Path, site: &Site) -> Option<String> {
        let secrets = site.users.values().map(|u| &u.password).chain(site.tokens.values());
        let generated = secrets.filter(|secret| **secret == Secret::Generated).count();
        let path = root.join(site.state.as_deref().unwrap_or(STATE_FOLDER)).join(SECRETS_FILE);
        (generated > self.made.len()).then(|| format!("passwords and tokens made earlier are in {}", path.display()))
    }

    /// The password of a user.
    pub fn user(&self, name: &str) -> Option<&Arc<str>> {
        self.values.get(&Owner::User(Arc::from(name)))
    }

    pub fn token(&self, name: &str) -> Option<&Arc<str>> {
        self.values.get(&Owner::Token(Arc::from(name)))
    }

    fn generate(&mut self, root: &Path, site: &Site, owners: Vec<Owner>) -> Result<(), SecretError> {
        let folder = state_folder(root, site.state.as_deref()).map_err(SecretError::State)?;
        let path = folder.join(SECRETS_FILE);
        let mut kept = read_kept(&path)?;
        for owner in owners {
            let (map, name) = match &owner {
                Owner::User(name) => (&mut kept.users, name),
                Owner::Token(name) => (&mut kept.tokens, name),
            };
            let value: Arc<str> = match map.get(name.as_ref()) {
                Some(value) => Arc::from(value.as_str()),
                None => {
                    let value = random()?;
                    map.insert(name.to_string(), value.to_string());
                    self.made.push(Made { owner: owner.clone(), value: value.clone() });
                    value
                }
            };
            self.values.insert(owner, value);
        }
        if self.made.is_empty() {
            return Ok(());
        }
        let failed = |error: io::Error| SecretError::State(StateError { path: path.clone(), error: Some(error) });
        let mut text = serde_json::to_vec_pretty(&kept).map_err(|e| failed(e.into()))?;
        text.push(b'\n');
        write_atomically(&path, &text, 0o600).map_err(failed)
    }
}

fn read_kept(path: &Path) -> Result<Kept, SecretError> {
    let broken = |what: String| SecretError::Kept { path: path.to_owned(), what };
    if !path.exists() {
        return Ok(Kept { version: FORMAT, users: BTreeMap::new(), tokens: BTreeMap::new() });
    }
    check_private(path).map_err(broken)?;
    let bytes = files::read_bounded(path, MAX_KEPT_BYTES).map_err(|e| broken(format!("cannot be used: {e}")))?;
    // Not serde's message: it could repeat a secret.
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|e| {
        broken(format!("is not a file of secrets (line {}); restore it, or delete it to make new secrets", e.line()))
    })?;
    if kept.version != FORMAT {
        return Err(broken(format!("is of format {}, and this version reads format {FORMAT}", kept.version)));
    }
    Ok(kept)
}

#[cfg(unix)]
fn check_private(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let about = std::fs::metadata(path).map_err(|e| format!("cannot be read: {}", FileError::io(&e)))?;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!("may be read by others (mode {mode:03o}); change it: `chmod 600 {}`", path.display()));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_: &Path) -> Result<(), String> {
    Ok(())
}

fn from_environment(
    owner: &Owner,
    name: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Arc<str>, SecretError> {
    let fail = |what| SecretError::Environment { owner: owner.clone(), name: name.to_owned(), what };
    let value = variable(name).ok_or_else(|| fail("is not set"))?;
    usable(&value).map_err(fail)
}

fn from_file(owner: &Owner, path: &Path) -> Result<Arc<str>, SecretError> {
    let fail = |error| SecretError::File { owner: owner.clone(), path: path.to_owned(), error };
    let what = |text: &str| FileError {
        rule: "unreadable-file",
        message: format!("it {text}"),
        help: "write the secret alone on one line".to_owned(),
    };
    let bytes = files::read_bounded(path, MAX_SECRET_BYTES).map_err(fail)?;
    let text = String::from_utf8(bytes).map_err(|_| fail(what("is not UTF-8")))?;
    usable(text.trim_end_matches(['\r', '\n'])).map_err(|problem| fail(what(problem)))
}

fn usable(value: &str) -> Result<Arc<str>, &'static str> {
    if value.is_empty() {
        return Err("is empty");
    }
    if value.len() > MAX_SECRET_BYTES {
        return Err("is longer than a secret can be");
    }
    if value.chars().any(char::is_control) {
        return Err("has a line end or a control character in it");
    }
    Ok(Arc::from(value))
}

fn random() -> Result<Arc<str>, SecretError> {
    let mut bytes = [0_u8; GENERATED_CHARS];
    getrandom::fill(&mut bytes).map_err(|_| SecretError::Random)?;
    // 256 is a multiple of 32, so every character is equally likely.
    let text: String = bytes.iter().filter_map(|b| ALPHABET.get(usize::from(b % 32))).map(|c| char::from(*c)).collect();
    Ok(Arc::from(text))
}
