//! Reads a policy from a document; every mistake is a finding at its place.
//!
//! A file that uses a key which this version does not enforce is refused: a rule that is written
//! but not held is worse than none. A policy with any error is no policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diagnostic::{self, Diagnostic};
use crate::base::span::Spanned;
use crate::base::suggest;
use crate::syntax::document::{Node, NodeKind};
use crate::syntax::reader::{self, Fields};

use super::keys::{self, Enforced};
use super::model::{
    Attestation, DENIABLE_TYPES, Destinations, Identity, Limits, Money, NET_REASONS, Policy, PolicyMode, TrunkToTrunk,
    UserOverrides,
};
use super::numbering::{self, NumberType, Region};
use super::pattern::Pattern;
use super::plan::{DialPlan, Emergency, ExtensionRange, Internal, NumberRules};
use super::reason::Reason;

/// Entries of one list of a policy; a longer one belongs in a prefix file.
const MAX_LIST: usize = 10_000;

/// What the policy will be used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// To guard live calls: only keys whose facts every live call supplies.
    Live,
    /// To decide cases whose facts are given.
    Table,
}

impl Scope {
    fn least(self) -> Enforced {
        match self {
            Scope::Live => Enforced::Live,
            Scope::Table => Enforced::WithGivenFacts,
        }
    }
}

/// Reads one document of a policy file; `None` if anything in it is wrong.
pub fn read(document: &Node, scope: Scope) -> (Option<Policy>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    let mut root = Fields::new(document, "policy file", &mut out);
    let body = root.required("fraud_policy");
    root.finish();
    let policy = body.map(|node| read_body(node, scope, &mut out));
    let policy = policy.filter(|_| !diagnostic::has_errors(&out));
    (policy, out)
}

/// The rights that one user has differently, from the open map of that user in a site file.
pub fn user_overrides(user: &mut Fields<'_, '_>) -> UserOverrides {
    UserOverrides {
        allow_pstn_blind_transfer: user.bool("allow_pstn_blind_transfer").map(|b| b.value),
        max_simultaneous: count(user, "max_simultaneous"),
        allow_external_forward: user.bool("allow_external_forward").map(|b| b.value),
        allow_voicemail_outdial: user.bool("allow_voicemail_outdial").map(|b| b.value),
    }
}

fn read_body(node: &Node, scope: Scope, out: &mut Vec<Diagnostic>) -> Policy {
    let mut policy = Policy { places: places(node), ..Policy::default() };
    refuse_unenforced(node, scope, out);
    let mut top = Fields::new(node, "fraud_policy", out);
    top.allow(&keys::names(""));
    if let Some(version) = top.required("version").and_then(|n| reader::integer(n, top.out()))
        && version.value != 1
    {
        let message = format!("this version reads policy files of version 1, not {}", version.value);
        top.out().push(Diagnostic::error("unknown-version", version.span, message));
    }
    if let Some(id) = top.required_text("id") {
        if !is_name(&id.value) {
            let help = "write a letter, then letters, digits, `_` or `-`, at most 64 in all";
            top.out().push(bad("bad-name", &id, "a name that `guard` and `policy:` can use", help));
        }
        policy.id = id.value;
    }
    if let Some(mode) = top.one_of("mode", &["enforce", "shadow"]) {
        policy.mode = if mode.value == "shadow" { PolicyMode::Shadow } else { PolicyMode::Enforce };
        if policy.mode == PolicyMode::Shadow && scope == Scope::Live {
            top.out().push(not_enforced("mode: shadow", mode.span));
        }
    }
    if let Some(plan) = top.optional("dial_plan") {
        policy.dial_plan = dial_plan(plan, top.out());
    }
    if let Some(users) = top.optional("sip_user_defaults") {
        let mut users = section(users, "sip_user_defaults", top.out());
        let defaults = user_overrides(&mut users);
        users.finish();
        policy.user_defaults = policy.rights(&defaults);
    }
    if let Some(number) = top.optional("number") {
        (policy.number, policy.allowed_short_codes) = number_rules(number, top.out());
    }
    if let Some(node) = top.optional("destinations") {
        policy.destinations = destinations(node, top.out());
    }
    if let Some(node) = top.optional("topology") {
        let mut topology = section(node, "topology", top.out());
        let words = TrunkToTrunk::ALL.map(TrunkToTrunk::name);
        let found = topology.one_of("trunk_to_trunk", &words).and_then(|t| TrunkToTrunk::from_name(&t.value));
        policy.trunk_to_trunk = found.unwrap_or_default();
        topology.finish();
    }
    if let Some(node) = top.optional("limits") {
        policy.limits = limits(node, top.out());
    }
    if let Some(node) = top.optional("identity") {
        policy.identity = identity(node, top.out());
    }
    top.finish();
    policy
}

/// Opens a section whose keys are those of the table.
fn section<'n, 'o>(node: &'n Node, name: &'static str, out: &'o mut Vec<Diagnostic>) -> Fields<'n, 'o> {
    let mut fields = Fields::new(node, name, out);
    fields.allow(&keys::names(name));
    fields
}

/// Every key of the table that the file uses, with its place.
fn used(node: &Node) -> Vec<(&'static keys::Key, crate::base::span::Span)> {
    let NodeKind::Mapping(entries) = &node.value else { return Vec::new() };
    let mut used = Vec::new();
    for entry in entries {
        if let Some(key) = keys::key(&entry.key.value) {
            used.push((key, entry.key.span));
        }
        let NodeKind::Mapping(inner) = &entry.value.value else { continue };
        for field in inner {
            if let Some(key) = keys::key(&format!("{}.{}", entry.key.value, field.key.value)) {
                used.push((key, field.key.span));
            }
        }
    }
    used
}

fn places(node: &Node) -> BTreeMap<&'static str, crate::base::span::Span> {
    used(node).into_iter().map(|(key, span)| (key.path, span)).collect()
}

fn refuse_unenforced(node: &Node, scope: Scope, out: &mut Vec<Diagnostic>) {
    for (key, span) in used(node) {
        if key.enforced < scope.least() {
            out.push(not_enforced(key.path, span));
        }
    }
}

fn not_enforced(what: &str, span: crate::base::span::Span) -> Diagnostic {
    Diagnostic::error("policy-key-not-enforced", span, format!("`{what}` is not enforced by this version"))
        .label("a call would not be held to this")
        .help(
            "take the key out, or use a version that enforces it: a rule that is written but not held protects nobody",
        )
}

fn bad(rule: &'static str, at: &Spanned<String>, wanted: &str, help: &str) -> Diagnostic {
    let message = format!("`{}` is not {wanted}", reader::shorten(&at.value));
    Diagnostic::error(rule, at.span, message).help(help.to_owned())
}

fn is_name(text: &str) -> bool {
    let rest = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(rest)
}

fn is_digits(text: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The texts of a list that pass `read`; the others are reported with `wanted` and `help`.
fn checked<T: Ord>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    (rule, wanted, help): (&'static str, &str, &str),
    read: impl Fn(&str) -> Option<T>,
) -> Option<BTreeSet<T>> {
    fields.optional(key)?;
    let texts = fields.texts(key);
    if let Some(beyond) = texts.get(MAX_LIST) {
        let message = format!("`{key}` has {} entries; at most {MAX_LIST} are allowed", texts.len());
        fields.out().push(Diagnostic::error("list-too-long", beyond.span, message));
    }
    let mut found = BTreeSet::new();
    for text in texts {
        match read(&text.value) {
            Some(value) => drop(found.insert(value)),
            None => fields.out().push(bad(rule, &text, wanted, help)),
        }
    }
    Some(found)
}

fn digits(fields: &mut Fields<'_, '_>, key: &'static str, most: usize) -> Option<String> {
    let text = fields.text(key)?;
    if is_digits(&text.value, 1..=most) {
        return Some(text.value);
    }
    fields.out().push(bad(
        "bad-digits",
        &text,
        &format!("1 to {most} digits"),
        "write digits in quotes, such as `\"9\"`",
    ));
    None
}

fn dial_plan(node: &Node, out: &mut Vec<Diagnostic>) -> DialPlan {
    let mut plan = section(node, "dial_plan", out);
    let home_region = plan.text("home_region").and_then(|t| region(&t, plan.out()));
    let outside_line = digits(&mut plan, "outside_line", 3);
    let international = digits(&mut plan, "international", 6);
    let carrier_select =
        plan.text("carrier_select").and_then(|t| pattern(&t, Pattern::beginning(&t.value), plan.out()));
    let code = ("bad-digits", "an emergency code", "write 2 to 8 digits in quotes, such as `\"112\"`");
    let emergency = checked(&mut plan, "emergency", code, |t| is_digits(t, 2..=8).then(|| t.to_owned()));
    let internal = internal(&mut plan);
    plan.finish();
    DialPlan {
        home_region,
        outside_line,
        international,
        carrier_select,
        internal,
        emergency: Emergency::new(emergency.unwrap_or_default()),
    }
}

fn internal(plan: &mut Fields<'_, '_>) -> Internal {
    let not = ("bad-digits", "an extension", "write digits in quotes, such as `\"411\"`");
    let most = ExtensionRange::MAX_DIGITS;
    let except = checked(plan, "not", not, |t| is_digits(t, 1..=most).then(|| t.to_owned()));
    let Some(node) = plan.optional("internal") else { return Internal::None };
    if let NodeKind::Sequence(items) = &node.value {
        let texts: Vec<Spanned<String>> = items.iter().filter_map(|n| reader::text(n, plan.out())).collect();
        let mut ranges = Vec::new();
        for text in texts {
            match ExtensionRange::parse(&text.value) {
                Some(range) => ranges.push(range),
                None => plan.out().push(bad(
                    "bad-range",
                    &text,
                    "a range of extensions",
                    "write the first and the last extension, of the same length, such as `\"100-799\"`",
                )),
            }
        }
        return Internal::Ranges { ranges, not: except.unwrap_or_default() };
    }
    if let Some(span) = plan.key_place("not") {
        let help =
            "write the exception into the pattern, such as `^(?!411$)[1-7]\\d{2}$`, or write `internal` as ranges";
        plan.out().push(Diagnostic::error("not-without-ranges", span, "`not` goes with ranges only").help(help));
    }
    let text = reader::text(node, plan.out());
    text.and_then(|t| pattern(&t, Pattern::whole(&t.value), plan.out())).map_or(Internal::None, Internal::Pattern)
}

fn pattern(text: &Spanned<String>, read: Result<Pattern, String>, out: &mut Vec<Diagnostic>) -> Option<Pattern> {
    match read {
        Ok(pattern) => Some(pattern),
        Err(problem) => {
            out.push(Diagnostic::error("bad-pattern", text.span, problem).help("write it in single quotes"));
            None
        }
    }
}

fn region(text: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Region> {
    let found = Region::from_code(&text.value);
    if found.is_none() {
        let names: Vec<String> = Region::all().iter().map(Region::to_string).collect();
        // `UK` is what people write; the country's code is `GB` (ISO 3166-1).
        let hint = match text.value.to_ascii_uppercase().as_str() {
            "UK" => "; did you mean `GB`?".to_owned(),
            upper if names.iter().any(|n| n == upper) => format!("; did you mean `{upper}`?"),
            _ => suggest::did_you_mean(&text.value, names.iter().map(String::as_str)),
        };
        let message = format!("`{}` is not a region with a numbering plan{hint}", reader::shorten(&text.value));
        let help = "write the two capital letters of ISO 3166-1, such as `US` or `GB`";
        out.push(Diagnostic::error("unknown-region", text.span, message).help(help));
    }
    found
}

fn number_rules(node: &Node, out: &mut Vec<Diagnostic>) -> (NumberRules, BTreeSet<String>) {
    let mut number = section(node, "number", out);
    let mut rules = NumberRules::default();
    if let Some(length) = number.integer("max_input_len") {
        match usize::try_from(length.value) {
            Ok(chars @ 16..=256) => rules.max_input_len = chars,
            _ => number.out().push(
                Diagnostic::error("out-of-range", length.span, "`max_input_len` is from 16 to 256")
                    .help("the longest number has 15 digits; an address with its host may need 64"),
            ),
        }
    }
    let host = ("bad-host", "a host name", "write the name or address alone, such as `gw.example.net`");
    let plain = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b));
    if let Some(hosts) = checked(&mut number, "trusted_sip_hosts", host, |t| plain(t).then(|| t.to_ascii_lowercase())) {
        rules.trusted_sip_hosts = hosts;
    }
    let code = ("bad-digits", "a short code", "write 3 to 6 digits in quotes, such as `\"988\"`");
    let short = checked(&mut number, "allowed_short_codes", code, |t| is_digits(t, 3..=6).then(|| t.to_owned()));
    number.finish();
    (rules, short.unwrap_or_default())
}

fn e164(text: &str) -> Option<String> {
    numbering::look_up(text, None).filter(|n| n.valid && n.e164 == text).map(|n| n.e164)
}

fn destinations(node: &Node, out: &mut Vec<Diagnostic>) -> Destinations {
    let mut fields = section(node, "destinations", out);
    let allow_by_default = fields.one_of("default", &["deny", "allow"]).is_some_and(|d| d.value == "allow");
    let mut found = Destinations { allow_by_default, ..Destinations::default() };
    for text in fields.texts("allow_regions") {
        found.allow_regions.extend(region(&text, fields.out()));
    }
    let exact = ("bad-number", "a canonical number", "write a valid number with `+` and country code, digits only");
    let is_e164 = |t: &str| t.starts_with('+').then(|| e164(t)).flatten();
    found.allow_numbers = checked(&mut fields, "allow_numbers", exact, is_e164).unwrap_or_default();
    let short = |t: &str| is_digits(t, 3..=6).then(|| t.to_owned());
    found.caller_dialable =
        checked(&mut fields, "caller_dialable", exact, |t| is_e164(t).or_else(|| short(t))).unwrap_or_default();
    let names: Vec<String> = DENIABLE_TYPES.iter().map(|(t, _)| format!("`{}`", t.name())).collect();
    let help = format!("write any of {}", names.join(", "));
    let kind = ("unknown-type", "a kind of number that can be denied", help.as_str());
    let deniable = |t: &str| NumberType::from_name(t).filter(|t| DENIABLE_TYPES.iter().any(|(d, _)| d == t));
    if let Some(types) = checked(&mut fields, "deny_types", kind, deniable) {
        found.deny_types = types;
    }
    let prefix = ("bad-prefix", "the beginning of a number", "write `+` and 1 to 15 digits, such as `\"+1712432\"`");
    let begins = |t: &str| t.strip_prefix('+').is_some_and(|d| is_digits(d, 1..=15)).then(|| t.to_owned());
    found.deny_prefixes = checked(&mut fields, "deny_prefixes", prefix, begins).unwrap_or_default();
    if let Some(codes) = deny_country_codes(&mut fields) {
        found.deny_country_codes = codes;
    }
    fields.finish();
    found
}

fn deny_country_codes(fields: &mut Fields<'_, '_>) -> Option<BTreeMap<u16, Reason>> {
    fields.optional("deny_country_codes")?;
    let names = NET_REASONS.map(Reason::name);
    let mut codes = BTreeMap::new();
    for entry in fields.entries("deny_country_codes") {
        let code = is_digits(&entry.key.value, 1..=3).then(|| entry.key.value.parse().ok()).flatten();
        if code.is_none() {
            let help = "write the digits after `+`, such as `881`";
            fields.out().push(bad("bad-country-code", &entry.key, "a country code", help));
        }
        let reason = reader::one_of(&entry.value, &names, fields.out()).and_then(|r| Reason::from_name(&r.value));
        codes.extend(code.zip(reason));
    }
    Some(codes)
}

/// A whole number from 0 up; a map such as `{warn, max}` is a form that is not enforced.
fn whole(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<u64> {
    let node = plain_limit(fields, key)?;
    let number = reader::integer(node, fields.out())?;
    let found = u64::try_from(number.value).ok();
    if found.is_none() {
        let message = format!("`{key}` cannot be below 0");
        fields
            .out()
            .push(Diagnostic::error("out-of-range", number.span, message).help("write a whole number from 0 up"));
    }
    found
}

fn count(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<u32> {
    whole(fields, key).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
}

fn money(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Money> {
    let node = plain_limit(fields, key)?;
    let number = reader::number(node, fields.out())?;
    let found = Money::from_units(number.value);
    if found.is_none() {
        let message = format!("`{key}` cannot be this amount");
        fields.out().push(Diagnostic::error("out-of-range", number.span, message).help("write an amount from 0 up"));
    }
    found
}

fn plain_limit<'n>(fields: &mut Fields<'n, '_>, key: &'static str) -> Option<&'n Node> {
    let node = fields.optional(key)?;
    if matches!(node.value, NodeKind::Mapping(_)) {
        fields.out().push(not_enforced(&format!("{key}: {{warn, max}}"), node.span));
        return None;
    }
    Some(node)
}

fn limits(node: &Node, out: &mut Vec<Diagnostic>) -> Limits {
    let mut fields = section(node, "limits", out);
    let base = Limits::default();
    let found = Limits {
        max_rate_per_minute: money(&mut fields, "max_rate_per_minute"),
        spend_per_day: money(&mut fields, "spend_per_day"),
        reserve_minutes: whole(&mut fields, "reserve_minutes").unwrap_or(base.reserve_minutes),
        external_transfers_per_hour: count(&mut fields, "external_transfers_per_hour"),
        sequential_same_prefix: count(&mut fields, "sequential_same_prefix"),
        max_transfer_hops: count(&mut fields, "max_transfer_hops").unwrap_or(base.max_transfer_hops),
        max_call_seconds: whole(&mut fields, "max_call_seconds").unwrap_or(base.max_call_seconds),
        callback_min_ring_s: whole(&mut fields, "callback_min_ring_s").unwrap_or(base.callback_min_ring_s),
    };
    fields.finish();
    found
}

fn identity(node: &Node, out: &mut Vec<Diagnostic>) -> Identity {
    let mut fields = section(node, "identity", out);
    let mut found = Identity::default();
    if let Some(proves) = fields.bool("caller_id_is_authentication") {
        found.caller_id_is_authentication = proves.value;
    }
    let level = ("unknown-attestation", "an attestation", "write `A`, `B` or `C`");
    if let Some(levels) = checked(&mut fields, "callback_min_attestation", level, Attestation::from_name) {
        found.callback_min_attestation = levels;
    }
    fields.finish();
    found
}
