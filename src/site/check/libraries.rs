//! `libraries:`: folders of flows whose names begin with the library's.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::diagnostic::Diagnostic;
use crate::call::leg::Name;
use crate::site::model::Library;
use crate::syntax::reader::{self, Fields};

use super::names;

/// Folders of a site that hold something else.
const TAKEN: [&str; 4] = ["flows", "policies", "prompts", "tests"];

pub fn libraries(top: &mut Fields<'_, '_>) -> BTreeMap<Name, Library> {
    let mut libraries: BTreeMap<Name, Library> = BTreeMap::new();
    for entry in names::bounded(top, "libraries") {
        let out = top.out();
        let Some(name) = names::name(&entry.key, "library", out) else { continue };
        let Some(path) = reader::text(&entry.value, out) else { continue };
        let Some(parts) = parts(&path.value) else {
            let message = format!("`{}` is not a folder inside the site", reader::shorten(&path.value));
            let help = "write a path from the site's folder, such as `libs/bank`, without `..`";
            out.push(Diagnostic::error("bad-path", path.span, message).help(help));
            continue;
        };
        if let Some(taken) = parts.first().filter(|first| TAKEN.contains(first)) {
            let message = format!("`{}` is read already: a site has its own `{taken}`", reader::shorten(&path.value));
            let help = "keep the library in a folder of its own, such as `libs/bank`";
            out.push(Diagnostic::error("bad-path", path.span, message).help(help));
            continue;
        }
        let path_text: Arc<str> = Arc::from(parts.join("/"));
        let overlaps = |other: &Library| is_within(&other.path, &path_text) || is_within(&path_text, &other.path);
        if let Some((other, first)) = libraries.iter().find(|(_, l)| overlaps(l)) {
            let message = format!("libraries `{name}` and `{other}` share a folder");
            let found = Diagnostic::error("bad-path", path.span, message).also(first.span, "the other");
            out.push(found.help("give each library a folder of its own"));
            continue;
        }
        libraries.insert(name, Library { path: path_text, span: path.span });
    }
    libraries
}

/// The folders of a path below the site's; `None` for one that could leave it.
fn parts(path: &str) -> Option<Vec<&str>> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').filter(|part| *part != ".").collect();
    let inside = |part: &&str| !part.starts_with('.') && !part.is_empty() && part.chars().all(fine);
    (!parts.is_empty() && parts.iter().all(inside)).then_some(parts)
}

fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
