//! Which level can be had: found by starting a command at each and seeing what it reaches, once in a process.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use trireme_core::SandboxLevel;

use super::bubblewrap::Bubblewrap;
use super::cgroup::Cgroups;
use super::confines::{CommandLimits, Confines, Network};
use super::etc::Copies;
use super::places::Surroundings;
use super::{Ended, Inner, Order, Sandbox, SandboxSettings};
use crate::workspace::marked::new_mark;

/// Why a level can't be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// The level.
    pub level: SandboxLevel,
    /// Why not.
    pub why: String,
    /// What would help.
    pub hint: String,
}

/// Why there is no sandbox as the Owner wants it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSandbox {
    /// The level that the Owner named, or requires, can't be had.
    #[error("sandbox level {} can't be had here: {}", .0.level, .0.why)]
    Short(Shortfall),
    /// The Owner names one below that which the Owner requires.
    #[error("sandbox level {0} is named, and L3 is required")]
    Contradiction(SandboxLevel),
    /// Not even a shell runs.
    #[error("no command can be started: {0}")]
    Nothing(String),
}

/// How long the probe may take: a machine under load, and a cold disk.
const PATIENCE: Duration = Duration::from_secs(30);

/// Says that it works, unless it can read beside its folder; and tries to write there.
const SCRIPT: &str = "cat ../secret 2> /dev/null || echo works; (echo x > ../out) 2> /dev/null; echo x > in";

/// Where bubblewrap is looked for before PATH is: nobody but root writes there.
const FIRST: [&str; 2] = ["/usr/bin", "/usr/local/bin"];

impl Sandbox {
    /// The sandbox as the Owner wants it: the level that is named, or the highest that a probe in the folder `state` finds.
    ///
    /// # Errors
    /// Where it can't be had.
    pub async fn find(settings: &SandboxSettings, path: &OsStr, state: &Path) -> Result<Self, NoSandbox> {
        let named = settings.level;
        if let (Some(level), true) = (named.filter(|level| *level < SandboxLevel::L3), settings.is_required) {
            return Err(NoSandbox::Contradiction(level));
        }
        let wanted = named.unwrap_or(SandboxLevel::L3);
        let cgroups = tokio::task::spawn_blocking(Cgroups::find).await.ok().flatten();
        let mut shortfalls = Vec::new();
        for level in SandboxLevel::ALL.into_iter().rev().filter(|level| *level <= wanted) {
            let mut why = String::new();
            for bubblewrap in ways(level, path) {
                let inner = Inner {
                    level,
                    is_named: named.is_some(),
                    shortfalls: shortfalls.clone(),
                    warden: settings.warden.clone(),
                    bubblewrap,
                    cgroups: cgroups.clone(),
                    copies: Copies::below(state),
                    owned: Mutex::default(),
                };
                let sandbox = Self(Arc::new(inner));
                match sandbox.probe(path, state).await {
                    Ok(()) => return Ok(sandbox),
                    Err(wrong) => why = wrong,
                }
            }
            let shortfall = Shortfall::of(level, why);
            // Nothing below what the Owner asked for, and nothing is off by itself.
            if named.is_some() || settings.is_required {
                return Err(NoSandbox::Short(shortfall));
            }
            if level == SandboxLevel::L1 {
                return Err(NoSandbox::Nothing(shortfall.why));
            }
            shortfalls.push(shortfall);
        }
        Err(NoSandbox::Nothing("no level is left".to_owned()))
    }

    /// Runs a command at this level, and says what is wrong with that.
    async fn probe(&self, path: &OsStr, state: &Path) -> Result<(), String> {
        let mark = new_mark("probe");
        let dir = state.join(&mark);
        let told = self.probe_in(&dir, path, mark).await.map_err(|error| error.to_string());
        let is_outside = dir.join("out").exists();
        let _ = std::fs::remove_dir_all(&dir);
        match told?.as_str() {
            // Below, it may reach what it likes.
            _ if !self.level().holds() => Ok(()),
            "works\n" if !is_outside => Ok(()),
            told => Err(format!("a command that should be held reached what is beside its folder: {told:?}")),
        }
    }

    async fn probe_in(&self, dir: &Path, path: &OsStr, mark: String) -> io::Result<String> {
        let work = dir.join("work");
        std::fs::create_dir_all(&work)?;
        std::fs::write(dir.join("secret"), "secret\n")?;
        let surroundings = Surroundings { path, env: &[], home: dir, further: &[], hidden: &[] };
        let confines = Confines {
            read: surroundings.places(),
            write: vec![work.clone()],
            hidden: Vec::new(),
            network: Network::None,
            env: vec![("PATH".into(), path.to_owned())],
            limits: CommandLimits::within(PATIENCE),
        };
        let argv = ["/bin/sh", "-c", SCRIPT].map(Into::into).to_vec();
        let order = Order { argv, dir: work, confines, mark, talks: false };
        let (mut started, mut output) = self.start(&order).await?;
        let mut told = Vec::new();
        let talk = async {
            output.read_to_end(&mut told).await?;
            started.until_end().await
        };
        match tokio::time::timeout(PATIENCE, talk).await {
            Ok(Ok(Ended::Exited(0))) => Ok(String::from_utf8_lossy(&told).into_owned()),
            Ok(Ok(ended)) => Err(io::Error::other(format!("a command ended with {ended:?}"))),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::Error::other(format!("a command did not end within {} s", PATIENCE.as_secs()))),
        }
    }
}

/// What there is to try for a level: bubblewrap with all that we want of it, and as it was before 0.7.
fn ways(level: SandboxLevel, path: &OsStr) -> Vec<Option<Bubblewrap>> {
    match (level, find_bubblewrap(path)) {
        (SandboxLevel::L3, Some(program)) => {
            [true, false].map(|sizes| Some(Bubblewrap { program: program.clone(), sizes })).to_vec()
        }
        (SandboxLevel::L3, None) => Vec::new(),
        (SandboxLevel::L2 | SandboxLevel::L1 | SandboxLevel::L0, _) => vec![None],
    }
}

fn find_bubblewrap(path: &OsStr) -> Option<PathBuf> {
    let folders = FIRST.iter().map(PathBuf::from).chain(std::env::split_paths(path));
    let programs = folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join("bwrap"));
    programs.into_iter().find(|program| program.is_file())
}

impl Shortfall {
    /// Nothing said why: there was nothing to try.
    fn of(level: SandboxLevel, why: String) -> Self {
        let hint = match level {
            SandboxLevel::L3 if why.is_empty() => {
                "install it: apt-get install bubblewrap   (or with dnf, pacman, zypper, apk)"
            }
            SandboxLevel::L3 => {
                "let people make namespaces: sysctl -w user.max_user_namespaces=10000, and where they are there \
                 kernel.unprivileged_userns_clone=1 and kernel.apparmor_restrict_unprivileged_userns=0"
            }
            SandboxLevel::L2 => "use Linux 6.2 or newer, with landlock in /sys/kernel/security/lsm",
            SandboxLevel::L1 | SandboxLevel::L0 => {
                "see that /bin/sh runs, and that the state folder can be written"
            }
        };
        let why = if why.is_empty() { "bubblewrap (bwrap) is not installed".to_owned() } else { why };
        Self { level, why, hint: hint.to_owned() }
    }
}
