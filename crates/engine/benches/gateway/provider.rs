//! A provider that costs next to nothing: it reads a request to its end and writes an answer that was made before.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Events of a stream, and the pause between two.
const EVENTS: usize = 25;
const PAUSE: Duration = Duration::from_millis(4);

const WHOLE: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-5-5","content":[{"type":"text","text":"Row, row, row your boat, gently down the stream."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":30,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":20}}"#;

/// Serves until it is killed, and says first where.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            socket.set_nodelay(true).unwrap();
            connections.spawn(converse(socket));
        }
    });
}

async fn converse(mut socket: TcpStream) {
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{WHOLE}",
        WHOLE.len()
    );
    let mut read = Vec::new();
    while let Some(body) = request(&mut socket, &mut read).await {
        let is_stream = body.windows(13).any(|window| window == b"\"stream\":true");
        let written =
            if is_stream { stream(&mut socket).await } else { socket.write_all(answer.as_bytes()).await };
        if written.is_err() {
            return;
        }
    }
}

/// The body of the next request; none at the end of the connection.
async fn request(socket: &mut TcpStream, read: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let whole = end + 4 + length.map_or(0, |text| text.trim().parse::<usize>().unwrap());
            if read.len() >= whole {
                let rest = read.split_off(whole);
                let body = read.split_off(end + 4);
                *read = rest;
                return Some(body);
            }
        }
        if socket.read_buf(read).await.ok()? == 0 {
            return None;
        }
    }
}

async fn stream(socket: &mut TcpStream) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    socket.write_all(head.as_bytes()).await?;
    let start = r#"{"type":"message_start","message":{"model":"claude-haiku-5-5","usage":{"input_tokens":30,"output_tokens":1}}}"#;
    event(socket, "message_start", start).await?;
    for _ in 0..EVENTS {
        tokio::time::sleep(PAUSE).await;
        let data = format!(
            "{{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"at={};\"}}}}",
            now_ns()
        );
        event(socket, "content_block_delta", &data).await?;
    }
    event(
        socket,
        "message_delta",
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":20}}"#,
    )
    .await?;
    event(socket, "message_stop", r#"{"type":"message_stop"}"#).await?;
    socket.write_all(b"0\r\n\r\n").await
}

async fn event(socket: &mut TcpStream, name: &str, data: &str) -> std::io::Result<()> {
    let text = format!("event: {name}\ndata: {data}\n\n");
    socket.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await
}

/// The same clock in every process of this machine.
pub(crate) fn now_ns() -> u128 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap();
    Duration::from(now).as_nanos()
}
