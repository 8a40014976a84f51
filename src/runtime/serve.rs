//! `strowger serve`: opens everything a site needs, says when it is ready, and runs until drained.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::clock::Clock;
use super::commands::Handle;
use super::driver::{Driver, Report, Sources};
use super::events::{self, Events};
use super::operations::{Node, Started};
use super::{revive, signalling, translate};
use crate::api;
use crate::base::diagnostic::{self, Diagnostic, Severity};
use crate::base::span;
use crate::base::time::Micros;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::Name;
use crate::exchange::{Exchange, Plan};
use crate::graph::served;
use crate::media::{MediaConfig, MediaPlane};
use crate::sip::config::{Config, Listen};
use crate::sip::core::Core;
use crate::sip::flow;
use crate::sip::transport::Sockets;
use crate::site::model::Site;
use crate::store::{self, Store};
use crate::workspace::{self, Secrets};

/// What the command line says.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    pub site: PathBuf,
    /// Listen beyond loopback although there is no TLS.
    pub insecure: bool,
    /// How findings are shown.
    pub color: bool,
}

/// Why a site cannot be served.
#[derive(Debug)]
pub enum ServeError {
    /// The site has errors; they are rendered here.
    Findings(String),
    /// In words: what, why, what to do.
    Refused(String),
}

impl std::fmt::Display for ServeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ServeError::Findings(text) | ServeError::Refused(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for ServeError {}

fn refused(what: impl std::fmt::Display) -> ServeError {
    ServeError::Refused(what.to_string())
}

/// A site that is fit to run, with what the shell adds to it.
pub struct Ready {
    pub plan: Plan,
    pub secrets: Secrets,
    /// Warnings, rendered.
    pub warnings: String,
}

/// Reads and checks a site.
///
/// # Errors
/// Its findings, if any is an error; what its flows ask for and `serve` cannot do; secrets that
/// cannot be had.
pub fn read_site(root: &Path, revision: u64, color: bool) -> Result<Ready, ServeError> {
    let (plan, sources, findings) = workspace::load(root).check(revision);
    let rendered = render(&findings, &sources, color);
    let Some(plan) = plan else {
        let errors = findings.iter().filter(|d| d.severity == Severity::Error).count();
        let s = if errors == 1 { "" } else { "s" };
        return Err(ServeError::Findings(format!(
            "{rendered}\n{errors} error{s}: this version of the site is not served"
        )));
    };
    let pretended = served::unserved(plan.flows.values().map(AsRef::as_ref));
    if !pretended.is_empty() {
        let rendered = render(&pretended, &sources, color);
        let (count, s) = (pretended.len(), if pretended.len() == 1 { "" } else { "s" });
        let why = format!("`serve` cannot do {count} thing{s} yet: this version of the site is not served");
        return Err(ServeError::Findings(format!("{rendered}\n{why}")));
    }
    #[expect(clippy::disallowed_methods, reason = "the shell reads the environment, once, for secrets")]
    let variable = |name: &str| std::env::var(name).ok();
    let secrets = Secrets::resolve(root, &plan.site, &variable)
        .map_err(|errors| refused(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
    // Made here, where nobody waits for it, and not on the loop that serves calls.
    let _ = plan.digested();
    Ok(Ready { plan, secrets, warnings: rendered })
}

/// Columns of rendered findings where no terminal says otherwise.
const WIDTH: usize = 100;

/// After the last call: as long as answers under way and the ends of event streams may take.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

fn render(findings: &[Diagnostic], sources: &span::Sources, color: bool) -> String {
    let each = diagnostic::first(findings).into_iter().map(|d| diagnostic::render(d, sources, color, WIDTH));
    each.collect::<Vec<_>>().join("\n")
}

/// Runs a site until it is drained.
///
/// # Errors
/// What stands in the way of starting; once it runs there are none.
pub async fn serve(options: ServeOptions) -> Result<(), ServeError> {
    let ready = read_site(&options.site, 1, options.color)?;
    announce(&ready, &options.site);
    let site = &ready.plan.site;
    if !options.insecure {
        only_loopback(site)?;
    }
    let root = options.site.clone();
    let clock = Clock::start();
    let (reports, reported) = mpsc::unbounded_channel::<Report>();

    let state = workspace::state_folder(&root, site.state.as_deref()).map_err(refused)?;
    let _lock = workspace::lock_state(&state).map_err(refused)?;
    let database = state.join(store::DATABASE);
    let committed = reports.clone();
    let (store, records) = Store::open(&database, move |group| {
        let result = if group.durable { Ok(()) } else { Err(Cause::new(CauseKind::Error)) };
        // The driver may have ended: then no call waits for the decision.
        let _ = committed.send(Report::Committed { request: group.request, result });
    })
    .map_err(refused)?;

    let in_progress = store.reader().live().map_err(refused)?;
    let registered = store.reader().contacts().map_err(refused)?;
    let sockets = bind(site).await?;
    let listen = listens(&sockets);
    let signalling = signalling(&ready, listen.clone()).await?;
    revive::mend_recordings(&in_progress, &recordings(&state));
    let (_media, media) = MediaPlane::start(media_config(site, &listen, &state), move |event| {
        let _ = reports.send(Report::Media(event));
    })
    .map_err(|error| refused(format!("no media: {error}")))?;

    let exchange = Exchange::new(Arc::new(ready.plan), seed()?, clock.now());
    let core = Core::new(Arc::new(signalling), key()?);
    let plan = exchange.plan().clone();
    records.plan(plan.digest(), translate::parts(&plan));
    let (handle, commands) = Handle::new();
    let started = Started::new(listen.clone(), &plan.site);
    let events = Events::new(seed()?, events::CAPACITY);
    let (reader, color) = (store.reader(), options.color);
    let node = Arc::new(Node::new(handle.clone(), events.clone(), root, reader, records.clone(), started, color));
    let http = start_api(&plan.site, &ready.secrets, node.clone()).await?;
    node.clone().follow_signals().map_err(|error| refused(format!("signals: {error}")))?;

    say_ready(&listen, http.as_ref().map(|(address, _)| *address));
    let mut driver = Driver::new(clock, exchange, core, media, records, sockets, events.clone());
    driver.restore_registrations(&registered);
    driver.revive(&in_progress);
    driver.run(Sources { reports: reported, commands }).await;
    events.close();
    if let Some((_, answering)) = http {
        // A client that takes no answer is not waited for.
        let _ = tokio::time::timeout(LAST_ANSWERS, answering).await;
    }
    match store.close() {
        0 => Ok(()),
        lost => Err(refused(format!("{lost} records could not be written"))),
    }
}

/// Warnings and new secrets, for the person who started it.
#[expect(clippy::print_stderr, reason = "what `serve` tells a person goes to standard error; `ready` is for programs")]
pub fn announce(ready: &Ready, root: &Path) {
    if !ready.warnings.is_empty() {
        eprintln!("{}", ready.warnings);
    }
    for made in &ready.secrets.made {
        eprintln!("{}", made.line(&ready.plan.site));
    }
    let site = &ready.plan.site;
    if let Some(line) = ready.secrets.kept_line(root, site) {
        eprintln!("{line}");
    }
    let prefixes = site.numbers.prefixes.keys().map(|prefix| format!("{prefix}*"));
    let numbers: Vec<String> = site.numbers.exact.keys().map(ToString::to_string).chain(prefixes).collect();
    if !numbers.is_empty() {
        eprintln!("dial {}", numbers.join(", "));
    }
}

/// The one line that programs read.
#[expect(clippy::print_stdout, reason = "the `ready` line is the contract of `serve` with whoever started it")]
fn say_ready(listen: &[Listen], http: Option<SocketAddr>) {
    let mut line = "ready".to_owned();
    for (at, listen) in listen.iter().enumerate() {
        let transport = match listen.transport {
            flow::Transport::Udp => "udp",
            flow::Transport::Tcp => "tcp",
        };
        line.push_str(if at == 0 { " sip=" } else { "," });
        line.push_str(&format!("{transport}:{}", listen.bound));
    }
    if let Some(http) = http {
        line.push_str(&format!(" http={http}"));
    }
    println!("{line}");
    // A full pipe must not stop the calls.
    let _ = std::io::stdout().flush();
}

fn only_loopback(site: &Site) -> Result<(), ServeError> {
    let sip = site.listen.sip.iter().map(|s| s.address.ip());
    let others = site.listen.http.map(|h| h.ip()).into_iter().chain(site.listen.rtp.map(|rtp| rtp.address));
    let outside = sip.chain(others).find(|ip| !ip.is_loopback());
    match outside {
        Some(ip) => Err(refused(format!(
            "the site listens on {ip}, beyond this machine, and this version has no TLS: calls, keys and tokens \
             could be read on the way.\nlisten on 127.0.0.1, or say `--insecure` if the network is yours"
        ))),
        None => Ok(()),
    }
}

async fn bind(site: &Site) -> Result<Sockets, ServeError> {
    let wanted: Vec<(flow::Transport, SocketAddr)> =
        site.listen.sip.iter().map(|s| (signalling::transport(s.transport), s.address)).collect();
    Sockets::bind(&wanted).await.map_err(|error| cannot_listen("SIP", &error, &error))
}

fn cannot_listen(what: &str, error: &std::io::Error, where_and_why: &dyn std::fmt::Display) -> ServeError {
    let way_out = match error.kind() {
        std::io::ErrorKind::AddrInUse => "; end the program that has it, or change `listen` in the site file",
        std::io::ErrorKind::AddrNotAvailable => "; write an address of this machine into `listen` in the site file",
        _ => "",
    };
    refused(format!("cannot listen for {what} on {where_and_why}{way_out}"))
}

fn listens(sockets: &Sockets) -> Vec<Listen> {
    sockets.bound().into_iter().map(|(transport, bound)| Listen { transport, bound, advertised: bound }).collect()
}

/// What the SIP core is told, the users' passwords among it.
pub async fn signalling(ready: &Ready, listen: Vec<Listen>) -> Result<Config, ServeError> {
    let users = ready.plan.site.users.keys();
    let passwords: BTreeMap<Name, String> =
        users.filter_map(|name| Some((name.clone(), ready.secrets.user(name)?.to_string()))).collect();
    signalling::config(&ready.plan.site, &passwords, listen).await.map_err(|errors| refused(errors.join("\n")))
}

fn media_config(site: &Site, listen: &[Listen], state: &Path) -> MediaConfig {
    let media_timeout = site.limits.media_timeout_ms.map(Micros::from_ms);
    let recordings = Some(recordings(state));
    let mut config = MediaConfig { recordings, media_timeout, ..MediaConfig::default() };
    if let Some(first) = listen.first() {
        config.ip = first.bound.ip();
    }
    if let Some(range) = site.listen.rtp {
        config.ip = range.address;
        config.ports = Some(range.first_port..=range.last_port);
    }
    config
}

fn recordings(state: &Path) -> PathBuf {
    state.join("recordings")
}

/// Where HTTP is answered, and the task that does.
type Answering = (SocketAddr, tokio::task::JoinHandle<()>);

async fn start_api(site: &Site, secrets: &Secrets, node: Arc<Node>) -> Result<Option<Answering>, ServeError> {
    let Some(address) = site.listen.http else { return Ok(None) };
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| cannot_listen("HTTP", &error, &format!("{address}: {error}")))?;
    let bound = listener.local_addr().map_err(refused)?;
    let token = secrets.token("admin").map(|t| t.to_string());
    Ok(Some((bound, tokio::spawn(api::serve(listener, node, token)))))
}

fn seed() -> Result<u64, ServeError> {
    getrandom::u64().map_err(|error| refused(format!("the system's random source: {error}")))
}

fn key() -> Result<[u8; 32], ServeError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| refused(format!("the system's random source: {error}")))?;
    Ok(key)
}
