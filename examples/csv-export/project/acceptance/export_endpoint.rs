//! `GET /reports/:id/export.csv`: the columns of the table, the filters of the report view, RFC 4180.

use reports::columns::COLUMNS;
use reports::filter_params::FilterParams;
use reports::router::{App, Request, handle};
use reports::store::Store;

fn get(path: &str, query: &str) -> String {
    let app = App {
        store: Store::synthetic(1_200),
        today: "2026-11-20".to_owned(),
    };
    let mut out = Vec::new();
    handle(
        &app,
        &Request {
            method: "GET",
            path,
            query,
        },
        &mut out,
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

fn quoted(field: &str) -> String {
    match field.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

#[test]
fn an_export_has_the_columns_and_rows_of_the_filtered_report() {
    for query in [
        "",
        "status=open",
        "customer=Ada+%26&from=2026-02-01&to=2026-06-30",
        "status=none",
    ] {
        let response = get("/reports/sales/export.csv", query);
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert_eq!(head, "Status: 200 OK\r\nContent-Type: text/csv; charset=utf-8");
        let mut expected: Vec<String> = vec![
            COLUMNS
                .iter()
                .map(|column| quoted(column.title))
                .collect::<Vec<_>>()
                .join(","),
        ];
        for row in Store::synthetic(1_200).page(&FilterParams::from_query(query), None, usize::MAX) {
            expected.push(
                COLUMNS
                    .iter()
                    .map(|column| quoted(&(column.cell)(&row)))
                    .collect::<Vec<_>>()
                    .join(","),
            );
        }
        assert!(body.ends_with("\r\n"));
        assert_eq!(
            body.trim_end_matches("\r\n").split("\r\n").collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
}

#[test]
fn only_reports_are_exported() {
    assert!(get("/reports/none/export.csv", "").starts_with("Status: 404"));
    assert!(get("/reports/sales", "").starts_with("Status: 200 OK\r\nContent-Type: text/html"));
}
