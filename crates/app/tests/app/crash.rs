//! The program killed with SIGKILL after each of its effects in turn, and gone on with each time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use trireme_core::Millis;
use trireme_core::run::event::{AgentEvent, BranchEvent, Event, RunEnd, RunEvent, TaskEvent};
use trireme_core::run::{Effect, Run};
use trireme_engine::journal::Reader;
use trireme_engine::run_loop::read;

use crate::{Desk, copy};

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn relay() -> String {
    let root: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../testkit/scenarios/relay"].iter().collect();
    root.canonicalize().unwrap().display().to_string()
}

/// Plays the relay to its end. Its scenario is gone afterwards: whoever looks back needs nothing but the record.
pub(crate) fn relay_alone(desk: &Desk) {
    let scenario = desk.path().join("relay");
    copy(relay().as_ref(), &scenario);
    let done = desk.trireme(&["run", "--scenario", scenario.to_str().unwrap(), "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    std::fs::remove_dir_all(scenario).unwrap();
}

/// What a journal says, read by somebody who does not own it.
pub(crate) struct Told {
    pub(crate) run: Run,
    pub(crate) answered: usize,
}

pub(crate) fn told(runtime: &Runtime, folder: &Path) -> Told {
    let events: Vec<(Millis, Event)> = runtime.block_on(async {
        let Ok(mut reader) = Reader::open(folder).await else { return Vec::new() };
        let records = reader.read_from(1, 100_000).await.unwrap_or_default();
        records.iter().map(|record| read(record).unwrap()).collect()
    });
    let answered = events.iter().filter(|(_, event)| is_answer(event)).count();
    Told { run: Run::fold(events.iter().map(|(at, event)| (*at, event))), answered }
}

/// Whether an event is the answer to an effect that leaves something in the world.
fn is_answer(event: &Event) -> bool {
    matches!(
        event,
        Event::Agent(AgentEvent::Replied { .. } | AgentEvent::ToolDone { .. })
            | Event::Task(TaskEvent::AttemptSealed { .. } | TaskEvent::Checked { .. })
            | Event::Branch(BranchEvent::Merged { .. })
            | Event::Run(RunEvent::Published { .. })
    )
}

pub(crate) fn calls_on_their_way(run: &Run) -> usize {
    run.owed().filter(|(_, effect)| matches!(effect, Effect::Call { .. })).count()
}

pub(crate) fn started(desk: &Desk, args: &[&str]) -> Child {
    desk.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits until the program has got one answer further, or ended by itself; then kills it.
pub(crate) fn kill_after_one_more(runtime: &Runtime, desk: &Desk, child: &mut Child, before: usize) -> Told {
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < PATIENCE, "no answer in {PATIENCE:?}");
        let over = child.try_wait().unwrap().is_some();
        if let Some(folder) = desk.run_folder() {
            let now = told(runtime, &folder);
            if over || now.answered > before {
                child.kill().unwrap();
                child.wait().unwrap();
                return told(runtime, &folder);
            }
        }
        assert!(!over, "the program ended before it made a run");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Calls that were answered to their last byte, by the digest of their request.
pub(crate) fn answered_calls(folder: &Path) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in std::fs::read_to_string(folder.join("scenario-calls.jsonl")).unwrap_or_default().lines() {
        // A line that a kill tore in two was never whole.
        if let Ok(call) = serde_json::from_str::<serde_json::Value>(line) {
            *counts.entry(call["request"].to_string()).or_insert(0) += 1;
        }
    }
    counts
}

/// What has to be the same whatever happened on the way.
fn result(desk: &Desk, run: &Run) -> String {
    let project = desk.run_folder().unwrap().join("project");
    let head = run.head().unwrap().id.clone();
    let git = |args: &[&str]| {
        let output = std::process::Command::new("git").arg("-C").arg(&project).args(args).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let tree = git(&["ls-tree", "-r", &format!("trireme/{head}")]);
    let mut verdicts: Vec<String> = run
        .attempts()
        .iter()
        .map(|(_, attempt)| {
            let title = &run.tasks().get(attempt.task).unwrap().outline.title;
            let findings: Vec<_> =
                attempt.findings.iter().map(|found| (found.criterion.clone(), found.verdict)).collect();
            format!("{title} {} {:?} {findings:?}", attempt.number, attempt.end)
        })
        .collect();
    verdicts.sort();
    format!("{tree}\n{}", verdicts.join("\n"))
}

#[test]
fn killed_after_each_effect_in_turn_it_ends_the_same() {
    let runtime = Runtime::new().unwrap();
    let scenario = relay();
    let order = ["run", "--scenario", &scenario, "--yes", "--budget", "400"];

    let quiet = Desk::new();
    let done = quiet.trireme(&order);
    assert_eq!(done.code, 0, "{}", done.err);
    let quiet_folder = quiet.run_folder().unwrap();
    let undisturbed = told(&runtime, &quiet_folder);
    let calls_undisturbed: usize = answered_calls(&quiet_folder).values().sum();

    let desk = Desk::new();
    let mut child = started(&desk, &order);
    let (mut kills, mut in_flight, mut answered) = (0, 0, 0);
    let folder = loop {
        let now = kill_after_one_more(&runtime, &desk, &mut child, answered);
        let folder = desk.run_folder().unwrap();
        if now.run.end().is_some() {
            break folder;
        }
        now.run.audit().unwrap();
        kills += 1;
        in_flight += calls_on_their_way(&now.run);
        answered = now.answered;
        child = started(&desk, &["resume", "last"]);
    };
    let last = told(&runtime, &folder);
    println!("{kills} kills, {in_flight} calls were on their way, {calls_undisturbed} calls undisturbed");
    assert_eq!(last.run.end(), Some(RunEnd::Verified));
    last.run.audit().unwrap();
    assert!(kills * 2 > undisturbed.answered, "only {kills} kills for {} effects", undisturbed.answered);
    assert_eq!(result(&desk, &last.run), result(&quiet, &undisturbed.run));
    let calls: usize = answered_calls(&folder).values().sum();
    assert!(
        calls <= calls_undisturbed + in_flight,
        "{calls} answered calls, {calls_undisturbed} undisturbed, {in_flight} were on their way"
    );
    let again = desk.trireme(&["replay", "last"]);
    assert_eq!((again.code, again.err.as_str()), (0, ""), "{}", again.out);
    // The last kill may have come between the end and the cleaning up; whoever asks next does that.
    let over = desk.trireme(&["resume", "last"]);
    assert_eq!(over.code, 2, "{}", over.err);
    let leftovers: Vec<_> =
        std::fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!leftovers.iter().any(|name| name == "work"), "{leftovers:?}");
}
