//! The file tools of a model: read, list, glob, search, edit, patch, write.
//!
//! They work on a directory handle, so no path and no link leads out of the folder, not even one that is swapped while
//! we look. What they answer, errors too, is read by a model: an error says what to do next. All of it blocks.

mod change;
mod edits;
mod look;
mod paged;
mod patch;

pub(crate) use patch::named_in;

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions, OpenOptionsExt};
use nix::fcntl::OFlag;
use trireme_core::limits::FILE_BYTES;

/// Why a tool did not do it; the text is for the model.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The path is not one from the root of the folder.
    #[error(
        "`{0}` is not a path from the root of the repository: write it like `src/main.rs`, without a leading `/` and without `..`"
    )]
    NotAPath(String),
    /// A link leads out.
    #[error("`{0}` leads out of the repository through a link: only files inside it can be used")]
    Outside(String),
    /// The model's git folder is not there for it.
    #[error("`{0}` is git's own: the engine makes the commits, you only change files")]
    GitsOwn(String),
    /// Nothing is there.
    #[error("there is no `{0}`: `list` shows what there is")]
    NotFound(String),
    /// A folder, where a file is needed.
    #[error("`{0}` is a folder: use `list` on it, or name a file in it")]
    IsFolder(String),
    /// A file stands where a folder is needed.
    #[error("a part of `{0}` is a file and no folder: choose another path")]
    NotAFolder(String),
    /// A device, a pipe, a socket.
    #[error("`{0}` is no ordinary file: choose another one")]
    NotAFile(String),
    /// It is no text.
    #[error("`{0}` is not a text: look at it with `run`, for example `file` or `xxd`")]
    NotText(String),
    /// Too large to read or to write.
    #[error(
        "`{path}` has {bytes} bytes, more than the {FILE_BYTES} that this tool takes: use `search`, or `run` with `sed -n` or `head`"
    )]
    TooLarge {
        /// The file.
        path: String,
        /// Its size.
        bytes: u64,
    },
    /// There is nothing that far.
    #[error("there are {count} {what}, and offset {offset} is past the last one: give one from 1 to {count}")]
    PastTheEnd {
        /// What was asked for.
        offset: usize,
        /// How many there are.
        count: usize,
        /// Of what.
        what: &'static str,
    },
    /// The text to replace is empty.
    #[error(
        "{0} is empty: give the exact text to replace, or use `write` for a whole file; nothing was changed"
    )]
    NothingToReplace(String),
    /// Both texts are one.
    #[error("{0} and its `new` are the same: leave it out; nothing was changed")]
    NothingNew(String),
    /// The text to replace is not there.
    #[error(
        "{which} occurs 0 times in `{path}`: it must be there exactly once, with every space as in the file. {nearest}Nothing was changed; read the file and try again"
    )]
    NotThere {
        /// Which text.
        which: String,
        /// The file.
        path: String,
        /// What comes nearest, as a sentence with a space behind it; empty where nothing does.
        nearest: String,
    },
    /// The text to replace is there more than once.
    #[error(
        "{which} occurs {times} times in `{path}`, at lines {lines}: add lines before or after it until it occurs exactly once, or set replace_all; nothing was changed"
    )]
    NotOnce {
        /// Which text.
        which: String,
        /// The file.
        path: String,
        /// How often.
        times: usize,
        /// The first few lines at which it begins.
        lines: String,
    },
    /// Two texts to replace have a part of the file in common.
    #[error(
        "{which} and {other} both take in a part of line {line} of `{path}`: make one edit of them; nothing was changed"
    )]
    Overlap {
        /// One text.
        which: String,
        /// Another one.
        other: String,
        /// The file.
        path: String,
        /// Where the second one begins.
        line: usize,
    },
    /// The diff can't be taken.
    #[error("the diff can't be taken: {0}; nothing was changed, read the files and try again")]
    Patch(String),
    /// No regular expression.
    #[error("the pattern is no regular expression: {0}; escape special characters with a backslash")]
    Pattern(String),
    /// No glob.
    #[error("`{0}` is no glob: {1}; write it from the root of the repository, like `src/**/*.rs`")]
    Glob(String, String),
    /// The operating system refused.
    #[error("`{path}`: {source}; try another path, or see with `run` what is wrong with it")]
    Io {
        /// The file or folder.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The tools of one folder.
#[derive(Debug)]
pub struct Files {
    root: Dir,
}

impl Files {
    /// Tools for the folder `root`.
    pub fn open(root: &Path) -> io::Result<Self> {
        let root = Dir::open_ambient_dir(root, ambient_authority())?;
        Ok(Self { root })
    }

    /// The same file by a path without links; an error where it does not exist.
    fn resolve(&self, path: &Path, shown: &str) -> Result<PathBuf, ToolError> {
        if path.as_os_str().is_empty() {
            return Ok(PathBuf::new());
        }
        let resolved = self.root.canonicalize(path).map_err(at(shown))?;
        // The root is written as a dot.
        Ok(resolved.components().filter(|part| *part != Component::CurDir).collect())
    }

    /// An ordinary file, open for reading, of a size that we take.
    fn open_file(&self, path: &Path, shown: &str) -> Result<File, ToolError> {
        let mut options = OpenOptions::new();
        // A pipe without a writer would hold us for ever.
        options.read(true).custom_flags(OFlag::O_NONBLOCK.bits());
        let file = self.root.open_with(path, &options).map_err(at(shown))?;
        check_file(&file.metadata().map_err(at(shown))?, shown)?;
        Ok(file)
    }

    fn bytes(&self, path: &Path, shown: &str) -> Result<Vec<u8>, ToolError> {
        let mut bytes = Vec::new();
        let file = self.open_file(path, shown)?;
        file.take(FILE_BYTES as u64).read_to_end(&mut bytes).map_err(at(shown))?;
        match bytes.contains(&0) {
            true => Err(ToolError::NotText(shown.to_owned())),
            false => Ok(bytes),
        }
    }
}

fn check_file(metadata: &Metadata, shown: &str) -> Result<(), ToolError> {
    match metadata.len() {
        _ if metadata.is_dir() => Err(ToolError::IsFolder(shown.to_owned())),
        _ if !metadata.is_file() => Err(ToolError::NotAFile(shown.to_owned())),
        bytes if bytes > FILE_BYTES as u64 => Err(ToolError::TooLarge { path: shown.to_owned(), bytes }),
        _ => Ok(()),
    }
}

/// A path as models write it; the root is the empty path, and it may be called `.` or nothing.
fn relative(path: &str) -> Result<PathBuf, ToolError> {
    let mut relative = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) if is_git(name.to_owned()) => {
                return Err(ToolError::GitsOwn(path.to_owned()));
            }
            Component::Normal(name) => relative.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(ToolError::NotAPath(path.to_owned()));
            }
        }
    }
    Ok(relative)
}

fn is_git(name: OsString) -> bool {
    name.eq_ignore_ascii_case(".git")
}

/// The error of a file operation at that path.
fn at(path: &str) -> impl FnOnce(io::Error) -> ToolError {
    use io::ErrorKind::{IsADirectory, NotADirectory, NotFound, PermissionDenied};
    let path = path.to_owned();
    move |source| {
        let kind = source.kind();
        // Directory handles tell an escape by an error of their own, without a number of the operating system.
        if kind == PermissionDenied && source.raw_os_error().is_none() {
            return ToolError::Outside(path);
        }
        if kind == NotFound {
            return ToolError::NotFound(path);
        }
        if kind == IsADirectory {
            return ToolError::IsFolder(path);
        }
        if kind == NotADirectory {
            return ToolError::NotAFolder(path);
        }
        ToolError::Io { path, source }
    }
}

/// The head of a line, with a sign where something is missing.
fn shortened(line: &str, cap: usize) -> String {
    match line.len() > cap {
        false => line.to_owned(),
        true => format!("{}[…]", line.get(..line.floor_char_boundary(cap)).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
