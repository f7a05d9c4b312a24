//! The warden: our own program, started anew for one command, that restricts, starts, watches and ends it.
//!
//! It is told everything through its stdin, and as long as that is open, somebody wants the command. What it says goes to
//! its stderr; its stdout is the command's, of which it is the stderr only where the engine talks to the command. The thread
//! that starts the command is restricted first, so the command is, and all that comes from it. The rest of the warden is not,
//! so the command can't touch it: it stays to kill whatever is left.
//!
//! As the first process of a PID namespace its own end is the end of all. Elsewhere it is who orphans come to.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use trireme_core::SandboxLevel;

use super::door::{Wish, connect, talk};
use super::instruction::{Instruction, Said};
use super::{relay, restrict};

/// Where bubblewrap shows the warden its own program.
pub(super) const WARDEN_PATH: &str = "/.warden";

/// The first argument of a warden, where it is not a program of its own.
pub const WARDEN_ARGUMENT: &str = "__warden";

/// How often what a command left behind is looked for anew, while it starts others faster than we kill it.
const ROUNDS: usize = 1_000;

/// Becomes the warden where this process was started as one; nothing else may have happened in it before.
#[must_use]
pub fn warden_if_asked() -> Option<ExitCode> {
    (std::env::args_os().nth(1)? == WARDEN_ARGUMENT).then(warden)
}

/// Is the warden of one command, to its end.
#[must_use]
pub fn warden() -> ExitCode {
    let told = watch().unwrap_or_else(|error| Said::Refused(error.to_string()));
    // Who does not listen any more does not need it.
    let _ = told.say(&mut io::stderr());
    ExitCode::SUCCESS
}

/// Starts the command, waits for its end, and sees to it that nothing of it is left.
fn watch() -> io::Result<Said> {
    let mut orders = io::stdin();
    let mut instruction = Instruction::read_from(&mut orders)?;
    let_go_of_files();
    stand_apart(&instruction)?;
    if instruction.has_proxy {
        instruction.env.extend(relay::open()?);
    }
    // Before it can be the command's doing that we say nothing.
    Said::Started.say(&mut io::stderr())?;
    let child = std::thread::scope(|scope| scope.spawn(|| start(&instruction)).join());
    let child = child.unwrap_or_else(|_| Err(io::Error::other("the warden is broken")))?;
    let command = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    std::thread::spawn(move || obey(orders, command));
    let end = until_end(command)?;
    if !is_init() {
        kill_rest();
    }
    Ok(end)
}

/// Closes what whoever started the program has handed down open: it is none of the command's business.
fn let_go_of_files() {
    let open = std::fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let numbers = open.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    // The list itself is open too, and closed with the rest of it.
    let handed_down: Vec<_> = numbers.filter(|number| *number > 2).collect();
    for number in handed_down {
        let _ = nix::unistd::close(number);
    }
}

/// A session without a terminal, limits of a control group, and first in line when memory runs out.
fn stand_apart(instruction: &Instruction) -> io::Result<()> {
    // Whoever leads a group already has been given a session.
    let _ = nix::unistd::setsid();
    for group in &instruction.groups {
        std::fs::write(group, "0")?;
    }
    #[cfg(target_os = "linux")]
    {
        nix::sys::prctl::set_child_subreaper(true)?;
        // A kernel without it has other ways to choose.
        let _ = std::fs::write("/proc/self/oom_score_adj", "500");
    }
    Ok(())
}

/// Restricts this thread and starts the command from it.
#[expect(clippy::disallowed_methods, reason = "the command starts here, restricted")]
fn start(instruction: &Instruction) -> io::Result<Child> {
    let output = || io::stdout().as_fd().try_clone_to_owned().map(Stdio::from);
    let Some((program, args)) = instruction.argv.split_first() else {
        return Err(io::Error::other("no command is named"));
    };
    let mut command = Command::new(program);
    command.args(args).current_dir(&instruction.dir).env_clear();
    command.envs(instruction.env.iter().map(|(name, value)| (name, value)));
    let (input, said) = if instruction.talks {
        let line = talk(io::stdin())?;
        (Stdio::from(line.try_clone()?), Stdio::from(line))
    } else {
        (Stdio::null(), output()?)
    };
    command.stdin(input).stdout(said).stderr(output()?).process_group(0);
    if instruction.level > SandboxLevel::L0 {
        restrict::restrict(instruction)?;
    }
    restrict::limit(&instruction.limits)?;
    command.spawn().map_err(|error| {
        let (program, dir) = (program.display(), instruction.dir.display());
        io::Error::new(error.kind(), format!("{program} can't be started in {dir}: {error}"))
    })
}

/// Does what the engine wishes. A command that nobody wants any more is killed: `until_end` does the rest.
fn obey(mut orders: impl Read, command: Pid) {
    while let Some(wish) = Wish::read_from(&mut orders) {
        match wish {
            Wish::EndSoon => drop(killpg(command, Signal::SIGTERM)),
            // Who does not listen for the answer does not need it.
            Wish::Connect(port) => drop(connect(io::stdin(), port)),
        }
    }
    let _ = killpg(command, Signal::SIGKILL);
}

/// Waits for the command, and takes in orphans meanwhile.
fn until_end(command: Pid) -> io::Result<Said> {
    loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) if pid == command => return Ok(Said::Exited(code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == command => {
                return Ok(Said::Killed(signal as i32));
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_init() -> bool {
    std::process::id() == 1
}

/// Kills what comes to us as the command's orphans, generation after generation, until nobody is left.
fn kill_rest() {
    for _ in 0..ROUNDS {
        let children = children();
        if children.is_empty() {
            return;
        }
        for child in children {
            let _ = kill(child, Signal::SIGKILL);
        }
        let mut flags = None;
        while matches!(waitpid(None, flags), Ok(status) if status != WaitStatus::StillAlive) {
            flags = Some(WaitPidFlag::WNOHANG);
        }
    }
}

/// Our children, as the kernel lists them.
fn children() -> Vec<Pid> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .map(Pid::from_raw)
        .collect()
}
