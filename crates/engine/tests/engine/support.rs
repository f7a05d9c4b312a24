//! An engine over a fresh state folder, and ways to look at what it did.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use trireme_core::{RunId, SandboxLevel};
use trireme_engine::sandbox::{Sandbox, SandboxSettings, Surroundings};
use trireme_engine::workspace::Shell;
use trireme_engine::{DirtyTree, Engine, Order, Replay, Settings};

/// A fresh state folder with an engine over it.
pub(crate) struct Ground {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) engine: Engine,
}

pub(crate) fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "tests hand their own surroundings down")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The surroundings of a test: its own state and home, the machine's tools.
pub(crate) fn settings(state: &Path) -> Settings {
    let home = state.join("home");
    std::fs::create_dir_all(&home).unwrap();
    let own_home = variable("HOME").unwrap_or_default();
    let tool_home = |name: &str, folder: &str| {
        (name.to_owned(), variable(name).unwrap_or_else(|| format!("{own_home}/{folder}")))
    };
    Settings {
        state: state.join("state"),
        path: variable("PATH").unwrap_or_default().into(),
        home,
        passed: vec![tool_home("CARGO_HOME", ".cargo"), tool_home("RUSTUP_HOME", ".rustup")],
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
        sandbox: sandbox(),
        owner_key: trireme_engine::vault::KeyPlace::Own(state.join("home/owner.key")),
        secrets: Vec::new(),
        patterns: Vec::new(),
        retention: Vec::new(),
    }
}

/// The highest level that this machine has.
pub(crate) fn sandbox() -> SandboxSettings {
    trireme_testkit::machine::has_bubblewrap();
    SandboxSettings::of(env!("CARGO_BIN_EXE_trireme-warden"), &[])
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::open(settings(dir.path())).await.unwrap();
        Self { dir, engine }
    }
}

/// Replays a run: today's code does what it has on record. Every scripted run ends with this.
pub(crate) async fn replayed(engine: &Engine, run: &RunId) -> Replay {
    let replay = engine.replay(run).await.unwrap();
    assert!(!replay.differs() && replay.untold.is_none(), "{replay:#?}");
    assert_eq!(replay.events, replay.recorded);
    replay
}

/// An order that a scenario fills in.
pub(crate) fn order(scenario: &Path) -> Order {
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

/// The small scenario that goes through all tiers.
pub(crate) fn relay() -> PathBuf {
    workspace_root().join("crates/testkit/scenarios/relay")
}

/// Runs a shell command in a folder and gives what it printed.
#[expect(clippy::disallowed_methods, reason = "tests look at real repositories with real tools")]
pub(crate) fn sh(dir: &Path, command: &str) -> String {
    let output = std::process::Command::new("sh").args(["-c", command]).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A server on an address of loopback that is nobody else's. It answers what it is told first with that.
pub(crate) struct Echo {
    pub(crate) port: u16,
    _served: JoinSet<()>,
}

impl Echo {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut served = JoinSet::new();
        served.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut told = [0; 4_096];
                let count = stream.read(&mut told).await.unwrap_or(0);
                let told = String::from_utf8_lossy(&told[..count]).into_owned();
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{told}", told.len());
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { port, _served: served }
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.2:{}", self.port)
    }
}

/// The PATH of commands that are started without a run.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A folder `work` with HOME and TMPDIR beside it, and a shell for it at the highest level, or the one that is named.
pub(crate) async fn shell(run: &str, level: Option<SandboxLevel>) -> (tempfile::TempDir, Shell) {
    let above = tempfile::tempdir().unwrap();
    for name in ["work", "home", "tmp"] {
        std::fs::create_dir(above.path().join(name)).unwrap();
    }
    let settings = SandboxSettings { level, ..sandbox() };
    let sandbox = Sandbox::find(&settings, PATH.as_ref(), above.path()).await.unwrap();
    let home = Path::new("/nonexistent");
    let surroundings = Surroundings { path: PATH.as_ref(), env: &[], home, further: &[], hidden: &[] };
    let shell = Shell {
        run: format!("{run}-{}-{}", sandbox.level(), trireme_engine::clock::random_name(6)),
        sandbox,
        path: PATH.into(),
        home: above.path().join("home"),
        tmp: above.path().join("tmp"),
        env: Vec::new(),
        read: surroundings.places().into(),
        hidden: [above.path().to_owned()].into(),
        hosts: [].into(),
    };
    (above, shell)
}
