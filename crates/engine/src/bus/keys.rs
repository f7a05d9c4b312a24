//! Keys of providers, which only the bus holds and only a request's header shows; and the places that keys come from.

use std::fmt;

use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

pub mod file;
pub mod ring;

/// A key. It has no text but for the bus, and its memory is wiped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is nothing in it.
    #[error("the key is empty")]
    Empty,
    /// It can't be put into a header.
    #[error("the key holds characters that no key has: set it again, without spaces and line ends")]
    Malformed,
}

impl Secret {
    /// A key from its text, without the blanks around it.
    ///
    /// # Errors
    /// Where it can't be one.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let key = text.trim();
        if key.is_empty() {
            return Err(KeyError::Empty);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyError::Malformed);
        }
        Ok(Self(Zeroizing::new(key.to_owned())))
    }

    /// The key as a header's value, `prefix` before it, marked as sensitive.
    pub(crate) fn header(&self, prefix: &str) -> HeaderValue {
        let text = Zeroizing::new(format!("{prefix}{}", self.0.as_str()));
        // Visible ASCII is a header's value.
        let mut value =
            HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("unreadable"));
        value.set_sensitive(true);
        value
    }

    /// The key itself, for whoever makes another one of it.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The text without the key, should it be in there.
    pub(crate) fn hidden_in(&self, text: &str) -> String {
        text.replace(self.0.as_str(), "[key]")
    }
}

/// Without the key.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([key])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_itself_in_its_header_only() {
        let key = Secret::new(" sk-secret\n").unwrap();
        assert_eq!(key.header("Bearer "), "Bearer sk-secret");
        assert!(key.header("").is_sensitive());
        assert!(!format!("{key:?} {:?}", key.header("")).contains("sk-secret"));
        assert_eq!(key.hidden_in("bad key sk-secret!"), "bad key [key]!");
    }

    #[test]
    fn what_no_header_takes_is_no_key() {
        assert_eq!(Secret::new(" \n").unwrap_err(), KeyError::Empty);
        for text in ["a\nb", "a b", "schlüssel", "a\u{7f}"] {
            assert_eq!(Secret::new(text).unwrap_err(), KeyError::Malformed, "{text:?}");
        }
    }
}
