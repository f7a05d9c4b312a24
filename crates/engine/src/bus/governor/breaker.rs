//! A provider that is down is left alone: after some faults in a row nobody goes, then one at a time goes to look.

use trireme_core::limits::{BREAKER_FAULTS, RETRY_BASE_MS, RETRY_MAX_MS};

use super::Ticket;

/// Whether calls go at all.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// Faults in a row.
    faults: u32,
    /// Times in a row that it opened.
    opened: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Calls go.
    #[default]
    Closed,
    /// Nobody goes before then, and then one.
    Open { until_ms: u64 },
    /// One is on its way to look.
    Probing { ticket: Ticket },
}

impl Breaker {
    /// From when on somebody may go, in milliseconds; none while one is away to look.
    pub(super) const fn ready_at(&self) -> Option<u64> {
        match self.state {
            State::Closed => Some(0),
            State::Open { until_ms } => Some(until_ms),
            State::Probing { .. } => None,
        }
    }

    /// A call goes.
    pub(super) const fn admitted(&mut self, ticket: Ticket) {
        if matches!(self.state, State::Open { .. }) {
            self.state = State::Probing { ticket };
        }
    }

    /// The provider is there, whatever it said.
    pub(super) fn alive(&mut self) {
        *self = Self::default();
    }

    /// The provider failed. Calls that left before it was known to be down tell nothing new.
    pub(super) fn fault(&mut self, ticket: Ticket, now_ms: u64, jitter: u16) {
        match self.state {
            State::Closed => {
                self.faults = self.faults.saturating_add(1);
                if self.faults >= BREAKER_FAULTS {
                    self.open(now_ms, jitter);
                }
            }
            State::Probing { ticket: probe } if probe == ticket => self.open(now_ms, jitter),
            State::Probing { .. } | State::Open { .. } => {}
        }
    }

    /// A call is over. Whoever was away to look and brought nothing is followed by another one.
    pub(super) fn released(&mut self, ticket: Ticket, now_ms: u64) {
        if self.state == (State::Probing { ticket }) {
            self.state = State::Open { until_ms: now_ms };
        }
    }

    /// Full jitter on a pause that doubles.
    fn open(&mut self, now_ms: u64, jitter: u16) {
        let pause = RETRY_BASE_MS.saturating_mul(2 << self.opened.min(16)).min(RETRY_MAX_MS);
        let pause = pause * u64::from(jitter.min(1_000)) / 1_000;
        self.opened = self.opened.saturating_add(1);
        self.state = State::Open { until_ms: now_ms.saturating_add(pause) };
    }
}
