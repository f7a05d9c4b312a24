//! `trireme mcp`: what the Owner sees of servers and agrees to, from a project that names one to a run that calls it.

use crate::crash::relay;
use crate::{Desk, Done};

/// A server in a few lines of Python.
const SERVER: &str = r#"
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    method = message.get("method")
    if method == "initialize":
        result = {"protocolVersion": message["params"]["protocolVersion"], "capabilities": {"tools": {}},
                  "serverInfo": {"name": "theirs", "version": "1"}}
    elif method == "tools/list":
        schema = {"type": "object", "properties": {"word": {"type": "string"}}}
        result = {"tools": [{"name": "look", "description": "Looks a word up.\u001b[31m", "inputSchema": schema}]}
    else:
        continue
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"#;

/// A project whose `.mcp.json` names a server of its own.
fn project() -> Desk {
    let desk = Desk::new();
    desk.file("here/tools/server.py", SERVER);
    desk.file("here/words.txt", "keel\n");
    let file = r#"{"mcpServers": {"theirs": {"command": "python3", "args": ["tools/server.py"], "env": {"WORD": "${WORD:-none}"}}}}"#;
    desk.file("here/.mcp.json", file);
    for args in [
        &["init", "-q"][..],
        &["add", "."],
        &["-c", "user.name=o", "-c", "user.email=o@o", "commit", "-qm", "base"],
    ] {
        let done = std::process::Command::new("git")
            .args(args)
            .current_dir(desk.path().join("here"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{args:?}");
    }
    desk
}

fn listed(desk: &Desk) -> serde_json::Value {
    let done = desk.trireme(&["mcp", "list", "--json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

fn agree(desk: &Desk) -> Done {
    desk.trireme(&["mcp", "trust", "theirs", "--yes"])
}

#[test]
fn a_projects_server_is_shown_and_not_started_before_the_owner_agrees() {
    let desk = project();
    let all = listed(&desk);
    assert_eq!(all[0]["standing"], "no: trireme mcp trust theirs");
    assert_eq!(all[0]["reach"], "python3 tools/server.py, WORD=${WORD:-none}");
    let here = desk.path().join("here").canonicalize().unwrap();
    assert_eq!(all[0]["from"], here.to_str().unwrap());
    let asked = desk.trireme(&["mcp", "trust", "theirs"]);
    assert_eq!(asked.code, 2, "nobody sits there");
    assert!(asked.err.contains("python3 tools/server.py") && asked.err.contains("--yes"), "{}", asked.err);
    assert!(!asked.err.contains("Looks a word up"), "it was not started: {}", asked.err);

    let agreed = agree(&desk);
    assert_eq!(agreed.code, 0, "{}", agreed.err);
    assert!(agreed.err.contains("Looks a word up.") && agreed.err.contains("(new)"), "{}", agreed.err);
    assert!(!agreed.err.contains('\u{1b}'), "nothing steers the terminal: {:?}", agreed.err);
    assert_eq!(listed(&desk)[0]["standing"], "yes, with 1 tools");

    let plan = || desk.trireme(&["plan", "--scenario", &relay(), "--in", "."]);
    let planned = plan();
    assert!(planned.out.contains("mcp__theirs__look, for worker: may change something"), "{}", planned.out);

    let gone = desk.trireme(&["mcp", "distrust", "theirs"]);
    assert_eq!(gone.code, 0, "{}", gone.err);
    assert_eq!(listed(&desk)[0]["standing"], "no: trireme mcp trust theirs");
    let planned = plan();
    assert!(
        !planned.out.contains("mcp__") && planned.err.contains("trireme mcp trust theirs"),
        "{}",
        planned.err
    );
}

#[test]
fn another_program_behind_the_name_is_agreed_to_anew() {
    let desk = project();
    assert_eq!(agree(&desk).code, 0);
    desk.file(
        "here/.mcp.json",
        r#"{"mcpServers": {"theirs": {"command": "python3", "args": ["-c", "evil"]}}}"#,
    );
    assert_eq!(listed(&desk)[0]["standing"], "no: trireme mcp trust theirs");
}

#[test]
fn a_server_that_does_not_answer_is_agreed_to_by_nobody() {
    let desk = project();
    desk.file("here/trireme.toml", "[mcp.broken]\ncommand = \"false\"\n");
    let done = desk.trireme(&["mcp", "trust", "broken", "--yes"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.err.contains("server broken: it is gone: exit code 1"), "{}", done.err);
    let missing = desk.trireme(&["mcp", "trust", "none", "--yes"]);
    assert!(missing.code == 2 && missing.err.contains("trireme mcp list"), "{}", missing.err);
}

#[test]
fn what_is_wrong_with_a_server_is_named_and_nothing_else_stops() {
    let desk = Desk::new();
    desk.file("here/trireme.toml", "[mcp.theirs]\ncommand = \"x\"\nread = [\"/\"]\n");
    desk.file("here/.mcp.json", "{ broken");
    desk.file(
        ".config/trireme/config.toml",
        "[mcp.mine]\nurl = \"https://docs.example/mcp\"\nheaders = { A = \"${NOT_SET_HERE}\" }\n",
    );
    let done = desk.trireme(&["mcp", "list"]);
    assert_eq!(done.code, 0, "{}", done.err);
    for words in [
        "server theirs: read and believe_read_only",
        ".mcp.json: ",
        "server mine: headers: A: NOT_SET_HERE is not set",
    ] {
        assert!(done.err.contains(words), "{words}: {}", done.err);
    }
}
