//! What an attempt is: what is tried, how its success shows, and who stops it.

use trireme_core::SandboxLevel;
use trireme_engine::sandbox::CommandLimits;

/// One way out. The script is run by `sh` in its folder; these variables are set, inside and outside of a sandbox:
///
/// - `OUT`: a folder of the Owner beside the attempt's own, with `secret`, `victim`, `tool`, `dir`, `owner` (a repository),
///   `sibling` (another attempt's files) and `sock` (a server).
/// - `PID`: a process of the Owner, which has the secret in its environment, holds `OUT/held` open and stands still.
/// - `PORT`, `UDP`, `ABSTRACT`: servers on loopback and by an abstract name. `NR_x`: the numbers of calls to the kernel.
/// - `SYS`: Python that knows `call(number, …)`, which says whether the kernel did it.
pub(super) struct Attempt {
    pub(super) name: &'static str,
    pub(super) script: &'static str,
    /// What somebody outside has left there before.
    pub(super) before: &'static str,
    pub(super) proof: Proof,
    /// Who stops it, at L3, L2 and L1.
    pub(super) held: [Held; 3],
    pub(super) who: Who,
    /// Whether it works outside of a sandbox on some machines only.
    pub(super) is_rare: bool,
    pub(super) limits: fn(CommandLimits) -> CommandLimits,
}

/// How it shows that an attempt succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// The Owner's folder is not what it was.
    Changes,
    /// The secret is in the output.
    Leaks,
    /// It says `ESCAPED`.
    Says,
    /// A server outside heard of it.
    Reaches,
    /// Something of it is still at work when it is over.
    Survives,
    /// The Owner's process is gone.
    Kills,
    /// None of its limits ended it.
    Lasts,
}

/// Whether a level stops an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Where there are control groups.
    Grouped,
    /// Where there are control groups, or whoever tries is not root.
    Counted,
    /// From this version of Landlock on.
    Landlock(u32),
    /// Where it is root's process: that has capabilities, and whoever tries has none.
    OfRoot,
    /// Unless this setting of the kernel is that.
    Unless(&'static str, &'static str),
}

/// By whom it can be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Anyone,
    Root,
    Ordinary,
}

pub(super) const STOPPED: [Held; 3] = [Held::Yes, Held::Yes, Held::Yes];
/// Those that the kernel is told to refuse by path.
pub(super) const BY_PATH: [Held; 3] = [Held::Yes, Held::Yes, Held::No];
/// Those that take the right to trace a process.
pub(super) const BY_TRACE: [Held; 3] = [Held::Yes, Held::Yes, Held::OfRoot];
/// Those that no rule about paths can tell: nothing is there at L3.
pub(super) const BY_ABSENCE: [Held; 3] = [Held::Yes, Held::No, Held::No];

pub(super) const PLAIN: Attempt = Attempt {
    name: "",
    script: "",
    before: "",
    proof: Proof::Changes,
    held: BY_PATH,
    who: Who::Anyone,
    is_rare: false,
    limits: |limits| limits,
};

impl Attempt {
    /// Who stops it at a level.
    pub(super) const fn held(&self, level: SandboxLevel) -> Held {
        match level {
            SandboxLevel::L3 => self.held[0],
            SandboxLevel::L2 => self.held[1],
            SandboxLevel::L1 | SandboxLevel::L0 => self.held[2],
        }
    }
}
