//! From the SDK's errors to faults that somebody can act on.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::domain::model::fault::{Fault, FaultKind};

/// The fault that an error of the SDK amounts to.
pub(super) fn of<E>(action: &str, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let metadata = context.err().meta();
            let message = match (metadata.code(), metadata.message()) {
                (Some(code), Some(message)) => format!("{code}: {message}"),
                (Some(only), None) | (None, Some(only)) => only.to_owned(),
                (None, None) => format!("HTTP {status} with an answer that cannot be read"),
            };
            let kind = kind_of(metadata.code(), metadata.message().unwrap_or_default(), status);
            let request_id = context
                .raw()
                .headers()
                .get("x-amzn-requestid")
                .or_else(|| metadata.extra("aws_request_id"))
                .map(ToOwned::to_owned);
            Fault {
                action: action.to_owned(),
                kind,
                message,
                request_id,
            }
        }
        SdkError::TimeoutError(_) => Fault::new(action, FaultKind::TimedOut, "no answer in time"),
        SdkError::DispatchFailure(failure) => {
            let source = failure
                .as_connector_error()
                .map_or_else(String::new, |error| chain(error));
            let kind = if failure.is_timeout() {
                FaultKind::TimedOut
            } else {
                dispatch_kind(&source)
            };
            Fault::new(action, kind, without_dumps(&source))
        }
        SdkError::ResponseError(_) => Fault::new(
            action,
            FaultKind::Malformed,
            "the answer was cut short or cannot be read",
        ),
        other => {
            let source = other.source().map_or_else(|| other.to_string(), chain);
            let kind = dispatch_kind(&source);
            Fault::new(action, kind, without_dumps(&source))
        }
    }
}

/// The fault of a call that could not even be signed.
pub(super) fn unsent(action: &str, error: &(dyn Error + 'static)) -> Fault {
    let words = chain(error);
    Fault::new(action, dispatch_kind(&words), without_dumps(&words))
}

/// An error with everything that lies beneath it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        source = inner.source();
    }
    text
}

/// What the SDK puts before why there are no credentials, each time.
const CREDENTIALS: [&str; 3] = [
    "other: ",
    "an error occurred while loading credentials: ",
    "Error retrieving credentials: ",
];

/// The SDK's words without what is for its own developers: where it looked for credentials in vain, and the
/// request in full.
fn without_dumps(words: &str) -> String {
    // The last place that is looked at is the metadata service of a machine in EC2, which most are not.
    if words.contains("no credentials found in chain") || words.contains("IMDS") {
        return "no credentials were found".to_owned();
    }
    let lower = words.to_ascii_lowercase();
    if lower.contains("sso token") || lower.contains("loading an access token") {
        return "the profile's SSO session is not signed in, or has run out".to_owned();
    }
    let words = CREDENTIALS
        .iter()
        .fold(words, |words, lead| words.strip_prefix(lead).unwrap_or(words));
    match words.split_once(" to request `Request {") {
        Some((before, rest)) => {
            let after = rest.rsplit_once("}`").map_or("", |(_, after)| after);
            format!("{before}{after}")
        }
        None => words.to_owned(),
    }
}

/// What stopped a call that never reached the service. The SDK tells these apart only in words.
fn dispatch_kind(words: &str) -> FaultKind {
    let words = words.to_lowercase();
    let about_credentials = ["credential", "sso", "token", "identity", "profile", "imds"]
        .iter()
        .any(|word| words.contains(word));
    if !about_credentials {
        FaultKind::Network
    } else if words.contains("expired") || words.contains("refresh") {
        FaultKind::Expired
    } else {
        FaultKind::NoCredentials
    }
}

fn kind_of(code: Option<&str>, message: &str, status: u16) -> FaultKind {
    let Some(code) = code else {
        return match status {
            429 => FaultKind::Throttled,
            // Said to be fine, and yet no reader gets through it.
            200..300 => FaultKind::Malformed,
            _ => FaultKind::Service,
        };
    };
    // The JSON protocols put a name space before it, and some an address behind.
    let code = code.rsplit('#').next().unwrap_or(code);
    let code = code.split(':').next().unwrap_or(code);
    if is_about_the_clock(code, message) {
        return FaultKind::Skewed;
    }
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "LimitExceededException" => FaultKind::Throttled,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "AuthFailure" => FaultKind::Expired,
        "ResourceNotFoundException"
        | "ClusterNotFoundException"
        | "DeploymentDoesNotExistException"
        | "ServiceNotFoundException"
        | "ChangeSetNotFound"
        | "StackNotFoundException"
        | "StackSetNotFoundException"
        | "OperationNotFoundException"
        | "TargetGroupNotFound"
        | "TrailNotFoundException"
        | "EventDataStoreNotFoundException"
        | "QueryIdNotFoundException"
        | "StateMachineDoesNotExist"
        | "ExecutionDoesNotExist" => FaultKind::NotFound,
        "OptInRequired" | "SubscriptionRequiredException" | "NotSignedUp" | "RegionDisabledException" => {
            FaultKind::NotEnabled
        }
        _ if code.contains("AccessDenied") || code.contains("Unauthorized") || code == "NotAuthorized" => {
            FaultKind::Denied
        }
        // CloudFormation has no code of its own for this.
        "ValidationError" if message.contains("does not exist") => FaultKind::NotFound,
        _ if status >= 500 => FaultKind::Service,
        _ if status == 429 => FaultKind::Throttled,
        _ if status == 403 => FaultKind::Denied,
        _ => FaultKind::Invalid,
    }
}

/// The signature is fine, but of another time than AWS's. The same codes stand for wrong keys, too: there the
/// words tell.
fn is_about_the_clock(code: &str, message: &str) -> bool {
    let by_code = matches!(
        code,
        "RequestTimeTooSkewed" | "RequestInTheFuture" | "RequestExpired" | "InvalidRequestTime"
    );
    let by_words = ["Signature expired", "Signature not yet current"]
        .iter()
        .any(|words| message.contains(words));
    by_code || by_words
}

/// What came of a call that was only a try.
pub(super) fn judged<T, E>(action: &str, answer: Result<T, SdkError<E, HttpResponse>>) -> Result<(), Fault>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match answer {
        Ok(_) => Ok(()),
        Err(error) => Err(of(action, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sdk_tells_its_developers_is_left_out() {
        assert_eq!(
            without_dumps("failed to apply `x` to request `Request { a: {b} }`: not a URI"),
            "failed to apply `x`: not a URI"
        );
        assert_eq!(
            without_dumps("not enabled: no credentials found in chain. Attempted: ..."),
            "no credentials were found"
        );
        assert_eq!(
            without_dumps("failed to load IMDS session token: dispatch failure: timeout: HTTP connect"),
            "no credentials were found"
        );
        let loading = "other: an error occurred while loading credentials: ";
        assert_eq!(
            without_dumps(&format!(
                "{loading}an error occurred while loading an access token: failed to load the cached SSO token"
            )),
            "the profile's SSO session is not signed in, or has run out"
        );
        assert_eq!(
            without_dumps(&format!(
                "{loading}Error retrieving credentials: external process exited with code 1"
            )),
            "external process exited with code 1"
        );
        assert_eq!(without_dumps("refused"), "refused");
    }

    #[test]
    fn a_wrong_clock_is_not_a_wrong_key_and_an_unknown_refusal_is_what_it_says() {
        for (code, message, status, kind) in [
            (Some("SomethingNew"), "slow down", 429, FaultKind::Throttled),
            (Some("SomethingNew"), "no", 418, FaultKind::Invalid),
            (Some("RequestTimeTooSkewed"), "", 403, FaultKind::Skewed),
            (
                Some("SignatureDoesNotMatch"),
                "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z",
                403,
                FaultKind::Skewed,
            ),
            (
                Some("InvalidSignatureException"),
                "Signature not yet current: 20260101T001000Z is still later than 20260101T000000Z",
                400,
                FaultKind::Skewed,
            ),
            (
                Some("SignatureDoesNotMatch"),
                "The request signature we calculated does not match the signature you provided.",
                403,
                FaultKind::Expired,
            ),
            (Some("OptInRequired"), "", 403, FaultKind::NotEnabled),
            (
                Some("SubscriptionRequiredException"),
                "",
                400,
                FaultKind::NotEnabled,
            ),
        ] {
            assert_eq!(kind_of(code, message, status), kind, "{code:?} {message}");
        }
        let refused = Fault::new(
            "cloudformation:DescribeStacks",
            FaultKind::Invalid,
            "SomethingNew: no",
        );
        assert!(!refused.remedy().contains("arguments"), "{}", refused.remedy());
        let skewed = Fault::new("cloudformation:DescribeStacks", FaultKind::Skewed, "no");
        assert!(
            skewed.remedy().contains("this computer's clock"),
            "{}",
            skewed.remedy()
        );
    }

    #[test]
    fn codes_become_what_somebody_can_act_on() {
        for (code, message, status, kind) in [
            (Some("Throttling"), "Rate exceeded", 400, FaultKind::Throttled),
            (
                Some("ThrottlingException"),
                "Rate exceeded",
                400,
                FaultKind::Throttled,
            ),
            (Some("ExpiredToken"), "expired", 403, FaultKind::Expired),
            (Some("AccessDenied"), "no", 403, FaultKind::Denied),
            (Some("AccessDeniedException"), "no", 400, FaultKind::Denied),
            (
                Some("ValidationError"),
                "Stack with id x does not exist",
                400,
                FaultKind::NotFound,
            ),
            (
                Some("ValidationError"),
                "Stack [x] does not exist",
                400,
                FaultKind::NotFound,
            ),
            (
                Some("ValidationError"),
                "1 validation error detected",
                400,
                FaultKind::Invalid,
            ),
            (Some("InternalFailure"), "", 500, FaultKind::Service),
            (None, "", 502, FaultKind::Service),
            (None, "", 429, FaultKind::Throttled),
            (None, "", 200, FaultKind::Malformed),
        ] {
            assert_eq!(kind_of(code, message, status), kind, "{code:?} {message}");
        }
    }
}
