//! The providers' rate-limit headers, and how long they want to be left alone.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::bus::rate::{Bucket, RateLimits};
use crate::clock;

/// What an answer's head says about the limits, in the words of either maker.
#[must_use]
pub fn rate_limits(headers: &HeaderMap) -> RateLimits {
    let now = now(headers);
    let anthropic = |of: &str| {
        bucket(
            headers,
            now,
            &["limit", "remaining", "reset"].map(|what| format!("anthropic-ratelimit-{of}-{what}")),
        )
    };
    let openai = |of: &str| {
        bucket(headers, now, &["limit", "remaining", "reset"].map(|what| format!("x-ratelimit-{what}-{of}")))
    };
    // Resellers with one limit leave out of what.
    let bare =
        || bucket(headers, now, &["limit", "remaining", "reset"].map(|what| format!("x-ratelimit-{what}")));
    RateLimits {
        requests: anthropic("requests").or_else(|| openai("requests")).or_else(bare),
        input_tokens: anthropic("input-tokens").or_else(|| openai("input-tokens")),
        output_tokens: anthropic("output-tokens").or_else(|| openai("output-tokens")),
        tokens: anthropic("tokens").or_else(|| openai("tokens")),
    }
}

/// `retry-after-ms`; or `retry-after` in seconds, whole or not, or as a date.
#[must_use]
pub fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let exact = header(headers, "retry-after-ms").and_then(|text| text.trim().parse().ok());
    let told = || {
        let text = header(headers, RETRY_AFTER.as_str())?.trim();
        match text.parse() {
            Ok(seconds) => millis(Duration::try_from_secs_f64(seconds).ok()?),
            Err(_) => until(httpdate::parse_http_date(text).ok()?, now(headers)),
        }
    };
    exact.or_else(told)
}

fn bucket(headers: &HeaderMap, now: SystemTime, [limit, remaining, reset]: &[String; 3]) -> Option<Bucket> {
    let count = |name: &str| header(headers, name).and_then(|text| text.trim().parse().ok());
    let bucket = Bucket {
        limit: count(limit),
        remaining: count(remaining),
        reset_ms: header(headers, reset).and_then(|text| reset_ms(text.trim(), now)),
    };
    (bucket != Bucket::default()).then_some(bucket)
}

/// A moment (`2026-11-20T12:00:00Z`), a span (`1m30.5s`, `120ms`), or a number: of seconds, or, where it is too large for
/// those, of milliseconds since 1970.
fn reset_ms(text: &str, now: SystemTime) -> Option<u64> {
    if let Ok(number) = text.parse::<f64>() {
        let moment =
            |millis: f64| UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(millis / 1_000.0).ok()?);
        return match number {
            number if number >= 1e12 => until(moment(number)?, now),
            number if number >= 1e9 => until(moment(number * 1_000.0)?, now),
            number => millis(Duration::try_from_secs_f64(number).ok()?),
        };
    }
    if text.contains('T') {
        let moment: jiff::Timestamp = text.parse().ok()?;
        return until(SystemTime::from(moment), now);
    }
    span(text)
}

/// A span as Go writes it.
fn span(text: &str) -> Option<u64> {
    let (mut rest, mut total) = (text, Duration::ZERO);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|at| *at > 0)?;
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let seconds = match unit {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total =
            total.checked_add(Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?)?;
        rest = tail;
    }
    (!text.is_empty()).then(|| millis(total)).flatten()
}

/// The provider's own clock, where it tells it; else ours.
fn now(headers: &HeaderMap) -> SystemTime {
    let told = header(headers, DATE.as_str()).and_then(|text| httpdate::parse_http_date(text).ok());
    told.unwrap_or_else(|| UNIX_EPOCH + Duration::from_millis(clock::now().0))
}

fn until(moment: SystemTime, now: SystemTime) -> Option<u64> {
    millis(moment.duration_since(now).unwrap_or_default())
}

fn millis(span: Duration) -> Option<u64> {
    // Too short a pause would be one refusal more.
    u64::try_from(span.as_micros().div_ceil(1_000)).ok()
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (reqwest::header::HeaderName::from_static(name), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    const NOON: (&str, &str) = ("date", "Fri, 20 Nov 2026 12:00:00 GMT");

    #[test]
    fn a_pause_is_read_in_seconds_in_milliseconds_and_as_a_date() {
        for (pairs, ms) in [
            (&[("retry-after", "7")][..], Some(7_000)),
            (&[("retry-after", "0.25")], Some(250)),
            (&[("retry-after", "9"), ("retry-after-ms", "120")], Some(120)),
            (&[("retry-after", "-1")], None),
            (&[("retry-after", "inf")], None),
            (&[("retry-after", "soon")], None),
            (&[NOON, ("retry-after", "Fri, 20 Nov 2026 12:00:30 GMT")], Some(30_000)),
            (&[NOON, ("retry-after", "Fri, 20 Nov 2026 11:00:00 GMT")], Some(0)),
            // Without the provider's clock ours counts, which is past that.
            (&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], Some(0)),
        ] {
            assert_eq!(retry_after_ms(&headers(pairs)), ms, "{pairs:?}");
        }
    }

    #[test]
    fn both_makers_limits_are_one() {
        let anthropic = headers(&[
            NOON,
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "2026-11-20T12:00:01.5Z"),
            ("anthropic-ratelimit-input-tokens-remaining", "0"),
            ("anthropic-ratelimit-output-tokens-limit", "8000"),
        ]);
        let read = rate_limits(&anthropic);
        let requests = Bucket { limit: Some(50), remaining: Some(49), reset_ms: Some(1_500) };
        assert_eq!(read.requests, Some(requests));
        assert_eq!(read.output_tokens.unwrap().limit, Some(8_000));
        assert!(read.is_spent() && read.tokens.is_none());
        let openai = headers(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1m0.5s"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-tokens", "6ms"),
        ]);
        let read = rate_limits(&openai);
        assert_eq!(
            read.requests,
            Some(Bucket { limit: Some(60), remaining: Some(59), reset_ms: Some(60_500) })
        );
        assert_eq!(read.tokens.unwrap().reset_ms, Some(6));
        assert_eq!(rate_limits(&HeaderMap::new()), RateLimits::default());
        let odd = headers(&[("x-ratelimit-limit", "many"), ("x-ratelimit-reset-tokens", "soon")]);
        assert_eq!(rate_limits(&odd), RateLimits::default());
    }

    #[test]
    fn a_reset_is_read_in_every_form() {
        let noon = now(&headers(&[NOON]));
        for (text, ms) in [
            ("2", Some(2_000)),
            ("0.0001", Some(1)),
            ("2h1m", Some(7_260_000)),
            ("7.66s", Some(7_660)),
            ("1795176001", Some(1_000)),
            ("1795176002000", Some(2_000)),
            ("2026-11-20T11:00:00Z", Some(0)),
            ("1x", None),
            ("", None),
            ("s", None),
        ] {
            assert_eq!(reset_ms(text, noon), ms, "{text}");
        }
    }
}
