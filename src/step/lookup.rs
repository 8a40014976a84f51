//! `lookup TABLE key (k)`: finds a row of a table of the site.

use std::sync::Arc;

use crate::base::value::Type;
use crate::call::spec::Completion;

use super::args::{Failure, Request, SubjectArg};
use super::cx::Exec;
use super::decl::{Decl, Effects, Kind, Named, Needs, Outcome, Preset, Setting, Subject, When, Work};
use super::outcomes::FAILED;

pub const DECL: Decl = Decl {
    verb: "lookup",
    summary: "Finds the row of a table that has a key.",
    docs: "The table is the site's, under `tables:`. `found(row)` binds the row; its columns are `row.COLUMN`, each of \
           the type that the table gives it. A `phone` column may be dialled, a `text` column may not. A table of the \
           site is at hand, so that `timeout` never passes; it is kept for tables that will not be.",
    example: "flow main {\n  guard standard\n  step start {\n    answer\n    lookup customers key (caller.number) {\n      \
              found(row) { tag customer (row.name)  transfer to number (row.manager) { otherwise { hangup } } }\n      \
              not_found  -> next\n      failed     -> next\n    }\n    transfer to queue sales { otherwise { hangup } }\n  }\n}",
    subject: Subject::Named(Named::Table),
    settings: &[
        Setting::new("key", Kind::Text, Preset::Required, "what the row has in the table's key column"),
        Setting::new("timeout", Kind::Duration, Preset::Ms(2_000), "how long the answer may take"),
    ],
    outcomes: &[
        Outcome::new("found", When::Always).binding(Type::Map),
        Outcome::new("not_found", When::Always),
        Outcome::new("error", When::Always).of(FAILED),
    ],
    needs: Needs::Nothing,
    effects: Effects::NONE,
    work: Work::Act { exec, complete },
};

fn exec(request: &mut Request<'_>) -> Result<Exec, Failure> {
    let SubjectArg::Named(table) = &request.args.subject else {
        return Err(Failure("`lookup` names no table".to_owned()));
    };
    let key = request.required("key")?;
    let row = request.cx.row(table, &key)?;
    let name = if row.is_some() { "found" } else { "not_found" };
    Ok(Exec::Outcome { name: Arc::from(name), value: row })
}

fn complete(_: &mut Request<'_>, _: Completion) -> Result<Exec, Failure> {
    Err(Failure("`lookup` waits for nothing".to_owned()))
}
