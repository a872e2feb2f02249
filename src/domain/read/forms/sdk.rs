//! What SDKs print behind a sentence: the members of an exception, one a line or all on one.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::read::pattern::pattern;

static CODE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?:^|[\s,{(])["']?(?:[cC]ode|__type|name)["']?[:=] ?["']([A-Za-z][\w.#]*)["']"#)
});
static REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?:^|[\s,{(])["']?(?:requestId|RequestId|RequestID|request_id|aws_request_id)["']?[:=] ?["']([0-9A-Za-z-]{8,64})["']"#,
    )
});
/// Any of these makes it an SDK's object and no setting of somebody's own.
static OBJECT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?:statusCode|httpStatusCode|retryable|retryDelay|aws_request_id|RespMetadata|\$fault|\$metadata)["']?[:=] ?"#,
    )
});
static MEMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"^\s*["']?(?:message|code|Code|Type|name|time|requestId|extendedRequestId|cfId|region|hostname|statusCode|httpStatusCode|retryable|retryDelay|\$fault|\$metadata|attempts|totalRetryDelay|originalError|errno|syscall|\$response|cause)["']?: .*[,{}]?$"#,
    )
});

/// Whether an exception is printed with its members.
pub(super) fn prints(text: &str) -> bool {
    OBJECT.is_match(text)
}

static MESSAGE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?m)^\s*["']?message["']?: ["'`](.{3,2000}?)["'`],?\s*$"#));

/// The sentence of an exception of which only the members were pasted.
pub(super) fn message(text: &str) -> Option<&str> {
    let found = MESSAGE.captures(text).filter(|_| prints(text))?;
    found.get(1).map(|part| part.as_str())
}

/// What stands in an exception beside its sentence.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) code: Option<String>,
    pub(super) request: Option<String>,
}

/// The members of the first exception that is printed in a text.
pub(super) fn members(text: &str) -> Members {
    if !OBJECT.is_match(text) {
        return Members::default();
    }
    let all = |pattern: &'static Regex| {
        let found = pattern.captures_iter(text);
        found.filter_map(|found| found.get(1).map(|part| part.as_str().to_owned()))
    };
    // The class of all errors of a service is no code.
    let says = |code: &String| code != "Error" && code != "client" && !code.ends_with("ServiceException");
    Members {
        code: all(&CODE).find(says),
        request: all(&REQUEST).next(),
    }
}

/// A line that holds nothing but members of an exception.
pub(super) fn is_member(line: &str) -> bool {
    let bare = line.trim();
    matches!(bare, "{" | "}" | "},")
        || (MEMBER.is_match(line)
            && (bare.contains(['\'', '"', ',', '{']) || bare.ends_with(|c: char| c.is_ascii_digit())))
        || (MEMBER.is_match(line) && OBJECT.is_match(line))
}

/// A sentence without the members that stand behind it on the same line.
pub(super) fn without_members(sentence: &str) -> &str {
    let marks = [
        " { message: '",
        " message: '",
        " {\"message\":",
        " code: '",
        ", code: '",
        " { code: '",
    ];
    if !OBJECT.is_match(sentence) {
        return sentence;
    }
    let end = marks
        .iter()
        .filter_map(|mark| sentence.find(mark))
        .filter(|at| *at > 10)
        .min();
    sentence
        .get(..end.unwrap_or(sentence.len()))
        .unwrap_or(sentence)
        .trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_taken_apart() {
        let text = "Throttling: Rate exceeded\n  message: 'Rate exceeded',\n  code: 'Throttling',\n  requestId: \
                    '0a1b2c3d-aaaa-4bbb-8ccc-000000000010',\n  statusCode: 400,\n  retryable: true }";
        let found = members(text);
        assert_eq!(found.code.as_deref(), Some("Throttling"));
        assert_eq!(
            found.request.as_deref(),
            Some("0a1b2c3d-aaaa-4bbb-8ccc-000000000010")
        );
        assert!(text.lines().skip(1).all(is_member));
        assert!(!is_member("Throttling: Rate exceeded"));
        assert!(members("code: 'x'").code.is_none());
        assert_eq!(
            without_members(
                "No such stack message: 'No such stack', code: 'ValidationError', statusCode: 400"
            ),
            "No such stack"
        );
    }
}
