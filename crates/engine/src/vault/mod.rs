//! The Owner's key, and what it locks: two keys of each run.
//!
//! ```text
//! Owner's key ──locks──► data.key ──► payloads        deleted, nobody reads them again: the run is shredded
//!            └──locks──► log.key  ──► vouches for journal and log, shredded or not
//! ```
//!
//! Each is in one file of the run's folder, never in a log. Another Owner's key means to lock these files anew, and nothing
//! else. Absent: passwords. The Owner's key is long and random, so nothing here is slow on purpose.

mod key;
mod locked;
mod owner;
mod rotate;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use key::Key;
pub use owner::KeyPlace;
pub use rotate::Rotated;

use locked::Locked;
use owner::OwnerKey;

/// What a key of a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Payloads.
    Data,
    /// Journal and log.
    Log,
}

const PURPOSES: [Purpose; 2] = [Purpose::Data, Purpose::Log];

impl Purpose {
    /// The file of the key in a run's folder.
    pub(crate) fn file_in(self, dir: &Path) -> PathBuf {
        dir.join(match self {
            Self::Data => "data.key",
            Self::Log => "log.key",
        })
    }
}

/// Why a key can't be had. Each text ends with what to do next, and none has a key in it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no usable key where it should be.
    #[error(
        "the Owner's key, {place}, can't be used: {why}; `openssl rand -hex 32` makes one for TRIREME_KEY, or for \
         key_env, key_file or key_keyring under [log] in ~/.config/trireme/config.toml"
    )]
    Unusable {
        /// Where it should be.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// The run was locked with another key.
    #[error(
        "run {run} is locked with the Owner's key {theirs}, and {place} holds the key {ours}: give the right one in \
         TRIREME_KEY, or by key_env, key_file or key_keyring under [log] in ~/.config/trireme/config.toml"
    )]
    Other {
        /// The run.
        run: String,
        /// The key that opens it.
        theirs: String,
        /// The key that is here.
        ours: String,
        /// Where that one is.
        place: String,
    },
    /// The key of the payloads is gone.
    #[error(
        "the payloads of {run} were shredded: their key is gone, and nobody can read them again; `trireme log {run}` and \
         `trireme cost {run}` still tell of it"
    )]
    Gone {
        /// The run.
        run: String,
    },
    /// A file with a locked key is not what it should be.
    #[error("{} is damaged ({what}): put a copy back", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A file can't be used.
    #[error("can't use {}: check the disk and the rights of the folder", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system gives no randomness, or no memory.
    #[error("no key can be made: the system gives no randomness")]
    Unmade,
}

/// The Owner's key, once it is wanted, and the keys that it locks. Clones share it.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    place: KeyPlace,
    state: PathBuf,
    owner: Mutex<Option<Arc<OwnerKey>>>,
}

impl Vault {
    /// A vault over a state folder. The key is looked for when it is wanted first.
    #[must_use]
    pub fn new(place: KeyPlace, state: &Path) -> Self {
        Self(Arc::new(Inner { place, state: state.to_owned(), owner: Mutex::default() }))
    }

    /// Makes the keys of the run in `dir`, and locks them. The Owner's key is made too where there is none of ours yet.
    ///
    /// # Errors
    /// [`VaultError::Unusable`], [`VaultError::Unmade`] or a fault of the disk.
    pub fn make_keys(&self, dir: &Path) -> Result<(), VaultError> {
        // Nobody puts another key into its place until both files are there.
        let _no_rotation = self.lock_out_rotations()?;
        let owner = self.read_owner()?;
        for purpose in PURPOSES {
            let fresh = Key::of(crate::clock::random_key().ok_or(VaultError::Unmade)?);
            let locked = Locked::lock(&fresh, &owner).ok_or(VaultError::Unmade)?;
            locked.write(&purpose.file_in(dir))?;
        }
        Ok(())
    }

    /// A key of the run in `dir`.
    ///
    /// # Errors
    /// [`VaultError::Gone`], [`VaultError::Other`], [`VaultError::Unusable`], or a damaged file.
    pub(crate) fn key(&self, dir: &Path, purpose: Purpose) -> Result<Key, VaultError> {
        let path = purpose.file_in(dir);
        let run = || dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy().into_owned();
        let locked = Locked::read(&path)?.ok_or_else(|| VaultError::Gone { run: run() })?;
        let owner = self.owner(&locked.owner)?;
        if owner.id != locked.owner {
            let (theirs, ours, place) = (locked.owner, owner.id.clone(), self.0.place.words());
            return Err(VaultError::Other { run: run(), theirs, ours, place });
        }
        let damaged = || VaultError::Damaged { path, what: "its key does not open".to_owned() };
        locked.open(&owner).ok_or_else(damaged)
    }

    /// The Owner's key of that id, or the one that is there instead. Another process may have changed it since it was read.
    fn owner(&self, id: &str) -> Result<Arc<OwnerKey>, VaultError> {
        let known = self.0.owner.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known.filter(|owner| owner.id == id) {
            Some(owner) => Ok(owner),
            None => {
                let owner = self.read_owner()?;
                if owner.id == id {
                    return Ok(owner);
                }
                Ok(rotate::next_key(&self.0.place, id).map_or(owner, Arc::new))
            }
        }
    }

    fn read_owner(&self) -> Result<Arc<OwnerKey>, VaultError> {
        let owner = Arc::new(self.0.place.read()?);
        *self.0.owner.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&owner));
        Ok(owner)
    }

    fn lock_out_rotations(&self) -> Result<File, VaultError> {
        let (file, path) = self.rotation_lock()?;
        file.lock_shared().map_err(|source| VaultError::File { path, source })?;
        Ok(file)
    }

    /// Whoever has it exclusively puts another key in place of the Owner's. It goes with its file.
    fn rotation_lock(&self) -> Result<(File, PathBuf), VaultError> {
        let path = self.0.state.join("keys.lock");
        let open = || {
            std::fs::create_dir_all(&self.0.state)?;
            OpenOptions::new().write(true).create(true).truncate(false).open(&path)
        };
        match open() {
            Ok(file) => Ok((file, path)),
            Err(source) => Err(VaultError::File { path, source }),
        }
    }
}
