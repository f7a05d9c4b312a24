//! A folder used again: between the criteria of a check, and for another tree or another attempt.
//!
//! Soundness goes before speed. What a command left is gone, and a file that it so much as touched is written anew; only what
//! nobody did anything to stays. While a folder changes it is not finished: a crash leaves nothing that is taken for one.

use std::collections::{BTreeSet, HashSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{UtimensatFlags, utimensat};
use nix::sys::time::TimeSpec;
use trireme_core::TreeId;

use super::renewed::Known;
use super::{Worktree, beside, hidden, paths};
use crate::workspace::index_file::IndexFile;
use crate::workspace::marked::is_held;
use crate::workspace::remove::{remove, remove_tree};
use crate::workspace::repo::{RepoError, io_at};
use crate::workspace::staging::as_path;
use crate::workspace::sweep;

impl Worktree {
    /// Leaves its name to others, at once: from now on it is nobody's.
    pub(in crate::workspace) fn leave(&mut self, to: &Path) -> Result<(), RepoError> {
        self.unfinish()?;
        self.move_to(to)
    }

    /// Makes a folder that was left one that shows all of its base and nothing else; false where it is not worth it, or
    /// somebody still uses it.
    pub(in crate::workspace) async fn wash(&mut self) -> Result<bool, RepoError> {
        let shown = self.index()?.entries.len().saturating_sub(self.hidden.len());
        let (files, links): (Vec<_>, Vec<_>) = self.hidden.drain(..).partition(|entry| !entry.is_gitlink());
        self.hidden = links;
        if files.len() > shown || self.is_used().await? {
            return Ok(false);
        }
        for dir in [self.home(), self.tmp()] {
            remove_tree(dir).await?;
        }
        self.unlock();
        let pristine = self.pristine();
        self.staging(&pristine).heed(&paths(&files)).await?;
        let Known { vigil, touched, .. } = self.known()?;
        // What was hidden is missing where nobody touched anything.
        let touched = touched.filter(|_| files.is_empty());
        let (dir, index, rights) = (self.dir().to_owned(), self.index()?, self.rights()?);
        let kept = self.fitted_paths();
        let sweep = move || {
            let seen = sweep::look(&dir, &index, Some(rights), touched.as_ref())?;
            let foreign = seen.extra.iter().filter(|path| !kept.iter().any(|kept| *path == Path::new(kept)));
            foreign.into_iter().try_for_each(|path| remove(&dir.join(path)))?;
            seen.remove_wrong(&dir)?;
            Ok((seen, index))
        };
        let (seen, index) = self.blocking(sweep).await?;
        let newer = self.put_back_all(&seen).await?.unwrap_or(index);
        self.refit().await?;
        self.watch_on(vigil, Some(newer), seen.extra).await?;
        Ok(true)
    }

    /// Makes a washed folder one of `tree` at another place, with the files for which `visible` says yes; false where it
    /// stays as it is, since that would be more work than a new one.
    pub(in crate::workspace) async fn become_one_of(
        &mut self,
        to: &Path,
        tree: &TreeId,
        visible: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<bool, RepoError> {
        let mut index = self.index()?;
        if hidden(&index, visible).len() * 2 > index.entries.len() {
            return Ok(false);
        }
        self.unfinish()?;
        self.move_to(to)?;
        self.clear_around().await?;
        if self.base != *tree {
            self.staging(&self.pristine()).switch(tree).await?;
            self.base = tree.clone();
            index = self.index()?;
        }
        self.hide(&index, visible).await?;
        self.settle()?;
        let fitted = self.fitted_paths().into_iter().map(PathBuf::from).collect();
        self.watch_on(self.take_vigil(), Some(self.index()?), fitted).await?;
        self.write_down().map_err(io_at(&self.beside))?;
        Ok(true)
    }

    /// Takes away what is not to be seen, and the folders in which nothing else is.
    async fn hide(
        &mut self,
        index: &IndexFile,
        visible: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<(), RepoError> {
        self.hidden = hidden(index, visible);
        let gone: HashSet<_> =
            index.entries.iter().filter(|file| file.skipped).map(|file| &file.path).collect();
        let there: Vec<_> = self.hidden.iter().filter(|entry| !gone.contains(&entry.path)).collect();
        if there.is_empty() {
            return Ok(());
        }
        self.staging(&self.pristine()).skip(&paths(there.iter().copied())).await?;
        let (dir, there) =
            (self.dir().to_owned(), there.into_iter().map(|entry| entry.path.clone()).collect());
        self.blocking(move || remove_with_folders(&dir, there)).await
    }

    /// Tells git that until now nobody did anything to the files: it need not look into those that it wrote just now. Only
    /// for whoever knows that no command has run.
    pub(crate) fn settle(&self) -> Result<(), RepoError> {
        let pristine = self.pristine();
        // By the disk's own clock, which is behind ours.
        let now = TimeSpec::UTIME_NOW;
        let set = utimensat(AT_FDCWD, &pristine, &now, &now, UtimensatFlags::NoFollowSymlink);
        set.map_err(|error| io_at(&pristine)(error.into()))
    }

    /// Somebody works in the folder on a thread that goes on when nobody waits for it any more.
    pub(crate) fn busy(&self) -> Busy {
        self.busy.fetch_add(1, Ordering::SeqCst);
        Busy(Arc::clone(&self.busy))
    }

    /// From now on it is not finished: whoever finds it makes it anew.
    fn unfinish(&self) -> Result<(), RepoError> {
        let base = self.beside.join("base");
        remove(&base).map_err(io_at(&base))
    }

    fn move_to(&mut self, to: &Path) -> Result<(), RepoError> {
        let to = super::absolute(to)?;
        Self::move_parts(self.dir(), &to)?;
        (self.place.work_tree, self.beside) = (to.clone(), beside(&to));
        Ok(())
    }

    /// Whether a thread of ours works in the folder still, or a process that nobody could end is in it or holds a file of it.
    async fn is_used(&self) -> Result<bool, RepoError> {
        let (dir, busy) = (self.dir().to_owned(), Arc::clone(&self.busy));
        self.blocking(move || Ok(busy.load(Ordering::SeqCst) > 0 || is_held(&dir))).await
    }

    /// The rights of a folder that is made now.
    pub(super) fn rights(&self) -> Result<u32, RepoError> {
        let found = self.beside.metadata().map_err(io_at(&self.beside))?;
        Ok(found.permissions().mode() & 0o7777)
    }

    /// What the repository excludes beside its `.gitignore` files.
    pub(super) fn rules(&self) -> String {
        fs::read_to_string(self.place.git_dir.join("info/exclude")).unwrap_or_default()
    }

    pub(super) async fn put_back(&self, lists: &[&Vec<Vec<u8>>]) -> Result<(), RepoError> {
        let paths: Vec<_> = lists.iter().flat_map(|list| list.iter().map(Vec::as_slice)).collect();
        Ok(self.staging(&self.pristine()).check_out_these(&paths).await?)
    }
}

/// As long as there is one, nobody else gets the folder.
#[derive(Debug)]
pub(crate) struct Busy(Arc<AtomicUsize>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Removes files, and folders that are empty without them.
fn remove_with_folders(dir: &Path, files: Vec<Vec<u8>>) -> io::Result<()> {
    let mut folders = BTreeSet::new();
    for file in files.iter().map(|file| as_path(file)) {
        remove(&dir.join(file))?;
        folders.extend(file.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()));
    }
    // The deepest first.
    for folder in folders.into_iter().rev() {
        match fs::remove_dir(dir.join(folder)) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            removed => removed?,
        }
    }
    Ok(())
}
