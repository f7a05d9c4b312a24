//! Copies of what commands may read in /etc. Each mount costs a command a sixth of a millisecond, and a list of what nobody minds
//! has dozens of small files: a folder with copies of them is one mount.
//!
//! A copy is made when it is first wanted and goes with the process. What a process that was killed left behind, the
//! next one removes.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What is copied.
const ETC: &str = "/etc";

/// The copies of one process, by what is in them.
#[derive(Debug)]
pub(super) struct Copies {
    dir: PathBuf,
    made: Mutex<HashMap<Vec<PathBuf>, PathBuf>>,
}

impl Copies {
    /// None yet; they will be below the state folder.
    pub(super) fn below(state: &Path) -> Self {
        let all = state.join("etc");
        sweep(&all);
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { dir: all.join(format!("{}.{number}", std::process::id())), made: Mutex::default() }
    }

    /// A folder that has of /etc what is among these places, and nothing else.
    pub(super) fn of(&self, places: &[PathBuf]) -> io::Result<PathBuf> {
        let wanted: Vec<_> = places.iter().filter(|place| is_in_etc(place)).cloned().collect();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(copy) = made.get(&wanted).filter(|copy| copy.exists()) {
            return Ok(copy.clone());
        }
        let copy = self.dir.join(made.len().to_string());
        fs::create_dir_all(&copy)?;
        for place in &wanted {
            let below = place.strip_prefix(ETC).unwrap_or(place);
            if let Some(folder) = copy.join(below).parent() {
                fs::create_dir_all(folder)?;
            }
            put(place, &copy.join(below))?;
        }
        made.insert(wanted, copy.clone());
        Ok(copy)
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // Whoever comes next would do it too.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Whether a place is there with a copy of /etc.
pub(super) fn is_in_etc(place: &Path) -> bool {
    place != Path::new(ETC) && place.starts_with(ETC)
}

/// Removes copies of processes that are gone.
fn sweep(all: &Path) {
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_alive = name.split('.').next().is_some_and(|id| Path::new("/proc").join(id).exists());
        if !is_alive {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Copies a file, a link or a folder. What we may not read, a command may not either.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    let found = from.symlink_metadata()?;
    if found.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    if found.is_file() {
        return match fs::copy(from, to) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            copied => copied.map(drop),
        };
    }
    if !found.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        put(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_what_is_wanted_and_goes_with_its_process() {
        let state = tempfile::tempdir().unwrap();
        let gone = state.path().join("etc/999999999.0/0");
        fs::create_dir_all(&gone).unwrap();
        let copies = Copies::below(state.path());
        assert!(!gone.exists());
        let places = ["/usr", "/etc/passwd", "/etc/ssl/certs"].map(PathBuf::from);
        let copy = copies.of(&places).unwrap();
        assert_eq!(fs::read(copy.join("passwd")).unwrap(), fs::read("/etc/passwd").unwrap());
        let names: Vec<_> = fs::read_dir(&copy).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert!(names.iter().all(|name| name == "passwd" || name == "ssl"), "{names:?}");
        assert_eq!(copies.of(&places).unwrap(), copy, "made once");
        assert_ne!(copies.of(&[PathBuf::from("/etc/hosts")]).unwrap(), copy);
        drop(copies);
        assert!(!copy.exists());
    }
}
