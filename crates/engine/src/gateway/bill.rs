//! What was spent: by key, and call by call.

use std::path::Path;

use serde::Serialize;
use trireme_core::gateway::{End, Gateway, GatewayEvent, Loss};
use trireme_core::log::rfc3339;
use trireme_core::{Millis, Money, Usage};

use super::keeper;
use crate::error::EngineError;

/// One key's money.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bill {
    /// The key.
    pub key: String,
    /// The key that pays with it.
    pub parent: Option<String>,
    /// The most that may pass through it.
    pub limit: Money,
    /// Paid.
    pub spent: Money,
    /// Promised to calls on their way.
    pub reserved: Money,
    /// Calls that ended.
    pub calls: u64,
    /// Calls of these without a whole answer.
    pub failed: u64,
    /// Calls that were not let through.
    pub refused: u64,
    /// What all of them used, as far as it is known.
    pub usage: Usage,
    /// What it may call; empty for everything.
    pub models: Vec<String>,
    /// When it ends by itself, in milliseconds since 1970.
    pub expires: Option<Millis>,
    /// Whether it was taken back, or overran.
    pub closed: bool,
}

/// One call, told with the fields of the event log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallLine {
    /// Its number in the journal.
    pub seq: u64,
    /// When it ended, in RFC 3339, UTC.
    pub timestamp: String,
    /// Whose it is: the gateway.
    pub manager_id: String,
    /// Whose key it is.
    pub agent_id: String,
    /// `llm_call`, `call_denied`, or what happened to a key.
    pub event_type: &'static str,
    /// The same in a sentence.
    pub detail: String,
    /// What it cost, in nanodollars.
    pub cost_nanos: u64,
    /// What it cost, in dollars.
    pub cost_usd: String,
    /// Which model was asked.
    pub model: Option<String>,
    /// What it used, where that is known.
    pub tokens: Option<Usage>,
    /// From the promise to the end, in milliseconds.
    pub latency_ms: Option<u64>,
}

/// The bills of all keys.
pub(super) fn of(gateway: &Gateway) -> Vec<Bill> {
    gateway
        .standings()
        .map(|standing| Bill {
            key: standing.key.name.clone(),
            parent: standing.key.parent.and_then(|id| gateway.key(id)).map(|key| key.name.clone()),
            limit: standing.limit,
            spent: standing.spent,
            reserved: standing.reserved,
            calls: standing.key.calls,
            failed: standing.key.failed,
            refused: standing.key.refused,
            usage: standing.key.usage,
            models: standing.key.models.clone(),
            expires: standing.key.expires,
            closed: standing.key.closed,
        })
        .collect()
}

/// The bills in `dir`, whoever serves it.
///
/// # Errors
/// Where the journal can't be read.
pub async fn bills(dir: &Path) -> Result<Vec<Bill>, EngineError> {
    Ok(of(&keeper::peek(dir, |_, _, _, _| {}).await?))
}

/// Everything that happened in `dir`, one line each, oldest first.
///
/// # Errors
/// Where the journal can't be read.
pub async fn calls(dir: &Path) -> Result<Vec<CallLine>, EngineError> {
    let mut lines = Vec::new();
    keeper::peek(dir, |before, seq, at, event| lines.extend(line(before, seq, at, event))).await?;
    Ok(lines)
}

/// The line of an event; a promise is told with its end.
fn line(before: &Gateway, seq: u64, at: Millis, event: &GatewayEvent) -> Option<CallLine> {
    let name = |key| before.key(key).map_or_else(|| format!("{key}"), |key| key.name.clone());
    let plain = |key: String, event_type, detail: String| CallLine {
        seq,
        timestamp: rfc3339(at),
        manager_id: "gateway".to_owned(),
        agent_id: key,
        event_type,
        detail,
        cost_nanos: 0,
        cost_usd: Money::ZERO.to_string(),
        model: None,
        tokens: None,
        latency_ms: None,
    };
    Some(match event {
        GatewayEvent::Opened { .. } => {
            plain("gateway".to_owned(), "gateway_opened", "its prices are pinned".to_owned())
        }
        GatewayEvent::Reserved { .. } => return None,
        GatewayEvent::KeyMade { key } => plain(key.name.clone(), "key_made", format!("with {}", key.limit)),
        GatewayEvent::KeyLimited { key, limit } => plain(name(*key), "key_limited", format!("to {limit}")),
        GatewayEvent::KeyRevoked { key } => plain(name(*key), "key_revoked", "taken back".to_owned()),
        GatewayEvent::Denied { key, model, why } => {
            let line = plain(name(*key), "call_denied", why.clone());
            CallLine { model: Some(model.clone()), ..line }
        }
        GatewayEvent::Ended { call, end, cost, usage, served, latency_ms } => {
            let pending = before.pending(*call)?;
            let detail = detail(&pending.model, served.as_deref(), end);
            let line = plain(name(pending.key), "llm_call", detail);
            CallLine {
                cost_nanos: cost.as_nanos(),
                cost_usd: cost.to_string(),
                model: Some(pending.model.clone()),
                tokens: *usage,
                latency_ms: Some(*latency_ms),
                ..line
            }
        }
    })
}

fn detail(model: &str, served: Option<&str>, end: &End) -> String {
    let came_to = match end {
        End::Answered => "answered".to_owned(),
        End::Refused { status: Some(status) } => format!("was refused with {status}, unbilled"),
        End::Refused { status: None } => "never arrived, unbilled".to_owned(),
        End::Forfeited { why } => format!("{}: charged at its bound", loss(*why)),
    };
    match served {
        Some(other) => format!("{model} {came_to}, by {other}"),
        None => format!("{model} {came_to}"),
    }
}

const fn loss(why: Loss) -> &'static str {
    match why {
        Loss::Cut => "was cut off",
        Loss::NoUsage => "answered without saying what it used",
        Loss::CallerGone => "was left by its caller",
        Loss::Broken => "broke down",
        Loss::Silent => "fell silent",
        Loss::GatewayGone => "was on its way when the gateway ended",
    }
}
