//! A key in a file that nobody else can read.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::libc;
use zeroize::Zeroizing;

use super::{KeyError, Secret};

/// The longest file that can be a key, in bytes.
const FILE_BYTES: u64 = 16 * 1024;

/// Why a file gives no key.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("{path} can't be read: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A folder, a pipe or a device, or far too long.
    #[error("{0} is no file with a key in it")]
    NoFile(PathBuf),
    /// Others can read it.
    #[error("others can open {path} (mode {mode:04o}): chmod 600 {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It belongs to somebody else.
    #[error("{path} belongs to another account: sudo chown \"$(id -un)\" {path}")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// What is in it is no key.
    #[error("{path}: {error}")]
    NoKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: KeyError,
    },
}

/// The key in a file.
///
/// # Errors
/// [`FileError`], which never quotes what is in the file.
pub fn read(path: &Path) -> Result<Secret, FileError> {
    let unreadable = |error| FileError::Unreadable { path: path.to_owned(), error };
    // A pipe without a writer would be waited for; what is checked below is what was opened, not what bears its name.
    let mut file =
        OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).map_err(unreadable)?;
    check(&file, path)?;
    let mut text = Zeroizing::new(String::new());
    (&mut file).take(FILE_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    Secret::new(&text).map_err(|error| FileError::NoKey { path: path.to_owned(), error })
}

fn check(file: &File, path: &Path) -> Result<(), FileError> {
    let path = || path.to_owned();
    let meta = file.metadata().map_err(|error| FileError::Unreadable { path: path(), error })?;
    if !meta.is_file() || meta.len() >= FILE_BYTES {
        return Err(FileError::NoFile(path()));
    }
    if meta.uid() != nix::unistd::geteuid().as_raw() {
        return Err(FileError::Foreign { path: path() });
    }
    let mode = meta.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(FileError::Open { path: path(), mode });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn a_file_of_our_own_gives_its_key() {
        for mode in [0o600, 0o400] {
            let (_dir, path) = file("sk-secret\n", mode);
            assert_eq!(read(&path).unwrap().header(""), "sk-secret");
        }
    }

    #[test]
    fn a_file_that_others_can_open_is_refused_with_what_to_type() {
        for mode in [0o644, 0o640, 0o604, 0o620, 0o610] {
            let (_dir, path) = file("sk-secret", mode);
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains(&format!("chmod 600 {}", path.display())), "{error}");
            assert!(!error.contains("sk-secret"));
        }
    }

    #[test]
    fn a_file_of_somebody_else_is_refused() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let (_dir, path) = file("sk-secret", 0o600);
        std::os::unix::fs::chown(&path, Some(65_534), None).unwrap();
        assert!(matches!(read(&path), Err(FileError::Foreign { .. })));
    }

    #[test]
    fn what_is_no_file_is_no_key() {
        let (dir, path) = file("two words", 0o600);
        assert!(matches!(read(&path), Err(FileError::NoKey { .. })));
        assert!(matches!(read(dir.path()), Err(FileError::NoFile(_))));
        let pipe = dir.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
        assert!(matches!(read(&pipe), Err(FileError::NoFile(_))));
        let (_dir, long) = file(&"x".repeat(20_000), 0o600);
        assert!(matches!(read(&long), Err(FileError::NoFile(_))));
        assert!(matches!(read(&dir.path().join("none")), Err(FileError::Unreadable { .. })));
    }
}
