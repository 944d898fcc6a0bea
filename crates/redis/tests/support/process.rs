//! Real servers, started on free ports and ended with the test.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

static COUNT: AtomicU64 = AtomicU64::new(0);

/// How long a server may take to answer. Only a server that does not start takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A directory that goes with the test.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        let number = COUNT.fetch_add(1, SeqCst);
        let name = format!("cloakroom-redis-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        match std::fs::create_dir(&path) {
            // Left by a run that was killed, whose process id has come around.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Self::new(),
            made => {
                made.expect("a directory for the test");
                Self(path)
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running server. It ends when this is dropped, and when the test's process ends, however it does.
#[derive(Debug)]
pub(crate) struct Process {
    server: Mutex<Option<(Child, Child)>>,
    pub(crate) port: u16,
    arguments: Vec<String>,
    sentinel: bool,
    // Goes last.
    pub(crate) dir: Scratch,
}

impl Process {
    /// Starts a server with these arguments, on a free port, without persistence.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_as(false, arguments, |_, _| {})
    }

    /// Starts a server that `prepare` can write files for, into its directory.
    pub(crate) fn start_as(
        sentinel: bool,
        arguments: &[&str],
        prepare: impl Fn(&Path, u16),
    ) -> Self {
        for _ in 0..20 {
            let dir = Scratch::new();
            let port = free_port();
            prepare(dir.path(), port);
            let process = Self {
                server: Mutex::new(None),
                port,
                arguments: arguments.iter().map(ToString::to_string).collect(),
                sentinel,
                dir,
            };
            // Somebody else may have taken the port meanwhile.
            if process.run() {
                return process;
            }
        }
        panic!("redis-server does not start on any of 20 ports");
    }

    /// Starts the server again that was killed: on the same port, with what is in its directory.
    pub(crate) fn restart(&self) {
        assert!(self.run(), "the server starts again");
    }

    /// Ends the server at once, as SIGKILL does.
    pub(crate) fn kill(&self) {
        let ended = self.server.lock().expect("not poisoned").take();
        if let Some((mut server, mut guard)) = ended {
            let _ = server.kill();
            let _ = server.wait();
            // Ended before it would remove the directory, which a restart needs.
            let _ = guard.kill();
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        let server = self.server.lock().expect("not poisoned");
        server.as_ref().expect("it runs").0.id()
    }

    /// Sends a signal to the server, by its id.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.expect("kill runs").success());
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn run(&self) -> bool {
        let mut command = Command::new(program());
        if self.sentinel {
            command
                .arg(self.dir.path().join("sentinel.conf"))
                .arg("--sentinel");
        }
        command
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--dir", &self.dir.path().display().to_string()])
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = command.spawn().unwrap_or_else(|error| {
            panic!(
                "these tests start a real server, and {} cannot be run ({error}): install redis-server, with \
                 `apt-get install redis-server` or by `cargo xtask test`",
                program()
            )
        });
        let guard = Command::new("sh")
            .args([
                "-c",
                "cat >/dev/null; kill -9 \"$0\" 2>/dev/null; rm -rf \"$1\"",
            ])
            .args([
                &server.id().to_string(),
                &self.dir.path().display().to_string(),
            ])
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell that ends the server with the test");
        *self.server.lock().expect("not poisoned") = Some((server, guard));
        let answers = self.answers();
        if !answers {
            self.kill();
        }
        answers
    }

    fn answers(&self) -> bool {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if self.has_ended() {
                return false;
            }
            if pings(self.port) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    fn has_ended(&self) -> bool {
        let mut server = self.server.lock().expect("not poisoned");
        server
            .as_mut()
            .is_none_or(|(server, _)| server.try_wait().is_ok_and(|ended| ended.is_some()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits for something that takes its time and comes in the end.
pub(crate) fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        let waited = began.elapsed();
        assert!(waited < PATIENCE * 2, "waited for long until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Another server than the `redis-server` of the `PATH`, where `CLOAKROOM_REDIS_SERVER` names one.
fn program() -> String {
    std::env::var("CLOAKROOM_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned())
}

/// Any answer will do: a server with a password or with TLS refuses this one.
fn pings(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let mut reply = [0; 1];
    stream.write_all(b"PING\r\n").is_ok() && stream.read_exact(&mut reply).is_ok()
}

/// A port that nobody listens on; below those that outgoing connections are given.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    for _ in 0..10_000 {
        let n = NEXT.fetch_add(1, SeqCst) + u64::from(std::process::id()) * 37;
        // A node of a cluster takes the port 10,000 above, too.
        let port = 11_000 + (n % 9_000) as u16;
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 10_000) {
            return port;
        }
    }
    panic!("no port is free");
}
