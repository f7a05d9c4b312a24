//! Commands of other processes to the owner of a run (approve, kill, grant, memo, …), kept beside the events.
//! A command is on the disk when `post` returns, whether or not the run has an owner at that moment; its answer is written
//! in the same transaction as the events that it caused, so it takes effect exactly once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use trireme_core::limits;

use super::JournalError;
use super::database::{Access, Database};
use super::error::run_of;
use crate::clock;

/// SQLite's own waiting sleeps up to 100 ms at a time and starves beside a writer that commits without pause;
/// a look every two milliseconds finds the gap between two commits.
const TRY_AGAIN: Duration = Duration::from_millis(2);

/// The inbox of one run, over a connection of its own.
pub struct Inbox {
    database: Database,
    dir: PathBuf,
}

/// Why a command was not taken.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// The command is longer than [`limits::COMMAND_BYTES`].
    #[error("the command has {bytes} bytes, {} are allowed: shorten it", limits::COMMAND_BYTES)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Nobody reads the inbox.
    #[error(
        "{} commands wait for run {run} already: `trireme resume {run}` works them off",
        limits::COMMANDS_PENDING
    )]
    Crowded {
        /// The name of the run.
        run: String,
    },
    /// The journal can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Inbox {
    /// Opens the inbox of the run in `dir`, from any process.
    ///
    /// # Errors
    /// As [`super::Reader::open`].
    pub async fn open(dir: &Path) -> Result<Self, JournalError> {
        let database = Database::open_waiting(dir, Access::Write, TRY_AGAIN).await?;
        Ok(Self { database, dir: dir.to_owned() })
    }

    /// Puts a command (JSON text) into the inbox and returns its number.
    ///
    /// # Errors
    /// [`InboxError::TooLong`] and [`InboxError::Crowded`]; else as [`super::Journal::append`].
    pub async fn post(&mut self, body: &str) -> Result<i64, InboxError> {
        if body.len() > limits::COMMAND_BYTES {
            return Err(InboxError::TooLong { bytes: body.len() });
        }
        let deadline = Instant::now() + Duration::from_millis(limits::JOURNAL_BUSY_MS);
        loop {
            match self.try_post(body).await {
                Ok(Some(id)) => return Ok(id),
                Ok(None) => {
                    return Err(InboxError::Crowded { run: run_of(&self.dir) });
                }
                Err(JournalError::Busy { .. }) if Instant::now() < deadline => sleep(TRY_AGAIN).await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The number of the new command, `None` if too many wait.
    async fn try_post(&mut self, body: &str) -> Result<Option<i64>, JournalError> {
        let post = "INSERT INTO inbox(at_ms, body) SELECT $1, $2
                    WHERE (SELECT count(*) FROM inbox WHERE answer IS NULL) < $3 RETURNING id";
        let posted = sqlx::query_scalar(post)
            .bind(clock::now().0.cast_signed())
            .bind(body)
            .bind(i64::try_from(limits::COMMANDS_PENDING).unwrap_or(i64::MAX))
            .fetch_optional(&mut self.database.conn)
            .await;
        posted.map_err(|error| self.database.fault(error))
    }

    /// The commands that have no answer yet, oldest first, with their numbers. Cheap enough to ask for every 40 ms.
    ///
    /// # Errors
    /// A fault of the disk.
    pub async fn pending(&mut self) -> Result<Vec<(i64, String)>, JournalError> {
        let pending = sqlx::query_as("SELECT id, body FROM inbox WHERE answer IS NULL ORDER BY id")
            .fetch_all(&mut self.database.conn)
            .await;
        pending.map_err(|error| self.database.fault(error))
    }

    /// The answer to a command, `None` while it waits.
    ///
    /// # Errors
    /// A fault of the disk.
    pub async fn answer_of(&mut self, id: i64) -> Result<Option<String>, JournalError> {
        let answer = sqlx::query_scalar("SELECT answer FROM inbox WHERE id = $1 AND answer IS NOT NULL")
            .bind(id)
            .fetch_optional(&mut self.database.conn)
            .await;
        answer.map_err(|error| self.database.fault(error))
    }

    /// Waits for the answer to a command, at most `patience`; `None` if none came. The command stays in the inbox.
    ///
    /// # Errors
    /// A fault of the disk.
    pub async fn wait_for(&mut self, id: i64, patience: Duration) -> Result<Option<String>, JournalError> {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.answer_of(id).await?;
            if answer.is_some() || Instant::now() >= deadline {
                return Ok(answer);
            }
            sleep(Duration::from_millis(limits::INBOX_POLL_MS / 2)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{InboxAnswer, Journal, Row};
    use trireme_core::Millis;

    async fn run_in(state: &tempfile::TempDir) -> (PathBuf, Journal) {
        let dir = state.path().join("demo");
        let journal = Journal::create(&dir, "me").await.unwrap();
        (dir, journal)
    }

    #[tokio::test]
    async fn commands_of_several_processes_wait_in_order() {
        let state = tempfile::tempdir().unwrap();
        let (dir, _journal) = run_in(&state).await;
        let (mut owner, mut a, mut b) = (
            Inbox::open(&dir).await.unwrap(),
            Inbox::open(&dir).await.unwrap(),
            Inbox::open(&dir).await.unwrap(),
        );
        let first = a.post("pause").await.unwrap();
        let second = b.post("resume").await.unwrap();
        let expected = [(first, "pause".to_owned()), (second, "resume".to_owned())];
        assert_eq!(owner.pending().await.unwrap(), expected);
        drop((a, b));
        assert_eq!(owner.pending().await.unwrap(), expected, "reading takes nothing away");
    }

    #[tokio::test]
    async fn a_poster_waits_for_its_answer_and_not_for_ever() {
        let state = tempfile::tempdir().unwrap();
        let (dir, mut journal) = run_in(&state).await;
        let mut poster = Inbox::open(&dir).await.unwrap();
        let id = poster.post("{}").await.unwrap();
        assert_eq!(poster.wait_for(id, Duration::from_millis(1)).await.unwrap(), None);

        let answers = [InboxAnswer { id, answer: "done".to_owned() }];
        let waiting = poster.wait_for(id, Duration::from_secs(30));
        let (answer, _) = tokio::join!(waiting, journal.append(&[], &answers));
        assert_eq!(answer.unwrap().as_deref(), Some("done"));
    }

    #[tokio::test]
    async fn a_command_waits_for_a_run_without_owner() {
        let state = tempfile::tempdir().unwrap();
        let (dir, journal) = run_in(&state).await;
        drop(journal);
        let id = Inbox::open(&dir).await.unwrap().post("kill").await.unwrap();
        let _journal = Journal::open(&dir, "heir").await.unwrap();
        assert_eq!(Inbox::open(&dir).await.unwrap().pending().await.unwrap(), [(id, "kill".to_owned())]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_command_gets_in_beside_an_owner_that_never_pauses() {
        let state = tempfile::tempdir().unwrap();
        let (dir, mut journal) = run_in(&state).await;
        let mut poster = Inbox::open(&dir).await.unwrap();
        let busy_owner = async {
            loop {
                let row = Row { at: Millis(0), kind: "noted", body: "{}".to_owned() };
                journal.append(&vec![row; 64], &[]).await.unwrap();
            }
        };
        let posts = async {
            for _ in 0..20 {
                poster.post("kill").await.unwrap();
            }
        };
        let start = Instant::now();
        tokio::select! { () = posts => {}, () = busy_owner => {} }
        assert!(start.elapsed() < Duration::from_secs(20), "a second for each, {:?}", start.elapsed());
    }

    #[tokio::test]
    async fn the_inbox_has_limits() {
        let state = tempfile::tempdir().unwrap();
        let (dir, mut journal) = run_in(&state).await;
        let mut inbox = Inbox::open(&dir).await.unwrap();
        let long = "x".repeat(limits::COMMAND_BYTES + 1);
        assert!(matches!(inbox.post(&long).await, Err(InboxError::TooLong { .. })));

        let mut id = 0;
        for _ in 0..limits::COMMANDS_PENDING {
            id = inbox.post("memo").await.unwrap();
        }
        let error = inbox.post("kill").await.unwrap_err();
        assert!(error.to_string().contains("trireme resume demo"), "{error}");
        journal.append(&[], &[InboxAnswer { id, answer: "sent".to_owned() }]).await.unwrap();
        assert_eq!(inbox.post("kill").await.unwrap(), id + 1);
    }
}
