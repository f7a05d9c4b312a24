//! What a call gave its model, for whoever looks at a run later: the same requests, made again by the same code.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use trireme_core::{BlobRef, Wire};

use super::job::Call;
use super::model::{Imprint, StoredCall, StoredReply, Written};
use super::{Trouble, World};
use crate::bus::{Request, UserPart};

/// What a reply tells of the request that it answers.
pub(crate) struct Record {
    /// The wire that it came over.
    pub(crate) wire: Wire,
    /// The request as it left; none where it held a secret, or an earlier version wrote the reply down.
    pub(crate) sent: Option<Imprint>,
    /// Whether it held a secret that nobody writes down.
    pub(crate) held_secret: bool,
}

impl Record {
    /// Of a request that leaves. Nothing is told of one with a secret: who has all the rest of it could try what the hash fits.
    pub(super) fn of(wire: Wire, sent: Imprint, held_secret: bool) -> Self {
        Self { wire, sent: (!held_secret).then_some(sent), held_secret }
    }
}

/// Something that was said in a conversation, in nobody's format.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Utterance {
    /// The system prompt.
    System {
        /// What it says.
        text: String,
    },
    /// What the agent was told.
    Told {
        /// What.
        text: String,
    },
    /// What a call of a tool came back with.
    Result {
        /// The tool; none where nobody called it.
        tool: Option<String>,
        /// Whether it did what was asked.
        ok: bool,
        /// What it said.
        text: String,
    },
    /// What the model said.
    Said {
        /// What.
        text: String,
    },
    /// What the model called.
    Called {
        /// The tool.
        tool: String,
        /// Its arguments; a sentence where they could not be read.
        args: Value,
    },
}

impl World {
    /// What a call sends, as a conversation.
    pub(crate) async fn said(&self, call: &Call) -> Result<Vec<Utterance>, Trouble> {
        let mut said = vec![Utterance::System { text: call.conversation.system.clone() }];
        let mut called: BTreeMap<String, String> = BTreeMap::new();
        for turn in self.turns(&call.conversation).await? {
            let (parts, reply) = turn.sides();
            said.extend(parts.iter().filter_map(|part| told(part, &called)));
            if let Some(reply) = reply {
                called = reply.calls.iter().map(|call| (call.id.clone(), call.name.clone())).collect();
                said.extend(utterances(reply));
            }
        }
        Ok(said)
    }

    /// What a reply says.
    pub(crate) async fn answered(&self, reply: BlobRef) -> Result<Vec<Utterance>, Trouble> {
        Ok(utterances(&self.document(reply).await?))
    }

    /// The request of a call, and what it is on the wire; none where nobody serves its model.
    pub(crate) async fn given(&self, call: &Call) -> Result<Option<(Request, Imprint)>, Trouble> {
        let Some(Written { adapter, request, .. }) = self.written(call).await? else { return Ok(None) };
        let sent = Imprint::of(&adapter.encode(&request).body);
        Ok(Some((request, sent)))
    }

    /// What is on record of the request that a reply answers.
    pub(crate) async fn record(&self, reply: BlobRef) -> Result<Record, Trouble> {
        let StoredReply { wire, sent, held_secret, .. } = self.document(reply).await?;
        Ok(Record { wire, sent, held_secret })
    }
}

/// A part of what a model is told; `called` has the tools of its last calls. A text without words is none.
fn told(part: &UserPart, called: &BTreeMap<String, String>) -> Option<Utterance> {
    match part {
        UserPart::Text(text) if text.is_empty() => None,
        UserPart::Text(text) => Some(Utterance::Told { text: text.clone() }),
        UserPart::ToolResult { id, text, is_error } => {
            Some(Utterance::Result { tool: called.get(id).cloned(), ok: !is_error, text: text.clone() })
        }
        // No agent is shown pictures; only the gateway passes them on.
        UserPart::Image { media_type, .. } => Some(Utterance::Told { text: format!("({media_type})") }),
    }
}

fn utterances(reply: &StoredReply) -> Vec<Utterance> {
    let text = Some(&reply.text).filter(|text| !text.is_empty());
    let call = |StoredCall { name, args, .. }: &StoredCall| {
        let args = args.clone().unwrap_or_else(|why| Value::String(format!("(unreadable: {why})")));
        Utterance::Called { tool: name.clone(), args }
    };
    let text = text.map(|text| Utterance::Said { text: text.clone() });
    text.into_iter().chain(reply.calls.iter().map(call)).collect()
}
