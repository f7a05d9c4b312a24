//! A key in the system's keyring: the Secret Service on Linux, the Keychain on macOS.

use super::{KeyError, Secret};

/// What all of Trireme's entries are kept under.
pub const SERVICE: &str = "trireme";

/// Why the keyring gives no key. Nothing of what is in it is ever quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// There is no keyring: no session bus, or nobody on it who keeps secrets.
    #[error(
        "there is no system keyring here ({0}): put the key into a file with mode 0600 and name it as key_file"
    )]
    NoRing(String),
    /// It has no such entry.
    #[error(
        "the system keyring has no entry {0:?}: secret-tool store --label=trireme service trireme username {0}"
    )]
    NoEntry(String),
    /// What is in it is no key.
    #[error("the entry {name:?} of the system keyring: {error}")]
    NoKey {
        /// The entry.
        name: String,
        /// What is wrong with it.
        error: KeyError,
    },
}

/// The key in the entry of that name. The keyring may ask its owner to be unlocked, and is waited for.
///
/// # Errors
/// [`RingError`].
pub fn read(name: &str) -> Result<Secret, RingError> {
    // The keyring's client waits in ways that a runtime's own threads may not.
    let asked = std::thread::scope(|scope| scope.spawn(|| ask(name)).join());
    asked.unwrap_or_else(|_| Err(RingError::NoRing("its client failed".to_owned())))
}

fn ask(name: &str) -> Result<Secret, RingError> {
    if let Err(error) = keyring::Entry::store_status() {
        return Err(RingError::NoRing(error.to_string()));
    }
    let secret = keyring::Entry::new(SERVICE, name).and_then(|entry| entry.get_password());
    let text = zeroize::Zeroizing::new(secret.map_err(|error| refused(name, &error))?);
    Secret::new(&text).map_err(|error| RingError::NoKey { name: name.to_owned(), error })
}

fn refused(name: &str, error: &keyring::Error) -> RingError {
    if matches!(error, keyring::Error::NoEntry) {
        return RingError::NoEntry(name.to_owned());
    }
    if matches!(error, keyring::Error::BadEncoding(_)) {
        // Its text would be the secret's bytes.
        return RingError::NoKey { name: name.to_owned(), error: KeyError::Malformed };
    }
    RingError::NoRing(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_keyring_lacks_is_said_with_what_to_type() {
        let told = refused("openai", &keyring::Error::NoEntry).to_string();
        assert!(told.contains("service trireme username openai"), "{told}");
        let told = refused("openai", &keyring::Error::BadEncoding(b"sk-secret".to_vec())).to_string();
        assert!(!told.contains("sk-") && told.contains("openai"), "{told}");
        let told = refused("openai", &keyring::Error::NoDefaultStore).to_string();
        assert!(told.contains("key_file"), "{told}");
    }
}
