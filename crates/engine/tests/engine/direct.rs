//! The direct path on a real repository: a model is asked for the path, the checks are the repository's own, and the
//! Owner's.

use std::path::{Path, PathBuf};

use trireme_core::run::event::RunEnd;
use trireme_core::{Contract, Path as Way, TriagedBy, Verdict};
use trireme_engine::{Finish, Order, Past};

use crate::support::{Ground, order, replayed, sh};

const MODELS: &str = r#"
name = "direct"
project = "project"

[intent]
sentence = "Handle an empty name."
budget_usd = "1"

[models.small]
family = "a"
input = "1"
output = "5"
context_tokens = 200000
output_tokens = 4000
[seniority]
principal = ["small"]
junior = ["small"]
mid = ["small"]
"#;

const REPLIES: &str = r#"
[[reply]]
when = { role = "triage" }
[[reply.call]]
tool = "choose_path"
args = { path = "direct", reason = "One case of one script." }

[[reply]]
when = { role = "worker", section = "Direct", attempt = 1, turn = 1 }
[[reply.call]]
tool = "write"
args = { path = "greet.sh", content = "echo hello\n" }
[[reply]]
when = { role = "worker", section = "Direct", attempt = 2, turn = 1, after = "attempt 2" }
[[reply.call]]
tool = "write"
args = { path = "greet.sh", content = "echo hello nobody\n" }
[[reply]]
when = { role = "worker", section = "Direct", turn = 2 }
[[reply.call]]
tool = "submit_result"
[reply.call.args]
conclusion = "An empty name is nobody."
self_check = [
    { criterion = "check-1", met = true },
    { criterion = "check-2", met = true },
    { criterion = "as-asked", met = true },
]
[[reply]]
when = { role = "reviewer", section = "Direct" }
[[reply.call]]
tool = "submit_review"
[reply.call.args]
conclusion = "As asked."
findings = [{ criterion = "as-asked", pass = true, text = "greet.sh says nobody.", quote = "echo hello nobody" }]
"#;

fn scenario(dir: &Path, replies: &str) -> PathBuf {
    let project = dir.join("scenario/project");
    std::fs::create_dir_all(&project).unwrap();
    std::fs::write(dir.join("scenario/scenario.toml"), format!("{MODELS}{replies}")).unwrap();
    std::fs::write(project.join("greet.sh"), "echo hello $1\n").unwrap();
    std::fs::write(project.join("AGENTS.md"), "Shell only.\n").unwrap();
    std::fs::write(project.join("Makefile"), "test:\n\tsh greet.sh '' | grep -q nobody\n").unwrap();
    dir.join("scenario")
}

async fn play(ground: &Ground, order: Order) -> (Finish, Past) {
    let live = ground.engine.start(order).await.unwrap();
    let run = live.id().clone();
    let finish = live.finish().await.unwrap();
    replayed(&ground.engine, &run).await;
    (finish, ground.engine.past(&run).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_intent_is_one_worker_with_the_repositorys_checks() {
    let ground = Ground::new().await;
    let scenario = scenario(ground.dir.path(), REPLIES);
    let checks = vec!["test -f greet.sh".to_owned()];
    let (finish, past) = play(&ground, Order { checks, ..order(&scenario) }).await;
    assert_eq!(finish, Finish::Ended(RunEnd::Verified));
    let run = &past.run;
    let triage = run.triage().unwrap();
    assert_eq!(
        (triage.path, triage.by, triage.reason.as_str()),
        (Way::Direct, TriagedBy::Model, "One case of one script.")
    );

    let (_, task) = run.tasks().iter().next().unwrap();
    let contract: Contract = serde_json::from_str(&past.text(task.contract).await.unwrap()).unwrap();
    let commands = contract.acceptance.iter().filter_map(|criterion| criterion.check.command());
    assert_eq!(commands.collect::<Vec<_>>(), ["test -f greet.sh", "make test"]);
    assert_eq!(contract.context_files().collect::<Vec<_>>(), ["AGENTS.md"]);

    // The first attempt is wrong, and only the seam finds it out.
    let attempts: Vec<_> = run.attempts().iter().map(|(_, attempt)| attempt).collect();
    assert_eq!(attempts.len(), 2);
    let failing = attempts[0].findings.iter().find(|finding| finding.criterion == "check-2").unwrap();
    assert_eq!(failing.verdict, Verdict::Fail);
    let branch = format!("trireme/{}", run.head().unwrap().id);
    assert_eq!(sh(&past.project, &format!("git show {branch}:greet.sh")), "echo hello nobody\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_file_without_a_manager_needs_nobody_to_plan() {
    let ground = Ground::new().await;
    let replies = REPLIES
        .replace("attempt = 1, ", "")
        .replace("attempt = 2, ", "attempt = 9, ")
        .replace("hello\\n", "hello nobody\\n");
    let scenario = scenario(ground.dir.path(), &replies);
    let checks = vec!["test -f greet.sh".to_owned()];
    let waiting = Order { preapproved: false, path: Some(Way::Direct), checks, ..order(&scenario) };
    let live = ground.engine.start(waiting).await.unwrap();
    let first = live.id().clone();
    let mut views = live.views();
    views.wait_for(|view| view.awaits_approval).await.unwrap();
    live.command(trireme_core::run::Command::Kill { target: trireme_core::run::Target::Run }).await.unwrap();
    live.finish().await.unwrap();
    replayed(&ground.engine, &first).await;
    let plan = ground.engine.past(&first).await.unwrap().plan().await.unwrap().unwrap();
    assert!(plan.phases[0].sections[0].unmanaged);

    let (finish, past) = play(&ground, Order { plan: Some(plan), ..order(&scenario) }).await;
    assert_eq!(finish, Finish::Ended(RunEnd::Verified));
    assert!(past.run.orchestrator().is_none());
}
