//! Programs that a test starts: told apart by what they say, and ended by their own ids.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::Result;

/// A program in a process group of its own, which is ended with it.
pub(crate) struct Process {
    child: Child,
    /// Hears what it says from then on.
    listener: Option<JoinHandle<Vec<String>>>,
}

impl Process {
    /// Starts a program, and waits until it says a line with this text in it.
    pub(crate) fn start(command: &mut Command, text: &str) -> Result<(Self, String)> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdout(Stdio::piped()).process_group(0).spawn();
        let child = child.map_err(|error| {
            format!("{name}: {error}; `cargo xtask test` installs what the tests start")
        })?;
        let mut process = Self {
            child,
            listener: None,
        };
        let said = process.child.stdout.take().ok_or("its output is piped")?;
        let mut said = BufReader::new(said).lines();
        let mut heard = String::new();
        let line = loop {
            let Some(line) = said.next().transpose()? else {
                return Err(format!("{name} has ended without saying `{text}`:\n{heard}").into());
            };
            if line.contains(text) {
                break line;
            }
            heard.push_str(&line);
            heard.push('\n');
        };
        let listener = thread::spawn(move || said.map_while(std::result::Result::ok).collect());
        process.listener = Some(listener);
        Ok((process, line))
    }

    /// Asks it to end, and waits until it has, in good order. Tells what it has said since it was started.
    pub(crate) fn terminate(mut self) -> Result<Vec<String>> {
        kill_process(self.pid()?, Signal::TERM)?;
        let status = self.child.wait()?;
        let listener = self.listener.take().ok_or("it was listened to")?;
        let said = listener.join().map_err(|_| "the listener has panicked")?;
        if status.success() {
            Ok(said)
        } else {
            Err(format!("it ended with {status}, and said {said:?}").into())
        }
    }

    /// Ends it without a word of warning.
    pub(crate) fn kill(mut self) -> Result {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn pid(&self) -> Result<Pid> {
        Pid::from_raw(self.child.id().try_into()?).ok_or_else(|| "it has no id".into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Once it was waited for, its id may be somebody else's.
        if matches!(self.child.try_wait(), Ok(None))
            && let Ok(pid) = self.pid()
        {
            let _ = kill_process_group(pid, Signal::KILL);
            let _ = self.child.wait();
        }
    }
}
