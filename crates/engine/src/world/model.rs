//! Calls to models: a request put together and measured, sent, and its answer read.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trireme_core::catalogue::Model;
use trireme_core::limits::CALLS_PER_REPLY;
use trireme_core::prompts::parse::parse;
use trireme_core::run::event::Seat;
use trireme_core::run::{Ask, Outcome};
use trireme_core::weight::weight;
use trireme_core::{BlobRef, Digest, Effort, Fault, Sent, Wire};

use super::compose::{Limits, Reader};
use super::gate::{self, Unsent};
use super::job::{Call, Composition};
use super::{Trouble, World};
use crate::bus::governor::LaneKey;
use crate::bus::governor::Load;
use crate::bus::{Adapter, Answer, Failed, Request, ToolCall};
use crate::clock;

/// A model's reply as it is kept: the provider's own blocks, and which model wrote them.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredReply {
    /// The model that was asked.
    pub(super) model: String,
    /// The wire that its blocks are of.
    #[serde(default = "first_wire")]
    pub(super) wire: Wire,
    /// Its texts, for other wires.
    #[serde(default)]
    pub(super) text: String,
    /// The provider's own content blocks.
    pub(super) content: Vec<Value>,
    /// What it calls.
    pub(super) calls: Vec<StoredCall>,
    /// The request that it answers, as it left; not in replies of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sent: Option<Imprint>,
}

/// A request as it left: requests are made again from the log, and this tells whether one is what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Imprint {
    /// The SHA-256 of its body.
    pub(crate) sha256: Digest,
    /// How long its body was.
    pub(crate) bytes: u64,
}

impl Imprint {
    pub(crate) fn of(body: &[u8]) -> Self {
        Self { sha256: Digest::of(body), bytes: u64::try_from(body.len()).unwrap_or(u64::MAX) }
    }
}

/// A request, and who takes it.
pub(super) struct Written<'a> {
    /// Its model.
    pub(super) row: &'a Model,
    /// Its provider.
    pub(super) adapter: &'a Arc<dyn Adapter>,
    /// What is asked.
    pub(super) request: Request,
    /// Of it, the repository, in bytes of its JSON.
    pub(super) repo_bytes: u64,
}

/// One call of a reply.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredCall {
    /// The provider's id.
    pub(super) id: String,
    /// The tool.
    pub(super) name: String,
    /// Its arguments, or why there are none.
    pub(super) args: Result<Value, String>,
}

/// What replies were kept from before there was another.
const fn first_wire() -> Wire {
    Wire::Anthropic
}

/// What a model's calls share their limits in. A provider has one account.
fn lane(model: &Model) -> LaneKey {
    LaneKey { provider: model.provider.clone(), account: model.provider.clone(), model: model.id.clone() }
}

impl World {
    /// Bytes of the request as it will be sent at most: nobody knows yet which model gets it, and so over which wire.
    pub(super) async fn measure(&self, composition: &Composition) -> Result<Outcome, Trouble> {
        let turns = self.turns(&composition.conversation).await?;
        let bytes = self.0.adapters.each().map(|(provider, adapter)| {
            let reader = Reader { provider, adapter, model: &composition.model, id: &composition.model };
            let max =
                Limits { max_tokens: u64::from(u32::MAX), context_max: None, effort: Some(Effort::Minimal) };
            weight(&adapter.encode(&self.request(&composition.conversation, &turns, &reader, max, true)).body)
        });
        Ok(Outcome::Composed { body_bytes: bytes.max().unwrap_or(0) })
    }

    /// Sends a request, once, when its provider will take it. Retries are the run's to decide, each under a promise of its own.
    pub(super) async fn call(&self, call: Call) -> Result<Outcome, Trouble> {
        let Some(Written { row, adapter, request, repo_bytes }) = self.written(&call).await? else {
            let message = format!("the provider of {} can't be called: see trireme doctor", call.model);
            return Ok(Outcome::Faulted { fault: Fault::Auth { message }, jitter: clock::jitter() });
        };
        let encoded = adapter.encode(&request);
        let imprint = Imprint::of(&encoded.body);
        let repo_bytes = repo_bytes.min(imprint.bytes);
        let load = Load::likely(imprint.bytes, call.max_tokens);
        let mut permit = match self.0.gate.pass(&lane(row), &call.party, load).await {
            Ok(permit) => permit,
            Err(Unsent { resumes_in_ms }) => return Ok(Outcome::Unsent { resumes_in_ms }),
        };
        let wire = adapter.wire();
        let sent = adapter.send(encoded).await;
        gate::learn(&mut permit, &sent);
        drop(permit);
        match sent {
            Ok(mut answer) => {
                answer.reply.sent = Some(Sent { body_bytes: imprint.bytes, repo_bytes });
                self.heard(call, wire, imprint, answer).await
            }
            Err(Failed { fault, .. }) => Ok(Outcome::Faulted { fault, jitter: clock::jitter() }),
        }
    }

    /// The request of a call; none where nobody serves its model.
    pub(super) async fn written(&self, call: &Call) -> Result<Option<Written<'_>>, Trouble> {
        let row = self.0.catalogue.models.get(&call.model);
        let (Some(row), Some(adapter)) = (row, self.adapter(&call.model)) else { return Ok(None) };
        let turns = self.turns(&call.conversation).await?;
        let reader = Reader { provider: &row.provider, adapter, model: &call.model, id: &row.id };
        let max = Limits {
            max_tokens: call.max_tokens,
            context_max: Some(row.context_tokens),
            effort: call.effort,
        };
        let request = self.request(&call.conversation, &turns, &reader, max, false);
        let repo_bytes = turns.iter().map(|turn| turn.repo_bytes).sum();
        Ok(Some(Written { row, adapter, request, repo_bytes }))
    }

    /// Who serves the model.
    pub(super) fn adapter(&self, model: &str) -> Option<&Arc<dyn Adapter>> {
        self.0.adapters.of(&self.0.catalogue.models.get(model)?.provider)
    }

    async fn heard(
        &self,
        call: Call,
        wire: Wire,
        imprint: Imprint,
        answer: Answer,
    ) -> Result<Outcome, Trouble> {
        let Call { seat, model, judges, ground, .. } = call;
        let Answer { reply, content, text, calls, .. } = answer;
        // Those beyond the limit are kept, since each wants an answer, but nobody asks for them.
        let mut asks = self.asks(seat, calls.get(..CALLS_PER_REPLY).unwrap_or(&calls)).await?;
        if let Some(desk) = judges {
            self.see_quotes(&desk, &mut asks).await?;
        }
        if let Some(ground) = ground {
            self.survey(&ground, &mut asks).await?;
        }
        let calls =
            calls.into_iter().map(|ToolCall { id, name, args }| StoredCall { id, name, args }).collect();
        let stored =
            serde_json::to_vec(&StoredReply { model, wire, text, content, calls, sent: Some(imprint) });
        let stored = stored.map_err(|error| Trouble::Document(error.to_string()))?;
        let content = self.0.blobs.put(stored).await?;
        Ok(Outcome::Replied { reply, content, asks })
    }

    /// Reads what a model asks for. The texts in it are stored first, so that the run is handed addresses only: one pass
    /// collects them, the second puts their addresses where they stood.
    async fn asks(&self, seat: Seat, calls: &[ToolCall]) -> Result<Vec<Ask>, Trouble> {
        let mut texts = Vec::new();
        read(seat, calls, &mut |text: &str| {
            texts.push(text.to_owned());
            BlobRef(Digest::of(b""))
        });
        let mut stored = Vec::with_capacity(texts.len());
        for text in texts {
            stored.push(self.0.blobs.put(text).await?);
        }
        let mut addresses = stored.into_iter();
        Ok(read(seat, calls, &mut |_: &str| addresses.next().unwrap_or(BlobRef(Digest::of(b"")))))
    }
}

fn read(seat: Seat, calls: &[ToolCall], lodge: &mut dyn FnMut(&str) -> BlobRef) -> Vec<Ask> {
    let ask = |call: &ToolCall| match &call.args {
        Ok(args) => parse(seat, &call.name, args, lodge),
        Err(why) => Ask::Malformed { name: call.name.clone(), why: why.clone() },
    };
    calls.iter().map(ask).collect()
}
