//! `strowger convert`: a flow from one form to the other.

use std::path::{Path, PathBuf};

use clap::Args;

use super::fmt::{read, refuse, setting_order, write};
use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit};
use crate::base::span::{FileId, Sources};
use crate::fmt::{self, Form};

/// Convert a flow between `.flow` and `.flow.yaml`
///
/// Nothing is lost: the result is read again and compared. Ends with 1 if the flow has errors.
#[derive(Args)]
pub struct Convert {
    /// The flow to read
    input: PathBuf,
    /// The file to write; its name says the form. `-` prints the other form
    output: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

impl Convert {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        let (from, text) = read(&self.input)?;
        let to = self.form(from)?;
        let converted = match fmt::convert(&text, from, to, &setting_order) {
            Ok(converted) => converted,
            Err(error) => {
                refuse(&self.input, &text, error, terminal);
                return Ok(Exit::No);
            }
        };
        if self.to_terminal() {
            terminal.write(&converted.text);
        } else {
            write(&self.output, &converted.text)?;
        }
        let mut sources = Sources::default();
        sources.add("", text.as_str());
        for moved in &converted.moved {
            let (line, _) = sources.line_column(FileId(0), moved.start);
            let place = self.input.display();
            terminal.complain(&format!("{place}:{line}: this comment now stands above its statement"));
        }
        Ok(Exit::Done)
    }

    fn to_terminal(&self) -> bool {
        self.output == Path::new("-")
    }

    fn form(&self, from: Form) -> Result<Form, CouldNot> {
        if self.to_terminal() {
            return Ok(match from {
                Form::Flow => Form::Yaml,
                Form::Yaml => Form::Flow,
            });
        }
        let name = self.output.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let shown = self.output.display();
        if self.output.exists() && !self.force {
            return Err(CouldNot(format!("`{shown}` is there already; say `--force` to write over it")));
        }
        Form::of(&name).ok_or_else(|| CouldNot(format!("`{shown}` must end in `.flow` or `.flow.yaml`")))
    }
}
