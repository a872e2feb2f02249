//! What a document tells around a reason: the region, the account and the stack in the objects that hold it.
//!
//! Only the objects that the reason stands in count, the nearest first: what another object says is of something else.

use serde_json::{Map, Value};

use super::paste::{is_account, is_name, place_in, stack_name, told};
use super::{PastedFailure, gathered, summed};

/// So deep are objects looked into.
const DEPTH: usize = 12;
/// So much of a reason finds its place again.
const KEY: usize = 40;
/// A shorter one may stand anywhere.
const SHORT: usize = 8;

const REGIONS: [&str; 5] = ["Region", "region", "awsRegion", "aws_region", "AWSRegion"];
const ACCOUNTS: [&str; 6] = [
    "Account",
    "account",
    "AccountId",
    "accountId",
    "account_id",
    "aws_account_id",
];
const STACKS: [&str; 3] = ["StackName", "stackName", "stack_name"];

/// Adds to failures what the objects around their reasons tell.
pub(super) fn add(said: &mut [PastedFailure], documents: &[Value]) {
    for one in said.iter_mut().filter(|one| one.reason.len() >= SHORT) {
        summed::apart(one);
        let end = one.reason.floor_char_boundary(KEY.min(one.reason.len()));
        let key = one.reason.get(..end).unwrap_or_default().to_owned();
        for document in documents {
            let mut around = Vec::new();
            if find(document, &key, &mut around, 0) {
                around.iter().rev().for_each(|members| take(one, members));
                break;
            }
        }
        one.left = one.left.take().or_else(|| gathered::left_by_status(one));
    }
}

/// The objects around the text that holds a key, the outermost first.
fn find<'v>(value: &'v Value, key: &str, around: &mut Vec<&'v Map<String, Value>>, depth: usize) -> bool {
    if depth > DEPTH {
        return false;
    }
    match value {
        Value::String(text) => text.contains(key),
        Value::Array(items) => items.iter().any(|item| find(item, key, around, depth + 1)),
        Value::Object(members) => {
            around.push(members);
            let found = members.values().any(|inner| find(inner, key, around, depth + 1));
            if !found {
                around.pop();
            }
            found
        }
        _ => false,
    }
}

/// What one object says of what it holds.
fn take(one: &mut PastedFailure, members: &Map<String, Value>) {
    let first = |names: &[&str]| names.iter().find_map(|name| told(members, name));
    let arns: Vec<&str> = members
        .values()
        .filter_map(Value::as_str)
        .filter(|text| {
            text.starts_with("arn:aws") && text.contains(":cloudformation:") && text.contains(":stack/")
        })
        .collect();
    if let [arn] = arns.as_slice() {
        // The ARN of another stack than the failure's says nothing of where that is.
        if one.stack.is_none() || one.stack == stack_name(arn) {
            place_in(one, arn);
        }
    }
    let region = first(&REGIONS).filter(|region| is_region(region));
    let account = first(&ACCOUNTS).filter(|account| is_account(account));
    let stack = first(&STACKS).filter(|stack| is_name(stack));
    one.region = one.region.take().or(region);
    one.account = one.account.take().or(account);
    one.stack = one.stack.take().or(stack);
}

/// `eu-west-1`
pub(super) fn is_region(word: &str) -> bool {
    let mut parts = word.split('-');
    parts.next().is_some_and(|area| area.len() == 2)
        && parts.clone().count() >= 2
        && parts
            .next_back()
            .is_some_and(|last| last.len() == 1 && last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn told_of(json: &str) -> (Option<String>, Option<String>, Option<String>) {
        let mut said = [PastedFailure {
            reason: "The topic jobs is there already".to_owned(),
            ..PastedFailure::default()
        }];
        add(&mut said, &[serde_json::from_str(json).unwrap()]);
        let [one] = said;
        (one.stack, one.region, one.account)
    }

    #[rstest]
    #[case(
        r#"{"stackArn":"arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b","a":{"why":"The topic jobs is there already"}}"#,
        (Some("shop"), Some("eu-west-1"), Some("111122223333"))
    )]
    #[case(
        r#"{"list":[{"Account":"444455556666","Region":"eu-west-2","r":"The topic jobs is there already"},{"Account":"111122223333"}]}"#,
        (None, Some("eu-west-2"), Some("444455556666"))
    )]
    // What would tempt it: another object's region, a region that is none, two stacks.
    #[case(r#"{"a":{"region":"eu-west-1"},"r":"The topic jobs is there already"}"#, (None, None, None))]
    #[case(r#"{"region":"Europe-north","account":"shop","r":"The topic jobs is there already"}"#, (None, None, None))]
    #[case(
        r#"{"a":"arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b","b":"arn:aws:cloudformation:eu-west-2:111122223333:stack/net/0a1b","r":"The topic jobs is there already"}"#,
        (None, None, None)
    )]
    fn what_stands_around_a_reason_is_told(
        #[case] json: &str,
        #[case] told: (Option<&str>, Option<&str>, Option<&str>),
    ) {
        let (stack, region, account) = told_of(json);
        assert_eq!((stack.as_deref(), region.as_deref(), account.as_deref()), told);
    }

    #[test]
    fn what_a_failure_tells_itself_stays() {
        let mut said = [PastedFailure {
            reason: "The topic jobs is there already".to_owned(),
            region: Some("us-east-1".to_owned()),
            stack: Some("net".to_owned()),
            ..PastedFailure::default()
        }];
        let json = r#"{"id":"arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a","r":"The topic jobs is there already"}"#;
        add(&mut said, &[serde_json::from_str(json).unwrap()]);
        assert_eq!(said[0].region.as_deref(), Some("us-east-1"));
        assert_eq!(said[0].account, None);
    }
}
