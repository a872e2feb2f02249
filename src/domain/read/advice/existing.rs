//! `NAME already exists`: whose it is, and how it can be had.

use std::sync::LazyLock;

use regex::Regex;

use super::Complaint;
use crate::domain::read::pattern::pattern;

static EXISTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)(?:^|[ :(])(?P<q>['"\[]?)(?P<n>[\w$/][\w.:/@+=$\-]{2,250})['"\]]?(?: in (?:the )?[\w\- ]{2,40})? already exists?\b"#,
    )
});
static BEHIND: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?i)\balready exists: ['"]?(?P<n>[\w.:/@+=$\-]{2,250}[\w/])"#));
static IDENTIFIER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"with identifier '(?:\{[^}']*:\s*\\?")?(?P<n>[^'"\\|]{2,250}?)(?:\\?"\})?' already exists"#)
});

pub(super) fn step(failed: &Complaint<'_>) -> Option<String> {
    let name = name(failed.sentence)?;
    let whom = failed.whom();
    Some(format!(
        "See whether a stack has {name}: `aws cloudformation describe-stack-resources --physical-resource-id {name}{}` names it. \
         If one has, let only that one keep it. If none has: import it into this stack (a change set of type IMPORT), or delete \
         it if nothing uses it, or give {whom} another name (best none: then CloudFormation makes one).",
        failed.in_region()
    ))
}

/// The name that is taken, as the service's commands take it.
pub(super) fn name(text: &str) -> Option<String> {
    let name = IDENTIFIER
        .captures(text)
        .or_else(|| BEHIND.captures(text))
        .or_else(|| {
            EXISTS
                .captures(text)
                .filter(|found| is_name(&found["n"], !found["q"].is_empty()))
        })
        .and_then(|found| found.name("n"))?
        .as_str();
    // Of an id made of several parts none is the physical id, and what ends a word of a shell is not repeated.
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'@' | b'+' | b'=')
    };
    if !name.bytes().all(is_plain) {
        return None;
    }
    // The physical id of an alias is its name.
    Some(
        name.rsplit_once(":alias/")
            .map_or_else(|| name.to_owned(), |(_, alias)| format!("alias/{alias}")),
    )
}

/// A word of the sentence is no name: `A listener on this port already exists`.
fn is_name(name: &str, quoted: bool) -> bool {
    let is_path = name.starts_with('/') && !name.starts_with("/aws/");
    quoted
        || !is_path
            && name
                .bytes()
                .any(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'/' | b'_' | b'.'))
}
