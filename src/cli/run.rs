//! `strowger run`: one simulated call.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, step_through, test};
use crate::base::suggest::did_you_mean;
use crate::base::time::Wall;
use crate::flowtest::DEFAULT_START;
use crate::schedule::Moment;
use crate::sim::{Walk, narrate, walk};
use crate::site::model::Site;
use crate::step::args::is_key;

/// The ids of the simulated call are the same each time.
const SEED: u64 = 1;
/// Numbers of the site that a message names.
const NAMED: usize = 12;

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
    /// When the call comes: 2026-01-05T10:00 on the site's clocks, or with an offset [default: Monday 2026-01-05, 08:00 UTC]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
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
        self.check_caller(&plan.site)?;
        let at = self.start(&plan.site)?;
        let by = plan.site.user_of_extension(&self.from).map(|user| user.name.clone());
        if by.is_none() {
            self.warn_of_unknown_number(&plan.site, terminal);
        }
        let call = Walk { from: self.from.clone(), to: self.to.clone(), by, presses: self.press.clone() };
        let world = walk(&plan, &call, SEED, at);
        if self.step {
            return step_through::go(&plan, &sources, &world, terminal);
        }
        terminal.write(&narrate(&world.trace));
        Ok(Exit::Done)
    }

    /// Who calls must be a number: a name would only be shown as one.
    fn check_caller(&self, site: &Site) -> Result<(), CouldNot> {
        let digits = self.from.strip_prefix('+').unwrap_or(&self.from);
        if self.from.is_empty() || (!digits.is_empty() && digits.chars().all(is_key)) {
            return Ok(());
        }
        let help = match site.users.get(self.from.as_str()).map(|user| user.extension.as_deref()) {
            Some(Some(extension)) => format!("the extension of `{}` is `{extension}`", self.from),
            Some(None) => format!("`{}` has no extension, and so no number", self.from),
            None => "write an extension of the site, or a number such as `+442079460111`".to_owned(),
        };
        Err(CouldNot(format!("`--from {}` is no number; {help}", self.from)))
    }

    fn start(&self, site: &Site) -> Result<Wall, CouldNot> {
        let Some(text) = &self.at else { return Ok(DEFAULT_START) };
        let at = Moment::parse(text).and_then(|at| at.in_zone(&site.declared.zone));
        at.ok_or_else(|| {
            let how = "write what clocks show in the site's time zone, such as `2026-01-05T10:00`, or an instant with its \
                       offset, such as `2026-01-05T10:00:00Z`";
            CouldNot(format!("`--at {text}` is no instant; {how}"))
        })
    }

    /// A number that is none of the site's is refused, which the story tells; which there are, it does not.
    fn warn_of_unknown_number(&self, site: &Site, terminal: &mut Terminal) {
        if site.numbers.flow(&self.to).is_some() || site.extensions().contains(self.to.as_str()) {
            return;
        }
        let mut known: BTreeSet<String> = site.extensions().iter().map(ToString::to_string).collect();
        known.extend(site.numbers.exact.keys().map(ToString::to_string));
        known.extend(site.numbers.prefixes.keys().map(|prefix| format!("{prefix}*")));
        let hint = did_you_mean(&self.to, known.iter().map(String::as_str));
        let named: Vec<String> = known.iter().take(NAMED).map(|number| format!("`{number}`")).collect();
        let more = if known.len() > NAMED { " and more" } else { "" };
        let has = if named.is_empty() { "has none".to_owned() } else { format!("has {}{more}", named.join(", ")) };
        terminal.complain(&format!("`{}` is no number of the site, which {has}{hint}", self.to));
    }
}
