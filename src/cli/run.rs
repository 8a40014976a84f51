//! `strowger run`: one simulated call.

use std::path::PathBuf;

use clap::Args;

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, step_through, test};
use crate::flowtest::DEFAULT_START;
use crate::sim::{Walk, narrate, walk};
use crate::step::args::is_key;

/// The ids of the simulated call are the same each time.
const SEED: u64 = 1;

/// Simulate one call and tell it step by step
///
/// Everybody's phone is registered and answered after two seconds; the caller talks for five and
/// hangs up. Times are virtual, as minutes, seconds and milliseconds.
#[derive(Args)]
pub struct Run {
    /// The site
    site: PathBuf,
    /// What is dialled
    #[arg(long, value_name = "NUMBER")]
    to: String,
    /// Who calls: an extension of the site is a phone, any other number comes by a trunk
    #[arg(long, value_name = "NUMBER", default_value = "")]
    from: String,
    /// The keys pressed each time that the flow asks for some
    #[arg(long, value_name = "KEYS", num_args = 1..)]
    press: Vec<String>,
    /// Go through the call moment by moment, forwards and back
    #[arg(long)]
    step: bool,
}

impl Run {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        if let Some(wrong) = self.press.iter().find(|keys| !keys.chars().all(is_key)) {
            return Err(CouldNot(format!("`{wrong}` cannot be pressed: keys are 0 to 9, `*` and `#`")));
        }
        let test::Site { plan, sources, .. } = test::site(Some(&self.site), terminal)?;
        let by = plan.site.user_of_extension(&self.from).map(|user| user.name.clone());
        let call = Walk { from: self.from.clone(), to: self.to.clone(), by, presses: self.press.clone() };
        let world = walk(&plan, &call, SEED, DEFAULT_START);
        if self.step {
            return step_through::go(&plan, &sources, &world, terminal);
        }
        terminal.write(&narrate(&world.trace));
        Ok(Exit::Done)
    }
}
