//! What a scope leaves out does not happen, is in the log, and is told to whoever asked for it.

use trireme_core::run::event::{AgentEvent, Event};
use trireme_core::{Bounds, Scope, ToolSet};
use trireme_engine::{Engine, Order, Settings};

use crate::setup::{COMMIT, scenario};
use crate::support::{Ground, order, settings, sh};

/// What the worker reads of its command, what of it was beyond its scope, and the names of files that a command left.
async fn play(bounds: Bounds, worker: &str) -> (String, Vec<String>) {
    let ground = Ground::new().await;
    let project = ground.dir.path().join("project");
    std::fs::create_dir_all(project.join("secret")).unwrap();
    sh(&project, &format!("echo shown > plain; echo hidden > secret/key; {COMMIT}"));
    let lent = vec![("LENT".to_owned(), "value".to_owned()), ("KEPT".to_owned(), "value".to_owned())];
    let scope = Scope { tools: ToolSet::ALL, bounds };
    let settings = Settings { scope, lent, ..settings(ground.dir.path()) };
    let engine = Engine::open(settings).await.unwrap();
    let scenario = scenario(ground.dir.path(), worker, "test -e made");
    let live = engine.start(Order { project: Some(project), ..order(&scenario) }).await.unwrap();
    let run = live.id().clone();
    live.finish().await.unwrap();
    let mut past = engine.past(&run).await.unwrap();
    past.run.audit().unwrap();
    let events = past.events(1, 10_000).await.unwrap();
    let done = events.into_iter().find_map(|(_, _, event)| match event {
        Event::Agent(AgentEvent::ToolDone { output, refused, .. }) => Some((output, refused)),
        _ => None,
    });
    let (output, refused) = done.unwrap();
    (past.text(output).await.unwrap(), refused)
}

fn list(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_no_rule_begins_is_not_run() {
    let bounds = Bounds { commands: list(&["cat plain", "ls"]), ..Bounds::default() };
    let (told, refused) = play(bounds.clone(), "cat plain; touch made").await;
    assert_eq!(refused, ["command cat plain; touch made"]);
    assert!(told.contains("Commands begin with one of: cat plain, ls"), "{told}");
    let (told, refused) = play(bounds, "cat plain").await;
    assert!(told.starts_with("shown\n") && refused.is_empty(), "{told} {refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_variables_and_paths_of_the_scope_are_there() {
    let bounds = Bounds { env: list(&["LENT"]), read: list(&["plain"]), ..Bounds::default() };
    let (told, refused) = play(bounds, "echo $LENT-$KEPT; ls").await;
    assert!(told.starts_with("value-\nplain\n[exit code 0"), "{told}");
    assert_eq!(refused, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_no_rule_names_is_in_the_log() {
    let bounds = Bounds { hosts: Some(vec!["127.0.0.2:9".parse().unwrap()]), ..Bounds::default() };
    let ask = "curl -sS -o /dev/null https://127.0.0.3/ 2>&1; curl -sS http://127.0.0.3:81/";
    let (told, refused) = play(bounds, ask).await;
    assert_eq!(refused, ["host 127.0.0.3:443", "host 127.0.0.3:81"], "{told}");
    assert!(told.contains("it reaches: 127.0.0.2:9"), "{told}");
}

/// A command that asks a provider itself would spend past the budget.
#[tokio::test]
async fn a_provider_is_no_host_of_a_scope() {
    let ground = Ground::new().await;
    let bounds = Bounds { hosts: Some(vec!["*.anthropic.com".parse().unwrap()]), ..Bounds::default() };
    let scope = Scope { tools: ToolSet::ALL, bounds };
    let engine = Engine::open(Settings { scope, ..settings(ground.dir.path()) }).await.unwrap();
    let scenario = scenario(ground.dir.path(), "true", "true");
    let refused = engine.start(order(&scenario)).await.err().unwrap().to_string();
    assert!(refused.contains("lets commands reach the provider anthropic"), "{refused}");
}
