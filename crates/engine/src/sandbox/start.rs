//! Starting a command: its group, bubblewrap where there is one, and the warden with its instruction.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::PoisonError;

use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use trireme_core::SandboxLevel;
use trireme_core::limits::OUTPUT_END_BYTES;

use super::Sandbox;
use super::bubblewrap::lies_in;
use super::cgroup::{Cgroup, Meter};
use super::confines::{CommandLimits, Confines, Network};
use super::door::{Door, Lifeline, Wish};
use super::instruction::{Instruction, Rlimits, Said};
use super::links::own_files;
use super::warden::WARDEN_PATH;
use crate::workspace::marked::{MARK, kill_command};

/// What is to be started.
#[derive(Clone, Debug)]
pub struct Order {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// The folder that it starts in.
    pub dir: PathBuf,
    /// What it may.
    pub confines: Confines,
    /// What its processes are known by: `<run>.<command>`.
    pub mark: String,
    /// Whether it is talked to: its stdin and stdout are a line to us, see [`Started::line`]; what it writes to its stderr comes
    /// out of the pipe.
    pub talks: bool,
}

/// A command that runs. Its drop ends it, and all that it started.
#[derive(Debug)]
pub struct Started {
    level: SandboxLevel,
    /// bubblewrap or the warden.
    child: Child,
    /// Tells the warden that the command is still wanted.
    lifeline: Option<Lifeline>,
    /// What the warden says, and bubblewrap, if something is wrong with it.
    talk: Talk,
    group: Option<Cgroup>,
    mark: String,
    /// Whether its end was seen, after which nothing of it is left.
    is_over: bool,
    is_warden_gone: bool,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal.
    Killed,
}

/// What comes out of a pipe until its end.
#[derive(Debug)]
struct Talk {
    pipe: Receiver,
    text: Vec<u8>,
}

impl Sandbox {
    /// Starts a command; what it writes comes out of the pipe.
    ///
    /// # Errors
    /// Where the level can't express what it may, or the operating system refuses.
    pub async fn start(&self, order: &Order) -> io::Result<(Started, Receiver)> {
        let (output, output_end) = pipe()?;
        let (talk, talk_end) = pipe()?;
        let (lifeline, orders) = Lifeline::new()?;
        self.can_express(&order.confines)?;
        self.own(&order.confines.write).await?;
        let etc = self.etc(&order.confines.read).await?;
        let limits = &order.confines.limits;
        let group = self.0.cgroups.as_ref().map(|groups| groups.make(&order.mark, limits)).transpose()?;
        let instruction = self.instruction(order, group.as_ref()).to_bytes()?;
        let mut command = self.command(order, &etc, group.as_ref())?;
        command.stdin(orders).stdout(output_end).stderr(talk_end);
        let child = command.spawn()?;
        let mut started = Started {
            level: self.level(),
            child,
            lifeline: None,
            talk: Talk { pipe: talk, text: Vec::new() },
            group,
            mark: order.mark.clone(),
            is_over: false,
            is_warden_gone: false,
        };
        let lifeline = started.lifeline.insert(lifeline);
        match lifeline.write(&instruction).await {
            // It went away without reading, and says why.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            written => written?,
        }
        Ok((started, output))
    }

    /// Makes the files of folders their own before the first command comes into them.
    async fn own(&self, folders: &[PathBuf]) -> io::Result<()> {
        let mut fresh = folders.to_vec();
        let owned = || self.0.owned.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.retain(|folder| !owned().contains(folder));
        if fresh.is_empty() || self.level() == SandboxLevel::L0 {
            return Ok(());
        }
        let found = fresh.clone();
        let copied = move || found.iter().try_for_each(|folder| own_files(folder).map(drop));
        tokio::task::spawn_blocking(copied).await.map_err(io::Error::other)??;
        owned().extend(fresh);
        Ok(())
    }

    /// The folder that a command finds as /etc, where it finds another than the machine's.
    async fn etc(&self, places: &[PathBuf]) -> io::Result<PathBuf> {
        if self.level() < SandboxLevel::L3 {
            return Ok(PathBuf::new());
        }
        let (sandbox, places) = (self.clone(), places.to_vec());
        let copied = move || sandbox.0.copies.of(&places);
        tokio::task::spawn_blocking(copied).await.map_err(io::Error::other)?
    }

    /// What Landlock alone can't do is refused, before anything is done without it.
    fn can_express(&self, confines: &Confines) -> io::Result<()> {
        if self.level() != SandboxLevel::L2 {
            return Ok(());
        }
        if let Network::Proxy(_) = confines.network {
            return Err(io::Error::other(
                "at sandbox level L2 a command can't be given any network: it needs L3",
            ));
        }
        match confines.hidden.iter().find(|hidden| lies_in(hidden, &confines.read)) {
            None => Ok(()),
            Some(hidden) => Err(io::Error::other(format!(
                "at sandbox level L2, {} can't be hidden in a folder that commands read: move it, or use L3",
                hidden.display()
            ))),
        }
    }

    fn instruction(&self, order: &Order, group: Option<&Cgroup>) -> Instruction {
        let Confines { read, write, env, limits, .. } = &order.confines;
        let names = |paths: &[PathBuf]| paths.iter().map(OsString::from).collect();
        // bubblewrap's shell has joined the group; inside it there is none to be seen.
        let groups = group.filter(|_| self.level() < SandboxLevel::L3).into_iter().flat_map(Cgroup::doors);
        Instruction {
            level: self.level(),
            argv: order.argv.clone(),
            dir: order.dir.clone().into(),
            env: env.clone(),
            read: names(read),
            write: names(write),
            limits: rlimits(limits, group.is_some()),
            has_proxy: matches!(order.confines.network, Network::Proxy(_)),
            talks: order.talks,
            groups: groups.map(OsString::from).collect(),
        }
    }

    /// The warden, or bubblewrap with the warden in it. It knows nothing yet: neither what it will run nor with which
    /// environment.
    #[expect(clippy::disallowed_methods, reason = "the home of starting commands")]
    fn command(&self, order: &Order, etc: &Path, group: Option<&Cgroup>) -> io::Result<Command> {
        let warden = &self.0.warden;
        let words = match (&self.0.bubblewrap, self.level()) {
            (Some(bubblewrap), SandboxLevel::L3) => {
                let args = bubblewrap.args(&order.confines, etc, &warden.program);
                let inside = [OsString::from(WARDEN_PATH)].into_iter().chain(warden.args.clone());
                let all = [bubblewrap.program.clone().into()].into_iter().chain(args).chain(inside);
                joined(group, all.collect())
            }
            _ => self.wrapped(order),
        };
        let Some((program, args)) = words.split_first() else { return Err(io::Error::other("no program")) };
        let mut command = Command::new(program);
        command.args(args).env_clear().env(MARK, &order.mark).current_dir("/");
        // A warden outside has to live for as long as it takes to kill what it watches.
        command.kill_on_drop(self.level() == SandboxLevel::L3);
        Ok(command)
    }

    fn wrapped(&self, order: &Order) -> Vec<OsString> {
        let warden = [self.0.warden.program.clone().into()].into_iter().chain(self.0.warden.args.clone());
        #[cfg(target_os = "macos")]
        if self.level().holds() {
            return super::seatbelt::args(&order.confines, &self.0.warden.program)
                .into_iter()
                .chain(warden)
                .collect();
        }
        let _ = order;
        warden.collect()
    }
}

/// A shell that goes into a group and becomes the program, so that nothing of it was ever outside.
fn joined(group: Option<&Cgroup>, words: Vec<OsString>) -> Vec<OsString> {
    const JOIN: &str =
        "while [ \"$1\" != -- ]; do echo 0 > \"$1\" || exit 1; shift; done; shift; exec \"$@\"";
    let Some(group) = group else { return words };
    let doors = group.doors().map(OsString::from);
    let shell = ["/bin/sh", "-c", JOIN, "sh"].map(OsString::from);
    shell.into_iter().chain(doors).chain([OsStr::new("--").to_owned()]).chain(words).collect()
}

/// What a group counts for all is not limited for each, since some programs reserve far more memory than they use.
fn rlimits(limits: &CommandLimits, is_grouped: bool) -> Rlimits {
    let shared = limits.memory_mb.filter(|_| !is_grouped);
    let memory_mb = limits.process_memory_mb.into_iter().chain(shared).min();
    Rlimits {
        memory_bytes: memory_mb.map(|mb| mb.saturating_mul(1_024 * 1_024)),
        cpu_s: limits.cpu_s,
        processes: limits.processes,
        open_files: limits.open_files,
        file_bytes: limits.disk_mb.saturating_mul(1_024 * 1_024),
    }
}

/// A pipe: our end to read, and the end of whom we start.
fn pipe() -> io::Result<(Receiver, Stdio)> {
    let (reader, writer) = io::pipe()?;
    Ok((Receiver::from_owned_fd(OwnedFd::from(reader))?, Stdio::from(writer)))
}

impl Started {
    /// Waits for its end. May be dropped and called again.
    ///
    /// # Errors
    /// Where it was never started, with what is wrong; or its end can't be seen.
    pub async fn until_end(&mut self) -> io::Result<Ended> {
        while self.talk.hear().await? {}
        self.child.wait().await?;
        let said = self.talk.said();
        self.is_over = matches!(said, Some(Said::Exited(_) | Said::Killed(_)));
        match said {
            Some(Said::Exited(code)) => Ok(Ended::Exited(code)),
            // The warden itself may be killed, when memory runs out.
            Some(Said::Killed(_) | Said::Started) => Ok(Ended::Killed),
            Some(Said::Refused(why)) => Err(io::Error::other(why)),
            None => Err(io::Error::other(self.talk.text())),
        }
    }

    /// The way to its servers, for as long as it is wanted.
    #[must_use]
    pub fn door(&self) -> Door {
        self.lifeline.as_ref().map(Lifeline::door).unwrap_or_default()
    }

    /// The line to a command that is talked to: its stdin and stdout. To be asked for once, and before its door is used.
    ///
    /// # Errors
    /// Where it was not started; its end says why.
    pub async fn line(&self) -> io::Result<UnixStream> {
        self.lifeline.as_ref().ok_or(io::ErrorKind::NotConnected)?.line().await
    }

    /// Asks it to end.
    pub async fn ask_to_end(&mut self) {
        if let Some(lifeline) = &self.lifeline {
            // Who does not listen is gone.
            let _ = lifeline.write(&Wish::EndSoon.to_bytes()).await;
        }
    }

    /// Lets go of it: its warden kills it.
    pub fn let_go(&mut self) {
        self.lifeline = None;
    }

    /// Ends a warden that does not do its work; what it watched is found by its mark or its group.
    pub fn kill_warden(&mut self) {
        self.is_warden_gone = self.child.start_kill().is_ok();
    }

    /// What tells the CPU time of all of its processes, where there is something.
    #[must_use]
    pub fn meter(&self) -> Option<Meter> {
        self.group.as_ref().map(Cgroup::meter)
    }

    /// Whether one of its processes was killed because it had no more memory.
    #[must_use]
    pub fn ran_out_of_memory(&self) -> bool {
        self.group.as_ref().is_some_and(Cgroup::ran_out_of_memory)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.lifeline = None;
        if self.is_over && self.level.holds() {
            // Its warden says so, whom it could not reach: nothing of it is left.
            return;
        }
        // What left its warden, or the warden itself where it was started in a world of its own.
        let outside = self.child.id().filter(|_| self.level < SandboxLevel::L3 && !self.is_warden_gone);
        kill_command(&self.mark, outside);
    }
}

impl Talk {
    /// Takes what is there; false at the end.
    async fn hear(&mut self) -> io::Result<bool> {
        let mut bytes = [0; 4 * 1_024];
        let count = self.pipe.read(&mut bytes).await?;
        if self.text.len() < OUTPUT_END_BYTES {
            self.text.extend_from_slice(bytes.get(..count).unwrap_or_default());
        }
        Ok(count > 0)
    }

    fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.text).trim().to_owned();
        if text.is_empty() { "its warden went away without a word".to_owned() } else { text }
    }

    /// The last that the warden said.
    fn said(&self) -> Option<Said> {
        String::from_utf8_lossy(&self.text).lines().filter_map(Said::hear).next_back()
    }
}
