//! What `--redact` promises, held against a corpus of shapes, in every form of an export.
//!
//! Every value in `samples/redaction` is made up. A `~` splits those that a scanner of secrets would take for real.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use stacktrail::archive::SessionFile;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::model::event::StackEvent;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::log::{LogAnswer, LogGroup, LogLine, LogSearch};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;
use stacktrail::report::redact::Redactor;
use stacktrail::report::{html, markdown};

use crate::support::events;

const ROOT: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-prod/5ee3113-b0f9";

fn samples(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/samples/redaction")
        .join(name);
    let text = fs::read_to_string(path).unwrap().replace('~', "");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn hidden(sample: &Value) -> Vec<&str> {
    sample["hides"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect()
}

fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

fn event(number: i64, logical: &str, status: &str, reason: Option<&str>) -> StackEvent {
    events::event(&StackId::parse(ROOT).unwrap(), moment(number), logical, status)
        .id(format!("e{number}"))
        .kind("AWS::SecretsManager::Secret")
        .physical(format!("{logical}-1"))
        .said(reason)
        .told()
}

/// A record of a call that was made like this.
fn record(reason: &str, request: &Value) -> TrailRecord {
    let raw = json!({"eventID": "r1", "eventTime": "2027-01-15T08:00:04Z", "eventSource": "secretsmanager.amazonaws.com",
        "eventName": "CreateSecret", "awsRegion": "eu-west-1", "errorCode": "AccessDenied", "errorMessage": reason,
        "requestParameters": request, "userIdentity": {"type": "AssumedRole", "invokedBy": "cloudformation.amazonaws.com"},
        "userAgent": "cloudformation.amazonaws.com"});
    TrailRecord::read(&raw.to_string()).unwrap()
}

/// A failed deployment whose reasons, log lines and records say these.
fn telling(reason: &str, lines: &[&str], request: &Value) -> Vec<Recorded> {
    let events = vec![
        event(0, "shop-prod", "CREATE_IN_PROGRESS", None),
        event(1, "DbSecret", "CREATE_IN_PROGRESS", None),
        event(5, "DbSecret", "CREATE_FAILED", Some(reason)),
        event(6, "shop-prod", "ROLLBACK_IN_PROGRESS", Some(reason)),
    ];
    let mut record = record(reason, request);
    record.at = moment(4);
    let (from, to) = (moment(0), moment(9));
    let lines = lines.iter().zip(0..).map(|(line, number)| LogLine {
        at: moment(number),
        stream: "s".to_owned(),
        id: format!("l{number}"),
        message: (*line).to_owned(),
    });
    let group = LogGroup {
        region: "eu-west-1".to_owned(),
        name: "/aws/lambda/setup".to_owned(),
    };
    let search = LogSearch {
        group,
        stream: None,
        filter: None,
        from,
        to,
    };
    let facts = [
        Fact::StackEventsSeen {
            stack_id: StackId::parse(ROOT).unwrap(),
            events,
        },
        Fact::LogsRead {
            answer: LogAnswer {
                search,
                lines: lines.collect(),
                group_missing: false,
                complete: true,
            },
        },
        Fact::TrailSearched {
            answer: TrailAnswer {
                search: TrailSearch {
                    region: "eu-west-1".to_owned(),
                    attribute: None,
                    from,
                    to,
                },
                records: vec![record],
                complete: true,
                calls: 1,
                source: SourceId::CLOUDTRAIL,
            },
        },
    ];
    let recorded = facts.into_iter().map(|fact| Recorded {
        observed_at: moment(20),
        fact,
    });
    recorded.collect()
}

/// Everything that is exported of a redacted session, form by form.
fn forms(facts: &[Recorded]) -> Vec<(&'static str, String)> {
    let mut redactor = Redactor::of(facts);
    let root = redactor.stack(&StackId::parse(ROOT).unwrap());
    let facts: Vec<Recorded> = facts.iter().filter_map(|fact| redactor.fact(fact)).collect();
    let session = Session::replay(root.clone(), &facts);
    let diagnosis = Diagnosis::of(&session);
    let items = stacktrail::report::stream::Stream::default().advance(&facts, &session, &diagnosis);
    let page = |make: fn(&Session, &Diagnosis, Option<&str>, DateTime<Utc>) -> String| {
        make(&session, &diagnosis, None, moment(60 * 60))
    };
    let (markdown, html) = (page(markdown::page), page(html::page));
    let file = SessionFile {
        root,
        name: None,
        note: None,
        pinned: false,
        facts,
    };
    let mut json = Vec::new();
    file.write(&mut json).unwrap();
    let lines: Vec<_> = items.iter().map(|item| item.json().to_string()).collect();
    vec![
        ("json", String::from_utf8(json).unwrap()),
        ("jsonl", lines.join("\n")),
        ("markdown", markdown),
        ("html", html),
    ]
}

/// What is said of the resource of another type than a custom one.
#[test]
fn a_name_that_is_taken_and_the_bucket_of_a_policy_are_masked_by_what_they_are_of() {
    let of_type = |kind: &str, physical: &str, reason: &str| {
        let root = StackId::parse(ROOT).unwrap();
        let failed = events::event(&root, moment(5), "Thing", "CREATE_FAILED").id("t1");
        let events = vec![failed.kind(kind).physical(physical).said(Some(reason)).told()];
        let fact = Fact::StackEventsSeen {
            stack_id: root,
            events,
        };
        let recorded = Recorded {
            observed_at: moment(20),
            fact,
        };
        let (_, json) = forms(&[recorded]).swap_remove(0);
        json
    };
    for (kind, physical, reason, hidden) in [
        ("AWS::S3::Bucket", "", "zoe-real7 already exists", "zoe-real7"),
        (
            "AWS::IAM::Group",
            "",
            "ZoeGroup already exists",
            "ZoeGroup already",
        ),
        (
            "AWS::S3::BucketPolicy",
            "zoe-policy-bucket",
            "failed",
            "zoe-policy-bucket",
        ),
    ] {
        let json = of_type(kind, physical, reason);
        assert!(!json.contains(hidden), "{hidden}: {json}");
    }
    for (kind, reason) in [
        ("AWS::S3::Bucket", "The bucket already exists"),
        ("AWS::S3::Bucket", "Bucket already exists"),
        ("AWS::SQS::Queue", "orders-7 already exists"),
    ] {
        let json = of_type(kind, "", reason);
        assert!(json.contains(reason), "{reason}: {json}");
    }
}

/// What of a sample is still told, and where.
fn left(facts: &[Recorded], hidden: &[&str]) -> Vec<String> {
    let forms = forms(facts);
    let mut left = Vec::new();
    for (form, text) in &forms {
        for hidden in hidden {
            let escaped = serde_json::to_string(hidden).unwrap();
            if text.contains(hidden) || text.contains(escaped.trim_matches('"')) {
                left.push(format!("{form} tells {hidden}"));
            }
        }
    }
    left
}

/// A stack that went well and tells these outputs.
fn successful(outputs: &[(&str, &str)]) -> Vec<Recorded> {
    let stack_id = StackId::parse(ROOT).unwrap();
    let events = vec![
        event(0, "shop-prod", "CREATE_IN_PROGRESS", None),
        event(6, "shop-prod", "CREATE_COMPLETE", None),
    ];
    let outputs: Vec<Value> = outputs
        .iter()
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect();
    let described = json!({"kind": "stack_described", "stack": {
        "id": ROOT, "status": "CREATE_COMPLETE", "outputs": outputs}});
    let facts = [
        Fact::StackEventsSeen { stack_id, events },
        serde_json::from_value(described).unwrap(),
    ];
    let recorded = facts.into_iter().map(|fact| Recorded {
        observed_at: moment(20),
        fact,
    });
    recorded.collect()
}

/// CloudFormation does not mask an output, whatever parameter it was made of.
#[test]
fn an_output_that_is_named_like_a_secret_is_masked_and_others_stay() {
    let hides = ["correct-horse-battery", "AKIAIOSFODNN7EXAMPLE", "123456789012"];
    let facts = successful(&[
        ("AdminPassword", hides[0]),
        ("Deployer", hides[1]),
        ("Topic", "arn:aws:sns:eu-west-1:123456789012:orders"),
        ("Stage", "production"),
    ]);
    assert_eq!(left(&facts, &hides), [""; 0]);
    for (form, text) in forms(&facts) {
        if form.starts_with("json") {
            for stays in ["AdminPassword", "production", ":orders"] {
                assert!(text.contains(stays), "{form}: {stays}");
            }
        }
    }
}

#[test]
fn what_a_text_tells_of_who_where_and_secrets_is_masked_in_every_form() {
    let mut told = Vec::new();
    for sample in samples("texts.jsonl") {
        let text = sample["text"].as_str().unwrap();
        for facts in [
            telling(text, &[], &json!({})),
            telling("failed", &[text], &json!({ "text": text })),
        ] {
            let left = left(&facts, &hidden(&sample));
            told.extend(left.into_iter().map(|left| format!("{}: {left}", sample["what"])));
        }
    }
    assert!(told.is_empty(), "{} are told:\n{}", told.len(), told.join("\n"));
}

#[test]
fn what_a_record_tells_is_masked_in_every_form() {
    let mut told = Vec::new();
    for sample in samples("records.jsonl") {
        let facts = telling("failed", &[], &sample["record"]);
        let left = left(&facts, &hidden(&sample));
        told.extend(left.into_iter().map(|left| format!("{}: {left}", sample["what"])));
        let (_, json) = forms(&facts).swap_remove(0);
        let keeps = sample["keeps"].as_array().into_iter().flatten();
        for kept in keeps.map(|kept| kept.as_str().unwrap()) {
            if !json.contains(kept) {
                told.push(format!("{}: {kept} is masked", sample["what"]));
            }
        }
    }
    assert!(told.is_empty(), "{} are told:\n{}", told.len(), told.join("\n"));
}

#[test]
fn what_says_what_happened_stays_readable() {
    for sample in samples("readable.jsonl") {
        let text = sample["text"].as_str().unwrap();
        let facts = telling(text, &[text, "password=Xy7-hidden"], &json!({ "text": text }));
        let (_, json) = forms(&facts).swap_remove(0);
        let said = serde_json::to_string(text).unwrap();
        let count = json.matches(said.as_str()).count();
        assert!(count >= 3, "{count}: {text}\n{json}");
        for kept in [
            "DbSecret",
            "AWS::SecretsManager::Secret",
            "shop-prod",
            "CreateSecret",
            "CREATE_FAILED",
            "/aws/lambda/setup",
        ] {
            assert!(json.contains(kept), "{kept} of {text}");
        }
        assert!(!json.contains("Xy7-hidden"), "{json}");
    }
}

#[test]
fn a_short_password_is_masked_in_prose_and_a_word_only_where_it_is_one() {
    let lines = [
        "password=hunter2",
        "could not log in with hunter2.",
        "secret=production",
        "production is down",
    ];
    let forms = forms(&telling("user said hunter2", &lines, &json!({})));
    for (form, text) in &forms {
        assert!(!text.contains("hunter2"), "{form}");
        assert!(!text.contains("secret=production"), "{form}");
    }
    assert!(forms.iter().any(|(_, text)| text.contains("production is down")));
}

#[test]
fn a_private_key_that_is_told_line_by_line_is_masked_to_its_last_line() {
    let dashes = "-----";
    let begin = format!("{dashes}BEGIN EC PRIVATE KEY{dashes}");
    let end = format!("{dashes}END EC PRIVATE KEY{dashes}");
    let lines = [
        begin.as_str(),
        "MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49",
        "AwEHoUQDQg==",
        &end,
        "done again",
    ];
    for (form, text) in forms(&telling("failed", &lines, &json!({}))) {
        for hidden in ["MHcCAQEEIIrYSSNQ", "AwEHoUQDQg"] {
            assert!(!text.contains(hidden), "{form}: {hidden}");
        }
        assert!(
            form == "markdown" || form == "html" || text.contains("done again"),
            "{form}"
        );
    }
}

#[test]
fn who_called_is_masked_by_one_mask_and_what_aws_calls_itself_stays() {
    let request = json!({
        "userIdentity": {"principalId": "AROAEXAMPLEEXAMPLE12:max.muster", "userName": "max.muster",
            "arn": "arn:aws:sts::123456789012:assumed-role/Deployers/max.muster"},
        "userAgent": "aws-cli/2.15 md/Jane-MacBook",
        "service": {"userAgent": "cloudformation.amazonaws.com", "sourceIPAddress": "cloudformation.amazonaws.com"},
        "role": "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "session": "arn:aws:sts::123456789012:assumed-role/shop-prod-DbSecret-1ABC/i-0a1b2c3d4e5f60718",
    });
    let facts = telling("max.muster may not", &["hello max.muster"], &request);
    let (_, json) = forms(&facts).swap_remove(0);
    for hidden in ["max.muster", "Deployers", "Jane-MacBook"] {
        assert!(!json.contains(hidden), "{hidden}: {json}");
    }
    for kept in ["cloudformation.amazonaws.com", "AWSServiceRoleForECS"] {
        assert!(json.contains(kept), "{kept}: {json}");
    }
    let mask = Redactor::of(&facts).text("hello max.muster");
    let mask = mask.strip_prefix("hello ").unwrap();
    assert!(mask.starts_with("principal-"), "{mask}");
}
