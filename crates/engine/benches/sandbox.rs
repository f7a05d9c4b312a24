//! What a command costs: `true` by a plain spawn of the same shell, and by `run` at each sandbox level.

#![expect(clippy::unwrap_used, reason = "a bench stops where it fails")]

use std::path::Path;
use std::time::Duration;

use divan::Bencher;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use trireme_core::SandboxLevel;
use trireme_engine::sandbox::{CommandLimits, Sandbox, SandboxSettings, Surroundings};
use trireme_engine::workspace::Shell;

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

fn main() {
    trireme_testkit::machine::has_bubblewrap();
    divan::main();
}

/// A folder with HOME and TMPDIR beside it, and a shell for it at this level.
fn shell(runtime: &Runtime, level: SandboxLevel) -> (TempDir, Shell) {
    let above = tempfile::tempdir().unwrap();
    for name in ["work", "home", "tmp"] {
        std::fs::create_dir(above.path().join(name)).unwrap();
    }
    let warden = env!("CARGO_BIN_EXE_trireme-warden");
    let settings = SandboxSettings { level: Some(level), ..SandboxSettings::of(warden, &[]) };
    let sandbox = runtime.block_on(Sandbox::find(&settings, PATH.as_ref(), above.path())).unwrap();
    let home = Path::new("/nonexistent");
    let surroundings = Surroundings { path: PATH.as_ref(), env: &[], home, further: &[], hidden: &[] };
    let shell = Shell {
        run: format!("bench-{}", std::process::id()),
        sandbox,
        path: PATH.into(),
        home: above.path().join("home"),
        tmp: above.path().join("tmp"),
        env: Vec::new(),
        read: surroundings.places().into(),
        hidden: [].into(),
        hosts: [].into(),
    };
    (above, shell)
}

#[divan::bench(sample_count = 200, sample_size = 1, args = SandboxLevel::ALL)]
fn run_true(bencher: Bencher<'_, '_>, level: SandboxLevel) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (above, shell) = shell(&runtime, level);
    let work = above.path().join("work");
    let limits = CommandLimits::within(Duration::from_secs(60));
    bencher.bench_local(|| {
        let ran = runtime.block_on(shell.run(&work, "true", limits)).unwrap();
        assert_eq!(ran.exit, Some(0));
    });
}

#[divan::bench(sample_count = 200, sample_size = 1)]
#[expect(clippy::disallowed_methods, reason = "this is what the sandbox is compared with")]
fn spawn_true() {
    let status = std::process::Command::new("sh").args(["-c", "true"]).status().unwrap();
    assert!(status.success());
}
