//! Files with another name outside of their folder: whoever writes to one here writes to the other, and no rule about paths
//! can tell. Each is copied before the first command is let into the folder.
//!
//! Names that are all in the folder stay what they are: build tools link their own files.

use std::collections::HashMap;
use std::fs::{self, FileTimes};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Makes every file of a folder its own, and says how many were not.
pub(super) fn own_files(dir: &Path) -> io::Result<usize> {
    let mut linked = HashMap::new();
    find(dir, &mut linked)?;
    let shared = linked.into_values().filter(|file| (file.names.len() as u64) < file.links);
    let mut count = 0;
    for file in shared {
        copy(&file.names).map_err(|error| at(&file.names, &error))?;
        count += 1;
    }
    Ok(count)
}

/// A file with more than one name.
struct Linked {
    /// How many it has.
    links: u64,
    /// Those that are in the folder.
    names: Vec<PathBuf>,
}

fn find(dir: &Path, linked: &mut HashMap<(u64, u64), Linked>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let found = entry.metadata()?;
        if found.is_dir() {
            find(&entry.path(), linked)?;
        } else if found.is_file() && found.nlink() > 1 {
            let links = found.nlink();
            let file = linked.entry((found.dev(), found.ino()));
            file.or_insert(Linked { links, names: Vec::new() }).names.push(entry.path());
        }
    }
    Ok(())
}

/// Puts a copy in the place of all these names; the file keeps what it has elsewhere.
fn copy(names: &[PathBuf]) -> io::Result<()> {
    let Some((first, others)) = names.split_first() else { return Ok(()) };
    let found = fs::metadata(first)?;
    let copy = first.with_added_extension("trireme-copy");
    // Mode and content; the time is for tools that ask whether it changed.
    fs::copy(first, &copy)?;
    let times = FileTimes::new().set_modified(found.modified()?).set_accessed(found.accessed()?);
    fs::File::open(&copy)?.set_times(times)?;
    fs::rename(&copy, first)?;
    for other in others {
        fs::hard_link(first, &copy)?;
        fs::rename(&copy, other)?;
    }
    Ok(())
}

fn at(names: &[PathBuf], error: &io::Error) -> io::Error {
    let name = names.first().map(|name| name.display().to_string()).unwrap_or_default();
    io::Error::new(error.kind(), format!("{name} has another name outside and can't be copied: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_name_outside_is_copied_and_what_has_not_stays() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("in/deep")).unwrap();
        for (name, text) in [("outside", "theirs"), ("in/own", "own"), ("in/plain", "plain")] {
            fs::write(at(name), text).unwrap();
        }
        for (from, to) in [("outside", "in/a"), ("outside", "in/deep/b"), ("in/own", "in/deep/own")] {
            fs::hard_link(at(from), at(to)).unwrap();
        }
        std::os::unix::fs::symlink("../../outside", at("in/deep/link")).unwrap();
        let number = |name: &str| fs::metadata(at(name)).unwrap().ino();
        let (own, plain) = (number("in/own"), number("in/plain"));
        let time = fs::metadata(at("outside")).unwrap().modified().unwrap();

        assert_eq!(own_files(&at("in")).unwrap(), 1);
        assert_eq!((number("in/own"), number("in/deep/own"), number("in/plain")), (own, own, plain));
        assert_ne!(number("in/a"), number("outside"));
        assert_eq!(number("in/a"), number("in/deep/b"), "they are still one file");
        assert_eq!(fs::metadata(at("in/a")).unwrap().modified().unwrap(), time);
        fs::write(at("in/a"), "mine").unwrap();
        assert_eq!(fs::read_to_string(at("in/deep/b")).unwrap(), "mine");
        assert_eq!(fs::read_to_string(at("outside")).unwrap(), "theirs");
        assert_eq!(own_files(&at("in")).unwrap(), 0);
        assert_eq!(fs::read_dir(at("in")).unwrap().count(), 4, "nothing is left of the copying");
    }
}
