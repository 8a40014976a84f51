//! `strowger schema`: JSON Schema of the files of a site.

use clap::{Args, ValueEnum};

use super::terminal::Terminal;
use super::{Ended, Exit};
use crate::schema::{self, Which};

/// Print the JSON Schema of a kind of file
///
/// Editors read it from the first line of a file, such as
/// `# yaml-language-server: $schema=PATH/flow.schema.json`, or from their settings.
#[derive(Args)]
pub struct Schema {
    /// The kind of file
    #[arg(value_enum, default_value = "flow")]
    of: Of,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    /// flows/*.flow.yaml
    Flow,
    /// strowger.yaml
    Site,
    /// policies/*.yaml
    Policy,
    /// tests/*.test.yaml
    Test,
}

impl Schema {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        let which = match self.of {
            Of::Flow => Which::Flow,
            Of::Site => Which::Site,
            Of::Policy => Which::Policy,
            Of::Test => Which::Test,
        };
        terminal.say(&format!("{:#}", schema::schema(which)));
        Ok(Exit::Done)
    }
}
