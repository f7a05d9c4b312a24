//! The head and the tail of an endless output.

use std::collections::VecDeque;

/// Keeps the first and the last bytes of whatever is pushed, in bounded memory.
#[derive(Debug)]
pub(super) struct Ends {
    cap: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: u64,
}

impl Ends {
    /// Keeps up to `cap` bytes at each end.
    pub(super) fn new(cap: usize) -> Self {
        Self { cap, head: Vec::new(), tail: VecDeque::new(), left_out: 0 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let room = self.cap.saturating_sub(self.head.len()).min(bytes.len());
        let (head, rest) = bytes.split_at(room);
        self.head.extend_from_slice(head);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(self.cap);
        self.tail.drain(..over);
        self.left_out += over as u64;
    }

    /// Both ends as text, with a line between them that counts what is missing.
    pub(super) fn into_text(self) -> String {
        let tail: Vec<u8> = self.tail.into();
        if self.left_out == 0 {
            let all = [self.head, tail].concat();
            return String::from_utf8_lossy(&all).into_owned();
        }
        let (head, tail) = (String::from_utf8_lossy(&self.head), String::from_utf8_lossy(&tail));
        format!("{head}\n[… {} bytes left out …]\n{tail}", self.left_out)
    }
}

/// All of an output up to a cap, and its ends.
#[derive(Debug)]
pub(crate) struct Kept {
    ends: Ends,
    whole: Vec<u8>,
    cap: usize,
    is_over: bool,
}

impl Kept {
    /// Keeps up to `cap` bytes, and up to `end` bytes of each end.
    pub(crate) fn new(end: usize, cap: usize) -> Self {
        Self { ends: Ends::new(end), whole: Vec::new(), cap, is_over: false }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.ends.push(bytes);
        let room = self.cap.saturating_sub(self.whole.len());
        self.is_over |= bytes.len() > room;
        self.whole.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    /// Whether there was more than is kept.
    pub(crate) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Both ends as text, and everything where that is more.
    pub(crate) fn into_parts(self) -> (String, Option<Vec<u8>>) {
        let is_cut = self.ends.left_out > 0;
        (self.ends.into_text(), is_cut.then_some(self.whole))
    }
}

#[cfg(test)]
mod tests {
    use super::{Ends, Kept};

    #[test]
    fn both_ends_stay_and_the_middle_is_counted() {
        for (pushes, text) in [
            (vec!["abc", "def"], "abcdef"),
            (vec!["abcdefgh"], "abcdefgh"),
            (vec!["abcdefghi"], "abcd\n[… 1 bytes left out …]\nfghi"),
            (vec!["abcdef", "ghij", "klmnopq"], "abcd\n[… 9 bytes left out …]\nnopq"),
        ] {
            let mut ends = Ends::new(4);
            pushes.iter().for_each(|push| ends.push(push.as_bytes()));
            assert_eq!(ends.into_text(), text);
        }
    }

    #[test]
    fn all_is_kept_up_to_the_cap_where_the_ends_are_less() {
        for (pushes, parts, is_over) in [
            (vec!["abcdef"], ("abcdef", None), false),
            (vec!["abcde", "fghij"], ("abc\n[… 4 bytes left out …]\nhij", Some("abcdefghij")), false),
            (vec!["abcdefghij", "klm"], ("abc\n[… 7 bytes left out …]\nklm", Some("abcdefghijk")), true),
        ] {
            let mut kept = Kept::new(3, 11);
            pushes.iter().for_each(|push| kept.push(push.as_bytes()));
            assert_eq!(kept.is_over(), is_over);
            let whole = parts.1.map(|whole| whole.as_bytes().to_vec());
            assert_eq!(kept.into_parts(), (parts.0.to_owned(), whole));
        }
    }
}
