//! Flows that nobody wrote, from the tables of the statements: each verb with each setting and each outcome, with the
//! names of a site, mostly of the right kind. Spoilt samples say again what examples say; these say the rest.

use std::fmt::Write as _;

use strowger::base::value::Type;
use strowger::fmt::{self, Form};
use strowger::step::decl::{Decl, Kind as Value, Named, Outcome, Preset, Subject, TargetKind};
use strowger::step::registry;

use super::corpus::{Home, Kind, Sample, flows};
use super::dice::Dice;

/// How deep blocks are nested.
const DEPTH: usize = 3;

const EXPRESSIONS: &[&str] = &[
    "caller.number",
    "caller.anonymous",
    "caller.name == \"\"",
    "caller.number in vip_numbers",
    "v_text + \"x\"",
    "v_number + 1",
    "v_number > 3 && caller.outside",
    "v_digits",
    "v_phone",
    "v_secret",
    "v_list[0]",
    "v_map.a",
    "digits",
    "outcome",
    "reason",
    "language",
    "session.hops < 3",
    "session.age > minutes(2)",
    "now.hour >= 9",
    "hours.office == \"open\"",
    "queue.sales.waiting > 3",
    "dialed.number",
    "#{a: v_text, b: [1, 2]}",
    "if v_bool { \"a\" } else { \"b\" }",
    "v_text.len() > 3",
    "-1 * 9223372036854775807",
    "1 / 0",
    "nobody.knows",
];

/// Writes one flow.
struct Pen<'a> {
    home: &'a Home,
    dice: &'a mut Dice,
    steps: usize,
    is_subflow: bool,
    out: String,
}

/// A sample of one or two flows, in the spelling that the loop is for.
pub fn sample(home: &Home, at_home: usize, kind: Kind, dice: &mut Dice) -> Option<Sample> {
    let at = dice.below(home.files.len().max(1));
    let form = match kind {
        Kind::Text => Form::Flow,
        Kind::Yaml => Form::Yaml,
        Kind::Both if dice.one_in(2) => Form::Flow,
        Kind::Both => Form::Yaml,
    };
    let mut text = String::new();
    for n in 0..=dice.below(2) {
        let is_subflow = dice.one_in(4);
        let steps = 1 + dice.below(5);
        let mut pen = Pen { home, dice, steps, is_subflow, out: String::new() };
        pen.flow(n);
        text.push_str(&pen.out);
    }
    if form == Form::Yaml {
        text = fmt::convert(&text, Form::Flow, Form::Yaml, &registry::setting_order).ok()?.text;
    }
    Some(Sample { home: at_home, at, form, bytes: text.into_bytes() })
}

impl Pen<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn flow(&mut self, n: usize) {
        let params = if self.dice.one_in(3) { "(v_text: text = \"x\", v_number: number)" } else { "" };
        if self.is_subflow {
            let _ = write!(self.out, "subflow written_{n}{params} -> ok, found(value: digits) {{\n  owner \"x\"\n");
        } else {
            let _ = write!(self.out, "flow written_{n}{params} {{\n  owner \"x\"\n");
        }
        if self.dice.one_in(2) {
            let policy = self.policy();
            let _ = writeln!(self.out, "  guard {policy}");
        }
        if !self.dice.one_in(4) {
            let step = self.step_name();
            let _ = writeln!(self.out, "  failed -> {step}");
        }
        if self.dice.one_in(4) {
            self.default();
        }
        if self.dice.one_in(4) {
            let value = self.one_of_values();
            let _ = writeln!(self.out, "  const c_{n} = {value}");
        }
        for ty in Type::ALL {
            let is_param = !params.is_empty() && matches!(ty, Type::Text | Type::Number);
            if !is_param && self.dice.one_in(2) {
                let _ = writeln!(self.out, "  var v_{ty}: {ty}");
            }
        }
        for step in 0..self.steps {
            let _ = write!(self.out, "  step s{step} ");
            if self.dice.one_in(3) {
                let to = self.step_name();
                let _ = write!(self.out, "visits {} otherwise -> {to} ", self.dice.below(5));
            }
            let answers = step == 0 && !self.is_subflow && !self.dice.one_in(8);
            self.block(0, answers);
            self.put("\n");
        }
        self.put("}\n");
    }

    fn default(&mut self) {
        let verbs: Vec<&Decl> = registry::all().filter(|d| !d.settings.is_empty()).collect();
        let decl = *self.dice.of(&verbs);
        let setting = self.dice.of(decl.settings);
        let value = self.value(setting.kind);
        let _ = writeln!(self.out, "  default {} {} {value}", decl.verb, setting.key);
    }

    fn step_name(&mut self) -> String {
        format!("s{}", self.dice.below(self.steps))
    }

    fn block(&mut self, depth: usize, answers: bool) {
        self.put(if answers { "{\n answer\n" } else { "{\n" });
        for _ in 0..self.dice.below(4) {
            self.statement(depth);
        }
        if depth == 0 || self.dice.one_in(2) {
            self.ending();
        }
        self.put("}");
    }

    fn ending(&mut self) {
        let step = self.step_name();
        match self.dice.below(6) {
            0 if self.is_subflow => self.put("return ok\n"),
            1 if self.is_subflow => self.put("return found (v_digits)\n"),
            0 | 1 => self.put("hangup\n"),
            2 => {
                let flow = self.flow_name();
                let _ = writeln!(self.out, "-> flow {flow}");
            }
            _ => drop(writeln!(self.out, "-> {step}")),
        }
    }

    fn body(&mut self, depth: usize) {
        let step = self.step_name();
        match self.dice.below(4) {
            0 | 1 if depth < DEPTH => self.block(depth + 1, false),
            2 => self.put("-> next"),
            _ => drop(write!(self.out, "-> {step}")),
        }
    }

    fn expression(&mut self) -> String {
        format!("({})", self.dice.of(EXPRESSIONS))
    }

    fn policy(&mut self) -> String {
        let names: Vec<String> = self.home.policies.keys().map(ToString::to_string).collect();
        self.name(&names, "standard")
    }

    fn flow_name(&mut self) -> String {
        let trees = self.home.files.iter().flat_map(|f| flows(&f.tree)).map(|flow| flow.name.value.clone());
        let names: Vec<String> = trees.chain(["written_0".to_owned(), "written_1".to_owned()]).collect();
        self.name(&names, "main")
    }

    /// One of the names, seldom one that is wrong.
    fn name(&mut self, names: &[String], otherwise: &str) -> String {
        if names.is_empty() || self.dice.one_in(25) { otherwise.to_owned() } else { self.dice.of(names).clone() }
    }

    fn named(&mut self, what: Named) -> String {
        let site = &self.home.site;
        let strings = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let names: Vec<String> = match what {
            Named::Queue | Named::Mailbox => strings(site.queues.keys().map(AsRef::as_ref).collect()),
            Named::Credentials => strings(site.declared.credentials.keys().map(AsRef::as_ref).collect()),
            Named::Hours => strings(site.declared.hours.keys().map(AsRef::as_ref).collect()),
            Named::Rota => strings(site.declared.rotas.keys().map(AsRef::as_ref).collect()),
            Named::Group => strings(site.declared.groups.keys().map(AsRef::as_ref).collect()),
            Named::Table => strings(site.declared.tables.keys().map(AsRef::as_ref).collect()),
            Named::Slot | Named::Room | Named::Channel | Named::Device => vec!["a".to_owned(), "b".to_owned()],
        };
        self.name(&names, "sales")
    }

    fn user(&mut self) -> String {
        let names: Vec<String> = self.home.site.users.keys().map(ToString::to_string).collect();
        self.name(&names, "us_dana")
    }

    fn prompt(&mut self) -> String {
        let names: Vec<String> = self.home.site.prompts.keys().map(ToString::to_string).collect();
        match self.dice.below(4) {
            0 => "say \"Hello ${caller.name}, press 1.\"".to_owned(),
            1 => {
                let (a, b) = (self.name(&names, "none"), self.name(&names, "none"));
                format!("[\"{a}\", \"{b}\"]")
            }
            _ => format!("\"{}\"", self.name(&names, "none")),
        }
    }

    /// A value of any kind.
    fn one_of_values(&mut self) -> String {
        let all = ["1", "\"x\"", "5s", "true", "30%", "[\"a\", \"b\"]", "\"+442071838750\"", "-0.5", "a_name", "\"\""];
        if self.dice.one_in(4) { self.expression() } else { (*self.dice.of(&all)).to_owned() }
    }

    fn value(&mut self, kind: Value) -> String {
        if self.dice.one_in(20) {
            return self.one_of_values();
        }
        let text = |texts: &[&str], dice: &mut Dice| (*dice.of(texts)).to_owned();
        match kind {
            Value::Duration => text(&["0ms", "5s", "1m30s", "2h", "1d", "(seconds(5))"], self.dice),
            Value::Count { min, max } => {
                let all = [min, max, min.saturating_add(1), max.saturating_add(1), min.saturating_sub(1)];
                self.dice.of(&all).to_string()
            }
            Value::Bool => text(&["true", "false", "(v_bool)"], self.dice),
            Value::Text => text(&["\"x\"", "\"${v_text}!\"", "(v_text)", "\"+442071838750\""], self.dice),
            Value::Key => text(&["\"1\"", "\"#\"", "\"*\"", "\"12\""], self.dice),
            Value::Prompts => self.prompt(),
            Value::Word(words) => text(words, self.dice),
            Value::Map => text(&["(#{a: 1})", "(v_map)"], self.dice),
            Value::Skills => text(&["[a, b]", "[\"a\"]", "[]"], self.dice),
            Value::Users => format!("[{}, {}]", self.user(), self.user()),
            Value::Spoken => text(&["\"a ${caller.name}\"", "say \"b\""], self.dice),
            Value::Pin => text(&["(v_digits)", "(v_secret)"], self.dice),
            Value::Body => text(&["(#{a: v_secret})", "\"x ${v_text}\""], self.dice),
            Value::Reference => text(&["\"env:KEY\"", "\"file:key\"", "\"key\""], self.dice),
            Value::Named(what) => self.named(what),
        }
    }

    fn target(&mut self) -> (TargetKind, String) {
        let kind = *self.dice.of(&TargetKind::ALL);
        let text = match kind {
            TargetKind::User | TargetKind::Agent => self.user(),
            TargetKind::Queue => self.named(Named::Queue),
            TargetKind::Group => self.named(Named::Group),
            TargetKind::Rota => self.named(Named::Rota),
            TargetKind::Voicemail => self.named(Named::Mailbox),
            TargetKind::Flow => self.flow_name(),
            TargetKind::Number | TargetKind::Pstn => {
                (*self.dice.of(&["\"+442071838750\"", "(v_phone)", "\"02071838750\"", "(digits)", "(v_text)"]))
                    .to_owned()
            }
            TargetKind::Extension => (*self.dice.of(&["\"102\"", "(v_extension)", "(to)"])).to_owned(),
            _ => "a".to_owned(),
        };
        (kind, format!("{} {text}", kind.name()))
    }

    fn statement(&mut self, depth: usize) {
        let all: Vec<&'static Decl> = registry::all().collect();
        let decl = *self.dice.of(&all);
        if decl.subject == Subject::Shape {
            return self.shape(decl.verb, depth);
        }
        self.put(decl.verb);
        self.put(" ");
        self.subject(decl);
        for setting in decl.settings {
            if setting.default == Preset::Required || self.dice.one_in(4) {
                let value = self.value(setting.kind);
                let _ = write!(self.out, " {} {value}", setting.key);
            }
        }
        if !decl.outcomes.is_empty() || decl.verb == "run" {
            self.arms(decl, depth);
        }
        self.put("\n");
    }

    fn subject(&mut self, decl: &Decl) {
        let text = match decl.subject {
            Subject::None | Subject::Shape => String::new(),
            Subject::Prompts => self.prompt(),
            Subject::Duration => "3s".to_owned(),
            Subject::Variable(types) => format!("v_{}", self.dice.of(types)),
            Subject::Word(words) => (*self.dice.of(words)).to_owned(),
            Subject::Text => "\"text ${caller.name} ${v_text}\"".to_owned(),
            Subject::Keys => "\"12#\"".to_owned(),
            Subject::Music => "\"jazz\"".to_owned(),
            Subject::Named(what) => self.named(what),
            Subject::Phone => (*self.dice.of(&["(v_phone)", "(caller.number)", "\"+442071838750\""])).to_owned(),
            Subject::Ring => {
                let (first, second) = (self.target().1, self.target().1);
                let order = *self.dice.of(&["", "together ", "in_turn "]);
                if self.dice.one_in(2) { format!("{order}{first}, {second}") } else { first }
            }
            Subject::Web => {
                (*self.dice.of(&["get \"https://a.example/${v_text}\"", "post \"https://a.example/\""])).to_owned()
            }
            Subject::Transfer => format!("{}to {}", self.dice.of(&["", "blind ", "attended "]), self.target().1),
            Subject::Guard => {
                let target = self.target().1;
                let policy = self.policy();
                if self.dice.one_in(2) { format!("{policy} to {target}") } else { policy }
            }
            Subject::Pair => format!("a_name {}", self.one_of_values()),
        };
        self.put(&text);
    }

    fn shape(&mut self, verb: &str, depth: usize) {
        let condition = self.expression();
        match verb {
            "if" => {
                let _ = write!(self.out, "if {condition} ");
                self.body(depth);
                if self.dice.one_in(2) {
                    self.put(" else ");
                    self.body(depth);
                }
            }
            "switch" => {
                let _ = writeln!(self.out, "switch {condition} {{");
                for label in ["\"a\"", "1", "true", "false", "otherwise"] {
                    if self.dice.one_in(2) {
                        let _ = write!(self.out, "{label} ");
                        self.body(depth);
                        self.put("\n");
                    }
                }
                self.put("}");
            }
            "split" => {
                self.put("split {\n30% ");
                self.body(depth);
                self.put("\n70% ");
                self.body(depth);
                self.put("\n}");
            }
            "set" => {
                let name = format!("v_{}", self.dice.of(&Type::ALL));
                let name = if self.dice.one_in(8) { "language".to_owned() } else { name };
                let value = self.one_of_values();
                let _ = write!(self.out, "set {name} = {value}");
            }
            "run" => {
                let flow = self.flow_name();
                let args = *self.dice.of(&["", "(v_number: 1)", "(v_text: \"a\", v_number: (v_number))"]);
                let _ = write!(self.out, "run {flow}{args} {{\nok ");
                self.body(depth);
                self.put("\notherwise ");
                self.body(depth);
                self.put("\n}");
            }
            _ => self.ending(),
        }
        self.put("\n");
    }

    fn arms(&mut self, decl: &Decl, depth: usize) {
        self.put(" {\n");
        if matches!(decl.verb, "menu" | "enqueue") {
            for label in ["1", "2, 3", "*", "10xx(v_digits)", "every 30s", "after 1m"] {
                if self.dice.one_in(3) {
                    let _ = write!(self.out, "{label} ");
                    self.body(depth);
                    self.put("\n");
                }
            }
        }
        let mut written: Vec<&str> = Vec::new();
        for outcome in decl.outcomes {
            let Outcome { name, group, binds, .. } = *outcome;
            let name = group.filter(|_| self.dice.one_in(2)).unwrap_or(name);
            if written.contains(&name) || self.dice.one_in(2) {
                continue;
            }
            written.push(name);
            let binding = if binds.is_some() && self.dice.one_in(2) { "(to)" } else { "" };
            let _ = write!(self.out, "{name}{binding} ");
            self.body(depth);
            self.put("\n");
        }
        if !self.dice.one_in(4) {
            self.put("otherwise ");
            self.body(depth);
        }
        self.put("\n}");
    }
}
