//! A program that works through the gateway: it has our terminal, and our environment without the keys.
//!
//! One of the three places where processes start. This one is the Owner's own command, typed by the Owner, so it is not
//! in a sandbox and not in a group of its own: Ctrl-C in the terminal reaches it as it reaches us.

use std::ffi::OsString;
use std::io;

use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// A program to be run.
pub struct Child {
    /// What, and its arguments.
    pub command: Vec<OsString>,
    /// Variables that it gets besides our own.
    pub set: Vec<(String, String)>,
    /// Variables of ours that it does not get: the keys of providers.
    pub withheld: Vec<String>,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildEnd {
    /// By itself, with this status.
    Exited(u8),
    /// By this signal.
    Killed(u8),
}

impl Child {
    /// Runs it to its end. Signals that end us are passed on to it, and we stay for the bill.
    ///
    /// # Errors
    /// Where it can't be started.
    pub async fn run(self) -> io::Result<ChildEnd> {
        let mut terminated = signal(SignalKind::terminate())?;
        let mut hung_up = signal(SignalKind::hangup())?;
        let mut interrupted = signal(SignalKind::interrupt())?;
        let mut child = self.command()?.spawn()?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        loop {
            let passed = tokio::select! {
                end = child.wait() => return end.map(ended),
                _ = terminated.recv() => nix::sys::signal::Signal::SIGTERM,
                _ = hung_up.recv() => nix::sys::signal::Signal::SIGHUP,
                // The terminal has told it already.
                _ = interrupted.recv() => continue,
            };
            if let Some(pid) = pid {
                // It may have ended just now, which the next turn sees.
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), passed);
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the Owner's own command starts here")]
    fn command(self) -> io::Result<Command> {
        let mut words = self.command.into_iter();
        let program = words.next().ok_or_else(|| io::Error::other("no program is named"))?;
        let mut command = Command::new(program);
        command.args(words).kill_on_drop(true);
        for name in &self.withheld {
            command.env_remove(name);
        }
        command.envs(self.set);
        Ok(command)
    }
}

fn ended(status: std::process::ExitStatus) -> ChildEnd {
    use std::os::unix::process::ExitStatusExt as _;
    let small = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    match (status.code(), status.signal()) {
        (Some(code), _) => ChildEnd::Exited(small(code)),
        (None, signal) => ChildEnd::Killed(small(signal.unwrap_or(0))),
    }
}
