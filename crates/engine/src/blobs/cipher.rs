//! How a payload stands on the disk: compressed, then encrypted under the run's data key.
//!
//! ```text
//! payload ─ zstd ─► packed ─ AES-256-GCM-SIV ─► nonce ‖ ciphertext ‖ tag        its name: SHA-256 of all of that
//!                      └─── HMAC ─► nonce ───────┘
//! ```
//!
//! The nonce is made of what is encrypted, so the same payload of a run becomes the same bytes and is stored once, and
//! anybody can check a file against its name without a key. Under another run's key it becomes other bytes: nobody learns
//! from names that two runs hold the same. GCM-SIV stays sound even if two packed texts should ever share a nonce.

use std::cell::RefCell;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use trireme_core::limits;
use zstd::bulk::Compressor;
use zstd::zstd_safe::get_frame_content_size;

use crate::vault::Key;

/// Measured on source code in pieces of 64 kB: level 1 packs 3.2 times at 440 MB/s, level 3 no more than 3.4 times at 340.
const LEVEL: i32 = 1;

thread_local! {
    /// Its tables are larger than most payloads, so they are made once for each thread that writes.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// What encrypts the payloads of one run.
pub struct Cipher {
    key: LessSafeKey,
    nonces: hmac::Key,
}

impl Cipher {
    /// The cipher of a data key; none where the library refuses it, which it never does for 32 bytes.
    #[must_use]
    pub fn of(data_key: &Key) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, data_key.derive("blob encryption").bytes()).ok()?;
        let nonces = hmac::Key::new(hmac::HMAC_SHA256, data_key.derive("blob nonces").bytes());
        Some(Self { key: LessSafeKey::new(key), nonces })
    }

    /// The payload as it is stored; none where it can't be packed, for want of memory.
    #[must_use]
    pub fn seal(&self, payload: &[u8]) -> Option<Vec<u8>> {
        let packed = pack(payload)?;
        let tag = hmac::sign(&self.nonces, &packed);
        let nonce: [u8; NONCE_LEN] = *tag.as_ref().first_chunk()?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + packed.len() + AES_256_GCM_SIV.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&packed);
        let body = sealed.get_mut(NONCE_LEN..)?;
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::empty(), body).ok()?;
        sealed.extend_from_slice(tag.as_ref());
        Some(sealed)
    }

    /// The payload of what is stored; none where it was not sealed with this key.
    #[must_use]
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut body = body.to_vec();
        let packed =
            self.key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut body).ok()?;
        unpack(packed)
    }
}

fn pack(payload: &[u8]) -> Option<Vec<u8>> {
    PACKER.with_borrow_mut(|packer| {
        if packer.is_none() {
            *packer = Compressor::new(LEVEL).ok();
        }
        packer.as_mut()?.compress(payload).ok()
    })
}

/// What was packed says how long it was, so nothing larger than a payload may be is ever made room for.
fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let bytes = usize::try_from(get_frame_content_size(packed).ok()??).ok()?;
    if bytes > limits::BLOB_BYTES {
        return None;
    }
    zstd::bulk::decompress(packed, bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trireme_core::Digest;

    fn cipher(byte: u8) -> Cipher {
        Cipher::of(&Key::of([byte; 32])).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_and_is_smaller() {
        for payload in [Vec::new(), b"a".to_vec(), b"a long prompt, again and again. ".repeat(4_000)] {
            let sealed = cipher(1).seal(&payload).unwrap();
            assert_eq!(cipher(1).open(&sealed).unwrap(), payload);
            assert!(sealed.len() < payload.len() / 10 + 60, "{} of {}", sealed.len(), payload.len());
        }
    }

    #[test]
    fn what_can_t_be_packed_grows_by_a_few_bytes() {
        // Digests are as random as anything.
        let noise: Vec<u8> = (0..2_000_u32).flat_map(|n| *Digest::of(&n.to_be_bytes()).bytes()).collect();
        let sealed = cipher(1).seal(&noise).unwrap();
        assert!(sealed.len() < noise.len() + 64);
        assert_eq!(cipher(1).open(&sealed).unwrap(), noise);
    }

    #[test]
    fn the_same_payload_is_the_same_bytes_under_one_key_only() {
        let sealed = |byte: u8| cipher(byte).seal(b"the same").unwrap();
        assert_eq!(sealed(1), sealed(1));
        assert_ne!(Digest::of(&sealed(1)), Digest::of(&sealed(2)));
        assert_eq!(cipher(2).open(&sealed(1)), None);
    }

    #[test]
    fn no_bit_can_be_turned() {
        let sealed = cipher(1).seal(b"evidence").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut other = sealed.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(cipher(1).open(&other), None, "bit {bit}");
        }
    }
}
