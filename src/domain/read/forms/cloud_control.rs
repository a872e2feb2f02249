//! What Cloud Control API says of a request, as Terraform's `awscc` and Pulumi's `aws-native` pass it on.

use super::paste::{Paste, between};
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::read::reason::ReasonFacts;

pub(super) const FORM: TextForm = TextForm {
    name: "cloud-control",
    what: "a failed request of Cloud Control API, as Terraform's awscc and Pulumi's aws-native tell it",
    told_by: "`StatusMessage: … . ErrorCode: CODE`, or `operation CREATE failed with \"CODE\": `",
    sample: "Waiting for Cloud Control API service CreateResource operation completion returned: waiter state transitioned to \
             FAILED. StatusMessage: jobs already exists. ErrorCode: AlreadyExists",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    let found = !paste.is_json() && paste.lines().any(|line| answer(line).is_some());
    if found { 74 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    said(
        paste
            .lines()
            .filter_map(answer)
            .map(RequestFailure::said)
            .collect(),
    )
}

/// The message and the handler's code.
struct RequestFailure<'t> {
    message: &'t str,
    code: &'t str,
}

impl RequestFailure<'_> {
    fn said(self) -> PastedFailure {
        let mut one = PastedFailure::default();
        self.put(&mut one);
        one
    }

    fn put(self, said: &mut PastedFailure) {
        let told = format!("{} (HandlerErrorCode: {})", self.message, self.code);
        said.category = Some(ReasonFacts::read(&told, None, None).category);
        said.code = Some(self.code.to_owned());
        let told = if self.message.is_empty() {
            said.note = Some("the service gave a code and no message".to_owned());
            self.code
        } else {
            self.message
        };
        told.clone_into(&mut said.reason);
    }
}

fn answer(text: &str) -> Option<RequestFailure<'_>> {
    if let Some((_, rest)) = text.split_once("StatusMessage: ")
        && let Some((message, rest)) = rest.rsplit_once(". ErrorCode: ")
    {
        return Some(RequestFailure {
            message: message.trim().trim_end_matches('.'),
            code: code(rest)?,
        });
    }
    let start = text.find("operation ")?;
    let rest = text.get(start..)?;
    let name = between(rest, " failed with \"", "\"")?;
    let (operation, _) = rest.strip_prefix("operation ")?.split_once(" failed with ")?;
    let (_, message) = rest.split_once("\": ")?;
    matches!(operation, "CREATE" | "UPDATE" | "DELETE").then_some(())?;
    Some(RequestFailure {
        message: message.trim(),
        code: code(name)?,
    })
}

/// The word at the beginning, where it is written as a code is.
fn code(text: &str) -> Option<&str> {
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(text.len());
    text.get(..end)
        .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Puts the service's own words in the place of what a tool says around them.
pub(super) fn settle(said: &mut PastedFailure) {
    let text = said.reason.clone();
    if let Some(answer) = answer(&text) {
        answer.put(said);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::category::Category;

    #[test]
    fn the_message_and_the_code_are_told_apart() {
        let one = answer(FORM.sample).unwrap();
        assert_eq!((one.message, one.code), ("jobs already exists", "AlreadyExists"));
        let one =
            answer("error: operation CREATE failed with \"ServiceLimitExceeded\": Too many: 5").unwrap();
        assert_eq!((one.message, one.code), ("Too many: 5", "ServiceLimitExceeded"));
        let none = answer("StatusMessage: . ErrorCode: InternalFailure")
            .unwrap()
            .said();
        assert_eq!(
            (none.reason.as_str(), none.category),
            ("InternalFailure", Some(Category::InternalFailure))
        );
        assert!(answer("the operation failed with \"no\": x").is_none());
    }
}
