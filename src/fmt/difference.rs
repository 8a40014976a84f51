//! Where two trees first differ, in words.

use crate::syntax::ast::{File, Flow, Item};

/// The first part that the second tree says otherwise; `None` if they are equal.
pub(super) fn first(a: &File, b: &File) -> Option<String> {
    if a == b {
        return None;
    }
    if a.items.len() != b.items.len() {
        return Some("how many flows and constants there are".to_owned());
    }
    a.items.iter().zip(&b.items).find_map(|(a, b)| match (a, b) {
        (a, b) if a == b => None,
        (Item::Flow(a), Item::Flow(b)) => Some(in_flow(a, b)),
        (Item::Constant(c), _) => Some(format!("the constant `{}`", c.name.value)),
        (Item::Flow(flow), Item::Constant(_)) => Some(format!("the flow `{}`", flow.name.value)),
    })
}

fn in_flow(a: &Flow, b: &Flow) -> String {
    let name = &a.name.value;
    if a.steps.len() != b.steps.len() {
        return format!("how many steps `{name}` has");
    }
    for (a, b) in a.steps.iter().zip(&b.steps) {
        if a == b {
            continue;
        }
        let step = &a.name.value;
        let differs = a.body.statements.iter().zip(&b.body.statements).position(|(a, b)| a != b);
        return match differs {
            Some(n) => format!("statement {} of step `{step}` of `{name}`", n + 1),
            None => format!("step `{step}` of `{name}`"),
        };
    }
    format!("the head of `{name}`")
}
