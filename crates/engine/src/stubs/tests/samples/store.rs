//! Accounts with their rows.
//!
//! Nothing here does I/O.

#![warn(missing_docs)]

use std::collections::HashMap;
use std::fmt;

// GONE: why the map is not a tree.
/// Rows that one page holds.
pub const PAGE_ROWS: usize = 500;
const NAMES: &[&str] = &["GONE-a", "GONE-b", "GONE-c", "GONE-d", "GONE-e", "GONE-f", "GONE-g", "GONE-h", "GONE-i", "GONE-j"];
static COUNT: fn(&[Row]) -> usize = |rows| rows.len() + "GONE".len();

/// One row of an account.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "wire", derive(serde::Serialize))]
pub struct Row<'a, const N: usize> {
    /// When it was written.
    #[cfg(feature = "time")]
    pub at: u64,
    pub(crate) cells: [&'a str; N], // GONE: borrowed
}

/// Why a store refuses.
#[derive(Debug)]
pub enum StoreError {
    /// There is no such account.
    NoAccount(String),
    /// It has too many rows.
    Full { rows: usize },
    Closed = 7,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAccount(name) => write!(f, "GONE {name}"),
            Self::Full { rows } => write!(f, "GONE {rows}"),
            Self::Closed => f.write_str("GONE"),
        }
    }
}

/// What rows are read from.
pub trait Source: Send + Sync {
    /// What it gives.
    type Item<'a>: AsRef<str>
    where
        Self: 'a;
    const KIND: &'static str = "source";

    /// The next one.
    fn next(&mut self) -> Option<Self::Item<'_>>;

    /// All that are left.
    fn rest(&mut self) -> usize {
        let gone = "GONE";
        gone.len()
    }
}

/// Accounts by their names.
pub struct Store<K, V = Vec<String>>(HashMap<K, V>)
where
    K: std::hash::Hash + Eq;

impl<K, V> Store<K, V>
where
    K: std::hash::Hash + Eq,
{
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        // GONE
        Self(HashMap::new())
    }

    pub async fn find<'a, F>(&'a self, name: &K, by: F) -> Result<&'a V, StoreError>
    where
        F: FnOnce(&V) -> bool + Send,
    {
        fn inner_gone() -> &'static str {
            "GONE"
        }
        let _ = inner_gone();
        self.0.get(name).filter(|found| by(found)).ok_or(StoreError::Closed)
    }

    pub const unsafe extern "C" fn raw(&self) -> *const V { std::ptr::null() /* GONE */ }
}

/// Makes rows.
#[macro_export]
macro_rules! rows {
    ($($cell:expr),* $(,)?) => { vec![$($cell.to_string() + "GONE"),*] };
    (@one $cell:ident) => { stringify!($cell, GONE) };
}

thread_local! {
    static DEPTH: usize = "GONE".len();
}

extern "C" {
    fn store_open(path: *const u8) -> i32;
}

pub mod pages {
    //! Pages of rows.

    use super::Row;

    pub type Page<'a> = Vec<Row<'a, 4>>;

    /// How many pages so many rows fill.
    pub fn count(rows: usize) -> usize {
        rows.div_ceil(super::PAGE_ROWS) + "GONE".len()
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn gone() {
            panic!("GONE");
        }
    }
}

/// GONE: tests say nothing of an interface.
#[cfg(all(test, feature = "slow"))]
mod tests {
    #[test]
    fn gone() {
        panic!("GONE");
    }
}

#[test]
fn lonely_gone() {
    panic!("GONE");
}
