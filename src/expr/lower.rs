//! rhai's tree to ours: checks types and counts operations on the way, and finds every mistake.

use super::calls::{self, Argument};
use super::error::{ExprError, rule};
use super::functions;
use super::node::Node;
use super::ops::{Arith, Compare};
use super::resolve::{Resolved, Used};
use super::scan::{Kind as TokenKind, Scan};
use super::types::{self, Kind, Side, shortened};
use crate::base::limits::{MAX_EXPR_OPERATIONS, MAX_LIST_LEN};
use crate::base::value::{Type, Value};
use rhai::{ASTFlags, Expr as Ast, FlowControl, FnCallExpr, Position, Stmt, StmtBlock};
use std::sync::Arc;

type At = (usize, usize);

/// A checked part of the expression.
pub(super) struct Part {
    pub node: Node,
    pub ty: Option<Type>,
    at: At,
    /// Of a list literal: the type and place of each element.
    elements: Vec<(Option<Type>, At)>,
}

impl Part {
    fn new(node: Node, ty: Option<Type>, at: At) -> Self {
        Self { node, ty, at, elements: Vec::new() }
    }

    /// What stands where an error was reported: any type, so that no second error follows from it.
    fn unknown(at: At) -> Self {
        Self::new(Node::Rhai, None, at)
    }
}

pub(super) struct Lower<'a> {
    pub scan: &'a Scan<'a>,
    pub resolved: &'a Resolved,
    pub errors: Vec<ExprError>,
    /// Operations a run takes at most, counted as rhai counts them.
    pub operations: u64,
    /// Whether some part is evaluated by rhai only.
    pub needs_rhai: bool,
    /// Whether some part can fail although every variable has a value; see `Expr::can_fail`.
    pub fallible: bool,
}

/// One element of a chain `a.b(c)[d]` after its base.
enum Link<'a> {
    Field(&'a str, Position),
    Method(&'a FnCallExpr, Position),
    Index(&'a Ast),
}

impl Lower<'_> {
    /// Checks the whole expression.
    pub fn run(&mut self, statements: &[Stmt]) -> Part {
        let whole = (0, self.scan.source.len());
        let part = self.statements(statements, whole);
        if self.operations > MAX_EXPR_OPERATIONS {
            let message = format!("the expression may take more than {MAX_EXPR_OPERATIONS} operations");
            self.errors.push(ExprError::new(rule::TOO_LARGE, whole, message).help("put long lists into a `const`"));
        }
        part
    }

    fn offset(&self, pos: Position) -> usize {
        self.scan.offset(pos.line().unwrap_or(1), pos.position().unwrap_or(1))
    }

    /// The index and the extent of the token at a position.
    fn token(&self, pos: Position) -> (usize, At) {
        let start = self.offset(pos);
        let index = self.scan.index_at(start);
        let end = self.scan.tokens.get(index).map_or(self.scan.source.len(), |t| t.end);
        (index, (start, end.max(start)))
    }

    fn source(&self, at: At) -> &str {
        self.scan.source.get(at.0..at.1).unwrap_or("")
    }

    fn side<'b>(&'b self, part: &Part) -> Side<'b> {
        Side { source: self.source(part.at), ty: part.ty }
    }

    fn refuse(&mut self, at: At, message: impl Into<String>, help: &str) -> Part {
        self.errors.push(ExprError::new(rule::SYNTAX, at, message).help(help));
        Part::unknown(at)
    }

    fn mismatch(&mut self, at: At, message: String, help: &str) {
        let error = ExprError::new(rule::TYPE_MISMATCH, at, message);
        self.errors.push(if help.is_empty() { error } else { error.help(help) });
    }

    fn statements(&mut self, statements: &[Stmt], at: At) -> Part {
        match statements {
            [Stmt::Expr(expr)] => self.expr(expr),
            [Stmt::If(parts, pos)] => self.branch(parts, *pos),
            [Stmt::FnCall(call, pos)] => self.call(call, *pos),
            [Stmt::Block(block)] => self.statements(block.statements(), at),
            _ => self.refuse(at, "this is a statement, not a value", "an expression gives one value"),
        }
    }

    fn expr(&mut self, expr: &Ast) -> Part {
        self.operations += 1;
        match expr {
            Ast::BoolConstant(b, pos) => self.constant(Value::Bool(*b), *pos),
            Ast::IntegerConstant(n, pos) => self.constant(Value::Int(*n), *pos),
            Ast::FloatConstant(n, pos) => self.constant(Value::Float(**n), *pos),
            Ast::StringConstant(text, pos) => self.constant(Value::text(text.as_str()), *pos),
            Ast::Variable(name, _, pos) => self.variable(&name.1, *pos),
            Ast::Array(items, pos) => self.list(items, *pos),
            Ast::Map(entries, pos) => {
                self.needs_rhai = true;
                let (index, at) = self.token(*pos);
                if entries.0.len() > MAX_LIST_LEN {
                    let message = format!("the map has {} entries, and {MAX_LIST_LEN} are allowed", entries.0.len());
                    self.errors.push(ExprError::new(rule::TOO_LARGE, at, message));
                }
                for (_, value) in &entries.0 {
                    self.expr(value);
                }
                Part::new(Node::Rhai, Some(Type::Map), (at.0, self.scan.closing_end(index)))
            }
            Ast::FnCall(call, pos) => self.call(call, *pos),
            Ast::And(parts, _) => self.logic("&&", parts, Node::And),
            Ast::Or(parts, _) => self.logic("||", parts, Node::Or),
            Ast::Dot(..) | Ast::Index(..) => self.chain(expr),
            Ast::Stmt(block) => self.block(block),
            Ast::Unit(pos) => {
                let at = self.token(*pos).1;
                self.refuse(at, "there is nothing between the parentheses", "write a value")
            }
            other => {
                let at = self.token(other.start_position()).1;
                self.refuse(at, "expressions have no such form", "see the operators and functions of expressions")
            }
        }
    }

    fn constant(&mut self, value: Value, pos: Position) -> Part {
        let (index, mut at) = self.token(pos);
        // A sign is a part of the number that follows it, also behind parentheses.
        if matches!(self.source(at), "-" | "+") {
            let number = self.scan.tokens.iter().skip(index).find(|t| t.kind == TokenKind::Number);
            at.1 = number.map_or(at.1, |t| t.end);
        }
        let ty = value.type_of();
        Part::new(Node::Const(value), ty, at)
    }

    fn variable(&mut self, name: &str, pos: Position) -> Part {
        let at = self.token(pos).1;
        if let Some(used) = self.resolved.use_at(at.0) {
            let at = (used.start, used.end);
            let part = match &used.what {
                Used::Root(index) => {
                    let root = self.resolved.roots.get(*index);
                    root.map(|(path, ty)| Part::new(Node::Root(path.clone()), Some(*ty), at))
                }
                Used::Constant(name) => {
                    let slot = self.resolved.slots.get(name);
                    slot.map(|(slot, ty)| Part::new(Node::Slot(*slot, Arc::clone(name)), *ty, at))
                }
                Used::Unknown => None,
            };
            return part.unwrap_or_else(|| Part::unknown(at));
        }
        match self.resolved.slots.get_key_value(name) {
            Some((name, (slot, ty))) => Part::new(Node::Slot(*slot, Arc::clone(name)), *ty, at),
            // Reported when names were resolved.
            None => Part::unknown(at),
        }
    }

    fn list(&mut self, items: &[Ast], pos: Position) -> Part {
        let (index, at) = self.token(pos);
        let at = (at.0, self.scan.closing_end(index));
        if items.len() > MAX_LIST_LEN {
            let message = format!("the list has {} elements, and {MAX_LIST_LEN} are allowed", items.len());
            self.errors.push(ExprError::new(rule::TOO_LARGE, at, message).help("put it into the site as a list"));
        }
        let parts: Vec<Part> = items.iter().map(|item| self.expr(item)).collect();
        let elements = parts.iter().map(|p| (p.ty, p.at)).collect();
        let constant: Option<Vec<Value>> = parts
            .iter()
            .map(|p| match &p.node {
                Node::Const(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        let node = match constant {
            Some(values) => Node::Const(Value::List(values.into())),
            None => Node::List(parts.into_iter().map(|p| p.node).collect()),
        };
        Part { node, ty: Some(Type::List), at, elements }
    }

    fn block(&mut self, block: &StmtBlock) -> Part {
        let at = self.token(block.position()).1;
        self.statements(block.statements(), at)
    }

    fn branch(&mut self, parts: &FlowControl, pos: Position) -> Part {
        // rhai counts the statement, its block and the block's statement.
        self.operations += 3;
        let mut at = self.token(pos).1;
        let condition = self.expr(&parts.expr);
        self.must_be_bool("if", &condition);
        let yes = self.block(&parts.body);
        if parts.branch.statements().is_empty() {
            at.1 = yes.at.1;
            let help = "write `if a { b } else { c }`: an expression always has a value";
            return self.refuse(at, "an `if` in an expression needs an `else`", help);
        }
        let no = self.block(&parts.branch);
        at.1 = self.scan.tokens.iter().find(|t| t.start >= no.at.1).map_or(no.at.1, |t| t.end);
        let ty = types::either(yes.ty, no.ty).unwrap_or_else(|()| {
            let words = |ty: Option<Type>| ty.map_or("unknown", types::a);
            let message = format!("the branches are unlike: one is {}, the other {}", words(yes.ty), words(no.ty));
            self.mismatch(at, message, "give both branches one type");
            None
        });
        Part::new(Node::If(Box::new((condition.node, yes.node, no.node))), ty, at)
    }

    fn must_be_bool(&mut self, operator: &str, part: &Part) {
        self.fallible |= part.ty.is_none();
        match part.ty {
            None | Some(Type::Bool) => {}
            Some(Type::Secret) => self.errors.push(types::secret(part.at, self.source(part.at))),
            Some(ty) => {
                let quoted = shortened(self.source(part.at));
                let message = format!("`{operator}` needs true or false, and `{quoted}` is {}", types::a(ty));
                self.mismatch(part.at, message, "compare it with something, as `x > 0` or `x != \"\"`");
            }
        }
    }

    fn logic(&mut self, operator: &str, parts: &[Ast], node: fn(Vec<Node>) -> Node) -> Part {
        let parts: Vec<Part> = parts.iter().map(|p| self.expr(p)).collect();
        for part in &parts {
            self.must_be_bool(operator, part);
        }
        let at = (parts.first().map_or(0, |p| p.at.0), parts.last().map_or(0, |p| p.at.1));
        Part::new(node(parts.into_iter().map(|p| p.node).collect()), Some(Type::Bool), at)
    }

    fn call(&mut self, call: &FnCallExpr, pos: Position) -> Part {
        let (index, at) = self.token(pos);
        let word = self.source(at);
        let is_in = call.name.as_str() == "contains" && matches!(word, "in" | "!");
        self.operations += 1;
        match call.args.as_slice() {
            [haystack, needle] if is_in => self.contained(needle, haystack),
            [inner] if call.op_token.is_some() => self.unary(call.name.as_str(), inner, at),
            [left, right] if call.op_token.is_some() => self.binary(call.name.as_str(), left, right, at),
            args => {
                let at = (at.0, self.scan.closing_end(index + 1));
                let args: Vec<Part> = args.iter().map(|a| self.expr(a)).collect();
                self.function(call.name.as_str(), args, false, at)
            }
        }
    }

    fn unary(&mut self, operator: &str, inner: &Ast, at: At) -> Part {
        let part = self.expr(inner);
        let at = (at.0, part.at.1);
        match operator {
            "!" => {
                self.must_be_bool("!", &part);
                Part::new(Node::Not(Box::new(part.node)), Some(Type::Bool), at)
            }
            "-" => {
                self.fallible |= part.ty.is_none();
                match part.ty {
                    None | Some(Type::Number) => {}
                    Some(Type::Secret) => self.errors.push(types::secret(at, self.source(part.at))),
                    Some(ty) => {
                        let quoted = shortened(self.source(part.at));
                        self.mismatch(at, format!("`-` needs a number, and `{quoted}` is {}", types::a(ty)), "");
                    }
                }
                Part::new(Node::Negate(Box::new(part.node)), Some(Type::Number), at)
            }
            _ => self.refuse(at, format!("`{operator}` before a value does nothing"), "leave it out"),
        }
    }

    fn binary(&mut self, operator: &str, left: &Ast, right: &Ast, operator_at: At) -> Part {
        let (left, right) = (self.expr(left), self.expr(right));
        let at = (left.at.0, right.at.1);
        self.fallible |= left.ty.is_none() || right.ty.is_none() || matches!(operator, "/" | "%");
        if let Some(op) = Arith::ALL.into_iter().find(|op| op.symbol() == operator) {
            let ty = types::arith(op, self.side(&left), self.side(&right), at).unwrap_or_else(|error| {
                self.errors.push(error);
                None
            });
            return Part::new(Node::Arith(op, Box::new((left.node, right.node))), ty, at);
        }
        if let Some(op) = Compare::ALL.into_iter().find(|op| op.symbol() == operator) {
            if let Err(error) = types::compare(op, self.side(&left), self.side(&right), at) {
                self.errors.push(error);
            }
            return Part::new(Node::Compare(op, Box::new((left.node, right.node))), Some(Type::Bool), at);
        }
        let help = "the operators are + - * / %, == != < <= > >=, && || ! and `in`";
        self.refuse(operator_at, format!("there is no operator `{operator}`"), help)
    }

    /// `needle in haystack`
    fn contained(&mut self, needle: &Ast, haystack: &Ast) -> Part {
        let (haystack, needle) = (self.expr(haystack), self.expr(needle));
        let at = (needle.at.0, haystack.at.1);
        self.fallible |= needle.ty.is_none() || haystack.ty.is_none();
        let secret = [&needle, &haystack].into_iter().find(|p| p.ty == Some(Type::Secret)).map(|p| p.at);
        if let Some(secret) = secret {
            self.errors.push(types::secret(at, self.source(secret)));
        } else if matches!(needle.ty, Some(Type::List | Type::Map)) {
            let quoted = shortened(self.source(needle.at));
            self.mismatch(
                at,
                format!("`in` looks for one value, and `{quoted}` is {}", needle.ty.map_or("", types::a)),
                "",
            );
        } else {
            match haystack.ty.map(types::kind) {
                None => {}
                Some(Kind::List) => {
                    for (ty, place) in &haystack.elements {
                        let element = Side { source: self.source(*place), ty: *ty };
                        if let Err(error) = types::compare(Compare::Equal, self.side(&needle), element, *place) {
                            self.errors.push(error);
                            break;
                        }
                    }
                }
                Some(Kind::Text | Kind::Map) if needle.ty.is_none_or(|ty| types::kind(ty) == Kind::Text) => {}
                Some(Kind::Text | Kind::Map) => {
                    self.errors.push(types::unlike(self.side(&needle), self.side(&haystack), at));
                }
                Some(_) => {
                    let quoted = shortened(self.source(haystack.at));
                    let is = haystack.ty.map_or("", types::a);
                    let message = format!("`in` looks into a list, a map or text, and `{quoted}` is {is}");
                    self.mismatch(at, message, "write the values in brackets: `x in [1, 2]`");
                }
            }
        }
        Part::new(Node::In(Box::new((haystack.node, needle.node))), Some(Type::Bool), at)
    }

    fn chain(&mut self, expr: &Ast) -> Part {
        let mut links = Vec::new();
        let base = flatten(expr, &mut links);
        let mut part = self.expr(base);
        for link in links {
            self.operations += 2;
            part = match link {
                Link::Field(name, pos) => self.field(part, name, pos),
                Link::Method(call, pos) => {
                    let (index, at) = self.token(pos);
                    let at = (part.at.0, self.scan.closing_end(index + 1).max(at.1));
                    let mut args = vec![part];
                    args.extend(call.args.iter().map(|a| self.expr(a)));
                    self.function(call.name.as_str(), args, true, at)
                }
                Link::Index(index) => self.index(part, index),
            };
        }
        part
    }

    fn field(&mut self, object: Part, name: &str, pos: Position) -> Part {
        self.fallible = true;
        let field_at = self.token(pos).1;
        let at = (object.at.0, field_at.1);
        if let Node::Slot(slot, row) = &object.node
            && let Some(columns) = self.resolved.columns.get(slot)
        {
            let Some((_, ty)) = columns.iter().find(|(column, _)| **column == *name) else {
                let known = columns.iter().map(|(column, _)| column.as_ref());
                let help = match super::near::nearest(name, known.clone()) {
                    Some(column) => format!("did you mean `{column}`?"),
                    None => format!("its columns are {}", super::near::listed(known)),
                };
                let message = format!("row `{row}` has no column `{name}`");
                self.errors.push(ExprError::new(rule::UNKNOWN_FIELD, field_at, message).help(help));
                return Part::unknown(at);
            };
            return Part { ty: Some(*ty), ..Part::new(Node::Field(Box::new(object.node), Arc::from(name)), None, at) };
        }
        match object.ty {
            None | Some(Type::Map) => {}
            Some(Type::Secret) => self.errors.push(types::secret(at, self.source(object.at))),
            Some(ty) => {
                let message = format!("{} has no field `{name}`", types::a(ty));
                let is_method =
                    functions::named(name).any(|f| f.method && f.params.first().is_some_and(|p| p.takes(ty)));
                let help = is_method.then(|| format!("it is a method: `.{name}()`"));
                self.errors.push(ExprError::new(rule::UNKNOWN_FIELD, field_at, message).maybe_help(help));
                return Part::unknown(at);
            }
        }
        Part::new(Node::Field(Box::new(object.node), Arc::from(name)), None, at)
    }

    fn index(&mut self, object: Part, index: &Ast) -> Part {
        self.needs_rhai = true;
        self.fallible = true;
        let index = self.expr(index);
        let close = self.scan.tokens.iter().find(|t| t.start >= index.at.1 && self.scan.text(**t) == "]");
        let at = (object.at.0, close.map_or(index.at.1, |t| t.end));
        let wanted = match object.ty.map(types::kind) {
            None => None,
            Some(Kind::List | Kind::Text) => Some(Type::Number),
            Some(Kind::Map) => Some(Type::Text),
            Some(Kind::Secret) => {
                self.errors.push(types::secret(at, self.source(object.at)));
                None
            }
            Some(_) => {
                let quoted = shortened(self.source(object.at));
                let is = object.ty.map_or("", types::a);
                let message = format!("only lists, maps and texts can be indexed, and `{quoted}` is {is}");
                self.mismatch(at, message, "");
                None
            }
        };
        if let (Some(wanted), Some(given)) = (wanted, index.ty)
            && types::kind(wanted) != types::kind(given)
        {
            let message = format!("this index must be {}, not {}", types::a(wanted), types::a(given));
            self.mismatch(index.at, message, "lists and texts are indexed from 0, maps by a key in quotes");
        }
        let text = object.ty.is_some_and(|ty| types::kind(ty) == Kind::Text);
        Part::new(Node::Rhai, text.then_some(Type::Text), at)
    }

    fn function(&mut self, name: &str, args: Vec<Part>, method: bool, at: At) -> Part {
        if args.iter().any(|a| a.ty == Some(Type::Secret)) && functions::named(name).next().is_some() {
            let secret = args.iter().find(|a| a.ty == Some(Type::Secret)).map_or(at, |a| a.at);
            self.errors.push(types::secret(at, self.source(secret)));
            return Part::unknown(at);
        }
        match calls::choose(self.scan.source, name, &arguments(&args), method, at) {
            Ok((name, ty)) => {
                self.fallible |= functions::can_fail(name) || args.iter().any(|a| a.ty.is_none());
                Part::new(Node::Call(name, args.into_iter().map(|a| a.node).collect()), ty, at)
            }
            Err(error) => {
                self.errors.push(error);
                Part::unknown(at)
            }
        }
    }
}

/// The base of a chain; its links are appended in the order they are written. rhai nests chains to
/// the right, and a flag ends the inner ones.
fn flatten<'a>(expr: &'a Ast, links: &mut Vec<Link<'a>>) -> &'a Ast {
    let (pair, mut flags, mut dotting) = match expr {
        Ast::Dot(pair, flags, _) => (pair, *flags, true),
        Ast::Index(pair, flags, _) => (pair, *flags, false),
        base => return base,
    };
    let base = flatten(&pair.lhs, links);
    let mut rest = &pair.rhs;
    loop {
        let goes_on = dotting || !flags.contains(ASTFlags::BREAK);
        match rest {
            Ast::Dot(pair, next, _) | Ast::Index(pair, next, _) if goes_on => {
                links.push(link(&pair.lhs, dotting));
                (flags, dotting) = (*next, matches!(rest, Ast::Dot(..)));
                rest = &pair.rhs;
            }
            last => {
                links.push(link(last, dotting));
                return base;
            }
        }
    }
}

fn link(expr: &Ast, dotting: bool) -> Link<'_> {
    match expr {
        Ast::Property(names, pos) if dotting => Link::Field(names.2.as_str(), *pos),
        Ast::MethodCall(call, pos) if dotting => Link::Method(call, *pos),
        index => Link::Index(index),
    }
}

fn arguments(parts: &[Part]) -> Vec<Argument> {
    parts.iter().map(|p| Argument { ty: p.ty, at: p.at }).collect()
}
