//! The page as it is today: it must stay so.

use reports::filter_params::FilterParams;
use reports::report_view;
use reports::router::{App, Request, handle};
use reports::store::Store;

fn get(path: &str, query: &str) -> String {
    let app = App {
        store: Store::synthetic(30),
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

#[test]
fn the_table_has_a_line_per_row_and_escapes_its_cells() {
    let rows = Store::synthetic(2).page(&FilterParams::default(), None, 10);
    let html = report_view::render(&rows);
    let head = "<tr><th>Id</th><th>Day</th><th>Customer</th><th>Status</th><th>Amount</th><th>Note</th></tr>";
    assert_eq!(html.lines().nth(1), Some(head));
    let first = "<tr><td>1</td><td>2026-01-02</td><td>Müller &quot;Söhne&quot;</td><td>open</td><td>79.19</td><td>delivered";
    assert!(html.lines().nth(2).unwrap().starts_with(first), "{html}");
    assert_eq!(html.lines().count(), 5);
}

#[test]
fn the_page_shows_the_filters_and_the_rows_that_they_accept() {
    let page = get("/reports/sales", "status=late&customer=Ada+%26");
    assert!(
        page.starts_with("Status: 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"),
        "{page}"
    );
    assert!(
        page.contains("<input name=\"customer\" value=\"Ada &amp;\">"),
        "{page}"
    );
    let ids: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("<tr><td>")?.split('<').next())
        .collect();
    assert_eq!(ids, ["5", "10"]);
}

#[test]
fn other_pages_are_not_there() {
    for path in ["/", "/reports", "/reports/none", "/reports/sales/more"] {
        assert!(get(path, "").starts_with("Status: 404"), "{path}");
    }
}

#[test]
fn a_store_is_read_page_by_page() {
    let store = Store::synthetic(25);
    let filters = FilterParams::from_query("status=open");
    let all: Vec<u64> = store.page(&filters, None, 100).iter().map(|row| row.id).collect();
    let (mut paged, mut after) = (Vec::new(), None);
    while let Some(last) = store.page(&filters, after, 3).last().map(|row| row.id) {
        paged.extend(store.page(&filters, after, 3).iter().map(|row| row.id));
        after = Some(last);
    }
    assert_eq!(paged, all);
    assert!(all.len() > 6, "{all:?}");
}
