//! The export button: where it leads, what the file is called, and what is shown while it runs and when it fails.

#![allow(dead_code)]

#[path = "../src/filter_map.rs"]
mod filter_map;
#[path = "../src/filter_params.rs"]
mod filter_params;
#[path = "../src/html.rs"]
mod html;
#[path = "../src/toolbar.rs"]
mod toolbar;

use filter_params::FilterParams;

const SCRIPT: &str = include_str!("../assets/report.js");

#[track_caller]
fn holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
}

#[test]
fn filename_is_report_and_date() {
    let toolbar = toolbar::render("sales", &FilterParams::default(), "2026-11-20");
    holds(
        &toolbar,
        &["<a class=\"export\"", "download=\"sales-2026-11-20.csv\""],
    );
    holds(
        &toolbar::render("stock", &FilterParams::default(), "2027-01-02"),
        &["download=\"stock-2027-01-02.csv\""],
    );
    holds(SCRIPT, &["link.download"]);
}

#[test]
fn the_link_carries_what_the_filter_map_says() {
    let filters = FilterParams {
        status: Some("open".to_owned()),
        ..FilterParams::default()
    };
    let href = match filter_map::export_query(&filters).as_str() {
        "" => "href=\"/reports/sales/export.csv\"".to_owned(),
        query => format!("href=\"/reports/sales/export.csv?{}\"", html::escape(query)),
    };
    holds(
        &toolbar::render("sales", &filters, "2026-11-20"),
        &[&href, "<form action=\"/reports/sales\">"],
    );
}

#[test]
fn states_are_shown() {
    let toolbar = toolbar::render("sales", &FilterParams::default(), "2026-11-20");
    holds(
        &toolbar,
        &["<output class=\"export-state\" data-state=\"idle\" role=\"status\">"],
    );
    holds(
        SCRIPT,
        &[
            "fetch(",
            "response.ok",
            "\"running\"",
            "\"done\"",
            "catch",
            "\"failed\"",
            "Try again",
        ],
    );
    holds(SCRIPT, &["addEventListener(\"change\""]);
}
