//! A signal that did not come: what the machine was refused, and what it wrote.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, ROLE, Story, finding, first_evidence};

const SERVER: &str = "i-0a1b2c3d4e5f60718";
const OTHER: &str = "i-0f1e2d3c4b5a69788";
const MISSING: &str = "Received 0 SUCCESS signal(s) out of 1.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement";

fn denied(second: i64, role: &str, instance: &str) -> Call {
    Call::as_role(second, role, instance, "ssm:GetParametersByPath").denied(
        "arn:aws:ssm:eu-west-1:123456789012:parameter/web/",
        " because no identity-based policy allows the ssm:GetParametersByPath action",
    )
}

/// An instance that is to signal within fifteen minutes.
fn server() -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(
            2.0,
            ("Logs", "AWS::Logs::LogGroup", "web-logs"),
            "CREATE_COMPLETE",
            "",
        )
        .event(
            10.0,
            ("Server", "AWS::EC2::Instance", SERVER),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event(
            910.0,
            ("Server", "AWS::EC2::Instance", SERVER),
            "CREATE_FAILED",
            "Failed to receive 1 resource signal(s) within the specified duration",
        )
        .stack(
            911.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Server]. ",
        );
    story
}

#[test]
fn what_the_instance_was_refused_is_the_cause_and_anothers_denial_is_not() {
    let mut story = server();
    story
        .record(&denied(60, "web-ServerRole", SERVER).id("its"))
        .record(&denied(65, "batch", OTHER).id("another"));
    let diagnosis = story.diagnosis();
    let server = finding(&diagnosis, "Server");
    let cause = server.assessment.causes.first().unwrap();
    assert_eq!(
        (first_evidence(server), cause.confidence),
        (vec!["trail:its".to_owned()], Confidence::High)
    );
    assert!(
        server
            .assessment
            .records
            .iter()
            .all(|one| one.record.event_id != "another")
    );
}

#[test]
fn a_missing_signal_alone_is_never_certain_and_nobody_says_that_nothing_was_called() {
    let story = server();
    let diagnosis = story.diagnosis();
    let server = finding(&diagnosis, "Server");
    assert!(
        server
            .assessment
            .causes
            .iter()
            .all(|cause| cause.confidence >= Confidence::Medium),
        "{:#?}",
        server.assessment.causes
    );
    let spots = server.assessment.blind_spots.join(" ");
    assert!(!spots.contains("before any call"), "{spots}");
    assert!(spots.contains(SERVER), "{spots}");
    let asked: Vec<String> = diagnosis
        .plan
        .iter()
        .filter_map(|planned| planned.search.attribute.as_ref())
        .map(|attribute| attribute.value.clone())
        .collect();
    assert!(asked.contains(&SERVER.to_owned()), "{asked:?}");
}

#[test]
fn what_the_instance_wrote_is_told_and_what_another_wrote_is_not() {
    let mut story = server();
    let line = "[ERROR] Error encountered during build of config: Command 01_fetch failed";
    story
        .line(80.0, "web-logs", &format!("{SERVER}/cfn-init.log"), line)
        .line(
            81.0,
            "web-logs",
            &format!("{OTHER}/cfn-init.log"),
            "[ERROR] KeyError: another machine",
        );
    let diagnosis = story.diagnosis();
    let server = finding(&diagnosis, "Server");
    let lines: Vec<&str> = server
        .assessment
        .lines
        .iter()
        .map(|one| one.line.message.as_str())
        .collect();
    assert_eq!(lines, [line]);
    let first = server.assessment.causes.first().unwrap();
    assert!(first.claim.contains("Command 01_fetch failed"), "{}", first.claim);
}

#[test]
fn a_groups_instances_are_known_by_the_calls_that_began_them() {
    let mut story = Story::new();
    let group = (
        "Group",
        "AWS::AutoScaling::AutoScalingGroup",
        "shop-prod-Group-1A2B3C4D5E6F",
    );
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(10.0, group, "CREATE_IN_PROGRESS", "")
        .event(1810.0, group, "CREATE_FAILED", MISSING);
    let begun = |name: &str, instance: &str| {
        Call::as_role(15, "AWSServiceRoleForAutoScaling", "AutoScaling", "ec2:RunInstances").request(json!({
            "tagSpecificationSet": {"items": [{"tags": [{"key": "aws:autoscaling:groupName", "value": name}]}]},
            "instancesSet": {"items": [{"instanceId": instance}]},
        }))
    };
    story
        .record(&begun("shop-prod-Group-1A2B3C4D5E6F", SERVER).id("its-begin"))
        .record(&begun("batch-Group-1A2B3C4D5E6F", OTHER).id("another-begin"))
        .record(&denied(70, "web-ServerRole", SERVER).id("its"))
        .record(&denied(75, "batch", OTHER).id("another"));
    let diagnosis = story.diagnosis();
    assert_eq!(first_evidence(finding(&diagnosis, "Group")), ["trail:its"]);
}

#[test]
fn a_wait_condition_waits_for_the_new_instances_of_its_stack_and_what_they_did_before_it_counts() {
    let mut story = Story::new();
    let condition = ("Ready", "AWS::CloudFormation::WaitCondition", "");
    story
        .described(Some(ROLE))
        .stack(0.0, "UPDATE_IN_PROGRESS", "")
        .event(
            -5000.0,
            ("Old", "AWS::EC2::Instance", OTHER),
            "CREATE_COMPLETE",
            "",
        )
        .event(
            10.0,
            ("Server", "AWS::EC2::Instance", SERVER),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event(
            95.0,
            ("Server", "AWS::EC2::Instance", SERVER),
            "CREATE_COMPLETE",
            "",
        )
        .event(100.0, condition, "CREATE_IN_PROGRESS", "")
        .event(
            700.0,
            condition,
            "CREATE_FAILED",
            "WaitCondition timed out. Received 0 conditions when expecting 1",
        )
        .record(&denied(60, "web-ServerRole", SERVER).id("its"))
        .record(&denied(300, "web-ServerRole", OTHER).id("old"));
    let diagnosis = story.diagnosis();
    let ready = finding(&diagnosis, "Ready");
    assert_eq!(first_evidence(ready), ["trail:its"]);
    assert!(
        ready
            .assessment
            .records
            .iter()
            .all(|one| one.record.event_id != "old")
    );
}

#[test]
fn what_an_agent_was_refused_explains_no_missing_signal() {
    let mut story = server();
    story.record(&denied(100, "web-ServerRole", SERVER).id("its"));
    for second in [80, 380, 680] {
        story.record(
            &Call::as_role(second, "web-ServerRole", SERVER, "ssm:UpdateInstanceInformation")
                .denied("*", " because no identity-based policy allows it")
                .id(&format!("agent-{second}")),
        );
        story.record(
            &Call::as_role(second + 5, "web-ServerRole", SERVER, "ec2:DescribeTags")
                .denied("*", " because no identity-based policy allows it")
                .id(&format!("beat-{second}")),
        );
    }
    let diagnosis = story.diagnosis();
    let server = finding(&diagnosis, "Server");
    assert_eq!(first_evidence(server), ["trail:its"]);
    let sure = server.assessment.records.iter();
    let sure: Vec<&str> = sure
        .filter(|one| one.confidence <= Confidence::Medium)
        .map(|one| one.record.event_id.as_str())
        .collect();
    assert_eq!(sure, ["its"]);
}

#[test]
fn auto_scaling_begins_a_groups_instance_with_the_stacks_own_template_and_not_with_anothers() {
    let mut story = Story::new();
    let group = (
        "Group",
        "AWS::AutoScaling::AutoScalingGroup",
        "shop-prod-Group-1A2B",
    );
    let template = ("Template", "AWS::EC2::LaunchTemplate", "lt-0a1b2c3d4e5f60718");
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(5.0, template, "CREATE_COMPLETE", "")
        .event(10.0, group, "CREATE_IN_PROGRESS", "")
        .event(910.0, group, "CREATE_FAILED", MISSING);
    let begun = |template: &str, instance: &str| {
        Call::as_role(
            15,
            "AWSServiceRoleForAutoScaling",
            "AutoScaling",
            "ec2:RunInstances",
        )
        .request(json!({
            "launchTemplate": {"launchTemplateId": template},
            "instancesSet": {"items": [{"instanceId": instance}]},
        }))
    };
    story
        .record(&begun("lt-0a1b2c3d4e5f60718", SERVER).id("its-begin"))
        .record(&begun("lt-0f1e2d3c4b5a69788", OTHER).id("another-begin"))
        .record(&denied(70, "web-ServerRole", SERVER).id("its"))
        .record(&denied(75, "batch", OTHER).id("another"));
    let diagnosis = story.diagnosis();
    assert_eq!(first_evidence(finding(&diagnosis, "Group")), ["trail:its"]);
}

/// A mirror that was tried again with success is named by no number, and came before what ended the start.
#[test]
fn of_what_the_machine_wrote_the_refused_call_is_told_before_what_was_tried_again() {
    let mut story = server();
    let stream = format!("{SERVER}/cloud-init-output.log");
    for (second, line) in [
        (
            58.0,
            "Error: Failed to download metadata for repo 'extras': All mirrors were tried",
        ),
        (70.0, "Retrying... Complete!"),
        (
            91.0,
            "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden",
        ),
        (91.5, "Failed to run module scripts-user"),
    ] {
        story.line(second, "web-logs", &stream, line);
    }
    let diagnosis = story.diagnosis();
    let first = finding(&diagnosis, "Server").assessment.causes.first().unwrap();
    assert!(first.claim.contains("HeadObject"), "{}", first.claim);
}
