//! The anchor of a run's log: how far the log is written, and what its last line and the event of that line are linked
//! by. It stands in the journal and is vouched for with the log key, so that neither a tail nor the whole of journal and log
//! can be replaced unseen.

use std::path::{Path, PathBuf};

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use trireme_core::Digest;

use super::JournalError;
use super::chain::{Link, START};
use super::database::{Access, Database};
use super::error::run_of;
use crate::vault::Key;

/// How far a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// The number of its last line, which is that of its event.
    pub(crate) seq: u64,
    /// The link of that event.
    pub(crate) event: Link,
    /// The link of that line.
    pub(crate) line: Digest,
    /// The length of the log up to its end, in bytes.
    pub(crate) bytes: u64,
}

impl Anchor {
    /// What only the Owner's key can say of it, for that run alone.
    pub(crate) fn mac(&self, key: &Key, run: &str) -> [u8; 32] {
        let mut text = self.event.to_vec();
        text.extend_from_slice(self.line.bytes());
        text.extend_from_slice(&self.seq.to_be_bytes());
        text.extend_from_slice(&self.bytes.to_be_bytes());
        text.extend_from_slice(run.as_bytes());
        key.derive("anchor of the log").mac(&text)
    }
}

/// The anchor in the hands of the run's owner, over a connection of its own.
pub struct Anchors {
    database: Database,
    dir: PathBuf,
    fence: i64,
    key: Key,
}

impl Anchors {
    pub(super) async fn open(dir: &Path, fence: i64, key: Key) -> Result<Self, JournalError> {
        let database = Database::open(dir, Access::Write).await?;
        Ok(Self { database, dir: dir.to_owned(), fence, key })
    }

    /// The anchor, if there is one.
    ///
    /// # Errors
    /// A fault of the disk.
    pub(crate) async fn get(&mut self) -> Result<Option<Anchor>, JournalError> {
        Ok(read(&mut self.database).await?.map(|(anchor, _)| anchor))
    }

    /// Moves the anchor; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`JournalError::Fenced`] where another process owns the run by now, or a fault of the disk.
    pub(crate) async fn put(&mut self, seq: u64, line: Digest, bytes: u64) -> Result<(), JournalError> {
        let event = self.link(seq).await?;
        let anchor = Anchor { seq, event, line, bytes };
        let mac = anchor.mac(&self.key, &run_of(&self.dir));
        let put = "INSERT INTO anchor(one, seq, event, line, bytes, mac) SELECT 1, $1, $2, $3, $4, $5
                   WHERE (SELECT fence FROM lease) = $6
                   ON CONFLICT(one) DO UPDATE SET seq = $1, event = $2, line = $3, bytes = $4, mac = $5";
        let put = sqlx::query(put)
            .bind(seq.cast_signed())
            .bind(event.as_slice())
            .bind(line.bytes().as_slice())
            .bind(bytes.cast_signed())
            .bind(mac.as_slice())
            .bind(self.fence);
        let done = put.execute(&mut self.database.conn).await.map_err(|error| self.database.fault(error))?;
        if done.rows_affected() == 1 {
            return Ok(());
        }
        let found = sqlx::query_scalar("SELECT fence FROM lease").fetch_one(&mut self.database.conn).await;
        let found = found.map_err(|error| self.database.fault(error))?;
        Err(JournalError::Fenced { run: run_of(&self.dir), found, ours: self.fence })
    }

    pub(crate) async fn close(self) -> Result<(), JournalError> {
        self.database.close().await
    }

    /// The link of an event; the start for one of before there were links.
    async fn link(&mut self, seq: u64) -> Result<Link, JournalError> {
        let link: Result<Option<Option<Vec<u8>>>, _> =
            sqlx::query_scalar("SELECT link FROM events WHERE seq = $1")
                .bind(seq.cast_signed())
                .fetch_optional(&mut self.database.conn)
                .await;
        let link = link.map_err(|error| self.database.fault(error))?.flatten();
        Ok(link.and_then(|link| link.try_into().ok()).unwrap_or(START))
    }
}

/// The anchor and what vouches for it.
pub(super) async fn read(database: &mut Database) -> Result<Option<(Anchor, Vec<u8>)>, JournalError> {
    if !database.has_links() {
        return Ok(None);
    }
    let row = sqlx::query("SELECT seq, event, line, bytes, mac FROM anchor")
        .try_map(|row: SqliteRow| anchor(&row))
        .fetch_optional(&mut database.conn)
        .await;
    row.map_err(|error| database.fault(error))
}

fn anchor(row: &SqliteRow) -> Result<(Anchor, Vec<u8>), sqlx::Error> {
    let bytes = |at: usize| -> Result<[u8; 32], sqlx::Error> {
        let bytes: Vec<u8> = row.try_get(at)?;
        bytes.try_into().map_err(|_| sqlx::Error::Decode("an anchor has 32 bytes".into()))
    };
    let anchor = Anchor {
        seq: row.try_get::<i64, _>(0)?.cast_unsigned(),
        event: bytes(1)?,
        line: Digest::from_bytes(bytes(2)?),
        bytes: row.try_get::<i64, _>(3)?.cast_unsigned(),
    };
    Ok((anchor, row.try_get(4)?))
}
