//! The rows of one card: the statements of a step in short, an arm a row, nested as they are
//! written, and the edges that leave them.

use crate::graph::Op;
use crate::interp::Taken;
use crate::step::decl::{Circumstances, Decl, TargetKind};
use crate::step::registry;
use crate::syntax::ast::{Action, Arm, Block, Body, Goto, If, LabelKind, Statement, StatementKind, Subject, ValueKind};
use crate::syntax::print_flow::inline;

use super::model::{EdgeKind, End, Mark, Row};
use super::outline::Outline;

/// Statements of an arm that share its row, if they are short.
const SHARED: usize = 3;
/// Characters of an arm's statements that share its row.
const SHARED_CHARS: usize = 30;

pub(super) struct Rows<'o, 'a> {
    outline: &'o mut Outline<'a>,
    card: usize,
    rows: Vec<Row>,
    /// The labels of the arms one is in, outermost first.
    path: Vec<String>,
    /// A `guard` statement has been passed in this step.
    guarded: bool,
}

impl<'o, 'a> Rows<'o, 'a> {
    pub fn of(outline: &'o mut Outline<'a>, card: usize) -> Self {
        let guarded = outline.guarded;
        Self { outline, card, rows: Vec::new(), path: Vec::new(), guarded }
    }

    pub fn finish(self) -> Vec<Row> {
        self.rows
    }

    /// `visits 3 otherwise -> step`
    pub fn bound(&mut self, max: u32, goto: &Goto, ways: &[Taken]) {
        let row = Row { text: format!("visits {max}"), goal: self.outline.goal(goto), ..Row::default() };
        self.arrow(row, goto, EdgeKind::Bound, "visits used up".to_owned(), ways);
    }

    /// The statements of a step.
    pub fn step(&mut self, body: &Block, ways: &[Taken]) {
        self.block(body, 0, ways);
    }

    fn label(&self) -> String {
        self.path.join(" > ")
    }

    /// A row that an edge leaves.
    fn arrow(&mut self, row: Row, goto: &Goto, kind: EdgeKind, label: String, ways: &[Taken]) {
        let at = self.rows.len();
        self.rows.push(row);
        self.outline.edge(self.card, at, goto, label, kind, ways);
    }

    /// The rows of a block that is come to by `ways`; by which ways its end is come to.
    fn block(&mut self, block: &Block, depth: usize, ways: &[Taken]) -> Vec<Taken> {
        let mut ways = ways.to_vec();
        for statement in &block.statements {
            ways = self.statement(statement, depth, &ways);
        }
        ways
    }

    fn statement(&mut self, statement: &Statement, depth: usize, ways: &[Taken]) -> Vec<Taken> {
        let arms = match &statement.kind {
            StatementKind::Goto(goto) => {
                let row = Row { depth, goal: self.outline.goal(goto), ..Row::default() };
                self.arrow(row, goto, EdgeKind::Arrow, self.label(), ways);
                return falls(goto, ways);
            }
            StatementKind::If(branch) => return self.branch(branch, statement, depth, ways, ""),
            StatementKind::Switch { arms, .. } | StatementKind::Split { arms, .. } => arms.as_slice(),
            StatementKind::Action(action) => action.arms.as_deref().unwrap_or_default(),
            StatementKind::Set { .. } | StatementKind::Return { .. } => &[],
        };
        let mut row = Row { depth, text: inline::head(statement), ..Row::default() };
        let ended = self.mark(statement, &mut row);
        self.rows.push(row);
        if arms.is_empty() {
            return if ended { Vec::new() } else { ways.to_vec() };
        }
        let node = self.outline.node(statement.span);
        let mut out = Vec::new();
        for (index, arm) in arms.iter().enumerate() {
            let way = node.and_then(|(id, op)| {
                let arm = u16::try_from(index).ok()?;
                matches!(op, Op::Act(_) | Op::Switch(_)).then_some(Taken::Arm(id, arm))
            });
            let ways: Vec<Taken> = way.into_iter().collect();
            out.extend(self.arm(arm, depth + 1, &ways));
        }
        out
    }

    fn arm(&mut self, arm: &Arm, depth: usize, ways: &[Taken]) -> Vec<Taken> {
        let label = inline::labels(&arm.labels);
        self.path.push(label.clone());
        let out = self.body(&arm.body, label, String::new(), depth, ways);
        self.path.pop();
        out
    }

    fn branch(&mut self, branch: &If, statement: &Statement, depth: usize, ways: &[Taken], word: &str) -> Vec<Taken> {
        let condition = inline::value(&branch.condition);
        let node = self.outline.node(statement.span).map(|(id, _)| id);
        let way = |side| node.map(|id| Taken::Branch(id, side)).into_iter().collect::<Vec<_>>();
        self.path.push(condition.clone());
        let label = if word.is_empty() { "if".to_owned() } else { format!("{word} if") };
        let mut out = self.body(&branch.then, label, condition, depth, &way(true));
        self.path.pop();
        // Without the compiled flow no way is known; with it, the end is come to by the other side.
        let other = if node.is_some() { way(false) } else { ways.to_vec() };
        let Some(otherwise) = &branch.otherwise else {
            out.extend(other);
            return out;
        };
        if let Body::Block(Block { statements, .. }) = otherwise
            && let [next @ Statement { doc: None, kind: StatementKind::If(inner), .. }] = statements.as_slice()
        {
            out.extend(self.branch(inner, next, depth, &other, "else"));
            return out;
        }
        self.path.push("else".to_owned());
        out.extend(self.body(otherwise, "else".to_owned(), String::new(), depth, &other));
        self.path.pop();
        out
    }

    /// The row of an arm or branch and what is below it.
    fn body(&mut self, body: &Body, label: String, text: String, depth: usize, ways: &[Taken]) -> Vec<Taken> {
        match body {
            Body::Goto(goto) => {
                let row = Row { depth, label, text, goal: self.outline.goal(goto), marks: Vec::new() };
                self.arrow(row, goto, EdgeKind::Arrow, self.label(), ways);
                falls(goto, ways)
            }
            Body::Block(block) => match self.shared(block, &text) {
                Some(shared) => self.shared_row(block, label, shared, depth, ways),
                None => {
                    self.rows.push(Row { depth, label, text, ..Row::default() });
                    self.block(block, depth + 1, ways)
                }
            },
        }
    }

    /// What a short block says, if it can share the row of its label.
    fn shared(&self, block: &Block, before: &str) -> Option<String> {
        let simple = |s: &Statement| match &s.kind {
            StatementKind::Goto(_) | StatementKind::Set { .. } | StatementKind::Return { .. } => true,
            StatementKind::Action(action) => {
                action.arms.is_none() && !matches!(action.subject, Subject::Transfer { .. } | Subject::Guard { .. })
            }
            _ => false,
        };
        if block.statements.len() > SHARED || !block.statements.iter().all(simple) {
            return None;
        }
        let said = block.statements.iter().filter(|s| !matches!(s.kind, StatementKind::Goto(_))).map(inline::head);
        let words: Vec<String> = Some(before.to_owned()).filter(|b| !b.is_empty()).into_iter().chain(said).collect();
        let text = words.join("  ");
        (text.chars().count() <= SHARED_CHARS).then_some(text)
    }

    fn shared_row(&mut self, block: &Block, label: String, text: String, depth: usize, ways: &[Taken]) -> Vec<Taken> {
        let mut row = Row { depth, label, text, ..Row::default() };
        let mut ways = ways.to_vec();
        let mut arrow = None;
        for statement in &block.statements {
            match &statement.kind {
                StatementKind::Goto(goto) => {
                    row.goal = self.outline.goal(goto);
                    arrow = Some((goto, std::mem::take(&mut ways)));
                    ways = falls(goto, arrow.as_ref().map_or(&[][..], |(_, w)| w));
                }
                _ if self.mark(statement, &mut row) => ways.clear(),
                _ => {}
            }
        }
        match arrow {
            Some((goto, by)) => self.arrow(row, goto, EdgeKind::Arrow, self.label(), &by),
            None => self.rows.push(row),
        }
        ways
    }

    /// Marks what a reader must not miss; whether nothing of the block can follow.
    fn mark(&mut self, statement: &Statement, row: &mut Row) -> bool {
        let (verb, ends) = match &statement.kind {
            StatementKind::Return { .. } => ("return", true),
            StatementKind::Action(action) => {
                let Some(decl) = registry::find(&action.verb.value) else { return false };
                let act = self.outline.act(statement.span);
                let at = act.map_or_else(|| circumstances(action), |act| act.at);
                if matches!(action.subject, Subject::Guard { .. }) {
                    row.marks.push(Mark::Guard);
                    self.guarded |= !at.ask;
                } else if at.outside && may_place(decl, action) {
                    row.marks.push(if self.guarded { Mark::Outside } else { Mark::Unguarded });
                }
                let given_away = decl.outcomes.iter().find(|o| o.terminal && o.possible(&at));
                if let Some(outcome) = given_away.filter(|_| action.arms.is_some()) {
                    row.goal = outcome.name.to_owned();
                }
                (decl.verb, decl.effects.ends || given_away.is_some())
            }
            _ => return false,
        };
        if ends {
            row.marks.push(Mark::End);
            let label = self.label();
            let end = End { from: self.card, row: self.rows.len(), label, verb: verb.to_owned() };
            self.outline.picture.ends.push(end);
        }
        ends
    }
}

/// Whether control goes on after an arrow, and by which ways.
fn falls(goto: &Goto, ways: &[Taken]) -> Vec<Taken> {
    match goto.target {
        crate::syntax::ast::GotoTarget::Next => ways.to_vec(),
        _ => Vec::new(),
    }
}

/// Whether a statement places legs; one that this version only knows by name does if it is aimed.
fn may_place(decl: &Decl, action: &Action) -> bool {
    decl.effects.places_leg || matches!(action.subject, Subject::Ring { .. })
}

/// What can be told of a statement's circumstances from its tree: any number may be outside.
pub fn circumstances(action: &Action) -> Circumstances {
    let targets: Vec<TargetKind> = match &action.subject {
        Subject::Transfer { target, .. } | Subject::Guard { target: Some(target), .. } => {
            TargetKind::from_name(&target.kind.value).into_iter().collect()
        }
        Subject::Ring { targets, .. } => targets.iter().filter_map(|t| TargetKind::from_name(&t.kind.value)).collect(),
        _ => Vec::new(),
    };
    let outside = |kind: &TargetKind| matches!(kind, TargetKind::Number | TargetKind::Pstn | TargetKind::Sip);
    let resume = action.settings.iter().any(|s| s.key.value == "resume" && s.value.value == ValueKind::Bool(true));
    let extension =
        |arm: &Arm| arm.labels.iter().any(|l| l.kind == LabelKind::Outcome(crate::step::EXTENSION.to_owned()));
    Circumstances {
        target: if targets.len() == 1 { targets.first().copied() } else { None },
        targets: targets.iter().copied().collect(),
        outside: targets.iter().any(outside),
        resume,
        ask: matches!(action.subject, Subject::Guard { target: Some(_), .. }),
        extension_arm: action.arms.iter().flatten().any(extension),
    }
}
