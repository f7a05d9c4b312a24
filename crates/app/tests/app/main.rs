//! The program as people and scripts meet it: in a cleared environment, with a home of its own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod errors;
mod help;
mod runs;

use std::path::Path;

use assert_cmd::Command;
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
        let path = std::env::var_os("PATH").unwrap();
        let mut command = Command::cargo_bin("trireme").unwrap();
        command.env_clear().env("PATH", path).env("HOME", self.path()).env("COLUMNS", "100");
        for name in ["CARGO_HOME", "RUSTUP_HOME"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let output = command.current_dir(self.path().join("here")).args(args).output().unwrap();
        Done {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
