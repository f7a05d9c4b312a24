//! All files below a folder, by directory handles: no link is followed, `.git` and what `.gitignore` excludes is left out.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cap_std::fs::{Dir, FileType, OpenOptions, OpenOptionsExt};
use nix::fcntl::OFlag;
use trireme_core::limits;

use super::ignores::Ignores;

/// Folders in folders that are followed.
const DEPTH: usize = 100;

/// The files found, in order.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// From the root.
    pub(super) files: Vec<PathBuf>,
    /// Whether there are more than we look at.
    pub(super) cut: bool,
}

/// All files below `start`, a folder below `root` that is no link.
pub(super) fn walk(root: &Dir, start: &Path) -> io::Result<Found> {
    let mut walk = Walk { root, ignores: Ignores::default(), found: Found::default() };
    let above = start.ancestors().skip(1).collect::<Vec<_>>();
    for folder in above.into_iter().rev() {
        walk.heed_ignores(folder)?;
    }
    walk.descend(start, 0)?;
    Ok(walk.found)
}

struct Walk<'a> {
    root: &'a Dir,
    ignores: Ignores,
    found: Found,
}

impl Walk<'_> {
    fn descend(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        if depth > DEPTH {
            self.found.cut = true;
            return Ok(());
        }
        self.heed_ignores(folder)?;
        for (name, kind) in self.entries(folder)? {
            let path = folder.join(name);
            if self.ignores.exclude(&path, kind.is_dir()) {
                continue;
            }
            match self.found.files.len() < limits::WALK_FILES {
                false => self.found.cut = true,
                // What vanishes or is closed to us while we look is not part of the answer.
                true if kind.is_dir() => drop(self.descend(&path, depth + 1)),
                true if kind.is_file() => self.found.files.push(path),
                true => {}
            }
        }
        self.ignores.leave();
        Ok(())
    }

    fn entries(&self, folder: &Path) -> io::Result<Vec<(OsString, FileType)>> {
        let entries = open(self.root, folder)?.entries()?;
        let mut entries: Vec<_> = entries
            .flatten()
            .map(|entry| Ok((entry.file_name(), entry.file_type()?)))
            .collect::<io::Result<_>>()?;
        entries.retain(|(name, _)| name != ".git");
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(entries)
    }

    fn heed_ignores(&mut self, folder: &Path) -> io::Result<()> {
        let mut text = String::new();
        // A pipe of that name would never open.
        let options = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).clone();
        if let Ok(file) = open(self.root, folder)?.open_with(".gitignore", &options)
            && file.metadata()?.is_file()
        {
            // One that is not text is as good as none.
            let _ = file.take(limits::FILE_BYTES as u64).read_to_string(&mut text);
        }
        self.ignores.enter(folder, &text);
        Ok(())
    }
}

/// A folder below `root`; the empty path is `root` itself.
pub(super) fn open(root: &Dir, folder: &Path) -> io::Result<Dir> {
    match folder.as_os_str().is_empty() {
        true => root.try_clone(),
        false => root.open_dir(folder),
    }
}
