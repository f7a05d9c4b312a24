//! The list of models.

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde::Serialize;
use trireme_core::Millis;
use trireme_core::catalogue::{Catalogue, Model, Rates, Span};
use trireme_core::report::table;
use trireme_core::view::usd_text;
use trireme_core::words::money::PicoPerToken;

use super::{abilities, serves};
use crate::cli::ModelsFilter;
use crate::failure::Failure;
use crate::out;

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    provider: &'a str,
    family: &'a str,
    available: bool,
    seniorities: Vec<String>,
    capabilities: Vec<&'static str>,
    input_usd_per_million: String,
    output_usd_per_million: String,
    context_tokens: u64,
    output_tokens: u64,
}

/// Prints those that pass the filter.
pub(super) fn list(
    catalogue: &Catalogue,
    filter: &ModelsFilter,
    reached: &BTreeSet<String>,
    now: Millis,
) -> Result<ExitCode, Failure> {
    let rows = catalogue.models.iter().map(|(name, model)| row(catalogue, name, model, reached, now));
    let rows: Vec<Row<'_>> = rows.filter(|row| passes(row, filter)).collect();
    if filter.json {
        out::json(&rows)?;
    } else if rows.is_empty() {
        out::say("no model is like that; all of them: trireme models");
    } else {
        out::prose(&told(&rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row<'a>(
    catalogue: &'a Catalogue,
    name: &'a str,
    model: &'a Model,
    reached: &BTreeSet<String>,
    now: Millis,
) -> Row<'a> {
    let valid = || model.tariff.valid(Span::at(now));
    let dearest = |price: fn(&Rates) -> PicoPerToken| {
        usd_text(valid().map(|period| price(&period.rates)).max().unwrap_or_default().per_million())
    };
    Row {
        name,
        provider: &model.provider,
        family: &model.family,
        available: reached.contains(&model.provider),
        seniorities: serves(catalogue, name).map(|(seniority, _)| seniority.to_string()).collect(),
        capabilities: abilities(model),
        input_usd_per_million: dearest(|rates| rates.input),
        output_usd_per_million: dearest(|rates| rates.output),
        context_tokens: model.context_tokens,
        output_tokens: model.output_tokens,
    }
}

fn passes(row: &Row<'_>, filter: &ModelsFilter) -> bool {
    let is = |wanted: &Option<String>, have: &str| wanted.as_ref().is_none_or(|wanted| wanted == have);
    is(&filter.provider, row.provider)
        && is(&filter.family, row.family)
        && filter.seniority.as_ref().is_none_or(|wanted| row.seniorities.contains(wanted))
        && filter.capability.iter().all(|wanted| row.capabilities.contains(&wanted.as_str()))
        && (row.available || !filter.available)
}

fn told(rows: &[Row<'_>]) -> String {
    let cells = |row: &Row<'_>| {
        vec![
            row.name.to_owned(),
            row.provider.to_owned(),
            format!("${}", row.input_usd_per_million),
            format!("${}", row.output_usd_per_million),
            format!("{}k", row.context_tokens / 1_000),
            format!("{}k", row.output_tokens / 1_000),
            if row.available { "yes" } else { "no key" }.to_owned(),
            row.seniorities.join(", "),
        ]
    };
    let rows: Vec<_> = rows.iter().map(cells).collect();
    let heads = ["model", "provider", "in/M", "out/M", "context", "answer", "available", "serves"];
    table(&heads, &rows)
}
