//! The tools that change files: edit and write. A file is replaced as a whole, so nobody sees half of it.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::fs::{Dir, OpenOptions, Permissions};
use trireme_core::limits::FILE_BYTES;
use trireme_core::prompts::Replacement;

use super::edits::{edited, line_at, lines_of};
use super::{Files, ToolError, at, relative};
use crate::workspace::walk;

impl Files {
    /// Replaces texts in a file: all of them, or none.
    pub fn edit(&self, path: &str, edits: &[Replacement]) -> Result<String, ToolError> {
        let text = self.text(path)?;
        let edited = edited(path, &text, edits)?;
        self.replace(path, edited.text.as_bytes())?;
        Ok(match edited.places.as_slice() {
            [place] => format!("replaced the text at line {} of `{path}`", line_at(&edited.text, *place)),
            places => {
                let lines = lines_of(&edited.text, places);
                format!("replaced {} texts of `{path}`, now at lines {lines}", places.len())
            }
        })
    }

    /// The whole of a file that is a text.
    pub(super) fn text(&self, path: &str) -> Result<String, ToolError> {
        let bytes = self.bytes(&relative(path)?, path)?;
        String::from_utf8(bytes).map_err(|_| ToolError::NotText(path.to_owned()))
    }

    /// Makes the file hold `content` and nothing else; missing folders are made.
    pub fn write(&self, path: &str, content: &str) -> Result<String, ToolError> {
        let is_new = self.replace(path, content.as_bytes())?;
        let (word, lines) = (if is_new { "made" } else { "replaced" }, content.lines().count());
        Ok(format!("{word} `{path}` ({lines} lines)"))
    }

    /// Takes a file away; one that is not there is fine.
    pub fn remove(&self, path: &str) -> Result<(), ToolError> {
        match self.root.remove_file(relative(path)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Writes beside the file and then puts the new one in its place; says whether there was none.
    fn replace(&self, shown: &str, content: &[u8]) -> Result<bool, ToolError> {
        if content.len() > FILE_BYTES {
            return Err(ToolError::TooLarge { path: shown.to_owned(), bytes: content.len() as u64 });
        }
        let path = relative(shown)?;
        // A link inside the folder is followed: the file that it names is replaced, not the link.
        let (path, old) = match self.resolve(&path, shown) {
            Ok(resolved) => (resolved, Some(())),
            Err(ToolError::NotFound(_)) => (path, None),
            Err(error) => return Err(error),
        };
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(ToolError::IsFolder(shown.to_owned()));
        };
        let permissions = match old {
            Some(()) => Some(self.permissions(&path, shown)?),
            None => None,
        };
        if !folder.as_os_str().is_empty() {
            self.root.create_dir_all(folder).map_err(at(shown))?;
        }
        let folder = walk::open(&self.root, folder).map_err(at(shown))?;
        put(&folder, Path::new(name), content, permissions).map_err(at(shown))?;
        Ok(old.is_none())
    }

    fn permissions(&self, path: &Path, shown: &str) -> Result<Permissions, ToolError> {
        let metadata = self.root.metadata(path).map_err(at(shown))?;
        match metadata.is_dir() {
            true => Err(ToolError::IsFolder(shown.to_owned())),
            false if !metadata.is_file() => Err(ToolError::NotAFile(shown.to_owned())),
            false => Ok(metadata.permissions()),
        }
    }
}

fn put(folder: &Dir, name: &Path, content: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let new = format!(".trireme-new-{}-{number}", std::process::id());
    let fill = || {
        let mut file = folder.open_with(&new, OpenOptions::new().write(true).create_new(true))?;
        file.write_all(content)?;
        permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions))?;
        folder.rename(&new, folder, name)
    };
    fill().inspect_err(|_| {
        // The first error is the one to tell.
        let _ = folder.remove_file(&new);
    })
}
