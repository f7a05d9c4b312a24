//! `log --call`: one call of a model as a conversation.

use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value;
use trireme_core::log::LogLine;
use trireme_core::{EffectId, RunId};
use trireme_engine::{Engine, Transcript, Utterance};

use crate::failure::Failure;
use crate::out;

/// As a script reads it.
#[derive(Serialize)]
struct Record<'a> {
    event: &'a LogLine,
    transcript: &'a Transcript,
}

/// Prints what was said in the call that an event is about.
pub(crate) async fn print(engine: &Engine, run: &RunId, seq: u64, json: bool) -> Result<ExitCode, Failure> {
    let event = engine.past(run).await?.go_back(seq).await?;
    let transcript = engine.transcript(run, call_of(&event)?).await?;
    if json {
        out::json(&Record { event: &event, transcript: &transcript })?;
    } else {
        out::prose(&text(&event, &transcript))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The call that an event ends, or lets leave.
fn call_of(event: &LogLine) -> Result<EffectId, Failure> {
    let LogLine { seq, event_type, span_id, run, .. } = event;
    let is_call = event_type == "llm_call" || event_type == "reserved";
    span_id.parse().ok().filter(|_| is_call).ok_or_else(|| {
        Failure::usage(format!("event {seq} is no call of a model, but: {event_type}"))
            .hint(format!("trireme log {run} --type llm_call   (their numbers)"))
            .hint(format!("trireme blob {run} {seq}   (the payload of an event)"))
    })
}

fn text(event: &LogLine, transcript: &Transcript) -> String {
    let Transcript { effect, turn, model, tools, said, sent, end } = transcript;
    let LogLine { agent_id, manager_id, timestamp, cost_usd, seq, .. } = event;
    let role = event.role.unwrap_or("agent");
    let task = event.task.as_ref().map(|task| format!(", task {task}")).unwrap_or_default();
    let tools = if tools.is_empty() { "none".to_owned() } else { tools.join(", ") };
    let mut text = format!(
        "Call {effect} of {role} {agent_id} ({manager_id}{task}), turn {turn}: {model}, event {seq}, {timestamp}\n\
         {end}, ${cost_usd}; tools: {tools}\n"
    );
    for (place, utterance) in said.iter().enumerate() {
        if place == *sent {
            text.push_str("\n======== the reply\n");
        }
        text.push_str(&told(utterance, role));
    }
    text
}

/// One utterance under a line that says whose it is.
fn told(utterance: &Utterance, role: &str) -> String {
    let (whose, words) = match utterance {
        Utterance::System { text } => ("system prompt".to_owned(), text.clone()),
        Utterance::Told { text } => (format!("{role} is told"), text.clone()),
        Utterance::Result { tool, ok, text } => {
            let tool = tool.as_deref().unwrap_or("a call");
            (if *ok { format!("result of {tool}") } else { format!("{tool} failed") }, text.clone())
        }
        Utterance::Said { text } => (format!("{role} says"), text.clone()),
        Utterance::Called { tool, args } => (format!("{role} calls {tool}"), arguments(args)),
    };
    format!("\n---- {whose}\n{}\n", words.trim_end())
}

/// Arguments by name: texts as they are, everything else as JSON.
fn arguments(args: &Value) -> String {
    let Value::Object(fields) = args else { return shown(args) };
    let field = |(name, value): (&String, &Value)| match shown(value) {
        text if text.contains('\n') => format!("{name}:\n  {}", text.trim_end().replace('\n', "\n  ")),
        text => format!("{name}: {text}"),
    };
    fields.iter().map(field).collect::<Vec<_>>().join("\n")
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::arguments;

    #[test]
    fn arguments_read_as_texts() {
        let args = json!({"content": "a\nb\n", "path": "a.txt", "times": 2, "which": ["x"]});
        let text = "content:\n  a\n  b\npath: a.txt\ntimes: 2\nwhich:\n  [\n    \"x\"\n  ]";
        assert_eq!(arguments(&args), text);
        assert_eq!(arguments(&json!("(unreadable: no object)")), "(unreadable: no object)");
    }
}
