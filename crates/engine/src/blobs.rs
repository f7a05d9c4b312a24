//! Payloads of a run, addressed by content: prompts, replies, contracts, diffs, outputs of checks.
//!
//! The address is the SHA-256 of the bytes *as stored*. Today they are stored plain; once they are encrypted, the address is that
//! of the ciphertext. So nobody but `put` computes a [`BlobRef`]: a caller that did would be wrong on that day.
//!
//! One file per blob, `blobs/ab/cdef…`: written beside its place, flushed, renamed, and its folder flushed. When `put` returns, a
//! power loss can't take the blob away, and a name never shows half of it. What a crash can leave behind is a `*.new` file,
//! which nobody reads.
//!
//! Measured on ext4 with 500 bytes each. A bare prototype: one at a time 2,800 blobs/s, 8 at a time 7,300, 64 at a time 6,100; without
//! flushing the folder 9,000 to 10,000, but then a power loss may take a blob that the journal names; appended to one
//! pack with a flush per group of 64, 217,000. This code beside other work (`benches/journal.rs`): 64 at a time 2,400 to 4,900.
//! The pack would cost an index, the recovery of its tail, and many blobs for one damaged length; no run makes more
//! than a few hundred blobs a second. So: files.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use trireme_core::{BlobRef, Digest, limits};

/// The blobs of one run. Clones share one cache.
#[derive(Clone)]
pub struct Blobs(Arc<Shared>);

struct Shared {
    /// `None` where the cache is all there is.
    folder: Option<Folder>,
    cache: Mutex<Cache>,
    slots: Arc<Semaphore>,
}

/// Why a blob can't be stored or had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// More than [`limits::BLOB_BYTES`].
    #[error("a payload has {bytes} bytes, {} are allowed: make it smaller", limits::BLOB_BYTES)]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// There is no blob of this name.
    #[error("there is no blob {blob}{}: put the run's folder `blobs` back as it was", place(.path))]
    Missing {
        /// The name.
        blob: BlobRef,
        /// Where it should be; `None` in memory.
        path: Option<PathBuf>,
    },
    /// The bytes are not those that were stored.
    #[error("blob {} is damaged, its bytes no longer match its name: put a copy back", .path.display())]
    Corrupt {
        /// The name.
        blob: BlobRef,
        /// The file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("no space left for {}: free some, then resume the run", .path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file can't be read or written.
    #[error("can't use {}: check the disk and the rights of the folder", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The program is ending, and the blob was not stored.
    #[error("the program is ending: resume the run")]
    Ending,
}

fn place(path: &Option<PathBuf>) -> String {
    path.as_deref().map(|path| format!(" ({})", path.display())).unwrap_or_default()
}

impl Blobs {
    /// The blobs in the folder `blobs` of the run in `dir`, which is made with the first blob.
    #[must_use]
    pub fn local(dir: &Path) -> Self {
        Self::new(Some(Folder::new(dir)), limits::BLOB_CACHE_BYTES)
    }

    /// Blobs that end with their last clone.
    #[must_use]
    pub fn memory() -> Self {
        Self::new(None, usize::MAX)
    }

    fn new(folder: Option<Folder>, bytes_max: usize) -> Self {
        let slots = Arc::new(Semaphore::new(limits::BLOBS_AT_ONCE));
        Self(Arc::new(Shared { folder, cache: Mutex::new(Cache::new(bytes_max)), slots }))
    }

    /// Stores `bytes` for good and returns their address. Storing the same bytes again costs nothing and is no error.
    /// Dropping the future may or may not store them.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`], [`BlobError::Full`], [`BlobError::File`]: the bytes may not outlive a power loss then, so
    /// nothing may name them.
    pub async fn put(&self, bytes: impl Into<Bytes>) -> Result<BlobRef, BlobError> {
        let bytes = bytes.into();
        if bytes.len() > limits::BLOB_BYTES {
            return Err(BlobError::TooLarge { bytes: bytes.len() });
        }
        self.on_disk(move |shared| shared.put(&bytes)).await
    }

    /// The bytes under an address.
    ///
    /// # Errors
    /// [`BlobError::Missing`], [`BlobError::Corrupt`] or [`BlobError::File`].
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
        let blob = BlobRef(Digest::of(bytes));
        if self.cache().get(blob).is_some() {
            return Ok(blob);
        }
        if let Some(folder) = &self.folder {
            folder.write(blob, bytes)?;
        }
        // A copy: the caller's bytes may be a small part of a large buffer.
        self.cache().insert(blob, Bytes::copy_from_slice(bytes));
        Ok(blob)
    }

    fn get(&self, blob: BlobRef) -> Result<Bytes, BlobError> {
        let Some(folder) = &self.folder else {
            return Err(BlobError::Missing { blob, path: None });
        };
        let bytes = Bytes::from(folder.read(blob)?);
        self.cache().insert(blob, bytes.clone());
        Ok(bytes)
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The folder of a run's blobs, with its 256 fan-out folders.
struct Folder {
    dir: PathBuf,
    root: PathBuf,
    /// Fan-out folders whose own names are known to be on the disk.
    ready: Mutex<HashSet<PathBuf>>,
}

impl Folder {
    fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), root: dir.join("blobs"), ready: Mutex::default() }
    }

    /// The fan-out folder of a blob, and the blob's file in it.
    fn place(&self, blob: BlobRef) -> (PathBuf, PathBuf) {
        let name = blob.to_string();
        let (fan, rest) = name.split_at(2);
        let fan = self.root.join(fan);
        let file = fan.join(rest);
        (fan, file)
    }

    fn read(&self, blob: BlobRef) -> Result<Vec<u8>, BlobError> {
        let (_, path) = self.place(blob);
        match fs::read(&path) {
            Ok(bytes) if BlobRef(Digest::of(&bytes)) == blob => Ok(bytes),
            Ok(_) => Err(BlobError::Corrupt { blob, path }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(BlobError::Missing { blob, path: Some(path) })
            }
            Err(source) => Err(BlobError::File { path, source }),
        }
    }

    fn write(&self, blob: BlobRef, bytes: &[u8]) -> Result<(), BlobError> {
        let (fan, path) = self.place(blob);
        self.write_file(&fan, &path, bytes).map_err(|source| {
            if matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
                BlobError::Full { path }
            } else {
                BlobError::File { path, source }
            }
        })
    }

    /// A file that is there already may be another thread's, renamed but not yet flushed: so the fan-out folder is flushed in any case.
    /// A file with other bytes is damaged, and is made good.
    fn write_file(&self, fan: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.make_ready(fan)?;
        if fs::read(path).ok().as_deref() != Some(bytes) {
            replace(path, bytes)?;
        }
        File::open(fan)?.sync_all()
    }

    /// Makes the fan-out folder and flushes the folders that name it, once per process. The lock is held meanwhile: a second
    /// thread must not believe in a folder that a power loss can still take.
    fn make_ready(&self, fan: &Path) -> io::Result<()> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if ready.contains(fan) {
            return Ok(());
        }
        fs::create_dir_all(fan)?;
        File::open(&self.root)?.sync_all()?;
        File::open(&self.dir)?.sync_all()?;
        ready.insert(fan.to_owned());
        Ok(())
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let number = UNFINISHED.fetch_add(1, Ordering::Relaxed);
    let unfinished = path.with_extension(format!("{}-{number}.new", std::process::id()));
    let written = write_flushed(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // Its own failure tells nothing that the first one doesn't.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// Makes the names of unfinished files unique in this process, however many `Blobs` it has of the same run.
static UNFINISHED: AtomicU64 = AtomicU64::new(0);

fn write_flushed(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    fn file_of(dir: &Path, blob: BlobRef) -> PathBuf {
        Folder::new(dir).place(blob).1
    }

    #[tokio::test]
    async fn what_was_put_is_read_by_another_process() {
        let dir = tempfile::tempdir().unwrap();
        let blob = Blobs::local(dir.path()).put("a prompt").await.unwrap();
        assert_eq!(Blobs::local(dir.path()).get(blob).await.unwrap(), "a prompt");
        assert_eq!(
            file_of(dir.path(), blob),
            dir.path().join("blobs").join({
                let name = blob.to_string();
                format!("{}/{}", &name[..2], &name[2..])
            })
        );
    }

    #[tokio::test]
    async fn empty_and_large_payloads_come_back_and_too_large_ones_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::local(dir.path());
        let large: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        for bytes in [Vec::new(), large] {
            let blob = blobs.put(bytes.clone()).await.unwrap();
            assert_eq!(Blobs::local(dir.path()).get(blob).await.unwrap(), bytes);
        }
        let refused = blobs.put(vec![0; limits::BLOB_BYTES + 1]).await;
        assert!(matches!(refused, Err(BlobError::TooLarge { .. })));
    }

    #[tokio::test]
    async fn the_same_bytes_are_stored_once_even_by_many_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let mut puts = JoinSet::new();
        for process in 0..4 {
            let blobs = Blobs::local(dir.path());
            for _ in 0..16 {
                let blobs = blobs.clone();
                puts.spawn(async move { (process, blobs.put("the same").await.unwrap()) });
            }
        }
        let addresses: HashSet<_> = puts.join_all().await.into_iter().map(|(_, blob)| blob).collect();
        assert_eq!(addresses.len(), 1);
        let blob = addresses.into_iter().next().unwrap();
        let files = fs::read_dir(file_of(dir.path(), blob).parent().unwrap()).unwrap().count();
        assert_eq!(files, 1, "one file, and nothing unfinished beside it");
    }

    #[tokio::test]
    async fn many_different_blobs_at_a_time_all_arrive() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::local(dir.path());
        let mut puts = JoinSet::new();
        for n in 0..200 {
            let blobs = blobs.clone();
            puts.spawn(async move { (n, blobs.put(format!("payload {n}")).await.unwrap()) });
        }
        let fresh = Blobs::local(dir.path());
        for (n, blob) in puts.join_all().await {
            assert_eq!(fresh.get(blob).await.unwrap(), format!("payload {n}"));
        }
    }

    #[tokio::test]
    async fn damage_is_found_named_and_made_good_by_the_next_put() {
        let dir = tempfile::tempdir().unwrap();
        let blob = Blobs::local(dir.path()).put("evidence").await.unwrap();
        let path = file_of(dir.path(), blob);
        for damaged in ["Evidence", "evid", ""] {
            fs::write(&path, damaged).unwrap();
            let error = Blobs::local(dir.path()).get(blob).await.unwrap_err();
            assert!(matches!(error, BlobError::Corrupt { .. }));
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        }
        Blobs::local(dir.path()).put("evidence").await.unwrap();
        assert_eq!(Blobs::local(dir.path()).get(blob).await.unwrap(), "evidence");
    }

    #[tokio::test]
    async fn a_missing_blob_says_where_it_should_be() {
        let dir = tempfile::tempdir().unwrap();
        let blob = Blobs::memory().put("elsewhere").await.unwrap();
        let error = Blobs::local(dir.path()).get(blob).await.unwrap_err();
        assert!(matches!(error, BlobError::Missing { path: Some(_), .. }), "{error}");
        assert!(matches!(Blobs::memory().get(blob).await, Err(BlobError::Missing { path: None, .. })));
        assert!(!dir.path().join("blobs").exists(), "reading makes no folders");
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_an_error_and_not_a_stored_blob() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("blobs"), "a file in the way").unwrap();
        let blobs = Blobs::local(dir.path());
        let error = blobs.put("lost").await.unwrap_err();
        assert!(matches!(error, BlobError::File { .. }));
        fs::remove_file(dir.path().join("blobs")).unwrap();
        let blob = blobs.put("lost").await.unwrap();
        assert_eq!(Blobs::local(dir.path()).get(blob).await.unwrap(), "lost");
    }

    #[tokio::test]
    async fn memory_keeps_everything() {
        let blobs = Blobs::memory();
        let blob = blobs.clone().put("kept").await.unwrap();
        assert_eq!(blobs.get(blob).await.unwrap(), "kept");
    }

    #[test]
    fn the_cache_keeps_within_its_bytes_and_drops_the_oldest() {
        let mut cache = Cache::new(10);
        let name = |text: &str| BlobRef(Digest::of(text.as_bytes()));
        for text in ["aaaa", "bbbb", "bbbb", "cccc"] {
            cache.insert(name(text), Bytes::from(text.to_owned()));
        }
        assert_eq!((cache.get(name("aaaa")), cache.bytes), (None, 8));
        assert!(cache.get(name("bbbb")).is_some() && cache.get(name("cccc")).is_some());
        cache.insert(name("far too long"), Bytes::from("far too long"));
        assert_eq!((cache.kept.len(), cache.order.len(), cache.bytes), (0, 0, 0));
    }
}
