//! A provider and the callers of one lane in simulated time: everything comes out of a seed.

use std::collections::{BTreeMap, BinaryHeap, HashMap};

use super::super::lane::{Lane, Next};
use super::super::{Limits, Load, Ticket};
use super::{Dice, party};
use crate::bus::rate::{Bucket, Heard, RateLimits};

/// How a provider limits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// A bucket of so many requests, which fills at so many a minute.
    Bucket { capacity: u64, per_minute: u64 },
    /// So many requests from each full minute to the next.
    Minute { requests: u64 },
    /// So many at one time.
    AtOnce(u32),
}

/// What it says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Headers with every answer, and `Retry-After`.
    Headers,
    /// `Retry-After` in whole seconds.
    RetryAfter,
    /// 429, and nothing else.
    Nothing,
}

/// A provider.
#[derive(Clone, Debug)]
pub(super) struct Provider {
    rule: Rule,
    says: Says,
    level: f64,
    at_ms: u64,
    in_flight: u32,
}

impl Provider {
    pub(super) fn new(rule: Rule, says: Says) -> Self {
        let level = match rule {
            Rule::Bucket { capacity, .. } => capacity,
            Rule::Minute { requests } => requests,
            Rule::AtOnce(_) => 0,
        };
        Self { rule, says, level: level as f64, at_ms: 0, in_flight: 0 }
    }

    /// A request comes in.
    pub(super) fn take(&mut self, now_ms: u64) -> Heard {
        self.fill(now_ms);
        let accepted = match self.rule {
            Rule::AtOnce(limit) => self.in_flight < limit,
            Rule::Bucket { .. } | Rule::Minute { .. } => self.level >= 1.0,
        };
        if accepted {
            self.level -= 1.0;
            self.in_flight += 1;
        }
        let pause = (!accepted && self.says != Says::Nothing).then(|| self.pause_s(now_ms) * 1_000);
        Heard::head(if accepted { 200 } else { 429 }, pause, self.limits())
    }

    /// An accepted request is done.
    pub(super) fn done(&mut self) {
        self.in_flight -= 1;
    }

    fn fill(&mut self, now_ms: u64) {
        match self.rule {
            Rule::Bucket { capacity, per_minute } => {
                let since = (now_ms - self.at_ms) as f64;
                self.level = (self.level + since * per_minute as f64 / 60_000.0).min(capacity as f64);
            }
            Rule::Minute { requests } if now_ms / 60_000 > self.at_ms / 60_000 => {
                self.level = requests as f64;
            }
            Rule::Minute { .. } | Rule::AtOnce(_) => {}
        }
        self.at_ms = now_ms;
    }

    fn pause_s(&self, now_ms: u64) -> u64 {
        match self.rule {
            Rule::Bucket { per_minute, .. } => {
                ((1.0 - self.level) * 60.0 / per_minute as f64).ceil().max(1.0) as u64
            }
            Rule::Minute { .. } => 60 - now_ms / 1_000 % 60,
            Rule::AtOnce(_) => 1,
        }
    }

    fn limits(&self) -> RateLimits {
        let Rule::Bucket { capacity, per_minute } = self.rule else { return RateLimits::default() };
        if self.says != Says::Headers {
            return RateLimits::default();
        }
        let missing_ms = (capacity as f64 - self.level) * 60_000.0 / per_minute as f64;
        let requests = Some(Bucket {
            limit: Some(per_minute),
            remaining: Some(self.level.max(0.0) as u64),
            reset_ms: Some(missing_ms as u64),
        });
        RateLimits { requests, ..RateLimits::default() }
    }
}

/// A lane with its provider and its callers.
pub(super) struct Sim {
    pub(super) dice: Dice,
    pub(super) limits: Limits,
    pub(super) provider: Provider,
    /// How many calls each party has, all of them there from the beginning.
    pub(super) queues: Vec<usize>,
    pub(super) weight: Load,
    /// How long a whole answer takes, in milliseconds.
    pub(super) latency: (u64, u64),
    /// Whether answers are only heard of when they are whole.
    pub(super) plain: bool,
}

/// How it went.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) makespan_ms: u64,
    pub(super) refusals: u64,
    /// The most refusals of a single call.
    pub(super) refusals_max: u64,
    /// Parties in the order in which their calls were accepted.
    pub(super) order: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Arrives,
    Head { accepted: bool },
    Ends,
}

const NETWORK_MS: (u64, u64) = (5, 25);
const HORIZON_MS: u64 = 10 * 3_600_000;

impl Sim {
    pub(super) fn new(seed: u64, rule: Rule, says: Says) -> Self {
        Self {
            dice: Dice(seed),
            limits: Limits::default(),
            provider: Provider::new(rule, says),
            queues: vec![400, 300, 200, 100],
            weight: Load::default(),
            latency: (500, 3_000),
            plain: false,
        }
    }

    pub(super) fn run(mut self) -> Told {
        let mut lane = Lane::new(&self.limits);
        let mut told = Told::default();
        let mut calls: HashMap<Ticket, (usize, u64)> = HashMap::new();
        let mut steps: BinaryHeap<std::cmp::Reverse<(u64, u64, Ticket, Step)>> = BinaryHeap::new();
        let mut heard: BTreeMap<Ticket, Heard> = BTreeMap::new();
        let (mut tickets, mut order, mut now, mut left) = (0, 0, 0, self.queues.iter().sum::<usize>());
        for (number, queue) in self.queues.iter().enumerate() {
            for _ in 0..*queue {
                tickets += 1;
                lane.join(Ticket(tickets), &party(number), self.weight);
                calls.insert(Ticket(tickets), (number, 0));
            }
        }
        while left > 0 {
            assert!(now < HORIZON_MS, "{left} calls are left after ten hours");
            let mut plan = |at, ticket, step| {
                order += 1;
                steps.push(std::cmp::Reverse((at, order, ticket, step)));
            };
            let again = loop {
                match lane.next(now) {
                    Next::Admit(ticket) => {
                        plan(now + self.dice.between(NETWORK_MS), ticket, Step::Arrives);
                    }
                    Next::Wait(at) => break at,
                }
            };
            let next = steps.peek().map(|step| step.0.0);
            let Some(at) = next.into_iter().chain(again).min() else { panic!("nobody goes, ever") };
            now = at;
            if next != Some(at) {
                continue;
            }
            let std::cmp::Reverse((_, _, ticket, step)) = steps.pop().unwrap();
            let mut plan = |at, step| {
                order += 1;
                steps.push(std::cmp::Reverse((at, order, ticket, step)));
            };
            match step {
                Step::Arrives => {
                    let answer = self.provider.take(now);
                    let accepted = answer.taken == crate::bus::rate::Taken::Served;
                    heard.insert(ticket, answer);
                    let latency = self.dice.between(self.latency);
                    if accepted {
                        told.order.push(calls[&ticket].0);
                        plan(now + latency, Step::Ends);
                    }
                    let head = if accepted && self.plain { latency } else { 0 };
                    plan(now + head + self.dice.between(NETWORK_MS), Step::Head { accepted });
                }
                Step::Head { accepted: true } => {
                    lane.heard(ticket, &heard[&ticket], now, self.dice.jitter());
                    if self.plain {
                        lane.release(ticket, now);
                        left -= 1;
                    }
                }
                Step::Head { accepted: false } => {
                    lane.heard(ticket, &heard[&ticket], now, self.dice.jitter());
                    lane.release(ticket, now);
                    let (number, refused) = calls[&ticket];
                    told.refusals += 1;
                    told.refusals_max = told.refusals_max.max(refused + 1);
                    tickets += 1;
                    calls.insert(Ticket(tickets), (number, refused + 1));
                    lane.join(Ticket(tickets), &party(number), self.weight);
                }
                Step::Ends => {
                    self.provider.done();
                    if !self.plain {
                        lane.release(ticket, now);
                        left -= 1;
                    }
                }
            }
        }
        assert_eq!((lane.in_flight(), lane.waiting()), (0, 0));
        told.makespan_ms = now;
        told
    }
}
