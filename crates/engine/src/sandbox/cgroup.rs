//! Control groups: limits for a command and all its children together, where this machine lets us make one.
//!
//! Version 2 where its controllers are there (a group beside or below our own), else version 1 (below our own). An
//! ordinary Owner often may do neither: then what is left are the limits of each process.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::confines::CommandLimits;
use crate::workspace::marked::new_mark;

const ROOT: &str = "/sys/fs/cgroup";

/// What the names of our groups begin with.
const PREFIX: &str = "trireme-";
/// How often a group is tried to be removed.
const TRIES: u32 = 100;
/// How long after a try the next one comes.
const PAUSE: Duration = Duration::from_millis(10);

/// Where groups can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cgroups {
    /// In this folder, of version 2.
    Unified(PathBuf),
    /// In these folders, of version 1.
    Split { memory: PathBuf, pids: PathBuf, cpuacct: PathBuf },
}

/// The group of one command; its drop kills what is in it and removes it.
#[derive(Debug, Default)]
pub(super) struct Cgroup(Dirs);

/// The folders of a group: one of version 2, or one for each controller of version 1.
#[derive(Debug, Default)]
struct Dirs {
    dirs: Vec<PathBuf>,
    is_unified: bool,
}

/// Tells the CPU time of a group.
#[derive(Clone, Debug)]
pub struct Meter {
    files: Vec<PathBuf>,
    /// How many of what is counted there make a second.
    per_second: u64,
}

impl Cgroups {
    /// The first way that works, tried by making a group.
    pub(super) fn find() -> Option<Self> {
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let ways = unified(&own).into_iter().chain(split(&own));
        let limits = CommandLimits::within(Duration::ZERO);
        ways.into_iter().find(|way| way.make(&new_mark("probe"), &limits).is_ok())
    }

    /// What the groups are good for, in words.
    pub(super) const fn told(&self) -> &'static str {
        match self {
            Self::Unified(_) => "control groups",
            Self::Split { .. } => "control groups (version 1)",
        }
    }

    /// Makes a group for the command with this mark.
    pub(super) fn make(&self, mark: &str, limits: &CommandLimits) -> io::Result<Cgroup> {
        let name = format!("{PREFIX}{mark}");
        let bytes = limits.memory_mb.map(|mb| (mb * 1_024 * 1_024).to_string());
        let mut group = Cgroup(Dirs { is_unified: matches!(self, Self::Unified(_)), ..Dirs::default() });
        match self {
            Self::Unified(parent) => {
                let dir = group.0.make(parent, &name)?;
                fs::write(dir.join("pids.max"), limits.processes.to_string())?;
                fs::write(dir.join("memory.max"), bytes.as_deref().unwrap_or("max"))?;
                // What goes to the swap would not count.
                let _ = fs::write(dir.join("memory.swap.max"), "0");
            }
            Self::Split { memory, pids, cpuacct } => {
                fs::write(group.0.make(pids, &name)?.join("pids.max"), limits.processes.to_string())?;
                let dir = group.0.make(memory, &name)?;
                if let Some(bytes) = bytes {
                    fs::write(dir.join("memory.limit_in_bytes"), &bytes)?;
                    let _ = fs::write(dir.join("memory.memsw.limit_in_bytes"), &bytes);
                }
                group.0.make(cpuacct, &name)?;
            }
        }
        Ok(group)
    }

    /// Kills and removes what commands of this run were in when their engine was killed.
    pub(super) fn sweep(&self, run: &str) {
        let start = format!("{PREFIX}{run}.");
        let parents = match self {
            Self::Unified(parent) => vec![parent],
            Self::Split { memory, pids, cpuacct } => vec![memory, pids, cpuacct],
        };
        let entries = parents.into_iter().filter_map(|parent| fs::read_dir(parent).ok()).flatten().flatten();
        let left = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&start));
        let dirs = left.map(|entry| entry.path()).collect();
        drop(Cgroup(Dirs { dirs, is_unified: matches!(self, Self::Unified(_)) }));
    }
}

impl Cgroup {
    /// The files that take a process into it.
    pub(super) fn doors(&self) -> impl Iterator<Item = PathBuf> {
        self.0.dirs.iter().map(|dir| dir.join("cgroup.procs"))
    }

    /// What tells the CPU time of its processes; it may be kept after the group is gone.
    pub(super) fn meter(&self) -> Meter {
        let (name, per_second) =
            if self.0.is_unified { ("cpu.stat", 1_000_000) } else { ("cpuacct.usage", 1_000_000_000) };
        Meter { files: self.0.dirs.iter().map(|dir| dir.join(name)).collect(), per_second }
    }

    /// Whether one of its processes was killed because it had no more memory.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let count = |text: String| {
            text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse::<u64>().ok())
        };
        let told = self.0.read(if self.0.is_unified { "memory.events" } else { "memory.oom_control" });
        told.filter_map(count).any(|count| count > 0)
    }
}

impl Meter {
    /// The CPU time that is used up, in seconds.
    #[must_use]
    pub fn cpu_s(&self) -> Option<u64> {
        let told = self.files.iter().find_map(|file| fs::read_to_string(file).ok())?;
        let first = told.lines().next()?;
        let count: u64 = first.strip_prefix("usage_usec ").unwrap_or(first).trim().parse().ok()?;
        Some(count / self.per_second)
    }
}

impl Dirs {
    fn make(&mut self, parent: &Path, name: &str) -> io::Result<PathBuf> {
        let dir = parent.join(name);
        fs::create_dir(&dir)?;
        self.dirs.push(dir.clone());
        Ok(dir)
    }

    /// What the file of that name says, wherever it is.
    fn read(&self, name: &str) -> impl Iterator<Item = String> {
        self.dirs.iter().filter_map(move |dir| fs::read_to_string(dir.join(name)).ok())
    }

    fn kill(&self) {
        for dir in &self.dirs {
            if self.is_unified && fs::write(dir.join("cgroup.kill"), "1").is_ok() {
                continue;
            }
            let listed = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
            for pid in listed.lines().filter_map(|pid| pid.parse().ok()) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }

    /// Whether all of them are gone; all are tried, whatever becomes of the first.
    fn remove(&self) -> bool {
        let is_gone = |dir: &PathBuf| match fs::remove_dir(dir) {
            Ok(()) => true,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        self.dirs.iter().filter(|dir| !is_gone(dir)).count() == 0
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        if self.0.remove() {
            return;
        }
        let dirs = std::mem::take(&mut self.0);
        dirs.kill();
        // What was killed is in it for a moment more, and nobody waits for that.
        std::thread::spawn(move || {
            for _ in 0..TRIES {
                if dirs.remove() {
                    break;
                }
                dirs.kill();
                std::thread::sleep(PAUSE);
            }
        });
    }
}

/// Folders of version 2 in which a group may be made: that of our own group's parent, since ours has processes in it, and
/// ours, where it is the root.
fn unified(own: &str) -> Vec<Cgroups> {
    let Some(path) = own.lines().find_map(|line| line.strip_prefix("0::/")) else { return Vec::new() };
    let dirs = [ROOT, "/sys/fs/cgroup/unified"].map(|root| Path::new(root).join(path));
    let parents = dirs.iter().filter_map(|dir| dir.parent().filter(|parent| parent.starts_with(ROOT)));
    let places = parents.map(Path::to_owned).chain(dirs.clone());
    let manages = |dir: &PathBuf| {
        let passed_on = fs::read_to_string(dir.join("cgroup.subtree_control")).unwrap_or_default();
        ["memory", "pids"].iter().all(|wanted| passed_on.split_whitespace().any(|name| name == *wanted))
    };
    places.filter(manages).map(Cgroups::Unified).collect()
}

/// Our own groups of version 1.
fn split(own: &str) -> Option<Cgroups> {
    let of = |wanted: &str| {
        own.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, path) = (parts.next()?, parts.next()?);
            let is_it = controllers.split(',').any(|name| name == wanted);
            let dir = Path::new(ROOT).join(controllers).join(path.trim_start_matches('/'));
            is_it.then_some(dir).filter(|dir| dir.is_dir())
        })
    };
    Some(Cgroups::Split { memory: of("memory")?, pids: of("pids")?, cpuacct: of("cpuacct")? })
}
