//! Where a run is kept: one folder per run, found by its name.
//!
//! ```text
//! <state>/runs/<run>/journal.db   the truth
//!                    log.jsonl    what happened in lines, made of the journal
//!                    blobs/       payloads
//!                    data.key     what encrypts them, log.key what vouches for journal and log; both locked
//!                    lease        who owns it
//!                    run.json     what the engine itself has to know to go on
//!                    shadow.git   the repository of a folder that is none
//!                    gist.json    what later runs want to know of it, made of the journal when it is first wanted
//!                    work/        folders of attempts and checks, gone when the run is over
//! ```

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use trireme_core::limits::DISK_FREE_BYTES;
use trireme_core::{Millis, RunId};

use crate::blobs::{Blobs, Form};
use crate::error::EngineError;
use crate::journal::{Journal, Lease};
use crate::redaction::Redactor;
use crate::vault::{Key, Purpose, Vault};

/// What the engine has to know to go on with a run, beside its journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bearings {
    /// The project's folder.
    pub project: PathBuf,
    /// The scenario that plays its models, if one does.
    pub scenario: Option<PathBuf>,
    /// When it was ordered.
    pub ordered: Millis,
    /// How its payloads are stored.
    #[serde(default)]
    pub payloads: Form,
}

/// The folder of one run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    /// The run.
    pub run: RunId,
    /// Its folder.
    pub dir: PathBuf,
}

impl RunFolder {
    /// The folder of a run that may or may not be there.
    #[must_use]
    pub fn of(state: &Path, run: &RunId) -> Self {
        Self { run: run.clone(), dir: runs_dir(state).join(&run.0) }
    }

    /// Folders of attempts, checks and Managers.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.dir.join("work")
    }

    /// Where a scripted server counts the calls that it answered.
    #[must_use]
    pub fn tally(&self) -> PathBuf {
        self.dir.join("scenario-calls.jsonl")
    }

    /// Where the gist of a finished run is kept once somebody has asked for it.
    #[must_use]
    pub fn gist(&self) -> PathBuf {
        self.dir.join("gist.json")
    }

    /// Whether a process owns the run now.
    #[must_use]
    pub fn is_live(&self) -> bool {
        Lease::is_held(&self.dir)
    }

    /// Its payloads.
    ///
    /// # Errors
    /// Where its bearings can't be read.
    pub fn blobs(&self, vault: &Vault, redactor: &Redactor) -> Result<Blobs, EngineError> {
        Ok(match self.bearings()?.payloads {
            Form::Plain => Blobs::plain(&self.dir, redactor),
            Form::Sealed => Blobs::sealed(&self.dir, vault, redactor),
        })
    }

    /// What vouches for its journal and log; a key that everybody knows where it was begun before there were others.
    ///
    /// # Errors
    /// Where its bearings can't be read, or its key can't be had.
    pub(crate) fn log_key(&self, vault: &Vault) -> Result<Key, EngineError> {
        Ok(match self.bearings()?.payloads {
            Form::Plain => Key::public(),
            Form::Sealed => vault.key(&self.dir, Purpose::Log)?,
        })
    }

    /// Takes over the run: its journal, under its key.
    ///
    /// # Errors
    /// Where another process owns it, or journal or key can't be had.
    pub(crate) async fn take_over(&self, vault: &Vault) -> Result<Journal, EngineError> {
        let journal = Journal::open(&self.dir, &owner()).await?;
        Ok(journal.under(&self.log_key(vault)?))
    }

    /// Writes the bearings down, flushed.
    ///
    /// # Errors
    /// Where the folder can't be written.
    pub fn write_bearings(&self, bearings: &Bearings) -> Result<(), EngineError> {
        let path = self.dir.join("run.json");
        let text = serde_json::to_vec_pretty(bearings).unwrap_or_default();
        let write = || {
            let mut file = fs::File::create(&path)?;
            file.write_all(&text)?;
            file.sync_all()
        };
        write().map_err(|error| unwritable(&path, &error))
    }

    /// Reads them again.
    ///
    /// # Errors
    /// Where they are missing or damaged.
    pub fn bearings(&self) -> Result<Bearings, EngineError> {
        let path = self.dir.join("run.json");
        let damaged = |why: String| EngineError::failed(format!("{} can't be read: {why}", path.display()));
        let text = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))
    }
}

/// All runs, newest first.
///
/// # Errors
/// Where the state folder can't be read.
pub(crate) fn all(state: &Path) -> Result<Vec<RunFolder>, EngineError> {
    let dir = runs_dir(state);
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&dir).map_err(|error| unwritable(&dir, &error))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut runs: Vec<(Millis, RunFolder)> = names
        .map(|name| RunFolder::of(state, &RunId(name)))
        .filter_map(|folder| Some((folder.bearings().ok()?.ordered, folder)))
        .collect();
    runs.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| other.run.cmp(&one.run)));
    Ok(runs.into_iter().map(|(_, folder)| folder).collect())
}

/// Who holds the lease, in words.
pub(crate) fn owner() -> String {
    format!("process {}", std::process::id())
}

/// The folders of all runs, also of those that never began.
pub(crate) fn dirs(state: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(runs_dir(state)).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// The run of that name, or the only one whose name begins so, or the newest for `last`.
///
/// # Errors
/// Where there is none, or more than one.
pub(crate) fn find(state: &Path, name: &str) -> Result<RunFolder, EngineError> {
    let runs = all(state)?;
    let newest = || runs.first().filter(|_| name == "last");
    if let Some(folder) = runs.iter().find(|folder| folder.run.0 == name).or_else(newest) {
        return Ok(folder.clone());
    }
    let near: Vec<_> =
        runs.iter().filter(|folder| !name.is_empty() && folder.run.0.starts_with(name)).collect();
    match near.as_slice() {
        [only] => Ok((*only).clone()),
        [] => {
            let similar = |folder: &&RunFolder| name.len() >= 3 && folder.run.0.contains(name);
            let near: Vec<_> = runs.iter().filter(similar).map(|folder| folder.run.clone()).collect();
            Err(EngineError::unknown_run(name, &near))
        }
        several => {
            let names: Vec<_> = several.iter().take(5).map(|folder| folder.run.to_string()).collect();
            Err(EngineError::usage(format!("{name:?} could be {}", names.join(", "))).hint("trireme runs"))
        }
    }
}

/// Makes the state folder, and sees whether it can be written.
///
/// # Errors
/// Where it can't.
pub(crate) fn prepare(state: &Path) -> Result<(), EngineError> {
    let dir = runs_dir(state);
    fs::create_dir_all(&dir).map_err(|error| unwritable(&dir, &error))?;
    // Journals and code are nobody else's business, nor is a program with set-uid that a command has left there.
    let _ = fs::set_permissions(&dir, fs::Permissions::from_mode(0o700));
    let probe = dir.join(format!(".probe-{}", std::process::id()));
    fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)).map_err(|error| unwritable(&dir, &error))
}

/// Sees whether the disk has room for a run to go on.
///
/// # Errors
/// Where less is free than is to be kept free.
pub(crate) fn has_room(dir: &Path) -> Result<(), EngineError> {
    // A file system that does not tell is taken at its writes.
    let Some(free) = free_bytes(dir) else { return Ok(()) };
    if free >= DISK_FREE_BYTES {
        return Ok(());
    }
    let (free_kb, kept_kb) = (free / 1_024, DISK_FREE_BYTES / 1_024);
    let at = dir.display();
    Err(EngineError::failed(format!(
        "no space left: {free_kb} kB are free at {at}, and {kept_kb} kB are kept free"
    ))
    .hint("make room, then: trireme resume last   (nothing that was written down is lost)"))
}

/// The free bytes of a folder's disk, where it tells.
pub(crate) fn free_bytes(dir: &Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(dir).ok()?;
    Some(disk.blocks_available().saturating_mul(disk.fragment_size()))
}

fn runs_dir(state: &Path) -> PathBuf {
    state.join("runs")
}

/// Puts the name of a file, or its absence, on the disk.
pub(crate) fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> EngineError {
    EngineError::failed(format!("{} can't be used: {error}", path.display()))
        .hint("set TRIREME_STATE to a folder that you can write, or give --state DIR")
}
