//! A folder made what it was between two commands of a check.
//!
//! Where a vigil is held, only what somebody touched is looked at; where none is, everything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use super::Worktree;
use crate::workspace::index_file::IndexFile;
use crate::workspace::remove::{is_through_link, remove};
use crate::workspace::repo::{RepoError, io_at};
use crate::workspace::staging::{PrivateIndex, as_path};
use crate::workspace::sweep::{self, Seen};
use crate::workspace::vigil::{Touched, Vigil};

/// What is known of a folder before it is looked at.
pub(super) struct Known {
    pub(super) index: Arc<IndexFile>,
    pub(super) vigil: Option<Vigil>,
    /// The folders in which somebody did something; none where that may be any.
    pub(super) touched: Option<BTreeSet<PathBuf>>,
}

impl Worktree {
    /// Sees to it that it is watched. Only for whoever knows that no command has run in it since it was made.
    pub(crate) async fn watch(&self) -> Result<(), RepoError> {
        self.settle()?;
        if self.is_watched() {
            return Ok(());
        }
        let (dir, index) = (self.dir().to_owned(), Arc::new(self.index()?));
        self.keep_vigil(self.blocking(move || Ok(Vigil::begin(&dir, index))).await?);
        Ok(())
    }

    /// Makes the files of the base what they were and removes all others but those that tracked rules exclude; HOME and
    /// TMPDIR are empty. Files that did not change are not written again: their times stay.
    pub(in crate::workspace) async fn renew(&self) -> Result<(), RepoError> {
        self.clear_around().await?;
        self.unlock();
        let Known { index, vigil, touched } = self.known()?;
        if touched.as_ref().is_some_and(BTreeSet::is_empty) {
            self.keep_vigil(vigil);
            return Ok(());
        }
        let (rights, rules) = (self.rights()?, self.rules());
        let (dir, hidden, apart) = (self.dir().to_owned(), self.hidden.clone(), Arc::clone(&self.repo.apart));
        let sweep = move || {
            for entry in hidden.iter().map(|entry| as_path(&entry.path)) {
                if !is_through_link(&dir, entry) {
                    remove(&dir.join(entry))?;
                }
            }
            let mut seen = sweep::look(&dir, &index, Some(rights), touched.as_ref())?;
            seen.remove_wrong(&dir)?;
            let left = seen.extra.clone();
            // Like what is ignored: it may be build output by now.
            seen.extra.retain(|path| !apart.iter().any(|apart| path == Path::new(apart)));
            Ok((dir, index, seen, left))
        };
        let (dir, index, seen, left) = self.blocking(sweep).await?;
        let newer = self.put_back_all(&seen).await?;
        // The rules are tracked files, and those are as they were only now.
        let finish = move || {
            sweep::remove_unignored(&dir, &index, &rules, &seen.extra)?;
            Ok(vigil.and_then(|vigil| vigil.go_on(&dir, newer, &left)))
        };
        self.keep_vigil(self.blocking(finish).await?);
        Ok(())
    }

    /// Writes again what is not as it was, or may not be; gives the index if it is another one by now.
    pub(super) async fn put_back_all(&self, seen: &Seen) -> Result<Option<IndexFile>, RepoError> {
        if seen.wrong.is_empty() && seen.doubtful.is_empty() {
            return Ok(None);
        }
        self.put_back(&[&seen.wrong, &seen.doubtful]).await?;
        // All of it is as it was, and nobody is at work.
        self.settle()?;
        self.index().map(Some)
    }

    /// The files of the base that are not what they were any more.
    pub(in crate::workspace) async fn altered(&self) -> Result<Vec<String>, RepoError> {
        let Known { index, vigil, touched } = self.known()?;
        self.keep_vigil(vigil);
        if let Some(touched) = touched {
            let dir = self.dir().to_owned();
            let seen = self.blocking(move || sweep::look(&dir, &index, None, Some(&touched))).await?;
            if seen.wrong.is_empty() && seen.doubtful.is_empty() {
                return Ok(Vec::new());
            }
        }
        // What was touched need not be another: git looks into the files.
        let pristine = self.pristine();
        let index = PrivateIndex::copy_of(&pristine, &self.beside).map_err(io_at(&pristine))?;
        Ok(self.staging(index.path()).differing().await?)
    }

    /// The texts of some of its files as they are tracked, chosen out of the paths of all.
    pub(in crate::workspace) async fn texts(
        &self,
        choose: impl FnOnce(&[&str]) -> BTreeSet<String>,
    ) -> Result<Vec<(String, String)>, RepoError> {
        let Known { index, vigil, .. } = self.known()?;
        self.keep_vigil(vigil);
        self.repo.texts(&index, choose).await
    }

    /// It is what its base says, but for what is left: from here on somebody's deeds count.
    pub(super) async fn watch_on(
        &self,
        vigil: Option<Vigil>,
        index: Option<IndexFile>,
        left: Vec<PathBuf>,
    ) -> Result<(), RepoError> {
        let Some(vigil) = vigil else { return Ok(()) };
        let dir = self.dir().to_owned();
        self.keep_vigil(self.blocking(move || Ok(vigil.go_on(&dir, index, &left))).await?);
        Ok(())
    }

    /// What is known so far; the vigil has to be kept again.
    pub(super) fn known(&self) -> Result<Known, RepoError> {
        let mut vigil = self.take_vigil();
        let touched = match vigil.as_mut().map(|vigil| vigil.touched(self.dir())) {
            Some(Touched::Within(folders)) => Some(folders.clone()),
            Some(Touched::Anywhere) | None => None,
        };
        let index = match &vigil {
            Some(vigil) => vigil.index(),
            None => Arc::new(self.index()?),
        };
        Ok(Known { index, vigil, touched })
    }

    pub(in crate::workspace) fn keep_vigil(&self, vigil: Option<Vigil>) {
        *self.vigil.lock().unwrap_or_else(PoisonError::into_inner) = vigil;
    }

    fn is_watched(&self) -> bool {
        self.vigil.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// From now on nobody says where somebody did something.
    pub(in crate::workspace) fn take_vigil(&self) -> Option<Vigil> {
        self.vigil.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
