//! The router: from a seniority to one model and a bound on what its call can cost.
//!
//! Candidates come in the order in which the configuration prefers them; where it prefers none, by the price of this very
//! call. The first that can do it, may do it, is well and can be paid is taken. Where nobody who is well can, the one
//! whose rest is over first is tried all the same.

use serde::{Deserialize, Serialize};

use crate::catalogue::{Ask, Candidate, Capabilities, Catalogue, Families, Model, Pinned, Span};
use crate::health::{Health, Rest};
use crate::limits::{HIDDEN_INPUT_TOKENS, OUTPUT_TOKENS_MIN};
use crate::words::{Effort, Millis, Money, Only, Seniority};

/// Bytes over-estimate tokens three to four times, so contexts are measured with a third of them.
pub const BYTES_PER_TOKEN: u64 = 3;

/// What a call needs, and what there is for it.
#[derive(Clone, Debug)]
pub struct Demand<'a> {
    /// How much model.
    pub seniority: Seniority,
    /// What the job may be pinned by, the most special first.
    pub pins: &'a [Pinned],
    /// Who goes before all of them: the model of the worker's role.
    pub first: Option<&'a Candidate>,
    /// What the model must be able to do.
    pub needs: Needs,
    /// Which families may be asked.
    pub families: &'a Families,
    /// Which models had better be left alone.
    pub health: &'a Health,
    /// Bytes of the request's body; a token is never less than a byte.
    pub body_bytes: u64,
    /// The money that the call may be promised.
    pub available: Money,
    /// When the call is made, and how long it may take.
    pub span: Span,
    /// Models that wrote what is to be judged: another family goes first, then another model, then one of them.
    pub avoid: Vec<String>,
    /// The only models that may be asked, whatever else could: one side of a second opinion.
    pub only: Option<&'a Only>,
}

/// What a model must be able to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Call tools.
    pub tools: bool,
    /// Answer in a given JSON schema.
    pub structured: bool,
    /// Look at images.
    pub images: bool,
}

/// The model that was taken, and why others were not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The name of a row of the catalogue.
    pub model: String,
    /// How long it may think.
    pub effort: Option<Effort>,
    /// The most output that the request may ask for, in tokens.
    pub max_tokens: u64,
    /// The most that the call can cost.
    pub bound: Money,
    /// Candidates that would have gone first.
    pub losers: Vec<Loser>,
}

/// A candidate that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loser {
    /// The candidate.
    pub model: String,
    /// Why not.
    pub why: Why,
}

/// Why a candidate was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It has no price here.
    Unpriced,
    /// The request does not fit into its context.
    TooLong,
    /// The request is longer than the seniority's requests may be.
    OverContext {
        /// The longest, in tokens.
        cap: u64,
    },
    /// It can't do what the call needs.
    Unable,
    /// The configuration does not let its family be asked.
    Family,
    /// It is for the other side of a second opinion.
    OtherSide,
    /// It failed, and is left alone while another one can do it.
    Resting {
        /// Until then.
        until: Millis,
    },
    /// Not even the least useful answer can be paid.
    TooDear {
        /// What the least useful call would cost at most.
        needed: Money,
    },
}

/// What a call could be at most.
#[derive(Clone, Copy)]
struct Fit {
    max_tokens: u64,
    bound: Money,
}

/// A candidate that was looked at.
struct Tried<'c> {
    candidate: &'c Candidate,
    fit: Result<Fit, Why>,
    rest: Option<Rest>,
}

impl Needs {
    /// What every agent needs: it does everything by calling tools.
    pub const AGENT: Self = Self { tools: true, structured: false, images: false };

    const fn are_met_by(self, able: &Capabilities) -> bool {
        (able.tools || !self.tools) && (able.structured || !self.structured) && (able.images || !self.images)
    }
}

impl Demand<'_> {
    /// The upper bound of the request's input tokens: a byte of its [weight](crate::weight::weight) is at most a token on
    /// every tokenizer measured, and the provider may add framing and hidden tool prompts of its own.
    #[must_use]
    pub const fn input_tokens_max(&self) -> u64 {
        self.body_bytes.saturating_add(HIDDEN_INPUT_TOKENS)
    }

    /// The first candidate that can do it for the money, with `max_tokens` lowered before anything is refused.
    ///
    /// # Errors
    /// All candidates with their reasons where none can.
    pub fn route(&self, catalogue: &Catalogue) -> Result<Route, Vec<Loser>> {
        let tried: Vec<Tried<'_>> = self
            .in_order(catalogue)
            .into_iter()
            .map(|candidate| self.look_at(candidate, catalogue))
            .collect();
        let able = || tried.iter().enumerate().filter_map(|(place, one)| Some((place, one, one.fit.ok()?)));
        let well = able().find(|(_, one, _)| one.rest.is_none());
        let Some((place, taken, fit)) = well.or_else(|| able().min_by_key(|(_, one, _)| one.rest)) else {
            return Err(tried.iter().filter_map(Tried::lost).collect());
        };
        let before = if taken.rest.is_none() { place } else { tried.len() };
        let others = tried.iter().take(before).enumerate().filter(|(other, _)| *other != place);
        Ok(Route {
            model: taken.candidate.model.clone(),
            effort: taken.candidate.effort,
            max_tokens: fit.max_tokens,
            bound: fit.bound,
            losers: others.filter_map(|(_, one)| one.lost()).collect(),
        })
    }

    /// The call as it would be with all the money in the world.
    ///
    /// # Errors
    /// As [`Demand::route`].
    pub fn wish(&self, catalogue: &Catalogue) -> Result<Route, Vec<Loser>> {
        let rich = Self { available: Money::MAX, ..self.clone() };
        rich.route(catalogue)
    }

    /// Candidates by preference, or by price where there is none; for a judge, the nearer to an author the later.
    fn in_order<'c>(&'c self, catalogue: &'c Catalogue) -> Vec<&'c Candidate> {
        let mut candidates: Vec<_> = catalogue.candidates_for(self.pins, self.seniority).iter().collect();
        if catalogue.takes_cheapest(self.pins, self.seniority) {
            candidates.sort_by_cached_key(|candidate| self.price(candidate, catalogue));
        }
        let family = |name: &String| catalogue.models.get(name).map(|model| &model.family);
        let nearness = |candidate: &&Candidate| match self.avoid.contains(&candidate.model) {
            true => 2,
            false => i32::from(self.avoid.iter().any(|author| family(author) == family(&candidate.model))),
        };
        candidates.sort_by_key(nearness);
        if let Some(first) = self.first {
            candidates.retain(|candidate| *candidate != first);
            candidates.insert(0, first);
        }
        candidates
    }

    /// What the call would cost with the seniority's longest answer, so that candidates are compared by the same.
    fn price(&self, candidate: &Candidate, catalogue: &Catalogue) -> Option<Money> {
        let output_tokens_max = catalogue.seniority.get(&self.seniority)?.output_cap;
        let ask = Ask { input_tokens_max: self.input_tokens_max(), output_tokens_max, searches_max: 0 };
        Some(catalogue.models.get(&candidate.model)?.tariff.bound(ask, self.span))
    }

    fn look_at<'c>(&self, candidate: &'c Candidate, catalogue: &Catalogue) -> Tried<'c> {
        let model = catalogue.models.get(&candidate.model).ok_or(Why::Unpriced);
        let fit = model.and_then(|model| self.is_on_side(&candidate.model, model).map(|()| model));
        let fit = fit.and_then(|model| self.check(model, catalogue).map(|()| model));
        let fit = fit.and_then(|model| self.fit(model, catalogue));
        Tried { candidate, fit, rest: self.health.rest(&candidate.model, self.span.from) }
    }

    /// Whether a model may answer for this side; there is no way around it.
    fn is_on_side(&self, name: &str, model: &Model) -> Result<(), Why> {
        let may = self.only.is_none_or(|only| only.takes(name, &model.family));
        if may { Ok(()) } else { Err(Why::OtherSide) }
    }

    /// Whether a model may and can do it, whatever it costs.
    fn check(&self, model: &Model, catalogue: &Catalogue) -> Result<(), Why> {
        if !self.families.allow(&model.family) {
            return Err(Why::Family);
        }
        if !self.needs.are_met_by(&model.capabilities) {
            return Err(Why::Unable);
        }
        let input = self.input_tokens_max() / BYTES_PER_TOKEN;
        if input.saturating_add(OUTPUT_TOKENS_MIN) > model.context_tokens {
            return Err(Why::TooLong);
        }
        let cap = catalogue.seniority.get(&self.seniority).and_then(|rank| rank.context_cap);
        cap.filter(|cap| input > *cap).map_or(Ok(()), |cap| Err(Why::OverContext { cap }))
    }

    fn fit(&self, model: &Model, catalogue: &Catalogue) -> Result<Fit, Why> {
        let input = self.input_tokens_max();
        let cap = catalogue.seniority.get(&self.seniority).map_or(u64::MAX, |rank| rank.output_cap);
        let output_tokens = model.output_tokens.min(cap);
        let bound = |output| {
            let ask = Ask { input_tokens_max: input, output_tokens_max: output, searches_max: 0 };
            model.tariff.bound(ask, self.span)
        };
        let needed = bound(OUTPUT_TOKENS_MIN.min(output_tokens));
        if needed > self.available {
            return Err(Why::TooDear { needed });
        }
        let affordable = model.tariff.output_within(self.available, input, self.span).unwrap_or(0);
        let max_tokens = affordable.min(output_tokens);
        Ok(Fit { max_tokens, bound: bound(max_tokens) })
    }
}

impl Tried<'_> {
    /// Why it was not taken; one that can do it and is well has no reason.
    fn lost(&self) -> Option<Loser> {
        let resting = || Some(Why::Resting { until: self.rest?.until });
        let why = self.fit.err().or_else(resting)?;
        Some(Loser { model: self.candidate.model.clone(), why })
    }
}

#[cfg(test)]
mod tests;
