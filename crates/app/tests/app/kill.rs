//! `trireme kill` from another terminal: no byte to a provider and no child process is left.

use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::runtime::Runtime;
use trireme_engine::scenario::{Scenario, Server};

use crate::Desk;
use crate::crash::told;

pub(crate) const KEY: &str = "sk-test-not-a-key";
/// A second is what we promise; a test machine may have more to do than this.
const GONE_WITHIN: Duration = Duration::from_secs(5);

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
constraints = ["Nothing else changes."]
approach = "a"
definition_of_done = [{ id = "c", text = "c", check = { kind = "command", run = "test -f a" } }]
[[reply.call.args.plan.phases]]
name = "p"
[[reply.call.args.plan.phases.sections]]
name = "S"
description = "d"
approach = "a"
budget_pct = 100
capabilities = ["read", "run"]
seniority = "senior"
definition_of_done = [{ id = "c", text = "c", check = { kind = "command", run = "test -f a" } }]
[[reply]]
when = { role = "manager", turn = 1 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "spawn_workers"
args = { tasks = [
  { title = "Sleeper", seniority = "mid", reason = "r", goal = "g", context = [{ kind = "note", title = "n", text = "t" }], constraints = [], acceptance = [{ id = "c", text = "c", check = { kind = "command", run = "test -f a" } }], write_set = ["a"], withheld = [] },
  { title = "Silent", seniority = "mid", reason = "r", goal = "g", context = [{ kind = "note", title = "n", text = "t" }], constraints = [], acceptance = [{ id = "c", text = "c", check = { kind = "command", run = "test -f a" } }], write_set = ["b"], withheld = [] },
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
pub(crate) fn processes_of(run: &str) -> Vec<String> {
    let mark = format!("TRIREME_RUN={run}");
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let marked = entries.filter(|entry| {
        let environ = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        String::from_utf8_lossy(&environ).split('\0').any(|variable| variable.starts_with(&mark))
    });
    let alive = |stat: &String| !stat.contains(") Z ");
    marked.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok()).filter(alive).collect()
}

pub(crate) fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
    let began = Instant::now();
    while !there() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn run_name(desk: &Desk) -> Option<String> {
    Some(desk.run_folder()?.file_name()?.to_string_lossy().into_owned())
}

pub(crate) fn scenario(desk: &Desk) -> Arc<Scenario> {
    desk.file("scenario/scenario.toml", SCENARIO);
    desk.file("scenario/project/a.txt", "a\n");
    desk.file("here/a.txt", "a\n");
    desk.file("here/trireme.toml", CONFIG);
    Arc::new(Scenario::load(&desk.path().join("scenario")).unwrap())
}

/// A run at which one worker sleeps and the model of the other one is silent.
struct Stuck {
    desk: Desk,
    server: Server,
    child: Child,
    run: String,
    _runtime: Runtime,
}

impl Stuck {
    fn begin() -> Self {
        let runtime = Runtime::new().unwrap();
        let desk = Desk::new();
        let scenario = scenario(&desk);
        let server = runtime.block_on(Server::start(scenario, None)).unwrap();
        let mut order = order(&desk, &server);
        let child = order.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let run = wait_until_stuck(&desk, &server);
        Self { desk, server, child, run, _runtime: runtime }
    }

    fn signal(&self, signal: Signal) {
        nix::sys::signal::kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    fn told(&self) -> trireme_core::run::Run {
        told(&self._runtime, &self.desk.run_folder().unwrap()).run
    }
}

pub(crate) fn order(desk: &Desk, server: &Server) -> std::process::Command {
    let mut order = desk.command(&["run", "Never end.", "--orchestrate", "--budget", "5", "--yes"]);
    order.env("ANTHROPIC_BASE_URL", server.base_url()).env("ANTHROPIC_API_KEY", KEY);
    order
}

/// Waits for a sleeping worker beside a silent model, and gives the name of their run.
pub(crate) fn wait_until_stuck(desk: &Desk, server: &Server) -> String {
    wait_for("a sleeping worker beside a silent model", || {
        let sleeping = run_name(desk).is_some_and(|run| processes_of(&run).len() >= 3);
        sleeping && server.tally().received >= 4
    });
    run_name(desk).unwrap()
}

#[test]
fn a_kill_from_another_terminal_leaves_nothing_running() {
    let Stuck { desk, server, mut child, run, _runtime } = Stuck::begin();
    let done = desk.trireme(&["kill", &run]);
    let killed = Instant::now();
    assert_eq!(done.code, 0, "{}", done.err);
    wait_for("the end of all processes", || processes_of(&run).is_empty());
    let status = child.wait().unwrap();
    let took = killed.elapsed();
    println!("everything was gone {took:?} after the kill");
    assert!(took < GONE_WITHIN, "{took:?}");
    assert_eq!(status.code(), Some(5));
    assert_eq!(server.tally().violations, Vec::<String>::new());
    let received = server.tally().received;

    let again = desk.trireme(&["resume", &run]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("was killed") && again.err.contains("trireme run"), "{}", again.err);
    assert_eq!(server.tally().received, received, "nothing starts a killed run again");
    no_key_is_written_down(&desk.state());
}

#[test]
fn a_terminal_that_goes_pauses_the_run_and_only_the_owner_kills_it() {
    let mut stuck = Stuck::begin();
    // A shell passes on what the terminal says, so that it comes twice.
    stuck.signal(Signal::SIGHUP);
    wait_for("the pause", || stuck.told().paused());
    stuck.signal(Signal::SIGHUP);
    let memo = stuck.desk.trireme(&["memo", "last", "ALL", "Is anybody there?"]);
    assert_eq!(memo.code, 0, "{}", memo.err);
    assert_eq!((stuck.told().end(), stuck.child.try_wait().unwrap()), (None, None));
    stuck.signal(Signal::SIGINT);
    assert_eq!(stuck.child.wait().unwrap().code(), Some(5));
    assert_eq!(processes_of(&stuck.run), Vec::<String>::new());
}

#[test]
fn the_second_interrupt_kills() {
    let mut stuck = Stuck::begin();
    stuck.signal(Signal::SIGINT);
    wait_for("the pause", || stuck.told().paused());
    stuck.signal(Signal::SIGINT);
    assert_eq!(stuck.child.wait().unwrap().code(), Some(5));
    assert_eq!(processes_of(&stuck.run), Vec::<String>::new());
}

#[test]
fn a_live_run_has_one_owner() {
    let mut stuck = Stuck::begin();
    let received = stuck.server.tally().received;
    let second = stuck.desk.trireme(&["resume", &stuck.run]);
    assert_eq!((second.code, second.out.as_str()), (2, ""));
    assert!(second.err.contains("is not paused") && second.err.contains("trireme watch"), "{}", second.err);
    assert_eq!(stuck.server.tally().received, received, "a second owner would have called");
    assert_eq!(stuck.child.try_wait().unwrap(), None);
    assert_eq!(stuck.desk.trireme(&["kill", &stuck.run]).code, 0);
    assert_eq!(stuck.child.wait().unwrap().code(), Some(5));
}

fn no_key_is_written_down(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            no_key_is_written_down(&path);
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let found = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
            assert!(!found, "the key is in {}", path.display());
        }
    }
}
