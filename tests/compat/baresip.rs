//! A softphone: baresip with a folder, an account and a tone of its own, driven over its TCP control
//! port. What it hears is written to a WAV file by its `sndfile` filter.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::ear::Ear;
use super::process::{Process, free_port, wait_for};
use super::tone;

/// From the start of the program to its control port.
const START: Duration = Duration::from_secs(10);
/// From `quit` to the end of the program.
const STOP: Duration = Duration::from_secs(5);
/// Bytes before the samples in the files that baresip writes.
const WAV_HEAD: usize = 44;
/// Longest tone that a phone can say, in seconds.
const VOICE_S: u32 = 60;

pub struct Baresip {
    process: Process,
    control: TcpStream,
    received: Vec<u8>,
    events: VecDeque<Value>,
    folder: PathBuf,
}

impl Baresip {
    /// A phone of `user`, registering at `server`; it says `hz`. With `answers` it takes every call.
    pub fn start(user: &str, password: &str, server: SocketAddr, answers: bool, hz: f64, scratch: &Path) -> Self {
        Self::start_as(user, user, password, server, answers, hz, scratch)
    }

    /// The same, by a name of its own among the phones of its user.
    pub fn start_as(
        name: &str,
        user: &str,
        password: &str,
        server: SocketAddr,
        answers: bool,
        hz: f64,
        scratch: &Path,
    ) -> Self {
        let mode = if answers { "auto" } else { "manual" };
        let account =
            format!("<sip:{user}@{server}>;auth_user={user};auth_pass={password};regint=60;answermode={mode}");
        Self::run(name, &account, hz, scratch)
    }

    /// Somebody outside, whose number is all that the server knows of them.
    pub fn outside(number: &str, server: SocketAddr, hz: f64, scratch: &Path) -> Self {
        Self::run(number, &format!("<sip:{number}@{server}>;regint=0"), hz, scratch)
    }

    fn run(name: &str, account: &str, hz: f64, scratch: &Path) -> Self {
        let folder = scratch.join(format!("phone-{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        let voice = folder.join("voice.wav");
        tone::write_wav(&voice, hz, VOICE_S);
        let (sip, control) = (free_port("127.0.0.1"), free_port("127.0.0.1"));
        std::fs::write(folder.join("config"), config(sip, control, &voice, &folder)).unwrap();
        std::fs::write(folder.join("accounts"), format!("{account};dtmfmode=rtpevent\n")).unwrap();
        std::fs::write(folder.join("contacts"), "").unwrap();
        let mut command = Command::new("baresip");
        command.arg("-f").arg(&folder).current_dir(&folder);
        let process = Process::start(&format!("baresip-{name}"), command, scratch);
        let control = wait_for(START, || TcpStream::connect(("127.0.0.1", control)).ok());
        let control = control.unwrap_or_else(|| panic!("baresip has no control port\n{}", process.said()));
        control.set_nonblocking(true).unwrap();
        Self { process, control, received: Vec::new(), events: VecDeque::new(), folder }
    }

    /// Waits for the registrar's answer: whether the phone is registered. Not an event, because the
    /// control port may have been opened too late for it.
    pub fn registers(&self, within: Duration) -> bool {
        let answered = wait_for(within, || {
            let said = self.process.said();
            let refused = said.lines().any(|line| line.contains("reg: sip:"));
            if said.contains(" binding") { Some(true) } else { refused.then_some(false) }
        });
        answered.unwrap_or_else(|| panic!("no answer to REGISTER\n{}", self.process.said()))
    }

    pub fn command(&mut self, command: &str, params: &str) {
        let text = json!({"command": command, "params": params, "token": "t"}).to_string();
        write!(self.control, "{}:{text},", text.len()).unwrap();
    }

    /// Waits for the next event of this type, dropping those before it.
    pub fn event(&mut self, kind: &str, within: Duration) -> Value {
        let found = wait_for(within, || {
            self.receive();
            while let Some(event) = self.events.pop_front() {
                if event["type"] == kind {
                    return Some(event);
                }
            }
            None
        });
        found.unwrap_or_else(|| panic!("no {kind} from baresip\n{}", self.process.said()))
    }

    /// Ends the program, and returns all that it heard in its last call.
    pub fn heard(mut self) -> Vec<i16> {
        self.command("hangup", "");
        self.event("CALL_CLOSED", STOP);
        self.command("quit", "");
        // It may wait for the answer to its last REGISTER; the file is complete since the call ended.
        let _ = self.process.ended(STOP);
        tone::read_wav(self.files().last().expect("baresip recorded what it heard"))
    }

    /// What it heard of each call, in their order: the names begin with the time.
    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().ends_with("-dec.wav")).collect();
        files.sort();
        files
    }

    /// Reads netstrings, `LENGTH:JSON,`; answers to commands are dropped.
    fn receive(&mut self) {
        let mut buffer = [0; 4096];
        while let Ok(length) = self.control.read(&mut buffer) {
            if length == 0 {
                break;
            }
            self.received.extend(&buffer[..length]);
        }
        loop {
            let Some(colon) = self.received.iter().position(|byte| *byte == b':') else { return };
            let length: usize = std::str::from_utf8(&self.received[..colon]).unwrap().parse().unwrap();
            let end = colon + 1 + length;
            if self.received.len() <= end {
                return;
            }
            let value: Value = serde_json::from_slice(&self.received[colon + 1..end]).unwrap();
            self.received.drain(..=end);
            if value["event"] == true {
                self.events.push_back(value);
            }
        }
    }
}

impl Ear for Baresip {
    /// All that it heard so far in all its calls. A file that is being written has no length in its head yet.
    fn samples(&self) -> Vec<i16> {
        let bytes = self.files().into_iter().flat_map(|file| {
            let bytes = std::fs::read(file).unwrap();
            bytes.get(WAV_HEAD..).unwrap_or_default().to_vec()
        });
        let bytes: Vec<u8> = bytes.collect();
        bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
    }
}

fn config(sip: u16, control: u16, voice: &Path, folder: &Path) -> String {
    let (voice, folder) = (voice.display(), folder.display());
    // Where Debian keeps the modules.
    format!(
        "poll_method epoll
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
call_local_timeout 120
call_max_calls 4
audio_source aufile,{voice}
audio_player aubridge,sink
audio_alert aubridge,alert
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports 30000-39998
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}
"
    )
}
