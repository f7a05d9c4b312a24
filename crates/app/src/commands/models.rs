//! `models`: which there are, what one costs, and newer prices.

mod listed;
mod shown;
mod update;

use std::collections::BTreeSet;
use std::process::ExitCode;

use trireme_core::catalogue::{Catalogue, CatalogueError, Model};
use trireme_core::{Effort, Seniority};
use trireme_engine::{Engine, EngineError, clock};

use crate::cli::{ModelFlag, ModelsArgs, ModelsCommand};
use crate::config::Config;
use crate::declare;
use crate::failure::Failure;

/// Lists, explains, or takes newer prices.
pub(crate) async fn models(config: Config, args: ModelsArgs) -> Result<ExitCode, Failure> {
    match args.command {
        None => {
            let catalogue = catalogue(&config, &args.filter.models)?;
            let reached = reached(config).await?;
            listed::list(&catalogue, &args.filter, &reached, clock::now())
        }
        Some(ModelsCommand::Show(show)) => {
            shown::show(&catalogue(&config, &show.models)?, &show, clock::now())
        }
        Some(ModelsCommand::Update { file }) => update::update(&config, &file),
    }
}

/// All layers, with those of the command line.
fn catalogue(config: &Config, flag: &ModelFlag) -> Result<Catalogue, Failure> {
    let mut declared = config.settings.declared.clone();
    declared.overlay(declare::declared(flag)?);
    Catalogue::layered(config.settings.prices.as_ref(), declared).map_err(unusable)
}

fn unusable(error: CatalogueError) -> Failure {
    EngineError::from(error).into()
}

/// The providers that can be called as things are.
async fn reached(config: Config) -> Result<BTreeSet<String>, Failure> {
    Ok(Engine::open(config.settings).await?.providers().usable_names())
}

/// Whom a model serves as a candidate, and with what effort, from the lowest seniority up.
fn serves<'c>(
    catalogue: &'c Catalogue,
    name: &'c str,
) -> impl Iterator<Item = (Seniority, Option<Effort>)> + 'c {
    catalogue.seniority.iter().flat_map(move |(seniority, rank)| {
        let own = rank.candidates.iter().filter(move |candidate| candidate.model == name);
        own.map(|candidate| (*seniority, candidate.effort))
    })
}

/// What a model can do, in words that can be typed as a filter.
fn abilities(model: &Model) -> Vec<&'static str> {
    let can = &model.capabilities;
    let all = [
        ("tools", can.tools),
        ("structured", can.structured),
        ("images", can.images),
        ("reasoning", can.reasoning),
        ("efforts", !can.efforts.is_empty()),
    ];
    all.into_iter().filter(|(_, has)| *has).map(|(word, _)| word).collect()
}
