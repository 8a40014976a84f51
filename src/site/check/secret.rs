//! Secrets by reference. A value in the file is refused: the file is kept in git.

use crate::base::diagnostic::Diagnostic;
use crate::site::model::Secret;
use crate::syntax::document::Node;
use crate::syntax::reader;

const HELP: &str = "write `env:NAME` (an environment variable), `file:PATH` (a file outside git), or `generated` \
                    (made at the first start)";

/// `env:NAME`, `file:PATH` or `generated`. `what` is `password` or `token`.
pub fn secret(node: &Node, what: &str, out: &mut Vec<Diagnostic>) -> Option<Secret> {
    let text = reader::text(node, out)?;
    let written = text.value.as_str();
    if written == "generated" {
        return Some(Secret::Generated);
    }
    if let Some(name) = written.strip_prefix("env:") {
        let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Some(Secret::Env(name.to_owned()));
        }
        let message = format!("`{}` is not the name of an environment variable", reader::shorten(name));
        let help = "write letters, digits and `_`, such as `env:RAVI_SIP`";
        out.push(Diagnostic::error("bad-name", text.span, message).help(help));
        return None;
    }
    if let Some(path) = written.strip_prefix("file:") {
        if !path.trim().is_empty() && !path.contains('\0') {
            return Some(Secret::File(path.to_owned()));
        }
        let help = "write a path from the site's folder, such as `file:secrets/ravi`";
        out.push(Diagnostic::error("bad-path", text.span, "`file:` names no file").help(help));
        return None;
    }
    // The message must not repeat what may be a real secret.
    let message = format!("a {what} stands in the file itself");
    out.push(Diagnostic::error("secret-in-file", text.span, message).label("a literal secret").help(HELP));
    None
}
