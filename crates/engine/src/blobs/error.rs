//! What can go wrong with a blob, and what to do about it.

use std::io;
use std::path::PathBuf;

use trireme_core::{BlobRef, limits};

use crate::vault::VaultError;

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
    /// The bytes are those that were stored, by somebody with another data key.
    #[error(
        "blob {blob} is none of this run's: its key does not open it; put the run's folder back as it was"
    )]
    Foreign {
        /// The name.
        blob: BlobRef,
    },
    /// The run's key can't be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// It can't be compressed or encrypted, for want of memory.
    #[error("no memory is left to store a payload of {bytes} bytes: free some, then resume the run")]
    Unsealed {
        /// Its length.
        bytes: usize,
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
