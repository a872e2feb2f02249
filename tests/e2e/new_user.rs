//! Somebody opens the program for the first time, at 80x24, and has read nothing.

#![expect(clippy::unwrap_used, reason = "all of this is a test, its helpers included")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::support::program::saved_report;
use crate::support::pty::Pty;
use crate::support::story::{Call, ROLE, STACK, Story};

const SMALL: (u16, u16) = (80, 24);

/// A home in which a deployment was recorded that failed.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let recording =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/recordings/denied-custom-resource.json");
    let imported = Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .arg("import")
        .arg(recording)
        .env_clear()
        .env("HOME", home.path())
        .output()
        .unwrap();
    assert!(imported.status.success(), "{imported:?}");
    home
}

/// Failure found, cause read, record opened, report saved: four keys. Then the record is closed, and the program.
#[test]
fn from_nothing_to_the_report_in_four_keys() {
    let home = home();
    let mut pty = Pty::stacktrail(&[], home.path(), SMALL);
    pty.until_text("Demo");
    pty.press("\r"); // 1: open the only session
    pty.until("the cause", |screen| {
        screen.contains("was denied s3:CreateBucket")
    });
    pty.press("\r"); // 2: into the failure that is selected
    pty.press("\r"); // 3: the record that its cause rests on
    pty.until_text("CloudTrail record");
    pty.press("s"); // 4: a report
    pty.until_text("saved ");
    pty.press("qq"); // the record is closed, and out
    let (left, code) = pty.end();
    assert_eq!(code, 0, "{left}");
    assert!(left.contains("open it again: stacktrail open"), "{left}");
    let report = saved_report(home.path());
    assert!(report.contains("AccessDenied"), "{report}");
}

/// A newcomer is greeted until the first key, wherever that is pressed, and never again.
#[test]
fn newcomers_are_greeted_once() {
    let home = home();
    let mut pty = Pty::stacktrail(&[], home.path(), SMALL);
    pty.until_text("New here?");
    pty.press("\r");
    pty.until_text("1 Cause");
    pty.until("the usual hints", |screen| {
        screen.contains("s save") && !screen.contains("New here?")
    });
    pty.press("q");
    assert_eq!(pty.end().1, 0);
    let mut pty = Pty::stacktrail(&["open"], home.path(), SMALL);
    pty.until("the usual hints", |screen| {
        screen.contains("s save") && !screen.contains("New here?")
    });
    pty.press("q");
    assert_eq!(pty.end().1, 0);
}

/// To a session and back, another way, and out again; the terminal is given back.
#[test]
fn home_is_left_and_come_back_to() {
    let home = home();
    let mut pty = Pty::stacktrail(&[], home.path(), SMALL);
    pty.until_text("Stacks and sessions");
    pty.press("\r");
    pty.until_text("1 Cause");
    pty.press("H");
    pty.until_text("Stacks and sessions");
    pty.press("\u{1b}");
    pty.until_text("1 Cause");
    pty.press(":home\r");
    pty.until_text("Stacks and sessions");
    pty.press("RAccessDenied\r");
    pty.until_text("Search  AccessDenied");
    pty.press("qqq");
    let (_, code) = pty.end();
    assert_eq!(code, 0);
}

/// Without a session there is a word on how to get one, and keys that say nothing harm nothing.
#[test]
fn an_empty_home_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::stacktrail(&[], home.path(), SMALL);
    pty.until_text("No sessions yet.");
    pty.press("\rjw/x\r");
    pty.press("?");
    pty.until_text("╭ Keys ");
    pty.press("qqq");
    let (_, code) = pty.end();
    assert_eq!(code, 0);
}

/// A home in which one story was recorded.
fn home_of(file: &Path) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let imported = Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .arg("import")
        .arg(file)
        .env_clear()
        .env("HOME", home.path())
        .output()
        .unwrap();
    assert!(imported.status.success(), "{imported:?}");
    home
}

/// A session of this story in a file.
fn written(story: &Story, directory: &Path, name: &str) -> PathBuf {
    let session = serde_json::json!({"schema": "stacktrail.session/2", "root": STACK, "facts": story.facts});
    let file = directory.join(name).with_extension("json");
    fs::write(&file, session.to_string()).unwrap();
    file
}

/// A failure of which nobody knows why.
fn unexplained(directory: &Path) -> PathBuf {
    let mut story = Story::new();
    story.failed_creation("Net", "AWS::EC2::VPC", "Internal Failure");
    written(&story, directory, "unexplained")
}

/// A call of CloudFormation that was denied, as the trail has it, and as the stack's event tells of it.
fn denied(second: i64, action: &str, resource: &str, tail: &str) -> (Call, String) {
    let request = format!("00000000-0000-4000-8000-{second:012}");
    let call = Call::by_cloudformation(second, action)
        .denied(resource, tail)
        .request_id(&request);
    let message = call
        .error
        .as_ref()
        .map(|(_, message)| message.clone())
        .unwrap_or_default();
    let reason = format!(
        "Resource handler returned message: \"{message} (Service: Any, Status Code: 403, Request ID: {request})\" \
         (RequestToken: 8c2f4b7e-6a4f-4c4e-8d8e-5a1c1f6d2b90, HandlerErrorCode: AccessDenied)"
    );
    (call, reason)
}

/// Two resources fail beside each other, each for a reason of its own.
fn two_roots(directory: &Path) -> PathBuf {
    let of_function = ("Worker", "AWS::Lambda::Function", "");
    let of_table = ("Orders", "AWS::DynamoDB::Table", "");
    let (function, function_reason) = denied(
        6,
        "lambda:CreateFunction",
        "arn:aws:lambda:eu-west-1:123456789012:function:shop-worker",
        " because no identity-based policy allows the lambda:CreateFunction action",
    );
    let (orders, orders_reason) = denied(
        7,
        "dynamodb:CreateTable",
        "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
        " because no permissions boundary allows the dynamodb:CreateTable action",
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(5.0, of_function, "CREATE_IN_PROGRESS", "")
        .event(5.1, of_table, "CREATE_IN_PROGRESS", "")
        .event(6.5, of_function, "CREATE_FAILED", &function_reason)
        .event(7.5, of_table, "CREATE_FAILED", &orders_reason)
        .stack(
            8.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Worker, Orders].",
        )
        .stack(20.0, "ROLLBACK_COMPLETE", "")
        .record(&function)
        .record(&orders);
    written(&story, directory, "two-roots")
}

/// The organisation forbids what the stack needs.
fn organisation(directory: &Path) -> PathBuf {
    let bucket = ("Store", "AWS::S3::Bucket", "");
    let (call, reason) = denied(
        6,
        "s3:CreateBucket",
        "\"arn:aws:s3:::shop-store\"",
        " with an explicit deny in a service control policy",
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(5.0, bucket, "CREATE_IN_PROGRESS", "")
        .event(6.5, bucket, "CREATE_FAILED", &reason)
        .stack(
            8.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Store].",
        )
        .stack(20.0, "ROLLBACK_COMPLETE", "")
        .record(&call);
    written(&story, directory, "organisation")
}

/// The keys that lead from the home screen to each thing that is wanted of a failure, and the words that are in sight
/// then: what failed and why, what that rests on, what would allow it or who can, the report.
type Ways = [(&'static str, &'static [&'static str]); 4];

/// So many keys lead to each of them at most, from the home screen: to what failed and why one, or two where another failed
/// first; from there to its evidence two more; to the statement and to the report two in all.
const MOST: [usize; 4] = [2, 4, 2, 2];

const NESTED: Ways = [
    (
        "\r",
        &[
            "Services › Payments › Service",
            "denied secretsmanager:GetSecretValue, since no ",
        ],
    ),
    ("\r\r\r", &["CloudTrail record", "AccessDenied"]),
    ("\rP", &["\"secretsmanager:GetSecretValue\"", "Allow"]),
    ("\rs", &["saved "]),
];
const TWO_ROOTS: Ways = [
    ("\re", &["✘ Orders", "failure 2 of 2", "dynamodb:CreateTable"]),
    ("\re\r\r", &["CloudTrail record", "AccessDenied"]),
    ("\rP", &["2 denied calls of 1 principal", "permissions boundary"]),
    ("\rs", &["saved "]),
];
const ORGANISATION: Ways = [
    ("\r", &["✘ Store", "s3:CreateBucket", "service control policy"]),
    ("\r\r\r", &["CloudTrail record", "AccessDenied"]),
    (
        "\rP",
        &[
            "1 denied call of 1 principal",
            "deny in a service control policy",
            "ask who manages",
        ],
    ),
    ("\rs", &["saved "]),
];
const WITHOUT_A_CAUSE: Ways = [
    ("\r", &["✘ Net: \"Internal Failure\" · no cause found"]),
    ("\r\r", &["the stack's own event", "no cause found"]),
    ("\rP", &["No permission is known to be missing"]),
    ("\rs", &["saved "]),
];

/// Whoever opens the program finds each of these in a few keys, on a small screen as on a large one, and need not
/// scroll for it. What is told of keys here is counted from the home screen.
#[test]
fn u28_four_failures_are_read_in_a_few_keys_and_nothing_is_below_the_fold() {
    let scratch = tempfile::tempdir().unwrap();
    let nested = "tests/samples/journals/nested-service-rollback.json.gz";
    for (file, ways) in [
        (Path::new(env!("CARGO_MANIFEST_DIR")).join(nested), NESTED),
        (two_roots(scratch.path()), TWO_ROOTS),
        (organisation(scratch.path()), ORGANISATION),
        (unexplained(scratch.path()), WITHOUT_A_CAUSE),
    ] {
        let home = home_of(&file);
        for size in [SMALL, (160, 48)] {
            for ((keys, wanted), most) in ways.into_iter().zip(MOST) {
                let mut pty = Pty::stacktrail(&[], home.path(), size);
                pty.until("the row", |screen| screen.contains("✘ "));
                for key in keys.chars() {
                    pty.press(&key.to_string());
                }
                let what = format!("{keys:?} at {size:?} of {}: {wanted:?}", file.display());
                pty.until(&what, |screen| wanted.iter().all(|text| screen.contains(text)));
                pty.press("\u{3}\u{3}");
                pty.end();
                assert!(keys.len() <= most, "{what}: more than {most} keys");
            }
        }
    }
}

/// From the start of the process to the first whole frame of a saved session.
#[test]
#[ignore = "a measurement: cargo test --release --test e2e new_user -- --ignored --nocapture"]
#[expect(clippy::disallowed_methods, reason = "a measurement is told")]
fn first_frame() {
    let home = home();
    let mut times: Vec<_> = (0..10)
        .map(|_| {
            let started = Instant::now();
            let mut pty = Pty::stacktrail(&["open"], home.path(), SMALL);
            pty.until_text("1 Cause");
            let took = started.elapsed();
            pty.press("q");
            assert_eq!(pty.end().1, 0);
            took
        })
        .collect();
    times.sort();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    writeln!(
        std::io::stderr(),
        "first frame of a saved session: median {median:?}, worst {worst:?}"
    )
    .unwrap();
}
