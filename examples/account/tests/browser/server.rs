//! The application, as `cargo run -p account` starts it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Result;
use crate::process::Process;

/// The application, on a directory of its own that goes with it.
pub(crate) struct Server {
    directory: Scratch,
    port: u16,
    process: Option<Process>,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        let mut server = Self {
            directory: Scratch::new()?,
            port: 0,
            process: None,
        };
        server.start_again(arguments)?;
        Ok(server)
    }

    /// Starts it on the same data and, once it has one, on the same port.
    pub(crate) fn start_again(&mut self, arguments: &[&str]) -> Result {
        let mut command = Command::new(env!("CARGO_BIN_EXE_account"));
        command
            .args(["--port", &self.port.to_string()])
            .arg("--data")
            .arg(self.directory.path())
            .args(arguments);
        let (process, line) = Process::start(&mut command, "http://127.0.0.1:")?;
        let (_, port) = line.rsplit_once(':').ok_or("an address has a port")?;
        self.port = port.parse()?;
        self.process = Some(process);
        Ok(())
    }

    /// Stops it as Ctrl-C does: it puts everything in order first. Tells what it said.
    pub(crate) fn stop(&mut self) -> Result<Vec<String>> {
        self.process.take().ok_or("it runs")?.terminate()
    }

    /// Stops it as a power cut does, as far as a process goes.
    pub(crate) fn kill(&mut self) -> Result {
        self.process.take().ok_or("it runs")?.kill()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A directory that goes when the test is over.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cloakroom-browser-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
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
