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

#[cfg(test)]
mod tests {
    use super::Ends;

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
}
