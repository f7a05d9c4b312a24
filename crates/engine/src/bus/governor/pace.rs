//! How fast a provider takes requests that says nothing but "too many".
//!
//! Between two refusals that are not of one moment, exactly as much was accepted as came free: that gives the rate.
//! The pace stays a little below it, then creeps up until it is refused again. A provider that saves up what is not used
//! loses nothing by that; one that does not is seldom hit. Until there are two refusals the pace doubles.

use std::collections::VecDeque;

use trireme_core::limits::{FRUITLESS_REFUSALS, RETRY_BASE_MS, RETRY_MAX_MS};

use super::gauge::whole_ms;

/// What is kept of a pace that was refused, and of the measured rate.
const STEP_BACK: f64 = 0.97;
/// The first step upwards; each one without a refusal is half as large again.
const CREEP: f64 = 0.01;
/// The largest step upwards.
const LEAP: f64 = 0.25;
/// Accepted requests, and milliseconds, between two steps.
const STEP: (u64, u64) = (8, 2_000);
/// The same while nothing is known.
const BLIND_STEP: (u64, u64) = (4, 1_000);
/// Accepted requests that make a measurement worth something, and a good one.
const MEASURED: (u64, u64) = (4, 16);
/// Refusals that are remembered.
const MARKS: usize = 32;
/// A longer pause than this is the end of a window, not the next drop into a bucket, in milliseconds.
const WINDOW_MS: u64 = 5_000;

/// The pace of a lane.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Requests per millisecond; none while nothing was refused.
    per_ms: Option<f64>,
    /// Whether the pace is a guess still.
    blind: bool,
    /// When the next one may go.
    next_ms: f64,
    began_ms: Option<u64>,
    last_ms: u64,
    admitted: u64,
    refused: u64,
    /// Time spent at the pace, so without the time in which nobody wanted to go.
    busy_ms: f64,
    marks: VecDeque<Mark>,
    /// Refused requests up to here belong to refusals that were seen already.
    seen: u64,
    /// A refusal whose pause is not over.
    pending: Option<Pending>,
    /// Refusals in a row with nothing accepted between them, and when the last one before them was.
    fruitless: u32,
    fruitful_ms: u64,
    step: StepState,
}

/// A moment at which the provider had nothing left.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    at_ms: u64,
    accepted: u64,
    busy_ms: f64,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    at_ms: u64,
    until_ms: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct StepState {
    at_ms: u64,
    accepted: u64,
    steps: i32,
}

impl Pace {
    /// From when on the next one may go, in milliseconds.
    pub(super) fn ready_at(&self) -> u64 {
        if self.per_ms.is_some() { whole_ms(self.next_ms) } else { 0 }
    }

    /// One goes.
    #[expect(clippy::cast_precision_loss, reason = "rates are no money")]
    pub(super) fn admitted(&mut self, now_ms: u64) {
        self.admitted += 1;
        self.began_ms.get_or_insert(now_ms);
        let gap = now_ms.saturating_sub(std::mem::replace(&mut self.last_ms, now_ms)) as f64;
        let Some(per_ms) = self.per_ms else { return };
        let now = now_ms as f64;
        let is_paced = now < self.next_ms + 1.0 / per_ms;
        self.busy_ms += gap.min(2.0 / per_ms);
        // What a late timer loses is made good, but no more than one request's time.
        self.next_ms = self.next_ms.max(now - 1.0 / per_ms) + 1.0 / per_ms;
        if is_paced {
            self.grow(per_ms, now_ms);
        }
    }

    fn grow(&mut self, per_ms: f64, now_ms: u64) {
        let (requests, pause_ms) = if self.blind { BLIND_STEP } else { STEP };
        let soon = now_ms.saturating_sub(self.step.at_ms) < pause_ms
            || self.accepted().saturating_sub(self.step.accepted) < requests;
        if soon {
            return;
        }
        let by = if self.blind { 1.0 } else { (CREEP * 1.5_f64.powi(self.step.steps)).min(LEAP) };
        self.per_ms = Some(per_ms * (1.0 + by));
        self.step =
            StepState { at_ms: now_ms, accepted: self.accepted(), steps: self.step.steps.saturating_add(1) };
    }

    /// One was refused. Says until when nobody should go.
    pub(super) fn refused(&mut self, refusal: &Refusal, now_ms: u64) -> u64 {
        self.refused += 1;
        let told = refusal.retry_after_ms.map(|pause| now_ms.saturating_add(pause));
        if refusal.number <= self.seen {
            let until_ms = told.unwrap_or(0);
            if let Some(pending) = &mut self.pending {
                pending.until_ms = pending.until_ms.max(until_ms);
            }
            return until_ms;
        }
        self.seen = refusal.newest;
        let fruitful = self.marks.back().is_none_or(|mark| self.accepted() > mark.accepted);
        if fruitful {
            (self.fruitless, self.fruitful_ms) = (0, now_ms);
        } else {
            self.fruitless = self.fruitless.saturating_add(1);
        }
        let until_ms = told.unwrap_or_else(|| now_ms.saturating_add(self.back_off(refusal.jitter)));
        self.pending = Some(Pending { at_ms: refusal.left_ms, until_ms });
        until_ms
    }

    /// Full jitter on twice the time of one request, doubled for each refusal in a row.
    fn back_off(&self, jitter: u16) -> u64 {
        let base = self.per_ms.map_or(RETRY_BASE_MS, |per_ms| whole_ms(2.0 / per_ms));
        let pause = base.saturating_mul(1 << self.fruitless.min(16)).clamp(1, RETRY_MAX_MS);
        (pause * u64::from(jitter.min(1_000)) / 1_000).max(1)
    }

    /// Whether nothing is accepted any more, however slowly it comes.
    pub(super) const fn is_fruitless(&self, now_ms: u64) -> bool {
        self.fruitless >= FRUITLESS_REFUSALS && now_ms.saturating_sub(self.fruitful_ms) >= WINDOW_MS
    }

    /// The pause is over: all of its refusals are there by now, and the pace is set anew. `told` is the
    /// rate that the provider tells of.
    #[expect(clippy::cast_precision_loss, reason = "rates are no money")]
    pub(super) fn settle(&mut self, now_ms: u64, told: Option<f64>) {
        let Some(pending) = self.pending.take() else { return };
        let mark = Mark { at_ms: pending.at_ms, accepted: self.accepted(), busy_ms: self.busy_ms };
        let per_ms = match self.per_ms {
            Some(per_ms) => self.slower(per_ms, &mark),
            None => told.unwrap_or_else(|| self.first_guess(&pending)),
        };
        self.per_ms = Some(per_ms);
        self.next_ms = now_ms as f64;
        self.step = StepState { at_ms: now_ms, accepted: mark.accepted, steps: 0 };
        self.marks.push_back(mark);
        if self.marks.len() > MARKS {
            self.marks.pop_front();
        }
    }

    /// After a short pause one more fits; after a long one, as many as had fitted before.
    #[expect(clippy::cast_precision_loss, reason = "rates are no money")]
    fn first_guess(&mut self, pending: &Pending) -> f64 {
        self.blind = true;
        let pause = pending.until_ms.saturating_sub(pending.at_ms).max(1);
        let one = 1.0 / pause as f64;
        if pause < WINDOW_MS {
            return one;
        }
        let window = pending.until_ms.saturating_sub(self.began_ms.unwrap_or(pending.at_ms)).max(1);
        one.max(self.accepted() as f64 / window as f64)
    }

    /// A step back, within what was measured since an older refusal.
    #[expect(clippy::cast_precision_loss, reason = "rates are no money")]
    fn slower(&mut self, per_ms: f64, mark: &Mark) -> f64 {
        let since = |old: &Mark| mark.accepted.saturating_sub(old.accepted);
        let good = self.marks.iter().rev().find(|old| since(old) >= MEASURED.1);
        let Some(old) = good.or(self.marks.front()) else { return per_ms };
        let slower = per_ms * if self.blind { 0.5 } else { STEP_BACK };
        if since(old) < MEASURED.0 {
            return slower;
        }
        self.blind = false;
        let accepted = since(old) as f64;
        let low = STEP_BACK * accepted / mark.at_ms.saturating_sub(old.at_ms).max(1) as f64;
        let high = STEP_BACK * accepted / (mark.busy_ms - old.busy_ms).max(1.0);
        // One that saves up what is not used has just been measured; of one that does not, it was our own pace. Half-way
        // is right soon for both. Refused again at once, it was much too fast.
        let is_again = self.marks.back().is_some_and(|last| since(last) < MEASURED.0);
        let measured = if is_again { low } else { high };
        if measured < slower { (measured * slower).sqrt() } else { slower.max(low) }
    }

    const fn accepted(&self) -> u64 {
        self.admitted.saturating_sub(self.refused)
    }
}

/// A request that was refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    /// Its place in the order in which requests went, counted from 1.
    pub(super) number: u64,
    /// That of the newest.
    pub(super) newest: u64,
    /// When it had left.
    pub(super) left_ms: u64,
    /// What the provider said.
    pub(super) retry_after_ms: Option<u64>,
    /// Thousandths of a pause that the provider did not say.
    pub(super) jitter: u16,
}
