//! Reading flows in YAML, and any document: never a panic, and every place is one.

use strowger::base::diagnostic;
use strowger::base::span::FileId;
use strowger::fmt::Form;
use strowger::syntax::document;
use strowger::syntax::yaml::parse_yaml_flow_bytes;

use super::corpus::{Kind, read};
use super::places;
use super::shake::shake_flows;

#[test]
fn yaml_flows_are_read() {
    shake_flows(Kind::Yaml, |_, sample, notes| {
        let (tree, found) = parse_yaml_flow_bytes(FileId(0), &sample.bytes);
        places::shown(FileId(0), &sample.bytes, &found);
        notes.found(&found);
        let (nodes, _, of_document) = document::parse_bytes(FileId(0), &sample.bytes);
        places::shown(FileId(0), &sample.bytes, &of_document);
        let Ok(text) = std::str::from_utf8(&sample.bytes) else {
            assert!(diagnostic::has_errors(&found), "no UTF-8, and nothing is said");
            return;
        };
        places::of_tree(&tree, text, false);
        places::of_nodes(&nodes, text);
        let (again, comments, _) = read(Form::Yaml, FileId(0), text);
        assert_eq!(tree, again, "read twice");
        for comment in &comments {
            let (start, end) = (comment.span.start as usize, comment.span.end as usize);
            assert!(text.get(start..end).is_some_and(|t| t.starts_with('#')), "a comment: {comment:?}");
        }
        if !diagnostic::has_errors(&found) {
            notes.count("read whole");
        }
        if diagnostic::has_errors(&of_document) {
            assert!(diagnostic::has_errors(&found), "no YAML, and a flow");
        }
    });
}
