//! Records as they came: documents, or nothing.

use serde::de::IgnoredAny;

/// The text is a record, or there is none.
pub(super) fn is_whole(raw: &str) -> bool {
    raw.is_empty() || may_be_whole(raw) && serde_json::from_str::<IgnoredAny>(raw).is_ok()
}

/// The same at a glance, for whoever waits: what was overwritten has no end, or no letters.
pub(super) fn may_be_whole(raw: &str) -> bool {
    let text = raw.trim_ascii();
    raw.is_empty() || text.starts_with('{') && text.ends_with('}') && !text.contains('\0')
}
