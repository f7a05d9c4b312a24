//! What the gateway costs over a direct call, side by side in one run: `cargo bench -p trireme-engine --bench gateway`.
//!
//! Three processes on loopback, each this program: a provider that answers at once, the gateway with every promise and
//! settlement in its journal, and the callers. CPU is the gateway process's own, as the kernel counts it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench stops where it fails")]
#![expect(clippy::disallowed_methods, reason = "a bench starts the processes that it measures")]

mod callers;
mod provider;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use callers::{Load, Seen};
use tokio::runtime::Runtime;
use trireme_core::catalogue::Catalogue;
use trireme_core::{Millis, Money, Wire};
use trireme_engine::bus::http::Timeouts;
use trireme_engine::bus::{Provider, Secret};
use trireme_engine::gateway::{Gateway, KeyWish, Setup};
use trireme_engine::journal::{Journal, Row};

/// Requests of one measurement.
const REQUESTS: usize = 20_000;
/// Times that each is repeated; the median counts.
const ROUNDS: usize = 3;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("provider") => provider::serve(),
        Some("gateway") => serve_gateway(Path::new(&args[2]), &args[3]),
        _ => compare(),
    }
}

/// A process that has said where it listens, and whatever else it had to say.
struct Served {
    process: Child,
    said: Vec<String>,
}

impl Served {
    fn start(args: &[&str]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { process, said: line.split_whitespace().map(str::to_owned).collect() }
    }

    /// Time on a processor so far, of its own and of the kernel for it.
    fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// Memory that it holds, in kilobytes.
    fn memory_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves a gateway to the end of its input, with a key that nothing exhausts.
fn serve_gateway(dir: &Path, provider: &str) {
    // As the program does it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let account = Provider {
            name: "anthropic".to_owned(),
            wire: Wire::Anthropic,
            base_url: format!("http://{provider}"),
            key: Some(Secret::new("sk-bench").unwrap()),
        };
        let setup = Setup {
            catalogue: Catalogue::built_in().unwrap(),
            providers: vec![account],
            key_variables: Vec::new(),
            limits: std::collections::BTreeMap::new(),
            timeouts: Timeouts::default(),
            listen: "127.0.0.1:0".parse().unwrap(),
        };
        let gateway = Gateway::open(dir, setup).await.unwrap();
        let wish = KeyWish {
            name: "bench".to_owned(),
            limit: Money::MAX,
            parent: None,
            models: Vec::new(),
            output_cap: 32_000,
            expires: None,
        };
        let key = gateway.make_key(wish).unwrap();
        println!("{} {key}", gateway.address());
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()))
            .await
            .unwrap()
            .unwrap();
    });
}

fn compare() {
    let provider = Served::start(&["provider"]);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("gateway");
    let gateway = Served::start(&["gateway", dir.to_str().unwrap(), &provider.said[0]]);
    println!("memory of the idle gateway: {:.1} MB", gateway.memory_kb() as f64 / 1_024.0);
    let runtime = Runtime::new().unwrap();
    let commit = runtime.block_on(commits(&folder.path().join("commits")));
    println!("one group commit of two events: p50 {} µs", commit.as_micros());
    println!(
        "\n{:>11}  {:>12} {:>12}  {:>11} {:>11} {:>11} {:>11}  {:>11}",
        "connections",
        "direct",
        "gateway",
        "direct p50",
        "gateway p50",
        "added p50",
        "allowed",
        "CPU/request"
    );
    for (connections, lines) in [(1, 20), (16, 20), (64, 20), (16, 1_000)] {
        if lines == 1_000 {
            println!("with a conversation of 50 kB, as agents send them:");
        }
        let requests = if connections == 1 { REQUESTS / 10 } else { REQUESTS };
        let direct = Load { address: &provider.said[0], key: "none", connections, requests, lines };
        let through = Load { address: &gateway.said[0], key: &gateway.said[1], ..direct };
        let mut rows = Vec::new();
        for _ in 0..ROUNDS {
            let straight = runtime.block_on(direct.run());
            let before = gateway.cpu();
            let seen = runtime.block_on(through.run());
            rows.push((straight, seen, (gateway.cpu() - before) / u32::try_from(requests).unwrap()));
        }
        rows.sort_by_key(|(_, _, cpu)| *cpu);
        let (straight, seen, cpu) = &rows[ROUNDS / 2];
        print_row(connections, straight, seen, *cpu, commit);
    }
    println!(
        "memory after {} requests: {:.1} MB",
        REQUESTS * ROUNDS * 2,
        gateway.memory_kb() as f64 / 1_024.0
    );
    streams(&runtime, &provider, &gateway);
}

fn print_row(connections: usize, direct: &Seen, through: &Seen, cpu: Duration, commit: Duration) {
    let added = through.p50().saturating_sub(direct.p50());
    let allowed = commit * 2 + Duration::from_micros(500);
    println!(
        "{connections:>11}  {:>10.0}/s {:>10.0}/s  {:>8} µs {:>8} µs {:>8} µs {:>8} µs  {:>8} µs",
        direct.per_second(),
        through.per_second(),
        direct.p50().as_micros(),
        through.p50().as_micros(),
        added.as_micros(),
        allowed.as_micros(),
        cpu.as_micros(),
    );
}

/// The median time of a commit of what one call writes.
async fn commits(dir: &Path) -> Duration {
    let mut journal = Journal::create(dir, "bench").await.unwrap();
    let body = format!("{{\"reserved\":\"{}\"}}", "x".repeat(120));
    let row = Row { at: Millis(1), kind: "reserved", body };
    let mut took = Vec::new();
    for _ in 0..300 {
        let began = Instant::now();
        journal.append(&[row.clone(), row.clone()], &[]).await.unwrap();
        took.push(began.elapsed());
    }
    took.sort();
    took[took.len() / 2]
}

/// How long a piece of a stream takes from the provider's hand to the caller's.
fn streams(runtime: &Runtime, provider: &Served, gateway: &Served) {
    println!("\nstreams: from the provider's writing of an event to the caller's reading of it");
    for connections in [1, 16] {
        let direct = callers::stream(&provider.said[0], "none", connections);
        let direct = runtime.block_on(direct);
        let through = runtime.block_on(callers::stream(&gateway.said[0], &gateway.said[1], connections));
        println!(
            "{connections:>11} connections: direct p50 {} µs p99 {} µs, gateway p50 {} µs p99 {} µs",
            direct.p50().as_micros(),
            direct.p99().as_micros(),
            through.p50().as_micros(),
            through.p99().as_micros(),
        );
    }
}
