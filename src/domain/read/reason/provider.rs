//! The service's own error inside a reason: `(Service: X; Status Code: N; Error Code: C; Request ID: R)`.
//!
//! Both generations of CloudFormation's own brackets, and what SDKs of other languages print when a
//! function or a third-party type passes their message on. Categories are not decided here.

use super::text::{LONGEST_NAME, Text, begins_with, clipped, code, ends_with, identifier, leading};

/// What a service answered, as far as the text tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ServiceError {
    pub(super) service: Option<String>,
    pub(super) status_code: Option<u16>,
    pub(super) error_code: Option<String>,
    pub(super) request_id: Option<String>,
}

impl ServiceError {
    /// Reads the first service error of the text.
    pub(super) fn read(text: &Text<'_>) -> Self {
        let block = service_block(text);
        let start = block.as_ref().map_or(0, |(at, _)| *at);
        Self {
            service: block
                .and_then(|(_, name)| name)
                .or_else(|| go_operation_service(text)),
            status_code: status_code(text, start),
            error_code: error_code(text, start),
            request_id: request_id(text, start),
        }
    }
}

/// Where the `(Service: …` block begins, and the name in it.
fn service_block(text: &Text<'_>) -> Option<(usize, Option<String>)> {
    let mut at = 0;
    while let Some(found) = text.find("service:", at) {
        at = found.end;
        let opened = text.before(found.start).trim_end().ends_with(['(', '[', '{']);
        let rest = clipped(text.rest(found.end), LONGEST_NAME);
        let value = leading(rest, |c| !matches!(c, ';' | ',' | ')' | '\n' | '"' | '('));
        let after = rest
            .get(value.len()..)
            .unwrap_or_default()
            .trim_start_matches([';', ',', ' ', '\n']);
        let listed = begins_with(after, "status");
        let value = value.trim();
        if opened || listed {
            let named = !value.is_empty()
                && !value.eq_ignore_ascii_case("null")
                && !value.contains(['<', '*', '…'])
                && !value.contains("..")
                && value
                    .chars()
                    .any(|c| c.is_alphanumeric() && !matches!(c, 'x' | 'X'));
            return Some((found.start, named.then(|| value.to_owned())));
        }
    }
    None
}

/// `operation error S3: CreateBucket, https response error …`, as the Go SDK prints it.
fn go_operation_service(text: &Text<'_>) -> Option<String> {
    let found = text.find("operation error", 0)?;
    let name = leading(text.rest(found.end).trim_start(), |c| {
        c.is_alphanumeric() || c == ' '
    });
    let followed = text
        .rest(found.end)
        .trim_start()
        .get(name.len()..)?
        .starts_with(':');
    (followed && !name.trim().is_empty()).then(|| name.trim().to_owned())
}

fn status_code(text: &Text<'_>, start: usize) -> Option<u16> {
    if !text.mentions("status") {
        return None;
    }
    ["status code:", "statuscode:"].iter().find_map(|label| {
        let found = text
            .find(label, start)
            .or_else(|| (start > 0).then(|| text.find(label, 0)).flatten())?;
        let digits = leading(text.rest(found.end).trim_start(), |c| c.is_ascii_digit());
        (digits.len() == 3 || digits == "0")
            .then(|| digits.parse().ok())
            .flatten()
    })
}

/// The code of the block itself before one in the words ahead of it: Lambda quotes S3's (`S3 Error Code: NoSuchKey`).
fn error_code(text: &Text<'_>, block: usize) -> Option<String> {
    labelled_error_code(text, block)
        .or_else(|| labelled_error_code(text, 0))
        .or_else(|| {
            text.mentions("error")
                .then(|| passed_on_error_code(text))
                .flatten()
        })
        .or_else(|| {
            let found = text.find("{code:", 0)?;
            code(text.rest(found.end))
        })
        .or_else(|| go_error_code(text))
        .or_else(|| leading_error_code(text))
        .or_else(|| quoted_error_code(text))
        .or_else(|| bare_error_code(text))
}

/// `… RequestID: 0a1b, InvalidParameterException: the message`, as the Go SDK's second version prints modelled errors.
fn go_error_code(text: &Text<'_>) -> Option<String> {
    let operation = text.find("operation error", 0)?;
    let found = text.find("requestid:", operation.end)?;
    let (_, after) = text.rest(found.end).split_once(',')?;
    let (word, _) = after.split_once(": ")?;
    whole_code(word).filter(|code| is_error_name(code) || code.ends_with("Exists"))
}

/// `ValidationError: the message` at the beginning, before it at most a tool's label.
fn leading_error_code(text: &Text<'_>) -> Option<String> {
    let mut rest = text.raw().trim_start();
    for label in ["Error:", "error:", "ERROR:", "[ERROR]", "Uncaught"] {
        rest = rest.strip_prefix(label).unwrap_or(rest).trim_start();
    }
    let (word, _) = rest.split_once(": ")?;
    whole_code(word).filter(|code| is_error_name(code) && !is_class(code))
}

/// `creating the bucket: BucketAlreadyOwnedByYou: the message`, as the first version of the Go SDK is passed on.
fn quoted_error_code(text: &Text<'_>) -> Option<String> {
    let head = clipped(text.raw(), 4 * LONGEST_NAME);
    let mut parts = head.split(": ").skip(1).peekable();
    while let Some(part) = parts.next() {
        let followed = parts.peek().is_some();
        let owned = ["Exists", "ByYou"].iter().any(|ending| part.ends_with(ending));
        if followed && !part.contains(' ') && (is_error_name(part) || owned) && !is_class(part) {
            return whole_code(part);
        }
    }
    None
}

/// `creating the group: InvalidParameterCombination: the message\n\tstatus code: 400, request id: 0a1b`: the last of what
/// the first version of the Go SDK puts before a message.
fn bare_error_code(text: &Text<'_>) -> Option<String> {
    let tail = text.find("status code:", 0)?;
    text.find("request id:", tail.end)?;
    let head = clipped(text.before(tail.start), 8 * LONGEST_NAME);
    let parts: Vec<&str> = head.split(": ").collect();
    let (_, before) = parts.split_last()?;
    let named = |part: &&str| {
        let humps = part.bytes().filter(u8::is_ascii_uppercase).count();
        humps > 1
            && part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.bytes().any(|byte| byte.is_ascii_lowercase())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
            && !is_class(part)
    };
    let part = before.iter().rev().copied().find(named)?;
    whole_code(part)
}

/// Classes of programs and tools, which are no service's codes: few of those end in `Error`.
fn is_class(word: &str) -> bool {
    const CODES: [&str; 8] = [
        "ValidationError",
        "InternalError",
        "InternalServerError",
        "InternalServiceError",
        "AuthorizationError",
        "ServiceError",
        "ThrottlingError",
        "SystemError",
    ];
    (word.ends_with("Error") && !CODES.contains(&word))
        || (word.starts_with("Amazon") && word.ends_with("Exception"))
}

/// Names of errors end like this; a word before a colon may be anything.
fn is_error_name(word: &str) -> bool {
    let named = [
        "Exception",
        "Error",
        "Fault",
        "Failure",
        "Denied",
        "NotFound",
        "Exceeded",
    ];
    word.starts_with(|c: char| c.is_ascii_uppercase()) && named.iter().any(|ending| word.ends_with(ending))
}

/// The code in what the SDKs of other languages print.
fn passed_on_error_code(text: &Text<'_>) -> Option<String> {
    let python = text.find("an error occurred (", 0).and_then(|found| {
        let (inside, _) = text.rest(found.end).split_once(") when calling")?;
        whole_code(inside)
    });
    python
        .or_else(|| {
            let found = text.find("api error", 0)?;
            let code = leading(text.rest(found.end).trim_start(), |c| {
                c.is_ascii_alphanumeric() || c == '.'
            });
            text.rest(found.end)
                .trim_start()
                .get(code.len()..)?
                .starts_with(':')
                .then(|| whole_code(code))
                .flatten()
        })
        .or_else(|| {
            text.find("returned error code", 0)
                .and_then(|found| code(text.rest(found.end)))
        })
}

/// The value after `Error Code:`. It may hold spaces (`301 Moved Permanently`); a sentence after it is not part of it.
fn labelled_error_code(text: &Text<'_>, from: usize) -> Option<String> {
    let mut at = from;
    while let Some(found) = text.find("error code:", at) {
        at = found.end;
        let rest = clipped(text.rest(found.end), LONGEST_NAME);
        let value = leading(rest, |c| {
            !matches!(c, ';' | ',' | ')' | '(' | '"' | '\'' | '\n' | '}')
        });
        let value = value
            .split_once(". ")
            .map_or(value, |(sentence, _)| sentence)
            .trim()
            .trim_end_matches('.');
        let masked = value.is_empty()
            || value.len() > 80
            || value.eq_ignore_ascii_case("null")
            || value.contains(['<', '*', '…', '['])
            || !value
                .chars()
                .any(|c| c.is_alphanumeric() && !matches!(c, 'x' | 'X'));
        if !masked {
            return Some(value.to_owned());
        }
    }
    None
}

fn whole_code(text: &str) -> Option<String> {
    let text = text.trim();
    code(text).filter(|found| found.len() == text.len())
}

fn request_id(text: &Text<'_>, start: usize) -> Option<String> {
    if !text.mentions("request") {
        return None;
    }
    let mut at = start;
    while let Some(found) = text.find("request id:", at) {
        at = found.end;
        let lead = text.before(found.start).trim_end();
        if !ends_with(lead, "extended") {
            return identifier(text.rest(found.end));
        }
    }
    // `RequestID:` in one word belongs to the API only beside the status code that it came with: a custom
    // resource's own `RequestId` looks the same.
    let status = text
        .find("statuscode:", 0)
        .or_else(|| text.find("(service:", 0))?;
    let found = text.find("requestid:", status.end)?;
    let between = text.raw().get(status.end..found.start)?;
    (!between.contains(['(', ')', '\n']))
        .then(|| identifier(text.rest(found.end)))
        .flatten()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(raw: &str) -> (Option<String>, Option<u16>, Option<String>, Option<String>) {
        let error = ServiceError::read(&Text::new(raw));
        (
            error.service,
            error.status_code,
            error.error_code,
            error.request_id,
        )
    }

    #[rstest]
    #[case("no (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 4HENH8; S3 Extended Request ID: a/b=; Proxy: null)", (Some("Amazon S3"), Some(403), Some("AccessDenied"), Some("4HENH8")))]
    #[case("no (Service: Ec2, Status Code: 400, Request ID: c0014f5a-873f, Extended Request ID: null) (SDK Attempt Count: 1)", (Some("Ec2"), Some(400), None, Some("c0014f5a-873f")))]
    #[case("no (Service: null; Status Code: 0; Error Code: null; Request ID: null; Proxy: null)", (None, Some(0), None, None))]
    #[case("moved (Service: Amazon S3; Status Code: 301; Error Code: 301 Moved Permanently; Request ID: AB12)", (Some("Amazon S3"), Some(301), Some("301 Moved Permanently"), Some("AB12")))]
    #[case("S3 Error Code: NoSuchKey. S3 Error Message: The key is not there. (Service: Lambda, Status Code: 400, Request ID: 7f1)", (Some("Lambda"), Some(400), Some("NoSuchKey"), Some("7f1")))]
    #[case("S3 Error Code: NoSuchKey. S3 Error Message: no (Service: AWSLambdaInternal; Status Code: 400; Error Code: InvalidX; Request ID: 7f1)", (Some("AWSLambdaInternal"), Some(400), Some("InvalidX"), Some("7f1")))]
    #[case("An error occurred (AccessDenied) when calling the CreateBucket operation: Access Denied", (None, None, Some("AccessDenied"), None))]
    #[case("operation error S3: CreateBucket, https response error StatusCode: 403, RequestID: 9ZQ1, HostID: k=, api error AccessDenied: Access Denied", (Some("S3"), Some(403), Some("AccessDenied"), Some("9ZQ1")))]
    #[case("ValidationError: bad name\n\tstatus code: 400, request id: 5f0c-11", (None, Some(400), Some("ValidationError"), Some("5f0c-11")))]
    #[case("there (Service: S3, Status Code: 409, Request ID: LWBYRQNKNTSPZOQQ, Extended Request ID: ff37)", (Some("S3"), Some(409), None, Some("LWBYRQNKNTSPZOQQ")))]
    #[case("there (Service: S3, Status Code: 409, Request ID: XXXXXXXXXXXXXXXX)", (Some("S3"), Some(409), None, None))]
    #[case("there (Service: S3, Status Code: 409, Request ID: REDACTEDREDACTED)", (Some("S3"), Some(409), None, None))]
    #[case("there (Service: S3, Status Code: 409, Request ID: PLACEHOLDER)", (Some("S3"), Some(409), None, None))]
    #[case("cut (Service: AmazonSQS; Status Code: 4", (Some("AmazonSQS"), None, None, None))]
    #[case("the service: it broke (RequestId: 12-3)", (None, None, None, None))]
    fn each_generation_is_read(
        #[case] raw: &str,
        #[case] expected: (Option<&str>, Option<u16>, Option<&str>, Option<&str>),
    ) {
        let (service, status, error, request) = read(raw);
        assert_eq!(
            (service.as_deref(), status, error.as_deref(), request.as_deref()),
            expected
        );
    }
}
