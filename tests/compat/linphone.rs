//! A softphone that transfers with Replaces, which baresip does not: linphone's daemon, driven over its standard input,
//! with a folder and an account of its own. It has no sound card here, so it neither says nor hears anything.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command};
use std::time::Duration;

use super::process::{Process, free_port, wait_for};

/// From a command to what it causes.
const SOON: Duration = Duration::from_secs(15);

pub struct Linphone {
    process: Process,
    commands: ChildStdin,
    log: PathBuf,
}

impl Linphone {
    /// A phone of `user` that is registered at `server`.
    pub fn registered(user: &str, password: &str, server: SocketAddr, scratch: &Path) -> Self {
        let folder = scratch.join(format!("linphone-{user}"));
        for part in [".local/share/linphone", ".config/linphone"] {
            std::fs::create_dir_all(folder.join(part)).unwrap();
        }
        let (sip, rtp) = (free_port("127.0.0.1"), free_port("127.0.0.1"));
        let config = folder.join("config");
        let text =
            format!("[sip]\nsip_port={sip}\nsip_tcp_port=0\nsip_tls_port=0\nuse_ipv6=0\n[rtp]\naudio_rtp_port={rtp}\n");
        std::fs::write(&config, text).unwrap();
        let log = folder.join("log");
        let mut command = Command::new("linphone-daemon");
        command.env("HOME", &folder).current_dir(&folder).arg("--disable-stats-events");
        command.arg("--config").arg(config).arg("--log").arg(&log);
        let (mut process, commands) = Process::driven(&format!("linphone-{user}"), command, scratch);
        process.also_log(log.clone());
        let mut phone = Self { process, commands, log };
        phone.command(&format!("register sip:{user}@{server} sip:{server} {password} {user}"));
        let registered = wait_for(SOON, || {
            phone.command("register-status ALL");
            std::thread::sleep(Duration::from_millis(200));
            phone.process.stdout().contains("State: LinphoneRegistrationOk").then_some(())
        });
        assert!(registered.is_some(), "no registration of linphone\n{}", phone.process.said());
        phone
    }

    pub fn command(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
    }

    /// Waits until a call of it, counted from 1, has come to this state.
    pub fn call_is(&self, call: u32, state: &str) {
        let seen = || {
            let said = self.process.stdout();
            let mut events = said.split("Event: LinphoneCall").skip(1);
            events.any(|event| event.starts_with(state) && event.contains(&format!("\nId: {call}\n"))).then_some(())
        };
        assert!(wait_for(SOON, seen).is_some(), "call {call} never was {state}\n{}", self.process.said());
    }

    /// Waits until its log, which has every message of SIP, has these lines in this order.
    pub fn logs(&self, lines: &[&str]) {
        let seen = || {
            let log = self.log();
            let mut rest = log.lines();
            lines.iter().all(|wanted| rest.any(|line| line.starts_with(wanted))).then_some(())
        };
        assert!(wait_for(SOON, seen).is_some(), "{lines:?} is not in the log\n{}", self.process.said());
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}
