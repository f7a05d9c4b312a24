//! What the disk lets us do: `cargo bench -p trireme-engine --bench journal`.
//! Durable events per second for batches as 1, 64 and 512 agents in flight make them; how fast a recovery reads; blobs.

#![expect(clippy::unwrap_used, reason = "a bench whose disk fails shall stop")]

use std::path::PathBuf;

use divan::Bencher;
use divan::counter::ItemsCount;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use trireme_core::Millis;
use trireme_engine::blobs::Blobs;
use trireme_engine::journal::{Journal, Reader, Row};
use trireme_engine::redaction::Redactor;
use trireme_engine::vault::{KeyPlace, Vault};

/// Events of a recovery.
const EVENTS: usize = 100_000;
const BODY: &str = r#"{"settled":{"effect":81231,"account":17,"bound_nd":48211000,"true_nd":31822150,"served":"a-model","usage":{"input":18422,"cached":17408,"output":911},"blob":"6c1a4f3f2b0d5e9f7a8c4b1d2e3f405162738495a6b7c8d9e0f1a2b3c4d5e6f7"}}"#;

fn main() {
    divan::main();
}

fn rows(count: usize) -> Vec<Row<'static>> {
    let row = Row { at: Millis(1_790_000_000_000), kind: "settled", body: BODY.to_owned() };
    vec![row; count]
}

/// The folder goes when the first value is dropped.
fn fresh() -> (tempfile::TempDir, PathBuf) {
    let state = tempfile::tempdir().unwrap();
    let dir = state.path().join("bench");
    (state, dir)
}

#[divan::bench(args = [1, 64, 512], sample_count = 100, sample_size = 10)]
fn append(bencher: Bencher<'_, '_>, batch: usize) {
    let (runtime, (_state, dir)) = (Runtime::new().unwrap(), fresh());
    let mut journal = runtime.block_on(Journal::create(&dir, "bench")).unwrap();
    let rows = rows(batch);
    bencher
        .counter(ItemsCount::new(batch))
        .bench_local(|| runtime.block_on(journal.append(&rows, &[])).unwrap());
}

/// Reading alone, in the pages of a recovery; the second one parses the JSON too.
#[divan::bench(args = [false, true], sample_count = 10, sample_size = 1)]
fn recover_100_000(bencher: Bencher<'_, '_>, parse: bool) {
    let (runtime, (_state, dir)) = (Runtime::new().unwrap(), fresh());
    let mut journal = runtime.block_on(Journal::create(&dir, "bench")).unwrap();
    for _ in 0..EVENTS / 1_000 {
        runtime.block_on(journal.append(&rows(1_000), &[])).unwrap();
    }
    drop(journal);
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| runtime.block_on(recover(&dir, parse)));
}

async fn recover(dir: &std::path::Path, parse: bool) -> usize {
    let mut reader = Reader::open(dir).await.unwrap();
    let mut seen = 0;
    loop {
        let page = reader.read_from(seen as u64 + 1, trireme_core::limits::JOURNAL_PAGE).await.unwrap();
        if page.is_empty() {
            return seen;
        }
        seen += page.len();
        if parse {
            page.iter()
                .for_each(|record| drop(serde_json::from_str::<serde_json::Value>(&record.body).unwrap()));
        }
    }
}

/// 1,280 new blobs of 500 bytes.
#[divan::bench(args = [1, 64, 1_000], sample_count = 5, sample_size = 1)]
fn put_blobs(bencher: Bencher<'_, '_>, at_once: usize) {
    let (runtime, (_state, dir)) = (Runtime::new().unwrap(), fresh());
    std::fs::create_dir(&dir).unwrap();
    let vault = Vault::new(KeyPlace::Own(dir.join("owner.key")), &dir);
    vault.make_keys(&dir).unwrap();
    let blobs = Blobs::sealed(&dir, &vault, &Redactor::plain());
    let mut round = 0;
    bencher.counter(ItemsCount::new(1_280_usize)).bench_local(|| {
        round += 1;
        runtime.block_on(put_all(&blobs, at_once, round));
    });
}

async fn put_all(blobs: &Blobs, at_once: usize, round: usize) {
    let mut puts = JoinSet::new();
    for n in 0..1_280_usize {
        if puts.len() >= at_once {
            puts.join_next().await.unwrap().unwrap();
        }
        let (blobs, bytes) = (blobs.clone(), format!("{round}-{n}-{}", "x".repeat(490)));
        puts.spawn(async move { blobs.put(bytes).await.unwrap() });
    }
    puts.join_all().await;
}
