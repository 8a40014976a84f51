//! The checked site: listen addresses, users, queues, trunks, numbers, and what flows may name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::diagnostic::Severity;
use crate::base::span::{Span, Spanned};
use crate::call::audio::Prompt;
use crate::call::leg::Name;
use crate::site::declared::Declared;

/// Digits after a prefix of `numbers:` that is a block of the site's own: ten thousand numbers are the largest that
/// are given out as one.
const OWN_BLOCK_DIGITS: usize = 4;

/// A site without its flows. Built by `site::check`, completed with prompts by the workspace.
#[derive(Clone, Debug, Default)]
pub struct Site {
    pub name: Name,
    pub listen: Listen,
    pub numbers: NumberPlan,
    pub users: BTreeMap<Name, User>,
    pub queues: BTreeMap<Name, Queue>,
    pub trunks: BTreeMap<Name, Trunk>,
    /// What flows name besides: hours, tables, rotas and the like.
    pub declared: Declared,
    /// `libraries:`, folders of flows whose names begin with the library's.
    pub libraries: BTreeMap<Name, Library>,
    pub limits: Limits,
    pub transfers: Transfers,
    /// The policy that guards transfers by phones and by the API, and calls that phones place.
    pub policy: Option<Name>,
    /// Where `policy:` is written.
    pub policy_place: Span,
    pub tokens: BTreeMap<Name, Secret>,
    /// `lint: {levels: ..}`: what the site makes of rules; which rules there are, `lint` knows.
    pub levels: Vec<LevelSetting>,
    /// Where records live, relative to the site; `.state` unless `state:` says otherwise.
    pub state: Option<String>,
    /// The prompts of `prompts/`, by name, then by language; `""` is the prompt without one.
    pub prompts: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<Prompt>>>,
}

/// `transfers:`, how transfers of live calls end that do not come about, or are left to themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transfers {
    /// How long the target of a transfer by phone or API rings.
    pub ring_ms: u64,
    pub recall: Recall,
    pub fallback: Fallback,
    /// Where `fallback:` is written.
    pub fallback_place: Span,
    /// The transferor hangs up in a consultation that the target has answered.
    pub transferor_leaves: TransferorLeaves,
    /// Users transfer by keys: `##`, `*2` and what follows.
    pub by_keys: bool,
    /// The caller leaves a conference; what becomes of those who stay.
    pub caller_leaves: CallerLeaves,
}

impl Default for Transfers {
    /// The defaults of Asterisk's `features.conf`, but for the ring time: longer than most voicemail pick-ups, shorter
    /// than a caller's patience.
    fn default() -> Self {
        Self {
            ring_ms: 30_000,
            recall: Recall { ring_ms: 15_000, retries: 2, delay_ms: 10_000 },
            fallback: Fallback::HangUp { prompt: None },
            fallback_place: Span::default(),
            transferor_leaves: TransferorLeaves::Complete,
            by_keys: false,
            caller_leaves: CallerLeaves::End,
        }
    }
}

/// The transferor is called back: how long it rings, how often again, and after which pause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recall {
    pub ring_ms: u64,
    pub retries: u32,
    pub delay_ms: u64,
}

/// Where a caller goes whom neither target nor transferor takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fallback {
    /// After this announcement, or a tone that says the same.
    HangUp {
        prompt: Option<Arc<str>>,
    },
    Queue(Name),
    Flow(Name),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransferorLeaves {
    /// The target has the caller.
    Complete,
    /// The target is let go, the transferor called back.
    Recall,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallerLeaves {
    /// The call is over for all.
    End,
    /// Those who remain talk on.
    Stay,
}

/// The level that a site gives to a rule of `lint`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LevelSetting {
    pub rule: Spanned<String>,
    /// `None` is `off`.
    pub level: Option<Severity>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listen {
    /// `udp:127.0.0.1:5060`, `tcp:...`
    pub sip: Vec<SipAddress>,
    pub http: Option<std::net::SocketAddr>,
    /// The address RTP is sent from and its ports; `None`: that of the first SIP address, any port.
    pub rtp: Option<RtpRange>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    Udp,
    Tcp,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SipAddress {
    pub transport: Transport,
    pub address: std::net::SocketAddr,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RtpRange {
    pub address: std::net::IpAddr,
    pub first_port: u16,
    pub last_port: u16,
}

/// A folder of flows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Library {
    /// Below the site's folder, as `libs/bank`.
    pub path: Arc<str>,
    /// Where the path is written.
    pub span: Span,
}

/// Numbers to flows: exact, or a prefix with `*`; the longest wins.
#[derive(Clone, Debug, Default)]
pub struct NumberPlan {
    pub exact: BTreeMap<Arc<str>, NumberEntry>,
    /// Without the `*`.
    pub prefixes: BTreeMap<Arc<str>, NumberEntry>,
}

#[derive(Clone, Debug)]
pub struct NumberEntry {
    pub flow: Name,
    /// `dialed.name`; empty if it has none.
    pub name: Arc<str>,
    pub span: Span,
}

impl NumberPlan {
    /// The flow of a dialled number: exact before prefix, the longest prefix first.
    pub fn flow(&self, dialed: &str) -> Option<&NumberEntry> {
        self.exact.get(dialed).or_else(|| {
            dialed
                .char_indices()
                .map(|(at, c)| at + c.len_utf8())
                .rev()
                .chain(std::iter::once(0))
                .find_map(|end| dialed.get(..end).and_then(|prefix| self.prefixes.get(prefix)))
        })
    }
}

/// A secret by reference; its value is known to the shell only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Secret {
    /// `env:NAME`
    Env(String),
    /// `file:PATH`
    File(String),
    /// Made at the first start and kept in `.state/secrets.json`.
    Generated,
}

#[derive(Clone, Debug)]
pub struct User {
    pub name: Name,
    pub extension: Option<Arc<str>>,
    pub display: Arc<str>,
    pub password: Secret,
    /// `None`: the policy's `sip_user_defaults`.
    pub max_simultaneous: Option<u32>,
    pub allow_pstn_blind_transfer: Option<bool>,
    /// What the user can do as an agent; who has none is offered only what asks for none.
    pub skills: BTreeSet<Name>,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Strategy {
    /// Who has been free for longest.
    #[default]
    LongestIdle,
    /// The order of `agents`.
    InOrder,
}

#[derive(Clone, Debug)]
pub struct Queue {
    pub name: Name,
    pub extension: Option<Arc<str>>,
    pub strategy: Strategy,
    pub agents: Vec<Name>,
    pub agent_ring_timeout_ms: u64,
    pub max_wait_ms: u64,
    /// Whether the file says so, and not the default.
    pub says_max_wait: bool,
    pub wrap_up_ms: u64,
    /// Callers waiting at one time; more are `full`.
    pub max_waiting: u32,
    /// Who would have to wait for longer, by what can be known, is `ewt_exceeded`; `None`: nobody.
    pub max_ewt_ms: Option<u64>,
    /// What a call keeps an agent for, until calls have shown it.
    pub handle_time_ms: u64,
    /// Prompt name of the music; `None` is the built-in one.
    pub music: Option<Arc<str>>,
    /// The opening hours outside of which nobody joins; `None`: it is always open.
    pub hours: Option<Name>,
    pub span: Span,
}

/// What a REFER that comes by a trunk meets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TrunkTransfers {
    /// 603.
    #[default]
    Deny,
    /// The site's policy decides.
    Guarded,
}

/// Which numbers a trunk is shown as those of callers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CallerNumbers {
    /// Those of the site; for any other the trunk's `caller_id`.
    #[default]
    Own,
    /// Whatever the caller's is: who takes the calls has agreed to it.
    PassThrough,
}

#[derive(Clone, Debug)]
pub struct Trunk {
    pub name: Name,
    /// Host and port that calls are sent to.
    pub host: String,
    pub port: u16,
    pub transport: Transport,
    /// Source networks whose requests are this trunk's, as `10.0.0.0/8`.
    pub sources: Vec<String>,
    /// Numbers that begin so leave by this trunk; the longest prefix of all trunks wins.
    pub prefixes: Vec<Arc<str>>,
    /// The number shown by `caller_id company`, and for callers whose own may not be shown.
    pub caller_id: Option<Arc<str>>,
    pub caller_numbers: CallerNumbers,
    pub transfers: TrunkTransfers,
    /// Emergency calls leave by it.
    pub emergency: bool,
    pub span: Span,
}

impl Trunk {
    /// Numbers with a country code leave by it.
    pub fn takes_international(&self) -> bool {
        self.prefixes.iter().any(|prefix| prefix.starts_with('+'))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    pub max_hops: u32,
    /// A leg that may send audio and sends nothing for so long is ended; `None` is `off`.
    pub media_timeout_ms: Option<u64>,
    /// How long calls may go on after the server was asked to end.
    pub drain_ms: u64,
}

impl Default for Limits {
    /// Five minutes: a phone that suppresses silence says nothing while its user listens, and an announcement or a long
    /// explanation takes minutes. An hour: most calls are over by then, and a deployment waits no longer.
    fn default() -> Self {
        Self { max_hops: crate::base::limits::MAX_HOPS, media_timeout_ms: Some(5 * 60_000), drain_ms: 60 * 60_000 }
    }
}

impl Site {
    /// Every skill that a user has, in order.
    pub fn skills(&self) -> BTreeSet<Name> {
        self.users.values().flat_map(|user| user.skills.iter().cloned()).collect()
    }

    /// A prompt as it was recorded in a language, else without one, else in any.
    pub fn recording(&self, prompt: &str, language: &str) -> Option<&Arc<Prompt>> {
        let recordings = self.prompts.get(prompt)?;
        recordings.get(language).or_else(|| recordings.get("")).or_else(|| recordings.values().next())
    }

    /// The user that has this extension.
    pub fn user_of_extension(&self, extension: &str) -> Option<&User> {
        self.users.values().find(|u| u.extension.as_deref() == Some(extension))
    }

    /// Every extension of a user or a queue, in order.
    pub fn extensions(&self) -> BTreeSet<Arc<str>> {
        let users = self.users.values().filter_map(|u| u.extension.clone());
        users.chain(self.queues.values().filter_map(|q| q.extension.clone())).collect()
    }

    /// Whether a number is the site's: one that it answers, or that a trunk shows for it. Any other would be claimed
    /// without right in the telephone network (T51).
    pub fn owns(&self, number: &str) -> bool {
        // A prefix is a block of the site's numbers only if it leaves few digits open: `+` and `*` answer, and own
        // nothing.
        let block = |prefix: &Arc<str>| {
            let rest = number.strip_prefix(prefix.as_ref());
            !prefix.is_empty() && rest.is_some_and(|rest| rest.len() <= OWN_BLOCK_DIGITS)
        };
        self.numbers.exact.contains_key(number)
            || self.numbers.prefixes.keys().any(block)
            || self.trunks.values().any(|trunk| trunk.caller_id.as_deref() == Some(number))
    }

    /// The queue that has this extension.
    pub fn queue_of_extension(&self, extension: &str) -> Option<&Queue> {
        self.queues.values().find(|q| q.extension.as_deref() == Some(extension))
    }

    /// The trunk that a number leaves by: the longest matching prefix.
    pub fn trunk_for(&self, number: &str) -> Option<&Trunk> {
        self.trunks
            .values()
            .flat_map(|trunk| trunk.prefixes.iter().map(move |prefix| (prefix, trunk)))
            .filter(|(prefix, _)| number.starts_with(prefix.as_ref()))
            .max_by_key(|(prefix, _)| prefix.len())
            .map(|(_, trunk)| trunk)
    }

    /// The trunk that an emergency call leaves by: the one that is for it, else the one that takes such numbers, else
    /// the first that takes numbers of all the world, or any. One that only brings calls in is better than none.
    pub fn emergency_trunk(&self, code: &str) -> Option<&Trunk> {
        let first = |fits: fn(&Trunk) -> bool| self.trunks.values().find(|trunk| fits(trunk));
        first(|trunk| trunk.emergency)
            .or_else(|| self.trunk_for(code))
            .or_else(|| first(Trunk::takes_international))
            .or_else(|| first(|trunk| !trunk.prefixes.is_empty()))
            .or_else(|| first(|_| true))
    }
}
