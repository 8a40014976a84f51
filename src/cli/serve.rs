//! `strowger serve`: runs a site.

use std::path::PathBuf;

use clap::Args;
use tracing_subscriber::EnvFilter;

use super::terminal::Terminal;
use super::{CouldNot, Ended, Exit, paths};
use crate::runtime::{self, ServeError, ServeOptions};

/// What is logged where `STROWGER_LOG` does not say otherwise.
const DEFAULT_LOG: &str = "warn,strowger=info";

/// Run a site: SIP, media, HTTP API
///
/// Prints one line when it can take calls: `ready sip=udp:127.0.0.1:5060 http=127.0.0.1:8080`.
/// SIGHUP reloads the site. SIGTERM takes no new calls and ends it when the last one is over, or after `limits.drain` of
/// the site (1h), when those left are ended; a second SIGTERM ends them at once, a third ends the process. Ends with 1 if
/// the site has errors, 2 if it could not run.
#[derive(Args)]
pub struct Serve {
    /// The folder of the site
    site: PathBuf,
    /// Listen beyond this machine without TLS, on a network that is yours
    #[arg(long)]
    insecure: bool,
}

impl Serve {
    pub fn run(&self, terminal: &mut Terminal) -> Ended {
        let filter = EnvFilter::try_from_env("STROWGER_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG));
        let log =
            tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal.color);
        log.try_init().map_err(|error| CouldNot(format!("the log: {error}")))?;
        // One task owns every call (ARCHITECTURE.md): a second thread would only move it about.
        let executor = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let site = paths::site(Some(&self.site))?;
        let options = ServeOptions { site, insecure: self.insecure, color: terminal.color };
        match executor.block_on(runtime::serve(options)) {
            Ok(()) => Ok(Exit::Done),
            Err(ServeError::Findings(found)) => {
                terminal.complain(&found);
                Ok(Exit::No)
            }
            Err(ServeError::Refused(why)) => Err(CouldNot(why)),
        }
    }
}
