use super::*;

#[test]
fn the_built_in_catalogue_is_whole() {
    Catalogue::built_in().unwrap().check_complete().unwrap();
}

#[test]
fn whoever_is_there_the_six_seniorities_are_served_with_efforts_that_models_know() {
    let built_in = Catalogue::built_in().unwrap();
    for (maker, most) in [("anthropic", 6), ("openai", 6), ("google", 6), ("openrouter", 6), ("ollama", 3)] {
        let reachable = built_in.reachable(&[maker.to_owned()].into());
        let served: Vec<_> = Seniority::ALL.into_iter().filter(|of| reachable.serves(*of)).collect();
        assert_eq!(served, Seniority::ALL[..most], "{maker}");
    }
    for (seniority, rank) in &built_in.seniority {
        for candidate in &rank.candidates {
            let known = &built_in.models[&candidate.model].capabilities.efforts;
            assert!(
                candidate.effort.is_none_or(|effort| known.contains(&effort)),
                "{seniority}: {candidate}"
            );
            let longest = built_in.models[&candidate.model].output_tokens;
            assert!(longest >= rank.output_cap / 2, "{seniority}: {candidate}");
        }
        assert_eq!(rank.output_cap, Rank::bare(*seniority).output_cap);
        assert_eq!(rank.context_cap, (*seniority < Seniority::Mid).then_some(100_000));
    }
}

#[test]
fn a_newer_file_is_laid_over_the_built_in_one_and_below_what_is_declared() {
    let mut newer = CatalogueFile::built_in().unwrap();
    let opus = newer.models["claude-opus-5-5"].clone();
    newer.models = [("claude-opus-5-5", 1), ("claude-opus-6", 2), ("gpt-6-luna", 3)]
        .map(|(name, context_tokens)| (name.to_owned(), Model { context_tokens, ..opus.clone() }))
        .into();
    let declared = "[models.gpt-6-luna]\nfamily = \"gpt\"\ninput = \"1\"\noutput = \"2\"\ncontext_tokens = 4\noutput_tokens = 9";
    let declared: Declared = toml::from_str(declared).unwrap();
    let context =
        |catalogue: &Catalogue, name: &str| catalogue.find(name).map(|(_, model)| model.context_tokens);
    let layered = Catalogue::layered(Some(&newer), declared.clone()).unwrap();
    let told = ["claude-opus-5-5", "claude-opus-6", "gpt-6-luna", "claude-haiku-5-5"]
        .map(|name| context(&layered, name));
    assert_eq!(told, [Some(1), Some(2), Some(4), Some(1_000_000)]);
    newer.date = "2025-01-01".to_owned();
    assert_eq!(Catalogue::layered(Some(&newer), declared.clone()), Catalogue::layered(None, declared));
}

#[test]
fn what_runs_on_this_machine_costs_nothing() {
    let built_in = Catalogue::built_in().unwrap();
    let local = built_in.models.values().filter(|model| model.provider == "ollama");
    for model in local {
        let ask = Ask { input_tokens_max: 1_000_000, output_tokens_max: 1_000_000, searches_max: 0 };
        assert_eq!(model.tariff.bound(ask, Span::at(crate::words::Millis(0))), Money::ZERO);
    }
}

#[test]
fn an_unpriced_model_is_refused_with_what_to_type() {
    let declared = toml::from_str("[seniority]\nmid = [\"mystery\"]").unwrap();
    let error = Catalogue::built_in().unwrap().with(declared).unwrap().check().unwrap_err();
    assert!(error.to_string().contains("add [models.\"mystery\"]"), "{error}");
}

fn small(more: &str) -> Catalogue {
    let text = format!(
        "[models.\"groq/small\"]\nfamily = \"llama\"\ninput = \"1\"\noutput = \"2\"\ncontext_tokens = 1000\noutput_tokens = 100\n{more}"
    );
    Catalogue::default().with(toml::from_str(&text).unwrap()).unwrap()
}

#[test]
fn a_row_is_found_by_its_name_and_its_aliases() {
    let catalogue = small("provider = \"groq\"\naliases = [\"tiny\"]");
    for name in ["groq/small", "tiny"] {
        let (found, model) = catalogue.find(name).unwrap();
        assert_eq!((found, model.provider.as_str(), model.id.as_str()), ("groq/small", "groq", "small"));
    }
    assert_eq!(catalogue.find("small"), None);
}

#[test]
fn a_layer_replaces_of_a_seniority_what_it_names() {
    let layer = |text: &str| toml::from_str::<Declared>(text).unwrap();
    let below = small("[seniority]\nmid = [\"groq/small low\"]");
    let rank = |catalogue: Catalogue| catalogue.seniority[&Seniority::Mid].clone();
    assert_eq!((rank(below.clone()).output_cap, rank(below.clone()).context_cap), (16_000, None));
    let capped = below.with(layer("[seniority.mid]\noutput_cap = 5000\ncontext_cap = 90000")).unwrap();
    assert_eq!(rank(capped.clone()).candidates, ["groq/small low".parse().unwrap()]);
    let listed = rank(capped.with(layer("[seniority]\nmid = [\"groq/small\"]")).unwrap());
    let want = Rank {
        candidates: vec![Candidate::of("groq/small")],
        output_cap: 5_000,
        context_cap: Some(90_000),
        cheapest_first: false,
    };
    assert_eq!(listed, want);
    assert!(
        toml::from_str::<Declared>("[seniority]\nmid = 3").unwrap_err().to_string().contains("a list of")
    );
}

#[test]
fn prices_that_cannot_be_meant_are_refused() {
    let read = |more: &str| {
        let text = format!(
            "[models.m]\nfamily = \"f\"\ninput = \"1\"\noutput = \"2\"\ncontext_tokens = 9\noutput_tokens = 9\n{more}"
        );
        Catalogue::default()
            .with(toml::from_str(&text).unwrap())
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(read("geo_permille = 1100"), Ok(()));
    assert!(read("geo_permille = 900").unwrap_err().contains("at least 1000"));
    assert!(read("search_fee = \"ten\"").unwrap_err().contains("search_fee"));
    assert!(read("steps = [{ above = 5, input = \"-1\", output = \"1\" }]").unwrap_err().contains("input"));
}
