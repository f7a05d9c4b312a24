//! Removing folders, whatever was put into them.
//!
//! No link is followed, and nothing is removed that is mounted from elsewhere. Neither depth nor rights nor the number of
//! files stop it: no folder is held open while another one is looked at, and what lies too deep for a path is moved up first.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::repo::{RepoError, io_at};

/// Folders below longer paths are moved up before they are looked at, in bytes: Linux takes no path of 4,096.
const LONG_PATH_BYTES: usize = 2_048;

/// How often a folder may turn out not to be empty after it was emptied: somebody is still writing.
const ROUNDS: usize = 1_000;

/// Removes a folder with all that is in it; one that is not there is fine.
pub(crate) async fn remove_tree(dir: PathBuf) -> Result<(), RepoError> {
    let path = dir.clone();
    let removed = tokio::task::spawn_blocking(move || remove(&dir)).await;
    removed.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(io_at(&path))
}

/// An empty folder, whatever was there.
pub(super) async fn make_anew(dir: &Path) -> Result<(), RepoError> {
    // Mostly there is nothing.
    if fs::create_dir(dir).is_ok() {
        return Ok(());
    }
    remove_tree(dir.to_owned()).await?;
    fs::create_dir_all(dir).map_err(io_at(dir))
}

/// Removes what is at a path: a link itself, a file, or a folder with all that is in it; nothing there is fine.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_dir() => {
            refuse_mounts(path)?;
            remove_folder(path)
        }
        Ok(_) => gone(with_rights_above(path, || fs::remove_file(path))),
    }
}

/// Whether a folder on the way to a path is a link: what lies behind one is not ours to remove.
pub(super) fn is_through_link(dir: &Path, path: &Path) -> bool {
    let above = path.ancestors().skip(1).filter(|part| !part.as_os_str().is_empty());
    above.map(|part| dir.join(part)).any(|part| part.is_symlink())
}

fn remove_folder(top: &Path) -> io::Result<()> {
    let mut pending = vec![top.to_owned()];
    let mut rounds = 0;
    while let Some(folder) = pending.last().cloned() {
        let below = with_rights(&folder, || empty(&folder))?;
        if !below.is_empty() && folder.as_os_str().len() > LONG_PATH_BYTES {
            below.iter().try_for_each(|deep| lift(top, deep))?;
            continue;
        }
        if !below.is_empty() {
            pending.extend(below);
            continue;
        }
        match gone(with_rights_above(&folder, || fs::remove_dir(&folder))) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty && rounds < ROUNDS => rounds += 1,
            Err(error) => return Err(error),
            Ok(()) => drop(pending.pop()),
        }
    }
    Ok(())
}

/// Removes the files of a folder and gives the folders in it.
fn empty(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => folders.push(entry.path()),
            false => gone(fs::remove_file(entry.path()))?,
        }
    }
    Ok(folders)
}

/// Moves a folder to the top, under a name that nothing has there.
fn lift(top: &Path, deep: &Path) -> io::Result<()> {
    let free = (0..).map(|number| top.join(format!(".deep-{number}"))).find(|path| !path.exists());
    let Some(free) = free else { return Ok(()) };
    // A folder that moves is written to as well: its `..` changes.
    with_rights(deep, || fs::rename(deep, &free))
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn with_rights_above<T>(path: &Path, act: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match path.parent() {
        Some(above) => with_rights(above, act),
        None => act(),
    }
}

/// Does something in a folder, with every right to it where it does not go without.
fn with_rights<T>(folder: &Path, act: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match act() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let mode = folder.symlink_metadata()?.permissions().mode();
            fs::set_permissions(folder, Permissions::from_mode(mode | 0o700))?;
            act()
        }
        done => done,
    }
}

/// A folder in which something is mounted holds what is not ours.
fn refuse_mounts(folder: &Path) -> io::Result<()> {
    let (Ok(table), Ok(folder)) = (fs::read("/proc/self/mountinfo"), folder.canonicalize()) else {
        return Ok(());
    };
    match mounts(&table).find(|mount| mount.starts_with(&folder)) {
        Some(mount) => {
            let mount = mount.display();
            Err(io::Error::other(format!("something is mounted there; umount it first: umount '{mount}'")))
        }
        None => Ok(()),
    }
}

/// The mount points of a table as Linux writes it.
fn mounts(table: &[u8]) -> impl Iterator<Item = PathBuf> {
    let lines = table.split(|byte| *byte == b'\n');
    lines.filter_map(|line| Some(unescaped(line.split(|byte| *byte == b' ').nth(4)?)))
}

/// A path in which spaces and the like are three octal digits after a backslash.
fn unescaped(path: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped =
            digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(|_| *first == b'\\');
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { tail.get(3..).unwrap_or_default() } else { tail };
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_however_deep_closed_or_odd_it_is() {
        let ground = tempfile::tempdir().unwrap();
        let (top, elsewhere) = (ground.path().join("top"), ground.path().join("elsewhere"));
        fs::create_dir_all(top.join(".deep-0/full")).unwrap();
        fs::create_dir_all(&elsewhere).unwrap();
        fs::write(elsewhere.join("kept"), "").unwrap();
        std::os::unix::fs::symlink(&elsewhere, top.join("link")).unwrap();
        // Deeper than any path, by building it from below.
        let mut below = ground.path().join("below");
        fs::create_dir_all(below.join("leaf")).unwrap();
        for number in 0..40 {
            let above = ground.path().join(format!("above-{number}"));
            let inner = above.join("d".repeat(200));
            fs::create_dir_all(&above).unwrap();
            fs::rename(&below, &inner).unwrap();
            fs::write(inner.join("file"), "").unwrap();
            fs::set_permissions(&inner, Permissions::from_mode(0o500)).unwrap();
            below = above;
        }
        fs::rename(&below, top.join("chain")).unwrap();
        fs::set_permissions(&top, Permissions::from_mode(0o500)).unwrap();
        remove(&top).unwrap();
        remove(&top).unwrap();
        assert!(!top.exists() && elsewhere.join("kept").exists());
        std::os::unix::fs::symlink(&elsewhere, &top).unwrap();
        remove(&top).unwrap();
        assert!(!top.is_symlink() && elsewhere.join("kept").exists());
    }

    #[test]
    fn a_mount_below_is_seen() {
        let table =
            b"22 1 0:5 / /proc rw - proc proc rw\n40 22 8:1 /a /work/a\\040b/at\\134tempt/m rw - ext4 d rw\n";
        let mounts: Vec<_> = mounts(table).collect();
        assert_eq!(mounts, [Path::new("/proc"), Path::new("/work/a b/at\\tempt/m")]);
        assert!(refuse_mounts(Path::new("/")).is_err(), "/proc or another is mounted below");
        assert!(refuse_mounts(tempfile::tempdir().unwrap().path()).is_ok());
    }

    #[test]
    fn what_lies_behind_a_link_is_not_ours_to_remove() {
        let ground = tempfile::tempdir().unwrap();
        let (ours, theirs) = (ground.path().join("ours"), ground.path().join("theirs"));
        fs::create_dir_all(theirs.join("lib")).unwrap();
        fs::create_dir_all(ours.join("inside")).unwrap();
        std::os::unix::fs::symlink(&theirs, ours.join("vendor")).unwrap();
        assert!(is_through_link(&ours, Path::new("vendor/lib")));
        assert!(!is_through_link(&ours, Path::new("inside/lib")));
        assert!(!is_through_link(&ours, Path::new("vendor")), "the link itself may go");
    }
}
