//! Very many workers under very many Managers, through the real engine: scripted models over the real wire, real git, every
//! result through the seam. `cargo bench -p trireme-engine --bench crowd -- 100 100` for 10,000 workers; a small one where
//! nothing is said.

#![expect(clippy::unwrap_used, reason = "a bench stops where it fails")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use trireme_core::Run;
use trireme_core::ledger::Ledger;
use trireme_core::limits::{HIDDEN_INPUT_TOKENS, ORCHESTRATOR_CONTEXT_TOKENS};
use trireme_core::run::event::RunEnd;
use trireme_engine::sandbox::SandboxSettings;
use trireme_engine::{DirtyTree, Engine, Finish, Order, Settings};
use trireme_testkit::crowd::{COST_OF_A_CALL, Crowd};

/// How often it says how far it is.
const EACH: Duration = Duration::from_secs(30);

#[expect(clippy::disallowed_methods, reason = "a bench reads its surroundings once")]
fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let (managers, workers) = match numbers.as_slice() {
        [managers, workers] => (*managers, *workers),
        _ => (10, 20),
    };
    let path = std::env::var("PATH").unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(play(Crowd { managers, workers }, &path));
}

async fn play(crowd: Crowd, path: &str) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("scenario");
    std::fs::create_dir_all(folder.join("project")).unwrap();
    std::fs::write(folder.join("project/a.txt"), "a\n").unwrap();
    std::fs::write(folder.join("scenario.toml"), crowd.scenario()).unwrap();
    let engine = Engine::open(settings(dir.path(), path)).await.unwrap();
    let began = Instant::now();
    let live = engine.start(order(&folder)).await.unwrap();
    let id = live.id().clone();
    let mut views = live.views();
    let telling = async {
        loop {
            tokio::time::sleep(EACH).await;
            let counts = views.borrow_and_update().counts;
            println!("{:>5} s: {counts:?}", began.elapsed().as_secs());
        }
    };
    let finish = tokio::select! {
        finish = live.finish() => finish.unwrap(),
        () = telling => return,
    };
    let took = began.elapsed();
    assert_eq!(finish, Finish::Ended(RunEnd::Verified));
    report(crowd, &engine.past(&id).await.unwrap().run, took);
}

/// What came of it; a run that is not as it should be has no figures.
fn report(crowd: Crowd, run: &Run, took: Duration) {
    run.audit().unwrap();
    let workers = crowd.managers * crowd.workers;
    assert_eq!(run.attempts().iter().filter(|(_, attempt)| attempt.verified()).count(), workers);
    let spent = run.ledger().get(Ledger::RUN).unwrap().spent;
    assert_eq!(spent, COST_OF_A_CALL.times(crowd.calls() as u64));
    let orchestrator = run.agents().get(run.orchestrator().unwrap()).unwrap();
    let widest = orchestrator.widest + HIDDEN_INPUT_TOKENS;
    assert!(widest <= ORCHESTRATOR_CONTEXT_TOKENS, "{widest} tokens by the bound");
    println!(
        "{workers} workers under {} Managers: {took:.1?}, {:.1?} each; {} events; {spent} spent; the Orchestrator's largest \
         request {widest} tokens by the bound; {}",
        crowd.managers,
        took / u32::try_from(workers).unwrap(),
        run.events(),
        most_memory(),
    );
}

/// The process's own word on the most memory that it ever had.
fn most_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn settings(dir: &Path, path: &str) -> Settings {
    let home = dir.join("home");
    std::fs::create_dir_all(&home).unwrap();
    Settings {
        state: dir.join("state"),
        path: path.into(),
        home,
        passed: Vec::new(),
        providers: Default::default(),
        environment: Default::default(),
        prices: None,
        declared: Default::default(),
        deadlines: Default::default(),
        stakes: Default::default(),
        setups: Vec::new(),
        scope: trireme_core::Scope::all(),
        lent: Vec::new(),
        servers: Vec::new(),
        servers_left_out: Vec::new(),
        roles: None,
        sandbox: SandboxSettings::of(env!("CARGO_BIN_EXE_trireme-warden"), &[]),
        owner_key: trireme_engine::vault::KeyPlace::Own(dir.join("owner.key")),
        secrets: Vec::new(),
        patterns: Vec::new(),
        retention: Vec::new(),
    }
}

fn order(scenario: &Path) -> Order {
    Order {
        project: None,
        cwd: PathBuf::from("/"),
        sentence: None,
        budget: None,
        reserve: None,
        constraints: Vec::new(),
        context: Vec::new(),
        plan: None,
        path: None,
        checks: Vec::new(),
        scenario: Some(scenario.to_owned()),
        dirty: DirtyTree::Refuse,
        preapproved: true,
        stakes: Default::default(),
        opinion: None,
    }
}
