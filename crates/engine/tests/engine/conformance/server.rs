//! A provider that answers what it is told to, in pieces of any size, and keeps what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What it answers every request with.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// Bytes of each piece.
    pub(crate) step: usize,
    /// Whether the connection breaks instead of ending.
    pub(crate) breaks: bool,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

pub(crate) struct Provider {
    pub(crate) base_url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    _task: JoinSet<()>,
}

impl Provider {
    pub(crate) async fn saying(said: Said) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/base", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (mut task, kept) = (JoinSet::new(), Arc::clone(&asked));
        task.spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let request = read(&mut socket).await;
                kept.lock().unwrap().push(request);
                // Who has heard enough hangs up.
                let _ = answer(&mut socket, &said).await;
            }
        });
        Self { base_url, asked, _task: task }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn read(socket: &mut TcpStream) -> Asked {
    let mut seen = Vec::new();
    loop {
        let mut chunk = [0; 16_384];
        let size = socket.read(&mut chunk).await.unwrap();
        assert!(size > 0, "the request is whole");
        seen.extend_from_slice(&chunk[..size]);
        let Some(end) = seen.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(seen[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
        let pair =
            |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let headers: BTreeMap<_, _> = lines.filter_map(pair).collect();
        let length: usize = headers["content-length"].parse().unwrap();
        if seen.len() == end + 4 + length {
            let body = serde_json::from_slice(&seen[end + 4..]).unwrap();
            return Asked { path, headers, body };
        }
    }
}

async fn answer(socket: &mut TcpStream, said: &Said) -> std::io::Result<()> {
    let headers: String = said.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "HTTP/1.1 {} Said\r\n{headers}connection: close\r\ntransfer-encoding: chunked\r\n\r\n",
        said.status
    );
    let mut bytes = head.into_bytes();
    // Each chunk of the transfer reaches the reader as a piece of its own.
    for piece in said.body.chunks(said.step.max(1)) {
        bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        bytes.extend_from_slice(piece);
        bytes.extend_from_slice(b"\r\n");
    }
    if !said.breaks {
        bytes.extend_from_slice(b"0\r\n\r\n");
    }
    socket.write_all(&bytes).await?;
    socket.shutdown().await
}
