//! Long answers in parts: as many lines as were asked for and fit, and at the end how to go on.

use trireme_core::limits::TOOL_RESULT_BYTES;
use trireme_core::prompts::Page;

use super::ToolError;

/// The lines of one answer. Give it all lines in their order, or until it has enough.
pub(super) struct Paged {
    text: String,
    /// The first line that is wanted, counted from 1.
    first: usize,
    most: usize,
    /// Lines that were given to it, up to the last one that it took.
    given: usize,
    is_full: bool,
}

impl Paged {
    /// Nothing yet.
    pub(super) fn new(page: Page) -> Self {
        let number = |number: Option<u32>| number.and_then(|number| usize::try_from(number).ok());
        Self {
            text: String::new(),
            first: number(page.offset).unwrap_or(1).max(1),
            most: number(page.limit).unwrap_or(usize::MAX),
            given: 0,
            is_full: false,
        }
    }

    /// Whether the next line is before the first one that is wanted.
    pub(super) const fn passes(&self) -> bool {
        self.given + 1 < self.first
    }

    /// Takes a line, or passes it; no, where it does not fit any more.
    pub(super) fn push(&mut self, line: &str) -> bool {
        if self.passes() {
            self.given += 1;
            return true;
        }
        let taken = self.given + 1 - self.first;
        self.is_full |= taken >= self.most || self.text.len() + line.len() >= TOOL_RESULT_BYTES;
        if !self.is_full {
            self.text.push_str(line);
            self.text.push('\n');
            self.given += 1;
        }
        !self.is_full
    }

    /// Whether there was a line that it did not take.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// What was taken, `how` to go on where there is more, and of how many where that is known; an error where all of it
    /// was before the first line that is wanted.
    pub(super) fn into_text(
        self,
        what: &'static str,
        of: Option<usize>,
        how: &str,
    ) -> Result<String, ToolError> {
        let next = self.given + 1;
        if self.text.is_empty() && self.first > 1 {
            return Err(ToolError::PastTheEnd { offset: self.first, count: self.given, what });
        }
        Ok(match (self.is_full, of) {
            (false, _) => self.text,
            (true, Some(of)) => {
                let more = of.saturating_sub(self.given);
                format!("{}[… {more} more of {of} {what}: go on with offset {next}{how}]\n", self.text)
            }
            (true, None) => {
                format!("{}[… there are more {what}: go on with offset {next}{how}]\n", self.text)
            }
        })
    }
}
