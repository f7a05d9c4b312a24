//! Puts the rows together, compares them, and writes them.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;
use trireme_core::catalogue::{CatalogueFile, Model, Period, Provenance, Source, Tariff};
use trireme_core::words::Millis;

use crate::config::{Config, Input, Override, Overrides, Provider, read, root};
use crate::inputs::NoInput;
use crate::limits::{self, Facts};
use crate::second::{self, Opinion};
use crate::{inputs, prices};

const DATA: &str = "crates/core/data/models.json";

struct Sources {
    prices: Value,
    limits: Value,
    second: Value,
}

/// Everything that rows are made from, and what there is to say of them.
struct Build {
    config: Config,
    overrides: Overrides,
    sources: Sources,
    today: Millis,
    history_from: Millis,
    models: BTreeMap<String, Model>,
    left_out: Vec<(String, String)>,
    disagreements: BTreeMap<String, Vec<String>>,
}

/// Rebuilds the file, or says with `check` whether it would change.
pub(crate) fn rebuild(check: bool) -> Result<String, String> {
    let config: Config = read("catalogue.toml")?;
    let sources = Sources::fetch(&config).map_err(|error| error.to_string())?;
    finish(Build::begin(config, sources)?, check)
}

fn finish(mut build: Build, check: bool) -> Result<String, String> {
    build.rows()?;
    build.snapshots();
    build.unaccepted()?;
    let text = build.text()?;
    CatalogueFile::read(&text).map_err(|error| error.to_string())?;
    let path = root().join(DATA);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let told = build.told();
    if before == text {
        return Ok(format!("{told}{DATA} is up to date"));
    }
    if check {
        return Err(format!("{told}{DATA} is not what the sources make; run cargo xtask catalogue"));
    }
    std::fs::write(&path, &text).map_err(|error| format!("{DATA}: {error}"))?;
    Ok(format!("{told}{DATA}: {} rows, {} bytes", build.models.len(), text.len()))
}

impl Sources {
    fn fetch(config: &Config) -> Result<Self, NoInput> {
        Ok(Self {
            prices: inputs::fetch(&config.inputs.prices)?,
            limits: inputs::fetch(&config.inputs.limits)?,
            second: inputs::fetch(&config.inputs.second)?,
        })
    }
}

impl Build {
    fn begin(config: Config, sources: Sources) -> Result<Self, String> {
        Ok(Self {
            overrides: read("overrides.toml")?,
            today: prices::day_ms(&config.date)?,
            history_from: prices::day_ms(&config.history_from)?,
            config,
            sources,
            models: BTreeMap::new(),
            left_out: Vec::new(),
            disagreements: BTreeMap::new(),
        })
    }

    fn rows(&mut self) -> Result<(), String> {
        let Self { config, overrides, sources, .. } = &*self;
        let (mut models, mut left_out, mut told) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        for provider in &config.provider {
            for (id, row) in self.candidates(provider)? {
                let name = format!("{}{id}", provider.prefix);
                let Some(prices) = prices::find(&sources.prices, &provider.prices, &id) else {
                    left_out.push((provider.name.clone(), id));
                    continue;
                };
                let known = overrides.get(&name);
                let model = self.row(provider, &id, prices, facts(row, known), known);
                let mut model = model.map_err(|error| format!("{name}: {error}"))?;
                told.insert(name.clone(), self.compare(provider, row, &mut model, known));
                models.insert(name, model);
            }
        }
        (self.models, self.left_out, self.disagreements) = (models, left_out, told);
        Ok(())
    }

    /// The ids of a provider's models that belong into the catalogue, each with the row that says its limits.
    fn candidates(&self, provider: &Provider) -> Result<Vec<(String, &Value)>, String> {
        let wanted = |id: &str, row: &Value| match provider.only.is_empty() {
            true => {
                limits::is_worker(row) && !self.config.leave_out.contains_key(id)
                    || provider.also.iter().any(|also| also == id)
            }
            false => provider.only.iter().any(|only| only == id),
        };
        let models = limits::models(&self.sources.limits, &provider.limits);
        let known: BTreeMap<&str, &Value> = models.collect();
        let mut found: Vec<(String, &Value)> = known
            .iter()
            .filter(|(id, row)| wanted(id, row))
            .map(|(id, row)| ((*id).to_owned(), *row))
            .collect();
        let mut named = provider.only.iter().chain(&provider.also);
        if let Some(unknown) = named.find(|id| !known.contains_key(id.as_str())) {
            return Err(format!("{}: {unknown} is not known to the source of limits", provider.name));
        }
        for (name, known_as) in &self.overrides {
            let id = name
                .strip_prefix(&provider.prefix)
                .filter(|_| !provider.prefix.is_empty() || !name.contains('/'));
            let like = known_as.like.as_deref().and_then(|like| known.get(like));
            if let (Some(id), Some(row)) = (id, like) {
                found.push((id.to_owned(), row));
            }
        }
        Ok(found)
    }

    fn row(
        &self,
        provider: &Provider,
        id: &str,
        prices: &Value,
        facts: Facts,
        known: Option<&Override>,
    ) -> Result<Model, String> {
        let periods = prices::periods(prices, self.history_from, provider.geo_permille)?;
        let inputs = &self.config.inputs;
        Ok(Model {
            provider: provider.name.clone(),
            id: id.to_owned(),
            aliases: known.map(|known| known.aliases.clone()).unwrap_or_default(),
            family: self.config.family(id)?.to_owned(),
            tariff: Tariff::new(periods).map_err(|error| error.to_string())?,
            context_tokens: facts.context_tokens,
            output_tokens: facts.output_tokens.min(facts.context_tokens),
            capabilities: facts.capabilities,
            provenance: Provenance {
                sources: vec![inputs.prices.name.clone(), inputs.limits.name.clone()],
                verified_at: self.config.date.clone(),
                note: known.map(|known| known.note.clone()).unwrap_or_default(),
            },
        })
    }

    /// What the others say otherwise. Whoever knows the model vouches for it too.
    fn compare(
        &self,
        provider: &Provider,
        limits: &Value,
        model: &mut Model,
        known: Option<&Override>,
    ) -> Vec<String> {
        let mut opinions = match known.is_some_and(|known| known.like.is_some()) {
            true => Vec::new(),
            false => second::models_dev(limits),
        };
        let row = &self.sources.second[format!("{}{}", provider.second, model.id)];
        if let Some(more) = second::litellm(row) {
            opinions.extend(more);
            model.provenance.sources.push(self.config.inputs.second.name.clone());
        }
        if provider.dearest || known.is_some_and(|known| known.dearest) {
            self.raise(model, &opinions);
            return Vec::new();
        }
        opinions.iter().filter_map(|opinion| opinion.against(model, self.today)).collect()
    }

    /// The dearest source counts, from today on.
    fn raise(&self, model: &mut Model, opinions: &[Opinion]) {
        let mut periods = model.tariff.periods().to_vec();
        let later = |period: &&mut Period| period.until.is_none_or(|until| until > self.today);
        for period in periods.iter_mut().filter(later) {
            opinions.iter().for_each(|opinion| opinion.raise(period));
            period.steps.sort_by_key(|step| step.above);
        }
        if let Ok(tariff) = Tariff::new(periods) {
            model.tariff = tariff;
        }
    }

    /// A dated name of which a source says that it costs what the undated one does becomes an alias of it, and is no row
    /// of its own. Other dated names keep their prices.
    fn snapshots(&mut self) {
        let mut found = Vec::new();
        for provider in self.config.provider.iter().filter(|provider| provider.prefix.is_empty()) {
            let limits = limits::models(&self.sources.limits, &provider.limits);
            let limits = limits.map(|(id, row)| (id, second::models_dev(row)));
            let second = self.sources.second.as_object().into_iter().flatten();
            let second = second
                .filter_map(|(key, row)| Some((key.strip_prefix(&provider.second)?, second::litellm(row)?)));
            for (id, opinions) in limits.chain(second) {
                let stem = undated(id).and_then(|stem| self.models.get_key_value(stem));
                let Some((stem, model)) = stem.filter(|(_, model)| model.provider == provider.name) else {
                    continue;
                };
                if opinions.iter().all(|opinion| opinion.price_against(model, self.today).is_none()) {
                    found.push((id.to_owned(), stem.clone()));
                }
            }
        }
        found.sort();
        found.dedup();
        for (id, stem) in found {
            self.models.remove(&id);
            self.disagreements.remove(&id);
            self.left_out.retain(|(_, left)| *left != id);
            if let Some(row) = self.models.get_mut(&stem) {
                row.aliases.push(id);
            }
        }
    }

    /// Fails with the rows on which the sources disagree without a word of ours, and with words of ours on nothing.
    fn unaccepted(&self) -> Result<(), String> {
        let mut told = String::new();
        for (name, said) in &self.disagreements {
            let accepted = self.overrides.get(name).map_or(&[][..], |known| &known.accept);
            for line in said.iter().filter(|line| !accepted.contains(line)) {
                let _ = writeln!(told, "{name}: {line}");
            }
            for line in accepted.iter().filter(|line| !said.contains(line)) {
                let _ = writeln!(told, "{name}: overrides.toml accepts what nobody says: {line}");
            }
        }
        for name in self.overrides.keys().filter(|name| !self.models.contains_key(*name)) {
            let _ = writeln!(told, "{name}: overrides.toml speaks of it, and there is no such row");
        }
        if told.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{told}The sources disagree: look at the provider's page, and say in overrides.toml why ours is right."
        ))
    }

    /// One row on a line, so that a change is one line of a diff.
    fn text(&self) -> Result<String, String> {
        let json = |value: Result<String, serde_json::Error>| value.map_err(|error| error.to_string());
        let inputs = &self.config.inputs;
        let sources = [&inputs.prices, &inputs.limits, &inputs.second].map(source);
        let mut text = format!("{{\n\"format\": 1,\n\"date\": {:?},\n\"sources\": [\n", self.config.date);
        let lines: Result<Vec<_>, _> =
            sources.iter().map(|source| json(serde_json::to_string(source))).collect();
        text += &lines?.join(",\n");
        text += "\n],\n\"models\": {\n";
        let row = |(name, model): (&String, &Model)| {
            Ok(format!("{name:?}: {}", json(serde_json::to_string(model))?))
        };
        let lines: Result<Vec<_>, String> = self.models.iter().map(row).collect();
        text += &lines?.join(",\n");
        text += "\n}\n}\n";
        Ok(text)
    }

    fn told(&self) -> String {
        let mut told = String::new();
        for (provider, id) in &self.left_out {
            let _ = writeln!(told, "left out, without a price: {provider} {id}");
        }
        let accepted: usize = self.overrides.values().map(|known| known.accept.len()).sum();
        let _ = writeln!(told, "{accepted} disagreements are accepted in overrides.toml");
        told
    }
}

fn facts(row: &Value, known: Option<&Override>) -> Facts {
    let mut facts = limits::facts(row);
    if let Some(known) = known {
        facts.context_tokens = known.context_tokens.unwrap_or(facts.context_tokens);
        facts.output_tokens = known.output_tokens.unwrap_or(facts.output_tokens);
        facts.capabilities.efforts = known.efforts.clone().unwrap_or(facts.capabilities.efforts);
    }
    facts
}

fn source(input: &Input) -> Source {
    Source {
        name: input.name.clone(),
        package: format!("{} {}", input.package, input.version),
        licence: input.licence.clone(),
    }
}

/// `claude-haiku-4-5` of `claude-haiku-4-5-20251001`, `gpt-4.1` of `gpt-4.1-2025-04-14`.
fn undated(name: &str) -> Option<&str> {
    let is =
        |part: &str, digits: usize| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
    let (stem, last) = name.rsplit_once('-')?;
    if is(last, 8) {
        return Some(stem);
    }
    let (stem, month) = stem.rsplit_once('-')?;
    let (stem, year) = stem.rsplit_once('-')?;
    (is(last, 2) && is(month, 2) && is(year, 4)).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(config: &Config) -> Option<Sources> {
        match Sources::fetch(config) {
            Ok(sources) => Some(sources),
            Err(NoInput::Unreachable(why)) => {
                trireme_testkit::skipped(format!("the sources can't be fetched: {why}"));
                None
            }
            Err(NoInput::Wrong(why)) => panic!("{why}"),
        }
    }

    #[test]
    fn the_catalogue_is_what_its_sources_make_and_an_unexplained_disagreement_fails() {
        let config: Config = read("catalogue.toml").unwrap();
        let Some(sources) = sources(&config) else { return };
        let mut build = Build::begin(config, sources).unwrap();
        build.overrides.remove("mistral-large-4").unwrap();
        build.overrides.get_mut("glm-5.3").unwrap().accept.push("hearsay".to_owned());
        build.rows().unwrap();
        build.snapshots();
        let told = build.unaccepted().unwrap_err();
        assert!(told.contains("mistral-large-4: litellm input 1360000, ours [700000]"), "{told}");
        assert!(told.contains("glm-5.3: overrides.toml accepts what nobody says: hearsay"), "{told}");
        build.overrides = read("overrides.toml").unwrap();
        finish(build, true).unwrap();
    }

    #[test]
    fn only_a_date_makes_a_snapshot() {
        for (name, stem) in [
            ("claude-haiku-4-5-20251001", Some("claude-haiku-4-5")),
            ("gpt-4.1-2025-04-14", Some("gpt-4.1")),
            ("mistral-small-2603", None),
            ("gpt-5.3-codex", None),
        ] {
            assert_eq!(undated(name), stem);
        }
    }
}
