//! 32 secret bytes, and the keys that are made of them.

use std::fmt;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

/// A key. It has no text, and its memory is wiped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// The key of these bytes.
    #[must_use]
    pub fn of(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A key that everybody knows.
    pub(crate) fn public() -> Self {
        Self::of([0; 32])
    }

    /// The key out of a text of any length that nobody can guess.
    pub(super) fn of_text(text: &[u8]) -> Self {
        let text = Zeroizing::new([b"trireme owner key: ", text].concat());
        Self::of(Self::public().mac(&text))
    }

    /// The key for one purpose: whoever has it learns nothing of this one, nor of those for other purposes.
    #[must_use]
    pub(crate) fn derive(&self, purpose: &str) -> Self {
        Self::of(self.mac(purpose.as_bytes()))
    }

    /// What only somebody with the key can say of a text: its HMAC-SHA256.
    #[must_use]
    pub(crate) fn mac(&self, text: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.bytes()), text);
        // It has 32 bytes whatever the text.
        tag.as_ref().try_into().unwrap_or_default()
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Without the key.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([key])")
    }
}
