//! What calls cost, compared with a calculation that shares nothing with ours but the shipped file: fractions in Python.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use trireme_core::catalogue::{Catalogue, CatalogueFile, Span};
use trireme_core::{Millis, Money, Usage};
use trireme_testkit::prng::Prng;

const CALLS: usize = 10_000;
const OTHER_SIDE: &str = include_str!("cost.py");
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/models.json");
/// 2026-09-22: before, between and after all dates of the file.
const BEGIN_MS: u64 = 1_790_000_000_000;
const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 1_440 * MINUTE_MS;

struct Call {
    model: String,
    usage: Usage,
    span: Span,
}

#[test]
fn ten_thousand_random_usages_cost_what_fractions_say() {
    let seed = 20_261_120;
    eprintln!("seed {seed}");
    let calls = calls(&mut Prng::new(seed));
    let Some(theirs) = fractions(&calls) else {
        trireme_testkit::skipped("there is no python3 to compare with");
        return;
    };
    let catalogue = Catalogue::built_in().unwrap();
    let mut kinds = [0; 4];
    for (call, theirs) in calls.iter().zip(&theirs) {
        let ours = catalogue.cost(&call.model, &call.usage, call.span).unwrap();
        assert_eq!(ours, Money::nanos(*theirs), "{} {:?} {:?}", call.model, call.usage, call.span);
        let tariff = &catalogue.models[&call.model].tariff;
        let tiered = tariff
            .valid(call.span)
            .any(|period| period.steps.first().is_some_and(|step| step.above < call.usage.read()));
        let marks = [tiered, call.usage.geo, tariff.valid(call.span).count() > 1, call.usage.searches > 0];
        kinds.iter_mut().zip(marks).for_each(|(kind, mark)| *kind += usize::from(mark));
    }
    assert_eq!(theirs.len(), CALLS);
    assert!(kinds.iter().all(|kind| *kind > CALLS / 100), "too few of a kind to tell: {kinds:?}");
}

/// Every row in turn, with usages and times of all magnitudes, often a moment beside a change of price.
fn calls(prng: &mut Prng) -> Vec<Call> {
    let file = CatalogueFile::built_in().unwrap();
    let names: Vec<&String> = file.models.keys().collect();
    let mut calls = Vec::new();
    for number in 0..CALLS {
        let model = names[number % names.len()].clone();
        let periods = file.models[&model].tariff.periods();
        let edges: Vec<u64> = periods
            .iter()
            .flat_map(|period| [Some(period.from), period.until])
            .filter_map(|edge| edge.map(|edge| edge.0))
            .filter(|edge| *edge > 0)
            .collect();
        let above = periods.iter().flat_map(|period| &period.steps).map(|step| step.above).next();
        calls.push(Call { usage: usage(prng, above), span: span(prng, &edges), model });
    }
    calls
}

fn usage(prng: &mut Prng, above: Option<u64>) -> Usage {
    let mut tokens = || below(prng, 1 << 21);
    let mut usage = Usage {
        input: tokens(),
        cache_read: tokens(),
        cache_write: tokens(),
        cache_write_1h: tokens(),
        output: tokens(),
        ..Usage::default()
    };
    // Half of those with a step are within two tokens of it.
    if let Some(above) = above.filter(|_| prng.below(2) == 0) {
        let cached = usage.cache_read % (above / 2);
        let input = above - cached - 1 + prng.below(3);
        usage = Usage { input, cache_read: cached, cache_write: 0, cache_write_1h: 0, ..usage };
    }
    usage.searches = if prng.below(4) == 0 { prng.below(20) } else { 0 };
    usage.geo = prng.below(3) == 0;
    usage.reported = Money::nanos(if prng.below(10) == 0 { below(prng, 1 << 34) } else { 0 });
    usage
}

/// A call of a moment, of minutes, or of more than a day; now and then across a change of price or hours.
fn span(prng: &mut Prng, edges: &[u64]) -> Span {
    let length = match prng.below(8) {
        0 => 0,
        7 => prng.below(2 * DAY_MS),
        _ => prng.below(20 * MINUTE_MS),
    };
    let hour = prng.below(24) * 60 * MINUTE_MS;
    let from = match prng.below(4) {
        0 if !edges.is_empty() => {
            edges[usize::try_from(prng.below(edges.len() as u64)).unwrap()] - prng.below(length + 2)
        }
        1 => BEGIN_MS / DAY_MS * DAY_MS + prng.below(100) * DAY_MS + hour - prng.below(length + 2),
        _ => BEGIN_MS + prng.below(100 * DAY_MS),
    };
    Span { from: Millis(from), until: Millis(from + length) }
}

/// Below a limit, of all magnitudes alike.
fn below(prng: &mut Prng, limit: u64) -> u64 {
    let magnitude = prng.below(u64::from(limit.ilog2()) + 1);
    prng.below(1 << magnitude)
}

fn fractions(calls: &[Call]) -> Option<Vec<u64>> {
    let calls: Vec<Value> = calls
        .iter()
        .map(|call| json!({ "model": call.model, "usage": call.usage, "from": call.span.from, "until": call.span.until }))
        .collect();
    #[expect(clippy::disallowed_methods, reason = "the other side is another program on purpose")]
    let mut command = Command::new("python3");
    command.args(["-c", OTHER_SIDE, DATA]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = command.spawn().ok()?;
    let mut input = python.stdin.take().unwrap();
    input.write_all(Value::from(calls).to_string().as_bytes()).unwrap();
    drop(input);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "the other side failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
