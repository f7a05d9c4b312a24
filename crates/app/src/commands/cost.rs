//! `cost`: who cost what.

use std::process::ExitCode;

use trireme_core::report::{self, CostRow, table};
use trireme_core::view::usd_text;
use trireme_engine::Engine;

use crate::approval::dollars;
use crate::cli::{By, CostArgs};
use crate::csv::field;
use crate::failure::Failure;
use crate::follower::Follower;
use crate::out;

const HEAD: [&str; 7] = ["calls", "failed", "tokens in", "from cache", "to cache", "out", "cost"];

/// Prints the costs.
pub(crate) async fn cost(engine: &Engine, args: &CostArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let follower = Follower::caught_up(engine, &run).await?;
    let (name, by) = sum_by(args.by);
    let mut rows = follower.tally().by(&follower.run, by);
    if args.json {
        out::json(&rows)?;
    } else if args.csv {
        out::data(&csv(name, &rows))?;
    } else {
        rows.push(CostRow { key: "Total".to_owned(), cost: follower.tally().total() });
        out::prose(&aligned(name, &rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

const fn sum_by(by: By) -> (&'static str, report::By) {
    match by {
        By::Manager => ("manager", report::By::Manager),
        By::Task => ("task", report::By::Task),
        By::Agent => ("agent", report::By::Agent),
        By::Seniority => ("seniority", report::By::Seniority),
        By::Model => ("model", report::By::Model),
        By::Provider => ("provider", report::By::Provider),
        By::Phase => ("phase", report::By::Phase),
        By::Role => ("role", report::By::Role),
    }
}

fn figures(row: &CostRow) -> [u64; 6] {
    let tokens = row.cost.tokens;
    let writes = tokens.cache_write.saturating_add(tokens.cache_write_1h);
    [row.cost.calls, row.cost.failed, tokens.read(), tokens.cache_read, writes, tokens.output]
}

fn aligned(name: &str, rows: &[CostRow]) -> String {
    let costs = dollars(&rows.iter().map(|row| row.cost.cost).collect::<Vec<_>>());
    let cells = |(row, cost): (&CostRow, String)| {
        let mut cells = vec![row.key.clone()];
        cells.extend(figures(row).map(|figure| figure.to_string()));
        cells.push(cost);
        cells
    };
    let head: Vec<&str> = [name].into_iter().chain(HEAD).collect();
    table(&head, &rows.iter().zip(costs).map(cells).collect::<Vec<_>>())
}

fn csv(name: &str, rows: &[CostRow]) -> String {
    let mut text = format!("{name},calls,failed,tokens_in,cache_read,cache_write,tokens_out,cost_usd\n");
    for row in rows {
        let figures: Vec<_> = figures(row).iter().map(ToString::to_string).collect();
        text.push_str(&format!("{},{},{}\n", field(&row.key), figures.join(","), usd_text(row.cost.cost)));
    }
    text
}
