//! Sandbox levels: how far a command is kept from everything that is not its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The four levels, from none up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SandboxLevel {
    /// Nothing: a command may do what the Owner may.
    L0,
    /// Limits and a clean environment.
    L1,
    /// And the kernel refuses other files and all network.
    L2,
    /// And nothing else is there to be seen: files, processes, network.
    L3,
}

impl SandboxLevel {
    /// All of them, from none up.
    pub const ALL: [Self; 4] = [Self::L0, Self::L1, Self::L2, Self::L3];

    /// The name as it is typed and written down.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L0 => "L0",
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
        }
    }

    /// What a command finds at this level, in words.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::L0 => "off: commands may do whatever you may",
            Self::L1 => "limits and a clean environment only: commands reach your files and the network",
            Self::L2 => {
                "commands write their own folder only, read tools and no other files, and have no network"
            }
            Self::L3 => "commands see their own folder and the tools of this machine, and nothing else of it",
        }
    }

    /// Whether the operating system keeps a command from the Owner's files.
    #[must_use]
    pub fn holds(self) -> bool {
        self >= Self::L2
    }
}

impl fmt::Display for SandboxLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sandbox level is L3, L2, L1 or L0")]
pub struct NoSandboxLevel;

impl FromStr for SandboxLevel {
    type Err = NoSandboxLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(text)).ok_or(NoSandboxLevel)
    }
}

#[cfg(test)]
mod tests {
    use super::SandboxLevel;

    #[test]
    fn levels_are_read_as_they_are_printed_and_only_the_upper_two_hold() {
        for level in SandboxLevel::ALL {
            assert_eq!(level.to_string().to_lowercase().parse(), Ok(level));
            assert_eq!(serde_json::to_value(level).unwrap(), level.name());
        }
        assert!("3".parse::<SandboxLevel>().is_err());
        assert_eq!(SandboxLevel::ALL.map(SandboxLevel::holds), [false, false, true, true]);
    }
}
