//! What is changed in a body, and what of it can't be read.

mod bounds;
mod content;

use super::*;

fn read(wire: Wire, body: &str) -> Result<Asked<'_>, BadRequest> {
    Asked::read(wire, body.as_bytes())
}

fn rewritten(wire: Wire, body: &str, id: &str, max: u64, cap: &str) -> String {
    String::from_utf8(read(wire, body).unwrap().rewritten(id, max, cap)).unwrap()
}

#[test]
fn a_body_that_needs_nothing_passes_byte_for_byte() {
    let body = "{ \"model\" : \"m\",\n\t\"max_tokens\":10 , \"messages\":[ {\"role\":\"user\",\"content\":\"\\u00e9\"} ]}";
    assert_eq!(rewritten(Wire::Anthropic, body, "m", 10, "max_tokens"), body);
}

#[test]
fn only_the_cap_and_the_alias_change() {
    let body = r#"{"b":1,"max_tokens": 128000,"model":"alias","a":{"max_tokens":5}}"#;
    let changed = r#"{"b":1,"max_tokens": 4000,"model":"real \"id\"","a":{"max_tokens":5}}"#;
    assert_eq!(rewritten(Wire::Anthropic, body, "real \"id\"", 4_000, "max_tokens"), changed);
}

#[test]
fn a_missing_cap_is_written_first() {
    let asked = rewritten(Wire::Responses, r#"{"model":"m","input":"x"}"#, "m", 7, "max_output_tokens");
    assert_eq!(asked, r#"{"max_output_tokens":7,"service_tier":"default","model":"m","input":"x"}"#);
    let null = rewritten(Wire::Chat, r#"{"model":"m","max_tokens":null}"#, "m", 7, "max_tokens");
    assert_eq!(null, r#"{"model":"m","max_tokens":7}"#);
}

#[test]
fn both_names_of_the_cap_are_lowered() {
    let body = r#"{"model":"m","max_tokens":9000,"max_completion_tokens":100}"#;
    let asked = read(Wire::Chat, body).unwrap();
    assert_eq!(asked.max_tokens, Some(9_000));
    assert_eq!(
        rewritten(Wire::Chat, body, "m", 50, "max_tokens"),
        r#"{"model":"m","max_tokens":50,"max_completion_tokens":50}"#
    );
}

#[test]
fn the_cap_is_in_a_field_that_the_provider_heeds() {
    let newer = r#"{"model":"m","max_completion_tokens":9000}"#;
    assert_eq!(
        rewritten(Wire::Chat, newer, "m", 50, "max_tokens"),
        r#"{"max_tokens":50,"model":"m","max_completion_tokens":50}"#
    );
    assert_eq!(
        rewritten(Wire::Chat, newer, "m", 50, "max_completion_tokens"),
        r#"{"service_tier":"default","model":"m","max_completion_tokens":50}"#
    );
    let older = r#"{"model":"m","max_completion_tokens":null,"max_tokens":9000}"#;
    assert_eq!(
        rewritten(Wire::Chat, older, "m", 50, "max_completion_tokens"),
        r#"{"service_tier":"default","model":"m","max_completion_tokens":null,"max_tokens":50}"#,
        "who has both is refused there"
    );
}

#[test]
fn openai_is_asked_for_its_standard_tier() {
    let sent = |wire, tier: &str, cap: &str| {
        let body = format!(r#"{{"model":"m","{cap}":5{tier}}}"#);
        let sent: serde_json::Value = serde_json::from_str(&rewritten(wire, &body, "m", 5, cap)).unwrap();
        sent["service_tier"].as_str().unwrap_or("none").to_owned()
    };
    for (wire, cap) in [(Wire::Responses, "max_output_tokens"), (Wire::Chat, "max_completion_tokens")] {
        for asked in
            ["", r#","service_tier":"auto""#, r#","service_tier":null"#, r#","service_tier":"default""#]
        {
            assert_eq!(sent(wire, asked, cap), "default", "{wire} {asked}");
        }
        assert_eq!(sent(wire, r#","service_tier":"flex""#, cap), "flex");
    }
    for (wire, cap) in [(Wire::Anthropic, "max_tokens"), (Wire::Chat, "max_tokens")] {
        assert_eq!(sent(wire, "", cap), "none");
        assert_eq!(sent(wire, r#","service_tier":"auto""#, cap), "auto");
    }
}

#[test]
fn a_number_of_tokens_is_exact_or_refused() {
    for (wire, cap) in [
        (Wire::Anthropic, "max_tokens"),
        (Wire::Responses, "max_output_tokens"),
        (Wire::Chat, "max_completion_tokens"),
        (Wire::Chat, "max_tokens"),
    ] {
        for odd in ["1e3", "1.0", "-1", "-0", "1e400", "18446744073709551616", "\"5\"", "[5]", "true", "{}"] {
            let error = read(wire, &format!(r#"{{"model":"m","{cap}":{odd}}}"#)).unwrap_err();
            assert!(matches!(error, BadRequest::Field { .. } | BadRequest::Unread(_)), "{odd}: {error}");
        }
        let huge = format!(r#"{{"model":"m","{cap}":{}}}"#, u64::MAX);
        assert_eq!(read(wire, &huge).unwrap().max_tokens, Some(u64::MAX));
        let sent = rewritten(wire, &huge, "m", 7, cap);
        assert!(sent.contains(&format!("\"{cap}\":7")) && !sent.contains("18446"), "{sent}");
    }
}

#[test]
fn an_answer_is_longer_than_what_may_be_thought() {
    let least = |wire, body: &str| read(wire, body).map(|asked| asked.least);
    let thinks = r#"{"model":"m","max_tokens":20000,"thinking":{"type":"enabled","budget_tokens":10000}}"#;
    assert_eq!(least(Wire::Anthropic, thinks), Ok(10_001));
    assert_eq!(least(Wire::Chat, thinks), Ok(0), "others mean something else by that");
    let between = r#"{"model":"m","max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":10000}}"#;
    assert_eq!(least(Wire::Anthropic, between), Ok(4_000), "never more than it asks for");
    for none in [r#""thinking":null"#, r#""thinking":{"type":"adaptive"}"#, r#""x":1"#] {
        assert_eq!(least(Wire::Anthropic, &format!(r#"{{"model":"m",{none}}}"#)), Ok(0));
    }
    let odd = r#"{"model":"m","thinking":{"type":"enabled","budget_tokens":1e4}}"#;
    assert!(matches!(least(Wire::Anthropic, odd), Err(BadRequest::Field { field: "thinking", .. })));
}

#[test]
fn what_some_provider_takes_for_another_field_is_refused() {
    for name in [
        "Model",
        "STREAM",
        "N",
        "Max_Tokens",
        r"max_tok\u0045ns",
        r"max_to\u212aens",
        r"\u017fpeed",
        "FallBacks",
    ] {
        let body = format!(r#"{{"model":"m","max_tokens":5,"{name}":100000}}"#);
        let error = read(Wire::Anthropic, &body).unwrap_err();
        assert!(error.to_string().contains("may be taken for"), "{name}: {error}");
    }
    read(Wire::Anthropic, r#"{"model":"m","Future":1,"maxTokens":2}"#).unwrap();
}

#[test]
fn a_body_has_so_many_fields_and_no_more() {
    let body = |count: usize| {
        let more: Vec<_> = (1..count).map(|number| format!(r#""f{number}":0"#)).collect();
        format!(r#"{{"model":"m",{}}}"#, more.join(","))
    };
    read(Wire::Chat, &body(trireme_core::limits::REQUEST_FIELDS)).unwrap();
    let error = read(Wire::Chat, &body(trireme_core::limits::REQUEST_FIELDS + 1)).unwrap_err();
    assert!(error.to_string().contains("more than 256 fields"), "{error}");
}

#[test]
fn a_chat_stream_always_says_what_it_used() {
    let plain = rewritten(Wire::Chat, r#"{"model":"m","max_tokens":1}"#, "m", 1, "max_tokens");
    assert_eq!(plain, r#"{"model":"m","max_tokens":1}"#);
    let silent = rewritten(Wire::Chat, r#"{"model":"m","max_tokens":1,"stream":true}"#, "m", 1, "max_tokens");
    assert_eq!(
        silent,
        r#"{"stream_options":{"include_usage":true},"model":"m","max_tokens":1,"stream":true}"#
    );
    let refused = r#"{"model":"m","max_tokens":1,"stream":true,"stream_options":{"include_usage":false}}"#;
    assert!(rewritten(Wire::Chat, refused, "m", 1, "max_tokens").contains(r#"{"include_usage":true}"#));
}

#[test]
fn a_field_that_is_there_twice_is_refused() {
    for body in [
        r#"{"model":"m","max_tokens":1,"max_tokens":100000}"#,
        r#"{"model":"m","max_tokens":1,"max\u005ftokens":100000}"#,
        r#"{"model":"cheap","model":"dear"}"#,
    ] {
        assert!(matches!(read(Wire::Anthropic, body), Err(BadRequest::Unread(_))), "{body}");
    }
}

#[test]
fn what_is_no_request_is_refused() {
    for body in [
        "",
        "[]",
        "{",
        "{}",
        r#"{"model":7}"#,
        r#"{"model":"m","max_tokens":"many"}"#,
        r#"{"model":"m","max_tokens":-1}"#,
    ] {
        assert!(read(Wire::Anthropic, body).is_err(), "{body}");
    }
}
