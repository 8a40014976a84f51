//! The command line: one subcommand a file. Nothing imports it.
//!
//! All commands end with 0 (as asked), 1 (the answer is no: findings, failing cases, files that
//! would change) or 2 (could not run).

#[cfg(feature = "serve")]
mod calls;
#[cfg(feature = "serve")]
mod client;
mod convert;
mod diff;
#[cfg(feature = "serve")]
mod events;
mod explain;
mod fix;
mod fmt;
mod graph;
mod lint;
mod new;
mod number;
mod paths;
mod policy;
#[cfg(feature = "serve")]
mod replay;
mod report;
mod run;
mod schema;
mod scripts;
#[cfg(feature = "serve")]
mod serve;
mod step_through;
mod terminal;
mod test;
#[cfg(feature = "serve")]
mod transfer;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use terminal::Terminal;

/// Call flows as code: author, prove and run what happens to a phone call.
#[derive(Parser)]
#[command(name = "strowger", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    New(new::New),
    Lint(lint::Lint),
    Fmt(fmt::Fmt),
    Convert(convert::Convert),
    Graph(graph::Graph),
    Diff(diff::Diff),
    Schema(schema::Schema),
    Test(test::Test),
    Run(run::Run),
    #[cfg(feature = "serve")]
    Serve(serve::Serve),
    #[cfg(feature = "serve")]
    Transfer(transfer::Transfer),
    #[cfg(feature = "serve")]
    Calls(calls::Calls),
    #[cfg(feature = "serve")]
    Events(events::Events),
    #[cfg(feature = "serve")]
    Replay(replay::Replay),
    Policy(policy::PolicyCommand),
    Number(number::Number),
}

/// How a command ended, if it could run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    Done,
    /// The answer is no.
    No,
}

/// Why a command could not run: what, why, what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouldNot(pub String);

impl<T: std::fmt::Display> From<T> for CouldNot {
    fn from(why: T) -> Self {
        CouldNot(why.to_string())
    }
}

/// How every subcommand ends.
pub type Ended = Result<Exit, CouldNot>;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    // Wrong usage and `--help` end here, with 2 and 0.
    let cli = Cli::parse();
    let mut terminal = Terminal::of_process();
    let ended = match &cli.command {
        Command::New(args) => args.run(&mut terminal),
        Command::Lint(args) => args.run(&mut terminal),
        Command::Fmt(args) => args.run(&mut terminal),
        Command::Convert(args) => args.run(&mut terminal),
        Command::Graph(args) => args.run(&mut terminal),
        Command::Diff(args) => args.run(&mut terminal),
        Command::Schema(args) => args.run(&mut terminal),
        Command::Test(args) => args.run(&mut terminal),
        Command::Run(args) => args.run(&mut terminal),
        #[cfg(feature = "serve")]
        Command::Serve(args) => args.run(&mut terminal),
        #[cfg(feature = "serve")]
        Command::Transfer(args) => args.run(&mut terminal),
        #[cfg(feature = "serve")]
        Command::Calls(args) => args.run(&mut terminal),
        #[cfg(feature = "serve")]
        Command::Events(args) => args.run(&mut terminal),
        #[cfg(feature = "serve")]
        Command::Replay(args) => args.run(&mut terminal),
        Command::Policy(args) => args.run(&mut terminal),
        Command::Number(args) => args.run(&mut terminal),
    };
    match ended {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::No) => ExitCode::from(1),
        Err(CouldNot(why)) => {
            terminal.complain(&format!("error: {why}"));
            ExitCode::from(2)
        }
    }
}
