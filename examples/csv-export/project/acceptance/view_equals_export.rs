//! The whole feature, as somebody at the page sees it: follow the page's own export link, and find the rows of the table.

use reports::router::{App, Request, handle};
use reports::store::Store;

fn get(path: &str, query: &str) -> String {
    let app = App {
        store: Store::synthetic(45),
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
    let response = String::from_utf8(out).unwrap();
    response.split_once("\r\n\r\n").unwrap().1.to_owned()
}

fn unescaped(html: &str) -> String {
    html.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from)
        .skip(1)
        .filter_map(|rest| rest.split(to).next())
        .collect()
}

/// Titles and rows of the table on the page.
fn table(page: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        let line = line.replace("th>", "td>");
        between(&line, "<td>", "</td>")
            .into_iter()
            .map(unescaped)
            .collect()
    };
    between(page, "<tr>", "</tr>").into_iter().map(cells).collect()
}

/// Records of a CSV text without line ends inside quotes.
fn records(csv: &str) -> Vec<Vec<String>> {
    csv.split_terminator("\r\n").map(fields).collect()
}

fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut inside) = (vec![String::new()], false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let field = fields.last_mut().unwrap();
        match c {
            '"' if inside && chars.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => inside = !inside,
            ',' if !inside => fields.push(String::new()),
            c => field.push(c),
        }
    }
    fields
}

#[test]
fn exports_match_the_table_on_the_page() {
    let queries = [
        ("", 45),
        ("status=open", 15),
        ("status=late&customer=Ada+%26", 4),
        ("customer=100%25", 9),
        ("customer=A%2BB%2C", 9),
        ("from=2026-01-10&to=2026-01-20", 11),
        ("status=none", 0),
    ];
    for (query, rows) in queries {
        let page = get("/reports/sales", query);
        let link = between(&page, "<a class=\"export\" href=\"", "\"")
            .first()
            .map(|href| unescaped(href))
            .unwrap();
        let (path, query) = link.split_once('?').unwrap_or((&link, ""));
        let table = table(&page);
        assert_eq!(table.len(), 1 + rows, "{query}");
        assert_eq!(records(&get(path, query)), table, "{link}");
    }
}
