//! Development only: the client of one scenario of the public MCP conformance suite. The suite starts it with the address of its
//! server; it asks for the tools, and calls each once with whatever fits.

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::{Map, Value, json};
use trireme_engine::mcp::{Contact, Reach, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().next_back().ok_or("no address is given")?;
    let server = Server {
        name: "suite".to_owned(),
        project: None,
        reach: Reach::Service { url, headers: BTreeMap::new() },
        tools: None,
        callers: Vec::new(),
        believed: false,
        timeout_s: 20,
    };
    let mut contact = Contact::to(&server, None).await?;
    for tool in contact.tools().await? {
        contact.call(&tool.tool, fitting(&tool.schema)).await?;
    }
    contact.end().await;
    Ok(())
}

/// A value for each argument that a schema names.
fn fitting(schema: &Value) -> Map<String, Value> {
    let named = schema.get("properties").and_then(Value::as_object);
    let fit = |(name, schema): (&String, &Value)| {
        let is_number = schema.get("type").is_some_and(|kind| kind == "number" || kind == "integer");
        (name.clone(), if is_number { json!(2) } else { json!("word") })
    };
    named.into_iter().flatten().map(fit).collect()
}
