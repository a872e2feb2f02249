//! What the function of a custom resource answered: the body that it sends to `CloudFormation`.

use serde_json::{Map, Value};

use super::paste::{Paste, place_of, stack_name, told};
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::model::category::Category;
use crate::domain::read::reason::ReasonFacts;

pub(super) const FORM: TextForm = TextForm {
    name: "custom-resource-answer",
    what: "the answer of a custom resource's function (cfn-response)",
    told_by: "JSON with `Status` FAILED or SUCCESS, a `LogicalResourceId` and a `RequestId` or `StackId`",
    sample: r#"{"Status":"FAILED","Reason":"the schema could not be made","LogicalResourceId":"Schema","RequestId":"0a1b2c3d-aaaa-4bbb-8ccc-000000000010","StackId":"arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b"}"#,
    score,
    read,
};

fn is_answer(members: &Map<String, Value>) -> bool {
    let status = members.get("Status").and_then(Value::as_str);
    matches!(status, Some("FAILED" | "SUCCESS"))
        && members.contains_key("LogicalResourceId")
        && (members.contains_key("RequestId") || members.contains_key("StackId"))
}

fn score(paste: &Paste<'_>) -> u8 {
    let found = paste.has("LogicalResourceId") && paste.has("Status") && !paste.objects(is_answer).is_empty();
    if found { 90 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    said(paste.objects(is_answer).into_iter().map(answer).collect())
}

fn answer(answer: &Map<String, Value>) -> PastedFailure {
    let text = |key| told(answer, key);
    let arn = text("StackId").unwrap_or_default();
    let (region, account) = place_of(&arn);
    let failed = text("Status").is_some_and(|status| status == "FAILED");
    let inner = answer.get("Data").and_then(error_in);
    let reason = text("Reason").unwrap_or_else(|| "the function gave no reason".to_owned());
    let mut found = PastedFailure {
        about: text("LogicalResourceId"),
        stack: stack_name(&arn),
        status: text("Status"),
        region,
        account,
        reason,
        ..PastedFailure::default()
    };
    if let Some(error) = inner {
        let first = |keys: [&str; 3]| keys.iter().find_map(|key| told(error, key));
        found.code = first(["code", "Code", "name"]);
        found.request = first(["requestId", "RequestId", "requestID"]);
        if let Some(message) = first(["message", "Message", "errorMessage"]) {
            found.reason = format!("{message} ({})", found.reason);
        }
    }
    if failed {
        let read = ReasonFacts::read(found.code.as_deref().unwrap_or(&found.reason), None, None).category;
        let denied = read == Category::AccessDenied;
        found.category = Some(if denied {
            read
        } else {
            Category::CustomResourceFailed
        });
        if found.code.is_some() {
            found.note = Some("the error is that of a call which the function made".to_owned());
        }
    } else {
        found.category = Some(Category::Other);
        found.note = Some("the function reports success: this is no failure".to_owned());
    }
    found
}

/// The error that a function of JavaScript or Python put into its data.
fn error_in(data: &Value) -> Option<&Map<String, Value>> {
    let members = data.as_object()?;
    let keys = ["Error", "error", "err", "Err"];
    let inner = keys.iter().find_map(|key| members.get(*key)?.as_object());
    inner.or_else(|| members.contains_key("code").then_some(members))
}
