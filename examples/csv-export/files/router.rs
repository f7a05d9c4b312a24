//! Requests in, responses out: a head, an empty line, a body, written to any `Write`.

mod export;

use std::io::{self, Write};

use crate::filter_params::FilterParams;
use crate::store::Store;
use crate::{report_view, toolbar};

/// What a request is answered from.
pub struct App {
    pub store: Store,
    /// `YYYY-MM-DD`.
    pub today: String,
}

/// A request.
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// What follows the question mark.
    pub query: &'a str,
}

/// The reports that there are.
const REPORTS: [&str; 1] = ["sales"];
/// Rows on the page.
const ROWS: usize = 50;

/// Answers a request. An error means that the response is not whole; the web server then cuts the connection.
pub fn handle(app: &App, request: &Request<'_>, out: &mut dyn Write) -> io::Result<()> {
    let filters = FilterParams::from_query(request.query);
    let path: Vec<&str> = request.path.split('/').skip(1).collect();
    match (request.method, path.as_slice()) {
        ("GET", ["reports", report]) if REPORTS.contains(report) => page(app, report, &filters, out),
        ("GET", ["reports", report, "export.csv"]) if REPORTS.contains(report) => {
            head(out, "200 OK", "text/csv; charset=utf-8")?;
            export::write(&app.store, &filters, out)
        }
        _ => {
            head(out, "404 Not Found", "text/plain; charset=utf-8")?;
            out.write_all(b"There is no such page.\n")
        }
    }
}

fn page(app: &App, report: &str, filters: &FilterParams, out: &mut dyn Write) -> io::Result<()> {
    let rows = app.store.page(filters, None, ROWS);
    head(out, "200 OK", "text/html; charset=utf-8")?;
    out.write_all(toolbar::render(report, filters, &app.today).as_bytes())?;
    out.write_all(report_view::render(&rows).as_bytes())?;
    out.write_all(b"<script src=\"/assets/report.js\"></script>\n")
}

fn head(out: &mut dyn Write, status: &str, content_type: &str) -> io::Result<()> {
    write!(out, "Status: {status}\r\nContent-Type: {content_type}\r\n\r\n")
}
