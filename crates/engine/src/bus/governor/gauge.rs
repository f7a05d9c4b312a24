//! A bucket that fills again with time: what a provider allows of one kind of thing.
//!
//! A call may take more than there is, where it wants more than would ever be there; the debt is paid before the next one.

use super::Load;
use super::sent::Amount;
use crate::bus::rate::Bucket;

/// A minute, in milliseconds.
const MINUTE: f64 = 60_000.0;
/// What a configured limit lets through at once: this part of a minute's worth.
const BURST: f64 = 6.0;
/// A time to be full again that is shorter than this says too little, for it may be rounded to whole seconds.
const TELLING_RESET_MS: u64 = 5_000;
/// Fractions get lost when levels are added up.
const HAIR: f64 = 1e-6;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Requests,
    Input,
    Output,
    Tokens,
}

/// How much of a kind that is.
#[expect(clippy::cast_precision_loss, reason = "rates are no money: 2^53 tokens are exact enough")]
fn of(kind: Kind, amount: Amount) -> f64 {
    let Amount { requests, weight } = amount;
    match kind {
        Kind::Requests => requests as f64,
        Kind::Input => weight.input_tokens as f64,
        Kind::Output => weight.output_tokens as f64,
        Kind::Tokens => weight.input_tokens.saturating_add(weight.output_tokens) as f64,
    }
}

fn one(kind: Kind, weight: Load) -> f64 {
    of(kind, Amount::one(weight))
}

/// One limit of a lane.
#[derive(Clone, Debug)]
pub(super) struct Gauge {
    pub(super) kind: Kind,
    capacity: f64,
    pub(super) per_ms: f64,
    level: f64,
    at_ms: u64,
}

/// An answer's own word about a limit, and what we know of its request.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub(super) bucket: Bucket,
    /// When the request left: providers count what comes in, when it comes in.
    pub(super) left_ms: u64,
    /// What was sent after it.
    pub(super) after: Amount,
}

impl Gauge {
    /// A limit that the configuration sets.
    #[expect(clippy::cast_precision_loss, reason = "rates are no money")]
    pub(super) fn configured(kind: Kind, per_minute: u64) -> Self {
        let per_minute = per_minute.max(1) as f64;
        let capacity = (per_minute / BURST).max(1.0);
        Self { kind, capacity, per_ms: per_minute / MINUTE, level: capacity, at_ms: 0 }
    }

    /// A limit that the provider told of; none where it says too little. What is left is what the provider says, what has come
    /// in since, and less what was sent since.
    #[expect(clippy::cast_precision_loss, reason = "rates are no money")]
    pub(super) fn told(kind: Kind, reading: &Reading, now_ms: u64) -> Option<Self> {
        let Bucket { limit: Some(limit), remaining: Some(remaining), reset_ms } = reading.bucket else {
            return None;
        };
        let (capacity, remaining) = (limit.max(1) as f64, remaining as f64);
        let per_ms = rate(capacity, remaining, reset_ms);
        let since = now_ms.saturating_sub(reading.left_ms) as f64;
        let level = (remaining + per_ms * since).min(capacity) - of(kind, reading.after);
        Some(Self { kind, capacity, per_ms, level, at_ms: now_ms })
    }

    /// There is no more than another one has.
    pub(super) fn lower_to(&mut self, other: &Self, now_ms: u64) {
        self.level = self.level_at(now_ms).min(other.level_at(now_ms));
        self.at_ms = now_ms;
    }

    /// From when on a call finds enough, in milliseconds.
    pub(super) fn ready_at(&self, weight: Load, now_ms: u64) -> u64 {
        let needed = one(self.kind, weight).min(self.capacity);
        let short = needed - self.level_at(now_ms);
        if short <= HAIR { now_ms } else { now_ms.saturating_add(whole_ms(short / self.per_ms).max(1)) }
    }

    /// A call takes its part.
    pub(super) fn take(&mut self, weight: Load, now_ms: u64) {
        self.level = self.level_at(now_ms) - one(self.kind, weight);
        self.at_ms = now_ms;
    }

    /// A call was lighter or heavier than it seemed.
    pub(super) fn correct(&mut self, seemed: Load, was: Load) {
        self.level = (self.level + one(self.kind, seemed) - one(self.kind, was)).min(self.capacity);
    }

    #[expect(clippy::cast_precision_loss, reason = "rates are no money")]
    fn level_at(&self, now_ms: u64) -> f64 {
        let since = now_ms.saturating_sub(self.at_ms) as f64;
        (self.level + self.per_ms * since).min(self.capacity)
    }
}

/// Limits are for a minute, unless what is missing takes so long to come back that they must be for a day.
#[expect(clippy::cast_precision_loss, reason = "rates are no money")]
fn rate(capacity: f64, remaining: f64, reset_ms: Option<u64>) -> f64 {
    let by_minute = capacity / MINUTE;
    match reset_ms {
        Some(reset_ms) if reset_ms >= TELLING_RESET_MS && remaining < capacity => {
            let told = (capacity - remaining) / reset_ms as f64;
            if told < by_minute / 2.0 { told } else { by_minute }
        }
        Some(_) | None => by_minute,
    }
}

/// A time in whole milliseconds, rounded up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates, and is never negative"
)]
pub(super) fn whole_ms(ms: f64) -> u64 {
    ms.max(0.0).ceil() as u64
}
