//! The fittings in a folder: brought there before a command runs, and made what they were when the folder is washed.

use std::path::PathBuf;
use std::sync::{MutexGuard, PoisonError};

use super::Worktree;
use crate::workspace::fittings::Fittings;
use crate::workspace::remove::remove;
use crate::workspace::repo::{RepoError, io_at};

impl Worktree {
    /// Brings the fittings of the set-up command of that number into the folder, unless they are the ones that it has.
    pub(crate) async fn fit(&self, number: usize, fittings: &Fittings) -> Result<(), RepoError> {
        let has = self.fitted().get(number).is_some_and(|fitted| fitted.as_ref() == Some(fittings));
        if has {
            return Ok(());
        }
        // What it has may be of others: nothing of that is taken to be right.
        let list = self.list(number);
        remove(&list).map_err(io_at(&list))?;
        self.bring(number, fittings.clone()).await?;
        let mut fitted = self.fitted();
        let missing = (number + 1).saturating_sub(fitted.len());
        fitted.extend(std::iter::repeat_n(None, missing));
        if let Some(place) = fitted.get_mut(number) {
            *place = Some(fittings.clone());
        }
        Ok(())
    }

    /// What set-up commands left in the folder.
    pub(super) fn fitted_paths(&self) -> Vec<String> {
        self.fitted().iter().flatten().flat_map(|fittings| fittings.paths().to_vec()).collect()
    }

    /// Makes all fittings of the folder what they were.
    pub(super) async fn refit(&self) -> Result<(), RepoError> {
        let fitted = self.fitted().clone();
        for (number, fittings) in fitted.into_iter().enumerate() {
            if let Some(fittings) = fittings {
                self.bring(number, fittings).await?;
            }
        }
        Ok(())
    }

    /// The files are gone, and the fittings with them.
    pub(super) fn forget_fittings(&self) {
        self.fitted().clear();
    }

    async fn bring(&self, number: usize, fittings: Fittings) -> Result<(), RepoError> {
        let (dir, list) = (self.dir().to_owned(), self.list(number));
        self.blocking(move || fittings.bring_into(&dir, &list)).await
    }

    fn list(&self, number: usize) -> PathBuf {
        self.beside.join(format!("fittings-{number}"))
    }

    fn fitted(&self) -> MutexGuard<'_, Vec<Option<Fittings>>> {
        self.fitted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
