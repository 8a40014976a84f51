//! What flows do with what a site declares: names that exist, rows with typed columns, and what of a row
//! may be dialled.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it did not expect shall fail there"
)]

use std::sync::Arc;

use strowger::base::diagnostic::Severity;
use strowger::base::span::FileId;
use strowger::interp::Frame;
use strowger::lint;
use strowger::syntax::parse::parse_flow;

use crate::flow::fake::Fake;
use crate::flow::site::{policies, site};
use crate::syntax::{golden, rendered};

fn flow(body: &str) -> String {
    format!(
        "flow main {{\n  guard standard\n  var x = \"\"\n  step start {{\n    answer\n    {body}\n    hangup\n  }}\n}}\n"
    )
}

/// What the flow asks of the call, or what is wrong with it.
fn run(text: &str, caller: &str) -> Result<Vec<String>, String> {
    let (file, read) = parse_flow(FileId(0), text);
    let files = [file];
    let (flows, compiled) = lint::compile(&site(), &policies(), &files);
    let mut found = lint::join(&files, read, compiled);
    // Taste, such as an owner's name, is not what these flows are about.
    found.retain(|d| d.severity == Severity::Error || d.rule == "outcome-impossible");
    if !found.is_empty() {
        return Err(rendered("main.flow", text, &found));
    }
    let mut frame = Frame::new(Arc::clone(&flows.graphs["main"]), &[]).unwrap();
    let mut fake = Fake { caller: caller.to_owned(), answered: true, ..Fake::default() };
    frame.run(&mut fake);
    Ok(fake.acts)
}

const ANN: &str = "+442079460001";

#[test]
fn a_row_has_what_its_columns_say() {
    let body = "lookup customers key (caller.number) {\n      \
                found(row) { tag who \"${row.name}, ${row.visits + 1}\"  if (row.visits > 2) { tag often true } }\n      \
                not_found  { tag who \"nobody\" }\n      otherwise  -> next\n    }";
    let acts = |caller| run(&flow(body), caller).unwrap();
    assert_eq!(acts(ANN), ["tag who=Ann, 4", "tag often=true", "hangup"]);
    assert_eq!(acts("+442079460002"), ["tag who=nobody", "hangup"]);
}

#[test]
fn a_number_and_an_extension_of_a_row_may_be_dialled() {
    let dial = |target: &str| {
        let body = format!(
            "lookup customers key (caller.number) {{\n      \
             found(row) {{ transfer to {target} {{ otherwise -> next }} }}\n      otherwise -> next\n    }}"
        );
        run(&flow(&body), ANN).unwrap_or_else(|found| panic!("{found}")).remove(0)
    };
    assert!(dial("number (row.manager)").starts_with("transfer number +442071838750 tainted=false"));
    assert!(dial("pstn (row.manager)").starts_with("transfer pstn +442071838750 tainted=false"));
    assert!(dial("extension (row.desk)").starts_with("transfer extension 102"));
}

#[test]
fn mistakes_with_declared_names_are_told() {
    let wrong = [
        // A text is no number, also by a detour.
        "lookup customers key (caller.number) { found(row) { transfer to number (row.name) { otherwise -> next } } otherwise -> next }",
        "lookup customers key (caller.number) { found(row) { transfer to number (row[\"manager\"]) { otherwise -> next } } otherwise -> next }",
        "lookup customers key (caller.number) { found(row) { set x = (row.name) } otherwise -> next }\n    transfer to number (x) { otherwise -> next }",
        "lookup customers key (caller.number) { found(row) { tag a (row.nam) } otherwise -> next }",
        "lookup customers key (caller.number) { found(row) { tag a (row.colour) } otherwise -> next }",
        "lookup customers key (caller.number) { found(row) { if (row.visits == \"3\") { tag a 1 } } otherwise -> next }",
        "lookup custmers key (caller.number) { otherwise -> next }",
        "lookup customers { otherwise -> next }",
        "lookup customers key 3 { otherwise -> next }",
        "lookup \"customers\" key \"a\" { otherwise -> next }",
        "lookup customers key \"a\" { found -> next }",
        "hours offise { otherwise -> next }",
        "hours office { open -> next }",
        "hours office { holiday(name) -> next }",
        "hours office { open(name) -> next  otherwise -> next }",
        "hours office { open -> next  closed -> next  otherwise -> next }",
        "if (hours.offise == \"open\") { tag a 1 }",
        "if (hours.office.holidy == \"\") { tag a 1 }",
        "if (hours.office > 9) { tag a 1 }",
    ];
    let told = wrong.map(|body| run(&flow(body), ANN).err().unwrap_or_else(|| format!("nothing is said of: {body}\n")));
    golden("tests/declared/mistakes.stderr", &told.join("\n"));
    for (body, told) in wrong.iter().zip(&told) {
        assert!(!told.starts_with("nothing"), "{body}");
    }
}
