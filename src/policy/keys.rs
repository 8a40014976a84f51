//! Every key of a policy file, once: its type, its default, what it means, and whether this version
//! enforces it. The reader and the reference both come from this table.

/// How far a key is enforced.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Enforced {
    /// Not at all: a file that uses it is refused.
    No,
    /// Where the facts are given, as in a table of cases; no live call supplies them yet, so a file
    /// that guards calls may not use it.
    WithGivenFacts,
    /// On every live call.
    Live,
}

/// One key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// Sections and name, such as `destinations.allow_regions`.
    pub path: &'static str,
    /// Its type in words.
    pub kind: &'static str,
    /// What holds without it; empty if it must be there.
    pub default: &'static str,
    pub doc: &'static str,
    pub enforced: Enforced,
}

impl Key {
    /// The section and the name within it; the section of a top-level key is empty.
    pub fn split(&self) -> (&'static str, &'static str) {
        self.path.split_once('.').unwrap_or(("", self.path))
    }
}

const fn live(path: &'static str, kind: &'static str, default: &'static str, doc: &'static str) -> Key {
    Key { path, kind, default, doc, enforced: Enforced::Live }
}

const fn given(path: &'static str, kind: &'static str, default: &'static str, doc: &'static str) -> Key {
    Key { path, kind, default, doc, enforced: Enforced::WithGivenFacts }
}

const fn not_yet(path: &'static str, kind: &'static str, doc: &'static str) -> Key {
    Key { path, kind, default: "none", doc, enforced: Enforced::No }
}

/// The table, in the order of the reference.
pub const KEYS: &[Key] = &[
    live("version", "number", "", "the version of this format: 1"),
    live("id", "name", "", "the name that `guard` and `policy:` use"),
    live("mode", "enforce", "enforce", "`enforce` refuses calls; `shadow`, which only reports, is not enforced yet"),
    live("dial_plan.home_region", "region", "none", "whose national numbers may be dialed without `+`, such as `US`"),
    live("dial_plan.outside_line", "digits", "none", "dialed before a number outside, such as `9`"),
    live("dial_plan.international", "digits", "none", "dialed for another country, such as `011` or `00`"),
    live("dial_plan.carrier_select", "pattern", "none", "what a carrier selection begins with; it is refused"),
    live(
        "dial_plan.internal",
        "pattern or ranges",
        "none",
        "which digits are extensions: a pattern, or `[\"100-799\"]`",
    ),
    live("dial_plan.not", "list of digits", "none", "what the ranges of `internal` leave out"),
    live(
        "dial_plan.emergency",
        "list of digits",
        "112, 911",
        "dialed at once, whatever else holds; 112 and 911 always are; add those of your country, such as 999",
    ),
    live("sip_user_defaults.allow_pstn_blind_transfer", "true or false", "false", "blind transfer to numbers outside"),
    live("sip_user_defaults.max_simultaneous", "number", "2", "legs that a user may have placed at one time"),
    live("sip_user_defaults.allow_external_forward", "true or false", "false", "forwarding to numbers outside"),
    live("sip_user_defaults.allow_voicemail_outdial", "true or false", "false", "calling out from voicemail"),
    live("number.max_input_len", "number", "64", "characters of a dialed string, 16 to 256"),
    live("number.allowed_short_codes", "list of digits", "none", "short codes that may be dialed"),
    live("number.trusted_sip_hosts", "list of hosts", "none", "hosts whose `sip:` addresses may be dialed"),
    live("destinations.default", "deny or allow", "deny", "what holds for a region that is not listed"),
    live("destinations.allow_regions", "list of regions", "none", "regions that may be dialed, such as `US`"),
    live("destinations.allow_numbers", "list of numbers", "none", "exact numbers that the region rule does not stop"),
    live("destinations.caller_dialable", "list of numbers", "none", "numbers outside that a caller's input may choose"),
    live(
        "destinations.deny_types",
        "list of types",
        "premium_rate, shared_cost, personal_number, pager, unknown",
        "kinds of number that are refused everywhere",
    ),
    live(
        "destinations.deny_country_codes",
        "code to reason",
        "808, 870, 878, 881, 882, 883, 979",
        "country codes that are refused, each with the reason it gives",
    ),
    live(
        "destinations.deny_prefixes",
        "list of prefixes",
        "none",
        "beginnings of numbers that are refused, such as `+1712432`",
    ),
    live(
        "topology.trunk_to_trunk",
        "deny, anchored or allow",
        "anchored",
        "whether a call from outside may leave again",
    ),
    live("limits.max_transfer_hops", "number", "4", "transfers of one call that leave the site"),
    live("limits.max_call_seconds", "number", "14400", "age at which a call is not moved any more"),
    given("limits.max_rate_per_minute", "amount", "none", "price of a minute"),
    given("limits.spend_per_day", "amount", "none", "what calls outside may cost in a day"),
    given("limits.reserve_minutes", "number", "30", "minutes that must still fit the day's spend"),
    given("limits.external_transfers_per_hour", "number", "none", "transfers outside in an hour"),
    given("limits.sequential_same_prefix", "number", "none", "calls in a row to one range of numbers"),
    given("limits.callback_min_ring_s", "number", "6", "seconds a caller must have rung to be called back"),
    given(
        "identity.caller_id_is_authentication",
        "true or false",
        "false",
        "whether a caller's number proves who calls",
    ),
    given("identity.callback_min_attestation", "list of A, B, C", "A", "attestations that may be called back"),
    not_yet("limits.calls_per_minute", "number", "calls outside in a minute"),
    not_yet("topology.drop_when_no_onnet", "true or false", "end the call when nobody of the site is left in it"),
    not_yet("topology.max_recalls", "number", "recalls of one transfer"),
    not_yet("transfer_rights", "map", "a finer matrix of transfer mode by kind of target"),
    not_yet("schedule", "map", "business hours, and what holds outside them"),
    not_yet("challenge", "map", "how a challenge is answered"),
    not_yet("rates", "file", "prices by prefix"),
    not_yet("overrides", "list", "exceptions with an end date, an owner and a reason"),
    not_yet("forbid", "list", "rules of the site's own that can only refuse"),
    not_yet("tests", "list of files", "case tables that must hold before the policy is loaded"),
];

/// The key of `path`, if there is one.
pub fn key(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.path == path)
}

/// The names that may stand in a section (`""` is the top level).
pub fn names(section: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for key in KEYS {
        let (of, name) = key.split();
        if of == section {
            names.push(name);
        } else if section.is_empty() && !names.contains(&of) {
            names.push(of);
        }
    }
    names
}
