//! What keeping a run costs: `cargo bench -p trireme-engine --bench log`.
//! Payloads sealed and opened, secrets looked for, events told. Figures of time are of one thread's processor time, which other
//! work on the machine does not change.

#![expect(clippy::unwrap_used, reason = "a bench stops where it fails")]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use nix::time::{ClockId, clock_gettime};
use tokio::runtime::Builder;
use trireme_core::Millis;
use trireme_core::run::Event;
use trireme_engine::blobs::Cipher;
use trireme_engine::journal::{Journal, Row};
use trireme_engine::redaction::Redactor;
use trireme_engine::scribe::Scribe;
use trireme_engine::vault::Key;
use trireme_testkit::secrets::corpus;
use trireme_testkit::{Disturbance, Play, Script};

/// The size of a payload, in bytes.
const PAYLOAD: usize = 64 * 1024;
/// Tasks of the run that is told.
const TASKS: usize = 100;

fn main() {
    let text = sources();
    let pieces: Vec<&[u8]> = text.as_bytes().chunks_exact(PAYLOAD).collect();
    let cipher = Cipher::of(&Key::of([7; 32])).unwrap();
    let sealed: Vec<Vec<u8>> = pieces.iter().map(|piece| cipher.seal(piece).unwrap()).collect();
    let stored: usize = sealed.iter().map(Vec::len).sum();
    println!(
        "{} payloads of {PAYLOAD} bytes, packed {:.2} times",
        pieces.len(),
        ratio(pieces.len() * PAYLOAD, stored)
    );
    rate("seal", pieces.len() * PAYLOAD, || {
        pieces.iter().for_each(|piece| drop(black_box(cipher.seal(piece))))
    });
    rate("open", pieces.len() * PAYLOAD, || {
        sealed.iter().for_each(|piece| drop(black_box(cipher.open(piece))))
    });
    let plain = Redactor::plain();
    rate("redact source code", text.len(), || drop(black_box(plain.text(&text))));
    let printed = corpus(1).printed().repeat(100);
    rate("redact nothing but secrets", printed.len(), || drop(black_box(plain.text(&printed))));
    tell();
}

/// Our own sources, as the text that tools print.
fn sources() -> String {
    let (mut folders, mut text) = (vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..")], String::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}

/// The processor time of this thread, or of all of them.
fn spent(clock: ClockId) -> f64 {
    let time = clock_gettime(clock).unwrap();
    time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9
}

fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// Says how much of something one processor does in a second: the median of several rounds.
fn rate(what: &str, bytes: usize, mut round: impl FnMut()) {
    round();
    let mut seconds: Vec<f64> = (0..9)
        .map(|_| {
            let began = spent(ClockId::CLOCK_THREAD_CPUTIME_ID);
            round();
            spent(ClockId::CLOCK_THREAD_CPUTIME_ID) - began
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    println!("{what}: {:.0} MB/s", bytes as f64 / 1e6 / seconds.get(4).copied().unwrap());
}

/// Writes the log of a long run from its journal, on one thread.
fn tell() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let state = tempfile::tempdir().unwrap();
        let dir: PathBuf = state.path().join("bench");
        let mut journal = Journal::create(&dir, "bench").await.unwrap();
        let events = long_run();
        for page in events.chunks(1_000) {
            journal.append(&rows(page), &[]).await.unwrap();
        }
        let (began, processor) = (std::time::Instant::now(), spent(ClockId::CLOCK_PROCESS_CPUTIME_ID));
        Scribe::open(&dir, &journal).await.unwrap().catch_up().await.unwrap();
        let processor = spent(ClockId::CLOCK_PROCESS_CPUTIME_ID) - processor;
        let per_second = |seconds: f64| events.len() as f64 / seconds;
        let each = std::fs::metadata(dir.join("log.jsonl")).unwrap().len() as f64 / events.len() as f64;
        println!(
            "tell: {} events of {each:.0} bytes, {:.0} a second to the disk, {:.0} a second of processor time",
            events.len(),
            per_second(began.elapsed().as_secs_f64()),
            per_second(processor)
        );
    });
}

/// The events of a run with many tasks.
fn long_run() -> Vec<(Millis, Event)> {
    let tasks: Vec<_> = (0..TASKS).map(|number| format!("t{number}")).collect();
    Play::through(Script::read(&format!("tasks core: {}", tasks.join(", "))), Disturbance::None).world.journal
}

fn rows(events: &[(Millis, Event)]) -> Vec<Row<'static>> {
    let row = |(at, event): &(Millis, Event)| Row {
        at: *at,
        kind: "told",
        body: serde_json::to_string(event).unwrap(),
    };
    events.iter().map(row).collect()
}
