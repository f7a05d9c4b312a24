//! What one command may: a plain value, made by whoever knows the scope.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use trireme_core::limits;

/// What a command may read, change and use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confines {
    /// Folders and files that it may read and start programs from. Those that are not there are left out.
    pub read: Vec<PathBuf>,
    /// Folders that it may change. They have to be there.
    pub write: Vec<PathBuf>,
    /// Folders that it must not see, also where they lie in one that it may read.
    pub hidden: Vec<PathBuf>,
    /// Whom it may talk to.
    pub network: Network,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// What it may use up.
    pub limits: CommandLimits,
}

/// Whom a command may talk to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// Itself: loopback servers of its own, at L3.
    None,
    /// Besides, whom the proxy that listens on this socket of ours lets through. L3 only.
    Proxy(PathBuf),
}

/// What a command may use up. The Owner's configuration may set each of these but the first and the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandLimits {
    /// Wall time.
    pub timeout: Duration,
    /// How long it may say nothing.
    pub idle: Duration,
    /// CPU time: of all of its processes together where there are control groups, of each one elsewhere.
    pub cpu_s: u64,
    /// Memory, in MiB: of all of its processes together where there are control groups, of each one elsewhere.
    pub memory_mb: Option<u64>,
    /// The same of each process in any case, where the plan says so.
    pub process_memory_mb: Option<u64>,
    /// Processes and threads.
    pub processes: u64,
    /// Files that one process has open.
    pub open_files: u64,
    /// Output after which it is stopped, in bytes.
    pub output_bytes: usize,
    /// How much its folders may grow, and the largest file, in MiB.
    pub disk_mb: u64,
    /// How much output is shown of each end, in bytes.
    pub output_end_bytes: usize,
}

impl CommandLimits {
    /// What holds where nobody says anything else.
    #[must_use]
    pub const fn within(timeout: Duration) -> Self {
        Self {
            timeout,
            idle: Duration::from_secs(limits::COMMAND_IDLE_S),
            cpu_s: limits::COMMAND_CPU_S,
            memory_mb: Some(limits::COMMAND_MEMORY_MB),
            process_memory_mb: None,
            processes: limits::COMMAND_PROCESSES,
            open_files: limits::COMMAND_OPEN_FILES,
            output_bytes: limits::OUTPUT_BYTES,
            disk_mb: limits::COMMAND_DISK_MB,
            output_end_bytes: limits::OUTPUT_END_BYTES,
        }
    }
}

/// Limits of commands as the Owner's configuration sets them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredLimits {
    /// How long a command may say nothing, in seconds.
    pub idle_s: Option<u64>,
    /// CPU time, in seconds.
    pub cpu_s: Option<u64>,
    /// Memory, in MiB; 0 for as much as there is.
    pub memory_mb: Option<u64>,
    /// Processes and threads.
    pub processes: Option<u64>,
    /// Files that one process has open.
    pub open_files: Option<u64>,
    /// How much a command's folders may grow, in MiB.
    pub disk_mb: Option<u64>,
}

impl DeclaredLimits {
    /// These laid over what holds otherwise.
    #[must_use]
    pub fn within(self, timeout: Duration) -> CommandLimits {
        let usual = CommandLimits::within(timeout);
        CommandLimits {
            idle: self.idle_s.map_or(usual.idle, Duration::from_secs),
            cpu_s: self.cpu_s.unwrap_or(usual.cpu_s),
            memory_mb: self.memory_mb.map_or(usual.memory_mb, |mb| (mb > 0).then_some(mb)),
            processes: self.processes.unwrap_or(usual.processes),
            open_files: self.open_files.unwrap_or(usual.open_files),
            disk_mb: self.disk_mb.unwrap_or(usual.disk_mb),
            ..usual
        }
    }

    /// The other ones laid over these.
    #[must_use]
    pub fn overlaid(self, other: Self) -> Self {
        Self {
            idle_s: other.idle_s.or(self.idle_s),
            cpu_s: other.cpu_s.or(self.cpu_s),
            memory_mb: other.memory_mb.or(self.memory_mb),
            processes: other.processes.or(self.processes),
            open_files: other.open_files.or(self.open_files),
            disk_mb: other.disk_mb.or(self.disk_mb),
        }
    }
}
