//! What an answer's head says about how much more may come: the providers' rate-limit headers in one neutral form.

use trireme_core::Fault;

/// One of a provider's limits as it stood when a request came in. Whatever it did not say is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// How much fits in.
    pub limit: Option<u64>,
    /// How much is left, this request taken off.
    pub remaining: Option<u64>,
    /// Until it is full again, in milliseconds.
    pub reset_ms: Option<u64>,
}

/// All that a provider says about its limits in one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Requests.
    pub requests: Option<Bucket>,
    /// Tokens that go in.
    pub input_tokens: Option<Bucket>,
    /// Tokens that come out.
    pub output_tokens: Option<Bucket>,
    /// Tokens of both kinds together.
    pub tokens: Option<Bucket>,
}

impl RateLimits {
    /// Whether one of the limits is used up: that explains a refusal.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        let all = [self.requests, self.input_tokens, self.output_tokens, self.tokens];
        all.iter().flatten().any(|bucket| bucket.remaining == Some(0))
    }
}

/// How a provider took a request, as far as the next ones are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It answered. A refusal for the request's own sake (400, 401, 413) is an answer too.
    Served,
    /// 429: too many of them.
    Limited,
    /// 503 or 529: too much to do, whoever asks.
    Overloaded,
    /// It broke down, fell silent, or could not be reached.
    Down,
}

/// What there is to learn from one answer, or from its failure to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// How the request was taken.
    pub taken: Taken,
    /// `Retry-After`, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The limits that came with it.
    pub limits: RateLimits,
}

impl Heard {
    /// Out of the head of an answer.
    #[must_use]
    pub const fn head(status: u16, retry_after_ms: Option<u64>, limits: RateLimits) -> Self {
        let taken = match status {
            429 => Taken::Limited,
            503 | 529 => Taken::Overloaded,
            500.. => Taken::Down,
            _ => Taken::Served,
        };
        Self { taken, retry_after_ms, limits }
    }

    /// Out of a fault; none where it tells nothing about the next request.
    #[must_use]
    pub fn fault(fault: &Fault, limits: RateLimits) -> Option<Self> {
        let (taken, retry_after_ms) = match fault {
            Fault::RateLimited { retry_after_ms } => (Taken::Limited, *retry_after_ms),
            // Whatever it bills, a 503 is about how much there is to do.
            Fault::Overloaded | Fault::Server { status: 503 } => (Taken::Overloaded, None),
            Fault::Server { .. } | Fault::Unreachable { .. } | Fault::Timeout | Fault::Cut { .. } => {
                (Taken::Down, None)
            }
            Fault::Auth { .. }
            | Fault::Billing { .. }
            | Fault::ContextTooLong { .. }
            | Fault::BadRequest { .. }
            | Fault::WrongModel { .. }
            | Fault::Garbled { .. } => (Taken::Served, None),
            Fault::Lost => return None,
        };
        Some(Self { taken, retry_after_ms, limits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_503_is_overload_whatever_it_bills() {
        let taken = |fault: Fault| Heard::fault(&fault, RateLimits::default()).map(|heard| heard.taken);
        assert_eq!(taken(Fault::Server { status: 503 }), Some(Taken::Overloaded));
        assert_eq!(taken(Fault::Overloaded), Some(Taken::Overloaded));
        assert_eq!(taken(Fault::Server { status: 500 }), Some(Taken::Down));
    }
}
