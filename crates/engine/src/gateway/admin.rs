//! Keys: how they are made, limited and taken back, from this process or another.

use serde::{Deserialize, Serialize};
use trireme_core::gateway::{Gateway, GatewayEvent, NewKey};
use trireme_core::limits::NAME_BYTES;
use trireme_core::{Digest, KeyId, Millis, Money};

use crate::clock;

/// What every secret begins with, so that people and scanners know one when they see it.
const PREFIX: &str = "trireme-";

/// An order about keys, as it lies in the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KeyOrder {
    /// Make one.
    Make {
        /// The SHA-256 of its secret.
        secret: Digest,
        /// What it is.
        wish: KeyWish,
    },
    /// Change its limit.
    Limit {
        /// Its name.
        name: String,
        /// The new limit.
        limit: Money,
    },
    /// Take it back.
    Revoke {
        /// Its name.
        name: String,
    },
}

/// A key as it is wished for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyWish {
    /// What it is called: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The most that may pass through it.
    pub limit: Money,
    /// The name of the key that pays with it.
    pub parent: Option<String>,
    /// Names of models, `*` at the end for all that begin so; empty for all.
    pub models: Vec<String>,
    /// The most output that one call may ask for, in tokens.
    pub output_cap: u64,
    /// When it ends by itself.
    pub expires: Option<Millis>,
}

/// A new secret.
pub(super) fn secret() -> String {
    format!("{PREFIX}{}", clock::random_secret())
}

/// What an order does.
pub(super) fn decide(gateway: &Gateway, order: KeyOrder) -> Result<GatewayEvent, String> {
    match order {
        KeyOrder::Make { secret, wish } => make(gateway, secret, wish),
        KeyOrder::Limit { name, limit } => {
            open_key(gateway, &name).map(|key| GatewayEvent::KeyLimited { key, limit })
        }
        KeyOrder::Revoke { name } => open_key(gateway, &name).map(|key| GatewayEvent::KeyRevoked { key }),
    }
}

fn make(gateway: &Gateway, secret: Digest, wish: KeyWish) -> Result<GatewayEvent, String> {
    let KeyWish { name, limit, parent, models, output_cap, expires } = wish;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > NAME_BYTES || !name.chars().all(is_plain) {
        return Err(format!("{name:?} is no name for a key: use letters, digits, '-', '_' and '.'"));
    }
    if open_key(gateway, &name).is_ok() {
        return Err(format!("there is a key {name:?} already: revoke it, or choose another name"));
    }
    let parent = parent.map(|above| open_key(gateway, &above)).transpose()?;
    let key = NewKey { name, secret, limit, parent, models, output_cap, expires };
    Ok(GatewayEvent::KeyMade { key })
}

fn open_key(gateway: &Gateway, name: &str) -> Result<KeyId, String> {
    let open = |id: &KeyId| gateway.key(*id).is_some_and(|key| !key.closed);
    gateway
        .key_named(name)
        .filter(open)
        .ok_or_else(|| format!("there is no open key {name:?}; `trireme keys` lists them"))
}
