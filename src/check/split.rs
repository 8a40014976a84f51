//! `split`: shares in percent that are the whole together.

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::base::span::Span;
use crate::step::args::Arg;
use crate::step::registry;
use crate::syntax::ast;

use super::body::{Falls, label_text};
use super::flow::Checker;
use super::model::StatementKind;

/// Thousandths of a percent, the unit of shares, in the whole: a third can be written as `33.333%`,
/// and sums are exact.
pub const WHOLE: u32 = 100_000;
/// Digits behind the point that a share can have.
const DECIMALS: usize = 3;

impl Checker<'_> {
    pub(super) fn split(
        &mut self,
        settings: &[ast::Setting],
        arms: &[ast::Arm],
        span: Span,
    ) -> (&'static str, StatementKind, Falls) {
        let before = self.found.len();
        let sticky = registry::find("split").and_then(|decl| {
            let all = self.settings(decl, settings, None, span)?;
            let (at, _) = decl.setting("sticky")?;
            match all.get(at) {
                Some(Some(Arg::Value(operand))) => Some(operand.clone()),
                _ => None,
            }
        });
        let reads = std::mem::take(&mut self.reads);
        // What is wrong within an arm is wrong there: the shares are known all the same.
        let mut is_known = !self.has_error_since(before);
        let (mut shares, mut bodies, mut falls) = (Vec::new(), Vec::new(), Falls::No);
        for (index, arm) in arms.iter().enumerate() {
            let before = self.found.len();
            for label in &arm.labels {
                if let Some(share) = self.share(label) {
                    shares.push((share, index));
                }
            }
            is_known &= !self.has_error_since(before);
            let (body, after) = self.body(&arm.body, arm);
            falls = falls.max(after);
            bodies.push(body);
        }
        if is_known {
            is_known = self.sum(&shares, Span { end: span.start.saturating_add(5).min(span.end), ..span });
        }
        self.reads = reads;
        let kind = if is_known { StatementKind::Split { sticky, shares, bodies } } else { StatementKind::Hole(bodies) };
        ("split", kind, falls)
    }

    /// A label such as `30%`, in thousandths of a percent.
    fn share(&mut self, label: &ast::Label) -> Option<u32> {
        if let Some(name) = &label.binding {
            let message = format!("`{}` carries no value that `{}` could hold", label_text(label), name.value);
            let help = format!("remove `({})`", name.value);
            self.report(Diagnostic::error("type-mismatch", name.span, message).help(help));
        }
        let ast::LabelKind::Percent(percent) = &label.kind else {
            let message = format!("`{}` is not a label of `split`", label_text(label));
            let help = "labels are shares such as `30%`, and are 100% together";
            self.report(Diagnostic::error("type-mismatch", label.span, message).help(help));
            return None;
        };
        let share = thousandths(&percent.0);
        match share {
            None => {
                let message = format!("`{}%` is not a share of 100%", percent.0);
                let help = format!("write a number from 0 to 100, with at most {DECIMALS} digits behind the point");
                self.report(Diagnostic::error("value-out-of-range", label.span, message).help(help));
            }
            Some(0) => {
                let found = Diagnostic::warning("outcome-impossible", label.span, "a share of 0% is never taken");
                self.report(found.label("never taken").help("remove this arm, or give it a share"));
            }
            Some(_) => {}
        }
        share
    }

    fn has_error_since(&self, before: usize) -> bool {
        self.found.iter().skip(before).any(|d| d.severity == Severity::Error)
    }

    /// Whether the shares are the whole together.
    fn sum(&mut self, shares: &[(u32, usize)], head: Span) -> bool {
        let sum: u64 = shares.iter().map(|(share, _)| u64::from(*share)).sum();
        let whole = u64::from(WHOLE);
        if sum == whole {
            return true;
        }
        let message = format!("the shares of this `split` are {}% together, not 100%", percent(sum));
        let help = if sum < whole {
            format!("add {}% to one of them, or an arm for it", percent(whole - sum))
        } else {
            format!("take {}% from them", percent(sum - whole))
        };
        self.report(Diagnostic::error("split-not-whole", head, message).label("must be 100% together").help(help));
        false
    }
}

/// `33.3` as 33,300; nothing for more than 100 or too many digits.
fn thousandths(written: &str) -> Option<u32> {
    let (whole, fraction) = written.split_once('.').unwrap_or((written, ""));
    if fraction.len() > DECIMALS {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let fraction: u32 = format!("{fraction:0<DECIMALS$}").parse().ok()?;
    whole.checked_mul(1_000)?.checked_add(fraction).filter(|n| *n <= WHOLE)
}

fn percent(thousandths: u64) -> String {
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
