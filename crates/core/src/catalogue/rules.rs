//! What the configuration says beside the seniorities: who is pinned to a job, and which families may be asked at all.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Candidate, Catalogue, CatalogueError, Span};
use crate::words::{Money, Seniority, Usage};

/// What candidates can be pinned to: a role, or a kind of task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pinned {
    /// The Orchestrator.
    Orchestrator,
    /// Every Manager.
    Manager,
    /// Every Worker.
    Worker,
    /// Every Reviewer.
    Reviewer,
    /// Tasks that change files.
    Build,
    /// Tasks that judge others.
    Review,
    /// Tasks that format, rename or scaffold.
    Post,
    /// Whoever gives a second opinion.
    Adviser,
    /// Whoever makes one of two opinions.
    Synthesist,
}

/// One candidate, or a list of them in order of preference; an empty list takes the pin of a layer below away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredPin(pub Vec<Candidate>);

/// Which families may be asked. The rules of several layers add up: none of them allows what another one forbids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Families {
    /// These only; all of them where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<String>>,
    /// None of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<String>,
}

impl Pinned {
    /// Its key under `[pins]`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orchestrator => "orchestrator",
            Self::Manager => "manager",
            Self::Worker => "worker",
            Self::Reviewer => "reviewer",
            Self::Build => "build",
            Self::Review => "review",
            Self::Post => "post",
            Self::Adviser => "adviser",
            Self::Synthesist => "synthesist",
        }
    }
}

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Families {
    /// Whether a family may be asked.
    #[must_use]
    pub fn allow(&self, family: &str) -> bool {
        let named = |families: &[String]| families.iter().any(|other| other == family);
        self.only.as_deref().is_none_or(named) && !named(&self.never)
    }

    /// Whether there is no rule at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds the rules of another layer.
    pub fn overlay(&mut self, above: Self) {
        self.never.extend(above.never);
        self.only = match (self.only.take(), above.only) {
            (Some(below), Some(above)) => {
                Some(below.into_iter().filter(|family| above.contains(family)).collect())
            }
            (below, above) => above.or(below),
        };
    }
}

impl Catalogue {
    /// Who may do a job, in order of preference: those who are pinned to the first of `pins` that has any, or else those
    /// of the seniority.
    #[must_use]
    pub fn candidates_for(&self, pins: &[Pinned], seniority: Seniority) -> &[Candidate] {
        let pinned = pins.iter().filter_map(|pin| self.pins.get(pin)).find(|pinned| !pinned.is_empty());
        pinned.map_or_else(|| self.candidates(seniority), Vec::as_slice)
    }

    /// Whether candidates are taken by their price rather than by their place.
    #[must_use]
    pub fn takes_cheapest(&self, pins: &[Pinned], seniority: Seniority) -> bool {
        let is_pinned = pins.iter().filter_map(|pin| self.pins.get(pin)).any(|pinned| !pinned.is_empty());
        !is_pinned && self.seniority.get(&seniority).is_some_and(|rank| rank.cheapest_first)
    }

    /// What a usage costs at the first of those who may do a job; none where that has no price.
    #[must_use]
    pub fn usual_cost(
        &self,
        pins: &[Pinned],
        seniority: Seniority,
        usage: &Usage,
        span: Span,
    ) -> Option<Money> {
        let cost = |candidate: &Candidate| self.cost(&candidate.model, usage, span);
        let mut costs = self.candidates_for(pins, seniority).iter().filter_map(cost);
        if self.takes_cheapest(pins, seniority) { costs.min() } else { costs.next() }
    }

    /// Whether the rules let a model be asked.
    pub(super) fn allows(&self, model: &str) -> bool {
        self.models.get(model).is_none_or(|model| self.families.allow(&model.family))
    }

    pub(super) fn lay_pins(&mut self, pins: BTreeMap<Pinned, DeclaredPin>) {
        for (pin, DeclaredPin(candidates)) in pins {
            let settled = candidates.into_iter().map(|candidate| self.settled(candidate)).collect();
            self.pins.insert(pin, settled);
        }
    }

    /// A candidate that was named by an alias gets the name of the row.
    fn settled(&self, candidate: Candidate) -> Candidate {
        let name = self.find(&candidate.model).map(|(name, _)| name.to_owned());
        Candidate { model: name.unwrap_or(candidate.model), ..candidate }
    }

    pub(super) fn check_pins(&self) -> Result<(), CatalogueError> {
        let pinned = self.pins.iter().flat_map(|(pin, all)| all.iter().map(move |one| (*pin, &one.model)));
        for (pin, model) in pinned {
            let wrong = |why| Err(CatalogueError::Pin { pin, model: model.clone(), why });
            if !self.models.contains_key(model) {
                return wrong(
                    "has no price here, or its provider no key; add its row under [models], set the key, or pin another model",
                );
            }
            if !self.allows(model) {
                return wrong("is of a family that [families] rules out; pin another model");
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for DeclaredPin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = DeclaredPin;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a candidate like \"MODEL\" or \"MODEL EFFORT\", or a list of them")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<DeclaredPin, E> {
        text.parse().map(|candidate| DeclaredPin(vec![candidate])).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<DeclaredPin, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(DeclaredPin)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Declared;
    use super::*;

    fn read(text: &str) -> Result<Catalogue, CatalogueError> {
        let row = |name: &str, family: &str| {
            format!(
                "[models.{name}]\nfamily = \"{family}\"\naliases = [\"{name}-latest\"]\ninput = \"1\"\noutput = \"2\"\ncontext_tokens = 9\noutput_tokens = 9\n"
            )
        };
        let rows = [row("big", "a"), row("small", "b")].concat();
        let text = format!("{rows}\n[seniority]\nprincipal = [\"big\"]\njunior = [\"small\"]\n{text}");
        let catalogue = Catalogue::default().with(toml::from_str(&text).unwrap())?;
        catalogue.check().map(|()| catalogue)
    }

    #[test]
    fn a_pin_goes_before_the_seniority_and_the_special_one_before_the_general() {
        let catalogue =
            read("[pins]\nworker = \"big low\"\nreview = [\"small-latest high\", \"big\"]").unwrap();
        let junior = |pins: &[Pinned]| -> Vec<String> {
            catalogue.candidates_for(pins, Seniority::Junior).iter().map(ToString::to_string).collect()
        };
        assert_eq!(junior(&[Pinned::Review, Pinned::Worker]), ["small high", "big"]);
        assert_eq!(junior(&[Pinned::Build, Pinned::Worker]), ["big low"]);
        assert_eq!(junior(&[Pinned::Manager]), ["small"]);
        let lifted = catalogue.with(toml::from_str("[pins]\nworker = []").unwrap()).unwrap();
        assert_eq!(lifted.candidates_for(&[Pinned::Worker], Seniority::Junior), ["small".parse().unwrap()]);
    }

    #[test]
    fn pins_that_cannot_be_meant_are_refused() {
        let told = |text| read(text).unwrap_err().to_string();
        assert!(told("[pins]\nmanager = \"huge\"").contains("pins.manager: \"huge\" has no price"));
        assert!(told("[pins]\nmanager = \"small\"\n[families]\nnever = [\"b\"]").contains("rules out"));
        assert!(toml::from_str::<Declared>("[pins]\nmanager = \"big lots\"").is_err());
        assert!(toml::from_str::<Declared>("[pins]\nboss = \"big\"").is_err());
    }

    #[test]
    fn families_of_layers_only_narrow() {
        let catalogue = read("[families]\nnever = [\"b\"]").unwrap();
        assert!(catalogue.serves(Seniority::Principal) && !catalogue.serves(Seniority::Junior));
        let mut families = Families::default();
        let layer = |only: &[&str]| Families {
            only: Some(only.iter().map(|family| (*family).to_owned()).collect()),
            never: Vec::new(),
        };
        assert!(families.is_empty() && families.allow("a"));
        families.overlay(layer(&["a", "b"]));
        families.overlay(layer(&["b", "c"]));
        assert_eq!(["a", "b", "c"].map(|family| families.allow(family)), [false, true, false]);
        families.overlay(Families { only: None, never: vec!["b".to_owned()] });
        assert!(!families.allow("b"));
    }
}
