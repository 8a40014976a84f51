//! From what was dialed to what may be dialed: the one way to make a [`DialTarget`].
//!
//! A number is made canonical once, decided on in that form, and dialed in that form. This file
//! permits nothing; it says what a string means in a dial plan, or why it means nothing safe.
//! The order of the checks is part of the contract: the first one that fails is the reason.

use std::fmt;
use std::sync::LazyLock;

use fancy_regex::Regex;

use super::numbering::{self, NumberType, Region};
use super::pattern::Matched;
use super::plan::{DialPlan, NumberRules};

/// Why a dialed string is not a number. The names are wire names, never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NumReason {
    TooLong,
    HiddenChars,
    PercentEscape,
    UriHostNotTrusted,
    ForeignContext,
    PostDialDigits,
    UnknownParam,
    NonAsciiDigit,
    InjectionChars,
    FeatureCode,
    Empty,
    NotDiallable,
    CarrierSelect,
    AmbiguousPrefix,
    Unparseable,
    NotCanonical,
    NotValid,
}

impl NumReason {
    pub const ALL: [NumReason; 17] = [
        NumReason::TooLong,
        NumReason::HiddenChars,
        NumReason::PercentEscape,
        NumReason::UriHostNotTrusted,
        NumReason::ForeignContext,
        NumReason::PostDialDigits,
        NumReason::UnknownParam,
        NumReason::NonAsciiDigit,
        NumReason::InjectionChars,
        NumReason::FeatureCode,
        NumReason::Empty,
        NumReason::NotDiallable,
        NumReason::CarrierSelect,
        NumReason::AmbiguousPrefix,
        NumReason::Unparseable,
        NumReason::NotCanonical,
        NumReason::NotValid,
    ];

    /// The wire name.
    pub fn name(self) -> &'static str {
        match self {
            NumReason::TooLong => "NUM_TOO_LONG",
            NumReason::HiddenChars => "NUM_HIDDEN_CHARS",
            NumReason::PercentEscape => "NUM_PERCENT_ESCAPE",
            NumReason::UriHostNotTrusted => "NUM_URI_HOST_NOT_TRUSTED",
            NumReason::ForeignContext => "NUM_FOREIGN_CONTEXT",
            NumReason::PostDialDigits => "NUM_POST_DIAL_DIGITS",
            NumReason::UnknownParam => "NUM_UNKNOWN_PARAM",
            NumReason::NonAsciiDigit => "NUM_NON_ASCII_DIGIT",
            NumReason::InjectionChars => "NUM_INJECTION_CHARS",
            NumReason::FeatureCode => "NUM_FEATURE_CODE",
            NumReason::Empty => "NUM_EMPTY",
            NumReason::NotDiallable => "NUM_NOT_DIALLABLE",
            NumReason::CarrierSelect => "NUM_CARRIER_SELECT",
            NumReason::AmbiguousPrefix => "NUM_AMBIGUOUS_PREFIX",
            NumReason::Unparseable => "NUM_UNPARSEABLE",
            NumReason::NotCanonical => "NUM_NOT_CANONICAL",
            NumReason::NotValid => "NUM_NOT_VALID",
        }
    }
}

impl fmt::Display for NumReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The four kinds of number that can be dialed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TargetClass {
    /// An extension of the site: the call stays inside.
    Internal,
    /// A service code such as `988`, dialed outside as it is.
    Short,
    /// A number of the public network, canonical in E.164.
    Pstn,
    /// An emergency code, dialed on the emergency route.
    Emergency,
}

impl TargetClass {
    /// The name in records and in `number` output.
    pub fn name(self) -> &'static str {
        match self {
            TargetClass::Internal => "internal",
            TargetClass::Short => "short",
            TargetClass::Pstn => "pstn",
            TargetClass::Emergency => "emergency",
        }
    }
}

/// A number in the one form that is decided on and dialed.
///
/// Made by [`DialTarget::parse`] and by nothing else, so that no string reaches a trunk
/// without the checks of this file.
///
/// ```compile_fail,E0451
/// use strowger::policy::{DialTarget, TargetClass};
/// let target = DialTarget { canonical: "2".into(), class: TargetClass::Internal, pstn: None };
/// ```
/// ```compile_fail,E0599
/// let target = strowger::policy::DialTarget::default();
/// ```
/// ```compile_fail,E0277
/// let target: strowger::policy::DialTarget = serde_json::from_str("\"+442071838750\"").unwrap();
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DialTarget {
    canonical: Box<str>,
    class: TargetClass,
    /// Of class [`TargetClass::Pstn`] only.
    pstn: Option<Pstn>,
}

/// What the numbering plans say about a number outside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Pstn {
    region: Region,
    number_type: NumberType,
    country_code: u16,
}

impl Pstn {
    /// [`Region::WORLD`] for numbers of no country.
    pub fn region(&self) -> Region {
        self.region
    }

    pub fn number_type(&self) -> NumberType {
        self.number_type
    }

    /// Such as 44; not a country: 1 covers 25 regions.
    pub fn country_code(&self) -> u16 {
        self.country_code
    }
}

impl DialTarget {
    /// What `raw` means in `plan`.
    ///
    /// `raw` is anything a person, a phone, a flow or a file may hold: a dialed string, a `tel:`
    /// or a `sip:` URI. Total: it never panics.
    ///
    /// # Errors
    /// The first check that failed, in the order of [`NumReason::ALL`]'s documentation in the
    /// policy reference.
    pub fn parse(raw: &str, plan: &DialPlan, rules: &NumberRules) -> Result<DialTarget, NumReason> {
        if raw.chars().count() > rules.max_input_len {
            return Err(NumReason::TooLong);
        }
        if has_hidden(raw) {
            return Err(NumReason::HiddenChars);
        }
        let number = without_uri(raw.trim_matches(' '), rules)?;
        let number = without_params(&number, plan)?;
        check_characters(number)?;
        let dialed: String = number.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
        if let Some(code) = plan.emergency_code(&dialed) {
            return Ok(Self::plain(code, TargetClass::Emergency));
        }
        if dialed.contains(['*', '#']) {
            return Err(NumReason::FeatureCode);
        }
        if dialed.is_empty() {
            return Err(NumReason::Empty);
        }
        let digits = dialed.strip_prefix('+').unwrap_or(&dialed);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NumReason::NotDiallable);
        }
        if dialed.starts_with('+') { Self::international(&dialed) } else { Self::local(digits, plan) }
    }

    /// The form that is decided on and dialed: an extension, a short or emergency code, or E.164
    /// with `+`. Reading it again in the same plan gives the same target.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    pub fn class(&self) -> TargetClass {
        self.class
    }

    /// The numbering facts of a number outside; `None` for the other classes.
    pub fn pstn(&self) -> Option<&Pstn> {
        self.pstn.as_ref()
    }

    /// Whether dialing it leaves the site.
    pub fn is_outside(&self) -> bool {
        self.class != TargetClass::Internal
    }

    fn plain(canonical: &str, class: TargetClass) -> DialTarget {
        DialTarget { canonical: canonical.into(), class, pstn: None }
    }

    /// Digits without `+`, as the site dials them.
    fn local(digits: &str, plan: &DialPlan) -> Result<DialTarget, NumReason> {
        match plan.internal.matches(digits) {
            Matched::Yes => return Ok(Self::plain(digits, TargetClass::Internal)),
            Matched::No => {}
            Matched::Exceeded => return Err(NumReason::NotDiallable),
        }
        let digits = plan.without_outside_line(digits);
        if plan.carrier_select.as_ref().is_some_and(|p| p.matches(digits) != Matched::No) {
            return Err(NumReason::CarrierSelect);
        }
        if let Some(rest) = plan.international.as_deref().and_then(|p| digits.strip_prefix(p)) {
            return Self::international(&format!("+{rest}"));
        }
        if digits.starts_with('0') && plan.leading_zero_is_ambiguous(digits) {
            return Err(NumReason::AmbiguousPrefix);
        }
        if (3..=6).contains(&digits.len()) {
            return Ok(Self::plain(digits, TargetClass::Short));
        }
        let found = numbering::look_up(digits, plan.home_region).ok_or(NumReason::Unparseable)?;
        // The library knows the usual international prefix of each region; one that this plan does
        // not name must not send the call abroad.
        if plan.home_region.is_none_or(|home| home.country_code() != found.country_code) {
            return Err(NumReason::AmbiguousPrefix);
        }
        Self::outside(found)
    }

    /// `+` and digits.
    fn international(dialed: &str) -> Result<DialTarget, NumReason> {
        let found = numbering::look_up(dialed, None).ok_or(NumReason::Unparseable)?;
        if found.e164 != dialed {
            return Err(NumReason::NotCanonical);
        }
        Self::outside(found)
    }

    fn outside(found: numbering::Found) -> Result<DialTarget, NumReason> {
        let Some(region) = found.region.filter(|_| found.valid) else { return Err(NumReason::NotValid) };
        let pstn = Pstn { region, number_type: found.number_type, country_code: found.country_code };
        Ok(DialTarget { canonical: found.e164.into(), class: TargetClass::Pstn, pstn: Some(pstn) })
    }
}

/// Prints the canonical form.
impl fmt::Display for DialTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical)
    }
}

/// Control, format and private-use characters, which a person cannot see (Unicode general
/// categories Cc, Cf, Co); surrogates (Cs) cannot stand in a text.
fn has_hidden(text: &str) -> bool {
    static HIDDEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[\p{Cc}\p{Cf}\p{Co}]").ok());
    text.bytes().any(|b| b.is_ascii_control()) || (!text.is_ascii() && matched(&HIDDEN, text))
}

/// A digit, symbol or punctuation mark of another script or width, such as `٤` and `＋`.
fn has_foreign_symbol(text: &str) -> bool {
    static FOREIGN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[[\p{N}\p{S}\p{P}]&&[^\x00-\x7F]]").ok());
    !text.is_ascii() && matched(&FOREIGN, text)
}

/// Fails closed: a class that could not be asked counts as found.
fn matched(class: &LazyLock<Option<Regex>>, text: &str) -> bool {
    class.as_ref().is_none_or(|r| r.is_match(text).unwrap_or(true))
}

/// The text after `scheme:`, whatever the case of the scheme.
fn after_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = text.split_once(':')?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Takes `tel:` off; of a `sip:` or `sips:` URI with a trusted host keeps the user part and all
/// parameters and headers, so that the next checks see them.
fn without_uri(text: &str, rules: &NumberRules) -> Result<String, NumReason> {
    let sip = after_scheme(text, "sip").or_else(|| after_scheme(text, "sips"));
    if text.contains('%') {
        return Err(NumReason::PercentEscape);
    }
    let Some(uri) = sip else { return Ok(after_scheme(text, "tel").unwrap_or(text).to_owned()) };
    let (user, rest) = uri.split_once('@').unwrap_or(("", uri));
    let end = rest.find([';', '?']).unwrap_or(rest.len());
    let (host, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
    if !is_trusted(host, rules) {
        return Err(NumReason::UriHostNotTrusted);
    }
    Ok(format!("{user}{tail}"))
}

/// The host alone, or with its port where the list names the port.
fn is_trusted(host_port: &str, rules: &NumberRules) -> bool {
    let host_port = host_port.to_ascii_lowercase();
    let host = match host_port.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => host_port.as_str(),
    };
    rules.trusted_sip_hosts.contains(host) || rules.trusted_sip_hosts.contains(&host_port)
}

/// Checks the `;` parameters (RFC 3966 §3, RFC 3261 §19.1.1) and takes them off.
fn without_params<'a>(text: &'a str, plan: &DialPlan) -> Result<&'a str, NumReason> {
    let (number, params) = text.split_once(';').unwrap_or((text, ""));
    if number.len() == text.len() {
        return Ok(text);
    }
    let params: Vec<(String, &str)> = params
        .split(';')
        .map(|p| p.split_once('=').unwrap_or((p, "")))
        .map(|(name, value)| (name.trim_matches(' ').to_ascii_lowercase(), value.trim_matches(' ')))
        .collect();
    let home = plan.home_region.map(|r| format!("+{}", r.country_code()));
    if params.iter().any(|(name, value)| name == "phone-context" && Some(*value) != home.as_deref()) {
        return Err(NumReason::ForeignContext);
    }
    if params.iter().any(|(name, _)| name == "ext") {
        return Err(NumReason::PostDialDigits);
    }
    let known =
        |name: &str, value: &str| name == "phone-context" || (name == "user" && value.eq_ignore_ascii_case("phone"));
    if params.iter().any(|(name, value)| !known(name, value)) {
        return Err(NumReason::UnknownParam);
    }
    Ok(number)
}

fn check_characters(number: &str) -> Result<(), NumReason> {
    if has_foreign_symbol(number) {
        return Err(NumReason::NonAsciiDigit);
    }
    if number.contains(['&', '|', '/', '\\', '\'', '"', '`', '$', '<', '>', '{', '}', '=']) {
        return Err(NumReason::InjectionChars);
    }
    if number.contains([',', 'p', 'P', 'w', 'W', 'x', 'X', '!']) {
        return Err(NumReason::PostDialDigits);
    }
    Ok(())
}
