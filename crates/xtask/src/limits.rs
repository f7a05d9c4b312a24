//! Limits and capabilities of models.dev.

use serde_json::Value;
use trireme_core::catalogue::Capabilities;
use trireme_core::words::Effort;

/// What a row of ours takes from it.
#[derive(Clone)]
pub(crate) struct Facts {
    pub context_tokens: u64,
    pub output_tokens: u64,
    pub capabilities: Capabilities,
}

/// All models of a provider.
pub(crate) fn models<'a>(limits: &'a Value, provider: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let models = limits[provider]["models"].as_object();
    models.into_iter().flatten().map(|(id, row)| (id.as_str(), row))
}

/// Whether a model works with tools on text, and is still sold.
pub(crate) fn is_worker(row: &Value) -> bool {
    let writes = row["modalities"]["output"].as_array();
    row["tool_call"] == true
        && row["status"] != "deprecated"
        && row["limit"]["context"].is_u64()
        && row["limit"]["output"].is_u64()
        && writes.is_none_or(|kinds| kinds.iter().all(|kind| kind == "text"))
}

/// The facts of a model.
pub(crate) fn facts(row: &Value) -> Facts {
    let reads = row["modalities"]["input"].as_array();
    Facts {
        context_tokens: row["limit"]["context"].as_u64().unwrap_or(0),
        output_tokens: row["limit"]["output"].as_u64().unwrap_or(0),
        capabilities: Capabilities {
            tools: true,
            structured: row["structured_output"] == true,
            images: reads.is_some_and(|kinds| kinds.iter().any(|kind| kind == "image")),
            reasoning: row["reasoning"] == true,
            efforts: efforts(row),
        },
    }
}

/// The efforts by which thinking can be set; `none` turns it off and is no effort.
fn efforts(row: &Value) -> Vec<Effort> {
    let options = row["reasoning_options"].as_array().into_iter().flatten();
    let values =
        options.filter(|option| option["type"] == "effort").filter_map(|option| option["values"].as_array());
    let mut efforts: Vec<Effort> =
        values.flatten().filter_map(|value| value.as_str()?.parse().ok()).collect();
    efforts.sort_unstable();
    efforts.dedup();
    efforts
}
