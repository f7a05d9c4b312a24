//! The converter as a whole: parser, validator and JSON together.

use csv2json::convert::CsvToJson;
use csv2json::interface::Convert;

const SCHEMA: &str = "name: text\nage: integer\nheight: decimal?\nmember: boolean?\n";

#[track_caller]
fn converts(csv: &str, schema: Option<&str>, json: &str) {
    assert_eq!(CsvToJson.convert(csv, schema).as_deref(), Ok(json));
}

#[track_caller]
fn refuses(csv: &str, schema: Option<&str>, expected: &[&str]) {
    let problems = CsvToJson.convert(csv, schema).unwrap_err();
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told, expected);
}

#[test]
fn without_a_schema_every_value_is_text() {
    converts("name,age\nAda,36\n", None, r#"[{"name":"Ada","age":"36"}]"#);
}

#[test]
fn with_a_schema_values_have_their_kinds() {
    let json = r#"[{"name":"Ada","age":36,"height":1.65,"member":true}]"#;
    converts("name,age,height,member\nAda,36,1.65,true\n", Some(SCHEMA), json);
}

#[test]
fn an_empty_optional_field_is_null() {
    converts(
        "name,age,height\nAda,36,\n",
        Some(SCHEMA),
        r#"[{"name":"Ada","age":36,"height":null}]"#,
    );
}

#[test]
fn quoted_commas_line_ends_and_quotes_reach_the_json() {
    let csv = "name,note\n\"Lovelace, Ada\",\"a\nb \"\"c\"\"\"\n";
    converts(csv, None, r#"[{"name":"Lovelace, Ada","note":"a\nb \"c\""}]"#);
}

#[test]
fn a_header_alone_is_an_empty_list() {
    converts("name,age\n", Some(SCHEMA), "[]");
}

#[test]
fn all_wrong_fields_are_told_at_once() {
    let csv = "name,age\nAda,36\n,old\n";
    refuses(
        csv,
        Some(SCHEMA),
        &[
            "line 3: name is empty",
            "line 3: age is `old`, not a whole number",
        ],
    );
}

#[test]
fn broken_rows_and_schemas_are_refused_with_their_line() {
    refuses("a,b\n1\n", None, &["line 2: 1 fields where the header has 2"]);
    refuses("a\n\"x\n", None, &["line 2: a quoted field never ends"]);
    refuses(
        "a\n1\n",
        Some("a: number\n"),
        &["line 1: schema: `number` is not text, integer, decimal or boolean"],
    );
}
