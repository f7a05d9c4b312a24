//! A folder of files out of a tree, and trees out of that folder again.
//!
//! The folder holds no `.git`. What git needs lies beside it, in `<folder>.index/`: the index as it was at the start
//! (`pristine`), the list of paths that are in the base but not in the folder (`hidden`), and the base (`base`, written
//! last: without it the folder is not finished). A snapshot always begins from there, so it depends on the base and
//! on the files and on nothing else, and a crash between any two lines can't spoil the next one.
//!
//! Beside it too are `<folder>.home` and `<folder>.tmp`, HOME and TMPDIR of the commands that run in it: empty when the
//! folder is made or restored, so that nothing gets from one folder into another by them.

mod fitted;
mod renewed;
mod reuse;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use trireme_core::limits::LINE_BYTES;
use trireme_core::{CommitId, Millis, TreeId};

use super::fittings::Fittings;
use super::git::{Place, garbled};
use super::index_file::IndexFile;
use super::remove::{make_anew, remove_tree};
use super::repo::{Change, Repo, RepoError, TreeIsh, io_at};
use super::staging::{Entry, PrivateIndex, Staging, as_path, lossy};
use super::sweep::{self, Seen, Traps};
use super::vigil::Vigil;
use renewed::Known;

/// What holds for folders of ours, whatever the repository says of the one that it is in.
const SETTINGS: &[(&str, &str)] = &[
    ("core.fileMode", "true"),
    ("core.symlinks", "true"),
    #[cfg(target_os = "linux")]
    ("core.ignoreCase", "false"),
];

/// The folder of an attempt.
#[derive(Clone, Debug)]
pub struct Worktree {
    repo: Repo,
    /// The folder as a work tree of the repository's git folder.
    place: Place,
    beside: PathBuf,
    base: TreeId,
    /// Paths of the base that are not in the folder: what the worker may not see, and gitlinks.
    hidden: Vec<Entry>,
    /// How many threads of ours work in it now.
    busy: Arc<AtomicUsize>,
    /// The fittings that are in it, one set for each set-up command.
    fitted: Arc<Mutex<Vec<Option<Fittings>>>>,
    /// Where somebody did something since it was all of its base and nothing else.
    vigil: Arc<Mutex<Option<Vigil>>>,
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
        let mut worktree = Self::at(repo, &absolute(dir)?, base, Vec::new());
        worktree.clear().await?;
        let pristine = worktree.pristine();
        worktree.staging(&pristine).read_tree(&worktree.base).await?;
        let index = worktree.index()?;
        worktree.hidden = hidden(&index, visible);
        let staging = worktree.staging(&pristine);
        staging.skip(&paths(&worktree.hidden)).await?;
        staging.check_out().await?;
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
            busy: Arc::default(),
            fitted: Arc::default(),
            vigil: Arc::default(),
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
        home(self.dir())
    }

    /// TMPDIR of commands that run in it.
    #[must_use]
    pub fn tmp(&self) -> PathBuf {
        tmp(self.dir())
    }

    /// A folder and all that lies beside it; what says that it is finished goes first.
    fn parts(dir: &Path) -> [PathBuf; 4] {
        [beside(dir), dir.to_owned(), home(dir), tmp(dir)]
    }

    /// Gives a folder and all that lies beside it another name, and says which of them there were.
    pub(super) fn move_parts(from: &Path, to: &Path) -> Result<Vec<PathBuf>, RepoError> {
        let mut moved = Vec::new();
        for (old, new) in Self::parts(from).into_iter().zip(Self::parts(to)) {
            match fs::rename(&old, &new) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                renamed => {
                    renamed.map_err(io_at(&old))?;
                    moved.push(new);
                }
            }
        }
        Ok(moved)
    }

    /// The tree that it was made from.
    #[must_use]
    pub fn base(&self) -> &TreeId {
        &self.base
    }

    /// The files as a tree. `.gitignore` is honoured; paths that are hidden and not in the folder are as in the base.
    pub async fn snapshot(&self) -> Result<Snapshot, RepoError> {
        let (seen, traps) = self.look().await?;
        if seen.is_clean() {
            return Ok(Snapshot { tree: self.base.clone(), dropped: Vec::new(), changes: Vec::new() });
        }
        let pristine = self.pristine();
        let index = PrivateIndex::copy_of(&pristine, &self.beside).map_err(io_at(&pristine))?;
        let staging = self.staging(index.path());
        self.uncover(&staging).await?;
        let mut dropped = self.disarm(&traps)?;
        match traps.repositories {
            true => {
                let added = staging.add_all().await?;
                dropped.extend([added.repositories, added.refused].concat());
            }
            false => dropped.extend(staging.add().await?),
        }
        let (tree, changes) = self.without_gitlinks(&staging, &mut dropped).await?;
        Ok(Snapshot { tree, dropped, changes })
    }

    /// What is in the folder and was not, without git, and what git would stumble over.
    async fn look(&self) -> Result<(Seen, Traps), RepoError> {
        let Known { index, vigil, touched } = self.known()?;
        self.keep_vigil(vigil);
        let (dir, apart) = (self.dir().to_owned(), Arc::clone(&self.repo.apart));
        let look = move || {
            let mut seen = sweep::look(&dir, &index, None, touched.as_ref())?;
            seen.extra.retain(|path| !apart.iter().any(|apart| path == Path::new(apart)));
            let traps = Traps::among(&dir, &seen)?;
            Ok((seen, traps))
        };
        self.blocking(look).await
    }

    /// Removes pipes and devices that git would read its rules from, and names what it can't take.
    fn disarm(&self, traps: &Traps) -> Result<Vec<String>, RepoError> {
        let mut dropped: Vec<_> =
            traps.deep.iter().map(|deep| format!("{} is too deep", cut(&deep.to_string_lossy()))).collect();
        for pipe in &traps.pipes {
            let path = self.dir().join(pipe);
            fs::remove_file(&path).map_err(io_at(&path))?;
            dropped.push(format!("{} was no file, and is removed", pipe.display()));
        }
        Ok(dropped)
    }

    /// The tree of a staging, without gitlinks that the base has not, and how it differs from the base.
    async fn without_gitlinks(
        &self,
        staging: &Staging<'_>,
        dropped: &mut Vec<String>,
    ) -> Result<(TreeId, Vec<Change>), RepoError> {
        let tree = staging.write_tree().await?;
        let changes = self.repo.raw_changes(&self.base, &tree).await?;
        let (foreign, ours): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|(change, _)| change.is_gitlink());
        if foreign.is_empty() {
            return Ok((tree, ours.into_iter().map(|(change, _)| change).collect()));
        }
        staging.forget(&foreign.iter().map(|(_, path)| path.as_slice()).collect::<Vec<_>>()).await?;
        dropped.extend(foreign.into_iter().map(|(change, _)| change.path));
        let tree = staging.write_tree().await?;
        let changes = self.repo.changes(&self.base, &tree).await?;
        Ok((tree, changes))
    }

    /// Makes the index heed hidden paths at which the worker put something all the same.
    async fn uncover(&self, staging: &Staging<'_>) -> Result<(), RepoError> {
        let is_there = |entry: &&Entry| self.dir().join(as_path(&entry.path)).symlink_metadata().is_ok();
        let (links, files): (Vec<_>, Vec<_>) =
            self.hidden.iter().filter(is_there).partition(|entry| entry.is_gitlink());
        staging.heed(&paths(files)).await?;
        staging.forget(&paths(links)).await?;
        Ok(())
    }

    /// Makes the folder what it was when `tree` was its snapshot. Ignored files go.
    pub async fn restore(&self, tree: &TreeId) -> Result<(), RepoError> {
        self.clear_files().await?;
        self.forget_fittings();
        self.unlock();
        let in_tree: HashSet<_> = self.repo.entries(tree).await?.into_iter().map(key).collect();
        let still_hidden = |entry: &&Entry| in_tree.contains(&key((*entry).clone()));
        let hidden: Vec<_> = self.hidden.iter().filter(still_hidden).collect();
        let index = PrivateIndex::new(&self.beside);
        let staging = self.staging(index.path());
        staging.read_tree(tree).await?;
        staging.skip(&paths(hidden)).await?;
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
        for part in Self::parts(self.dir()) {
            remove_tree(part).await?;
        }
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

    fn index(&self) -> Result<IndexFile, RepoError> {
        let pristine = self.pristine();
        // Two digits of a hash are a byte.
        IndexFile::read(&pristine, self.base.0.len() / 2).map_err(io_at(&pristine))
    }

    fn staging<'a>(&'a self, index: &'a Path) -> Staging<'a> {
        let (git, place, run) = (&self.repo.git, &self.place, self.repo.run.as_deref());
        Staging { git, place, index, run, settings: SETTINGS, apart: &self.repo.apart }
    }

    /// Does something on a thread that may block.
    async fn blocking<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, RepoError> {
        let done = tokio::task::spawn_blocking(act).await;
        done.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(io_at(self.dir()))
    }
}

fn beside(dir: &Path) -> PathBuf {
    dir.with_added_extension("index")
}

fn home(dir: &Path) -> PathBuf {
    dir.with_added_extension("home")
}

fn tmp(dir: &Path) -> PathBuf {
    dir.with_added_extension("tmp")
}

/// Git is started inside the folder, where a relative path would mean another place.
fn absolute(dir: &Path) -> Result<PathBuf, RepoError> {
    std::path::absolute(dir).map_err(io_at(dir))
}

/// What of an index is not in the folder.
fn hidden(index: &IndexFile, visible: &(dyn Fn(&str) -> bool + Sync)) -> Vec<Entry> {
    let entries = index.entries.iter();
    entries
        .filter(|file| file.is_gitlink() || !visible(&lossy(&file.path)))
        .map(|file| file.entry())
        .collect()
}

/// The beginning of a path that is long.
fn cut(path: &str) -> String {
    path.chars().take(LINE_BYTES).collect()
}

fn paths<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<&'a [u8]> {
    entries.into_iter().map(|entry| entry.path.as_slice()).collect()
}

fn key(entry: Entry) -> (Vec<u8>, String, String) {
    (entry.path, entry.mode, entry.object)
}

#[cfg(test)]
mod tests;
