//! What a refusal means: by its status, the provider's own kinds of error, and its words.
//!
//! The five protocols wrap their errors alike, so one lenient reader does for all.

use reqwest::header::HeaderMap;
use serde_json::Value;
use trireme_core::Fault;

use super::headers::{header, retry_after_ms};

/// What a provider says of an error.
#[derive(Debug, Default)]
struct Complaint {
    /// Its `type`, `code` and `status`, as far as they are words.
    kinds: Vec<String>,
    message: String,
}

/// What an answer with a status other than 2xx means.
#[must_use]
pub fn refusal(status: u16, headers: &HeaderMap, body: &str) -> Fault {
    let Complaint { kinds, message } = Complaint::read(body);
    let is = |known: &[&str]| kinds.iter().any(|kind| known.contains(&kind.as_str()));
    match status {
        402 => Fault::Billing { message },
        _ if is(&["billing_error", "insufficient_quota", "billing_hard_limit_reached"]) => {
            Fault::Billing { message }
        }
        400 if is_billing(&message) => Fault::Billing { message },
        // A filter of the reseller, which says so with the status of a wrong key.
        403 if message.to_lowercase().contains("flagged") => Fault::BadRequest { status, message },
        401 | 403 => Fault::Auth { message },
        400 if message.contains("API key not valid") => Fault::Auth { message },
        413 => Fault::ContextTooLong { message },
        400 if is(&["context_length_exceeded"]) || is_too_long(&message) => Fault::ContextTooLong { message },
        // More at once than the account may ever send: waiting does not help.
        429 if message.starts_with("Request too large") => Fault::ContextTooLong { message },
        // A limit that waiting does not lift is said with this header.
        429 if header(headers, "x-should-retry") == Some("false") => Fault::Billing { message },
        429 => Fault::RateLimited { retry_after_ms: retry_after_ms(headers) },
        529 => Fault::Overloaded,
        503 if is_busy(&kinds, &message) || retry_after_ms(headers).is_some() => Fault::Overloaded,
        // It waited for something, and nobody says that it did not work in the meantime.
        408 => Fault::Server { status },
        500.. => Fault::Server { status },
        _ => Fault::BadRequest { status, message },
    }
}

impl Complaint {
    /// The error of a body, or the body itself as the message.
    fn read(body: &str) -> Self {
        let parsed: Value = serde_json::from_str(body).unwrap_or_default();
        // A stream that fails before it begins is a list with one error.
        let outer = parsed.get(0).unwrap_or(&parsed);
        match outer.get("error").unwrap_or(outer) {
            Value::String(message) => Self { kinds: Vec::new(), message: message.clone() },
            error @ Value::Object(_) => Self::of(error, body),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                Self { kinds: Vec::new(), message: body.to_owned() }
            }
        }
    }

    fn of(error: &Value, body: &str) -> Self {
        let words = |name: &&str| error.get(*name).and_then(Value::as_str).map(str::to_owned);
        let message = words(&"message").filter(|message| !message.is_empty());
        Self {
            kinds: ["type", "code", "status"].iter().filter_map(words).collect(),
            message: message.unwrap_or_else(|| body.to_owned()),
        }
    }
}

/// Whether a 503 is the provider's own word that it took no work: anything on the way there answers 503, too, and also when
/// what it lost was at work.
fn is_busy(kinds: &[String], message: &str) -> bool {
    let says = |text: &str| {
        let text = text.to_lowercase();
        text.contains("overload") || text.contains("slow_down")
    };
    says(message) || kinds.iter().any(|kind| kind == "UNAVAILABLE" || says(kind))
}

fn is_billing(message: &str) -> bool {
    let message = message.to_lowercase();
    ["credit balance", "usage limits", "spend limit", "spending limit"]
        .iter()
        .any(|words| message.contains(words))
}

fn is_too_long(message: &str) -> bool {
    let message = message.to_lowercase();
    ["prompt is too long", "context limit", "context length", "context window"]
        .iter()
        .any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (reqwest::header::HeaderName::from_static(name), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    fn refused(status: u16, kind: &str, message: &str) -> Fault {
        let body = json!({"error": {"type": kind, "message": message}});
        refusal(status, &HeaderMap::new(), &body.to_string())
    }

    #[test]
    fn each_status_has_its_fault() {
        let m = || "m".to_owned();
        let table = [
            (401, Fault::Auth { message: m() }),
            (403, Fault::Auth { message: m() }),
            (402, Fault::Billing { message: m() }),
            (413, Fault::ContextTooLong { message: m() }),
            (429, Fault::RateLimited { retry_after_ms: None }),
            (529, Fault::Overloaded),
            (408, Fault::Server { status: 408 }),
            (503, Fault::Server { status: 503 }),
            (500, Fault::Server { status: 500 }),
            (502, Fault::Server { status: 502 }),
        ];
        for (status, fault) in table {
            assert_eq!(refused(status, "", "m"), fault);
        }
        for status in [307, 400, 404, 422] {
            assert_eq!(refused(status, "", "m"), Fault::BadRequest { status, message: m() });
        }
    }

    #[test]
    fn a_503_is_unbilled_only_where_the_provider_says_that_it_is_busy() {
        for (kind, message) in [
            ("overloaded_error", "m"),
            ("server_is_overloaded", "m"),
            ("slow_down", "m"),
            ("UNAVAILABLE", "m"),
            ("", "The engine is currently Overloaded, please try again later"),
        ] {
            assert_eq!(refused(503, kind, message), Fault::Overloaded, "{kind} {message}");
        }
        for told in [("retry-after", "7"), ("retry-after-ms", "50")] {
            assert_eq!(refusal(503, &headers(&[told]), ""), Fault::Overloaded, "{told:?}");
        }
        for page in ["", "<html>503 Service Unavailable</html>", "upstream connect error: reset"] {
            assert_eq!(refusal(503, &HeaderMap::new(), page), Fault::Server { status: 503 }, "{page}");
        }
        let late = refusal(408, &headers(&[("retry-after", "7")]), "");
        assert!(!late.is_unbilled() && late.is_passing(), "it may have worked all that time");
    }

    #[test]
    fn words_tell_limits_and_lengths_from_other_bad_requests() {
        let too_long = "prompt is too long: 210000 tokens > 200000 maximum";
        assert!(matches!(refused(400, "", too_long), Fault::ContextTooLong { .. }));
        let broke = "Your credit balance is too low to access the API.";
        assert!(matches!(refused(400, "", broke), Fault::Billing { .. }));
        assert!(matches!(refused(400, "billing_error", "no"), Fault::Billing { .. }));
        let spent = headers(&[("x-should-retry", "false")]);
        assert!(matches!(refusal(429, &spent, ""), Fault::Billing { .. }));
    }

    #[test]
    fn each_provider_s_wrapping_is_read() {
        let read = |status, body: Value| refusal(status, &HeaderMap::new(), &body.to_string());
        let openai =
            json!({"error": {"message": "no", "type": "x", "param": null, "code": "insufficient_quota"}});
        assert_eq!(read(429, openai), Fault::Billing { message: "no".to_owned() });
        let long = json!({"error": {"message": "too many", "code": "context_length_exceeded"}});
        assert_eq!(read(400, long), Fault::ContextTooLong { message: "too many".to_owned() });
        let gemini =
            json!([{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}]);
        assert_eq!(read(400, gemini), Fault::Auth { message: "API key not valid.".to_owned() });
        let ollama = json!({"error": "model 'x' not found"});
        assert_eq!(
            read(404, ollama),
            Fault::BadRequest { status: 404, message: "model 'x' not found".to_owned() }
        );
        let router = json!({"error": {"code": 403, "message": "Input was flagged", "metadata": {}}});
        assert!(matches!(read(403, router), Fault::BadRequest { status: 403, .. }));
        let page = refusal(502, &HeaderMap::new(), "<html>");
        assert_eq!(page, Fault::Server { status: 502 });
        assert!(matches!(
            read(429, json!({"error": {"message": "Request too large for m"}})),
            Fault::ContextTooLong { .. }
        ));
    }
}
