//! Set-up commands: run once, before anybody works; what they leave is in every folder and in no result.

use std::path::Path;

use trireme_core::run::event::{AgentEvent, Event, RunEnd, RunEvent, TaskEvent};
use trireme_core::{Bounds, Evidence, Scope, SetUp, SetUpResult, ToolSet};
use trireme_engine::{Engine, Finish, Order, Past, Settings};

use crate::support::{Echo, Ground, order, replayed, settings, sh};

pub(crate) const COMMIT: &str =
    "git init -q -b main && git add -A && git -c user.name=o -c user.email=o@o commit -qm base";

/// Makes `modules` of the lock, and tells with each run how many there were before it.
fn setup(run: &str) -> SetUp {
    let env = [("TOOLS".to_owned(), "{folder}/modules".to_owned())];
    SetUp {
        name: "node".to_owned(),
        run: run.to_owned(),
        keys: vec!["lock".to_owned()],
        paths: vec!["modules".to_owned()],
        env: env.into(),
        hosts: Vec::new(),
        per: Default::default(),
        timeout_s: 60,
    }
}

async fn engine(ground: &Ground, setups: Vec<SetUp>) -> Engine {
    Engine::open(trireme_engine::Settings { setups, ..settings(ground.dir.path()) }).await.unwrap()
}

/// One section with one worker that runs a command.
pub(crate) fn scenario(dir: &Path, worker: &str, check: &str) -> std::path::PathBuf {
    let folder = dir.join("scenario");
    std::fs::create_dir_all(&folder).unwrap();
    let file = r#"[{ id = "c0", text = "it holds", check = { kind = "file", path = "made" } }]"#;
    let check = format!(
        r#"[{{ id = "c0", text = "it holds", check = {{ kind = "command", run = {check:?} }} }}, {{ id = "c1", text = "it holds", check = {{ kind = "command", run = {check:?} }} }}]"#
    );
    let mut text = include_str!("seam.toml").to_owned();
    for (name, value) in [
        ("PLAN_CRITERIA", file),
        ("SECTION_CRITERIA", file),
        ("ACCEPTANCE", &check),
        (
            "SELF_CHECK",
            r#"[{ criterion = "c0", met = true, note = "" }, { criterion = "c1", met = true, note = "" }]"#,
        ),
        ("DELIVERS", "\"made\""),
        ("WORKER", &format!("'''{worker}'''")),
    ] {
        text = text.replace(&format!("\"{name}\""), value);
    }
    std::fs::write(folder.join("scenario.toml"), text).unwrap();
    folder
}

async fn play(ground: &Ground, setups: Vec<SetUp>, worker: &str, check: &str) -> (Finish, Past) {
    let project = ground.dir.path().join("project");
    std::fs::create_dir_all(&project).unwrap();
    sh(&project, &format!("echo lock-1 > lock; {COMMIT}"));
    let scenario = scenario(ground.dir.path(), worker, check);
    let engine = engine(ground, setups).await;
    let live = engine.start(Order { project: Some(project), ..order(&scenario) }).await.unwrap();
    let run = live.id().clone();
    let finish = live.finish().await.unwrap();
    let past = engine.past(&run).await.unwrap();
    past.run.audit().unwrap();
    replayed(&engine, &run).await;
    (finish, past)
}

/// What fetches needs a host, and the Owner's word on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_reaches_the_hosts_that_both_it_and_the_owner_name() {
    let registry = Echo::new().await;
    let setup = |hosts: &[&str]| SetUp {
        hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
        ..setup(&format!("mkdir modules && curl -sf http://{}/x > modules/made", registry.host()))
    };
    let start = async |allowed: &[&str], setup: SetUp| {
        let ground = Ground::new().await;
        let project = ground.dir.path().join("project");
        std::fs::create_dir_all(&project).unwrap();
        sh(&project, &format!("echo lock-1 > lock; {COMMIT}"));
        let scenario = scenario(ground.dir.path(), "cp modules/made made", "grep -q '^GET /x' made");
        let hosts = allowed.iter().map(|host| host.parse().unwrap()).collect();
        let bounds = Bounds { hosts: Some(hosts), ..Bounds::default() };
        let scope = Scope { tools: ToolSet::ALL, bounds };
        let settings = Settings { setups: vec![setup], scope, ..settings(ground.dir.path()) };
        let engine = Engine::open(settings).await.unwrap();
        let live = engine.start(Order { project: Some(project), ..order(&scenario) }).await?;
        live.finish().await
    };
    let host = registry.host();
    let refused = start(&["127.0.0.3:80"], setup(&[&host])).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("wants to reach {host}, which you have not allowed")), "{refused}");
    assert_eq!(start(&[&host], setup(&[&host])).await.unwrap(), Finish::Ended(RunEnd::Verified));
    let silent = start(&[&host], setup(&[])).await.unwrap();
    assert_eq!(silent, Finish::Ended(RunEnd::Failed), "it did not say that it needs one");
}

async fn events(past: &mut Past) -> Vec<Event> {
    past.events(1, 10_000).await.unwrap().into_iter().map(|(_, _, event)| event).collect()
}

fn results(events: &[Event]) -> Vec<SetUpResult> {
    let of = |event: &Event| match event {
        Event::Run(RunEvent::SetUpEnded { result, .. }) => Some(result.clone()),
        Event::Run(_)
        | Event::Money(_)
        | Event::Agent(_)
        | Event::Task(_)
        | Event::Branch(_)
        | Event::Opinion(_) => None,
    };
    events.iter().filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_leaves_is_in_every_folder_and_in_no_result() {
    let ground = Ground::new().await;
    let run = "mkdir modules && cp lock modules/made && echo installed";
    // The worker's own copy is spoilt, and a check finds its own.
    let worker =
        "cat $TOOLS/made > made; echo poison > modules/made; echo x > modules/new; chmod 500 modules";
    let check = "cat made modules/made $TOOLS/made && ls modules && touch modules/by-a-check";
    let (finish, mut past) = play(&ground, vec![setup(run)], worker, check).await;
    assert_eq!(finish, Finish::Ended(RunEnd::Verified));
    let events = events(&mut past).await;
    let results = results(&events);
    let [result] = results.as_slice() else { panic!("{results:?}") };
    assert_eq!(past.text(result.output.unwrap()).await.unwrap(), "installed\n");
    let mut outputs = Vec::new();
    for event in &events {
        if let Event::Task(TaskEvent::Checked { findings, .. }) = event {
            for finding in findings {
                if let Evidence::Command { output, .. } = &finding.evidence {
                    outputs.push(past.text(*output).await.unwrap());
                }
            }
        }
    }
    // Between the commands of one check it stays, as what is ignored does: each is run again before a pass is believed.
    assert_eq!(outputs, ["lock-1\nlock-1\nlock-1\nby-a-check\nmade\n"; 2]);
    let tip = past.run.tip().unwrap();
    let project = ground.dir.path().join("project");
    assert_eq!(sh(&project, &format!("git ls-tree -r --name-only {}", tip.0)), "lock\nmade\n");
    assert_eq!(sh(&project, "git status --porcelain"), "", "nothing of it is in the Owner's folder");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_one_is_told_with_its_output_and_nobody_works() {
    for (run, told) in [
        ("echo no network; exit 3", "ended with exit code 3: no network"),
        ("echo done", "did not leave modules: done"),
    ] {
        let ground = Ground::new().await;
        let (finish, mut past) = play(&ground, vec![setup(run)], "echo made > made", "true").await;
        assert_eq!(finish, Finish::Ended(RunEnd::Failed));
        let broken = past.run.broken().unwrap();
        assert!(broken.contains("set-up \"node\"") && broken.ends_with(told), "{broken}");
        let events = events(&mut past).await;
        let spawned =
            events.iter().filter(|event| matches!(event, Event::Agent(AgentEvent::AgentSpawned { .. })));
        assert_eq!(spawned.count(), 1, "the Orchestrator, and no Manager");
        assert!(!ground.dir.path().join(format!("state/runs/{}/work", past.run.head().unwrap().id)).exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_command_is_to_make_can_not_be_tracked() {
    let ground = Ground::new().await;
    let project = ground.dir.path().join("project");
    std::fs::create_dir_all(project.join("modules")).unwrap();
    sh(&project, &format!("echo x > modules/tracked; {COMMIT}"));
    let scenario = scenario(ground.dir.path(), "true", "true");
    let engine = engine(&ground, vec![setup("true")]).await;
    let order = Order { project: Some(project), ..order(&scenario) };
    let error = engine.start(order).await.err().unwrap().to_string();
    assert!(error.contains("the project has modules in its commits"), "{error}");
}
