//! A program's request: what it can cost at most, and the few bytes of it that are changed.
//!
//! The body passes through as it came but for four documented changes: the catalogue's name of the model becomes the
//! provider's, the cap on output is lowered or added, a chat stream is asked for its usage, and OpenAI is asked for its
//! standard tier. The changes are made in the bytes, since the order of keys and the spelling of strings are the caller's.
//!
//! What has no bound is refused here: media behind an address, state that the provider keeps, work and tools of the
//! provider's own without a limit, routes to other models.

mod content;
mod fields;
mod forbidden;
mod rewrite;
#[cfg(test)]
mod tests;
mod tools;

use serde::Deserialize;
use serde_json::value::RawValue;
use trireme_core::Wire;
use trireme_core::catalogue::Model;
use trireme_core::limits::{HIDDEN_INPUT_TOKENS, HIDDEN_TOOL_TOKENS, IMAGE_TOKENS};
use trireme_core::weight::weight;

use content::Media;
use fields::Fields;
use rewrite::CHANGE_BYTES;
use tools::Tools;

/// A body that was read.
#[derive(Debug)]
pub(super) struct Asked<'b> {
    wire: Wire,
    body: &'b [u8],
    fields: Fields<'b>,
    /// The model by the caller's name for it.
    pub(super) model: String,
    /// The most output that is asked for, in tokens.
    pub(super) max_tokens: Option<u64>,
    /// The least output that makes sense, in tokens: more than the request allows to think.
    pub(super) least: u64,
    /// Answers at once.
    pub(super) choices: u64,
    /// Whether the answer is streamed.
    pub(super) streamed: bool,
    /// Hosted searches that the request allows.
    pub(super) searches_max: u64,
    media: Media,
    /// Tools of the caller's that the provider describes to the model in its own words.
    described: u64,
}

/// Why a body is not sent on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadRequest {
    /// It is no object of JSON, or its fields can be read in more than one way.
    #[error("the body can't be read: {0}")]
    Unread(String),
    /// A field is missing or of another type.
    #[error("the body's {field:?} {problem}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Nobody can say what it costs at most.
    #[error("{what} has no upper bound of its cost: {instead}")]
    Unbounded {
        /// What.
        what: String,
        /// What to do.
        instead: &'static str,
    },
}

impl<'b> Asked<'b> {
    /// Reads a body.
    ///
    /// # Errors
    /// [`BadRequest`], with what to do instead.
    pub(super) fn read(wire: Wire, body: &'b [u8]) -> Result<Self, BadRequest> {
        let fields = Fields::read(wire, body)?;
        let mut asked = Self {
            wire,
            body,
            fields,
            model: String::new(),
            max_tokens: None,
            least: 0,
            choices: 1,
            streamed: false,
            searches_max: 0,
            media: Media::default(),
            described: 0,
        };
        asked.model = asked
            .get("model", "is no text")?
            .ok_or(BadRequest::Field { field: "model", problem: "is missing" })?;
        asked.streamed = asked.get("stream", "is neither true nor false")?.unwrap_or(false);
        asked.choices = asked.get("n", "is no number")?.unwrap_or(1).max(1);
        for name in caps(wire) {
            let asked_for: Option<u64> = asked.get(name, "is no number of tokens")?;
            asked.max_tokens = asked.max_tokens.max(asked_for);
        }
        asked.least = asked.least()?;
        forbidden::refuse(&asked)?;
        asked.media = content::media(&asked)?;
        let Tools { searches_max, described } = tools::read(&asked)?;
        (asked.searches_max, asked.described) = (searches_max, described);
        Ok(asked)
    }

    /// A field's value; none where it is missing or null.
    fn raw(&self, name: &str) -> Option<&'b RawValue> {
        self.fields.get(name).filter(|value| value.get() != "null")
    }

    fn get<T: Deserialize<'b>>(
        &self,
        field: &'static str,
        problem: &'static str,
    ) -> Result<Option<T>, BadRequest> {
        let parsed = self.raw(field).map(|value| serde_json::from_str(value.get())).transpose();
        parsed.map_err(|_| BadRequest::Field { field, problem })
    }

    /// One token more than the request allows to think; never more than it asks for, since who asks for less knows why.
    fn least(&self) -> Result<u64, BadRequest> {
        #[derive(Deserialize)]
        struct Thinking {
            budget_tokens: Option<u64>,
        }
        if self.wire != Wire::Anthropic {
            return Ok(0);
        }
        let thinking: Option<Thinking> = self.get("thinking", "has no number of tokens as its budget")?;
        let budget = thinking.and_then(|thinking| thinking.budget_tokens);
        let least = budget.map_or(0, |budget| budget.saturating_add(1));
        Ok(least.min(self.max_tokens.unwrap_or(u64::MAX)))
    }

    /// The most tokens that the provider can read for this request. A hosted search reads what it finds, and all of the
    /// conversation again; a document's pages are not in its bytes: there only the model's context is a bound.
    pub(super) fn input_tokens_max(&self, model: &Model) -> u64 {
        if self.searches_max > 0 {
            return model.context_tokens.saturating_mul(self.searches_max.saturating_add(1));
        }
        let bytes = weight(self.body).saturating_add(CHANGE_BYTES);
        let images = self.media.images.saturating_mul(IMAGE_TOKENS);
        let described = self.described.saturating_mul(HIDDEN_TOOL_TOKENS);
        let hidden = HIDDEN_INPUT_TOKENS.saturating_add(described);
        let counted = bytes.saturating_add(hidden).saturating_add(images);
        if self.media.documents > 0 { counted.max(model.context_tokens) } else { counted }
    }
}

/// The fields that cap the output.
const fn caps(wire: Wire) -> &'static [&'static str] {
    match wire {
        Wire::Anthropic => &["max_tokens"],
        Wire::Responses => &["max_output_tokens"],
        Wire::Chat => &["max_completion_tokens", "max_tokens"],
        // Not spoken by the gateway.
        Wire::Gemini | Wire::Ollama => &[],
    }
}
