//! SIPp with the scenarios of `tests/compat/sipp`, as caller or as target.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::{Process, free_port};

/// Longer than any scenario may take on a busy machine.
const SCENARIO: Duration = Duration::from_secs(60);

/// What a SIPp run needs to know beside its scenario.
#[derive(Clone)]
pub struct Sipp<'a> {
    /// Our address; the server tells its trunks apart by it.
    pub ip: &'a str,
    /// 0: any free one.
    pub port: u16,
    /// The number that is dialled.
    pub dials: &'a str,
    /// Where RTP is received.
    pub rtp_port: u16,
    /// `-key digit`, for scenarios that press one.
    pub digit: char,
    /// The number that REFER names.
    pub refer_to: &'a str,
    /// Who calls, or registers.
    pub from: &'a str,
    pub password: &'a str,
    /// The dialog whose place is taken, as the header says it.
    pub replaces: &'a str,
    /// The length of `<pause/>`.
    pub pause_ms: u32,
    pub calls: u32,
    /// Calls a second.
    pub rate: u32,
    /// Calls at one time.
    pub limit: u32,
    pub tcp: bool,
    pub timeout: Duration,
}

impl Default for Sipp<'_> {
    fn default() -> Self {
        Self {
            ip: "127.0.0.1",
            port: 0,
            dials: "1000",
            // The discard port: nobody listens, nothing is heard.
            rtp_port: 9,
            digit: '1',
            refer_to: "2124",
            from: "+12025550199",
            password: "none",
            replaces: "none",
            pause_ms: 300,
            calls: 1,
            rate: 10,
            limit: 100,
            tcp: false,
            timeout: SCENARIO,
        }
    }
}

/// A SIPp that is running.
pub struct Running {
    process: Process,
    scenario: String,
    errors: PathBuf,
    timeout: Duration,
}

impl Sipp<'_> {
    /// Calls `server` by this scenario.
    pub fn call(&self, server: SocketAddr, scenario: &str, scratch: &Path) -> Running {
        self.run(Some(server), scenario, scratch)
    }

    /// Waits for calls.
    pub fn answer(&self, scenario: &str, scratch: &Path) -> Running {
        self.run(None, scenario, scratch)
    }

    fn run(&self, server: Option<SocketAddr>, scenario: &str, scratch: &Path) -> Running {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/compat/sipp/{scenario}.xml"));
        assert!(file.is_file(), "no scenario {scenario}");
        let port = if self.port == 0 { free_port(self.ip) } else { self.port };
        let name = format!("{scenario}-{port}");
        let errors = scratch.join(format!("{name}.errors"));
        let messages = scratch.join(format!("{name}.messages"));
        let mut command = Command::new("sipp");
        command.current_dir(scratch).args(server.map(|s| s.to_string()));
        command.arg("-sf").arg(file).args(["-i", self.ip, "-p", &port.to_string(), "-s", self.dials]);
        command.args(["-m", &self.calls.to_string(), "-r", &self.rate.to_string(), "-l", &self.limit.to_string()]);
        command.args(["-d", &self.pause_ms.to_string(), "-t", if self.tcp { "t1" } else { "u1" }]);
        command.args(["-key", "rtp", &self.rtp_port.to_string(), "-key", "digit", &self.digit.to_string()]);
        command.args(["-key", "refer_to", self.refer_to, "-key", "from", self.from]);
        command.args(["-key", "replaces", self.replaces, "-au", self.from, "-ap", self.password]);
        command.args(["-nostdin", "-trace_err", "-error_file"]).arg(&errors);
        if scenario == "uas_answers_or_cancelled" {
            // SIPp aborts a call whose CANCEL comes while it is about to send: its own race, not ours.
            command.args(["-default_behaviors", "all,-abortunexp"]);
        }
        command.args(["-recv_timeout", "30000", "-timeout", &format!("{}s", self.timeout.as_secs()), "-timeout_error"]);
        if self.calls == 1 {
            command.args(["-trace_msg", "-message_file"]).arg(&messages);
        }
        let mut process = Process::start(&name, command, scratch);
        process.also_log(errors.clone());
        process.also_log(messages);
        Running { process, scenario: scenario.into(), errors, timeout: self.timeout }
    }
}

impl Running {
    /// Waits for the end of all calls; panics unless all went by the scenario.
    pub fn finish(mut self) {
        let status = self.process.ended(self.timeout + Duration::from_secs(5));
        let errors = std::fs::read_to_string(&self.errors).unwrap_or_default();
        // SIPp ends with 0 after a mismatch in an action of a step that is not a receipt.
        let mismatch = errors.contains("Failed regexp");
        let ok = status.is_some_and(|status| status.success()) && !mismatch;
        assert!(ok, "SIPp {}: {status:?}", self.scenario);
    }

    /// Ends it, however many calls it has seen; panics if one of them went against the scenario.
    pub fn stop(self) {
        let errors = std::fs::read_to_string(&self.errors).unwrap_or_default();
        assert!(!errors.contains("on unexpected message"), "SIPp {}", self.scenario);
    }

    /// Whether it has ended, however.
    pub fn has_ended(&mut self) -> bool {
        self.process.ended(Duration::ZERO).is_some()
    }
}
