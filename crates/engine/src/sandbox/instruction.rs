//! What the engine tells the warden of a command, and what the warden says of it: through pipes, so that it stands in no
//! list of processes.

use std::ffi::OsString;
use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use trireme_core::SandboxLevel;
use trireme_core::limits::INSTRUCTION_BYTES;

/// All that a warden needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Instruction {
    pub(super) level: SandboxLevel,
    /// The program and its arguments.
    pub(super) argv: Vec<OsString>,
    /// The folder that it starts in.
    pub(super) dir: OsString,
    /// Its whole environment.
    pub(super) env: Vec<(OsString, OsString)>,
    /// What it may read and start.
    pub(super) read: Vec<OsString>,
    /// What it may change.
    pub(super) write: Vec<OsString>,
    pub(super) limits: Rlimits,
    /// Whether there is a proxy for it.
    pub(super) has_proxy: bool,
    /// Whether its stdin and stdout are a line to the engine.
    pub(super) talks: bool,
    /// Files that take the number of a process into a control group.
    pub(super) groups: Vec<OsString>,
}

/// Limits that hold for each process by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rlimits {
    /// Memory that it may write to, in bytes.
    pub(super) memory_bytes: Option<u64>,
    /// CPU time, in seconds.
    pub(super) cpu_s: u64,
    /// Processes and threads of whoever runs it.
    pub(super) processes: u64,
    pub(super) open_files: u64,
    /// The largest file that it may write, in bytes.
    pub(super) file_bytes: u64,
}

/// What a warden says, a line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said {
    /// The command is being started.
    Started,
    /// It was not started, and why.
    Refused(String),
    /// It ended by itself.
    Exited(i32),
    /// A signal ended it.
    Killed(i32),
}

impl Instruction {
    /// As it goes through a pipe: its length, and its text.
    pub(super) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let text = serde_json::to_vec(self)?;
        let length = u32::try_from(text.len()).map_err(io::Error::other)?;
        Ok([&length.to_le_bytes()[..], &text].concat())
    }

    pub(super) fn read_from(pipe: &mut impl Read) -> io::Result<Self> {
        let mut length = [0; 4];
        pipe.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length);
        if length as usize > INSTRUCTION_BYTES {
            return Err(io::Error::other(format!("an instruction of {length} bytes is too long")));
        }
        let mut text = vec![0; length as usize];
        pipe.read_exact(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }
}

impl Said {
    pub(super) fn say(&self, pipe: &mut impl Write) -> io::Result<()> {
        writeln!(pipe, "{}", serde_json::to_string(self)?)
    }

    /// What a line says; nothing for one that is not a warden's.
    pub(super) fn hear(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}
