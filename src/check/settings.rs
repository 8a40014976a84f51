//! Settings of a statement: known, written once, of the right kind, with their defaults filled in.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::base::span::Span;
use crate::base::suggest::{closest, did_you_mean};
use crate::base::value::{Type, Value};
use crate::step::args::{Arg, Operand, is_key};
use crate::step::decl::{Decl, Kind, Preset, Setting, TargetKind, one_of};
use crate::syntax::ast;

use super::flow::Checker;
use super::value::with_article;
use crate::expr::Read;

/// What can be posted.
const BODIES: &[Type] = &[Type::Map, Type::List, Type::Text, Type::Digits, Type::Phone, Type::Extension, Type::Secret];

/// A flow decides by these before a call comes in: they must be literals.
const DECIDED_BEFORE: [&str; 1] = ["resume"];

impl Checker<'_> {
    /// Every setting of the statement by its place; `None` when one of those written is wrong.
    pub(super) fn settings(
        &mut self,
        decl: &'static Decl,
        written: &[ast::Setting],
        target: Option<TargetKind>,
        verb: Span,
    ) -> Option<Box<[Option<Arg>]>> {
        let before = self.found.len();
        let found = self.written_settings(decl, written, Some(target));
        if self.found.len() > before {
            return None;
        }
        let mut all: Vec<Option<Arg>> = decl.settings.iter().map(|s| preset(s.default)).collect();
        let defaults = self.defaults.get(decl.verb).into_iter().flatten();
        for (at, arg) in defaults.chain(&found) {
            if let Some(place) = all.get_mut(*at) {
                *place = Some(arg.clone());
            }
        }
        self.required(decl, &all, verb)?;
        self.add_voice(decl, &mut all);
        Some(all.into())
    }

    /// Reports settings that must be written and are not.
    fn required(&mut self, decl: &'static Decl, all: &[Option<Arg>], verb: Span) -> Option<()> {
        let given = |s: &Setting| decl.setting(s.key).and_then(|(at, _)| all.get(at)).is_some_and(Option::is_some);
        let missing: Vec<&Setting> = decl.required().filter(|s| !given(s)).collect();
        let Some(first) = missing.first() else { return Some(()) };
        let names: Vec<&str> = missing.iter().map(|s| s.key).collect();
        let message = format!("`{}` needs {}", decl.verb, one_of(&names).replace(" or ", " and "));
        self.report(Diagnostic::error("missing-setting", verb, message).help(format!(
            "add `{}`: {}, {}",
            first.key,
            first.kind.describe(),
            first.doc
        )));
        None
    }

    /// Who speaks where nothing else is said: the `voice` of the flow's header.
    fn add_voice(&self, decl: &'static Decl, all: &mut [Option<Arg>]) {
        let (Some((at, _)), Some(voice)) = (decl.setting("voice"), &self.voice) else { return };
        if let Some(place @ None) = all.get_mut(at) {
            *place = Some(Arg::Value(Operand::Const(Value::Text(Arc::clone(voice)))));
        }
    }

    /// The settings that are written, by their place in the declaration. `target` is `None` in a
    /// header's `default`, where the target is not known.
    pub(super) fn written_settings(
        &mut self,
        decl: &'static Decl,
        written: &[ast::Setting],
        target: Option<Option<TargetKind>>,
    ) -> Vec<(usize, Arg)> {
        let mut found: Vec<(usize, Arg)> = Vec::new();
        for setting in written {
            let Some((at, known)) = decl.setting(&setting.key.value) else {
                if target.is_none() && super::header::SETTINGS.contains(&setting.key.value.as_str()) {
                    self.report_swallowed(decl, setting);
                    continue;
                }
                self.report_unknown_setting(decl, setting, target.flatten());
                continue;
            };
            // The reader of the source reports a setting that is written twice.
            if found.iter().any(|(n, _)| *n == at) {
                continue;
            }
            if let Some(Some(kind)) = target
                && !known.targets.is_empty()
                && !known.targets.contains(&kind)
            {
                let kinds: Vec<&str> = known.targets.iter().map(|t| t.name()).collect();
                let message = format!("`{}` has no meaning for `{} to {}`", known.key, decl.verb, kind.name());
                self.report(
                    Diagnostic::error("unknown-setting", setting.key.span, message)
                        .help(format!("it is for the targets {}", one_of(&kinds))),
                );
                continue;
            }
            if let Some(arg) = self.setting_value(decl, known, &setting.value) {
                found.push((at, arg));
            }
        }
        found
    }

    /// `default menu tries 2` takes every setting that follows it.
    fn report_swallowed(&mut self, decl: &'static Decl, setting: &ast::Setting) {
        let key = setting.key.value.as_str();
        let message = format!("`{key}` is read as a setting of `default {}` here", decl.verb);
        self.report(
            Diagnostic::error("unknown-setting", setting.key.span, message)
                .help(format!("`{key}` belongs to the flow: write it above `default`")),
        );
    }

    pub(super) fn report_unknown_setting(
        &mut self,
        decl: &'static Decl,
        setting: &ast::Setting,
        target: Option<TargetKind>,
    ) {
        let key = setting.key.value.as_str();
        let fits = |s: &&Setting| s.targets.is_empty() || target.is_none_or(|t| s.targets.contains(&t));
        let known: Vec<&str> = decl.settings.iter().filter(fits).map(|s| s.key).collect();
        let hint = did_you_mean(key, known.iter().copied());
        let message = format!("`{}` has no setting `{key}`{hint}", decl.verb);
        let help = if known.is_empty() {
            format!("`{}` takes no settings", decl.verb)
        } else {
            format!("it knows {}", one_of(&known).replace(" or ", " and "))
        };
        // On the line of a statement a misspelt verb reads as its setting.
        let verb = || closest(key, crate::step::registry::all().map(|d| d.verb)).filter(|verb| *verb != key);
        if let (None, Some(verb)) = (closest(key, known.iter().copied()), verb()) {
            let message = format!("no statement `{key}`; did you mean `{verb}`?");
            let edits = vec![Edit { span: setting.key.span, text: verb.to_owned() }];
            let fix = Fix { title: format!("write `{verb}`"), edits, safe: false };
            let found = Diagnostic::error("unknown-statement", setting.key.span, message);
            return self.report(found.help(format!("write `{verb}`; {help}")).fix(fix));
        }
        let found = Diagnostic::error("unknown-setting", setting.key.span, message).help(help);
        self.report(match closest(key, known.iter().copied().filter(|near| *near != key)) {
            Some(near) => {
                let edits = vec![Edit { span: setting.key.span, text: near.to_owned() }];
                found.fix(Fix { title: format!("write `{near}`"), edits, safe: false })
            }
            None => found,
        });
    }

    fn setting_value(&mut self, decl: &'static Decl, setting: &'static Setting, value: &ast::Value) -> Option<Arg> {
        let what = format!("`{}` of `{}`", setting.key, decl.verb);
        let operand = match setting.kind {
            Kind::Duration => self.expect(value, Type::Duration, &what)?,
            Kind::Bool => self.expect(value, Type::Bool, &what)?,
            Kind::Text => self.expect(value, Type::Text, &what)?,
            Kind::Map => self.open_map(setting.key, value, &what)?,
            Kind::Count { min, max } => {
                let found = self.expect(value, Type::Number, &what)?;
                self.within(&found, min, max, &what, value)?;
                found
            }
            Kind::Key => {
                let found = self.expect(value, Type::Text, &what)?;
                self.one_key(&found, &what, value)?;
                found
            }
            Kind::Skills | Kind::Users => {
                let names = self.names(value, &what, setting.kind == Kind::Users)?;
                Operand::Const(Value::List(names.into_iter().map(Value::Text).collect()))
            }
            Kind::Pin => self.one_type_of(value, &[Type::Digits, Type::Secret], &what, setting.kind)?,
            Kind::Body => self.one_type_of(value, BODIES, &what, setting.kind)?,
            Kind::Reference => self.reference(value, &what)?,
            Kind::Prompts => return self.prompts(value, &what).map(Arg::Prompts),
            // A lone text is spoken; what is recorded stands in a list.
            Kind::Spoken if matches!(value.value, ast::ValueKind::List(_)) => {
                return self.prompts(value, &what).map(Arg::Prompts);
            }
            Kind::Spoken => return self.spoken(value, &what).map(|spoken| Arg::Prompts([spoken].into())),
            Kind::Word(words) => return self.word(words, value, &what).map(Arg::Word),
            Kind::Named(kind) => return self.site_name(kind, value).map(Arg::Named),
        };
        if DECIDED_BEFORE.contains(&setting.key) && !matches!(operand, Operand::Const(_)) {
            self.report(
                Diagnostic::error("type-mismatch", value.span, format!("{what} must be known before a call comes in"))
                    .help(format!("write {}", setting.kind.describe())),
            );
            return None;
        }
        Some(Arg::Value(operand))
    }

    /// A map that others will read: no secret is in it, and nothing of the caller's in a header.
    fn open_map(&mut self, key: &str, value: &ast::Value, what: &str) -> Option<Operand> {
        let operand = self.expect(value, Type::Map, what)?;
        let Operand::Expr(expr) = &operand else { return Some(operand) };
        let variable = |read: &Read| match read {
            Read::Slot(slot) => self.scope.variable(*slot),
            Read::Root(_) => None,
        };
        let secret = expr.reads().iter().filter_map(variable).find(|v| v.ty == Some(Type::Secret));
        if let Some(secret) = secret {
            let found = Diagnostic::error(
                "secret-exposed",
                value.span,
                format!("`{}` is a secret, and {what} is no place for one", secret.name),
            )
            .also(secret.span, "declared here")
            .help("a secret goes only to `verify .. pin` or the `body` of `http`");
            self.report(found);
            return None;
        }
        let root = expr.reads().iter().find_map(|read| match read {
            Read::Root(path) if path.is_tainted() => Some(path.to_string()),
            _ => None,
        });
        if let Some(root) = root.filter(|_| key == "headers") {
            let message = format!("`{root}` is what the caller sent, and a header takes none of the caller's words");
            let found = Diagnostic::error("injection-into-dial-string", value.span, message);
            self.report(found.help("send it in `query` or `body`, where it is escaped"));
            return None;
        }
        Some(operand)
    }

    /// A value of one of several types.
    fn one_type_of(&mut self, value: &ast::Value, types: &[Type], what: &str, kind: Kind) -> Option<Operand> {
        let typed = self.typed(value)?;
        match typed.ty {
            Some(ty) if !types.contains(&ty) => {
                let message = format!("{what} needs {}, but this is {}", kind.describe(), with_article(ty));
                let found = Diagnostic::error("type-mismatch", value.span, message).label(ty.name());
                self.report(found.help(format!("write {}", kind.describe())));
                None
            }
            _ => Some(typed.operand),
        }
    }

    /// Where a secret is kept. The secret itself has no business in a flow.
    fn reference(&mut self, value: &ast::Value, what: &str) -> Option<Operand> {
        let operand = self.expect(value, Type::Text, what)?;
        let is_reference = match &operand {
            Operand::Const(Value::Text(text)) => {
                let name = text.strip_prefix("env:").or_else(|| text.strip_prefix("file:"));
                name.is_some_and(|name| !name.is_empty())
            }
            _ => false,
        };
        if is_reference {
            return Some(operand);
        }
        let message = format!("{what} says where a secret is kept, never the secret itself");
        self.report(
            Diagnostic::error("secret-exposed", value.span, message)
                .help("write `\"env:NAME\"` or `\"file:PATH\"`, and keep the secret there"),
        );
        None
    }

    fn within(&mut self, operand: &Operand, min: i64, max: i64, what: &str, value: &ast::Value) -> Option<()> {
        let problem = match operand {
            Operand::Const(Value::Int(n)) if (min..=max).contains(n) => return Some(()),
            Operand::Const(Value::Int(n)) => format!("{n}"),
            Operand::Const(Value::Float(n)) => format!("{n}"),
            _ => return Some(()),
        };
        let message = format!("{what} is a whole number from {min} to {max}, not {problem}");
        let help = format!("write a number from {min} to {max}");
        self.report(Diagnostic::error("value-out-of-range", value.span, message).help(help));
        None
    }

    fn one_key(&mut self, operand: &Operand, what: &str, value: &ast::Value) -> Option<()> {
        let Operand::Const(Value::Text(text)) = operand else { return Some(()) };
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if is_key(c) => Some(()),
            _ => {
                let message = format!("{what} is one key of a telephone, not `{text}`");
                self.report(
                    Diagnostic::error("value-out-of-range", value.span, message)
                        .help("write one of `\"0\"` to `\"9\"`, `\"*\"` or `\"#\"`"),
                );
                None
            }
        }
    }
}

fn preset(preset: Preset) -> Option<Arg> {
    let value = match preset {
        Preset::None | Preset::Required => return None,
        Preset::Ms(ms) => Value::Duration(i64::try_from(ms).unwrap_or(i64::MAX)),
        Preset::Count(n) => Value::Int(n),
        Preset::Bool(b) => Value::Bool(b),
        Preset::Text(s) => Value::text(s),
        Preset::Word(word) => return Some(Arg::Word(word)),
    };
    Some(Arg::Value(Operand::Const(value)))
}
