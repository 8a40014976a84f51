//! A flow's header: guards, `failed`, defaults, constants, variables and settings.

use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::suggest::did_you_mean;
use crate::base::value::{Type, Value};
use crate::resolve::Constant;
use crate::resolve::scope::Origin;
use crate::step::registry;
use crate::syntax::ast::{self, ValueKind};

use super::flow::Checker;
use super::model::{Flow, Jump};

/// The settings of a header (language.md §7).
pub(super) const SETTINGS: [&str; 8] =
    ["owner", "language", "voice", "version", "labels", "max_steps", "max_legs", "max_duration"];

/// How the lines of a header begin that are no settings: what a misspelt setting may be meant to be.
const OTHER_LINES: [&str; 5] = ["guard", "failed", "default", "const", "var"];

/// Those of them that are of a call, and so not of a subflow.
const OF_THE_CALL: [&str; 4] = ["language", "max_steps", "max_legs", "max_duration"];

/// A flow may raise `max_steps`, but a loop that never waits must still come to an end.
const HIGHEST_MAX_STEPS: i64 = 1_000_000_000;
/// The most legs that one flow may ask for.
const HIGHEST_MAX_LEGS: i64 = 100;

impl Checker<'_> {
    /// Constants first, then variables, then the rest: a header is read in any order.
    pub(super) fn header(&mut self, header: &[ast::Header], flow: &mut Flow) {
        for entry in header {
            if let ast::Header::Constant(constant) = entry {
                self.flow_constant(constant);
            }
        }
        for entry in header {
            if let ast::Header::Setting(setting) = entry {
                self.header_setting(setting, flow);
            }
        }
        for entry in header {
            match entry {
                ast::Header::Variable { name, type_name, value } => {
                    self.variable(name, type_name.as_ref(), value.as_ref());
                }
                ast::Header::Guard(name) => {
                    flow.guards.push(self.policy(name));
                }
                ast::Header::Failed(goto) => {
                    self.covers_failed = true;
                    flow.failed = self.failed(goto);
                }
                ast::Header::Constant(_) | ast::Header::Setting(_) | ast::Header::Default { .. } => {}
            }
        }
        for entry in header {
            if let ast::Header::Default { verb, settings } = entry {
                self.header_default(verb, settings);
            }
        }
    }

    fn flow_constant(&mut self, constant: &ast::Constant) {
        self.check_variable_name(&constant.name);
        let name: Arc<str> = Arc::from(constant.name.value.as_str());
        if let Some(first) = self.place_of(&name) {
            // The reader of the source has reported a second `const` of the same name.
            if !self.scope.constants().contains_key(&name) {
                self.report(crate::resolve::duplicate("name", &name, constant.name.span, first));
            }
            return;
        }
        let value = self.constant(&constant.value).unwrap_or(Value::Unset);
        let place = (constant.name.span, constant.value.span);
        self.scope.define(name, Constant { value, span: place.0, written: place.1 });
    }

    fn variable(&mut self, name: &ast::Name, type_name: Option<&ast::Name>, value: Option<&ast::Value>) {
        let declared = type_name.and_then(|t| self.type_name(t));
        let what = format!("variable `{}`", name.value);
        let initial = value.and_then(|v| match declared {
            Some(ty) => self.constant_of(v, Some(ty), &what),
            None => self.constant(v),
        });
        let ty = declared.or_else(|| initial.as_ref().and_then(Value::type_of));
        if type_name.is_none() && value.is_none() {
            let message = format!("{what} has neither a type nor a first value");
            let help = format!("write `var {0}: text` or `var {0} = \"\"`", name.value);
            self.report(Diagnostic::error("type-mismatch", name.span, message).help(help));
        }
        self.declare(name, ty, initial.unwrap_or(Value::Unset), Origin::Variable);
    }

    fn failed(&mut self, goto: &ast::Goto) -> Option<usize> {
        match self.jump(goto) {
            Jump::Step(step) => Some(step),
            Jump::Unknown => None,
            Jump::Next | Jump::Flow { .. } => {
                let found =
                    Diagnostic::error("type-mismatch", goto.span, "`failed` in a header goes to a step of this flow")
                        .help("write `failed -> sorry`, and let step `sorry` go on from there");
                self.report(found);
                None
            }
        }
    }

    fn header_default(&mut self, verb: &ast::Name, settings: &[ast::Setting]) {
        let Some(decl) = registry::find(&verb.value) else {
            let known = registry::all().filter(|d| !d.settings.is_empty()).map(|d| d.verb);
            self.report(crate::resolve::unknown("unknown-statement", "statement", verb, known));
            return;
        };
        let found = self.written_settings(decl, settings, None);
        self.defaults.insert(decl.verb, found);
    }

    fn header_setting(&mut self, setting: &ast::Setting, flow: &mut Flow) {
        let (key, value) = (setting.key.value.as_str(), &setting.value);
        match key {
            _ if self.results.is_some() && OF_THE_CALL.contains(&key) => self.report_of_the_call(setting),
            "owner" => flow.about.owner = self.header_text(key, value),
            "language" => flow.about.language = self.header_language(key, value),
            "voice" => flow.about.voice = self.header_text(key, value).map(Arc::from),
            "version" => flow.about.version = self.header_text(key, value),
            "labels" => flow.about.labels = self.header_labels(value),
            "max_steps" => self.header_count(key, value, HIGHEST_MAX_STEPS, &mut flow.max_steps),
            "max_legs" => self.header_count(key, value, HIGHEST_MAX_LEGS, &mut flow.max_legs),
            "max_duration" => {
                if let ValueKind::Duration(ms) = value.value {
                    flow.max_duration_ms = ms;
                } else {
                    self.report_kind("`max_duration`", "a duration such as `4h`", value);
                }
            }
            _ => {
                let hint = did_you_mean(key, SETTINGS.into_iter().chain(OTHER_LINES));
                let message = format!("a flow's header has no setting `{key}`{hint}");
                let help = format!("a header knows {}", crate::step::decl::one_of(&SETTINGS));
                self.report(Diagnostic::error("unknown-setting", setting.key.span, message).help(help));
            }
        }
    }

    /// A subflow works on the call of the flow that runs it.
    fn report_of_the_call(&mut self, setting: &ast::Setting) {
        let key = setting.key.value.as_str();
        let message = format!("a subflow has no `{key}`: it has that of the flow that runs it");
        let help = if key == "language" {
            "remove it; `set language = \"cy\"` changes the language of the call".to_owned()
        } else {
            format!("write `{key}` in the header of the flow")
        };
        self.report(Diagnostic::error("unknown-setting", setting.key.span, message).help(help));
    }

    fn header_labels(&mut self, value: &ast::Value) -> Vec<Arc<str>> {
        let Some(Value::List(items)) = self.constant_of(value, Some(Type::List), "`labels`") else { return Vec::new() };
        let texts: Option<Vec<Arc<str>>> = items.iter().map(|item| item.as_str().map(Arc::from)).collect();
        texts.unwrap_or_else(|| {
            self.report_kind("`labels`", "a list of texts", value);
            Vec::new()
        })
    }

    fn header_text(&mut self, key: &str, value: &ast::Value) -> Option<String> {
        match &value.value {
            ValueKind::Text(text) if text.as_literal().is_some() => text.as_literal().map(str::to_owned),
            _ => {
                self.report_kind(&format!("`{key}`"), "a text in quotes, without `${ }`", value);
                None
            }
        }
    }

    fn header_language(&mut self, key: &str, value: &ast::Value) -> Option<Arc<str>> {
        let tag = self.header_text(key, value)?;
        let mistake = super::language::mistake(&tag, value.span);
        let is_right = mistake.is_none();
        self.found.extend(mistake);
        is_right.then(|| Arc::from(tag))
    }

    fn header_count(&mut self, key: &str, value: &ast::Value, highest: i64, into: &mut u32) {
        let written = match &value.value {
            ValueKind::Number(n) => n.0.parse::<i64>().ok(),
            _ => None,
        };
        match written.filter(|n| (1..=highest).contains(n)).map(u32::try_from) {
            Some(Ok(n)) => *into = n,
            _ => self.report_kind(&format!("`{key}`"), &format!("a whole number from 1 to {highest}"), value),
        }
    }
}
