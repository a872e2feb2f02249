//! Exceptions of .NET: a chain of classes and messages, of which the service's own is the answer.

use super::paste::Paste;
use super::{Content, PastedFailure, TextForm, said};

pub(super) const FORM: TextForm = TextForm {
    name: "dotnet-exception",
    what: "an exception of the AWS SDK for .NET, with its inner exceptions",
    told_by: "a class of the namespace `Amazon.` that ends with Exception, before a sentence or behind `--->`",
    sample: "System.AggregateException: One or more errors occurred. (Stack [shop] already exists)\n ---> \
             Amazon.CloudFormation.Model.AlreadyExistsException: Stack [shop] already exists\n ---> \
             Amazon.Runtime.Internal.HttpErrorResponseException: Exception of type 'Amazon.Runtime.Internal.\
             HttpErrorResponseException' was thrown.\n   at Amazon.Runtime.HttpWebRequestMessage.ProcessHttpResponseMessage()\n",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    let named = !paste.is_json() && paste.has("Amazon.") && paste.has("Exception: ");
    if named && !exceptions(paste.text).is_empty() {
        76
    } else {
        0
    }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found = exceptions(paste.text);
    found.dedup();
    said(found)
}

/// What services said, in the order of the text.
fn exceptions(text: &str) -> Vec<PastedFailure> {
    let mut found: Vec<PastedFailure> = Vec::new();
    for part in text.split("---> ").flat_map(str::lines) {
        if let Some(one) = exception(part).filter(|one| !found.contains(one)) {
            found.push(one);
        }
    }
    found
}

/// `Amazon.S3.AmazonS3Exception: the sentence`
fn exception(line: &str) -> Option<PastedFailure> {
    let at = line.find("Amazon.")?;
    let led = line.get(..at)?;
    if led.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '\'' | '"' | '.' | '/')) {
        return None;
    }
    let (class, reason) = line.get(at..)?.split_once(": ")?;
    let name = class.rsplit('.').next()?;
    let written = class
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    let ours = written && name.ends_with("Exception") && !class.starts_with("Amazon.Runtime.Internal");
    let reason = reason.trim();
    (ours && !reason.is_empty()).then(|| PastedFailure {
        reason: reason.to_owned(),
        // `AmazonS3Exception` stands for all that have no class of their own.
        code: class.contains(".Model.").then(|| name.to_owned()),
        stack: super::named::named_in(reason),
        ..PastedFailure::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_what_the_service_said() {
        let found = exceptions(FORM.sample);
        let [one] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(one.reason, "Stack [shop] already exists");
        assert_eq!(one.code.as_deref(), Some("AlreadyExistsException"));
        assert_eq!(one.stack.as_deref(), Some("shop"));
    }

    #[test]
    fn all_on_one_line_is_taken_apart() {
        let found = exceptions(
            "Amazon.S3.AmazonS3Exception: Access Denied ---> Amazon.Runtime.Internal.HttpErrorResponseException: The remote \
             server returned an error: (403) Forbidden.",
        );
        let [one] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(
            (one.reason.as_str(), one.code.as_deref()),
            ("Access Denied", None)
        );
    }
}
