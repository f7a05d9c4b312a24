//! The program as people and scripts meet it: in a cleared environment, with a home of its own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "tests start the program, and hand its environment down")]

mod approval;
mod at;
mod crash;
mod editor;
mod errors;
mod exec;
mod full_disk;
mod help;
mod keep;
mod kill;
mod log;
mod mcp;
mod models;
mod opinion;
mod random_kills;
mod replay;
mod retention;
mod roles;
mod runs;
mod sandbox;
mod secrets;
mod seen;
mod setup;
mod sql;
mod world;

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A home, and an empty folder to stand in.
struct Desk {
    home: TempDir,
}

/// What a command left behind.
struct Done {
    code: i32,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Self {
        trireme_testkit::machine::has_bubblewrap();
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("here")).unwrap();
        Self { home }
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn trireme(&self, args: &[&str]) -> Done {
        let output = self.command(args).output().unwrap();
        Done {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The program in a cleared environment; compilers are found where the one who runs the tests has them.
    fn command(&self, args: &[&str]) -> Command {
        let own_home = std::env::var("HOME").unwrap_or_default();
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("trireme"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.path()).env("COLUMNS", "100").env("TRIREME_STATE", self.state());
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            command.env(name, std::env::var(name).unwrap_or_else(|_| format!("{own_home}/{folder}")));
        }
        command.current_dir(self.path().join("here")).args(args);
        command
    }

    fn state(&self) -> std::path::PathBuf {
        self.path().join("state")
    }

    /// The folder of the only run.
    fn run_folder(&self) -> Option<std::path::PathBuf> {
        let runs = std::fs::read_dir(self.state().join("runs")).ok()?;
        runs.flatten().map(|entry| entry.path()).find(|path| path.join("run.json").exists())
    }
}

/// A folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
