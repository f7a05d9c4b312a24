//! A filtered view and its export return identical row sets: what the view's filters accept is exactly what the filters
//! accept that the export request carries. Needs nothing but the filters and their map.

#![allow(dead_code)]

#[path = "../src/filter_map.rs"]
mod filter_map;
#[path = "../src/filter_params.rs"]
mod filter_params;

use filter_params::FilterParams;

const STATUSES: [&str; 3] = ["open", "paid", "late"];
const CUSTOMERS: [&str; 6] = [
    "Ada & Sons",
    "Müller \"Söhne\"",
    "A+B, Ltd",
    "Café 100%",
    "x=y",
    "Åse #1?",
];
const DAYS: [&str; 3] = ["2026-01-31", "2026-02-01", "2026-03-15"];

/// Status, customer and day of every row that the filters accept.
fn rows(filters: &FilterParams) -> Vec<(&str, &str, &str)> {
    let all = STATUSES.iter().flat_map(|s| {
        CUSTOMERS
            .iter()
            .flat_map(move |c| DAYS.iter().map(move |d| (*s, *c, *d)))
    });
    all.filter(|(status, customer, day)| filters.accepts(status, customer, day))
        .collect()
}

fn choices(values: &[&str]) -> Vec<Option<String>> {
    std::iter::once(None)
        .chain(values.iter().map(|value| Some(value.to_string())))
        .collect()
}

/// Every combination of filters.
fn all_filters() -> Vec<FilterParams> {
    let mut all = Vec::new();
    for status in choices(&STATUSES) {
        for customer in choices(&[&CUSTOMERS[..], &["&", "+", "%", " "]].concat()) {
            for from in choices(&DAYS) {
                for to in choices(&DAYS) {
                    let (status, customer, from) = (status.clone(), customer.clone(), from.clone());
                    all.push(FilterParams {
                        status,
                        customer,
                        from,
                        to,
                    });
                }
            }
        }
    }
    all
}

#[test]
fn a_filtered_view_and_its_export_return_identical_row_sets() {
    for view in all_filters() {
        let query = filter_map::export_query(&view);
        let export = FilterParams::from_query(&query);
        assert_eq!(rows(&export), rows(&view), "{view:?} became {query:?}");
    }
}

#[test]
fn no_filter_is_no_query() {
    assert_eq!(filter_map::export_query(&FilterParams::default()), "");
}

#[test]
fn the_query_can_stand_in_a_link() {
    for view in all_filters() {
        let query = filter_map::export_query(&view);
        let safe = |c: char| c.is_ascii_alphanumeric() || "-._~=&%+".contains(c);
        assert!(query.chars().all(safe), "{query:?}");
    }
}
