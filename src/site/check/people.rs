//! `users:`: who has a phone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Spanned;
use crate::call::leg::Name;
use crate::site::model::User;
use crate::syntax::document::Node;
use crate::syntax::reader::{self, Fields};

use super::names::{self, Extensions};
use super::secret::secret;

/// Outside legs one user can be allowed at one time; more is a call centre's trunk, not a person.
const MAX_SIMULTANEOUS: i64 = 1_000;
/// Characters of a display name: what fits a phone's screen, and a SIP header line.
const MAX_DISPLAY: usize = 128;

pub fn users(top: &mut Fields<'_, '_>, extensions: &mut Extensions) -> BTreeMap<Name, User> {
    let mut users = BTreeMap::new();
    for entry in names::bounded(top, "users") {
        let name = names::name(&entry.key, "user", top.out());
        // Under a wrong name too, the rest is checked: a password must not stand there unseen.
        let shown = name.clone().unwrap_or_else(|| Arc::from(reader::shorten(&entry.key.value)));
        let user = user(shown, &entry.key, &entry.value, extensions, top.out());
        if let Some(name) = name {
            users.insert(name, user);
        }
    }
    users
}

/// A user with a mistake is still a user, so that a queue which names it is not wrong as well.
fn user(
    name: Name,
    key: &Spanned<String>,
    node: &Node,
    extensions: &mut Extensions,
    out: &mut Vec<Diagnostic>,
) -> User {
    let mut fields = Fields::new(node, format!("user {name}"), out);
    let extension = names::extension(&mut fields);
    if let Some(extension) = &extension {
        extensions.take(&extension.value, format!("user `{name}`"), extension.span, fields.out());
    }
    let display = fields.text("name");
    if let Some(long) = display.as_ref().filter(|d| d.value.chars().count() > MAX_DISPLAY) {
        let message = format!("the name has more than {MAX_DISPLAY} characters");
        fields.out().push(Diagnostic::error("name-too-long", long.span, message).help("shorten it"));
    }
    let password = fields.required("password").and_then(|n| secret(n, "password", fields.out()));
    let max_simultaneous = names::within(&mut fields, "max_simultaneous", 0..=MAX_SIMULTANEOUS);
    let user = User {
        extension: extension.map(|e| e.value),
        display: display.map_or_else(|| name.clone(), |d| Arc::from(d.value)),
        password: password.unwrap_or(crate::site::model::Secret::Generated),
        max_simultaneous: max_simultaneous.and_then(|n| u32::try_from(n).ok()),
        allow_pstn_blind_transfer: fields.bool("allow_pstn_blind_transfer").map(|b| b.value),
        skills: skills(&mut fields),
        span: key.span,
        name,
    };
    names::refuse_later(
        &mut fields,
        &["forward", "allow_external_forward", "allow_voicemail_outdial", "extension_id", "account_id"],
    );
    fields.finish();
    user
}

/// Each once, and none without a letter.
fn skills(fields: &mut Fields<'_, '_>) -> BTreeSet<Name> {
    let mut skills = BTreeSet::new();
    for skill in fields.texts("skills") {
        let wrong = if skill.value.trim().is_empty() {
            Some(("a skill has no name".to_owned(), "write what the user can do, such as `[welsh]`"))
        } else if !skills.insert(Name::from(skill.value.as_str())) {
            Some((format!("skill `{}` is listed twice", reader::shorten(&skill.value)), "delete one"))
        } else {
            None
        };
        if let Some((message, help)) = wrong {
            fields.out().push(Diagnostic::error("bad-name", skill.span, message).help(help));
        }
    }
    skills
}
