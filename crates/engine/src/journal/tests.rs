use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

/// The folder of a run that does not exist yet, in a folder that goes with the first value.
fn fresh() -> (tempfile::TempDir, PathBuf) {
    let state = tempfile::tempdir().unwrap();
    let dir = state.path().join("runs").join("demo");
    (state, dir)
}

fn rows(bodies: &[&str]) -> Vec<Row<'static>> {
    bodies
        .iter()
        .map(|body| Row { at: Millis(1_790_000_000_000), kind: "noted", body: (*body).to_owned() })
        .collect()
}

fn numbered(count: usize) -> Vec<Row<'static>> {
    (1..=count).map(|n| Row { at: Millis(n as u64), kind: "noted", body: format!("{{\"n\":{n}}}") }).collect()
}

async fn bodies(journal: &mut Journal) -> Vec<String> {
    journal.read_from(1, 1_000_000).await.unwrap().into_iter().map(|record| record.body).collect()
}

#[tokio::test]
async fn what_was_appended_is_there_after_reopening() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "first").await.unwrap();
    assert_eq!(journal.append(&rows(&["{}"]), &[]).await.unwrap(), 1..2);
    assert_eq!(journal.append(&[], &[]).await.unwrap(), 2..2);
    let odd = r#"{"text":"a \"quote\", a 'tick', ünïcode, \u0000 and ?, $1"}"#;
    assert_eq!(journal.append(&rows(&[odd, "[]"]), &[]).await.unwrap(), 2..4);
    drop(journal);

    let mut journal = Journal::open(&dir, "second").await.unwrap();
    assert_eq!(journal.head(), 3);
    let second = journal.read_from(2, 1).await.unwrap();
    let expected = Record { seq: 2, at: Millis(1_790_000_000_000), kind: "noted".into(), body: odd.into() };
    assert_eq!(second, [expected]);
    assert_eq!(journal.append(&rows(&["{}"]), &[]).await.unwrap(), 4..5);
}

#[tokio::test]
async fn batches_of_every_size_are_read_back_in_pages() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    for size in [1, 7, 8, 9, 63, 64, 65, 511, 512, 513, 1_700] {
        let first = journal.head() + 1;
        let appended = journal.append(&numbered(size), &[]).await.unwrap();
        assert_eq!(appended, first..first + size as u64);
    }
    let mut reader = Reader::open(&dir).await.unwrap();
    let mut seen = Vec::new();
    loop {
        let page = reader.read_from(seen.len() as u64 + 1, 500).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen.len() as u64, reader.head().await.unwrap());
    assert_eq!(seen.last().unwrap().body, "{\"n\":1700}");
    assert!(seen.iter().zip(1..).all(|(record, seq)| record.seq == seq));
}

#[tokio::test]
async fn a_reader_sees_what_the_owner_writes_and_writes_nothing() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    let mut reader = Reader::open(&dir).await.unwrap();
    assert_eq!(reader.head().await.unwrap(), 0);
    journal.append(&rows(&["{}", "{}"]), &[]).await.unwrap();
    assert_eq!(reader.read_from(0, 10).await.unwrap().len(), 2);
    let write = sqlx::query("DELETE FROM events").execute(&mut reader.database.conn).await;
    assert!(write.is_err());
}

#[tokio::test]
async fn a_reader_reads_what_a_dead_owner_left() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    journal.append(&rows(&["{}"]), &[]).await.unwrap();
    drop(journal);
    assert_eq!(Reader::open(&dir).await.unwrap().head().await.unwrap(), 1);
}

#[tokio::test]
async fn an_owner_that_lost_its_lease_writes_nothing() {
    let (_state, dir) = fresh();
    let mut old = Journal::create(&dir, "old").await.unwrap();
    old.append(&rows(&["1"]), &[]).await.unwrap();
    // What a person may do to a run that seems stuck, or a network file system by itself.
    fs::remove_file(dir.join("lease")).unwrap();
    let mut new = Journal::open(&dir, "new").await.unwrap();

    let error = old.append(&rows(&["2"]), &[]).await.unwrap_err();
    assert!(matches!(error, JournalError::Fenced { found: 2, ours: 1, .. }), "{error}");
    assert!(error.to_string().contains("trireme watch demo"));
    assert_eq!(bodies(&mut new).await, ["1"]);
    new.append(&rows(&["3"]), &[]).await.unwrap();
    assert_eq!(bodies(&mut new).await, ["1", "3"]);
}

#[tokio::test]
async fn an_append_that_does_not_continue_the_journal_is_refused() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    journal.append(&rows(&["1"]), &[]).await.unwrap();
    sqlx::query("INSERT INTO events VALUES(2, 0, 'noted', 'stray', NULL)")
        .execute(&mut journal.database.conn)
        .await
        .unwrap();

    let error = journal.append(&rows(&["2"]), &[]).await.unwrap_err();
    assert!(matches!(error, JournalError::Discontinuous { expected: 1, found: 2, .. }), "{error}");
    assert_eq!(bodies(&mut journal).await, ["1", "stray"]);
}

#[tokio::test]
async fn a_missing_event_is_damage() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    journal.append(&numbered(5), &[]).await.unwrap();
    sqlx::query("DELETE FROM events WHERE seq = 3").execute(&mut journal.database.conn).await.unwrap();
    let error = journal.read_from(1, 10).await.unwrap_err();
    assert!(error.to_string().contains("event 3 is missing"), "{error}");
    assert_eq!(journal.read_from(4, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    let cap = async |journal: &mut Journal, pages: &'static str| {
        sqlx::query(pages).execute(&mut journal.database.conn).await.unwrap();
    };
    cap(&mut journal, "PRAGMA max_page_count = 40").await;
    let mut acknowledged = 0;
    let error = loop {
        match journal.append(&numbered(200), &[]).await {
            Ok(range) => acknowledged = range.end - 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    assert!(error.to_string().ends_with("free some, then `trireme resume demo`"), "{error}");
    assert!(acknowledged > 0);
    assert_eq!(bodies(&mut journal).await.len() as u64, acknowledged);

    cap(&mut journal, "PRAGMA max_page_count = 100000").await;
    assert_eq!(journal.append(&rows(&["{}"]), &[]).await.unwrap().start, acknowledged + 1);
}

#[tokio::test]
async fn a_file_that_somebody_keeps_locked_is_named() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    sqlx::query("PRAGMA busy_timeout = 20").execute(&mut journal.database.conn).await.unwrap();
    let mut other = Database::open(&dir, Access::Write).await.unwrap();
    let lock = other.conn.begin_with("BEGIN IMMEDIATE").await.unwrap();

    let error = journal.append(&rows(&["{}"]), &[]).await.unwrap_err();
    assert!(matches!(error, JournalError::Busy { .. }), "{error}");
    drop(lock);
    drop(other);
    assert_eq!(journal.append(&rows(&["{}"]), &[]).await.unwrap(), 1..2);
}

#[tokio::test]
async fn an_answer_lands_with_its_events_and_only_once() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    let mut inbox = Inbox::open(&dir).await.unwrap();
    let id = inbox.post("{\"kill\":true}").await.unwrap();
    assert_eq!(inbox.answer_of(id).await.unwrap(), None);

    let answer = [InboxAnswer { id, answer: "\"killed\"".to_owned() }];
    journal.append(&rows(&["killed"]), &answer).await.unwrap();
    assert_eq!(inbox.answer_of(id).await.unwrap().as_deref(), Some("\"killed\""));
    assert_eq!(inbox.pending().await.unwrap(), []);

    let error = journal.append(&rows(&["killed again"]), &answer).await.unwrap_err();
    assert!(matches!(error, JournalError::NotPending { .. }), "{error}");
    assert_eq!(bodies(&mut journal).await, ["killed"]);
    assert_eq!(journal.append(&rows(&["next"]), &[]).await.unwrap(), 2..3);
}

#[tokio::test]
async fn a_second_journal_of_the_same_name_is_refused() {
    let (_state, dir) = fresh();
    drop(Journal::create(&dir, "me").await.unwrap());
    let error = Journal::create(&dir, "me").await.err().unwrap();
    assert!(matches!(error, JournalError::Exists { .. }), "{error}");
}

#[tokio::test]
async fn of_two_that_make_the_same_run_one_does() {
    let (_state, dir) = fresh();
    let (a, b) = tokio::join!(Journal::create(&dir, "a"), Journal::create(&dir, "b"));
    assert!(a.is_ok() != b.is_ok());
    let error = a.err().or(b.err()).unwrap();
    assert!(
        matches!(error, JournalError::Exists { .. } | JournalError::Lease(LeaseError::Held { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn a_maker_that_died_half_way_leaves_nothing_in_the_way() {
    let (_state, dir) = fresh();
    fs::create_dir_all(&dir).unwrap();
    database::create(&dir).await.unwrap();
    fs::rename(dir.join("journal.db"), dir.join("journal.new")).unwrap();
    assert!(matches!(Reader::open(&dir).await, Err(JournalError::Missing { .. })));
    assert_eq!(Journal::create(&dir, "me").await.unwrap().head(), 0);
}

#[tokio::test]
async fn a_closed_journal_is_one_file() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    journal.append(&rows(&["{}"]), &[]).await.unwrap();
    journal.close().await.unwrap();
    assert!(!dir.join("journal.db-wal").exists() && lease::released(&dir).await);
    assert_eq!(Reader::open(&dir).await.unwrap().head().await.unwrap(), 1);
}

#[tokio::test]
async fn an_unknown_run_is_named_and_not_made() {
    let (_state, dir) = fresh();
    for error in [Journal::open(&dir, "me").await.err().unwrap(), Reader::open(&dir).await.err().unwrap()] {
        assert!(matches!(error, JournalError::Missing { .. }), "{error}");
        assert!(error.to_string().contains("trireme runs"), "{error}");
    }
    assert!(!dir.exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let (state, dir) = fresh();
    fs::write(state.path().join("runs"), "a file in the way").unwrap();
    let error = Journal::create(&dir, "me").await.err().unwrap();
    assert!(matches!(error, JournalError::Folder { .. }), "{error}");
}

#[tokio::test]
async fn foreign_files_are_refused_and_left_alone() {
    let (_state, dir) = fresh();
    fs::create_dir_all(&dir).unwrap();
    let path = dir.join("journal.db");
    for foreign in [&b""[..], &b"this is a text and no database at all".repeat(100)] {
        fs::write(&path, foreign).unwrap();
        let error = Journal::open(&dir, "me").await.err().unwrap();
        assert!(matches!(error, JournalError::NotAJournal { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), foreign);
    }
    assert!(!dir.join("lease").exists());
}

#[tokio::test]
async fn a_newer_format_asks_for_an_upgrade() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    sqlx::query("UPDATE meta SET value = '3'").execute(&mut journal.database.conn).await.unwrap();
    drop(journal);
    let error = Journal::open(&dir, "me").await.err().unwrap();
    assert!(matches!(error, JournalError::Newer { found: 3, known: 2, .. }), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_an_error_and_never_a_shorter_journal() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    journal.append(&numbered(5_000), &[]).await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut journal.database.conn).await.unwrap();
    drop(journal);
    let path = dir.join("journal.db");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0xa5);
    fs::write(&path, bytes).unwrap();

    let mut reader = Reader::open(&dir).await.unwrap();
    let error = reader.read_from(1, 10_000).await.unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn ten_thousand_events_are_read_without_a_scan_for_each() {
    let (_state, dir) = fresh();
    let mut journal = Journal::create(&dir, "me").await.unwrap();
    for _ in 0..10 {
        journal.append(&numbered(1_000), &[]).await.unwrap();
    }
    let start = Instant::now();
    assert_eq!(journal.read_from(1, 10_000).await.unwrap().len(), 10_000);
    // A guard against a scan per row, not a measurement: that is the bench's.
    assert!(start.elapsed() < Duration::from_secs(2));
}

const VICTIM: &str = "TRIREME_TEST_VICTIM_DIR";

/// The process that the next test kills, and nothing where that one has not started it. It says what it has been promised,
/// and goes on until it dies.
#[tokio::test]
async fn victim_that_appends_until_killed() {
    #[expect(clippy::disallowed_methods, reason = "how the parent tells its child where to write")]
    let Ok(dir) = std::env::var(VICTIM) else { return };
    let mut journal = Journal::create(Path::new(&dir), "victim").await.unwrap();
    loop {
        let next = journal.head() + 1;
        let batch: Vec<_> = (next..next + 1 + next % 20).map(|n| format!("{{\"n\":{n}}}")).collect();
        let batch: Vec<_> = batch.iter().map(String::as_str).collect();
        let range = journal.append(&rows(&batch), &[]).await.unwrap();
        writeln!(std::io::stderr(), "acknowledged {}", range.end - 1).unwrap();
    }
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_acknowledged() {
    let (_state, dir) = fresh();
    #[expect(clippy::disallowed_methods, reason = "the test kills a process of its own")]
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "journal::tests::victim_that_appends_until_killed", "--nocapture"])
        .env(VICTIM, &dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged: u64 = 0;
    for line in BufReader::new(victim.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some(number) = line.strip_prefix("acknowledged ") else {
            continue;
        };
        if let Ok(number) = number.parse() {
            acknowledged = number;
        }
        if acknowledged > 300 {
            // The lines that are still in the pipe count too: the loop reads on to its end.
            victim.kill().unwrap();
        }
    }
    victim.wait().unwrap();
    assert!(acknowledged > 300);

    assert!(lease::released(&dir).await, "the lease died with the process");
    let mut journal = Journal::open(&dir, "heir").await.unwrap();
    assert!(journal.head() >= acknowledged, "{} < {acknowledged}", journal.head());
    let all = bodies(&mut journal).await;
    assert_eq!(all.len() as u64, journal.head());
    assert!(all.iter().zip(1..).all(|(body, n)| *body == format!("{{\"n\":{n}}}")));
    journal.append(&rows(&["{}"]), &[]).await.unwrap();
}
