//! Which words the language has, and how the two forms spell the subject of each verb: one row a
//! verb. What a setting or an outcome means is the statement registry's business (`step`).

/// How a value is read where YAML has no quotes to tell text from a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// A word is a name (a queue, a user, `company`); quotes make text.
    Word,
    /// A word is text, as with prompts; `(x)` is an expression.
    Text,
    /// Every scalar is text; only `${ }` is code.
    OnlyText,
}

/// The form of a verb's subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SubjectShape {
    /// `answer`
    None,
    /// `play "x"`: one value, under this key where the YAML form has a map.
    Value(&'static str, Reading),
    /// `transfer [mode] to target`: `{mode, to}`
    Transfer,
    /// `ring [order] targets`: `{order, to}`
    Ring,
    /// `run name(args)`: `{subflow, with}`
    Run,
    /// `guard policy [to target]`: `{policy, to}`
    Guard,
    /// `tag name value`: `{name: value}`
    Pair,
}

/// One row a verb.
pub const VERBS: &[(&str, SubjectShape)] = {
    use Reading::{OnlyText, Text, Word};
    use SubjectShape::{Guard, None, Pair, Ring, Run, Transfer, Value};
    &[
        ("answer", None),
        ("reject", Value("reason", Word)),
        ("hangup", None),
        ("play", Value("prompt", Text)),
        ("say", Value("text", OnlyText)),
        ("menu", Value("prompt", Text)),
        ("collect", Value("into", Word)),
        ("verify", Value("credentials", Word)),
        ("record", Value("do", Word)),
        ("voicemail", Value("mailbox", Word)),
        ("wait", Value("duration", Word)),
        ("send_digits", Value("digits", Text)),
        ("music", Value("name", Text)),
        ("hold", None),
        ("unhold", None),
        ("ring", Ring),
        ("transfer", Transfer),
        ("enqueue", Value("queue", Word)),
        ("callback", Value("number", Text)),
        ("park", Value("slot", Word)),
        ("conference", Value("room", Word)),
        ("hours", Value("name", Word)),
        ("run", Run),
        ("lookup", Value("table", Word)),
        ("http", Pair),
        ("tag", Pair),
        ("notify", Value("channel", Word)),
        ("guard", Guard),
    ]
};

/// Statements that are not actions: each has a form of its own.
pub const KEYWORDS: &[&str] = &["goto", "if", "switch", "split", "set", "return"];

/// Words that cannot be a setting's key (language.md §2); `ring` alone can be both.
pub const RESERVED: &[&str] = &["step", "var", "const", "default", "if", "else", "goto", "otherwise"];

pub const TARGET_KINDS: &[&str] = &[
    "user",
    "agent",
    "queue",
    "number",
    "pstn",
    "extension",
    "group",
    "rota",
    "device",
    "sip",
    "voicemail",
    "conference",
    "flow",
];
pub const MODES: &[&str] = &["blind", "attended"];
pub const ORDERS: &[&str] = &["together", "in_turn"];
pub const HTTP_METHODS: &[&str] = &["get", "post"];

/// Header settings of a flow, in the order in which they are written.
pub const HEADER_SETTINGS: &[&str] =
    &["owner", "language", "voice", "version", "labels", "max_steps", "max_legs", "max_duration"];

/// Keys beside `flow:` in the YAML form that are no settings.
pub const FLOW_KEYS: &[&str] =
    &["flow", "subflow", "doc", "params", "outcomes", "guard", "failed", "default", "const", "var", "steps"];

/// Every setting that some statement has. It serves one question only: is a word at the beginning
/// of a line a setting, or a verb with a slip in it?
pub const SETTINGS: &[&str] = &[
    "accept",
    "allow",
    "auth",
    "barge_in",
    "body",
    "brief",
    "caller_id",
    "context",
    "end",
    "gap",
    "greeting",
    "headers",
    "hold_audio",
    "inter_digit",
    "invalid",
    "keep",
    "keep_place",
    "keep_wait",
    "key",
    "machine",
    "max",
    "max_duration",
    "max_wait",
    "min",
    "notice",
    "once",
    "pin",
    "prefer",
    "priority",
    "prompt",
    "query",
    "queue",
    "recording",
    "resume",
    "retries",
    "retry",
    "ring",
    "role",
    "silence",
    "silent",
    "skills",
    "sticky",
    "subject",
    "text",
    "timeout",
    "tries",
    "urgent",
    "voice",
    "whisper",
    "window",
];

/// Settings whose value is text even without quotes.
const ONLY_TEXT: &[&str] = &["text", "brief", "once", "owner", "language", "voice", "version"];
/// Settings whose value is a prompt, a key or another text, where a word is no name.
const TEXT: &[&str] = &[
    "prompt",
    "invalid",
    "silent",
    "greeting",
    "notice",
    "whisper",
    "hold_audio",
    "silence",
    "end",
    "accept",
    "query",
    "body",
    "headers",
    "auth",
    "labels",
    "key",
];

pub fn subject_of(verb: &str) -> Option<SubjectShape> {
    VERBS.iter().find(|(name, _)| *name == verb).map(|(_, shape)| *shape)
}

/// How the value of a target is read: a name of the site, or a number or address.
pub fn reading_of_target(kind: &str) -> Reading {
    if matches!(kind, "number" | "pstn" | "sip") { Reading::Text } else { Reading::Word }
}

/// Whether a word begins a statement.
pub fn is_statement(word: &str) -> bool {
    subject_of(word).is_some() || KEYWORDS.contains(&word)
}

/// Every word that begins a statement.
pub fn statements() -> impl Iterator<Item = &'static str> {
    VERBS.iter().map(|(name, _)| *name).chain(KEYWORDS.iter().copied())
}

pub fn reading_of_setting(key: &str) -> Reading {
    match key {
        _ if ONLY_TEXT.contains(&key) => Reading::OnlyText,
        _ if TEXT.contains(&key) => Reading::Text,
        _ => Reading::Word,
    }
}

/// Whether the YAML form of `verb` uses this key of its map for something else than a setting.
pub fn is_own_key(verb: &str, key: &str) -> bool {
    let own = match subject_of(verb) {
        Some(SubjectShape::Value(subject, _)) => return key == subject || key == "outcomes",
        Some(SubjectShape::Transfer) => ["mode", "to"],
        Some(SubjectShape::Ring) => ["order", "to"],
        Some(SubjectShape::Run) => ["subflow", "with"],
        Some(SubjectShape::Guard) => ["policy", "to"],
        Some(SubjectShape::None | SubjectShape::Pair) | None => return key == "outcomes",
    };
    key == "outcomes" || own.contains(&key)
}

/// `[a-z_][A-Za-z0-9_]*`
pub fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A name, or a name of a library: `bank.verify_pin`.
pub fn is_qualified(word: &str) -> bool {
    match word.split_once('.') {
        Some((library, name)) => is_name(library) && is_name(name),
        None => is_name(word),
    }
}

/// A key label: a digit, `*` or `#`, then those or `x`.
pub fn is_keys(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || c == '*' || c == '#')
        && word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#' | b'x'))
}
