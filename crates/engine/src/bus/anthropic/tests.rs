//! The adapter against the scripted server, over real sockets; and against bare sockets for what the server never does.

use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use trireme_core::prompts::ToolSpec;
use trireme_core::{Fault, Stop, Usage, Wire, limits};

use crate::bus::http::Timeouts;
use crate::bus::{
    Adapter as _, Answer, Failed, HttpAdapter, Message, Provider, Request, Secret, ToolCall, UserPart,
};
use crate::scenario::{Scenario, Server};

const HEAD: &str = r#"
name = "wire"
[models.m]
family = "scripted"
input = "3"
output = "15"
context_tokens = 200000
output_tokens = 1000
[seniority]
senior = ["m"]
"#;

fn scenario(replies: &str) -> (TempDir, Arc<Scenario>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("scenario.toml"), format!("{HEAD}{replies}")).unwrap();
    let scenario = Scenario::load(folder.path()).unwrap();
    (folder, Arc::new(scenario))
}

async fn serve(replies: &str) -> (Server, HttpAdapter) {
    let (_folder, scenario) = scenario(replies);
    let server = Server::start(scenario, None).await.unwrap();
    let adapter = adapter(server.base_url());
    (server, adapter)
}

fn provider(base_url: &str, key: Option<&str>) -> Provider {
    let key = key.map(|key| Secret::new(key).unwrap());
    Provider { name: "anthropic".to_owned(), wire: Wire::Anthropic, base_url: base_url.to_owned(), key }
}

fn adapter(base_url: &str) -> HttpAdapter {
    HttpAdapter::new(provider(base_url, None), Timeouts::default()).unwrap()
}

fn hasty(base_url: &str) -> HttpAdapter {
    let timeouts = Timeouts {
        headers: Duration::from_millis(150),
        idle: Duration::from_millis(150),
        ..Timeouts::default()
    };
    HttpAdapter::new(provider(base_url, Some("sk-secret")), timeouts).unwrap()
}

fn user(text: &str) -> Message {
    Message::User(vec![UserPart::Text(text.to_owned())])
}

fn result(id: &str, text: &str) -> UserPart {
    UserPart::ToolResult { id: id.to_owned(), text: text.to_owned(), is_error: false }
}

fn request(messages: Vec<Message>) -> Request {
    let spec = |name: &'static str| ToolSpec {
        name: name.into(),
        description: format!("The tool {name}."),
        schema: json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}),
    };
    Request {
        model: "m".to_owned(),
        system: "You row.".to_owned(),
        messages,
        tools: vec![spec("read"), spec("write")],
        max_tokens: 1_000,
        streamed: true,
        ..Request::default()
    }
}

fn opening() -> Request {
    request(vec![user("role: worker\nsection: S\ntask: Parser\nattempt: 1\n\nGo.")])
}

async fn send(adapter: &HttpAdapter, request: &Request) -> Result<Answer, Failed> {
    adapter.send(adapter.encode(request)).await
}

async fn fault(replies: &str) -> (Failed, Server) {
    let (server, adapter) = serve(replies).await;
    (send(&adapter, &opening()).await.unwrap_err(), server)
}

#[test]
fn a_request_encodes_to_these_bytes() {
    let thought = json!({"type": "thinking", "thinking": "hm", "signature": "c2ln"});
    let call = json!({"type": "tool_use", "id": "t1", "name": "read", "input": {"path": "a"}});
    let failed = UserPart::ToolResult { id: "t1".to_owned(), text: String::new(), is_error: true };
    let request = request(vec![
        user("go"),
        Message::Assistant(vec![
            thought,
            json!({"type": "thinking", "thinking": "cut off", "signature": ""}),
            json!({"type": "text", "text": "\n"}),
            call,
        ]),
        Message::User(vec![failed, UserPart::Text(" ".to_owned()), UserPart::Text("on".to_owned())]),
        Message::Assistant(vec![json!({"type": "text", "text": ""})]),
        user("still there?"),
    ]);
    let adapter = adapter("http://127.0.0.1:1");
    let bytes = adapter.encode(&request);
    assert_eq!(bytes, adapter.encode(&request.clone()));
    let text =
        String::from_utf8(bytes.body.to_vec()).unwrap().replace(",{", ",\n{").replace(",\"m", ",\n\"m");
    expect![[r#"
        {"model":"m",
        "max_tokens":1000,"stream":true,"tools":[{"description":"The tool read.","input_schema":{"properties":{"path":{"type":"string"}},"required":["path"],"type":"object"},"name":"read"},
        {"cache_control":{"type":"ephemeral"},"description":"The tool write.","input_schema":{"properties":{"path":{"type":"string"}},"required":["path"],"type":"object"},"name":"write"}],"system":[{"cache_control":{"type":"ephemeral"},"text":"You row.","type":"text"}],
        "messages":[{"role":"user","content":[{"text":"go","type":"text"}]},
        {"role":"assistant","content":[{"signature":"c2ln","thinking":"hm","type":"thinking"},
        {"id":"t1","input":{"path":"a"},"name":"read","type":"tool_use"}]},
        {"role":"user","content":[{"content":"(empty)","is_error":true,"tool_use_id":"t1","type":"tool_result"},
        {"text":"on","type":"text"},
        {"cache_control":{"type":"ephemeral"},"text":"still there?","type":"text"}]}]}"#]].assert_eq(&text);
}

#[tokio::test]
async fn a_conversation_goes_round_and_every_request_passes_the_check() {
    let (server, adapter) = serve(
        r#"
[[reply]]
when = { role = "worker", turn = 1 }
text = "Reading for {task}, attempt {attempt}."
usage = { input = 100, output = 20, cache_read = 7, cache_write = 3, cache_write_1h = 2 }
[[reply.call]]
tool = "read"
args = { path = "src/{section}.rs" }
[[reply.call]]
tool = "write"
args = { path = "b", content = "é𝄞", deep = [1, { x = 2.5, y = true }] }
[[reply]]
when = { role = "worker", turn = 2, after = "fn main" }
text = "Done."
usage = { input = 200, output = 5 }
"#,
    )
    .await;
    let mut asked = opening();
    let answer = send(&adapter, &asked).await.unwrap();
    assert_eq!(answer.text, "Reading for Parser, attempt 1.");
    assert_eq!(answer.reply.stop, Stop::ToolUse);
    assert_eq!(answer.reply.served, "m");
    let usage = Usage {
        input: 100,
        output: 20,
        cache_read: 7,
        cache_write: 3,
        cache_write_1h: 2,
        ..Usage::default()
    };
    assert_eq!(answer.reply.usage, Some(usage));
    let args: Vec<_> = answer.calls.iter().map(|call| call.args.clone().unwrap()).collect();
    assert_eq!(args[0], json!({"path": "src/S.rs"}));
    assert_eq!(args[1], json!({"path": "b", "content": "é𝄞", "deep": [1, {"x": 2.5, "y": true}]}));

    let again = send(&adapter, &asked).await.unwrap();
    assert_eq!(again.calls, answer.calls, "a repeat gives the same ids");

    let ids: Vec<_> = answer.calls.iter().map(|call: &ToolCall| call.id.clone()).collect();
    assert!(ids[0] != ids[1] && ids[0].starts_with("toolu_") && ids[0].len() == 26);
    asked.messages.push(Message::Assistant(answer.content));
    asked.messages.push(Message::User(vec![result(&ids[0], "fn main() {}"), result(&ids[1], "")]));
    let last = send(&adapter, &asked).await.unwrap();
    assert_eq!((last.text.as_str(), last.reply.stop), ("Done.", Stop::EndTurn));

    let tally = server.tally();
    assert_eq!((tally.violations, tally.unmatched), (vec![], vec![]));
    assert_eq!((tally.received, tally.answered, tally.usage.output), (3, 3, 45));
}

#[tokio::test]
async fn refusals_become_their_faults() {
    for (scripted, expected) in [
        (
            r#"{ status = 429, headers = { "retry-after" = "2" } }"#,
            Fault::RateLimited { retry_after_ms: Some(2_000) },
        ),
        (
            r#"{ status = 429, headers = { "retry-after-ms" = "30" }, body = "slow" }"#,
            Fault::RateLimited { retry_after_ms: Some(30) },
        ),
        ("{ status = 529 }", Fault::Overloaded),
        ("{ status = 503 }", Fault::Overloaded),
        (
            r#"{ status = 503, body = '{"type":"error","error":{"type":"api_error","message":"?"}}' }"#,
            Fault::Server { status: 503 },
        ),
        ("{ status = 500 }", Fault::Server { status: 500 }),
        (r#"{ status = 401, body = "who?" }"#, Fault::Auth { message: "who?".to_owned() }),
        (
            r#"{ status = 402, body = '{"type":"error","error":{"type":"billing_error","message":"pay"}}' }"#,
            Fault::Billing { message: "pay".to_owned() },
        ),
        (
            r#"{ status = 400, body = "prompt is too long: 9 > 8" }"#,
            Fault::ContextTooLong { message: "prompt is too long: 9 > 8".to_owned() },
        ),
        (
            r#"{ status = 307, headers = { location = "/elsewhere" }, body = "go" }"#,
            Fault::BadRequest { status: 307, message: "go".to_owned() },
        ),
    ] {
        let (failed, server) = fault(&format!("[[reply]]\nfault = {scripted}\n")).await;
        assert_eq!(failed, Failed { fault: expected, usage: None, limits: Default::default() });
        assert_eq!((server.tally().received, server.tally().answered), (1, 0), "no hidden retry");
    }
}

#[tokio::test]
async fn a_cut_is_a_cut_wherever_it_comes() {
    for bytes in [0, 1, 300, 700, 1_000_000] {
        let (failed, server) = fault(&format!(
            "[[reply]]\ntext = \"long enough\"\nusage = {{ input = 9, output = 4 }}\nfault = {{ cut_after_bytes = {bytes} }}\n"
        ))
        .await;
        assert!(matches!(failed.fault, Fault::Cut { .. }), "{bytes}: {failed:?}");
        let known = failed.usage.map(|usage| (usage.input, usage.output));
        match bytes {
            0 | 1 => assert_eq!(known, None),
            300 => assert_eq!(known, None, "message_start is longer"),
            700 => assert_eq!(known, Some((9, 1)), "what came before the cut is read"),
            _ => assert_eq!(known, Some((9, 4))),
        }
        assert_eq!(server.tally().answered, 0);
    }
}

#[tokio::test]
async fn silence_times_out_and_the_server_still_stops() {
    let (server, _) = serve("[[reply]]\nfault = { silence = true }\n").await;
    let failed = send(&hasty(server.base_url()), &opening()).await.unwrap_err();
    assert_eq!(failed.fault, Fault::Timeout);
    let base_url = server.base_url().to_owned();
    let mut patient = JoinSet::new();
    patient.spawn(adapter(&base_url).send(adapter(&base_url).encode(&opening())));
    while server.tally().received < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(server);
    let held = patient.join_next().await.unwrap().unwrap().unwrap_err();
    assert!(matches!(held.fault, Fault::Cut { .. }), "{held:?}");
    // The port closes when the task is gone, which is a matter of the next polls.
    for _ in 0..1_000 {
        let failed = send(&hasty(&base_url), &opening()).await.unwrap_err();
        if matches!(failed.fault, Fault::Unreachable { .. }) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the port is still open");
}

#[tokio::test]
async fn silence_in_mid_answer_times_out_with_what_was_known() {
    let (server, _) =
        serve("[[reply]]\ntext = \"late\"\nlatency_ms = 60000\nusage = { input = 9, output = 4 }\n").await;
    let failed = send(&hasty(server.base_url()), &opening()).await.unwrap_err();
    assert_eq!(failed.fault, Fault::Timeout);
    assert_eq!(failed.usage.unwrap().input, 9);
}

#[tokio::test]
async fn nobody_there_is_unreachable_and_unbilled() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let failed = send(&adapter(&base_url), &opening()).await.unwrap_err();
    assert!(matches!(failed.fault, Fault::Unreachable { .. }), "{failed:?}");
    assert!(failed.fault.is_unbilled());
}

#[tokio::test]
async fn malformed_arguments_go_to_the_model_and_back() {
    let (server, adapter) = serve(
        r#"
[[reply]]
when = { turn = 1 }
fault = { malformed_args = true }
[[reply.call]]
tool = "read"
args = { path = "src/parser.rs" }
[[reply]]
when = { turn = 2 }
text = "Sorry."
"#,
    )
    .await;
    let mut asked = opening();
    let answer = send(&adapter, &asked).await.unwrap();
    let why = answer.calls[0].args.clone().unwrap_err();
    assert!(why.contains(r#"{"path":"s"#), "{why}");
    asked.messages.push(Message::Assistant(answer.content));
    asked.messages.push(Message::User(vec![result(&answer.calls[0].id, &why)]));
    assert_eq!(send(&adapter, &asked).await.unwrap().text, "Sorry.");
    assert_eq!(server.tally().violations, Vec::<String>::new());
}

#[tokio::test]
async fn missing_usage_is_none_and_another_model_is_a_failure() {
    let (_server, adapter) = serve("[[reply]]\ntext = \"x\"\nfault = { no_usage = true }\n").await;
    assert_eq!(send(&adapter, &opening()).await.unwrap().reply.usage, None);
    let (failed, _server) = fault(
        "[[reply]]\ntext = \"x\"\nusage = { input = 9, output = 4 }\nfault = { served = \"m-mini\" }\n",
    )
    .await;
    let served = "m-mini".to_owned();
    assert_eq!(failed.fault, Fault::WrongModel { served });
    assert_eq!(failed.usage.unwrap().input, 9);
    let (_server, adapter) = serve("[[reply]]\ntext = \"x\"\nfault = { served = \"m-20261001\" }\n").await;
    assert_eq!(send(&adapter, &opening()).await.unwrap().reply.served, "m-20261001");
}

/// Answers one connection with these bytes after the whole request has come, then closes it.
async fn bare(answer: String) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        // The body of a request ends with its last brace.
        while !seen.ends_with(b"}") {
            let mut chunk = [0; 4_096];
            let size = socket.read(&mut chunk).await.unwrap();
            seen.extend_from_slice(&chunk[..size]);
        }
        socket.write_all(answer.as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
    });
    (base_url, tasks)
}

async fn bare_fault(answer: String) -> Fault {
    let (base_url, _tasks) = bare(answer).await;
    send(&hasty(&base_url), &opening()).await.unwrap_err().fault
}

#[tokio::test]
async fn hostile_answers_are_faults_and_never_show_the_key() {
    let closed = bare_fault(String::new()).await;
    assert!(matches!(closed, Fault::Cut { .. }), "sent, so perhaps billed: {closed:?}");

    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>sk-secret</html>";
    let Fault::Garbled { message } = bare_fault(page.to_owned()).await else {
        panic!("a page is no answer");
    };
    assert!(message.contains("<html>[key]"), "{message}");

    let body = format!("sk-secret is wrong {}", "x".repeat(2_000));
    let echo = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let Fault::Auth { message } = bare_fault(echo).await else {
        panic!("403 is about the key");
    };
    assert!(message.starts_with("[key] is wrong") && message.chars().count() == limits::ERROR_CHARS);

    let stream = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let noise = format!("{stream}data: {{\n\n");
    assert!(matches!(bare_fault(noise).await, Fault::Garbled { .. }));
    let flood = format!("{stream}{}", ": nothing\n".repeat(limits::REPLY_BYTES / 10 + 1));
    assert!(matches!(bare_fault(flood).await, Fault::Garbled { .. }));
}

#[tokio::test]
async fn plain_answers_are_read_too() {
    let (server, adapter) = serve(
        r#"
[[reply]]
text = "Reading."
usage = { input = 100, output = 20, cache_read = 7 }
[[reply.call]]
tool = "read"
args = { path = "a" }
"#,
    )
    .await;
    let plain = Request { streamed: false, ..opening() };
    let (plain, streamed) =
        (send(&adapter, &plain).await.unwrap(), send(&adapter, &opening()).await.unwrap());
    let timeless =
        |answer: Answer| Answer { reply: trireme_core::Reply { latency_ms: 0, ..answer.reply }, ..answer };
    assert_eq!(timeless(plain), timeless(streamed));
    assert_eq!(server.tally().violations, Vec::<String>::new());
}

#[tokio::test]
async fn the_request_carries_the_key_and_the_version() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/gate/", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let _ = send(&hasty(&base_url), &opening()).await;
    });
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"}") {
        let mut chunk = [0; 4_096];
        let size = socket.read(&mut chunk).await.unwrap();
        seen.extend_from_slice(&chunk[..size]);
    }
    let seen = String::from_utf8(seen).unwrap();
    assert!(seen.starts_with("POST /gate/v1/messages HTTP/1.1\r\n"), "{seen}");
    assert!(
        seen.contains("\r\nx-api-key: sk-secret\r\nanthropic-version: 2026-10-21\r\n")
            || seen.contains("\r\nanthropic-version: 2026-10-21\r\nx-api-key: sk-secret\r\n"),
        "{seen}"
    );
}
