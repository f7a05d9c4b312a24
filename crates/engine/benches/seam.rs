//! What the seam costs an attempt beyond its commands' own time, in a repository of 5,000 files: its commit, the checkout, the
//! pins, the write-set, the merge, and every event of it on the disk. First one attempt after the other, then 100 in parallel
//! and what is left behind. `cargo bench -p trireme-engine --bench seam`.

#![expect(clippy::unwrap_used, reason = "a bench stops where it fails")]

mod ground;

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use trireme_core::run::Subject;
use trireme_core::run::event::{BranchEvent, Event, TaskEvent};
use trireme_core::{AttemptId, Millis};
use trireme_engine::workspace::{Git, Repo, Worktree};
use trireme_engine::{DirtyTree, Past};
use trireme_testkit::attempts::Attempts;

use ground::{FILES, Waits, engine, play, project, sh};

/// Attempts one after the other.
const ATTEMPTS: usize = 25;

/// Attempts in parallel.
const PARALLEL: usize = 100;

/// A build, and a test of what it built.
const CHECKS: [&str; 2] =
    ["mkdir -p target && cat src/m*/p0/*.rs > target/built", "test -s target/built && cat out/{task}.txt"];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let dir = tempfile::tempdir().unwrap();
    project(&dir.path().join("project"));
    let engine = engine(dir.path()).await;
    println!("{FILES} files; milliseconds beyond the commands' own time");
    let (past, _) = play(&engine, dir.path(), attempts(ATTEMPTS, 1)).await;
    let costs = costs(past).await;
    for part in Part::ALL {
        println!(
            "{:<45} {}",
            part.name(),
            waits(&costs, |cost| cost.get(&part).copied().unwrap_or_default())
        );
    }
    let whole = waits(&costs, |cost| cost.values().sum());
    println!("{:<45} {whole}", "all of it, for each attempt");
    let plain = plain_way(dir.path()).await;
    let ratio = plain.as_secs_f64() / whole.median().as_secs_f64();
    println!("a new folder made and removed takes {plain:.1?} alone: {ratio:.1} times as long as all of it");

    let (past, took) = play(&engine, dir.path(), attempts(PARALLEL, PARALLEL)).await;
    left_behind(dir.path(), &past);
    let each = took / u32::try_from(PARALLEL).unwrap();
    println!(
        "{PARALLEL} attempts in parallel: {took:.1?}, {each:.1?} each; no folder, process or reference is left"
    );
}

/// What the seam spends its time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Seal,
    Check,
    Merge,
}

impl Part {
    const ALL: [Self; 3] = [Self::Seal, Self::Check, Self::Merge];

    const fn name(self) -> &'static str {
        match self {
            Self::Seal => "the attempt's files become a commit",
            Self::Check => "checkout, pins, three criteria",
            Self::Merge => "the merge",
        }
    }
}

type Cost = HashMap<Part, Duration>;

fn waits(costs: &HashMap<AttemptId, Cost>, of: impl Fn(&Cost) -> Duration) -> Waits {
    Waits(costs.values().map(of).collect())
}

/// From its claim to its merge, by the journal.
async fn costs(mut past: Past) -> HashMap<AttemptId, Cost> {
    let mut costs: HashMap<AttemptId, Cost> = HashMap::new();
    let mut began = Millis(0);
    for (_, at, event) in past.events(1, 100_000).await.unwrap() {
        let since = Duration::from_millis(at.since(began));
        let mut add = |attempt: AttemptId, part, spent| {
            *costs.entry(attempt).or_default().entry(part).or_default() += spent;
        };
        match event {
            Event::Task(TaskEvent::ResultClaimed { .. } | TaskEvent::CheckBegan { .. })
            | Event::Branch(BranchEvent::MergeBegan { .. }) => began = at,
            Event::Task(TaskEvent::AttemptSealed { attempt, .. }) => add(attempt, Part::Seal, since),
            Event::Task(TaskEvent::Checked {
                subject: Subject::Attempt(attempt) | Subject::Task(attempt),
                findings,
                ..
            }) => {
                let commands: u64 = findings.iter().map(|finding| finding.commands_ms).sum();
                add(attempt, Part::Check, since.saturating_sub(Duration::from_millis(commands)));
            }
            Event::Branch(BranchEvent::Merged { subject: Subject::Task(attempt), .. }) => {
                add(attempt, Part::Merge, since);
            }
            Event::Run(_)
            | Event::Money(_)
            | Event::Agent(_)
            | Event::Task(_)
            | Event::Branch(_)
            | Event::Opinion(_) => {}
        }
    }
    costs
}

/// The plain way: a folder of all files made anew for one check, and removed.
async fn plain_way(dir: &Path) -> Duration {
    let git = Git::new(ground::path(), dir);
    let repo = Repo::open(&git, &dir.join("project"), &dir.join("plain")).await.unwrap();
    let base = repo.base(DirtyTree::Refuse, Millis(0)).await.unwrap();
    let mut waits = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        let folder = Worktree::create(&repo, &dir.join("plain/work"), &base, &|_| true).await.unwrap();
        folder.remove().await.unwrap();
        waits.push(began.elapsed());
    }
    Waits(waits).median()
}

fn left_behind(dir: &Path, past: &Past) {
    let run = &past.run.head().unwrap().id;
    let work = dir.join(format!("state/runs/{run}/work"));
    assert!(!work.exists(), "{}", work.display());
    let refs = sh(&dir.join("project"), &format!("git for-each-ref refs/trireme/{run} | wc -l"));
    let worktrees = sh(&dir.join("project"), "git worktree list | wc -l; find .git -name '*.lock' | wc -l");
    assert_eq!((refs.as_str(), worktrees.as_str()), ("0\n", "1\n0\n"));
    assert_eq!(trireme_engine::workspace::kill_marked(&run.0), 0);
}

fn attempts(number: usize, at_once: usize) -> Attempts<'static> {
    let worker = "mkdir -p out && echo made > out/{task}.txt";
    let pinned = &["src/m0", "src/m1/p0/f1.rs"];
    Attempts { number, at_once, reads: ".gitignore", latency_ms: 0, worker, checks: &CHECKS, pinned }
}
