//! The folders of a run that nobody works in: made ahead, or used, washed, and kept for whoever needs one next.
//!
//! ```text
//!  make_ahead ──► kept ──► folder, checkout: switched to the tree that is wanted, by what differs
//!                  ▲                              │
//!                  └── washed, behind the work ◄──┴─ given back
//! ```
//!
//! Whoever asks gets a folder in any case: a kept one that does not do is removed, and a new one made in the plain way.
//! A folder changes its name with its use, and while it does it is finished under neither, so that a crash leaves nothing that
//! is mistaken for an attempt's files. All of them lie in the run's own folder, and go with it.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fs, thread};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;
use trireme_core::TreeId;
use trireme_core::limits::{FOLDERS_AHEAD_MAX, FOLDERS_FREE_BYTES, FOLDERS_KEPT};

use super::checkout::Checkout;
use super::remove::remove_tree;
use super::repo::{Pin, Repo, RepoError, TreeIsh};
use super::worktree::Worktree;
use crate::folder::free_bytes;

/// How the names of folders begin that nobody works in, and of those that are being removed.
const KEPT: &str = "kept-";
const GONE: &str = "gone-";

/// The folders of one run. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pool {
    folders: Arc<Folders>,
    /// What goes on behind the work. It holds the folders and not the pool, and ends with the last holder of that.
    tasks: Arc<Mutex<JoinSet<()>>>,
    runtime: Handle,
}

#[derive(Debug)]
struct Folders {
    repo: Repo,
    work: PathBuf,
    shelf: Mutex<Shelf>,
    /// So many folders are made ready at one time: more would only make all of them late.
    hands: Semaphore,
    /// And so many are washed, or made before anybody needs them.
    brooms: Semaphore,
}

#[derive(Debug, Default)]
struct Shelf {
    kept: Vec<Worktree>,
    /// Folders that are on their way here.
    coming: usize,
    /// The number of the next name.
    next: u64,
    /// Nobody works any more.
    is_closed: bool,
}

/// A folder that goes when it is dropped: whoever was at work in it was stopped.
#[derive(Debug)]
pub(super) struct Lent {
    pub(super) folder: Worktree,
    pool: Pool,
    is_back: bool,
}

impl Pool {
    /// The folders of a run, in its folder `work`.
    #[must_use]
    pub fn new(repo: &Repo, work: PathBuf) -> Self {
        let hands = thread::available_parallelism().map_or(2, NonZero::get);
        let (shelf, repo) = (Mutex::default(), repo.clone());
        let (hands, brooms) = (Semaphore::new(hands), Semaphore::new(hands.div_ceil(2)));
        let folders = Arc::new(Folders { repo, work, shelf, hands, brooms });
        Self { folders, tasks: Arc::default(), runtime: Handle::current() }
    }

    /// Removes what an earlier process kept, behind the work. Only for whoever is alone with the run, and before it takes a
    /// folder: whoever but looks at a run has a pool too, and must not take those of the one that works.
    pub fn remove_leftovers(&self) {
        self.remove_all(self.folders.leftovers());
    }

    /// The folder `name` with the files of `from` for which `visible` says yes; whatever was there before goes.
    ///
    /// # Errors
    /// Where git or the disk refuses.
    pub async fn folder(
        &self,
        name: &str,
        from: &impl TreeIsh,
        visible: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Worktree, RepoError> {
        let Folders { repo, work, hands, .. } = &*self.folders;
        let (tree, dir) = (repo.tree_of(from).await?, work.join(name));
        let _hand = hands.acquire().await;
        self.put_away(&dir)?;
        let kept = self.folders.shelf().take(&tree);
        if let Some(mut kept) = kept {
            match kept.become_one_of(&dir, &tree, visible).await {
                Ok(true) => return Ok(kept),
                Ok(false) => self.folders.shelf().kept.push(kept),
                Err(error) => {
                    tracing::debug!(%error, "a folder could not be used again");
                    self.put_away(kept.dir())?;
                }
            }
        }
        Worktree::create(repo, &dir, &tree, visible).await
    }

    /// The folder `name` with all files of `from`, pinned ones as they are in their bases.
    ///
    /// # Errors
    /// Where git or the disk refuses.
    pub async fn checkout(
        &self,
        name: &str,
        from: &impl TreeIsh,
        pins: &[Pin],
    ) -> Result<Checkout, RepoError> {
        let repo = &self.folders.repo;
        let tree = repo.with_pins(&repo.tree_of(from).await?, pins).await?;
        let folder = self.folder(name, &tree, &|_| true).await?;
        Ok(Checkout::new(Lent { folder, pool: self.clone(), is_back: false }))
    }

    /// Takes a folder in which nobody works any more, and makes it ready for others, behind the work.
    pub fn give_back(&self, mut folder: Worktree) {
        if !self.folders.wants_one_more(FOLDERS_KEPT) {
            return self.discard(&folder);
        }
        // At once: its name may be wanted again before anybody has time to wash it.
        if let Err(error) = folder.leave(&self.folders.free(KEPT)) {
            self.folders.arrived(Err(error));
            return self.discard(&folder);
        }
        let folders = Arc::clone(&self.folders);
        self.behind(async move {
            let _broom = folders.brooms.acquire().await;
            folders.wash(folder).await;
        });
    }

    /// Takes a folder back, and waits until nothing of the work is to be found in it by whoever comes next.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub async fn take_back(&self, mut folder: Worktree) -> Result<(), RepoError> {
        if !self.folders.wants_one_more(FOLDERS_KEPT) {
            return folder.remove().await;
        }
        if let Err(error) = folder.leave(&self.folders.free(KEPT)) {
            self.folders.arrived(Err(error));
            return folder.remove().await;
        }
        self.folders.wash(folder).await;
        Ok(())
    }

    /// Removes a folder, behind the work.
    pub fn discard(&self, folder: &Worktree) {
        if let Err(error) = self.put_away(folder.dir()) {
            tracing::warn!(%error, "a folder was left behind");
        }
    }

    /// Sees to it that so many folders are ready for whoever comes next, behind the work.
    pub fn make_ahead(&self, from: &(impl TreeIsh + Clone + Send + 'static), count: usize) {
        while self.folders.wants_one_more(count.min(FOLDERS_AHEAD_MAX)) {
            let (folders, from) = (Arc::clone(&self.folders), from.clone());
            self.behind(async move { folders.make(from).await });
        }
    }

    /// Waits until it is one's turn to do something that nobody waits for; the turn ends with what is given.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.folders.brooms.acquire().await.ok()
    }

    /// Removes what is kept: the room is needed.
    pub async fn empty(&self) {
        let kept = std::mem::take(&mut self.folders.shelf().kept);
        for folder in kept {
            self.folders.remove(folder).await;
        }
    }

    /// Ends what goes on behind the work; from now on nothing is kept.
    pub async fn close(&self) {
        {
            let mut shelf = self.folders.shelf();
            shelf.is_closed = true;
            shelf.kept.clear();
        }
        let mut tasks = std::mem::take(&mut *self.tasks());
        tasks.shutdown().await;
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn behind(&self, act: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        if !self.folders.shelf().is_closed {
            tasks.spawn_on(act, &self.runtime);
        }
    }

    /// Takes a folder with all that lies beside it out of the way at once, and removes it behind the work.
    fn put_away(&self, dir: &Path) -> Result<(), RepoError> {
        self.remove_all(Worktree::move_parts(dir, &self.folders.free(GONE))?);
        Ok(())
    }

    fn remove_all(&self, paths: Vec<PathBuf>) {
        if paths.is_empty() {
            return;
        }
        self.behind(async move {
            for path in paths {
                if let Err(error) = remove_tree(path).await {
                    tracing::warn!(%error, "a folder that nobody needs could not be removed");
                }
            }
        });
    }
}

#[cfg(test)]
impl Pool {
    /// Waits until nothing goes on behind the work.
    pub(super) async fn idle(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks());
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
    }
}

impl Folders {
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one more is to be kept where there are `most` at most; it is on its way then.
    fn wants_one_more(&self, most: usize) -> bool {
        let has_disk = free_bytes(&self.work).is_none_or(|free| free >= FOLDERS_FREE_BYTES);
        let mut shelf = self.shelf();
        let wants = has_disk && !shelf.is_closed && shelf.kept.len() + shelf.coming < most;
        shelf.coming += usize::from(wants);
        wants
    }

    /// A name that no folder of this run has, nor one that an earlier process left.
    fn free(&self, kind: &str) -> PathBuf {
        let mut shelf = self.shelf();
        shelf.next += 1;
        self.work.join(format!("{kind}{}-{}", std::process::id(), shelf.next))
    }

    async fn make(&self, from: impl TreeIsh) {
        let _broom = self.brooms.acquire().await;
        let made = Worktree::create(&self.repo, &self.free(KEPT), &from, &|_| true).await;
        self.arrived(made.map(Some));
    }

    async fn wash(&self, folder: Worktree) {
        let mut washed = folder;
        match washed.wash().await {
            Ok(true) => self.arrived(Ok(Some(washed))),
            other => {
                self.arrived(other.map(|_| None));
                self.remove(washed).await;
            }
        }
    }

    /// A folder that was on its way is there, or does not come.
    fn arrived(&self, folder: Result<Option<Worktree>, RepoError>) {
        let mut shelf = self.shelf();
        shelf.coming -= 1;
        match folder {
            Ok(folder) => shelf.kept.extend(folder),
            Err(error) => tracing::debug!(%error, "a folder could not be made ready ahead"),
        }
    }

    async fn remove(&self, folder: Worktree) {
        if let Err(error) = folder.remove().await {
            tracing::warn!(%error, "a folder that nobody needs could not be removed");
        }
    }

    /// Folders that an earlier process kept, or had not removed yet.
    fn leftovers(&self) -> Vec<PathBuf> {
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            name.starts_with(KEPT.as_bytes()) || name.starts_with(GONE.as_bytes())
        };
        let entries = fs::read_dir(&self.work).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(is_ours).collect()
    }
}

impl Shelf {
    /// A folder of that tree, or the one that was kept first: of the tree of a later one somebody may want another folder.
    fn take(&mut self, tree: &TreeId) -> Option<Worktree> {
        let best = self.kept.iter().rposition(|folder| folder.base() == tree);
        let best = best.or_else(|| (!self.kept.is_empty()).then_some(0))?;
        Some(self.kept.remove(best))
    }
}

impl Lent {
    /// Gives it back for others.
    pub(super) fn give_back(mut self) {
        self.is_back = true;
        self.pool.give_back(self.folder.clone());
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.is_back {
            self.pool.discard(&self.folder);
        }
    }
}

#[cfg(test)]
mod tests;
