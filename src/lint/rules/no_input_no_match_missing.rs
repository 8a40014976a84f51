//! `no-input-no-match-missing`: a caller who is silent and one who presses a wrong key are told so.

use crate::base::diagnostic::{Diagnostic, Severity};
use crate::base::value::Value;
use crate::graph::{Act, FlowGraph};
use crate::lint::Context;
use crate::lint::nodes;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::args::{Operand, PromptArg};

pub const RULE: Rule = Rule {
    name: "no-input-no-match-missing",
    group: Group::Experience,
    what: "A caller who is silent and one who presses a wrong key hear different words.",
    why: "Who hears the same menu again does not know what went wrong, and does it again. A menu that only repeats itself is information; one that says the same to both is a warning.",
    remedy: "Give the menu `silent` and `invalid`, each with a recording of its own.",
    good: example!("no-input-no-match-missing", "good"),
    bad: example!("no-input-no-match-missing", "bad"),
    found: Found::OnGraph(search),
};

fn search(_: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    for (id, act) in nodes::acts(graph).filter(|(_, act)| act.decl.verb == "menu") {
        let Some(place) = graph.place(id) else { continue };
        let (silent, invalid) = (nodes::prompts(act, "silent"), nodes::prompts(act, "invalid"));
        let (severity, message) = match (silent.is_empty(), invalid.is_empty()) {
            // One try: nothing is said before it is over.
            _ if nodes::known(act, "tries") == Some(&Value::Int(1)) => continue,
            (false, false) if same(silent, invalid) => {
                (Severity::Warning, "a silent caller and one who pressed a wrong key hear the same")
            }
            (false, false) => continue,
            (false, true) if same(silent, nodes::spoken(act)) => {
                (Severity::Warning, "a silent caller and one who pressed a wrong key hear the same")
            }
            (true, true) => {
                (Severity::Info, "a silent caller and one who pressed a wrong key only hear the menu again")
            }
            (true, false) => (Severity::Info, "a silent caller only hears the menu again"),
            (false, true) => (Severity::Info, "a caller who pressed a wrong key only hears the menu again"),
        };
        found.push(
            Diagnostic::new(RULE.name, severity, place.span, message)
                .label(missing(act))
                .help("write `silent \"..\"` and `invalid \"..\"`, each with a recording of its own"),
        );
    }
}

fn same(one: &[PromptArg], other: &[PromptArg]) -> bool {
    let equal = |pair: (&PromptArg, &PromptArg)| match pair {
        (PromptArg::Recorded(one), PromptArg::Recorded(other)) => one.name == other.name,
        (PromptArg::Spoken(one), PromptArg::Spoken(other)) => match (&one.text, &other.text) {
            (Operand::Const(one), Operand::Const(other)) => one == other,
            _ => false,
        },
        _ => false,
    };
    one.len() == other.len() && one.iter().zip(other).all(equal)
}

fn missing(act: &Act) -> &'static str {
    match (nodes::prompts(act, "silent").is_empty(), nodes::prompts(act, "invalid").is_empty()) {
        (true, true) => "neither `silent` nor `invalid`",
        (true, false) => "no `silent`",
        (false, true) => "no `invalid`",
        (false, false) => "both are one recording",
    }
}
