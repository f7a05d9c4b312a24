//! Servers that others have published, installed from npm by their names and versions, unchanged.

use std::path::{Path, PathBuf};

use serde_json::json;
use trireme_core::SandboxLevel;

use super::{Desk, args, program, text};

/// The reference servers that this was last seen with.
const SERVERS: [&str; 2] = [
    "@modelcontextprotocol/server-filesystem@2026.8.31",
    "@modelcontextprotocol/server-everything@2026.8.31",
];

/// A folder with both, made once for a target folder. None, and why, where that can't be.
#[expect(clippy::disallowed_methods, reason = "tests install what they test with")]
pub(crate) fn installed(packages: &[&str], name: &str) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.join("done").exists() {
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut npm = std::process::Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
        .arg(&folder)
        .args(packages);
    let output = npm.output().map_err(|error| format!("npm: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned());
    }
    std::fs::write(folder.join("done"), "").map_err(|error| error.to_string())?;
    Ok(folder)
}

/// The Node of this machine, and its folder.
#[expect(clippy::disallowed_methods, reason = "tests ask for their own tools")]
fn node() -> Result<PathBuf, String> {
    let output = std::process::Command::new("node").args(["-p", "process.execPath"]).output();
    let output = output.map_err(|error| format!("node: {error}"))?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reference_servers_from_npm_work_in_the_sandbox() {
    let ready = installed(&SERVERS, "mcp-servers").and_then(|folder| Ok((folder, node()?)));
    let (folder, node) = match ready {
        Ok(ready) => ready,
        Err(why) => {
            return trireme_testkit::skipped(format!("mcp: the servers can't be installed from npm: {why}"));
        }
    };
    let desk = Desk::new(None).await;
    if desk.place.shell.sandbox.level() != SandboxLevel::L3 {
        return trireme_testkit::skipped("mcp: there is no sandbox level L3 here");
    }
    let modules = folder.join("node_modules");
    let tool_home = node.ancestors().nth(2).unwrap().to_owned();
    let start = |package: &str, more: &str| {
        let main = modules.join(format!("@modelcontextprotocol/{package}/dist/index.js"));
        let argv = [node.to_str().unwrap(), main.to_str().unwrap(), more];
        let mut server = program(&argv, &[folder.clone(), tool_home.clone()]);
        server.timeout_s = 60;
        server
    };
    let mut files = desk.contact(&start("server-filesystem", "{folder}")).await.unwrap();
    let tools = files.tools().await.unwrap();
    assert!(
        tools.iter().any(|tool| tool.tool == "write_file") && tools.iter().any(|tool| tool.reads),
        "{tools:?}"
    );
    let path = desk.place.dir.join("made").to_str().unwrap().to_owned();
    files.call("write_file", args(json!({"path": path, "content": "by a server"}))).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "by a server");
    let outside = files.call("read_file", args(json!({"path": "/etc/passwd"}))).await.unwrap();
    assert_eq!(outside.is_error, Some(true), "{outside:?}");
    files.end().await;
    let mut all = desk.contact(&start("server-everything", "stdio")).await.unwrap();
    let echoed = all.call("echo", args(json!({"message": "hello"}))).await.unwrap();
    assert_eq!(text(&echoed), "Echo: hello");
    all.end().await;
}
