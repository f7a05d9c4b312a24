//! A folder of files out of a tree, and trees out of that folder again.
//!
//! The folder holds no `.git`. What git needs lies beside it, in `<folder>.index/`: the index as it was at the start
//! (`pristine`), the list of paths that are in the base but not in the folder (`hidden`), and the base (`base`, written
//! last: without it the folder is not finished). A snapshot always begins from there, so it depends on the base and
//! on the files and on nothing else, and a crash between any two lines can't spoil the next one.
//!
//! Beside it too are `<folder>.home` and `<folder>.tmp`, HOME and TMPDIR of the commands that run in it: empty when the
//! folder is made or restored, so that nothing gets from one folder into another by them.

use std::collections::HashSet;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use trireme_core::{CommitId, Millis, TreeId};

use super::git::{Place, garbled};
use super::repo::{Change, Repo, RepoError, TreeIsh, io_at};
use super::staging::{Entry, PrivateIndex, Staging, lossy};

/// The folder of an attempt.
#[derive(Debug)]
pub struct Worktree {
    repo: Repo,
    /// The folder as a work tree of the repository's git folder.
    place: Place,
    beside: PathBuf,
    base: TreeId,
    /// Paths of the base that are not in the folder: what the worker may not see, and gitlinks.
    hidden: Vec<Entry>,
}

/// What a folder held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its files, and the hidden paths as they are in the base.
    pub tree: TreeId,
    /// What could not be taken: repositories in the folder, gitlinks, names that git refuses, unreadable files.
    /// One line each.
    pub dropped: Vec<String>,
    /// How its files differ from the tree that the folder was made from.
    pub changes: Vec<Change>,
}

/// A file that a folder holds from its beginning.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HeldFile {
    /// From the root of the repository.
    pub path: String,
    /// As git writes it: `100644`, `100755`, `120000`.
    pub mode: String,
    /// Git's name of its content.
    pub object: String,
    /// How long its content is.
    pub bytes: u64,
}

fn is_hidden(entry: &Entry, visible: &(dyn Fn(&str) -> bool + Sync)) -> bool {
    entry.is_gitlink() || !visible(&lossy(&entry.path))
}

impl Worktree {
    /// Fills the folder `dir` with the files of `from` for which `visible` says yes; whatever was there before goes.
    /// Links stay links; gitlinks are left out.
    pub async fn create(
        repo: &Repo,
        dir: &Path,
        from: &impl TreeIsh,
        visible: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Self, RepoError> {
        let base = repo.tree_of(from).await?;
        let mut hidden = repo.entries(&base).await?;
        hidden.retain(|entry| is_hidden(entry, visible));
        let worktree = Self::at(repo, &absolute(dir)?, base, hidden);
        worktree.clear().await?;
        worktree.fill().await?;
        worktree.write_down().map_err(io_at(&worktree.beside))?;
        Ok(worktree)
    }

    /// The folder `dir` that [`Worktree::create`] finished earlier, perhaps in a process that is gone; none where it
    /// was not finished.
    pub async fn open(repo: &Repo, dir: &Path) -> Result<Option<Self>, RepoError> {
        let dir = &absolute(dir)?;
        let beside = beside(dir);
        let (base, hidden) = (fs::read_to_string(beside.join("base")), fs::read(beside.join("hidden")));
        let (Ok(base), Ok(hidden), true) = (base, hidden, dir.is_dir()) else {
            return Ok(None);
        };
        let hidden = Entry::parse_all(&hidden).ok_or_else(|| garbled("ls-tree", &lossy(&hidden)))?;
        Ok(Some(Self::at(repo, dir, TreeId(base), hidden)))
    }

    /// What a folder holds that [`Worktree::create`] makes of the same, without making it.
    pub async fn files_of(
        repo: &Repo,
        from: &impl TreeIsh,
        visible: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Vec<HeldFile>, RepoError> {
        let mut held = repo.entries(&repo.tree_of(from).await?).await?;
        held.retain(|entry| !is_hidden(entry, visible));
        let sizes = repo.sizes(held.iter().map(|entry| entry.object.as_str())).await?;
        let file =
            |(Entry { mode, object, path }, bytes)| HeldFile { path: lossy(&path), mode, object, bytes };
        Ok(held.into_iter().zip(sizes).map(file).collect())
    }

    fn at(repo: &Repo, dir: &Path, base: TreeId, hidden: Vec<Entry>) -> Self {
        Self {
            repo: repo.clone(),
            place: Place { git_dir: repo.place.git_dir.clone(), work_tree: dir.to_owned() },
            beside: beside(dir),
            base,
            hidden,
        }
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.place.work_tree
    }

    /// HOME of commands that run in it.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.dir().with_added_extension("home")
    }

    /// TMPDIR of commands that run in it.
    #[must_use]
    pub fn tmp(&self) -> PathBuf {
        self.dir().with_added_extension("tmp")
    }

    /// The tree that it was made from.
    #[must_use]
    pub fn base(&self) -> &TreeId {
        &self.base
    }

    /// The files as a tree. `.gitignore` is honoured; paths that are hidden and not in the folder are as in the base.
    pub async fn snapshot(&self) -> Result<Snapshot, RepoError> {
        let pristine = self.pristine();
        let index = PrivateIndex::copy_of(&pristine, &self.beside).map_err(io_at(&pristine))?;
        let staging = self.staging(index.path());
        self.uncover(&staging).await?;
        let added = staging.add_all().await?;
        let mut dropped = [added.repositories, added.refused].concat();
        let tree = staging.write_tree().await?;
        let changes = self.repo.changes(&self.base, &tree).await?;
        let foreign: Vec<_> = changes.iter().filter(|change| change.is_gitlink()).collect();
        if foreign.is_empty() {
            return Ok(Snapshot { tree, dropped, changes });
        }
        let paths: Vec<_> = foreign.iter().map(|change| change.path.as_bytes()).collect();
        staging.forget(&paths).await?;
        dropped.extend(foreign.iter().map(|change| change.path.clone()));
        let tree = staging.write_tree().await?;
        let changes = self.repo.changes(&self.base, &tree).await?;
        Ok(Snapshot { tree, dropped, changes })
    }

    /// Makes the index heed hidden paths at which the worker put something all the same.
    async fn uncover(&self, staging: &Staging<'_>) -> Result<(), RepoError> {
        let is_there = |entry: &&Entry| self.dir().join(path_of(entry)).symlink_metadata().is_ok();
        let (links, files): (Vec<_>, Vec<_>) =
            self.hidden.iter().filter(is_there).partition(|entry| entry.is_gitlink());
        staging.heed(&paths(&files)).await?;
        staging.forget(&paths(&links)).await?;
        Ok(())
    }

    /// Makes the folder what it was when `tree` was its snapshot. Ignored files go.
    pub async fn restore(&self, tree: &TreeId) -> Result<(), RepoError> {
        self.clear_files().await?;
        self.unlock();
        let in_tree: HashSet<_> = self.repo.entries(tree).await?.into_iter().map(key).collect();
        let still_hidden = |entry: &&Entry| in_tree.contains(&key((*entry).clone()));
        let hidden: Vec<_> = self.hidden.iter().filter(still_hidden).collect();
        let index = PrivateIndex::new(&self.beside);
        let staging = self.staging(index.path());
        staging.read_tree(tree).await?;
        staging.skip(&paths(&hidden)).await?;
        staging.check_out().await?;
        self.staging(&self.pristine()).refresh().await?;
        Ok(())
    }

    /// A snapshot, and the commit of it upon `parent`; the same files give the same commit.
    pub async fn commit(
        &self,
        parent: &CommitId,
        message: &str,
        at: Millis,
    ) -> Result<(CommitId, Snapshot), RepoError> {
        let snapshot = self.snapshot().await?;
        let parents = std::slice::from_ref(parent);
        let commit = self.repo.commit(&snapshot.tree, parents, message, at).await?;
        Ok((commit, snapshot))
    }

    /// Removes the folder and what lies beside it.
    pub async fn remove(self) -> Result<(), RepoError> {
        for dir in [self.beside.clone(), self.home(), self.tmp()] {
            remove_tree(dir).await?;
        }
        remove_tree(self.place.work_tree).await
    }

    /// Makes the files of the base what they were and removes all others but the ignored ones; HOME and TMPDIR are empty.
    /// Files that did not change are not written again: their times stay.
    pub(super) async fn renew(&self) -> Result<(), RepoError> {
        let dir = self.dir().to_owned();
        let opened = tokio::task::spawn_blocking(move || open_up(&dir)).await;
        opened.map_err(std::io::Error::other).map_err(io_at(self.dir()))?;
        self.clear_around().await?;
        for entry in &self.hidden {
            if !through_link(self.dir(), path_of(entry)) {
                remove_entry(&self.dir().join(path_of(entry))).await?;
            }
        }
        self.unlock();
        let pristine = self.pristine();
        let staging = self.staging(&pristine);
        staging.check_out().await?;
        Ok(staging.clean().await?)
    }

    async fn fill(&self) -> Result<(), RepoError> {
        let pristine = self.pristine();
        let staging = self.staging(&pristine);
        staging.read_tree(&self.base).await?;
        staging.skip(&paths(&self.hidden.iter().collect::<Vec<_>>())).await?;
        staging.check_out().await?;
        Ok(())
    }

    async fn clear(&self) -> Result<(), RepoError> {
        remove_tree(self.beside.clone()).await?;
        fs::create_dir_all(&self.beside).map_err(io_at(&self.beside))?;
        self.clear_files().await
    }

    async fn clear_files(&self) -> Result<(), RepoError> {
        make_anew(self.dir()).await?;
        self.clear_around().await
    }

    async fn clear_around(&self) -> Result<(), RepoError> {
        make_anew(&self.home()).await?;
        make_anew(&self.tmp()).await
    }

    /// Removes locks of our indexes. Nobody else uses these, and we one git after the other: a lock is there because
    /// its git was killed.
    fn unlock(&self) {
        let Ok(entries) = fs::read_dir(&self.beside) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension == "lock") {
                // Where that fails, git says why.
                let _ = fs::remove_file(path);
            }
        }
    }

    fn write_down(&self) -> std::io::Result<()> {
        let mut hidden = Vec::new();
        self.hidden.iter().for_each(|entry| entry.write(&mut hidden));
        fs::write(self.beside.join("hidden"), hidden)?;
        let unfinished = self.beside.join("base.new");
        fs::write(&unfinished, &self.base.0)?;
        fs::rename(unfinished, self.beside.join("base"))
    }

    fn pristine(&self) -> PathBuf {
        self.beside.join("pristine")
    }

    fn staging<'a>(&'a self, index: &'a Path) -> Staging<'a> {
        Staging { git: &self.repo.git, place: &self.place, index, run: self.repo.run.as_deref() }
    }
}

fn beside(dir: &Path) -> PathBuf {
    dir.with_added_extension("index")
}

/// Git is started inside the folder, where a relative path would mean another place.
fn absolute(dir: &Path) -> Result<PathBuf, RepoError> {
    std::path::absolute(dir).map_err(io_at(dir))
}

fn path_of(entry: &Entry) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(&entry.path))
}

fn paths<'a>(entries: &[&'a Entry]) -> Vec<&'a [u8]> {
    entries.iter().map(|entry| entry.path.as_slice()).collect()
}

fn key(entry: Entry) -> (Vec<u8>, String, String) {
    (entry.path, entry.mode, entry.object)
}

/// An empty folder, whatever was there.
async fn make_anew(dir: &Path) -> Result<(), RepoError> {
    remove_tree(dir.to_owned()).await?;
    fs::create_dir_all(dir).map_err(io_at(dir))
}

/// Removes what is at a path: a link itself, a file, a folder with all that is in it.
/// Whether a folder on the way to a path is a link: what lies behind one is not ours to remove. The checkout that follows
/// puts the folder back.
fn through_link(dir: &Path, path: &Path) -> bool {
    let above = path.ancestors().skip(1).filter(|part| !part.as_os_str().is_empty());
    above.map(|part| dir.join(part)).any(|part| part.is_symlink())
}

async fn remove_entry(path: &Path) -> Result<(), RepoError> {
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => remove_tree(path.to_owned()).await,
        Ok(_) => fs::remove_file(path).map_err(io_at(path)),
        Err(_) => Ok(()),
    }
}

/// Removes a folder with all that is in it; one that is not there is fine.
pub(crate) async fn remove_tree(dir: PathBuf) -> Result<(), RepoError> {
    let path = dir.clone();
    let removed = tokio::task::spawn_blocking(move || remove_tree_now(&dir)).await;
    removed.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(io_at(&path))
}

fn remove_tree_now(dir: &Path) -> std::io::Result<()> {
    use std::io::ErrorKind::{DirectoryNotEmpty, NotFound, PermissionDenied};
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() == NotFound => Ok(()),
        Err(error) if matches!(error.kind(), PermissionDenied | DirectoryNotEmpty) => {
            open_up(dir);
            fs::remove_dir_all(dir)
        }
        done => done,
    }
}

/// Gives us every right to a folder and the folders in it; where that fails, removing will say why.
fn open_up(dir: &Path) {
    let Ok(found) = dir.symlink_metadata() else { return };
    let mode = found.permissions().mode();
    if mode & 0o700 != 0o700 {
        let _ = fs::set_permissions(dir, Permissions::from_mode(mode | 0o700));
    }
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests;
