//! A conversation becomes a request: its documents are loaded, rendered, and put between the provider's own blocks.

use serde_json::Value;
use trireme_core::limits::DIFF_BYTES;
use trireme_core::prompts::conversation::{Conversation, PromptTurn, TOO_MANY_CALLS};
use trireme_core::prompts::documents::{self, Document, Part, Piece, Readers};
use trireme_core::{CommitId, Contract, Intent, Plan, ToolSet};

use super::model::{StoredCall, StoredReply};
use super::{Trouble, World};
use crate::bus::{Message, Request, UserPart};

impl World {
    /// The request that a model gets; with `whole`, nothing of it is left out for the model's sake.
    pub(super) async fn request(
        &self,
        conversation: &Conversation,
        model: &str,
        max_tokens: u64,
        whole: bool,
    ) -> Result<Request, Trouble> {
        let mut messages = Vec::with_capacity(conversation.turns.len() * 2);
        let mut calls = Vec::new();
        for turn in &conversation.turns {
            messages.push(Message::User(self.user(turn, &calls).await?));
            if let Some(reply) = turn.reply {
                let stored: StoredReply = self.document(reply).await?;
                let content =
                    if whole { stored.content } else { readable_by(model, stored.model, stored.content) };
                messages.push(Message::Assistant(content));
                calls = stored.calls;
            }
        }
        let (system, tools) = (conversation.system.clone(), conversation.tools.clone());
        Ok(Request { model: model.to_owned(), system, messages, tools, max_tokens, streamed: true })
    }

    /// One side of a turn: an answer for every call of the reply before, then what there is to tell.
    async fn user(&self, turn: &PromptTurn, calls: &[StoredCall]) -> Result<Vec<UserPart>, Trouble> {
        let mut parts = Vec::new();
        let mut told = String::new();
        for piece in &turn.user {
            match piece {
                Piece::Result { index, ok, body } => {
                    let Some(call) = calls.get(usize::from(*index)) else { continue };
                    let text = self.joined(body).await?;
                    parts.push(UserPart::ToolResult { id: call.id.clone(), text, is_error: !ok });
                }
                Piece::Part(part) => told.push_str(&self.part(part).await?),
            }
        }
        for call in calls.iter().skip(parts.len()) {
            let text = TOO_MANY_CALLS.to_owned();
            parts.push(UserPart::ToolResult { id: call.id.clone(), text, is_error: true });
        }
        parts.push(UserPart::Text(told));
        Ok(parts)
    }

    async fn joined(&self, parts: &[Part]) -> Result<String, Trouble> {
        let mut text = String::new();
        for part in parts {
            text.push_str(&self.part(part).await?);
        }
        Ok(text)
    }

    async fn part(&self, part: &Part) -> Result<String, Trouble> {
        match part {
            Part::Text(text) => Ok(text.clone()),
            Part::Document(document) => self.rendered(document).await,
        }
    }

    async fn rendered(&self, document: &Document) -> Result<String, Trouble> {
        Ok(match document {
            Document::Intent(blob) => documents::render_intent(&self.document::<Intent>(*blob).await?),
            Document::Plan(blob) => documents::render_plan(&self.document::<Plan>(*blob).await?),
            Document::Section { plan, place, whole } => {
                let (plan, whole): (Plan, Plan) = (self.document(*plan).await?, self.document(*whole).await?);
                documents::render_section(&whole, &plan, *place)
            }
            Document::Contract { contract, base, readers: Readers::Worker(tools) } => {
                self.contract(&self.document(*contract).await?, base, *tools).await?
            }
            Document::Contract { contract, readers: Readers::Reviewer, .. } => {
                documents::render_contract_for_review(&self.document(*contract).await?)
            }
            Document::Diff { base, commit } => {
                documents::render_diff(&self.repo().diff(base, commit, DIFF_BYTES).await?)
            }
            Document::Blob(blob) => self.text(*blob).await?,
            Document::Excerpt { blob, bytes, end } => {
                documents::excerpt(&self.text(*blob).await?, *bytes, *end)
            }
        })
    }

    /// A contract with its context files as they were where the attempt started.
    async fn contract(
        &self,
        contract: &Contract,
        base: &CommitId,
        tools: ToolSet,
    ) -> Result<String, Trouble> {
        let mut files = Vec::new();
        for path in contract.context_files() {
            if let Some(bytes) = self.repo().read(base, path).await? {
                files.push((path.to_owned(), String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        Ok(documents::render_contract(contract, tools, &files))
    }
}

/// Thinking is bound to the model that thought it; another one is not shown it.
fn readable_by(model: &str, wrote: String, content: Vec<Value>) -> Vec<Value> {
    let is_thought = |block: &Value| {
        matches!(block.get("type").and_then(Value::as_str), Some("thinking" | "redacted_thinking"))
    };
    if wrote == model {
        return content;
    }
    content.into_iter().filter(|block| !is_thought(block)).collect()
}
