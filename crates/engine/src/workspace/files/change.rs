//! The tools that change files: edit and write. A file is replaced as a whole, so nobody sees half of it.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::fs::{Dir, OpenOptions, Permissions};
use trireme_core::limits::{FILE_BYTES, LINE_BYTES};

use super::{Files, ToolError, at, relative, shortened};
use crate::workspace::walk;

/// Places that an error names.
const SHOWN: usize = 8;
/// How alike two lines must be for one to be shown instead of the other: 1 is equal.
const LIKENESS: f64 = 0.4;

impl Files {
    /// Replaces `old`, which must be in the file exactly once, by `new`.
    pub fn edit(&self, path: &str, old: &str, new: &str) -> Result<String, ToolError> {
        if old.is_empty() {
            return Err(ToolError::NothingToReplace);
        }
        if old == new {
            return Err(ToolError::NothingNew);
        }
        let bytes = self.bytes(&relative(path)?, path)?;
        let text = String::from_utf8(bytes).map_err(|_| ToolError::NotText(path.to_owned()))?;
        let (old, new) = in_line_ends_of(&text, old, new);
        let places: Vec<_> = text.match_indices(&old).map(|(place, _)| line_at(&text, place)).collect();
        match places.as_slice() {
            [line] => {
                self.replace(path, text.replacen(&old, &new, 1).as_bytes())?;
                Ok(format!("replaced the text at line {line} of `{path}`"))
            }
            [] => Err(ToolError::NotThere { path: path.to_owned(), nearest: nearest(&text, &old) }),
            places => Err(ToolError::NotOnce {
                path: path.to_owned(),
                times: places.len(),
                lines: first_of(places),
            }),
        }
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

/// Models write lines that end in LF; where the file's lines all end in CRLF, that is what they mean.
fn in_line_ends_of(text: &str, old: &str, new: &str) -> (String, String) {
    let is_crlf = text.contains("\r\n") && text.matches('\n').count() == text.matches("\r\n").count();
    match is_crlf && !old.contains('\r') {
        true => (old.replace('\n', "\r\n"), new.replace("\r\n", "\n").replace('\n', "\r\n")),
        false => (old.to_owned(), new.to_owned()),
    }
}

/// The line, counted from 1, in which a byte lies.
fn line_at(text: &str, place: usize) -> usize {
    text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1
}

fn first_of(places: &[usize]) -> String {
    let shown: Vec<_> = places.iter().take(SHOWN).map(usize::to_string).collect();
    let rest = if places.len() > SHOWN { ", …" } else { "" };
    shown.join(", ") + rest
}

/// The line of the text that is most like the first line of what was looked for, as a sentence.
fn nearest(text: &str, wanted: &str) -> String {
    let Some(wanted) = wanted.lines().find(|line| !line.trim().is_empty()) else {
        return String::new();
    };
    let pairs = letter_pairs(wanted);
    let alike = |line: &str| likeness(&pairs, &letter_pairs(line));
    let best = (1..).zip(text.lines()).map(|(number, line)| (alike(line), number, line));
    match best.max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1))) {
        Some((likeness, number, line)) if likeness >= LIKENESS => {
            format!("The nearest line is line {number}: `{}`. ", shortened(line, LINE_BYTES))
        }
        _ => String::new(),
    }
}

fn letter_pairs(line: &str) -> HashSet<(char, char)> {
    let line = line.trim();
    line.chars().zip(line.chars().skip(1)).collect()
}

/// From 0, nothing in common, to 1, the same pairs of letters.
fn likeness(one: &HashSet<(char, char)>, other: &HashSet<(char, char)>) -> f64 {
    let common = u32::try_from(one.intersection(other).count()).unwrap_or(u32::MAX);
    let all = u32::try_from(one.len() + other.len()).unwrap_or(u32::MAX);
    2.0 * f64::from(common) / f64::from(all.max(1))
}
