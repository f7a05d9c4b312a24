//! Reading the journal: by its owner at the start, by other processes at any time.

use std::path::Path;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use trireme_core::Millis;

use super::JournalError;
use super::anchor::{self, Anchor};
use super::chain::{Link, START};
use super::database::{Access, Database};

/// One event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the journal, counted from 1 without gaps.
    pub seq: u64,
    /// When it was written, by the clock of the owner.
    pub at: Millis,
    /// The name of the event, for filters.
    pub kind: String,
    /// The event as JSON text, byte for byte as it was appended.
    pub body: String,
}

/// A look into a journal that another process may be writing. It never writes and never blocks the writer.
pub struct Reader {
    pub(super) database: Database,
}

impl Reader {
    /// Opens the journal of the run in `dir`.
    ///
    /// # Errors
    /// [`JournalError::Missing`], [`JournalError::NotAJournal`], [`JournalError::Newer`], or a fault of the disk.
    pub async fn open(dir: &Path) -> Result<Self, JournalError> {
        Ok(Self { database: Database::open(dir, Access::Read).await? })
    }

    /// Up to `limit` events from number `seq` on; fewer only at the end of the journal.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where an event is missing, or a fault of the disk.
    pub async fn read_from(&mut self, seq: u64, limit: usize) -> Result<Vec<Record>, JournalError> {
        read_from(&mut self.database, seq, limit).await
    }

    pub(crate) async fn close(self) -> Result<(), JournalError> {
        self.database.close().await
    }

    /// How far the log beside the journal is written for good; none where nobody has said so.
    pub(crate) async fn anchor(&mut self) -> Result<Option<Anchor>, JournalError> {
        Ok(anchor::read(&mut self.database).await?.map(|(anchor, _)| anchor))
    }

    /// The number of the last event, 0 in an empty journal.
    ///
    /// # Errors
    /// A fault of the disk.
    pub async fn head(&mut self) -> Result<u64, JournalError> {
        head(&mut self.database).await
    }
}

pub(super) async fn head(database: &mut Database) -> Result<u64, JournalError> {
    let last: Result<i64, _> =
        sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM events").fetch_one(&mut database.conn).await;
    last.map(i64::cast_unsigned).map_err(|error| database.fault(error))
}

/// The number of the last event, and its link.
pub(super) async fn head_and_link(database: &mut Database) -> Result<(u64, Link), JournalError> {
    let last = sqlx::query("SELECT seq, link FROM events ORDER BY seq DESC LIMIT 1")
        .try_map(|row: SqliteRow| Ok((row.try_get::<i64, _>(0)?, row.try_get::<Option<Vec<u8>>, _>(1)?)))
        .fetch_optional(&mut database.conn)
        .await;
    let Some((seq, link)) = last.map_err(|error| database.fault(error))? else { return Ok((0, START)) };
    Ok((seq.cast_unsigned(), link.and_then(|link| link.try_into().ok()).unwrap_or(START)))
}

pub(super) async fn read_from(
    database: &mut Database,
    seq: u64,
    limit: usize,
) -> Result<Vec<Record>, JournalError> {
    let seq = seq.max(1);
    let page = "SELECT seq, at_ms, kind, body FROM events WHERE seq >= $1 ORDER BY seq LIMIT $2";
    let rows = sqlx::query(page)
        .bind(seq.cast_signed())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .try_map(|row: SqliteRow| record(&row))
        .fetch_all(&mut database.conn)
        .await;
    let records = rows.map_err(|error| database.fault(error))?;
    check_contiguous(database, &records, seq)?;
    Ok(records)
}

fn record(row: &SqliteRow) -> Result<Record, sqlx::Error> {
    Ok(Record {
        seq: row.try_get::<i64, _>(0)?.cast_unsigned(),
        at: Millis(row.try_get::<i64, _>(1)?.cast_unsigned()),
        kind: row.try_get(2)?,
        body: row.try_get(3)?,
    })
}

fn check_contiguous(database: &Database, records: &[Record], first: u64) -> Result<(), JournalError> {
    let gap = (first..).zip(records).find(|(expected, record)| record.seq != *expected);
    let Some((expected, _)) = gap else { return Ok(()) };
    Err(JournalError::Damaged { path: database.path.clone(), what: format!("event {expected} is missing") })
}
