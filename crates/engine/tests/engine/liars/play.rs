//! One run plays many cases: a repository with a folder for each, a section with a task for each, and a Manager that has all
//! of them done at once and accepts none. What became of each attempt is told by the journal.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use serde_json::{Value, json};
use trireme_core::run::event::AttemptEnd;
use trireme_core::run::state::AttemptState;
use trireme_core::{Evidence, Finding};
use trireme_engine::{Engine, Order, Past};

use super::case::{Case, Found};
use crate::support::{Ground, order, replayed, settings, sh};

/// What was found of a case.
pub(super) struct Outcome {
    pub(super) case: Case,
    pub(super) found: Found,
    /// Why, in the words of the log.
    pub(super) reason: String,
}

const COMMIT: &str =
    "git init -q -b main && git add -A -f && git -c user.name=o -c user.email=o@o commit -qm base";

impl Outcome {
    pub(super) fn is_as_expected(&self) -> bool {
        let (found, reason) = self.case.expected;
        self.found == found && self.reason.contains(reason)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (expected, reason) = self.case.expected;
        let name = self.case.name;
        write!(f, "{name:?} is {:?}, not {expected:?} because of {reason:?}:\n{}", self.found, self.reason)
    }
}

/// Plays the cases whose programs are here.
pub(super) fn play(cases: Vec<Case>) -> Vec<Outcome> {
    let cases = cases.into_iter().filter(can_run).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(play_all(cases))
}

fn can_run(case: &Case) -> bool {
    let missing = case
        .needs
        .iter()
        .find(|program| sh(Path::new("/"), &format!("command -v {program} || true")).is_empty());
    if let Some(program) = missing {
        trireme_testkit::skipped(format!("{:?} needs {program}, which is not here", case.name));
    }
    missing.is_none()
}

/// PATH with the programs themselves before whatever chooses between versions of them: those start a dozen processes each time.
fn straight(path: &OsStr) -> OsString {
    let ask = |command: &str| sh(Path::new("/"), &format!("{command} 2>/dev/null || true")).trim().to_owned();
    let python = ask("dirname $(python3 -c 'import sys; print(sys.executable)')");
    let rust = ask("echo $(rustc --print sysroot)/bin");
    let mut all = OsString::from(format!("{python}:{rust}:"));
    all.push(path);
    all
}

async fn play_all(cases: Vec<Case>) -> Vec<Outcome> {
    let place = tempfile::tempdir().unwrap();
    let mut settings = settings(place.path());
    settings.path = straight(&settings.path);
    let ground = Ground { engine: Engine::open(settings).await.unwrap(), dir: place };
    let (folder, project) = (ground.dir.path().join("scenario"), ground.dir.path().join("project"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::create_dir_all(&project).unwrap();
    std::fs::write(project.join("a.txt"), "a\n").unwrap();
    for (number, case) in cases.iter().enumerate() {
        lay_out(&project.join(dir(number)), case);
    }
    sh(&project, COMMIT);
    std::fs::write(folder.join("scenario.toml"), scenario(&cases)).unwrap();
    let live = ground.engine.start(Order { project: Some(project), ..order(&folder) }).await.unwrap();
    let run = live.id().clone();
    live.finish().await.unwrap();
    replayed(&ground.engine, &run).await;
    let mut past = ground.engine.past(&run).await.unwrap();
    past.run.audit().unwrap();
    let dispatched = past.run.tasks().len();
    assert_eq!(dispatched, cases.len(), "{:#?}", refusals(&mut past).await);
    let mut outcomes = Vec::new();
    for (number, case) in cases.into_iter().enumerate() {
        let (found, reason) = found(&mut past, number).await;
        outcomes.push(Outcome { case, found, reason });
    }
    outcomes
}

/// What the Manager was told of its contracts.
async fn refusals(past: &mut Past) -> Vec<String> {
    let events = past.events(1, 1_000).await.unwrap();
    let told = events.into_iter().map(|(_, _, event)| format!("{event:?}"));
    told.filter(|event| event.contains("faults")).collect()
}

fn dir(number: usize) -> String {
    format!("p{number:02}")
}

fn title(number: usize) -> String {
    format!("Task {number:02}")
}

fn lay_out(folder: &Path, case: &Case) {
    std::fs::create_dir_all(folder).unwrap();
    for (path, text) in &case.files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// A value with the case's folder in it.
fn placed(value: Value, number: usize) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("CASE", &dir(number))),
        Value::Array(items) => items.into_iter().map(|item| placed(item, number)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(key, value)| (key, placed(value, number))).collect()
        }
        other => other,
    }
}

/// A case's contract; nobody needs the others' folders.
fn contract(case: &Case, number: usize, count: usize) -> Value {
    let mut contract = placed(case.contract(&title(number)), number);
    let others: Vec<_> = (0..count).filter(|other| *other != number).map(dir).collect();
    let paths = format!("{{{}}}/**", others.join(","));
    let withheld = contract["withheld"].as_array_mut().unwrap();
    withheld.push(json!({"paths": paths, "why": "another task's"}));
    contract
}

fn scenario(cases: &[Case]) -> String {
    let says = |when: Value, tool: &str, args: Value| json!({"when": when, "usage": {"input": 10, "output": 10}, "call": [{"tool": tool, "args": args}]});
    let contracts: Vec<_> =
        cases.iter().enumerate().map(|(number, case)| contract(case, number, cases.len())).collect();
    let mut replies = vec![
        says(json!({"role": "orchestrator", "turn": 1}), "submit_plan", json!({"plan": plan()})),
        says(json!({"role": "orchestrator"}), "report", json!({"conclusion": "over"})),
        says(json!({"role": "manager", "turn": 1}), "spawn_workers", json!({"tasks": contracts})),
        says(
            json!({"role": "manager"}),
            "report",
            json!({"status": "partial", "conclusion": "they are back"}),
        ),
    ];
    for (number, case) in cases.iter().enumerate() {
        replies.extend(case.replies(&title(number)).into_iter().map(|reply| placed(reply, number)));
    }
    let scenario = json!({
        "name": "liars", "reply": replies,
        "intent": {"sentence": "Many small things.", "budget_usd": "1000"},
        "models": {"m": {"family": "scripted", "input": "1", "output": "1", "context_tokens": 1_000_000, "output_tokens": 2_000}},
        "seniority": {"principal": ["m"], "senior": ["m"], "intern": ["m"]},
    });
    toml::to_string(&scenario).unwrap()
}

fn plan() -> Value {
    let done = json!([{"id": "there", "text": "it is there", "check": {"kind": "file", "path": "a.txt"}}]);
    let section = json!({
        "name": "All", "description": "d", "approach": "a", "budget_pct": 100, "seniority": "senior",
        "capabilities": ["read", "list", "search", "edit", "write", "run"], "definition_of_done": done,
    });
    json!({
        "goal": "g", "constraints": ["Nothing else changes."], "approach": "a", "definition_of_done": done,
        "phases": [{"name": "all", "sections": [section]}],
    })
}

async fn found(past: &mut Past, number: usize) -> (Found, String) {
    let title = title(number);
    let task = past.run.tasks().iter().find(|(_, task)| task.outline.title == title);
    let (_, task) = task.unwrap();
    let [attempt] = task.attempts[..] else { panic!("{title} was tried {} times", task.attempts.len()) };
    let attempt = past.run.attempts().get(attempt).unwrap().clone();
    let mut reason = format!("{:?}", attempt.end);
    for finding in &attempt.findings {
        reason += &told(past, finding).await;
    }
    let found = match attempt.end {
        Some(AttemptEnd::Verified) if proves_nothing(&attempt) => Found::Flagged,
        Some(AttemptEnd::Verified) => Found::Accepted,
        _ => Found::Rejected,
    };
    (found, reason)
}

fn proves_nothing(attempt: &AttemptState) -> bool {
    attempt.findings.iter().all(|finding| finding.proves_nothing() || finding.before.is_none())
}

async fn told(past: &mut Past, finding: &Finding) -> String {
    let (what, output) = match &finding.evidence {
        Evidence::Command { exit, output, runs, .. } => {
            (format!("exit {exit:?} in run {runs}"), Some(*output))
        }
        Evidence::Http { status, output, .. } => (format!("status {status:?}"), Some(*output)),
        Evidence::Tree { seen, .. } => (String::new(), *seen),
        Evidence::Review { text } => (String::new(), Some(*text)),
        Evidence::None { reason } => (reason.clone(), None),
    };
    let output = match output {
        Some(output) => past.text(output).await.unwrap(),
        None => String::new(),
    };
    format!("\n{} {:?} {what}, before {:?}:\n{output}", finding.criterion, finding.verdict, finding.before)
}
