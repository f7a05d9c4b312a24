//! One owner per run. Two locks, for two ways to go wrong:
//! the lock of the operating system on the file `lease` keeps a second process out and dies with the first one,
//! however that ends; the fence, a number in the journal that each new owner raises, stops the writes of an owner
//! that has lost the file lock without noticing (a removed file, a network file system).
//!
//! Programs that we start don't inherit the lock: the file is opened close-on-exec.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use trireme_core::Millis;

use super::JournalError;
use super::database::{Access, Database};
use super::error::run_of;
use crate::clock;

/// A look at the lock (`is_held`) takes it for an instant, and for as long as a child of ours that is just being started holds
/// a copy of that file; on a busy machine that is not short. So a refusal counts only when it is repeated.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// The right to write the journal of one run. Dropping it gives it back.
#[derive(Debug)]
pub struct Lease {
    /// Held for its lock alone.
    _file: File,
    fence: i64,
}

/// Why a lease can't be had.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// A live process has it.
    #[error(
        "run {run} is being worked on by {by}, for {held_s} s now: \
             follow it with `trireme watch {run}` or stop it with `trireme kill {run}`"
    )]
    Held {
        /// The name of the run.
        run: String,
        /// How the owner describes itself.
        by: String,
        /// When it took the lease.
        since: Millis,
        /// How long ago that was, in seconds.
        held_s: u64,
    },
    /// The file can't be made or locked.
    #[error("can't lock {}: the state folder must be writable and on a file system with locks", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The fence can't be raised in the journal.
    #[error(transparent)]
    Journal(Box<JournalError>),
}

impl Lease {
    /// Takes the lease of the run in `dir`, whose journal must exist. `owner` tells people who has it, such as
    /// `process 4711 on anna's laptop`.
    ///
    /// # Errors
    /// [`LeaseError::Held`] while another process (or another lease of this one) has it.
    pub async fn take(dir: &Path, owner: &str) -> Result<Self, LeaseError> {
        // The journal first: a folder without one shall not get a lock file.
        let mut database = Database::open(dir, Access::Write).await?;
        let Some(file) = lock(dir).await? else {
            return Err(held(dir, &mut database).await?);
        };
        let fence = raise_fence(&mut database, owner).await?;
        Ok(Self { _file: file, fence })
    }

    /// Whether a live process has the lease of the run in `dir`. `false` where there is none.
    #[must_use]
    pub fn is_held(dir: &Path) -> bool {
        let file = File::open(dir.join("lease"));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// The number that the journal must show for our writes to count.
    #[must_use]
    pub fn fence(&self) -> i64 {
        self.fence
    }
}

impl From<JournalError> for LeaseError {
    fn from(error: JournalError) -> Self {
        Self::Journal(Box::new(error))
    }
}

/// The file `lease` in `dir`, made where it is missing, and locked; `None` if somebody else has it.
pub(super) async fn lock(dir: &Path) -> Result<Option<File>, LeaseError> {
    let path = dir.join("lease");
    let locked = try_often(&path).await;
    locked.map_err(|source| LeaseError::File { path, source })
}

async fn try_often(path: &Path) -> std::io::Result<Option<File>> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

async fn raise_fence(database: &mut Database, owner: &str) -> Result<i64, JournalError> {
    let raise = "UPDATE lease SET fence = fence + 1, owner = $1, since_ms = $2 RETURNING fence";
    let raised = sqlx::query_scalar(raise)
        .bind(owner)
        .bind(clock::now().0.cast_signed())
        .fetch_one(&mut database.conn)
        .await;
    raised.map_err(|error| database.fault(error))
}

async fn held(dir: &Path, database: &mut Database) -> Result<LeaseError, JournalError> {
    let row: Result<(String, i64), _> =
        sqlx::query_as("SELECT owner, since_ms FROM lease").fetch_one(&mut database.conn).await;
    let (by, since) = row.map_err(|error| database.fault(error))?;
    let since = Millis(since.cast_unsigned());
    Ok(LeaseError::Held { run: run_of(dir), by, since, held_s: clock::now().since(since) / 1_000 })
}

/// Waits until nobody has the lease. A child that another test is just starting holds a copy of the file for the instant between
/// its fork and its exec.
#[cfg(test)]
pub(crate) async fn released(dir: &Path) -> bool {
    for _ in 0..500 {
        if !Lease::is_held(dir) {
            return true;
        }
        tokio::time::sleep(PAUSE).await;
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::journal::Journal;

    async fn run_in(state: &tempfile::TempDir) -> PathBuf {
        let dir = state.path().join("demo");
        drop(Journal::create(&dir, "its maker").await.unwrap());
        dir
    }

    #[tokio::test]
    async fn a_second_owner_is_told_who_the_first_one_is() {
        let state = tempfile::tempdir().unwrap();
        let dir = run_in(&state).await;
        assert!(released(&dir).await);
        let first = Lease::take(&dir, "process 7").await.unwrap();
        assert!(Lease::is_held(&dir));

        let error = Lease::take(&dir, "process 8").await.unwrap_err();
        assert!(matches!(&error, LeaseError::Held { by, held_s: 0..60, .. } if by == "process 7"), "{error}");
        let text = error.to_string();
        assert!(
            text.contains("process 7")
                && text.contains("trireme watch demo")
                && text.contains("trireme kill demo")
        );

        drop(first);
        assert!(released(&dir).await);
    }

    #[tokio::test]
    async fn every_take_raises_the_fence() {
        let state = tempfile::tempdir().unwrap();
        let dir = run_in(&state).await;
        let first = Lease::take(&dir, "a").await.unwrap().fence();
        let second = Lease::take(&dir, "b").await.unwrap().fence();
        assert_eq!(second, first + 1);
    }

    #[tokio::test]
    async fn looking_at_the_lease_keeps_nobody_from_taking_it() {
        let state = tempfile::tempdir().unwrap();
        let dir = run_in(&state).await;
        let done = Arc::new(AtomicBool::new(false));
        let (looking, stop) = (dir.clone(), Arc::clone(&done));
        let looker = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                for _ in 0..20 {
                    let _ = Lease::is_held(&looking);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        for _ in 0..20 {
            Lease::take(&dir, "me").await.unwrap();
        }
        done.store(true, Ordering::Relaxed);
        looker.join().unwrap();
    }

    #[tokio::test]
    async fn a_program_that_we_start_does_not_keep_the_lease() {
        let state = tempfile::tempdir().unwrap();
        let dir = run_in(&state).await;
        let lease = Lease::take(&dir, "me").await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "the test ends the process itself")]
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        drop(lease);
        let released = released(&dir).await;
        let lived = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(released && lived);
    }

    #[tokio::test]
    async fn there_is_no_lease_without_a_run() {
        let state = tempfile::tempdir().unwrap();
        let dir = state.path().join("nothing");
        assert!(!Lease::is_held(&dir));
        assert!(matches!(Lease::take(&dir, "me").await, Err(LeaseError::Journal(_))));
        assert!(!dir.exists());
    }
}
