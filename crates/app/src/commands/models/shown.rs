//! One model: its prices, who vouches for them, and what a call of it costs.

use std::process::ExitCode;

use serde::Serialize;
use trireme_core::catalogue::{Ask, Catalogue, Model, Period, Rates, Span};
use trireme_core::log::rfc3339;
use trireme_core::report::table;
use trireme_core::view::usd_text;
use trireme_core::{Millis, Money, Usage};

use super::{abilities, serves};
use crate::cli::ModelsShowArgs;
use crate::failure::Failure;
use crate::out;

/// A model and a call of it, for scripts.
#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    model: &'a Model,
    serves: Vec<String>,
    call: Call,
}

#[derive(Serialize)]
struct Call {
    input_tokens: u64,
    output_tokens: u64,
    /// All input read at the full price.
    cost_usd: String,
    /// With every token in the dearest class.
    bound_usd: String,
}

/// Prints it.
pub(super) fn show(catalogue: &Catalogue, args: &ModelsShowArgs, now: Millis) -> Result<ExitCode, Failure> {
    let found = catalogue.find(&args.name);
    let (name, model) = found.ok_or_else(|| {
        Failure::usage(format!("there is no model {:?}", args.name))
            .hint("trireme models   (lists all)")
            .hint("trireme models show NAME --model NAME,KEY=VALUE,…   (declares one)")
    })?;
    let shown = Shown { name, model, serves: served(catalogue, name), call: call(model, args, now) };
    match args.json {
        true => out::json(&shown)?,
        false => out::prose(&told(&shown))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn served(catalogue: &Catalogue, name: &str) -> Vec<String> {
    let effort = |effort: Option<_>| effort.map(|effort| format!(" ({effort} effort)")).unwrap_or_default();
    serves(catalogue, name).map(|(seniority, of)| format!("{seniority}{}", effort(of))).collect()
}

fn call(model: &Model, args: &ModelsShowArgs, now: Millis) -> Call {
    let usage = Usage { input: args.prompt, output: args.answer, ..Usage::default() };
    let ask = Ask { input_tokens_max: args.prompt, output_tokens_max: args.answer, searches_max: 0 };
    Call {
        input_tokens: args.prompt,
        output_tokens: args.answer,
        cost_usd: usd_text(model.tariff.cost(&usage, Span::at(now))),
        bound_usd: usd_text(model.tariff.bound(ask, Span::of_call(now))),
    }
}

fn told(shown: &Shown<'_>) -> String {
    let Shown { name, model, serves, call } = shown;
    let mut told = format!("{name}: {} of {}, sent as {}\n", model.family, model.provider, model.id);
    let mut line = |head: &str, words: Vec<String>| {
        if !words.is_empty() {
            told += &format!("{head}: {}\n", words.join(", "));
        }
    };
    line("also", model.aliases.clone());
    line("serves", serves.clone());
    line("can", abilities(model).into_iter().map(str::to_owned).collect());
    line("efforts", model.capabilities.efforts.iter().map(ToString::to_string).collect());
    line(
        "context",
        vec![format!(
            "{} tokens, of which at most {} of an answer",
            model.context_tokens, model.output_tokens
        )],
    );
    told += &format!("\nDollars for a million tokens\n\n{}\n", prices(model));
    told += &fees(model);
    told += &vouched(model);
    told + &format!(
        "\nA call of {} tokens in and {} out costs ${} now. Before it ${} are reserved: every token in the dearest class, with the surcharge of a region.\n",
        call.input_tokens, call.output_tokens, call.cost_usd, call.bound_usd
    )
}

fn prices(model: &Model) -> String {
    let mut rows = Vec::new();
    for period in model.tariff.periods() {
        rows.push(row(when(period), "any".to_owned(), &period.rates));
        let steps =
            period.steps.iter().map(|step| row(when(period), format!("above {}", step.above), &step.rates));
        rows.extend(steps);
    }
    table(&["when", "prompt", "input", "cache read", "write 5m", "write 1h", "output"], &rows)
}

fn row(when: String, prompt: String, rates: &Rates) -> Vec<String> {
    let prices = [rates.input, rates.cache_read, rates.cache_write, rates.cache_write_1h, rates.output];
    let prices = prices.into_iter().map(|price| price.per_million().to_string());
    [when, prompt].into_iter().chain(prices).collect()
}

/// The days and hours of a period.
fn when(period: &Period) -> String {
    let day = |at: Millis| rfc3339(at).get(..10).unwrap_or_default().to_owned();
    let mut words = Vec::new();
    if period.from > Millis(0) {
        words.push(format!("from {}", day(period.from)));
    }
    words.extend(period.until.map(|until| format!("before {}", day(until))));
    let clock = |minute: u64| format!("{:02}:{:02}", minute / 60, minute % 60);
    let hours = |hours: &trireme_core::catalogue::Hours| {
        format!("{}–{} UTC", clock(hours.from_min), clock(hours.until_min))
    };
    words.extend(period.hours.iter().map(hours));
    if words.is_empty() { "always".to_owned() } else { words.join(" ") }
}

fn fees(model: &Model) -> String {
    let most = |fee: fn(&Period) -> Money| model.tariff.periods().iter().map(fee).max().unwrap_or_default();
    let mut told = String::new();
    for (of, fee) in
        [("request", most(|period| period.request_fee)), ("hosted search", most(|period| period.search_fee))]
    {
        if !fee.is_zero() {
            told += &format!("Each {of}: {fee}\n");
        }
    }
    let geo = model.tariff.periods().iter().map(|period| period.geo_permille).max().unwrap_or_default();
    if geo > 1_000 {
        told += &format!("Tokens bound to a region: {}.{:03} times that\n", geo / 1_000, geo % 1_000);
    }
    told
}

fn vouched(model: &Model) -> String {
    let vouched = &model.provenance;
    if vouched.is_empty() {
        return "Declared, or built in without a source.\n".to_owned();
    }
    let note = if vouched.note.is_empty() { String::new() } else { format!(" {}", vouched.note) };
    format!("From {}, compared on {}.{note}\n", vouched.sources.join(", "), vouched.verified_at)
}
