//! Scenarios as they are read, and the server where an adapter does not go: plain messages, hostile requests, restarts.

use std::path::Path;
use std::sync::Arc;

use expect_test::{Expect, expect};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use trireme_core::{PicoPerToken, Seniority, Usage};

use super::*;

const HEAD: &str = r#"name = "wire"
[models.m]
family = "scripted"
input = "3"
cache_read = "0.3"
output = "15"
context_tokens = 200000
output_tokens = 1000
[seniority]
senior = ["m"]
"#;

fn write(folder: &TempDir, replies: &str) {
    std::fs::write(folder.path().join("scenario.toml"), format!("{HEAD}{replies}")).unwrap();
}

fn load(replies: &str) -> Result<Scenario, ScenarioError> {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, replies);
    Scenario::load(folder.path())
}

fn refused(replies: &str, expected: &Expect) {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, replies);
    let error = Scenario::load(folder.path()).unwrap_err().to_string();
    let shown = error.replace(&format!("{}/", folder.path().display()), "");
    expected.assert_eq(&shown);
}

#[test]
fn a_scenario_is_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("project")).unwrap();
    std::fs::write(folder.path().join("a.rs"), "fn {task}() {}\n").unwrap();
    let text = format!(
        "project = \"project\"\n{HEAD}{}",
        r#"
[intent]
sentence = "Row."
budget_usd = "10"
reserve_pct = 2.5
[[reply]]
when = { role = "work*", task = "T", try = 2 }
usage = { input = 5, output = 6, cache_write = 7 }
[[reply.call]]
tool = "write"
args = { path = "{task}.rs", content = { "$file" = "a.rs" }, when = 2026-11-20 }
"#
    );
    let file = folder.path().join("scenario.toml");
    std::fs::write(&file, text).unwrap();
    let scenario = Scenario::load(&file).unwrap();
    assert_eq!(scenario.project, Some(folder.path().join("project")));
    assert_eq!(scenario.intent.budget_usd.unwrap().to_string(), "$10.00");
    assert_eq!(scenario.intent.reserve_pct.unwrap().points(), 250);
    assert_eq!(scenario.seniority[&Seniority::Senior], ["m"]);
    let price = |text| PicoPerToken::parse_per_million(text).unwrap();
    let model = &scenario.models["m"];
    assert_eq!((model.cache_read, model.cache_write_1h), (price("0.30"), price("3")));
    let reply = &scenario.replies[0];
    assert_eq!((reply.line, reply.stop.as_str()), (17, "tool_use"));
    assert_eq!(reply.usage.unwrap().cache_write, 7);
    let card = Card::read("role: worker\ntask: T\n\n");
    assert_eq!(
        reply.calls[0].args.fill(&card, 1),
        json!({"path": "T.rs", "content": "fn {task}() {}\n", "when": "2026-11-20"}),
        "blanks are filled in texts, never in files"
    );
}

#[test]
fn errors_name_the_line_and_what_to_type() {
    refused(
        "[[reply]]\ntext = \"x\"\ncolour = 1\n",
        &expect![
            "scenario.toml:13: unknown field `colour`, expected one of `when`, `text`, `call`, `usage`, `latency_ms`, `stop`, `fault`"
        ],
    );
    refused("[[reply]]\ntext = \"x\n", &expect![[r#"scenario.toml:12: invalid basic string, expected `"`"#]]);
    refused(
        "[[reply]]\nwhen = { turn = 1 }\n",
        &expect!["scenario.toml:11: this reply says nothing: give it a text, a [[reply.call]] or a fault"],
    );
    refused(
        "[[reply]]\nwhen = { role = \"wroker\" }\ntext = \"x\"\n",
        &expect![[
            r#"scenario.toml:12: nobody has the role "wroker": one of triage, orchestrator, manager, worker, reviewer, adviser, synthesist"#
        ]],
    );
    refused(
        "[[reply]]\ntext = \"x\"\n\n[[reply]]\ntext = \"y\"\n",
        &expect![
            "scenario.toml:14: this reply has the same `when` as the one at line 11: add a key to one of them"
        ],
    );
    refused(
        "[[reply]]\ntext = \"x\"\nstop = \"done\"\n",
        &expect![[
            r#"scenario.toml:13: "done" is no reason to stop: one of end_turn, tool_use, max_tokens, stop_sequence, refusal, pause_turn"#
        ]],
    );
    refused(
        "[[reply]]\nfault = { silence = true, status = 500 }\n",
        &expect![
            "scenario.toml:12: a fault is exactly one of status, cut_after_bytes, silence, malformed_args, no_usage, served, overbill"
        ],
    );
    refused(
        "[[reply]]\nfault = { status = 200 }\n",
        &expect!["scenario.toml:12: 200 is no status of a fault: from 300 to 599"],
    );
    refused(
        "[[reply]]\nfault = { status = 429, headers = { \"re try\" = \"1\" } }\n",
        &expect![[r#"scenario.toml:12: "re try" = "1" is no HTTP header"#]],
    );
    refused(
        "[[reply]]\nfault = { body = \"x\" }\n",
        &expect!["scenario.toml:12: `headers` and `body` need a `status`, as in { status = 429 }"],
    );
    let call =
        |args: &str| format!("[[reply]]\ntext = \"x\"\n[[reply.call]]\ntool = \"write\"\nargs = {args}\n");
    refused(
        &call("{ content = { \"$file\" = \"../a\" } }"),
        &expect![
            "scenario.toml:13: `$file` ../a leads out of the scenario's folder: put the file beside this one"
        ],
    );
    refused(
        &call("{ content = { \"$file\" = \"a\", x = 1 } }"),
        &expect![[r#"scenario.toml:13: `$file` stands alone and names a path: { "$file" = "files/a.rs" }"#]],
    );
    refused(
        "mid = [\"n\"]\n",
        &expect![[r#"scenario.toml:11: there is no model "n": add a table [models."n"]"#]],
    );
    refused(
        "boss = [\"m\"]\n",
        &expect![
            "scenario.toml:11: unknown variant `boss`, expected one of `intern`, `junior`, `mid`, `senior`, `staff`, `principal`"
        ],
    );
    refused(
        "[intent]\nbudget_usd = \"ten\"\n",
        &expect![[r#"scenario.toml:12: "ten" is not an amount in dollars; write it like 10 or 2.50"#]],
    );
    refused(
        "[intent]\nreserve_pct = 101\n",
        &expect![
            "scenario.toml:12: invalid value: integer `101`, expected a percentage from 0 to 100 with at most two decimals, such as 40 or 12.5"
        ],
    );
    refused(
        "[models.n]\nfamily = \"f\"\noutput = \"1\"\n",
        &expect!["scenario.toml:11: missing field `input`"],
    );
    let model = |price: &str| {
        format!(
            "[models.n]\nfamily = \"f\"\ninput = \"1\"\noutput = \"{price}\"\ncontext_tokens = 1\noutput_tokens = 1\n"
        )
    };
    refused(
        &model("0.0000001"),
        &expect![[
            r#"scenario.toml:14: "0.0000001" is finer than a nanodollar (nine decimals); a price is dollars per million tokens, as in "2.50""#
        ]],
    );
    let missing = call("{ content = { \"$file\" = \"a\" } }");
    let error = load(&missing).unwrap_err().to_string();
    assert!(error.contains("scenario.toml:13: `$file`") && error.contains("can't be read"), "{error}");
    let error = Scenario::load(Path::new("/nowhere/at/all")).unwrap_err().to_string();
    assert!(error.contains("the scenario /nowhere/at/all can't be read"), "{error}");
}

async fn serve(replies: &str) -> Server {
    Server::start(Arc::new(load(replies).unwrap()), None).await.unwrap()
}

async fn post(server: &Server, body: &Value) -> (StatusCode, Value) {
    let request = Client::new()
        .post(format!("{}/v1/messages", server.base_url()))
        .header("anthropic-version", "2026-10-21");
    let response = request.json(body).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

fn plain(messages: Value) -> Value {
    let schema = json!({"type": "object"});
    json!({"model": "m", "max_tokens": 100, "messages": messages,
        "tools": [{"name": "read", "input_schema": schema}]})
}

fn opening() -> Value {
    plain(json!([{"role": "user", "content": "role: worker\ntask: T\nattempt: 1\n\nGo."}]))
}

fn say(answer: &Value) -> &str {
    answer["error"]["message"].as_str().unwrap_or_default()
}

const READS: &str = r#"
[[reply]]
when = { turn = 1 }
text = "Hm."
usage = { input = 50, output = 10 }
[[reply.call]]
tool = "read"
args = { path = "a" }
[[reply]]
when = { turn = 2 }
text = "Done."
"#;

/// The second request of a conversation whose first answer was `content`.
fn second(content: &Value) -> Value {
    let id = &content[1]["id"];
    plain(json!([
        opening()["messages"][0],
        {"role": "assistant", "content": content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "x"}]},
    ]))
}

#[tokio::test]
async fn plain_messages_are_spoken_too() {
    let server = serve(READS).await;
    let (status, answer) = post(&server, &opening()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["content"][1]["input"], json!({"path": "a"}));
    assert_eq!(answer["stop_reason"], "tool_use");
    assert_eq!(answer["usage"]["output_tokens"], 10);
    let (status, answer) = post(&server, &second(&answer["content"])).await;
    assert_eq!((status, &answer["content"][0]["text"]), (StatusCode::OK, &json!("Done.")));
    assert_eq!(answer["usage"]["output_tokens"], 2, "without a usage, a token for every four bytes");
    assert_eq!(server.tally().answered, 2);
}

#[tokio::test]
async fn violations_are_refused_and_recorded() {
    let server = serve(READS).await;
    let mut hot = opening();
    hot["temperature"] = json!(0);
    let (status, answer) = post(&server, &hot).await;
    assert_eq!(
        (status, &answer["error"]["type"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_request_error"))
    );
    assert!(say(&answer).contains("temperature"));
    let mut greedy = opening();
    greedy["max_tokens"] = json!(1_001);
    assert!(say(&post(&server, &greedy).await.1).contains("1001 > 1000"));
    let mut other = opening();
    other["model"] = json!("n");
    assert!(say(&post(&server, &other).await.1).contains("no \"n\""));
    let wild = Client::new().get(format!("{}/v1/models", server.base_url()));
    assert_eq!(wild.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let tally = server.tally();
    assert_eq!((tally.violations.len(), tally.received, tally.answered), (4, 4, 0));
}

#[tokio::test]
async fn blocks_come_back_as_they_were_sent() {
    let server = serve(READS).await;
    let (_, answer) = post(&server, &opening()).await;
    let mut content = answer["content"].clone();
    content[0]["text"] = json!("Hm!");
    let (status, refusal) = post(&server, &second(&content)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(say(&refusal).contains("messages.1.content.0: this block was never sent"));

    let restarted = Server::restart(Arc::new(load(READS).unwrap()), None).await.unwrap();
    let (status, _) = post(&restarted, &second(&content)).await;
    assert_eq!(status, StatusCode::OK, "a conversation from before is taken on trust");
    post(&restarted, &opening()).await;
    let (status, _) = post(&restarted, &second(&content)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "one that began here is not");
}

#[tokio::test]
async fn requests_without_one_reply_are_shown() {
    let server = serve(
        "[[reply]]\nwhen = { turn = 1 }\ntext = \"x\"\n[[reply]]\nwhen = { attempt = 1 }\ntext = \"y\"\n",
    )
    .await;
    let (_, tie) = post(&server, &opening()).await;
    assert!(say(&tie).contains("the replies at lines 11 and 14 are both for"), "{tie}");
    let server = serve("").await;
    let (status, none) = post(&server, &opening()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let shown = r#"when = { role = "worker", task = "T", attempt = 1, turn = 1 } (try 1); the last message begins: role: worker"#;
    assert!(say(&none).contains(shown), "{none}");
    assert_eq!((server.tally().unmatched.len(), server.tally().violations.len()), (1, 0));
}

#[tokio::test]
async fn the_same_request_is_counted_whatever_model_or_cap_it_names() {
    let server = serve(
        "[[reply]]\nwhen = { turn = 1, try = 1 }\nfault = { status = 529 }\n[[reply]]\nwhen = { turn = 1 }\ntext = \"x\"\n",
    )
    .await;
    assert_eq!(post(&server, &opening()).await.0.as_u16(), 529);
    let mut poorer = opening();
    poorer["max_tokens"] = json!(50);
    assert_eq!(post(&server, &poorer).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_bill_beyond_the_bound_needs_to_be_meant() {
    let replies = |usage: &str, fault: &str| format!("[[reply]]\ntext = \"x\"\nusage = {usage}\n{fault}\n");
    for usage in [
        "{ input = 9000, output = 1 }",
        "{ input = 1, cache_read = 9000, output = 1 }",
        "{ input = 1, output = 101 }",
    ] {
        let server = serve(&replies(usage, "")).await;
        let (status, answer) = post(&server, &opening()).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(say(&answer).contains("overbill") && server.tally().violations.len() == 1);
        let server = serve(&replies(usage, "fault = { overbill = true }")).await;
        assert_eq!(post(&server, &opening()).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_tally_file_has_a_line_for_each_whole_reply_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tally.jsonl");
    let scenario = Arc::new(load(READS).unwrap());
    let server = Server::start(Arc::clone(&scenario), Some(file.clone())).await.unwrap();
    let (_, answer) = post(&server, &opening()).await;
    drop(server);
    let server = Server::restart(scenario, Some(file.clone())).await.unwrap();
    post(&server, &second(&answer["content"])).await;
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_ne!(lines[0]["request"], lines[1]["request"]);
    let mut first = lines[0].clone();
    first["request"] = Value::Null;
    assert_eq!(
        first,
        json!({"request": null, "role": "worker", "section": null, "task": "T", "attempt": 1, "turn": 1,
            "model": "m", "input": 50, "output": 10})
    );
    let used = server.tally().usage;
    assert!(used.output == 2 && used != Usage::default());
    let nowhere = Server::start(Arc::new(load("").unwrap()), Some("/nowhere/at/all".into())).await;
    assert!(nowhere.unwrap_err().to_string().contains("/nowhere/at/all"));
}
