//! From a tree and a language's rules to the text of the interface: the source, with stretches left out or marked.

use std::borrow::Cow;
use std::ops::Range;

use tree_sitter::Node;
use trireme_core::limits::{STUB_DEPTH, STUB_VALUE_BYTES};

use super::language::{Language, Place, Rule, Spot, Worth};
use super::python;

/// The interface of a source.
pub(super) fn outline(source: &str, root: Node<'_>, language: &Language) -> String {
    let mut outline = Outline { source, language, edits: Vec::new(), unread: 0 };
    let spot = Spot { node: root, parent: "", field: None, text: source, at: 0 };
    if !outline.visit(&spot, 0) {
        outline.unread += 1;
    }
    outline.text()
}

struct Outline<'a> {
    source: &'a str,
    language: &'a Language,
    edits: Vec<Edit>,
    /// Items that the parser could not read.
    unread: usize,
}

/// A stretch with what stands in its place.
struct Edit {
    range: Range<usize>,
    mark: Cow<'static, str>,
}

impl<'a> Outline<'a> {
    /// Goes through a node that stays; no where something in it could not be read, so that it can't stay.
    fn visit(&mut self, spot: &Spot<'a>, depth: usize) -> bool {
        if spot.node.is_error() || spot.node.is_missing() || depth > STUB_DEPTH {
            return false;
        }
        match (self.language.rule)(spot) {
            Rule::Keep => return self.inside(spot, depth),
            Rule::Items => self.items(spot, depth),
            Rule::Body => self.mark(spot.node.byte_range()),
            Rule::Documented => self.documented(spot),
            Rule::Value => self.value(spot, depth),
            Rule::Gone => self.cut(spot.node.byte_range()),
        }
        true
    }

    fn inside(&mut self, spot: &Spot<'a>, depth: usize) -> bool {
        self.below(spot).iter().all(|child| self.visit(child, depth + 1))
    }

    /// The nodes below one.
    fn below(&self, spot: &Spot<'a>) -> Vec<Spot<'a>> {
        let (mut cursor, mut spots, mut at) = (spot.node.walk(), Vec::new(), 0);
        let mut more = cursor.goto_first_child();
        while more {
            let node = cursor.node();
            let text = self.source.get(node.byte_range()).unwrap_or_default();
            spots.push(Spot { node, parent: spot.node.kind(), field: cursor.field_name(), text, at });
            at += usize::from(node.is_named() && !node.is_extra());
            more = cursor.goto_next_sibling();
        }
        spots
    }

    /// Keeps the items of a list, each with what leads to it.
    fn items(&mut self, list: &Spot<'a>, depth: usize) {
        let begun = self.edits.len();
        let (mut leads, mut kept) = (Vec::new(), 0);
        for child in self.below(list).into_iter().filter(|child| child.node.is_named()) {
            match (self.language.place)(&child) {
                Place::Lead => leads.push((child, false)),
                Place::TestLead => leads.push((child, true)),
                Place::Aside => self.cut(child.node.byte_range()),
                Place::Item if !leads.iter().any(|(_, is_test)| *is_test) => {
                    kept += usize::from(self.item(&leads, &child, depth));
                    leads.clear();
                }
                Place::Item | Place::Other => {
                    self.unread += usize::from(child.node.is_error());
                    leads.push((child, false));
                    self.cut_all(&leads);
                    leads.clear();
                }
            }
        }
        self.cut_all(&leads);
        if let (0, Some(mark)) = (kept, self.language.mark) {
            self.edits.truncate(begun);
            // A whole file of nothing needs no mark.
            let mark = if depth == 0 { "" } else { mark };
            self.edits.push(Edit { range: list.node.byte_range(), mark: mark.into() });
        }
    }

    /// Whether an item could be read, and so is kept.
    fn item(&mut self, leads: &[(Spot<'a>, bool)], item: &Spot<'a>, depth: usize) -> bool {
        let begun = self.edits.len();
        let all = leads.iter().map(|(lead, _)| lead).chain([item]);
        if all.into_iter().all(|spot| self.visit(spot, depth + 1)) {
            return true;
        }
        self.edits.truncate(begun);
        self.unread += 1;
        self.cut_all(leads);
        self.cut(item.node.byte_range());
        false
    }

    /// A value with its own short text, or with a mark.
    fn value(&mut self, spot: &Spot<'a>, depth: usize) {
        let begun = self.edits.len();
        let is_read = !spot.node.is_error() && !spot.node.is_missing() && depth <= STUB_DEPTH;
        let is_kept = is_read
            && match (self.language.worth)(spot) {
                Worth::Callable => self.inside(spot, depth),
                Worth::Wrapper => {
                    for child in self.below(spot).iter().filter(|child| child.node.is_named()) {
                        self.value(child, depth + 1);
                    }
                    true
                }
                Worth::Plain => {
                    self.inside(spot, depth) && self.length(spot.node.byte_range(), begun) <= STUB_VALUE_BYTES
                }
            };
        if !is_kept {
            self.edits.truncate(begun);
            self.mark(spot.node.byte_range());
        }
    }

    /// How long a stretch is with the edits since `begun`.
    fn length(&self, range: Range<usize>, begun: usize) -> usize {
        let edits = self.edits.get(begun..).unwrap_or_default();
        let (gone, put) =
            edits.iter().fold((0, 0), |(gone, put), edit| (gone + edit.range.len(), put + edit.mark.len()));
        (range.len() + put).saturating_sub(gone)
    }

    /// A body of which only the text about it stays.
    fn documented(&mut self, body: &Spot<'a>) {
        let first =
            self.below(body).into_iter().find(|child| child.node.is_named() && !child.node.is_extra());
        let Some(text) = first.filter(python::is_docstring) else {
            return self.mark(body.node.byte_range());
        };
        let (end, of_body) = (text.node.end_byte(), body.node.end_byte());
        if self.source.get(end..of_body).is_some_and(|rest| !rest.trim().is_empty()) {
            let indent = " ".repeat(text.node.start_position().column);
            let mark = self.language.mark_for(body.text);
            self.edits.push(Edit { range: end..of_body, mark: format!("\n{indent}{mark}").into() });
        }
    }

    fn mark(&mut self, range: Range<usize>) {
        let text = self.source.get(range.clone()).unwrap_or_default();
        if !matches!(text, "{}" | "{ }" | "[]" | "()") {
            self.edits.push(Edit { range, mark: self.language.mark_for(text).into() });
        }
    }

    fn cut_all(&mut self, spots: &[(Spot<'a>, bool)]) {
        spots.iter().for_each(|(spot, _)| self.cut(spot.node.byte_range()));
    }

    /// Takes a stretch out, with its lines where nothing else is on them.
    fn cut(&mut self, range: Range<usize>) {
        let (before, after) = (self.source.get(..range.start), self.source.get(range.end..));
        let (Some(before), Some(after)) = (before, after) else { return };
        let is_blank = |letter: char| matches!(letter, ' ' | '\t');
        let indent = before.trim_end_matches(is_blank);
        let begins_line = indent.is_empty() || indent.ends_with('\n');
        let ends_line = self.source.get(range.clone()).is_some_and(|text| text.ends_with('\n'));
        let rest = after.trim_start_matches(|letter| is_blank(letter) || letter == ';');
        let blanks = after.len() - rest.len();
        let range = match (begins_line, ends_line) {
            (true, true) => indent.len()..range.end,
            (true, false) if rest.is_empty() || rest.starts_with('\n') => {
                indent.len()..(range.end + blanks + 1).min(self.source.len())
            }
            (true, false) => range.start..range.end + blanks,
            (false, true) => indent.len()..range.end - 1,
            (false, false) => indent.len()..range.end,
        };
        self.edits.push(Edit { range, mark: "".into() });
    }

    fn text(mut self) -> String {
        self.edits.sort_by_key(|edit| edit.range.start);
        let (mut text, mut at) = (String::new(), 0);
        for Edit { range, mark } in &self.edits {
            push(&mut text, self.source.get(at..range.start).unwrap_or_default());
            text.push_str(mark);
            at = at.max(range.end);
        }
        push(&mut text, self.source.get(at..).unwrap_or_default());
        text.truncate(text.trim_end().len());
        if !text.is_empty() {
            text.push('\n');
        }
        if self.unread > 0 {
            let unread = self.unread;
            text.push_str(&format!("[… {unread} parts of it could not be read and are left out]\n"));
        }
        text
    }
}

/// Adds a stretch of the source; where something was taken out before it, one empty line stays at most, and none beside a
/// brace.
fn push(text: &mut String, stretch: &str) {
    while text.ends_with("\n\n") && stretch.trim_start().starts_with('}') {
        text.pop();
    }
    let is_blank = text.is_empty() || text.ends_with("\n\n") || text.ends_with("{\n");
    text.push_str(if is_blank { stretch.trim_start_matches('\n') } else { stretch });
}
