//! Exact replacements in a text. Pure: nothing is read or written here.

use std::collections::HashSet;
use std::ops::Range;

use trireme_core::limits::{FILE_BYTES, LINE_BYTES};
use trireme_core::prompts::Replacement;

use super::{ToolError, shortened};

/// Places that are named.
const SHOWN: usize = 8;
/// How alike two lines must be for one to be shown instead of the other: 1 is equal.
const LIKENESS: f64 = 0.4;

/// A text in which everything was replaced.
#[derive(Debug)]
pub(super) struct Edited {
    /// The whole of it.
    pub(super) text: String,
    /// Where what is new begins, in bytes.
    pub(super) places: Vec<usize>,
}

/// A part of a text that goes, and which edit says so.
struct Span {
    part: Range<usize>,
    edit: usize,
}

/// Replaces every text in `text`, or says which one does not fit. All are looked for in `text` as it is, so the order of
/// edits does not matter, and the lines of an error are those that were read.
pub(super) fn edited(path: &str, text: &str, edits: &[Replacement]) -> Result<Edited, ToolError> {
    let which = |index: usize| match edits.len() {
        1 => "`old`".to_owned(),
        _ => format!("`old` of edits[{index}]"),
    };
    let (mut spans, mut news) = (Vec::new(), Vec::new());
    for (index, edit) in edits.iter().enumerate() {
        let (parts, new) = found(path, text, edit, &which(index))?;
        spans.extend(parts.into_iter().map(|part| Span { part, edit: index }));
        news.push(new);
    }
    spans.sort_by_key(|span| span.part.start);
    for (one, other) in spans.iter().zip(spans.iter().skip(1)) {
        if one.part.end > other.part.start {
            return Err(ToolError::Overlap {
                which: which(one.edit),
                other: which(other.edit),
                path: path.to_owned(),
                line: line_at(text, other.part.start),
            });
        }
    }
    spliced(path, text, &spans, &news)
}

/// The parts of a text that an edit replaces, and by what; each part by the same, which is kept once.
fn found(
    path: &str,
    text: &str,
    edit: &Replacement,
    which: &str,
) -> Result<(Vec<Range<usize>>, String), ToolError> {
    if edit.old.is_empty() {
        return Err(ToolError::NothingToReplace(which.to_owned()));
    }
    let (old, new) = in_line_ends_of(text, &edit.old, &edit.new);
    if old == new {
        return Err(ToolError::NothingNew(which.to_owned()));
    }
    let mut places: Vec<_> = text.match_indices(&old).map(|(place, _)| place).collect();
    if let ([only], false) = (places.as_slice(), edit.all) {
        places.extend(overlapping(text, &old, *only));
    }
    match places.len() {
        0 => Err(ToolError::NotThere {
            which: which.to_owned(),
            path: path.to_owned(),
            nearest: nearest(text, &old),
        }),
        times if times > 1 && !edit.all => Err(ToolError::NotOnce {
            which: which.to_owned(),
            path: path.to_owned(),
            times,
            lines: lines_of(text, &places),
        }),
        _ => Ok((places.into_iter().map(|place| place..place + old.len()).collect(), new)),
    }
}

/// Where a text begins again within itself: `aa` is twice in `aaa`, so nobody can tell which one is meant.
fn overlapping(text: &str, wanted: &str, place: usize) -> Option<usize> {
    let after = place + wanted.chars().next()?.len_utf8();
    Some(after + text.get(after..)?.find(wanted)?)
}

fn spliced(path: &str, text: &str, spans: &[Span], news: &[String]) -> Result<Edited, ToolError> {
    let new = |span: &Span| news.get(span.edit).map(String::as_str).unwrap_or_default();
    let gone: usize = spans.iter().map(|span| span.part.len()).sum();
    let come: usize = spans.iter().map(|span| new(span).len()).fold(0, usize::saturating_add);
    let bytes = text.len().saturating_sub(gone).saturating_add(come);
    if bytes > FILE_BYTES {
        return Err(ToolError::TooLarge { path: path.to_owned(), bytes: bytes as u64 });
    }
    let mut edited = Edited { text: String::with_capacity(bytes), places: Vec::new() };
    let mut kept = 0;
    for span in spans {
        edited.text.push_str(text.get(kept..span.part.start).unwrap_or_default());
        edited.places.push(edited.text.len());
        edited.text.push_str(new(span));
        kept = span.part.end;
    }
    edited.text.push_str(text.get(kept..).unwrap_or_default());
    Ok(edited)
}

/// Models write lines that end in LF; where the file's lines all end in CRLF, that is what they mean.
fn in_line_ends_of(text: &str, old: &str, new: &str) -> (String, String) {
    match is_crlf(text) && !old.contains('\r') {
        true => (old.replace('\n', "\r\n"), new.replace("\r\n", "\n").replace('\n', "\r\n")),
        false => (old.to_owned(), new.to_owned()),
    }
}

/// Whether all lines of a text end in CRLF.
pub(super) fn is_crlf(text: &str) -> bool {
    text.contains("\r\n") && text.matches('\n').count() == text.matches("\r\n").count()
}

/// The line, counted from 1, in which a byte lies.
pub(super) fn line_at(text: &str, place: usize) -> usize {
    text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1
}

/// The first few lines in which these bytes lie.
pub(super) fn lines_of(text: &str, places: &[usize]) -> String {
    let shown: Vec<_> = places.iter().take(SHOWN).map(|place| line_at(text, *place).to_string()).collect();
    let rest = if places.len() > SHOWN { ", …" } else { "" };
    shown.join(", ") + rest
}

/// What a model may have meant: the same lines with other spaces, or the line that is most like its first one; a sentence.
pub(super) fn nearest(text: &str, wanted: &str) -> String {
    respaced(text, wanted).unwrap_or_else(|| most_alike(text, wanted))
}

/// Where the same lines are with other spaces at their ends, and how they are there.
fn respaced(text: &str, wanted: &str) -> Option<String> {
    let bare = |text| str::lines(text).map(str::trim).collect::<Vec<_>>();
    let (lines, wanted) = (bare(text), bare(wanted));
    let is_there = |lines: &[&str]| lines == wanted && wanted.iter().any(|line| !line.is_empty());
    let first = lines.windows(wanted.len().max(1)).position(is_there)?;
    let there: Vec<_> = text.lines().skip(first).take(wanted.len()).collect();
    Some(format!(
        "The same lines are there from line {} on with other spaces: `{}`. ",
        first + 1,
        shortened(&there.join("\n"), LINE_BYTES)
    ))
}

fn most_alike(text: &str, wanted: &str) -> String {
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

#[cfg(test)]
mod tests;
