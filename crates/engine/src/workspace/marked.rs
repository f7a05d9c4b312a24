//! Processes that carry a mark in their environment, found through /proc: also those that left their group.
//!
//! Every command starts with `TRIREME_RUN=<run>.<command>`. A process that cleans its environment is not found.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The variable that carries the mark.
pub const MARK: &str = "TRIREME_RUN";

/// How often /proc is read anew while processes start others faster than we kill them.
const ROUNDS: usize = 20;

/// A mark for a command of this run that no other one has.
pub(crate) fn new_mark(run: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{run}.{}.{number}", std::process::id())
}

/// Kills every process that a command of this run started, in this process or in one that is gone; says how many.
/// Reads all of /proc: a few milliseconds.
pub fn kill_marked(run: &str) -> usize {
    kill_all(&|mark| mark == run || mark.strip_prefix(run).is_some_and(|rest| rest.starts_with('.')), None)
}

/// Kills every process of one command but the one that is to be spared.
pub(crate) fn kill_command(mark: &str, spared: Option<u32>) -> usize {
    kill_all(&|other| other == mark, spared)
}

/// Whether a process, other than this one, works in a folder or holds something open in it. Those of others can't be seen.
pub(super) fn is_held(dir: &Path) -> bool {
    let Ok(dir) = dir.canonicalize() else { return false };
    let leads_there = |link: PathBuf| fs::read_link(link).is_ok_and(|path| path.starts_with(&dir));
    processes().any(|pid| {
        let of = |name: &str| PathBuf::from(format!("/proc/{pid}/{name}"));
        let files = fs::read_dir(of("fd")).into_iter().flatten().flatten().map(|entry| entry.path());
        [of("cwd"), of("root"), of("exe")].into_iter().chain(files).any(leads_there)
    })
}

fn kill_all(is_ours: &dyn Fn(&str) -> bool, spared: Option<u32>) -> usize {
    let mut killed = HashSet::new();
    for _ in 0..ROUNDS {
        let mut found = marked(is_ours);
        // What got the signal starts nothing any more, also while it is still to be seen.
        let is_spared = |pid: &Pid| spared.is_some_and(|spared| i64::from(spared) == i64::from(pid.as_raw()));
        found.retain(|pid| !killed.contains(pid) && !is_spared(pid));
        if found.is_empty() {
            break;
        }
        killed.extend(found.into_iter().filter(|pid| kill(*pid, Signal::SIGKILL).is_ok()));
    }
    killed.len()
}

fn marked(is_ours: &dyn Fn(&str) -> bool) -> Vec<Pid> {
    processes().filter(|pid| mark_of(*pid).is_some_and(|mark| is_ours(&mark))).map(Pid::from_raw).collect()
}

/// All processes but this one: we may ourselves be a command of another run.
fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| i64::from(*pid) != i64::from(std::process::id()))
}

/// The mark of a living process; a dead one that nobody has waited for has no environment any more.
fn mark_of(pid: i32) -> Option<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    environment
        .split(|byte| *byte == 0)
        .filter_map(|variable| std::str::from_utf8(variable).ok())
        .find_map(|variable| variable.strip_prefix(MARK)?.strip_prefix('='))
        .map(str::to_owned)
}
