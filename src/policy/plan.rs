//! The dial plan: what the digits of a site mean before any rule looks at them.
//!
//! It says which strings are extensions and emergency codes, and how the world outside is dialed.
//! It permits nothing.

use std::collections::BTreeSet;

use super::numbering::{self, Region};
use super::pattern::{Matched, Pattern};

/// Emergency codes that every plan has, whatever the file says: the two that every mobile phone
/// dials (3GPP TS 22.101 §10.1).
pub const EMERGENCY_ALWAYS: [&str; 2] = ["112", "911"];
/// Characters of a dialed string, unless the policy says otherwise; E.164 has 15 digits.
pub const MAX_INPUT_LEN: usize = 64;

/// How digits are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DialPlan {
    /// Whose national numbers may be dialed without `+`; without it only `+` numbers are understood.
    pub home_region: Option<Region>,
    /// The digits for "a line outside", such as `9`.
    pub outside_line: Option<String>,
    /// The international prefix, such as `011` or `00`.
    pub international: Option<String>,
    /// What a carrier selection begins with; such numbers are refused.
    pub carrier_select: Option<Pattern>,
    pub internal: Internal,
    pub emergency: Emergency,
}

/// Which strings of digits are extensions of the site.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Internal {
    #[default]
    None,
    Pattern(Pattern),
    Ranges {
        ranges: Vec<ExtensionRange>,
        not: BTreeSet<String>,
    },
}

impl Internal {
    pub fn matches(&self, digits: &str) -> Matched {
        match self {
            Internal::None => Matched::No,
            Internal::Pattern(pattern) => pattern.matches(digits),
            Internal::Ranges { ranges, not } => {
                let inside = ranges.iter().any(|r| r.contains(digits)) && !not.contains(digits);
                if inside { Matched::Yes } else { Matched::No }
            }
        }
    }
}

/// `100-799`, or one extension: numbers of the same length, leading zeros counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionRange {
    first: String,
    last: String,
}

impl ExtensionRange {
    /// Digits of an extension; longer ones could be taken for numbers of the world outside.
    pub const MAX_DIGITS: usize = 10;

    /// Reads `100-799` or `105`; `None` for anything else, also for `799-100` and `99-100`.
    pub fn parse(text: &str) -> Option<ExtensionRange> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (first.trim(), last.trim());
        let digits = |s: &str| !s.is_empty() && s.len() <= Self::MAX_DIGITS && s.bytes().all(|b| b.is_ascii_digit());
        let fits = digits(first) && digits(last) && first.len() == last.len() && first <= last;
        fits.then(|| ExtensionRange { first: first.to_owned(), last: last.to_owned() })
    }

    pub fn contains(&self, digits: &str) -> bool {
        // Of strings of one length, the order of text is the order of numbers.
        digits.len() == self.first.len() && self.first.as_str() <= digits && digits <= self.last.as_str()
    }
}

/// The emergency codes; [`EMERGENCY_ALWAYS`] are never missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency(BTreeSet<String>);

impl Emergency {
    pub fn new(codes: impl IntoIterator<Item = String>) -> Self {
        Self(codes.into_iter().chain(EMERGENCY_ALWAYS.map(str::to_owned)).collect())
    }

    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub fn contains(&self, digits: &str) -> bool {
        self.0.contains(digits)
    }
}

impl Default for Emergency {
    fn default() -> Self {
        Self::new([])
    }
}

/// What a dialed string may look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRules {
    /// Characters, not bytes.
    pub max_input_len: usize,
    /// Hosts, in lower case, whose `sip:` URIs name a number of ours to dial.
    pub trusted_sip_hosts: BTreeSet<String>,
}

impl Default for NumberRules {
    fn default() -> Self {
        Self { max_input_len: MAX_INPUT_LEN, trusted_sip_hosts: BTreeSet::new() }
    }
}

impl DialPlan {
    /// The canonical emergency code that these digits, with at most one `+` or one outside-line
    /// prefix, are exactly; never a prefix match.
    pub(super) fn emergency_code<'a>(&self, dialed: &'a str) -> Option<&'a str> {
        let outside = self.outside_line.as_deref().and_then(|p| dialed.strip_prefix(p));
        [Some(dialed), dialed.strip_prefix('+'), outside]
            .into_iter()
            .flatten()
            .find(|code| self.emergency.contains(code))
    }

    /// The digits without the outside-line prefix, where what follows it is a number outside.
    pub(super) fn without_outside_line<'a>(&self, digits: &'a str) -> &'a str {
        let Some(rest) = self.outside_line.as_deref().and_then(|p| digits.strip_prefix(p)) else { return digits };
        let international = self.international.as_deref().is_some_and(|p| rest.starts_with(p));
        let leaves = international || rest.starts_with('0') || self.is_national(rest);
        if leaves && !self.is_complete(digits) { rest } else { digits }
    }

    fn is_national(&self, rest: &str) -> bool {
        match self.home_region {
            Some(home) if home.country_code() == 1 => rest.len() == 10 || (rest.len() == 11 && rest.starts_with('1')),
            Some(home) => numbering::look_up(rest, Some(home)).is_some_and(|n| n.valid),
            None => false,
        }
    }

    /// Whether the digits, outside-line prefix and all, are a number as it is dialed at home: 9 is
    /// also where area codes begin (904 555 0123), and Spanish freephone (900 123 456). Where
    /// national numbers begin with `0` no such number begins with anything else.
    fn is_complete(&self, digits: &str) -> bool {
        let Some(home) = self.home_region.filter(|r| !r.has_trunk_prefix_zero()) else { return false };
        numbering::look_up(digits, Some(home)).is_some_and(|n| n.valid && n.country_code == home.country_code())
    }

    /// Whether a leading `0` of these digits says nothing certain: the plan dials no trunk prefix
    /// `0`, and with the `0` they are no number of the home region either (as they are in Italy,
    /// where it belongs to the number, and in Hungary, where the prefix is `06`).
    pub(super) fn leading_zero_is_ambiguous(&self, digits: &str) -> bool {
        let Some(home) = self.home_region else { return true };
        let known =
            numbering::look_up(digits, Some(home)).is_some_and(|n| n.valid && n.country_code == home.country_code());
        !known && !home.has_trunk_prefix_zero()
    }
}
