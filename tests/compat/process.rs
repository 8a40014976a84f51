//! Child processes that end with the test, by their id, and show what they said when it fails.

use std::fs::File;
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Time between two looks at something that is awaited.
const POLL: Duration = Duration::from_millis(20);

/// `getconf CLK_TCK`: the same on every Linux.
const TICKS_PER_S: f64 = 100.0;

/// Looks until `found` has something, or the time is over.
pub fn wait_for<T>(within: Duration, mut found: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(value) = found() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(POLL);
    }
}

/// A port free for UDP and TCP at `ip` just now. The client that gets it cannot choose itself.
pub fn free_port(ip: &str) -> u16 {
    let free = || {
        let udp = UdpSocket::bind((ip, 0)).ok()?;
        let port = udp.local_addr().ok()?.port();
        // baresip takes the next port too, for TLS.
        let next = port.checked_add(1)?;
        let both = TcpListener::bind((ip, port)).is_ok() && TcpListener::bind((ip, next)).is_ok();
        both.then_some(port)
    };
    (0..100).find_map(|_| free()).expect("a free port")
}

/// A running program with its output in files.
pub struct Process {
    child: Child,
    name: String,
    logs: Vec<PathBuf>,
    status: Option<ExitStatus>,
}

impl Process {
    /// Starts `command` with its output in `folder`.
    pub fn start(name: &str, mut command: Command, folder: &Path) -> Self {
        command.stdin(Stdio::null());
        Self::spawned(name, command, folder)
    }

    /// The same for a program that is told what to do on its standard input.
    pub fn driven(name: &str, mut command: Command, folder: &Path) -> (Self, ChildStdin) {
        command.stdin(Stdio::piped());
        let mut process = Self::spawned(name, command, folder);
        let input = process.child.stdin.take().expect("it was asked for");
        (process, input)
    }

    fn spawned(name: &str, mut command: Command, folder: &Path) -> Self {
        let logs = vec![folder.join(format!("{name}.out")), folder.join(format!("{name}.err"))];
        let file = |path: &PathBuf| Stdio::from(File::create(path).unwrap());
        command.stdout(file(&logs[0])).stderr(file(&logs[1]));
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self { child, name: name.into(), logs, status: None }
    }

    /// Another file to show when the test fails.
    pub fn also_log(&mut self, path: PathBuf) {
        self.logs.push(path);
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.logs[0]).unwrap_or_default()).into_owned()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.logs[1]).unwrap_or_default()).into_owned()
    }

    /// The status if it has ended within this time.
    pub fn ended(&mut self, within: Duration) -> Option<ExitStatus> {
        if self.status.is_none() {
            let child = &mut self.child;
            self.status = wait_for(within, || child.try_wait().unwrap());
        }
        self.status
    }

    /// Memory of its own and shared that is in use, in KiB (`VmRSS`).
    pub fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse().expect(line)
    }

    /// Seconds of a processor, of its own and in the kernel, so far: fields 14 and 15 of `/proc/ID/stat`.
    pub fn cpu_s(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs");
        // The name before them may have spaces, and is in parentheses.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: f64 = [11, 12].iter().map(|at| fields[*at].parse::<f64>().unwrap()).sum();
        ticks / TICKS_PER_S
    }

    /// Sends a signal, such as `HUP`, to this process only.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        assert!(status.success(), "kill -{name} {}", self.name);
    }

    /// The last lines of everything it said.
    pub fn said(&self) -> String {
        let tail = |path: &PathBuf| {
            let text = String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
            let lines: Vec<&str> = text.lines().collect();
            let kept = lines[lines.len().saturating_sub(60)..].join("\n");
            format!("---- {}: {}\n{kept}\n", self.name, path.file_name().unwrap().display())
        };
        self.logs.iter().map(tail).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.status.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("{}", self.said());
        }
    }
}
