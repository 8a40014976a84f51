//! Runs one script against one plan.

use std::sync::{Arc, OnceLock};

use super::names;
use super::pins;
use super::script::{Record, Script, Sound, StepKind};
use super::sounds;
use super::unused;
use crate::base::id::LegId;
use crate::base::span::{Span, Spanned};
use crate::base::time::{Micros, Mono};
use crate::call::audio::AudioSource;
use crate::call::cause::CauseKind;
use crate::call::leg::{Name, Origin};
use crate::call::record::{CallRecord, HangupBy};
use crate::exchange::Plan;
use crate::policy::{Policy, PolicyMode};
use crate::sim::narrate::name_of;
use crate::sim::services::Store;
use crate::sim::{Heard, Moment, World};
use crate::step::registry;

/// What the caller waits for must come within this time of the call, in virtual time.
const PATIENCE: Micros = Micros::from_secs(600);
/// Between two keys of one `presses`.
const KEY_GAP: Micros = Micros::from_ms(150);
/// Events of one test: a flow that never rests ends its test instead of the machine's memory.
const MAX_EVENTS: u32 = 100_000;
/// The seed of every test: the ids in its trace are the same each time.
const SEED: u64 = 1;

/// What went otherwise than the script says.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The line of the script.
    pub span: Span,
    pub message: String,
    /// What to do about it, where there is more to say than that it is otherwise.
    pub help: Option<String>,
}

impl Failure {
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// A test that ran.
#[derive(Debug)]
pub struct Outcome {
    pub failure: Option<Failure>,
    /// How much of the trace had happened when it failed.
    pub failed_at: Option<usize>,
    /// What the script says of the world that the call has not met; another row of its table may have.
    pub unmet: Vec<Failure>,
    pub world: World,
}

impl Outcome {
    /// It failed before the call began.
    fn not_begun(failure: Failure, world: World) -> Self {
        Self { failure: Some(failure), failed_at: Some(0), unmet: Vec::new(), world }
    }
}

/// Plays the script.
pub fn run(plan: &Arc<Plan>, script: &Script) -> Outcome {
    let stray = names::unknown(plan, script);
    let plan = &prepared(plan, script);
    let at = script.at.value.in_zone(&plan.site.declared.zone);
    let mut world = World::new(plan.clone(), SEED, at.unwrap_or_default());
    let unshown = || Failure::new(script.at.span, "no clock can show this time");
    if let Some(failure) = stray.or_else(|| at.is_none().then(unshown)) {
        return Outcome::not_begun(failure, world);
    }
    world.far_ends = script.far_ends.iter().map(|(who, end)| (Arc::from(who.value.as_str()), *end)).collect();
    world.services.mocks = script.mocks.iter().map(|mock| mock.value.clone()).collect();
    for (name, pins) in &script.credentials {
        if let Some(store) = plan.site.declared.credentials.get(name.value.as_str()) {
            let store = Store::new(pins.clone(), store.max_wrong, Micros::from_ms(store.locked_for_ms));
            world.services.stores.insert(Name::from(name.value.as_str()), store);
        }
    }
    if !script.skills.is_empty() {
        let names = |skills: &[Spanned<Name>]| skills.iter().map(|skill| skill.value.clone()).collect();
        let skills = script.skills.iter().map(|(agent, skills)| (agent.value.clone(), names(skills)));
        world.exchange.set_skills(skills.collect());
    }
    world.set_disk(script.disk_fails.is_none());
    let everybody = || plan.site.users.keys().cloned().collect();
    let said = |users: &Vec<Spanned<Name>>| users.iter().map(|user| user.value.clone()).collect();
    let registered: Vec<Name> = script.registered.as_ref().map_or_else(everybody, said);
    for (at, user) in registered.iter().enumerate() {
        world.register(user, &[u64::try_from(at).unwrap_or(0)]);
    }
    let origin = match &script.call.by {
        Some(user) => Origin::User(user.value.clone()),
        None => Origin::Trunk(plan.site.trunks.keys().next().cloned().unwrap_or_else(|| Name::from("outside"))),
    };
    let caller = world.call(origin, &script.call.from, &script.call.to.value);
    let mut test = Test { plan: Arc::clone(plan), world, caller, seen: 0, matched: None, events: 0 };
    let played = test.play(script);
    let failed_at = played.is_err().then_some(test.world.trace.len());
    // Also after a failure: what the rest of the test would have left is not asked for.
    let failure = played.and_then(|()| test.settle(script)).err();
    let world = test.world;
    let failure = failure.map(|f| explained(f, script, &world));
    let unmet = if failure.is_none() { unused::unmet(plan, script, &world) } else { Vec::new() };
    Outcome { failure, failed_at, unmet, world }
}

/// With what the script may have got wrong, and what it does not say.
fn explained(failure: Failure, script: &Script, world: &World) -> Failure {
    let slip = failure.help.or_else(|| unused::slip(script, world));
    let pressed_none = unused::pressed_none(script, world);
    let both: Vec<String> = slip.into_iter().chain(pressed_none).collect();
    Failure { help: (!both.is_empty()).then(|| both.join("; ")), ..failure }
}

/// The site as the test wants it.
fn prepared(plan: &Arc<Plan>, script: &Script) -> Arc<Plan> {
    let plan = match script.policies_refuse {
        Some(_) => Arc::new(refusing(plan)),
        None => Arc::clone(plan),
    };
    if script.pins.is_empty() { plan } else { Arc::new(pins::pinned(&plan, &script.pins)) }
}

/// The same site under policies that refuse all that leaves the building.
fn refusing(plan: &Plan) -> Plan {
    let refuse = |policy: &Policy| {
        let mut policy = policy.clone();
        policy.mode = PolicyMode::Enforce;
        policy.destinations.deny_prefixes.insert("+".to_owned());
        Arc::new(policy)
    };
    let policies = plan.policies.iter().map(|(name, policy)| (name.clone(), refuse(policy))).collect();
    Plan {
        revision: plan.revision,
        site: plan.site.clone(),
        flows: plan.flows.clone(),
        policies,
        digested: OnceLock::new(),
    }
}

struct Test {
    plan: Arc<Plan>,
    world: World,
    caller: LegId,
    /// Moments of the trace that earlier steps have used up.
    seen: usize,
    /// The sound that used them up, in words.
    matched: Option<String>,
    events: u32,
}

impl Test {
    fn play(&mut self, script: &Script) -> Result<(), Failure> {
        for step in &script.steps {
            let fail = |message: String| Failure::new(step.span, message);
            let missed = |situation: String| fail(format!("{}, but {situation}", expectation(&step.kind)));
            match &step.kind {
                StepKind::Hears { sound, language } => {
                    let heard = self.until(|t| t.hears(sound, language.as_deref()));
                    heard.map_err(|situation| {
                        let help = sounds::meant(self.heard_since(), self.heard_before(), sound);
                        let why = self.otherwise_heard(sound).or_else(|| self.heard_instead());
                        Failure { help, ..missed(why.unwrap_or(situation)) }
                    })?;
                    self.matched = Some(sounds::in_words(sound));
                }
                StepKind::Presses(keys) => self.press(keys).map_err(fail)?,
                StepKind::Silent => self.silent().map_err(missed)?,
                StepKind::Waits(time) => self.world.run_for(*time),
                StepKind::TalksTo(whom) => self.until(|t| t.talks_to(whom)).map_err(missed)?,
                StepKind::InQueue(queue) => self.until(|t| t.in_queue(queue)).map_err(missed)?,
                StepKind::Refused(how) => self.until(|t| t.refused(how)).map_err(missed)?,
                StepKind::HangsUp => {
                    self.world.hang_up(self.caller);
                    self.world.run_for(Micros::from_secs(1));
                }
                StepKind::PeerHangsUp => self.peer_hangs_up().map_err(fail)?,
                StepKind::Ends => self.until(|t| !t.world.exists(t.caller)).map_err(missed)?,
            }
        }
        Ok(())
    }

    /// Ends what the script left open and looks at the whole.
    fn settle(&mut self, script: &Script) -> Result<(), Failure> {
        let span = script.name.span;
        self.world.hang_up(self.caller);
        self.world.run_for(Micros::from_secs(60));
        for never in &script.never {
            let placed = |m: &Moment| matches!(m, Moment::Placed { to, .. } if **to == *never.value);
            if let Some((at, _)) = self.world.trace.iter().find(|(_, m)| placed(m)) {
                let message = format!("`{}` was called after {} ms", never.value, at.0 / 1_000);
                return Err(Failure::new(never.span, message));
            }
        }
        if let Some(broken) = self.world.left_over().into_iter().next() {
            return Err(Failure::new(span, format!("a promise of the exchange is broken: {broken}")));
        }
        let record = self.world.trace.iter().find_map(|(_, m)| match m {
            Moment::Record(record) => Some(record.clone()),
            _ => None,
        });
        let Some(record) = record else {
            return Err(Failure::new(span, "the call has no record"));
        };
        script.record.as_ref().map_or(Ok(()), |wanted| compare(wanted, &record))
    }

    /// Lets things happen until it holds. What was awaited before is not awaited again.
    fn until(&mut self, holds: impl Fn(&mut Self) -> bool) -> Result<(), String> {
        let end = self.world.now.mono + PATIENCE;
        loop {
            if holds(self) {
                return Ok(());
            }
            self.events += 1;
            // What comes later than that is not waited for: the situation now is what is told.
            let over = self.world.next().is_none_or(|at| at > end) || self.events > MAX_EVENTS;
            if over || !self.world.step() {
                return Err(self.situation());
            }
        }
    }

    /// The sound next, and used up.
    fn hears(&mut self, sound: &Sound, language: Option<&str>) -> bool {
        let plan = Arc::clone(&self.plan);
        let wanted = |source: &AudioSource| {
            sounds::is(source, sound) && language.is_none_or(|l| sounds::language(&plan, source) == Some(l))
        };
        let caller = self.caller;
        let heard = self.world.trace.iter().enumerate().skip(self.seen).find(|(_, (_, moment))| match moment {
            Moment::Hears { leg, sources } => *leg == caller && sources.iter().any(wanted),
            _ => false,
        });
        match heard.map(|(at, _)| at) {
            Some(at) => {
                self.seen = at + 1;
                true
            }
            None => false,
        }
    }

    /// What the caller heard in these moments, in order.
    fn sounds<'t>(&self, moments: Option<&'t [(Mono, Moment)]>) -> Vec<&'t AudioSource> {
        let heard = moments.unwrap_or_default().iter().filter_map(|(_, moment)| match moment {
            Moment::Hears { leg, sources } if *leg == self.caller => Some(sources.iter()),
            _ => None,
        });
        heard.flatten().collect()
    }

    /// What it heard behind the sound that was matched last.
    fn heard_since(&self) -> Vec<&AudioSource> {
        self.sounds(self.world.trace.get(self.seen..))
    }

    fn heard_before(&self) -> Vec<&AudioSource> {
        self.sounds(self.world.trace.get(..self.seen))
    }

    /// What was heard since the last sound of the script, in words, and where that leaves the call.
    fn heard_instead(&self) -> Option<String> {
        let heard = sounds::list(&self.heard_since())?;
        let after = self.matched.as_ref().map(|sound| format!("after {sound} ")).unwrap_or_default();
        Some(format!("{after}it heard {heard}; {}", self.place()))
    }

    /// The same sound in another language than the script's, in words.
    fn otherwise_heard(&self, sound: &Sound) -> Option<String> {
        let source = self.heard_since().into_iter().find(|source| sounds::is(source, sound))?;
        Some(match sounds::language(&self.plan, source) {
            Some("") => "what it hears is recorded for no language".to_owned(),
            Some(language) => format!("it is heard in `{language}`"),
            None => "that has no language".to_owned(),
        })
    }

    fn talks_to(&mut self, whom: &str) -> bool {
        let Some(Heard::Peer(peer)) = self.world.heard(self.caller) else { return false };
        let peer = *peer;
        self.world.trace.iter().any(|(_, m)| match m {
            Moment::Placed { leg, to, .. } => *leg == peer && **to == *whom,
            _ => false,
        })
    }

    fn in_queue(&self, queue: &str) -> bool {
        self.world.exchange.waiting().iter().any(|(name, count)| **name == *queue && *count > 0)
    }

    fn refused(&self, how: &str) -> bool {
        let wanted = |kind: CauseKind| kind.to_string() == how;
        self.world.trace.iter().any(|(_, m)| match m {
            Moment::Refused { leg, cause } => *leg == self.caller && wanted(cause.kind),
            _ => false,
        })
    }

    /// One try: until the time for a key is over, or what the caller is in (a queue, a transfer) comes to its end.
    fn silent(&mut self) -> Result<(), String> {
        let caller = self.caller;
        let before = self.world.trace.len();
        let tries = |t: &Self| t.world.exchange.calls().first().map_or(0, |call| call.silent_tries);
        let tried = tries(self);
        self.until(|t| {
            let news = t.world.trace.get(before..).unwrap_or_default();
            let left = |moment: &Moment| matches!(moment, Moment::Took { verb, .. } if keeps_the_caller(verb));
            !t.world.exists(caller) || tries(t) > tried || news.iter().any(|(_, moment)| left(moment))
        })
    }

    fn press(&mut self, keys: &str) -> Result<(), String> {
        for key in keys.chars() {
            if !self.world.exists(self.caller) {
                return Err(format!("the call is over, so `{key}` cannot be pressed"));
            }
            self.world.press(self.caller, key);
            self.world.run_for(KEY_GAP);
        }
        Ok(())
    }

    fn peer_hangs_up(&mut self) -> Result<(), String> {
        match self.world.heard(self.caller) {
            Some(Heard::Peer(peer)) => {
                let peer = *peer;
                self.world.hang_up(peer);
                self.world.run_for(Micros::from_ms(100));
                Ok(())
            }
            _ => Err(format!("the caller talks to nobody: {}", self.situation())),
        }
    }

    /// Where the caller is and what it heard last, in words.
    fn situation(&self) -> String {
        let last = self.sounds(Some(self.world.trace.as_slice())).last().map(|source| name_of(source));
        let alive = !self.world.exchange.calls().is_empty();
        let last = last.filter(|_| alive).map(|l| format!("; last it heard {l}")).unwrap_or_default();
        format!("{}{last}", self.place())
    }

    /// Where the caller is, in words.
    fn place(&self) -> String {
        let calls = self.world.exchange.calls();
        let Some(call) = calls.first() else {
            let refusal = self.world.trace.iter().find_map(|(_, m)| match m {
                Moment::Refused { leg, cause } if *leg == self.caller => Some(cause.kind),
                _ => None,
            });
            return refusal.map_or("the call is over".to_owned(), |kind| format!("it was refused as `{kind}`"));
        };
        let place = match (&call.flow, &call.step) {
            (Some(flow), Some(step)) => format!(" in step `{step}` of `{flow}`"),
            _ => String::new(),
        };
        let hears = match self.world.heard(self.caller) {
            Some(Heard::Audio(sources)) => sources.iter().map(name_of).collect::<Vec<_>>().join(", "),
            Some(Heard::Peer(peer)) => {
                let names = crate::sim::moment::names(&self.world.trace);
                names.get(peer).map_or("somebody".to_owned(), |name| format!("`{name}`"))
            }
            _ => "nothing".to_owned(),
        };
        format!("the call is `{}`{place}, and the caller hears {hears}", call.state)
    }
}

/// Whether a statement has the caller wait for people or keys: its end is what a silent caller notices.
fn keeps_the_caller(verb: &str) -> bool {
    registry::find(verb).is_some_and(|decl| decl.effects.waits && (decl.effects.speaks || decl.effects.places_leg))
}

/// What the script waits for, in words.
fn expectation(kind: &StepKind) -> String {
    match kind {
        StepKind::Hears { sound, language } => {
            let language = language.as_ref().map(|l| format!(" in `{l}`")).unwrap_or_default();
            format!("the caller should hear {}{language}", sounds::in_words(sound))
        }
        StepKind::TalksTo(whom) => format!("the caller should talk to `{whom}`"),
        StepKind::InQueue(queue) => format!("the caller should wait in queue `{queue}`"),
        StepKind::Refused(how) => format!("the call should be refused as `{how}`"),
        StepKind::Ends => "the call should end".to_owned(),
        StepKind::Presses(keys) => format!("the caller should press `{keys}`"),
        StepKind::Silent => "the flow should notice that the caller is silent".to_owned(),
        StepKind::Waits(_) | StepKind::HangsUp | StepKind::PeerHangsUp => "the call should go on".to_owned(),
    }
}

fn compare(wanted: &Record, record: &CallRecord) -> Result<(), Failure> {
    let differ = |span: Span, what: &str, wanted: String, got: String| {
        Err(Failure::new(span, format!("the record's {what} is {got}, not {wanted}")))
    };
    if let Some(hops) = wanted.hops.as_ref().filter(|h| h.value != i64::from(record.hops)) {
        return differ(hops.span, "number of hops", hops.value.to_string(), record.hops.to_string());
    }
    let recordings = i64::try_from(record.recordings.len()).unwrap_or(i64::MAX);
    if let Some(wanted) = wanted.recordings.as_ref().filter(|wanted| wanted.value != recordings) {
        return differ(wanted.span, "number of recordings", wanted.value.to_string(), recordings.to_string());
    }
    let by = match record.hangup_by {
        HangupBy::Party(1) => "caller",
        HangupBy::Party(_) => "target",
        HangupBy::Flow => "flow",
        HangupBy::System => "system",
    };
    if let Some(wanted) = wanted.hangup_by.as_ref().filter(|w| w.value != by) {
        return differ(wanted.span, "hangup_by", wanted.value.clone(), by.to_owned());
    }
    let lists = [
        ("flows", &wanted.flows, record.flows.iter().map(ToString::to_string).collect::<Vec<_>>()),
        ("intervals", &wanted.intervals, record.intervals.iter().map(|i| i.kind.name().to_owned()).collect()),
    ];
    for (what, wanted, got) in lists {
        if let Some(wanted) = wanted.as_ref().filter(|w| w.value != got) {
            return differ(
                wanted.span,
                what,
                format!("[{}]", wanted.value.join(", ")),
                format!("[{}]", got.join(", ")),
            );
        }
    }
    for (name, value) in &wanted.tags {
        let got = record.tags.get(name.value.as_str()).map(ToString::to_string);
        if got.as_deref() != Some(value) {
            return differ(
                name.span,
                &format!("tag `{}`", name.value),
                value.clone(),
                got.unwrap_or("absent".to_owned()),
            );
        }
    }
    Ok(())
}
