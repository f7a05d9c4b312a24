//! What is read out of answers.

use serde_json::json;
use trireme_core::{Stop, Wire};

use super::*;

#[tokio::test]
async fn a_text_is_read_with_its_usage_its_model_and_its_limits() {
    for (wire, streamed) in everywhere() {
        let script = Script { served: "m-2026-10-01".to_owned(), ..Script::default() };
        let answer = heard(wire, streamed, &script).await.unwrap();
        assert_eq!(answer.text, script.text, "{wire} {streamed}");
        assert_eq!(answer.reply.stop, Stop::EndTurn, "{wire} {streamed}");
        assert_eq!(answer.reply.served, "m-2026-10-01", "{wire} {streamed}");
        assert_eq!(
            answer.reply.usage,
            script.usage.map(|usage| known_usage(wire, usage)),
            "{wire} {streamed}"
        );
        assert_eq!(answer.limits.requests.unwrap().remaining, Some(41), "{wire} {streamed}");
        assert!(answer.calls.is_empty() && !answer.content.is_empty());
    }
}

#[tokio::test]
async fn parallel_calls_are_read_in_their_order_with_their_arguments() {
    for (wire, streamed) in everywhere() {
        let script = calling();
        let answer = heard(wire, streamed, &script).await.unwrap();
        assert_eq!(answer.reply.stop, Stop::ToolUse, "{wire} {streamed}");
        assert_eq!(answer.text, script.text, "{wire} {streamed}: thoughts are no text");
        let calls: Vec<_> =
            answer.calls.iter().map(|call| (call.name.as_str(), call.args.clone().unwrap())).collect();
        assert_eq!(calls[0], ("read", json!({"path": "a/é.rs"})), "{wire} {streamed}");
        assert_eq!(calls[1], ("write", json!({"path": "b", "deep": [1, {"x": 2.5, "y": true}]})), "{wire}");
        assert_ne!(answer.calls[0].id, answer.calls[1].id, "{wire}");
        if has(wire, Feature::CallIds) {
            assert_eq!((answer.calls[0].id.as_str(), answer.calls[1].id.as_str()), ("call_a", "call_b"));
        }
    }
}

#[tokio::test]
async fn plain_and_streamed_are_one_answer() {
    for wire in Wire::ALL {
        let script = calling();
        let (plain, streamed) =
            (heard(wire, false, &script).await.unwrap(), heard(wire, true, &script).await.unwrap());
        assert_eq!(plain, streamed, "{wire}");
    }
}

#[tokio::test]
async fn every_reason_to_stop_is_told_apart() {
    let all = [
        (Stop::MaxTokens, None),
        (Stop::Refusal, Some(Feature::Refusal)),
        (Stop::Filtered, Some(Feature::Filter)),
    ];
    for (wire, streamed) in everywhere() {
        for (stop, feature) in all {
            if feature.is_some_and(|feature| !has(wire, feature)) {
                continue;
            }
            let script = Script { stop, ..Script::default() };
            let answer = heard(wire, streamed, &script).await.unwrap();
            assert_eq!(answer.reply.stop, stop, "{wire} {streamed}");
        }
    }
}

#[tokio::test]
async fn a_blocked_prompt_is_filtered_and_no_success() {
    let blocked = json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "modelVersion": "m",
        "usageMetadata": {"promptTokenCount": 9}});
    for streamed in [false, true] {
        let body = if streamed { format!("data: {blocked}\n\n") } else { blocked.to_string() };
        let said = ok(Wire::Gemini, streamed, body.into_bytes(), 5);
        let answer = asked(Wire::Gemini, &opening(Wire::Gemini, streamed), said).await.0.unwrap();
        assert_eq!((answer.reply.stop, answer.text.as_str()), (Stop::Filtered, ""));
        assert_eq!(answer.reply.usage.unwrap().input, 9);
    }
}

#[tokio::test]
async fn blocks_and_events_that_nobody_knows_are_passed_over() {
    for (wire, streamed) in everywhere() {
        let script = Script { is_odd: true, ..calling() };
        let answer = heard(wire, streamed, &script).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.calls.len()), (script.text, 2), "{wire} {streamed}");
    }
}

#[tokio::test]
async fn usage_that_is_not_told_is_none_and_never_nothing() {
    for (wire, streamed) in everywhere() {
        let script = Script { usage: None, ..Script::default() };
        let answer = heard(wire, streamed, &script).await.unwrap();
        assert_eq!(answer.reply.usage, None, "{wire} {streamed}");
    }
}

#[tokio::test]
async fn arguments_that_are_none_go_to_the_model_and_are_taken_back() {
    for (wire, streamed) in everywhere() {
        if streamed && !has(wire, Feature::TextArguments) {
            continue;
        }
        let calls = vec![("call_a", "read", r#"{"path":"a"}"#), ("call_b", "write", r#"{"path":"#)];
        let script = Script { calls, stop: Stop::ToolUse, ..Script::default() };
        let answer = heard(wire, streamed, &script).await.unwrap();
        assert_eq!(answer.calls[0].args, Ok(json!({"path": "a"})), "{wire} {streamed}");
        let why = answer.calls[1].args.clone().unwrap_err();
        assert!(why.contains("path"), "{wire}: {why}");
        let again = body(wire, &continued(wire, answer.content, &answer.calls)).to_string();
        assert!(!again.contains(r#"{\"path\":""#), "{wire}: {again}");
    }
}

#[tokio::test]
async fn streams_of_others_than_the_maker_are_read_too() {
    let chunk = |delta: Value| {
        format!("data: {}\n\n", json!({"model": "m", "choices": [{"index": 0, "delta": delta}]}))
    };
    let end = |reason: &str| {
        format!(
            "data: {}\n\ndata: [DONE]\n\n",
            json!({"model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        )
    };
    let read = async |stream: String| {
        let said = ok(Wire::Chat, true, stream.into_bytes(), 11);
        asked(Wire::Chat, &opening(Wire::Chat, true), said).await.0.unwrap()
    };
    let call = |id: &str, path: &str| json!({"index": 0, "id": id, "function": {"name": "read", "arguments": format!("{{\"path\":\"{path}\"}}")}});
    // Every call under one index, whole.
    let answer = read(
        [
            chunk(json!({"tool_calls": [call("x", "a")]})),
            chunk(json!({"tool_calls": [call("y", "b")]})),
            end("stop"),
        ]
        .concat(),
    )
    .await;
    assert_eq!((answer.calls.len(), answer.reply.stop), (2, Stop::ToolUse));
    // Neither index nor id.
    let bare = json!({"function": {"name": "read", "arguments": {"path": "a"}}});
    let answer = read([chunk(json!({"tool_calls": [bare, bare]})), end("tool_calls")].concat()).await;
    let ids: Vec<_> = answer.calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids, ["call-0", "call-1"]);
    assert_eq!(answer.calls[1].args, Ok(json!({"path": "a"})));
    // The other name of reasoning, and the reseller's pieces of it.
    let detail = |text: &str| json!([{"index": 0, "type": "reasoning.text", "text": text}]);
    let stream = [
        chunk(json!({"reasoning": "hm ", "reasoning_details": detail("hm ")})),
        chunk(json!({"reasoning": "yes", "reasoning_details": detail("yes")})),
        chunk(json!({"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Done."}]})),
        end("stop"),
    ];
    let answer = read(stream.concat()).await;
    assert_eq!(answer.text, "Done.");
    let kept = Value::from(answer.content).to_string();
    assert!(kept.contains(r#"{"reasoning":"hm yes"}"#) && kept.contains(r#""text":"hm yes""#), "{kept}");
}
