//! The sandbox: every command of a model, of a check, and of a project's own tools is started through here.
//!
//! ```text
//! engine ── Confines ─► start ─► [group] ─► [bubblewrap: L3] ─► warden ─► the command
//!           (a value)                                           │ restricts the thread that starts it:
//!                                                               │ no capabilities, limits, Landlock, seccomp
//!        ◄──────── connections to the command's servers ────────┤ waits for it, and kills what it leaves behind
//! ```
//!
//! What is absent: a command is started nowhere else; no project's file chooses the level or the limits; nothing that a
//! command may read, write or talk to is anywhere but in its [`Confines`]; what it is told is in nobody's arguments or
//! environment. The level is found by running a probe, never by asking the machine what it is.

mod bubblewrap;
mod cgroup;
mod confines;
mod door;
mod etc;
mod instruction;
mod links;
mod places;
mod probe;
mod proxy;
mod relay;
mod restrict;
mod start;
mod warden;

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "macos")]
mod seatbelt;
#[cfg(target_os = "linux")]
mod seccomp;

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use trireme_core::{Host, SandboxLevel};

use bubblewrap::Bubblewrap;
use cgroup::Cgroups;
use etc::Copies;

pub use cgroup::Meter;
pub use confines::{CommandLimits, Confines, DeclaredLimits, Network};
pub use door::Door;
pub use places::Surroundings;
pub use probe::{NoSandbox, Shortfall};
pub(crate) use proxy::Proxy;
pub use start::{Ended, Order, Started};
pub use warden::{WARDEN_ARGUMENT, warden, warden_if_asked};

/// A way to start commands at one level. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sandbox(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    level: SandboxLevel,
    /// Whether the Owner asked for this very level.
    is_named: bool,
    /// Why it is not a higher one.
    shortfalls: Vec<Shortfall>,
    warden: Warden,
    bubblewrap: Option<Bubblewrap>,
    cgroups: Option<Cgroups>,
    copies: Copies,
    /// Folders whose files have no name elsewhere. What git writes there later has none either.
    owned: Mutex<HashSet<PathBuf>>,
}

/// A program that calls [`warden`] when it is started with these arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warden {
    /// The program: our own.
    pub program: PathBuf,
    /// What it is started with.
    pub args: Vec<OsString>,
}

/// What the Owner's configuration and command line say of the sandbox.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// Our own program.
    pub warden: Warden,
    /// The level that the Owner names; the highest that can be had if none.
    pub level: Option<SandboxLevel>,
    /// Whether to go on with L3 only.
    pub is_required: bool,
    /// What commands may read besides.
    pub read: Vec<PathBuf>,
    /// Limits of each command.
    pub limits: DeclaredLimits,
}

impl SandboxSettings {
    /// The highest level, with this program as the warden.
    #[must_use]
    pub fn of(program: impl Into<PathBuf>, args: &[&str]) -> Self {
        Self {
            warden: Warden { program: program.into(), args: args.iter().map(OsString::from).collect() },
            level: None,
            is_required: false,
            read: Vec::new(),
            limits: DeclaredLimits::default(),
        }
    }
}

impl Sandbox {
    /// The level.
    #[must_use]
    pub fn level(&self) -> SandboxLevel {
        self.0.level
    }

    /// Whether commands that models think up may run: where the operating system holds them, or the Owner has named the
    /// level at which it does not.
    #[must_use]
    pub fn takes_commands_of_models(&self) -> bool {
        self.0.level.holds() || self.0.is_named
    }

    /// Whether commands may have servers of their own.
    #[must_use]
    pub fn lets_listen(&self) -> bool {
        self.0.level != SandboxLevel::L2
    }

    /// What the Owner has to know before anything is run, a sentence each.
    #[must_use]
    pub fn warnings(&self, hosts: &[Host]) -> Vec<String> {
        let level = self.level();
        let off = (!level.holds()).then(|| format!("NO SANDBOX ({level}). {}", level.told()));
        let refused = (!self.takes_commands_of_models()).then(|| {
            "agents can't run commands for that, only checks do: trireme doctor says what is missing, and \
             --sandbox L1 allows them without"
                .to_owned()
        });
        let unreached = (level == SandboxLevel::L2 && !hosts.is_empty()).then(|| {
            "no command reaches the hosts that you allow: that takes sandbox level L3, see trireme doctor"
                .to_owned()
        });
        let free = (!level.holds() && !hosts.is_empty()).then(|| {
            format!("at sandbox level {level} commands reach every host, not only those that you allow")
        });
        off.into_iter().chain(refused).chain(unreached).chain(free).collect()
    }

    /// Why it is not a higher level, from the highest down.
    #[must_use]
    pub fn shortfalls(&self) -> &[Shortfall] {
        &self.0.shortfalls
    }

    /// What limits commands with all their children, in words.
    #[must_use]
    pub fn groups_told(&self) -> Option<&'static str> {
        self.0.cgroups.as_ref().map(Cgroups::told)
    }

    /// Removes what a run's commands left in control groups when their engine was killed.
    pub fn sweep(&self, run: &str) {
        if let Some(cgroups) = &self.0.cgroups {
            cgroups.sweep(run);
        }
    }
}
