//! Sessions to look at, built from facts in code: what is said of them is what the rules say. No drawing here.
//!
//! | to look at | take |
//! | --- | --- |
//! | a creation that a denied call ends, at every stage | [`denied`] |
//! | several attempts of one stack | [`attempts`] |
//! | nested stacks, few or many | [`nested`] |
//! | texts that would take over the terminal | [`hostile`] |
//! | what the screen says of the program itself | [`program`] |
//! | the rest | this page |

pub(crate) mod attempts;
pub(crate) mod denied;
pub(crate) mod hostile;
pub(crate) mod nested;
pub(crate) mod program;
mod trail;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::app::state::Watched;
use stacktrail::app::{App, Message, Mode};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::inquiry::Source;
use stacktrail::domain::model::event::StackEvent;
use stacktrail::domain::model::fact::Recorded;
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::source_status::SourceStatus;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::session::Session;

use super::events;

pub(crate) use denied::{event_of_story, explained, failed_waiting, nothing_recorded, replayed, story};
pub(crate) use hostile::hostile;
pub(crate) use nested::{large, more_of, nested, nested_asked_by};

const STACK: &str = "AWS::CloudFormation::Stack";

/// A scene: a state and the moment at which it is looked at.
pub(crate) struct Scene {
    pub(crate) app: App,
    pub(crate) now: DateTime<Utc>,
}

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_348_800, 0).unwrap_or_default() + TimeDelta::seconds(seconds)
}

pub(crate) fn stack(name: &str) -> StackId {
    let arn = format!(
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1f3113b0-f92c-11ec-902e-02bac4959566"
    );
    StackId::parse(&arn).unwrap_or_else(|| unreachable!("a stack's ARN: {arn}"))
}

/// One event of a resource, or of the stack itself where it is named so.
fn event(
    stack: &StackId,
    (seconds, logical, kind, status): (i64, &str, &str, &str),
    reason: &str,
) -> StackEvent {
    let event = events::event(stack, at(seconds), logical, status)
        .id(format!("{logical}-{status}-{seconds}"))
        .kind(kind)
        .reason(reason);
    denied::named(event, stack, logical).told()
}

fn seen(stack: &StackId, events: Vec<StackEvent>) -> Recorded {
    let observed_at = events.iter().map(|event| event.at).max().unwrap_or_default() + TimeDelta::seconds(1);
    events::page(stack, observed_at, events)
}

fn list(stack: &StackId, rows: &[(i64, &str, &str, &str, &str)]) -> Recorded {
    let events = rows
        .iter()
        .map(|(seconds, logical, kind, status, reason)| {
            event(stack, (*seconds, logical, kind, status), reason)
        })
        .collect();
    seen(stack, events)
}

fn shown(facts: &[Recorded]) -> App {
    shown_and_asked_by(Vec::new(), facts)
}

fn shown_and_asked_by(sources: Vec<Arc<dyn Source>>, facts: &[Recorded]) -> App {
    let session = Session::replay(stack("shop-prod"), facts);
    let diagnosis = Diagnosis::of(&session);
    let mut app = App::new(Mode::Live, "shop-prod".to_owned(), sources);
    app.add(Watched::read(session, diagnosis));
    app
}

fn answering(mut app: App, seconds: i64) -> App {
    let link = SourceStatus::Answering { at: at(seconds) };
    let origin = SourceId::CLOUDFORMATION.into();
    app.update(Message::SourceStatus { origin, status: link }, at(seconds));
    app
}

/// The first half of a creation.
fn beginning() -> Recorded {
    list(
        &stack("shop-prod"),
        &[
            (0, "shop-prod", STACK, "CREATE_IN_PROGRESS", "User Initiated"),
            (3, "Vpc", "AWS::EC2::VPC", "CREATE_IN_PROGRESS", ""),
            (3, "Assets", "AWS::S3::Bucket", "CREATE_IN_PROGRESS", ""),
            (4, "SetupRole", "AWS::IAM::Role", "CREATE_IN_PROGRESS", ""),
            (
                4,
                "Assets",
                "AWS::S3::Bucket",
                "CREATE_IN_PROGRESS",
                "Resource creation Initiated",
            ),
            (5, "Orders", "AWS::DynamoDB::Table", "CREATE_IN_PROGRESS", ""),
            (15, "Vpc", "AWS::EC2::VPC", "CREATE_COMPLETE", ""),
            (17, "SubnetA", "AWS::EC2::Subnet", "CREATE_IN_PROGRESS", ""),
            (17, "SubnetB", "AWS::EC2::Subnet", "CREATE_IN_PROGRESS", ""),
            (21, "SetupRole", "AWS::IAM::Role", "CREATE_COMPLETE", ""),
            (
                22,
                "SetupFunction",
                "AWS::Lambda::Function",
                "CREATE_IN_PROGRESS",
                "",
            ),
            (25, "Assets", "AWS::S3::Bucket", "CREATE_COMPLETE", ""),
            (27, "SubnetA", "AWS::EC2::Subnet", "CREATE_COMPLETE", ""),
            (28, "SubnetB", "AWS::EC2::Subnet", "CREATE_COMPLETE", ""),
            (
                31,
                "SetupFunction",
                "AWS::Lambda::Function",
                "CREATE_COMPLETE",
                "",
            ),
            (33, "Setup", "Custom::Setup", "CREATE_IN_PROGRESS", ""),
            (34, "Topic", "AWS::SNS::Topic", "CREATE_IN_PROGRESS", ""),
            (35, "Queue", "AWS::SQS::Queue", "CREATE_IN_PROGRESS", ""),
        ],
    )
}

pub(crate) fn mid_deploy() -> Scene {
    let app = shown(&[beginning()]);
    Scene {
        app: answering(app, 42),
        now: at(43),
    }
}

pub(crate) fn clean() -> Scene {
    let finish = list(
        &stack("shop-prod"),
        &[
            (44, "Setup", "Custom::Setup", "CREATE_COMPLETE", ""),
            (46, "Queue", "AWS::SQS::Queue", "CREATE_COMPLETE", ""),
            (47, "Topic", "AWS::SNS::Topic", "CREATE_COMPLETE", ""),
            (51, "Orders", "AWS::DynamoDB::Table", "CREATE_COMPLETE", ""),
            (53, "shop-prod", STACK, "CREATE_COMPLETE", ""),
        ],
    );
    let app = shown(&[beginning(), finish]);
    Scene {
        app: answering(app, 60),
        now: at(61),
    }
}

pub(crate) fn export_in_use() -> Scene {
    let rows = [
        (0, "shop-prod", STACK, "UPDATE_IN_PROGRESS", "User Initiated"),
        (
            12,
            "shop-prod",
            STACK,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "Export shop-prod:VpcId cannot be deleted as it is in use by shop-api, shop-web and shop-batch",
        ),
        (
            15,
            "shop-prod",
            STACK,
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "",
        ),
        (16, "shop-prod", STACK, "UPDATE_ROLLBACK_COMPLETE", ""),
    ];
    let app = shown(&[list(&stack("shop-prod"), &rows)]);
    Scene {
        app: answering(app, 1_400),
        now: at(1_400),
    }
}

/// A stack that does not exist yet.
pub(crate) fn absent() -> Scene {
    let mut app = App::new(Mode::Live, "shop-prod".to_owned(), Vec::new());
    let link = SourceStatus::Absent { since: at(0) };
    let origin = SourceId::CLOUDFORMATION.into();
    app.update(Message::SourceStatus { origin, status: link }, at(0));
    Scene { app, now: at(42) }
}

/// Another failure, later than the first.
pub(crate) fn one_more_failure() -> Recorded {
    list(
        &stack("shop-prod"),
        &[(77, "Vpc", "AWS::EC2::VPC", "DELETE_FAILED", "it has dependencies")],
    )
}

/// Some event of some resource of some stack.
pub(crate) fn random_event(a: u16, b: u16) -> Recorded {
    let statuses = [
        "CREATE_IN_PROGRESS",
        "CREATE_FAILED",
        "UPDATE_COMPLETE",
        "DELETE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "SOMETHING_NEW",
    ];
    let names = ["Setup", "shop-prod", "Other", "\u{1b}[31m"];
    let stacks = ["shop-prod", "shop-prod-Network-1K", "elsewhere"];
    let (a, b) = (usize::from(a), usize::from(b));
    let kind = if a.is_multiple_of(5) {
        STACK
    } else {
        "AWS::SQS::Queue"
    };
    let stack = stack(pick(&stacks, b));
    let seconds = i64::try_from(a % 3_000).unwrap_or(0);
    list(
        &stack,
        &[(seconds, pick(&names, a), kind, pick(&statuses, b), "some reason")],
    )
}

fn pick<'a>(all: &[&'a str], number: usize) -> &'a str {
    all.get(number % all.len().max(1)).copied().unwrap_or_default()
}
