//! Calls to models: a request put together and measured, sent, and its answer read.

use std::borrow::Cow;
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
use super::desks::Desk;
use super::gate::{self, Unsent};
use super::job::{Call, Composition, Ground};
use super::seen::Record;
use super::{Trouble, World};
use crate::bus::governor::LaneKey;
use crate::bus::governor::Load;
use crate::bus::{Adapter, Answer, Failed, Request, ToolCall, dialect};
use crate::clock;
use crate::redaction::Redactor;

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
    /// Whether that request held a secret, which is why nothing is told of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) held_secret: bool,
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
    /// Whether a reply in it holds a secret that nobody writes down.
    pub(super) held_secret: bool,
}

/// One call of a reply.
#[derive(Clone, Serialize, Deserialize)]
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
        let conversation = self.whole(&composition.conversation).await?;
        let turns = self.turns(&conversation).await?;
        let bytes = self.0.adapters.each().map(|(provider, adapter)| {
            let reader = Reader { provider, adapter, model: &composition.model, id: &composition.model };
            let max =
                Limits { max_tokens: u64::from(u32::MAX), context_max: None, effort: Some(Effort::Minimal) };
            weight(&adapter.encode(&self.request(&conversation, &turns, &reader, max, true)).body)
        });
        Ok(Outcome::Composed { body_bytes: bytes.max().unwrap_or(0) })
    }

    /// Sends a request, once, when its provider will take it. Retries are the run's to decide, each under a promise of its own.
    pub(super) async fn call(&self, call: Call) -> Result<Outcome, Trouble> {
        let Some(Written { row, adapter, request, repo_bytes, held_secret }) = self.written(&call).await?
        else {
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
                self.heard(call, Record::of(wire, imprint, held_secret), answer).await
            }
            Err(Failed { fault, .. }) => {
                let fault = self.0.blobs.redactor().clean(fault);
                Ok(Outcome::Faulted { fault, jitter: clock::jitter() })
            }
        }
    }

    /// The request of a call; none where nobody serves its model.
    pub(super) async fn written(&self, call: &Call) -> Result<Option<Written<'_>>, Trouble> {
        let row = self.0.catalogue.models.get(&call.model);
        let (Some(row), Some(adapter)) = (row, self.adapter(&call.model)) else { return Ok(None) };
        let conversation = self.whole(&call.conversation).await?;
        let turns = self.turns(&conversation).await?;
        let reader = Reader { provider: &row.provider, adapter, model: &call.model, id: &row.id };
        let max = Limits {
            max_tokens: call.max_tokens,
            context_max: Some(row.context_tokens),
            effort: call.effort,
        };
        let request = self.request(&conversation, &turns, &reader, max, false);
        let repo_bytes = turns.iter().map(|turn| turn.repo_bytes).sum();
        let held_secret = turns.iter().any(|turn| turn.tells_secret(&reader));
        Ok(Some(Written { row, adapter, request, repo_bytes, held_secret }))
    }

    /// Who serves the model.
    pub(super) fn adapter(&self, model: &str) -> Option<&Arc<dyn Adapter>> {
        self.0.adapters.of(&self.0.catalogue.models.get(model)?.provider)
    }

    async fn heard(&self, call: Call, record: Record, answer: Answer) -> Result<Outcome, Trouble> {
        let Call { seat, model, judges, ground, .. } = call;
        let Answer { reply, content, text, calls, .. } = answer;
        let calls =
            calls.into_iter().map(|ToolCall { id, name, args }| StoredCall { id, name, args }).collect();
        let Record { wire, sent, held_secret } = record;
        let truth = StoredReply { model, wire, text, content, calls, sent, held_secret };
        let clean = truth.cleaned(self.0.blobs.redactor());
        let said = clean.as_ref().unwrap_or(&truth);
        let mut asks = self.asks(seat, said, &truth).await?;
        self.look(judges.as_ref(), ground.as_ref(), &mut asks).await?;
        let content = self.0.blobs.put_clean(said.text()?).await?;
        if clean.is_some() {
            self.0.blobs.remember(content, truth.text()?);
        }
        Ok(Outcome::Replied { reply, content, asks })
    }

    /// What a kept reply asks for, with what a look at the repository says of it.
    pub(crate) async fn wanted(&self, call: &Call, reply: BlobRef) -> Result<Vec<Ask>, Trouble> {
        let said: StoredReply = self.document(reply).await?;
        let mut asks = self.asks(call.seat, &said, &said).await?;
        self.look(call.judges.as_ref(), call.ground.as_ref(), &mut asks).await?;
        Ok(asks)
    }

    async fn look(
        &self,
        judges: Option<&Desk>,
        ground: Option<&Ground>,
        asks: &mut [Ask],
    ) -> Result<(), Trouble> {
        if let Some(desk) = judges {
            self.see_quotes(desk, asks).await?;
        }
        if let Some(ground) = ground {
            self.survey(ground, asks).await?;
        }
        Ok(())
    }

    /// Reads what a model asks for. The texts in it are stored first, so that the run is handed addresses only: one pass
    /// collects them, the second puts their addresses where they stood. What they were in truth is remembered, since files
    /// that are handed in are written as they were meant.
    async fn asks(&self, seat: Seat, said: &StoredReply, truth: &StoredReply) -> Result<Vec<Ask>, Trouble> {
        let (clean, meant) = (texts(seat, said), texts(seat, truth));
        let is_parallel = clean.len() == meant.len();
        let mut stored = Vec::with_capacity(clean.len());
        for (clean, meant) in clean.into_iter().zip(meant) {
            let is_other = is_parallel && clean != meant;
            let blob = self.0.blobs.put_clean(clean).await?;
            if is_other {
                self.0.blobs.remember(blob, meant);
            }
            stored.push(blob);
        }
        let mut addresses = stored.into_iter();
        Ok(read(seat, said, &mut |_: &str| addresses.next().unwrap_or(BlobRef(Digest::of(b"")))))
    }
}

/// The texts of what a model asks for, in the order in which they are stored.
fn texts(seat: Seat, reply: &StoredReply) -> Vec<String> {
    let mut texts = Vec::new();
    read(seat, reply, &mut |text: &str| {
        texts.push(text.to_owned());
        BlobRef(Digest::of(b""))
    });
    texts
}

impl StoredReply {
    /// The reply without its secrets; none where it has none. What is signed can't be sent back once a word of it is
    /// another one, so the same is said anew, in blocks of the same wire.
    fn cleaned(&self, redactor: &Redactor) -> Option<Self> {
        let text = redactor.text(&self.text);
        let calls: Option<Vec<StoredCall>> =
            redactor.document(&self.calls).and_then(|calls| serde_json::from_value(calls).ok());
        let is_elsewhere = || self.content.iter().any(|block| redactor.is_in_block(block));
        if matches!(text, Cow::Borrowed(_)) && calls.is_none() && !is_elsewhere() {
            return None;
        }
        let calls = calls.unwrap_or_else(|| self.calls.clone());
        let content =
            dialect(self.wire).said(&text, &calls.iter().map(StoredCall::tool_call).collect::<Vec<_>>());
        let (model, text) = (self.model.clone(), text.into_owned());
        let Self { wire, sent, held_secret, .. } = *self;
        Some(Self { model, wire, text, content, calls, sent, held_secret })
    }

    fn text(&self) -> Result<Vec<u8>, Trouble> {
        serde_json::to_vec(self).map_err(|error| Trouble::Document(error.to_string()))
    }
}

impl StoredCall {
    fn tool_call(&self) -> ToolCall {
        ToolCall { id: self.id.clone(), name: self.name.clone(), args: self.args.clone() }
    }
}

/// Calls beyond the limit are kept, since each wants an answer, but nobody asks for them.
fn read(seat: Seat, reply: &StoredReply, lodge: &mut dyn FnMut(&str) -> BlobRef) -> Vec<Ask> {
    let calls = reply.calls.iter().take(CALLS_PER_REPLY);
    let ask = |call: &StoredCall| match &call.args {
        Ok(args) => parse(seat, &call.name, args, lodge),
        Err(why) => Ask::Malformed { name: call.name.clone(), why: why.clone() },
    };
    calls.map(ask).collect()
}
