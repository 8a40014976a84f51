//! What to write, in the spelling of the YAML form.
//!
//! Rules propose lines of a `.flow`. Where the flow is a `.flow.yaml`, what stands in backticks in the help is put
//! into the other form here, so that no rule has to know two spellings. Messages stay: they quote, and propose nothing.

use std::collections::BTreeSet;

use crate::base::diagnostic::Diagnostic;
use crate::base::span::FileId;
use crate::syntax::shape;

/// Rewrites the help of each finding whose place is in a file of the YAML form.
pub fn in_yaml(found: &mut [Diagnostic], yaml: &BTreeSet<FileId>) {
    for finding in found.iter_mut().filter(|d| yaml.contains(&d.primary.span.file)) {
        finding.help = finding.help.take().map(|help| respelt(&help));
    }
}

/// A help with each piece of a flow in the other form.
pub fn respelt(help: &str) -> String {
    let parts = help.split('`').enumerate();
    // Every second part stands between backticks.
    let parts = parts.map(|(n, part)| if n % 2 == 1 { piece(part) } else { None }.unwrap_or_else(|| part.to_owned()));
    parts.collect::<Vec<_>>().join("`")
}

fn piece(code: &str) -> Option<String> {
    if let Some(doc) = code.strip_prefix("/// ") {
        return Some(format!("doc: {doc}"));
    }
    if let Some(flow) = code.strip_prefix("-> flow ") {
        return Some(format!("goto: {{flow: {}}}", flow.split('(').next().unwrap_or(flow)));
    }
    if let Some(step) = code.strip_prefix("-> ") {
        return Some(format!("goto: {step}"));
    }
    if let Some((before, step)) = code.split_once(" -> ") {
        return Some(match before.split_once("visits ").and_then(|(_, bound)| bound.split_once(' ')) {
            Some((max, _)) => format!("visits: {{max: {max}, otherwise: {step}}}"),
            // Keys of a telephone are quoted, so that `*` and `01` stay what they are.
            None if shape::is_keys(before) => format!("\"{before}\": {step}"),
            None => format!("{before}: {step}"),
        });
    }
    if let Some((name, value)) = code.strip_prefix("const ").and_then(|c| c.split_once(" = ")) {
        return Some(format!("const: {{{name}: {value}}}"));
    }
    if let Some(variable) = code.strip_prefix("var ") {
        let with = |at: &str, key: &str| {
            let (name, rest) = variable.split_once(at)?;
            Some(format!("var: {{{name}: {{{key}: {rest}}}}}"))
        };
        return with(" = ", "value").or_else(|| with(": ", "type"));
    }
    let (key, value) = code.split_once(' ')?;
    let setting = key == "guard" || shape::SETTINGS.contains(&key) || shape::HEADER_SETTINGS.contains(&key);
    let one = !value.trim_matches('"').contains([' ', '"']);
    (setting && one).then(|| format!("{key}: {}", value.trim_matches('"')))
}
