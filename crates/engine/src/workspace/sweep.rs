//! What a folder holds and its index does not, and the other way round; found by one walk, without git.
//!
//! Stricter than git: a file that anybody did anything to is another one, whatever its size, its times and its content say now.
//! A file that has a second name somewhere is one of those, since a name more changes when its status changed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, DirEntry, File, FileType, Permissions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use trireme_core::limits::{FILE_BYTES, PATH_BYTES};

use super::ignores::Ignores;
use super::index_file::{IndexFile, Judgement, Tracked};
use super::remove::remove;
use super::staging::as_path;

/// Folders in folders that are followed outside of what is tracked; what lies deeper is all the same to us.
const DEPTH: usize = 100;

/// The longest name of a file on Linux, in bytes.
const LONGEST_NAME_BYTES: usize = 255;

/// How a folder differs from its index. Paths are from its root.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Tracked files that are gone, or that somebody did something to.
    pub(super) wrong: Vec<Vec<u8>>,
    /// Tracked files of which only their content tells whether they are as they were.
    pub(super) doubtful: Vec<Vec<u8>>,
    /// What is there and not tracked: files, and folders with nothing tracked in them. Sorted.
    pub(super) extra: Vec<PathBuf>,
    /// What stands where a folder with something tracked in it should be.
    in_the_way: Vec<PathBuf>,
}

impl Seen {
    /// Whether nobody did anything.
    pub(super) const fn is_clean(&self) -> bool {
        self.wrong.is_empty() && self.doubtful.is_empty() && self.extra.is_empty()
    }

    /// Removes what is not as it was at tracked paths, so that nothing is written into it or through it.
    pub(super) fn remove_wrong(&self, dir: &Path) -> io::Result<()> {
        self.in_the_way.iter().try_for_each(|path| remove(&dir.join(path)))?;
        self.wrong.iter().try_for_each(|path| remove(&dir.join(as_path(path))))
    }
}

/// Looks at every tracked folder of `dir`, or at those alone that somebody touched; with `rights`, each is given these and
/// nothing else.
pub(super) fn look(
    dir: &Path,
    index: &IndexFile,
    rights: Option<u32>,
    touched: Option<&BTreeSet<PathBuf>>,
) -> io::Result<Seen> {
    let mut seen = Seen::default();
    let mut pending = match touched {
        Some(touched) => touched.iter().cloned().collect(),
        None => vec![PathBuf::new()],
    };
    let mut unseen: HashSet<&[u8]> = match touched {
        Some(_) => HashSet::new(),
        None => index.folders().keys().map(Vec::as_slice).collect(),
    };
    while let Some(folder) = pending.pop() {
        unseen.remove(folder.as_os_str().as_bytes());
        let mut files: HashMap<&[u8], &Tracked> =
            index.files_in(&folder).map(|file| (file.path.as_slice(), file)).collect();
        if let Some(rights) = rights {
            make_plain(&dir.join(&folder), rights)?;
        }
        for (path, entry) in entries(dir, &folder)? {
            let name = path.as_os_str().as_bytes();
            if index.is_folder(&path) {
                match entry.file_type()?.is_dir() {
                    true if touched.is_none() => pending.push(path),
                    true => {}
                    false => seen.in_the_way.push(path),
                }
                continue;
            }
            let judged = match files.get(name) {
                Some(file) => index.judge(file, &entry.metadata()?),
                None => {
                    seen.extra.push(path);
                    continue;
                }
            };
            if judged != Judgement::Other {
                files.remove(name);
            }
            if judged == Judgement::Doubtful {
                seen.doubtful.push(name.to_vec());
            }
        }
        seen.wrong.extend(files.into_keys().map(<[u8]>::to_vec));
    }
    let missing = unseen.into_iter().flat_map(|folder| index.files_in(as_path(folder)));
    seen.wrong.extend(missing.map(|file| file.path.clone()));
    seen.extra.sort();
    Ok(seen)
}

/// The entries of a folder, each with its path from the root. One that is gone, closed to us or too deep for any path has
/// none: what is tracked in it is not there then.
fn entries(dir: &Path, folder: &Path) -> io::Result<Vec<(PathBuf, DirEntry)>> {
    use io::ErrorKind::{InvalidFilename, NotFound, PermissionDenied};
    let entries = match fs::read_dir(dir.join(folder)) {
        Err(error) if matches!(error.kind(), InvalidFilename | NotFound | PermissionDenied) => {
            return Ok(Vec::new());
        }
        entries => entries?,
    };
    entries.map(|entry| entry.map(|entry| (folder.join(entry.file_name()), entry))).collect()
}

/// Gives a folder the rights of a new one, and takes from it what else somebody hung on it.
pub(super) fn make_plain(folder: &Path, rights: u32) -> io::Result<()> {
    if folder.metadata()?.permissions().mode() & 0o7777 != rights {
        fs::set_permissions(folder, Permissions::from_mode(rights))?;
    }
    strip(folder)
}

/// Takes attributes and access lists from a folder: what is made in it later would have them from there.
fn strip(folder: &Path) -> io::Result<()> {
    let mut names = [0; 4_096];
    let length = match rustix::fs::llistxattr(folder, &mut names) {
        // A file system without any.
        Err(rustix::io::Errno::NOTSUP) => return Ok(()),
        length => length?,
    };
    let names = names.get(..length).unwrap_or_default().split(|byte| *byte == 0);
    for name in names.filter(|name| !name.is_empty() && !name.starts_with(b"security.")) {
        rustix::fs::lremovexattr(folder, OsStr::from_bytes(name))?;
    }
    Ok(())
}

/// A walk over what is not tracked and not excluded.
pub(super) struct Extras<'a> {
    dir: &'a Path,
    /// Whether the `.gitignore` at a path counts.
    heeds: &'a dyn Fn(&Path) -> bool,
    /// Is told of each path, after all that is in it, and whether that was visited.
    tell: &'a mut dyn FnMut(&Path, FileType, bool) -> io::Result<()>,
    ignores: Ignores,
    entered: Vec<PathBuf>,
}

impl<'a> Extras<'a> {
    /// A walk in `dir`; `rules` hold where no `.gitignore` says anything.
    pub(super) fn new(
        dir: &'a Path,
        rules: &str,
        heeds: &'a dyn Fn(&Path) -> bool,
        tell: &'a mut dyn FnMut(&Path, FileType, bool) -> io::Result<()>,
    ) -> Self {
        let mut ignores = Ignores::default();
        ignores.enter(Path::new(""), rules);
        Self { dir, heeds, tell, ignores, entered: Vec::new() }
    }

    /// Visits what [`look`] found, in that order.
    pub(super) fn visit_all(&mut self, extra: &[PathBuf]) -> io::Result<()> {
        for path in extra {
            self.enter_all(path.parent().unwrap_or(Path::new("")));
            let found = self.dir.join(path).symlink_metadata()?;
            self.visit(path, found.file_type(), 0)?;
        }
        Ok(())
    }

    /// Goes from the folder where it is to another one.
    fn enter_all(&mut self, folder: &Path) {
        while self.entered.pop_if(|entered| !folder.starts_with(entered)).is_some() {
            self.ignores.leave();
        }
        let above: Vec<_> = folder.ancestors().collect();
        for folder in above.into_iter().rev().skip(self.entered.len()) {
            self.enter(folder);
        }
    }

    fn enter(&mut self, folder: &Path) {
        let rules = folder.join(".gitignore");
        let text = if (self.heeds)(&rules) { text(&self.dir.join(rules)) } else { String::new() };
        self.ignores.enter(folder, &text);
        self.entered.push(folder.to_owned());
    }

    fn visit(&mut self, path: &Path, kind: FileType, depth: usize) -> io::Result<()> {
        // No rule excludes a repository, and git does not see it.
        let is_repository = path.file_name() == Some(OsStr::new(".git"));
        if !is_repository && self.ignores.exclude(path, kind.is_dir()) {
            return Ok(());
        }
        let goes_in = kind.is_dir() && !is_repository && depth < DEPTH && !is_too_long(self.dir, path);
        if goes_in {
            self.enter(path);
            for (inner, entry) in entries(self.dir, path)? {
                self.visit(&inner, entry.file_type()?, depth + 1)?;
            }
            self.entered.pop();
            self.ignores.leave();
        }
        (self.tell)(path, kind, goes_in)
    }
}

/// Whether no path leads into a folder.
fn is_too_long(dir: &Path, path: &Path) -> bool {
    dir.as_os_str().len() + path.as_os_str().len() + LONGEST_NAME_BYTES >= PATH_BYTES
}

/// What a file says; nothing where it is none, or is not text.
fn text(path: &Path) -> String {
    let mut text = String::new();
    // A pipe of that name would never open, and a link may lead anywhere.
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW;
    let file = File::options().read(true).custom_flags(flags.bits()).open(path);
    if let Ok(file) = file
        && file.metadata().is_ok_and(|found| found.is_file())
    {
        let _ = file.take(FILE_BYTES as u64).read_to_string(&mut text);
    }
    text
}

/// What would make git stumble over files that are neither tracked nor excluded.
#[derive(Debug, Default)]
pub(super) struct Traps {
    /// Whether a folder is a repository of its own.
    pub(super) repositories: bool,
    /// Pipes and the like where git reads rules: it would wait for ever.
    pub(super) pipes: Vec<PathBuf>,
    /// Folders that are too deep for it: it would say nothing.
    pub(super) deep: Vec<PathBuf>,
}

impl Traps {
    /// Looks for them among what [`look`] found.
    pub(super) fn among(dir: &Path, seen: &Seen) -> io::Result<Self> {
        let mut traps = Self::default();
        let mut tell = |path: &Path, kind: FileType, _visited: bool| {
            traps.tell(path, kind);
            if kind.is_dir() && is_too_long(dir, path) {
                traps.deep.push(path.to_owned());
            }
            Ok(())
        };
        Extras::new(dir, "", &|_| true, &mut tell).visit_all(&seen.extra)?;
        for path in seen.wrong.iter().map(|path| as_path(path)) {
            if let Ok(found) = dir.join(path).symlink_metadata() {
                traps.tell(path, found.file_type());
            }
        }
        Ok(traps)
    }

    fn tell(&mut self, path: &Path, kind: FileType) {
        let name = path.file_name().unwrap_or_default();
        let is_above = path.parent().is_none_or(|folder| folder.as_os_str().is_empty());
        self.repositories |= name == ".git" && !is_above;
        let is_plain = kind.is_file() || kind.is_dir() || kind.is_symlink();
        if !is_plain && (name == ".gitignore" || name == ".gitattributes") {
            self.pipes.push(path.to_owned());
        }
    }
}

/// Removes what is not tracked, but for what tracked rules exclude.
pub(super) fn remove_unignored(
    dir: &Path,
    index: &IndexFile,
    rules: &str,
    extra: &[PathBuf],
) -> io::Result<()> {
    let heeds = |path: &Path| index.is_file_at(path);
    let mut tell = |path: &Path, kind: FileType, visited: bool| {
        let path = dir.join(path);
        if !kind.is_dir() || !visited {
            return remove(&path);
        }
        match fs::remove_dir(path) {
            // Something in it is excluded.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
            removed => removed,
        }
    };
    Extras::new(dir, rules, &heeds, &mut tell).visit_all(extra)
}
