//! A project of 5,000 files, runs of many attempts in it, and waits.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use trireme_core::CommitId;
use trireme_core::run::event::RunEnd;
use trireme_engine::{DirtyTree, Engine, Finish, Order, Past, Settings};
use trireme_testkit::attempts::Attempts;

/// Files of the project.
pub(crate) const FILES: usize = 5_000;

/// PATH.
#[expect(clippy::disallowed_methods, reason = "a bench reads its surroundings once")]
pub(crate) fn path() -> String {
    std::env::var("PATH").unwrap_or_default()
}

/// Runs a shell command in a folder and gives what it printed.
#[expect(clippy::disallowed_methods, reason = "a bench makes real repositories with real tools")]
pub(crate) fn sh(dir: &Path, command: &str) -> String {
    let output = std::process::Command::new("sh").args(["-c", command]).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Makes a repository of files in 500 folders, 2 kB each.
pub(crate) fn project(dir: &Path) -> CommitId {
    for number in 0..FILES {
        write(dir, number, "as it was");
    }
    std::fs::write(dir.join(".gitignore"), "target/\n").unwrap();
    sh(dir, "git init -q -b main");
    committed(dir)
}

/// Commits all of it.
pub(crate) fn committed(dir: &Path) -> CommitId {
    let commit = "git add -A && git -c user.name=o -c user.email=o@o commit -qm files && git rev-parse HEAD";
    CommitId(sh(dir, commit).trim().to_owned())
}

/// Writes one of the files.
pub(crate) fn write(dir: &Path, number: usize, what: &str) {
    let folder = dir.join(format!("src/m{}/p{}", number % 50, number / 50 % 10));
    std::fs::create_dir_all(&folder).unwrap();
    let lines: String = (0..60).map(|line| format!("// line {line} of file {number} {what}\n")).collect();
    std::fs::write(folder.join(format!("f{number}.rs")), lines).unwrap();
}

/// How long each of several waited.
pub(crate) struct Waits(pub(crate) Vec<Duration>);

impl Waits {
    /// So many of a hundred waited no longer.
    pub(crate) fn part(&self, percent: usize) -> Duration {
        let mut waits = self.0.clone();
        waits.sort();
        waits.get((waits.len() - 1) * percent / 100).copied().unwrap()
    }

    /// Half of them waited no longer.
    pub(crate) fn median(&self) -> Duration {
        self.part(50)
    }
}

impl std::fmt::Display for Waits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |wait: Duration| wait.as_secs_f64() * 1_000.0;
        let (median, most) = (ms(self.median()), ms(self.part(100)));
        write!(f, "median {median:>7.1}   p90 {:>7.1}   most {most:>7.1}", ms(self.part(90)))
    }
}

/// An engine with a state folder of its own.
pub(crate) async fn engine(dir: &Path) -> Engine {
    Engine::open(settings(dir)).await.unwrap()
}

/// Runs attempts in the folder `project`, and says how long that took.
pub(crate) async fn play(engine: &Engine, dir: &Path, attempts: Attempts<'_>) -> (Past, Duration) {
    let folder = dir.join(format!("scenario-{}", attempts.number));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("scenario.toml"), attempts.scenario()).unwrap();
    let began = Instant::now();
    let order = Order { project: Some(dir.join("project")), ..order(&folder) };
    let live = engine.start(order).await.unwrap();
    let id = live.id().clone();
    assert_eq!(live.finish().await.unwrap(), Finish::Ended(RunEnd::Verified));
    let past = engine.past(&id).await.unwrap();
    past.run.audit().unwrap();
    let verified = past.run.attempts().iter().filter(|(_, attempt)| attempt.verified()).count();
    assert_eq!(verified, attempts.number);
    (past, began.elapsed())
}

fn settings(dir: &Path) -> Settings {
    let home = dir.join("home");
    std::fs::create_dir_all(&home).unwrap();
    Settings {
        state: dir.join("state"),
        path: path().into(),
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
        sandbox: trireme_engine::sandbox::SandboxSettings::of(env!("CARGO_BIN_EXE_trireme-warden"), &[]),
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
