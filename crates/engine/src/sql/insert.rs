//! What was told of a run, written into the index: lines many in one statement, figures one by one, for they are few.

use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Sqlite};
use trireme_core::log::{Figure, LogLine};
use trireme_core::{BlobRef, Usage};

type Insert<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// One event, told.
pub(super) struct Told {
    /// Its line of the log.
    pub(super) line: LogLine,
    /// What it says beside it.
    pub(super) figures: Vec<Figure>,
}

/// The columns of `line`.
const COLUMNS: usize = 29;

/// So many rows go into one statement, so that few prepared statements serve every number of them.
const AT_ONCE: [usize; 4] = [512, 64, 8, 1];

/// Writes it.
pub(super) async fn insert(conn: &mut SqliteConnection, run: i64, told: &[Told]) -> Result<(), sqlx::Error> {
    let mut rest = told;
    for size in AT_ONCE {
        while let Some((chunk, others)) = rest.split_at_checked(size) {
            lines(conn, run, chunk).await?;
            rest = others;
        }
    }
    for Told { line, figures } in told {
        for (place, said) in (0_i64..).zip(figures) {
            figure(run, (line.seq.cast_signed(), place), said).execute(&mut *conn).await?;
        }
    }
    Ok(())
}

async fn lines(conn: &mut SqliteConnection, run: i64, told: &[Told]) -> Result<(), sqlx::Error> {
    let row = format!("({})", vec!["?"; COLUMNS].join(", "));
    let statement = format!("INSERT INTO line VALUES {}", vec![row.as_str(); told.len()].join(", "));
    let mut insert = sqlx::query(AssertSqlSafe(statement));
    for Told { line, .. } in told {
        insert = bound(insert.bind(run), line);
    }
    insert.execute(conn).await?;
    Ok(())
}

/// The statement with the values of one line, in the order of the table.
fn bound<'q>(insert: Insert<'q>, line: &'q LogLine) -> Insert<'q> {
    let LogLine { seq, timestamp, trace_id, manager_id, agent_id, event_type, detail, .. } = line;
    // The run is a number here, and dollars are made of nanodollars.
    let LogLine { cost_usd: _, cost_nanos, provider, model, payload_ref, run: _, phase, section, .. } = line;
    let LogLine { task, attempt, span_id, parent_span_id, role, seniority, served_model, .. } = line;
    let LogLine { price_version, tokens, latency_ms, failure, .. } = line;
    let insert = insert.bind(seq.cast_signed()).bind(timestamp).bind(trace_id).bind(manager_id);
    let insert = insert.bind(agent_id).bind(event_type).bind(detail).bind(cost_nanos.cast_signed());
    let insert = insert.bind(provider).bind(model).bind(address(payload_ref.as_ref())).bind(phase);
    let insert = insert.bind(section).bind(task).bind(attempt).bind(span_id).bind(parent_span_id);
    let insert = insert.bind(*role).bind(seniority.map(|seniority| seniority.to_string()));
    let insert = used(insert.bind(served_model).bind(price_version), tokens.as_ref());
    insert.bind(latency_ms.map(u64::cast_signed)).bind(failure.as_ref().map(|failure| failure.label()))
}

fn used<'q>(insert: Insert<'q>, tokens: Option<&Usage>) -> Insert<'q> {
    let kinds: [fn(&Usage) -> u64; 5] = [
        |used| used.input,
        |used| used.cache_read,
        |used| used.cache_write,
        |used| used.cache_write_1h,
        |used| used.output,
    ];
    kinds.iter().fold(insert, |insert, of| insert.bind(tokens.map(|used| of(used).cast_signed())))
}

fn address(blob: Option<&BlobRef>) -> Option<String> {
    blob.map(ToString::to_string)
}

fn figure(run: i64, (seq, place): (i64, i64), figure: &Figure) -> Insert<'_> {
    match figure {
        Figure::Verdict { about, criterion, verdict, before, evidence, payload } => {
            let insert = sqlx::query("INSERT INTO verdict VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
            let insert = insert.bind(run).bind(seq).bind(place).bind(*about).bind(criterion);
            let insert = insert.bind(verdict.to_string()).bind(before.map(|verdict| verdict.to_string()));
            insert.bind(*evidence).bind(address(payload.as_ref()))
        }
        Figure::Memo { memo, from, to, priority, topic } => {
            let insert = sqlx::query("INSERT INTO memo VALUES(?, ?, ?, ?, ?, ?, ?)");
            let insert = insert.bind(run).bind(seq).bind(memo.to_string()).bind(from).bind(to);
            insert.bind(priority.to_string()).bind(topic)
        }
        Figure::MemoClosed { memo, by } => {
            let insert = sqlx::query("INSERT OR REPLACE INTO memo_end VALUES(?, ?, ?, ?)");
            insert.bind(run).bind(seq).bind(memo.to_string()).bind(by.map(|by| by.to_string()))
        }
        Figure::Move { kind, from, to, amount, request } => {
            let insert = sqlx::query("INSERT INTO move VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
            let insert = insert.bind(run).bind(seq).bind(place).bind(kind.word()).bind(from).bind(to);
            let nanos = amount.as_nanos().cast_signed();
            insert.bind(nanos).bind(request.map(|request| request.to_string()))
        }
    }
}
