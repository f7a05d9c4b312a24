//! A deadline reaches down to the command that a worker runs.

use std::time::Duration;

use trireme_core::run::Deadlines;
use trireme_core::run::event::{AgentEnd, AttemptEnd, RunEnd};
use trireme_engine::{Engine, Finish};

use crate::support::{order, replayed, settings};

/// Nobody else on this machine sleeps for just so long, not even another run of this test.
fn sleep() -> String {
    format!("sleep {}", 10_000_000 + std::process::id())
}

const SCENARIO: &str = r#"
name = "late"
project = "project"
[intent]
sentence = "Run a command that never ends."
budget_usd = "5"
[models.m]
family = "scripted"
input = "1"
output = "1"
context_tokens = 1000000
output_tokens = 2000
[seniority]
principal = ["m"]
senior = ["m"]
intern = ["m"]
[[reply]]
when = { role = "orchestrator", turn = 1 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "submit_plan"
[reply.call.args.plan]
goal = "g"
constraints = ["Nothing else changes."]
approach = "a"
definition_of_done = [{ id = "there", text = "it is there", check = { kind = "file", path = "a.txt" } }]
[[reply.call.args.plan.phases]]
name = "all"
[[reply.call.args.plan.phases.sections]]
name = "Only"
description = "d"
approach = "a"
budget_pct = 100
capabilities = ["read", "write", "run"]
seniority = "senior"
definition_of_done = [{ id = "there", text = "it is there", check = { kind = "file", path = "a.txt" } }]
[[reply]]
when = { role = "orchestrator", turn = 2 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "report"
args = { conclusion = "given up" }
[[reply]]
when = { role = "worker" }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "run"
args = { command = "SLEEP & SLEEP", timeout_s = 3600 }
[[reply]]
when = { role = "manager", turn = 2 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "report"
args = { status = "partial", conclusion = "given up" }
[[reply]]
when = { role = "manager", turn = 1 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "spawn_workers"
[[reply.call.args.tasks]]
title = "endless"
seniority = "intern"
reason = "r"
goal = "g"
context = [{ kind = "note", title = "n", text = "t" }]
constraints = []
acceptance = [{ id = "there", text = "it is there", check = { kind = "file", path = "b.txt" } }]
write_set = ["b.txt"]
withheld = []
"#;

/// Processes that run the command.
fn sleepers() -> usize {
    let words = sleep().replace(' ', "\0");
    let all = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    all.filter_map(|process| std::fs::read_to_string(process.path().join("cmdline")).ok())
        .filter(|line| line.trim_end_matches('\0') == words)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_attempts_command_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("scenario");
    std::fs::create_dir_all(folder.join("project")).unwrap();
    std::fs::write(folder.join("project/a.txt"), "a\n").unwrap();
    std::fs::write(folder.join("scenario.toml"), SCENARIO.replace("SLEEP", &sleep())).unwrap();
    let mut settings = settings(dir.path());
    settings.deadlines = Deadlines { attempt_idle_s: 1, ..Deadlines::default() };
    let engine = Engine::open(settings).await.unwrap();
    let live = engine.start(order(&folder)).await.unwrap();
    let run = live.id().clone();
    let finish = tokio::time::timeout(Duration::from_secs(120), live.finish()).await.unwrap().unwrap();
    assert_eq!(finish, Finish::Ended(RunEnd::Unverified));
    replayed(&engine, &run).await;
    assert_eq!(sleepers(), 0, "a command outlives its attempt");
    let past = engine.past(&run).await.unwrap();
    let (_, attempt) = past.run.attempts().iter().next().unwrap();
    assert_eq!(attempt.end, Some(AttemptEnd::Abandoned { end: AgentEnd::Late }));
    assert_eq!(past.run.head().unwrap().deadlines.attempt_idle_s, 1);
}
