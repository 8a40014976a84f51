//! What the public numbering plans say about a number: the one place that asks the number library.
//!
//! No library type leaves this file. It decides nothing: whether a number may be dialed is the
//! policy's business.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};

/// The library and the metadata that a decision was made with; part of each decision record,
/// because the metadata changes every two weeks.
pub const NUMBER_METADATA: &str = "rlibphonenumber 2.2.15, libphonenumber metadata 9.0.42";

/// A region as ISO 3166-1 alpha-2 names it, or `001` for numbers of no country.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(rlibphonenumber::Region);

impl Region {
    /// `001`: global services such as satellite networks and international freephone.
    pub const WORLD: Region = Region(rlibphonenumber::Region::World);

    /// A region that has a numbering plan; `None` for anything else, such as `UK` (it is `GB`).
    pub fn from_code(code: &str) -> Option<Region> {
        let upper = code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        let region = rlibphonenumber::Region::from_code(code).ok().filter(|_| upper)?;
        quietly(|| PHONE_NUMBER_UTIL.get_country_code_for_region(region)).flatten().map(|_| Region(region))
    }

    /// Every region with a numbering plan, for did-you-mean.
    pub fn all() -> Vec<Region> {
        let mut all: Vec<Region> = PHONE_NUMBER_UTIL.get_supported_regions().map(Region).collect();
        all.sort();
        all
    }

    /// The country calling code, such as 1 or 44; 0 for [`Region::WORLD`], which has many.
    pub fn country_code(self) -> u16 {
        let code = quietly(|| PHONE_NUMBER_UTIL.get_country_code_for_region(self.0)).flatten();
        code.and_then(|c| u16::try_from(c).ok()).unwrap_or(0)
    }

    /// Whether national numbers are dialed with a leading `0` that is not part of the number.
    ///
    /// The library does not tell its prefixes, so it is asked with the region's example number.
    pub fn has_trunk_prefix_zero(self) -> bool {
        let example = quietly(|| {
            let number = PHONE_NUMBER_UTIL.get_example_number(self.0).ok()?;
            Some(PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned())
        });
        let Some(example) = example.flatten() else { return false };
        let national = example.strip_prefix(&format!("+{}", self.country_code())).unwrap_or("");
        look_up(&format!("0{national}"), Some(self)).is_some_and(|n| n.valid && n.e164 == example)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_region_str().as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What kind of number the plan of its region makes it. A type is not a price: satellite networks
/// are `mobile` to the library.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NumberType {
    FixedLine,
    Mobile,
    FixedLineOrMobile,
    TollFree,
    PremiumRate,
    SharedCost,
    Voip,
    PersonalNumber,
    Pager,
    Uan,
    Voicemail,
    Unknown,
}

impl NumberType {
    pub const ALL: [NumberType; 12] = [
        NumberType::FixedLine,
        NumberType::Mobile,
        NumberType::FixedLineOrMobile,
        NumberType::TollFree,
        NumberType::PremiumRate,
        NumberType::SharedCost,
        NumberType::Voip,
        NumberType::PersonalNumber,
        NumberType::Pager,
        NumberType::Uan,
        NumberType::Voicemail,
        NumberType::Unknown,
    ];

    /// The name in policy files and records.
    pub fn name(self) -> &'static str {
        match self {
            NumberType::FixedLine => "fixed_line",
            NumberType::Mobile => "mobile",
            NumberType::FixedLineOrMobile => "fixed_line_or_mobile",
            NumberType::TollFree => "toll_free",
            NumberType::PremiumRate => "premium_rate",
            NumberType::SharedCost => "shared_cost",
            NumberType::Voip => "voip",
            NumberType::PersonalNumber => "personal_number",
            NumberType::Pager => "pager",
            NumberType::Uan => "uan",
            NumberType::Voicemail => "voicemail",
            NumberType::Unknown => "unknown",
        }
    }

    pub fn from_name(name: &str) -> Option<NumberType> {
        NumberType::ALL.into_iter().find(|t| t.name() == name)
    }

    fn of(kind: PhoneNumberType) -> NumberType {
        match kind {
            PhoneNumberType::FixedLine => NumberType::FixedLine,
            PhoneNumberType::Mobile => NumberType::Mobile,
            PhoneNumberType::FixedLineOrMobile => NumberType::FixedLineOrMobile,
            PhoneNumberType::TollFree => NumberType::TollFree,
            PhoneNumberType::PremiumRate => NumberType::PremiumRate,
            PhoneNumberType::SharedCost => NumberType::SharedCost,
            PhoneNumberType::VoIP => NumberType::Voip,
            PhoneNumberType::PersonalNumber => NumberType::PersonalNumber,
            PhoneNumberType::Pager => NumberType::Pager,
            PhoneNumberType::UAN => NumberType::Uan,
            PhoneNumberType::VoiceMail => NumberType::Voicemail,
            PhoneNumberType::Unknown => NumberType::Unknown,
        }
    }
}

/// What the library read out of a string of digits.
pub(super) struct Found {
    pub e164: String,
    pub country_code: u16,
    pub valid: bool,
    /// `None` only for a number that is not valid.
    pub region: Option<Region>,
    pub number_type: NumberType,
}

/// Reads `+` and digits, or digits in the way `home` dials them; `None` if it is no number at all.
///
/// The caller passes nothing but an optional `+` and ASCII digits: other input has made the
/// library panic (`2125551234;phone-context=+1;x=tel:1`).
pub(super) fn look_up(digits: &str, home: Option<Region>) -> Option<Found> {
    quietly(|| {
        let number = PHONE_NUMBER_UTIL.parse(digits, home.map(|r| r.0)).ok()?;
        let e164 = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned();
        let region = PHONE_NUMBER_UTIL.get_region_for_number(&number).map(Region);
        Some(Found {
            country_code: u16::try_from(number.country_code).ok()?,
            valid: PHONE_NUMBER_UTIL.is_valid_number(&number) && is_e164(&e164),
            region,
            number_type: NumberType::of(PHONE_NUMBER_UTIL.get_number_type(&number)),
            e164,
        })
    })
    .flatten()
}

/// `+` and 7 to 15 digits (ITU-T E.164 §6), of which the first is not 0.
pub(super) fn is_e164(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or("");
    (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
}

/// The answer, or `None` if the library panicked: a number must never end a call.
fn quietly<T>(ask: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(ask)).ok()
}
