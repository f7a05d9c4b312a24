//! `trireme kill` from another terminal: no byte to a provider and no child process is left.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use trireme_engine::scenario::{Scenario, Server};

use crate::Desk;

/// One worker runs a command that would take a minute and starts a daemon; another one's model never answers.
const SCENARIO: &str = r#"
name = "stuck"
project = "project"
[intent]
sentence = "Never end."
budget_usd = "5"
[models."claude-top"]
family = "claude"
input = "1"
output = "2"
context_tokens = 200000
output_tokens = 2000
[seniority]
principal = ["claude-top"]
senior = ["claude-top"]
mid = ["claude-top"]
[[reply]]
when = { role = "orchestrator", turn = 1 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "submit_plan"
[reply.call.args.plan]
goal = "g"
constraints = []
approach = "a"
definition_of_done = [{ id = "c", text = "c", check = { kind = "command", run = "true" } }]
[[reply.call.args.plan.phases]]
name = "p"
[[reply.call.args.plan.phases.sections]]
name = "S"
description = "d"
approach = "a"
budget_pct = 100
capabilities = ["read", "run"]
seniority = "senior"
definition_of_done = [{ id = "c", text = "c", check = { kind = "command", run = "true" } }]
[[reply]]
when = { role = "manager", turn = 1 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "spawn_workers"
args = { tasks = [
  { title = "Sleeper", seniority = "mid", reason = "r", goal = "g", context = [{ kind = "note", title = "n", text = "t" }], constraints = [], acceptance = [{ id = "c", text = "c", check = { kind = "command", run = "true" } }], write_set = ["a"], withheld = [] },
  { title = "Silent", seniority = "mid", reason = "r", goal = "g", context = [{ kind = "note", title = "n", text = "t" }], constraints = [], acceptance = [{ id = "c", text = "c", check = { kind = "command", run = "true" } }], write_set = ["b"], withheld = [] },
] }
[[reply]]
when = { role = "worker", task = "Sleeper" }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "run"
args = { command = "setsid sleep 61 & trap '' TERM; sleep 62; sleep 63" }
[[reply]]
when = { role = "worker", task = "Silent" }
fault = { silence = true }
"#;

const CONFIG: &str = r#"
[models."claude-top"]
family = "claude"
input = "1"
output = "2"
context_tokens = 200000
output_tokens = 2000
[seniority]
principal = ["claude-top"]
senior = ["claude-top"]
mid = ["claude-top"]
"#;

/// Processes that a run started, found by the mark in their environment.
fn processes_of(run: &str) -> Vec<String> {
    let mark = format!("TRIREME_RUN={run}");
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let marked = entries.filter(|entry| {
        let environ = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        String::from_utf8_lossy(&environ).split('\0').any(|variable| variable.starts_with(&mark))
    });
    let alive = |stat: &String| !stat.contains(") Z ");
    marked.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok()).filter(alive).collect()
}

fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
    let began = Instant::now();
    while !there() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn run_name(desk: &Desk) -> Option<String> {
    Some(desk.run_folder()?.file_name()?.to_string_lossy().into_owned())
}

fn scenario(desk: &Desk) -> Arc<Scenario> {
    desk.file("scenario/scenario.toml", SCENARIO);
    desk.file("scenario/project/a.txt", "a\n");
    desk.file("here/a.txt", "a\n");
    desk.file("here/trireme.toml", CONFIG);
    Arc::new(Scenario::load(&desk.path().join("scenario")).unwrap())
}

#[test]
fn a_kill_from_another_terminal_leaves_nothing_running() {
    let runtime = Runtime::new().unwrap();
    let desk = Desk::new();
    let scenario = scenario(&desk);
    let server = runtime.block_on(Server::start(scenario, None)).unwrap();
    let mut order = desk.command(&["run", "Never end.", "--budget", "5", "--yes"]);
    order.env("ANTHROPIC_BASE_URL", server.base_url()).env("ANTHROPIC_API_KEY", "sk-test-not-a-key");
    let mut child = order.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();

    wait_for("a sleeping worker beside a silent model", || {
        let sleeping = run_name(&desk).is_some_and(|run| processes_of(&run).len() >= 3);
        sleeping && server.tally().received >= 4
    });
    let run = run_name(&desk).unwrap();
    let done = desk.trireme(&["kill", &run]);
    assert_eq!(done.code, 0, "{}", done.err);
    let killed = Instant::now();
    wait_for("the end of all processes", || processes_of(&run).is_empty());
    let status = child.wait().unwrap();
    println!("everything was gone {:?} after the kill", killed.elapsed());
    assert_eq!(status.code(), Some(5));
    assert_eq!(server.tally().violations, Vec::<String>::new());
    let received = server.tally().received;

    let again = desk.trireme(&["resume", &run]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("was killed") && again.err.contains("trireme run"), "{}", again.err);
    assert_eq!(server.tally().received, received, "nothing starts a killed run again");
    no_key_is_written_down(&desk.state());
}

fn no_key_is_written_down(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            no_key_is_written_down(&path);
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let found = bytes.windows(17).any(|window| window == b"sk-test-not-a-key");
            assert!(!found, "the key is in {}", path.display());
        }
    }
}
