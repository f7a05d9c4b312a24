//! What a scripted server knows: the scenario, what it has been asked and what it has sent. One request in, one play out.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::http::HeaderMap;
use serde_json::{Map, Value, json};
use trireme_core::{Digest, Usage, limits};

use super::answer::Spoken;
use super::check;
use super::matching::{Asked, Card, Miss, pick};
use super::script::{Scenario, ScriptedFault, ScriptedReply};

/// How much of an unmatched request's last message is shown, in characters.
const LAST_CHARS: usize = 160;

/// What a server has seen so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests that came, whatever became of them.
    pub received: u64,
    /// Replies that were sent to the last byte.
    pub answered: u64,
    /// Requests that were not of the protocol, and scripting mistakes.
    pub violations: Vec<String>,
    /// Requests that no reply, or more than one, was scripted for.
    pub unmatched: Vec<String>,
    /// What the whole replies said they used, together.
    pub usage: Usage,
}

/// What the server does with a request.
#[derive(Debug)]
pub(super) enum Play {
    /// An HTTP error.
    Refuse(Refusal),
    /// Nothing, until the server stops.
    Silence,
    /// A reply.
    Speak(Box<Speech>),
}

/// An HTTP error.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) latency_ms: u64,
}

/// A reply on its way.
#[derive(Debug)]
pub(super) struct Speech {
    pub(super) spoken: Spoken,
    pub(super) latency_ms: u64,
    pub(super) cut_after_bytes: Option<usize>,
    pub(super) is_streamed: bool,
    /// The line of the tally file.
    pub(super) line: String,
    /// What counts as used when it is whole.
    pub(super) usage: Usage,
}

/// A request that passed the check.
struct Incoming<'a> {
    body: &'a Value,
    messages: Vec<Value>,
    conversation: Digest,
    model: &'a str,
    max_tokens: u64,
    bytes: u64,
}

#[derive(Debug)]
pub(super) struct State {
    scenario: Arc<Scenario>,
    /// Whether every conversation began here.
    is_fresh: bool,
    pub(super) tally: Tally,
    tries: HashMap<Digest, u32>,
    /// First messages of the conversations that began here.
    opened: HashSet<Digest>,
    /// Blocks that were sent.
    sent: HashSet<Digest>,
}

impl State {
    pub(super) fn new(scenario: Arc<Scenario>, is_fresh: bool) -> Self {
        Self {
            scenario,
            is_fresh,
            tally: Tally::default(),
            tries: HashMap::new(),
            opened: HashSet::new(),
            sent: HashSet::new(),
        }
    }

    /// Decides what happens with a request.
    pub(super) fn take(&mut self, headers: &HeaderMap, bytes: &[u8]) -> Play {
        self.tally.received += 1;
        let body: Value = match serde_json::from_slice(bytes) {
            Ok(body) => body,
            Err(error) => return self.violation(400, format!("the body is no JSON: {error}")),
        };
        if let Err(what) = check::check(headers, &body) {
            return self.violation(400, what);
        }
        let incoming = Incoming::read(&body, bytes.len());
        match self.known_model(&incoming).and_then(|()| self.round_trip(&incoming)) {
            Ok(()) => self.reply(&incoming),
            Err(what) => self.violation(400, what),
        }
    }

    /// Records that a request or the scenario is wrong, and refuses.
    pub(super) fn violation(&mut self, status: u16, what: String) -> Play {
        let refusal = Refusal::say(status, &what);
        self.tally.violations.push(what);
        Play::Refuse(refusal)
    }

    fn known_model(&self, incoming: &Incoming<'_>) -> Result<(), String> {
        let model = self
            .scenario
            .models
            .get(incoming.model)
            .ok_or_else(|| format!("model: the scenario has no {:?}", incoming.model))?;
        if incoming.max_tokens > model.output_tokens {
            return Err(format!(
                "max_tokens: {} > {}, the most that {} may write",
                incoming.max_tokens, model.output_tokens, incoming.model
            ));
        }
        Ok(())
    }

    /// Every block of the model's in the history is one that was sent. A conversation that began before a restart is
    /// taken on trust.
    fn round_trip(&mut self, incoming: &Incoming<'_>) -> Result<(), String> {
        let first = incoming.messages.first().map(digest).unwrap_or_else(|| Digest::of(b""));
        if incoming.messages.len() == 1 {
            self.opened.insert(first);
        }
        if !self.is_fresh && !self.opened.contains(&first) {
            return Ok(());
        }
        for (at, message) in incoming.messages.iter().enumerate().skip(1).step_by(2) {
            let strange = check::blocks(message).iter().position(|block| !self.sent.contains(&digest(block)));
            if let Some(index) = strange {
                return Err(format!(
                    "messages.{at}.content.{index}: this block was never sent: it must come back as it was"
                ));
            }
        }
        Ok(())
    }

    fn reply(&mut self, incoming: &Incoming<'_>) -> Play {
        let tries = self.tries.entry(incoming.conversation).or_default();
        *tries += 1;
        let asked = incoming.asked(*tries);
        let scenario = Arc::clone(&self.scenario);
        match pick(&scenario.replies, &asked) {
            Ok(reply) => self.play(reply, &asked, incoming),
            Err(miss) => self.unmatched(&miss, &asked),
        }
    }

    fn unmatched(&mut self, miss: &Miss, asked: &Asked) -> Play {
        let what = match miss {
            Miss::None => format!(
                "no [[reply]] is for when = {{ {}, turn = {} }} (try {}); the last message begins: {}",
                asked.card,
                asked.turn,
                asked.try_number,
                asked.last.chars().take(LAST_CHARS).collect::<String>()
            ),
            Miss::Tie(first, second) => format!(
                "the replies at lines {first} and {second} are both for {}, turn {}: add a key to one of them",
                asked.card, asked.turn
            ),
        };
        let what = format!("{}: {what}", self.scenario.file.display());
        let refusal = Refusal::say(400, &what);
        self.tally.unmatched.push(what);
        Play::Refuse(refusal)
    }

    fn play(&mut self, reply: &ScriptedReply, asked: &Asked, incoming: &Incoming<'_>) -> Play {
        let cut_after_bytes = match &reply.fault {
            Some(ScriptedFault::Silence) => return Play::Silence,
            Some(ScriptedFault::Status { status, headers, body }) => {
                let mut refusal = Refusal::say(*status, body);
                refusal.latency_ms = reply.latency_ms;
                let own = headers.iter().map(|(name, value)| (name.clone(), value.clone()));
                refusal.headers = own.collect();
                return Play::Refuse(refusal);
            }
            Some(ScriptedFault::CutAfterBytes(bytes)) => Some(*bytes),
            _ => None,
        };
        let usage = reply.usage.unwrap_or_else(|| incoming.usual(reply));
        if reply.fault != Some(ScriptedFault::Overbill)
            && let Err(what) = incoming.can_cost(&usage)
        {
            return self.violation(500, format!("the reply at line {}: {what}", reply.line));
        }
        let spoken =
            Spoken::new(reply, incoming.conversation, &asked.card, asked.turn, incoming.model, usage);
        self.sent.extend(spoken.blocks.iter().map(digest));
        Play::Speak(Box::new(Speech {
            line: incoming.line(asked, &usage),
            usage: spoken.usage.unwrap_or_default(),
            latency_ms: reply.latency_ms,
            cut_after_bytes,
            is_streamed: incoming.body.get("stream") == Some(&Value::Bool(true)),
            spoken,
        }))
    }

    /// Counts a reply that is about to be whole.
    pub(super) fn answered(&mut self, usage: &Usage) {
        let sum = &mut self.tally.usage;
        self.tally.answered += 1;
        sum.input += usage.input;
        sum.cache_read += usage.cache_read;
        sum.cache_write += usage.cache_write;
        sum.cache_write_1h += usage.cache_write_1h;
        sum.output += usage.output;
    }
}

impl<'a> Incoming<'a> {
    fn read(body: &'a Value, bytes: usize) -> Self {
        let plain = |key: &str| body.get(key).map(canonical).unwrap_or_default();
        let messages = plain("messages");
        // Neither the model nor max_tokens: a call that fails over, or is made again with less money, is the same call.
        let parts = [plain("system"), plain("tools"), messages.clone()].map(|part| part.to_string());
        Self {
            body,
            conversation: Digest::of_parts(parts.iter().map(String::as_bytes)),
            messages: messages.as_array().cloned().unwrap_or_default(),
            model: body.get("model").and_then(Value::as_str).unwrap_or_default(),
            max_tokens: body.get("max_tokens").and_then(Value::as_u64).unwrap_or_default(),
            bytes: bytes as u64,
        }
    }

    fn asked(&self, try_number: u32) -> Asked {
        let first = self.messages.first().map(words).unwrap_or_default();
        let card = Card::read(first.first().map_or("", String::as_str));
        let shown = u32::try_from(self.messages.len() / 2 + 1).unwrap_or(u32::MAX);
        Asked {
            turn: shown.saturating_add(card.turns_before),
            card,
            try_number,
            last: self.messages.last().map(words).unwrap_or_default().join("\n"),
        }
    }

    /// What a reply without a usage says: a token for every four bytes.
    fn usual(&self, reply: &ScriptedReply) -> Usage {
        let args: usize = reply.calls.iter().map(|call| call.args.size()).sum();
        let said = (reply.text.len() + args) as u64;
        Usage {
            input: self.bytes.div_ceil(4),
            output: said.div_ceil(4).clamp(1, self.max_tokens),
            ..Usage::default()
        }
    }

    /// Whether the request can have cost so much: the same bound as the bus reserves by.
    fn can_cost(&self, usage: &Usage) -> Result<(), String> {
        let input_max = self.bytes + limits::HIDDEN_INPUT_TOKENS;
        if usage.read() > input_max {
            return Err(format!(
                "its usage reads {} tokens, but the request has {} bytes and can't be more than {input_max} tokens: \
                 lower it, or say fault = {{ overbill = true }}",
                usage.read(),
                self.bytes
            ));
        }
        if usage.output > self.max_tokens {
            return Err(format!(
                "its usage writes {} tokens, but max_tokens is {}: lower it, or say fault = {{ overbill = true }}",
                usage.output, self.max_tokens
            ));
        }
        Ok(())
    }

    fn line(&self, asked: &Asked, usage: &Usage) -> String {
        let card = &asked.card;
        let line = json!({
            "request": self.conversation, "role": card.role, "section": card.section, "task": card.task,
            "attempt": card.attempt, "turn": asked.turn, "model": self.model,
            "input": usage.read(), "output": usage.output,
        });
        format!("{line}\n")
    }
}

impl Refusal {
    /// A refusal in the provider's words; a body that is JSON itself is sent as it is.
    fn say(status: u16, message: &str) -> Self {
        let kind = match status {
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            503 | 529 => "overloaded_error",
            504 => "timeout_error",
            500.. => "api_error",
            _ => "invalid_request_error",
        };
        let body = match serde_json::from_str::<Map<String, Value>>(message) {
            Ok(_) => message.to_owned(),
            Err(_) => json!({"type": "error", "error": {"type": kind, "message": message}}).to_string(),
        };
        Self { status, headers: vec![("x-should-retry".to_owned(), "false".to_owned())], body, latency_ms: 0 }
    }
}

/// The texts and results of a message.
fn words(message: &Value) -> Vec<String> {
    let mut words = Vec::new();
    collect(message.get("content").unwrap_or(&Value::Null), &mut words);
    words
}

fn collect(content: &Value, words: &mut Vec<String>) {
    if let Some(text) = content.as_str() {
        words.push(text.to_owned());
    }
    for block in content.as_array().into_iter().flatten() {
        match block.get("text") {
            Some(text) => collect(text, words),
            None => collect(block.get("content").unwrap_or(&Value::Null), words),
        }
    }
}

fn digest(value: &Value) -> Digest {
    Digest::of(canonical(value).to_string().as_bytes())
}

/// The value with its keys in order, and without cache marks, which move with every turn.
fn canonical(value: &Value) -> Value {
    if let Some(items) = value.as_array() {
        return items.iter().map(canonical).collect();
    }
    let Some(fields) = value.as_object() else {
        return value.clone();
    };
    let mut sorted: Vec<_> = fields
        .iter()
        .filter(|(key, _)| *key != "cache_control")
        .map(|(key, value)| (key.clone(), canonical(value)))
        .collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    Value::Object(sorted.into_iter().collect())
}
