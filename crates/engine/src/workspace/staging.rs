//! Staging: a private index and the files of one folder, turned into trees and back.
//!
//! The index lies outside the repository and outside the folder. Nothing here adds a gitlink: a folder that holds a
//! repository of its own is taken by its files, without its `.git`.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use trireme_core::TreeId;

use super::git::{Git, GitCall, GitError, Place, garbled};

/// The mode of a gitlink, which names a commit of another repository.
pub(super) const GITLINK: &str = "160000";
/// The mode of a symbolic link.
pub(super) const LINK: &str = "120000";

/// How deep repositories in repositories are followed.
const NESTING: usize = 8;

/// What git says of a file that the folder's owner made impossible to add. Everything else is our trouble, not theirs.
const THEIR_FAULT: [&str; 5] = [
    "invalid path",
    "Permission denied",
    "can only add regular files",
    "unable to index file",
    "unable to add",
];

/// A private index in a file of its own, which goes away with the value.
#[derive(Debug)]
pub(super) struct PrivateIndex(PathBuf);

impl PrivateIndex {
    /// A name in `folder` that nobody has yet.
    pub(super) fn new(folder: &Path) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let index = Self(folder.join(format!("index-{}-{number}", std::process::id())));
        // A process that was killed may have had our number, and left this behind.
        index.remove();
        index
    }

    /// A copy that keeps the time of the original, by which git tells whether an entry may have changed unseen.
    pub(super) fn copy_of(original: &Path, folder: &Path) -> std::io::Result<Self> {
        let index = Self::new(folder);
        std::fs::copy(original, &index.0)?;
        let modified = std::fs::metadata(original)?.modified()?;
        File::options().write(true).open(&index.0)?.set_modified(modified)?;
        Ok(index)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn remove(&self) {
        // A file that stays behind is harmless, and nobody could be told.
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(self.0.with_added_extension("lock"));
    }
}

impl Drop for PrivateIndex {
    fn drop(&mut self) {
        self.remove();
    }
}

/// One file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: String,
    pub(super) object: String,
    pub(super) path: Vec<u8>,
}

impl Entry {
    pub(super) fn is_gitlink(&self) -> bool {
        self.mode == GITLINK
    }

    /// Whether it is a file proper: no link and no gitlink.
    pub(super) fn is_file(&self) -> bool {
        self.mode.starts_with("100")
    }

    /// Reads a list of `mode type object TAB path`, each ended by NUL.
    pub(super) fn parse_all(listing: &[u8]) -> Option<Vec<Self>> {
        records(listing).map(Self::parse).collect()
    }

    fn parse(record: &[u8]) -> Option<Self> {
        let tab = record.iter().position(|byte| *byte == b'\t')?;
        let (head, path) = (record.get(..tab)?, record.get(tab + 1..)?);
        let mut words = std::str::from_utf8(head).ok()?.split(' ');
        Some(Self { mode: words.next()?.to_owned(), object: words.nth(1)?.to_owned(), path: path.to_owned() })
    }

    /// The form that [`Entry::parse_all`] and [`Staging::put`] read.
    pub(super) fn write(&self, listing: &mut Vec<u8>) {
        self.write_as(&self.mode, listing);
    }

    /// The form in which [`Staging::put`] is told that it goes.
    pub(super) fn write_gone(&self, listing: &mut Vec<u8>) {
        self.write_as("0", listing);
    }

    fn write_as(&self, mode: &str, listing: &mut Vec<u8>) {
        listing.extend_from_slice(format!("{mode} - {}\t", self.object).as_bytes());
        listing.extend_from_slice(&self.path);
        listing.push(0);
    }
}

/// The parts of a text in which each is ended by NUL.
pub(super) fn records(listing: &[u8]) -> impl Iterator<Item = &[u8]> {
    listing.split(|byte| *byte == 0).filter(|record| !record.is_empty())
}

/// What could not be added.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    /// Repositories in the folder: their `.git`, whose other files were added.
    pub(super) repositories: Vec<String>,
    /// Files that git refuses or can't read, in its own words.
    pub(super) refused: Vec<String>,
}

/// A private index together with the folder that it describes.
pub(super) struct Staging<'a> {
    pub(super) git: &'a Git,
    pub(super) place: &'a Place,
    pub(super) index: &'a Path,
    /// The run that the folder belongs to, if it belongs to one.
    pub(super) run: Option<&'a str>,
}

impl Staging<'_> {
    fn call(&self, args: &[&str]) -> GitCall {
        let call = self.git.at(self.place, args).index(self.index);
        match self.run {
            Some(run) => call.marked(run),
            None => call,
        }
    }

    /// Fills the index from a tree.
    pub(super) async fn read_tree(&self, tree: &TreeId) -> Result<(), GitError> {
        self.call(&["read-tree", &tree.0]).run().await.map(drop)
    }

    /// Writes all files of the index that are not skipped into the folder, and their times into the index.
    pub(super) async fn check_out(&self) -> Result<(), GitError> {
        let args = ["checkout-index", "--all", "--index", "--force", "--quiet"];
        self.call(&args).run().await.map(drop)
    }

    /// Removes what is neither in the index nor ignored, repositories included. Only rules in files of the index count:
    /// a `.gitignore` that is not among them goes first.
    pub(super) async fn clean(&self) -> Result<(), GitError> {
        let args = ["ls-files", "--others", "-z", "--", ":(glob)**/.gitignore"];
        let listing = self.call(&args).run().await?.out;
        for path in records(&listing) {
            // One that stays makes git keep a file too many, which is no reason to stop.
            let _ = std::fs::remove_file(self.place.work_tree.join(OsStr::from_bytes(path)));
        }
        self.call(&["clean", "-ffdq"]).run().await.map(drop)
    }

    /// Looks up the times of the files anew; entries whose files differ stay as they are.
    pub(super) async fn refresh(&self) -> Result<(), GitError> {
        let args = ["update-index", "-q", "--refresh"];
        self.call(&args).accepts(&[0, 1]).run().await.map(drop)
    }

    /// Gitlinks of the index.
    pub(super) async fn gitlinks(&self) -> Result<Vec<Vec<u8>>, GitError> {
        let listing = self.call(&["ls-files", "--stage", "-z"]).run().await?.out;
        let is_gitlink = |record: &&[u8]| record.starts_with(GITLINK.as_bytes());
        Ok(records(&listing)
            .filter(is_gitlink)
            .filter_map(|record| record.splitn(2, |byte| *byte == b'\t').nth(1))
            .map(<[u8]>::to_vec)
            .collect())
    }

    /// Takes the paths as unchanged whatever the folder holds. They must be in the index.
    pub(super) async fn skip(&self, paths: &[&[u8]]) -> Result<(), GitError> {
        self.update("--skip-worktree", paths).await
    }

    /// The opposite of [`Staging::skip`].
    pub(super) async fn heed(&self, paths: &[&[u8]]) -> Result<(), GitError> {
        self.update("--no-skip-worktree", paths).await
    }

    /// Takes the paths out of the index.
    pub(super) async fn forget(&self, paths: &[&[u8]]) -> Result<(), GitError> {
        self.update("--force-remove", paths).await
    }

    /// Puts entries into the index and takes others out, as [`Entry`] writes them; what is in the way goes.
    pub(super) async fn put(&self, entries: Vec<u8>) -> Result<(), GitError> {
        let args = ["update-index", "-z", "--index-info"];
        self.call(&args).stdin(entries).run().await.map(drop)
    }

    async fn update(&self, flag: &str, paths: &[&[u8]]) -> Result<(), GitError> {
        if paths.is_empty() {
            return Ok(());
        }
        let mut stdin = Vec::new();
        for path in paths {
            stdin.extend_from_slice(path);
            stdin.push(0);
        }
        let args = ["update-index", flag, "-z", "--stdin"];
        self.call(&args).stdin(stdin).run().await.map(drop)
    }

    /// Takes everything that the folder holds and `.gitignore` does not exclude, and says what it could not take.
    pub(super) async fn add_all(&self) -> Result<Dropped, GitError> {
        let repositories = self.open_nested().await?;
        let add = self.call(&["add", "--all", "--ignore-errors", "--", "."]);
        let answer = add.accepts(&[0, 1]).run().await?;
        let refused = match answer.exit {
            0 => Vec::new(),
            exit => their_faults(exit, &answer.stderr)?,
        };
        Ok(Dropped { repositories, refused })
    }

    pub(super) async fn write_tree(&self) -> Result<TreeId, GitError> {
        self.call(&["write-tree"]).text().await.map(TreeId)
    }

    /// Makes git look into folders that hold a repository of their own: it does so where its index has an entry
    /// below. The entry that is put there has no file, so the next add takes it out again.
    async fn open_nested(&self) -> Result<Vec<String>, GitError> {
        let mut found = Vec::new();
        for _ in 0..NESTING {
            let nested = self.nested().await?;
            if nested.is_empty() {
                break;
            }
            self.place_probes(&nested).await?;
            found.extend(nested.iter().map(|folder| format!("{}.git", lossy(folder))));
        }
        Ok(found)
    }

    /// Untracked folders that hold a repository; each ends in a slash.
    async fn nested(&self) -> Result<Vec<Vec<u8>>, GitError> {
        let args = ["ls-files", "--others", "--exclude-standard", "-z"];
        let listing = self.call(&args).run().await?.out;
        let is_folder = |record: &&[u8]| record.ends_with(b"/");
        Ok(records(&listing).filter(is_folder).map(<[u8]>::to_vec).collect())
    }

    async fn place_probes(&self, folders: &[Vec<u8>]) -> Result<(), GitError> {
        let hash = self.call(&["hash-object", "--stdin"]).stdin(Vec::new());
        let empty = hash.text().await?;
        let mut stdin = Vec::new();
        for folder in folders {
            stdin.extend_from_slice(format!("100644 {empty} 0\t").as_bytes());
            stdin.extend_from_slice(folder);
            stdin.extend_from_slice(b".trireme-probe\0");
        }
        self.put(stdin).await
    }
}

fn their_faults(exit: i32, stderr: &str) -> Result<Vec<String>, GitError> {
    let lines: Vec<_> =
        stderr.lines().filter(|line| line.starts_with("error: ") || line.starts_with("fatal: ")).collect();
    let is_theirs = |line: &&str| THEIR_FAULT.iter().any(|fault| line.contains(fault));
    if lines.is_empty() || !lines.iter().all(is_theirs) {
        return Err(GitError::Failed {
            words: "add --all".to_owned(),
            exit: Some(exit),
            stderr: stderr.to_owned(),
        });
    }
    Ok(lines.into_iter().map(str::to_owned).collect())
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The files of a tree, as a full list.
pub(super) async fn entries(git: &Git, place: &Place, tree: &TreeId) -> Result<Vec<Entry>, GitError> {
    let words = ["ls-tree", "-r", "-z", "--full-tree", &tree.0];
    let listing = git.at(place, &words).run().await?.out;
    Entry::parse_all(&listing).ok_or_else(|| garbled("ls-tree", &lossy(&listing)))
}
