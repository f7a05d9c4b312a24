//! What goes wrong, and that none of it looks like success.

use serde_json::json;
use trireme_core::{Fault, Wire};

use super::*;

#[tokio::test]
async fn a_stream_without_the_provider_s_own_end_is_cut_wherever_it_ends() {
    for wire in Wire::ALL {
        let events = calling().streamed(wire);
        for count in 0..events.len() {
            for breaks in [false, true] {
                let said = Said { breaks, ..ok(wire, true, events[..count].concat().into_bytes(), 50) };
                let answer = asked(wire, &opening(wire, true), said).await.0;
                let failed =
                    answer.expect_err(&format!("{wire}: {count} of {} events are no answer", events.len()));
                assert!(matches!(failed.fault, Fault::Cut { .. }), "{wire} {count}");
            }
        }
    }
}

#[tokio::test]
async fn a_plain_answer_that_breaks_off_is_no_answer() {
    for wire in Wire::ALL {
        let whole = calling().plain(wire);
        for part in [0, 1, whole.len() / 2, whole.len() - 1] {
            for breaks in [false, true] {
                let said = Said { breaks, ..ok(wire, false, whole[..part].to_vec(), 64) };
                let fault = asked(wire, &opening(wire, false), said).await.0.unwrap_err().fault;
                assert!(
                    matches!(fault, Fault::Cut { .. } | Fault::Garbled { .. }),
                    "{wire} {part}: {fault:?}"
                );
                assert!(!fault.is_unbilled(), "{wire}: it may be billed");
            }
        }
    }
}

#[tokio::test]
async fn the_answer_of_another_model_is_a_failure_that_keeps_its_usage() {
    for (wire, streamed) in everywhere() {
        for served in ["m-mini", "other"] {
            let script = Script { served: served.to_owned(), ..Script::default() };
            let failed = heard(wire, streamed, &script).await.unwrap_err();
            assert_eq!(failed.fault, Fault::WrongModel { served: served.to_owned() }, "{wire} {streamed}");
            assert!(streamed || failed.usage.is_some(), "{wire}");
        }
    }
}

#[tokio::test]
async fn an_error_in_the_answer_is_a_cut_and_before_it_a_refusal() {
    for wire in Wire::ALL {
        let error = match wire {
            Wire::Anthropic => {
                json!({"type": "error", "error": {"type": "overloaded_error", "message": "broke"}})
            }
            Wire::Responses => json!({"type": "error", "code": 503, "message": "broke"}),
            Wire::Chat | Wire::Gemini => json!({"error": {"code": 503, "message": "broke"}}),
            Wire::Ollama => json!({"error": "broke"}),
        };
        let error = if wire == Wire::Ollama { format!("{error}\n") } else { format!("data: {error}\n\n") };
        let first = Script::default().streamed(wire);
        let begun: String = first[..2].concat();
        let middle = ok(wire, true, format!("{begun}{error}").into_bytes(), 13);
        let fault = asked(wire, &opening(wire, true), middle).await.0.unwrap_err().fault;
        let Fault::Cut { message } = fault else { panic!("{wire}: {fault:?}") };
        assert!(message.contains("broke"), "{wire}: {message}");
        let start = ok(wire, true, error.into_bytes(), 13);
        let fault = asked(wire, &opening(wire, true), start).await.0.unwrap_err().fault;
        assert!(matches!(fault, Fault::Overloaded | Fault::Server { .. }), "{wire}: {fault:?}");
    }
}

#[tokio::test]
async fn a_response_that_failed_is_a_cut_with_its_usage() {
    let failed = json!({"type": "response.failed", "response": {"model": "m", "status": "failed", "output": [],
        "error": {"code": "server_error", "message": "broke"}, "usage": {"input_tokens": 9, "output_tokens": 1}}});
    let body = format!("data: {failed}\n\n");
    let said = ok(Wire::Responses, true, body.into_bytes(), 9);
    let failed = asked(Wire::Responses, &opening(Wire::Responses, true), said).await.0.unwrap_err();
    assert!(matches!(failed.fault, Fault::Cut { .. }), "{failed:?}");
    assert_eq!(failed.usage.unwrap().input, 9);
}

/// An error's body in the words of a wire.
fn complaint(wire: Wire, status: u16, message: &str) -> Value {
    match wire {
        Wire::Anthropic => json!({"type": "error", "error": {"type": "some_error", "message": message}}),
        Wire::Responses | Wire::Chat => {
            json!({"error": {"message": message, "type": "some_error", "param": null, "code": null}})
        }
        Wire::Gemini => json!([{"error": {"code": status, "message": message, "status": "SOME_ERROR"}}]),
        Wire::Ollama => json!({"error": message}),
    }
}

#[tokio::test]
async fn refusals_are_read_in_each_wrapping_and_never_sent_again() {
    let m = || "broke".to_owned();
    let table = [
        (401, Fault::Auth { message: m() }),
        (402, Fault::Billing { message: m() }),
        (404, Fault::BadRequest { status: 404, message: m() }),
        (413, Fault::ContextTooLong { message: m() }),
        (429, Fault::RateLimited { retry_after_ms: Some(30_000) }),
        (500, Fault::Server { status: 500 }),
        (503, Fault::Overloaded),
        (529, Fault::Overloaded),
    ];
    for (wire, streamed) in everywhere() {
        for (status, fault) in &table {
            let headers = vec![
                ("content-type", "application/json".to_owned()),
                ("date", "Fri, 20 Nov 2026 12:00:00 GMT".to_owned()),
                ("retry-after", "Fri, 20 Nov 2026 12:00:30 GMT".to_owned()),
                ("anthropic-ratelimit-tokens-remaining", "0".to_owned()),
            ];
            let body = complaint(wire, *status, "broke").to_string().into_bytes();
            let said = Said { status: *status, headers, body, step: 10, breaks: false };
            let (failed, requests) = asked(wire, &opening(wire, streamed), said).await;
            let failed = failed.unwrap_err();
            assert_eq!((&failed.fault, failed.usage), (fault, None), "{wire} {streamed} {status}");
            assert!(failed.limits.is_spent(), "{wire} {status}");
            assert_eq!(requests.len(), 1, "{wire} {status}");
        }
    }
}

#[tokio::test]
async fn noise_is_no_answer_and_no_key_comes_back() {
    for (wire, streamed) in everywhere() {
        for noise in ["", "{", "[]", "null", "<html>", "data: {\n\n", "data: null\n\n", "\u{0}\n"] {
            let said = ok(wire, streamed, noise.as_bytes().to_vec(), 3);
            let fault = asked(wire, &opening(wire, streamed), said).await.0.unwrap_err().fault;
            assert!(!fault.is_unbilled(), "{wire} {streamed} {noise:?}: {fault:?}");
        }
        let headers = vec![("content-type", "text/html".to_owned())];
        let body = format!("<html>{KEY}").into_bytes();
        let page = Said { headers, body, ..ok(wire, streamed, Vec::new(), 4) };
        let fault = asked(wire, &opening(wire, streamed), page).await.0.unwrap_err().fault;
        assert!(!format!("{fault:?}").contains(KEY), "{wire}: {fault:?}");
    }
}
