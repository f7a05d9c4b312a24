//! The durable floor of a run: one folder with `journal.db` (events, inbox, fence), `lease` and `blobs/`.
//!
//! ```text
//! owner's run loop ── append(events, answers) ──► journal.db ◄── read_from ── log, show, watch (Reader)
//!                                                      ▲
//! approve, kill, grant, memo ── Inbox::post ───────────┘
//! ```
//!
//! Invariants: events are numbered from 1 without gaps and never change; an append is one transaction, on the disk when it returns
//! (WAL, `synchronous=FULL`); only the holder of the lease appends; an answer to a command lands with the events that it caused;
//! every event is linked to the one before it (`chain.rs`).
//! Absent: the types of events. The journal stores JSON text, byte for byte.
//!
//! Measured on two shared cores with events of 240 bytes (`benches/journal.rs`): a commit of 1 event takes 0.16 to 0.9 ms, of 64 events
//! 0.2 to 1.1 ms, of 512 events 0.7 to 3 ms; 100,000 events are read in 0.12 s, and read and parsed in 0.28 s.

mod anchor;
mod chain;
mod database;
mod error;
mod inbox;
mod lease;
mod raw;
mod read;

use std::ops::Range;
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use trireme_core::Millis;

pub(crate) use anchor::Anchor;
pub use anchor::Anchors;
pub(crate) use chain::{LINKS, Link, START, link};
pub use error::JournalError;
pub(crate) use error::run_of;
pub use inbox::{Inbox, InboxError};
#[cfg(test)]
pub(crate) use lease::released;
pub use lease::{Lease, LeaseError};
pub(crate) use raw::{Doubter, Raw};
pub use read::{Reader, Record};

use chain::Chain;
use database::{Access, Database};

use crate::vault::Key;

/// The journal of one run in the hands of its one writer.
pub struct Journal {
    database: Database,
    lease: Lease,
    dir: PathBuf,
    /// The number of the last event.
    head: u64,
    chain: Chain,
    /// What vouches for the events.
    key: Key,
}

/// One event to be appended; its number is its place.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// When it happened.
    pub at: Millis,
    /// The name of the event.
    pub kind: &'a str,
    /// The event as JSON text.
    pub body: String,
}

/// The answer to a command of the inbox.
#[derive(Clone, Debug)]
pub struct InboxAnswer {
    /// The number of the command.
    pub id: i64,
    /// The answer as JSON text.
    pub answer: String,
}

impl Journal {
    /// Makes the folder `dir` and an empty journal in it, and takes its lease. The last part of `dir` is the name of the run.
    ///
    /// # Errors
    /// [`JournalError::Exists`]; [`JournalError::Folder`] where nothing can be written; else as [`Journal::open`].
    pub async fn create(dir: &Path, owner: &str) -> Result<Self, JournalError> {
        database::make_folder(dir)?;
        let lock = lease::lock(dir).await?;
        if lock.is_none() {
            return Err(JournalError::Exists { dir: dir.to_owned() });
        }
        database::create(dir).await?;
        drop(lock);
        Self::open(dir, owner).await
    }

    /// Takes the lease of the run in `dir` and opens its journal for appending. `owner` is what a second owner is told.
    ///
    /// # Errors
    /// [`LeaseError::Held`] (inside [`JournalError::Lease`]) while another process owns the run;
    /// [`JournalError::Missing`], [`JournalError::NotAJournal`], [`JournalError::Newer`] or a fault of the disk.
    pub async fn open(dir: &Path, owner: &str) -> Result<Self, JournalError> {
        let lease = match Lease::take(dir, owner).await {
            Err(LeaseError::Journal(error)) => return Err(*error),
            taken => taken?,
        };
        let mut database = Database::open(dir, Access::Write).await?;
        database.upgrade().await?;
        let (head, last) = read::head_and_link(&mut database).await?;
        let (chain, key) = (Chain::public(last), Key::public());
        Ok(Self { database, lease, dir: dir.to_owned(), head, chain, key })
    }

    /// From now on events are vouched for with that log key.
    #[must_use]
    pub fn under(self, key: &Key) -> Self {
        Self { chain: self.chain.under(key), key: key.clone(), ..self }
    }

    /// The anchor of the log beside it, over a connection of its own.
    ///
    /// # Errors
    /// A fault of the disk.
    pub async fn anchors(&self) -> Result<Anchors, JournalError> {
        Anchors::open(&self.dir, self.lease.fence(), self.key.clone()).await
    }

    /// Closes the journal: everything into one file, then the lease is given back. Dropping it is as safe, and leaves the
    /// write-ahead log for the next owner to read.
    ///
    /// # Errors
    /// A fault of the disk; no event is lost by it.
    pub async fn close(self) -> Result<(), JournalError> {
        self.database.close().await
    }

    /// The number of the last event, 0 in an empty journal.
    #[must_use]
    pub fn head(&self) -> u64 {
        self.head
    }

    /// Up to `limit` events from number `seq` on; fewer only at the end of the journal.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where an event is missing, or a fault of the disk.
    pub async fn read_from(&mut self, seq: u64, limit: usize) -> Result<Vec<Record>, JournalError> {
        read::read_from(&mut self.database, seq, limit).await
    }

    /// Appends events and answers commands in one transaction, and returns the numbers of the events. When it returns, all of
    /// it is on the disk.
    ///
    /// # Errors
    /// After an error the caller's state is ahead of the truth: throw it away and fold anew. The journal itself keeps its head and stays
    /// usable. Nothing was written, except that a fault of the disk during the commit (or dropping this future) leaves that
    /// open; if it was written after all, the next append says [`JournalError::Discontinuous`] and writes nothing, and
    /// the journal must be opened anew.
    pub async fn append(
        &mut self,
        rows: &[Row<'_>],
        answers: &[InboxAnswer],
    ) -> Result<Range<u64>, JournalError> {
        let first = self.head + 1;
        if rows.is_empty() && answers.is_empty() {
            return Ok(first..first);
        }
        let end = first + rows.len() as u64;
        let links = self.chain.links(first, rows);
        let is_done = answers.is_empty()
            && rows.len() <= ROWS_AT_ONCE
            && self.append_at_once(first, rows, &links).await?;
        if !is_done {
            self.append_and_answer(first, rows, &links, answers).await?;
        }
        self.head = end - 1;
        self.chain.went_to(&links);
        Ok(first..end)
    }

    async fn append_and_answer(
        &mut self,
        first: u64,
        rows: &[Row<'_>],
        links: &[Link],
        answers: &[InboxAnswer],
    ) -> Result<(), JournalError> {
        let fault = |error| JournalError::from_sqlite(&self.database.path, error);
        let mut tx = self.database.conn.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?;
        let (fence, last): (i64, i64) =
            sqlx::query_as("SELECT fence, (SELECT coalesce(max(seq), 0) FROM events) FROM lease")
                .fetch_one(&mut *tx)
                .await
                .map_err(fault)?;
        check_turn(&self.dir, (fence, self.lease.fence()), (last.cast_unsigned(), self.head))?;
        insert(&mut tx, first, rows, links).await.map_err(fault)?;
        let seq = self.head + rows.len() as u64;
        for InboxAnswer { id, answer } in answers {
            if !answer_one(&mut tx, *id, answer, seq).await.map_err(fault)? {
                return Err(JournalError::NotPending { run: run_of(&self.dir), id: *id });
            }
        }
        tx.commit().await.map_err(fault)
    }

    /// Appends a few events in one statement, which is its own transaction: the database's thread is woken once instead of
    /// four times. False where it is not our turn, and nothing was written.
    async fn append_at_once(
        &mut self,
        first: u64,
        rows: &[Row<'_>],
        links: &[Link],
    ) -> Result<bool, JournalError> {
        let places = vec!["(?, ?, ?, ?, ?)"; rows.len()].join(", ");
        let insert = format!(
            "INSERT INTO events(seq, at_ms, kind, body, link) SELECT * FROM (VALUES {places})
             WHERE (SELECT fence FROM lease) = ? AND (SELECT coalesce(max(seq), 0) FROM events) = ?"
        );
        let insert = bound(sqlx::query(AssertSqlSafe(insert)), first, rows, links)
            .bind(self.lease.fence())
            .bind(self.head.cast_signed());
        let done = insert.execute(&mut self.database.conn).await;
        let done = done.map_err(|error| JournalError::from_sqlite(&self.database.path, error))?;
        Ok(done.rows_affected() == rows.len() as u64)
    }
}

/// Each pair is what the file says and what we think.
fn check_turn(dir: &Path, fence: (i64, i64), head: (u64, u64)) -> Result<(), JournalError> {
    let run = || run_of(dir);
    match (fence, head) {
        ((found, ours), _) if found != ours => Err(JournalError::Fenced { run: run(), found, ours }),
        (_, (found, expected)) if found != expected => {
            Err(JournalError::Discontinuous { run: run(), expected, found })
        }
        _ => Ok(()),
    }
}

type Insert<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// So many rows go in one statement of exactly their number: fewer numbers than the prepared statements that are kept.
const ROWS_AT_ONCE: usize = 64;

/// Measured with bodies of 300 bytes: one statement of many rows carries 200,000 to 300,000 rows/s, a JSON array with `json_each` 60,000,
/// a statement per row 15,000. Four sizes, so that four prepared statements serve every batch.
const ROWS_PER_STATEMENT: [usize; 4] = [512, 64, 8, 1];

async fn insert(
    conn: &mut SqliteConnection,
    first: u64,
    mut rows: &[Row<'_>],
    mut links: &[Link],
) -> Result<(), sqlx::Error> {
    let mut seq = first;
    for size in ROWS_PER_STATEMENT {
        while let (Some((chunk, rest)), Some((linked, others))) =
            (rows.split_at_checked(size), links.split_at_checked(size))
        {
            insert_chunk(conn, seq, chunk, linked).await?;
            seq += size as u64;
            (rows, links) = (rest, others);
        }
    }
    Ok(())
}

async fn insert_chunk(
    conn: &mut SqliteConnection,
    first: u64,
    rows: &[Row<'_>],
    links: &[Link],
) -> Result<(), sqlx::Error> {
    let places = vec!["(?, ?, ?, ?, ?)"; rows.len()].join(", ");
    let insert = format!("INSERT INTO events(seq, at_ms, kind, body, link) VALUES {places}");
    bound(sqlx::query(AssertSqlSafe(insert)), first, rows, links).execute(conn).await?;
    Ok(())
}

/// The statement with the values of its rows.
fn bound<'q>(mut insert: Insert<'q>, first: u64, rows: &'q [Row<'_>], links: &'q [Link]) -> Insert<'q> {
    for (seq, (row, link)) in (first..).zip(rows.iter().zip(links)) {
        insert = insert
            .bind(seq.cast_signed())
            .bind(row.at.0.cast_signed())
            .bind(row.kind)
            .bind(row.body.as_str())
            .bind(link.as_slice());
    }
    insert
}

/// Whether the command was waiting for its answer.
async fn answer_one(
    conn: &mut SqliteConnection,
    id: i64,
    answer: &str,
    seq: u64,
) -> Result<bool, sqlx::Error> {
    let update = "UPDATE inbox SET answer = $1, answered_seq = $2 WHERE id = $3 AND answer IS NULL";
    let done = sqlx::query(update).bind(answer).bind(seq.cast_signed()).bind(id).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

#[cfg(test)]
mod tests;
