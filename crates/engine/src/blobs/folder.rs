//! Blobs in a folder of their own: what is stored, under its name. What it means is not known here.
//!
//! One file per blob, `blobs/ab/cdef…`: written beside its place, flushed, renamed, and its folder flushed. When `write` returns, a
//! power loss can't take the blob away, and a name never shows half of it. What a crash can leave behind is a `*.new` file,
//! which nobody reads.
//!
//! Measured on ext4 with 500 bytes each. A bare prototype: one at a time 2,800 blobs/s, 8 at a time 7,300, 64 at a time 6,100; without
//! flushing the folder 9,000 to 10,000, but then a power loss may take a blob that the journal names; appended to one
//! pack with a flush per group of 64, 217,000. This code beside other work (`benches/journal.rs`): 64 at a time 2,400 to 4,900.
//! The pack would cost an index, the recovery of its tail, and many blobs for one damaged length; no run makes more
//! than a few hundred blobs a second. So: files.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use trireme_core::{BlobRef, Digest};

use super::BlobError;

/// The folder of a run's blobs, with its 256 fan-out folders.
pub(super) struct Folder {
    dir: PathBuf,
    root: PathBuf,
    /// False for whoever only looks.
    writes: bool,
    /// Fan-out folders whose own names are known to be on the disk.
    ready: Mutex<HashSet<PathBuf>>,
}

impl Folder {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), root: dir.join("blobs"), writes: true, ready: Mutex::default() }
    }

    /// The same folder, to which nothing comes.
    pub(super) fn read_only(&self) -> Self {
        Self { writes: false, ..Self::new(&self.dir) }
    }

    /// The fan-out folder of a blob, and the blob's file in it.
    pub(super) fn place(&self, blob: BlobRef) -> (PathBuf, PathBuf) {
        let name = blob.to_string();
        let (fan, rest) = name.split_at(2);
        let fan = self.root.join(fan);
        let file = fan.join(rest);
        (fan, file)
    }

    pub(super) fn read(&self, blob: BlobRef) -> Result<Vec<u8>, BlobError> {
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

    pub(super) fn write(&self, blob: BlobRef, bytes: &[u8]) -> Result<(), BlobError> {
        if !self.writes {
            return Ok(());
        }
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

/// Where a blob of the run in `dir` is.
pub(crate) fn file_of(dir: &Path, blob: BlobRef) -> PathBuf {
    Folder::new(dir).place(blob).1
}

/// All files of the blobs of the run in `dir`, unfinished ones too.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let below =
        |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    below(dir.join("blobs")).flat_map(below).collect()
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
