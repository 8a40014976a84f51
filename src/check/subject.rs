//! What stands after the verb: of the right shape, of the right type, existing.

use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::value::{Type, Value};
use crate::expr::{BuiltIn, Read};
use crate::step::args::{Arg, Operand, PromptArg, SubjectArg, is_key};
use crate::step::decl::{Decl, Subject, TargetKind, one_of};
use crate::syntax::ast::{self, Subject as Ast, ValueKind};
use crate::syntax::shape::{HTTP_METHODS, MODES, ORDERS};

use super::flow::Checker;
use super::target::Purpose;

impl Checker<'_> {
    pub(super) fn subject(&mut self, decl: &'static Decl, action: &ast::Action) -> Option<SubjectArg> {
        let what = format!("`{}`", decl.verb);
        match (decl.subject, &action.subject) {
            (Subject::None, Ast::None) => Some(SubjectArg::None),
            (Subject::Prompts, Ast::Value(value)) => self.prompts(value, &what).map(SubjectArg::Prompts),
            (Subject::Duration, Ast::Value(value)) => self.expect(value, Type::Duration, &what).map(SubjectArg::Value),
            (Subject::Variable(types), Ast::Value(value)) => self.variable_subject(decl, types, value),
            (Subject::Word(words), Ast::Value(value)) => self.word(words, value, &what).map(SubjectArg::Word),
            (Subject::Pair, Ast::Pair { name, value }) => self.pair(name, value),
            (Subject::Text, Ast::Value(value)) => self.expect(value, Type::Text, &what).map(SubjectArg::Value),
            (Subject::Keys, Ast::Value(value)) => self.keys(value, &what).map(SubjectArg::Value),
            (Subject::Music, Ast::Value(value)) => self.music(value, &what).map(SubjectArg::Prompts),
            (Subject::Named(kind), Ast::Value(value)) => self.site_name(kind, value).map(SubjectArg::Named),
            (Subject::Phone, Ast::Value(value)) => self.phone(value, &what),
            (Subject::Ring, Ast::Ring { order, targets }) => self.ring(order.as_ref(), targets),
            (Subject::Web, Ast::Pair { name, value }) => self.web(name, value),
            (Subject::Transfer, Ast::Transfer { mode, target }) => {
                let mode_known = self.mode(mode.as_ref());
                let target = self.target(target, Purpose::Transfer);
                let target = target.filter(|_| mode_known)?;
                if is_attended(&action.subject) && !can_be_asked(target.kind) {
                    let message = format!("a {} cannot be asked first", target.kind.name());
                    let found = Diagnostic::error("type-mismatch", action.verb.span, message);
                    self.report(found.help("transfer blind: leave `attended` out"));
                    return None;
                }
                Some(SubjectArg::Target(target))
            }
            (Subject::Guard, Ast::Guard { policy, target: Some(target) }) => {
                let policy = self.policy(policy);
                let target = self.target(target, Purpose::Ask);
                Some(SubjectArg::Ask { policy, target: target? })
            }
            _ => {
                let message = format!("{what} is not written like this");
                let help = format!("for example: {}", decl.example.replace('\n', " "));
                self.report(Diagnostic::error("type-mismatch", action.verb.span, message).help(help));
                None
            }
        }
    }

    fn variable_subject(
        &mut self,
        decl: &'static Decl,
        types: &'static [Type],
        value: &ast::Value,
    ) -> Option<SubjectArg> {
        let ValueKind::Name(name) = &value.value else {
            self.report_kind(&format!("`{}`", decl.verb), "the name of a variable", value);
            return None;
        };
        let Some(slot) = self.scope.slot(name) else {
            let known: Vec<Arc<str>> = self.scope.visible().map(|(n, _)| Arc::clone(n)).collect();
            let name = ast::Name::new(name.clone(), value.span);
            let found = crate::resolve::unknown("unknown-name", "variable", &name, known.iter().map(AsRef::as_ref));
            let help = format!("declare it in the flow's header: `var {}: {}`", name.value, types.first()?.name());
            self.report(if known.is_empty() { found.help(help) } else { found });
            return None;
        };
        let variable = self.scope.variable(slot)?;
        if let Some(ty) = variable.ty.filter(|t| !types.contains(t)) {
            let (place, names) = (variable.span, types.iter().map(|t| t.name()).collect::<Vec<_>>());
            let message = format!("`{}` sets {}, but variable `{name}` is {ty}", decl.verb, one_of(&names));
            self.report(
                Diagnostic::error("type-mismatch", value.span, message)
                    .also(place, "declared here")
                    .help(format!("declare it as `var {name}: {}`", names.first()?)),
            );
        }
        Some(SubjectArg::Variable(slot))
    }

    /// One of the words that a subject or setting knows.
    pub(super) fn word(&mut self, words: &[&'static str], value: &ast::Value, what: &str) -> Option<&'static str> {
        let written = match &value.value {
            ValueKind::Name(name) => name.as_str(),
            _ => {
                self.report_kind(what, &one_of(words), value);
                return None;
            }
        };
        let found = words.iter().find(|w| **w == written).copied();
        if found.is_none() {
            let hint = crate::base::suggest::did_you_mean(written, words.iter().copied());
            let message = format!("{what} does not know `{written}`{hint}");
            self.report(
                Diagnostic::error("type-mismatch", value.span, message).help(format!("write {}", one_of(words))),
            );
        }
        found
    }

    fn pair(&mut self, name: &ast::Name, value: &ast::Value) -> Option<SubjectArg> {
        let typed = self.typed(value)?;
        if typed.ty == Some(Type::Secret) {
            self.report(
                Diagnostic::error(
                    "secret-exposed",
                    value.span,
                    "a secret cannot be tagged: tags are kept in the call's record",
                )
                .help("tag something else, such as the outcome"),
            );
            return None;
        }
        Some(SubjectArg::Pair { name: Arc::from(name.value.as_str()), value: typed.operand })
    }

    pub(super) fn mode(&mut self, mode: Option<&ast::Name>) -> bool {
        match mode.filter(|m| !MODES.contains(&m.value.as_str())) {
            None => true,
            Some(mode) => {
                self.report(crate::resolve::unknown("unknown-name", "mode", mode, MODES.iter().copied()));
                false
            }
        }
    }

    fn ring(&mut self, order: Option<&ast::Name>, targets: &[ast::Target]) -> Option<SubjectArg> {
        if let Some(order) = order.filter(|o| !ORDERS.contains(&o.value.as_str())) {
            self.report(crate::resolve::unknown("unknown-name", "order", order, ORDERS.iter().copied()));
            return None;
        }
        let each: Vec<_> = targets.iter().map(|t| self.target(t, Purpose::Ring)).collect();
        let targets = each.into_iter().collect::<Option<Vec<_>>>()?.into();
        Some(SubjectArg::Targets { in_turn: order.is_none_or(|o| o.value == "in_turn"), targets })
    }

    fn keys(&mut self, value: &ast::Value, what: &str) -> Option<Operand> {
        let operand = self.expect(value, Type::Text, what)?;
        if let Operand::Const(constant) = &operand
            && let Some(text) = constant.as_str()
            && (text.is_empty() || !text.chars().all(is_key))
        {
            let message = format!("{what} sends keys of a telephone, and `{text}` is not made of them");
            self.report(
                Diagnostic::error("value-out-of-range", value.span, message)
                    .help("write keys from `0` to `9`, `*` and `#`, such as `\"12#\"`"),
            );
            return None;
        }
        Some(operand)
    }

    /// One recording: what follows one that never ends would never be heard.
    fn music(&mut self, value: &ast::Value, what: &str) -> Option<Box<[PromptArg]>> {
        let prompts = self.prompts(value, what)?;
        if matches!(prompts.as_ref(), [PromptArg::Recorded(_)]) {
            return Some(prompts);
        }
        self.report_kind(what, "one recording such as `\"jazz\"`", value);
        None
    }

    /// The caller's own number, or one that the policy's parser made.
    fn phone(&mut self, value: &ast::Value, what: &str) -> Option<SubjectArg> {
        let typed = self.typed(value)?;
        let is_caller = match &typed.operand {
            Operand::Expr(expr) => match expr.reads() {
                [Read::Root(path)] => path.id == BuiltIn::CallerNumber && is_alone(value, "caller.number"),
                _ => false,
            },
            _ => false,
        };
        if is_caller || matches!(typed.ty, None | Some(Type::Phone)) {
            return Some(SubjectArg::Phone { number: typed.operand, is_caller });
        }
        if let Operand::Const(_) = &typed.operand {
            let number = self.coerced(typed, Type::Phone, value, what)?;
            return Some(SubjectArg::Phone { number, is_caller: false });
        }
        let have = typed.ty.map_or("unknown".to_owned(), super::value::with_article);
        let message = format!("{what} needs a telephone number, but this is {have}");
        self.report(
            Diagnostic::error("type-mismatch", value.span, message)
                .help("call back `(caller.number)`, or `collect` into a variable of type `phone`"),
        );
        None
    }

    fn web(&mut self, method: &ast::Name, url: &ast::Value) -> Option<SubjectArg> {
        let Some(known) = HTTP_METHODS.iter().find(|m| **m == method.value) else {
            self.report(crate::resolve::unknown("unknown-name", "method", method, HTTP_METHODS.iter().copied()));
            return None;
        };
        let written = match &url.value {
            ValueKind::Text(text) => match text.pieces.as_slice() {
                [ast::Piece::Literal(first), rest @ ..] => host_is_whole(first, rest.is_empty()),
                _ => false,
            },
            _ => false,
        };
        if !written {
            let message = "the address of a web service is written out up to the end of its host";
            self.report(Diagnostic::error("type-mismatch", url.span, message).help(
                "write it as text, such as `\"https://crm.example/callers/${account}\"`, without a name or password",
            ));
            return None;
        }
        let url = self.expect(url, Type::Text, "`http`")?;
        Some(SubjectArg::Web { method: known, url })
    }

    /// Settings that are right by themselves and wrong beside each other.
    pub(super) fn settings_agree(
        &mut self,
        decl: &'static Decl,
        action: &ast::Action,
        settings: &[Option<Arg>],
    ) -> bool {
        let written = |key: &str| action.settings.iter().find(|s| s.key.value == key);
        let given = |key: &str| decl.setting(key).and_then(|(at, _)| settings.get(at)?.as_ref());
        let Ast::Pair { name: method, .. } = &action.subject else { return true };
        let body = written("body").filter(|_| decl.verb == "http" && method.value == "get");
        if let Some(body) = body {
            let found = Diagnostic::error("unknown-setting", body.key.span, "`http get` sends no body");
            self.report(found.help("send it in `query`, or write `http post`"));
            return false;
        }
        let retries = !matches!(given("retry"), None | Some(Arg::Value(Operand::Const(Value::Int(0)))));
        if decl.verb == "http" && method.value == "post" && retries && given("once").is_none() {
            let message = "`http post` with `retry` needs `once`";
            let found = Diagnostic::error("missing-setting", action.verb.span, message);
            self.report(
                found.help("add `once \"${session.id}\"`, by which the service tells a second try from a second order"),
            );
            return false;
        }
        true
    }
}

/// Whether the source is this name and nothing else.
fn is_alone(value: &ast::Value, name: &str) -> bool {
    matches!(&value.value, ValueKind::Expr(source) if source.trim() == name)
}

pub(super) fn is_attended(subject: &Ast) -> bool {
    matches!(subject, Ast::Transfer { mode: Some(mode), .. } if mode.value == "attended")
}

/// Whether somebody answers who can be told of the call before the caller is there.
fn can_be_asked(kind: TargetKind) -> bool {
    !matches!(kind, TargetKind::Queue | TargetKind::Voicemail | TargetKind::Conference)
}

/// Whether a text holds a scheme and a host that nothing can change. `whole`: nothing follows it.
fn host_is_whole(text: &str, whole: bool) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let (host, ended) = match rest.find(['/', '?', '#']) {
        Some(end) => (rest.get(..end).unwrap_or_default(), true),
        None => (rest, whole),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    ended && !host.is_empty() && host.chars().all(fits)
}
