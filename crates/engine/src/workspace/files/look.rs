//! The tools that only look: read, list, glob, search.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread::{Builder, ScopedJoinHandle};

use globset::GlobMatcher;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::sinks::{Bytes, Lossy};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder};
use trireme_core::limits::{LINE_BYTES, TOOL_RESULT_BYTES};
use trireme_core::prompts::Page;

use super::paged::Paged;
use super::{Files, ToolError, at, relative, shortened};
use crate::workspace::visible::glob;
use crate::workspace::walk::{Found, walk};

/// Files that are looked at before it is asked whether the answer is full.
const SEARCHED_AT_ONCE: usize = 1_024;
/// Threads of one search.
const SEARCHERS: usize = 8;
/// Files for which no further thread is started.
const WORTH_A_THREAD: usize = 64;

impl Files {
    /// The lines of a file with their numbers.
    pub fn read(&self, path: &str, page: Page) -> Result<String, ToolError> {
        let bytes = self.bytes(&relative(path)?, path)?;
        let text = String::from_utf8_lossy(&bytes);
        if text.is_empty() {
            return Ok("(the file is empty)".to_owned());
        }
        let mut answer = Paged::new(page);
        for (number, line) in (1..).zip(text.lines()) {
            if !answer.push(&format!("{number:>6}\t{}", shortened(line, TOOL_RESULT_BYTES / 4))) {
                break;
            }
        }
        answer.into_text("lines", Some(text.lines().count()), "")
    }

    /// The files of a folder and of all folders in it; where these are too many and no part of them is asked for, its own
    /// entries with counts.
    pub fn list(&self, path: Option<&str>, page: Page) -> Result<String, ToolError> {
        let shown = path.unwrap_or(".");
        let start = self.resolve(&relative(shown)?, shown)?;
        let found = walk(&self.root, &start).map_err(at(shown))?;
        if found.files.is_empty() {
            return Ok("(no files)".to_owned());
        }
        let (answer, is_whole) = paths(found.files.iter(), page);
        match page == Page::default() && (found.cut || !is_whole) {
            true => Ok(counted(&found, &start)),
            false => Ok(answer? + cut_mark(&found)),
        }
    }

    /// The files of a folder and of all folders in it whose paths from there match a glob. In the order of their paths, not
    /// of their times: all files of a fresh checkout are equally old, and a part must follow on the one before.
    pub fn glob(&self, pattern: &str, path: Option<&str>, page: Page) -> Result<String, ToolError> {
        let matcher = matcher(pattern)?;
        let shown = path.unwrap_or(".");
        let start = self.resolve(&relative(shown)?, shown)?;
        let found = walk(&self.root, &start).map_err(at(shown))?;
        let is_wanted = |file: &&PathBuf| matcher.is_match(file.strip_prefix(&start).unwrap_or(file));
        let matching: Vec<_> = found.files.iter().filter(is_wanted).collect();
        if matching.is_empty() {
            return Ok("(no file matches)\n".to_owned() + cut_mark(&found));
        }
        Ok(paths(matching.into_iter(), page).0? + cut_mark(&found))
    }

    /// The lines that match a regular expression, in a file or in all files of a folder and of the folders in it.
    pub fn search(&self, pattern: &str, path: Option<&str>, page: Page) -> Result<String, ToolError> {
        let shown = path.unwrap_or(".");
        let matcher = RegexMatcherBuilder::new()
            .line_terminator(Some(b'\n'))
            .build(pattern)
            .map_err(|error| ToolError::Pattern(error.to_string()))?;
        let start = self.resolve(&relative(shown)?, shown)?;
        let found = self.files_at(&start, shown)?;
        let mut hits = Paged::new(page);
        let mut searcher = searcher();
        for files in found.files.chunks(SEARCHED_AT_ONCE) {
            if hits.is_full() {
                break;
            }
            for file in self.with_hits(&matcher, files) {
                self.search_file(&mut searcher, &matcher, file, &mut hits);
            }
        }
        let text = hits.into_text("hits", None, ", narrow the pattern, or give a path")?;
        let text = if text.is_empty() { "(no match)\n".to_owned() } else { text };
        Ok(text + cut_mark(&found))
    }

    fn files_at(&self, start: &Path, shown: &str) -> Result<Found, ToolError> {
        let is_file = !start.as_os_str().is_empty() && self.root.is_file(start);
        match is_file {
            true => Ok(Found { files: vec![start.to_owned()], cut: false }),
            false => walk(&self.root, start).map_err(at(shown)),
        }
    }

    /// Those of the files that have a hit, in their order. Several processors look: most files of most searches have none.
    fn with_hits<'a>(&self, matcher: &RegexMatcher, files: &'a [PathBuf]) -> Vec<&'a PathBuf> {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(SEARCHERS);
        let here = |files| self.with_hits_here(matcher, files);
        std::thread::scope(|scope| {
            let parts = files.chunks(files.len().div_ceil(threads).max(WORTH_A_THREAD));
            // Where no thread can be had, this one looks.
            let begin =
                |files| Builder::new().spawn_scoped(scope, move || here(files)).map_err(|_| here(files));
            let looking: Vec<_> = parts.map(begin).collect();
            let end = |part: Result<ScopedJoinHandle<'_, Vec<_>>, Vec<_>>| match part {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                Err(found) => found,
            };
            looking.into_iter().flat_map(end).collect()
        })
    }

    fn with_hits_here<'a>(&self, matcher: &RegexMatcher, files: &'a [PathBuf]) -> Vec<&'a PathBuf> {
        let mut searcher = searcher();
        let has_hit = |file: &&PathBuf| {
            let mut any = false;
            let sink = Bytes(|_, _| {
                any = true;
                Ok(false)
            });
            let file = self.open_file(file, "");
            let searched = file.map(|file| searcher.search_file(matcher, &file.into_std(), sink));
            searched.is_ok() && any
        };
        files.iter().filter(has_hit).collect()
    }

    /// A file that can't be opened or read, or is too large, has no hits.
    fn search_file(&self, searcher: &mut Searcher, matcher: &RegexMatcher, path: &Path, hits: &mut Paged) {
        let name = path.display().to_string();
        let Ok(file) = self.open_file(path, &name) else {
            return;
        };
        let sink = Lossy(|number, line| {
            let shown = || format!("{name}:{number}: {}", shortened(line.trim_end(), LINE_BYTES));
            Ok(if hits.passes() { hits.push("") } else { hits.push(&shown()) })
        });
        let _ = searcher.search_file(matcher, &file.into_std(), sink);
    }
}

fn searcher() -> Searcher {
    SearcherBuilder::new().binary_detection(BinaryDetection::quit(0)).build()
}

/// A glob against paths from where it starts; one without a slash is held against names.
fn matcher(pattern: &str) -> Result<GlobMatcher, ToolError> {
    let wrong = |why: &str| ToolError::Glob(pattern.to_owned(), why.to_owned());
    let from_here = pattern.trim_start_matches("./");
    if from_here.starts_with('/') {
        return Err(wrong("it begins with a slash"));
    }
    if from_here.split('/').any(|part| part == "..") {
        return Err(wrong("`..` leads nowhere"));
    }
    let glob = match from_here.contains('/') {
        true => glob(from_here),
        false => glob(&format!("**/{from_here}")),
    };
    glob.map(|glob| glob.compile_matcher()).map_err(|error| wrong(&error.kind().to_string()))
}

/// As many of the paths as are asked for and fit, and whether these are all.
fn paths<'a>(
    files: impl ExactSizeIterator<Item = &'a PathBuf>,
    page: Page,
) -> (Result<String, ToolError>, bool) {
    let count = files.len();
    let mut answer = Paged::new(page);
    for file in files {
        if !answer.push(&file.display().to_string()) {
            break;
        }
    }
    let is_whole = !answer.is_full();
    (answer.into_text("files", Some(count), ", or narrow it down"), is_whole)
}

/// What is said where there are more files than we look at.
const fn cut_mark(found: &Found) -> &'static str {
    match found.cut {
        true => "[… not all files were looked at, there are too many: give a folder as path]\n",
        false => "",
    }
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
            text.push_str("[… the rest does not fit]\n");
            break;
        }
        text.push_str(&line);
    }
    text.push_str(cut_mark(found));
    text.push_str("[too many files to list them all: give one of these folders as path, or offset 1 for one file after the other]\n");
    text
}
