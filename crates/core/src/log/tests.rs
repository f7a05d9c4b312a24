use std::fmt::Write;

use super::*;
use crate::fixture;

fn lines() -> Vec<LogLine> {
    let (_, told) = fixture::whole();
    let mut run = Run::default();
    let line = |(seq, (at, event)): (usize, &(Millis, Event))| {
        let line = LogLine::of(&run, seq as u64 + 1, *at, event);
        run.apply(*at, event);
        line
    };
    told.iter().enumerate().map(line).collect()
}

fn call_ends(event: &Event) -> bool {
    matches!(event, Event::Agent(AgentEvent::Replied { .. } | AgentEvent::CallFailed { .. }))
}

#[test]
fn a_whole_run_reads_as_sentences() {
    let mut text = String::new();
    for line in lines() {
        let LogLine { manager_id, agent_id, event_type, detail, cost_usd, trace_id, .. } = line;
        writeln!(text, "{trace_id} | {manager_id} | {agent_id} | {event_type} | {cost_usd} | {detail}")
            .unwrap();
    }
    expect_test::expect_file!["expected.txt"].assert_eq(&text);
}

#[test]
fn nothing_is_empty_and_every_call_is_one_line_with_its_cost() {
    let (run, told) = fixture::whole();
    let lines = lines();
    for line in &lines {
        for field in [&line.trace_id, &line.manager_id, &line.agent_id, &line.event_type, &line.detail] {
            assert!(!field.is_empty(), "{line:?}");
        }
        let is_call = line.event_type == "llm_call";
        assert_eq!(is_call, line.model.is_some() && line.provider.is_some() && line.tokens.is_some());
    }
    let ran = |event: &Event| matches!(event, Event::Agent(AgentEvent::ToolDone { .. }));
    let count = |kind: &str| lines.iter().filter(|line| line.event_type == kind).count();
    assert_eq!(count("llm_call"), told.iter().filter(|(_, event)| call_ends(event)).count());
    assert_eq!(count("tool_call"), told.iter().filter(|(_, event)| ran(event)).count());
    let paid: u64 = lines.iter().map(|line| line.cost_nanos).sum();
    assert_eq!(Money::nanos(paid), run.ledger().get(crate::ledger::Ledger::RUN).unwrap().spent);
}

#[test]
fn json_holds_the_fields_that_were_asked_for() {
    let call = lines().into_iter().find(|line| line.event_type == "llm_call").unwrap();
    let json = serde_json::to_value(call).unwrap();
    for field in [
        "timestamp",
        "trace_id",
        "manager_id",
        "agent_id",
        "event_type",
        "detail",
        "cost_usd",
        "provider",
        "model",
        "payload_ref",
    ] {
        assert!(json[field].is_string(), "{field}: {}", json[field]);
    }
    assert_eq!(json["timestamp"], "2026-11-20T12:00:03.000Z");
    for field in ["run", "span_id", "parent_span_id", "role", "seniority", "served_model", "price_version"] {
        assert!(json[field].is_string(), "{field}: {}", json[field]);
    }
    assert!(json["tokens"]["cache_read"].is_u64() && json["latency_ms"].is_u64() && json["seq"].is_u64());
}

/// From a call up to the run: each parent is itself what something belongs to.
#[test]
fn every_span_but_the_run_is_a_part_of_another_one() {
    let lines = lines();
    let run = lines[0].run.clone();
    let mut parents = std::collections::BTreeMap::new();
    for line in &lines {
        let before = parents.insert(line.span_id.clone(), line.parent_span_id.clone());
        assert!(before.is_none_or(|before| before == line.parent_span_id), "{line:?} has another parent");
    }
    let path = |span: &str| {
        let up = std::iter::successors(Some(span.to_owned()), |span| parents.get(span).cloned().flatten());
        up.collect::<Vec<_>>().join(" < ")
    };
    for call in lines.iter().filter(|line| line.event_type == "llm_call") {
        assert!(path(&call.span_id).ends_with(&format!(" < {run}")), "{}", path(&call.span_id));
    }
    let worker =
        lines.iter().find(|line| line.role == Some("worker") && line.event_type == "llm_call").unwrap();
    let expected =
        format!("{} < {} < {} < ", worker.span_id, worker.agent_id, worker.attempt.as_ref().unwrap());
    assert!(path(&worker.span_id).starts_with(&expected), "{}", path(&worker.span_id));
}

#[test]
fn moments_are_told_by_the_calendar() {
    for (ms, text) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ] {
        assert_eq!(rfc3339(Millis(ms)), text);
    }
}
