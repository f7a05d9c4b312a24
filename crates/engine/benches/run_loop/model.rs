//! Models that answer in this process, without a wire: one manager after another spawns its workers, and the workers
//! take turns until they give up.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use trireme_core::{Fault, Reply, Stop, Usage, Wire};
use trireme_engine::bus::{
    Adapter, Answer, Encoded, Failed, Message, RateLimits, Request, ToolCall, UserPart,
};

/// What the models of a run do.
#[derive(Clone, Copy)]
pub(crate) struct Model {
    managers: usize,
    workers: usize,
    /// Turns of a worker before it gives up; none for a worker that never hears back.
    turns: Option<usize>,
}

impl Model {
    /// Workers that take turns.
    pub(crate) fn talking(managers: usize, workers: usize, turns: usize) -> Self {
        Self { managers, workers, turns: Some(turns) }
    }

    /// Workers whose model never answers.
    pub(crate) fn idle(managers: usize, workers: usize) -> Self {
        Self { managers, workers, turns: None }
    }

    fn answer(self, role: &str, turn: usize) -> Option<(&'static str, Value)> {
        Some(match (role, turn) {
            ("orchestrator", 1) => ("submit_plan", json!({"plan": self.plan()})),
            ("orchestrator", _) => ("report", json!({"conclusion": "over"})),
            ("manager", 1) => {
                let tasks: Vec<_> = (0..self.workers).map(contract).collect();
                ("spawn_workers", json!({"tasks": tasks}))
            }
            ("manager", _) => ("report", json!({"status": "partial", "conclusion": "given up"})),
            _ if turn < self.turns? => ("think_aloud", json!({})),
            _ => ("contract_defect", json!({"missing": "everything"})),
        })
    }

    fn plan(self) -> Value {
        let section = |number: usize| {
            let share = 10_000 / self.managers + usize::from(number == 0) * (10_000 % self.managers);
            json!({
                "name": format!("section {number}"), "description": "d", "approach": "a",
                "definition_of_done": [criterion()], "budget_pct": share as f64 / 100.0,
                "capabilities": ["read"], "seniority": "mid",
            })
        };
        let sections: Vec<_> = (0..self.managers).map(section).collect();
        json!({
            "goal": "g", "constraints": ["Nothing else changes."], "approach": "a", "definition_of_done": [criterion()],
            "phases": [{"name": "all", "sections": sections}],
        })
    }
}

fn criterion() -> Value {
    json!({"id": "there", "text": "it is there", "check": {"kind": "file", "path": "README.md"}})
}

fn contract(number: usize) -> Value {
    json!({
        "title": format!("task {number}"), "seniority": "intern", "reason": "it is easy", "goal": "write one file",
        "context": [{"kind": "note", "title": "what", "text": "one file"}], "constraints": ["no other file"],
        "acceptance": [criterion()], "write_set": [format!("out/{number}.txt")], "withheld": [],
    })
}

impl Adapter for Model {
    fn wire(&self) -> Wire {
        Wire::Anthropic
    }

    fn encode(&self, request: &Request) -> Encoded {
        let turn = request.messages.iter().filter(|message| matches!(message, Message::User(_))).count();
        let role = match request.messages.first() {
            Some(Message::User(parts)) => parts.iter().find_map(|part| match part {
                UserPart::Text(text) => text.strip_prefix("role: ")?.lines().next().map(str::to_owned),
                UserPart::ToolResult { .. } | UserPart::Image { .. } => None,
            }),
            _ => None,
        };
        let mut body = json!([role, turn, request.model]).to_string().into_bytes();
        // As large as a request really is, so that bounds are what they would be.
        body.resize(8_000, b' ');
        Encoded { model: request.model.clone(), streamed: true, body: body.into() }
    }

    fn send(&self, encoded: Encoded) -> BoxFuture<'static, Result<Answer, Failed>> {
        let (role, turn, model): (String, usize, String) = serde_json::from_slice(&encoded.body).unwrap();
        let model_of_all = *self;
        async move {
            let Some((name, args)) = model_of_all.answer(&role, turn) else {
                std::future::pending::<()>().await;
                return Err(Failed { fault: Fault::Timeout, usage: None, limits: Box::default() });
            };
            let id = format!("toolu_{turn}");
            let content = vec![json!({"type": "tool_use", "id": id, "name": name, "input": args})];
            let usage = Some(Usage { input: 1_000, output: 100, ..Usage::default() });
            Ok(Answer {
                reply: Reply { served: model, stop: Stop::ToolUse, usage, latency_ms: 0, sent: None },
                content,
                text: String::new(),
                calls: vec![ToolCall { id, name: name.to_owned(), args: Ok(args) }],
                limits: RateLimits::default(),
            })
        }
        .boxed()
    }
}
