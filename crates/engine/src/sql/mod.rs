//! Questions in SQL, over all runs or over one.
//!
//! ```text
//! journal.db of each run ── what is new ──► index/events.db ◄── views, read only ── one statement
//! ```
//!
//! What an event is in a row is decided by [`trireme_core::log`] alone: `line` has the fields of a line of the log, the other
//! tables the [`Figure`](trireme_core::log::Figure)s beside it. The views stand in `views.sql` and are made by whoever asks,
//! so that a file of an earlier version never answers in its words.
//!
//! Absent: anything that is written for the one who asks, payloads, and statements that do more than read.

mod index;
mod insert;
mod statement;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Executor as _, Row as _, SqlSafeStr as _,
    Statement as _, TypeInfo as _, ValueRef as _,
};
use trireme_core::RunId;
use trireme_core::limits::{JOURNAL_BUSY_MS, SQL_ANSWER_BYTES, SQL_SECONDS};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::folder::{self, RunFolder};

use index::{Index, fault, file_in};

const VIEWS: &str = include_str!("views.sql");

/// The answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows, a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// Runs that could not be read, and why.
    pub left_out: Vec<String>,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes, as hexadecimal digits.
    Bytes(String),
}

/// Whom a query is about.
enum About {
    All,
    One(i64),
}

impl Engine {
    /// Asks the views, of one run or of all.
    ///
    /// # Errors
    /// As [`ask`].
    pub async fn ask(&self, run: Option<&RunId>, query: &str) -> Result<Rows, EngineError> {
        ask(&self.settings().state, run, query).await
    }
}

/// Asks the views over the runs of a state folder, over one of them or over all. What is not told yet is told first.
///
/// # Errors
/// Where it is not one statement that reads, SQLite can't make sense of it, or it takes too long; where the run can't be
/// read.
pub async fn ask(state: &Path, run: Option<&RunId>, query: &str) -> Result<Rows, EngineError> {
    statement::check(query)?;
    let mut index = Index::open(state).await?;
    let (about, left_out) = match run {
        Some(run) => (About::One(index.tell(&RunFolder::of(state, run)).await?), Vec::new()),
        None => (About::All, tell_all(&mut index, state).await?),
    };
    index.close().await?;
    let limit = Duration::from_secs(SQL_SECONDS);
    let (columns, rows) = answer(&file_in(state), &about, query, limit).await?;
    Ok(Rows { columns, rows, left_out })
}

/// Tells what is new of every run, and names those that can't be read.
async fn tell_all(index: &mut Index, state: &Path) -> Result<Vec<String>, EngineError> {
    let folders = folder::all(state)?;
    index.keep_only(&folders).await?;
    let mut left_out = Vec::new();
    for folder in &folders {
        if let Err(error) = index.tell(folder).await {
            left_out.push(format!("{}: {error}", folder.run));
        }
    }
    Ok(left_out)
}

async fn answer(
    file: &Path,
    about: &About,
    query: &str,
    limit: Duration,
) -> Result<(Vec<String>, Vec<Vec<Cell>>), EngineError> {
    let mut conn = open(file, about).await.map_err(|error| fault(file, &error))?;
    let until = Instant::now() + limit;
    let mut handle = conn.lock_handle().await.map_err(|error| fault(file, &error))?;
    handle.set_progress_handler(STEPS_BETWEEN_LOOKS, move || Instant::now() < until);
    drop(handle);
    let prepared =
        conn.prepare(AssertSqlSafe(query).into_sql_str()).await.map_err(|error| refused(&error))?;
    let columns = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
    let (mut rows, mut bytes) = (Vec::new(), 0);
    let mut found = prepared.query().fetch(&mut conn);
    while let Some(row) = found.try_next().await.map_err(|error| refused(&error))? {
        let cells = cells(&row).map_err(|error| refused(&error))?;
        bytes += cells.iter().map(Cell::bytes).sum::<usize>();
        if bytes > SQL_ANSWER_BYTES {
            let most = SQL_ANSWER_BYTES / 1_000_000;
            return Err(EngineError::usage(format!("the answer has more than {most} MB"))
                .hint("ask for fewer columns, or add LIMIT 1000"));
        }
        rows.push(cells);
    }
    Ok((columns, rows))
}

/// How many steps SQLite goes between two looks at the time.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// A connection that writes nothing, with the views over one run or over all.
async fn open(file: &Path, about: &About) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).disable_statement_logging();
    let options = options.busy_timeout(Duration::from_millis(JOURNAL_BUSY_MS)).pragma("temp_store", "MEMORY");
    let mut conn = options.connect().await?;
    sqlx::raw_sql(AssertSqlSafe(views(about))).execute(&mut conn).await?;
    sqlx::raw_sql("PRAGMA query_only = 1").execute(&mut conn).await?;
    Ok(conn)
}

fn views(about: &About) -> String {
    let About::One(run) = about else { return VIEWS.to_owned() };
    let chosen = |line: &str| match (line.find("/*of "), line.find("/*and ")) {
        (Some(_), _) => line.replace("/*of ", "WHERE ").replace("*/", &format!(" = {run}")),
        (None, Some(_)) => line.replace("/*and ", "AND ").replace("*/", &format!(" = {run}")),
        (None, None) => line.to_owned(),
    };
    VIEWS.lines().map(chosen).collect::<Vec<_>>().join("\n")
}

fn cells(row: &SqliteRow) -> Result<Vec<Cell>, sqlx::Error> {
    let cell = |index: usize| {
        let value = row.try_get_raw(index)?;
        if value.is_null() {
            return Ok(Cell::Null);
        }
        Ok(match value.type_info().name() {
            "INTEGER" => Cell::Integer(row.try_get_unchecked(index)?),
            "REAL" => Cell::Real(row.try_get_unchecked(index)?),
            "TEXT" => {
                Cell::Text(String::from_utf8_lossy(&row.try_get_unchecked::<Vec<u8>, _>(index)?).into_owned())
            }
            _ => Cell::Bytes(hex(&row.try_get_unchecked::<Vec<u8>, _>(index)?)),
        })
    };
    (0..row.len()).map(cell).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Cell {
    /// What it takes in memory, about.
    fn bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Null | Self::Integer(_) | Self::Real(_) => 0,
                Self::Text(text) | Self::Bytes(text) => text.len(),
            }
    }
}

/// What SQLite says to a query.
fn refused(error: &sqlx::Error) -> EngineError {
    let database = error.as_database_error();
    if database.and_then(|error| error.code()).is_some_and(|code| code == INTERRUPTED) {
        return EngineError::usage(format!("the query took longer than {SQL_SECONDS} s"))
            .hint("ask for one run: trireme sql RUN \"SELECT …\"")
            .hint("look what it reads: EXPLAIN QUERY PLAN SELECT …");
    }
    let why = database.map_or_else(|| error.to_string(), |error| error.message().to_owned());
    EngineError::usage(format!("the query: {why}"))
        .hint("views: runs, events, calls, costs, memos, verdicts, budget_moves, steps")
        .hint("trireme sql \"SELECT * FROM events LIMIT 1\"   (its columns)")
}

/// SQLite's code for a statement that was stopped.
const INTERRUPTED: &str = "9";
