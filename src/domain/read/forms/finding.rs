//! Findings of `GuardDuty` and `Security Hub` about a call: what they tell of the record behind them.

use serde_json::{Map, Value, json};

use super::paste::{Paste, told};
use super::{Content, TextForm};
use crate::domain::model::trail::TrailRecord;

pub(super) const FORM: TextForm = TextForm {
    name: "finding",
    what: "a finding of GuardDuty or Security Hub about an API call",
    told_by: "JSON with `awsApiCallAction` (GuardDuty) or `AwsApiCallAction` (Security Hub)",
    sample: r#"{"source":"aws.guardduty","region":"eu-west-1","detail":{"service":{"action":{"awsApiCallAction":{"api":"ListUsers","serviceName":"iam.amazonaws.com","errorCode":"AccessDenied"}}}}}"#,
    score,
    read,
};

fn is_call(members: &Map<String, Value>) -> bool {
    members.contains_key("awsApiCallAction") || members.contains_key("AwsApiCallAction")
}

fn score(paste: &Paste<'_>) -> u8 {
    let found = paste.has("piCallAction") && !paste.objects(is_call).is_empty();
    if found { 90 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let calls: Vec<Value> = paste.objects(is_call).into_iter().filter_map(call).collect();
    let found = TrailRecord::read_all(&Value::Array(calls).to_string());
    (!found.is_empty()).then_some(Content::Records(found))
}

fn call(action: &Map<String, Value>) -> Option<Value> {
    let call = action
        .get("awsApiCallAction")
        .or_else(|| action.get("AwsApiCallAction"))?;
    let call = call.as_object()?;
    let first = |keys: [&str; 2]| keys.iter().find_map(|key| told(call, key));
    let mut record = json!({
        "eventName": first(["api", "Api"])?,
        "eventSource": first(["serviceName", "ServiceName"])?,
    });
    if let (Some(code), Some(members)) = (first(["errorCode", "ErrorCode"]), record.as_object_mut()) {
        members.insert("errorCode".to_owned(), json!(code));
    }
    Some(record)
}
