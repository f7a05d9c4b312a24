//! Keys of a run, each in a file of its own in the run's folder, locked with the Owner's key.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::VaultError;
use super::key::Key;
use super::owner::OwnerKey;
use crate::clock;
use crate::folder::sync_folder_of;

/// The only form that there is.
const FORMAT: u32 = 1;

/// What is in such a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Locked {
    format: u32,
    /// The id of the Owner's key that opens it.
    pub(super) owner: String,
    /// Nonce, ciphertext and tag.
    key: String,
}

impl Locked {
    /// The key, locked; none where the library or the system refuses.
    pub(super) fn lock(key: &Key, owner: &OwnerKey) -> Option<Self> {
        let nonce: [u8; NONCE_LEN] = *clock::random_key()?.first_chunk()?;
        let mut body = key.bytes().to_vec();
        cipher(owner)?.seal_in_place_append_tag(Nonce::from(&nonce), Aad::empty(), &mut body).ok()?;
        let key = STANDARD.encode([nonce.as_slice(), &body].concat());
        Some(Self { format: FORMAT, owner: owner.id.clone(), key })
    }

    /// The key in it; none where it was locked with another one.
    pub(super) fn open(&self, owner: &OwnerKey) -> Option<Key> {
        let sealed = STANDARD.decode(&self.key).ok()?;
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut body = Zeroizing::new(body.to_vec());
        let key = cipher(owner)?.open_in_place(Nonce::from(nonce), Aad::empty(), &mut body).ok()?;
        Some(Key::of((&*key).try_into().ok()?))
    }

    /// What the file says; none where there is no such file.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, VaultError> {
        let damaged = |what: String| VaultError::Damaged { path: path.to_owned(), what };
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(VaultError::File { path: path.to_owned(), source }),
        };
        let locked: Self = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        if locked.format != FORMAT {
            return Err(damaged(format!("it has format {}, and {FORMAT} is known", locked.format)));
        }
        Ok(Some(locked))
    }

    /// Puts it in its place: after a crash the file is the old one or the new one, whole.
    pub(super) fn write(&self, path: &Path) -> Result<(), VaultError> {
        let fresh = path.with_extension(format!("{}.tmp", std::process::id()));
        let text = serde_json::to_vec(self).unwrap_or_default();
        let write = || {
            let mut file = File::create(&fresh)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&fresh, path)?;
            sync_folder_of(path)
        };
        write().map_err(|source| VaultError::File { path: path.to_owned(), source })
    }
}

fn cipher(owner: &OwnerKey) -> Option<LessSafeKey> {
    let key = owner.key.derive("keys of runs");
    UnboundKey::new(&AES_256_GCM_SIV, key.bytes()).ok().map(LessSafeKey::new)
}
