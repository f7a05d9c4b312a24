//! What of a catalogue can be had: a model whose provider has no key is no candidate.

use std::collections::BTreeSet;

use super::{Catalogue, CatalogueError};
use crate::words::Seniority;

/// The variable of the environment in which a provider's key is usually set; `None` for a provider without keys, or one
/// that nobody knows.
#[must_use]
pub fn key_variable(provider: &str) -> Option<&'static str> {
    match provider {
        "anthropic" => Some("ANTHROPIC_API_KEY"),
        "openai" => Some("OPENAI_API_KEY"),
        "google" => Some("GEMINI_API_KEY"),
        "deepseek" => Some("DEEPSEEK_API_KEY"),
        "mistral" => Some("MISTRAL_API_KEY"),
        "xai" => Some("XAI_API_KEY"),
        "moonshot" => Some("MOONSHOT_API_KEY"),
        "zai" => Some("ZAI_API_KEY"),
        "groq" => Some("GROQ_API_KEY"),
        "openrouter" => Some("OPENROUTER_API_KEY"),
        _ => None,
    }
}

impl Catalogue {
    /// The models of those providers only, and of each seniority and pin those candidates. A pin of which nobody would be
    /// left stays as it is: [`Catalogue::check`] says so, for its job is to go to nobody else.
    #[must_use]
    pub fn reachable(&self, providers: &BTreeSet<String>) -> Self {
        let mut reachable = self.clone();
        reachable.models.retain(|_, model| providers.contains(&model.provider));
        for rank in reachable.seniority.values_mut() {
            rank.candidates.retain(|candidate| {
                self.models.get(&candidate.model).is_some_and(|model| providers.contains(&model.provider))
            });
        }
        for pinned in reachable.pins.values_mut() {
            let (here, _): (Vec<_>, Vec<_>) =
                pinned.iter().cloned().partition(|one| reachable.models.contains_key(&one.model));
            if !here.is_empty() {
                *pinned = here;
            }
        }
        reachable
    }

    /// Checks that somebody can plan with those providers alone.
    ///
    /// # Errors
    /// Those of [`Catalogue::check`], and [`CatalogueError::Unreachable`], which says what key to set.
    pub fn check_reachable(&self, providers: &BTreeSet<String>) -> Result<(), CatalogueError> {
        self.check()?;
        let planner = Seniority::Principal;
        if self.reachable(providers).serves(planner) {
            return Ok(());
        }
        Err(CatalogueError::Unreachable { seniority: planner, keys: self.keys(planner) })
    }

    /// How each provider of a seniority's candidates is made reachable, in order of preference, without repeats.
    fn keys(&self, seniority: Seniority) -> String {
        let models =
            self.candidates(seniority).iter().filter_map(|candidate| self.models.get(&candidate.model));
        let mut keys = Vec::new();
        for model in models {
            let key = key_variable(&model.provider)
                .map_or_else(|| format!("set up {}", model.provider), |key| format!("export {key}=…"));
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.join(", or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Catalogue {
        let mut text = String::new();
        for name in ["claude-a", "groq/b", "ollama/c"] {
            let provider = name.split_once('/').map_or("anthropic", |(provider, _)| provider);
            text += &format!(
                "[models.\"{name}\"]\nfamily = \"f\"\nprovider = \"{provider}\"\naliases = [\"{provider}-alias\"]\ninput = \"1\"\noutput = \"2\"\ncontext_tokens = 9\noutput_tokens = 9\n"
            );
        }
        text += "[seniority]\n";
        for seniority in Seniority::ALL {
            text += &format!("{seniority} = [\"claude-a high\", \"groq-alias\"]\n");
        }
        text = text.replace("principal = [\"claude-a high\"", "principal = [\"ollama/c\"");
        Catalogue::default().with(toml::from_str(&text).unwrap()).unwrap()
    }

    fn of(providers: &[&str]) -> BTreeSet<String> {
        providers.iter().map(|provider| (*provider).to_owned()).collect()
    }

    #[test]
    fn only_models_of_those_providers_are_left_in_their_order() {
        let groq = two().reachable(&of(&["groq", "nobody"]));
        assert_eq!(groq.models.keys().collect::<Vec<_>>(), ["groq/b"]);
        assert_eq!(groq.candidates(Seniority::Intern), ["groq/b".parse().unwrap()]);
        assert_eq!(two().reachable(&of(&["anthropic", "groq", "ollama"])), two());
        assert!(!two().reachable(&of(&["anthropic"])).serves(Seniority::Principal));
    }

    #[test]
    fn a_pin_keeps_whom_it_can_and_says_when_it_can_keep_nobody() {
        let pins = |text: &str| two().with(toml::from_str(&format!("[pins]\n{text}")).unwrap()).unwrap();
        let groq = pins("worker = [\"claude-a\", \"groq/b low\"]").reachable(&of(&["groq"]));
        assert_eq!(groq.check(), Ok(()));
        assert_eq!(groq.pins.into_values().collect::<Vec<_>>(), [["groq/b low".parse().unwrap()]]);
        let told = pins("worker = \"claude-a\"").reachable(&of(&["groq"])).check().unwrap_err().to_string();
        assert!(told.contains("pins.worker: \"claude-a\"") && told.contains("key"), "{told}");
    }

    #[test]
    fn a_gap_says_which_key_to_set() {
        assert_eq!(two().check_reachable(&of(&["groq"])), Ok(()));
        let told = two().check_reachable(&of(&["anthropic"])).unwrap_err().to_string();
        assert!(
            told.contains("principal") && told.contains("set up ollama, or export GROQ_API_KEY=…"),
            "{told}"
        );
    }
}
