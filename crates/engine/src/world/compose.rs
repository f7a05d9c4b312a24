//! A conversation becomes a request: its documents are loaded, rendered, and put between the provider's own blocks.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use trireme_core::limits::DIFF_BYTES;
use trireme_core::prompts::conversation::{Conversation, PromptTurn, TOO_MANY_CALLS};
use trireme_core::prompts::documents::{self, Document, INSTRUCTIONS, Part, Piece, Readers};
use trireme_core::{BlobRef, CommitId, Contract, Effort, Intent, Plan, Synthesis, ToolSet};

use super::model::{StoredCall, StoredReply};
use super::told::Told;
use super::{Trouble, World};
use crate::bus::{Adapter, Message, Request, ToolCall, UserPart, dialect};
use crate::stubs::stub;

/// Whom a request is written for.
pub(super) struct Reader<'a> {
    /// Who serves it.
    pub(super) provider: &'a str,
    /// How it is reached.
    pub(super) adapter: &'a Arc<dyn Adapter>,
    /// Its name in the catalogue.
    pub(super) model: &'a str,
    /// What the provider calls it.
    pub(super) id: &'a str,
}

/// How much a model may write and think.
pub(super) struct Limits {
    /// The most that it may write, in tokens.
    pub(super) max_tokens: u64,
    /// What fits into it, in tokens.
    pub(super) context_max: Option<u64>,
    /// How long it may think.
    pub(super) effort: Option<Effort>,
}

/// A turn with everything that it names.
pub(super) struct Turn {
    parts: Vec<UserPart>,
    reply: Option<Heard>,
    /// Bytes of the repository in its parts, as JSON has them.
    pub(super) repo_bytes: u64,
}

/// A reply as it is kept, and as it was where it held a secret and this process still knows it. Only whoever wrote it is
/// shown that: to its provider it has to come back as it was.
struct Heard {
    kept: StoredReply,
    truth: Option<StoredReply>,
}

impl Turn {
    /// What the agent was told, and what it said, as both are kept.
    pub(super) fn sides(&self) -> (&[UserPart], Option<&StoredReply>) {
        (&self.parts, self.reply.as_ref().map(|reply| &reply.kept))
    }

    /// Whether that reader gets a secret back that it wrote.
    pub(super) fn tells_secret(&self, reader: &Reader<'_>) -> bool {
        let told = self.reply.as_ref().filter(|reply| reply.truth.is_some());
        told.is_some_and(|reply| reader.wrote(&reply.kept))
    }
}

impl Reader<'_> {
    /// Whether a reply is its own.
    fn wrote(&self, reply: &StoredReply) -> bool {
        reply.model == self.model && reply.wire == self.adapter.wire()
    }
}

impl World {
    /// Loads what a conversation names.
    pub(super) async fn turns(&self, conversation: &Conversation) -> Result<Vec<Turn>, Trouble> {
        let mut turns: Vec<Turn> = Vec::with_capacity(conversation.turns.len());
        for turn in &conversation.turns {
            let reply = turns.last().and_then(|turn| turn.reply.as_ref());
            let calls: &[StoredCall] = reply.map_or(&[], |reply| reply.kept.calls.as_slice());
            let (parts, repo_bytes) = self.user(turn, calls).await?;
            let reply = match turn.reply {
                Some(reply) => Some(self.remembered(reply).await?),
                None => None,
            };
            turns.push(Turn { parts, reply, repo_bytes });
        }
        Ok(turns)
    }

    async fn remembered(&self, reply: BlobRef) -> Result<Heard, Trouble> {
        let truth = self.known_truth(reply)?;
        Ok(Heard { kept: self.document(reply).await?, truth })
    }

    /// The request that a model gets; with `whole`, nothing of it is left out for the model's sake.
    pub(super) fn request(
        &self,
        conversation: &Conversation,
        turns: &[Turn],
        reader: &Reader<'_>,
        max: Limits,
        whole: bool,
    ) -> Request {
        let mut messages = Vec::with_capacity(turns.len() * 2);
        let mut names = Names::default();
        for (at, Turn { parts, reply, .. }) in turns.iter().enumerate() {
            messages.push(Message::User(names.applied(parts)));
            names = Names::default();
            if let Some(reply) = reply {
                let (content, ids) = self.readable(at, reply, reader, whole);
                messages.push(Message::Assistant(content));
                names = ids;
            }
        }
        Request {
            provider: reader.provider.to_owned(),
            model: reader.id.to_owned(),
            system: conversation.system.clone(),
            messages,
            tools: conversation.tools.clone(),
            max_tokens: max.max_tokens,
            context_max: max.context_max,
            effort: max.effort,
            schema: None,
            streamed: true,
        }
    }

    /// A reply as that reader gets it: verbatim for the model that wrote it, without what is bound to that model for
    /// another one at its provider, and in other words for everybody else.
    fn readable(
        &self,
        at: usize,
        Heard { kept: reply, truth }: &Heard,
        reader: &Reader<'_>,
        whole: bool,
    ) -> (Vec<Value>, Names) {
        let dialect = dialect(reader.adapter.wire());
        let wrote = self.adapter(&reply.model);
        let is_neighbour = reply.wire == reader.adapter.wire()
            && wrote.is_some_and(|wrote| Arc::ptr_eq(wrote, reader.adapter));
        let same = |reply: &StoredReply| (reply.content.clone(), Names::default());
        // While it is measured nobody knows whether the truth will still be known when it is sent: the longer one counts.
        let is_longer = |truth: &&StoredReply| !whole || length(&truth.content) > length(&reply.content);
        let own = truth.as_ref().filter(is_longer).unwrap_or(reply);
        if reader.wrote(reply) {
            return same(own);
        }
        if is_neighbour && !whole {
            return (dialect.released(reply.content.clone()), Names::default());
        }
        let (calls, names) = renamed(at, &reply.calls);
        let said = dialect.said(&reply.text, &calls);
        if whole && reply.wire == reader.adapter.wire() && length(&own.content) > length(&said) {
            return same(own);
        }
        (said, names)
    }

    /// One side of a turn: an answer for every call of the reply before, then what there is to tell; and how much of that is
    /// the repository.
    async fn user(&self, turn: &PromptTurn, calls: &[StoredCall]) -> Result<(Vec<UserPart>, u64), Trouble> {
        let (mut parts, mut repo_bytes) = (Vec::new(), 0);
        let mut told = String::new();
        for piece in &turn.user {
            match piece {
                Piece::Result { index, ok, body } => {
                    let Some(call) = calls.get(usize::from(*index)) else { continue };
                    let result = Told::by_tool(&call.name, body, self.joined(body).await?);
                    repo_bytes += result.repo_bytes;
                    let (id, text) = (call.id.clone(), result.text);
                    parts.push(UserPart::ToolResult { id, text, is_error: !ok });
                }
                Piece::Part(part) => {
                    let part = self.part(part).await?;
                    repo_bytes += part.repo_bytes;
                    told.push_str(&part.text);
                }
            }
        }
        for call in calls.iter().skip(parts.len()) {
            let text = TOO_MANY_CALLS.to_owned();
            parts.push(UserPart::ToolResult { id: call.id.clone(), text, is_error: true });
        }
        parts.push(UserPart::Text(told));
        Ok((parts, repo_bytes))
    }

    async fn joined(&self, parts: &[Part]) -> Result<String, Trouble> {
        let mut text = String::new();
        for part in parts {
            text.push_str(&self.part(part).await?.text);
        }
        Ok(text)
    }

    async fn part(&self, part: &Part) -> Result<Told, Trouble> {
        match part {
            Part::Text(text) => Ok(Told::plain(text.clone())),
            Part::Document(document) => self.rendered(document).await,
        }
    }

    async fn rendered(&self, document: &Document) -> Result<Told, Trouble> {
        Ok(Told::plain(match document {
            Document::Intent(blob) => documents::render_intent(&self.document::<Intent>(*blob).await?),
            Document::Plan(blob) => documents::render_plan(&self.document::<Plan>(*blob).await?),
            Document::IntentInShort(blob) => {
                documents::render_intent_in_short(&self.document::<Intent>(*blob).await?)
            }
            Document::PlanInShort(blob) => {
                documents::render_plan_in_short(&self.document::<Plan>(*blob).await?)
            }
            Document::Section { plan, place, whole } => {
                let (plan, whole): (Plan, Plan) = (self.document(*plan).await?, self.document(*whole).await?);
                documents::render_section(&whole, &plan, *place)
            }
            Document::SectionInFull { plan, place, bytes } => {
                documents::render_section_in_full(&self.document::<Plan>(*plan).await?, *place, *bytes)
            }
            Document::Contract { contract, base, readers: Readers::Worker(tools) } => {
                return self.contract(&self.document(*contract).await?, base, *tools).await;
            }
            Document::Contract { contract, readers: Readers::Reviewer, .. } => {
                documents::render_contract_for_review(&self.document(*contract).await?)
            }
            Document::Held(contract) => documents::render_held(&self.document(*contract).await?),
            Document::Neighbour(contract) => documents::render_neighbour(&self.document(*contract).await?),
            Document::Role { prompt, name } => documents::render_role(name, &self.text(*prompt).await?),
            Document::Files { base, paths } => {
                let files = self.files(base, paths.iter().map(String::as_str)).await?;
                return Ok(Told::with_files(&files, |files| documents::render_files(paths, files)));
            }
            Document::Instructions { base } => {
                let files = self.instructions(base).await?;
                return Ok(Told::with_files(&files, documents::render_instructions));
            }
            Document::Anonymous { blob, names } => documents::anonymous(&self.text(*blob).await?, names),
            Document::Synthesis(blob) => {
                documents::render_synthesis(&self.document::<Synthesis>(*blob).await?)
            }
            Document::Diff { base, commit } => {
                let diff = documents::render_diff(&self.repo().diff(base, commit, DIFF_BYTES).await?);
                return Ok(Told::repository(diff));
            }
            Document::Blob(blob) => self.text(*blob).await?,
            Document::Omission { blob, tool } => {
                documents::render_omission(self.text(*blob).await?.len(), *tool)
            }
            Document::Excerpt { blob, bytes, end } => {
                documents::excerpt(&self.text(*blob).await?, *bytes, *end)
            }
        }))
    }

    /// A contract with its context files, whole or as stubs, as they were where the attempt started.
    async fn contract(&self, contract: &Contract, base: &CommitId, tools: ToolSet) -> Result<Told, Trouble> {
        let files = self.files(base, contract.context_files()).await?;
        let stubbed = self.files(base, contract.context_stubs()).await?;
        let reading = tokio::task::spawn_blocking(move || {
            let read = |(path, text): (String, String)| (path.clone(), stub(&path, &text));
            stubbed.into_iter().map(read).collect::<Vec<_>>()
        });
        let stubs = reading.await.map_err(|error| Trouble::Document(error.to_string()))?;
        Ok(Told::with_files(&files, |files| documents::render_contract(contract, tools, files, &stubs)))
    }

    /// The repository's own instructions; a link is none, since it may lead anywhere.
    async fn instructions(&self, base: &CommitId) -> Result<Vec<(String, String)>, Trouble> {
        let mut there = Vec::new();
        for name in INSTRUCTIONS {
            if self.repo().has_file(base, name).await? {
                there.push(name);
            }
        }
        self.files(base, there.into_iter()).await
    }

    /// Those of the files that were there at a commit.
    async fn files<'a>(
        &self,
        base: &CommitId,
        paths: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<(String, String)>, Trouble> {
        let mut files = Vec::new();
        for path in paths {
            if let Some(bytes) = self.repo().read(base, path).await? {
                files.push((path.to_owned(), String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        Ok(files)
    }
}

/// New ids of calls, by their old ones.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    /// The parts with their results under the new ids.
    fn applied(&self, parts: &[UserPart]) -> Vec<UserPart> {
        let rename = |part: &UserPart| match part {
            UserPart::ToolResult { id, text, is_error } => {
                let id = self.0.get(id).unwrap_or(id).clone();
                UserPart::ToolResult { id, text: text.clone(), is_error: *is_error }
            }
            other @ (UserPart::Text(_) | UserPart::Image { .. }) => other.clone(),
        };
        parts.iter().map(rename).collect()
    }
}

/// Calls under ids that every wire takes (nine letters and digits at least up to the ten thousandth turn) and that no
/// other turn has.
fn renamed(at: usize, calls: &[StoredCall]) -> (Vec<ToolCall>, Names) {
    let mut names = Names::default();
    let rename = |(index, call): (usize, &StoredCall)| {
        let id = format!("t{at:04}c{index:03}");
        names.0.insert(call.id.clone(), id.clone());
        ToolCall { id, name: call.name.clone(), args: call.args.clone() }
    };
    (calls.iter().enumerate().map(rename).collect(), names)
}

fn length(content: &[Value]) -> usize {
    content.iter().map(|block| block.to_string().len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn calls_of_another_wire_get_ids_that_all_wires_take_and_no_other_turn_has() {
        let call = |id: &str| StoredCall { id: id.to_owned(), name: "read".to_owned(), args: Ok(json!({})) };
        let calls = [call("call-0"), call("call-1")];
        let (first, names) = renamed(0, &calls);
        let (second, _) = renamed(1, &calls);
        let ids: Vec<_> = first.iter().chain(&second).map(|call| call.id.as_str()).collect();
        assert_eq!(ids, ["t0000c000", "t0000c001", "t0001c000", "t0001c001"]);
        let result =
            |id: &str| UserPart::ToolResult { id: id.to_owned(), text: "x".to_owned(), is_error: false };
        let parts = [result("call-1"), result("other"), UserPart::Text("on".to_owned())];
        let expected = [result("t0000c001"), result("other"), UserPart::Text("on".to_owned())];
        assert_eq!(names.applied(&parts), expected);
    }

    #[test]
    fn a_reply_from_before_there_were_wires_is_read() {
        let old = json!({"model": "m", "content": [], "calls": []});
        let stored: StoredReply = serde_json::from_value(old).unwrap();
        assert_eq!(
            (stored.wire, stored.text.as_str(), stored.sent),
            (trireme_core::Wire::Anthropic, "", None)
        );
    }
}
