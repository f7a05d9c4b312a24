//! How JSON is written.

use csv2json::json::Value;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn scalars() {
    assert_eq!(Value::Null.to_string(), "null");
    assert_eq!(Value::Bool(true).to_string(), "true");
    assert_eq!(Value::Number("-12.50".to_owned()).to_string(), "-12.50");
}

#[test]
fn text_is_escaped() {
    assert_eq!(
        text("say \"hi\"\\\n\t\u{1}ü").to_string(),
        "\"say \\\"hi\\\"\\\\\\n\\t\\u0001ü\""
    );
}

#[test]
fn lists_and_objects_keep_their_order() {
    let object = Value::Object(vec![("b".to_owned(), Value::Null), ("a".to_owned(), text("x"))]);
    assert_eq!(
        Value::List(vec![object, Value::Object(vec![])]).to_string(),
        r#"[{"b":null,"a":"x"},{}]"#
    );
}
