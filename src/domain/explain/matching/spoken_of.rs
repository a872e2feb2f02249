//! Whether somebody's words speak of a failed call.

use crate::domain::model::action;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::{Denial, is_of_another_system};
use crate::domain::read::text::holds_word;

/// Whether a text, in lower case, speaks of a failed call: of the operation, the error, or what was denied. Programs
/// write `ListTagsForResource` as `list_tags_for_resource`.
pub(super) fn speaks_of(text: &str, record: &TrailRecord) -> bool {
    let plain = text.replace('_', "");
    let denial = record.error_message.as_deref().and_then(Denial::read);
    let denial = denial.unwrap_or_default();
    let denied_action = denial.action.unwrap_or_default().to_ascii_lowercase();
    let code = record.error().unwrap_or_default().to_ascii_lowercase();
    let operation = record.operation().to_ascii_lowercase();
    let denied = action::operation(&denied_action);
    let named = [operation.as_str(), denied, code.as_str()];
    let resource = denial.resource.unwrap_or_default().to_ascii_lowercase();
    // An answer that points to its own log does not speak of what was done with that log.
    let resource = if resource.contains(":log-group:") {
        String::new()
    } else {
        resource
    };
    let path = resource.rsplit(':').next().unwrap_or_default();
    let path = path.split_once('/').map_or(path, |(_, rest)| rest);
    named.iter().any(|name| name.len() >= 6 && plain.contains(name))
        || (record.is_denial() && speaks_of_denial(text))
        || (path.len() >= 6 && holds_word(text, path))
}

/// Whether a text, in lower case, speaks of something that was denied.
pub(crate) fn speaks_of_denial(text: &str) -> bool {
    ["denied", "not authorized", "unauthorized"]
        .iter()
        .any(|word| text.contains(word))
        && !is_of_another_system(text)
}
