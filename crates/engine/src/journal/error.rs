//! What can go wrong with a journal, and what to do about it. SQLite's numbers are translated here and nowhere else.

use std::path::{Path, PathBuf};

use trireme_core::limits;

use super::lease::LeaseError;

/// A refusal or a fault of the journal. Each text ends with what to do next.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is no journal in the folder.
    #[error("there is no run at {}: `trireme runs` lists the runs that there are", .dir.display())]
    Missing {
        /// The folder of the run.
        dir: PathBuf,
    },
    /// A run of this name has been made before.
    #[error("there is already a run at {}: choose another name, or `trireme resume {}`", .dir.display(), run_of(.dir))]
    Exists {
        /// The folder of the run.
        dir: PathBuf,
    },
    /// The file is none that we made, or the process that made it died before it was ready.
    #[error("{} is no journal of Trireme; nothing was changed: remove the folder if the run never began, \
             else put the right file back", .path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// The file was a journal, and is broken.
    #[error("{} is damaged ({what}): put a copy back, or begin anew with `trireme run`", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A newer Trireme wrote the file.
    #[error("{} has format {found}, this Trireme knows formats up to {known}: upgrade Trireme", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: u32,
        /// The newest version that this program reads.
        known: u32,
    },
    /// Another process has taken the lease after us. Nothing was written, and nothing will be.
    #[error(
        "another process has taken over run {run} (fence {found}, ours is {ours}); nothing was written: \
             follow it with `trireme watch {run}`"
    )]
    Fenced {
        /// The name of the run.
        run: String,
        /// The fence in the journal.
        found: i64,
        /// Our fence.
        ours: i64,
    },
    /// The journal does not continue where its writer thinks that it does. Nothing was written.
    #[error(
        "the journal of run {run} ends at event {found}, its writer expected {expected}; nothing was written: \
             fold it anew with `trireme resume {run}`"
    )]
    Discontinuous {
        /// The name of the run.
        run: String,
        /// The last event that the writer knows of.
        expected: u64,
        /// The last event in the file.
        found: u64,
    },
    /// The answer belongs to no command that waits. Nothing was written.
    #[error(
        "command {id} of run {run} does not wait for an answer; nothing was written: \
             fold the journal anew with `trireme resume {run}`"
    )]
    NotPending {
        /// The name of the run.
        run: String,
        /// The number of the command.
        id: i64,
    },
    /// The disk is full.
    #[error("no space left for {}; nothing was written: free some, then `trireme resume {}`", .path.display(), run_of_file(.path))]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another process kept the file locked for all of the waiting time.
    #[error("{} has been locked by another process for {} s; nothing was written: find it with `fuser {}`, \
             then `trireme resume {}`", .path.display(), limits::JOURNAL_BUSY_MS / 1_000, .path.display(), run_of_file(.path))]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The run has an owner already, or the lease can't be had.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The folder can't be made or read.
    #[error("can't use {}: check that the folder exists and is yours", .path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Any other word of SQLite.
    #[error("the database {} can't be used: check the disk and the rights of the folder", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
}

impl JournalError {
    /// Translates a fault of SQLite on the file at `path`.
    pub(super) fn from_sqlite(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        match sqlite_code(&source) {
            Some(SQLITE_BUSY | SQLITE_LOCKED) => Self::Busy { path },
            Some(SQLITE_FULL) => Self::Full { path },
            Some(SQLITE_NOTADB) => Self::NotAJournal { path },
            Some(SQLITE_CORRUPT) => Self::Damaged { path, what: source.to_string() },
            _ => Self::Database { path, source },
        }
    }
}

const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_NOTADB: u32 = 26;
/// The file of shared memory beside the journal couldn't grow: there is one reason for that.
const SQLITE_IOERR_SHMSIZE: u32 = 10 | (19 << 8);

/// The primary result code of SQLite, where the fault is one of SQLite's.
fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    let extended: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(if extended == SQLITE_IOERR_SHMSIZE { SQLITE_FULL } else { extended & 0xff })
}

/// The name of the run that lives in `dir`.
pub(crate) fn run_of(dir: &Path) -> String {
    dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy().into_owned()
}

fn run_of_file(path: &Path) -> String {
    path.parent().map(run_of).unwrap_or_default()
}
