//! Where the Owner's key comes from.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::VaultError;
use super::key::Key;
use crate::bus::keys::{Secret, file, ring};
use crate::clock;
use crate::folder::sync_folder_of;

/// The shortest text that is taken for a key, in bytes: 32 hexadecimal digits have 128 bits.
const TEXT_BYTES: usize = 32;

/// Where the Owner's key is.
#[derive(Clone)]
pub enum KeyPlace {
    /// In the environment.
    Variable {
        /// The variable.
        name: String,
        /// What is in it.
        text: Zeroizing<String>,
    },
    /// In a file that somebody else made.
    File(PathBuf),
    /// In the system keyring, under this name.
    Ring(String),
    /// In a file of our own, which is made when a key is first wanted.
    Own(PathBuf),
}

/// The Owner's key.
pub(super) struct OwnerKey {
    pub(super) key: Key,
    /// What it is called in files and messages: it tells nothing of the key.
    pub(super) id: String,
}

impl OwnerKey {
    fn of(text: &Secret) -> Result<Self, String> {
        let text = text.bytes();
        if text.len() < TEXT_BYTES {
            return Err(format!("it has {} characters, and a key has at least {TEXT_BYTES}", text.len()));
        }
        let key = Key::of_text(text);
        let id = key.derive("id").bytes().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { key, id })
    }
}

impl KeyPlace {
    /// The variable that holds the key, if one does.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Variable { name, .. } => Some(name),
            Self::File(_) | Self::Ring(_) | Self::Own(_) => None,
        }
    }

    /// The place in words, for messages.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Variable { name, .. } => name.clone(),
            Self::File(path) | Self::Own(path) => path.display().to_string(),
            Self::Ring(name) => format!("entry {name:?} of the system keyring"),
        }
    }

    /// The key that is there.
    pub(super) fn read(&self) -> Result<OwnerKey, VaultError> {
        let secret = match self {
            Self::Variable { text, .. } => Secret::new(text).map_err(|error| error.to_string()),
            Self::File(path) => file::read(path).map_err(|error| error.to_string()),
            Self::Ring(name) => ring::read(name).map_err(|error| error.to_string()),
            Self::Own(path) => {
                make_where_missing(path).map_err(|source| VaultError::File { path: path.clone(), source })?;
                file::read(path).map_err(|error| error.to_string())
            }
        };
        let unusable = |why| VaultError::Unusable { place: self.words(), why };
        secret.and_then(|text| OwnerKey::of(&text)).map_err(unusable)
    }
}

/// A file with a fresh key, should there be none. It is there whole or not at all, and the first of several who make it
/// wins.
fn make_where_missing(path: &Path) -> std::io::Result<()> {
    if path.try_exists()? {
        return Ok(());
    }
    let fresh = fresh(path)?;
    let placed = fs::hard_link(&fresh, path);
    fs::remove_file(&fresh)?;
    match placed {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => sync_folder_of(path),
    }
}

/// A file with a fresh key beside `path`, which nobody knows of yet.
fn fresh(path: &Path) -> std::io::Result<PathBuf> {
    let fresh = path.with_extension(format!("{}.tmp", clock::random_name(8)));
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let key = clock::random_key().ok_or_else(|| std::io::Error::other("the system gives no randomness"))?;
    let text: Zeroizing<String> = Zeroizing::new(key.iter().map(|byte| format!("{byte:02x}")).collect());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).and_then(|()| file.sync_all())?;
    Ok(fresh)
}
