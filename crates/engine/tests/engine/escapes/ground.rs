//! One attempt on fresh ground, outside of a sandbox or in one.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use trireme_engine::sandbox::{CommandLimits, Sandbox, Surroundings};
use trireme_engine::workspace::{CommandOutput, Shell, Stopped};

use super::attempt::{Attempt, Proof};
use super::owner::{Owner, SECRET, shell};

pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What came of an attempt.
pub(super) struct Verdict {
    pub(super) escaped: bool,
    /// What it said, for whoever has to find out why.
    pub(super) told: String,
}

/// Tries it with nothing in the way: the environment, the session and the open files are the parent's.
pub(super) async fn tried_outside(attempt: &'static Attempt) -> Verdict {
    tokio::task::spawn_blocking(move || {
        let owner = prepared(attempt);
        let before = owner.state();
        let mut command = outside(attempt, &owner);
        wait(command.spawn().unwrap());
        let told = std::fs::read(owner.above.path().join("told")).unwrap();
        let told = String::from_utf8_lossy(&told).into_owned();
        judge(attempt, owner, &before, &told, None)
    })
    .await
    .unwrap()
}

/// Waits for its end. One that is stopped has to go on, or nobody would get to the end.
fn wait(mut child: std::process::Child) {
    let stat = format!("/proc/{}/stat", child.id());
    while child.try_wait().unwrap().is_none() {
        if std::fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T ")) {
            let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT).unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[expect(clippy::disallowed_methods, reason = "this is what the sandbox has to be better than")]
fn outside(attempt: &Attempt, owner: &Owner) -> Command {
    let mut command = Command::new("sh");
    // Who started us is somebody whom an attempt may kill.
    let script = format!("exec 9< {}/secret; sh -c \"$SCRIPT\"; true", owner.out().display());
    command.args(["-c", &script]).env("SCRIPT", attempt.script).envs(owner.told());
    command.env("HOME", owner.above.path().join("home")).env("PATH", PATH);
    // Not a pipe: whoever stays would hold it open.
    let told = std::fs::File::create(owner.above.path().join("told")).unwrap();
    command.stdout(told.try_clone().unwrap()).stderr(told);
    command.current_dir(owner.above.path().join("work")).stdin(Stdio::null()).process_group(0);
    command
}

/// Tries it at a level.
pub(super) async fn tried(attempt: &'static Attempt, sandbox: &Sandbox) -> Verdict {
    let owner = tokio::task::spawn_blocking(move || prepared(attempt)).await.unwrap();
    let before = owner.state();
    let ran = in_sandbox(attempt, &owner, sandbox).await;
    let (told, stopped) = match ran {
        Ok(ran) => (format!("{}[{:?} {:?}]", ran.output, ran.exit, ran.stopped), ran.stopped),
        Err(error) => (format!("it did not start: {error}"), Some(Stopped::Time)),
    };
    let judged = move || judge(attempt, owner, &before, &told, stopped);
    tokio::task::spawn_blocking(judged).await.unwrap()
}

async fn in_sandbox(
    attempt: &Attempt,
    owner: &Owner,
    sandbox: &Sandbox,
) -> Result<CommandOutput, trireme_engine::workspace::CommandError> {
    let above = owner.above.path();
    let home = Path::new("/nonexistent");
    let hidden = [above.to_owned()];
    let surroundings = Surroundings { path: PATH.as_ref(), env: &[], home, further: &[], hidden: &hidden };
    let shell = Shell {
        run: format!("escape-{}", std::process::id()),
        sandbox: sandbox.clone(),
        path: PATH.into(),
        home: above.join("home"),
        tmp: above.join("tmp"),
        env: owner.told().into_iter().chain([("MANY".to_owned(), "600".to_owned())]).collect(),
        read: surroundings.places().into(),
        hidden: hidden.into(),
        hosts: [].into(),
    };
    let limits = (attempt.limits)(CommandLimits::within(Duration::from_secs(60)));
    shell.run(&above.join("work"), attempt.script, limits).await
}

fn prepared(attempt: &Attempt) -> Owner {
    let owner = Owner::new(attempt.script);
    if !attempt.before.is_empty() {
        assert!(shell(owner.above.path(), attempt.before).success(), "{}", attempt.before);
    }
    owner
}

fn judge(
    attempt: &Attempt,
    mut owner: Owner,
    before: &[String],
    told: &str,
    stopped: Option<Stopped>,
) -> Verdict {
    let escaped = match attempt.proof {
        Proof::Changes => owner.state() != before,
        Proof::Leaks => told.contains(SECRET),
        Proof::Says => told.contains("ESCAPED"),
        Proof::Reaches => owner.heard(),
        Proof::Kills => is_soon(|| owner.is_killed()),
        Proof::Lasts => stopped.is_none(),
        Proof::Survives => survives(owner.above.path()),
    };
    end_all(owner.above.path());
    // A mount that succeeded would keep the folder from being removed.
    let _ = shell(owner.above.path(), "umount outside/dir");
    Verdict { escaped, told: told.to_owned() }
}

/// Whether something that is on its way happens: a signal takes a moment.
fn is_soon(mut happens: impl FnMut() -> bool) -> bool {
    (0..50).any(|_| {
        std::thread::sleep(Duration::from_millis(2));
        happens()
    })
}

/// Gives whoever is left the word that it waits for, and looks whether there is an answer or nobody.
fn survives(above: &Path) -> bool {
    std::fs::write(above.join("work/go"), "").unwrap();
    let mut empty = 0;
    for _ in 0..10_000 {
        if above.join("work/alive").exists() {
            return true;
        }
        // Somebody may come to be while we look.
        empty = if processes_in(above).is_empty() { empty + 1 } else { 0 };
        if empty > 5 {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("somebody in {} neither goes nor answers", above.display());
}

fn processes_in(above: &Path) -> Vec<i32> {
    let work = above.join("work");
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let ours = entries
        .filter(|entry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&work)));
    ours.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn end_all(above: &Path) {
    use nix::sys::signal::{Signal, kill};
    for pid in processes_in(above) {
        let _ = kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// The version of Landlock that this kernel has.
pub(super) fn landlock() -> u32 {
    let told = "import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))";
    #[expect(clippy::disallowed_methods, reason = "asks the kernel")]
    let output = Command::new("/usr/bin/python3").args(["-c", told]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(0)
}
