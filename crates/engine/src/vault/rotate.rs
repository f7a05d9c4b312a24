//! Another key in place of the Owner's: every key of every run is locked anew, file by file, and no payload is touched.
//!
//! At any moment each file is locked with the old key or the new one, whole, so a rotation that was cut off is ended by
//! the next one. Until then a new key of our own stands beside the old one, and both are tried.

use std::path::{Path, PathBuf};

use super::locked::Locked;
use super::owner::{KeyPlace, OwnerKey};
use super::{PURPOSES, Vault, VaultError};
use crate::folder::sync_folder_of;

/// What a rotation did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// The id of the key that locks the runs now.
    pub key: String,
    /// Where that key is.
    pub place: String,
    /// Runs with keys that were locked anew.
    pub runs: usize,
    /// Files that neither key opens, as they were before, each with why.
    pub foreign: Vec<(PathBuf, String)>,
}

/// Where a new key of our own waits until every run is locked with it.
fn waiting(path: &Path) -> PathBuf {
    path.with_extension("next")
}

/// The key that a rotation was about to put in place, should it be the one of that id.
pub(super) fn next_key(place: &KeyPlace, id: &str) -> Option<OwnerKey> {
    let KeyPlace::Own(path) = place else { return None };
    KeyPlace::File(waiting(path)).read().ok().filter(|owner| owner.id == id)
}

impl Vault {
    /// Locks every key of the runs in `dirs` with the key at `to`, or with a new one where the Owner's key is in a file of
    /// our own and nothing else is named.
    ///
    /// # Errors
    /// Where a key can't be had or a file can't be written; what was locked anew stays so, and typing it again ends it.
    pub fn rotate(
        &self,
        to: Option<KeyPlace>,
        dirs: impl Fn() -> Vec<PathBuf>,
    ) -> Result<Rotated, VaultError> {
        let (lock, path) = self.rotation_lock()?;
        lock.lock().map_err(|source| VaultError::File { path, source })?;
        let own = match (&to, &self.0.place) {
            (None, KeyPlace::Own(path)) => Some(path),
            (None, _) | (Some(_), _) => None,
        };
        let to = match (to, own) {
            (Some(to), _) => to,
            (None, Some(path)) => KeyPlace::Own(waiting(path)),
            (None, None) => return Err(self.unnamed()),
        };
        let (old, new) = (self.read_owner()?, to.read()?);
        let mut rotated = Rotated { key: new.id.clone(), place: to.words(), ..Rotated::default() };
        for dir in dirs() {
            lock_anew(&dir, &old, &new, &mut rotated)?;
        }
        if let Some(path) = own {
            rotated.place = self.0.place.words();
            let placed = std::fs::rename(waiting(path), path).and_then(|()| sync_folder_of(path));
            placed.map_err(|source| VaultError::File { path: path.clone(), source })?;
        }
        Ok(rotated)
    }

    fn unnamed(&self) -> VaultError {
        let why =
            "a new key in its place can only come from you: name it with --to-env, --to-file or --to-keyring";
        VaultError::Unusable { place: self.0.place.words(), why: why.to_owned() }
    }
}

fn lock_anew(dir: &Path, old: &OwnerKey, new: &OwnerKey, rotated: &mut Rotated) -> Result<(), VaultError> {
    let mut is_anew = false;
    for path in PURPOSES.map(|purpose| purpose.file_in(dir)) {
        let locked = match Locked::read(&path) {
            Ok(Some(locked)) if locked.owner != new.id => locked,
            Ok(_) => continue,
            // What one run lacks keeps no other one from its new key.
            Err(VaultError::Damaged { path, what }) => {
                rotated.foreign.push((path, what));
                continue;
            }
            Err(error) => return Err(error),
        };
        match locked.open(old) {
            Some(key) => {
                Locked::lock(&key, new).ok_or(VaultError::Unmade)?.write(&path)?;
                is_anew = true;
            }
            None => rotated.foreign.push((path, format!("locked with the key {}", locked.owner))),
        }
    }
    rotated.runs += usize::from(is_anew);
    Ok(())
}
