//! The server under test: `strowger serve` on a copy of a site of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::process::{Process, wait_for};
use super::{http, tone};

/// From the start of the process to its `ready` line.
const READY: Duration = Duration::from_secs(20);
/// From the end of the last call to an idle server; RFC 3261's timer B is 32 s.
const QUIET: Duration = Duration::from_secs(40);

/// What `/metrics` calls the things that must be zero when nobody calls, and the records.
pub const LIVE_LEGS: &str = "strowger_live_legs";
const RTP_PORTS: &str = "strowger_rtp_ports";
pub const HELD_PERMITS: &str = "strowger_held_permits";
pub const RECORDS: &str = "strowger_records_total";
/// Records that are not on disk yet.
const WAITING_RECORDS: &str = "strowger_waiting_records";

/// The admin token of the sites that have one.
pub const ADMIN: (&str, &str) = ("ADMIN_TOKEN", "admin-secret-of-the-compat-tests");

pub struct Server {
    pub udp: SocketAddr,
    pub http: SocketAddr,
    tcp: Option<SocketAddr>,
    folder: tempfile::TempDir,
    process: Process,
    /// Processes that it has been.
    lives: u32,
}

/// Where a server is, by its `ready` line.
struct Said {
    udp: SocketAddr,
    http: SocketAddr,
    tcp: Option<SocketAddr>,
}

impl Said {
    /// Serves a site, and waits until it is ready.
    fn of(name: &str, site: &Path, folder: &Path) -> (Process, Self) {
        let mut process = Process::start(name, serve(site), folder);
        let line = wait_for(READY, || {
            assert!(process.ended(Duration::ZERO).is_none(), "the server ended before it was ready");
            process.stdout().lines().find(|line| line.starts_with("ready ")).map(String::from)
        });
        let line = line.expect("a `ready` line");
        let field = |key: &str| line.split(' ').find_map(|field| field.strip_prefix(key)).unwrap_or("");
        let sip = |transport: &str| {
            let address = field("sip=").split(',').find_map(|address| address.strip_prefix(transport));
            address.map(|address| address.parse().expect(&line))
        };
        let (udp, http) = (sip("udp:").expect(&line), field("http=").parse().expect(&line));
        (process, Self { udp, http, tcp: sip("tcp:") })
    }
}

/// The program under test.
fn program() -> Command {
    Command::new(std::env::var("STROWGER_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_strowger").into()))
}

/// `strowger serve SITE` with the secrets of the sites here.
pub fn serve(site: &Path) -> Command {
    let mut command = program();
    command.arg("serve").arg(site).envs([("DANA_SIP", "dana-secret"), ("RAVI_SIP", "ravi-secret"), ADMIN]);
    command
}

impl Server {
    /// Serves a copy of `tests/compat/sites/NAME` in which `@key@` is replaced by its value.
    pub fn start(name: &str, values: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat/sites").join(name), &site, values);
        std::fs::create_dir_all(site.join("prompts")).unwrap();
        for (prompt, hz) in tone::PROMPTS {
            tone::write_wav(&site.join(format!("prompts/{prompt}.wav")), hz, 1);
        }
        let (process, said) = Said::of("strowger", &site, folder.path());
        Self { udp: said.udp, http: said.http, tcp: said.tcp, folder, process, lives: 1 }
    }

    /// Ends it as a crash does, and serves the same site and state anew, where it was before.
    pub fn crash(&mut self) {
        self.kill();
        let (site, written) = (self.file(""), self.file("strowger.yaml"));
        let text = std::fs::read_to_string(&written).unwrap();
        let text = text.replace("udp:127.0.0.1:0", &format!("udp:{}", self.udp));
        std::fs::write(written, text.replace("127.0.0.1:0", &self.http.to_string())).unwrap();
        self.lives += 1;
        let (process, said) = Said::of(&format!("strowger-{}", self.lives), &site, self.folder.path());
        self.process = process;
        assert_eq!((said.udp, said.http), (self.udp, self.http), "it is where it was");
    }

    /// SIGKILL, when what it has to write is on disk.
    pub fn kill(&mut self) {
        let written = wait_for(QUIET, || (self.metric(WAITING_RECORDS) == 0.0).then_some(()));
        assert!(written.is_some(), "records that are never written");
        self.process.signal("KILL");
        assert!(self.process.ended(READY).is_some(), "nothing survives SIGKILL");
    }

    /// Where it takes SIP over TCP.
    pub fn tcp(&self) -> SocketAddr {
        self.tcp.expect("the `ready` line names a tcp address")
    }

    /// A scratch folder that goes with the server, for its clients' files.
    pub fn scratch(&self) -> &Path {
        self.folder.path()
    }

    /// A file of the site that is being served.
    pub fn file(&self, path: &str) -> PathBuf {
        self.folder.path().join("site").join(path)
    }

    /// `strowger replay CALL` on the site: whether it said that all goes as it did, and what it said.
    pub fn replays(&self, call: &str) -> (bool, String) {
        let run = program().args(["replay", call, "--site"]).arg(self.file("")).output().unwrap();
        let said = [run.stdout, run.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        (run.status.success(), said)
    }

    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// What it has told people so far.
    pub fn log(&self) -> String {
        self.process.stderr()
    }

    pub fn memory_kib(&self) -> u64 {
        self.process.memory_kib()
    }

    /// Seconds of a processor, of its own and in the kernel, so far.
    pub fn cpu_s(&self) -> f64 {
        self.process.cpu_s()
    }

    pub fn ended(&mut self, within: Duration) -> Option<ExitStatus> {
        self.process.ended(within)
    }

    /// Live calls by `GET /calls`.
    pub fn live_calls(&self) -> usize {
        let (status, body) = http::get(self.http, "/calls");
        assert_eq!(status, 200, "GET /calls: {body}");
        let value: serde_json::Value = serde_json::from_str(&body).expect("GET /calls is JSON");
        value.as_array().or_else(|| value["calls"].as_array()).expect("a list of calls").len()
    }

    pub fn metric(&self, name: &str) -> f64 {
        let (status, body) = http::get(self.http, "/metrics");
        assert_eq!(status, 200, "GET /metrics: {body}");
        http::metric(&body, name).unwrap_or_else(|| panic!("no metric {name} in\n{body}"))
    }

    /// Records written so far.
    pub fn records(&self) -> u64 {
        self.metric(RECORDS) as u64
    }

    /// Waits until nothing is live, and fails if something stays: the end of every test.
    pub fn assert_quiet(&self) {
        self.assert_quiet_within(QUIET);
    }

    pub fn assert_quiet_within(&self, time: Duration) {
        let count = |name| self.metric(name) as u64;
        let live = || (self.live_calls(), [LIVE_LEGS, RTP_PORTS, HELD_PERMITS, WAITING_RECORDS].map(count));
        let quiet = wait_for(time, || (live() == (0, [0; 4])).then_some(()));
        let what = "live calls, legs, RTP ports, permits, unwritten records after all have hung up";
        assert!(quiet.is_some(), "{what}: {:?}", live());
    }
}

/// Copies a site; `@key@` in its texts becomes the value.
fn copy(from: &Path, to: &Path, values: &[(&str, &str)]) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target, values);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = values.iter().fold(text, |text, (key, value)| text.replace(&format!("@{key}@"), value));
            std::fs::write(target, text).unwrap();
        }
    }
}
