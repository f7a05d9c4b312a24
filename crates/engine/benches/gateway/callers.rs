//! Callers that cost next to nothing: bytes that were made before, over connections that stay open.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::provider::now_ns;

/// A number of requests over a number of connections.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) address: &'a str,
    pub(crate) key: &'a str,
    pub(crate) connections: usize,
    pub(crate) requests: usize,
    /// The length of the conversation, in lines of fifty bytes.
    pub(crate) lines: usize,
}

/// What it came to.
pub(crate) struct Seen {
    took: Duration,
    /// Of each request, or of each event of a stream; sorted.
    each: Vec<Duration>,
}

impl Seen {
    fn new(took: Duration, mut each: Vec<Duration>) -> Self {
        each.sort();
        Self { took, each }
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.each.len() as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn p50(&self) -> Duration {
        self.each[self.each.len() / 2]
    }

    pub(crate) fn p99(&self) -> Duration {
        self.each[self.each.len() * 99 / 100]
    }
}

impl Load<'_> {
    pub(crate) async fn run(&self) -> Seen {
        let request = post(self.address, self.key, false, self.lines);
        let mut callers = JoinSet::new();
        let began = Instant::now();
        for _ in 0..self.connections {
            let (address, request, count) =
                (self.address.to_owned(), request.clone(), self.requests / self.connections);
            callers.spawn(async move {
                let mut socket = connect(&address).await;
                let mut each = Vec::with_capacity(count);
                let mut buffer = Vec::with_capacity(4_096);
                for _ in 0..count {
                    let began = Instant::now();
                    socket.write_all(&request).await.unwrap();
                    whole(&mut socket, &mut buffer).await;
                    each.push(began.elapsed());
                }
                each
            });
        }
        let each = callers.join_all().await.concat();
        Seen::new(began.elapsed(), each)
    }
}

/// Reads events of streams, and how old each is.
pub(crate) async fn stream(address: &str, key: &str, connections: usize) -> Seen {
    let request = post(address, key, true, 20);
    let mut callers = JoinSet::new();
    let began = Instant::now();
    for _ in 0..connections {
        let (address, request) = (address.to_owned(), request.clone());
        callers.spawn(async move {
            let mut each = Vec::new();
            for _ in 0..20 {
                let mut socket = connect(&address).await;
                socket.write_all(&request).await.unwrap();
                let mut read = Vec::new();
                let mut seen = 0;
                while !read.ends_with(b"0\r\n\r\n") {
                    assert!(socket.read_buf(&mut read).await.unwrap() > 0, "a stream broke");
                    let now = now_ns();
                    for at in stamps(&read[seen..]) {
                        each.push(Duration::from_nanos(u64::try_from(now - at).unwrap()));
                    }
                    seen = read.len();
                }
            }
            each
        });
    }
    let each = callers.join_all().await.concat();
    Seen::new(began.elapsed(), each)
}

/// The moments that a piece of a stream was written at.
fn stamps(piece: &[u8]) -> Vec<u128> {
    let text = String::from_utf8_lossy(piece);
    text.split("at=").skip(1).filter_map(|rest| rest.split_once(';')?.0.parse().ok()).collect()
}

async fn connect(address: &str) -> TcpStream {
    let socket = TcpStream::connect(address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

fn post(address: &str, key: &str, streamed: bool, lines: usize) -> Vec<u8> {
    let content = "Open the file, row the boat, mind the image, stop. ".repeat(lines);
    let body = format!(
        "{{\"model\":\"claude-haiku-5-5\",\"max_tokens\":1000,\"stream\":{streamed},\"messages\":[{{\"role\":\"user\",\"content\":\"{content}\"}}]}}"
    );
    format!(
        "POST /v1/messages HTTP/1.1\r\nhost: {address}\r\nx-api-key: {key}\r\nanthropic-version: 2023-06-01\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Reads one whole answer.
async fn whole(socket: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        assert!(socket.read_buf(buffer).await.unwrap() > 0, "an answer broke off");
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        if buffer.len() == end + 4 + length.map_or(0, |text| text.trim().parse::<usize>().unwrap()) {
            return;
        }
    }
}
