//! Holds the arguments of a call against the tool's own schema, so that what is taught and what is checked are one.
//!
//! Three repairs, all without ambiguity: an object or a list that came as a string of JSON is read, so is a whole number or
//! a yes or no, and `null` for what may be left out is left out. Everything else is a fault that names the place and what is expected.

use std::ops::RangeInclusive;

use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::limits::ERROR_CHARS;
use crate::words::Share;

/// The arguments as the schema wants them.
///
/// # Errors
/// The first misfit, as a sentence for the model.
pub(super) fn fit(schema: &Value, args: &Value) -> Result<Value, String> {
    value(schema, args, "")
}

fn value(schema: &Value, given: &Value, path: &str) -> Result<Value, String> {
    if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
        return kind(schema, options, given, path);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => object(schema, given, path),
        Some("array") => list(schema, given, path),
        Some(scalar) => {
            let given = unquoted_scalar(scalar, given);
            check_scalar(scalar, schema, &given, path).map(|()| given)
        }
        None => Ok(given.clone()),
    }
}

/// The string's JSON, where an object or a list came as one.
fn unquoted(given: &Value, is_right: impl Fn(&Value) -> bool) -> Value {
    let inner = given.as_str().and_then(|text| serde_json::from_str(text).ok());
    inner.filter(is_right).unwrap_or_else(|| given.clone())
}

/// The text's number, yes or no, where one is wanted.
fn unquoted_scalar(scalar: &str, given: &Value) -> Value {
    match scalar {
        "integer" => unquoted(given, Value::is_i64),
        "boolean" => unquoted(given, Value::is_boolean),
        _ => given.clone(),
    }
}

fn object(schema: &Value, given: &Value, path: &str) -> Result<Value, String> {
    let given = unquoted(given, Value::is_object);
    let fields = given.as_object().ok_or_else(|| wrong(schema, &given, path, "an object"))?;
    let empty = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    if let Some(stranger) = fields.keys().find(|name| !known.contains_key(*name)) {
        let names: Vec<_> = known.keys().map(String::as_str).collect();
        let known = if names.is_empty() { "no fields".to_owned() } else { names.join(", ") };
        return Err(format!("{}: there is no field {stranger:?} here; there are {known}.", at(path)));
    }
    let mut fitted = Map::new();
    for (name, schema_of) in known {
        let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match (fields.get(name), is_required(schema, name)) {
            (None, true) => {
                let sentence = format!("{place} is missing: it must be {}.", name_of(schema_of));
                return Err(with_description(sentence, schema_of));
            }
            (None, false) | (Some(Value::Null), false) => {}
            (Some(given), _) => {
                fitted.insert(name.clone(), value(schema_of, given, &place)?);
            }
        }
    }
    Ok(Value::Object(fitted))
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|required| required == name))
}

fn list(schema: &Value, given: &Value, path: &str) -> Result<Value, String> {
    let given = unquoted(given, Value::is_array);
    let items = given.as_array().ok_or_else(|| wrong(schema, &given, path, "a list"))?;
    let schema = schema.get("items").unwrap_or(&Value::Null);
    let fitted = items.iter().enumerate().map(|(index, item)| {
        let label = label(item).map(|label| format!(" ({label:?})")).unwrap_or_default();
        value(schema, item, &format!("{path}[{index}]{label}"))
    });
    fitted.collect::<Result<_, _>>().map(Value::Array)
}

/// What an item calls itself, so that the model finds it again.
fn label(item: &Value) -> Option<&str> {
    let names = ["title", "name", "id", "criterion", "path"].into_iter();
    names.filter_map(|name| item.get(name)?.as_str()).find(|label| label.len() <= 80)
}

/// The object whose `kind` is the given one.
fn kind(schema: &Value, options: &[Value], given: &Value, path: &str) -> Result<Value, String> {
    let given = unquoted(given, Value::is_object);
    let kinds_of = |option: &Value| option.pointer("/properties/kind/enum").cloned().unwrap_or_default();
    let kind = given.get("kind").unwrap_or(&Value::Null);
    let chosen =
        options.iter().find(|option| kinds_of(option).as_array().is_some_and(|kinds| kinds.contains(kind)));
    match chosen {
        Some(option) => value(option, &given, path),
        None => {
            let kinds: Vec<_> = options.iter().map(|option| shapes(option, &kinds_of(option))).collect();
            let expected = format!("an object of one of these shapes: {}", kinds.join(", "));
            Err(wrong(schema, &given, path, &expected))
        }
    }
}

fn shapes(option: &Value, kinds: &Value) -> String {
    let required = option.get("required").and_then(Value::as_array);
    let fields = required.into_iter().flatten().filter_map(Value::as_str);
    let kind = kinds.pointer("/0").and_then(Value::as_str).unwrap_or_default();
    let fields: Vec<_> = fields
        .map(|field| if field == "kind" { format!("\"kind\":\"{kind}\"") } else { format!("\"{field}\":…") })
        .collect();
    format!("{{{}}}", fields.join(","))
}

fn check_scalar(scalar: &str, schema: &Value, given: &Value, path: &str) -> Result<(), String> {
    let options = schema.get("enum").and_then(Value::as_array);
    let is_right = match (scalar, options) {
        (_, Some(options)) => options.contains(given),
        ("string", None) => given.is_string(),
        ("integer", None) => given.as_i64().is_some_and(|number| limits(schema).contains(&number)),
        // Every number that is not whole is a share.
        ("number", None) => Share::deserialize(given).is_ok(),
        ("boolean", None) => given.is_boolean(),
        (_, None) => true,
    };
    if is_right { Ok(()) } else { Err(wrong(schema, given, path, &name_of(schema))) }
}

fn limits(schema: &Value) -> RangeInclusive<i64> {
    let limit = |name: &str| schema.get(name).and_then(Value::as_i64);
    limit("minimum").unwrap_or(i64::MIN)..=limit("maximum").unwrap_or(i64::MAX)
}

/// What a schema asks for, in a few words.
fn name_of(schema: &Value) -> String {
    if let Some(options) = schema.get("enum").and_then(Value::as_array) {
        let options: Vec<_> = options.iter().map(Value::to_string).collect();
        return match options.as_slice() {
            [only] => only.clone(),
            _ => format!("one of {}", options.join(", ")),
        };
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => "a text".to_owned(),
        Some("array") => "a list".to_owned(),
        Some("integer") => {
            let limits = limits(schema);
            match *limits.end() >= u32::MAX.into() {
                true => format!("a whole number, {} or more", limits.start()),
                false => format!("a whole number from {} to {}", limits.start(), limits.end()),
            }
        }
        Some("number") => "a percentage from 0 to 100 with at most two decimals".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some(_) | None => "an object".to_owned(),
    }
}

fn wrong(schema: &Value, given: &Value, path: &str, expected: &str) -> String {
    let shown: String = given.to_string().chars().take(ERROR_CHARS / 5).collect();
    let sentence = format!("{} must be {expected}, but is {shown}.", at(path));
    with_description(sentence, schema)
}

fn with_description(sentence: String, schema: &Value) -> String {
    match schema.get("description").and_then(Value::as_str) {
        Some(description) => format!("{sentence} {description}"),
        None => sentence,
    }
}

fn at(path: &str) -> &str {
    if path.is_empty() { "the arguments" } else { path }
}
