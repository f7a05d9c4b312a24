//! The escape suite: ways out of the sandbox, each of which is shown to work outside of it first. Then it is tried at every
//! level, as root and as an ordinary person, and stopped by exactly those that its row says.
//!
//! All of it happens in a network namespace that the test makes, in which the address of a machine's metadata is ours:
//! nothing else is ever contacted.

mod attempt;
mod files;
mod ground;
mod owner;
mod world;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use trireme_core::SandboxLevel;
use trireme_engine::sandbox::{Sandbox, SandboxSettings};

use crate::support::variable;
use attempt::{Attempt, Held, Who};
use ground::{PATH, Verdict, tried, tried_outside};

/// What is tried at one time: more than the machine has cores, since most of it is waiting.
const AT_ONCE: usize = 4;
const LEVELS: [SandboxLevel; 3] = [SandboxLevel::L3, SandboxLevel::L2, SandboxLevel::L1];
/// Says to this program, started anew, that it is in a network of its own, and as whom.
const STAGE: &str = "TRIREME_ESCAPES";
/// Where the warden is for somebody who can't look into our folders.
const WARDEN: &str = "TRIREME_ESCAPES_WARDEN";
/// Where `id` is with the right to be its owner.
const SETUID: &str = "TRIREME_ESCAPES_SETUID";
const NOBODY: &str = "65534";

fn table() -> Vec<&'static Attempt> {
    let topics = [
        files::CHANGES,
        files::LOOKS,
        files::GITS,
        world::PROCESSES,
        world::DAEMONS,
        world::NETWORK,
        world::KERNEL,
        world::LIMITS,
    ];
    topics.into_iter().flatten().collect()
}

#[test]
fn there_are_many_attempts_and_nothing_that_can_be_stopped_gets_out_of_the_highest_level() {
    let table = table();
    assert!(table.len() >= 80, "{}", table.len());
    let mut names: Vec<_> = table.iter().map(|attempt| attempt.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), table.len(), "each has a name of its own");
    // Without control groups nobody counts the processes of root, nor memory that many share.
    let gets_out = |attempt: &&&Attempt| !matches!(attempt.held(SandboxLevel::L3), Held::Yes);
    let names: Vec<_> = table.iter().filter(gets_out).map(|attempt| attempt.name).collect();
    assert_eq!(names, ["a fork bomb", "threads without end", "memory of many processes"]);
}

#[test]
fn as_root_each_attempt_is_stopped_by_whom_its_row_says() {
    match nix::unistd::geteuid().is_root() {
        true => anew("as_root_each_attempt_is_stopped_by_whom_its_row_says", Who::Root),
        false => trireme_testkit::skipped("escapes as root: this is somebody else"),
    }
}

#[test]
fn as_anybody_each_attempt_is_stopped_by_whom_its_row_says() {
    anew("as_anybody_each_attempt_is_stopped_by_whom_its_row_says", Who::Ordinary);
}

/// Starts this test anew, as somebody in a network of its own; there, does it.
fn anew(test: &str, who: Who) {
    if variable(STAGE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        return runtime.unwrap().block_on(all(who));
    }
    if !trireme_testkit::machine::has_bubblewrap() {
        trireme_testkit::skipped("escapes: bubblewrap can't be installed here");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let own = std::env::current_exe().unwrap();
    let (program, warden) = (dir.path().join("test"), dir.path().join("warden"));
    copy(&own, &program);
    copy(Path::new(env!("CARGO_BIN_EXE_trireme-warden")), &warden);
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let setuid = dir.path().join("id");
    copy(Path::new("/usr/bin/id"), &setuid);
    std::fs::set_permissions(&setuid, std::fs::Permissions::from_mode(0o4755)).unwrap();
    let mut command = in_own_network(who);
    command.arg(&program).args(["--exact", &format!("escapes::{test}"), "--nocapture"]);
    command
        .env(STAGE, "1")
        .env(SETUID, setuid)
        .env(WARDEN, &warden)
        .env("SECRET_OF_THE_PARENT", owner::SECRET)
        .current_dir("/");
    let done = command.output().unwrap();
    let told = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    told.lines().filter_map(|line| line.strip_prefix("skipped: ")).for_each(trireme_testkit::skipped);
    assert!(done.status.success(), "{told}");
    println!("{told}");
}

/// A program that starts another one in a network that has loopback and an address like a machine's metadata.
#[expect(clippy::disallowed_methods, reason = "the test starts itself anew")]
fn in_own_network(who: Who) -> std::process::Command {
    let lay = "ip link set lo up && ip addr add 169.254.169.254/32 dev lo && exec \"$@\"";
    let is_root = nix::unistd::geteuid().is_root();
    let mut command = std::process::Command::new("unshare");
    command.arg(if is_root { "-n" } else { "-Urn" }).args(["sh", "-c", lay, "sh"]);
    if is_root && who == Who::Ordinary {
        command.args(["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"]);
    }
    command
}

/// A copy by another program: what this one starts at the same time would hold it open for writing.
fn copy(from: &Path, to: &Path) {
    crate::support::sh(Path::new("/"), &format!("cp '{}' '{}'", from.display(), to.display()));
}

/// A level that is there, and what is known of it.
struct Level {
    sandbox: Sandbox,
    landlock: u32,
}

async fn levels(state: &Path) -> Vec<Level> {
    let mut levels = Vec::new();
    for level in LEVELS {
        let warden: PathBuf = variable(WARDEN).unwrap().into();
        let settings = SandboxSettings { level: Some(level), ..SandboxSettings::of(warden, &[]) };
        match Sandbox::find(&settings, PATH.as_ref(), state).await {
            Ok(sandbox) => levels.push(Level { sandbox, landlock: ground::landlock() }),
            Err(error) => println!("skipped: escapes: {error}"),
        }
    }
    levels
}

async fn all(who: Who) {
    let state = tempfile::tempdir().unwrap();
    let levels = Arc::new(levels(state.path()).await);
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut rows = JoinSet::new();
    let mine = |attempt: &&Attempt| attempt.who == Who::Anyone || attempt.who == who;
    for attempt in table().into_iter().filter(mine) {
        let (levels, turns) = (Arc::clone(&levels), Arc::clone(&turns));
        rows.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            row(attempt, &levels, who).await
        });
    }
    let mut wrong = Vec::new();
    let mut count = 0;
    while let Some(faults) = rows.join_next().await {
        wrong.extend(faults.unwrap());
        count += 1;
    }
    println!("{count} attempts, {} levels", levels.len());
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Tries it outside, where it has to work, and at each level; gives what is not as the table says.
async fn row(attempt: &'static Attempt, levels: &[Level], who: Who) -> Vec<String> {
    let outside = tried_outside(attempt).await;
    if !outside.escaped {
        if attempt.is_rare {
            println!("skipped: escape \"{}\": this machine does not have it", attempt.name);
            return Vec::new();
        }
        return vec![format!(
            "{}: does not work outside of a sandbox either: {}",
            attempt.name, outside.told
        )];
    }
    let mut wrong = Vec::new();
    for level in levels {
        let Verdict { escaped, told } = tried(attempt, &level.sandbox).await;
        let is_held = is_held(attempt.held(level.sandbox.level()), level, who);
        if escaped == is_held {
            let what = if escaped { "got out" } else { "was stopped" };
            wrong.push(format!("{} at {}: {what}: {told}", attempt.name, level.sandbox.level()));
        }
    }
    wrong
}

fn is_held(held: Held, level: &Level, who: Who) -> bool {
    let is_grouped = level.sandbox.groups_told().is_some();
    match held {
        Held::Yes => true,
        Held::No => false,
        Held::Grouped => is_grouped,
        Held::Counted => is_grouped || who != Who::Root,
        Held::Landlock(version) => level.landlock >= version,
        Held::OfRoot => who == Who::Root,
        Held::Unless(setting, value) => {
            let set = std::fs::read_to_string(Path::new("/proc/sys").join(setting)).unwrap_or_default();
            set.trim() != value
        }
    }
}
