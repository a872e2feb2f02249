//! What is computed from the whole state with every frame: header, detail pane, lists, window title, report.

pub mod commands;
pub mod console_url;
pub mod crumbs;
pub mod detail;
pub mod header;
pub(crate) mod home_preview;
pub mod links;
pub mod list_view;
pub mod palette;
pub mod spoken;
pub mod transcript;
pub mod window_status;
