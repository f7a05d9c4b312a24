//! Schedules of everything that can happen to 200 concurrent calls, in every order that a seed makes: admissions, answers
//! of each kind, callers that leave, crashes of the gateway between any two steps, limits that move. A provider beside
//! the books keeps its own bill, and what holds after every step is what the Owner was promised:
//!
//! - the provider's bill is at most the limit, and at most what the books know as spent or promised;
//! - for every key and every one above it, spent and promised together are at most the limit;
//! - after the last call nothing is promised.
//!
//! `TRIREME_SCHEDULES` sets their number: 3,000 here, 1,000,000 before a release.

use trireme_testkit::Prng;

use super::*;

/// A call at the provider: what it will bill, which the books may never hear of.
struct Flight {
    call: EffectId,
    model: usize,
    usage: Usage,
    bill: Money,
}

struct Schedule {
    random: Prng,
    models: Vec<Model>,
    gateway: Gateway,
    journal: Vec<GatewayEvent>,
    /// How much of the journal is on the disk: a crash forgets the rest.
    durable: usize,
    flights: Vec<Flight>,
    billed: Money,
}

impl Schedule {
    fn new(seed: u64, models: Vec<Model>) -> Self {
        let keys = [
            new_key("all", Money::cents(100), None),
            new_key("team", Money::cents(80), Some(KeyId(0))),
            new_key("member", Money::cents(50), Some(KeyId(1))),
            new_key("other", Money::cents(100), Some(KeyId(0))),
        ];
        let journal: Vec<_> = keys.iter().map(|key| GatewayEvent::KeyMade { key: key.clone() }).collect();
        let (gateway, durable) = (books(&keys), journal.len());
        let random = Prng::new(seed);
        Self { random, models, gateway, journal, durable, flights: Vec::new(), billed: Money::ZERO }
    }

    fn happen(&mut self, event: GatewayEvent) {
        self.gateway.apply(NOW, &event);
        self.journal.push(event);
    }

    fn step(&mut self, calls_left: &mut u32) {
        match self.random.below(100) {
            0..50 if *calls_left > 0 => {
                *calls_left -= 1;
                self.leave();
            }
            0..92 => self.come_back(),
            92..95 => self.crash(),
            95..97 => self.durable = self.journal.len(),
            97..99 => self.move_limit(),
            _ => self.caller_leaves(),
        }
        self.check();
    }

    /// A call is admitted, its promise is written, and it leaves: only then can the provider bill.
    fn leave(&mut self) {
        let model = self.random.below(self.models.len() as u64) as usize;
        let input = 1_000 + self.random.below(20_000);
        let asked = 1 + self.random.below(8_000);
        let key = KeyId(self.random.below(4) as u32);
        let wanted = wanted(&self.models[model], input, asked);
        let Ok(fit) = self.gateway.admit(key, &wanted, NOW) else { return };
        self.happen(fit.event);
        self.gateway.audit_promise(key).unwrap();
        if self.random.percent(5) {
            // The process dies between deciding and writing: the call never leaves.
            return self.crash();
        }
        self.durable = self.journal.len();
        let usage = self.usage(input, fit.max_tokens);
        let bill = self.models[model].tariff.cost(&usage, crate::catalogue::Span::at(NOW));
        let refused = self.random.percent(15);
        let bill = if refused { Money::ZERO } else { bill };
        self.billed = self.billed.plus(bill);
        self.flights.push(Flight { call: fit.call, model, usage, bill });
    }

    /// Anything up to the bound, often all of it, in any kind of token.
    fn usage(&mut self, input: u64, output: u64) -> Usage {
        let read = if self.random.percent(40) { input } else { self.random.below(input + 1) };
        let output = if self.random.percent(40) { output } else { self.random.below(output + 1) };
        let mut left = read;
        let [cache_read, cache_write, cache_write_1h] = [0; 3].map(|_: u64| {
            let taken = self.random.below(left + 1);
            left -= taken;
            taken
        });
        Usage { input: left, cache_read, cache_write, cache_write_1h, output, ..Usage::default() }
    }

    fn come_back(&mut self) {
        if self.flights.is_empty() {
            return;
        }
        let at = self.random.below(self.flights.len() as u64) as usize;
        let Flight { call, model, usage, bill } = self.flights.swap_remove(at);
        let ending = match self.random.below(10) {
            _ if bill.is_zero() && usage.read() > 0 => Ending::Refused(Some(429)),
            0 => Ending::Lost(Loss::Cut),
            1 => Ending::Lost(Loss::NoUsage),
            2 => Ending::Lost(Loss::Broken),
            _ => Ending::Answered { usage, served: None },
        };
        let event = self.gateway.end(call, &self.models[model], ending, NOW);
        if let Some(event) = event {
            self.happen(event);
        }
    }

    fn caller_leaves(&mut self) {
        if let Some(Flight { call, model, .. }) = self.flights.pop() {
            let event = self.gateway.end(call, &self.models[model], Ending::Lost(Loss::CallerGone), NOW);
            if let Some(event) = event {
                self.happen(event);
            }
        }
    }

    /// SIGKILL: what is not on the disk is gone, and so is every caller; the next process forfeits what was on its way.
    fn crash(&mut self) {
        self.journal.truncate(self.durable);
        self.gateway = Gateway::default();
        for event in &self.journal {
            self.gateway.apply(NOW, event);
        }
        self.flights.clear();
        for event in self.gateway.lost(NOW) {
            self.happen(event);
        }
        self.durable = self.journal.len();
    }

    fn move_limit(&mut self) {
        let key = KeyId(1 + self.random.below(3) as u32);
        let limit = Money::cents(self.random.below(120));
        self.happen(GatewayEvent::KeyLimited { key, limit });
    }

    fn check(&self) {
        self.gateway.audit().unwrap();
        let all = self.gateway.standings().next().unwrap();
        assert!(self.billed <= Money::cents(100), "the provider has billed {}", self.billed);
        let known = all.spent.plus(all.reserved);
        assert!(known <= Money::cents(100), "the books know {known}");
        assert!(self.billed <= known, "billed {}, known {known}", self.billed);
    }

    fn run(mut self) {
        let mut calls_left = 200;
        for _ in 0..500 {
            self.step(&mut calls_left);
        }
        while !self.flights.is_empty() {
            self.come_back();
        }
        self.check();
        self.crash();
        self.check();
        assert!(self.gateway.standings().all(|standing| standing.reserved.is_zero()));
    }
}

#[test]
fn no_schedule_overspends() {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a test looks is the person's choice who starts it"
    )]
    let asked = std::env::var("TRIREME_SCHEDULES").ok().and_then(|text| text.parse().ok());
    let schedules: u64 = asked.unwrap_or(3_000);
    let catalogue = Catalogue::built_in().unwrap();
    let models = ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"];
    let models: Vec<Model> = models.iter().map(|name| catalogue.models[*name].clone()).collect();
    let first = 0x7269_7265_6D65_u64;
    println!("{schedules} schedules, seeds {first:#x} and the following");
    for seed in first..first + schedules {
        let models = models.clone();
        let told = std::panic::catch_unwind(move || Schedule::new(seed, models).run());
        assert!(told.is_ok(), "schedule {seed:#x}");
    }
}
