//! Commands of models and of seam checks: `sh -c` in the sandbox, with limits and a clean environment.
//!
//! Nothing that a command starts outlives it, however it ends: its exit, one of its limits, or the drop of the future.
//! We wait for the exit and not for the end of the output, since a daemon may hold the pipe.

mod serve;
mod watch;

use std::ffi::OsString;
use std::future::pending;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::time::Instant;
use trireme_core::{Host, SandboxLevel, limits};

use super::marked::{MARK, new_mark};
use super::output::Kept;
use crate::sandbox::{CommandLimits, Confines, Door, Ended, Network, Order, Proxy, Sandbox, Started};
use watch::Watch;

pub use serve::{Serving, Talker};

/// How commands are run: what they find around them.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The run, by which [`super::kill_marked`] finds what it started.
    pub run: String,
    /// Where they are started.
    pub sandbox: Sandbox,
    /// PATH.
    pub path: OsString,
    /// HOME: a private folder, empty at first.
    pub home: PathBuf,
    /// TMPDIR: a private folder.
    pub tmp: PathBuf,
    /// Further variables, such as CARGO_HOME and RUSTUP_HOME.
    pub env: Vec<(String, String)>,
    /// What they may read besides their own folders.
    pub read: Arc<[PathBuf]>,
    /// What they must not see.
    pub hidden: Arc<[PathBuf]>,
    /// Whom they may talk to.
    pub hosts: Arc<[Host]>,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOutput {
    /// Its exit code; none where a signal ended it.
    pub exit: Option<i32>,
    /// Which of its limits ended it, if one did.
    pub stopped: Option<Stopped>,
    /// Head and tail of what it wrote to stdout and stderr, in the order of writing.
    pub output: String,
    /// All of that, where it is more than both ends.
    pub whole: Option<Vec<u8>>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Whom it wanted to talk to and may not.
    pub refused: Vec<String>,
}

impl CommandOutput {
    /// All that it wrote, and the limit that ended it.
    #[must_use]
    pub fn said(&self) -> String {
        let whole = self.whole.as_deref().map(String::from_utf8_lossy);
        let mut said = whole.map_or_else(|| self.output.clone(), std::borrow::Cow::into_owned);
        let stopped = self.stopped.iter().map(ToString::to_string);
        for note in stopped.chain(self.beyond()) {
            said.push_str(&format!("\n[{note}]\n"));
        }
        said
    }

    /// What its scope kept it from, in a sentence.
    #[must_use]
    pub fn beyond(&self) -> Option<String> {
        (!self.refused.is_empty()).then(|| format!("beyond its scope: {}", self.refused.join(", ")))
    }
}

/// A limit that ended a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// It took too long.
    #[error("stopped at its time limit")]
    Time,
    /// It said nothing for too long.
    #[error("stopped since it said nothing for {0} s")]
    Idle(u64),
    /// It wrote too much to its output.
    #[error("stopped after {} MiB of output", .0 / (1_024 * 1_024))]
    Output(usize),
    /// It used too much CPU time.
    #[error("stopped after {0} s of CPU time")]
    Cpu(u64),
    /// It filled the disk.
    #[error("stopped after it had written {0} MiB to its folders")]
    Disk(u64),
    /// It had no more memory.
    #[error("killed since its memory limit was reached")]
    Memory,
}

/// Why a command was not run.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It did not start.
    #[error("no command could be started in {}: {source}; check that the folder exists, and see: trireme doctor", .dir.display())]
    Start {
        /// The folder.
        dir: PathBuf,
        /// What the sandbox or the operating system said.
        source: std::io::Error,
    },
}

impl Shell {
    /// Runs `command` by `sh -c` in the folder `dir` to its end. Dropping the future kills it.
    pub async fn run(
        &self,
        dir: &Path,
        command: &str,
        limits: CommandLimits,
    ) -> Result<CommandOutput, CommandError> {
        Ok(self.while_it_runs(dir, command, limits, async |_| pending::<()>().await).await?.1)
    }

    /// Runs `command` for as long as `work`, which may ask its servers, takes, then ends it; none of the work's answer where the command ended first, or
    /// one of its limits was reached.
    pub async fn while_it_runs<T>(
        &self,
        dir: &Path,
        command: &str,
        limits: CommandLimits,
        work: impl AsyncFnOnce(Door) -> T,
    ) -> Result<(Option<T>, CommandOutput), CommandError> {
        let began = Instant::now();
        let not_started = |source| CommandError::Start { dir: dir.to_owned(), source };
        let mut running = self.start(dir, command, limits).await.map_err(not_started)?;
        let mut watch = Watch::new(&running.started, [dir, &self.home, &self.tmp], limits);
        let (answer, turn) = tokio::select! {
            answer = work(running.started.door()) => (Some(answer), Turn::Enough),
            turn = running.attend(&mut watch, began) => (None, turn),
        };
        let (ended, stopped) = match turn {
            Turn::Ended(ended) => (ended, None),
            Turn::Stop(why) => (running.stop().await, Some(why)),
            Turn::Enough => (running.stop().await, None),
        };
        let output = running.into_output(ended.map_err(not_started)?, stopped, began).await;
        Ok((answer, output))
    }

    /// The way out of a command. At L2 there is none, and below nobody keeps a command from any.
    fn proxy(&self, mark: &str) -> std::io::Result<Option<Proxy>> {
        if self.hosts.is_empty() || self.sandbox.level() != SandboxLevel::L3 {
            return Ok(None);
        }
        let folder = self.home.parent().unwrap_or(&self.home);
        Proxy::open(folder.join(format!("{mark}.proxy")), self.hosts.clone()).map(Some)
    }

    async fn start(&self, dir: &Path, command: &str, limits: CommandLimits) -> std::io::Result<Running> {
        let argv = ["sh", "-c", command].map(OsString::from).to_vec();
        self.start_as(self.order(dir, argv, limits)?).await
    }

    /// What is to be started in a folder.
    fn order(&self, dir: &Path, argv: Vec<OsString>, limits: CommandLimits) -> std::io::Result<Order> {
        let dir = std::path::absolute(dir)?;
        let mark = new_mark(&self.run);
        Ok(Order {
            argv,
            confines: Confines {
                read: self.read.to_vec(),
                write: vec![dir.clone(), self.home.clone(), self.tmp.clone()],
                hidden: self.hidden.to_vec(),
                network: Network::None,
                env: self.environment(&dir, &mark),
                limits,
            },
            dir,
            mark,
            talks: false,
        })
    }

    async fn start_as(&self, mut order: Order) -> std::io::Result<Running> {
        let proxy = self.proxy(&order.mark)?;
        if let Some(proxy) = &proxy {
            order.confines.network = Network::Proxy(proxy.socket().to_owned());
        }
        let (started, pipe) = self.sandbox.start(&order).await?;
        let limits = order.confines.limits;
        let output = Kept::new(limits.output_end_bytes, limits.output_bytes);
        Ok(Running { started, pipe: Some(pipe), output, limits, heard: Instant::now(), proxy })
    }

    fn environment(&self, dir: &Path, mark: &str) -> Vec<(OsString, OsString)> {
        let usual = [
            ("PATH", self.path.clone()),
            ("HOME", self.home.clone().into()),
            ("TMPDIR", self.tmp.clone().into()),
            ("LANG", "C.UTF-8".into()),
            (MARK, mark.into()),
        ];
        let usual = usual.map(|(name, value)| (OsString::from(name), value));
        // The state folder may lie in a repository, which is none of the command's business.
        let above = dir.parent().map(|above| ("GIT_CEILING_DIRECTORIES".into(), above.into()));
        let further = self.env.iter().map(|(name, value)| (name.into(), value.into()));
        usual.into_iter().chain(above).chain(further).collect()
    }
}

struct Running {
    started: Started,
    /// None after its end.
    pipe: Option<Receiver>,
    output: Kept,
    limits: CommandLimits,
    /// When it last said something.
    heard: Instant,
    proxy: Option<Proxy>,
}

/// What came of waiting.
enum Turn {
    /// It ended by itself.
    Ended(std::io::Result<Ended>),
    /// It has to end.
    Stop(Stopped),
    /// Nobody needs it any longer.
    Enough,
}

impl Running {
    /// Waits for its end, or for one of its limits.
    async fn attend(&mut self, watch: &mut Watch, began: Instant) -> Turn {
        let CommandLimits { timeout, idle, output_bytes, .. } = self.limits;
        loop {
            if self.output.is_over() {
                return Turn::Stop(Stopped::Output(output_bytes));
            }
            tokio::select! {
                ended = self.started.until_end() => return Turn::Ended(ended),
                () = hear(&mut self.pipe, &mut self.output), if self.pipe.is_some() => self.heard = Instant::now(),
                () = tokio::time::sleep_until(began + timeout) => return Turn::Stop(Stopped::Time),
                () = tokio::time::sleep_until(self.heard + idle) => return Turn::Stop(Stopped::Idle(idle.as_secs())),
                why = watch.until_over() => return Turn::Stop(why),
            }
        }
    }

    async fn until_end(&mut self) -> std::io::Result<Ended> {
        loop {
            tokio::select! {
                ended = self.started.until_end() => return ended,
                () = hear(&mut self.pipe, &mut self.output), if self.pipe.is_some() => {}
            }
        }
    }

    /// Asks the command to end, and soon makes it.
    async fn stop(&mut self) -> std::io::Result<Ended> {
        self.started.ask_to_end().await;
        let grace = Duration::from_millis(limits::TERM_GRACE_MS);
        if let Ok(ended) = tokio::time::timeout(grace, self.until_end()).await {
            return ended;
        }
        self.started.let_go();
        let patience = Duration::from_millis(limits::WARDEN_PATIENCE_MS);
        if let Ok(ended) = tokio::time::timeout(patience, self.until_end()).await {
            return ended;
        }
        self.started.kill_warden();
        Ok(Ended::Killed)
    }

    async fn into_output(mut self, ended: Ended, stopped: Option<Stopped>, began: Instant) -> CommandOutput {
        self.drain().await;
        let ran_out = ended == Ended::Killed && self.started.ran_out_of_memory();
        let (output, whole) = self.output.into_parts();
        CommandOutput {
            exit: match ended {
                Ended::Exited(code) => Some(code),
                Ended::Killed => None,
            },
            stopped: stopped.or(ran_out.then_some(Stopped::Memory)),
            output,
            whole,
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            refused: self.proxy.map(|proxy| proxy.refused()).unwrap_or_default(),
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
async fn hear(pipe: &mut Option<Receiver>, output: &mut Kept) {
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
