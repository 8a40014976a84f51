//! The arms of a caller who waits in a queue: those that time takes, and the keys that leave.

use crate::base::diagnostic::Diagnostic;
use crate::base::span::Span;
use crate::call::spec::Timed;
use crate::step::decl::{Circumstances, Decl, TargetKind};
use crate::syntax::ast::{self, Body, GotoTarget, LabelKind, StatementKind};

use super::body::{duplicate_branch, label_text};
use super::flow::Checker;

/// What may be done with a caller who keeps the place in the queue.
const ALLOWED: [&str; 3] = ["say", "play", "tag"];

/// More often than that nobody can be told anything.
const SHORTEST_MS: u64 = 1_000;

/// Whether the caller waits in a queue by this statement.
pub(super) fn waits_in_queue(decl: &Decl, at: &Circumstances) -> bool {
    decl.verb == "enqueue" || (decl.verb == "transfer" && at.target == Some(TargetKind::Queue))
}

pub(super) fn is_timed(arm: &ast::Arm) -> bool {
    arm.labels.iter().any(|l| matches!(l.kind, LabelKind::Every(_) | LabelKind::After(_)))
}

impl Checker<'_> {
    /// A label that time takes.
    pub(super) fn timed_label(&mut self, timed: Timed, label: &ast::Label, first: Option<Span>) {
        if timed.after_ms < SHORTEST_MS {
            let message = format!("`{}` is too often for anybody to be told something", label_text(label));
            let found = Diagnostic::error("value-out-of-range", label.span, message);
            self.report(found.help("write `1s` or more"));
        }
        if let Some(first) = first {
            self.report(duplicate_branch(&label_text(label), label.span, first));
        }
    }

    /// In a queue nobody waits for a second key.
    pub(super) fn one_key_label(&mut self, keys: &str, span: Span) {
        if keys.chars().count() != 1 {
            let message = format!("a queue is left by one key, and `{keys}` is several");
            self.report(
                Diagnostic::error("value-out-of-range", span, message)
                    .help("leave by one key, and ask for more in a `menu`"),
            );
        }
    }

    /// The block of an arm that time or a key takes holds nothing that takes the call elsewhere
    /// but an arrow.
    pub(super) fn queue_arm(&mut self, arm: &ast::Arm) {
        let timed = is_timed(arm);
        let keyed = arm.labels.iter().any(|l| matches!(l.kind, LabelKind::Keys(_)));
        if !timed && !keyed {
            return;
        }
        if timed && matches!(&arm.body, Body::Block(block) if block.statements.is_empty()) {
            let message = "this arm of time does nothing";
            self.report(
                Diagnostic::error("queue-arm-statement", arm.span, message)
                    .help("say something to the caller, go to a step, or remove the arm"),
            );
        }
        let mut open = vec![&arm.body];
        while let Some(body) = open.pop() {
            let block = match body {
                Body::Goto(goto) => {
                    self.arrow_of_time(goto, timed);
                    continue;
                }
                Body::Block(block) => block,
            };
            for statement in &block.statements {
                match &statement.kind {
                    StatementKind::If(branch) => {
                        open.push(&branch.then);
                        open.extend(&branch.otherwise);
                    }
                    StatementKind::Goto(goto) => self.arrow_of_time(goto, timed),
                    StatementKind::Set { .. } => {}
                    StatementKind::Action(action) if ALLOWED.contains(&action.verb.value.as_str()) => {}
                    _ => self.report_in_queue(statement),
                }
            }
        }
    }

    fn arrow_of_time(&mut self, goto: &ast::Goto, timed: bool) {
        if timed && goto.target == GotoTarget::Next {
            let message = "`-> next` would leave the queue for what follows it";
            self.report(
                Diagnostic::error("queue-arm-statement", goto.span, message)
                    .help("a block that comes to its end goes back to the queue; to leave it, name a step"),
            );
        }
    }

    fn report_in_queue(&mut self, statement: &ast::Statement) {
        let verb = match &statement.kind {
            StatementKind::Action(action) => action.verb.value.as_str(),
            StatementKind::Switch { .. } => "switch",
            StatementKind::Split { .. } => "split",
            _ => "return",
        };
        let message = format!("`{verb}` cannot stand in an arm of a caller who waits in a queue");
        self.report(
            Diagnostic::error("queue-arm-statement", statement.span, message)
                .label("the caller would lose the place")
                .help("write it into a step, and go there with an arrow"),
        );
    }
}
