//! Three updates of one stack: one that went well, one that failed, and one that fails again and is slower.

use chrono::TimeDelta;
use serde_json::json;
use stacktrail::domain::model::fact::Recorded;
use stacktrail::domain::model::trail::TrailRecord;

use super::denied::{denied_call, function_described};
use super::{STACK, Scene, answering, at, list, shown, stack, trail};

/// Name, type, when it began and how long it took, counted from the beginning of the update.
type Doing = (&'static str, &'static str, i64, i64);

fn update(begin: i64, doings: &[Doing], failed: Option<(&'static str, i64)>) -> Vec<Recorded> {
    let root = stack("shop-prod");
    let mut rows = vec![(begin, "shop-prod", STACK, "UPDATE_IN_PROGRESS", "User Initiated")];
    let mut last = begin;
    for (name, kind, from, took) in doings {
        let end = begin + from + took;
        let status = if failed.is_some_and(|(failed, _)| failed == *name) {
            (
                "UPDATE_FAILED",
                "Received response status [FAILED] from custom resource. Message returned: Setup failed due to an internal error",
            )
        } else {
            ("UPDATE_COMPLETE", "")
        };
        rows.push((begin + from, name, kind, "UPDATE_IN_PROGRESS", ""));
        rows.push((end, name, kind, status.0, status.1));
        last = last.max(end);
    }
    if let Some((failed, took)) = failed {
        let words = "The following resource(s) failed to update: [Setup]. ";
        rows.push((last + 1, "shop-prod", STACK, "UPDATE_ROLLBACK_IN_PROGRESS", words));
        for (name, kind, ..) in doings.iter().rev() {
            let took = if *name == failed { 2 } else { took };
            rows.push((last + 3, name, kind, "UPDATE_IN_PROGRESS", ""));
            rows.push((last + 3 + took, name, kind, "UPDATE_COMPLETE", ""));
        }
        rows.push((
            last + 6 + took,
            "shop-prod",
            STACK,
            "UPDATE_ROLLBACK_COMPLETE",
            "",
        ));
    } else {
        rows.push((last + 2, "shop-prod", STACK, "UPDATE_COMPLETE", ""));
    }
    rows.sort_by_key(|row| row.0);
    vec![list(&root, &rows)]
}

/// A call on the stack, with the AWS CLI.
fn called(seconds: i64, name: &str, who: &str, refused: Option<&str>) -> TrailRecord {
    let mut call = trail::call_on_the_stack(&format!("{name}{seconds}"), seconds, name, who);
    call["userAgent"] = json!("aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.1");
    if let Some(code) = refused {
        call["errorCode"] = json!(code);
    }
    trail::record(&call)
}

/// What the trail has: who began what, and what the function was denied both times.
fn records() -> Vec<TrailRecord> {
    vec![
        called(-7_240, "CreateChangeSet", "deploy-role/ci-4709", None),
        called(-7_201, "ExecuteChangeSet", "deploy-role/ci-4709", None),
        called(-3_601, "UpdateStack", "admin-role/jo", None),
        denied_call("first", -3_568),
        called(-2, "UpdateStack", "deploy-role/ci-4711", None),
        denied_call("second", 32),
        called(100, "CancelUpdateStack", "admin-role/jo", Some("AccessDenied")),
    ]
}

pub(crate) fn attempts() -> Scene {
    let usual: [Doing; 6] = [
        ("SetupRole", "AWS::IAM::Role", 2, 17),
        ("SetupFunction", "AWS::Lambda::Function", 20, 9),
        ("Setup", "Custom::Setup", 30, 4),
        ("Orders", "AWS::DynamoDB::Table", 2, 21),
        ("Api", "AWS::ApiGatewayV2::Api", 24, 3),
        ("Dashboard", "AWS::CloudWatch::Dashboard", 28, 40),
    ];
    let mut slower = usual;
    slower[3].3 = 95;
    slower[4].2 = 98;
    slower[5].2 = 102;
    slower[5].3 = 11;
    let mut facts = Vec::new();
    for (begin, doings, failed) in [
        (-7_200, usual, None),
        (-3_600, usual, Some(("Setup", 12))),
        (0, slower, Some(("Setup", 12))),
    ] {
        facts.extend(update(begin, &doings, failed));
        facts.push(function_described(begin + 2_290));
        // Each was watched: the trail was asked about it when it was the newest.
        trail::answer(&mut facts, &records(), at(begin + 2_300));
    }
    let app = shown(&facts);
    let now = at(310) + TimeDelta::seconds(2_000);
    Scene {
        app: answering(app, 2_310),
        now,
    }
}
