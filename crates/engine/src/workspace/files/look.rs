//! The tools that only look: read, list, search.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::sinks::Lossy;
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder};
use trireme_core::limits::{LINE_BYTES, TOOL_RESULT_BYTES, WALK_FILES};

use super::{Files, ToolError, at, relative, shortened};
use crate::workspace::walk::{Found, walk};

impl Files {
    /// The lines of a file with their numbers; all of them, or those from `from_line` to `to_line`, counted from 1.
    pub fn read(
        &self,
        path: &str,
        from_line: Option<usize>,
        to_line: Option<usize>,
    ) -> Result<String, ToolError> {
        let bytes = self.bytes(&relative(path)?, path)?;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<_> = text.lines().collect();
        if lines.is_empty() {
            return Ok("(the file is empty)".to_owned());
        }
        let from = from_line.unwrap_or(1).max(1);
        let to = to_line.unwrap_or(lines.len()).min(lines.len());
        let wanted = lines.get(from - 1..to).filter(|wanted| !wanted.is_empty());
        let wanted =
            wanted.ok_or_else(|| ToolError::NoSuchLine { path: path.to_owned(), lines: lines.len() })?;
        Ok(numbered(wanted, from, lines.len()))
    }

    /// The files of a folder and of all folders in it; where these are too many, its own entries with counts.
    pub fn list(&self, path: Option<&str>) -> Result<String, ToolError> {
        let shown = path.unwrap_or(".");
        let start = self.resolve(&relative(shown)?, shown)?;
        let found = walk(&self.root, &start).map_err(at(shown))?;
        if found.files.is_empty() {
            return Ok("(no files)".to_owned());
        }
        let names: Vec<_> = found.files.iter().map(|file| file.display().to_string()).collect();
        let whole = names.join("\n");
        if whole.len() <= TOOL_RESULT_BYTES && !found.cut {
            return Ok(whole);
        }
        Ok(counted(&found, &start))
    }

    /// The lines that match a regular expression, in a file or in all files of a folder and of the folders in it.
    pub fn search(&self, pattern: &str, path: Option<&str>) -> Result<String, ToolError> {
        let shown = path.unwrap_or(".");
        let matcher = RegexMatcherBuilder::new()
            .line_terminator(Some(b'\n'))
            .build(pattern)
            .map_err(|error| ToolError::Pattern(error.to_string()))?;
        let start = self.resolve(&relative(shown)?, shown)?;
        let found = self.files_at(&start, shown)?;
        let mut hits = Hits::default();
        let mut searcher = SearcherBuilder::new().binary_detection(BinaryDetection::quit(0)).build();
        for file in &found.files {
            if hits.is_full() {
                break;
            }
            self.search_file(&mut searcher, &matcher, file, &mut hits);
        }
        Ok(hits.into_text(found.cut))
    }

    fn files_at(&self, start: &Path, shown: &str) -> Result<Found, ToolError> {
        let is_file = !start.as_os_str().is_empty() && self.root.is_file(start);
        match is_file {
            true => Ok(Found { files: vec![start.to_owned()], cut: false }),
            false => walk(&self.root, start).map_err(at(shown)),
        }
    }

    /// A file that can't be opened or read, or is too large, has no hits.
    fn search_file(&self, searcher: &mut Searcher, matcher: &RegexMatcher, path: &Path, hits: &mut Hits) {
        let name = path.display().to_string();
        let Ok(file) = self.open_file(path, &name) else {
            return;
        };
        let sink = Lossy(|number, line| Ok(hits.push(&name, number, line)));
        let _ = searcher.search_file(matcher, &file.into_std(), sink);
    }
}

/// As many lines as fit, each led by its number, and what to do about the rest.
fn numbered(lines: &[&str], from: usize, of: usize) -> String {
    let mut text = String::new();
    for (number, line) in (from..).zip(lines) {
        let line = format!("{number:>6}\t{}\n", shortened(line, TOOL_RESULT_BYTES / 4));
        if text.len() + line.len() > TOOL_RESULT_BYTES {
            let rest = format!("[… lines {number} to {of} are left out: read on with from_line {number}]\n");
            return text + &rest;
        }
        text.push_str(&line);
    }
    text
}

/// The entries of one folder: its files, and its folders with the number of files in them.
fn counted(found: &Found, start: &Path) -> String {
    let mut entries: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for file in &found.files {
        let below = file.strip_prefix(start).unwrap_or(file);
        if let Some(first) = below.components().next() {
            let is_folder = below.components().nth(1).is_some();
            *entries.entry(start.join(first)).or_default() += usize::from(is_folder);
        }
    }
    let mut text = String::new();
    for (entry, files) in entries {
        let line = match files {
            0 => format!("{}\n", entry.display()),
            files => format!("{}/ ({files} files)\n", entry.display()),
        };
        if text.len() + line.len() > TOOL_RESULT_BYTES {
            text.push_str("[… the rest does not fit: use `search`, or `run` with `ls`]\n");
            return text;
        }
        text.push_str(&line);
    }
    if found.cut {
        text.push_str(&format!("[… only the first {WALK_FILES} files were counted]\n"));
    }
    text.push_str("[too many files to list them all: give one of these folders as path]\n");
    text
}

/// Lines that matched, as many as fit.
#[derive(Default)]
struct Hits {
    text: String,
    count: usize,
    full: bool,
}

impl Hits {
    /// Takes a line; no, where it does not fit any more.
    fn push(&mut self, file: &str, number: u64, line: &str) -> bool {
        let line = format!("{file}:{number}: {}\n", shortened(line.trim_end(), LINE_BYTES));
        self.full = self.text.len() + line.len() > TOOL_RESULT_BYTES;
        if !self.full {
            self.text.push_str(&line);
            self.count += 1;
        }
        !self.full
    }

    fn is_full(&self) -> bool {
        self.full
    }

    fn into_text(mut self, cut: bool) -> String {
        if self.count == 0 && !self.full {
            self.text.push_str("(no match)\n");
        }
        if self.full {
            let rest =
                format!("[… stopped after {} matches: narrow the pattern, or give a path]\n", self.count);
            self.text.push_str(&rest);
        }
        if cut {
            let rest = format!("[… only the first {WALK_FILES} files were searched: give a path]\n");
            self.text.push_str(&rest);
        }
        self.text
    }
}
