//! The export button on the page.

use reports::filter_params::FilterParams;
use reports::toolbar;

#[test]
fn the_file_is_named_by_report_and_day() {
    let html = toolbar::render("sales", &FilterParams::default(), "2026-11-20");
    assert!(html.contains("download=\"sales-2026-11-20.csv\""), "{html}");
}

#[test]
fn the_form_is_still_there() {
    let filters = FilterParams {
        from: Some("2026-01-31".to_owned()),
        ..FilterParams::default()
    };
    let html = toolbar::render("sales", &filters, "2026-11-20");
    assert!(
        html.contains("<input name=\"from\" value=\"2026-01-31\">"),
        "{html}"
    );
    assert!(html.find("</form>") < html.find("class=\"export\""), "{html}");
}
