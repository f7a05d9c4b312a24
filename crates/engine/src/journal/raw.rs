//! The rows of a journal as somebody may have left them: nothing of them is believed before it is looked at.

use std::path::Path;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use trireme_core::Millis;

use super::anchor::{self, Anchor};
use super::chain::Link;
use super::database::{Access, Database};
use super::{JournalError, Record};

/// Whoever doubts a journal.
pub(crate) struct Doubter {
    database: Database,
}

/// One row.
pub(crate) struct Raw {
    /// Its number.
    pub(crate) seq: u64,
    /// The event; none where the row holds something else.
    pub(crate) record: Option<Record>,
    /// Its link; none where it has none.
    pub(crate) link: Option<Link>,
}

impl Doubter {
    pub(crate) async fn open(dir: &Path) -> Result<Self, JournalError> {
        Ok(Self { database: Database::open(dir, Access::Read).await? })
    }

    /// Whether its events should have links.
    pub(crate) const fn has_links(&self) -> bool {
        self.database.has_links()
    }

    /// The anchor and what vouches for it; none where there is none, or none that can be read.
    pub(crate) async fn anchor(&mut self) -> Option<(Anchor, Vec<u8>)> {
        anchor::read(&mut self.database).await.ok().flatten()
    }

    /// Up to `limit` rows behind a number.
    pub(crate) async fn after(&mut self, seq: u64, limit: usize) -> Result<Vec<Raw>, JournalError> {
        let links = if self.has_links() { "link" } else { "NULL" };
        let page = format!(
            "SELECT seq, at_ms, kind, body, {links} FROM events WHERE seq > $1 ORDER BY seq LIMIT $2"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(page))
            .bind(seq.cast_signed())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut self.database.conn)
            .await;
        let rows = rows.map_err(|error| self.database.fault(error))?;
        Ok(rows.iter().map(raw).collect())
    }
}

fn raw(row: &SqliteRow) -> Raw {
    // The key of the table is a number, whatever was done to it.
    let seq = row.try_get::<i64, _>(0).unwrap_or_default().cast_unsigned();
    let link: Option<Vec<u8>> = row.try_get(4).ok().flatten();
    Raw { seq, record: record(row, seq).ok(), link: link.and_then(|link| link.try_into().ok()) }
}

fn record(row: &SqliteRow, seq: u64) -> Result<Record, sqlx::Error> {
    let at = Millis(row.try_get::<i64, _>(1)?.cast_unsigned());
    Ok(Record { seq, at, kind: row.try_get(2)?, body: row.try_get(3)? })
}
