//! The grammar's rules in words.

use crate::syntax::parse::Rule;

/// `a step, a name or a value`: what the grammar would have accepted, without repeats.
pub(super) fn list(rules: &[Rule]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in rules.iter().filter_map(|r| of(*r)) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.sort_unstable();
    match words.split_last() {
        None => String::new(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

fn of(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::name | Rule::qualified => "a name",
        Rule::value
        | Rule::string
        | Rule::long_text
        | Rule::spoken
        | Rule::list
        | Rule::duration
        | Rule::percent
        | Rule::number
        | Rule::flag => "a value",
        Rule::expr => "an expression in `( )`",
        Rule::type_name => "a type",
        Rule::params | Rule::param => "parameters in `( )`",
        Rule::args | Rule::arg => "arguments in `( )`",
        Rule::result | Rule::outcome => "an outcome",
        Rule::step | Rule::k_step => "`step`",
        Rule::block => "a block in `{ }`",
        Rule::arms => "arms in `{ }`",
        Rule::arm | Rule::label | Rule::keys | Rule::timed | Rule::timed_kind => "an arm",
        Rule::body => "an arrow or a block",
        Rule::goto => "an arrow",
        Rule::setting | Rule::key => "a setting",
        Rule::header | Rule::constant | Rule::variable | Rule::default | Rule::guard_use | Rule::fallback => {
            "a line of the flow's head"
        }
        Rule::statement
        | Rule::branch
        | Rule::switch
        | Rule::split
        | Rule::assign
        | Rule::give
        | Rule::action
        | Rule::head
        | Rule::verb => "a statement",
        Rule::target | Rule::kind => "a target such as `user dana`",
        Rule::bound | Rule::k_visits => "`visits`",
        Rule::integer => "a whole number",
        Rule::k_otherwise => "`otherwise`",
        Rule::k_to => "`to`",
        Rule::item | Rule::flow | Rule::subflow | Rule::item_constant => "a flow",
        Rule::doc | Rule::k_goto | Rule::mode | Rule::order => return None,
        _ => return None,
    })
}
