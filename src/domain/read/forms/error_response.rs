//! The XML in which services of the older protocols answer an error, as SDKs and `curl` print it.

use super::paste::{Paste, between};
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::read::reason::ReasonFacts;

pub(super) const FORM: TextForm = TextForm {
    name: "error-response",
    what: "the XML with which a service answers an error",
    told_by: "`<Code>` and `<Message>` inside of `<Error>`",
    sample: "<ErrorResponse><Error><Type>Sender</Type><Code>AlreadyExistsException</Code><Message>Stack [shop] already \
             exists</Message></Error><RequestId>0a1b2c3d-aaaa-4bbb-8ccc-000000000010</RequestId></ErrorResponse>",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    let framed = paste.has("<Error>") && paste.has("<Code>") && paste.has("<Message>");
    if framed { 89 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = Vec::new();
    for part in paste.text.split("<Error>").skip(1) {
        let member = |open: &str, close: &str| {
            let text = between(part, open, close)?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let Some(code) = member("<Code>", "</Code>") else {
            continue;
        };
        let reason = member("<Message>", "</Message>").unwrap_or_else(|| code.clone());
        let request = member("<RequestId>", "</RequestId>").or_else(|| member("<RequestID>", "</RequestID>"));
        let known = ReasonFacts::read(&format!("{code}: {reason}"), None, None);
        let one = PastedFailure {
            category: Some(known.category),
            stack: super::named::named_in(&reason),
            reason,
            code: Some(code),
            request,
            ..PastedFailure::default()
        };
        if !found.contains(&one) {
            found.push(one);
        }
    }
    said(found)
}
