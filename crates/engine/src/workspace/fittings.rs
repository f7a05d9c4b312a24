//! Fittings: what a set-up command left, kept in one place and brought into folders by copy.
//!
//! Never by a link: a command may write to what it finds in its folder, and would write to everybody's. On a file system that
//! can share blocks until somebody writes to them a copy costs next to nothing. A folder that is used again keeps its copy:
//! only what somebody did something to is copied anew.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, File, FileTimes, Metadata};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::index_file::Look;
use super::remove::{is_through_link, remove};
use super::sweep::make_plain;

/// How often, and how long each time, we wait for the disk's clock to go on.
const TICKS: usize = 100;
const TICK: Duration = Duration::from_millis(1);

/// The fittings of one set-up command for certain key files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fittings {
    /// The folder in which they are kept.
    store: PathBuf,
    /// What they are, from the root of a folder.
    paths: Vec<String>,
}

impl Fittings {
    /// Those that are kept in a folder, or will be.
    pub(crate) const fn at(store: PathBuf, paths: Vec<String>) -> Self {
        Self { store, paths }
    }

    /// What they are.
    pub(super) fn paths(&self) -> &[String] {
        &self.paths
    }

    /// Whether they are all there.
    pub(crate) fn are_there(&self) -> bool {
        self.done().exists()
    }

    /// When they came to be there.
    pub(crate) fn since(&self) -> Option<std::time::SystemTime> {
        self.done().metadata().ok()?.modified().ok()
    }

    /// Takes them out of the folder in which a command made them; says which are missing, and keeps none then.
    pub(crate) fn take_from(&self, dir: &Path) -> io::Result<Vec<String>> {
        let is_missing = |path: &&String| dir.join(path).symlink_metadata().is_err();
        let missing: Vec<_> = self.paths.iter().filter(is_missing).cloned().collect();
        if !missing.is_empty() {
            return Ok(missing);
        }
        remove(&self.store)?;
        for path in &self.paths {
            let to = self.store.join("files").join(path);
            fs::create_dir_all(to.parent().unwrap_or(&self.store))?;
            fs::rename(dir.join(path), to)?;
        }
        // Written last: without it they are not complete.
        fs::write(self.done(), b"")?;
        Ok(missing)
    }

    /// Makes those of a folder what they are here. `list` is a file of ours beside the folder: what they looked like when we
    /// were done the last time.
    pub(super) fn bring_into(&self, dir: &Path, list: &Path) -> io::Result<()> {
        let known = read_list(list).unwrap_or_default();
        remove(list)?;
        let mut looks = Vec::new();
        for path in &self.paths {
            let (from, to) = (self.store.join("files").join(path), dir.join(path));
            // Somebody put a link in the way: what lies behind it is not ours.
            if is_through_link(dir, Path::new(path)) {
                continue;
            }
            if let Some(above) = to.parent() {
                fs::create_dir_all(above)?;
            }
            Copying { known: &known, dir, looks: &mut looks }.all(&from, &to)?;
        }
        wait_until_later(list, &looks)?;
        write_list(list, &looks)
    }

    fn done(&self) -> PathBuf {
        self.store.join("done")
    }
}

/// What files looked like, by their paths from the root of a folder.
type Looks = Vec<(PathBuf, Look)>;

struct Copying<'a> {
    known: &'a HashMap<PathBuf, Look>,
    dir: &'a Path,
    looks: &'a mut Looks,
}

impl Copying<'_> {
    /// Copies whatever is at a path, with all that is in it.
    fn all(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let mut pending = vec![(from.to_owned(), to.to_owned())];
        while let Some((from, to)) = pending.pop() {
            let found = from.symlink_metadata()?;
            if !found.is_dir() {
                self.one(&from, &to, &found)?;
                continue;
            }
            if !to.symlink_metadata().is_ok_and(|there| there.is_dir()) {
                remove(&to)?;
                fs::create_dir(&to)?;
            }
            make_plain(&to, found.permissions().mode() & 0o7777 | 0o700)?;
            let names: HashSet<OsString> = fs::read_dir(&from)?
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<io::Result<_>>()?;
            for there in fs::read_dir(&to)? {
                let there = there?;
                if !names.contains(&there.file_name()) {
                    remove(&there.path())?;
                }
            }
            pending.extend(names.into_iter().map(|name| (from.join(&name), to.join(&name))));
        }
        Ok(())
    }

    fn one(&mut self, from: &Path, to: &Path, found: &Metadata) -> io::Result<()> {
        let path = to.strip_prefix(self.dir).unwrap_or(to);
        let known = self.known.get(path);
        let is_same = |there: Metadata| known == Some(&Look::of(&there));
        if !to.symlink_metadata().is_ok_and(is_same) {
            remove(to)?;
            copy(from, to, found)?;
        }
        if let Ok(there) = to.symlink_metadata() {
            self.looks.push((path.to_owned(), Look::of(&there)));
        }
        Ok(())
    }
}

/// Copies a file with its rights and its time, which build tools go by, or a link as it is. Anything else stays away.
fn copy(from: &Path, to: &Path, found: &Metadata) -> io::Result<()> {
    if found.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    if !found.is_file() {
        return Ok(());
    }
    fs::copy(from, to)?;
    let times = FileTimes::new().set_modified(found.modified()?);
    match File::open(to) {
        Ok(file) => file.set_times(times),
        // It may not be read: then its time tells nobody anything.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

/// Waits until a change of a file would give it another time than it has.
fn wait_until_later(probe: &Path, looks: &Looks) -> io::Result<()> {
    let Some(last) = looks.iter().map(|(_, look)| look.changed()).max() else { return Ok(()) };
    for _ in 0..TICKS {
        fs::write(probe, b"")?;
        if Look::of(&probe.symlink_metadata()?).changed() > last {
            break;
        }
        std::thread::sleep(TICK);
    }
    Ok(())
}

fn write_list(list: &Path, looks: &Looks) -> io::Result<()> {
    let mut bytes = Vec::new();
    for (path, look) in looks {
        bytes.extend(look.to_bytes());
        bytes.extend(u32::try_from(path.as_os_str().len()).unwrap_or_default().to_be_bytes());
        bytes.extend(path.as_os_str().as_bytes());
    }
    fs::write(list, bytes)
}

fn read_list(list: &Path) -> Option<HashMap<PathBuf, Look>> {
    let bytes = fs::read(list).ok()?;
    let mut rest = bytes.as_slice();
    let mut known = HashMap::new();
    while !rest.is_empty() {
        let look = Look::from_bytes(&mut rest)?;
        let (length, tail) = rest.split_at_checked(4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?);
        let (path, tail) = tail.split_at_checked(usize::try_from(length).ok()?)?;
        known.insert(PathBuf::from(OsString::from_vec(path.to_vec())), look);
        rest = tail;
    }
    Some(known)
}

#[cfg(test)]
mod tests;
