//! What the tests of the workspace share: a git, and an Owner's repository in a temporary folder.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use trireme_core::{CommitId, Millis};

use super::{Git, Repo};

pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
pub(super) const AT: Millis = Millis(1_700_000_000_000);

pub(super) fn git() -> Git {
    Git::new(PATH, "/nonexistent")
}

/// An Owner's folder, and a state folder beside it.
pub(super) struct Owner {
    folder: TempDir,
}

impl Owner {
    /// A folder that is no repository.
    pub(super) fn without_git() -> Self {
        let owner = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(owner.dir()).unwrap();
        owner
    }

    /// A repository without a commit.
    pub(super) fn without_commit() -> Self {
        let owner = Self::without_git();
        owner.git(&["init", "-q", "-b", "main"]);
        owner
    }

    /// A repository with these files committed.
    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        let owner = Self::without_commit();
        owner.commits(files);
        owner
    }

    pub(super) fn dir(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, path: &str, content: &str) {
        write(&self.dir(), path, content);
    }

    pub(super) fn commits(&self, files: &[(&str, &str)]) -> CommitId {
        files.iter().for_each(|(path, content)| self.write(path, content));
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "the Owner's"]);
        self.head()
    }

    pub(super) fn head(&self) -> CommitId {
        CommitId(self.git(&["rev-parse", "HEAD"]))
    }

    pub(super) async fn repo(&self) -> Repo {
        Repo::open(&git(), &self.dir(), &self.beside("state")).await.unwrap()
    }

    /// The Owner's own git, with all its settings in force.
    #[expect(clippy::disallowed_methods, reason = "plays the Owner")]
    pub(super) fn git(&self, args: &[&str]) -> String {
        let output = std::process::Command::new("git")
            .current_dir(self.dir())
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", "/nonexistent")
            .args(["-c", "user.name=Owner", "-c", "user.email=owner@example.org"])
            .args(args)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {stderr}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }
}

pub(super) fn write(dir: &Path, path: &str, content: &str) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Makes a program. It is written by another process: one that is open for writing here, while another test starts a process,
/// could not be run.
#[expect(clippy::disallowed_methods, reason = "plays the machine's administrator")]
pub(super) fn program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let write = "printf %s \"$2\" > \"$1\" && chmod 755 \"$1\"";
    let mut sh = std::process::Command::new("sh");
    assert!(sh.args(["-c", write, "sh"]).arg(path).arg(text).status().unwrap().success());
}

/// Everything that is in a folder: mode, names and content.
pub(super) fn all_of(dir: &Path) -> BTreeMap<PathBuf, (u32, u64, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let about = path.symlink_metadata().unwrap();
            let content = match about.file_type() {
                kind if kind.is_dir() => Vec::new(),
                kind if kind.is_symlink() => {
                    fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
                }
                _ => fs::read(&path).unwrap(),
            };
            let names = if about.is_dir() { 0 } else { about.nlink() };
            found.insert(path.strip_prefix(dir).unwrap().to_owned(), (about.mode(), names, content));
            if about.is_dir() {
                pending.push(path);
            }
        }
    }
    found
}
