use proptest::prelude::*;

use super::*;
use crate::catalogue::Catalogue;

const HOUR_MS: u64 = 60 * MINUTE_MS;

fn rates(input: u64, output: u64) -> Rates {
    let (input, output) = (PicoPerToken(input), PicoPerToken(output));
    Rates { input, cache_read: input, cache_write: input, cache_write_1h: input, output }
}

fn hours(from: u64, until: u64) -> Hours {
    Hours { from_min: from * 60, until_min: until * 60 }
}

fn usage(input: u64, output: u64) -> Usage {
    Usage { input, output, ..Usage::default() }
}

/// 1 of an input token's price at night, 2 from 9 to 12 and from 14 to 18.
fn by_day() -> Tariff {
    let cheap = Period::always(rates(1_000, 0));
    let dear = Period { hours: vec![hours(9, 12), hours(14, 18)], ..Period::always(rates(2_000, 0)) };
    Tariff::new(vec![cheap, dear]).unwrap()
}

fn span(from: u64, until: u64) -> Span {
    Span { from: Millis(from), until: Millis(until) }
}

#[test]
fn of_a_span_the_dearest_hours_count() {
    let day = 20_000 * DAY_MS;
    let nanos = |from: u64, until: u64| by_day().cost(&usage(1, 0), span(day + from, day + until)).as_nanos();
    assert_eq!(nanos(0, 9 * HOUR_MS - 1), 1);
    assert_eq!(nanos(0, 9 * HOUR_MS), 2);
    assert_eq!(nanos(12 * HOUR_MS - 1, 13 * HOUR_MS), 2);
    assert_eq!(nanos(12 * HOUR_MS, 14 * HOUR_MS - 1), 1);
    assert_eq!(nanos(19 * HOUR_MS, 32 * HOUR_MS), 1);
    assert_eq!(nanos(19 * HOUR_MS, 33 * HOUR_MS), 2);
    assert_eq!(nanos(19 * HOUR_MS, 19 * HOUR_MS + DAY_MS), 2);
}

#[test]
fn hours_count_only_on_the_days_of_their_period() {
    let day = 20_000 * DAY_MS;
    let from = Millis(day + 13 * HOUR_MS);
    let dear = Period { from, hours: vec![hours(9, 12)], ..Period::always(rates(2_000, 0)) };
    let tariff = Tariff::new(vec![Period::always(rates(1_000, 0)), dear]).unwrap();
    let nanos = |from: u64, until: u64| {
        tariff.cost(&usage(1, 0), span(day + from * HOUR_MS, day + until * HOUR_MS)).as_nanos()
    };
    assert_eq!(nanos(8, 20), 1);
    assert_eq!(nanos(20, 34), 2);
}

#[test]
fn of_a_span_over_a_change_of_price_the_dearer_side_counts_and_in_a_gap_the_dearest_of_all() {
    let old = Period { until: Some(Millis(1_000)), ..Period::always(rates(1_000, 0)) };
    let new = Period { from: Millis(1_000), until: Some(Millis(2_000)), ..Period::always(rates(3_000, 0)) };
    let tariff = Tariff::new(vec![old, new]).unwrap();
    let nanos = |from, until| tariff.cost(&usage(1, 0), span(from, until)).as_nanos();
    assert_eq!((nanos(0, 999), nanos(0, 1_000), nanos(1_000, 1_500)), (1, 3, 3));
    assert_eq!(nanos(5_000, 5_000), 3);
    let gone = Tariff::new(vec![Period { until: Some(Millis(1_000)), ..Period::always(rates(7_000, 0)) }]);
    assert_eq!(gone.unwrap().cost(&usage(1, 0), span(9_000, 9_000)).as_nanos(), 7);
}

#[test]
fn a_long_prompt_prices_the_whole_request() {
    let step = Step { above: 100, rates: rates(5_000, 50_000) };
    let tariff =
        Tariff::new(vec![Period { steps: vec![step], ..Period::always(rates(1_000, 10_000)) }]).unwrap();
    let nanos = |input| tariff.cost(&usage(input, 1), Span::at(Millis(0))).as_nanos();
    assert_eq!((nanos(100), nanos(101)), (110, 555));
    let cached = Usage { cache_read: 60, input: 41, ..Usage::default() };
    assert_eq!(tariff.cost(&cached, Span::at(Millis(0))).as_nanos(), 505);
}

#[test]
fn fees_and_the_surcharge_of_a_region_come_on_top_and_a_dearer_report_wins() {
    let period = Period {
        request_fee: Money::nanos(7),
        search_fee: Money::nanos(100),
        geo_permille: 1_100,
        ..Period::always(rates(1_000, 10_000))
    };
    let tariff = Tariff::new(vec![period]).unwrap();
    let nanos = |usage: Usage| tariff.cost(&usage, Span::at(Millis(0))).as_nanos();
    assert_eq!(nanos(usage(10, 1)), 27);
    let far = Usage { geo: true, searches: 2, ..usage(10, 1) };
    assert_eq!(nanos(far), 22 + 207);
    assert_eq!(nanos(Usage { reported: Money::nanos(500), ..far }), 500);
    assert_eq!(nanos(Usage { reported: Money::nanos(1), ..far }), 229);
}

#[test]
fn periods_that_cannot_be_meant_are_refused() {
    let always = || Period::always(rates(1, 1));
    let refused = |period: Period| Tariff::new(vec![period]).unwrap_err().to_string();
    assert!(Tariff::new(Vec::new()).is_err());
    assert!(
        refused(Period { from: Millis(9), until: Some(Millis(9)), ..always() }).contains("from and until")
    );
    assert!(refused(Period { hours: vec![hours(9, 9)], ..always() }).contains("minutes of one day"));
    assert!(refused(Period { hours: vec![hours(9, 25)], ..always() }).contains("minutes of one day"));
    assert!(refused(Period { geo_permille: 999, ..always() }).contains("at least 1000"));
}

#[test]
fn a_tariff_reads_back_and_an_empty_one_does_not() {
    let text = serde_json::to_string(&by_day()).unwrap();
    assert_eq!(serde_json::from_str::<Tariff>(&text).unwrap(), by_day());
    assert!(serde_json::from_str::<Tariff>("[]").is_err());
}

#[test]
fn the_largest_numbers_saturate() {
    let huge = Period { geo_permille: u64::MAX, ..Period::always(rates(u64::MAX, u64::MAX)) };
    let tariff = Tariff::new(vec![huge]).unwrap();
    let all = Ask { input_tokens_max: u64::MAX, output_tokens_max: u64::MAX, searches_max: u64::MAX };
    assert_eq!(tariff.bound(all, Span::at(Millis(u64::MAX))), Money::nanos(u64::MAX));
    assert_eq!(tariff.output_within(Money::MAX, u64::MAX, Span::at(Millis(u64::MAX))), None);
}

#[test]
fn output_within_a_limit_is_the_most_that_the_bound_allows() {
    let tariff = &Catalogue::built_in().unwrap().models["claude-opus-5-5"].tariff;
    let now = Span::of_call(Millis(1_795_176_000_000));
    let bound = |output| {
        tariff.bound(Ask { input_tokens_max: 4_000, output_tokens_max: output, searches_max: 0 }, now)
    };
    for cents in [5, 17, 90] {
        let limit = Money::cents(cents);
        let output = tariff.output_within(limit, 4_000, now).unwrap();
        assert!(bound(output) <= limit);
        assert!(bound(output + 1) > limit);
    }
    assert_eq!(tariff.output_within(Money::ZERO, 1, now), None);
}

fn some_rates() -> impl Strategy<Value = Rates> {
    [0..60_000_000u64, 0..6_000_000, 0..60_000_000, 0..60_000_000, 0..300_000_000].prop_map(|prices| {
        let [input, cache_read, cache_write, cache_write_1h, output] = prices.map(PicoPerToken);
        Rates { input, cache_read, cache_write, cache_write_1h, output }
    })
}

fn some_hours() -> impl Strategy<Value = Hours> {
    (0..1_440u64, 1..=1_440u64)
        .prop_map(|(from_min, long)| Hours { from_min, until_min: (from_min + long).min(1_440) })
}

/// Moments of three days.
const MOMENTS: std::ops::Range<u64> = 20_000 * DAY_MS..20_003 * DAY_MS;

fn some_period() -> impl Strategy<Value = Period> {
    let dates = (MOMENTS, proptest::option::of(1..2 * DAY_MS));
    let steps = proptest::collection::vec((0..400_000u64, some_rates()), 0..3);
    let hours = proptest::collection::vec(some_hours(), 0..3);
    let fees = (0..1_000_000u64, 0..20_000_000u64, 1_000..1_500u64);
    (dates, hours, some_rates(), steps, fees).prop_map(|((from, long), hours, rates, steps, fees)| Period {
        from: Millis(from),
        until: long.map(|long| Millis(from + long)),
        hours,
        rates,
        steps: steps.into_iter().map(|(above, rates)| Step { above, rates }).collect(),
        request_fee: Money::nanos(fees.0),
        search_fee: Money::nanos(fees.1),
        geo_permille: fees.2,
    })
}

fn some_tariff() -> impl Strategy<Value = Tariff> {
    proptest::collection::vec(some_period(), 1..5).prop_map(|periods| Tariff::new(periods).unwrap())
}

/// A span, and one within it.
fn some_spans() -> impl Strategy<Value = (Span, Span)> {
    let within = (0..=1_000u64, 0..=1_000u64);
    (MOMENTS, 0..30 * HOUR_MS, within).prop_map(|(from, long, (a, b))| {
        let at = |part: u64| Millis(from + long * part / 1_000);
        (span(from, from + long), Span { from: at(a.min(b)), until: at(a.max(b)) })
    })
}

fn some_usage() -> impl Strategy<Value = Usage> {
    let tokens = [0..300_000u64, 0..300_000, 0..100_000, 0..100_000, 0..200_000];
    (tokens, 0..10u64, any::<bool>()).prop_map(
        |([input, cache_read, cache_write, cache_write_1h, output], searches, geo)| Usage {
            input,
            cache_read,
            cache_write,
            cache_write_1h,
            output,
            searches,
            geo,
            reported: Money::ZERO,
        },
    )
}

proptest! {
    #[test]
    fn a_call_within_what_was_asked_for_never_costs_more_than_its_bound(
        tariff in some_tariff(),
        usage in some_usage(),
        (whole, part) in some_spans(),
        more in [0..10_000u64, 0..10_000, 0..5],
    ) {
        let ask = Ask {
            input_tokens_max: usage.read() + more[0],
            output_tokens_max: usage.output + more[1],
            searches_max: usage.searches + more[2],
        };
        prop_assert!(tariff.cost(&usage, part) <= tariff.bound(ask, whole));
    }

    #[test]
    fn more_of_anything_never_costs_less(
        tariff in some_tariff(),
        usage in some_usage(),
        (whole, part) in some_spans(),
        kind in 0..8usize,
        more in 1..200_000u64,
    ) {
        let mut greater = usage;
        match kind {
            0 => greater.input += more,
            1 => greater.cache_read += more,
            2 => greater.cache_write += more,
            3 => greater.cache_write_1h += more,
            4 => greater.output += more,
            5 => greater.searches += more,
            6 => greater.geo = true,
            _ => greater.reported = Money::nanos(more * 1_000),
        }
        prop_assert!(tariff.cost(&usage, part) <= tariff.cost(&greater, part));
        prop_assert!(tariff.cost(&usage, part) <= tariff.cost(&usage, whole));
    }

    #[test]
    fn output_within_a_limit_is_exact(
        tariff in some_tariff(),
        (whole, _) in some_spans(),
        input in 0..400_000u64,
        limit in 0..20_000_000_000u64,
    ) {
        let limit = Money::nanos(limit);
        let bound = |output| tariff.bound(Ask { input_tokens_max: input, output_tokens_max: output, searches_max: 0 }, whole);
        match tariff.output_within(limit, input, whole) {
            None => prop_assert!(bound(0) > limit),
            Some(u64::MAX) => prop_assert!(bound(1_000_000_000_000) <= limit),
            Some(output) => prop_assert!(bound(output) <= limit && bound(output + 1) > limit),
        }
    }

    #[test]
    fn a_call_is_rounded_up_by_less_than_a_nanodollar(rates in some_rates(), usage in some_usage()) {
        let period = Period { geo_permille: 1_137, ..Period::always(rates) };
        let picos: u128 = rates.parts(&usage).iter().map(|(tokens, price)| u128::from(*tokens) * u128::from(price.0)).sum();
        let exact = picos * if usage.geo { 1_137 } else { 1_000 };
        let nanos = u128::from(Tariff::new(vec![period]).unwrap().cost(&usage, Span::at(Millis(0))).as_nanos());
        prop_assert!(nanos * 1_000_000 >= exact && nanos * 1_000_000 < exact + 1_000_000);
    }
}
