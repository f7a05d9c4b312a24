//! What the gateway decides: whether a call may leave, with how much, and what it is charged.

use super::event::{End, Loss};
use super::{Gateway, GatewayEvent, Pending, account};
use crate::catalogue::{Ask, Model, Span};
use crate::limits::{CALL_TIMEOUT_MS, OUTPUT_TOKENS_MIN};
use crate::words::{EffectId, KeyId, Millis, Money, Usage};

/// How long after its time a call is given up, in milliseconds: those who serve it have their own clock.
const LATE_MS: u64 = 60_000;

/// What a caller wants, as its body says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The catalogue's name of the model.
    pub name: &'a str,
    /// Its row.
    pub model: &'a Model,
    /// Upper bound of the tokens that are read.
    pub input_tokens_max: u64,
    /// The most output that was asked for, in tokens; none where the body does not say.
    pub max_tokens: Option<u64>,
    /// The least output that makes sense, in tokens, where the body says so: more than it may think.
    pub least: u64,
    /// Answers that were asked for at once; each may have that much output.
    pub choices: u64,
    /// Hosted searches that the call may make.
    pub searches_max: u64,
    /// The length of the body, in bytes.
    pub body_bytes: u64,
}

/// A call that fits: the event that promises its money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The promise.
    pub event: GatewayEvent,
    /// The call's number.
    pub call: EffectId,
    /// What the body must ask for, in tokens.
    pub max_tokens: u64,
}

/// Why a call does not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The key was taken back, or overran.
    #[error("the key {0:?} is closed")]
    Closed(String),
    /// The key's time is over.
    #[error("the key {0:?} has expired")]
    Expired(String),
    /// The key is not for this model.
    #[error("the key {key:?} is not for {model}: it is for {}", allowed.join(", "))]
    Model {
        /// The key.
        key: String,
        /// What was asked for.
        model: String,
        /// What it may have.
        allowed: Vec<String>,
    },
    /// It wants to think for longer than an answer may be.
    #[error(
        "the key {key:?} allows {cap} tokens of output, and this call needs {least}: let it think less, or make the key with more --max-output"
    )]
    Capped {
        /// The key.
        key: String,
        /// What the call needs, in tokens.
        least: u64,
        /// What it may have.
        cap: u64,
    },
    /// Not even the least useful answer can be paid.
    #[error("the budget of {key:?} is spent: {needed} is needed at least, {free} of {limit} is left")]
    Spent {
        /// The key on the path that has too little.
        key: String,
        /// What the least useful call would cost at most.
        needed: Money,
        /// What there is.
        free: Money,
        /// What there was.
        limit: Money,
    },
    /// The money is promised to calls on their way, and may come back: wait for one of them to end, and ask again.
    #[error("the money is promised to calls that are on their way")]
    Busy,
}

/// How a call ended, as the world saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending<'a> {
    /// A whole answer, with what it says it used and who it says answered.
    Answered {
        /// What was used.
        usage: Usage,
        /// The model that answered, where that is another one than was asked, and its row where there is one.
        served: Option<(&'a str, Option<&'a Model>)>,
    },
    /// Certainly unbilled; with the upstream's status, if it answered at all.
    Refused(Option<u16>),
    /// Nobody knows what was billed.
    Lost(Loss),
}

impl Gateway {
    /// Whether a call may leave now, and with how much output. Output is lowered before anything is refused, but not
    /// while money is only promised: that may come back.
    ///
    /// # Errors
    /// [`Denied`]; only [`Denied::Busy`] is worth another try.
    pub fn admit(&self, id: KeyId, wanted: &Wanted<'_>, at: Millis) -> Result<Fit, Denied> {
        let key = self.key(id).ok_or_else(|| Denied::Closed(id.to_string()))?;
        self.permits(id, wanted.name, at)?;
        let cap = key.output_cap.min(wanted.model.output_tokens);
        if wanted.least > cap {
            return Err(Denied::Capped { key: key.name.clone(), least: wanted.least, cap });
        }
        let most = wanted.max_tokens.unwrap_or(cap).min(cap);
        let whole = wanted.bound(most, at);
        let Err(short) = self.ledger.affords(account(id), whole) else {
            return Ok(self.fit(id, wanted, most, whole));
        };
        let least = most.min(OUTPUT_TOKENS_MIN.max(wanted.least));
        let needed = wanted.bound(least, at);
        if needed > short.free.plus(short.reserved) {
            let poor = self.key(KeyId(short.account.0)).unwrap_or(key);
            let limit = self.ledger.limit(short.account);
            return Err(Denied::Spent { key: poor.name.clone(), needed, free: short.free, limit });
        }
        if !short.reserved.is_zero() {
            return Err(Denied::Busy);
        }
        let lowered = wanted.output_within(short.free, at).clamp(least, most);
        Ok(self.fit(id, wanted, lowered, wanted.bound(lowered, at)))
    }

    /// Whether a key may ask for a model at all, whatever it costs.
    ///
    /// # Errors
    /// [`Denied::Closed`], [`Denied::Expired`], [`Denied::Model`].
    pub fn permits(&self, id: KeyId, model: &str, at: Millis) -> Result<(), Denied> {
        let key = self.key(id).ok_or_else(|| Denied::Closed(id.to_string()))?;
        let path = std::iter::successors(Some(id), |id| self.key(*id)?.parent);
        for above in path.filter_map(|id| self.key(id)) {
            if above.closed {
                return Err(Denied::Closed(above.name.clone()));
            }
            if above.expires.is_some_and(|end| end <= at) {
                return Err(Denied::Expired(above.name.clone()));
            }
        }
        if key.models.is_empty() || key.models.iter().any(|pattern| matches(pattern, model)) {
            return Ok(());
        }
        Err(Denied::Model { key: key.name.clone(), model: model.to_owned(), allowed: key.models.clone() })
    }

    fn fit(&self, key: KeyId, wanted: &Wanted<'_>, max_tokens: u64, bound: Money) -> Fit {
        let call = EffectId(self.next_call);
        let (model, body_bytes) = (wanted.name.to_owned(), wanted.body_bytes);
        Fit {
            event: GatewayEvent::Reserved { call, key, model, max_tokens, bound, body_bytes },
            call,
            max_tokens,
        }
    }

    /// What a call is charged that has ended; none for a call that is not on its way, so that it can't be charged twice.
    /// `asked` is the row that its promise was made from.
    #[must_use]
    pub fn end(&self, call: EffectId, asked: &Model, ending: Ending<'_>, at: Millis) -> Option<GatewayEvent> {
        let pending = self.pending(call)?;
        let span = Span { from: pending.since, until: at };
        let bound = self.ledger.reservation(call)?.bound;
        let (end, cost, usage, served) = match ending {
            Ending::Answered { usage, served } => {
                // Another model has its own price; one that nobody knows may have any.
                let of_other =
                    |row: Option<&Model>| row.map_or(bound, |model| model.tariff.cost(&usage, span));
                let other = served.map_or(Money::ZERO, |(_, row)| of_other(row));
                let cost = asked.tariff.cost(&usage, span).max(other);
                (End::Answered, cost, Some(usage), served.map(|(name, _)| name.to_owned()))
            }
            Ending::Refused(status) => (End::Refused { status }, Money::ZERO, None, None),
            Ending::Lost(why) => (End::Forfeited { why }, bound, None, None),
        };
        let latency_ms = at.since(pending.since);
        Some(GatewayEvent::Ended { call, end, cost, usage, served, latency_ms })
    }

    /// The calls that were on their way when the last process ended: each may have been billed up to its bound.
    #[must_use]
    pub fn lost(&self, at: Millis) -> Vec<GatewayEvent> {
        self.all_pending().map(|call| self.forfeited(call, Loss::GatewayGone, at)).collect()
    }

    /// The calls that take longer than a call may: nobody waits for their answer any more.
    #[must_use]
    pub fn late(&self, at: Millis) -> Vec<GatewayEvent> {
        let late =
            self.all_pending().filter(|(_, pending)| at.since(pending.since) > CALL_TIMEOUT_MS + LATE_MS);
        late.map(|call| self.forfeited(call, Loss::CallerGone, at)).collect()
    }

    fn forfeited(&self, (call, pending): (EffectId, &Pending), why: Loss, at: Millis) -> GatewayEvent {
        GatewayEvent::Ended {
            call,
            end: End::Forfeited { why },
            cost: self.ledger.reservation(call).map_or(Money::ZERO, |promise| promise.bound),
            usage: None,
            served: None,
            latency_ms: at.since(pending.since),
        }
    }
}

impl Wanted<'_> {
    /// The most that the call can cost with that much output.
    pub(super) fn bound(&self, max_tokens: u64, at: Millis) -> Money {
        let ask = Ask {
            input_tokens_max: self.input_tokens_max,
            output_tokens_max: max_tokens.saturating_mul(self.choices),
            searches_max: self.searches_max,
        };
        self.model.tariff.bound(ask, Span::of_call(at))
    }

    /// The most output for each answer that fits into `free`.
    fn output_within(&self, free: Money, at: Millis) -> u64 {
        let span = Span::of_call(at);
        let left = free.minus(self.model.tariff.search_fees(self.searches_max, span));
        let all = self.model.tariff.output_within(left, self.input_tokens_max, span).unwrap_or(0);
        all / self.choices.max(1)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |head| name.starts_with(head))
}
