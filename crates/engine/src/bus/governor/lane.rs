//! The decisions of the governor for one lane. No clock, no waiting, no entropy: it is told the time, and says who may go
//! and when to ask again.
//!
//! Someone goes where all of these agree: the window (calls at one time), the breaker (is the provider there), the pause
//! that the provider asked for, the gauges (its limits, as configured and as told) and the pace (its limits, as learned).

use std::collections::HashMap;

use trireme_core::limits::GOVERNED_AT_ONCE;

use super::breaker::Breaker;
use super::gauge::{Gauge, Kind, Reading};
use super::line::Line;
use super::pace::{Pace, Refusal};
use super::sent::Sent;
use super::window::Window;
use super::{Limits, Load, Party, Ticket};
use crate::bus::rate::{Heard, RateLimits, Taken};

/// Two surprises within so many calls are no chance.
const SOON: u64 = 16;

/// One lane: who waits, who is on the way, and what is known of the provider.
#[derive(Debug)]
pub(super) struct Lane {
    line: Line,
    flights: HashMap<Ticket, Flight>,
    window: Window,
    breaker: Breaker,
    /// Limits of the configuration.
    set: Vec<Gauge>,
    /// Limits that the provider told of.
    told: Vec<Gauge>,
    /// The newest batch of which an answer told of limits.
    told_by: Option<usize>,
    /// The newest call that was refused although the limits were known: its batch and its number.
    surprised_by: Option<(usize, u64)>,
    pace: Pace,
    sent: Sent,
    closed_until_ms: u64,
}

/// A call that is on its way.
#[derive(Clone, Copy, Debug)]
struct Flight {
    /// Its place in the order in which calls went. Tickets are in the order in which they came.
    number: u64,
    left_ms: u64,
    weight: Load,
    batch: usize,
    /// Whether anything was told of limits when it left.
    is_warned: bool,
    is_served: bool,
}

/// What the lane says when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This one may go.
    Admit(Ticket),
    /// Nobody may go; ask again then, or, where there is no time, when something has happened.
    Wait(Option<u64>),
}

impl Lane {
    pub(super) fn new(limits: &Limits) -> Self {
        let requests = limits.requests_per_minute.map(|limit| Gauge::configured(Kind::Requests, limit));
        let tokens = limits.tokens_per_minute.map(|limit| Gauge::configured(Kind::Tokens, limit));
        Self {
            line: Line::default(),
            flights: HashMap::new(),
            window: Window::new(limits.concurrency.unwrap_or(GOVERNED_AT_ONCE)),
            breaker: Breaker::default(),
            set: requests.into_iter().chain(tokens).collect(),
            told: Vec::new(),
            told_by: None,
            surprised_by: None,
            pace: Pace::default(),
            sent: Sent::default(),
            closed_until_ms: 0,
        }
    }

    /// Somebody wants to go. Tickets must rise.
    pub(super) fn join(&mut self, ticket: Ticket, party: &Party, weight: Load) {
        self.line.join(ticket, party, weight);
    }

    /// Somebody no longer wants to.
    pub(super) fn leave(&mut self, ticket: Ticket, party: &Party) {
        self.line.leave(ticket, party);
    }

    /// Who goes next. To be asked until nobody may go.
    pub(super) fn next(&mut self, now_ms: u64) -> Next {
        if now_ms >= self.closed_until_ms {
            let told = self.told.iter().find(|gauge| gauge.kind == Kind::Requests);
            self.pace.settle(now_ms, told.map(|gauge| gauge.per_ms));
        }
        let Some((_, _, weight)) = self.line.first() else { return Next::Wait(None) };
        let Some(at_ms) = self.ready_at(weight, now_ms) else { return Next::Wait(None) };
        if at_ms > now_ms {
            return Next::Wait(Some(at_ms));
        }
        match self.line.pop() {
            Some((ticket, weight)) => {
                self.admit(ticket, weight, now_ms);
                Next::Admit(ticket)
            }
            None => Next::Wait(None),
        }
    }

    /// From when on a call of that weight may go; none where something has to happen first.
    fn ready_at(&self, weight: Load, now_ms: u64) -> Option<u64> {
        if self.in_flight() >= self.window.size() {
            return None;
        }
        let gauges = self.set.iter().chain(&self.told).map(|gauge| gauge.ready_at(weight, now_ms));
        let others = [self.breaker.ready_at()?, self.closed_until_ms, self.pace.ready_at()];
        gauges.chain(others).max()
    }

    fn admit(&mut self, ticket: Ticket, weight: Load, now_ms: u64) {
        for gauge in self.set.iter_mut().chain(&mut self.told) {
            gauge.take(weight, now_ms);
        }
        let batch = self.sent.add(weight, now_ms);
        self.pace.admitted(now_ms);
        self.breaker.admitted(ticket);
        let (number, is_warned) = (self.sent.calls(), !self.told.is_empty());
        let flight = Flight { number, batch, left_ms: now_ms, weight, is_warned, is_served: false };
        self.flights.insert(ticket, flight);
    }

    /// An answer's head, or a failure. `jitter` is in thousandths.
    pub(super) fn heard(&mut self, ticket: Ticket, heard: &Heard, now_ms: u64, jitter: u16) {
        let Some(flight) = self.flights.get_mut(&ticket) else { return };
        let is_first = !std::mem::replace(&mut flight.is_served, heard.taken == Taken::Served);
        let flight = *flight;
        self.read(&flight, &heard.limits, now_ms);
        if let Some(pause) = heard.retry_after_ms.filter(|_| heard.taken != Taken::Served) {
            self.close_until(now_ms.saturating_add(pause));
        }
        match heard.taken {
            Taken::Served => {
                self.breaker.alive();
                if is_first {
                    self.window.served();
                }
            }
            Taken::Limited => {
                self.breaker.alive();
                if !self.is_explained(&flight, &heard.limits) {
                    self.refused(&flight, heard.retry_after_ms, now_ms, jitter);
                }
            }
            Taken::Overloaded => {
                self.window.overloaded(flight.number, self.sent.calls(), self.in_flight());
                self.breaker.fault(ticket, now_ms, jitter);
            }
            Taken::Down => self.breaker.fault(ticket, now_ms, jitter),
        }
    }

    /// The provider refused, and its limits do not say why: it is a rate that has to be learned. Where it refuses whatever
    /// the pause, it is the number at one time: what it holds of ours is what it takes.
    fn refused(&mut self, flight: &Flight, retry_after_ms: Option<u64>, now_ms: u64, jitter: u16) {
        let Flight { number, left_ms, .. } = *flight;
        let refusal = Refusal { number, newest: self.sent.calls(), left_ms, retry_after_ms, jitter };
        let until_ms = self.pace.refused(&refusal, now_ms);
        self.close_until(until_ms);
        if self.pace.is_fruitless(now_ms) && self.in_flight() > 1 {
            self.window.shrink(self.in_flight() - 1);
        }
    }

    /// Whether the limits that were told say all that there is to learn from a refusal. They do where the call left before
    /// they were known, and where it was overtaken on its way; two in a row soon after each other are no chance.
    fn is_explained(&mut self, flight: &Flight, limits: &RateLimits) -> bool {
        if !limits.is_spent() || self.told.is_empty() {
            return false;
        }
        if !flight.is_warned {
            return true;
        }
        let before = self.surprised_by.replace((flight.batch, flight.number));
        before.is_none_or(|(batch, number)| {
            batch == flight.batch || flight.number.saturating_sub(number) >= SOON
        })
    }

    /// Takes over what the provider says of its limits. Answers overtake each other: what the answer to an older call says,
    /// or to one of the same moment, counts only where it is less.
    fn read(&mut self, flight: &Flight, limits: &RateLimits, now_ms: u64) {
        let Some(after) = self.sent.after(flight.batch) else { return };
        let is_newest = self.told_by.is_none_or(|newest| flight.batch > newest);
        let buckets = [
            (Kind::Requests, limits.requests),
            (Kind::Input, limits.input_tokens),
            (Kind::Output, limits.output_tokens),
            (Kind::Tokens, limits.tokens),
        ];
        for (kind, bucket) in buckets {
            let Some(bucket) = bucket else { continue };
            let reading = Reading { bucket, left_ms: flight.left_ms, after };
            let Some(mut gauge) = Gauge::told(kind, &reading, now_ms) else { continue };
            if let Some(old) = self.told.iter().position(|old| old.kind == kind) {
                let old = self.told.swap_remove(old);
                if !is_newest {
                    gauge.lower_to(&old, now_ms);
                }
            }
            self.told.push(gauge);
            self.told_by = self.told_by.max(Some(flight.batch));
        }
    }

    /// A call was lighter or heavier than it had seemed.
    pub(super) fn weighed(&mut self, ticket: Ticket, was: Load) {
        let Some(flight) = self.flights.get_mut(&ticket) else { return };
        let seemed = std::mem::replace(&mut flight.weight, was);
        // What the provider tells is right already.
        self.set.iter_mut().for_each(|gauge| gauge.correct(seemed, was));
    }

    /// A call is over, however it ended.
    pub(super) fn release(&mut self, ticket: Ticket, now_ms: u64) {
        if self.flights.remove(&ticket).is_some() {
            self.breaker.released(ticket, now_ms);
        }
    }

    /// Nobody goes before then, in milliseconds.
    pub(super) fn closed_until(&self) -> u64 {
        self.closed_until_ms.max(self.breaker.ready_at().unwrap_or(0))
    }

    fn close_until(&mut self, until_ms: u64) {
        self.closed_until_ms = self.closed_until_ms.max(until_ms);
    }

    /// Calls on their way.
    pub(super) fn in_flight(&self) -> u32 {
        u32::try_from(self.flights.len()).unwrap_or(u32::MAX)
    }

    /// Calls that wait.
    pub(super) const fn waiting(&self) -> usize {
        self.line.len()
    }
}
