//! Where in a folder somebody did something, as the kernel tells it: whoever makes the folder what it was looks there and nowhere
//! else.
//!
//! Every tracked file is watched for itself, since it can be written by another name that lies far away; every folder with
//! tracked files is watched for the names in it. What was written through a mapping is told when its last writer goes.
//! What can't be told for certain is told as "anywhere": a tracked folder that moved, events that were too many, a folder that
//! is another one by now. What is not tracked is not watched: a folder in which such a thing is left is looked at every time.
//!
//! Source: inotify(7). Where there is none, or the watches of the person are wanted for others, there is no vigil, and whoever
//! asks looks everywhere.

mod inotify;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::index_file::IndexFile;
use super::staging::as_path;
use inotify::{Queue, Room, What};

/// A folder that is watched since it was what its index says.
#[derive(Debug)]
pub(super) struct Vigil {
    queue: Queue,
    watched: HashMap<i32, Watched>,
    /// The folder itself: device and inode.
    identity: (u64, u64),
    touched: Touched,
    index: Arc<IndexFile>,
    _room: Room,
}

/// What is watched: a folder, or a file in it.
#[derive(Debug)]
struct Watched {
    folder: Arc<Path>,
    is_folder: bool,
}

/// Where somebody may have done something. Paths are from the root of the folder that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Touched {
    /// In these folders; not in folders below them.
    Within(BTreeSet<PathBuf>),
    /// Nobody knows where.
    Anywhere,
}

impl Vigil {
    /// Watches a folder that holds what its index says, and in which nobody is at work; none where that can't be had.
    pub(super) fn begin(dir: &Path, index: Arc<IndexFile>) -> Option<Self> {
        if !tells(dir).unwrap_or(false) {
            return None;
        }
        let room = Room::of(index.entries.len() + index.folders().len())?;
        let made = || -> io::Result<Self> {
            let (queue, identity) = (Queue::new()?, identity(dir)?);
            let (watched, touched) = (HashMap::new(), Touched::Within(BTreeSet::new()));
            let mut vigil = Self { queue, watched, identity, touched, index, _room: room };
            let index = Arc::clone(&vigil.index);
            index.folders().keys().try_for_each(|folder| vigil.watch(dir, as_path(folder)))?;
            Ok(vigil)
        };
        made().inspect_err(|error| tracing::debug!(%error, "a folder can't be watched")).ok()
    }

    /// Watches a folder and the tracked files in it; what is watched already goes on.
    fn watch(&mut self, dir: &Path, folder: &Path) -> io::Result<()> {
        let path: Arc<Path> = folder.into();
        let watch = self.queue.add_folder(&dir.join(folder))?;
        self.watched.insert(watch, Watched { folder: Arc::clone(&path), is_folder: true });
        let index = Arc::clone(&self.index);
        for file in index.files_in(folder) {
            let watch = self.queue.add_file(&dir.join(as_path(&file.path)))?;
            self.watched.insert(watch, Watched { folder: Arc::clone(&path), is_folder: false });
        }
        Ok(())
    }

    /// The index that the folder is held against.
    pub(super) fn index(&self) -> Arc<IndexFile> {
        Arc::clone(&self.index)
    }

    /// Where somebody did something since the folder was what its index says.
    pub(super) fn touched(&mut self, dir: &Path) -> &Touched {
        if !identity(dir).is_ok_and(|found| found == self.identity) || self.hear().is_err() {
            self.touched = Touched::Anywhere;
        }
        &self.touched
    }

    /// Takes what the kernel has to tell.
    fn hear(&mut self) -> io::Result<()> {
        let Self { queue, watched, touched, index, .. } = self;
        queue.drain(|event| {
            let known = event.watch.and_then(|watch| watched.get(&watch));
            let Touched::Within(folders) = touched else { return };
            match (event.what, known) {
                // A file's watch ends with the file, and its folder was told of that.
                (What::Ended, Some(Watched { is_folder: false, .. }) | None) => {
                    event.watch.map(|watch| watched.remove(&watch));
                }
                (What::Lost | What::Ended | What::Itself, Some(Watched { is_folder: true, .. }))
                | (What::Lost, _)
                | (What::Itself | What::Name { .. }, None) => *touched = Touched::Anywhere,
                (What::Name { folder: Some(name) }, Some(Watched { folder, .. }))
                    if index.is_folder(&folder.join(name)) =>
                {
                    *touched = Touched::Anywhere;
                }
                (What::Itself | What::Name { .. }, Some(Watched { folder, .. })) => {
                    folders.insert(folder.to_path_buf());
                }
            }
        })
    }

    /// Tracked folders that are not watched.
    fn unwatched(&self) -> Vec<PathBuf> {
        let watched = self.watched.values().filter(|watched| watched.is_folder);
        let watched: HashSet<_> = watched.map(|watched| watched.folder.as_os_str().as_bytes()).collect();
        let folders = self.index.folders().keys().filter(|folder| !watched.contains(folder.as_slice()));
        folders.map(|folder| as_path(folder).to_owned()).collect()
    }

    /// Goes on after the folder was made what its index says, but for untracked things that are left in it; none where it has to
    /// begin anew and can't. Nobody is at work in it.
    pub(super) fn go_on(mut self, dir: &Path, index: Option<IndexFile>, left: &[PathBuf]) -> Option<Self> {
        let again = index.map_or_else(|| self.index(), Arc::new);
        let mut next = match self.touched(dir).clone() {
            Touched::Anywhere => {
                drop(self);
                Self::begin(dir, again)?
            }
            Touched::Within(folders) => {
                self.index = again;
                let folders = folders.into_iter().filter(|folder| self.index.is_folder(folder));
                let all: BTreeSet<_> = folders.chain(self.unwatched()).collect();
                all.iter().try_for_each(|folder| self.watch(dir, folder)).ok()?;
                self
            }
        };
        // What was heard until now were we ourselves.
        next.hear().ok()?;
        let above = left.iter().filter(|path| dir.join(path).symlink_metadata().is_ok());
        let above = above.map(|path| path.parent().unwrap_or(Path::new("")).to_owned());
        next.touched = Touched::Within(above.collect());
        Some(next)
    }
}

/// Whether the kernel tells what is done to the files of that disk, by whatever name; tried once for each disk. Some that take
/// watches tell nothing, or not everything.
fn tells(dir: &Path) -> io::Result<bool> {
    static KNOWN: Mutex<BTreeMap<u64, bool>> = Mutex::new(BTreeMap::new());
    let disk = fs::symlink_metadata(dir)?.dev();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(tells) = known.get(&disk) {
        return Ok(*tells);
    }
    let beside = dir.with_added_extension("vigil");
    fs::create_dir_all(&beside)?;
    let tells = hears_all(&beside);
    fs::remove_dir_all(&beside)?;
    known.insert(disk, tells.as_ref().is_ok_and(|tells| *tells));
    tells
}

/// Whether it is heard that a file is written by its other name, and that a folder gets a new one in it.
fn hears_all(dir: &Path) -> io::Result<bool> {
    let (file, far) = (dir.join("file"), dir.join("far"));
    fs::write(&file, "")?;
    fs::create_dir(&far)?;
    fs::hard_link(&file, far.join("other"))?;
    let queue = Queue::new()?;
    let watches = [queue.add_file(&file)?, queue.add_folder(dir)?];
    let mut heard = HashSet::new();
    fs::write(far.join("other"), "1")?;
    fs::rename(far.join("other"), dir.join("other"))?;
    queue.drain(|event| heard.extend(event.watch))?;
    Ok(watches.iter().all(|watch| heard.contains(watch)))
}

fn identity(dir: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(dir).map(|found| (found.dev(), found.ino()))
}

#[cfg(test)]
mod tests;
