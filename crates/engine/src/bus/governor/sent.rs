//! What was sent, in batches: calls that leave within a moment of each other may arrive in any order.

use std::collections::VecDeque;

use super::Load;

/// Calls that leave within this time are one batch, in milliseconds.
const MOMENT_MS: u64 = 100;
/// Batches that are remembered: what an older one's answer says of limits is too old to count.
const BATCHES: usize = 4_096;

/// How much.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amount {
    pub(super) requests: u64,
    pub(super) weight: Load,
}

impl Amount {
    pub(super) const fn one(weight: Load) -> Self {
        Self { requests: 1, weight }
    }

    const fn plus(self, weight: Load) -> Self {
        Self {
            requests: self.requests.saturating_add(1),
            weight: Load {
                input_tokens: self.weight.input_tokens.saturating_add(weight.input_tokens),
                output_tokens: self.weight.output_tokens.saturating_add(weight.output_tokens),
            },
        }
    }

    const fn minus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(other.requests),
            weight: Load {
                input_tokens: self.weight.input_tokens.saturating_sub(other.weight.input_tokens),
                output_tokens: self.weight.output_tokens.saturating_sub(other.weight.output_tokens),
            },
        }
    }
}

/// All that was sent.
#[derive(Debug, Default)]
pub(super) struct Sent {
    batches: VecDeque<Batch>,
    /// The number of the oldest batch that is remembered.
    oldest: usize,
    all: Amount,
}

#[derive(Debug)]
struct Batch {
    began_ms: u64,
    /// All that was sent when it was complete.
    by_then: Amount,
}

impl Sent {
    /// One more; says which batch it is in.
    pub(super) fn add(&mut self, weight: Load, now_ms: u64) -> usize {
        self.all = self.all.plus(weight);
        match self.batches.back_mut() {
            Some(batch) if now_ms < batch.began_ms.saturating_add(MOMENT_MS) => batch.by_then = self.all,
            _ => self.batches.push_back(Batch { began_ms: now_ms, by_then: self.all }),
        }
        if self.batches.len() > BATCHES {
            self.batches.pop_front();
            self.oldest += 1;
        }
        self.oldest + self.batches.len() - 1
    }

    /// What was sent after a batch; none where it is forgotten.
    pub(super) fn after(&self, batch: usize) -> Option<Amount> {
        let batch = self.batches.get(batch.checked_sub(self.oldest)?)?;
        Some(self.all.minus(batch.by_then))
    }

    /// How many calls.
    pub(super) const fn calls(&self) -> u64 {
        self.all.requests
    }
}
