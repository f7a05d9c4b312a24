//! A run that meets every secret of the corpus, in the intent, in the plan, in files that tools print, in what models say
//! and write, and in an error of the provider: none is kept anywhere, and what is committed is what was meant.

use std::path::Path;

use serde_json::json;
use trireme_core::TaskId;
use trireme_core::run::event::RunEnd;
use trireme_engine::{OnRecord, Wanted};
use trireme_testkit::secrets::{Corpus, corpus};

use super::scene::*;
use crate::support::{Ground, sh};

/// Files below a folder whose bytes hold a text.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        // Places where commands find what `/etc` of this machine has hold links, which lead nowhere from here.
        let read = || match kind.is_symlink() {
            true => std::fs::read_link(&path).map(|target| target.into_os_string().into_encoded_bytes()),
            false => std::fs::read(&path),
        };
        if kind.is_dir() {
            found.extend(files_with(&path, text));
        } else if read().unwrap().windows(text.len()).any(|bytes| bytes == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Every payload of the only run, opened.
async fn payloads(ground: &Ground) -> String {
    let run = ground.engine.find("last").unwrap();
    let mut past = ground.engine.past(&run).await.unwrap();
    let events = past.events(1, usize::MAX >> 1).await.unwrap();
    let mut texts = String::new();
    for text in serde_json::to_string(&events.iter().map(|(_, _, event)| event).collect::<Vec<_>>())
        .unwrap()
        .split('"')
    {
        if let Ok(blob) = text.parse() {
            texts.push_str(&past.text(trireme_core::BlobRef(blob)).await.unwrap_or_default());
        }
    }
    texts
}

/// No secret stands in any file of the run, sealed or open, the project's own files apart.
async fn nothing_is_kept(ground: &Ground, corpus: &Corpus) {
    let runs = ground.engine.settings().state.join("runs");
    let run = std::fs::read_dir(&runs).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_dir_all(run.join("project")).unwrap();
    let (open, files) = (payloads(ground).await, ground.engine.settings().state.clone());
    assert!(open.contains("[redacted:github-token]") && open.contains("[redacted:url-password]"));
    for secret in corpus.hidden() {
        assert!(!open.contains(&secret), "{secret} is in a payload");
        assert_eq!(files_with(&files, &secret), Vec::<String>::new(), "{secret}");
    }
}

fn key(corpus: &Corpus, kind: &str) -> String {
    corpus.alone.iter().find(|(known, _)| *known == kind).unwrap().1.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_kept_and_files_are_written_as_they_were_meant() {
    let (ground, corpus) = (Ground::new().await, corpus(7));
    let (github, slack, stripe) =
        (key(&corpus, "github-token"), key(&corpus, "slack-token"), key(&corpus, "stripe-key"));
    let scene = Scene::one()
        .sentence(&format!("Call the API with {github}, please."))
        .file("conf.env", &corpus.printed())
        .says(
            json!({"role": "worker", "turn": 1}),
            &[("read", json!({"path": "conf.env"})), ("run", json!({"command": "cat conf.env; exit 3"}))],
        )
        .says(json!({"role": "worker", "turn": 2}), &[write(&format!("right {slack}"))])
        .says(json!({"role": "worker", "turn": 3}), &[submit_with(&format!("It says {stripe}."))]);
    let played = scene.play_on(&ground, Vec::new()).await;
    played.ended(RunEnd::Verified);
    assert!(played.warnings[0].contains("[redacted:github-token]"), "{:?}", played.warnings);

    let run = ground.engine.find("last").unwrap();
    assert!(!run.0.contains(&github[..12].to_lowercase()), "{run}");
    let project = ground.engine.settings().state.join("runs").join(&run.0).join("project");
    let committed = sh(&project, &format!("git show trireme/{run}:One-a.txt"));
    assert_eq!(committed, format!("right {slack}"), "what was written is what was meant");
    let wanted = Wanted { task: TaskId(0), attempt: None, reviewers: false };
    let seen = ground.engine.seen(&run, wanted).await.unwrap();
    let records: Vec<_> = seen.agents[0].calls.iter().map(|call| call.record).collect();
    assert_eq!(
        records,
        [OnRecord::Same, OnRecord::Same, OnRecord::Redacted],
        "no hash of what held a secret"
    );
    nothing_is_kept(&ground, &corpus).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_provider_says_of_an_error_is_kept_without_the_key_in_it() {
    let (ground, corpus) = (Ground::new().await, corpus(9));
    let stripe = key(&corpus, "stripe-key");
    let body = format!("{{\"error\": {{\"message\": \"bad {stripe}\"}}}}");
    let scene =
        Scene::one().fails(json!({"role": "manager", "turn": 1}), json!({"status": 400, "body": body}));
    let played = scene.play_on(&ground, Vec::new()).await;
    played.tells(&["a call of the Manager of One failed", "the Manager of One is gone"]);
    played.tells(&["bad [redacted:stripe-key]"]);
    assert_eq!(files_with(&ground.engine.settings().state, &stripe), Vec::<String>::new());
}

fn submit_with(conclusion: &str) -> (&'static str, serde_json::Value) {
    let (name, mut args) = submit();
    args["conclusion"] = conclusion.into();
    (name, args)
}

/// Files that come with the result of a worker in `single` mode, and a mark that a model copies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handed_in_files_are_committed_as_they_were_meant_and_marks_are_not_written() {
    let (ground, corpus) = (Ground::new().await, corpus(8));
    let npm = key(&corpus, "npm-token");
    let mut single = task("a", "junior");
    single["mode"] = "single".into();
    let (name, mut handed_in) = submit();
    handed_in["files"] = json!([{"path": "{section}-{task}.txt", "content": format!("right {npm}")}]);
    let (_, mut marked) = submit();
    marked["files"] = json!([{"path": "{section}-{task}.txt", "content": "right [redacted:npm-token]"}]);
    let scene = Scene::one()
        .says(json!({"role": "manager", "turn": 1}), &[spawn(&[single])])
        .says(json!({"role": "worker", "turn": 1, "attempt": 1}), &[(name, marked)])
        .says(json!({"role": "manager", "turn": 2}), &[retry("a", "junior")])
        .says(json!({"role": "worker", "turn": 1, "attempt": 2}), &[(name, handed_in)])
        .says(json!({"role": "manager", "turn": 3}), &[accept("a")])
        .says(json!({"role": "manager", "turn": 4}), &[report("done")]);
    let played = scene.play_on(&ground, Vec::new()).await;
    played.ended(RunEnd::Verified);
    let run = ground.engine.find("last").unwrap();
    let project = ground.engine.settings().state.join("runs").join(&run.0).join("project");
    assert_eq!(sh(&project, &format!("git show trireme/{run}:One-a.txt")), format!("right {npm}"));
    std::fs::remove_dir_all(&project).unwrap();
    assert_eq!(files_with(&ground.engine.settings().state, &npm), Vec::<String>::new());
    assert!(!payloads(&ground).await.contains(&npm));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_neither_writes_nor_looks_for_a_mark() {
    let scene = Scene::one().file("conf.env", "a = 1\n").says(
        json!({"role": "worker", "turn": 1}),
        &[
            ("edit", json!({"path": "conf.env", "old": "a = 1", "new": "a = [redacted:aws-access-key]"})),
            write("right"),
        ],
    );
    let ground = Ground::new().await;
    let played = scene.play_on(&ground, Vec::new()).await;
    played.ended(RunEnd::Verified);
    played.tells(&["edit did not do what was asked"]);
    assert!(payloads(&ground).await.contains("stands in the place of a secret that is not shown to you"));
}
