//! `dialplan-overlap`: no string of digits means two things.

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Span;
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, Whole};
use crate::policy::{OVERLAP_RULE, Policy};

pub const RULE: Rule = Rule {
    name: OVERLAP_RULE,
    group: Group::Correctness,
    what: "No string of digits means two things: extensions, numbers of the site, short codes and emergency codes are apart.",
    why: "Whoever dials it gets one of the two and never the other; if one is an emergency code, this costs more than a call.",
    remedy: "Give the extension other digits, or leave the code out of the pattern.",
    good: include_str!("../../../tests/lint/dialplan-overlap/good.yaml"),
    bad: include_str!("../../../tests/lint/dialplan-overlap/bad.yaml"),
    found: Found::OnSite(search),
};

fn search(context: &Context<'_>, _: &Whole<'_>, found: &mut Vec<Diagnostic>) {
    for policy in context.policies.values() {
        let whole = policy.places.values().next().copied().unwrap_or(context.site.policy_place);
        found.extend(policy.overlaps(whole));
        taken_by_site(context, policy, whole, found);
    }
}

/// Codes of a policy that somebody or something of the site answers to.
fn taken_by_site(context: &Context<'_>, policy: &Policy, whole: Span, found: &mut Vec<Diagnostic>) {
    let site = context.site;
    let users =
        site.users.values().filter_map(|u| Some((u.extension.as_deref()?, format!("user `{}`", u.name), u.span)));
    let queues =
        site.queues.values().filter_map(|q| Some((q.extension.as_deref()?, format!("queue `{}`", q.name), q.span)));
    let numbers =
        site.numbers.exact.iter().map(|(n, entry)| (n.as_ref(), format!("flow `{}`", entry.flow), entry.span));
    for (digits, who, span) in users.chain(queues).chain(numbers) {
        let (kind, key) = if policy.dial_plan.emergency.contains(digits) {
            ("an emergency code", "dial_plan.emergency")
        } else if policy.allowed_short_codes.contains(digits) {
            ("a short code", "number.allowed_short_codes")
        } else {
            continue;
        };
        let place = policy.places.get(key).copied().unwrap_or(whole);
        found.push(
            Diagnostic::error(
                RULE.name,
                place,
                format!("`{digits}` is both {kind} of policy `{}` and {who}", policy.id),
            )
            .label(format!("{kind} here"))
            .also(span, format!("{who} here"))
            .help(format!("give {who} other digits")),
        );
    }
}
