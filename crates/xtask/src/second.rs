//! What the other sources say of a row, as opinions that can be compared with ours one by one. An opinion that differs is
//! a line of text, so that it can be accepted word for word; or the dearer price is taken over.

use std::fmt;

use serde_json::Value;
use trireme_core::catalogue::{Model, Period, Rates, Step};
use trireme_core::words::Millis;
use trireme_core::words::money::{Money, PicoPerToken};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What a source says of one price. Its floats are rounded up.
pub(crate) struct Opinion {
    source: &'static str,
    what: What,
    theirs: u64,
}

#[derive(Clone, Copy)]
enum What {
    /// Of a token of a class, for prompts longer than so many tokens.
    Price(&'static str, Option<u64>),
    /// Of a hosted search, in nanodollars.
    Search,
    /// Of tokens bound to a region, in thousandths.
    Geo,
    /// The longest answer, in tokens.
    Output,
}

const CLASSES: [&str; 5] = ["input", "output", "cache_read", "cache_write", "cache_write_1h"];

/// The fields of litellm, in the order of the classes.
const FIELDS: [&str; 5] = [
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
    "cache_creation_input_token_cost_above_1hr",
];

/// What litellm says; `None` where it does not know the model.
pub(crate) fn litellm(row: &Value) -> Option<Vec<Opinion>> {
    let mut told = Vec::new();
    for (field, value) in row.as_object()? {
        if let Some((class, above)) = priced(field) {
            told.push(opinion("litellm", What::Price(class, above), value, 1e12));
        }
    }
    let search = &row["search_context_cost_per_query"]["search_context_size_medium"];
    told.push(opinion("litellm", What::Search, search, 1e9));
    told.push(opinion("litellm", What::Geo, &row["provider_specific_entry"]["us"], 1e3));
    told.push(opinion("litellm", What::Output, &row["max_output_tokens"], 1.0));
    Some(told)
}

/// `input_cost_per_token_above_272k_tokens` and its like, without the tiers of service, which are other products.
fn priced(field: &str) -> Option<(&'static str, Option<u64>)> {
    let class =
        |name: &str| FIELDS.iter().zip(CLASSES).find(|(field, _)| **field == name).map(|(_, class)| class);
    if let Some(class) = class(field) {
        return Some((class, None));
    }
    let (begin, thousands) = field.strip_suffix("k_tokens")?.rsplit_once("_above_")?;
    Some((class(begin)?, Some(thousands.parse::<u64>().ok()?.saturating_mul(1_000))))
}

/// What models.dev says of prices.
pub(crate) fn models_dev(row: &Value) -> Vec<Opinion> {
    let mut told = Vec::new();
    let mut costs = vec![(&row["cost"], None)];
    let tiers = row["cost"]["tiers"].as_array();
    costs.extend(tiers.into_iter().flatten().map(|tier| (tier, tier["tier"]["size"].as_u64())));
    for (cost, above) in costs {
        for class in ["input", "output", "cache_read", "cache_write"] {
            told.push(opinion("models.dev", What::Price(class, above), &cost[class], 1e6));
        }
    }
    told
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "theirs are floats")]
fn opinion(source: &'static str, what: What, value: &Value, scale: f64) -> Opinion {
    let scaled = value.as_f64().unwrap_or(0.0) * scale;
    // A float that is meant to be whole is a hair beside it.
    let theirs = (scaled - 1e-4).ceil().max(0.0) as u64;
    Opinion { source, what, theirs }
}

impl Opinion {
    /// What there is to say, where it differs from ours on that day. Zero says that they don't know.
    pub(crate) fn against(&self, model: &Model, today: Millis) -> Option<String> {
        if self.theirs == 0 {
            return None;
        }
        let mut ours: Vec<u64> = match self.what {
            What::Price(class, above) => {
                holding(model, today).filter_map(|period| price(period, class, above)).collect()
            }
            What::Search => holding(model, today).map(|period| period.search_fee.as_nanos()).collect(),
            What::Geo => holding(model, today).map(|period| period.geo_permille).collect(),
            What::Output => vec![model.output_tokens],
        };
        ours.dedup();
        let agreed = match self.what {
            What::Price(..) => ours.contains(&self.theirs),
            What::Search | What::Geo => ours.iter().all(|ours| *ours >= self.theirs),
            What::Output => ours.iter().all(|ours| *ours <= self.theirs),
        };
        (!agreed).then(|| format!("{} {} {}, ours {ours:?}", self.source, self.what, self.theirs))
    }

    /// The same, of prices of tokens only.
    pub(crate) fn price_against(&self, model: &Model, today: Millis) -> Option<String> {
        self.against(model, today).filter(|_| matches!(self.what, What::Price(..)))
    }

    /// Raises ours to theirs where theirs is dearer.
    pub(crate) fn raise(&self, period: &mut Period) {
        match self.what {
            What::Price(name, above) => {
                let rates = match above {
                    None => Some(&mut period.rates),
                    Some(above) => step(period, above).map(|step| &mut step.rates),
                };
                if let Some(price) = rates.map(|rates| class(rates, name)) {
                    *price = PicoPerToken(price.0.max(self.theirs));
                }
            }
            What::Search => period.search_fee = period.search_fee.max(Money::nanos(self.theirs)),
            What::Geo => period.geo_permille = period.geo_permille.max(self.theirs),
            What::Output => {}
        }
    }
}

/// The step above so many tokens; one with the prices of all prompts where there is none yet.
fn step(period: &mut Period, above: u64) -> Option<&mut Step> {
    if !period.steps.iter().any(|step| about(step.above, above)) {
        period.steps.push(Step { above, rates: period.rates });
    }
    period.steps.iter_mut().find(|step| about(step.above, above))
}

/// The periods of a day, at whatever hours.
fn holding(model: &Model, today: Millis) -> impl Iterator<Item = &Period> {
    model.tariff.periods().iter().filter(move |period| holds(period, today))
}

/// Whether a period has to do with a day.
fn holds(period: &Period, today: Millis) -> bool {
    period.from.0 < today.0.saturating_add(DAY_MS) && period.until.is_none_or(|until| until > today)
}

fn price(period: &Period, name: &str, above: Option<u64>) -> Option<u64> {
    let mut rates = match above {
        None => period.rates,
        Some(above) => period.steps.iter().find(|step| about(step.above, above))?.rates,
    };
    Some(class(&mut rates, name).0)
}

/// "From 200,000" and "above 199,999" are the same.
fn about(one: u64, other: u64) -> bool {
    one.abs_diff(other) <= 1
}

fn class<'a>(rates: &'a mut Rates, name: &str) -> &'a mut PicoPerToken {
    match name {
        "input" => &mut rates.input,
        "output" => &mut rates.output,
        "cache_read" => &mut rates.cache_read,
        "cache_write" => &mut rates.cache_write,
        _ => &mut rates.cache_write_1h,
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price(class, None) => f.write_str(class),
            Self::Price(class, Some(above)) => write!(f, "{class} above {above}"),
            Self::Search => f.write_str("search_fee"),
            Self::Geo => f.write_str("geo_permille"),
            Self::Output => f.write_str("output_tokens"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use trireme_core::catalogue::{Catalogue, Tariff};

    use super::*;

    const TODAY: Millis = Millis(1_795_132_800_000);

    fn told(model: &Model, row: &Value) -> Vec<String> {
        litellm(row).unwrap().iter().filter_map(|opinion| opinion.against(model, TODAY)).collect()
    }

    fn model(name: &str) -> Model {
        Catalogue::built_in().unwrap().models[name].clone()
    }

    #[test]
    fn whoever_says_the_same_says_nothing() {
        let row = json!({
            "input_cost_per_token": 1e-7, "output_cost_per_token": 5e-7, "cache_read_input_token_cost": 1e-8,
            "cache_creation_input_token_cost_above_1hr": 2e-7, "input_cost_per_token_above_100k_tokens": 5e-7,
            "input_cost_per_token_batches": 5e-8, "provider_specific_entry": { "us": 1.1, "fast": 2 },
            "search_context_cost_per_query": { "search_context_size_medium": 0.01 }, "max_output_tokens": 128_000,
        });
        assert_eq!(told(&model("claude-haiku-5-5"), &row), Vec::<String>::new());
        assert!(litellm(&json!(null)).is_none());
    }

    #[test]
    fn a_difference_is_a_line_and_a_step_that_we_lack_is_one() {
        let row = json!({
            "input_cost_per_token": 2e-7, "output_cost_per_token_above_200k_tokens": 9e-6,
            "provider_specific_entry": { "us": 1.2 }, "max_output_tokens": 1_000,
        });
        let lines = [
            "litellm input 200000, ours [100000]",
            "litellm output above 200000 9000000, ours []",
            "litellm geo_permille 1200, ours [1100]",
            "litellm output_tokens 1000, ours [128000]",
        ];
        assert_eq!(told(&model("claude-haiku-5-5"), &row), lines);
        let models_dev = models_dev(&json!({ "cost": { "input": 0.1, "tiers": [
            { "input": 0.4, "tier": { "size": 100_000 } }
        ] } }));
        let lines: Vec<_> = models_dev
            .iter()
            .filter_map(|opinion| opinion.against(&model("claude-haiku-5-5"), TODAY))
            .collect();
        assert_eq!(lines, ["models.dev input above 100000 400000, ours [500000]"]);
    }

    #[test]
    fn any_hour_of_the_day_may_be_what_they_list() {
        for price in [0.66e-6, 1.32e-6] {
            assert!(told(&model("deepseek-v4-pro"), &json!({ "input_cost_per_token": price })).is_empty());
        }
    }

    #[test]
    fn where_the_dearest_counts_nobody_is_dearer() {
        let mut model = model("claude-opus-5-5");
        let row = json!({ "input_cost_per_token": 9e-6, "output_cost_per_token": 1e-6,
            "output_cost_per_token_above_200k_tokens": 9e-5 });
        let mut period = model.tariff.periods()[0].clone();
        litellm(&row).unwrap().iter().for_each(|opinion| opinion.raise(&mut period));
        assert_eq!((period.rates.input.0, period.rates.output.0), (9_000_000, 20_000_000));
        assert_eq!((period.steps[0].above, period.steps[0].rates.output.0), (200_000, 90_000_000));
        model.tariff = Tariff::new(vec![period]).unwrap();
        assert_eq!(told(&model, &row), ["litellm output 1000000, ours [20000000]"]);
    }
}
