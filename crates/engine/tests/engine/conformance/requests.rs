//! What is put into requests.

use bytes::Bytes;
use serde_json::{Map, json};
use trireme_core::{Effort, Wire};
use trireme_engine::bus::dialect;

use super::*;

#[tokio::test]
async fn a_request_goes_to_its_place_with_its_key_and_nothing_else_shows_it() {
    for (wire, streamed) in everywhere() {
        let said = ok(wire, streamed, bytes(wire, streamed, &Script::default()), 1_000);
        let (answer, requests) = asked(wire, &opening(wire, streamed), said).await;
        answer.unwrap();
        let [Asked { path, headers, body }] = requests.as_slice() else { panic!("{wire}: once") };
        let (place, header, value) = match wire {
            Wire::Anthropic => ("/base/v1/messages", "x-api-key", KEY.to_owned()),
            Wire::Responses => ("/base/responses", "authorization", format!("Bearer {KEY}")),
            Wire::Chat => ("/base/chat/completions", "authorization", format!("Bearer {KEY}")),
            Wire::Gemini if streamed => {
                ("/base/models/m:streamGenerateContent?alt=sse", "x-goog-api-key", KEY.to_owned())
            }
            Wire::Gemini => ("/base/models/m:generateContent", "x-goog-api-key", KEY.to_owned()),
            Wire::Ollama => ("/base/api/chat", "authorization", format!("Bearer {KEY}")),
        };
        assert_eq!((path.as_str(), &headers[header]), (place, &value), "{wire}");
        assert!(!path.contains(KEY) && !body.to_string().contains(KEY), "{wire}");
        let limit = match wire {
            Wire::Anthropic | Wire::Chat => "/max_tokens",
            Wire::Responses => "/max_output_tokens",
            Wire::Gemini => "/generationConfig/maxOutputTokens",
            Wire::Ollama => "/options/num_predict",
        };
        assert_eq!(body.pointer(limit), Some(&json!(1_000)), "{wire}: {body}");
        assert_eq!(
            body.pointer("/stream").and_then(Value::as_bool),
            (wire != Wire::Gemini).then_some(streamed)
        );
        for word in ["You row.", "Go.", "The tool read.", "The tool write."] {
            assert!(body.to_string().contains(word), "{wire}: {word}");
        }
    }
}

/// Each result in a body: what names its call, its text, and whether it says that it failed.
fn results(wire: Wire, body: &Value) -> Vec<(String, String, bool)> {
    let list = match wire {
        Wire::Responses => &body["input"],
        Wire::Gemini => &body["contents"],
        Wire::Anthropic | Wire::Chat | Wire::Ollama => &body["messages"],
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for message in list.as_array().unwrap() {
        let parts = message.get(if wire == Wire::Gemini { "parts" } else { "content" });
        let parts = parts.and_then(Value::as_array).cloned().unwrap_or_default();
        match wire {
            Wire::Anthropic => {
                found.extend(parts.iter().filter(|part| part["type"] == "tool_result").map(|part| {
                    (text(&part["tool_use_id"]), text(&part["content"]), part["is_error"] == true)
                }))
            }
            Wire::Gemini => {
                found.extend(parts.iter().filter_map(|part| part.get("functionResponse")).map(|result| {
                    let (output, error) =
                        (text(&result["response"]["output"]), text(&result["response"]["error"]));
                    let is_error = !error.is_empty();
                    (text(&result["name"]), format!("{output}{error}"), is_error)
                }))
            }
            Wire::Responses if message["type"] == "function_call_output" => {
                found.push((text(&message["call_id"]), text(&message["output"]), false));
            }
            Wire::Chat if message["role"] == "tool" => {
                found.push((text(&message["tool_call_id"]), text(&message["content"]), false));
            }
            Wire::Ollama if message["role"] == "tool" => {
                found.push((text(&message["tool_name"]), text(&message["content"]), false));
            }
            Wire::Responses | Wire::Chat | Wire::Ollama => {}
        }
    }
    found
}

fn check_results(wire: Wire, body: &Value, calls: &[ToolCall]) {
    let found = results(wire, body);
    let by_name = matches!(wire, Wire::Gemini | Wire::Ollama);
    let key = |call: &ToolCall| if by_name { call.name.clone() } else { call.id.clone() };
    let failed = if has(wire, Feature::ErrorFlag) { "no such folder" } else { "Error: no such folder" };
    let expected = [
        (key(&calls[0]), "fn main() {}".to_owned(), false),
        (key(&calls[1]), failed.to_owned(), has(wire, Feature::ErrorFlag)),
    ];
    assert_eq!(found, expected, "{wire}: {body}");
}

/// What the model wrote, as a body has it.
fn written(wire: Wire, body: &Value) -> Vec<Value> {
    let role = |message: &&Value| message["role"] == "assistant" || message["role"] == "model";
    match wire {
        Wire::Responses => {
            let input = body["input"].as_array().unwrap();
            let ours = |item: &&Value| item["role"] == "user" || item["type"] == "function_call_output";
            input.iter().filter(|item| !ours(item)).cloned().collect()
        }
        Wire::Gemini => {
            let message = body["contents"].as_array().unwrap().iter().find(role).unwrap();
            message["parts"].as_array().unwrap().clone()
        }
        Wire::Anthropic => {
            let message = body["messages"].as_array().unwrap().iter().find(role).unwrap();
            message["content"].as_array().unwrap().clone()
        }
        Wire::Chat | Wire::Ollama => {
            body["messages"].as_array().unwrap().iter().filter(role).cloned().collect()
        }
    }
}

#[tokio::test]
async fn what_a_model_wrote_goes_back_verbatim_with_the_results_of_its_calls() {
    for (wire, streamed) in everywhere() {
        let script = Script { is_odd: !matches!(wire, Wire::Chat | Wire::Ollama), ..calling() };
        let answer = heard(wire, streamed, &script).await.unwrap();
        let body = body(wire, &continued(wire, answer.content.clone(), &answer.calls));
        check_results(wire, &body, &answer.calls);
        let back = written(wire, &body);
        if matches!(wire, Wire::Chat | Wire::Ollama) {
            // The message is one again.
            let fields: Map<_, _> = answer
                .content
                .iter()
                .filter_map(Value::as_object)
                .flatten()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            assert_eq!(back.len(), 1, "{wire}");
            for (name, value) in fields {
                assert_eq!(back[0][&name], value, "{wire} {name}");
            }
        } else {
            assert_eq!(back, answer.content, "{wire} {streamed}");
        }
        assert!(
            Value::from(back).to_string().contains("hm, both"),
            "{wire}: thoughts go back to who thought them"
        );
    }
}

#[tokio::test]
async fn another_model_is_not_shown_what_is_bound_to_the_first() {
    for (wire, streamed) in everywhere() {
        let answer = heard(wire, streamed, &calling()).await.unwrap();
        let dialect = dialect(wire);
        assert!(answer.content.iter().any(|block| dialect.is_bound(block)), "{wire}");
        let free = dialect.released(answer.content.clone());
        let body = body(wire, &continued(wire, free, &answer.calls));
        let text = body.to_string();
        for bound in ["hm, both", "c2ln", "ZW5j", "rs_1", "fc_call_a"] {
            assert!(!text.contains(bound), "{wire}: {bound} in {text}");
        }
        check_results(wire, &body, &answer.calls);
        assert!(text.contains("世界"), "{wire}: its text stays");
    }
}

#[tokio::test]
async fn a_conversation_can_move_to_every_other_wire() {
    for from in Wire::ALL {
        let answer = heard(from, true, &calling()).await.unwrap();
        for to in Wire::ALL {
            let mut calls = answer.calls.clone();
            calls[0].id = "t0000c000".to_owned();
            calls[1].id = "t0000c001".to_owned();
            let said = dialect(to).said(&answer.text, &calls);
            let body = body(to, &continued(to, said, &calls));
            check_results(to, &body, &calls);
            let back = Value::from(written(to, &body)).to_string();
            for word in ["世界", "read", "write", "a/é.rs"] {
                assert!(back.contains(word), "{from} to {to}: {word} in {back}");
            }
        }
    }
}

#[tokio::test]
async fn a_reply_without_anything_leaves_no_empty_message() {
    for wire in Wire::ALL {
        let mut request = opening(wire, true);
        request.messages.extend([Message::Assistant(dialect(wire).said(" ", &[])), user("Still there?")]);
        let text = body(wire, &request).to_string();
        assert!(text.contains("Still there?"), "{wire}");
        assert!(!text.contains("assistant") && !text.contains("\"model\",\"parts\""), "{wire}: {text}");
    }
}

#[tokio::test]
async fn images_schemas_and_efforts_are_in_each_wire_s_own_place() {
    let schema = json!({"type": "object", "additionalProperties": false, "properties": {"n": {"type": "integer"}},
        "required": ["n"]});
    for wire in Wire::ALL {
        let image =
            UserPart::Image { media_type: "image/png".to_owned(), bytes: Bytes::from_static(b"\x89PNG") };
        let mut request = opening(wire, true);
        request.messages = vec![Message::User(vec![image, UserPart::Text("Look.".to_owned())])];
        (request.schema, request.effort) = (Some(schema.clone()), Some(Effort::Max));
        let body = body(wire, &request);
        let (image, at, expected, effort, level) = match wire {
            Wire::Anthropic => (
                "/messages/0/content/0/source/data",
                "/output_config/format/schema",
                "iVBORw==",
                "/output_config/effort",
                "max",
            ),
            Wire::Responses => (
                "/input/0/content/0/image_url",
                "/text/format/schema",
                "data:image/png;base64,iVBORw==",
                "/reasoning/effort",
                "xhigh",
            ),
            Wire::Chat => (
                "/messages/1/content/0/image_url/url",
                "/response_format/json_schema/schema",
                "data:image/png;base64,iVBORw==",
                "/reasoning_effort",
                "high",
            ),
            Wire::Gemini => (
                "/contents/0/parts/0/inlineData/data",
                "/generationConfig/responseJsonSchema",
                "iVBORw==",
                "/generationConfig/thinkingConfig/thinkingLevel",
                "high",
            ),
            Wire::Ollama => ("/messages/1/images/0", "/format", "iVBORw==", "/think", "high"),
        };
        assert_eq!(body.pointer(image), Some(&json!(expected)), "{wire}: {body}");
        assert_eq!(body.pointer(at), Some(&schema), "{wire}: {body}");
        assert_eq!(body.pointer(effort), Some(&json!(level)), "{wire}: {body}");
    }
}

#[tokio::test]
async fn what_may_be_cached_is_marked_where_there_are_marks() {
    for wire in Wire::ALL {
        let text = body(wire, &opening(wire, true)).to_string();
        let is_marked = text.contains("cache_control") || text.contains("prompt_cache_key");
        assert_eq!(is_marked, has(wire, Feature::CacheMarks), "{wire}: {text}");
    }
    let of = |provider: &str, model: &str| {
        let request =
            Request { provider: provider.to_owned(), model: model.to_owned(), ..opening(Wire::Chat, true) };
        body(Wire::Chat, &request)
    };
    assert!(of("openrouter", "anthropic/claude-x").to_string().contains("cache_control"));
    assert_eq!(of("openrouter", "x/y")["usage"], json!({"include": true}));
    assert_eq!(of("openai", "m")["max_completion_tokens"], 1_000);
    assert_eq!(of("groq", "m")["stream_options"], json!({"include_usage": true}));
    let plain = body(Wire::Chat, &opening(Wire::Chat, false));
    assert!(plain.get("stream_options").is_none(), "it is refused there");
}

#[tokio::test]
async fn nothing_is_stored_at_the_provider_and_no_context_is_cut_in_silence() {
    let responses = body(Wire::Responses, &opening(Wire::Responses, true));
    assert_eq!(responses["store"], false);
    assert_eq!(responses["include"], json!(["reasoning.encrypted_content"]));
    let mut request = opening(Wire::Ollama, true);
    let context = |request: &Request| body(Wire::Ollama, request)["options"]["num_ctx"].as_u64().unwrap();
    assert_eq!(context(&request), 8_192);
    request.messages = vec![user(&"x".repeat(20_000))];
    assert_eq!(context(&request), 32_768, "room for every byte, in steps");
    request.context_max = Some(24_000);
    assert_eq!(context(&request), 24_000, "and never more than the model has");
}

#[tokio::test]
async fn who_speaks_almost_the_same_gets_it_so() {
    let of = |provider: &str| {
        let content = vec![
            json!({"reasoning_content": "hm"}),
            json!({"tool_calls": [{"id": "a", "type": "function",
            "function": {"name": "read", "arguments": "{}"}}]}),
        ];
        let mut request = opening(Wire::Chat, true);
        request.provider = provider.to_owned();
        let told = vec![result("a", "text", false), UserPart::Text("On.".to_owned())];
        request.messages.extend([Message::Assistant(content), Message::User(told)]);
        body(Wire::Chat, &request)
    };
    assert_eq!(of("deepseek")["messages"][2]["reasoning_content"], "hm");
    assert!(!of("groq").to_string().contains("reasoning_content"));
    assert_eq!(of("mistral")["messages"][3]["content"], "text\n\nOn.");
    assert_eq!(of("lab")["messages"][4]["content"], "On.");
    let mut request = opening(Wire::Chat, true);
    (request.provider, request.schema) = ("deepseek".to_owned(), Some(json!({"type": "object"})));
    let asked = body(Wire::Chat, &request);
    assert_eq!(asked["response_format"], json!({"type": "json_object"}));
    assert!(asked["messages"][0]["content"].as_str().unwrap().contains("one JSON document of this schema"));
}
