//! The file `journal.db`: how it is made, how connections to it are set up, and which files are refused.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _};
use trireme_core::limits;

use super::JournalError;

/// The newest format that this program reads, and the one that it writes.
const VERSION: u32 = 2;

/// The oldest format that this program reads: without links. Whoever owns the run brings it up to date.
const OLDEST: u32 = 1;

/// The whole of an empty journal. The index keeps the poll of the inbox as cheap after a million commands as before.
const SCHEMA: &str = "
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE events(seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
                    link BLOB);
CREATE TABLE inbox(id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, body TEXT NOT NULL,
                   answered_seq INTEGER, answer TEXT);
CREATE INDEX inbox_pending ON inbox(id) WHERE answer IS NULL;
CREATE TABLE lease(one INTEGER PRIMARY KEY CHECK(one = 1), fence INTEGER NOT NULL, owner TEXT NOT NULL,
                   since_ms INTEGER NOT NULL);
INSERT INTO lease VALUES(1, 0, '', 0);
";

/// Beside the events: how far the log is written.
const ANCHOR: &str = "
CREATE TABLE anchor(one INTEGER PRIMARY KEY CHECK(one = 1), seq INTEGER NOT NULL, event BLOB NOT NULL, line BLOB NOT NULL,
                    bytes INTEGER NOT NULL, mac BLOB NOT NULL);
";

/// From the first format to the second one.
const ADD_LINKS: &str =
    "ALTER TABLE events ADD COLUMN link BLOB; UPDATE meta SET value = '2' WHERE key = 'version';";

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Reads only; fails rather than writes.
    Read,
    /// Writes too, each commit on the disk before it returns.
    Write,
}

/// An open, checked `journal.db`.
pub(super) struct Database {
    /// The connection; the tables are those of `SCHEMA`.
    pub(super) conn: SqliteConnection,
    /// The file, for messages.
    pub(super) path: PathBuf,
    version: u32,
}

impl Database {
    /// Opens the journal in `dir` and refuses any file that is not a journal of a known format.
    pub(super) async fn open(dir: &Path, access: Access) -> Result<Self, JournalError> {
        Self::open_waiting(dir, access, Duration::from_millis(limits::JOURNAL_BUSY_MS)).await
    }

    /// The same, with another patience for locks than the usual.
    pub(super) async fn open_waiting(
        dir: &Path,
        access: Access,
        busy: Duration,
    ) -> Result<Self, JournalError> {
        let path = file_in(dir);
        if !exists(dir)? {
            return Err(JournalError::Missing { dir: dir.to_owned() });
        }
        let options = options(&path, access).busy_timeout(busy);
        let conn = options.connect().await.map_err(|error| JournalError::from_sqlite(&path, error))?;
        let mut database = Self { conn, path, version: VERSION };
        database.check_version().await?;
        Ok(database)
    }

    /// Closes the connection now, and not when its thread comes to it.
    pub(super) async fn close(self) -> Result<(), JournalError> {
        self.conn.close().await.map_err(|error| JournalError::from_sqlite(&self.path, error))
    }

    /// Whether its events have links.
    pub(super) const fn has_links(&self) -> bool {
        self.version > OLDEST
    }

    /// Brings the file up to the newest format. Only the owner of a run does that.
    pub(super) async fn upgrade(&mut self) -> Result<(), JournalError> {
        if self.has_links() {
            return Ok(());
        }
        let upgrade = format!("BEGIN IMMEDIATE; {ADD_LINKS} {ANCHOR} COMMIT;");
        let upgraded = sqlx::raw_sql(sqlx::AssertSqlSafe(upgrade)).execute(&mut self.conn).await;
        upgraded.map_err(|error| self.fault(error))?;
        self.version = VERSION;
        Ok(())
    }

    /// Translates a fault of SQLite on this file.
    pub(super) fn fault(&self, error: sqlx::Error) -> JournalError {
        JournalError::from_sqlite(&self.path, error)
    }

    async fn check_version(&mut self) -> Result<(), JournalError> {
        let (found, known) = (self.version().await?, VERSION);
        match found {
            Some(found @ OLDEST..=VERSION) => {
                self.version = found;
                Ok(())
            }
            Some(found) if found > known => {
                Err(JournalError::Newer { path: self.path.clone(), found, known })
            }
            Some(_) | None => Err(JournalError::NotAJournal { path: self.path.clone() }),
        }
    }

    /// The version in the file, `None` in a database that is not ours.
    async fn version(&mut self) -> Result<Option<u32>, JournalError> {
        let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('meta', 'events', 'inbox', 'lease')";
        let count: i64 = sqlx::query_scalar(tables)
            .fetch_one(&mut self.conn)
            .await
            .map_err(|error| JournalError::from_sqlite(&self.path, error))?;
        if count != 4 {
            return Ok(None);
        }
        let version: Option<String> = sqlx::query_scalar("SELECT value FROM meta WHERE key = 'version'")
            .fetch_optional(&mut self.conn)
            .await
            .map_err(|error| JournalError::from_sqlite(&self.path, error))?;
        Ok(version.and_then(|text| text.parse().ok()))
    }
}

/// Makes the folder of a run. Its name is on the disk when this returns.
pub(super) fn make_folder(dir: &Path) -> Result<(), JournalError> {
    let made = std::fs::create_dir_all(dir).and_then(|()| dir.parent().map_or(Ok(()), sync_folder));
    made.map_err(|source| folder_fault(dir, source))
}

/// Makes an empty journal in `dir`, which appears there whole or not at all. The caller keeps others from doing the same meanwhile.
pub(super) async fn create(dir: &Path) -> Result<(), JournalError> {
    if exists(dir)? {
        return Err(JournalError::Exists { dir: dir.to_owned() });
    }
    let unfinished = dir.join("journal.new");
    // What a process that died here has left behind.
    for leftover in ["journal.new", "journal.new-wal", "journal.new-shm"] {
        let _ = std::fs::remove_file(dir.join(leftover));
    }
    fill(&unfinished).await.map_err(|error| JournalError::from_sqlite(&unfinished, error))?;
    let placed = std::fs::rename(&unfinished, file_in(dir)).and_then(|()| sync_folder(dir));
    placed.map_err(|source| folder_fault(dir, source))
}

/// Closing the only connection moves everything from the write-ahead log into the file and removes the log.
async fn fill(path: &Path) -> Result<(), sqlx::Error> {
    let options = options(path, Access::Write).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let mut conn = options.connect().await?;
    for part in [SCHEMA, ANCHOR] {
        sqlx::raw_sql(part).execute(&mut conn).await?;
    }
    sqlx::query("INSERT INTO meta VALUES('version', $1)")
        .bind(VERSION.to_string())
        .execute(&mut conn)
        .await?;
    conn.close().await
}

fn exists(dir: &Path) -> Result<bool, JournalError> {
    file_in(dir).try_exists().map_err(|source| folder_fault(dir, source))
}

fn folder_fault(dir: &Path, source: std::io::Error) -> JournalError {
    JournalError::Folder { path: dir.to_owned(), source }
}

fn sync_folder(dir: &Path) -> std::io::Result<()> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    File::open(dir)?.sync_all()
}

fn file_in(dir: &Path) -> PathBuf {
    dir.join("journal.db")
}

/// The journal mode is not among these: WAL is a property of the file, set once by `create`.
fn options(path: &Path, access: Access) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(access == Access::Read)
        .synchronous(SqliteSynchronous::Full)
        .locking_mode(SqliteLockingMode::Normal)
        .foreign_keys(true)
        .row_buffer_size(1_024)
        .disable_statement_logging()
}
