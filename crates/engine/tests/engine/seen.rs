//! What `show --seen` prints is what went over the wire: every request that a listener kept is made again from the log.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use sqlx::Connection as _;
use trireme_core::run::Run;
use trireme_core::run::event::{AgentEvent, Event, RunEnd, Seat};
use trireme_core::{Digest, TaskId};
use trireme_engine::{Finish, OnRecord, PartKind, Seen, SeenAgent, Wanted};

use crate::listener::{Heard, play};
use crate::support::{relay, sh};

fn task_of(run: &Run, title: &str) -> TaskId {
    run.tasks().iter().find(|(_, task)| task.outline.title == title).unwrap().0
}

async fn all_of(heard: &Heard, task: TaskId) -> Seen {
    heard.engine.seen(&heard.run, Wanted { task, attempt: None, reviewers: true }).await.unwrap()
}

/// What the agents of a task were given, as the log tells.
pub(crate) async fn seen_of(heard: &Heard, title: &str) -> Seen {
    let past = heard.engine.past(&heard.run).await.unwrap();
    all_of(heard, task_of(&past.run, title)).await
}

/// Holds what the log tells of all workers and Reviewers against every request of theirs that the listener kept.
pub(crate) async fn compare(heard: &Heard) {
    let past = heard.engine.past(&heard.run).await.unwrap();
    let roles = ["role: worker\\n", "role: reviewer\\n"];
    let bodies: Vec<_> = roles.iter().flat_map(|role| heard.listener.bodies(role)).collect();
    let mut kept: BTreeMap<Digest, (usize, &str)> = BTreeMap::new();
    for body in &bodies {
        kept.entry(Digest::of(body.as_bytes())).or_insert((0, body)).0 += 1;
    }
    let mut calls = 0;
    for (task, _) in past.run.tasks().iter() {
        for agent in all_of(heard, task).await.agents {
            calls += agent.calls.len();
            same(&agent, &mut kept);
        }
    }
    assert!(calls > 5 && calls == bodies.len(), "{calls} of {} requests", bodies.len());
    assert!(kept.values().all(|(count, _)| *count == 0), "the log lacks requests");
}

fn same(agent: &SeenAgent, kept: &mut BTreeMap<Digest, (usize, &str)>) {
    let mut first = 1;
    for call in &agent.calls {
        let (count, body) = kept.get_mut(&call.sha256).unwrap_or_else(|| panic!("never sent: {call:#?}"));
        assert!(*count > 0 && body.len() as u64 == call.bytes);
        *count -= 1;
        let answered = if call.end == "answered" { OnRecord::Same } else { OnRecord::Missing };
        assert_eq!(call.record, answered, "{call:#?}");
        let parts: Vec<_> = call.parts.iter().map(|number| &agent.parts[number - 1]).collect();
        let told: Vec<_> = parts.iter().map(|part| (part.kind, part.text.clone())).collect();
        assert_eq!(told, taken_apart(body), "{call:#?}");
        // Parts are numbered by when they were first sent.
        for number in &call.parts {
            assert!(*number <= first, "{call:#?}");
            first = first.max(number + 1);
        }
    }
    assert_eq!(first, agent.parts.len() + 1, "each part belongs to a request");
    let numbers: Vec<_> = agent.parts.iter().map(|part| part.number).collect();
    assert_eq!(numbers, (1..=agent.parts.len()).collect::<Vec<_>>());
    assert!(agent.parts.iter().all(|part| part.sha256 == Digest::of(part.text.as_bytes())));
    assert_eq!(agent.bytes, agent.parts.iter().map(|part| part.text.len() as u64).sum::<u64>());
}

/// A request's parts by the wire's own words, in the order in which a request has them.
fn taken_apart(body: &str) -> Vec<(PartKind, String)> {
    let body: Value = serde_json::from_str(body).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut parts = vec![(PartKind::System, text(&body["system"][0]["text"]))];
    for tool in body["tools"].as_array().into_iter().flatten() {
        let tool = serde_json::json!({"name": tool["name"], "description": tool["description"],
            "schema": tool["input_schema"]});
        parts.push((PartKind::Tool, tool.to_string()));
    }
    for message in body["messages"].as_array().unwrap() {
        for block in message["content"].as_array().unwrap() {
            parts.push(match (message["role"].as_str().unwrap(), block["type"].as_str().unwrap()) {
                ("assistant", _) => (PartKind::Said, block.to_string()),
                (_, "text") => (PartKind::Told, text(&block["text"])),
                (_, "tool_result") if block["is_error"] == true => {
                    (PartKind::FailedResult, text(&block["content"]))
                }
                (_, "tool_result") => (PartKind::Result, text(&block["content"])),
                other => panic!("{other:?}"),
            });
        }
    }
    parts
}

/// The relay, with a provider that is overloaded for once, and a worker that reads more than its model holds.
fn example(dir: &Path) {
    sh(dir, &format!("cp -r {} scenario && cp -r scenario/project project", relay().display()));
    sh(
        dir,
        "for at in 1 2 3 4 5 6 7 8 9; do yes \"$at line of no use\" | head -n 200 > project/large$at.txt; done",
    );
    let script = dir.join("scenario/scenario.toml");
    let text = std::fs::read_to_string(&script).unwrap();
    let hand = "output = \"2\"\ncontext_tokens = 200000";
    let counted = "when = { role = \"worker\", task = \"Count words\", attempt = 2, turn = 1 }";
    assert!(text.contains(hand) && text.contains(counted));
    let mut text = text.replace(hand, "output = \"2\"\ncontext_tokens = 14000");
    let reads = |turn: usize| {
        format!(
            "[[reply]]\nwhen = {{ role = \"worker\", task = \"Count words\", attempt = 2, turn = {turn} }}\n\
             usage = {{ input = 1000, output = 30 }}\n[[reply.call]]\ntool = \"read\"\nargs = {{ path = \"large{turn}.txt\" }}\n\n"
        )
    };
    text = text.replace(counted, &counted.replace("turn = 1", "turn = 10"));
    text += &(1..=9).map(reads).collect::<String>();
    text += "[[reply]]\nwhen = { role = \"worker\", task = \"Count words\", attempt = 2, turn = 11 }\n\
             usage = { input = 900, output = 40 }\n[[reply.call]]\ntool = \"submit_result\"\n\
             args = { conclusion = \"Counted.\", self_check = [{ criterion = \"count\", met = true, note = \"\" }] }\n\n\
             [[reply]]\nwhen = { role = \"worker\", task = \"Sort words\", turn = 1, try = 1 }\nfault = { status = 529 }\n";
    std::fs::write(&script, text).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_is_made_again_as_it_was_sent() {
    let ground = tempfile::tempdir().unwrap();
    example(ground.path());
    let heard = play(ground.path()).await;
    assert_eq!(heard.finish, Finish::Ended(RunEnd::Verified));
    compare(&heard).await;
    less_is_shown_after_a_compaction(&heard).await;
    whoever_has_no_tools_has_no_folder(&heard).await;

    let sorted = seen_of(&heard, "Sort words").await;
    let ends: Vec<_> = sorted.agents[0].calls.iter().map(|call| (call.turn, call.end.as_str())).collect();
    assert_eq!(ends, [(1, "the provider is overloaded"), (1, "answered"), (2, "answered")]);
    let files: BTreeSet<_> =
        sorted.agents[0].folder.iter().flatten().map(|file| file.path.as_str()).collect();
    assert!(files.contains("words.txt") && files.contains("count.txt"), "{files:?}");
    let words = sorted.agents[0].folder.iter().flatten().find(|file| file.path == "words.txt").unwrap();
    let hash = sh(&ground.path().join("project"), "git hash-object words.txt");
    assert_eq!((words.object.as_str(), words.mode.as_str()), (hash.trim(), "100644"));
    assert_eq!(words.bytes, std::fs::metadata(ground.path().join("project/words.txt")).unwrap().len());
}

async fn less_is_shown_after_a_compaction(heard: &Heard) {
    let mut past = heard.engine.past(&heard.run).await.unwrap();
    let events = past.events(1, 100_000).await.unwrap();
    let is_worker = |agent| matches!(past.run.agents().get(agent).unwrap().seat, Seat::Worker(_));
    let compacted = events.iter().filter(
        |(.., event)| matches!(event, Event::Agent(AgentEvent::Compacted { agent, .. }) if is_worker(*agent)),
    );
    assert!(compacted.count() > 0, "the scene is too small");
    let counted = seen_of(heard, "Count words").await;
    let [first, second] = counted.agents.as_slice() else { panic!("{}", counted.agents.len()) };
    assert_eq!((first.attempt, second.attempt), (1, 2));
    assert!(second.parts.iter().any(|part| part.text.contains("bytes left out: call read again")));
    let shrinks =
        |pair: &[trireme_engine::SeenCall]| !pair[0].parts.iter().all(|part| pair[1].parts.contains(part));
    assert!(second.calls.windows(2).any(shrinks), "{:#?}", second.calls);
    let only = Wanted { task: counted.task, attempt: Some(2), reviewers: false };
    let alone = heard.engine.seen(&heard.run, only).await.unwrap();
    assert_eq!(alone.agents.iter().map(|agent| agent.sha256).collect::<Vec<_>>(), [second.sha256]);
}

async fn whoever_has_no_tools_has_no_folder(heard: &Heard) {
    let report = seen_of(heard, "Write report").await;
    let told: Vec<_> = report.agents.iter().map(|agent| (agent.role, agent.folder.is_some())).collect();
    assert_eq!(told, [("worker", false), ("reviewer", false)]);
    let without = Wanted { task: report.task, attempt: None, reviewers: false };
    assert_eq!(heard.engine.seen(&heard.run, without).await.unwrap().agents.len(), 1);
}

/// Somebody changes what is kept of the run: the request that is made of it is another one, and that is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_not_what_was_sent_is_told() {
    let ground = tempfile::tempdir().unwrap();
    sh(ground.path(), &format!("cp -r {} scenario && cp -r scenario/project project", relay().display()));
    let heard = play(ground.path()).await;
    assert_eq!(heard.finish, Finish::Ended(RunEnd::Verified));
    let before = seen_of(&heard, "Sort words").await;
    assert!(before.agents[0].calls.iter().all(|call| call.record == OnRecord::Same));
    let journal = ground.path().join(format!("state/runs/{}/journal.db", heard.run));
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(journal);
    let mut journal = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let changed = sqlx::query("UPDATE events SET body = replace(body, 'Sort words', 'Sort words!')");
    assert!(changed.execute(&mut journal).await.unwrap().rows_affected() > 0);
    journal.close().await.unwrap();
    let after = seen_of(&heard, "Sort words!").await;
    assert!(after.agents[0].calls.iter().all(|call| matches!(call.record, OnRecord::Differs { .. })));
    a_commit_that_is_gone_is_missed(&heard, after.task, ground.path()).await;
}

async fn a_commit_that_is_gone_is_missed(heard: &Heard, task: TaskId, dir: &Path) {
    let git = format!("git --git-dir state/runs/{}/shadow.git", heard.run);
    sh(dir, &format!("{git} branch -qD trireme/{} && {git} gc -q --prune=now", heard.run));
    let gone = heard.engine.seen(&heard.run, Wanted { task, attempt: None, reviewers: false }).await;
    let error = gone.unwrap_err();
    assert!(error.to_string().contains("is gone from"), "{error}");
    assert!(!error.hints().is_empty());
}
