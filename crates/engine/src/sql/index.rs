//! The index: what was told of every run, in tables, in one file beside all runs. It is made of the journals and can be
//! deleted at any time; what is not in it yet is told when somebody asks.
//!
//! Invariants: one process at a time fills it; what is told of a run and how far that goes are one transaction; a run whose
//! journal is not the one that was told (an older copy, another run of that name) is told anew.

use std::fs::{File, OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use trireme_core::Digest;
use trireme_core::limits::JOURNAL_PAGE;
use trireme_core::log::{Figure, LogLine, rfc3339};
use trireme_core::run::Run;
use trireme_core::view::View;

use super::insert::{Told, insert};
use crate::error::EngineError;
use crate::folder::{self, RunFolder};
use crate::journal::{Reader, Record};
use crate::run_loop;

/// What made the tables. Another version may tell events in other words: then everything is told anew.
const FORM: &str = concat!(env!("CARGO_PKG_VERSION"), "/1");

const TABLES: &str = include_str!("tables.sql");

/// The tables in which a run has rows.
const OF_RUNS: [&str; 5] = ["line", "verdict", "memo", "memo_end", "move"];

/// The index in the hands of whoever fills it.
pub(super) struct Index {
    conn: SqliteConnection,
    path: PathBuf,
    /// Nobody else fills it meanwhile.
    _lock: File,
}

/// How far a run is told.
struct Cursor {
    id: i64,
    events: u64,
    /// The SHA-256 of the last event that was told.
    last: String,
}

/// The file.
pub(super) fn file_in(state: &Path) -> PathBuf {
    state.join("index").join("events.db")
}

impl Index {
    /// Opens it, and makes it anew where it is not as this program makes it. Waits while another process fills it.
    pub(super) async fn open(state: &Path) -> Result<Self, EngineError> {
        let path = file_in(state);
        let lock = lock(&path).await.map_err(|error| folder::unwritable(&path, &error))?;
        let mut conn = connect(&path).await;
        let form = match &mut conn {
            Ok(conn) => sqlx::query_scalar("SELECT form FROM made").fetch_optional(conn).await,
            Err(_) => Ok(None),
        };
        let conn = match (conn, form) {
            (Ok(conn), Ok(Some::<String>(form))) if form == FORM => conn,
            (conn, _) => {
                drop(conn);
                make(&path).await.map_err(|error| fault(&path, &error))?
            }
        };
        Ok(Self { conn, path, _lock: lock })
    }

    /// Closes it, so that everything is in one file.
    pub(super) async fn close(self) -> Result<(), EngineError> {
        let Self { conn, path, _lock: lock } = self;
        let closed = conn.close().await;
        drop(lock);
        closed.map_err(|error| fault(&path, &error))
    }

    /// Tells what is new of a run, and gives its number.
    pub(super) async fn tell(&mut self, folder: &RunFolder) -> Result<i64, EngineError> {
        let mut reader = Reader::open(&folder.dir).await?;
        let mut cursor = self.cursor(folder, &mut reader).await?;
        if reader.head().await? == cursor.events {
            return Ok(cursor.id);
        }
        let project = folder.bearings().map(|bearings| bearings.project.display().to_string()).ok();
        let mut run = run_loop::fold(&mut reader, cursor.events).await?;
        loop {
            let records = reader.read_from(cursor.events + 1, JOURNAL_PAGE).await?;
            let Some(last) = records.last() else { return Ok(cursor.id) };
            (cursor.events, cursor.last) = (last.seq, digest(last));
            let told = told(&mut run, &records)?;
            let written = self.write(&cursor, &told, (&run, project.as_deref())).await;
            written.map_err(|error| fault(&self.path, &error))?;
        }
    }

    /// How far a run is told, by the journal that is there.
    async fn cursor(&mut self, folder: &RunFolder, reader: &mut Reader) -> Result<Cursor, EngineError> {
        let found = self.found(&folder.run.0).await.map_err(|error| fault(&self.path, &error))?;
        if let Some(cursor) = found {
            let last = reader.read_from(cursor.events, 1).await?;
            if last.first().is_some_and(|last| last.seq == cursor.events && digest(last) == cursor.last) {
                return Ok(cursor);
            }
            self.forget(cursor.id).await.map_err(|error| fault(&self.path, &error))?;
        }
        let begun = sqlx::query_scalar("INSERT INTO run(name, events, last) VALUES(?, 0, '') RETURNING id");
        let id = begun.bind(&folder.run.0).fetch_one(&mut self.conn).await;
        let id = id.map_err(|error| fault(&self.path, &error))?;
        Ok(Cursor { id, events: 0, last: String::new() })
    }

    async fn found(&mut self, name: &str) -> Result<Option<Cursor>, sqlx::Error> {
        let found = sqlx::query_as("SELECT id, events, last FROM run WHERE name = ?").bind(name);
        let found: Option<(i64, i64, String)> = found.fetch_optional(&mut self.conn).await?;
        Ok(found.map(|(id, events, last)| Cursor { id, events: events.cast_unsigned(), last }))
    }

    /// Forgets the runs that are no more.
    pub(super) async fn keep_only(&mut self, folders: &[RunFolder]) -> Result<(), EngineError> {
        let names = sqlx::query_as("SELECT id, name FROM run").fetch_all(&mut self.conn).await;
        let names: Vec<(i64, String)> = names.map_err(|error| fault(&self.path, &error))?;
        for (id, _) in names.iter().filter(|(_, name)| folders.iter().all(|folder| folder.run.0 != *name)) {
            self.forget(*id).await.map_err(|error| fault(&self.path, &error))?;
        }
        Ok(())
    }

    async fn forget(&mut self, run: i64) -> Result<(), sqlx::Error> {
        let mut transaction = self.conn.begin().await?;
        for table in OF_RUNS {
            let delete = sqlx::AssertSqlSafe(format!("DELETE FROM {table} WHERE run = ?"));
            sqlx::query(delete).bind(run).execute(&mut *transaction).await?;
        }
        sqlx::query("DELETE FROM run WHERE id = ?").bind(run).execute(&mut *transaction).await?;
        transaction.commit().await
    }

    /// Writes a page of events, and how the run stands behind them.
    async fn write(
        &mut self,
        cursor: &Cursor,
        told: &[Told],
        (run, project): (&Run, Option<&str>),
    ) -> Result<(), sqlx::Error> {
        let View { stage, end, began, now, money, .. } = View::of(run);
        let outcome = end.and_then(|end| serde_json::to_value(end).ok()?.as_str().map(str::to_owned));
        let mut transaction = self.conn.begin().await?;
        insert(&mut transaction, cursor.id, told).await?;
        sqlx::query(
            "UPDATE run SET events = ?, last = ?, state = ?, outcome = ?, began = ?, last_event = ?, project = ?,
                            total_nanos = ?, spent_nanos = ?, reserved_nanos = ? WHERE id = ?",
        )
        .bind(cursor.events.cast_signed())
        .bind(&cursor.last)
        .bind(stage)
        .bind(outcome)
        .bind(rfc3339(began))
        .bind(rfc3339(now))
        .bind(project)
        .bind(money.limit.as_nanos().cast_signed())
        .bind(money.spent.as_nanos().cast_signed())
        .bind(money.reserved.as_nanos().cast_signed())
        .bind(cursor.id)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }
}

fn told(run: &mut Run, records: &[Record]) -> Result<Vec<Told>, EngineError> {
    let mut told = Vec::with_capacity(records.len());
    for record in records {
        let (at, event) = run_loop::read(record)?;
        let figures = Figure::of(run, &event);
        told.push(Told { line: LogLine::of(run, record.seq, at, &event), figures });
        run.apply(at, &event);
    }
    Ok(told)
}

fn digest(record: &Record) -> String {
    Digest::of(record.body.as_bytes()).to_string()
}

/// Takes the lock that lets one process fill the index.
async fn lock(path: &Path) -> std::io::Result<File> {
    let dir = path.parent().map(Path::to_owned).unwrap_or_default();
    let locked = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&dir)?;
        // As nobody else's business as the journals that it is made of.
        std::fs::set_permissions(&dir, Permissions::from_mode(0o700))?;
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(dir.join("lock"))?;
        file.lock()?;
        Ok(file)
    });
    locked.await.unwrap_or_else(|error| Err(std::io::Error::other(error)))
}

async fn connect(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    // A power loss may take the last pages, which are told again; it does not tear the file.
    let options = SqliteConnectOptions::new().filename(path).synchronous(SqliteSynchronous::Normal);
    options.disable_statement_logging().connect().await
}

/// An empty index in the place of whatever is there.
async fn make(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
    let mut conn = options.disable_statement_logging().connect().await?;
    sqlx::raw_sql(TABLES).execute(&mut conn).await?;
    sqlx::query("INSERT INTO made VALUES(?)").bind(FORM).execute(&mut conn).await?;
    Ok(conn)
}

/// A fault of the index itself.
pub(super) fn fault(path: &Path, error: &sqlx::Error) -> EngineError {
    let dir = path.parent().unwrap_or(path).display();
    EngineError::failed(format!("{} can't be used: {error}", path.display()))
        .hint(format!("rm -r {dir}   (it is made again of the journals)"))
}
