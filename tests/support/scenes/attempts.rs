//! Three updates of one stack: one that went well, one that failed, and one that fails again and is slower.

use chrono::TimeDelta;
use stacktrail::domain::deployment::actor::Actor;

use super::{STACK, Scene, answering, at, denied_cause, list, roles, shown, stack};

/// Name, type, when it began and how long it took, counted from the beginning of the update.
type Doing = (&'static str, &'static str, i64, i64);

fn update(
    begin: i64,
    doings: &[Doing],
    failed: Option<(&'static str, i64)>,
) -> Vec<stacktrail::domain::model::fact::Recorded> {
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

fn actor(seconds: i64, name: &str, user: &str, story: &str) -> Actor {
    Actor {
        at: at(seconds),
        event_name: name.to_owned(),
        user: user.to_owned(),
        event_id: format!("{name}{seconds}"),
        source_ip: Some("203.0.113.9".to_owned()),
        user_agent: Some("aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.1".to_owned()),
        refused: story.split_once(", refused: ").map(|(_, code)| code.to_owned()),
        story: story.to_owned(),
    }
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
    let mut facts = update(-7_200, &usual, None);
    facts.extend(update(-3_600, &usual, Some(("Setup", 12))));
    facts.extend(update(0, &slower, Some(("Setup", 12))));
    let app = shown(&facts, |_, diagnosis| {
        roles(diagnosis, &["Setup"]);
        for finding in &mut diagnosis.findings {
            if finding.failure.is_root() {
                finding.assessment.causes = vec![denied_cause()];
            }
        }
        diagnosis.actors = vec![
            actor(
                -7_240,
                "CreateChangeSet",
                "deploy-role/ci-4709",
                "CreateChangeSet by deploy-role/ci-4709",
            ),
            actor(
                -7_201,
                "ExecuteChangeSet",
                "deploy-role/ci-4709",
                "ExecuteChangeSet by deploy-role/ci-4709",
            ),
            actor(-3_601, "UpdateStack", "admin/jo", "UpdateStack by admin/jo"),
            actor(
                -2,
                "UpdateStack",
                "deploy-role/ci-4711",
                "UpdateStack by deploy-role/ci-4711",
            ),
            actor(
                2_100,
                "DeleteStack",
                "reaper-role/nightly",
                "DeleteStack 35 minutes after UpdateStack by reaper-role/nightly, refused: AccessDenied",
            ),
        ];
    });
    let now = at(310) + TimeDelta::seconds(2_000);
    Scene {
        app: answering(app, 2_310),
        now,
    }
}
