//! Which models answer and which had better be left alone, as a run's own calls tell. A model that fails again and again
//! rests for a while, and each rest is twice as long as the one before; one whose provider wants us not at all rests for
//! long. An answer heals.
//!
//! It is made of events alone, so a fold knows the same as the run that wrote them.

use std::collections::BTreeMap;

use crate::limits::{REST_AFTER_FAULTS, REST_BASE_MS, REST_MAX_MS, SHUT_MS};
use crate::words::{Fault, Millis};

/// The models that failed since they last answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health(BTreeMap<String, Ailing>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ailing {
    /// Faults in a row.
    faults: u32,
    /// Rests since the last answer.
    rests: u32,
    rest: Option<Rest>,
}

/// For how long a model rests. Those that had better be asked first are less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rest {
    /// Whether its provider does not want us, so that trying again soon is of no use.
    pub is_shut: bool,
    /// Until then.
    pub until: Millis,
}

/// What a fault says about the model.
enum Ailment {
    /// Nothing.
    None,
    /// It may be well again in a while, which the provider may have named.
    Passing(Option<u64>),
    /// It will not serve us until somebody does something about it.
    Lasting,
}

impl Health {
    /// The model's rest, where it rests at that moment.
    #[must_use]
    pub fn rest(&self, model: &str, at: Millis) -> Option<Rest> {
        self.0.get(model)?.rest.filter(|rest| at < rest.until)
    }

    /// A call failed.
    pub fn failed(&mut self, model: &str, fault: &Fault, at: Millis) {
        match ailment(fault) {
            Ailment::None => {}
            Ailment::Passing(named_ms) => self.ailing(model).stumble(named_ms, at),
            Ailment::Lasting => self.ailing(model).lie_down(true, SHUT_MS, at),
        }
    }

    /// Its provider lets nobody go for so long. That is no fault of the model, but no use to wait for either.
    pub fn closed(&mut self, model: &str, resumes_in_ms: u64, at: Millis) {
        self.ailing(model).lie_down(false, resumes_in_ms.min(SHUT_MS), at);
    }

    /// It answered.
    pub fn answered(&mut self, model: &str) {
        self.0.remove(model);
    }

    fn ailing(&mut self, model: &str) -> &mut Ailing {
        self.0.entry(model.to_owned()).or_default()
    }
}

impl Ailing {
    fn stumble(&mut self, named_ms: Option<u64>, at: Millis) {
        if let Some(named_ms) = named_ms.filter(|named| *named >= REST_BASE_MS) {
            self.lie_down(false, named_ms.min(SHUT_MS), at);
        }
        // Calls that left before the rest began say nothing new.
        if self.rest.is_some_and(|rest| at < rest.until) {
            return;
        }
        self.faults = self.faults.saturating_add(1);
        if self.faults >= REST_AFTER_FAULTS {
            let rest_ms = REST_BASE_MS.saturating_mul(1 << self.rests.min(16)).min(REST_MAX_MS);
            self.rests = self.rests.saturating_add(1);
            self.lie_down(false, rest_ms, at);
        }
    }

    fn lie_down(&mut self, is_shut: bool, rest_ms: u64, at: Millis) {
        let rests = self.rest.filter(|rest| at < rest.until);
        self.rest = rests.max(Some(Rest { is_shut, until: at.plus(rest_ms) }));
    }
}

/// Whether a fault is of the kind that another candidate may not have, and that trying again does not mend.
#[must_use]
pub const fn is_lasting(fault: &Fault) -> bool {
    matches!(ailment(fault), Ailment::Lasting)
}

const fn ailment(fault: &Fault) -> Ailment {
    match fault {
        Fault::RateLimited { retry_after_ms } => Ailment::Passing(*retry_after_ms),
        Fault::Unreachable { .. } | Fault::Overloaded | Fault::Server { .. } | Fault::Timeout => {
            Ailment::Passing(None)
        }
        // A provider that does not know the model says 404.
        Fault::Auth { .. }
        | Fault::Billing { .. }
        | Fault::WrongModel { .. }
        | Fault::BadRequest { status: 404, .. } => Ailment::Lasting,
        Fault::ContextTooLong { .. }
        | Fault::BadRequest { .. }
        | Fault::Cut { .. }
        | Fault::Garbled { .. }
        | Fault::Lost => Ailment::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn limited(retry_after_ms: Option<u64>) -> Fault {
        Fault::RateLimited { retry_after_ms }
    }

    /// The ends of the rests of one model that fails at these moments.
    fn rests(faults: &[(u64, Fault)]) -> Vec<Option<u64>> {
        let mut health = Health::default();
        let rest_after = |(at, fault): &(u64, Fault)| {
            health.failed("m", fault, Millis(*at));
            health.rest("m", Millis(*at)).map(|rest| rest.until.0)
        };
        faults.iter().map(rest_after).collect()
    }

    #[test]
    fn faults_in_a_row_make_a_model_rest_and_each_rest_is_twice_as_long() {
        let fault = |at| (at, Fault::Overloaded);
        let (one, two) = (REST_BASE_MS + 3, REST_BASE_MS + 3 + 2 * REST_BASE_MS);
        assert_eq!(
            rests(&[fault(1), fault(2), fault(3), fault(4), fault(one), fault(two)]),
            [None, None, Some(one), Some(one), Some(two), Some(two + 4 * REST_BASE_MS)]
        );
        let many: Vec<_> = (0..200).map(|n| fault(n * REST_MAX_MS)).collect();
        assert_eq!(rests(&many).pop().unwrap(), Some(200 * REST_MAX_MS));
    }

    #[test]
    fn a_long_pause_that_is_named_is_a_rest_at_once() {
        assert_eq!(rests(&[(0, limited(Some(90_000)))]), [Some(90_000)]);
        assert_eq!(rests(&[(0, limited(Some(900))), (1, limited(None))]), [None, None]);
        assert_eq!(rests(&[(0, limited(Some(u64::MAX)))]), [Some(SHUT_MS)]);
    }

    #[test]
    fn a_provider_that_does_not_want_us_is_left_alone_for_long() {
        let auth = Fault::Auth { message: String::new() };
        let unknown = Fault::BadRequest { status: 404, message: String::new() };
        assert_eq!(rests(&[(7, auth.clone())]), [Some(7 + SHUT_MS)]);
        assert!(is_lasting(&auth) && is_lasting(&unknown) && !is_lasting(&Fault::Timeout));
        let mut health = Health::default();
        health.failed("m", &auth, Millis(0));
        health.failed("m", &limited(Some(SHUT_MS)), Millis(5));
        assert!(health.rest("m", Millis(6)).unwrap().is_shut);
        assert_eq!(health.rest("m", Millis(SHUT_MS)), None);
        health.failed("m", &limited(Some(SHUT_MS)), Millis(SHUT_MS));
        assert!(!health.rest("m", Millis(SHUT_MS)).unwrap().is_shut);
    }

    #[test]
    fn an_answer_heals_and_what_is_not_the_models_fault_does_not_count() {
        let mut health = Health::default();
        let others = [Fault::Lost, Fault::Cut { message: String::new() }];
        for at in 0..10 {
            others.iter().for_each(|fault| health.failed("m", fault, Millis(at)));
        }
        assert_eq!(health, Health::default());
        (0..5).for_each(|at| health.failed("m", &Fault::Timeout, Millis(at)));
        assert!(health.rest("m", Millis(5)).is_some() && health.rest("other", Millis(5)).is_none());
        health.answered("m");
        assert_eq!(health, Health::default());
    }
}
