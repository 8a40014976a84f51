//! `prompt-missing`: every prompt exists in every language that the call can have.

use crate::base::diagnostic::Diagnostic;
use crate::graph::{FlowGraph, Op};
use crate::lint::Context;
use crate::lint::registry::{Found, Group, Rule, example};
use crate::step::decl::one_of;

pub const RULE: Rule = Rule {
    name: "prompt-missing",
    group: Group::Correctness,
    what: "Every prompt exists in every language that the flow can have.",
    why: "The caller would hear nothing, or the wrong language.",
    remedy: "Record the prompt, or correct its name.",
    good: example!("prompt-missing", "good"),
    bad: example!("prompt-missing", "bad"),
    found: Found::OnGraph(search),
};

/// A prompt that has no recording at all is found while checking.
fn search(context: &Context<'_>, graph: &FlowGraph, found: &mut Vec<Diagnostic>) {
    let Some(languages) = context.languages_of(graph) else { return };
    for op in &graph.nodes {
        let Op::Act(act) = op else { continue };
        for prompt in act.args.prompts().filter(|p| !p.recordings.contains_key("")) {
            let missing = languages.iter().find(|(language, _)| !prompt.recordings.contains_key(*language));
            let Some((language, place)) = missing else { continue };
            let name = &prompt.name;
            let have: Vec<&str> = prompt.recordings.keys().map(AsRef::as_ref).collect();
            let message = format!("prompt `{name}` does not exist in language `{language}`, only in {}", one_of(&have));
            let mut diagnostic = Diagnostic::error(RULE.name, prompt.span, message).help(format!(
                "record it as `prompts/{language}/{name}.wav`, or for all languages as `prompts/{name}.wav`"
            ));
            if let Some(place) = place.filter(|p| p.file == prompt.span.file) {
                diagnostic = diagnostic.also(place, format!("the call can have language `{language}` from here on"));
            }
            found.push(diagnostic);
        }
    }
}
