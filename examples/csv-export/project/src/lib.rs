//! The reports page, from request to response. Rows come from `store`, page by page.

pub mod filter_map;
pub mod filter_params;
pub mod html;
pub mod report_view;
pub mod router;
pub mod store;
pub mod toolbar;
