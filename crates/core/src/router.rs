//! The router: from a seniority to one model and a bound on what its call can cost.

use serde::{Deserialize, Serialize};

use crate::catalogue::{Ask, Candidate, Catalogue, Model, Rank, Span};
use crate::limits::{HIDDEN_INPUT_TOKENS, OUTPUT_TOKENS_MIN};
use crate::words::{Money, Seniority};

/// What a call needs, and what there is for it.
#[derive(Clone, Debug)]
pub struct Demand<'a> {
    /// How much model.
    pub seniority: Seniority,
    /// Bytes of the request's body; a token is never less than a byte.
    pub body_bytes: u64,
    /// The money that the call may be promised.
    pub available: Money,
    /// When the call is made, and how long it may take.
    pub span: Span,
    /// Models that wrote what is to be judged: another family goes first, then another model, then one of them.
    pub avoid: &'a [String],
}

/// The model that was taken, and why the ones before it were not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// By the name that the provider knows.
    pub model: String,
    /// The most output that the request may ask for, in tokens.
    pub max_tokens: u64,
    /// The most that the call can cost.
    pub bound: Money,
    /// Candidates that came before it.
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
    /// Not even the least useful answer can be paid.
    TooDear {
        /// What the least useful call would cost at most.
        needed: Money,
    },
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
        let mut losers = Vec::new();
        let rank = catalogue.seniority.get(&self.seniority);
        for Candidate { model: name, .. } in self.in_order(catalogue) {
            let model = catalogue.models.get(name).ok_or(Why::Unpriced);
            match model.and_then(|model| self.fit(model, rank)) {
                Ok((max_tokens, bound)) => {
                    return Ok(Route { model: name.clone(), max_tokens, bound, losers });
                }
                Err(why) => losers.push(Loser { model: name.clone(), why }),
            }
        }
        Err(losers)
    }

    /// The bound of the call as it would be with all the money in the world, for the first candidate that fits.
    #[must_use]
    pub fn wish(&self, catalogue: &Catalogue) -> Option<Money> {
        let rich = Self { available: Money::MAX, ..self.clone() };
        rich.route(catalogue).ok().map(|route| route.bound)
    }

    /// Candidates by preference; for a judge, the nearer to an author the later.
    fn in_order<'c>(&self, catalogue: &'c Catalogue) -> impl Iterator<Item = &'c Candidate> {
        let family = |name: &String| catalogue.models.get(name).map(|model| &model.family);
        let nearness = |candidate: &&Candidate| match self.avoid.contains(&candidate.model) {
            true => 2,
            false => i32::from(self.avoid.iter().any(|author| family(author) == family(&candidate.model))),
        };
        let mut candidates: Vec<_> = catalogue.candidates(self.seniority).iter().collect();
        candidates.sort_by_key(nearness);
        candidates.into_iter()
    }

    fn fit(&self, model: &Model, rank: Option<&Rank>) -> Result<(u64, Money), Why> {
        let input = self.input_tokens_max();
        // Bytes over-estimate tokens three to four times, so the context is measured with a third of them.
        if (input / 3).saturating_add(OUTPUT_TOKENS_MIN) > model.context_tokens {
            return Err(Why::TooLong);
        }
        let output_tokens = model.output_tokens.min(rank.map_or(u64::MAX, |rank| rank.output_cap));
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
        Ok((max_tokens, bound(max_tokens)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn catalogue() -> Catalogue {
        crate::fixture::catalogue()
    }

    fn demand(seniority: Seniority, body_bytes: u64, available: Money) -> Demand<'static> {
        Demand { seniority, body_bytes, available, span: now(), avoid: &[] }
    }

    fn now() -> Span {
        Span::of_call(crate::words::Millis(1_795_176_000_000))
    }

    #[test]
    fn output_is_lowered_before_a_cheaper_model_is_tried() {
        let rich = demand(Seniority::Principal, 10_000, Money::cents(1_000)).route(&catalogue()).unwrap();
        assert_eq!((rich.model.as_str(), rich.max_tokens), ("claude-fable-5-2", 64_000));
        let tight = demand(Seniority::Principal, 10_000, Money::cents(30)).route(&catalogue()).unwrap();
        assert_eq!(tight.model, "claude-fable-5-2");
        assert!(tight.max_tokens < 64_000 && tight.bound <= Money::cents(30));
        let poor = demand(Seniority::Principal, 10_000, Money::cents(15)).route(&catalogue()).unwrap();
        assert_eq!(poor.model, "claude-opus-5-5");
        assert_eq!(poor.losers.len(), 2);
        assert!(demand(Seniority::Principal, 10_000, Money::cents(1)).route(&catalogue()).is_err());
    }

    #[test]
    fn the_author_of_what_is_judged_comes_last() {
        let mut wish = demand(Seniority::Senior, 1_000, Money::cents(500));
        let author = ["claude-sonnet-5-5".to_owned()];
        wish.avoid = &author;
        assert_eq!(wish.route(&catalogue()).unwrap().model, "claude-opus-5-5");
        wish.seniority = Seniority::Mid;
        assert_eq!(wish.route(&catalogue()).unwrap().model, "claude-sonnet-5-5");
    }

    #[test]
    fn another_family_goes_before_another_model_and_that_before_the_author() {
        let model = |name: &str, family: &str| {
            format!(
                "[models.{name}]\nfamily = \"{family}\"\ninput = \"1\"\noutput = \"2\"\ncontext_tokens = 100000\noutput_tokens = 4000\n"
            )
        };
        let text = [model("author", "a"), model("sister", "a"), model("stranger", "b")].concat()
            + "[seniority]\nmid = [\"author\", \"sister\", \"stranger\"]";
        let catalogue = Catalogue::default().with(toml::from_str(&text).unwrap()).unwrap();
        let order = |avoid: &[&str]| -> Vec<String> {
            let avoid: Vec<String> = avoid.iter().map(|name| (*name).to_owned()).collect();
            let demand = Demand { avoid: &avoid, ..demand(Seniority::Mid, 0, Money::ZERO) };
            demand.route(&catalogue).unwrap_err().into_iter().map(|loser| loser.model).collect()
        };
        assert_eq!(order(&[]), ["author", "sister", "stranger"]);
        assert_eq!(order(&["author"]), ["stranger", "sister", "author"]);
        assert_eq!(order(&["author", "stranger"]), ["sister", "author", "stranger"]);
    }

    proptest! {
        #[test]
        fn it_never_returns_what_cannot_be_paid(level in 0..6usize, bytes in 0..2_000_000u64, nanos in 0..20_000_000_000u64) {
            let demand = demand(Seniority::ALL[level], bytes, Money::nanos(nanos));
            if let Ok(route) = demand.route(&catalogue()) {
                let model = &catalogue().models[&route.model];
                prop_assert!(route.bound <= demand.available);
                let (input_tokens_max, output_tokens_max) = (bytes + HIDDEN_INPUT_TOKENS, route.max_tokens);
                let ask = Ask { input_tokens_max, output_tokens_max, searches_max: 0 };
                prop_assert_eq!(route.bound, model.tariff.bound(ask, now()));
                prop_assert!(route.max_tokens >= OUTPUT_TOKENS_MIN && route.max_tokens <= model.output_tokens);
            }
        }
    }
}
