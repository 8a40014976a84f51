//! Every reason a decision can give: its wire name, the rule behind it, and its texts.
//!
//! Three readers, three texts: the caller hears nothing about rules, the agent what to do instead,
//! the admin the rule with its value. The order of this table is the order of every answer.

use std::fmt;

use super::number::NumReason;

/// What a reason does to the verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    Deny,
    Challenge,
    /// Stands for the denials that a shadow policy did not make.
    Shadow,
    Allow,
}

/// What a reason is, once for all its uses.
struct Entry {
    name: &'static str,
    effect: Effect,
    /// The key of the policy file that decides it; empty where no key does.
    rule: &'static str,
    agent: &'static str,
    /// `{value}` is what was found, `{limit}` what the policy says.
    admin: &'static str,
}

macro_rules! reasons {
    ($($variant:ident $name:literal $effect:ident $rule:literal $agent:literal $admin:literal;)*) => {
        /// Why a decision came out as it did. Sorted as answers list them; names are never reused.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Reason {
            /// The dialed string is not a number; nothing else is looked at then.
            Number(NumReason),
            $($variant,)*
        }

        impl Reason {
            /// Every reason but those of numbers, in order.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)*];

            fn entry(self) -> Option<&'static Entry> {
                match self {
                    Reason::Number(_) => None,
                    $(Reason::$variant => Some(&const {
                        Entry { name: $name, effect: Effect::$effect, rule: $rule, agent: $agent, admin: $admin }
                    }),)*
                }
            }
        }
    };
}

reasons! {
    NetIntlPremium "NET_INTL_PREMIUM" Deny "destinations.deny_country_codes"
        "International premium numbers are blocked; ask for an ordinary number."
        "country code {value} is denied";
    NetSatellite "NET_SATELLITE" Deny "destinations.deny_country_codes"
        "Satellite numbers are blocked; ask for an ordinary number."
        "country code {value} is denied";
    NetGlobal "NET_GLOBAL" Deny "destinations.deny_country_codes"
        "Numbers of global networks are blocked; ask for an ordinary number."
        "country code {value} is denied";
    NetUpt "NET_UPT" Deny "destinations.deny_country_codes"
        "Universal personal numbers are blocked; ask for an ordinary number."
        "country code {value} is denied";
    NetIntlSharedCost "NET_INTL_SHARED_COST" Deny "destinations.deny_country_codes"
        "International shared-cost numbers are blocked; ask for an ordinary number."
        "country code {value} is denied";
    GlobalCodeNotAllowed "GLOBAL_CODE_NOT_ALLOWED" Deny ""
        "This number belongs to no country and is blocked; ask for an ordinary number."
        "country code {value} is of no country and not toll-free; no key allows it";
    TypePremiumRate "TYPE_PREMIUM_RATE" Deny "destinations.deny_types"
        "Premium-rate numbers are blocked; ask for an ordinary number."
        "the number is of type {value}; denied are {limit}";
    TypePersonalNumber "TYPE_PERSONAL_NUMBER" Deny "destinations.deny_types"
        "Personal numbers are blocked; ask for a landline or mobile number."
        "the number is of type {value}; denied are {limit}";
    TypeSharedCost "TYPE_SHARED_COST" Deny "destinations.deny_types"
        "Shared-cost numbers are blocked; ask for an ordinary number."
        "the number is of type {value}; denied are {limit}";
    TypePager "TYPE_PAGER" Deny "destinations.deny_types"
        "Pager numbers are blocked; ask for an ordinary number."
        "the number is of type {value}; denied are {limit}";
    TypeUnknown "TYPE_UNKNOWN" Deny "destinations.deny_types"
        "The kind of this number is not known, so it is blocked; ask for another number."
        "the number is of type {value}; denied are {limit}";
    PrefixHighRisk "PREFIX_HIGH_RISK" Deny "destinations.deny_prefixes"
        "This range of numbers is blocked; ask for another number."
        "the number begins with {value}, which is denied";
    CallerControlledDestination "CALLER_CONTROLLED_DESTINATION" Deny "destinations.caller_dialable"
        "Callers may not choose this number; place the call yourself."
        "{value} was chosen by the caller; callers may choose {limit}";
    FlowTransferUnguarded "FLOW_TRANSFER_UNGUARDED" Deny ""
        "The call flow may not dial outside here; tell your administrator."
        "no `guard` stands on the path of the flow to {value}";
    CredentialAnomaly "CREDENTIAL_ANOMALY" Deny ""
        "Your sign-in looks unusual; calls outside are blocked until your administrator has checked it."
        "the credentials were used in an unusual way";
    CallerIdIsNotAuthentication "CALLER_ID_IS_NOT_AUTHENTICATION" Deny "identity.caller_id_is_authentication"
        "A caller's number proves nothing; verify the caller with a PIN."
        "the caller was known by number only; {limit}";
    VoicemailOutdialNotPermitted "VOICEMAIL_OUTDIAL_NOT_PERMITTED" Deny "sip_user_defaults.allow_voicemail_outdial"
        "Calling out from voicemail is not allowed for you; place the call from your phone."
        "allow_voicemail_outdial is {limit} for {value}";
    ExternalForwardNotPermitted "EXTERNAL_FORWARD_NOT_PERMITTED" Deny "sip_user_defaults.allow_external_forward"
        "Forwarding outside is not allowed for you; forward to a colleague."
        "allow_external_forward is {limit} for {value}";
    WangiriCallback "WANGIRI_CALLBACK" Deny "limits.callback_min_ring_s"
        "The caller rang too briefly to be called back."
        "the caller rang for {value} s; a callback needs {limit} s";
    AttestationInsufficient "ATTESTATION_INSUFFICIENT" Deny "identity.callback_min_attestation"
        "The caller's number is not vouched for; it cannot be called back."
        "the attestation is {value}; a callback needs {limit}";
    NanpNotDomestic "NANP_NOT_DOMESTIC" Deny "destinations.allow_regions"
        "This number looks domestic but is abroad, and is not allowed; ask for another number."
        "the number is in region {value}; allowed are {limit}";
    RegionNotAllowed "REGION_NOT_ALLOWED" Deny "destinations.allow_regions"
        "Calls to this country are not allowed; ask for another number."
        "the number is in region {value}; allowed are {limit}";
    PstnBlindTransferNotPermitted "PSTN_BLIND_TRANSFER_NOT_PERMITTED" Deny "sip_user_defaults.allow_pstn_blind_transfer"
        "Blind transfer to an outside number is not allowed for you; consult first, then complete."
        "allow_pstn_blind_transfer is {limit} for {value}";
    TrunkToTrunk "TRUNK_TO_TRUNK" Deny "topology.trunk_to_trunk"
        "A call from outside may not leave again; transfer it to a colleague or a queue."
        "the call came from outside; trunk_to_trunk is {limit}";
    NoOnnetParty "NO_ONNET_PARTY" Deny "topology.trunk_to_trunk"
        "Somebody of the site must be in the call; stay on the line or transfer to a colleague."
        "{value} on-net parties are in the call; trunk_to_trunk is {limit}";
    ShortCodeNotListed "SHORT_CODE_NOT_LISTED" Deny "number.allowed_short_codes"
        "This short number is not allowed; dial the full number."
        "short code {value}; allowed are {limit}";
    TransferLoop "TRANSFER_LOOP" Deny ""
        "The call was there before; choose another destination."
        "the call was at {value} before";
    HopLimit "HOP_LIMIT" Deny "limits.max_transfer_hops"
        "The call was transferred too often; take it yourself or end it."
        "the call was transferred {value} times; at most {limit}";
    CallTooLong "CALL_TOO_LONG" Deny "limits.max_call_seconds"
        "The call has lasted too long to be transferred; end it and call back."
        "the call has lasted {value} s; at most {limit}";
    RateCap "RATE_CAP" Deny "limits.max_rate_per_minute"
        "Calls to this number cost too much; ask for another number."
        "a minute costs {value}; at most {limit}";
    SpendCap "SPEND_CAP" Deny "limits.spend_per_day"
        "The day's budget for calls outside is used up; ask your administrator."
        "{value} would be spent today; at most {limit}";
    VelocityExceeded "VELOCITY_EXCEEDED" Deny "limits.external_transfers_per_hour"
        "Too many transfers outside in this hour; try again later."
        "{value} transfers outside in the last hour; at most {limit}";
    SequentialSameDestination "SEQUENTIAL_SAME_DESTINATION" Deny "limits.sequential_same_prefix"
        "Too many calls in a row to numbers like this; choose another destination."
        "{value} calls in a row to the same range; at most {limit}";
    AfterHoursExternal "AFTER_HOURS_EXTERNAL" Deny "schedule.outside"
        "Calls abroad are not allowed outside business hours."
        "outside business hours; the number is in region {value}";
    MaxSimultaneous "MAX_SIMULTANEOUS" Deny "sip_user_defaults.max_simultaneous"
        "You have as many calls open as you may; end one first."
        "{value} legs are open; at most {limit}";
    AfterHoursStepUp "AFTER_HOURS_STEP_UP" Challenge "schedule.outside"
        "Outside business hours this call must be confirmed."
        "outside business hours; the number is in region {value}";
    ShadowWouldDeny "SHADOW_WOULD_DENY" Shadow "mode"
        "The call goes through."
        "the policy is in shadow mode and would have refused: {value}";
    OkInternal "OK_INTERNAL" Allow "" "The call goes through." "{value} is inside";
    OkShort "OK_SHORT" Allow "number.allowed_short_codes" "The call goes through." "short code {value} is listed";
    OkPstn "OK_PSTN" Allow "destinations.allow_regions" "The call goes through." "{value} is allowed";
    EmergencyAlwaysAllowed "EMERGENCY_ALWAYS_ALLOWED" Allow "dial_plan.emergency"
        "The call goes through." "{value} is an emergency code";
}

impl Reason {
    /// The name on the wire, in records and in case tables.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Number(reason) => reason.name(),
            _ => self.entry().map_or("", |e| e.name),
        }
    }

    pub fn from_name(name: &str) -> Option<Reason> {
        let numbers = NumReason::ALL.into_iter().map(Reason::Number);
        numbers.chain(Reason::ALL.iter().copied()).find(|r| r.name() == name)
    }

    pub fn effect(self) -> Effect {
        self.entry().map_or(Effect::Deny, |e| e.effect)
    }

    /// The key of the policy file behind it, such as `destinations.allow_regions`.
    pub fn rule(self) -> Option<&'static str> {
        let rule = match self {
            Reason::Number(NumReason::TooLong) => "number.max_input_len",
            Reason::Number(NumReason::UriHostNotTrusted) => "number.trusted_sip_hosts",
            Reason::Number(NumReason::ForeignContext) => "dial_plan.home_region",
            Reason::Number(NumReason::CarrierSelect) => "dial_plan.carrier_select",
            Reason::Number(NumReason::AmbiguousPrefix) => "dial_plan.international",
            _ => self.entry().map_or("", |e| e.rule),
        };
        (!rule.is_empty()).then_some(rule)
    }

    /// What a caller may hear: never the rule, which would teach a fraudster the way round it.
    pub fn for_caller(self) -> &'static str {
        match (self, self.effect()) {
            (_, Effect::Allow | Effect::Shadow) => "Your call is being connected.",
            (_, Effect::Challenge) => "Your call needs to be confirmed.",
            (Reason::Number(_), _) => "That is not a number that can be dialed.",
            (Reason::MaxSimultaneous, _) => "All lines are busy. Please try again later.",
            _ => "That number cannot be reached.",
        }
    }

    /// What an agent is told: what to do instead.
    pub fn for_agent(self) -> &'static str {
        match self {
            Reason::Number(reason) => number_for_agent(reason),
            _ => self.entry().map_or("", |e| e.agent),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One reason of one decision, with what was found and what the policy says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Finding {
    pub reason: Reason,
    pub value: String,
    pub limit: String,
}

impl Finding {
    pub fn new(reason: Reason, value: impl fmt::Display, limit: impl fmt::Display) -> Self {
        Self { reason, value: value.to_string(), limit: limit.to_string() }
    }

    /// What an admin reads: rule, value and limit, and the line of the policy file if it is known.
    pub fn for_admin(&self, line: Option<u32>) -> String {
        let text = match self.reason {
            Reason::Number(_) => "`{value}` is not a number of this dial plan",
            reason => reason.entry().map_or("", |e| e.admin),
        };
        let text = text.replace("{value}", &self.value).replace("{limit}", or_none(&self.limit));
        let rule = self.reason.rule().map(|r| format!(" (`{r}`")).unwrap_or_default();
        let close = if rule.is_empty() { "" } else { ")" };
        let line = line.filter(|_| !rule.is_empty()).map(|l| format!(", line {l}")).unwrap_or_default();
        format!("{}: {text}{rule}{line}{close}", self.reason.name())
    }
}

fn or_none(limit: &str) -> &str {
    if limit.is_empty() { "none" } else { limit }
}

fn number_for_agent(reason: NumReason) -> &'static str {
    match reason {
        NumReason::TooLong => "The number is too long; check it.",
        NumReason::HiddenChars => "The number has characters that cannot be seen; type it by hand.",
        NumReason::PercentEscape => "The number has `%` escapes; type it by hand.",
        NumReason::UriHostNotTrusted => "Addresses of other systems cannot be dialed; dial the number.",
        NumReason::ForeignContext => "The number is meant for another country's network; dial it with `+`.",
        NumReason::PostDialDigits => "Pauses and extensions cannot be dialed; dial the number, then the keys.",
        NumReason::UnknownParam => "The number has parameters that are not known; dial the digits only.",
        NumReason::NonAsciiDigit => "Use the digits 0 to 9.",
        NumReason::InjectionChars => "The number has characters that are not part of a number; dial the digits only.",
        NumReason::FeatureCode => "Feature codes with `*` or `#` cannot be dialed.",
        NumReason::Empty => "There is no number.",
        NumReason::NotDiallable => "Use digits only, with `+` for another country.",
        NumReason::CarrierSelect => "Carrier codes cannot be dialed; dial the number without it.",
        NumReason::AmbiguousPrefix => "This prefix is not dialed here; dial the number with `+`.",
        NumReason::Unparseable => "This is no telephone number; check it.",
        NumReason::NotCanonical => "The number has extra digits, perhaps a `0` after the country code; check it.",
        NumReason::NotValid => "There is no such number; check the digits.",
    }
}
