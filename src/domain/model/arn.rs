//! What ARNs and the names in them say: of roles, functions, tasks, instances.

/// The session name under which CloudFormation calls with a service role.
pub const CLOUDFORMATION_SESSION: &str = "AWSCloudFormation";

/// The bare name in a role's ARN (`…:role/path/NAME`), in a session's ARN, or the name itself.
pub fn role_name(text: &str) -> Option<&str> {
    let name = if let Some((_, rest)) = text.split_once(":assumed-role/") {
        rest.split('/').next()
    } else if let Some((_, rest)) = text.split_once(":role/") {
        rest.rsplit('/').next()
    } else if text.starts_with("arn:") {
        None
    } else {
        text.rsplit('/').next()
    };
    name.filter(|name| !name.is_empty())
}

/// The bare name of a function: out of its ARN (version and alias left away) or as it is.
pub fn function_name(text: &str) -> &str {
    match text.split_once(":function:") {
        Some((_, rest)) => rest.split(':').next().unwrap_or(rest),
        None => text,
    }
}

/// The id at the end of a task's ARN: the name of its sessions.
pub fn task_id(id: &str) -> Option<&str> {
    let (_, rest) = id.split_once(":task/")?;
    rest.rsplit('/').next().filter(|task| task.len() >= 8)
}

/// The session of an instance is named after it.
pub fn is_instance(session: &str) -> bool {
    session
        .strip_prefix("i-")
        .is_some_and(|hex| matches!(hex.len(), 8 | 17) && hex.chars().all(|c| c.is_ascii_hexdigit()))
}
