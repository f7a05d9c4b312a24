//! Servers that are not ours: what they may, what becomes of those that misbehave, and a run whose worker calls one.

mod http;
mod published;
mod runs;
mod suite;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use trireme_core::{Caller, SandboxLevel};
use trireme_engine::mcp::{Contact, ContactError, Place, Reach, Server, Setting};
use trireme_engine::sandbox::DeclaredLimits;

use crate::support::shell;

/// Our script, and where it lies.
pub(crate) fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/mcp")
}

pub(crate) fn program(argv: &[&str], read: &[PathBuf]) -> Server {
    let argv = argv.iter().map(ToString::to_string).collect();
    Server {
        name: "tests".to_owned(),
        project: None,
        reach: Reach::Program { argv, env: BTreeMap::new(), read: read.to_vec() },
        tools: None,
        callers: vec![Caller::Worker],
        believed: false,
        timeout_s: 2,
    }
}

/// Our script, which behaves like this and says that of a tool.
pub(crate) fn scripted(manner: &str, description: &str) -> Server {
    let script = script().join("server.py");
    let path = script.to_str().unwrap();
    program(&["/usr/bin/python3", path, manner, description], std::slice::from_ref(&script))
}

pub(crate) fn with_env(mut server: Server, name: &str, value: &str) -> Server {
    if let Reach::Program { env, .. } = &mut server.reach {
        let text = format!("${{{name}}}");
        let filled = vec![value.to_owned().into()];
        env.insert(name.to_owned(), Setting { text, value: value.to_owned().into(), filled });
    }
    server
}

pub(crate) fn args(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().cloned().unwrap()
}

/// A folder for a server, with what is around it.
pub(crate) struct Desk {
    pub(crate) above: tempfile::TempDir,
    pub(crate) place: Place,
}

impl Desk {
    pub(crate) async fn new(level: Option<SandboxLevel>) -> Self {
        let (above, shell) = shell("mcp", level).await;
        let dir = above.path().join("work");
        let place = Place { shell, dir, writes: true, limits: DeclaredLimits::default() };
        Self { above, place }
    }

    pub(crate) async fn contact(&self, server: &Server) -> Result<Contact, ContactError> {
        Contact::to(server, Some(&self.place)).await
    }

    /// Calls the tool that writes, at a server of this manner.
    async fn put(&self, manner: &str) -> Result<rmcp::model::CallToolResult, ContactError> {
        let mut contact = self.contact(&scripted(manner, "d")).await.unwrap();
        let called = contact.call("put", args(json!({"path": "file", "text": "new"}))).await;
        contact.end().await;
        called
    }
}

/// The text of an answer.
pub(crate) fn text(result: &rmcp::model::CallToolResult) -> String {
    result.content.iter().filter_map(|content| Some(content.as_text()?.text.clone())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_started_asked_and_called_at_every_level() {
    for level in SandboxLevel::ALL {
        let desk = Desk::new(Some(level)).await;
        let mut contact = desk.contact(&scripted("well", "Writes.")).await.unwrap();
        let tools = contact.tools().await.unwrap();
        let told: Vec<_> = tools.iter().map(|tool| (tool.tool.as_str(), tool.reads)).collect();
        assert_eq!(told, [("put", false), ("look", true)], "{level}");
        let answer = contact.call("put", args(json!({"path": "file", "text": "new"}))).await.unwrap();
        assert!(text(&answer).ends_with("/work"), "{level}: {answer:?}");
        let answer = contact.call("look", args(json!({"path": "file"}))).await.unwrap();
        assert_eq!(text(&answer), "new", "{level}: it is the same one, which stays");
        contact.end().await;
        assert_eq!(std::fs::read_to_string(desk.place.dir.join("file")).unwrap(), "new");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_only_looks_has_a_server_that_changes_nothing() {
    let mut desk = Desk::new(None).await;
    if !desk.place.shell.sandbox.level().holds() {
        return trireme_testkit::skipped("mcp: nothing holds a server here");
    }
    desk.place.writes = false;
    std::fs::write(desk.place.dir.join("file"), "old").unwrap();
    let mut contact = desk.contact(&scripted("well", "d")).await.unwrap();
    let read = contact.call("look", args(json!({"path": "file"}))).await.unwrap();
    assert_eq!(text(&read), "old");
    let written = contact.call("put", args(json!({"path": "file", "text": "new"}))).await;
    assert!(written.is_err(), "its script dies of it: {written:?}");
    assert_eq!(std::fs::read_to_string(desk.place.dir.join("file")).unwrap(), "old");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_owner_and_no_network_is_within_its_reach() {
    let desk = Desk::new(None).await;
    if desk.place.shell.sandbox.level() != SandboxLevel::L3 {
        return trireme_testkit::skipped("mcp: there is no sandbox level L3 here");
    }
    let owner = tempfile::tempdir().unwrap();
    std::fs::write(owner.path().join("secret"), "the secret").unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let home = owner.path().to_str().unwrap();
    let ask = args(json!({"path": home, "text": home}));
    let server = with_env(scripted("pries", "d"), "PORT", &port);
    let mut contact = desk.contact(&server).await.unwrap();
    let answer = text(&contact.call("put", ask.clone()).await.unwrap());
    for line in answer.lines() {
        assert!(line.ends_with("Error"), "{answer}");
    }
    assert!(!owner.path().join("planted").exists());
    // The attempts are such as work where nothing holds them.
    let free = Desk::new(Some(SandboxLevel::L0)).await;
    let mut contact = free.contact(&server).await.unwrap();
    let answer = text(&contact.call("put", ask).await.unwrap());
    assert!(answer.contains("owner: the secret") && !answer.contains("Error"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_it_does_is_an_error_that_says_so() {
    let desk = Desk::new(None).await;
    let told = async |manner: &str| desk.put(manner).await.unwrap_err().to_string();
    assert_eq!(told("silent").await, "it did not answer within 2 s");
    let died = told("dies").await;
    assert!(died.contains("exit code 7") && died.contains("a fault of mine"), "{died}");
    let flooded = told("floods").await;
    assert!(flooded.contains("more than 16 MiB"), "{flooded}");
    let chattered = told("chatters").await;
    assert!(chattered.contains("more than 16 MiB"), "{chattered}");
    let missing = desk.contact(&program(&["/nonexistent/server"], &[])).await.err().unwrap().to_string();
    assert!(missing.contains("/nonexistent/server"), "{missing}");
    let other = desk.contact(&program(&["/bin/sh", "-c", "echo hello; exit 3"], &[])).await.err().unwrap();
    assert!(other.to_string().contains("exit code 3"), "{other}");
    let tools = desk.contact(&scripted("endless", "d")).await.unwrap().tools().await.unwrap();
    assert!(tools.len() <= trireme_core::limits::FOREIGN_TOOLS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_it_is_left_when_nobody_wants_it() {
    for level in SandboxLevel::ALL {
        let desk = Desk::new(Some(level)).await;
        let stay = "trap '' TERM; (setsid sleep 600 &) ; exec /usr/bin/python3 SCRIPT well d";
        let stay = stay.replace("SCRIPT", script().join("server.py").to_str().unwrap());
        let server = program(&["/bin/sh", "-c", &stay], &[script()]);
        for is_ended in [true, false] {
            let mut contact = desk.contact(&server).await.unwrap();
            assert_eq!(contact.tools().await.unwrap().len(), 2);
            match is_ended {
                true => contact.end().await,
                false => drop(contact),
            }
            let gone = async || {
                for _ in 0..1_000 {
                    if !is_there(desk.above.path()) {
                        return true;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
                false
            };
            assert!(gone().await, "{level}, ended {is_ended}");
        }
    }
}

/// Whether a process works somewhere below a folder.
fn is_there(folder: &Path) -> bool {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .into_iter()
        .any(|entry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder)))
}
