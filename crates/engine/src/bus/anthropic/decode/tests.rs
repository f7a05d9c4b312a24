use super::*;
use crate::bus::dialect::Decoder as _;
use trireme_core::Usage;

fn start() -> Value {
    json!({"type": "message_start", "message": {"model": "m-20261001", "usage": {"input_tokens": 10,
        "cache_read_input_tokens": 20, "cache_creation_input_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4}, "output_tokens": 1}}})
}

fn open(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn end(reason: &str) -> [Value; 2] {
    let delta = json!({"type": "message_delta", "delta": {"stop_reason": reason},
        "usage": {"output_tokens": 42, "input_tokens": null, "cache_creation_input_tokens": 7}});
    [delta, json!({"type": "message_stop"})]
}

fn said(event: &Value) -> SseEvent {
    SseEvent { name: text_of(event, "type").to_owned(), data: event.to_string() }
}

fn fed(events: impl IntoIterator<Item = Value>) -> (Decoder, Result<(), Fault>) {
    let mut decoder = Decoder::new("m".to_owned());
    let result = events.into_iter().try_for_each(|event| decoder.event(&said(&event)));
    (decoder, result)
}

fn answer(blocks: impl IntoIterator<Item = Value>, reason: &str) -> Answer {
    let events = [start()].into_iter().chain(blocks).chain(end(reason));
    let (decoder, result) = fed(events);
    assert_eq!((result, decoder.is_done()), (Ok(()), true));
    Box::new(decoder).finish(5).unwrap()
}

#[test]
fn blocks_known_and_unknown_are_kept_and_joined() {
    let answer = answer(
        [
            open(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
            delta(0, json!({"type": "thinking_delta", "thinking": "let "})),
            delta(0, json!({"type": "thinking_delta", "thinking": "me"})),
            delta(0, json!({"type": "signature_delta", "signature": "c2ln"})),
            open(1, json!({"type": "redacted_thinking", "data": "b3BhcXVl"})),
            open(2, json!({"type": "text", "text": ""})),
            delta(2, json!({"type": "text_delta", "text": "a"})),
            delta(2, json!({"type": "text_delta", "text": "b"})),
            delta(2, json!({"type": "citations_delta", "citation": {"n": 1}})),
            json!({"type": "ping"}),
            open(3, json!({"type": "novel", "depth": 1})),
            delta(3, json!({"type": "novel_delta", "body": "x"})),
            delta(3, json!({"type": "novel_delta", "body": "y", "depth": 2})),
            json!({"type": "content_block_stop", "index": 3}),
            json!({"type": "unheard_of", "index": 9}),
            open(4, json!({"type": "server_tool_use", "id": "s", "name": "web", "input": {}})),
            delta(4, json!({"type": "input_json_delta", "partial_json": "{\"q\":1}"})),
        ],
        "end_turn",
    );
    let content = json!([
        {"type": "thinking", "thinking": "let me", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "b3BhcXVl"},
        {"type": "text", "text": "ab", "citations": [{"n": 1}]},
        {"type": "novel", "depth": 2, "body": "xy"},
        {"type": "server_tool_use", "id": "s", "name": "web", "input": {"q": 1}},
    ]);
    assert_eq!(Value::Array(answer.content), content);
    assert_eq!((answer.text.as_str(), answer.calls.len()), ("ab", 0));
    let usage = Usage {
        input: 10,
        cache_read: 20,
        cache_write: 3,
        cache_write_1h: 4,
        output: 42,
        ..Usage::default()
    };
    assert_eq!(answer.reply.usage, Some(usage));
    assert_eq!(answer.reply.served, "m-20261001");
}

fn args_of(input: Value, pieces: &[&str]) -> (Result<Value, String>, Value) {
    let block = json!({"type": "tool_use", "id": "t", "name": "read", "input": input});
    let deltas =
        pieces.iter().map(|json| delta(0, json!({"type": "input_json_delta", "partial_json": json})));
    let mut answer = answer([open(0, block)].into_iter().chain(deltas), "tool_use");
    let sent_back = answer.content[0]["input"].clone();
    (answer.calls.remove(0).args, sent_back)
}

#[test]
fn arguments_are_an_object_or_say_why_not() {
    let whole = json!({"path": "a"});
    assert_eq!(args_of(json!({}), &["", "{\"pa", "th\": \"a\"}"]), (Ok(whole.clone()), whole.clone()));
    assert_eq!(args_of(whole.clone(), &[]), (Ok(whole.clone()), whole));
    assert_eq!(args_of(json!({}), &[]), (Ok(json!({})), json!({})));
    for raw in ["{\"path\": \"a", "[1]", "\"x\"", "{} {}"] {
        let (args, sent_back) = args_of(json!({}), &[raw]);
        assert!(args.unwrap_err().contains(raw));
        assert_eq!(sent_back, json!({}));
    }
}

#[test]
fn an_error_is_unbilled_only_before_the_message_starts() {
    let error = |kind: &str| json!({"type": "error", "error": {"type": kind, "message": "m"}});
    assert_eq!(fed([error("overloaded_error")]).1, Err(Fault::Overloaded));
    assert_eq!(fed([error("new_error")]).1, Err(Fault::Server { status: 500 }));
    let (decoder, result) = fed([start(), error("overloaded_error")]);
    let message = "overloaded_error: m".to_owned();
    assert_eq!(result, Err(Fault::Cut { message }));
    assert_eq!(decoder.reading().usage.unwrap().input, 10);
}

#[test]
fn only_the_asked_model_may_answer() {
    let mut decoder = Decoder::new("other".to_owned());
    let served = "m-20261001".to_owned();
    assert_eq!(decoder.event(&said(&start())), Err(Fault::WrongModel { served }));
    assert_eq!(decoder.reading().usage.unwrap().input, 10);
}

#[test]
fn usage_is_none_unless_both_ends_of_the_stream_gave_it() {
    let silent_start = json!({"type": "message_start", "message": {"model": "m"}});
    let silent_end = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": null}});
    let stop = json!({"type": "message_stop"});
    let usage = |events: Vec<Value>| {
        let (decoder, result) = fed(events);
        result.unwrap();
        Box::new(decoder).finish(0).unwrap().reply.usage
    };
    assert_eq!(usage(vec![start(), silent_end, stop.clone()]), None);
    assert_eq!(usage([vec![silent_start.clone()], end("end_turn").to_vec()].concat()), None);
    assert_eq!(usage(vec![silent_start, stop]), None);
}

#[test]
fn what_is_out_of_order_is_garbled() {
    let text = || open(0, json!({"type": "text", "text": ""}));
    for events in [
        vec![text()],
        vec![json!({"type": "message_stop"})],
        end("end_turn").to_vec(),
        vec![start(), delta(0, json!({"type": "text_delta", "text": "x"}))],
        vec![start(), text(), text()],
        vec![start(), json!({"type": "content_block_start", "index": 0})],
    ] {
        assert!(matches!(fed(events).1, Err(Fault::Garbled { .. })));
    }
    assert!(matches!(
        Decoder::new(String::new()).event(&SseEvent { name: String::new(), data: "{".to_owned() }),
        Err(Fault::Garbled { .. })
    ));
}
