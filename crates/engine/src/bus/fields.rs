//! Reading what providers write: lenient, cheap, and never failing.

use serde_json::Value;
use trireme_core::Money;

/// The number at a pointer, where there is one.
pub(super) fn number(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer).and_then(Value::as_u64)
}

/// The text of a field, empty where there is none.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the text has the field with a value other than null. A quotation mark inside of a JSON string is escaped, so
/// this finds no field in what a model wrote.
pub(super) fn has_field(json: &str, quoted_name: &str) -> bool {
    json.match_indices(quoted_name).any(|(at, name)| {
        let rest = json.get(at + name.len()..).unwrap_or_default().trim_start();
        let value = rest.strip_prefix(':').map(str::trim_start);
        value.is_some_and(|value| !value.starts_with("null"))
    })
}

/// An amount in dollars as a provider writes it, rounded up to a nanodollar. None for what is no amount.
pub(super) fn dollars(value: &Value) -> Option<Money> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text.as_str(), 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = [whole, fraction].concat();
    if all.is_empty() || all.len() > 40 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Nanodollars are nine decimals to the left of the dollar's point.
    let shift = exponent.checked_add(9)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    scaled(all.parse().ok()?, shift).map(Money::nanos)
}

/// An amount in ticks of 10⁻¹⁰ dollars, rounded up to a nanodollar.
pub(super) const fn ticks(ticks: u64) -> Money {
    Money::nanos(ticks.div_ceil(10))
}

/// `digits · 10^shift`, rounded up.
fn scaled(digits: u128, shift: i32) -> Option<u64> {
    if digits == 0 {
        return Some(0);
    }
    let power = 10_u128.checked_pow(shift.unsigned_abs());
    let nanos = match (shift >= 0, power) {
        (true, Some(power)) => digits.checked_mul(power)?,
        (true, None) => return None,
        (false, Some(power)) => digits.div_ceil(power),
        (false, None) => 1,
    };
    u64::try_from(nanos).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_rounded_up_to_the_nanodollar() {
        for (value, nanos) in [
            (json!(0.00014), Some(140_000)),
            (json!(1.4e-10), Some(1)),
            (json!(3), Some(3_000_000_000)),
            (json!("0.1"), Some(100_000_000)),
            (json!(1e3), Some(1_000_000_000_000)),
            (json!(0.0), Some(0)),
            (json!(1e-60), Some(1)),
            (json!(1e60), None),
            (json!(-1), None),
            (json!("free"), None),
            (json!(null), None),
        ] {
            assert_eq!(dollars(&value), nanos.map(Money::nanos), "{value}");
        }
    }

    #[test]
    fn a_field_is_found_only_where_it_is_one() {
        assert!(has_field(r#"{"usage": {"a":1}}"#, "\"usage\""));
        assert!(!has_field(r#"{"usage":null}"#, "\"usage\""));
        assert!(!has_field(r#"{"delta":{"content":"\"usage\":{}"}}"#, "\"usage\""));
        assert!(!has_field(r#"{"content":"usage"}"#, "\"usage\""));
        assert!(has_field(r#"{"usage":null,"x":{"usage":{}}}"#, "\"usage\""));
    }
}
