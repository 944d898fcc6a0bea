//! Programs that a test starts: told apart by what they say, and ended by their own ids.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::Result;

/// A program in a process group of its own, which is ended with it.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a program, and waits until it says a line with this text in it.
    pub(crate) fn start(command: &mut Command, text: &str) -> Result<(Self, String)> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdout(Stdio::piped()).process_group(0).spawn();
        let child = child.map_err(|error| {
            format!("{name}: {error}; `cargo xtask test` installs what the tests start")
        })?;
        let mut process = Self { child };
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
        // Goes on listening, or the program would be told that nobody does.
        std::thread::spawn(move || said.for_each(drop));
        Ok((process, line))
    }

    /// Asks it to end, and waits until it has. Says whether it did so in good order.
    pub(crate) fn terminate(mut self) -> Result<bool> {
        kill_process(self.pid()?, Signal::TERM)?;
        Ok(self.child.wait()?.success())
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
