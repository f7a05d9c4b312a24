//! Git's index as it is on disk, read without git: which files a folder should hold, and what they looked like when git wrote
//! them. Never written here.
//!
//! Its layout is told by git's `gitformat-index`; our own indexes are always of version 2, or 3 where paths are skipped.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::OnceLock;

use super::staging::Entry;

/// The flag of an entry that has more of them, and the one among those that says that its file is not in the folder.
const EXTENDED: u16 = 0x4000;
const SKIP_WORKTREE: u16 = 0x4000;

/// The bits of a mode that tell a file from a link and a gitlink, and the one that says who may run it.
const KIND: u32 = 0o170_000;
const RUNS: u32 = 0o100;
const FILE: u32 = 0o100_000;
const GITLINK: u32 = 0o160_000;

/// An index.
#[derive(Debug)]
pub(super) struct IndexFile {
    /// In git's order.
    pub(super) entries: Vec<Tracked>,
    /// When it was written, by the clock of its disk: what was recorded later is not certain.
    written: Moment,
    /// Each folder that has to be there, and which entries lie in it; told once it is asked for.
    folders: OnceLock<HashMap<Vec<u8>, Vec<usize>>>,
}

/// Seconds, as far as 32 bits go, and nanoseconds.
pub(super) type Moment = (u32, u32);

/// A path of an index.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) path: Vec<u8>,
    /// Whether its file is taken as unchanged whatever the folder holds.
    pub(super) skipped: bool,
    mode: u32,
    object: Vec<u8>,
    look: Look,
}

/// What a file looked like: nobody can do anything to one without giving it another look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    changed: Moment,
    modified: Moment,
    inode: u32,
    /// Git keeps of a mode what the kind is, and whether the file may be run.
    kind: u32,
    runs: bool,
    owner: u32,
    group: u32,
    size: u32,
}

/// What is to be thought of a file at a tracked path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It is the one that git wrote, untouched.
    Same,
    /// It looks the same, but may have been changed in the moment in which that was recorded: only its content tells.
    Doubtful,
    /// It is another, or somebody did something to it.
    Other,
}

impl IndexFile {
    /// Reads an index.
    pub(super) fn read(path: &Path, object_bytes: usize) -> io::Result<Self> {
        let bytes = fs::read(path)?;
        let found = fs::metadata(path)?;
        let written = moment(found.mtime(), found.mtime_nsec());
        match parse(&bytes, object_bytes) {
            Some(entries) => Ok(Self { entries, written, folders: OnceLock::new() }),
            None => Err(io::Error::new(io::ErrorKind::InvalidData, "this is no index that we know")),
        }
    }

    /// The folders that have to be there, the root among them, each with the places of its files in the entries.
    pub(super) fn folders(&self) -> &HashMap<Vec<u8>, Vec<usize>> {
        self.folders.get_or_init(|| {
            let mut folders: HashMap<_, Vec<usize>> = HashMap::from([(Vec::new(), Vec::new())]);
            let shown = self.entries.iter().enumerate().filter(|(_, file)| !file.skipped);
            for (place, path) in shown.map(|(place, file)| (place, file.path.as_slice())) {
                let mut above = above(path);
                let innermost = above.next().unwrap_or_default();
                if let Some(files) = folders.get_mut(innermost) {
                    files.push(place);
                    continue;
                }
                folders.insert(innermost.to_vec(), vec![place]);
                for folder in above {
                    folders.entry(folder.to_vec()).or_default();
                }
            }
            folders
        })
    }

    /// Whether a folder has to be there.
    pub(super) fn is_folder(&self, path: &Path) -> bool {
        self.folders().contains_key(path.as_os_str().as_bytes())
    }

    /// Whether a file has to be there.
    pub(super) fn is_file_at(&self, path: &Path) -> bool {
        let folder = path.parent().unwrap_or(Path::new(""));
        self.files_in(folder).any(|file| file.path == path.as_os_str().as_bytes())
    }

    /// What has to be in a folder, but for folders.
    pub(super) fn files_in(&self, folder: &Path) -> impl Iterator<Item = &Tracked> {
        let places = self.folders().get(folder.as_os_str().as_bytes());
        places.into_iter().flatten().filter_map(|place| self.entries.get(*place))
    }

    /// What is to be thought of what was found at a tracked path.
    pub(super) fn judge(&self, tracked: &Tracked, found: &Metadata) -> Judgement {
        let look = tracked.look;
        if look != Look::of(found) || (look.changed >= self.written && look.modified < self.written) {
            return Judgement::Other;
        }
        if look.modified >= self.written { Judgement::Doubtful } else { Judgement::Same }
    }
}

impl Tracked {
    /// Whether it names a commit of another repository.
    pub(super) const fn is_gitlink(&self) -> bool {
        self.mode == GITLINK
    }

    /// Whether it is a file proper: no link and no gitlink.
    pub(super) const fn is_file(&self) -> bool {
        self.mode & KIND == FILE
    }

    /// The same as an entry of a tree.
    pub(super) fn entry(&self) -> Entry {
        let object = self.object.iter().map(|byte| format!("{byte:02x}")).collect();
        Entry { mode: format!("{:06o}", self.mode), object, path: self.path.clone() }
    }
}

impl Look {
    /// Git keeps the lower 32 bits of everything.
    pub(super) fn of(found: &Metadata) -> Self {
        Self {
            changed: moment(found.ctime(), found.ctime_nsec()),
            modified: moment(found.mtime(), found.mtime_nsec()),
            inode: found.ino() as u32,
            kind: found.mode() & KIND,
            runs: found.is_file() && found.mode() & RUNS != 0,
            owner: found.uid(),
            group: found.gid(),
            size: found.size() as u32,
        }
    }

    /// When somebody did something to it the last time.
    pub(super) const fn changed(&self) -> Moment {
        self.changed
    }

    /// As numbers, four bytes each.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let Self { changed, modified, inode, kind, runs, owner, group, size } = self;
        let numbers =
            [changed.0, changed.1, modified.0, modified.1, inode, kind, u32::from(runs), owner, group, size];
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    /// Reads [`Look::to_bytes`].
    pub(super) fn from_bytes(rest: &mut &[u8]) -> Option<Self> {
        let changed = (number(rest)?, number(rest)?);
        let modified = (number(rest)?, number(rest)?);
        let (inode, kind, runs) = (number(rest)?, number(rest)?, number(rest)? != 0);
        let (owner, group, size) = (number(rest)?, number(rest)?, number(rest)?);
        Some(Self { changed, modified, inode, kind, runs, owner, group, size })
    }
}

/// The folders that a path is in, the innermost first, the root not among them.
fn above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().rev().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    slashes.filter_map(|at| path.get(..at))
}

const fn moment(seconds: i64, nanoseconds: i64) -> Moment {
    (seconds as u32, nanoseconds as u32)
}

fn parse(bytes: &[u8], object_bytes: usize) -> Option<Vec<Tracked>> {
    let mut rest = bytes.strip_prefix(b"DIRC")?;
    let version = number(&mut rest)?;
    if !(2..=3).contains(&version) {
        return None;
    }
    let count = number(&mut rest)?;
    (0..count).map(|_| tracked(&mut rest, object_bytes)).collect()
}

fn tracked(rest: &mut &[u8], object_bytes: usize) -> Option<Tracked> {
    let before = rest.len();
    let changed = (number(rest)?, number(rest)?);
    let modified = (number(rest)?, number(rest)?);
    let (_device, inode, mode) = (number(rest)?, number(rest)?, number(rest)?);
    let (owner, group, size) = (number(rest)?, number(rest)?, number(rest)?);
    let object = take(rest, object_bytes)?.to_vec();
    let flags = flags(rest)?;
    let more = if flags & EXTENDED == 0 { 0 } else { self::flags(rest)? };
    let length = rest.iter().position(|byte| *byte == 0)?;
    let path = take(rest, length)?.to_vec();
    // One NUL at least, and as many as it takes to come to a multiple of eight.
    take(rest, 8 - (before - rest.len()) % 8)?;
    let runs = mode & KIND == FILE && mode & RUNS != 0;
    let look = Look { changed, modified, inode, kind: mode & KIND, runs, owner, group, size };
    Some(Tracked { path, skipped: more & SKIP_WORKTREE != 0, mode, object, look })
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(take(rest, 4)?.try_into().ok()?))
}

fn flags(rest: &mut &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(take(rest, 2)?.try_into().ok()?))
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    Some(head)
}
