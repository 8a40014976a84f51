//! A fraud policy as values, with the defaults of every key that a file leaves out.
//!
//! It knows neither YAML (`read`) nor calls (`decide`). Everything left out is the safe choice:
//! nothing outside is allowed until a file says so.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::fnv::Fnv;
use crate::base::limits;
use crate::base::span::Span;

use super::numbering::{NumberType, Region};
use super::plan::{DialPlan, NumberRules};
use super::reason::Reason;

/// Transfers of one call that leave the site (fraud-policy, `limits.max_transfer_hops`).
pub const MAX_TRANSFER_HOPS: u32 = 4;
/// Age at which a call may not be moved any more: four hours is no conversation but a stuck call.
pub const MAX_CALL_SECONDS: u64 = 4 * 3600;
/// A caller who rang for less than this wants to be called back at a price.
pub const CALLBACK_MIN_RING_S: u64 = 6;
/// Minutes of a call that must still fit the day's spend before it starts.
pub const RESERVE_MINUTES: u64 = 30;

/// One policy. [`Policy::default`] is the closed one: no number outside but emergency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    pub id: String,
    pub mode: PolicyMode,
    pub dial_plan: DialPlan,
    pub number: NumberRules,
    /// Short codes that may be dialed.
    pub allowed_short_codes: BTreeSet<String>,
    pub user_defaults: UserRights,
    pub destinations: Destinations,
    pub trunk_to_trunk: TrunkToTrunk,
    pub limits: Limits,
    pub identity: Identity,
    /// Where each key of the file stands, by its path such as `destinations.allow_regions`.
    pub places: BTreeMap<&'static str, Span>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PolicyMode {
    #[default]
    Enforce,
    /// Changes no call; each decision says what it would have changed.
    Shadow,
}

impl PolicyMode {
    pub fn name(self) -> &'static str {
        match self {
            PolicyMode::Enforce => "enforce",
            PolicyMode::Shadow => "shadow",
        }
    }
}

/// What a user may do (`sip_user_defaults`, and the same keys of a user).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UserRights {
    pub allow_pstn_blind_transfer: bool,
    /// Legs this user may have placed at one time.
    pub max_simultaneous: u32,
    pub allow_external_forward: bool,
    pub allow_voicemail_outdial: bool,
}

impl Default for UserRights {
    fn default() -> Self {
        Self {
            allow_pstn_blind_transfer: false,
            max_simultaneous: limits::MAX_SIMULTANEOUS,
            allow_external_forward: false,
            allow_voicemail_outdial: false,
        }
    }
}

/// The rights that one user has differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UserOverrides {
    pub allow_pstn_blind_transfer: Option<bool>,
    pub max_simultaneous: Option<u32>,
    pub allow_external_forward: Option<bool>,
    pub allow_voicemail_outdial: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Destinations {
    pub allow_by_default: bool,
    pub allow_regions: BTreeSet<Region>,
    /// E.164 numbers that the region rule does not stop.
    pub allow_numbers: BTreeSet<String>,
    /// Canonical numbers that may be chosen by what a caller keyed or said.
    pub caller_dialable: BTreeSet<String>,
    pub deny_types: BTreeSet<NumberType>,
    /// Country code to one of [`NET_REASONS`].
    pub deny_country_codes: BTreeMap<u16, Reason>,
    /// `+` and digits.
    pub deny_prefixes: BTreeSet<String>,
}

/// The types that `deny_types` can name, each with its reason.
pub const DENIABLE_TYPES: [(NumberType, Reason); 5] = [
    (NumberType::PremiumRate, Reason::TypePremiumRate),
    (NumberType::SharedCost, Reason::TypeSharedCost),
    (NumberType::PersonalNumber, Reason::TypePersonalNumber),
    (NumberType::Pager, Reason::TypePager),
    (NumberType::Unknown, Reason::TypeUnknown),
];

/// The reasons that `deny_country_codes` can give.
pub const NET_REASONS: [Reason; 5] =
    [Reason::NetIntlPremium, Reason::NetSatellite, Reason::NetGlobal, Reason::NetUpt, Reason::NetIntlSharedCost];

/// Country codes of no country whose calls cost what the far end likes.
const DENIED_CODES: [(u16, Reason); 7] = [
    (870, Reason::NetSatellite),
    (881, Reason::NetSatellite),
    (882, Reason::NetGlobal),
    (883, Reason::NetGlobal),
    (878, Reason::NetUpt),
    (979, Reason::NetIntlPremium),
    (808, Reason::NetIntlSharedCost),
];

impl Default for Destinations {
    fn default() -> Self {
        Self {
            allow_by_default: false,
            allow_regions: BTreeSet::new(),
            allow_numbers: BTreeSet::new(),
            caller_dialable: BTreeSet::new(),
            deny_types: DENIABLE_TYPES.iter().map(|(t, _)| *t).collect(),
            deny_country_codes: DENIED_CODES.into_iter().collect(),
            deny_prefixes: BTreeSet::new(),
        }
    }
}

/// Whether a call that came from outside may leave again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum TrunkToTrunk {
    Deny,
    /// Only while somebody of the site, or the flow that owns the call, is in it.
    #[default]
    Anchored,
    Allow,
}

impl TrunkToTrunk {
    pub const ALL: [TrunkToTrunk; 3] = [TrunkToTrunk::Deny, TrunkToTrunk::Anchored, TrunkToTrunk::Allow];

    pub fn name(self) -> &'static str {
        match self {
            TrunkToTrunk::Deny => "deny",
            TrunkToTrunk::Anchored => "anchored",
            TrunkToTrunk::Allow => "allow",
        }
    }

    pub fn from_name(name: &str) -> Option<TrunkToTrunk> {
        TrunkToTrunk::ALL.into_iter().find(|t| t.name() == name)
    }
}

/// An amount in millionths of the site's currency, so that sums are exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Money(pub u64);

impl Money {
    /// The nearest amount; `None` below zero or beyond a billion.
    pub fn from_units(units: f64) -> Option<Money> {
        let range = 0.0..=1e9;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
        range.contains(&units).then(|| Money((units * 1e6).round() as u64))
    }

    pub fn units(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "for display only")]
        let millionths = self.0 as f64;
        millionths / 1e6
    }
}

/// Limits; `None` is no limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    pub max_rate_per_minute: Option<Money>,
    pub spend_per_day: Option<Money>,
    pub reserve_minutes: u64,
    pub external_transfers_per_hour: Option<u32>,
    pub sequential_same_prefix: Option<u32>,
    pub max_transfer_hops: u32,
    pub max_call_seconds: u64,
    pub callback_min_ring_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_rate_per_minute: None,
            spend_per_day: None,
            reserve_minutes: RESERVE_MINUTES,
            external_transfers_per_hour: None,
            sequential_same_prefix: None,
            max_transfer_hops: MAX_TRANSFER_HOPS,
            max_call_seconds: MAX_CALL_SECONDS,
            callback_min_ring_s: CALLBACK_MIN_RING_S,
        }
    }
}

/// How far the network vouches for a caller's number (ATIS-1000074 §5.2.3), best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Attestation {
    A,
    B,
    C,
}

impl Attestation {
    pub fn from_name(name: &str) -> Option<Attestation> {
        match name {
            "A" => Some(Attestation::A),
            "B" => Some(Attestation::B),
            "C" => Some(Attestation::C),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Attestation::A => "A",
            Attestation::B => "B",
            Attestation::C => "C",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    pub caller_id_is_authentication: bool,
    pub callback_min_attestation: BTreeSet<Attestation>,
}

impl Default for Identity {
    fn default() -> Self {
        Self { caller_id_is_authentication: false, callback_min_attestation: BTreeSet::from([Attestation::A]) }
    }
}

impl Policy {
    /// A user's rights under this policy.
    pub fn rights(&self, user: &UserOverrides) -> UserRights {
        let base = self.user_defaults;
        UserRights {
            allow_pstn_blind_transfer: user.allow_pstn_blind_transfer.unwrap_or(base.allow_pstn_blind_transfer),
            max_simultaneous: user.max_simultaneous.unwrap_or(base.max_simultaneous),
            allow_external_forward: user.allow_external_forward.unwrap_or(base.allow_external_forward),
            allow_voicemail_outdial: user.allow_voicemail_outdial.unwrap_or(base.allow_voicemail_outdial),
        }
    }

    /// A name of this policy's content: 16 hex digits that differ when a rule differs.
    ///
    /// FNV-1a (64 bit): it tells revisions apart in records and protects nothing.
    pub fn revision(&self) -> String {
        let content = Policy { places: BTreeMap::new(), ..self.clone() };
        format!("{:016x}", Fnv::new().and(format!("{content:?}").as_bytes()).value())
    }
}
