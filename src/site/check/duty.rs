//! `rotas:`, `groups:` and `credentials:`: who is on duty, who rings as one, and whose PINs are asked.

use std::collections::BTreeMap;

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Spanned;
use crate::base::suggest;
use crate::base::value::Value;
use crate::call::leg::Name;
use crate::schedule::{self, Calendar, Member, Rota, Shift, Zone};
use crate::site::declared::Credentials;
use crate::site::model::{Secret, User};
use crate::site::table;
use crate::syntax::document::{Node, NodeKind};
use crate::syntax::reader::{self, Fields};

use super::hours::Looks;
use super::secret::secret;
use super::{hours, names};

/// Shifts of one rota, and people of one shift or group: more cannot ring in one call.
const MAX_MEMBERS: usize = 100;
/// Wrong PINs until a subject is locked, unless the site says otherwise: three, as at a cash machine.
const MAX_WRONG: u32 = 3;
/// How long it is locked then.
const LOCKED_FOR_MS: u64 = 15 * 60 * 1_000;

type Users = BTreeMap<Name, User>;

/// `rotas: {first: {shifts: [{who: us_dana, when: "Mo-Fr 09:00-18:00"}]}}`
pub fn rotas(top: &mut Fields<'_, '_>, zone: &Zone, users: &Users, looks: &mut Looks) -> BTreeMap<Name, Rota> {
    let mut all = BTreeMap::new();
    for entry in names::bounded(top, "rotas") {
        let out = top.out();
        let name = names::name(&entry.key, "rota", out);
        let mut fields = Fields::new(&entry.value, format!("rota {}", reader::shorten(&entry.key.value)), out);
        let zone = hours::timezone(&mut fields).unwrap_or_else(|| zone.clone());
        let shifts = fields.required("shifts").and_then(|n| reader::list(n, fields.out())).unwrap_or_default();
        fields.finish();
        few(shifts, "shifts of a rota", out);
        let shifts: Vec<Option<(Spanned<String>, Shift)>> =
            shifts.iter().take(MAX_MEMBERS).map(|node| shift(node, users, out)).collect();
        let Some(shifts) = shifts.into_iter().collect::<Option<Vec<_>>>() else { continue };
        let (texts, shifts): (Vec<_>, Vec<_>) = shifts.into_iter().unzip();
        let rota = Rota { zone, shifts };
        let faults = if looks.take(rota.shifts.len()) { schedule::rota_faults(&rota) } else { Vec::new() };
        for (at, fault) in faults {
            out.extend(texts.get(at).map(|text| hours::finding(fault, text)));
        }
        all.extend(name.map(|name| (name, rota)));
    }
    all
}

fn shift(node: &Node, users: &Users, out: &mut Vec<Diagnostic>) -> Option<(Spanned<String>, Shift)> {
    let mut fields = Fields::new(node, "shift", out);
    let who = fields.required("who");
    let when = fields.required_text("when");
    fields.finish();
    let who = who.map(|who| match &who.value {
        NodeKind::Sequence(items) => {
            few(items, "people of a shift", out);
            items.iter().take(MAX_MEMBERS).map(|item| member(item, users, out)).collect::<Option<Vec<_>>>()
        }
        _ => member(who, users, out).map(|one| vec![one]),
    });
    let when = when?;
    let on = hours::rules(&when, &Calendar::default(), out)?;
    Some((when, Shift { who: who??, on }))
}

/// A user of the site, or a number written in full.
fn member(node: &Node, users: &Users, out: &mut Vec<Diagnostic>) -> Option<Member> {
    let text = reader::text(node, out)?;
    if let Some((name, _)) = users.get_key_value(text.value.as_str()) {
        return Some(Member::User(name.clone()));
    }
    if let Some(Value::Phone(number)) = table::phone(&text.value) {
        return Some(Member::Number(number));
    }
    if text.value.starts_with('+') {
        let message = format!("`{}` is no telephone number", reader::shorten(&text.value));
        let help = "write one that exists, in full, such as `\"+447400123456\"`";
        out.push(Diagnostic::error("bad-number", text.span, message).help(help));
        return None;
    }
    out.push(no_user(&text, users, "write a user of this file, or a number in full, such as `\"+447400123456\"`"));
    None
}

fn no_user(text: &Spanned<String>, users: &Users, help: &str) -> Diagnostic {
    let hint = suggest::did_you_mean(&text.value, users.keys().map(AsRef::as_ref));
    let message = format!("no user `{}`{hint}", reader::shorten(&text.value));
    Diagnostic::error("unknown-name", text.span, message).help(help)
}

fn few(items: &[Node], what: &str, out: &mut Vec<Diagnostic>) {
    if let Some(extra) = items.get(MAX_MEMBERS) {
        let message = format!("there are {} {what}; at most {MAX_MEMBERS} are read", items.len());
        out.push(Diagnostic::error("too-many-entries", extra.span, message));
    }
}

/// `groups: {support: [us_dana, us_ravi]}`
pub fn groups(top: &mut Fields<'_, '_>, users: &Users) -> BTreeMap<Name, Vec<Name>> {
    let mut all = BTreeMap::new();
    for entry in names::bounded(top, "groups") {
        let out = top.out();
        let name = names::name(&entry.key, "group", out);
        let Some(items) = reader::list(&entry.value, out) else { continue };
        few(items, "users of a group", out);
        let mut group: Vec<Name> = Vec::new();
        for user in items.iter().take(MAX_MEMBERS).filter_map(|item| reader::text(item, out)).collect::<Vec<_>>() {
            match users.get_key_value(user.value.as_str()) {
                None => out.push(no_user(&user, users, "a group has users of this file")),
                Some((name, _)) if group.contains(name) => {
                    let message = format!("user `{name}` is in the group twice");
                    out.push(Diagnostic::error("duplicate-name", user.span, message).help("delete one"));
                }
                Some((name, _)) => group.push(name.clone()),
            }
        }
        if items.is_empty() {
            let message = "a group has at least one user";
            out.push(Diagnostic::error("missing-key", entry.value.span, message).help("list users of this file"));
        }
        all.extend(name.map(|name| (name, group)));
    }
    all
}

/// `credentials: {members: {pins: "file:secrets/members", max_wrong: 3, locked_for: 15m}}`
pub fn credentials(top: &mut Fields<'_, '_>) -> BTreeMap<Name, Credentials> {
    let mut all = BTreeMap::new();
    for entry in names::bounded(top, "credentials") {
        let name = names::name(&entry.key, "credential store", top.out());
        let shown = reader::shorten(&entry.key.value);
        let mut fields = Fields::new(&entry.value, format!("credential store {shown}"), top.out());
        let node = fields.required("pins");
        let pins = node.and_then(|n| secret(n, "list of PINs", fields.out()));
        if let Some((Secret::Generated, node)) = pins.as_ref().zip(node) {
            let message = "PINs that are generated would be known to nobody";
            let help = "write `file:PATH` or `env:NAME`, with a line `SUBJECT PIN` for each";
            fields.out().push(Diagnostic::error("bad-path", node.span, message).help(help));
        }
        let max_wrong = names::within(&mut fields, "max_wrong", 1..=100).and_then(|n| u32::try_from(n).ok());
        let locked_for = names::duration_within(&mut fields, "locked_for", 1_000..=86_400_000);
        fields.finish();
        let (Some(name), Some(pins)) = (name, pins) else { continue };
        let store = Credentials {
            pins,
            max_wrong: max_wrong.unwrap_or(MAX_WRONG),
            locked_for_ms: locked_for.unwrap_or(LOCKED_FOR_MS),
        };
        all.insert(name, store);
    }
    all
}
