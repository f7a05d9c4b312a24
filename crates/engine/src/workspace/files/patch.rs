//! The tool `patch`: a unified diff over one file or several, all of it or nothing.
//!
//! Models count badly, so the counts in hunk headers are made anew from the lines below them, and a line number only chooses
//! among several places that are equal. Everything else is exact: a hunk's old lines are in the file as they stand in the diff.

use std::collections::BTreeMap;

use diffy::patch_set::{FileMode, FileOperation, ParseOptions, PatchKind, PatchSet};
use diffy::{Hunk, Line, Patch};
use trireme_core::limits::{FILE_BYTES, PATCH_FILES, PATCH_HUNKS};

use super::edits::{is_crlf, nearest};
use super::{Files, ToolError, relative};

/// What a diff makes of the files that it names: their new texts, none for those that go.
type Outcome = BTreeMap<String, Option<String>>;

/// What a diff does to one file.
struct Part<'a> {
    /// The file that is there; none for one that is made.
    from: Option<String>,
    /// The file that will be there; none for one that goes.
    to: Option<String>,
    patch: Patch<'a, str>,
    /// The line at which each hunk says that it begins.
    stated: Vec<usize>,
}

/// A diff that can be read whatever its numbers say, and what they said.
struct Recounted {
    text: String,
    stated: Vec<usize>,
}

/// The files that a diff names, in its order.
///
/// # Errors
/// Where it is no diff that this tool takes.
pub(crate) fn named_in(diff: &str) -> Result<Vec<String>, ToolError> {
    let diff = recounted(diff);
    let named = parts(&diff)?.into_iter().flat_map(|part| part.from.into_iter().chain(part.to));
    let mut names: Vec<String> = named.collect();
    names.dedup();
    Ok(names)
}

impl Files {
    /// Does what a diff says.
    pub fn patch(&self, diff: &str) -> Result<String, ToolError> {
        let diff = recounted(diff);
        let (mut after, mut before) = (Outcome::new(), Outcome::new());
        for part in parts(&diff)? {
            self.plan(&part, &mut before, &mut after)?;
        }
        let mut done = Vec::new();
        for (path, text) in &after {
            if let Err(error) = self.put(path, text.as_deref()) {
                self.undo(&done, &before);
                return Err(error);
            }
            done.push(path.as_str());
        }
        Ok(told(&before, &after))
    }

    /// What becomes of a file, with what parts before this one make of it.
    fn plan(&self, part: &Part<'_>, before: &mut Outcome, after: &mut Outcome) -> Result<(), ToolError> {
        let mut text = |path: &String| match after.get(path) {
            Some(text) => Ok(text.clone()),
            None => {
                let there = self.text_if(path)?;
                before.insert(path.clone(), there.clone());
                Ok(there)
            }
        };
        let old = match &part.from {
            Some(path) => Some(text(path)?.ok_or_else(|| ToolError::NotFound(path.clone()))?),
            None => None,
        };
        if let Some(path) = part.to.as_ref().filter(|to| part.from.as_ref() != Some(to))
            && text(path)?.is_some()
        {
            return Err(ToolError::Patch(format!("`{path}` is there already, and the diff makes it")));
        }
        let name = part.to.as_ref().or(part.from.as_ref()).cloned().unwrap_or_default();
        let new = patched(&name, old.as_deref().unwrap_or_default(), part)?;
        if let Some(path) = &part.from {
            after.insert(path.clone(), None);
        }
        match &part.to {
            Some(path) => drop(after.insert(path.clone(), Some(new))),
            None if !new.is_empty() => {
                return Err(ToolError::Patch(format!("the diff removes `{name}`, but not all of its lines")));
            }
            None => {}
        }
        Ok(())
    }

    fn text_if(&self, path: &str) -> Result<Option<String>, ToolError> {
        match self.text(path) {
            Ok(text) => Ok(Some(text)),
            Err(ToolError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn put(&self, path: &str, text: Option<&str>) -> Result<(), ToolError> {
        match text {
            Some(text) => self.write(path, text).map(drop),
            None => self.remove(path),
        }
    }

    /// Puts back what was there. Whoever can't write at all could not have begun.
    fn undo(&self, done: &[&str], before: &Outcome) {
        for path in done {
            let _ = self.put(path, before.get(*path).and_then(Option::as_deref));
        }
    }
}

/// The parts of a diff, one for each file.
fn parts(diff: &Recounted) -> Result<Vec<Part<'_>>, ToolError> {
    let (text, mut stated) = (diff.text.as_str(), diff.stated.iter().copied());
    let options =
        if text.contains("diff --git ") { ParseOptions::gitdiff() } else { ParseOptions::unidiff() };
    let (mut parts, mut hunks) = (Vec::new(), 0);
    for found in PatchSet::parse(text, options) {
        let found = found.map_err(|error| ToolError::Patch(error.to_string()))?;
        if parts.len() == PATCH_FILES {
            return Err(ToolError::Patch(format!("it has more than {PATCH_FILES} files; make more calls")));
        }
        let is_plain = |mode: Option<&FileMode>| matches!(mode, None | Some(FileMode::Regular));
        if !is_plain(found.new_mode()) || !is_plain(found.old_mode()) {
            return Err(ToolError::Patch(
                "it sets a mode or makes a link; use `run` with chmod or ln".to_owned(),
            ));
        }
        let (from, to) = ends(found.operation())?;
        let PatchKind::Text(patch) = found.into_patch() else {
            return Err(ToolError::Patch("it has a binary part".to_owned()));
        };
        hunks += patch.hunks().len();
        if hunks > PATCH_HUNKS {
            return Err(ToolError::Patch(format!("it has more than {PATCH_HUNKS} hunks; make more calls")));
        }
        let stated = stated.by_ref().take(patch.hunks().len()).collect();
        parts.push(Part { from, to, patch, stated });
    }
    match stated.next() {
        None => Ok(parts),
        Some(line) => Err(ToolError::Patch(format!("the hunk at line {line} is in no file"))),
    }
}

/// The file before and the file after, without the `a/` and `b/` that git puts before them.
fn ends(operation: &FileOperation<'_, str>) -> Result<(Option<String>, Option<String>), ToolError> {
    let (from, to) = match operation {
        FileOperation::Delete(path) => (Some(path.as_ref()), None),
        FileOperation::Create(path) => (None, Some(path.as_ref())),
        FileOperation::Modify { original, modified } => (Some(original.as_ref()), Some(modified.as_ref())),
        FileOperation::Rename { from, to } => (Some(from.as_ref()), Some(to.as_ref())),
        FileOperation::Copy { .. } => {
            return Err(ToolError::Patch("it copies a file; give the new one whole".to_owned()));
        }
    };
    let from_git = from.and_then(|path| path.strip_prefix("a/"));
    let to_git = to.and_then(|path| path.strip_prefix("b/"));
    // Both have it, or neither.
    let is_git = (from.is_none() || from_git.is_some()) && (to.is_none() || to_git.is_some());
    let (from, to) = if is_git { (from_git, to_git) } else { (from, to) };
    let plain = |path: &str| Ok(relative(path)?.to_string_lossy().into_owned());
    Ok((from.map(plain).transpose()?, to.map(plain).transpose()?))
}

/// A diff in whose hunk headers the counts are those of the lines below them, and the hunks in order.
fn recounted(diff: &str) -> Recounted {
    let lines: Vec<&str> = diff.split_inclusive('\n').collect();
    let mut text = String::with_capacity(diff.len() + 1);
    let (mut stated, mut at) = (Vec::new(), 1);
    for (number, line) in lines.iter().enumerate() {
        match header(line) {
            Some((line, rest)) => {
                let rest_of_diff = lines.get(number + 1..).unwrap_or_default();
                let below = (0..rest_of_diff.len()).take_while(|at| is_of_hunk(rest_of_diff, *at));
                let (mut olds, mut news) = (0, 0);
                for line in below.filter_map(|at| rest_of_diff.get(at)) {
                    match line.as_bytes().first() {
                        Some(b'-') => olds += 1,
                        Some(b'+') => news += 1,
                        Some(b'\\') => {}
                        _ => (olds, news) = (olds + 1, news + 1),
                    }
                }
                stated.push(line);
                text.push_str(&format!("@@ -{at},{olds} +{at},{news} @@{rest}"));
                at += olds.max(news) + 1;
            }
            // Editors and models drop the space of an empty line of context.
            None if *line == "\n" => text.push_str(" \n"),
            None => text.push_str(line),
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Recounted { text, stated }
}

/// The old line of a hunk's header, and what comes after it. Where it has none, it is taken to be the first.
fn header(line: &str) -> Option<(usize, &str)> {
    let rest = line.strip_prefix("@@")?;
    let Some((ranges, rest)) = rest.split_once("@@") else {
        return Some((1, "\n"));
    };
    let old = ranges.split_whitespace().find_map(|range| range.strip_prefix('-'));
    let line = old.and_then(|old| old.split(',').next()?.parse().ok());
    Some((line.unwrap_or(1), rest))
}

/// Whether a line goes on with a hunk. A line that begins with `--- ` takes away one with two dashes, unless one with `+++ ` comes
/// after it: they begin another file.
fn is_of_hunk(lines: &[&str], at: usize) -> bool {
    let begins = |at: usize, start: &str| lines.get(at).is_some_and(|line| line.starts_with(start));
    let is_next_file = begins(at, "--- ") && begins(at + 1, "+++ ");
    let is_marked = [" ", "+", "-", "\\", "\n", "\r\n"].iter().any(|mark| begins(at, mark));
    is_marked && !is_next_file
}

/// A text with all hunks of a part in it.
fn patched(path: &str, text: &str, part: &Part<'_>) -> Result<String, ToolError> {
    let is_open = !text.is_empty() && !text.ends_with('\n');
    let whole = if is_open { format!("{text}\n") } else { text.to_owned() };
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let ends_lines = if is_crlf(text) { "\r\n" } else { "\n" };
    let (mut new, mut kept) = (String::with_capacity(whole.len()), 0);
    let mut stays_open = is_open;
    for (number, (hunk, stated)) in part.patch.hunks().iter().zip(&part.stated).enumerate() {
        let side = |wanted: fn(&Line<'_, str>) -> bool| side(hunk, ends_lines, wanted);
        let olds = side(|line| matches!(line, Line::Context(_) | Line::Delete(_)));
        let news = side(|line| matches!(line, Line::Context(_) | Line::Insert(_)));
        let at = place(path, &lines, kept, *stated, &olds).map_err(|why| hunk_error(path, number, why))?;
        lines.get(kept..at).unwrap_or_default().iter().for_each(|line| new.push_str(line));
        news.iter().for_each(|line| new.push_str(line));
        kept = at + olds.len();
        if kept == lines.len() {
            stays_open = ends_open(hunk).unwrap_or(is_open && olds.last() == news.last());
        }
    }
    lines.get(kept..).unwrap_or_default().iter().for_each(|line| new.push_str(line));
    let new = if stays_open { open(new, ends_lines) } else { new };
    match new.len() > FILE_BYTES {
        true => Err(ToolError::TooLarge { path: path.to_owned(), bytes: new.len() as u64 }),
        false => Ok(new),
    }
}

fn open(mut text: String, ends_lines: &str) -> String {
    if text.ends_with(ends_lines) {
        text.truncate(text.len() - ends_lines.len());
    } else if text.ends_with('\n') {
        text.truncate(text.len() - 1);
    }
    text
}

/// Whether a hunk says that the last line of the file has no end; none where it says nothing of it.
fn ends_open(hunk: &Hunk<'_, str>) -> Option<bool> {
    let is_open = |line: &Line<'_, str>| !content(line).ends_with('\n');
    let last = hunk.lines().iter().rev().find(|line| matches!(line, Line::Context(_) | Line::Insert(_)));
    hunk.lines().iter().any(is_open).then(|| last.is_some_and(is_open))
}

fn content<'a>(line: &Line<'a, str>) -> &'a str {
    match line {
        Line::Context(text) | Line::Delete(text) | Line::Insert(text) => text,
    }
}

/// The lines of one side of a hunk, with the file's line ends.
fn side(hunk: &Hunk<'_, str>, ends_lines: &str, wanted: fn(&Line<'_, str>) -> bool) -> Vec<String> {
    let lines = hunk.lines().iter().filter(|line| wanted(line));
    lines.map(|line| content(line).trim_end_matches(['\n', '\r']).to_owned() + ends_lines).collect()
}

/// Where a hunk's old lines are, after the hunk before it.
fn place(path: &str, lines: &[&str], from: usize, stated: usize, olds: &[String]) -> Result<usize, String> {
    if olds.is_empty() {
        // Lines to be put in, and nothing that says where but a number, which counts the line before.
        let after = stated;
        return match lines.is_empty() || (after >= from && after <= lines.len()) {
            true => Ok(after.min(lines.len()).max(from)),
            false => Err(format!("`{path}` has no line {after}")),
        };
    }
    let is_here = |at: &usize| {
        let there = lines.get(*at..at + olds.len()).unwrap_or_default();
        there.len() == olds.len() && there.iter().zip(olds).all(|(there, old)| there == old)
    };
    let last = lines.len().saturating_sub(olds.len());
    let places: Vec<usize> = (from..=last).filter(is_here).collect();
    match places.as_slice() {
        [] => Err(format!("its old lines are not there. {}", nearest(&lines.concat(), &olds.concat()))),
        [place] => Ok(*place),
        places if stated > 0 && places.contains(&(stated - 1)) => Ok(stated - 1),
        places => {
            let numbers: Vec<_> = places.iter().take(8).map(|place| (place + 1).to_string()).collect();
            Err(format!(
                "its old lines are there {} times, at lines {}: add lines of context, or the right line number",
                places.len(),
                numbers.join(", ")
            ))
        }
    }
}

fn hunk_error(path: &str, number: usize, why: String) -> ToolError {
    ToolError::Patch(format!("hunk {} of `{path}`: {}", number + 1, why.trim_end()))
}

/// What was done, a line for each file.
fn told(before: &Outcome, after: &Outcome) -> String {
    let line = |(path, text): (&String, &Option<String>)| {
        let there = before.get(path).and_then(Option::as_ref);
        match (there, text) {
            (None, Some(text)) => format!("made `{path}` ({} lines)\n", text.lines().count()),
            (Some(_), Some(text)) => format!("changed `{path}` ({} lines)\n", text.lines().count()),
            (_, None) => format!("removed `{path}`\n"),
        }
    };
    after.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
