//! A call without a call: what statements ask for is written down as text, and each act is
//! completed by the next line of a script.

use std::collections::VecDeque;
use std::sync::Arc;

use strowger::base::value::Value;
use strowger::call::audio::AudioSource;
use strowger::call::leg::Name;
use strowger::call::spec::{
    Accept, CollectSpec, Collected, Completion, Prompts, RecordAct, RejectReason, ServiceSpec, Target, TransferMode,
    TransferSpec,
};
use strowger::expr::{BuiltIn, RootPath};
use strowger::schedule::State;
use strowger::step::args::Failure;
use strowger::step::cx::StepCx;

/// The fake call.
#[derive(Default)]
pub struct Fake {
    pub answered: bool,
    pub acts: Vec<String>,
    pub caller: String,
    /// The flow and the step that runs.
    pub at: String,
    /// What chance gives.
    pub chance: u32,
    /// What the opening hours `office` say; open where nothing is set.
    pub hours: Option<State>,
    /// What keys a menu takes, for the script's `press`.
    pub accept: Option<Accept>,
}

fn prompts(list: &Prompts) -> String {
    let names: Vec<String> = list
        .iter()
        .map(|p| match p {
            AudioSource::Prompt(prompt) => prompt.name.to_string(),
            AudioSource::Speech(speech) => {
                let voice = speech.voice.as_ref().map_or(String::new(), |v| format!(" by {v}"));
                format!("\"{}\"{voice} in {}", speech.text, speech.language)
            }
            other => format!("{other:?}"),
        })
        .collect();
    names.join("+")
}

/// What the target is asked, shown and recorded, where anything is said of it.
fn asked(spec: &TransferSpec) -> String {
    let mut text = String::new();
    if let Some(brief) = &spec.gate.brief {
        text.push_str(&format!(" brief={}", prompts(brief)));
    }
    if let Some(key) = spec.gate.accept {
        text.push_str(&format!(" accept={key}"));
    }
    if spec.gate.machine_declines {
        text.push_str(" machine=decline");
    }
    for (name, value) in spec.context.iter() {
        text.push_str(&format!(" {name}={value}"));
    }
    if spec.stops_recording {
        text.push_str(" recording=stop");
    }
    text
}

impl StepCx for Fake {
    fn entered(&mut self, flow: &Name, step: &Name) {
        self.at = format!("{flow}.{step}");
    }
    fn chance(&mut self, below: u32) -> u32 {
        self.acts.push(format!("chance below {below}"));
        self.chance
    }
    fn set_language(&mut self, language: &str) {
        self.acts.push(format!("language {language}"));
    }
    fn is_answered(&self) -> bool {
        self.answered
    }
    fn answer(&mut self) {
        self.answered = true;
        self.acts.push("answer".to_owned());
    }
    fn reject(&mut self, reason: RejectReason) {
        self.acts.push(format!("reject {reason:?}"));
    }
    fn hangup(&mut self) {
        self.acts.push("hangup".to_owned());
    }
    fn play(&mut self, list: Prompts, barge_in: bool) {
        self.acts.push(format!("play {} barge_in={barge_in}", prompts(&list)));
    }
    fn collect(&mut self, spec: CollectSpec) {
        let accept = match &spec.accept {
            Accept::Digits { min, max } => format!("digits {min}-{max}"),
            Accept::Keys { patterns, extensions } => {
                format!("keys {} extensions {}", patterns.join(" "), extensions.join(" "))
            }
        };
        self.acts.push(format!(
            "collect {} {accept} end={} timeout={}ms inter_digit={}ms tries={}",
            prompts(&spec.prompt),
            spec.end.map_or("none".to_owned(), String::from),
            spec.timeout_ms,
            spec.inter_digit_ms,
            spec.tries
        ));
        self.accept = Some(spec.accept);
    }
    fn wait(&mut self, duration_ms: u64) {
        self.acts.push(format!("wait {duration_ms}ms"));
    }
    fn transfer(&mut self, spec: TransferSpec) {
        let target = match &spec.target {
            Target::User(name) => format!("user {name}"),
            Target::Agent(name) => format!("agent {name}"),
            Target::Extension(number) => format!("extension {number}"),
            Target::Number { number, tainted } => format!("number {number} tainted={tainted}"),
            Target::Pstn { number, tainted } => format!("pstn {number} tainted={tainted}"),
            Target::Queue(entry) => {
                format!("queue {} max_wait={:?} priority={}", entry.queue, entry.max_wait_ms, entry.priority)
            }
        };
        self.acts.push(format!(
            "transfer{} {target} ring={}ms caller_id={:?} resume={} guards={}{}",
            if spec.mode == TransferMode::Attended { " attended" } else { "" },
            spec.ring_ms,
            spec.caller_id,
            spec.resume,
            spec.guards.join("+"),
            asked(&spec)
        ));
    }
    fn record(&mut self, act: RecordAct, notice: Option<Prompts>) {
        let notice = notice.map_or(String::new(), |list| format!(" after {}", prompts(&list)));
        self.acts.push(format!("record {act:?}{notice}"));
    }
    fn service(&mut self, spec: ServiceSpec) {
        let settings: Vec<String> = spec.settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let heard = |what: &str, list: &Option<Prompts>| {
            list.as_ref().map_or(String::new(), |list| format!(" {what}={}", prompts(list)))
        };
        self.acts.push(format!(
            "{} {} {}{}{} usual={} deadline={}ms late={}",
            spec.verb,
            spec.subject,
            settings.join(" "),
            heard("first", &spec.first),
            heard("meanwhile", &spec.meanwhile),
            spec.usual,
            spec.deadline_ms,
            spec.late
        ));
    }
    fn background(&mut self, list: Prompts) {
        self.acts.push(format!("background {}", prompts(&list)));
    }
    fn hold(&mut self, on: bool) {
        self.acts.push(format!("hold {on}"));
    }
    fn send_keys(&mut self, keys: &str) {
        self.acts.push(format!("send {keys}"));
    }
    fn notify(&mut self, channel: &Name, text: &str) {
        self.acts.push(format!("notify {channel}: {text}"));
    }
    fn phone(&self, dialled: &str) -> Option<Arc<str>> {
        let national = dialled.strip_prefix('0').map(|rest| format!("+44{rest}"));
        national.or_else(|| dialled.starts_with('+').then(|| dialled.to_owned())).map(Arc::from)
    }
    fn leave_queue(&mut self) {
        self.acts.push("leave the queue".to_owned());
    }
    fn ask_guard(&mut self, policy: Name, number: Arc<str>, tainted: bool) {
        self.acts.push(format!("ask {policy} {number} tainted={tainted}"));
    }
    fn tag(&mut self, name: &str, value: &Value) {
        self.acts.push(format!("tag {name}={value}"));
    }
    fn hours(&self, name: &str) -> Option<State> {
        if name == "office" { Some(self.hours.clone().unwrap_or(State::Open)) } else { None }
    }
    fn row(&self, table: &str, key: &Value) -> Result<Option<Value>, Failure> {
        let tables = super::site::site().declared.tables;
        tables.get(table).map(|table| table.row(key)).ok_or_else(|| Failure("no table".to_owned()))
    }
    fn root(&self, path: &RootPath) -> Value {
        match path.id {
            BuiltIn::CallerNumber => Value::text(&self.caller),
            BuiltIn::CallerAnonymous => Value::Bool(self.caller.is_empty()),
            BuiltIn::DialedNumber => Value::text("100"),
            BuiltIn::HoursState if self.hours.as_ref().is_none_or(State::is_open) => Value::text("open"),
            BuiltIn::HoursState => Value::text("closed"),
            BuiltIn::HoursHoliday => Value::text(""),
            BuiltIn::SessionFlow => Value::text(self.at.split('.').next().unwrap_or_default()),
            BuiltIn::SessionStep => Value::text(self.at.split('.').next_back().unwrap_or_default()),
            _ => Value::Unset,
        }
    }
    fn language(&self) -> &str {
        "en"
    }
}

impl Fake {
    /// `done`, `served OUTCOME` with, after a colon, its value, `key K` of a queue's first arm, `press KEY`, `dial EXTENSION`, `digits N`, `silence`, `wrong`, or an outcome with,
    /// after a colon, its value.
    pub fn completion(&self, line: &str) -> Completion {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let collected = match word {
            "done" => return Completion::Done,
            "served" => {
                let (outcome, text) = rest.split_once(": ").map_or((rest, None), |(o, v)| (o, Some(v)));
                return Completion::Served { outcome: outcome.into(), value: text.map(Value::text) };
            }
            "key" => {
                return Completion::QueueKey { pattern: 0, key: rest.chars().next().expect("a key") };
            }
            "press" => {
                let Some(Accept::Keys { patterns, .. }) = &self.accept else { panic!("nothing takes keys") };
                let pattern = patterns.iter().position(|p| matches(p, rest)).expect("a key that the menu takes");
                Collected::Key { pattern, keys: rest.into() }
            }
            "dial" => Collected::Extension(rest.into()),
            "digits" => Collected::Digits(rest.into()),
            "silence" => Collected::Timeout,
            "wrong" => Collected::Invalid,
            _ => {
                let (name, value) = line.split_once(": ").map_or((line, None), |(n, v)| (n, Some(v.into())));
                return Completion::Outcome { name: String::from(name).leak(), value };
            }
        };
        Completion::Collected(collected)
    }
}

fn matches(pattern: &str, keys: &str) -> bool {
    pattern.len() == keys.len() && pattern.chars().zip(keys.chars()).all(|(p, k)| p == k || p == 'x')
}

/// The lines `//< EVENT` of a fixture.
pub fn script(text: &str) -> VecDeque<String> {
    text.lines().filter_map(|l| l.trim().strip_prefix("//< ")).map(str::to_owned).collect()
}
