//! How many calls may be on their way at one time: halved when the provider is overloaded, and one more for each round of
//! answers. Until it was overloaded for the first time it is one more for each answer.

use trireme_core::limits::GOVERNED_AT_FIRST;

/// A lane's calls at one time.
#[derive(Debug)]
pub(super) struct Window {
    size: u32,
    max: u32,
    /// Answers since the size last changed.
    served: u32,
    /// Calls up to here left before the size was halved, and tell nothing new.
    seen: u64,
    /// Whether there was once too much.
    is_sounded: bool,
}

impl Window {
    pub(super) const fn new(max: u32) -> Self {
        let max = if max == 0 { 1 } else { max };
        let size = if max < GOVERNED_AT_FIRST { max } else { GOVERNED_AT_FIRST };
        Self { size, max, served: 0, seen: 0, is_sounded: false }
    }

    pub(super) const fn size(&self) -> u32 {
        self.size
    }

    /// A call was answered.
    pub(super) const fn served(&mut self) {
        self.served = self.served.saturating_add(1);
        let round = if self.is_sounded { self.size } else { 1 };
        if self.served >= round && self.size < self.max {
            self.size += 1;
            self.served = 0;
        }
    }

    /// A call was one too many, of `in_flight`. Calls are numbered in the order in which they went, from 1.
    pub(super) fn overloaded(&mut self, number: u64, newest: u64, in_flight: u32) {
        if number <= self.seen {
            return;
        }
        self.seen = newest;
        self.shrink(self.size.min(in_flight) / 2);
    }

    /// No more than this are taken.
    pub(super) fn shrink(&mut self, to: u32) {
        self.size = if to < 1 { 1 } else { self.size.min(to) };
        (self.served, self.is_sounded) = (0, true);
    }
}
