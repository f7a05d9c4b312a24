//! A run of an earlier Trireme: its payloads stand plain in its folder, and its journal has the first format.

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use trireme_core::run::event::RunEnd;
use trireme_core::{Digest, RunId};

use crate::support::{Ground, sh};

const RUN: &str = "should-sessions-live-n2jrn";

/// The run, laid into a state folder.
pub(crate) async fn lay_out(ground: &Ground) -> PathBuf {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/plain-run");
    let dir = ground.engine.settings().state.join("runs").join(RUN);
    for file in ["run.json", "blobs"] {
        copy(&fixture.join(file), &dir.join(file));
    }
    let options = SqliteConnectOptions::new().filename(dir.join("journal.db")).create_if_missing(true);
    let mut journal = options.connect().await.unwrap();
    sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut journal).await.unwrap();
    let sql = std::fs::read_to_string(fixture.join("journal.sql")).unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut journal).await.unwrap();
    journal.close().await.unwrap();
    dir
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    if from.is_dir() {
        for entry in std::fs::read_dir(from).unwrap().flatten() {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::copy(from, to).unwrap();
    }
}

#[tokio::test]
async fn a_run_with_plain_payloads_can_still_be_read_and_stays_plain() {
    let ground = Ground::new().await;
    let dir = lay_out(&ground).await;
    let run = RunId(RUN.to_owned());
    assert_eq!(ground.engine.find("last").unwrap(), run);
    let mut past = ground.engine.past(&run).await.unwrap();
    assert_eq!(past.run.end(), Some(RunEnd::Verified));
    assert_eq!(past.intent().await.unwrap().sentence, "Should sessions live in Redis or in Postgres?");
    let synthesis = past.find_blob("34").await.unwrap();
    assert!(past.text(synthesis).await.unwrap().contains("Postgres, with an index on the age of sessions"));
    assert_eq!(past.find_blob("90ec1b072f").await.unwrap(), synthesis, "by the beginning of its address");

    let blob = ground.engine.put_text(&run, "a late word").await.unwrap();
    assert_eq!(blob.0, Digest::of(b"a late word"));
    assert!(!dir.join("data.key").exists(), "nothing of it is locked");
}

#[tokio::test]
async fn its_journal_is_gone_on_with_in_the_present_format_and_proves_nothing_of_before() {
    let ground = Ground::new().await;
    let dir = lay_out(&ground).await;
    let run = RunId(RUN.to_owned());
    let over = ground.engine.resume(&run).await.err().unwrap();
    assert!(over.to_string().contains("is over"), "{over}");
    let log = std::fs::read_to_string(dir.join("log.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 37, "its log was written after all");
    let proof = ground.engine.verify(&run, None).await.unwrap();
    assert!(!proof.intact);
    let told: Vec<_> = proof.flaws.iter().map(|flaw| flaw.what.as_str()).collect();
    assert!(
        told.iter().any(|what| what.contains("events 1 to 37 were written before events were linked")),
        "{told:?}"
    );
    assert!(told.iter().any(|what| what.contains("before there were keys")), "{told:?}");
}

#[tokio::test]
async fn it_is_replayed_although_nobody_wrote_down_what_its_calls_sent() {
    let ground = Ground::new().await;
    let dir = lay_out(&ground).await;
    let project = ground.dir.path().join("project");
    std::fs::create_dir(&project).unwrap();
    sh(&project, "git init -q");
    let bearings = std::fs::read_to_string(dir.join("run.json")).unwrap();
    let here = format!("\"project\": \"{}\"", project.display());
    let bearings = bearings.replace("\"project\": \"project\"", &here);
    std::fs::write(dir.join("run.json"), bearings).unwrap();
    let replay = ground.engine.replay(&RunId(RUN.to_owned())).await.unwrap();
    assert!(!replay.differs() && replay.untold.is_none(), "{replay:#?}");
    assert_eq!((replay.events, replay.recorded), (37, 37));
    assert_eq!((replay.calls.same, replay.calls.missing), (0, 5));
}
