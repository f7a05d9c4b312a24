//! Commands of models and of seam checks: `sh -c` in a process group of its own, with limits and a clean environment.
//!
//! Nothing that a command starts outlives it, however it ends: its exit, its time limit, or the drop of the future.
//! We wait for the exit and not for the end of the output, since a daemon may hold the pipe.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use trireme_core::limits;

use super::marked::{MARK, kill_command};
use super::output::Ends;

/// How commands are run: what they find around them.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The run, by which [`super::kill_marked`] finds what it started.
    pub run: String,
    /// PATH.
    pub path: OsString,
    /// HOME: a private folder, empty at first.
    pub home: PathBuf,
    /// TMPDIR: a private folder.
    pub tmp: PathBuf,
    /// Further variables, such as CARGO_HOME and RUSTUP_HOME.
    pub env: Vec<(String, String)>,
}

/// What a command may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandLimits {
    /// Wall time.
    pub timeout: Duration,
    /// Address space of each process, in MiB, if it is capped.
    pub memory_mb: Option<u32>,
    /// How much output is kept at each end, in bytes.
    pub output_end_bytes: usize,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOutput {
    /// Its exit code; none where a signal ended it.
    pub exit: Option<i32>,
    /// Whether it was stopped at its time limit.
    pub timed_out: bool,
    /// Head and tail of what it wrote to stdout and stderr, in the order of writing.
    pub output: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Why a command was not run.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The shell did not start.
    #[error("no command could be started in {}: {source}; check that the folder exists and that `sh` is in PATH", .dir.display())]
    Start {
        /// The folder.
        dir: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It ran, but its end could not be seen.
    #[error("the end of a command could not be seen: {0}; run it again")]
    Wait(std::io::Error),
}

impl Shell {
    /// Runs `command` by `sh -c` in the folder `dir` to its end. Dropping the future kills it.
    pub async fn run(
        &self,
        dir: &Path,
        command: &str,
        limits: CommandLimits,
    ) -> Result<CommandOutput, CommandError> {
        let began = Instant::now();
        let not_started = |source| CommandError::Start { dir: dir.to_owned(), source };
        let mut running = self.start(dir, command, limits).map_err(not_started)?;
        let ended = tokio::time::timeout(limits.timeout, running.until_exit()).await;
        let timed_out = ended.is_err();
        let status = match ended {
            Ok(status) => status,
            Err(_) => running.stop().await,
        };
        let status = status.map_err(CommandError::Wait)?;
        running.drain().await;
        Ok(CommandOutput {
            exit: status.code(),
            timed_out,
            output: running.output.into_text(),
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Runs `command` for as long as `work` takes, then ends it; none of the work's answer where the command ended first, or
    /// the time was over.
    pub async fn while_it_runs<T>(
        &self,
        dir: &Path,
        command: &str,
        limits: CommandLimits,
        work: impl Future<Output = T>,
    ) -> Result<(Option<T>, CommandOutput), CommandError> {
        let began = Instant::now();
        let not_started = |source| CommandError::Start { dir: dir.to_owned(), source };
        let mut running = self.start(dir, command, limits).map_err(not_started)?;
        let (answer, ended) = tokio::select! {
            answer = work => (Some(answer), None),
            ended = tokio::time::timeout(limits.timeout, running.until_exit()) => (None, Some(ended)),
        };
        let (status, timed_out) = match ended {
            Some(Ok(status)) => (status, false),
            Some(Err(_)) => (running.stop().await, true),
            None => (running.stop().await, false),
        };
        let status = status.map_err(CommandError::Wait)?;
        running.drain().await;
        let output = CommandOutput {
            exit: status.code(),
            timed_out,
            output: running.output.into_text(),
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        Ok((answer, output))
    }

    fn start(&self, dir: &Path, command: &str, limits: CommandLimits) -> std::io::Result<Running> {
        let (reader, writer) = std::io::pipe()?;
        let pipe = Receiver::from_owned_fd(OwnedFd::from(reader))?;
        let mark = self.new_mark();
        let mut sh = self.sh(command, limits.memory_mb);
        // The state folder may lie in a repository, which is none of the command's business.
        if let Some(above) = std::path::absolute(dir)?.parent() {
            sh.env("GIT_CEILING_DIRECTORIES", above);
        }
        let child = sh
            .current_dir(dir)
            .env(MARK, &mark)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .kill_on_drop(true)
            .process_group(0)
            .spawn()?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        Ok(Running {
            child,
            pipe: Some(pipe),
            output: Ends::new(limits.output_end_bytes),
            group: Group { group, mark },
        })
    }

    #[expect(clippy::disallowed_methods, reason = "the home of starting commands")]
    fn sh(&self, command: &str, memory_mb: Option<u32>) -> Command {
        let mut sh = Command::new("sh");
        sh.env_clear()
            .env("PATH", &self.path)
            .env("HOME", &self.home)
            .env("TMPDIR", &self.tmp)
            .env("LANG", "C.UTF-8")
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        match memory_mb {
            None => sh.args(["-c", command]),
            Some(mb) => {
                let kib = u64::from(mb) * 1_024;
                let limited = format!("ulimit -v {kib} || exit 125; exec sh -c \"$1\"");
                sh.args(["-c", &limited, "sh", command])
            }
        };
        sh
    }

    fn new_mark(&self) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        format!("{}.{}.{number}", self.run, std::process::id())
    }
}

/// The processes of one command; its drop kills them all.
struct Group {
    group: Option<Pid>,
    mark: String,
}

impl Group {
    fn signal(&self, signal: Signal) {
        // A group that is gone is what we want.
        let _ = self.group.map(|group| killpg(group, signal));
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
        kill_command(&self.mark);
    }
}

struct Running {
    child: Child,
    /// None after its end.
    pipe: Option<Receiver>,
    output: Ends,
    group: Group,
}

impl Running {
    async fn until_exit(&mut self) -> std::io::Result<ExitStatus> {
        loop {
            tokio::select! {
                status = self.child.wait() => return status,
                () = hear(&mut self.pipe, &mut self.output), if self.pipe.is_some() => {}
            }
        }
    }

    /// Asks the group to end, and soon makes it.
    async fn stop(&mut self) -> std::io::Result<ExitStatus> {
        self.group.signal(Signal::SIGTERM);
        let grace = Duration::from_millis(limits::TERM_GRACE_MS);
        let ended = tokio::time::timeout(grace, self.until_exit()).await;
        self.group.signal(Signal::SIGKILL);
        match ended {
            Ok(status) => status,
            Err(_) => self.child.wait().await,
        }
    }

    /// Reads what is still in the pipe, for a short while.
    async fn drain(&mut self) {
        let rest = async {
            while self.pipe.is_some() {
                hear(&mut self.pipe, &mut self.output).await;
            }
        };
        // Whoever holds the pipe for longer is killed next.
        let _ = tokio::time::timeout(Duration::from_millis(limits::DRAIN_MS), rest).await;
    }
}

/// Takes what is in the pipe, or its end. Nothing is lost when it is dropped while it waits.
async fn hear(pipe: &mut Option<Receiver>, output: &mut Ends) {
    let mut bytes = [0; 16 * 1024];
    let count = match pipe {
        Some(open) => open.read(&mut bytes).await.unwrap_or(0),
        None => 0,
    };
    match bytes.get(..count) {
        Some(bytes) if count > 0 => output.push(bytes),
        _ => *pipe = None,
    }
}

#[cfg(test)]
mod tests;
