//! The one home of the wall clock and of entropy.

use std::time::{SystemTime, UNIX_EPOCH};

use trireme_core::Millis;

/// Now, by the wall clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock's home")]
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A fresh random text of `length` characters out of `a-z2-7`, for the names of runs.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the home of entropy")]
pub fn random_name(length: usize) -> String {
    let bytes = uuid::Uuid::now_v7().into_bytes();
    // The last eight bytes of a v7 UUID are random but for two bits.
    let letter = |byte: &u8| b"abcdefghijklmnopqrstuvwxyz234567".get(usize::from(byte % 32)).copied();
    bytes.iter().rev().take(length).filter_map(letter).map(char::from).collect()
}

/// A random text of 48 hexadecimal digits out of two random UUIDs, for secrets: 190 bits and more of it can't be guessed.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the home of entropy")]
pub fn random_secret() -> String {
    let (one, other) = (uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    format!("{one}{other}").chars().take(48).collect()
}

/// 32 random bytes that nobody can guess, for keys; none where the system gives none.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the home of entropy")]
pub fn random_key() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// A random number of thousandths, for pauses that should not all end at once.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the home of entropy")]
pub fn jitter() -> u16 {
    let [.., high, low] = uuid::Uuid::now_v7().into_bytes();
    u16::from_be_bytes([high, low]) % 1_001
}
