//! Payloads of a run, addressed by content: prompts, replies, contracts, diffs, outputs of checks.
//!
//! The address is the SHA-256 of the bytes *as stored*, and they are stored compressed and encrypted (`cipher.rs`). So nobody
//! but this module computes a [`BlobRef`]: a caller that did would be wrong. Runs of the earlier form have their payloads
//! plain, and keep them so. Secrets are taken out before anything else.

mod cipher;
mod error;
mod folder;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use trireme_core::{BlobRef, Digest, Lodged, limits};

pub use cipher::Cipher;
pub use error::BlobError;
pub(crate) use folder::{file_of, files};

use crate::redaction::Redactor;
use crate::vault::{Purpose, Vault, VaultError};
use folder::Folder;

/// How the payloads of a run stand on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// As they are: runs that were begun before there were keys, and gateways, whose only payloads are prices.
    #[default]
    Plain,
    /// Compressed, and encrypted under a key of the run's own.
    Sealed,
}

/// The blobs of one run. Clones share one cache.
#[derive(Clone)]
pub struct Blobs(Arc<Shared>);

struct Shared {
    redactor: Redactor,
    /// None where payloads stand as they are.
    lock: Option<Lock>,
    /// `None` where the cache is all there is.
    folder: Option<Folder>,
    cache: Mutex<Cache>,
    /// What payloads were before their secrets were taken out, for those who have to work on it. It goes with the process.
    truths: Mutex<Cache>,
    slots: Arc<Semaphore>,
}

/// The run's cipher, once it is wanted: looking at a run's events takes no key.
struct Lock {
    vault: Vault,
    dir: PathBuf,
    cipher: OnceLock<Cipher>,
}

impl Lock {
    fn cipher(&self) -> Result<&Cipher, BlobError> {
        if let Some(cipher) = self.cipher.get() {
            return Ok(cipher);
        }
        let cipher = Cipher::of(&self.vault.key(&self.dir, Purpose::Data)?).ok_or(VaultError::Unmade)?;
        Ok(self.cipher.get_or_init(|| cipher))
    }
}

impl Blobs {
    /// The plain blobs in the folder `blobs` of `dir`, which is made with the first blob.
    #[must_use]
    pub fn plain(dir: &Path, redactor: &Redactor) -> Self {
        Self::new(redactor, None, Some(Folder::new(dir)), limits::BLOB_CACHE_BYTES)
    }

    /// The blobs of the run in `dir`, whose keys the vault has made.
    #[must_use]
    pub fn sealed(dir: &Path, vault: &Vault, redactor: &Redactor) -> Self {
        let lock = Lock { vault: vault.clone(), dir: dir.to_owned(), cipher: OnceLock::new() };
        Self::new(redactor, Some(lock), Some(Folder::new(dir)), limits::BLOB_CACHE_BYTES)
    }

    /// Blobs that end with their last clone.
    #[must_use]
    pub fn memory() -> Self {
        Self::new(&Redactor::plain(), None, None, usize::MAX)
    }

    /// The same payloads for whoever only looks: what is stored gets its address, and goes nowhere.
    pub(crate) fn read_only(&self) -> Self {
        let Shared { redactor, lock, folder, .. } = &*self.0;
        let lock = lock.as_ref().map(|lock| Lock {
            vault: lock.vault.clone(),
            dir: lock.dir.clone(),
            cipher: OnceLock::new(),
        });
        let folder = folder.as_ref().map(Folder::read_only);
        Self::new(redactor, lock, folder, limits::BLOB_CACHE_BYTES)
    }

    fn new(redactor: &Redactor, lock: Option<Lock>, folder: Option<Folder>, bytes_max: usize) -> Self {
        let (redactor, slots) = (redactor.clone(), Arc::new(Semaphore::new(limits::BLOBS_AT_ONCE)));
        let [cache, truths] = [bytes_max, limits::TRUTH_BYTES].map(|bytes| Mutex::new(Cache::new(bytes)));
        Self(Arc::new(Shared { redactor, lock, folder, cache, truths, slots }))
    }

    /// What takes secrets out of these payloads.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.0.redactor
    }

    /// Stores a text without its secrets, for good, and returns its address. Storing the same again takes no room and is no
    /// error. Dropping the future may or may not store it.
    ///
    /// # Errors
    /// As [`Blobs::put_clean`].
    pub async fn put(&self, text: impl Into<String>) -> Result<BlobRef, BlobError> {
        let text = text.into();
        let clean = match self.0.redactor.text(&text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(clean),
        };
        self.put_clean(clean.unwrap_or(text)).await
    }

    /// Stores a document without its secrets, and returns what it is then with its address.
    ///
    /// # Errors
    /// As [`Blobs::put_clean`].
    pub async fn lodge<T: Serialize + DeserializeOwned>(&self, body: T) -> Result<Lodged<T>, BlobError> {
        let text = |body: &T| serde_json::to_vec(body).unwrap_or_default();
        let Some(clean) = self.0.redactor.document(&body) else {
            return Ok(Lodged { blob: self.put_clean(text(&body)).await?, body });
        };
        let blob = self.put_clean(clean.to_string()).await?;
        Ok(Lodged { body: serde_json::from_value(clean).unwrap_or(body), blob })
    }

    /// What a payload was before its secrets were taken out; none where nothing was, or where it is forgotten.
    pub(crate) fn truth(&self, blob: BlobRef) -> Option<Bytes> {
        self.0.truths().get(blob)
    }

    /// Remembers what a payload was, for as long as this process lives and there is room.
    pub(crate) fn remember(&self, blob: BlobRef, truth: impl Into<Bytes>) {
        self.0.truths().insert(blob, truth.into());
    }

    /// Stores bytes in which nobody has to look for secrets any more.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`], [`BlobError::Full`], [`BlobError::File`], [`BlobError::Vault`]: the bytes may not outlive a
    /// power loss then, so nothing may name them.
    pub(crate) async fn put_clean(&self, bytes: impl Into<Bytes>) -> Result<BlobRef, BlobError> {
        let bytes = bytes.into();
        if bytes.len() > limits::BLOB_BYTES {
            return Err(BlobError::TooLarge { bytes: bytes.len() });
        }
        self.on_disk(move |shared| shared.put(&bytes)).await
    }

    /// The bytes under an address.
    ///
    /// # Errors
    /// [`BlobError::Missing`], [`BlobError::Corrupt`], [`BlobError::File`], or [`BlobError::Vault`] where the run's key can't
    /// be had: it was shredded, or locked with another Owner's key.
    pub async fn get(&self, blob: BlobRef) -> Result<Bytes, BlobError> {
        if let Some(bytes) = self.0.cache().get(blob) {
            return Ok(bytes);
        }
        self.on_disk(move |shared| shared.get(blob)).await
    }

    /// Does `work` on a thread that may block, a few at a time. The slot is the thread's, so that it stays taken when the caller goes.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, BlobError> + Send + 'static,
    ) -> Result<T, BlobError> {
        let slot = Arc::clone(&self.0.slots).acquire_owned().await.map_err(|_| BlobError::Ending)?;
        let shared = Arc::clone(&self.0);
        let done = spawn_blocking(move || {
            let _slot = slot;
            work(&shared)
        });
        match done.await {
            Ok(result) => result,
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(_) => Err(BlobError::Ending),
        }
    }
}

impl Shared {
    fn put(&self, bytes: &Bytes) -> Result<BlobRef, BlobError> {
        let stored = self.sealed(bytes)?;
        let blob = BlobRef(Digest::of(&stored));
        if self.cache().get(blob).is_some() {
            return Ok(blob);
        }
        if let Some(folder) = &self.folder {
            folder.write(blob, &stored)?;
        }
        // A copy: the caller's bytes may be a small part of a large buffer.
        self.cache().insert(blob, Bytes::copy_from_slice(bytes));
        Ok(blob)
    }

    fn get(&self, blob: BlobRef) -> Result<Bytes, BlobError> {
        let Some(folder) = &self.folder else {
            return Err(BlobError::Missing { blob, path: None });
        };
        // Whether the run's key can be had is worth more to know than that a file is gone.
        let cipher = self.lock.as_ref().map(Lock::cipher).transpose()?;
        let stored = folder.read(blob)?;
        let bytes = match cipher {
            None => stored,
            Some(cipher) => cipher.open(&stored).ok_or(BlobError::Foreign { blob })?,
        };
        let bytes = Bytes::from(bytes);
        self.cache().insert(blob, bytes.clone());
        Ok(bytes)
    }

    /// The payload as it is stored.
    fn sealed<'a>(&self, payload: &'a [u8]) -> Result<Cow<'a, [u8]>, BlobError> {
        let Some(lock) = &self.lock else { return Ok(Cow::Borrowed(payload)) };
        let unsealed = || BlobError::Unsealed { bytes: payload.len() };
        lock.cipher()?.seal(payload).map(Cow::Owned).ok_or_else(unsealed)
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn truths(&self) -> MutexGuard<'_, Cache> {
        self.truths.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was stored or read last, bounded by the bytes of its contents; the oldest goes first.
struct Cache {
    kept: HashMap<BlobRef, Bytes>,
    order: VecDeque<BlobRef>,
    bytes: usize,
    bytes_max: usize,
}

impl Cache {
    fn new(bytes_max: usize) -> Self {
        Self { kept: HashMap::new(), order: VecDeque::new(), bytes: 0, bytes_max }
    }

    fn get(&self, blob: BlobRef) -> Option<Bytes> {
        self.kept.get(&blob).cloned()
    }

    fn insert(&mut self, blob: BlobRef, bytes: Bytes) {
        let length = bytes.len();
        if self.kept.insert(blob, bytes).is_some() {
            return;
        }
        self.order.push_back(blob);
        self.bytes = self.bytes.saturating_add(length);
        while self.bytes > self.bytes_max {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let oldest = self.order.pop_front().and_then(|blob| self.kept.remove(&blob));
        self.bytes = oldest.map_or(0, |bytes| self.bytes.saturating_sub(bytes.len()));
    }
}
