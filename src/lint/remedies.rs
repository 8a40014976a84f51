//! Fixes that need the text: what a rule can say only in words, as edits.
//!
//! Rules that know their fix give it themselves. Here are those that cut something out, put something in at a brace,
//! or write the word that the message suggests; one that does not fit its text is refused when it is applied.

use std::collections::BTreeMap;

use super::one_report::HERE_TOO;
use crate::base::diagnostic::{Diagnostic, Edit, Fix};
use crate::base::span::{FileId, Sources, Span};
use crate::base::suggest;
use crate::syntax::ast::{self, StatementKind};

/// What fixes are made of.
pub struct Remedies<'a> {
    pub files: &'a [ast::File],
    pub sources: &'a Sources,
    /// The policy that a flow without a guard gets.
    pub policy: Option<&'a str>,
}

/// The name of a file in the text form ends so; what is put in at a brace is of that form.
const TEXT_FORM: &str = ".flow";
/// The step, arm or statement at the place of a finding is cut out, or something is put in.
const AT_A_PLACE: [&str; 5] =
    ["act-after-hangup", "outcome-impossible", "unguarded-external-leg", "unreachable-statement", "unreachable-step"];

impl Remedies<'_> {
    /// Gives a fix to each finding that has none and for which there is one.
    pub fn attach(&self, found: &mut [Diagnostic]) {
        let mut index = None;
        for finding in found.iter_mut().filter(|d| d.fix.is_none()) {
            finding.fix = if AT_A_PLACE.contains(&finding.rule) {
                self.at_a_place(finding, index.get_or_insert_with(|| Index::of(self.files)))
            } else {
                self.word(finding)
            };
        }
    }

    fn text(&self, file: FileId) -> &str {
        self.sources.get(file).map_or("", |source| source.text.as_ref())
    }

    fn slice(&self, span: Span) -> Option<&str> {
        self.text(span.file).get(index(span.start)..index(span.end))
    }

    fn is_text_form(&self, file: FileId) -> bool {
        self.sources.get(file).is_some_and(|source| source.name.ends_with(TEXT_FORM))
    }

    /// The word that the message suggests, where the wrong one stands alone at the place of the finding.
    fn word(&self, finding: &Diagnostic) -> Option<Fix> {
        let (wrong, near) = suggest::suggested(&finding.message, finding.help.as_deref())?;
        let span = finding.primary.span;
        let written = self.slice(span)?;
        let bare = written.trim_matches(['"', '\'']);
        if bare != wrong {
            return None;
        }
        let also = finding.secondary.iter().filter(|label| label.text == HERE_TOO).map(|label| label.span);
        let edit = |span: Span| {
            let written = self.slice(span).filter(|written| written.trim_matches(['"', '\'']) == wrong)?;
            Some(Edit { span, text: written.replacen(wrong, near, 1) })
        };
        let edits = std::iter::once(span).chain(also).filter_map(edit).collect();
        Some(Fix { title: format!("write `{near}`"), edits, safe: false })
    }

    fn at_a_place(&self, finding: &Diagnostic, index: &Index<'_>) -> Option<Fix> {
        let at = key(finding.primary.span);
        match finding.rule {
            "unreachable-step" => {
                let step = index.steps.get(&at)?;
                let edit = self.cut(self.with_comments(step.span))?;
                Some(Fix { title: format!("remove step `{}`", step.name.value), edits: vec![edit], safe: false })
            }
            "unreachable-statement" | "act-after-hangup" => {
                let (statement, end) = index.statements.get(&at)?;
                let edit = self.cut(Span { end: *end, ..statement.span })?;
                Some(Fix { title: "remove what can never run".to_owned(), edits: vec![edit], safe: false })
            }
            "outcome-impossible" => self.without_label(index.labels.get(&at)?),
            "unguarded-external-leg" => self.with_guard(index.flow_around(finding.primary.span)?),
            _ => None,
        }
    }

    /// Takes one label away, with its arm if it is the only one.
    fn without_label(&self, (arm, at): &(&ast::Arm, usize)) -> Option<Fix> {
        let label = arm.labels.get(*at)?;
        let edit = match (at.checked_sub(1).and_then(|n| arm.labels.get(n)), arm.labels.get(at + 1)) {
            (None, None) => self.cut(arm.span)?,
            (Some(before), _) if before.span.end <= label.span.start => {
                Edit { span: Span { start: before.span.end, ..label.span }, text: String::new() }
            }
            (None, Some(after)) if label.span.end <= after.span.start => {
                Edit { span: Span { end: after.span.start, ..label.span }, text: String::new() }
            }
            // The labels of a quoted key have one place together.
            _ => return None,
        };
        Some(Fix { title: "remove the label".to_owned(), edits: vec![edit], safe: false })
    }

    fn with_guard(&self, flow: &ast::Flow) -> Option<Fix> {
        let policy = self.policy?;
        let whole = self.slice(flow.span).filter(|_| self.is_text_form(flow.span.file))?;
        // Parameters have no braces, so the first one opens the flow.
        let at = flow.span.start.checked_add(u32::try_from(whole.find('{')? + 1).ok()?)?;
        let edits = vec![Edit { span: Span { start: at, end: at, ..flow.span }, text: format!("\n  guard {policy}") }];
        Some(Fix { title: format!("put flow `{}` under policy `{policy}`", flow.name.value), edits, safe: false })
    }

    /// With the comments that stand directly above.
    fn with_comments(&self, span: Span) -> Span {
        let text = self.text(span.file);
        let line_start = |at: usize| text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
        let mut start = line_start(index(span.start));
        if text.get(start..index(span.start)).is_none_or(|before| !before.trim().is_empty()) {
            return span;
        }
        while let Some(above) = start.checked_sub(1) {
            let begin = line_start(above);
            let line = text.get(begin..above).unwrap_or("").trim_start();
            if !(line.starts_with("//") || line.starts_with('#')) {
                break;
            }
            start = begin;
        }
        Span { start: u32::try_from(start).unwrap_or(span.start), ..span }
    }

    /// Cuts a part out: with the comma that parts it from the next, and with its line if nothing is left on it.
    fn cut(&self, span: Span) -> Option<Edit> {
        let text = self.text(span.file);
        let (mut start, mut end) = (index(span.start), index(span.end));
        let after = text.get(end..)?;
        if after.trim_start().starts_with(',') {
            end += after.len() - after.trim_start().len() + 1;
        } else if let Some(before) = text.get(..start)?.trim_end().strip_suffix(',') {
            start = before.len();
        }
        let line_start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        let line_end = text.get(end..)?.find('\n').map_or(text.len(), |at| end + at + 1);
        let before = text.get(line_start..start)?;
        // A dash is the mark of an item of a YAML list.
        if matches!(before.trim(), "" | "-") && text.get(end..line_end)?.trim().is_empty() {
            (start, end) = (line_start, line_end);
        } else {
            start = line_start + before.trim_end().len();
        }
        Some(Edit { span: Span::new(span.file, start, end), text: String::new() })
    }
}

fn index(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

type Key = (FileId, u32);

fn key(span: Span) -> Key {
    (span.file, span.start)
}

/// The parts of all trees by where they begin.
#[derive(Default)]
struct Index<'a> {
    flows: BTreeMap<Key, &'a ast::Flow>,
    /// By the place of the name.
    steps: BTreeMap<Key, &'a ast::Step>,
    /// With the end of the last of their block.
    statements: BTreeMap<Key, (&'a ast::Statement, u32)>,
    labels: BTreeMap<Key, (&'a ast::Arm, usize)>,
}

impl<'a> Index<'a> {
    fn of(files: &'a [ast::File]) -> Self {
        let mut index = Self::default();
        for item in files.iter().flat_map(|f| &f.items) {
            let ast::Item::Flow(flow) = item else { continue };
            index.flows.insert(key(flow.span), flow);
            let mut blocks: Vec<&ast::Block> = Vec::new();
            for step in &flow.steps {
                index.steps.insert(key(step.name.span), step);
                blocks.push(&step.body);
            }
            while let Some(block) = blocks.pop() {
                let end = block.statements.last().map_or(block.span.end, |last| last.span.end);
                for statement in &block.statements {
                    index.statements.insert(key(statement.span), (statement, end));
                    index.inside(statement, &mut blocks);
                }
            }
        }
        index
    }

    fn inside(&mut self, statement: &'a ast::Statement, blocks: &mut Vec<&'a ast::Block>) {
        let arms = match &statement.kind {
            StatementKind::If(branch) => {
                let bodies = [Some(&branch.then), branch.otherwise.as_ref()];
                blocks.extend(bodies.into_iter().flatten().filter_map(block_of));
                return;
            }
            StatementKind::Switch { arms, .. } | StatementKind::Split { arms, .. } => arms.as_slice(),
            StatementKind::Action(action) => action.arms.as_deref().unwrap_or_default(),
            _ => return,
        };
        for arm in arms {
            for (at, label) in arm.labels.iter().enumerate() {
                self.labels.entry(key(label.span)).or_insert((arm, at));
            }
            blocks.extend(block_of(&arm.body));
        }
    }

    fn flow_around(&self, place: Span) -> Option<&'a ast::Flow> {
        let (_, flow) = self.flows.range(..=key(place)).next_back()?;
        (flow.span.file == place.file && place.start < flow.span.end).then_some(*flow)
    }
}

fn block_of(body: &ast::Body) -> Option<&ast::Block> {
    match body {
        ast::Body::Block(block) => Some(block),
        ast::Body::Goto(_) => None,
    }
}
