//! `GET /v1/models`: what a key may call, in a form that the clients of both makers read.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use trireme_core::Wire;
use trireme_core::catalogue::Model;

use super::problem::Problem;
use super::server::Desk;

/// When the clients are told that a model was made: they want a date, and nobody here knows one.
const CREATED: (u64, &str) = (1_577_836_800, "2020-01-01T00:00:00Z");

/// All models that the gateway can pass on to.
pub(super) async fn list(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response<Body> {
    if let Err(problem) = desk.caller(&headers) {
        return problem.response(wire(&headers));
    }
    let reachable =
        desk.catalogue.models.iter().filter(|(_, model)| desk.upstreams.contains_key(&model.provider));
    let data: Vec<Value> = reachable.map(|(name, model)| entry(name, model)).collect();
    let (first, last) = (data.first(), data.last());
    let id = |entry: Option<&Value>| entry.and_then(|entry| entry.get("id")).cloned();
    let (first, last) = (id(first), id(last));
    Json(json!({"object": "list", "data": data, "has_more": false, "first_id": first, "last_id": last}))
        .into_response()
}

/// One of them.
pub(super) async fn one(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    if let Err(problem) = desk.caller(&headers) {
        return problem.response(wire(&headers));
    }
    match desk.catalogue.find(&name) {
        Some((name, model)) => Json(entry(name, model)).into_response(),
        None => Problem::missing(format!("there is no model {name:?} here")).response(wire(&headers)),
    }
}

fn entry(name: &str, model: &Model) -> Value {
    let (seconds, text) = CREATED;
    json!({
        "id": name, "object": "model", "type": "model", "display_name": name, "owned_by": model.provider,
        "created": seconds, "created_at": text,
    })
}

/// Both makers have this path; only one has this header.
fn wire(headers: &HeaderMap) -> Wire {
    if headers.contains_key("anthropic-version") { Wire::Anthropic } else { Wire::Responses }
}
