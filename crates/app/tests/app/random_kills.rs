//! The program killed with SIGKILL at 200 random moments while a hundred workers are at it: nothing that was acknowledged
//! is missing, and journal, log and payloads agree.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use tokio::runtime::Runtime;
use trireme_engine::journal::{Reader, Record};
use trireme_testkit::Prng;
use trireme_testkit::crowd::Crowd;

use crate::Desk;
use crate::crash::{started, told};
use crate::kill::wait_for;

const KILLS: usize = 200;
/// From a start to the kill, in milliseconds: from before it has the run to well within its work.
const MOMENTS_MS: u64 = 400;

/// Every event that a reader sees, which is every event that anybody was promised.
fn seen(runtime: &Runtime, folder: &Path) -> Vec<Record> {
    runtime.block_on(async {
        let mut reader = Reader::open(folder).await.unwrap();
        reader.read_from(1, 1_000_000).await.unwrap()
    })
}

/// Every payload that an event names can be read, and none is torn.
fn payloads(desk: &Desk, events: &[Record]) {
    let mut refs: Vec<&str> = events.iter().flat_map(|event| event.body.split('"')).collect();
    refs.retain(|text| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    refs.sort_unstable();
    refs.dedup();
    let folder = desk.run_folder().unwrap();
    for name in refs {
        let file = folder.join("blobs").join(&name[..2]).join(&name[2..]);
        // Hashes of plans and files are no payloads.
        if let Ok(stored) = std::fs::read(&file) {
            assert_eq!(trireme_core::Digest::of(&stored).to_string(), name);
        }
    }
    let named = desk.trireme(&["log", "last", "--json"]);
    let last = named.out.lines().rev().find_map(|line| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["payload_ref"].as_str().map(str::to_owned)
    });
    let last = last.unwrap_or_else(|| panic!("no payload is named: {}{}", named.out, named.err));
    assert_eq!(desk.trireme(&["blob", "last", &last]).code, 0);
}

fn proven(desk: &Desk) -> String {
    let done = desk.trireme(&["verify", "last"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    done.out
}

/// A run of a hundred workers, before its first kill.
fn begun(desk: &Desk) -> (Child, PathBuf) {
    desk.file("crowd/scenario.toml", &Crowd { managers: 5, workers: 20 }.scenario());
    desk.file("crowd/project/a.txt", "a\n");
    let child = started(desk, &["run", "--scenario", "../crowd", "--yes"]);
    wait_for("a run", || desk.run_folder().is_some());
    (child, desk.run_folder().unwrap())
}

#[test]
fn killed_at_200_random_moments_nothing_is_missing_and_all_agree() {
    let (runtime, mut prng, mut kills, mut runs) = (Runtime::new().unwrap(), Prng::new(20), 0, 0);
    while kills < KILLS {
        let desk = Desk::new();
        let (mut child, folder) = begun(&desk);
        let mut promised: Vec<Record> = Vec::new();
        loop {
            std::thread::sleep(Duration::from_millis(prng.below(MOMENTS_MS)));
            let before = seen(&runtime, &folder);
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            promised = if before.len() > promised.len() { before } else { promised };
            let now = seen(&runtime, &folder);
            assert!(now.len() >= promised.len() && now[..promised.len()] == promised, "an event is missing");
            proven(&desk);
            let run = told(&runtime, &folder).run;
            // One that was killed before it began has promised nothing, and can't be gone on with.
            if now.is_empty() || run.end().is_some() || kills >= KILLS {
                break;
            }
            child = started(&desk, &["resume", "last"]);
        }
        // Whoever comes next brings the log up to the journal, whether or not the run was over.
        let resumed = desk.trireme(&["resume", "last"]);
        assert!([0, 2].contains(&resumed.code), "{}", resumed.err);
        let events = seen(&runtime, &folder);
        if events.is_empty() {
            assert_eq!(resumed.code, 2, "{}", resumed.err);
            continue;
        }
        payloads(&desk, &events);
        assert!(!proven(&desk).contains("Note"), "the log is as long as the journal");
        assert_eq!(std::fs::read_to_string(folder.join("log.jsonl")).unwrap().lines().count(), events.len());
        runs += 1;
    }
    println!("{kills} kills in {runs} runs");
}
