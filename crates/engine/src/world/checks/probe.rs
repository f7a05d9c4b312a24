//! A check that starts a server and asks it something.

use std::time::{Duration, Instant};

use axum::body::Body;
use futures_util::StreamExt as _;
use hyper::Request;
use hyper::client::conn::http1::handshake;
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use trireme_core::limits::{PROBE_BODY_BYTES, PROBE_PAUSE_MS};
use trireme_core::*;

use super::run::{is_match, matcher};
use super::{Bench, unverifiable, verdict};
use crate::sandbox::Door;
use crate::world::{Trouble, World};

/// Why nobody is asked where nobody can listen.
const NO_SERVERS: &str = "at sandbox level L2 no command can have a server: it takes L3, and trireme doctor says what is missing for it";

/// What a server answered.
struct Answered {
    status: u16,
    body: String,
}

impl World {
    /// Starts a server in a clean checkout and asks it, until it answers or its time is over.
    pub(super) async fn probe(
        &self,
        bench: &mut Bench,
        check: &Check,
    ) -> Result<(Verdict, Evidence), Trouble> {
        let Check::Http { start, path, status, body, timeout_s, memory_mb, .. } = check else {
            return Ok(unverifiable("this is no server"));
        };
        if !self.ground()?.sandbox.lets_listen() {
            return Ok(unverifiable(NO_SERVERS));
        }
        let pattern = match body.as_deref().map(matcher).transpose() {
            Ok(pattern) => pattern,
            Err(why) => return Ok(why),
        };
        let limits = self.check_limits(*timeout_s, *memory_mb)?;
        let port = free_port().map_err(|error| Trouble::Folder { path: "127.0.0.1".into(), error })?;
        let checkout = bench.checkout(self.0.desks.pool()).await?;
        let tree = checkout.tree().clone();
        let folder = checkout.ready().await?;
        self.furnish(folder).await?;
        let mut shell = self.shell(folder)?;
        shell.env.push(("PORT".to_owned(), port.to_string()));
        let began = Instant::now();
        let asked = async |door| ask(door, port, path).await;
        let (answered, ran) = shell.while_it_runs(folder.dir(), start, limits, asked).await?;
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let holds = answered.as_ref().is_some_and(|answered| {
            answered.status == *status && pattern.is_none_or(|pattern| is_match(&pattern, &answered.body))
        });
        let answer = answered.as_ref().map(|answered| format!("answer:\n{}\n", answered.body));
        let output = format!("{}{}", ran.said(), answer.unwrap_or_default());
        bench.commands_ms += ran.took_ms;
        let output = self.0.blobs.put(output).await?;
        let status = answered.map(|answered| answered.status);
        Ok((verdict(holds), Evidence::Http { status, output, tree, took_ms }))
    }
}

/// A port that nobody listens at just now.
fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Asks again until somebody answers.
async fn ask(mut door: Door, port: u16, path: &str) -> Answered {
    loop {
        if let Some(answered) = ask_once(&mut door, port, path).await {
            return answered;
        }
        tokio::time::sleep(Duration::from_millis(PROBE_PAUSE_MS)).await;
    }
}

async fn ask_once(door: &mut Door, port: u16, path: &str) -> Option<Answered> {
    let connection = TokioIo::new(door.connect(port).await.ok()?);
    let (mut sender, line) = handshake(connection).await.ok()?;
    let request = Request::get(path).header(HOST, format!("127.0.0.1:{port}")).body(Body::empty()).ok()?;
    let answered = async move {
        let (head, body) = sender.send_request(request).await.ok()?.into_parts();
        Some(Answered { status: head.status.as_u16(), body: head_of(Body::new(body)).await })
    };
    // What is wrong with the line, whoever waits for the answer is told.
    tokio::join!(answered, line).0
}

/// The beginning of a body: a server may send for ever.
async fn head_of(body: Body) -> String {
    let (mut bytes, mut chunks) = (Vec::new(), body.into_data_stream());
    while let Some(Ok(chunk)) = chunks.next().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > PROBE_BODY_BYTES {
            bytes.truncate(PROBE_BODY_BYTES);
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
