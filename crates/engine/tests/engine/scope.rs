//! What a scope leaves out does not happen, is in the log, and is told to whoever asked for it.

use trireme_core::run::event::{AgentEvent, Event};
use trireme_core::{Bounds, RunId, Scope, TaskId, ToolSet};
use trireme_engine::{Engine, Order, Settings, Wanted};

use crate::setup::{COMMIT, scenario};
use crate::support::{Ground, order, settings, sh};

/// What the worker reads of its command, and what of it was beyond its scope.
async fn play(bounds: Bounds, worker: &str) -> (String, Vec<String>) {
    play_with(bounds, |text| text.replace("true_worker", worker)).await
}

/// The same of another call that the worker makes in place of its command; its contract lets it change `made`.
async fn call(bounds: Bounds, tool: &str, args: &str) -> (String, Vec<String>) {
    let command = "tool = \"run\"\nargs = { command = '''true_worker''' }";
    let tools = "capabilities = [\"read\", \"write\", \"run\"]";
    play_with(bounds, |text| {
        assert!(text.contains(command) && text.contains(tools), "{text}");
        text.replace(command, &format!("tool = {tool:?}\nargs = {args}"))
            .replace(tools, "capabilities = [\"read\", \"write\", \"patch\", \"run\"]")
            .replace("write_set = [\"**\"]", "write_set = [\"made\"]")
    })
    .await
}

async fn play_with(bounds: Bounds, played: impl Fn(&str) -> String) -> (String, Vec<String>) {
    let (_ground, engine, run) = over(bounds, played).await;
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

/// A run that is over, in a project where some files speak to whoever works there.
async fn over(bounds: Bounds, played: impl Fn(&str) -> String) -> (Ground, Engine, RunId) {
    let ground = Ground::new().await;
    let project = ground.dir.path().join("project");
    std::fs::create_dir_all(project.join("secret")).unwrap();
    let speakers = "echo 'Only short lines.' > AGENTS.md; echo 'Only long lines.' > secret/AGENTS.md";
    sh(&project, &format!("echo shown > plain; echo hidden > secret/key; {speakers}; {COMMIT}"));
    let lent = vec![("LENT".to_owned(), "value".to_owned()), ("KEPT".to_owned(), "value".to_owned())];
    let scope = Scope { tools: ToolSet::ALL, bounds };
    let settings = Settings { scope, lent, ..settings(ground.dir.path()) };
    let engine = Engine::open(settings).await.unwrap();
    let scenario = scenario(ground.dir.path(), "true_worker", "test -e made");
    let file = scenario.join("scenario.toml");
    std::fs::write(&file, played(&std::fs::read_to_string(&file).unwrap())).unwrap();
    let live = engine.start(Order { project: Some(project), ..order(&scenario) }).await.unwrap();
    let run = live.id().clone();
    live.finish().await.unwrap();
    (ground, engine, run)
}

fn list(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_no_rule_begins_is_not_run() {
    let bounds = Bounds { commands: list(&["cat plain", "ls", "test"]), ..Bounds::default() };
    let (told, refused) = play(bounds.clone(), "cat plain; touch made").await;
    assert_eq!(refused, ["command cat plain; touch made"]);
    assert!(told.contains("Commands begin with one of: cat plain, ls, test"), "{told}");
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

/// The file tools refuse at once what the seam would reject in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_change_is_refused_by_every_tool_that_changes_files() {
    let diff = "{ diff = \"--- a/plain\\n+++ b/plain\\n@@ -1 +1 @@\\n-shown\\n+x\\n\" }";
    for (tool, args) in [("write", "{ path = \"./plain\", content = \"x\" }"), ("patch", diff)] {
        let (told, refused) = call(Bounds::default(), tool, args).await;
        assert_eq!(refused, ["change of plain"], "{tool}: {told}");
        assert!(told.contains("You may change: made. Nothing was changed."), "{told}");
    }
    let (told, refused) = call(Bounds::default(), "write", "{ path = \"made\", content = \"x\" }").await;
    assert!(told.starts_with("made `made`") && refused.is_empty(), "{told} {refused:?}");
}

/// What a worker is told that may change these paths.
async fn told_to_a_worker(bounds: Bounds, write_set: &str) -> String {
    let narrow = |text: &str| text.replace("write_set = [\"**\"]", &format!("write_set = [{write_set:?}]"));
    let (_ground, engine, run) = over(bounds, narrow).await;
    let wanted = Wanted { task: TaskId(0), attempt: None, reviewers: false };
    let seen = engine.seen(&run, wanted).await.unwrap();
    seen.agents[0].parts.iter().map(|part| part.text.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_hears_the_nearest_folder_as_far_as_its_scope_shows_it() {
    let (short, long) = ("Only short lines.", "Only long lines.");
    let near = told_to_a_worker(Bounds::default(), "secret/*").await;
    assert!(near.contains(long) && !near.contains(short), "{near}");
    let root = told_to_a_worker(Bounds::default(), "plain").await;
    assert!(root.contains(short) && !root.contains(long), "{root}");
    let bounds = Bounds { read: list(&["plain", "AGENTS.md"]), ..Bounds::default() };
    let hidden = told_to_a_worker(bounds, "secret/*").await;
    assert!(hidden.contains(short) && !hidden.contains(long), "{hidden}");
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
