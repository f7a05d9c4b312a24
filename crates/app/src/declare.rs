//! Models that are declared on the command line: `--model NAME,KEY=VALUE,…` with the keys of `[models."NAME"]`.

use std::collections::BTreeMap;

use trireme_core::catalogue::{Declared, DeclaredModel};

use crate::cli::ModelFlag;
use crate::failure::Failure;

const EXAMPLE: &str = "--model my-model,family=qwen,provider=openrouter,input=0.50,output=2,context_tokens=131072,output_tokens=8192";

/// Keys whose values are no texts.
const NUMBERS: [&str; 7] =
    ["context_tokens", "output_tokens", "geo_permille", "tools", "structured", "images", "reasoning"];

/// The layer that the command line makes.
pub(crate) fn declared(flag: &ModelFlag) -> Result<Declared, Failure> {
    let models: Result<BTreeMap<_, _>, _> = flag.model.iter().map(|text| model(text)).collect();
    Ok(Declared { models: models?, ..Declared::default() })
}

fn model(text: &str) -> Result<(String, DeclaredModel), Failure> {
    let mut parts = text.split(',').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty() && !name.contains('='));
    let name = name.ok_or_else(|| wrong(text, "a name comes first"))?;
    let mut row = toml::Table::new();
    for part in parts {
        let (key, value) =
            part.split_once('=').ok_or_else(|| wrong(text, "after the name come KEY=VALUE"))?;
        row.insert(key.trim().to_owned(), read(key.trim(), value.trim()));
    }
    let model = row.try_into().map_err(|error: toml::de::Error| wrong(text, error.message()))?;
    Ok((name.to_owned(), model))
}

/// Efforts and aliases are lists, separated by spaces.
fn read(key: &str, value: &str) -> toml::Value {
    if ["efforts", "aliases"].contains(&key) {
        return value
            .split_whitespace()
            .map(|word| word.to_owned().into())
            .collect::<Vec<toml::Value>>()
            .into();
    }
    let number = || value.parse().map(toml::Value::Integer).ok();
    let truth = || value.parse().map(toml::Value::Boolean).ok();
    let read = if NUMBERS.contains(&key) { number().or_else(truth) } else { None };
    read.unwrap_or_else(|| value.into())
}

fn wrong(text: &str, what: &str) -> Failure {
    Failure::usage(format!("--model {text}: {}", what.trim())).hint(EXAMPLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Declared, Failure> {
        declared(&ModelFlag { model: vec![text.to_owned()] })
    }

    #[test]
    fn the_example_can_be_typed() {
        let mine = of(EXAMPLE.strip_prefix("--model ").unwrap()).unwrap().models;
        let row = &mine["my-model"];
        assert_eq!(
            (row.provider.as_deref(), row.input.as_str(), row.context_tokens),
            (Some("openrouter"), "0.50", 131_072)
        );
        let more =
            of("a,family=f,input=1,output=2,context_tokens=9,output_tokens=9,efforts=low high,tools=false")
                .unwrap();
        assert_eq!((more.models["a"].efforts.len(), more.models["a"].tools), (2, Some(false)));
    }

    #[test]
    fn anything_else_is_refused_with_the_example() {
        for (text, told) in [
            ("", "a name comes first"),
            ("input=1", "a name comes first"),
            ("m,input", "KEY=VALUE"),
            ("m,input=1", "missing field"),
            ("m,family=f,input=1,output=2,context_tokens=many,output_tokens=9", "context_tokens"),
            ("m,family=f,input=1,output=2,context_tokens=9,output_tokens=9,colour=red", "unknown field"),
        ] {
            let failure = of(text).unwrap_err().render();
            assert!(failure.contains(told) && failure.contains("--model my-model,"), "{text}: {failure}");
        }
    }
}
