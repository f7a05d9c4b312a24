//! What of a catalogue can be had: a model whose provider has no key is no candidate.

use std::collections::BTreeSet;

use super::Catalogue;

impl Catalogue {
    /// The models of those providers only, and of each seniority those candidates.
    #[must_use]
    pub fn reachable(&self, providers: &BTreeSet<String>) -> Self {
        let mut reachable = self.clone();
        reachable.models.retain(|_, model| providers.contains(&model.provider));
        for rank in reachable.seniority.values_mut() {
            rank.candidates.retain(|candidate| {
                self.models.get(&candidate.model).is_some_and(|model| providers.contains(&model.provider))
            });
        }
        reachable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Seniority;

    #[test]
    fn what_no_provider_serves_is_no_candidate() {
        let row = |name: &str, provider: &str| {
            format!(
                "[models.{name}]\nfamily = \"f\"\nprovider = \"{provider}\"\ninput = \"1\"\noutput = \"2\"\ncontext_tokens = 9\noutput_tokens = 9\n"
            )
        };
        let text =
            format!("{}{}[seniority]\nmid = [\"a\", \"b high\"]\n", row("a", "anthropic"), row("b", "groq"));
        let catalogue = Catalogue::default().with(toml::from_str(&text).unwrap()).unwrap();
        let reachable = catalogue.reachable(&BTreeSet::from(["groq".to_owned()]));
        assert_eq!(reachable.models.keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(reachable.candidates(Seniority::Mid), ["b high".parse().unwrap()]);
        assert!(!catalogue.reachable(&BTreeSet::new()).serves(Seniority::Mid));
    }
}
