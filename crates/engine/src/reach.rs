//! Which models a run can reach: the catalogue as far as there are keys, and an adapter for each of its providers.

use std::sync::Arc;

use trireme_core::Wire;
use trireme_core::catalogue::Catalogue;

use crate::bus::http::Timeouts;
use crate::bus::providers::{self, Providers};
use crate::bus::{Adapters, HttpAdapter, Provider};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::scenario::{Scenario, Server};

impl Engine {
    /// The providers of the configuration and the environment, with their keys.
    #[must_use]
    pub fn providers(&self) -> Providers {
        providers::resolve(self.settings())
    }

    /// The catalogue of the configuration, or a scenario's own.
    pub(crate) fn catalogue(&self, scenario: Option<&Scenario>) -> Result<Catalogue, EngineError> {
        if let Some(scenario) = scenario {
            let catalogue = scenario.catalogue();
            catalogue.check()?;
            return Ok(catalogue);
        }
        let settings = self.settings();
        let catalogue = Catalogue::layered(settings.prices.as_ref(), settings.declared.clone())?;
        catalogue.check_complete()?;
        Ok(catalogue)
    }

    /// The catalogue that a new run is pinned to: without the models of providers that can't be called. That somebody
    /// can plan is better known before a run exists.
    pub(crate) fn pinned(&self, scenario: Option<&Scenario>) -> Result<Catalogue, EngineError> {
        let catalogue = self.catalogue(scenario)?;
        if scenario.is_some() {
            return Ok(catalogue);
        }
        let providers = self.callable()?;
        let names = providers.usable_names();
        catalogue.check_reachable(&names).map_err(|error| {
            let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            EngineError::usage(format!("with {names} alone nobody can plan: {error}"))
                .hint("add a model of theirs to principal under [seniority] in trireme.toml")
                .hint("trireme doctor   (lists the providers, and which have a key)")
        })?;
        Ok(catalogue.reachable(&names))
    }

    /// The adapters of a run.
    pub(crate) fn adapters(&self, server: Option<&Server>) -> Result<Adapters, EngineError> {
        let refused = |error: crate::bus::SetupError| EngineError::usage(error.to_string());
        let Some(server) = server else {
            return Adapters::new(self.callable()?.usable()).map_err(refused);
        };
        let (name, base_url) = ("scenario".to_owned(), server.base_url().to_owned());
        let provider = Provider { name, wire: Wire::Anthropic, base_url, key: None };
        let player = HttpAdapter::new(provider, Timeouts::default()).map_err(refused)?;
        Ok(Adapters::played_by(Arc::new(player)))
    }

    /// The providers, if any of them can be called.
    fn callable(&self) -> Result<Providers, EngineError> {
        let providers = self.providers();
        if !providers.usable().is_empty() {
            return Ok(providers);
        }
        let why = providers.obstacle().unwrap_or_else(|| "ANTHROPIC_API_KEY is not set".to_owned());
        Err(EngineError::usage(format!("no provider can be called: {why}"))
            .hint("export ANTHROPIC_API_KEY=…")
            .hint("trireme run --scenario examples/csv-to-json   (needs no key and costs nothing)"))
    }
}
