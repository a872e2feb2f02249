//! What must hold for everything that is pasted: what stands around a failure does not change its facts, what tells of
//! none has no cause, and a text that was cut has no facts of its own.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use stacktrail::domain::read::forms;
use stacktrail::report::explain::Explanation;

#[path = "../fuzz/checks/door.rs"]
mod door;

/// Texts that tell of one failure, as tools and services print it.
const FAILURES: [&str; 10] = [
    "Resource handler returned message: \"User: arn:aws:sts::111122223333:assumed-role/deployer/one is not authorized to \
     perform: sqs:CreateQueue on resource: arn:aws:sqs:eu-west-1:111122223333:jobs because no identity-based policy allows \
     the sqs:CreateQueue action (Service: Sqs, Status Code: 403, Request ID: 0a1b2c3d-aaaa-4bbb-8ccc-000000000010)\" \
     (RequestToken: 0a1b2c3d-1111-2222-3333-445566778899, HandlerErrorCode: AccessDenied)",
    "4/9 | 1:02:03 AM | CREATE_FAILED        | AWS::SQS::Queue   | Jobs/Default (JobsA1B2) Resource handler returned message: \
     \"Queue jobs is not there (Service: Sqs, Status Code: 404, Request ID: 0a1b2c3d-aaaa-4bbb-8ccc-000000000011)\" \
     (RequestToken: 0a1b2c3d-1111-2222-3333-445566778899, HandlerErrorCode: NotFound)",
    "╷\n│ Error: creating SQS Queue (jobs): operation error SQS: CreateQueue, https response error StatusCode: 400, RequestID: \
     0a1b2c3d-aaaa-4bbb-8ccc-000000000012, QueueAlreadyExists: A queue named jobs already exists\n│ \n│   with \
     aws_sqs_queue.jobs,\n│   on main.tf line 4, in resource \"aws_sqs_queue\" \"jobs\":\n│    4: resource \"aws_sqs_queue\" \
     \"jobs\" {\n│ \n╵",
    "An error occurred (AccessDenied) when calling the CreateBucket operation: User: arn:aws:iam::111122223333:user/dev is not \
     authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::shop-uploads\" with an explicit deny in an \
     identity-based policy",
    "Error: Failed to create/update the stack: shop, ChangeSetStatus: FAILED. Reason: Requires capabilities : [CAPABILITY_IAM]",
    "CREATE_FAILED: JobsQueue (AWS::SQS::Queue)\nQueue jobs already exists (Service: Sqs, Status Code: 400, Request ID: \
     0a1b2c3d-aaaa-4bbb-8ccc-000000000013)",
    "StackName='shop'\nLogicalResourceId='Jobs'\nResourceType='AWS::SQS::Queue'\nResourceStatus='CREATE_FAILED'\n\
     ResourceStatusReason='jobs already exists'",
    " └─ shop-test\n     └─ Policy7A (AWS::IAM::Policy Policy7A)\n        🛑 Required property [PolicyName] not found (at \
     /Resources/Policy7A/Properties)",
    "{\"StackEvents\":[{\"StackName\":\"shop\",\"StackId\":\"arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b\",\
     \"EventId\":\"1\",\"Timestamp\":\"2026-05-04T12:00:00Z\",\"LogicalResourceId\":\"Jobs\",\"ResourceType\":\"AWS::SQS::Queue\",\
     \"ResourceStatus\":\"CREATE_FAILED\",\"ResourceStatusReason\":\"jobs already exists\"}]}",
    "{\"Records\":[{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"CreateBucket\",\"errorCode\":\"AccessDenied\",\
     \"errorMessage\":\"User: arn:aws:iam::111122223333:user/dev is not authorized to perform: s3:CreateBucket\",\"requestID\":\
     \"0A1B2C3D4E5F6A7B\",\"eventID\":\"0a1b2c3d-aaaa-4bbb-8ccc-000000000014\"}]}",
];

/// What tools print before and behind a failure.
const BANNERS: [&str; 26] = [
    "$ npm run deploy",
    "",
    "> shop@1.0.0 deploy",
    "> cdk deploy --all --require-approval never",
    "✨  Synthesis time: 3.21s",
    "shop: deploying... [1/1]",
    "shop: creating CloudFormation changeset...",
    "npm WARN deprecated glob@7.2.3: Glob versions prior to v9 are no longer supported",
    "##[group]Run aws-actions/configure-aws-credentials@v4",
    "##[endgroup]",
    "Run make deploy",
    "Waiting for stack create/update to complete",
    "Initiating deployment",
    "=====================",
    "make: *** [Makefile:12: deploy] Error 1",
    "Error: Process completed with exit code 1.",
    "npm ERR! code ELIFECYCLE",
    "npm ERR! errno 1",
    "Post job cleanup.",
    "Uploading artifacts for failed job",
    "##[error]Bash exited with code '1'.",
    "Error: Terraform exited with code 1.",
    "ERROR: Job failed: exit code 1",
    "[100%] success: Published 0a1b2c:111122223333-eu-west-1",
    " ELIFECYCLE  Command failed with exit code 1.",
    "error Command failed with exit code 1.",
];

/// What a runner puts before every line.
const PREFIXES: [&str; 10] = [
    "",
    "2026-05-04T12:00:00.000Z ",
    "#12 3.456 ",
    "> ",
    "    ",
    "2026-05-04T12:00:00.1234567Z ",
    "[build] ",
    "deploy_1  | ",
    "[2026-05-04 12:00:00] ",
    "\u{1b}[31m",
];

/// What tells of no failure, whatever words are in it: release notes, a question, a template, a program, logs of what
/// went well.
const HARMLESS: [&str; 18] = [
    "# Changelog\n\n## 2.1.0\n\n### Bug Fixes\n\n- a bucket that already exists is taken over (#123)\n- AccessDenied is now told with \
     the action that was denied\n",
    "How can I find out why a stack fails with AccessDenied? Is there a way to see the role that was not authorized?\n",
    "AWSTemplateFormatVersion: \"2010-09-09\"\nResources:\n  Alarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      \
     AlarmDescription: Fires when requests are throttled or the rate limit is exceeded\n      UnhealthyThresholdCount: 2\n",
    "{\n  \"StackName\": \"shop\",\n  \"StackStatus\": \"CREATE_COMPLETE\",\n  \"EnableTerminationProtection\": false,\n  \
     \"Description\": \"What is not found is a page of its own\"\n}\n",
    "import { AccessDeniedException } from './errors';\nexport function denied(user) {\n  return !user.allowed; // not \
     authorized\n}\n",
    "shop: deploying... [1/1]\nshop: creating CloudFormation changeset...\n ✅  shop\n\n✨  Deployment time: 40.12s\n",
    "1/2 | 1:01:30 AM | CREATE_COMPLETE      | AWS::IAM::Role    | Role (RoleB2)\n2/2 | 1:01:40 AM | CREATE_COMPLETE      | \
     AWS::CloudFormation::Stack | shop\n",
    "Stack ARN:\narn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b2c3d-aaaa-4bbb-8ccc-000000000010\n",
    "The quick brown fox jumps over the lazy dog.\n",
    "Access denied alarm: OK\nThrottled requests: 0\nNot found pages: none\n",
    "Warning: Not authorized to perform: lambda:GetFunction for one of the functions. The deployment is not affected.\n",
    "Deployment finished. 0 failed, 14 succeeded. Rate limit exceeded events: 0\n",
    "failed to stabilize? no, it is running\n",
    "The access denied of yesterday is gone since the role has iam:PassRole, thanks!\n",
    "If the service fails to delete your stack, you can read its events. What is not found there is in the trail.\n",
    "## Summary\n\nA bucket that already exists now stops the run, so that the stack ends in `ROLLBACK_COMPLETE`.\n",
    "{\"statusCode\":200,\"body\":{\"lastError\":\"AccessDenied\",\"reason\":\"User x is not authorized to perform: s3:GetObject\"}}\n",
    "Terraform will perform the following actions:\n\n  + resource \"aws_sns_topic\" \"denied\" {\n      + name = \"access-denied\"\n    \
     }\n\nPlan: 1 to add, 0 to change, 0 to destroy.\n",
];

fn answer(text: &str) -> Value {
    serde_json::to_value(Explanation::of(text)).unwrap()
}

fn lines() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(select(BANNERS.as_slice()), 0..8)
}

/// The facts of an answer, as `key=value`; what says that something is not known is none.
fn facts(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut take = |key: &str, value: &Value| {
        let said = match value {
            Value::String(said) if !said.is_empty() => said.clone(),
            Value::Number(number) => number.to_string(),
            _ => return,
        };
        found.insert(format!("{key}={said}"));
    };
    let answer = answer(text);
    for failure in answer["failures"].as_array().unwrap() {
        for (key, value) in failure["facts"].as_object().unwrap() {
            take(key, value);
        }
        for key in [
            "logical_id",
            "resource_type",
            "stack_name",
            "status",
            "region",
            "account",
            "template_path",
        ] {
            take(key, &failure[key]);
        }
    }
    for record in answer["records"].as_array().unwrap() {
        for key in [
            "event_id",
            "request_id",
            "error_code",
            "event_name",
            "event_source",
        ] {
            take(key, &record[key]);
        }
    }
    found
}

/// Everything that is pasted and has facts.
fn texts() -> Vec<String> {
    let samples = forms::described().map(|form| form.sample.to_owned());
    FAILURES.into_iter().map(str::to_owned).chain(samples).collect()
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn what_stands_around_a_failure_does_not_change_its_facts(
        failure in select(FAILURES.as_slice()),
        before in lines(),
        behind in lines(),
        prefix in select(PREFIXES.as_slice()),
        crlf in any::<bool>(),
    ) {
        let all: Vec<&str> = before.into_iter().chain(failure.lines()).chain(behind).collect();
        let whole: Vec<String> = all.iter().map(|line| format!("{prefix}{line}")).collect();
        let text = whole.join(if crlf { "\r\n" } else { "\n" });
        prop_assert_eq!(facts(&text), facts(failure), "{}", text);
    }

    #[test]
    fn what_tells_of_no_failure_has_no_cause(
        blocks in prop::collection::vec(select(HARMLESS.as_slice()), 1..4),
        prefix in select(PREFIXES.as_slice()),
    ) {
        let whole = blocks.concat();
        let text: String = whole.lines().flat_map(|line| [prefix, line, "\n"]).collect();
        let answer = answer(&text);
        for failure in answer["failures"].as_array().unwrap() {
            prop_assert_eq!(&failure["signature"], &Value::Null, "{}", text);
            prop_assert_eq!(&failure["causes"], &json!([]), "{}", text);
            prop_assert_eq!(&failure["facts"]["category"], "other", "{}", text);
        }
    }

    #[test]
    fn a_text_that_was_cut_has_no_facts_of_its_own(text in select(texts()), place in 0.0..1.0_f64) {
        #[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a text")]
        let at = (text.len() as f64 * place) as usize;
        let cut = text.get(..text.floor_char_boundary(at)).unwrap();
        let whole = facts(&text);
        let mut own: Vec<String> = facts(cut).difference(&whole).cloned().collect();
        // cdk names a resource twice: by its path, and behind it by its logical id. With less text a category may be a
        // more general one.
        let general = ["logical_id=Jobs/Default", "category=other", "category=invalid_request"];
        // A record has no category of its own.
        let told = whole.iter().any(|fact| fact.starts_with("category="));
        own.retain(|fact| !general.contains(&fact.as_str()) && (told || !fact.starts_with("category=")));
        prop_assert_eq!(own, [""; 0], "{}", cut);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,200}") {
        door::check(&bytes);
        door::check(text.as_bytes());
    }
}

/// A text about other things: nothing in it names what the text names that it was made of.
fn renamed(text: &str) -> String {
    [
        ("Jobs", "Mails"),
        ("jobs", "mails"),
        ("JOBS", "MAILS"),
        ("shop", "post"),
        ("Policy7A", "Grants8B"),
        ("deployer", "releaser"),
        ("0a1b", "9f8e"),
        ("0A1B", "9F8E"),
        ("111122223333", "444455556666"),
        ("eu-west-1", "us-east-2"),
        ("user/dev", "user/ops"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (name, other)| text.replace(name, other))
}

/// The facts of each failure of an answer by itself; the category hangs on what else is told.
fn each(text: &str) -> Vec<BTreeSet<String>> {
    let answer = answer(text);
    let failures = answer["failures"].as_array().unwrap();
    let one = |failure: &Value| {
        let mut told = failure["facts"].as_object().unwrap().clone();
        for key in ["logical_id", "resource_type", "stack_name", "region", "account"] {
            told.insert(key.to_owned(), failure[key].clone());
        }
        let told = told
            .into_iter()
            .filter(|(key, value)| key != "category" && !value.is_null());
        told.map(|(key, value)| format!("{key}={value}")).collect()
    };
    failures.iter().map(one).collect()
}

/// Two texts in a row are two: each failure has the facts of one of them alone, and next to none is lost.
#[test]
fn no_fact_crosses_the_border_of_two_texts() {
    let mut lost = Vec::new();
    for (one, first) in FAILURES.into_iter().enumerate() {
        for (other, second) in FAILURES.map(renamed).into_iter().enumerate() {
            let text = format!("{first}\n\n{second}\n");
            let own: Vec<BTreeSet<String>> = each(&format!("{first}\n"))
                .into_iter()
                .chain(each(&format!("{second}\n")))
                .collect();
            for told in each(&text) {
                assert!(
                    own.iter().any(|own| told.is_subset(own)),
                    "{told:?}\nof none of\n{own:?}\nin\n{text}"
                );
            }
            let whole: BTreeSet<String> = facts(&format!("{first}\n"))
                .union(&facts(&format!("{second}\n")))
                .cloned()
                .collect();
            // The same words of two things may be one failure that was told twice.
            if one != other && facts(&text) != whole {
                lost.push(text);
            }
        }
    }
    assert!(
        lost.is_empty(),
        "{} of 100:\n{}",
        lost.len(),
        lost.join("\n---\n")
    );
}

/// A text as a window of a width shows it.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let characters: Vec<char> = line.chars().collect();
        lines.extend(characters.chunks(width.max(1)).map(|part| part.iter().collect()));
        if line.is_empty() {
            lines.push(String::new());
        }
    }
    lines.join("\n")
}

/// What a window's edge breaks is told whole or not at all.
#[test]
fn a_window_s_edge_makes_no_fact() {
    let mut own = Vec::new();
    for text in texts() {
        let whole = facts(&text);
        for width in [80, 100, 120] {
            let broken = facts(&wrapped(&text, width));
            let new: Vec<&String> = broken
                .difference(&whole)
                .filter(|fact| !fact.starts_with("category="))
                .collect();
            if !new.is_empty() {
                own.push(format!("{width}: {new:?} of\n{text}"));
            }
        }
    }
    assert!(own.is_empty(), "{}:\n{}", own.len(), own.join("\n---\n"));
}

/// What was pasted twice says the same again.
#[test]
fn a_text_twice_has_the_facts_of_one() {
    // A text loses the bullet that it begins with, and the second of two does not.
    for text in texts().into_iter().filter(|text| !text.starts_with("- ")) {
        let twice = format!("{text}\n\n{text}\n");
        let new: Vec<String> = facts(&twice)
            .difference(&facts(&format!("{text}\n")))
            .cloned()
            .collect();
        assert_eq!(new, [""; 0], "{text}");
    }
}

/// A build log of a megabyte on either side.
#[test]
fn a_megabyte_of_log_around_a_failure_does_not_change_its_facts() {
    let log: String = (0..)
        .map(|number| format!("[INFO] step {number} of the build took 12 ms, module shop-{number}\n"))
        .scan(0, |size, line| {
            *size += line.len();
            (*size < 512 * 1024).then_some(line)
        })
        .collect();
    for failure in FAILURES {
        let text = format!("{log}{failure}\n{log}");
        assert_eq!(facts(&text), facts(failure), "{failure}");
    }
}
