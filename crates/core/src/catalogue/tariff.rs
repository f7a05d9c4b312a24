//! What a call costs, in integers. A tariff is a list of periods, each valid from a date to a date and, where it says so,
//! only at some hours of the day; each has rates per token, dearer ones for long prompts, and fees.
//!
//! Two invariants stand on this file. A call is never cheaper than the dearest rates that were valid anywhere between its
//! sending and its end. And [`Tariff::bound`] is never below [`Tariff::cost`] for a call within what was asked for.

use serde::{Deserialize, Serialize};

use super::CatalogueError;
use crate::limits::{CALL_PATIENCE_MS, CALL_TIMEOUT_MS};
use crate::words::money::{Money, PicoPerToken, cost};
use crate::words::{Millis, Usage};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// From one moment to another, both included, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: Millis,
    /// The last one.
    pub until: Millis,
}

/// The most that a call can use: what a bound is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// Tokens of the request, of whatever class.
    pub input_tokens_max: u64,
    /// Tokens of the answer, thinking included.
    pub output_tokens_max: u64,
    /// Hosted web searches.
    pub searches_max: u64,
}

/// All prices that a model has, had or will have. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Period>", into = "Vec<Period>")]
pub struct Tariff(Vec<Period>);

/// Prices that hold from a date to a date, at some hours. Where several periods hold, the dearest counts; where none
/// does, any may, so all of them count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The first moment, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub from: Millis,
    /// The first moment after it; none for one that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
    /// The hours at which it holds; all of them where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Hours>,
    /// For prompts of any length.
    pub rates: Rates,
    /// For the whole of requests with long prompts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// For each request, beside its tokens.
    #[serde(default, skip_serializing_if = "is_default")]
    pub request_fee: Money,
    /// For each hosted web search.
    #[serde(default, skip_serializing_if = "is_default")]
    pub search_fee: Money,
    /// What all tokens cost where they are bound to a region, in thousandths of the usual; 1,000 is no surcharge.
    #[serde(default = "usual", skip_serializing_if = "is_usual")]
    pub geo_permille: u64,
}

/// Hours of each day in UTC, as minutes since midnight; the end is not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The first minute.
    pub from_min: u64,
    /// The first minute after, at most 1,440.
    pub until_min: u64,
}

/// Prices in picodollars per token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Read at the full price.
    pub input: PicoPerToken,
    /// Read from the provider's cache.
    pub cache_read: PicoPerToken,
    /// Written to the five-minute cache.
    pub cache_write: PicoPerToken,
    /// Written to the one-hour cache.
    pub cache_write_1h: PicoPerToken,
    /// Written by the model.
    pub output: PicoPerToken,
}

/// Other rates for the whole of a request whose prompt is longer than so many tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The longest prompt that they are not for.
    pub above: u64,
    /// The rates.
    pub rates: Rates,
}

impl Span {
    /// A single moment.
    #[must_use]
    pub const fn at(moment: Millis) -> Self {
        Self { from: moment, until: moment }
    }

    /// A call that is promised its money now: as long as it may wait for its turn, and then take.
    #[must_use]
    pub fn of_call(now: Millis) -> Self {
        Self { from: now, until: now.plus(CALL_PATIENCE_MS + CALL_TIMEOUT_MS) }
    }

    /// A call that ended now and took that long.
    #[must_use]
    pub const fn ended(now: Millis, took_ms: u64) -> Self {
        Self { from: Millis(now.0.saturating_sub(took_ms)), until: now }
    }

    const fn is_long(self) -> bool {
        self.until.0.saturating_sub(self.from.0) >= DAY_MS
    }

    fn holds(self, moment: u64) -> bool {
        (self.from.0..=self.until.0).contains(&moment)
    }

    /// Whether it has a moment in common with `[from, until)`.
    const fn meets(self, from: u64, until: u64) -> bool {
        from <= self.until.0 && self.from.0 < until
    }

    /// The midnights of the days that a span of less than a day can touch.
    const fn days(self) -> [u64; 2] {
        let first = self.from.0 / DAY_MS * DAY_MS;
        [first, first.saturating_add(DAY_MS)]
    }
}

impl Tariff {
    /// A tariff of these periods.
    ///
    /// # Errors
    /// [`CatalogueError::Tariff`] where there is none, or one that can't be meant.
    pub fn new(periods: Vec<Period>) -> Result<Self, CatalogueError> {
        if periods.is_empty() {
            return Err(CatalogueError::Tariff("there is no price at all; give input and output"));
        }
        periods.iter().try_for_each(Period::check)?;
        Ok(Self(periods))
    }

    /// The same rates at any time for any prompt.
    #[must_use]
    pub fn flat(rates: Rates) -> Self {
        Self(vec![Period::always(rates)])
    }

    /// The periods, never none.
    #[must_use]
    pub fn periods(&self) -> &[Period] {
        &self.0
    }

    /// What a call costs that was sent at the beginning of the span and over at its end, rounded up once. What the
    /// provider itself reports counts where it is more.
    #[must_use]
    pub fn cost(&self, usage: &Usage, span: Span) -> Money {
        let costs = self.valid(span).map(|period| period.cost(usage));
        costs.fold(usage.reported, Money::max)
    }

    /// The most that a call can cost that is sent and over within the span: every token of input in the dearest class
    /// and at the dearest rates that so long a prompt can reach. The one-hour cache is counted although no request may
    /// ask for it, because a gateway in between might; and so is the surcharge for a region.
    #[must_use]
    pub fn bound(&self, ask: Ask, span: Span) -> Money {
        self.valid(span).map(|period| period.bound(ask)).fold(Money::ZERO, Money::max)
    }

    /// The most output that fits under `limit` beside that much input; `None` where the input alone is too much.
    /// Without a price for output there is no such limit. Searches are paid first: take [`Tariff::search_fees`] off the
    /// limit.
    #[must_use]
    pub fn output_within(&self, limit: Money, input_tokens_max: u64, span: Span) -> Option<u64> {
        let outputs = self.valid(span).map(|period| period.output_within(limit, input_tokens_max));
        outputs.reduce(|least, output| least.zip(output).map(|(least, output)| least.min(output))).flatten()
    }

    /// The most that so many hosted searches can cost.
    #[must_use]
    pub fn search_fees(&self, searches: u64, span: Span) -> Money {
        self.valid(span).map(|period| period.search_fee.times(searches)).fold(Money::ZERO, Money::max)
    }

    /// The periods of which one may hold at some moment of the span. More of a span never gives fewer of them.
    pub fn valid(&self, span: Span) -> impl Iterator<Item = &Period> {
        let any = span.is_long() || self.has_gap(span);
        self.0.iter().filter(move |period| any || period.meets(span))
    }

    /// Whether no period holds at some moment. A gap begins with the span or where a period ends.
    fn has_gap(&self, span: Span) -> bool {
        let ends = self.0.iter().flat_map(|period| period.ends(span));
        let mut starts = std::iter::once(span.from.0).chain(ends.filter(|end| span.holds(*end)));
        starts.any(|start| !self.0.iter().any(|period| period.meets(Span::at(Millis(start)))))
    }
}

impl TryFrom<Vec<Period>> for Tariff {
    type Error = CatalogueError;

    fn try_from(periods: Vec<Period>) -> Result<Self, CatalogueError> {
        Self::new(periods)
    }
}

impl From<Tariff> for Vec<Period> {
    fn from(tariff: Tariff) -> Self {
        tariff.0
    }
}

impl Period {
    /// These rates, at any time, for any prompt, without a fee.
    #[must_use]
    pub const fn always(rates: Rates) -> Self {
        Self {
            from: Millis(0),
            until: None,
            hours: Vec::new(),
            rates,
            steps: Vec::new(),
            request_fee: Money::ZERO,
            search_fee: Money::ZERO,
            geo_permille: 1_000,
        }
    }

    fn check(&self) -> Result<(), CatalogueError> {
        let wrong = |what| Err(CatalogueError::Tariff(what));
        if self.until.is_some_and(|until| until <= self.from) {
            return wrong("a period ends before it begins; mend from and until");
        }
        if self.hours.iter().any(|hours| hours.until_min <= hours.from_min || hours.until_min > 1_440) {
            return wrong("hours are minutes of one day, the first before the last, at most 1440");
        }
        if self.geo_permille < 1_000 {
            return wrong("geo_permille is a surcharge, so at least 1000");
        }
        Ok(())
    }

    fn cost(&self, usage: &Usage) -> Money {
        let fees = self.request_fee.plus(self.search_fee.times(usage.searches));
        let permille = if usage.geo { self.geo_permille } else { 1_000 };
        let costs = self.reached(usage.read()).map(|rates| cost(rates.parts(usage), permille, fees));
        costs.fold(Money::ZERO, Money::max)
    }

    fn bound(&self, ask: Ask) -> Money {
        let fees = self.request_fee.plus(self.search_fee.times(ask.searches_max));
        let parts = |rates: &Rates| {
            [(ask.input_tokens_max, rates.dearest_input()), (ask.output_tokens_max, rates.output)]
        };
        let bounds =
            self.reached(ask.input_tokens_max).map(|rates| cost(parts(rates), self.geo_permille, fees));
        bounds.fold(Money::ZERO, Money::max)
    }

    fn output_within(&self, limit: Money, input_tokens_max: u64) -> Option<u64> {
        let permille = u128::from(self.geo_permille);
        let scaled = |money: Money| u128::from(money.as_nanos()) * 1_000_000;
        let left = scaled(limit).checked_sub(scaled(self.request_fee))?;
        let mut most = u64::MAX;
        for rates in self.reached(input_tokens_max) {
            let input = u128::from(input_tokens_max) * u128::from(rates.dearest_input().0);
            let left = left.checked_sub(input.saturating_mul(permille))?;
            let price = u128::from(rates.output.0) * permille;
            let output =
                left.checked_div(price).map_or(u64::MAX, |most| u64::try_from(most).unwrap_or(u64::MAX));
            most = most.min(output);
        }
        Some(most)
    }

    /// The rates that a prompt of that length can be billed at. The dearest of them counts, so that a longer prompt is
    /// never cheaper.
    fn reached(&self, prompt_tokens: u64) -> impl Iterator<Item = &Rates> {
        let steps = self.steps.iter().filter(move |step| step.above < prompt_tokens);
        std::iter::once(&self.rates).chain(steps.map(|step| &step.rates))
    }

    fn meets(&self, span: Span) -> bool {
        let until = self.until.map_or(u64::MAX, |until| until.0);
        let dated =
            Span { from: span.from.max(self.from), until: span.until.min(Millis(until.saturating_sub(1))) };
        span.meets(self.from.0, until)
            && (self.hours.is_empty() || self.hours.iter().any(|hours| hours.meet(dated)))
    }

    /// Where it may end, on the days of the span.
    fn ends(&self, span: Span) -> impl Iterator<Item = u64> {
        let hours = self.hours.iter().flat_map(move |hours| hours.ends(span));
        self.until.into_iter().map(|until| until.0).chain(hours)
    }
}

impl Hours {
    /// Whether they have a moment in common with a span of less than a day.
    fn meet(&self, span: Span) -> bool {
        let at = |day: u64, minute: u64| day.saturating_add(minute * MINUTE_MS);
        span.days().into_iter().any(|day| span.meets(at(day, self.from_min), at(day, self.until_min)))
    }

    fn ends(&self, span: Span) -> [u64; 2] {
        span.days().map(|day| day.saturating_add(self.until_min * MINUTE_MS))
    }
}

impl Rates {
    fn parts(&self, usage: &Usage) -> [(u64, PicoPerToken); 5] {
        [
            (usage.input, self.input),
            (usage.cache_read, self.cache_read),
            (usage.cache_write, self.cache_write),
            (usage.cache_write_1h, self.cache_write_1h),
            (usage.output, self.output),
        ]
    }

    /// The dearest class of input.
    #[must_use]
    pub fn dearest_input(&self) -> PicoPerToken {
        self.input.max(self.cache_read).max(self.cache_write).max(self.cache_write_1h)
    }
}

const fn usual() -> u64 {
    1_000
}

fn is_usual(permille: &u64) -> bool {
    *permille == usual()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests;
