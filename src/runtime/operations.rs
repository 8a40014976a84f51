//! What the API and the signals may do to the running node: look, reload, drain.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::signal::unix::{SignalKind, signal};

use super::commands::Handle;
use super::events::Events;
use super::serve::{self, ServeError};
use crate::sip::config::Listen;
use crate::site::{self, model::Site};
use crate::store;

/// What a node is tied to from its start, whatever the site says later.
#[derive(Debug)]
pub struct Started {
    pub listen: Vec<Listen>,
    /// `listen:` as the site had it.
    pub written: site::model::Listen,
    /// `state:` as the site had it.
    pub state: Option<String>,
    /// `limits.media_timeout` as the site had it: the media plane has it from its start.
    pub media_timeout_ms: Option<u64>,
}

impl Started {
    pub fn new(listen: Vec<Listen>, site: &Site) -> Self {
        let (written, state) = (site.listen.clone(), site.state.clone());
        Self { listen, written, state, media_timeout_ms: site.limits.media_timeout_ms }
    }

    /// Says which of it a newer site wants otherwise.
    fn compare(&self, site: &Site) {
        let changed = [
            ("listen", self.written != site.listen),
            ("state", self.state != site.state),
            ("limits.media_timeout", self.media_timeout_ms != site.limits.media_timeout_ms),
        ];
        for (key, _) in changed.iter().filter(|(_, changed)| *changed) {
            tracing::warn!("`{key}` has changed in the site file; it is taken at the next start, the rest now");
        }
    }
}

/// The running node as others may use it.
#[derive(Debug)]
pub struct Node {
    pub handle: Handle,
    pub events: Arc<Events>,
    root: PathBuf,
    pub reader: store::Reader,
    pub records: store::Handle,
    started: Started,
    color: bool,
    revision: AtomicU64,
    /// One reload at a time: the second waits and then reads the newest files.
    reloading: tokio::sync::Mutex<()>,
}

impl Node {
    pub fn new(
        handle: Handle,
        events: Arc<Events>,
        root: PathBuf,
        reader: store::Reader,
        records: store::Handle,
        started: Started,
        color: bool,
    ) -> Self {
        let reloading = tokio::sync::Mutex::new(());
        Self { handle, events, root, reader, records, started, color, revision: AtomicU64::new(1), reloading }
    }

    /// Reads the site again. One that has errors is refused and the old one kept; calls in progress
    /// keep the plan they began with either way. Addresses to listen on are those of the start.
    ///
    /// # Errors
    /// Why the site is not taken.
    pub async fn reload(&self) -> Result<u64, ServeError> {
        let _one = self.reloading.lock().await;
        let revision = self.revision.load(Ordering::Relaxed).saturating_add(1);
        let (root, color) = (self.root.clone(), self.color);
        // Reading and checking a site takes as long as it takes: not on the loop that serves calls.
        let read = tokio::task::spawn_blocking(move || serve::read_site(&root, revision, color)).await;
        let ready = read.map_err(|error| ServeError::Refused(format!("the reload failed: {error}")))??;
        // A secret that was made just now is told once, here.
        serve::announce(&ready, &self.root);
        let signalling = serve::signalling(&ready, self.started.listen.clone()).await?;
        self.started.compare(&ready.plan.site);
        let taken = self.handle.reload(Arc::new(ready.plan), Arc::new(signalling)).await;
        taken.map_err(|_| ServeError::Refused("the exchange is too busy to take a reload; try again".to_owned()))?;
        self.revision.store(revision, Ordering::Relaxed);
        Ok(revision)
    }

    /// SIGHUP reloads; SIGTERM and SIGINT drain, a second one ends the calls in progress in good order, and a third the
    /// process at once.
    ///
    /// # Errors
    /// The system has no such signals for us.
    pub fn follow_signals(self: Arc<Self>) -> std::io::Result<()> {
        let mut hangup = signal(SignalKind::hangup())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::spawn(async move {
            let mut asked = 0;
            loop {
                tokio::select! {
                    Some(()) = hangup.recv() => self.reload_and_say().await,
                    Some(()) = terminate.recv() => self.drain(&mut asked),
                    Some(()) = interrupt.recv() => self.drain(&mut asked),
                    else => break,
                }
            }
        });
        Ok(())
    }

    async fn reload_and_say(&self) {
        match self.reload().await {
            Ok(revision) => tracing::info!(revision, "reloaded"),
            Err(error) => tracing::error!("the site is not taken, the running one stays:\n{error}"),
        }
    }

    fn drain(&self, asked: &mut u32) {
        *asked += 1;
        let taken = match *asked {
            1 => self.handle.drain(),
            2 => self.handle.end_calls(),
            _ => {
                tracing::warn!("asked three times: ending with calls in progress");
                #[expect(clippy::disallowed_methods, reason = "the third signal means now")]
                std::process::exit(130);
            }
        };
        if taken.is_err() {
            tracing::error!("the exchange does not answer; a third signal ends the process at once");
        }
    }
}
