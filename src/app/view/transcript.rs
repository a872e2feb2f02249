//! What is copied: the panes' own words as plain text.

use chrono::{DateTime, Utc};

use super::detail::Detail;
use crate::app::layout::line::{Block, Line};
use crate::app::state::AppState;
use crate::domain::read::text::{Clean, CleanText};

/// The name of the file that a report of what is shown goes to.
pub(crate) fn report_name(app: &AppState, now: DateTime<Utc>) -> Option<String> {
    let name = app.shown()?.session.root().name();
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let stamp = app.moment(now).format("%Y%m%d-%H%M%S");
    Some(format!("stacktrail-{name}-{stamp}.md"))
}

/// The statement, or else the whole detail pane.
pub(crate) fn whole_detail(app: &AppState, now: DateTime<Utc>) -> Option<CleanText> {
    Detail::of(app, now).map(|detail| detail.page.plain_text())
}

/// A block of the detail pane.
pub(crate) fn block(block: &Block) -> CleanText {
    let lines: Vec<Clean> = block.lines.iter().map(Line::text).collect();
    let shallowest = lines
        .iter()
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    lines
        .iter()
        .map(|line| line.part(shallowest..line.len()))
        .collect()
}
