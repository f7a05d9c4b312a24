//! Prices of genai-prices as periods. There, later entries win over earlier ones: prices with a start replace those before,
//! and prices with hours stand beside the last of them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use trireme_core::catalogue::{Hours, Period, Rates, Step};
use trireme_core::words::Millis;
use trireme_core::words::money::{Money, PicoPerToken};

/// The prices of a model at a provider; none for one that is given away or that nobody has priced.
pub(crate) fn find<'a>(prices: &'a Value, provider: &str, id: &str) -> Option<&'a Value> {
    let providers = prices.as_array()?;
    let models = providers.iter().find(|row| row["id"] == provider)?["models"].as_array()?;
    let exact = models.iter().find(|model| model["id"] == id);
    let model = exact.or_else(|| models.iter().find(|model| matches(&model["match"], id)))?;
    let is_sold = |prices: &&Value| prices.is_array() || !prices["input_mtok"].is_null();
    Some(&model["prices"]).filter(is_sold)
}

/// Whether a clause names an id. Patterns and parts of names are not followed: they also fit models that they were not
/// made for.
fn matches(clause: &Value, id: &str) -> bool {
    match clause["type"].as_str() {
        Some("ClauseEquals") => clause["equals"] == id,
        Some("ClauseOr") => list(&clause["or_"]).iter().any(|clause| matches(clause, id)),
        _ => false,
    }
}

struct Entry<'a> {
    start: Millis,
    hours: Option<Vec<Hours>>,
    prices: &'a Value,
}

/// The periods that did not end before `history_from`, the first of them open to the past.
pub(crate) fn periods(prices: &Value, history_from: Millis, geo: Option<u64>) -> Result<Vec<Period>, String> {
    let entries = entries(prices)?;
    let (timed, mut dated): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.hours.is_some());
    dated.sort_by_key(|entry| entry.start);
    let starts: Vec<Millis> = dated.iter().map(|entry| entry.start).collect();
    let last = starts.last().copied().ok_or("no price holds at all hours")?;
    let mut periods = Vec::new();
    for (at, entry) in dated.iter().enumerate() {
        let until = starts.get(at + 1).copied();
        periods.push(Period { from: entry.start, until, ..period(entry.prices, geo)? });
    }
    for entry in timed {
        let hours = entry.hours.unwrap_or_default();
        periods.push(Period { from: last, hours, ..period(entry.prices, geo)? });
    }
    periods.retain(|period| period.until.is_none_or(|until| until > history_from));
    let first = periods.iter().map(|period| period.from).min().unwrap_or_default();
    for period in periods.iter_mut().filter(|period| period.from == first) {
        period.from = Millis(0);
    }
    dearer_by_hours(&periods)?;
    Ok(periods)
}

/// Hours stand beside the prices of the whole day and count where they are dearer; cheaper ones would never count.
fn dearer_by_hours(periods: &[Period]) -> Result<(), String> {
    let timed = periods.iter().filter(|period| !period.hours.is_empty());
    let mut always = periods.iter().filter(|period| period.hours.is_empty() && period.until.is_none());
    let Some(base) = always.next_back() else { return Err("no price holds from now on".to_owned()) };
    let cheaper =
        |period: &Period| classes(&period.rates).zip(classes(&base.rates)).any(|(at, all)| at.1 < all.1);
    match timed.filter(|period| cheaper(period)).count() {
        0 => Ok(()),
        _ => Err("some hours are cheaper than the rest of the day; say the dearer ones as hours".to_owned()),
    }
}

/// The five prices of a token, with their names.
pub(crate) fn classes(rates: &Rates) -> impl Iterator<Item = (&'static str, u64)> {
    [
        ("input", rates.input.0),
        ("cache_read", rates.cache_read.0),
        ("cache_write", rates.cache_write.0),
        ("cache_write_1h", rates.cache_write_1h.0),
        ("output", rates.output.0),
    ]
    .into_iter()
}

fn entries(prices: &Value) -> Result<Vec<Entry<'_>>, String> {
    let Some(list) = prices.as_array() else {
        return Ok(vec![Entry { start: Millis(0), hours: None, prices }]);
    };
    list.iter().map(entry).collect()
}

fn entry(conditional: &Value) -> Result<Entry<'_>, String> {
    let (constraint, prices) = (&conditional["constraint"], &conditional["prices"]);
    let (start, hours) = match constraint["type"].as_str() {
        None => (Millis(0), None),
        Some("StartDateConstraint") => (day(&constraint["start_date"])?, None),
        Some("TimeOfDateConstraint") => {
            let (from, until) = (minute(&constraint["start_time"])?, minute(&constraint["end_time"])?);
            (Millis(0), Some(hours(from, until)))
        }
        Some(other) => return Err(format!("a constraint that nobody knows: {other}")),
    };
    Ok(Entry { start, hours, prices })
}

fn hours(from_min: u64, until_min: u64) -> Vec<Hours> {
    if from_min < until_min {
        return vec![Hours { from_min, until_min }];
    }
    let parts = [Hours { from_min, until_min: 1_440 }, Hours { from_min: 0, until_min }];
    parts.into_iter().filter(|hours| hours.from_min < hours.until_min).collect()
}

fn minute(time: &Value) -> Result<u64, String> {
    if time["tzinfo"] != "UTC" {
        return Err(format!("hours that are not in UTC: {time}"));
    }
    let part = |at: usize| time["args"][at].as_u64().unwrap_or(0);
    Ok(part(0) * 60 + part(1))
}

fn day(date: &Value) -> Result<Millis, String> {
    let part = |at: usize| date["args"][at].as_i64().unwrap_or(0);
    day_ms(&format!("{:04}-{:02}-{:02}", part(0), part(1), part(2)))
}

/// The beginning of a day in UTC.
pub(crate) fn day_ms(day: &str) -> Result<Millis, String> {
    let date: Date = day.parse().map_err(|error| format!("{day}: {error}"))?;
    let start = date.to_zoned(TimeZone::UTC).map_err(|error| format!("{day}: {error}"))?;
    let ms = u64::try_from(start.timestamp().as_millisecond());
    ms.map(Millis).map_err(|_| format!("{day}: before 1970"))
}

fn period(prices: &Value, geo: Option<u64>) -> Result<Period, String> {
    let mut starts: Vec<u64> = Vec::new();
    for class in ["input", "cache_read", "cache_write", "cache_write_1h", "output"] {
        starts.extend(
            list(&prices[format!("{class}_mtok")]["tiers"]).iter().filter_map(|tier| tier["start"].as_u64()),
        );
    }
    starts.sort_unstable();
    starts.dedup();
    let mut period = Period::always(rates(prices, 0)?);
    for above in starts {
        period.steps.push(Step { above, rates: rates(prices, above)? });
    }
    period.search_fee = per_thousand(&prices["web_searches_kcount"])?;
    period.request_fee = per_thousand(&prices["requests_kcount"])?;
    period.geo_permille = geo.unwrap_or(1_000);
    Ok(period)
}

/// The rates of prompts longer than `above`. A class without a price of its own is billed as plain input; the one-hour
/// cache as the other one.
fn rates(prices: &Value, above: u64) -> Result<Rates, String> {
    let class = |name: &str| price(&prices[format!("{name}_mtok")], above);
    let input = class("input")?.ok_or("no price of input")?;
    let cache_write = class("cache_write")?.unwrap_or(input);
    Ok(Rates {
        input,
        cache_read: class("cache_read")?.unwrap_or(input),
        cache_write,
        cache_write_1h: class("cache_write_1h")?.unwrap_or(cache_write),
        output: class("output")?.ok_or("no price of output")?,
    })
}

fn price(value: &Value, above: u64) -> Result<Option<PicoPerToken>, String> {
    let text = match value["type"].as_str() {
        Some("TieredPrices") => {
            let reached = list(&value["tiers"]).iter().filter(|tier| tier["start"].as_u64() <= Some(above));
            reached.max_by_key(|tier| tier["start"].as_u64()).map_or(&value["base"], |tier| &tier["price"])
        }
        _ => value,
    };
    let Some(text) = text.as_str() else { return Ok(None) };
    rounded_up(text).map(Some)
}

/// Dollars for a million tokens; what is finer than a picodollar for a token is rounded up.
fn rounded_up(text: &str) -> Result<PicoPerToken, String> {
    let end = text.find('.').map_or(text.len(), |point| text.len().min(point + 7));
    let (coarse, rest) = text.split_at(end);
    let price = PicoPerToken::parse_per_million(coarse).map_err(|error| error.to_string())?;
    Ok(PicoPerToken(price.0 + u64::from(rest.bytes().any(|digit| digit != b'0'))))
}

/// Dollars for a thousand, rounded up to a nanodollar for each.
fn per_thousand(value: &Value) -> Result<Money, String> {
    let Some(text) = value.as_str() else { return Ok(Money::ZERO) };
    let thousand = Money::parse(text).map_err(|error| error.to_string())?;
    Ok(Money::nanos(thousand.as_nanos().div_ceil(1_000)))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TODAY: Millis = Millis(1_795_132_800_000);

    fn price(input: &str, output: &str) -> Value {
        json!({ "type": "ModelPrice", "input_mtok": input, "output_mtok": output })
    }

    fn hours(from: u64, until: u64, prices: &Value) -> Value {
        let time = |hour: u64| json!({ "type": "time", "args": [hour, 0], "tzinfo": "UTC" });
        let (start, end) = (time(from), time(until));
        let constraint = json!({ "type": "TimeOfDateConstraint", "start_time": start, "end_time": end });
        json!({ "constraint": constraint, "prices": prices })
    }

    fn from(date: [u64; 3], prices: &Value) -> Value {
        let constraint = json!({ "type": "StartDateConstraint", "start_date": { "args": date } });
        json!({ "constraint": constraint, "prices": prices })
    }

    #[test]
    fn a_later_start_ends_the_prices_before_and_old_ones_are_left_out() {
        let prices = json!([
            { "prices": price("1", "9") },
            from([2026, 10, 10], &price("2", "9")),
            from([2026, 12, 1], &price("3", "9")),
        ]);
        let periods = periods(&prices, TODAY, None).unwrap();
        let told: Vec<_> =
            periods.iter().map(|period| (period.from.0, period.until, period.rates.input.0)).collect();
        let december = day_ms("2026-12-01").unwrap();
        assert_eq!(told, [(0, Some(december), 2_000_000), (december.0, None, 3_000_000)]);
        assert_eq!(december, Millis(1_796_083_200_000));
    }

    #[test]
    fn hours_stand_beside_the_rest_of_the_day_and_are_never_cheaper() {
        let over_midnight = json!([{ "prices": price("1", "9") }, hours(22, 2, &price("2", "9"))]);
        let found = periods(&over_midnight, TODAY, Some(1_100)).unwrap();
        let parts = [Hours { from_min: 1_320, until_min: 1_440 }, Hours { from_min: 0, until_min: 120 }];
        assert_eq!((found[0].hours.len(), found[1].hours.as_slice()), (0, &parts[..]));
        assert_eq!(found[1].geo_permille, 1_100);
        let cheaper = json!([{ "prices": price("1", "9") }, hours(1, 2, &price("2", "8"))]);
        assert!(periods(&cheaper, TODAY, None).unwrap_err().contains("cheaper"));
        let unknown = json!([{ "constraint": { "type": "MoonConstraint" }, "prices": price("1", "9") }]);
        assert!(periods(&unknown, TODAY, None).unwrap_err().contains("MoonConstraint"));
    }

    #[test]
    fn each_step_has_all_five_prices() {
        let tiers = |base: &str, tiers: &[(u64, &str)]| {
            let tiers: Vec<_> =
                tiers.iter().map(|(start, price)| json!({ "start": start, "price": price })).collect();
            json!({ "type": "TieredPrices", "base": base, "tiers": tiers })
        };
        let prices = json!({
            "type": "ModelPrice", "web_searches_kcount": "10", "cache_read_mtok": "0.0833333333",
            "input_mtok": tiers("1", &[(100, "2"), (500, "4")]), "output_mtok": tiers("5", &[(500, "7")]),
        });
        let found = periods(&prices, TODAY, None).unwrap().remove(0);
        let told: Vec<_> = found
            .steps
            .iter()
            .map(|step| (step.above, step.rates.input.0, step.rates.cache_write_1h.0, step.rates.output.0))
            .collect();
        assert_eq!(told, [(100, 2_000_000, 2_000_000, 5_000_000), (500, 4_000_000, 4_000_000, 7_000_000)]);
        assert_eq!((found.rates.cache_read.0, found.search_fee), (83_334, Money::cents(1)));
        assert!(periods(&json!({ "type": "ModelPrice", "input_mtok": "1" }), TODAY, None).is_err());
    }

    #[test]
    fn a_model_is_found_by_its_name_alone() {
        let model = |id: &str, other: &str| json!({ "id": id, "match": { "type": "ClauseEquals", "equals": other }, "prices": price(other.len().to_string().as_str(), "9") });
        let prices = json!([{ "id": "p", "models": [model("a", "b"), model("bb", "bb"), { "id": "free", "prices": {} }] }]);
        assert_eq!(find(&prices, "p", "b").unwrap()["input_mtok"], "1");
        assert_eq!(find(&prices, "p", "bb").unwrap()["input_mtok"], "2");
        for (provider, id) in [("p", "c"), ("p", "free"), ("q", "a")] {
            assert!(find(&prices, provider, id).is_none(), "{provider} {id}");
        }
    }
}
