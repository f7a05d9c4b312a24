//! What stands above a report: the form with its filters, and the export button.

use crate::filter_map::export_query;
use crate::filter_params::FilterParams;
use crate::html::escape;

/// The toolbar of a report, with the active filters filled in.
pub fn render(report: &str, filters: &FilterParams, today: &str) -> String {
    let fields = [
        ("status", &filters.status),
        ("customer", &filters.customer),
        ("from", &filters.from),
        ("to", &filters.to),
    ];
    let inputs: String = fields
        .into_iter()
        .map(|(name, value)| input(name, value.as_deref()))
        .collect();
    let export = export_button(report, filters, today);
    format!("<form action=\"/reports/{report}\">\n{inputs}<button>Filter</button>\n</form>\n{export}")
}

fn input(name: &str, value: Option<&str>) -> String {
    let value = escape(value.unwrap_or_default());
    format!("<label>{name} <input name=\"{name}\" value=\"{value}\"></label>\n")
}

/// A plain link, so that it works without the script; the script adds progress and the failure state.
fn export_button(report: &str, filters: &FilterParams, today: &str) -> String {
    let query = export_query(filters);
    let question = if query.is_empty() { "" } else { "?" };
    let href = escape(&format!("/reports/{report}/export.csv{question}{query}"));
    format!(
        "<a class=\"export\" href=\"{href}\" download=\"{report}-{today}.csv\">Export CSV</a>\n\
         <output class=\"export-state\" data-state=\"idle\" role=\"status\"></output>\n"
    )
}
