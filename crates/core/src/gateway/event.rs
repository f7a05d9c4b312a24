//! What happens at the gateway, as it is written down.

use serde::{Deserialize, Serialize};

use crate::words::{BlobRef, Digest, EffectId, KeyId, Millis, Money, Usage};

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayEvent {
    /// The gateway opened with these prices.
    Opened {
        /// The catalogue, as a payload.
        catalogue: BlobRef,
    },
    /// A key was made.
    KeyMade {
        /// Which.
        key: NewKey,
    },
    /// A key's limit was changed.
    KeyLimited {
        /// Which.
        key: KeyId,
        /// The new limit.
        limit: Money,
    },
    /// A key was taken back.
    KeyRevoked {
        /// Which.
        key: KeyId,
    },
    /// Money was promised to a call, which leaves now.
    Reserved {
        /// The call.
        call: EffectId,
        /// Who pays.
        key: KeyId,
        /// The catalogue's name of the model.
        model: String,
        /// The most that the answer may have, in tokens.
        max_tokens: u64,
        /// The most that the call can cost.
        bound: Money,
        /// The length of the body as it is sent, in bytes.
        body_bytes: u64,
    },
    /// A call is over.
    Ended {
        /// The call.
        call: EffectId,
        /// How.
        end: End,
        /// What is paid for it.
        cost: Money,
        /// What it used, where the provider said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<Usage>,
        /// The model that answered, where that is not the one that was asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        served: Option<String>,
        /// From sending to the end, in milliseconds.
        latency_ms: u64,
    },
    /// A call was not let through.
    Denied {
        /// Whose.
        key: KeyId,
        /// The model that it named.
        model: String,
        /// Why, as the caller was told.
        why: String,
    },
}

impl GatewayEvent {
    /// Its name in the journal.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::KeyMade { .. } => "key_made",
            Self::KeyLimited { .. } => "key_limited",
            Self::KeyRevoked { .. } => "key_revoked",
            Self::Reserved { .. } => "reserved",
            Self::Ended { .. } => "ended",
            Self::Denied { .. } => "denied",
        }
    }
}

/// A key as it is made. Its secret is nowhere: only the digest is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKey {
    /// What it is called.
    pub name: String,
    /// The SHA-256 of the secret.
    pub secret: Digest,
    /// The most that may pass through it.
    pub limit: Money,
    /// The key that pays with it.
    pub parent: Option<KeyId>,
    /// Names of models, `*` at the end for all that begin so; empty for all.
    pub models: Vec<String>,
    /// The most output that one call may ask for, in tokens.
    pub output_cap: u64,
    /// When it ends by itself.
    pub expires: Option<Millis>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// With a whole answer.
    Answered,
    /// Certainly unbilled: it was refused or never arrived.
    Refused {
        /// The upstream's status, none where there was no connection.
        status: Option<u16>,
    },
    /// Nobody can say what was billed: the whole promise is charged.
    Forfeited {
        /// What happened.
        why: Loss,
    },
}

/// Why nobody can say what a call cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The answer ended before the provider's own end.
    Cut,
    /// A whole answer that does not say what it used.
    NoUsage,
    /// The caller went away.
    CallerGone,
    /// The provider broke down, and may have billed.
    Broken,
    /// Nothing came for too long.
    Silent,
    /// This gateway's process ended.
    GatewayGone,
}
