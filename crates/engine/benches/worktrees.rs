//! How long an attempt waits for its folder, in a repository of 5,000 files with 20 attempts at once, beside the plain way in
//! the same run; and whether 100 folders are removed without trace. `cargo bench -p trireme-engine --bench worktrees`.

#![expect(clippy::unwrap_used, reason = "a bench stops where it fails")]

mod ground;

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use trireme_core::run::event::{AgentEvent, Event};
use trireme_core::{CommitId, Tool};
use trireme_engine::workspace::{Git, Pool, Repo, Worktree};
use trireme_testkit::attempts::Attempts;

use ground::{FILES, Waits, committed, engine, play, project, sh};

/// Attempts that begin in one moment.
const AT_ONCE: usize = 20;

/// How long it may take until the last folder is gone.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long a model takes to answer.
const LATENCY_MS: u64 = 1_500;

/// How long an attempt thinks before it comes back: its folder is washed meanwhile.
const PAUSE: Duration = Duration::from_secs(3);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let dir = tempfile::tempdir().unwrap();
    let base = project(&dir.path().join("project"));
    let git = Git::new(ground::path(), dir.path());
    let repo = Repo::open(&git, &dir.path().join("project"), &dir.path().join("state")).await.unwrap();
    let work = dir.path().join("state/work");
    std::fs::create_dir_all(&work).unwrap();
    println!("{FILES} files, {AT_ONCE} attempts at once; milliseconds until each has its folder");

    let plain = plain_way(&repo, &work, &base).await;
    let pool = Pool::new(&repo, work.clone());
    let cold = at_once(&pool, &base, "cold").await;
    tell("nothing made ahead", &cold, &plain);
    tokio::time::sleep(PAUSE).await;
    let again = at_once(&pool, &base, "again").await;
    tell("kept folders of the same tree", &again, &plain);
    for (number, changed) in [5, 100].into_iter().enumerate() {
        let tip = commit(&dir.path().join("project"), number, changed);
        tokio::time::sleep(PAUSE).await;
        let switched = at_once(&pool, &tip, &format!("switched-{number}")).await;
        tell(&format!("kept folders of a tree with {changed} other files"), &switched, &plain);
    }
    tokio::time::sleep(PAUSE).await;
    without_trace(&pool, &repo, &work, &base).await;
    in_a_run(dir.path(), &plain).await;
}

/// In a run, by its journal: how long the first look of each attempt into its folder takes, once its model has asked for it.
async fn in_a_run(dir: &Path, plain: &Waits) {
    let worker = "mkdir -p out && echo made > out/{task}.txt";
    let (reads, checks, pinned) = (".gitignore", &["cat out/{task}.txt"], &["src/m0"]);
    let (number, at_once, latency_ms) = (3 * AT_ONCE, AT_ONCE, LATENCY_MS);
    let attempts = Attempts { number, at_once, reads, latency_ms, worker, checks, pinned };
    let (mut past, _) = play(&engine(dir).await, dir, attempts).await;
    let (mut asked, mut waits) = (HashMap::new(), Vec::new());
    for (_, at, event) in past.events(1, 100_000).await.unwrap() {
        if let Event::Agent(AgentEvent::ToolCalled { effect, tool: Tool::Read, .. }) = event {
            asked.insert(effect, at);
        } else if let Event::Agent(AgentEvent::ToolDone { effect, .. }) = event
            && let Some(asked) = asked.remove(&effect)
        {
            waits.push(Duration::from_millis(at.since(asked)));
        }
    }
    for (round, waits) in waits.chunks(AT_ONCE).enumerate() {
        let waits = Waits(waits.to_vec());
        tell(&format!("in a run, models answer after {LATENCY_MS} ms: round {}", round + 1), &waits, plain);
    }
}

/// Everybody gets a new folder, and all are removed afterwards.
async fn plain_way(repo: &Repo, work: &Path, commit: &CommitId) -> Waits {
    let mut tasks = JoinSet::new();
    for number in 0..AT_ONCE {
        let (repo, dir, commit) = (repo.clone(), work.join(format!("plain-{number}")), commit.clone());
        tasks.spawn(async move {
            let began = Instant::now();
            let folder = Worktree::create(&repo, &dir, &commit, &|_| true).await.unwrap();
            (began.elapsed(), folder)
        });
    }
    let made = tasks.join_all().await;
    let (waits, folders): (Vec<_>, Vec<_>) = made.into_iter().unzip();
    let began = Instant::now();
    for folder in folders {
        folder.remove().await.unwrap();
    }
    let each = began.elapsed() / u32::try_from(AT_ONCE).unwrap();
    let waits = Waits(waits);
    println!("{:<58} {waits}   removing one: {each:.1?}", "the plain way: a new folder each");
    waits
}

async fn at_once(pool: &Pool, commit: &CommitId, name: &str) -> Waits {
    let mut tasks = JoinSet::new();
    for number in 0..AT_ONCE {
        let (pool, commit, name) = (pool.clone(), commit.clone(), format!("{name}-{number}"));
        tasks.spawn(async move {
            let began = Instant::now();
            let folder = pool.folder(&name, &commit, &|_| true).await.unwrap();
            (began.elapsed(), folder)
        });
    }
    let (waits, folders): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().unzip();
    for folder in folders {
        use_it(folder.dir());
        pool.give_back(folder);
    }
    Waits(waits)
}

/// What an attempt leaves: a changed file, a new one, and build output.
fn use_it(dir: &Path) {
    std::fs::write(dir.join("src/m0/p0/f0.rs"), "changed\n").unwrap();
    std::fs::write(dir.join("src/new.rs"), "new\n").unwrap();
    for number in 0..50 {
        std::fs::create_dir_all(dir.join(format!("target/{number}"))).unwrap();
        std::fs::write(dir.join(format!("target/{number}/built")), "built\n").unwrap();
    }
}

async fn without_trace(pool: &Pool, repo: &Repo, work: &Path, commit: &CommitId) {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..100 {
        let (pool, commit) = (pool.clone(), commit.clone());
        tasks.spawn(async move {
            let mut checkout = pool.checkout(&format!("check-{number}"), &commit, &[]).await.unwrap();
            use_it(checkout.ready().await.unwrap().dir());
            checkout.give_back();
        });
    }
    tasks.join_all().await;
    let used = began.elapsed();
    let mut left = usize::MAX;
    while left > 0 && began.elapsed() < PATIENCE {
        tokio::time::sleep(PAUSE).await;
        pool.empty().await;
        left = std::fs::read_dir(work).unwrap().count();
    }
    pool.close().await;
    let refs = sh(repo.root(), "git for-each-ref refs/trireme | wc -l; git worktree list | wc -l");
    println!("100 folders at once: {used:.1?}; left behind: {left}; refs, worktrees: {refs:?}");
    assert_eq!((left, refs.as_str()), (0, "0\n1\n"));
}

/// Changes so many files, and commits.
fn commit(dir: &Path, round: usize, changed: usize) -> CommitId {
    for number in 0..changed {
        ground::write(dir, number * FILES / changed, &format!("changed in round {round}"));
    }
    committed(dir)
}

fn tell(what: &str, waits: &Waits, plain: &Waits) {
    let ratio = plain.median().as_secs_f64() / waits.median().as_secs_f64();
    println!("{what:<58} {waits}   {ratio:.0} times as quick at the median");
}
