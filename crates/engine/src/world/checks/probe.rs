//! A check that starts a server and asks it something.

use std::time::{Duration, Instant};

use trireme_core::limits::{OUTPUT_END_BYTES, PROBE_BODY_BYTES, PROBE_PAUSE_MS};
use trireme_core::*;

use super::run::{is_match, matcher};
use super::{Bench, unverifiable, verdict};
use crate::workspace::CommandLimits;
use crate::world::{Trouble, World};

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
        let pattern = match body.as_deref().map(matcher).transpose() {
            Ok(pattern) => pattern,
            Err(why) => return Ok(why),
        };
        let limits = CommandLimits {
            timeout: Duration::from_secs((*timeout_s).into()),
            memory_mb: *memory_mb,
            output_end_bytes: OUTPUT_END_BYTES,
        };
        let port = free_port().map_err(|error| Trouble::Folder { path: "127.0.0.1".into(), error })?;
        let checkout = bench.checkout(self.repo()).await?;
        let tree = checkout.tree().clone();
        let folder = checkout.ready().await?;
        let mut shell = self.shell(folder);
        shell.env.push(("PORT".to_owned(), port.to_string()));
        let began = Instant::now();
        let (answered, ran) = shell.while_it_runs(folder.dir(), start, limits, ask(port, path)).await?;
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let holds = answered.as_ref().is_some_and(|answered| {
            answered.status == *status && pattern.is_none_or(|pattern| is_match(&pattern, &answered.body))
        });
        let answer = answered.as_ref().map(|answered| format!("answer:\n{}\n", answered.body));
        let output = format!("{}{}", ran.output, answer.unwrap_or_default());
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
async fn ask(port: u16, path: &str) -> Answered {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let url = format!("http://127.0.0.1:{port}{path}");
    loop {
        if let Ok(client) = &client
            && let Ok(response) = client.get(&url).send().await
        {
            let status = response.status().as_u16();
            return Answered { status, body: head_of(response).await };
        }
        tokio::time::sleep(Duration::from_millis(PROBE_PAUSE_MS)).await;
    }
}

/// The beginning of a body: a server may send for ever.
async fn head_of(mut response: reqwest::Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > PROBE_BODY_BYTES {
            bytes.truncate(PROBE_BODY_BYTES);
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
