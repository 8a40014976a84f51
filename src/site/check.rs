//! Reads `strowger.yaml` into a [`Site`]; every mistake is a finding at its place.
//!
//! It knows nothing of flows, policies or prompts: `resolve` holds numbers against flows, and
//! [`references`] the names that point out of the file.

mod duty;
mod hours;
mod levels;
mod libraries;
mod listen;
mod names;
mod numbers;
mod people;
mod queues;
mod secret;
mod tables;
mod transfers;
mod trunks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::{Fallback, Limits, Secret, Site};
use crate::base::diagnostic::{self, Absent, Diagnostic};
use crate::base::span::{FileId, Span, Spanned};
use crate::base::suggest;
use crate::call::leg::Name;
use crate::syntax::document::{self, Node};
use crate::syntax::reader::{self, Fields};

pub use hours::RULE as HOURS_RULE;
use names::Extensions;

/// The version of the file's format that is read.
const FORMAT: i64 = 1;
/// Entries of one map or list of the file; a longer one is a mistake or a database.
const MAX_ENTRIES: usize = 10_000;
/// Hops that a site may allow: enough for any real chain of forwards, too few for a loop to hurt.
const MAX_HOPS: i64 = 100;
/// Who says nothing for less may be listening.
const MIN_MEDIA_TIMEOUT_MS: u64 = 10_000;
/// Longer bounds of silence and of a drain are none.
const DAY_MS: u64 = 24 * 60 * 60_000;
/// Keys of the design that this version does not act on: refused, because a setting that is
/// written but not held misleads whoever reads it.
const LATER: [&str; 2] = ["extension_id", "account_id"];

/// Reads the bytes of a site file.
///
/// # Errors
/// None as such: findings come back beside the site; without a site, at least one is an error.
pub fn check_bytes(file: FileId, bytes: &[u8]) -> (Option<Site>, Vec<Diagnostic>) {
    let (documents, _, mut found) = document::parse_bytes(file, bytes);
    let site = match documents.as_slice() {
        [] if diagnostic::has_errors(&found) => None,
        [] => {
            let empty = Diagnostic::error("empty-site", Span::new(file, 0, 0), "the site file is empty")
                .help("`strowger new DIR` writes a small working site to start from");
            found.push(empty);
            None
        }
        [only] => check(only, &mut found),
        [first, second, ..] => {
            let several = Diagnostic::error("several-documents", second.span, "a site file is one document")
                .also(first.span, "the first")
                .help("delete the line `---` and what follows it");
            found.push(several);
            None
        }
    };
    diagnostic::sort(&mut found);
    (site.filter(|_| !diagnostic::has_errors(&found)), found)
}

/// Reads a site from its document. The site is as much as could be understood.
pub fn check(document: &Node, out: &mut Vec<Diagnostic>) -> Option<Site> {
    let mut top = Fields::new(document, "site file", out);
    format(&mut top);
    let mut site = Site { name: site_name(&mut top), ..Site::default() };
    site.listen = listen::listen(&mut top);
    let mut extensions = Extensions::default();
    site.users = people::users(&mut top, &mut extensions);
    site.declared.zone = hours::zone(&mut top);
    let mut looks = hours::Looks::default();
    site.declared.hours = hours::hours(&mut top, &site.declared.zone, &mut looks);
    site.queues = queues::queues(&mut top, &site.users, &site.declared.hours, &mut extensions);
    site.numbers = numbers::numbers(&mut top, &mut extensions);
    site.trunks = trunks::trunks(&mut top);
    if !site.users.is_empty() {
        trunks::emergency_is_said(&site.trunks, top.out());
    }
    let extensions = site.extensions();
    site.declared.tables = tables::tables(&mut top, &extensions);
    site.declared.rotas = duty::rotas(&mut top, &site.declared.zone, &site.users, &mut looks);
    site.declared.groups = duty::groups(&mut top, &site.users);
    site.declared.credentials = duty::credentials(&mut top);
    site.declared.lists = lists(&mut top);
    site.libraries = libraries::libraries(&mut top);
    site.limits = limits(&mut top);
    site.transfers = transfers::transfers(&mut top, &site.queues);
    site.policy_place = top.key_place("policy").unwrap_or_default();
    site.policy = top.text("policy").map(|p| {
        site.policy_place = p.span;
        Arc::from(p.value)
    });
    site.tokens = tokens(&mut top);
    site.levels = levels::levels(&mut top);
    site.state = state(&mut top);
    names::refuse_later(&mut top, &LATER);
    top.finish();
    Some(site)
}

/// Checks the names that point to other files: the policy, and the prompts of queues and of `transfers`.
///
/// `prompts` are the names of all prompts in any language.
pub fn references(site: &Site, policies: &BTreeSet<Name>, prompts: &BTreeSet<Arc<str>>, out: &mut Vec<Diagnostic>) {
    if let Some(policy) = site.policy.as_ref().filter(|p| !policies.contains(*p)) {
        let hint = suggest::did_you_mean(policy, policies.iter().map(AsRef::as_ref));
        let message = format!("no policy `{}`{hint}", reader::shorten(policy));
        let help = "a policy is a file in `policies/`; its name is the `id` in it";
        out.push(Diagnostic::error("unknown-policy", site.policy_place, message).help(help).absent(Absent::Policy));
    }
    for queue in site.queues.values() {
        let Some(music) = queue.music.as_ref().filter(|m| !prompts.contains(*m)) else { continue };
        let hint = suggest::did_you_mean(music, prompts.iter().map(AsRef::as_ref));
        let message =
            format!("queue `{}` plays `{}`, and there is no such prompt{hint}", queue.name, reader::shorten(music));
        let help =
            format!("record `prompts/{}.wav`, or delete `music` to use the built-in tune", reader::shorten(music));
        out.push(Diagnostic::error("prompt-missing", queue.span, message).help(help));
    }
    if let Fallback::HangUp { prompt: Some(prompt) } = &site.transfers.fallback
        && !prompts.contains(prompt)
    {
        let hint = suggest::did_you_mean(prompt, prompts.iter().map(AsRef::as_ref));
        let prompt = reader::shorten(prompt);
        let message = format!("the fallback of transfers plays `{prompt}`, and there is no such prompt{hint}");
        let help = format!("record `prompts/{prompt}.wav`, or write `fallback: hang_up` for a tone");
        out.push(Diagnostic::error("prompt-missing", site.transfers.fallback_place, message).help(help));
    }
}

fn format(top: &mut Fields<'_, '_>) {
    let Some(node) = top.required("strowger") else { return };
    let Some(version) = reader::integer(node, top.out()) else { return };
    if version.value != FORMAT {
        let message =
            format!("the file says it is of format {}, and this version reads format {FORMAT}", version.value);
        let help = format!("write `strowger: {FORMAT}`; it is the format of the file, not the version of the program");
        top.out().push(Diagnostic::error("unknown-format", version.span, message).help(help));
    }
}

fn site_name(top: &mut Fields<'_, '_>) -> Name {
    let Some(name) = top.required_text("site") else { return Name::default() };
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.value.is_empty() || name.value.len() > names::MAX_NAME || !name.value.chars().all(fine) {
        let message = format!("`{}` cannot be the name of a site", reader::shorten(&name.value));
        let help = format!("write up to {} letters, digits, `_`, `-` or `.`, such as `acme`", names::MAX_NAME);
        top.out().push(Diagnostic::error("bad-name", name.span, message).help(help));
    }
    Arc::from(name.value)
}

fn lists(top: &mut Fields<'_, '_>) -> BTreeMap<Name, Arc<[Arc<str>]>> {
    let mut lists = BTreeMap::new();
    for entry in names::bounded(top, "lists") {
        let out = top.out();
        let Some(name) = names::name(&entry.key, "list", out) else { continue };
        let items = reader::list(&entry.value, out).unwrap_or_default();
        let texts = items.iter().filter_map(|item| reader::text(item, out)).map(|t| Arc::from(t.value));
        lists.insert(name, texts.collect());
    }
    lists
}

fn limits(top: &mut Fields<'_, '_>) -> Limits {
    let mut limits = Limits::default();
    let Some(node) = top.optional("limits") else { return limits };
    let mut fields = Fields::new(node, "limits", top.out());
    if let Some(hops) = names::within(&mut fields, "max_hops", 1..=MAX_HOPS) {
        limits.max_hops = u32::try_from(hops).unwrap_or(limits.max_hops);
    }
    if let Some(found) = fields.duration_or_off("media_timeout") {
        let range = MIN_MEDIA_TIMEOUT_MS..=DAY_MS;
        limits.media_timeout_ms = found
            .value
            .and_then(|ms| names::in_range(Spanned::new(ms, found.span), "media_timeout", range, fields.out()));
    }
    if let Some(ms) = names::duration_within(&mut fields, "drain", 1_000..=DAY_MS) {
        limits.drain_ms = ms;
    }
    fields.finish();
    limits
}

fn tokens(top: &mut Fields<'_, '_>) -> BTreeMap<Name, Secret> {
    let mut tokens = BTreeMap::new();
    let Some(node) = top.optional("tokens") else { return tokens };
    let mut fields = Fields::new(node, "tokens", top.out());
    if let Some(secret) = fields.optional("admin").and_then(|n| secret::secret(n, "token", fields.out())) {
        tokens.insert(Arc::from("admin"), secret);
    }
    fields.finish();
    tokens
}

fn state(top: &mut Fields<'_, '_>) -> Option<String> {
    let state = top.text("state")?;
    if state.value.trim().is_empty() || state.value.contains('\0') {
        let help = "write a folder, from the site's own, such as `.state`";
        top.out().push(Diagnostic::error("bad-path", state.span, "`state` names no folder").help(help));
        return None;
    }
    Some(state.value)
}
